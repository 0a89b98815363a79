#!/usr/bin/python3
"""The ESP test vectors of RFCs, drafts and NIST (tests/vectors) through the datapath's crypto engine.

Every packet is opened; it is made again where its IV can be what ours are, the packet's own number.
Needs neither root nor a network.
"""

import json
import os
import subprocess
import sys

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vectors")


def read(name):
    with open(os.path.join(FOLDER, name), encoding="ascii") as file:
        return json.load(file)


def gcm():
    for row in read("gcm-esp.json"):
        seq = int((row["seq_high"] or "") + row["seq"], 16)
        yield (row["source"], "aes-gcm-%d" % (len(row["key"]) * 4), row["key"] + row["salt"],
               row["esn"], seq, row["packet"], row["plaintext"], row["iv"])


def cbc():
    for row in read("rfc3602-esp.json"):
        packet = row["spi"] + "%08x" % row["seq"] + row["iv"] + row["ciphertext"]
        yield (row["source"], "aes-128", row["key"], False, row["seq"], packet, row["plaintext"],
               None)


def ctr():
    for row in read("rfc3686-ctr.json"):
        packet = "0000123400000001" + row["iv"] + row["ciphertext"]
        yield (row["source"], "aes-ctr-%d" % (len(row["key"]) * 4), row["key"] + row["salt"],
               False, 1, packet, row["plaintext"], row["iv"])


def aead():
    for row in read("aead-esp.json"):
        name = row["cipher"].lower()
        name = name + "-%d" % (len(row["key"]) * 4) if "gmac" in name else name
        packet = row["spi"] + row["seq"] + row["iv"] + row.get("ciphertext", row["plaintext"]) + \
            row["icv"]
        yield (row["source"], name, row["key"] + row["salt"], False, int(row["seq"], 16), packet,
               row["plaintext"], row["iv"])


def main():
    commands, wanted = [], []
    for source, cipher, key, esn, seq, packet, text, iv in [*gcm(), *cbc(), *ctr(), *aead()]:
        start = "%s none %s - %d" % (cipher, key, esn)
        commands.append("open %s %d %s" % (start, seq, packet))
        wanted.append((source, text))
        if iv and not esn:
            commands.append("seal %s %d %s %s" % (start, int(iv, 16), packet[:16], text))
            wanted.append((source + ", made", packet))
    run = subprocess.run([os.environ.get("ESPCAT", "./espcat")], text=True, check=True,
                         input="".join(c + "\n" for c in commands), capture_output=True)
    answers = run.stdout.splitlines()
    bad = [w[0] for w, answer in zip(wanted, answers) if w[1] != answer]
    for name in bad:
        print("FAIL: " + name)
    print("%d vectors, %d failed" % (len(wanted), len(bad)))
    sys.exit(1 if bad or len(answers) != len(wanted) else 0)


if __name__ == "__main__":
    main()
