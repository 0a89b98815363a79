"""Seeds for the fuzz targets: what a target's name is given here, and the texts under seeds/fuzz_NAME. Packets are
scapy's, tables are the schema's own. A target without seeds begins with nothing, which is legal."""
import glob
import hmac
import itertools
import os
import re
import shutil
import socket
import sqlite3
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
OURS, THEIRS = "198.51.100.1", "203.0.113.1"  # FIX_OURS, FIX_THEIRS of the fixture
OURS6, THEIRS6 = "2001:db8::1", "2001:db8::2"
SPI = 0x1234
KEY = bytes(range(0, 256, 17))  # of HMAC-MD5 in fuzz_pcap.c


def scapy():
    import scapy.all
    import scapy.contrib.igmp  # noqa: F401
    return scapy.all


def piece(data):
    """fuzz_piece: a length, and so many bytes."""
    return struct.pack(">H", len(data)) + data


def packets():
    """Whole IP packets of every kind that somebody reads."""
    s = scapy()
    v4, v6 = s.IP(src=OURS, dst=THEIRS), s.IPv6(src=OURS6, dst=THEIRS6)
    syn = s.TCP(flags="S", options=[("MSS", 1460), ("NOP", None), ("Timestamp", (1, 2))])
    odd = s.TCP(flags="S", options=[("NOP", None), ("MSS", 9000), ("WScale", 7)])
    router_alert = s.IPOption(b"\x94\x04\x00\x00")
    route = s.IPv6ExtHdrRouting(addresses=["2001:db8::9"])
    options = s.IPv6ExtHdrDestOpt(options=[s.PadN(optdata=b"1234")])
    for p in (v4 / s.UDP(sport=1, dport=500) / b"data", v4 / syn, v4 / odd, v6 / syn, v6 / options / odd,
              v4 / s.ICMP() / b"ping", v4 / s.ICMP(type=3, code=4) / v4 / s.UDP(),
              s.IP(src=OURS, dst=THEIRS, options=[router_alert]) / s.UDP() / bytes(100),
              s.IP(src=OURS, dst=THEIRS, options=[s.IPOption(b"\x07\x07\x04\x00\x00\x00\x00"), router_alert])
              / s.UDP() / bytes(64),
              s.IP(src=OURS, dst=THEIRS, flags="MF", frag=3) / bytes(48),
              v6 / s.IPv6ExtHdrFragment(id=7, m=1, offset=0, nh=17) / bytes(24),
              v6 / s.IPv6ExtHdrHopByHop(options=[s.RouterAlert()]) / route / options / s.UDP() / b"x",
              v6 / s.ICMPv6PacketTooBig(mtu=1280) / v6 / s.UDP(),
              v4 / s.GRE(proto=0x800) / s.IP(src="10.0.0.1", dst="10.0.0.2") / s.UDP() / b"in",
              v4 / s.ESP(spi=SPI, seq=1, data=bytes(32)), v6 / s.AH(spi=SPI, seq=1, icv=bytes(12)) / s.UDP(),
              v6 / s.IP(src="10.0.0.1", dst="10.0.0.2") / s.UDP()):
        yield bytes(p)


def ip():
    for p in packets():
        for mtu in (68, 1280):
            yield struct.pack(">HB", mtu, 0) + p
    yield struct.pack(">HB", 100, 1) + next(packets()) + bytes(900)


def icmp():
    """A mode, an MTU, a packet."""
    for p in packets():
        for mode, mtu in ((0, 1400), (0x80, 600), (1, 1400)):
            yield struct.pack(">BI", mode, mtu) + p
    s = scapy()
    long = bytes(1400)
    for outer in (s.IP(src=OURS, dst=THEIRS), s.IPv6(src=OURS6, dst=THEIRS6)):
        for inner in (s.ESP(spi=SPI, seq=5, data=long), s.AH(spi=SPI, seq=5, icv=bytes(12)) / long,
                      s.GRE(proto=0x800) / long):
            yield struct.pack(">BI", 1, 1300) + bytes(outer / inner)
    yield struct.pack(">BII", 2, 1300, SPI) + bytes(40)
    yield struct.pack(">BI", 4, 1300)


def reass():
    """Steps of fuzz_reass: time, fragments as they are, fragments that it makes."""
    s = scapy()
    raw = [bytes(f) for f in s.fragment(s.IP(src=OURS, dst=THEIRS, id=9) / s.UDP() / bytes(600), 200)]
    raw6 = [bytes(s.IPv6(src=OURS6, dst=THEIRS6) / s.IPv6ExtHdrFragment(id=3, m=m, offset=o, nh=17)
                  / bytes(64)) for o, m in ((0, 1), (8, 1), (16, 0))]
    for fragments in (raw, raw[::-1], raw6, raw6[::-1], raw + raw6):
        yield b"".join(b"\x40" + piece(f) for f in fragments)
    for v6 in (0, 4):
        made = [bytes((8 | v6, 0, 64, 16)), bytes((8 | v6, 8, 64, 16)), bytes((v6, 16, 40, 0))]
        for order in ((0, 1, 2), (2, 1, 0), (0, 2), (0, 0, 1, 2), (0, 1, 2, 0)):
            yield b"".join(made[i] for i in order)
        yield made[0] + b"\xbf" + made[1] + b"\xbf" + made[2]
    # so many packets under way, and so many bytes, that the oldest must go
    yield b"".join(bytes((8 | i % 4, 0, 8, 16 | 32 | i // 256 << 6, i // 4 % 64)) for i in range(300))
    yield b"".join(bytes((8 | i % 4, 0, 255, 8 | 16 | 32, i // 4)) for i in range(90))
    # a packet of too many pieces
    yield b"".join([bytes((8, i % 256, 8, i // 256 << 6)) for i in range(1, 1024)]
                   + [bytes((8, i, 8, 4)) for i in range(40, 44)])
    # a mark of congestion, and ECN that contradicts itself
    yield bytes((8, 0, 64, 3)) + bytes((0, 8, 64, 2))
    yield bytes((8, 0, 64, 3)) + bytes((0, 8, 64, 0))


def super():
    """Orders with packets to cut, and batches to glue."""
    s = scapy()
    for flags, kind, hdr, l4, off, ip in (
            (0x10, 1, 40, 20, 16, s.IP(src=OURS, dst=THEIRS, flags="DF")),
            (0x18, 4, 60, 40, 16, s.IPv6(src=OURS6, dst=THEIRS6)),
            (0x98, 0x81, 40, 20, 16, s.IP(src=OURS, dst=THEIRS))):
        p = bytes(ip / s.TCP(flags=flags, seq=0xfffffff0) / bytes(range(200)))
        for size in (50, 64, 199, 200):
            yield b"\0" + struct.pack("=BBHHHH", 1, kind, hdr, size, l4, off) + p
        batch = [bytes(ip.__class__(bytes(ip)) / s.TCP(flags=0x10, seq=100 + 40 * i) / bytes(40))
                 for i in range(4)]
        yield b"\1" + b"".join(piece(p) for p in batch)
        yield b"\7" + b"".join(piece(p) for p in batch) + piece(batch[0][:-7])
    for ip, l4 in ((s.IP(src=OURS, dst=THEIRS), 20), (s.IPv6(src=OURS6, dst=THEIRS6), 40)):
        p = bytes(ip / s.UDP(sport=1, dport=2) / bytes(range(100)))
        yield b"\0" + struct.pack("=BBHHHH", 1, 5, l4 + 8, 30, l4, 6) + p
        yield b"\7" + piece(p) + piece(p) + piece(p[:-20])
        yield b"\0" + struct.pack("=BBHHHH", 1, 0, 0, 0, l4, 6) + p


def gre_in():
    s = scapy()
    inner = [s.IP(src="10.0.0.1", dst="10.0.0.2") / s.UDP() / b"in",
             s.IPv6(src="fd00::1", dst="fd00::2") / s.TCP(flags="S", options=[("MSS", 1460)])]
    for i, p in enumerate(inner):
        proto = 0x86dd if i else 0x800
        for tunnel in range(8):
            gre = s.GRE(proto=proto, key_present=int(tunnel > 0), key=tunnel,
                        chksum_present=int(tunnel in (2, 6)), seqnum_present=int(tunnel in (3, 6)),
                        sequence_number=5)
            yield bytes((0x80 | tunnel, 1)) + bytes(gre / p)
    # a keepalive: what the far end returns
    back = s.IP(src=OURS, dst="10.0.0.1", ttl=255) / s.GRE(proto=0)
    yield b"\0\0" + bytes(s.GRE(proto=0x800) / back)
    yield b"\0\0" + bytes(s.GRE(proto=0))
    back = s.IPv6(src=OURS6, dst=THEIRS6, hlim=255) / s.GRE(proto=0, key_present=1, key=5)
    yield b"\5\0" + bytes(s.GRE(proto=0x86dd, key_present=1, key=5) / back)


def esp_in():
    """As it arrives, and as it was before it was sealed: with a trailer of its own, or without."""
    for p in packets():
        yield b"\0" + p
        yield b"\1" + p + b"\x01\x02\x02\x04"
        yield b"\2" + p


def ipsec_in():
    """Through each form of protection and back; and what has the right SPI, but no more."""
    for p in packets():
        for mode in (0x80, 0xc0, 0x40, 0x43, 0x42, 0x46, 0x48, 0x49):
            yield bytes((mode,)) + p
    s = scapy()
    for form in range(10):
        ip = s.IPv6(src=OURS6, dst=THEIRS6) if form & 4 or form == 9 else s.IP(src=OURS, dst=THEIRS)
        for inside in (s.ESP(spi=0x1002 + 2 * form, seq=9, data=bytes(64)),
                       s.AH(spi=0x1002 + 2 * form, seq=9, icv=bytes(12)) / bytes(40)):
            yield bytes((0x80 | form,)) + bytes(ip / inside)


def spd():
    """Rules, then a packet; or one that an error is made about."""
    rule = struct.pack(">BIIII", 0x60 | 2, 0xc6336401, 0, 0xcb007101, 0)
    back = struct.pack(">BIIII", 0x60 | 2, 0xcb007101, 0, 0xc6336401, 0)
    ports = struct.pack(">BBIIHH", 0x90 | 2, 17, 0, 0xcb007101, 500, 500)
    six = b"".join((b"\x66", socket.inet_pton(socket.AF_INET6, THEIRS6), bytes(16),
                    socket.inet_pton(socket.AF_INET6, OURS6), bytes(16)))
    for p in list(packets()):
        yield b"\1" + rule + p
        yield b"\2" + ports + rule + p
        for n in (b"\x80", b"\x89", b"\x92"):  # two rules, and who says it
            yield n + back + six + p
            yield n + rule + six + p


def natt():
    """Steps: an octet that says from where and how, and a datagram or what is inside."""
    step = lambda how, data: bytes((how,)) + piece(data)  # noqa: E731
    all_packets = list(packets())
    yield step(0, b"\xff") + step(1, b"\0\0\0\0ike") + step(0, b"\0\0") + step(8, struct.pack(">II", SPI, 1) + bytes(40))
    for p in all_packets:
        yield step(2 | 4, p) + step(1 | 2 | 4, p) + step(8, b"\xff") + step(16 | 2 | 4, p)
        yield step(2, p + b"\x01\x02\x02\x04")


def frame():
    """Every type of the catalogue and of the state tables, filled, some changed or cut."""
    for kind in range(160):
        for mode in (1, 3, 5):
            yield struct.pack(">BBI", mode, kind, 77 + kind)
        yield struct.pack(">BBIHB", 1, kind, 5, 2 * kind, 1)
        yield struct.pack(">BBIB", 1, kind, 5, 3)
    yield struct.pack(">BBI", 9, 1, 5)


def pcap():
    """Captures of the packets that the target's table has keys for, in several kinds of files."""
    s = scapy()
    ip, udp_ip = s.IP(src=OURS, dst=THEIRS), s.IP(src=OURS, dst=THEIRS) / s.UDP(sport=4500, dport=4500)
    inner = bytes(s.IP(src="10.0.0.1", dst="10.0.0.2") / s.UDP() / b"data")
    inner_piece = bytes(s.IP(src="10.0.0.1", dst="10.0.0.2", flags="MF") / bytes(16))

    def in_the_clear(data, following, outer=ip):
        pad = -(len(data) + 2) % 4
        text = data + bytes(range(1, pad + 1)) + bytes((pad, following))
        icv = hmac.digest(KEY, struct.pack(">II", 0x2000, 1) + text, "md5")[:12]
        return bytes(outer / s.ESP(spi=0x2000, seq=1, data=text + icv))

    esp = in_the_clear(inner, 4)
    udp = bytes(udp_ip / esp[20:])
    ip6 = s.IPv6(src=OURS6, dst=THEIRS6)
    esp6 = in_the_clear(inner, 4, ip6)
    others = [esp6, bytes(ip6 / s.UDP(sport=4500, dport=4500) / esp6[40:]), in_the_clear(inner_piece, 4),
              in_the_clear(inner[:-4], 4), in_the_clear(inner, 41), in_the_clear(b"\0\x35\0\x35\0\x08\0\0", 17),
              bytes(ip6 / s.IPv6ExtHdrDestOpt(options=[s.PadN(optdata=b"1234")])
                    / s.UDP(sport=4500, dport=4500) / esp6[40:]),
              bytes(udp_ip / b"\xff"), bytes(udp_ip / b"abc"), bytes(udp_ip / b"\0\0\0\0ike")]
    sealed = s.SecurityAssociation(s.ESP, 0x1001, crypt_algo="NULL", auth_algo="HMAC-MD5-96",
                                   auth_key=KEY,
                                   tunnel_header=s.IP(src=OURS, dst=THEIRS))
    good = bytes(sealed.encrypt(s.IP(src="10.0.0.1", dst="10.0.0.2") / s.UDP() / b"data"))
    pieces = [bytes(f) for f in s.fragment(s.IP(esp + bytes(600)), 256)]
    heads = {1: bytes(12) + b"\x08\0", 101: b"", 113: bytes(14) + b"\x08\0", 276: b"\x08\0" + bytes(18),
             0: b"\2\0\0\0", 108: b"\0\0\0\2"}
    for link, head in heads.items():
        out = struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, link)
        for i, p in enumerate([esp, udp, good, good] + pieces + others + list(packets())[:4]):
            p = (b"\2" * 12 + b"\x81\0\0\1\x08\0" if link == 1 and i == 1 else head) + p
            out += struct.pack("<IIII", 100 + i, 5, len(p), len(p)) + p
        yield out
    frame = heads[1] + good
    pad = -len(frame) % 4
    block = struct.pack("<IIIII", 0, 0, 77, len(frame), len(frame)) + frame + bytes(pad)
    yield (struct.pack("<IIIHHqI", 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0, -1, 28)
           + struct.pack("<IIHHII", 1, 20, 1, 0, 65535, 20)
           + struct.pack("<II", 6, 12 + len(block)) + block + struct.pack("<I", 12 + len(block)))


def esp_sa():
    key = lambda n: "0x" + "ab" * n  # noqa: E731
    rows = [("NULL", 0, "HMAC-MD5-96 [RFC2403]", 16), ("AES-CBC [RFC3602]", 16, "HMAC-SHA-1-96 [RFC2404]", 20),
            ("AES-GCM with 16 octet ICV [RFC4106]", 36, "NULL", 0), ("TripleDES-CBC [RFC2451]", 24, "NULL", 0),
            ("ChaCha20 with Poly1305 [RFC7634]", 36, "NULL", 0),
            ("AES-CTR [RFC3686]", 20, "HMAC-SHA-512-256 [RFC4868]", 64),
            ("AES-CTR [RFC3686]", 20, "ANY 96 bit authentication [no checking]", 0), ("TWOFISH-CBC", 16, "NULL", 0)]
    text = "# a comment\n"
    for i, (cipher, n, auth, m) in enumerate(rows):
        for where in ('"IPv4","192.0.2.1","192.0.2.2"', '"*","*","198.51.100.0/24"', '"IPv6","2001:db8::1","*"'):
            text += '%s,"%s","%s","%s","%s","%s"%s\n' % (
                where, "*" if i % 2 else "0x1000", cipher, key(n) if n else "", auth, key(m) if m else "",
                ',"64-bit"' if i == 2 else "")
        yield text.splitlines()[-1].encode() + b"\n"
    yield text.encode()
    yield b'"IPv4","192.*.2.1","*","0x0000*0*0","NULL","","NULL",""\n'
    yield b'"IPv6","2001:db*::*","::*/12","0x1000","NULL","","NULL",""\n'
    yield b'"*","*","*","0x100","NULL","","HMAC-MD5-96","0123\\x34567890abcd\\xff"\n'


# --- changesets: SQLite's format, written from the schema's own tables -----------------------------------


def varint(n):
    return bytes((n,)) if n < 128 else bytes((0x80 | n >> 7, n & 127))


def field(value):
    if value is None:
        return b"\5"
    if isinstance(value, int):
        return b"\1" + struct.pack(">q", value)
    return b"\3" + varint(len(value)) + value.encode()


def tables():
    """Name, and per column: is it the key's, what could stand there, and what instead of NULL."""
    db = sqlite3.connect(":memory:")
    for path in sorted(glob.glob(os.path.join(TOP, "schema", "0*_*.sql"))):
        if not path.endswith("_live.sql"):
            db.executescript(open(path, encoding="utf-8").read())
    for name, sql in db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"):
        columns = []
        for _, column, kind, not_null, default, key in db.execute("PRAGMA table_info(%s)" % name):
            choice = re.search(r"%s IN \('(\w+)'" % column, sql)
            number = kind.upper().startswith("INT")
            some = choice.group(1) if choice else 1 if number else (
                "10.0.0.1" if column in ("address", "destination", "nexthop") else "p1")
            value = db.execute("SELECT %s" % default).fetchone()[0] if default else None
            columns.append((key > 0, some if value is None and (not_null or key) else value, some))
        yield name, columns


def changeset():
    everything = b""
    for name, columns in tables():
        group = b"T" + varint(len(columns)) + bytes(key for key, _, _ in columns) + name.encode() + b"\0"
        row = b"".join(field(v) for _, v, _ in columns)
        full = b"".join(field(some if v is None else v) for _, v, some in columns)
        end = len(columns) - 1
        old = b"".join(field(v) if key or i == end else b"\0" for i, (key, v, _) in enumerate(columns))
        new = b"".join(b"\0" if key or i < end else field(some) for i, (key, _, some) in enumerate(columns))
        yield group + b"\x12\0" + row
        yield group + b"\x12\0" + full
        yield group + b"\x12\0" + row + group + b"\x17\0" + old + new
        yield group + b"\x09\0" + row
        everything += group + b"\x12\0" + row
        yield everything


def ike_chain(*payloads):
    """A chain of (type, body): the type of the first, the bytes."""
    out = b""
    for (_, body), following in zip(payloads, [kind for kind, _ in payloads[1:]] + [0]):
        out += struct.pack(">BBH", following, 0, 4 + len(body)) + body
    return payloads[0][0] if payloads else 0, out


def ike_sa(protocol, spi, *transforms):
    """An SA payload's body with one proposal; transforms: type, id, bits of the key or 0."""
    rows = b""
    for i, (kind, number, bits) in enumerate(transforms):
        attribute = struct.pack(">HH", 0x800e, bits) if bits else b""
        rows += struct.pack(">BBHBBH", 3 if i + 1 < len(transforms) else 0, 0, 8 + len(attribute), kind, 0,
                            number) + attribute
    return struct.pack(">BBHBBBB", 0, 0, 8 + len(spi) + len(rows), 1, protocol, len(spi),
                       len(transforms)) + spi + rows


def ike_ts(*selectors):
    """A TS payload's body; selectors: protocol, ports, addresses."""
    out = struct.pack(">BBH", len(selectors), 0, 0)
    for protocol, low_port, high_port, low, high in selectors:
        out += struct.pack(">BBHHH", 7 if len(low) == 4 else 8, protocol, 8 + 2 * len(low), low_port,
                           high_port) + low + high
    return out


IKE_TS = ike_ts((0, 0, 65535, b"\x0a\1\0\0", b"\x0a\1\xff\xff"), (6, 80, 443, bytes(16), b"\xff" * 16))
IKE_TRIGGER = ike_ts((6, 99, 99, b"\x0a\1\1\1", b"\x0a\1\1\1"), (0, 0, 65535, bytes(4), b"\xff" * 4))
IKE_ESP = ike_sa(3, b"\1\2\3\4", (1, 12, 128), (3, 12, 0), (4, 14, 0), (5, 1, 0), (5, 0, 0))


def ike_chains():
    """An exchange, the type of the first payload, and what each exchange says."""
    notify, ke, nonce = struct.pack(">BBH", 0, 0, 16388) + bytes(20), struct.pack(">HH", 14, 0), bytes(range(32))
    offer = ike_sa(1, b"", (1, 12, 256), (1, 20, 128), (2, 5, 0), (3, 12, 0), (4, 14, 0), (4, 31, 0))
    ident = b"\2\0\0\0rta.example"
    yield 34, *ike_chain((33, offer), (34, ke + bytes(256)), (40, nonce), (41, notify), (43, b"vendor"))
    yield 34, *ike_chain((41, struct.pack(">BBH", 0, 0, 16390) + b"cookie"))
    yield 35, *ike_chain((35, ident), (39, b"\2\0\0\0" + bytes(32)), (33, IKE_ESP), (44, IKE_TRIGGER),
                         (45, IKE_TS), (41, struct.pack(">BBH", 0, 0, 16384)))
    yield 35, *ike_chain((36, ident), (39, b"\2\0\0\0" + bytes(32)), (41, struct.pack(">BBH", 0, 0, 38)))
    yield 36, *ike_chain((41, struct.pack(">BBHI", 3, 4, 16393, 77)), (33, IKE_ESP), (40, nonce),
                         (34, ke + bytes(256)), (44, IKE_TS), (45, IKE_TS))
    yield 36, *ike_chain((33, ike_sa(1, bytes(8), (1, 12, 256), (2, 5, 0), (3, 12, 0), (4, 14, 0))), (40, nonce),
                         (34, ke + bytes(256)))
    yield 37, *ike_chain((42, struct.pack(">BBHII", 3, 4, 2, 5, 6)), (42, struct.pack(">BBH", 1, 0, 0)))
    yield 37, 0, b""


def ike():
    """How two speakers are set up, then steps; see fuzz_ike.c."""
    well, hour = b"\x0c\0", b"\x0a\x3c"
    for how in (0, 1, 3, 5, 9, 17):
        begun = bytes([how])
        yield begun + well * 3
        for end in (0, 1):
            for operation in range(8):
                yield begun + well * 3 + bytes([11, operation << 1 | end]) + well * 4 + hour + well * 2
            both = bytes([11, 0, 11, 1]) if end else bytes([11, 2, 11, 3])
            yield begun + well * 3 + both + well * 4 + hour * 2 + well * 2
            for exchange, first, chain in ike_chains():
                for flags in (0, 1):
                    said = bytes([exchange - 34, flags, 1, first]) + chain
                    yield begun + well * 3 + bytes([6, end]) + piece(said) + well * 2 + hour + well
                    yield begun + bytes([8, end]) + piece(bytes([1, exchange - 34, flags, first]) + chain) + well * 3
                yield begun + b"\0\0\0\0" + b"\5\0" + piece(bytes([first]) + chain) + well * 3
        for at in range(0, 120, 5):
            yield begun + b"\0\0\0\0" + b"\4\0" + piece(struct.pack(">HB", at, 1 << at % 8)) + well * 3
            yield begun + b"\3\0" + piece(struct.pack(">HB", at + 28, 1 << at % 8)) + well * 3
        yield begun + b"\2\0\0\0" * 4 + well * 2 + b"\1\0" * 3 + hour + well * 3


def ike_message():
    """The kind of what follows and its exchange; see fuzz_ike_message.c."""
    for exchange, first, chain in ike_chains():
        for suite in range(3):
            # the byte that is of this kind, exchange and suite
            for kind in range(3):
                byte = next(b for b in range(256) if b % 5 == kind and b // 5 % 4 == exchange - 34 and b % 3 == suite)
                if kind:
                    yield bytes([byte, first]) + chain
                elif suite == 0:
                    yield bytes([byte]) + bytes(7) + b"\1" + bytes(7) + b"\2" + struct.pack(
                        ">BBBBII", first, 0x20, exchange, 8, 0, 0) + chain
    yield b"\x03" + IKE_ESP
    yield b"\x03" + ike_sa(1, b"", (1, 3, 0), (2, 2, 0), (3, 2, 0), (4, 2, 0))
    yield b"\x03" + ike_sa(2, bytes(4), (3, 12, 0), (5, 1, 0))
    yield b"\x04" + piece(IKE_TS) + IKE_TRIGGER
    yield b"\x04" + piece(IKE_TRIGGER) + IKE_TS


def ike_fragment():
    for order in ((1, 2, 3), (3, 1, 2), (1, 1, 2, 3)):
        yield b"".join(struct.pack(">BBBBH", 1, n, 3, n, 400) for n in order)
    yield b"".join(struct.pack(">BBBBH", 1, n, 64, n, 1000) for n in range(1, 65))
    yield struct.pack(">BBBBH", 1, 1, 2, 9, 400) + b"".join(struct.pack(">BBBBH", 1, n, 4, n, 90) for n in range(1, 5))


# --- the daemon: rows as its unit tests write them ------------------------------------------------------


def texts(path):
    """The strings of a C file that are rows; adjacent ones are one."""
    source = re.sub(r"[\\]\n", "\n", open(path, encoding="utf-8").read())
    for m in re.finditer(r'(?:"(?:[^"\\\n]|\\.)*"\s*)+', source):
        text = "".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', m.group())).replace("\\n", "\n")
        if re.match(r"(put|set|del) \w+ ", text):
            yield text.encode()


def session():
    """Steps: what a shell says, commits, what the datapath answers, time. Each is slow: not too many."""
    rows = lambda text: b"\2" + piece(text)  # noqa: E731
    tests = os.path.join(TOP, "tests", "unit", "daemon")
    site = rows(b"".join(texts(os.path.join(tests, "site.h"))))
    yield site
    for path in sorted(glob.glob(os.path.join(tests, "*_test.c"))):
        for text in itertools.islice(texts(path), 5):
            yield site + rows(text) + b"\4"
    yield from (b"\1" + piece(data) for data in itertools.islice(changeset(), 0, None, 4))
    for kind in range(24):
        yield struct.pack(">BBH", 0, kind, 7) + piece(b"text\n")
        yield struct.pack(">BBH", 0, kind, 3 * kind) + piece(b"") + struct.pack(">BBH", 3, kind, 5) + b"\xff\0"


# ---------------------------------------------------------------------------------------------------------


def sow(name, folder):
    """Writes the seeds of a target into a folder that is made anew; how many."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    n = 0
    make = globals().get(name)
    for n, data in enumerate(make() if make else (), 1):
        with open(os.path.join(folder, "%04d" % n), "wb") as f:
            f.write(data)
    for path in sorted(glob.glob(os.path.join(HERE, "seeds", "fuzz_" + name, "*"))):
        shutil.copy(path, folder)
        n += 1
    return n
