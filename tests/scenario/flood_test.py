#!/usr/bin/python3
"""Floods of garbage from INET and from the LAN, IPv4 and IPv6: legitimate traffic flows, memory is bounded, drops are named."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import Lab, need_root, wait_for  # noqa: E402

need_root()

# Random SPIs, the peer's own SPIs over random bytes, truncated and empty ones, the same of AH and
# GRE, fragments that never complete; towards RTB, from anybody and as if from RTA.
FLOOD = """
import os, random, select, socket, struct, sys
rnd = random.Random(7)
device, ether, kind = sys.argv[1:4]
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((device, 0))
ether = bytes.fromhex(ether)
p4, p6 = socket.inet_aton, lambda a: socket.inet_pton(socket.AF_INET6, a)
def ip4(proto, body, frag=0, src=None, dst="203.0.113.1"):
    src = p4(src) if src else bytes([198, 51, 100, rnd.randrange(1, 254)])
    h = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), rnd.randrange(1, 65536), frag, 64,
                    proto, 0, src, p4(dst))
    t = sum(struct.unpack("!10H", h)); t = (t & 0xffff) + (t >> 16); t = (t & 0xffff) + (t >> 16)
    return ether + b"\\x08\\x00" + h[:10] + struct.pack("!H", 0xffff - t) + h[12:] + body
def ip6(proto, body, frag=None, src=None, dst="2001:db8:b::1"):
    src = p6(src) if src else p6("2001:db8:a::") [:14] + os.urandom(2)
    if frag is not None:
        body = struct.pack("!BBHI", proto, 0, frag, rnd.getrandbits(32)) + body
        proto = 44
    return ether + b"\\x86\\xdd" + struct.pack("!IHBB", 6 << 28, len(body), proto, 64) + src + p6(dst) + body
some = lambda n: os.urandom(rnd.randrange(0, n))
spi = lambda n: struct.pack("!I", n)
A4, A6 = "198.51.100.1", "2001:db8:a::1"
gre = lambda: bytes([rnd.choice((0, 0x20, 0xa0, rnd.randrange(256))), rnd.randrange(8)]) + some(60)
udp = struct.pack("!HHHH", 9, 9, 2000, 0) + bytes(64)
def inet():
    yield ip4(50, some(1400))
    yield ip4(50, some(9), src=A4)
    yield ip4(50, spi(0x1002) + some(300), src=A4)
    yield ip4(50, os.urandom(64), frag=0x2000)
    yield ip4(51, bytes([50, rnd.randrange(8), 0, 0]) + some(100), src=A4)
    yield ip4(51, bytes([4, 5, 0, 0]) + spi(70001) + os.urandom(300), src=A4)
    yield ip4(47, gre(), src=A4)
    yield ip4(47, os.urandom(800), frag=0x2000 | rnd.randrange(0, 100))
    yield ip6(50, some(1400))
    yield ip6(50, some(9), src=A6)
    yield ip6(50, spi(0x1001) + some(300), src=A6)
    yield ip6(50, os.urandom(64), frag=1)
    yield ip6(50, os.urandom(800), frag=rnd.randrange(0, 100) << 3 | 1)
    yield ip6(rnd.choice((0, 43, 60)), some(60), src=A6)
def lan():
    yield ip4(17, udp, frag=0x2000, src="10.1.2.2", dst="10.1.1.2")
    yield ip4(17, os.urandom(64), frag=0x2000 | rnd.randrange(1, 100), src="10.1.2.2", dst="10.1.1.2")
make = {"inet": inet, "lan": lan}[kind]
n = 0
while not select.select([sys.stdin], [], [], 0 if kind == "inet" else 0.001)[0]:
    for packet in make():
        try:
            s.send(packet)
            n += 1
        except OSError:
            pass
print(n)
"""
# beside the policies of the example: GRE, and AH for what only whole packets can be told by
ALSO = """
interface Tunnel 0/0/1
 ip address 172.16.40.{own} 24
 tunnel-protocol gre
 source {local}
 destination {remote}
 gre key 5
 gre checksum
#
acl number 3005
 rule 5 permit udp source 10.1.{own}.0 0.0.0.255 destination 10.1.{far}.0 0.0.0.255 destination-port eq 9
#
ipsec proposal seal
 transform ah
 ah authentication-algorithm sha2-256
#
ipsec policy P1 5 manual
 security acl 3005
 proposal seal
 tunnel local {local}
 tunnel remote {remote}
 sa spi outbound ah {out}
 sa spi inbound ah {in}
 sa string-key outbound ah simple huawei
 sa string-key inbound ah simple huawei
#
"""
EXPECTED = ("esp_no_sa", "esp_short", "esp_auth", "ah_no_sa", "ah_short", "ah_auth", "gre_version",
            "gre_flags", "gre_key", "gre_short", "reass_full")


def resident(router, child):
    """kB of a program."""
    pid = router.child(child) if child else router.daemon.pid
    return int(re.search(r"VmRSS:\s+(\d+)", open("/proc/%d/status" % pid).read()).group(1))


def fragments(router):
    """Bytes that RTB's kernel holds of fragments that others sent to it."""
    text = router.sh("cat /proc/net/sockstat /proc/net/sockstat6")
    return sum(int(n) for n in re.findall(r"FRAG6?: inuse \d+ memory (\d+)", text))


def flood(node, device, router, towards, kind):
    macs = [n.sh("cat /sys/class/net/%s/address" % d).strip().replace(":", "")
            for n, d in ((router, towards), (node, device))]
    return node.python(FLOOD, device, "".join(macs), kind, stdin=subprocess.PIPE,
                       stdout=subprocess.PIPE)


def traffic(lab):
    for address in ("10.1.2.2", "2001:db8:2::2"):
        lab.transfer(5, address=address)
        got = lab.hostA.ping(address, count=30, check=False)
        assert got >= 27, "only %d of 30 pings to %s came back under the flood" % (got, address)


with Lab() as lab:
    lab.ipv6().start("esp-mixed-manual")
    for r, lines in ((lab.RTA, dict(own=1, far=2, local="198.51.100.1", remote="203.0.113.1",
                                    out=70001, **{"in": 70002})),
                     (lab.RTB, dict(own=2, far=1, local="203.0.113.1", remote="198.51.100.1",
                                    out=70002, **{"in": 70001}))):
        path = os.path.join(lab.tmp, r.name + ".also")
        open(path, "w").write(ALSO.format(**lines))
        r.batch(path)
    wait_for("IPv6", lambda: lab.hostA.ping("2001:db8:2::2", check=False))
    wait_for("GRE", lambda: lab.RTA.ping("172.16.40.2", check=False))
    traffic(lab)
    before = resident(lab.RTB, "yongdp"), resident(lab.RTB, None)
    drops = lab.RTB.drops()
    floods = (flood(lab.INET, "rtb", lab.RTB, "wan", "inet"),
              flood(lab.hostB, "eth0", lab.RTB, "lan", "lan"))
    traffic(lab)
    lab.RTA.ping("172.16.40.2", count=3)

    def grown():
        now = lab.RTB.drops()
        return {k: v - drops.get(k, 0) for k, v in now.items() if v > drops.get(k, 0)}
    try:
        wait_for("every reason", lambda: all(grown().get(k, 0) > 10 for k in EXPECTED))
    finally:
        print("  dropped: %r" % grown())
    held = fragments(lab.RTB)
    assert 0 < held < 16 << 20, "%d bytes of fragments" % held
    sent = 0
    for f in floods:
        f.stdin.close()
        sent += int(f.stdout.read())
        f.wait(timeout=10)
    after = resident(lab.RTB, "yongdp"), resident(lab.RTB, None)
    print("  %d packets of garbage; yongdp %d kB, then %d; yongd %d kB, then %d; %d kB of fragments"
          % (sent, before[0], after[0], before[1], after[1], held >> 10))
    for was, now in zip(before, after):
        assert now < was + 16384, "grown from %d to %d kB" % (was, now)
    traffic(lab)
print("flood: ok")
