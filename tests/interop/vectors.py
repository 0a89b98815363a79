#!/usr/bin/python3
"""The test vectors of RFCs, drafts and NIST (tests/vectors) through the datapath's crypto engine.

Every packet is opened; it is made again where its IV can be what ours are, the packet's own number.
A changed ICV is refused. Each row of lib/alg.def that an SA can have is in a vector.
Needs neither root nor a network.
"""

import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "..", "vectors")
ALG_DEF = os.path.join(HERE, "..", "..", "lib", "alg.def")


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


def changed(icv):
    return icv[:-1] + "%x" % (int(icv[-1], 16) ^ 1)


def packets():
    """Whole ESP packets."""
    for has_icv, some in ((True, [*gcm(), *aead()]), (False, [*cbc(), *ctr()])):
        for source, cipher, key, esn, seq, packet, text, iv in some:
            sa = "%s none %s - %d" % (cipher, key, esn)
            yield source, cipher, "open %s %d %s" % (sa, seq, packet), text
            if has_icv:
                yield (source + ", changed", cipher, "open %s %d %s" % (sa, seq, changed(packet)),
                       "auth")
            if iv and not esn:
                yield (source + ", made", cipher,
                       "seal %s %d %s %s" % (sa, int(iv, 16), packet[:16], text), packet)


def parts(source, algorithm, sa, iv, aad, text, sealed, icv):
    """What knows no ESP: text and the same sealed, as much AAD as the author liked."""
    words = ["%s %s" % (sa, iv or "-"), aad or "-"]
    yield source, algorithm, " ".join(
        ["verify", *words, sealed or "-", icv or "-"]), text
    if icv:
        yield (source + ", changed", algorithm,
               " ".join(["verify", *words, sealed or "-", changed(icv)]), "auth")
    if len(iv) <= 16 and icv:  # else ours is random
        yield source + ", made", algorithm, " ".join(["make", *words, text or "-"]), sealed + icv


def ciphers():
    for row in read("ciphers.json"):
        sa = "%s none %s -" % (row["cipher"], row["key"] or "-")
        yield from parts(row["source"], row["cipher"], sa, row["iv"], "", row["plaintext"],
                         row["ciphertext"], "")


def aeads():
    for row in read("aeads.json"):
        sa = "%s none %s -" % (row["cipher"], row["key"] + row["salt"])
        yield from parts(row["source"], row["cipher"], sa, row["iv"], row["aad"],
                         row["plaintext"], row["ciphertext"], row["icv"])


def macs(key_lens):
    """HMAC pads a short key with zeros (RFC 2104 2); GMAC is a cipher in ESP, too."""
    for row in read("macs.json"):
        name, iv = row["auth"], row.get("iv", "")
        key = (row["key"] + row.get("salt", "")).ljust(2 * key_lens[name], "0")
        yield from parts(row["source"] + ", AH", "auth " + name, "none %s - %s" % (name, key), iv,
                         row["data"], "", "", row["icv"])
        if iv:
            yield from parts(row["source"] + ", ESP", name, "%s none %s -" % (name, key), iv,
                             row["data"], "", "", row["icv"])


def rows():
    """The ciphers and, as "auth NAME", the authentication algorithms; and how long the latters' keys are."""
    names, key_lens = set(), {}
    with open(ALG_DEF, encoding="ascii") as file:
        for kind, text in re.findall(r"^ALG_(CIPHER|AUTH)\((.*)\)$", file.read(), re.M):
            field = [f.strip(' "') for f in text.split(",")]
            names.add(field[2] if kind == "CIPHER" else "auth " + field[2])
            if kind == "AUTH":
                key_lens[field[2]] = int(field[8]) + int(field[9])
    return names, key_lens


def main():
    names, key_lens = rows()
    tests = [*packets(), *ciphers(), *aeads(), *macs(key_lens)]
    run = subprocess.run([os.environ.get("ESPCAT", "./espcat")], text=True, check=True,
                         input="".join(t[2] + "\n" for t in tests), capture_output=True)
    answers = run.stdout.splitlines()
    bad = [t[0] for t, answer in zip(tests, answers) if t[3] != answer]
    for name in bad:
        print("FAIL: " + name)
    missing = names - {t[1] for t in tests}
    for name in sorted(missing):
        print("FAIL: no vector for " + name)
    print("%d vectors of %d algorithms, %d failed" % (len(tests), len(names), len(bad)))
    sys.exit(1 if bad or missing or len(names) < 33 or len(answers) != len(tests) else 0)


if __name__ == "__main__":
    main()
