#!/usr/bin/python3
"""yongdp --replay against captures that scapy makes and tshark decrypts with the same table of SAs."""
import os
import re
import subprocess
import sys
import tempfile

try:
    import logging
    logging.getLogger("scapy").setLevel(logging.ERROR)
    import scapy.all  # noqa: F401
except ImportError as missing:
    print("SKIP: %s: apt-get install python3-scapy" % missing)
    sys.exit(77)
from scapy.all import (IP, IPv6, UDP, TCP, ICMP, Dot1Q, Ether, CookedLinux, PcapWriter, Raw, fragment,
                       raw, rdpcap)
from scapy.layers.ipsec import ESP, SecurityAssociation

YONGDP = os.path.join(os.getcwd(), "yongdp")
# in its sandbox there is no /proc to look for leaks with
ENV = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
A, B = "192.0.2.1", "198.51.100.1"
MAC = "02:00:00:00:00:01"
A6, B6 = "2001:db8::1", "2001:db8::2"
ALGORITHMS = [  # scapy's names and keys, Wireshark's names; False: this tshark does not know it
    ("NULL", b"", "HMAC-SHA1-96", bytes(range(20)), "NULL", "HMAC-SHA-1-96 [RFC2404]", True),
    ("AES-CBC", bytes(16), "HMAC-SHA1-96", bytes(range(20)),
     "AES-CBC [RFC3602]", "HMAC-SHA-1-96 [RFC2404]", True),
    ("AES-CBC", bytes(range(32)), "SHA2-256-128", bytes(range(32)),
     "AES-CBC [RFC3602]", "HMAC-SHA-256-128 [RFC4868]", True),
    ("AES-CBC", bytes(range(24)), "SHA2-512-256", bytes(range(64)),
     "AES-CBC [RFC3602]", "HMAC-SHA-512-256 [RFC4868]", True),
    ("3DES", bytes(range(24)), "HMAC-MD5-96", bytes(range(16)),
     "TripleDES-CBC [RFC2451]", "HMAC-MD5-96 [RFC2403]", True),
    ("AES-CTR", bytes(range(20)), "SHA2-256-128", bytes(range(32)),
     "AES-CTR [RFC3686]", "HMAC-SHA-256-128 [RFC4868]", True),
    ("AES-CTR", bytes(range(20)), "NULL", b"", "AES-CTR [RFC3686]", "NULL", True),
    ("NULL", b"", "NULL", b"", "NULL", "NULL", True),
    # an ICV that nobody checks
    ("AES-CBC", bytes(range(32)), "HMAC-SHA1-96", bytes(20),
     "AES-CBC [RFC3602]", "ANY 96 bit authentication [no checking]", True),
    ("AES-CTR", bytes(range(36)), "SHA2-256-128", bytes(32),
     "AES-CTR [RFC3686]", "ANY 128 bit authentication [no checking]", True),
    ("3DES", bytes(range(24)), "SHA2-384-192", bytes(48),
     "TripleDES-CBC [RFC2451]", "ANY 192 bit authentication [no checking]", True),
    ("NULL", b"", "SHA2-512-256", bytes(64),
     "NULL", "ANY 256 bit authentication [no checking]", True),
    ("AES-GCM", bytes(range(20)), "NULL", b"", "AES-GCM with 16 octet ICV [RFC4106]", "NULL", True),
    ("AES-GCM", bytes(range(36)), "NULL", b"", "AES-GCM with 16 octet ICV [RFC4106]", "NULL", True),
    ("CHACHA20-POLY1305", bytes(range(36)), "NULL", b"",
     "ChaCha20 with Poly1305 [RFC7634]", "NULL", False),
]


class Made:
    """A capture, its table, and what should come out."""

    def __init__(self, tmp):
        self.pcap, self.table, self.out = (os.path.join(tmp, n) for n in
                                           ("in.pcap", "esp_sa", "out.pcap"))
        self.rows, self.frames, self.inner, self.compare = [], [], [], set()

    def sa(self, spi, algorithm, v6=False, transport=False, udp=None):
        cipher, key, auth, auth_key, w_cipher, w_auth, known = algorithm
        src, dst = (A6, B6) if v6 else (A, B)
        self.rows.append('"%s","%s","%s","0x%08x","%s","0x%s","%s","0x%s"' % (
            "IPv6" if v6 else "IPv4", src, dst, spi, w_cipher, key.hex(), w_auth, auth_key.hex()))
        header = None
        if not transport:
            header = IPv6(src=src, dst=dst) if v6 else IP(src=src, dst=dst)
        return SecurityAssociation(ESP, spi=spi, crypt_algo=cipher, crypt_key=key, auth_algo=auth,
                                   auth_key=auth_key, tunnel_header=header, nat_t_header=udp)

    def write(self, frames, linktype=None):
        w = PcapWriter(self.pcap, linktype=linktype)
        for i, f in enumerate(frames):
            f.time = 1000 + i * 0.1
            w.write(f)
        w.close()
        with open(self.table, "w") as f:
            f.write("# made by a test\n" + "\n".join(self.rows) + "\n")

    def replay(self):
        p = subprocess.run([YONGDP, "--replay", self.pcap, "--sa", self.table, "-o", self.out],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENV)
        assert p.returncode == 0, p.stderr
        return p.stdout.splitlines(), [raw(x) for x in rdpcap(self.out)]


def inner(n, v6=False):
    payload = Raw(bytes((n + i) & 0xff for i in range(20 + n * 7)))
    if v6:
        return IPv6(raw(IPv6(src="fd00::1", dst="fd00::2") / UDP(sport=n, dport=53) / payload))
    return IP(raw(IP(src="10.1.1.2", dst="10.1.2.2", id=n) / TCP(sport=n, dport=80) / payload))


def every_algorithm_and_tshark_agrees(tmp):
    """Tunnel mode, both families outside, both inside."""
    m = Made(tmp)
    frames, want, known = [], [], []
    for i, algorithm in enumerate(ALGORITHMS):
        for v6 in (False, True):
            sa = m.sa(0x1000 + 2 * i + v6, algorithm, v6)
            for n in range(1, 5):
                p = inner(n, n % 2 == 0)
                frames.append(Ether(dst=MAC, type=0x86dd if v6 else 0x0800) / sa.encrypt(p))
                want.append(raw(p))
                known.append(algorithm[5] if algorithm[6] else None)
    m.write(frames)
    said, got = m.replay()
    assert said[-1] == "%d packets, %d decapsulated, 0 dropped, 0 passed over" % (
        len(want), len(want)), said
    assert got == want
    tshark_agrees(m, got, known)


def tshark_agrees(m, got, known):
    """What tshark shows of the inner packets under the same table; known: by which authentication."""
    cmd = ["tshark", "-r", m.pcap, "-o", "esp.enable_encryption_decode:TRUE",
           "-o", "esp.enable_authentication_check:TRUE", "-T", "fields", "-E", "occurrence=l",
           "-e", "ip.src", "-e", "ipv6.src", "-e", "tcp.srcport", "-e", "udp.srcport",
           "-e", "esp.icv_good"]
    for row in m.rows:
        if "ChaCha20" not in row:
            cmd += ["-o", "uat:esp_sa:" + row]
    out = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    lines = out.stdout.split("\n")
    checked = 0
    for line, packet, k in zip(lines, got, known):
        v4, v6, tcp, udp, good = line.split("\t")
        if not k:
            continue
        p = IP(packet) if packet[0] >> 4 == 4 else IPv6(packet)
        assert (v4 if p.version == 4 else v6) == p.src, (line, p)
        assert (tcp if p.version == 4 else udp) == str(p.sport), (line, p)
        assert good in (("0", "") if k.startswith("ANY") else ("1", "", "True")), line
        checked += 1
    assert checked == sum(k is not None for k in known) >= 112, checked


def links_of_all_kinds(tmp):
    p = inner(3)
    for link, wrap in (
            (1, lambda x: Ether(dst=MAC) / x), (1, lambda x: Ether(dst=MAC) / Dot1Q(vlan=5) / x),
            (1, lambda x: Ether(dst=MAC, type=0x88a8) / Dot1Q(vlan=5) / Dot1Q(vlan=6) / x),
            (101, lambda x: x), (228, lambda x: x),
            (113, lambda x: CookedLinux(proto=0x0800) / x),
            (276, lambda x: Raw(b"\x08\0" + bytes(18)) / x)):
        m = Made(tmp)
        m.write([wrap(m.sa(0x1000, ALGORITHMS[1]).encrypt(p))], linktype=link)
        said, got = m.replay()
        assert got == [raw(p)], (link, said)


def transport_and_udp(tmp):
    m = Made(tmp)
    t = m.sa(0x1001, ALGORITHMS[2], transport=True)
    u = m.sa(0x1002, ALGORITHMS[6])
    plain = IP(raw(IP(src=A, dst=B, id=9) / UDP(sport=7, dport=8) / b"transport"))
    p = inner(5)
    esp = raw(u.encrypt(p))[20:]

    def udp(payload):
        return IP(src=A, dst=B) / UDP(sport=40000, dport=4500, chksum=0) / Raw(payload)

    m.write([t.encrypt(plain), udp(esp), udp(b"\0\0\0\0ike"), udp(b"\xff"), udp(b"\1\2\3"),
             IP(src=A, dst=B) / UDP(sport=1, dport=2) / b"x", IP(src=A, dst=B) / ICMP()],
            linktype=101)
    said, got = m.replay()
    assert [IP(g)[UDP].payload for g in got[:1]] == [plain[UDP].payload], got
    assert got[0][:20] == raw(plain)[:20], (got[0].hex(), raw(plain).hex())
    assert got[1] == raw(p)
    assert said == ["packet 3: IKE packet nobody takes (natt_ike)", "packet 4: NAT keepalive "
                    "(natt_keepalive)", "packet 5: wrong UDP encapsulation length (natt_short)",
                    "7 packets, 2 decapsulated, 3 dropped, 2 passed over"], said


def each_drop_is_named(tmp):
    m = Made(tmp)
    sa = m.sa(0x1001, ALGORITHMS[2])
    good = [raw(sa.encrypt(inner(n))) for n in range(5)]
    bad = bytearray(good[1])
    bad[-1] ^= 1
    stranger = bytearray(good[2])
    stranger[20] ^= 1
    pieces = fragment(IP(good[3]), fragsize=64)
    short = IP(src=A, dst=B, proto=50) / Raw(bytes.fromhex("0000100100000063") + bytes(10))
    m.write([IP(good[0]), IP(good[0]), IP(bytes(bad)), IP(bytes(stranger)), short] + pieces[::-1] +
            [pieces[0], Raw(b"\x45\0\0\x30" + bytes(9)), IP(good[4])], linktype=101)
    said, got = m.replay()
    n = len(pieces)
    assert said == [
        "packet 2: replay packet (esp_replay)",
        "packet 3: authentication is failed (esp_auth)",
        "packet 4: can't find SA (esp_no_sa)",
        "packet 5: wrong length (esp_short)",
        "packet %d: truncated (ip_short)" % (7 + n),
        "at the end: reassembly timed out (reass_timeout)",
        "%d packets, 3 decapsulated, 6 dropped, 0 passed over" % (8 + n)], said
    assert got == [raw(inner(0)), raw(inner(3)), raw(inner(4))]


def time_is_the_captures(tmp):
    """Fragments that came a minute apart do not belong together; times go into what is written."""
    m = Made(tmp)
    p = m.sa(0x1001, ALGORITHMS[2]).encrypt(inner(30))
    pieces = fragment(p, fragsize=64)
    m.write(pieces, linktype=101)
    w = PcapWriter(m.pcap, linktype=101)
    for i, f in enumerate(pieces):
        f.time = 5000 + i * 60
        w.write(f)
    w.close()
    said, got = m.replay()
    assert not got and "packet 2: reassembly timed out (reass_timeout)" in said, said
    m.write(pieces, linktype=101)
    m.replay()
    assert abs(float(rdpcap(m.out)[0].time) - (1000 + 0.1 * (len(pieces) - 1))) < 1e-6


def tshark_finds(m, row):
    """Does this tshark take the row for the packet in the capture?"""
    out = subprocess.run(["tshark", "-r", m.pcap, "-o", "esp.enable_encryption_decode:TRUE",
                          "-o", "uat:esp_sa:" + row, "-T", "fields", "-e", "esp.protocol"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return out.stdout.strip() != ""


def wildcards_match_like_wiresharks(tmp):
    m = Made(tmp)
    for v6, spi, src, dst, found in (
            (False, "*", "*", "*", True), (False, "4097", "192.0.2.0/24", "*", True),
            (False, "0x1001", A, "198.51.100.2", False), (False, "0x1002", A, B, False),
            (False, "0x0000*00*", "192.*.2.1", "*.*.*.1", True),
            (False, "0x0000*00*", "192.*.2.1", "*.*.*.2", False),
            (False, "0x0000100*", "192.*.2.1/16", "*.51.0.0/16", True),
            (False, "0x0000200*", A, B, False), (False, "0x********", A, B, True),
            (True, "*", "2001:db8::*", "2001:*db8::2", True),
            (True, "*", "2001:db8::*", "2001:*db8::3", False),
            (True, "*", "2001:db8::*0", "*", False), (True, "*", "2001:db8::**", "*", True),
            (True, "0x1001", "2001:db8::/32", "2001:*::/16", True),
            (True, "0x1001", "2001:db9::/32", "*", False)):
        m.rows = []
        p = m.sa(0x1001, ALGORITHMS[2], v6).encrypt(inner(3))
        row = m.rows[0]
        for old, new in (("0x00001001", spi), (A6 if v6 else A, src), (B6 if v6 else B, dst)):
            row = row.replace('"%s"' % old, '"%s"' % new)
        m.rows = [row]
        m.write([p], linktype=101)
        said, got = m.replay()
        assert bool(got) == found, (spi, src, dst, said)
        assert tshark_finds(m, row) == found, (spi, src, dst)


def algorithms_that_only_wireshark_has_name_their_drop(tmp):
    """Their rows are kept: the row behind is for the packets of others."""
    any_row = '"IPv4","*","*","*","AES-CBC [RFC3602]","0x%s","HMAC-SHA-256-128 [RFC4868]","0x%s"' % (
        ALGORITHMS[2][1].hex(), ALGORITHMS[2][3].hex())
    for cipher, key, auth in (("CAST5-CBC [RFC2144]", 16, "NULL"), ("TWOFISH-CBC", 32, "NULL"),
                              ("BLOWFISH-CBC [RFC2451]", 16, "HMAC-SHA-1-96 [RFC2404]"),
                              ("AES-CBC [RFC3602]", 32, "MAC-RIPEMD-160-96 [RFC2857]")):
        m = Made(tmp)
        frames = [m.sa(spi, ALGORITHMS[2]).encrypt(inner(3)) for spi in (0x1001, 0x1002)]
        m.rows = ['"IPv4","*","*","0x1001","%s","0x%s","%s","0x%s"' % (
            cipher, bytes(key).hex(), auth, "" if auth == "NULL" else bytes(20).hex()), any_row]
        m.write(frames, linktype=101)
        said, got = m.replay()
        assert said == ["packet 1: algorithm that only Wireshark has (table_algorithm)",
                        "2 packets, 1 decapsulated, 1 dropped, 0 passed over"], said
        assert got == [raw(inner(3))], got
        run = subprocess.run(["tshark", "-r", m.pcap, "-o", "uat:esp_sa:" + m.rows[0]],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert run.returncode == 0, run.stderr


def nonsense_is_refused(tmp):
    m = Made(tmp)
    m.sa(0x1001, ALGORITHMS[2])
    m.write([inner(1)], linktype=101)
    good = m.rows[0]
    for row, why in ((good[:-1], "Line 2: not eight quoted values"),
                     (good.replace("AES-CBC", "ROT13"), "Line 2: no such encryption"),
                     (good.replace(A, "192.0.2"), "Line 2: an address is not one"),
                     (good[:-2] + 'g"', "Line 2: a key is not"),
                     (good[:-3] + '"', "Line 2: no such authentication"),
                     (good.replace("0x00001001", "0x1g"), "Line 2: the SPI is not a number")):
        with open(m.table, "w") as f:
            f.write("\n%s\n" % row)
        p = subprocess.run([YONGDP, "--replay", m.pcap, "--sa", m.table, "-o", m.out],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENV)
        assert p.returncode == 1 and why in p.stderr, (row, p.stderr)
    with open(m.table, "w") as f:
        f.write(good + "\n")
    with open(m.pcap, "wb") as f:
        f.write(b"not a capture at all, not even nearly")
    p = subprocess.run([YONGDP, "--replay", m.pcap, "--sa", m.table, "-o", m.out],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENV)
    assert p.returncode == 1 and "Not a capture" in p.stderr, p.stderr


def main():
    for test in (every_algorithm_and_tshark_agrees, links_of_all_kinds, transport_and_udp,
                 each_drop_is_named, time_is_the_captures, wildcards_match_like_wiresharks,
                 algorithms_that_only_wireshark_has_name_their_drop, nonsense_is_refused):
        with tempfile.TemporaryDirectory() as tmp:
            test(tmp)
        print("ok", test.__name__)


if __name__ == "__main__":
    main()
