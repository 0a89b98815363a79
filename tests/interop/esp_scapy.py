#!/usr/bin/python3
"""ESP against codecs that none of us wrote: scapy's, and what it lacks by python3-cryptography.

Random packets go both ways through the real stages (espcat). What we send is compared byte for
byte with what the other side makes of the same packet, number and IV, and decrypted by it; what it
makes we must accept. Changed, repeated and foreign packets must be dropped under their names.
Needs neither root nor a network. Exit 77 (skipped) without scapy.
"""

import os
import random
import subprocess
import sys

try:
    from cryptography.hazmat.primitives import hashes, hmac
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    import logging
    logging.getLogger("scapy").setLevel(logging.ERROR)
    from scapy.layers.inet import ICMP, IP, TCP, UDP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.ipsec import ESP, SecurityAssociation
    from scapy.packet import Raw
except ImportError as missing:
    print("SKIP: %s: apt-get install python3-scapy python3-cryptography" % missing)
    sys.exit(77)

OURS, THEIRS = "198.51.100.1", "203.0.113.1"
PACKETS = 12  # each way, for each pair of algorithms

# our keyword, scapy's name (None: it has none), bytes of key with salt, of block, IV and own ICV
CIPHERS = [
    ("null", "NULL", 0, 4, 0, 0),
    ("des", "DES", 8, 8, 8, 0),
    ("3des", "3DES", 24, 8, 8, 0),
    ("aes-128", "AES-CBC", 16, 16, 16, 0),
    ("aes-192", "AES-CBC", 24, 16, 16, 0),
    ("aes-256", "AES-CBC", 32, 16, 16, 0),
    ("sm4", None, 16, 16, 16, 0),
    ("chacha20-poly1305", "CHACHA20-POLY1305", 36, 4, 8, 16),
] + [(name % (8 * size), scapy, size + 4, 4, 8, icv) for size in (16, 24, 32)
     for name, scapy, icv in (("aes-ctr-%d", "AES-CTR", 0), ("aes-gcm-%d", "AES-GCM", 16),
                              ("aes-gcm-%d-icv12", None, 12), ("aes-gcm-%d-icv8", None, 8),
                              ("aes-gmac-%d", None, 16))]
# our keyword, scapy's name, bytes of key and of ICV
AUTHS = [
    ("none", "NULL", 0, 0),
    ("md5", "HMAC-MD5-96", 16, 12),
    ("sha1", "HMAC-SHA1-96", 20, 12),
    ("sha2-256", "SHA2-256-128", 32, 16),
    ("sha2-256-96", None, 32, 12),
    ("sha2-384", "SHA2-384-192", 48, 24),
    ("sha2-512", "SHA2-512-256", 64, 32),
    ("sm3", None, 32, 16),
]
HASHES = {"md5": hashes.MD5, "sha1": hashes.SHA1, "sha2-256": hashes.SHA256,
          "sha2-256-96": hashes.SHA256, "sha2-384": hashes.SHA384, "sha2-512": hashes.SHA512,
          "sm3": hashes.SM3}
CBC = {"aes": algorithms.AES, "sm4": algorithms.SM4, "3des": algorithms.TripleDES,
       "des": lambda key: algorithms.TripleDES(key * 3)}


def sound(cipher, auth):
    """May the two be used together?"""
    if auth[0] != "none":
        return cipher[5] == 0
    return cipher[0] != "null" and "ctr" not in cipher[0]


class ByScapy:
    """The other side, where scapy has both algorithms."""

    def __init__(self, spi, cipher, auth, cipher_key, auth_key):
        self.sa = SecurityAssociation(
            ESP, spi=spi, crypt_algo=cipher[1], crypt_key=cipher_key or None, auth_algo=auth[1],
            auth_key=auth_key or None, tunnel_header=IP(src=OURS, dst=THEIRS))

    def seal(self, inner, seq, iv):
        return bytes(self.sa.encrypt(inner.__class__(bytes(inner)), seq_num=seq, iv=iv))

    def open(self, packet):
        return bytes(self.sa.decrypt(IP(packet)))


class ByHand:
    """RFC 4303 in a few lines over python3-cryptography, for algorithms scapy does not have."""

    def __init__(self, spi, cipher, auth, cipher_key, auth_key):
        self.spi, self.cipher, self.auth = spi, cipher, auth
        self.cipher_key, self.auth_key = cipher_key, auth_key

    def worker(self, iv):
        if "ctr" in self.cipher[0]:
            counter = self.cipher_key[-4:] + iv + b"\0\0\0\1"
            return Cipher(algorithms.AES(self.cipher_key[:-4]), modes.CTR(counter))
        return Cipher(CBC[self.cipher[0].split("-")[0]](self.cipher_key), modes.CBC(iv))

    def icv(self, data):
        if self.auth[0] == "none":
            return b""
        mac = hmac.HMAC(self.auth_key, HASHES[self.auth[0]]())
        mac.update(data)
        return mac.finalize()[:self.auth[3]]

    def gcm(self, iv, tag=None):
        key, nonce = self.cipher_key[:-4], self.cipher_key[-4:] + iv
        return Cipher(algorithms.AES(key), modes.GCM(nonce, tag, self.cipher[5]))

    def encrypt(self, head, iv, text):
        """Cipher text and ICV; head is SPI and sequence number."""
        name = self.cipher[0]
        if name == "null":
            return text + self.icv(head + text)
        if "gcm" in name or "gmac" in name:
            worker = self.gcm(iv).encryptor()
            worker.authenticate_additional_data(head if "gcm" in name else head + iv + text)
            text = worker.update(text) + worker.finalize() if "gcm" in name else text
            if "gmac" in name:
                worker.finalize()
            return text + worker.tag[:self.cipher[5]]
        worker = self.worker(iv).encryptor()
        text = worker.update(text) + worker.finalize()
        return text + self.icv(head + iv + text)

    def decrypt(self, head, iv, text):
        name = self.cipher[0]
        icv_len = self.cipher[5] or self.auth[3]
        text, icv = text[:len(text) - icv_len], text[len(text) - icv_len:]
        if "gcm" in name or "gmac" in name:
            worker = self.gcm(iv, icv).decryptor()
            worker.authenticate_additional_data(head if "gcm" in name else head + iv + text)
            plain = worker.update(text if "gcm" in name else b"") + worker.finalize()
            return plain if "gcm" in name else text
        assert self.icv(head + iv + text) == icv, "ICV"
        if name == "null":
            return text
        worker = self.worker(iv).decryptor()
        return worker.update(text) + worker.finalize()

    def seal(self, inner, seq, iv):
        text, iv = bytes(inner), iv or b""
        pad = -(len(text) + 2) % self.cipher[3]
        text += bytes(range(1, pad + 1)) + bytes([pad, 41 if text[0] >> 4 == 6 else 4])
        head = self.spi.to_bytes(4, "big") + seq.to_bytes(4, "big")
        esp = head + iv + self.encrypt(head, iv, text)
        return bytes(IP(src=OURS, dst=THEIRS, proto=50) / Raw(esp))

    def open(self, packet):
        head, iv = packet[20:28], packet[28:28 + self.cipher[4]]
        text = self.decrypt(head, iv, packet[28 + self.cipher[4]:])
        pad = text[-2]
        assert text[-1] in (4, 41) and text[-2 - pad:-2] == bytes(range(1, pad + 1)), "padding"
        return text[:-2 - pad]


def random_inner(rng):
    """Some packet of a host behind us, IPv4 or IPv6, of any size."""
    size = rng.choice([0, 1, 2, 3, rng.randrange(64), rng.randrange(1300), 1300])
    load = Raw(rng.randbytes(size))
    inner = rng.choice([
        lambda: IP(src="10.1.1.2", dst="10.1.2.2", ttl=63, tos=rng.choice([0, 2, 0xb8]),
                   flags=rng.choice([0, "DF"])) / UDP(sport=rng.randrange(65536)) / load,
        lambda: IP(src="10.1.1.2", dst="10.1.2.2", id=rng.randrange(65536)) / TCP(flags="A") / load,
        lambda: IP(src="10.1.1.2", dst="10.1.2.2", ttl=1) / ICMP() / load,
        lambda: IPv6(src="2001:db8::1", dst="2001:db8::2", hlim=9) / UDP(dport=53) / load,
    ])()
    return inner.__class__(bytes(inner))


class Case:
    """One pair of algorithms: the commands for espcat, and what its answers must be."""

    def __init__(self, number, cipher, auth, rng):
        self.name = "%s + %s" % (cipher[0], auth[0])
        self.cipher, self.auth = cipher, auth
        self.spi = 0x1000 + number
        self.ids = 2 * number + 1, 2 * number + 2
        keys = rng.randbytes(cipher[2]), rng.randbytes(auth[2])
        side = ByScapy if cipher[1] and auth[1] else ByHand
        self.other = side(self.spi, cipher, auth, *keys)
        self.commands, self.checks = [], []
        for ident, way in zip(self.ids, ("out", "in")):
            self.say("sa %d %s %d %s %s %s %s %s %s" % (
                ident, way, self.spi, cipher[0], auth[0], keys[0].hex() or "-", keys[1].hex() or "-",
                OURS, THEIRS), lambda answer: answer == "ok")
        for seq in range(1, PACKETS + 1):
            self.outbound(seq, random_inner(rng))
            self.inbound(seq, random_inner(rng), rng)
        if auth[0] != "none" or cipher[5]:
            self.attacks(PACKETS + 1, random_inner(rng), rng)

    def say(self, line, check):
        self.commands.append(line)
        self.checks.append(check)

    def outbound(self, seq, inner):
        def check(answer):
            ours = bytes.fromhex(answer)
            iv = ours[28:28 + self.cipher[4]]
            theirs = self.other.seal(inner, seq, iv)
            outer = IP(ours[:20])
            return (ours[20:] == theirs[20:] and self.other.open(ours) == bytes(inner) and
                    outer.len == len(ours) and outer.proto == 50 and outer.ttl == 255 and
                    (outer.src, outer.dst) == (OURS, THEIRS) and
                    outer.tos == (inner.tos if inner.version == 4 else inner.tc))
        self.say("out %d %s" % (self.ids[0], bytes(inner).hex()), check)

    def inbound(self, seq, inner, rng):
        packet = self.other.seal(inner, seq, rng.randbytes(self.cipher[4]) or None)
        self.say("in %s" % packet.hex(), lambda answer: answer == bytes(inner).hex())

    def attacks(self, seq, inner, rng):
        packet = self.other.seal(inner, seq, rng.randbytes(self.cipher[4]) or None)
        rows = [
            (rng.randrange(24 * 8, len(packet) * 8), "esp_auth"),
            (rng.randrange(20 * 8, 24 * 8), "esp_no_sa"),
        ]
        for bit, drop in rows:
            bad = bytearray(packet)
            bad[bit // 8] ^= 0x80 >> bit % 8
            if bytes(bad[20:24]) != packet[20:24] and \
                    0x1000 <= int.from_bytes(bad[20:24], "big") < 0x1100:
                continue  # the SPI of another pair
            drops = {"drop " + drop} | ({"drop esp_replay"} if bit < 28 * 8 else set())
            self.say("in %s" % bad.hex(), lambda answer, drops=drops: answer in drops)
        self.say("in %s" % packet.hex(), lambda answer: answer == bytes(inner).hex())
        self.say("in %s" % packet.hex(), lambda answer: answer == "drop esp_replay")


def main():
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(10**9)))
    rng = random.Random(seed)
    pairs = [(c, a) for c in CIPHERS for a in AUTHS if sound(c, a)]
    cases = [Case(i, c, a, rng) for i, (c, a) in enumerate(pairs)]
    program = os.environ.get("ESPCAT", "./espcat")
    lines = "".join(line + "\n" for case in cases for line in case.commands)
    run = subprocess.run([program], input=lines, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit("espcat: exit status %d\n%s" % (run.returncode, run.stderr))
    answers = iter(run.stdout.splitlines())
    failed = n = 0
    for case in cases:
        for line, check in zip(case.commands, case.checks):
            answer = next(answers)
            n += 1
            try:
                good = check(answer)
            except Exception as why:  # the other side could not read it
                good, answer = False, "%s (%r)" % (answer, why)
            if not good:
                failed += 1
                print("FAIL: %s\n  %s\n  → %s" % (case.name, line[:300], answer[:300]))
    print("%d pairs of algorithms, %d lines, %d failed; SEED=%d" % (len(cases), n, failed, seed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
