#!/usr/bin/python3
"""A flood of garbage from INET: legitimate traffic keeps flowing, memory stays bounded, drops are named."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import Lab, need_root  # noqa: E402

need_root()

FLOOD = """
import os, random, select, socket, struct, sys
rnd = random.Random(7)
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("rtb", 0))
ether = bytes.fromhex(sys.argv[1])
def ip(proto, body, frag=0, src=None):
    src = src or bytes([198, 51, 100, rnd.randrange(1, 254)])
    h = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), rnd.randrange(1, 65536), frag, 64,
                    proto, 0, src, bytes([203, 0, 113, 1]))
    t = sum(struct.unpack("!10H", h)); t = (t & 0xffff) + (t >> 16); t = (t & 0xffff) + (t >> 16)
    return h[:10] + struct.pack("!H", 0xffff - t) + h[12:] + body
peer = bytes([198, 51, 100, 1])
makers = (
    lambda: ip(50, os.urandom(rnd.randrange(0, 1400))),
    lambda: ip(50, struct.pack("!I", 54321) + os.urandom(rnd.randrange(0, 300)), src=peer),
    lambda: ip(50, os.urandom(64), frag=0x2000),
    lambda: ip(47, os.urandom(rnd.randrange(0, 200)), src=peer),
    lambda: ip(47, os.urandom(800), frag=0x2000 | rnd.randrange(0, 100)),
    lambda: ip(51, os.urandom(rnd.randrange(0, 200)), src=peer),
)
while not select.select([sys.stdin], [], [], 0)[0]:
    for _ in range(100):
        try:
            s.send(ether + rnd.choice(makers)())
        except OSError:
            pass
"""


def resident(router):
    """kB of yongdp."""
    text = open("/proc/%d/status" % router.child("yongdp")).read()
    return int(re.search(r"VmRSS:\s+(\d+)", text).group(1))


with Lab() as lab:
    lab.start("2-ipsec-manual")
    lab.hostA.ping("10.1.2.2", count=3)
    lab.transfer(20)
    before, drops = resident(lab.RTB), lab.RTB.drops()
    mac = lab.RTB.sh("cat /sys/class/net/wan/address").strip()
    src = lab.INET.sh("cat /sys/class/net/rtb/address").strip()
    flood = lab.INET.python(FLOOD, (mac + src).replace(":", "") + "0800", stdin=subprocess.PIPE)
    lab.transfer(20)
    got = lab.hostA.ping("10.1.2.2", count=50, check=False)
    assert got >= 45, "only %d of 50 pings came back under the flood" % got
    flood.stdin.close()
    flood.wait(timeout=10)
    after, now = resident(lab.RTB), lab.RTB.drops()
    grown = {k: v - drops.get(k, 0) for k, v in now.items() if v > drops.get(k, 0)}
    print("  yongdp: %d kB before, %d kB after; dropped: %r" % (before, after, grown))
    assert after < before + 16384, "yongdp grew from %d to %d kB" % (before, after)
    assert grown.get("esp_no_sa", 0) > 1000 and grown.get("esp_auth", 0) > 100, grown
    lab.hostA.ping("10.1.2.2", count=5)
print("flood: ok")
