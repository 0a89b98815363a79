#!/usr/bin/python3
"""ESP of one family inside the other, by policy; tshark and `yongdp --replay` open what INET saw with one table."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import EXAMPLES, ROOT, Capture, Lab, need_root, run, wait_for  # noqa: E402

need_root()
import esp  # noqa: E402
from scapy.layers.inet6 import IPv6  # noqa: E402
from scapy.utils import rdpcap  # noqa: E402

EXAMPLE = "esp-mixed-manual"
ENDS = {"IPv4": ("198.51.100.1", "203.0.113.1"), "IPv6": ("2001:db8:a::1", "2001:db8:b::1")}
# what the same packet is known by at both judges; a TCP checksum stands for the payload under it
FIELDS = ("ip.src", "ipv6.src", "ip.len", "ipv6.plen", "tcp.seq_raw", "tcp.checksum",
          "icmp.checksum", "icmpv6.checksum")


def table():
    """The SAs that RTA is configured with, as rows of Wireshark's esp_sa."""
    rows = []
    text = open(os.path.join(EXAMPLES, EXAMPLE, "RTA.cfg")).read()
    for policy in text.split("ipsec policy P1 ")[1:3]:
        family = "IPv6" if re.search(r"tunnel local \S+:", policy) else "IPv4"
        for way, (src, dst) in (("outbound", ENDS[family]), ("inbound", ENDS[family][::-1])):
            spi, cipher, auth = (re.search(what % way, policy).group(1) for what in (
                r"sa spi %s esp (\d+)", r"encryption-hex %s esp simple (\S+)",
                r"authentication-hex %s esp simple (\S+)"))
            rows.append('"%s","%s","%s","0x%08x","AES-CBC [RFC3602]","0x%s",'
                        '"HMAC-SHA-256-128 [RFC4868]","0x%s"' % (
                            family, src, dst, int(spi), cipher, auth))
    return rows


def tshark(path, rows):
    """Of each ESP packet: the innermost packet's fields; every ICV must be good."""
    cmd = ["tshark", "-r", path, "-Y", "esp", "-o", "esp.enable_encryption_decode:TRUE",
           "-o", "esp.enable_authentication_check:TRUE", "-T", "fields", "-E", "occurrence=l",
           "-e", "esp.icv_good", "-e", "esp.icv_bad", "-e", "ip.version", "-e", "ipv6.version"]
    for f in FIELDS:
        cmd += ["-e", f]
    for row in rows:
        cmd += ["-o", "uat:esp_sa:" + row]
    out = []
    for line in run(*cmd, timeout=120).splitlines():
        good, bad, _, _, *fields = line.split("\t")
        assert good in ("1", "True") and bad in ("0", "False", ""), line
        out.append(fields)
    return out


def fields_of(p):
    """The same of a packet that yongdp took out of ESP."""
    v4 = p.version == 4
    p = esp.IP(bytes(p)) if v4 else IPv6(bytes(p))
    tcp = p[esp.TCP] if esp.TCP in p else None
    check = "0x%04x" % int.from_bytes(bytes(p.payload)[2:4], "big")
    return {"ip.src" if v4 else "ipv6.src": p.src,
            "ip.len" if v4 else "ipv6.plen": str(p.len if v4 else p.plen),
            "tcp.seq_raw": str(tcp.seq) if tcp else "", "tcp.checksum" if tcp else
            "icmp.checksum" if v4 else "icmpv6.checksum":
            "0x%04x" % tcp.chksum if tcp else check}


def replayed(lab, path, rows):
    sa, out = os.path.join(lab.tmp, "esp_sa"), os.path.join(lab.tmp, "out.pcap")
    open(sa, "w").write("\n".join(rows) + "\n")
    said = run(os.path.join(ROOT, "libexec", "yongdao", "yongdp"), "--replay", path, "--sa", sa,
               "-o", out).splitlines()
    return said, list(rdpcap(out))


def agree(theirs, ours):
    """Packet by packet; tshark also shows fields of the outer header, of the other family."""
    assert len(theirs) == len(ours), (len(theirs), len(ours))
    families = {4: 0, 6: 0}
    for n, (row, packet) in enumerate(zip(theirs, ours)):
        seen = dict(zip(FIELDS, row))
        for name, value in fields_of(packet).items():
            assert seen[name] == value, "packet %d, %s: tshark has %r, yongdp %r" % (
                n, name, seen[name], value)
        families[packet.version] += 1
    assert min(families.values()) > 300, families
    return families


with Lab() as lab:
    lab.ipv6().start(EXAMPLE)
    wire = Capture(lab.INET, "rta", expression="ip or ip6")
    for to in ("10.1.2.2", "2001:db8:2::2"):
        wait_for("traffic to " + to, lambda: lab.hostA.ping(to, check=False))
        lab.hostA.ping(to, count=5)
        lab.transfer(1, address=to)
    wire.stop()
    link = "(icmp6 or src net fe80::/10 or src host :: or dst net ff00::/8)"
    clear = "(ip and not proto 50) or (ip6 and not ip6 proto 50 and not %s)" % link
    assert wire.count(clear) == 0, wire.show(9, clear)
    # the family inside is not the one outside: by the SPIs of the example
    for spi, outer in ((0x1001, "ip6[40:4]"), (0x2001, "ip6[40:4]"),
                       (0x1002, "ip[20:4]"), (0x2002, "ip[20:4]")):
        assert wire.count("%s = %d" % (outer, spi)) > 10, hex(spi)
    rows = table()
    said, ours = replayed(lab, wire.path, rows)
    assert " 0 dropped," in said[-1], said[-5:]
    got = agree(tshark(wire.path, rows), ours)
    print("  tshark and yongdp --replay agree on %d packets of IPv4 in IPv6, %d of IPv6 in IPv4"
          % (got[4], got[6]))

    # one key of the table changed: both refuse the same packets, and yongdp says why
    rows[0] = rows[0][:-2] + "%x" % (int(rows[0][-2], 16) ^ 1) + '"'
    said, fewer = replayed(lab, wire.path, rows)
    lost = sum("authentication is failed (esp_auth)" in line for line in said)
    assert lost > 100 and len(fewer) == len(ours) - lost, (lost, len(fewer), len(ours))
print("esp-mixed: ok")
