#!/usr/bin/python3
"""What many manual policies cost two routers: loading, changing, restarting, coming back.

  bench_policies.py [N…]   10,000 unless said otherwise

Runs the installed programs in the lab (root). Each policy has its ACL of one rule, its SPIs and its keys; the two
routers are each other's mirror. Prints seconds; what does not work
ends it.
"""
import os
import re
import resource
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import lab  # noqa: E402

lab.need_root()
lab.LIMIT = 300
SIZES = [int(a) for a in sys.argv[1:]] or [10000]
NAMED = 42768  # of advanced ACLs there are a thousand numbers from 3000 on, and those from here on


def net(i):
    """The LAN of policy i behind RTB."""
    return "10.%d.%d" % (128 + i // 256, i % 256)


def key(i, what, length):
    return "".join("%02x" % ((i >> 8 * (b % 3) & 0xff) ^ (b * 31 + what) & 0xff) for b in range(length))


def policy(i, out):
    """Lines of policy i+1; out: as RTA has it, else as RTB does."""
    acl = 3000 + i if i < 1000 else NAMED + i
    ends = ("10.1.1.0", net(i) + ".0")
    ends = ends if out else ends[::-1]
    a, b = ("198.51.100.1", "203.0.113.1") if out else ("203.0.113.1", "198.51.100.1")
    spis = ((1, "outbound", 300000 + i), (2, "inbound", 400000 + i))
    yield "acl number %d" % acl
    yield " rule 5 permit ip source %s 0.0.0.255 destination %s 0.0.0.255" % ends
    yield "ipsec policy P %d manual" % (i + 1)
    yield " security acl %d" % acl
    yield " proposal tran1"
    yield " tunnel local %s" % a
    yield " tunnel remote %s" % b
    for what, way, spi in spis:
        way = way if out else {"outbound": "inbound", "inbound": "outbound"}[way]
        yield " sa spi %s esp %d" % (way, spi)
        yield " sa encryption-hex %s esp simple %s" % (way, key(i, what, 16))
        yield " sa authentication-hex %s esp simple %s" % (way, key(i, what + 8, 32))


def configuration(n, out):
    site = (1, "198.51.100") if out else (2, "203.0.113")
    yield "interface GigabitEthernet 0/0/0"
    yield " ip address 10.1.%d.1 24" % site[0]
    yield "interface GigabitEthernet 0/0/1"
    yield " ip address %s.1 24" % site[1]
    yield "ip route-static 0.0.0.0 0.0.0.0 %s.254" % site[1]
    if not out:
        yield "ip route-static 10.128.0.0 255.128.0.0 10.1.2.2"
    yield "ipsec proposal tran1"
    yield " esp authentication-algorithm sha2-256"
    yield " esp encryption-algorithm aes-128"
    for i in range(n):
        yield from policy(i, out)
    yield "interface GigabitEthernet 0/0/1"
    yield " ipsec policy P"
    yield " quit"


def count(router):
    """SAs that run."""
    return router.yongsh("-c", "display ipsec sa brief", timeout=300).count(" ESP ")


def memory(pid):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) // 1024


def used(pid):
    """Seconds of processor."""
    if pid is None:
        return 0.0
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Table:
    """Lines of what a step took on RTA: by the clock, and of the processor."""

    def __init__(self, bed, n):
        self.router, self.n = bed.RTA, n
        print("%8s  %-36s %8s %8s %8s %8s" % ("policies", "seconds", "clock", "yongsh", "yongd", "yongdp"))

    def now(self):
        daemon = self.router.daemon
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        pids = (daemon.pid, self.router.child("yongdp")) if daemon else (None, None)
        return (time.monotonic(), children.ru_utime + children.ru_stime, used(pids[0]), used(pids[1]), pids)

    def timed(self, what, fn):
        begun = self.now()
        fn()
        end = self.now()
        took = [end[i] - (begun[i] if i < 2 or begun[4][i - 2] == end[4][i - 2] else 0) for i in range(4)]
        print("%8d  %-36s %8.2f %8.2f %8.2f %8.2f" % (self.n, what, *took), flush=True)


def pings(bed, n):
    for i in (0, n // 2, n - 1):
        bed.hostA.ping(net(i) + ".1")


def written(bed, router, n):
    path = os.path.join(bed.tmp, router.name + ".cfg")
    with open(path, "w") as f:
        f.write("\n".join(configuration(n, router is bed.RTA)) + "\n")
    return path


def killed(bed, n):
    r = bed.RTA
    old = r.child("yongdp")
    os.kill(old, signal.SIGKILL)
    lab.wait_for("a new datapath", lambda: r.child("yongdp") not in (None, old), 300)
    lab.wait_for("its SAs", lambda: bed.hostA.ping(net(n - 1) + ".1", check=False), 300)
    lab.wait_for("all SAs", lambda: count(r) == 2 * n, 300)


def measure(bed, n):
    t, a = Table(bed, n), bed.RTA
    for i in (0, n // 2, n - 1):
        bed.hostB.sh("ip addr add %s.1/32 dev lo" % net(i))
    paths = [written(bed, r, n) for r in (a, bed.RTB)]
    for r in (a, bed.RTB):
        r.start()
    t.timed("load, applied at its end", lambda: a.yongsh("-f", paths[0], timeout=600))
    bed.RTB.yongsh("-f", paths[1], timeout=600)
    assert count(a) == 2 * n, a.yongsh("-c", "display ipsec sa brief")[-400:]
    pings(bed, n)
    t.timed("display ipsec sa brief", lambda: count(a))
    t.timed("display current-configuration",
            lambda: a.yongsh("-c", "display current-configuration", timeout=300))
    t.timed("one more rule in one ACL", lambda: a.cli(
        "system-view", "acl number 3000",
        "rule permit ip source 10.1.1.0 0.0.0.255 destination 10.127.0.0 0.0.0.255"))
    t.timed("one SA's key", lambda: a.cli(
        "system-view", "ipsec policy P %d manual" % n,
        "sa encryption-hex outbound esp simple %s" % key(n, 77, 16)))
    a.cli("system-view", "ipsec policy P %d manual" % n,
          "sa encryption-hex outbound esp simple %s" % key(n - 1, 1, 16))
    pings(bed, n)
    t.timed("yongdp killed, until all is back", lambda: killed(bed, n))
    pings(bed, n)
    print("%8d  memory: yongd %d MB, yongdp %d MB" % (
        n, memory(a.daemon.pid), memory(a.child("yongdp"))), flush=True)
    t.timed("yongd stopped", a.stop)
    t.timed("yongd started (ready)", a.start)
    t.timed("until all SAs are back", lambda: lab.wait_for(
        "all SAs", lambda: count(a) == 2 * n, 300))
    pings(bed, n)


for size in SIZES:
    with lab.Lab() as bed:
        measure(bed, size)
