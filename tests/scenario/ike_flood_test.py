#!/usr/bin/python3
"""A flood of well-made IKE_SA_INIT from 10,000 addresses, by turns from some that cannot hear and from some that return
their cookies, at a router with a peer that may be anywhere: another peer connects all the same, without asking often, an
established tunnel goes on, memory stays bounded, and the counters say what it was."""
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
returns = sys.argv[4] == "returns"
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800) if returns else 0)
s.bind((sys.argv[1], 0x0800 if returns else 0))
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
def message(spi, nonce, cookie):
    body = payload(34, sa) + payload(40, ke) + payload(0, nonce)
    if cookie:
        body = payload(33, struct.pack("!BBH", 0, 0, 16390) + cookie) + body
    return spi + bytes(8) + bytes([41 if cookie else 33, 0x20, 34, 8]) + struct.pack("!II", 0, 28 + len(body)) + body
def send(src, m):
    udp = struct.pack("!HHHH", 500, 500, 8 + len(m), 0) + m
    h = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1 + n % 65000, 0, 64, 17, 0, src, to)
    t = sum(struct.unpack("!10H", h)); t = (t & 0xffff) + (t >> 16); t = (t & 0xffff) + (t >> 16)
    try:
        s.send(ether + h[:10] + struct.pack("!H", 0xffff - t) + h[12:] + udp)
    except OSError:
        pass
n = returned = 0
nonces = {}
def answer():
    # Ethernet 14, IP 20, UDP 8, IKE 28, then N(COOKIE)
    global returned
    p = s.recv(65536)
    spi = p[42:50]
    if p[23] != 17 or p[34:36] != b"\\x01\\xf4" or spi not in nonces or p[58] != 41 or p[76:78] != b"\\x40\\x06":
        return
    size = struct.unpack("!H", p[72:74])[0]
    send(p[30:34], message(spi, nonces.pop(spi), p[78:70 + size]))
    returned += 1
while not select.select([sys.stdin], [], [], 0)[0]:
    for _ in range(8):
        host = n % 10000
        # a tenth pretends to be the peer itself
        src = bytes([100, 64, host // 250, 1 + host % 250])
        if n % 10 == 0 and not returns:
            src = bytes([203, 0, 113, 1])
        spi, nonce = os.urandom(8), os.urandom(32)
        if returns:
            nonces[spi] = nonce
            if len(nonces) > 20000:
                nonces.clear()
        send(src, message(spi, nonce, b""))
        n += 1
    while returns and select.select([s], [], [], 0)[0]:
        answer()
print(n, returned, flush=True)
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


ANYBODY = ("system-view", "ike peer anybody", "undo version 1", "version 2", "pre-shared-key cipher Road@2Walls",
           "ike-proposal 10", "quit", "acl number 3102",
           "rule 5 permit ip source 10.1.1.0 0.0.0.255 destination 10.1.9.0 0.0.0.255", "quit",
           "ipsec policy vpn 20 isakmp", "security acl 3102", "ike-peer anybody", "proposal prop1")
# first the request that asks for a cookie, then one more loss or a second that is full
RETRANSMISSIONS = 2


def begin_flood(lab, kind):
    return lab.INET.python(FLOOD, "rta", mac(lab.RTA, "wan") + mac(lab.INET, "rta"), "198.51.100.1", kind,
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def end_flood(flood):
    flood.stdin.write("\n")
    flood.stdin.flush()
    return [int(w) for w in flood.stdout.readline().split()]


def connects_anew(lab):
    spi = is_up(lab.RTB)[0]["spi_in"]
    before = statistics(lab.RTB)["Retransmitted requests"]
    begun = time.monotonic()
    lab.RTB.cli("reset ike sa")
    wait_for("other SAs", lambda: [c for c in is_up(lab.RTB) if c["spi_in"] != spi])
    took = time.monotonic() - begun
    again = statistics(lab.RTB)["Retransmitted requests"] - before
    print("  connected anew in %.1f s, with %d retransmissions" % (took, again), flush=True)
    assert again <= RETRANSMISSIONS, again


with Lab() as lab:
    lab.start("3-ipsec-ike")
    wait_for("a ping", lambda: lab.hostA.ping("10.1.2.2", check=False))
    lab.RTA.cli(*ANYBODY)
    pid = lab.RTA.child("yongike")
    for kind in ("deaf", "returns"):
        asked = statistics(lab.RTA).get("Cookies asked for", 0)
        received = statistics(lab.RTA)["Received IKE_SA_INIT requests"]
        flood = begin_flood(lab, kind)
        wait_for("cookies", lambda: statistics(lab.RTA).get("Cookies asked for", 0) > asked + 500)
        before = memory(pid)
        # the established tunnel carries on
        assert lab.hostA.ping("10.1.2.2", count=20) == 20
        lab.transfer(5)
        # the legitimate peer, begun anew, finds in; and when it only connects anew
        lab.RTB.stop()
        lab.RTB.start()
        wait_for("the peer's SAs", lambda: is_up(lab.RTB))
        connects_anew(lab)
        wait_for("a ping", lambda: lab.hostB.ping("10.1.1.2", check=False))
        wait_for("the flood's addresses, several times",
                 lambda: statistics(lab.RTA)["Received IKE_SA_INIT requests"] > received + 30000, limit=60)
        after = memory(pid)
        n, returned = end_flood(flood)
        print("  %s: %d first messages, %d cookies returned; memory %d kB, then %d kB" % (
            kind, n, returned, before, after), flush=True)
        assert (returned > 500) == (kind == "returns"), returned
        # a thousand half-open SAs are kept at most
        assert after < before + 8192, (before, after)  # kB
        assert lab.RTA.child("yongike") == pid
        assert lab.hostB.ping("10.1.1.2", count=5) == 5
