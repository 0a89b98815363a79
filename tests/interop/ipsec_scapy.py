#!/usr/bin/python3
"""Every mode × protocol × algorithm × family × ESN, both ways, against codecs of others.

Random packets, with IP options and extension headers, go through the real stages (espcat). What we send
must be byte for byte what ipsec_ref makes of the same packet, number and IV, and where scapy can do the same
what scapy makes of it, too; what scapy makes, or else ipsec_ref, we must turn into the packet again.
Scapy lays the packets out; the rows that its tables lack are added here, and the high half of the
number under an HMAC of ESP. Needs neither root nor a network. Exit 77 (skipped) without scapy.
"""

import collections
import ipaddress
import os
import random
import struct
import subprocess
import sys

try:
    import logging
    logging.getLogger("scapy").setLevel(logging.ERROR)
    from scapy.layers.inet import IP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.ipsec import AH as ScapyAH, ESP as ScapyESP, SecurityAssociation, \
        AUTH_ALGOS, AuthAlgo, CRYPT_ALGOS, CryptAlgo
    from scapy.packet import raw, split_layers
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.ciphers import algorithms, modes
    from cryptography.hazmat.primitives.hmac import HMAC
    import ipsec_ref as ref
except ImportError as missing:
    print("SKIP: %s: apt-get install python3-scapy python3-cryptography" % missing)
    sys.exit(77)

# scapy would sign the ESP inside instead of the AH around it
split_layers(IP, ScapyESP, proto=50)
split_layers(IPv6, ScapyESP, nh=50)

for _name, _hash, _size in (("SHA2-256-96", hashes.SHA256, 12), ("SM3-128", hashes.SM3, 16)):
    AUTH_ALGOS[_name] = AuthAlgo(_name, mac=HMAC, digestmod=_hash, icv_size=_size)
CRYPT_ALGOS["SM4-CBC"] = CryptAlgo("SM4-CBC", cipher=algorithms.SM4, mode=modes.CBC)
for _name, _size in (("AES-GCM-12", 12), ("AES-GCM-8", 8)):
    CRYPT_ALGOS[_name] = CryptAlgo(
        _name, cipher=algorithms.AES, mode=modes.GCM, salt_size=4, block_size=1, iv_size=8,
        icv_size=_size, format_mode_iv=lambda sa, iv, **kw: sa.crypt_salt + iv)


class HighHalf:
    """An authentication algorithm of scapy's for ESP that covers ESN's high half (RFC 4303 2.2.1)."""

    def __init__(self, algorithm, high):
        self.algorithm, self.high, self.icv_size = algorithm, high, algorithm.icv_size

    def sign(self, esp, key, *_rest):
        if self.icv_size:
            mac = self.algorithm.new_mac(key)
            mac.update(raw(esp) + struct.pack("!I", self.high))
            esp.data += mac.finalize()[:self.icv_size]
        return esp


ENDS = {4: ("198.51.100.1", "203.0.113.1"), 6: ("2001:db8:1::1", "2001:db8:2::1")}
NUMBERS = [1, 2**32 - 2, 2**32 + 5, 3 * 2**32 - 1, 2**64 - 9]
PACKETS = {1: 3, 2: 1}  # each way, in each case: of one SA, and of the many nested ones
# what scapy must have judged of each form, with ESN and without
FLOORS = {"esp": 300, "ah": 70, "esp+ah": 180}


def packed(text):
    return ipaddress.ip_address(text).packed


def options4(rng, here):
    """IPv4 options; here: at their destination already."""
    some = [b"\x01", b"\x94\x04\0\0", b"\x07\x07\x04" + rng.randbytes(4),
            b"\x44\x08\x05\0" + rng.randbytes(4), b"\x82\x04ab", b"\xde\x03x",
            b"\x83\x0b" + (b"\x0c" if here else b"\x04") + rng.randbytes(8)]
    text = b"".join(rng.sample(some, rng.randrange(3)))
    return text + bytes(-len(text) % 4)


def packet4(rng, ends, load, here):
    options = options4(rng, here) if rng.random() < .4 else b""
    head = struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, rng.choice([0, 2, 0xb8, 0xff]),
                       0, rng.randrange(1, 65536), rng.choice([0, 0x4000]), rng.randrange(1, 256),
                       0, 0, *ends) + options
    return ref.finish(head, 9, rng.choice([6, 17, 1, 47, 253]), load)


def extension(rng, kind, here):
    if kind == 43:
        count = rng.randrange(1, 4)
        left = 0 if here else rng.randrange(count + 1)
        return bytes([0, 2 * count, 0, left, 0, 0, 0, 0]) + rng.randbytes(16 * count)
    if kind == 44:
        return b"\0\0\0\0" + rng.randbytes(4)
    text = b"".join(rng.sample([b"\0", b"\x3e\x04" + rng.randbytes(4), b"\x1e\x02" +
                                rng.randbytes(2), b"\x01\x01\0", b"\x9e\0"], rng.randrange(4)))
    pad = -(len(text) + 2) % 8
    text += b"" if pad == 0 else b"\0" if pad == 1 else bytes([1, pad - 2]) + bytes(pad - 2)
    return bytes([0, (len(text) + 2) // 8 - 1]) + text


def packet6(rng, ends, load, here):
    kinds = rng.choice([[], [], [], [0], [0, 60, 43], [43], [60], [0, 43, 60], [44], [0, 44, 60]])
    head = struct.pack("!IHBB16s16s", 6 << 28 | rng.randrange(1 << 28), 0, 59,
                       rng.randrange(1, 256), *ends)
    at = 6
    for kind in kinds:
        head = head[:at] + bytes([kind]) + head[at + 1:]
        at = len(head)
        head += extension(rng, kind, here)
    return ref.finish(head, at, rng.choice([6, 17, 58, 47, 253]), load)


def random_packet(rng, family, ends, here):
    load = rng.randbytes(rng.choice([0, 1, rng.randrange(64), rng.randrange(1200)]))
    return (packet6 if family == 6 else packet4)(rng, ends, load, here)


def scapy_reads(packet):
    """Does scapy 2.5 treat these headers as the RFC does? It knows no source routes, takes timestamps
    and labels apart, puts its header in front of fragment and behind destination headers, and turns a routing
    header as if no hop had been reached."""
    if packet[0] >> 4 == 4:
        return not set(b"\x82\x83\x44\xde") & set(packet[20:(packet[0] & 15) * 4])
    kind, at, last = packet[6], 40, 0
    while kind in (0, 43, 44, 60):
        if kind == 44 or (kind == 43 and packet[at + 3] * 2 != packet[at + 1]):
            return False
        kind, at, last = packet[at], at + (packet[at + 1] + 1) * 8, kind
    return last != 60


class Case:
    """SAs of one form, both ways: the commands for espcat, and what its answers must be."""

    def __init__(self, number, form, transport, outer, inner, cipher, auth, ah_auth, esn, rng):
        self.rng, self.form, self.transport, self.inner, self.esn = rng, form, transport, inner, esn
        self.name = "%s %s, %d in %d, %s + %s, AH %s%s" % (
            "+".join(form), "transport" if transport else "tunnel", inner, outer, cipher[0],
            auth[0], ah_auth[0], ", ESN" if esn else "")
        self.ends = [packed(a) for a in ENDS[outer]]
        self.inner_ends = self.ends if transport else \
            [b"\x0a\1\1\2", b"\x0a\1\2\2"] if inner == 4 else [packed("fd00::1"), packed("fd00::2")]
        self.number = rng.choice(NUMBERS if esn else NUMBERS[:1] + [2**32 - 9])
        self.sas, self.commands, self.checks = [], [], []
        for i, protocol in enumerate(form):
            spi = 0x1000 + 4 * number + i
            mine = (cipher, auth) if protocol == "esp" else (ref.CIPHERS[0], ah_auth)
            keys = rng.randbytes(mine[0][2]), rng.randbytes(mine[1][2])
            kind = ref.ESP if protocol == "esp" else ref.AH
            self.sas.append(ref.Sa(kind, spi, *mine, keys, self.ends, transport, esn))
        self.ids = [8 * number + 1 + i for i in range(4)]
        for way in (0, 1):
            for i in range(len(form)):
                self.sa_line(way, i, outer)

    def sa_line(self, way, i, outer):
        sa, ids = self.sas[i], self.ids[2 * way:]
        line = ["sa %d" % ids[i], ("out", "in")[way], "%d" % sa.spi,
                sa.cipher[0] if sa.protocol == ref.ESP else "none", sa.auth[0],
                sa.cipher_key.hex() or "-", sa.auth_key.hex() or "-", *ENDS[outer],
                "seq=%d" % (self.number - 1)]
        line += ["ah"] if sa.protocol == ref.AH else []
        line += ["transport"] if self.transport else []
        line += ["esn"] if self.esn else []
        line += ["bundle=%d" % ids[i + 1]] if i + 1 < len(self.sas) else []
        self.say(" ".join(line), lambda answer: answer == "ok")

    def say(self, line, check):
        self.commands.append(line)
        self.checks.append(check)

    def random(self, here):
        return random_packet(self.rng, self.inner, self.inner_ends, here)

    def expected(self, packet, seq, ivs, ident, sending):
        """Through all SAs, the innermost first; a later one is put behind the same headers."""
        for i, sa in enumerate(self.sas):
            packet = sa.protect(packet, seq, ivs[i], ident, True if i else None, sending)
        return packet

    def ivs_of(self, packet):
        """The IVs in a packet of ours, innermost SA first."""
        size, _ = ref.split(packet)
        ivs = []
        for sa in reversed(self.sas):
            at = size + (8 if sa.protocol == ref.ESP else 12)
            ivs.insert(0, packet[at:at + sa.iv_len])
            if sa.protocol == ref.AH:
                size += (packet[size + 1] + 2) * 4
        return ivs

    def by_scapy(self, packet, seq, ivs, outer_head):
        """The same by scapy; None when it cannot."""
        for i, sa in enumerate(self.sas):
            esp = sa.protocol == ref.ESP
            if sa.auth[1] is None or (esp and sa.cipher[1] is None) or \
                    (self.transport and not scapy_reads(packet)):
                return None
            tunnel = None
            if not self.transport and i == 0:
                tunnel = (IPv6 if outer_head[0] >> 4 == 6 else IP)(outer_head)
            other = SecurityAssociation(
                ScapyESP if esp else ScapyAH, spi=sa.spi, auth_algo=sa.auth[1],
                auth_key=sa.auth_key or None, tunnel_header=tunnel, esn_en=sa.esn, esn=seq >> 32,
                seq_num=seq & 0xffffffff,
                **({"crypt_algo": sa.cipher[1], "crypt_key": sa.cipher_key or None} if esp else {}))
            if esp and sa.esn:
                other.auth_algo = HighHalf(other.auth_algo, seq >> 32)
            inner = (IPv6 if packet[0] >> 4 == 6 else IP)(packet)
            packet = bytes(other.encrypt(inner, **(
                {"iv": ivs[i] if ivs[i] else None} if esp else {})))
        return packet

    def scapy_header(self, packet):
        """A header of tunnel mode: the class is inside's, the rest is the sender's business."""
        source, destination = ENDS[6 if len(self.ends[0]) == 16 else 4]
        word = int.from_bytes(packet[:2], "big")
        tclass = word >> 4 & 0xff if packet[0] >> 4 == 6 else packet[1]
        if len(self.ends[0]) == 16:
            return bytes(IPv6(src=source, dst=destination, tc=tclass, fl=self.rng.randrange(1 << 20),
                              hlim=self.rng.randrange(1, 256), plen=0, nh=59))
        return bytes(IP(src=source, dst=destination, tos=tclass, id=self.rng.randrange(1, 65536),
                        ttl=self.rng.randrange(1, 256), flags=self.rng.choice(["", "DF"])))

    def outbound(self, seq):
        packet = self.random(False)

        def check(answer):
            ours = bytes.fromhex(answer)
            ident = 0 if ours[0] >> 4 == 6 else int.from_bytes(ours[4:6], "big")
            ivs = self.ivs_of(ours)
            if ours != self.expected(packet, seq, ivs, ident, True):
                return False
            head = ours[:40 if ours[0] >> 4 == 6 else 20]
            theirs = self.by_scapy(packet, seq, ivs, head)
            self.count("compared", theirs)
            return theirs is None or ours == theirs
        self.say("out %d %s" % (self.ids[0], packet.hex()), check)

    compared = collections.Counter()
    made = collections.Counter()

    def count(self, what, theirs):
        if theirs is not None:
            getattr(Case, what)["+".join(self.form) + (", ESN" if self.esn else "")] += 1

    def inbound(self, seq):
        packet = self.random(True)
        ivs = [self.rng.randbytes(sa.iv_len) for sa in self.sas]
        sealed = self.by_scapy(packet, seq, ivs, self.scapy_header(packet))
        self.count("made", sealed)
        if sealed is None:
            sealed = self.expected(packet, seq, ivs, self.rng.randrange(1, 65536), False)
        self.say("in %s" % sealed.hex(), lambda answer: answer == packet.hex())
        return sealed

    def attack(self, sealed):
        """An octet of the protected rest changes: the outermost ICV fails. Then a replay."""
        size, _ = ref.split(sealed)
        outer = self.sas[-1]
        first = size + (8 if outer.protocol == ref.ESP else 12)
        bad = bytearray(self.inbound_again(sealed))
        bad[self.rng.randrange(first, len(bad))] ^= 1 << self.rng.randrange(8)
        if outer.icv_len:
            name = "esp" if outer.protocol == ref.ESP else "ah"
            self.say("in %s" % bad.hex(), lambda answer: answer == "drop %s_auth" % name)
            self.say("in %s" % sealed.hex(), lambda answer: answer == "drop %s_replay" % name)

    def inbound_again(self, sealed):
        """The same content under a number not seen yet: its ICV is wrong, its window open."""
        size, _ = ref.split(sealed)
        at = size + (4 if self.sas[-1].protocol == ref.ESP else 8)
        number = (int.from_bytes(sealed[at:at + 4], "big") + 1) & 0xffffffff
        return sealed[:at] + struct.pack("!I", number) + sealed[at + 4:]

    def run(self):
        sealed = None
        for i in range(PACKETS[len(self.sas)]):
            self.outbound(self.number + i)
            sealed = self.inbound(self.number + i)
        self.attack(sealed)


def cases(rng):
    """All that there is of each dimension, and of the algorithms each with every other dimension; of AH
    around ESP each pair of suites once, somewhere."""
    families = [(True, 4, 4), (True, 6, 6)] + [(False, o, i) for o in (4, 6) for i in (4, 6)]
    nested = [(("esp", "ah"), c, a, ah) for c in ref.CIPHERS for a in ref.AUTHS
              if ref.sound(c, a) for ah in ref.AH_AUTHS]
    rng.shuffle(nested)
    share = -(-len(nested) // (2 * len(families)))
    number = 0
    for transport, outer, inner in families:
        for esn in (False, True):
            rows = [(c, rng.choice([a for a in ref.AUTHS if ref.sound(c, a)]))
                    for c in ref.CIPHERS]
            if (transport, outer, inner, esn) == (False, 4, 4, False):
                rows = [(c, a) for c in ref.CIPHERS for a in ref.AUTHS if ref.sound(c, a)]
            rows += [(rng.choice([c for c in ref.CIPHERS if ref.sound(c, a)]), a)
                     for a in ref.AUTHS]
            rows = [(("esp",), c, a, ref.AH_AUTHS[0]) for c, a in rows]
            rows += [(("ah",), ref.CIPHERS[0], ref.AUTHS[0], a) for a in ref.AH_AUTHS]
            rows += nested[:share]
            del nested[:share]
            for form, cipher, auth, ah_auth in rows:
                case = Case(number, form, transport, outer, inner, cipher, auth, ah_auth, esn, rng)
                case.run()
                number += 1
                yield case


def main():
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(10**9)))
    rng = random.Random(seed)
    every = list(cases(rng))
    program = os.environ.get("ESPCAT", "./espcat")
    lines = "".join(line + "\n" for case in every for line in case.commands)
    run = subprocess.run([program], input=lines, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit("espcat: exit status %d\n%s" % (run.returncode, run.stderr))
    answers = iter(run.stdout.splitlines())
    failed = n = 0
    for case in every:
        for line, check in zip(case.commands, case.checks):
            answer = next(answers)
            n += 1
            try:
                good = check(answer)
            except Exception as why:  # the other side could not read it
                good, answer = False, "%s (%r)" % (answer, why)
            if not good:
                failed += 1
                if failed < 20:
                    print("FAIL: %s\n  %s\n  → %s" % (case.name, line[:3000], answer[:3000]))
    print("%d cases, %d lines, %d compared with scapy, %d made by it, %d failed; SEED=%d" % (
        len(every), n, sum(Case.compared.values()), sum(Case.made.values()), failed, seed))
    for kind in [f + e for f in FLOORS for e in ("", ", ESN")]:
        counts = Case.compared[kind], Case.made[kind]
        if min(counts) < FLOORS[kind.split(",")[0]]:
            failed += 1
            print("FAIL: of %s only %d were compared and %d made" % (kind, *counts))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
