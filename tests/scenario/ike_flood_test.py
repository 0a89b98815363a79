#!/usr/bin/python3
"""A flood of well-made IKE_SA_INIT from 10,000 addresses: a peer connects all the same, an established tunnel goes
on, memory stays bounded, and the counters say what it was."""
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import Lab, need_root, wait_for  # noqa: E402

need_root()

# The proposal that both routers take, a public value of group 14 that is one, fresh SPIs and nonces.
FLOOD = """
import os, random, select, socket, struct, sys
rnd = random.Random(3)
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
ether = bytes.fromhex(sys.argv[2]) + b"\\x08\\x00"
to = socket.inet_aton(sys.argv[3])
def payload(next_, body):
    return struct.pack("!BBH", next_, 0, 4 + len(body)) + body
def transform(last, type_, id_, bits=0):
    a = struct.pack("!HH", 0x800e, bits) if bits else b""
    return struct.pack("!BBHBBH", 0 if last else 3, 0, 8 + len(a), type_, 0, id_) + a
ts = transform(0, 1, 12, 256) + transform(0, 2, 5) + transform(0, 3, 12) + transform(1, 4, 14)
sa = struct.pack("!BBHBBBB", 0, 0, 8 + len(ts), 1, 1, 0, 4) + ts
ke = struct.pack("!HH", 14, 0) + b"\\x11" * 256
def init():
    body = payload(34, sa) + payload(40, ke) + payload(0, os.urandom(32))
    return os.urandom(8) + bytes(8) + bytes([33, 0x20, 34, 8]) + struct.pack("!II", 0, 28 + len(body)) + body
n = 0
while not select.select([sys.stdin], [], [], 0)[0]:
    for _ in range(8):
        host = n % 10000
        # a tenth pretends to be the peer itself
        src = bytes([203, 0, 113, 1]) if n % 10 == 0 else bytes([100, 64, host // 250, 1 + host % 250])
        m = init()
        udp = struct.pack("!HHHH", 500, 500, 8 + len(m), 0) + m
        h = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1 + n % 65000, 0, 64, 17, 0, src, to)
        t = sum(struct.unpack("!10H", h)); t = (t & 0xffff) + (t >> 16); t = (t & 0xffff) + (t >> 16)
        try:
            s.send(ether + h[:10] + struct.pack("!H", 0xffff - t) + h[12:] + udp)
        except OSError:
            pass
        n += 1
print(n, flush=True)
"""


def mac(node, device):
    return re.search(r"link/ether (\S+)", node.sh("ip link show dev %s" % device)).group(1).replace(":", "")


def memory(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", open("/proc/%d/status" % pid).read()).group(1))


def statistics(router):
    return {r["name"]: r["count"] for r in router.state("display ike statistics") if "count" in r}


def is_up(router):
    return [s for s in router.state("display ike sa verbose")
            if s.get("state") == "established" and "spi_in" in s]


with Lab() as lab:
    lab.start("3-ipsec-ike")
    wait_for("a ping", lambda: lab.hostA.ping("10.1.2.2", check=False))
    pid = lab.RTA.child("yongike")
    flood = lab.INET.python(FLOOD, "rta", mac(lab.RTA, "wan") + mac(lab.INET, "rta"), "198.51.100.1",
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    wait_for("cookies", lambda: statistics(lab.RTA).get("Cookies asked for", 0) > 500)
    before = memory(pid)
    # the established tunnel carries on
    assert lab.hostA.ping("10.1.2.2", count=20) == 20
    lab.transfer(5)
    # the legitimate peer, begun anew, finds in; and when it only connects anew
    lab.RTB.stop()
    lab.RTB.start()
    wait_for("the peer's SAs", lambda: is_up(lab.RTB))
    spi = is_up(lab.RTB)[0]["spi_in"]
    begun = time.monotonic()
    lab.RTB.cli("reset ike sa")
    wait_for("other SAs", lambda: [c for c in is_up(lab.RTB) if c["spi_in"] != spi])
    print("  connected anew in %.1f s" % (time.monotonic() - begun), flush=True)
    wait_for("a ping", lambda: lab.hostB.ping("10.1.1.2", check=False))
    wait_for("five times the flood's addresses",
             lambda: statistics(lab.RTA)["Received IKE_SA_INIT requests"] > 50000, limit=60)
    after = memory(pid)
    flood.stdin.write("\n")
    flood.stdin.flush()
    n = int(flood.stdout.readline())
    assert after < before + 4096, (before, after)  # kB
    assert lab.RTA.child("yongike") == pid
    assert lab.hostB.ping("10.1.1.2", count=5) == 5
    print("  %d first messages; memory %d kB, then %d kB" % (n, before, after), flush=True)
