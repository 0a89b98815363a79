#!/usr/bin/python3
"""AH over IPv6 with extension headers on a real wire: the kernel takes the headers off before a raw socket
gets the packet, and the ICV covers them. Packets are ipsec_ref's, whose AH is checked against scapy."""
import os
import random
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import bed  # noqa: E402

try:
    import ipsec_ref as ref
except ImportError as missing:
    print("SKIP: %s: apt-get install python3-cryptography" % missing)
    sys.exit(77)

SEND = """
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
s.sendto(bytes.fromhex(sys.argv[1]), ("2001:db8::2", 0))
"""
ENDS = [b"\x20\x01\x0d\xb8" + bytes(11) + bytes([i]) for i in (1, 2)]
KEY = bytes(range(20))
# option 0x1e is to be skipped and may not change on the way; 0x3e may; then padding
FIXED = b"\x1e\x08skipped.\x01\x02\0\0"
MUTABLE = b"\x3e\x08mutable.\x01\x02\0\0"
KINDS = {0: FIXED, 60: MUTABLE, 43: bytes([253]) + bytes(13)}


def algorithm(name):
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib", "alg.def")
    return re.findall(r"^ALG_AUTH\((\w+),", open(here).read(), re.M).index(name) + 1


def packet(kinds, load):
    head, at = bytearray(ref.header6(*ENDS, 0, 64)), 6
    for kind in kinds:
        head[at] = kind
        at = len(head)
        head += bytes([59, 1]) + KINDS[kind]
    return ref.finish(bytes(head), at, 17, load)


class Receiver:
    """gwB with one AH SA in transport mode."""

    def __init__(self, b):
        self.b, self.seq, self.f = b, 0, b.feed(b.gwb)
        self.sa = ref.Sa(ref.AH, 0x1234, ref.CIPHERS[0],
                         next(a for a in ref.AH_AUTHS if a[0] == "sha1"), (b"", KEY), ENDS, True)
        self.f.say("setup 4")
        self.f.say("tun 1 t0 protected")
        self.f.say("raw 2 ah6")
        self.f.say("dp_sa sa=2 inbound=1 spi=%d protocol=51 mode=1 source=2001:db8::1 "
                   "destination=2001:db8::2 auth=%d auth_key=%s replay_window=64 slot=2 port=1 "
                   "policy=P" % (0x1234, algorithm("hmac_sha1_96"), KEY.hex()))
        self.f.say("dp_spd_begin port=1 n_rules=1")
        self.f.say("dp_spd_rule port=1 rule=1 action=2 source_port_high=65535 "
                   "destination_port_high=65535 icmp_type=65535 icmp_code=65535 sa_in=2")
        self.f.say("dp_spd_end port=1")
        b.gwb.sh("ip link set t0 up")

    def drops(self):
        """Of what came by the wire (the kernel has its own to say into t0)."""
        return {k: n for k, n in self.f.drops().items() if k != "spd_incomplete"}

    def counts(self):
        return self.f.rows("ipsec_sa")[0]["packets"], sum(self.drops().values())

    def take(self, plain, change=None):
        """Sends it protected, an octet changed or not: what was counted, as (taken, dropped)."""
        self.seq += 1
        wire = bytearray(self.sa.protect(plain, self.seq, b"", sending=False))
        if change is not None:
            wire[change] ^= 1
        before = self.counts()
        self.b.gwa.run("/usr/bin/python3", "-c", SEND, wire.hex())
        for _ in range(2000):
            now = self.counts()
            if now != before:
                return now[0] - before[0], now[1] - before[1]
        raise AssertionError("the packet never came")


def main():
    bed.need_root()
    rng = random.Random(6)
    with bed.Bed() as b:
        b.gwa.ping("2001:db8::2")  # neighbours know each other
        r = Receiver(b)
        for kinds in ((), (0,), (60,), (43,), (0, 60, 43), (0, 43), (0, 43, 60)):
            plain = packet(kinds, rng.randbytes(100))
            assert r.take(plain) == (1, 0), (kinds, r.drops())
            for i, kind in enumerate(kinds):
                at = 40 + 16 * i + 5  # inside the first option
                if kind == 60 and i == len(kinds) - 1:
                    continue  # it is behind AH
                want = (0, 1) if kind == 0 else (1, 0) if kind == 60 else None
                got = r.take(plain, at) if want else None
                assert got == want, (kinds, kind, got)
        drops = r.drops()
        assert set(drops) == {"ah_auth"}, drops
        print("ok AH covers the extension headers that came")


if __name__ == "__main__":
    main()
