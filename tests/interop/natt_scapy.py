#!/usr/bin/python3
"""Transport mode behind a NAT (RFC 3948 3.1.2), against scapy: it makes the packets of a host with a private
address, ESP in UDP around them; here a NAT changes the addresses outside. What the real stages (espcat)
make of them must be what scapy sends from the NAT's address, checksums included. Needs neither root nor a
network. Exit 77 (skipped) without scapy.
"""
import os
import random
import subprocess
import sys

try:
    import logging
    logging.getLogger("scapy").setLevel(logging.ERROR)
    from scapy.layers.inet import IP, TCP, UDP, ICMP
    from scapy.layers.inet6 import IPv6, ICMPv6EchoRequest
    from scapy.layers.ipsec import ESP, SecurityAssociation
    from scapy.packet import Raw
except ImportError as missing:
    print("SKIP: %s: apt-get install python3-scapy python3-cryptography" % missing)
    sys.exit(77)

ROUNDS = 40
#        before the NAT: source, destination; behind it
ENDS = {4: ("10.1.1.2", "203.0.113.1", "198.51.100.1", "203.0.113.1"),
        40: ("10.1.1.2", "203.0.113.1", "198.51.100.1", "10.2.2.2"),  # a NAT at either end
        6: ("fd00::2", "2001:db8::1", "2001:db8:77::1", "2001:db8::1")}


class Cat:
    def __init__(self):
        self.p = subprocess.Popen([os.environ.get("ESPCAT", "./espcat")], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.p.stdin.write(line + "\n")
        self.p.stdin.flush()
        return self.p.stdout.readline().strip()


def loads(rng, v6):
    ports = {"sport": rng.randrange(65536), "dport": rng.randrange(65536)}
    some = [TCP(seq=rng.randrange(2**32), flags="PA", options=[("MSS", 1400)], **ports),
            UDP(**ports), ICMPv6EchoRequest(id=7) if v6 else ICMP(id=7)]
    if not v6:
        some.append(UDP(chksum=0, **ports))  # it has none
    return rng.choice(some) / Raw(rng.randbytes(rng.choice([0, 1, 2, rng.randrange(1300)])))


def head(v6, source, destination):
    return IPv6(src=source, dst=destination, hlim=61) if v6 else \
        IP(src=source, dst=destination, ttl=61, id=7)


def sealed(sa, packet, ends, v6):
    """As it leaves the host, then as it arrives behind the NAT, then as the UDP port hands it on."""
    wire = bytes(sa.encrypt(packet))
    if v6:  # scapy puts UDP behind IPv4 only
        esp = wire[40:]
    else:
        ports = bytes([4500 // 256, 4500 % 256] * 2)
        assert wire[9] == 17 and wire[20:24] == ports  # (it forgets the length)
        esp = wire[28:]
    outside = head(v6, *ends[2:])
    setattr(outside, "nh" if v6 else "proto", 50)
    return bytes(outside / Raw(esp))


def run(cat, number, kind, known, rng):
    v6, ends = kind == 6, ENDS[kind]
    key, auth = rng.randbytes(16), rng.randbytes(20)
    sa = SecurityAssociation(ESP, spi=0x1000 + number, crypt_algo="AES-CBC", crypt_key=key,
                             auth_algo="HMAC-SHA1-96", auth_key=auth,
                             nat_t_header=None if v6 else UDP(sport=4500, dport=4500))
    answer = cat.ask("sa %d in %d aes-128 sha1 %s %s %s %s transport udp window=1024%s" % (
        number, 0x1000 + number, key.hex(), auth.hex(), ends[2], ends[3],
        " natt=%s,%s" % ends[:2] if known else ""))
    assert answer == "ok", answer
    for _ in range(ROUNDS):
        load = loads(rng, v6)
        got = cat.ask("in %s udp" % sealed(sa, head(v6, *ends[:2]) / load, ends, v6).hex())
        want = bytes(head(v6, *ends[2:]) / load)
        assert got == want.hex(), "%s %s\n%s\n%s" % (kind, load.summary(), got, want.hex())


def a_wrong_checksum_stays_wrong(cat, rng):
    ends = ENDS[4]
    sa = SecurityAssociation(ESP, spi=0x2000, crypt_algo="NULL", auth_algo="HMAC-SHA1-96",
                             auth_key=bytes(20), nat_t_header=UDP(sport=4500, dport=4500))
    assert cat.ask("sa 200 in 8192 null sha1 - %s %s %s transport udp natt=%s,%s" % (
        bytes(20).hex(), ends[2], ends[3], ends[0], ends[1])) == "ok"
    right = bytes(head(False, *ends[2:]) / TCP(sport=1, dport=2) / Raw(b"text"))
    packet = IP(bytes(head(False, *ends[:2]) / TCP(sport=1, dport=2) / Raw(b"text")))
    packet[TCP].chksum ^= rng.randrange(1, 65535)
    got = cat.ask("in %s udp" % sealed(sa, packet, ends, False).hex())
    assert got != right.hex() and got[:72] == right.hex()[:72], got


def main():
    rng, cat = random.Random(int(os.environ.get("YONGDAO_SEED", "3948"))), Cat()
    number = 0
    for kind in ENDS:
        for known in (True, False):
            number += 1
            run(cat, number, kind, known, rng)
    a_wrong_checksum_stays_wrong(cat, rng)
    print("%d packets behind NATs" % (number * ROUNDS))


if __name__ == "__main__":
    main()
