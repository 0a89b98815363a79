#!/usr/bin/python3
"""IKE's wire format and keys against others: what ikecat's two ends say is read by tshark, which checks and
decrypts it with their keys, and by scapy; keys and AUTH are computed again in Python, and so are sealed
messages that ikecat must open. Needs neither root nor a network. Exit 77 (skipped) without them.
"""

import hashlib
import hmac
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

try:
    import logging
    logging.getLogger("scapy").setLevel(logging.ERROR)
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
    from scapy.contrib import ikev2
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether
    from scapy.packet import Raw
    from scapy.utils import wrpcap
except ImportError as missing:
    print("SKIP: %s: apt-get install python3-scapy python3-cryptography" % missing)
    sys.exit(77)
if not shutil.which("tshark"):
    print("SKIP: no tshark")
    sys.exit(77)

SPI_I, SPI_R = bytes.fromhex("1122334455667788"), bytes.fromhex("99aabbccddeeff00")
ENDS = "198.51.100.1", "203.0.113.1"
MESSAGES = ["init", "init-answer", "auth", "auth-answer", "child", "delete", "liveness"]
# keyword, tshark's name of it (None: it does not decrypt this), bytes of key and salt
CIPHERS = [
    ("aes-128", "AES-CBC-128 [RFC3602]", 16),
    ("aes-192", "AES-CBC-192 [RFC3602]", 24),
    ("aes-256", "AES-CBC-256 [RFC3602]", 32),
    ("3des", "3DES [RFC2451]", 24),
    ("aes-ctr-256", "AES-CTR-256 [RFC5930]", 36),
    ("aes-gcm-128", "AES-GCM-128 with 16 octet ICV [RFC5282]", 20),
    ("aes-gcm-256", "AES-GCM-256 with 16 octet ICV [RFC5282]", 36),
    ("aes-gcm-192-icv12", "AES-GCM-192 with 12 octet ICV [RFC5282]", 28),
    ("aes-gcm-128-icv8", "AES-GCM-128 with 8 octet ICV [RFC5282]", 20),
    ("chacha20-poly1305", None, 36),
]
AUTHS = [
    ("md5", "HMAC_MD5_96 [RFC2403]", "md5", 12),
    ("sha1", "HMAC_SHA1_96 [RFC2404]", "sha1", 12),
    ("sha2-256", "HMAC_SHA2_256_128 [RFC4868]", "sha256", 16),
    ("sha2-384", "HMAC_SHA2_384_192 [RFC4868]", "sha384", 24),
    ("sha2-512", "HMAC_SHA2_512_256 [RFC4868]", "sha512", 32),
]
NO_AUTH = ("none", "NONE [RFC4306]", None, 0)
PRFS = [("hmac-md5", "md5"), ("hmac-sha1", "sha1"), ("hmac-sha2-256", "sha256"),
        ("hmac-sha2-384", "sha384"), ("hmac-sha2-512", "sha512")]
GROUPS = ["group2", "group14", "group19", "group21", "group31", "group32"]


def ikecat(commands):
    """The answers, each a list of lines that ends with ok or a fault."""
    run = subprocess.run(["./ikecat"], input="\n".join(commands) + "\n", capture_output=True,
                         text=True, check=True)
    answers = [[]]
    for line in run.stdout.splitlines():
        answers[-1].append(line)
        if line == "ok" or line.startswith("fault"):
            answers.append([])
    assert len(answers) == len(commands) + 1 and not answers[-1], run.stdout[-300:]
    return answers[:-1]


class Talk:
    """One conversation: datagrams in order, keys by name."""

    def __init__(self, case, lines):
        assert lines[-1] == "ok", lines[-1]
        self.cipher, self.auth, self.prf, self.group = case
        self.said, self.keys = [], {}
        for line in lines[:-1]:
            name, text = line.split()
            data = b"" if text == "-" else bytes.fromhex(text)
            if name in MESSAGES:
                self.said.append((name, data))
            else:
                self.keys[name] = data

    def first(self, name):
        return next(data for n, data in self.said if n == name)


# --- keys, computed again ------------------------------------------------------------------------


def prf_plus(name, key, seed, length):
    out, block, number = b"", b"", 1
    while len(out) < length:
        block = hmac.digest(key, block + seed + bytes([number]), name)
        out += block
        number += 1
    return out[:length]


def payloads(first, text):
    """A chain as (type, body)."""
    while first:
        length = struct.unpack(">H", text[2:4])[0]
        yield first, text[4:length]
        first, text = text[0], text[length:]


def nonce(message):
    return next(body for kind, body in payloads(message[16], message[28:]) if kind == 40)


def check_keys(talk):
    prf, auth, cipher_len = talk.prf[1], talk.auth, talk.cipher[2]
    spis = talk.first("init-answer")[:16]
    ni, nr = nonce(talk.first("init")), nonce(talk.first("init-answer"))
    size = hashlib.new(prf).digest_size
    auth_len = hashlib.new(auth[2]).digest_size if auth[2] else 0
    seed = hmac.digest(ni + nr, talk.keys["shared"], prf)
    parts = [("sk-d", size), ("sk-ai", auth_len), ("sk-ar", auth_len), ("sk-ei", cipher_len),
             ("sk-er", cipher_len), ("sk-pi", size), ("sk-pr", size)]
    rest = prf_plus(prf, seed, ni + nr + spis, sum(n for _, n in parts))
    for name, n in parts:
        assert talk.keys[name] == rest[:n], name
        rest = rest[n:]
    rest = prf_plus(prf, talk.keys["sk-d"], ni + nr, 128)
    for name in ["child-ei", "child-ai", "child-er", "child-ar"]:
        assert talk.keys[name] == rest[:32], name
        rest = rest[32:]


def auth_wanted(talk, initiator):
    prf = talk.prf[1]
    own, other = ("init", "init-answer") if initiator else ("init-answer", "init")
    maced = hmac.digest(talk.keys["sk-pi" if initiator else "sk-pr"],
                        b"\x02\0\0\0rta.example", prf)
    key = hmac.digest(b"Huawei@123", b"Key Pad for IKEv2", prf)
    return hmac.digest(key, talk.first(own) + nonce(talk.first(other)) + maced, prf)


# --- tshark --------------------------------------------------------------------------------------


def table_row(talk):
    """A row of tshark's table of keys."""
    keys = [talk.keys[k].hex() or '""' for k in ["sk-ei", "sk-er", "sk-ai", "sk-ar"]]
    init = talk.first("init-answer")
    return 'uat:ikev2_decryption_table:%s,%s,%s,%s,"%s",%s,%s,"%s"' % (
        init[:8].hex(), init[8:16].hex(), *keys[:2], talk.cipher[1], *keys[2:], talk.auth[1])


def tshark(path, talks, *options):
    tables = [x for t in talks for x in ("-o", table_row(t))]
    return subprocess.run(["tshark", "-r", path, *tables, *options], capture_output=True, text=True,
                          check=True).stdout


def check_rows(talk, rows):
    """The fields of one conversation's packets; the fragments are put together at the last one."""
    child = rows[-3]
    assert rows[0][0] == ["16388", "16389", "16430"], rows[0]
    for row, initiator in (rows[2], True), (rows[3], False):
        assert row[0] == (["16384"] if initiator else []), row
        assert row[1] == ["10.1.1.5", "10.1.0.0"] and row[2] == ["10.1.1.5", "10.1.255.255"], row
        assert row[3] == ["2001:db8:2::"] and row[4] == ["443", "0", "0"], row
        assert row[5] == [auth_wanted(talk, initiator).hex()], row
        assert row[6] == ["rta.example"] and row[8] == ["12", "3", "20"], row
        assert row[9] == ["1", "0", "1", "0"], row
    assert child[0] == ["16393"] and child[1] == ["10.1.1.5", "10.1.0.0"], child
    assert rows[-2][7] == ["01020304", "a1b2c3d4"], rows[-2]


def check_tshark(talks, path):
    packets = []
    for talk in talks:
        for name, data in talk.said:
            answer = name.endswith("answer") or name == "liveness"
            source, destination = ENDS[::-1] if answer else ENDS
            packets.append(Ether() / IP(src=source, dst=destination) / UDP(sport=500, dport=500) /
                           Raw(data))
    wrpcap(path, packets)
    text = tshark(path, talks, "-V", "-O", "isakmp")
    for bad in ["Malformed", "incorrect", "rror", "Unknown payload"]:
        assert bad not in text, text[text.index(bad) - 300:][:600]
    sealed = sum(len(talk.said) - 2 for talk in talks)
    assert text.count("[correct]") == sealed, (text.count("[correct]"), sealed)
    names = ["notify.msgtype", "ts.start_ipv4", "ts.end_ipv4", "ts.start_ipv6", "ts.start_port",
             "auth.data", "id.data.fqdn", "delete.spi", "tf.id.encr", "tf.id.esn"]
    out = tshark(path, talks, "-T", "fields", "-E", "occurrence=a", "-E", "aggregator= ",
                 *[x for n in names for x in ("-e", "isakmp." + n)])
    rows = [[f.split() for f in row.split("\t")] for row in out.splitlines()]
    assert len(rows) == len(packets), len(rows)
    for talk in talks:
        with_name(talk, check_rows, rows[:len(talk.said)])
        rows = rows[len(talk.said):]
    return sealed


# --- scapy ---------------------------------------------------------------------------------------


def check_scapy(talk):
    p = ikev2.IKEv2(talk.first("init"))
    kinds = []
    layer = p
    while layer:
        kinds.append(type(layer).__name__)
        layer = layer.payload
    assert "IKEv2_payload_KE" in kinds and "IKEv2_payload_Nonce" in kinds, kinds
    assert kinds.count("IKEv2_payload_Notify") == 3 and "Raw" not in kinds, kinds
    assert p[ikev2.IKEv2_payload_SA].prop.trans_nb == len(
        list(transforms(p[ikev2.IKEv2_payload_SA].prop.trans))), "transforms"
    assert bytes(p[ikev2.IKEv2_payload_Nonce].load) == nonce(talk.first("init"))


def transforms(layer):
    while layer and isinstance(layer, ikev2.IKEv2_payload_Transform):
        yield layer
        layer = layer.payload


def scapy_init():
    """A first message of scapy's, and what must be read in it."""
    trans = ikev2.IKEv2_payload_Transform(next_payload=3, transform_type=1, transform_id=12,
                                          length=12, key_length=0x800e0100) / \
        ikev2.IKEv2_payload_Transform(next_payload=3, transform_type=2, transform_id=5) / \
        ikev2.IKEv2_payload_Transform(next_payload=3, transform_type=3, transform_id=12) / \
        ikev2.IKEv2_payload_Transform(next_payload=0, transform_type=4, transform_id=31)
    p = ikev2.IKEv2(init_SPI=SPI_I, next_payload=33, exch_type=34, flags=8) / \
        ikev2.IKEv2_payload_SA(next_payload=34, prop=ikev2.IKEv2_payload_Proposal(
            proposal=1, proto=1, trans_nb=4, trans=trans)) / \
        ikev2.IKEv2_payload_KE(next_payload=40, group=31, load=bytes(range(32))) / \
        ikev2.IKEv2_payload_Nonce(next_payload=41, load=b"n" * 20) / \
        ikev2.IKEv2_payload_Notify(next_payload=0, type=16430)
    return bytes(p).hex(), [
        "header IKE_SA_INIT 0 request 1",
        "SA 1 IKE AES-256/HMAC-SHA2-256/SHA2-HMAC-256/Curve25519",
        "KE-group 31", "KE " + bytes(range(32)).hex(), "Nonce " + (b"n" * 20).hex(),
        "N 16430 0 data -", "ok"]


# --- sealed by others ----------------------------------------------------------------------------


def seal(rng, name, auth, key, auth_key, head, chain):
    """An SK message: header, first type and chain given; any padding, reserved bits set."""
    block = {"aes-128": 16, "aes-192": 16, "aes-256": 16, "3des": 8}.get(name, 1)
    iv = rng.randbytes(block if block > 1 else 8)
    pad = -(len(chain) + 1) % block + block * rng.randrange(min(255, 64) // block)
    text = chain + rng.randbytes(pad) + bytes([pad])
    icv_len = auth[3] or {"aes-gcm-192-icv12": 12, "aes-gcm-128-icv8": 8}.get(name, 16)
    start = head(28 + 4 + len(iv) + len(text) + icv_len)
    salt, key = key[-4:], key if block > 1 else key[:-4]
    if auth[2] is None and name.startswith("aes"):
        sealed = AESGCM(key).encrypt(salt + iv, text, start)
        if icv_len < 16:
            sealed = sealed[:icv_len - 16]
        return start + iv + sealed
    if auth[2] is None:
        return start + iv + ChaCha20Poly1305(key).encrypt(salt + iv, text, start)
    if block == 1:
        how = algorithms.AES(key), modes.CTR(salt + iv + b"\0\0\0\1")
    else:
        how = (algorithms.TripleDES if name == "3des" else algorithms.AES)(key), modes.CBC(iv)
    worker = Cipher(*how).encryptor()
    message = start + iv + worker.update(text) + worker.finalize()
    return message + hmac.digest(auth_key, message, auth[2])[:auth[3]]


def sealed_by_others():
    rng = random.Random(7296)
    chain = struct.pack(">BBHBBH", 41, 0x7f, 8, 0, 0, 16384) + \
        struct.pack(">BBHBBHI", 0, 0x80, 12, 3, 4, 11, 0x01020304)[:12]
    commands, wanted = [], []
    for cipher in CIPHERS:
        aead = cipher[0].startswith("aes-gcm") or cipher[1] is None
        for auth in [NO_AUTH] if aead else AUTHS:
            key = rng.randbytes(cipher[2])
            auth_key = rng.randbytes(hashlib.new(auth[2]).digest_size) if auth[2] else b""

            def head(length):
                return SPI_I + SPI_R + struct.pack(">BBBBIIBBH", 46, 0x2f, 37, 0xd7 | 8, 5, length,
                                                   41, 0x7f, length - 28)
            message = seal(rng, cipher[0], auth, key, auth_key, head, chain)
            start = "open %s %s %s %s " % (cipher[0], auth[0], key.hex(), auth_key.hex() or "-")
            commands.append(start + message.hex())
            wanted.append(["header INFORMATIONAL 5 request 1", "N 16384 0 data -", "N 11 3 data -",
                           "ok"])
            at = rng.randrange(28, len(message))
            commands.append(start + (message[:at] + bytes([message[at] ^ 1]) +
                                     message[at + 1:]).hex())
            wanted.append(None)
    for command, answer, want in zip(commands, ikecat(commands), wanted):
        if want:
            assert answer == want, (command, answer)
        else:
            assert answer[-1].startswith("fault"), (command, answer)
    return len(commands) // 2


def with_name(talk, check, *args):
    try:
        check(talk, *args)
    except AssertionError:
        print("%s %s %s %s:" % (talk.cipher[0], talk.auth[0], talk.prf[0], talk.group))
        raise


def main():
    cases = []
    for i, cipher in enumerate(CIPHERS):
        aead = cipher[0].startswith("aes-gcm") or cipher[1] is None
        for j, auth in enumerate([NO_AUTH] if aead else AUTHS):
            cases.append((cipher, auth, PRFS[(i + j) % len(PRFS)], GROUPS[(i + j) % len(GROUPS)]))
    answers = ikecat(["talk %d %s %s %s %s" % (n + 1, c[0], a[0], p[0], g)
                      for n, (c, a, p, g) in enumerate(cases)])
    talks = [Talk(case, lines) for case, lines in zip(cases, answers)]
    for talk in talks:
        with_name(talk, check_keys)
        with_name(talk, check_scapy)
    with tempfile.TemporaryDirectory() as folder:
        sealed = check_tshark([t for t in talks if t.cipher[1]], os.path.join(folder, "talk.pcap"))
    text, wanted = scapy_init()
    answer = ikecat(["read " + text])[0]
    assert answer == wanted, answer
    print("%d conversations: keys agree with Python, %d messages decrypted by tshark; "
          "%d messages of others opened" % (len(cases), sealed, sealed_by_others()))


if __name__ == "__main__":
    main()
