"""Two datapaths without their daemons, for tests and measurements that are about packets.

 hostA ──────── gwA ═══════════ gwB ──────── hostB
 10.1.1.2/24    10.1.1.1   198.51.100.1/24 - .2   10.1.2.1   10.1.2.2/24
 fd00:1::2/64   fd00:1::1  2001:db8::1/64 - ::2   fd00:2::1  fd00:2::2/64

Each gateway's datapath is fed by dpfeed. Namespaces are named by this process's id and removed by
down(). YONGDAO_BUILD is the directory where `make yongdp dpfeed` ran.
"""
import json
import os
import select
import subprocess
import sys
import time

MARK = 0x59440000  # of what datapaths send (dpfeed)
LIMIT = 30.0  # seconds a datapath may take to answer or to say something
BUILD = os.environ.get("YONGDAO_BUILD") or os.getcwd()


def run(*cmd, check=True, **kw):
    p = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                       stdin=subprocess.DEVNULL, timeout=kw.pop("timeout", 120), **kw)
    if check and p.returncode:
        raise AssertionError("%s: %d\n%s" % (" ".join(cmd), p.returncode, p.stdout))
    return p.stdout


def need_root():
    if os.geteuid() != 0:
        print("SKIP: namespaces need root")
        sys.exit(77)


def until(what, fn):
    """Asks fn until it answers something true."""
    end = time.monotonic() + LIMIT
    while not fn():
        assert time.monotonic() < end, "waited %.0f s for: %s" % (LIMIT, what)


class Feed:
    """A datapath in a namespace, and the way to talk to it."""

    def __init__(self, ns, *options, yongdp=None):
        self.ns = ns
        self.p = subprocess.Popen(
            ns.cmd(os.path.join(BUILD, "dpfeed"), yongdp or os.path.join(BUILD, "yongdp"),
                   *options),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.read = b""
        self.before = {}

    def say(self, line, ok=True):
        """One line of dpfeed's; returns what was printed before the answer."""
        self.p.stdin.write(line.encode() + b"\n")
        self.p.stdin.flush()
        out = []
        while True:
            got = self.line(line)
            if got == "ok" or got.startswith("error{"):
                assert (got == "ok") == ok, "%s: %s" % (line, got)
                return out
            out.append(got)

    def line(self, about):
        """The next line, within the limit."""
        end = time.monotonic() + LIMIT
        while b"\n" not in self.read:
            left = end - time.monotonic()
            assert left > 0 and select.select([self.p.stdout], [], [], left)[0], (
                "the datapath of %s is silent: %s" % (self.ns.name, about))
            more = os.read(self.p.stdout.fileno(), 65536)
            assert more, "the datapath of %s ended at: %s" % (self.ns.name, about)
            self.read += more
        line, self.read = self.read.split(b"\n", 1)
        return line.decode()

    def drops(self):
        rows = [json.loads(r) for r in self.say("get drop") if r.startswith("{")]
        return {r["reason"]: r["packets"] for r in rows if r["packets"]}

    def no_drops(self, but=()):
        """Nothing since start_counting(), but for what a busy machine has no room for: TCP sends it again."""
        drops = {k: n for k, n in self.drops().items()
                 if k not in but + ("tx_full",) and n > self.before.get(k, 0)}
        assert not drops, drops

    def rows(self, table):
        return [json.loads(r) for r in self.say("get " + table) if r.startswith("{")]

    def pid(self):
        return int(run("pgrep", "-P", str(self.p.pid)).split()[0])

    def close(self):
        """It ends with its input, unless a test failed while it waited for the datapath to say something."""
        self.p.stdin.close()
        try:
            self.p.wait(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            self.p.kill()
            self.p.wait()


class Ns:
    def __init__(self, bed, name):
        self.bed, self.name, self.ns = bed, name, "%s-%s" % (bed.prefix, name)
        run("ip", "netns", "add", self.ns)
        for knob in ("all", "default"):
            self.sh("sysctl -qw net.ipv6.conf.%s.accept_dad=0 net.ipv4.conf.%s.rp_filter=0"
                    % (knob, knob))
        self.sh("ip link set lo up")

    def cmd(self, *cmd):
        return ("ip", "netns", "exec", self.ns) + cmd

    def run(self, *cmd, **kw):
        return run(*self.cmd(*cmd), **kw)

    def sh(self, line, **kw):
        return self.run("sh", "-c", line, **kw)

    def popen(self, *cmd, **kw):
        p = subprocess.Popen(self.cmd(*cmd), **kw)
        self.bed.children.append(p)
        return p

    def ping(self, to, *extra):
        """Did it answer?"""
        return "1 received" in self.run("ping", "-n", "-c1", "-W2", *extra, to, check=False)


class Bed:
    def __init__(self):
        self.prefix = "dpio%d" % os.getpid()
        self.children, self.feeds = [], []
        self.hosta, self.gwa, self.gwb, self.hostb = (
            Ns(self, n) for n in ("ha", "ga", "gb", "hb"))
        self.wire(self.hosta, "lan", self.gwa, "lan")
        self.wire(self.gwa, "wan", self.gwb, "wan")
        self.wire(self.gwb, "lan", self.hostb, "lan")
        for ns, lan, wan in ((self.gwa, 1, 1), (self.gwb, 2, 2)):
            ns.sh("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
            ns.sh("ip addr add 10.1.%d.1/24 dev lan; ip addr add fd00:%d::1/64 dev lan;"
                  "ip addr add 198.51.100.%d/24 dev wan; ip addr add 2001:db8::%d/64 dev wan"
                  % (lan, lan, wan, wan))
        for ns, lan in ((self.hosta, 1), (self.hostb, 2)):
            ns.sh("ip addr add 10.1.%d.2/24 dev lan; ip addr add fd00:%d::2/64 dev lan;"
                  "ip route add default via 10.1.%d.1; ip -6 route add default via fd00:%d::1"
                  % (lan, lan, lan, lan))

    def wire(self, a, dev_a, b, dev_b):
        run("ip", "link", "add", "name", dev_a, "netns", a.ns, "type", "veth",
            "peer", "name", dev_b, "netns", b.ns)
        for ns, dev in ((a, dev_a), (b, dev_b)):
            ns.sh("ip link set %s up" % dev)

    def feed(self, ns, *options):
        f = Feed(ns, *options)
        self.feeds.append(f)
        return f

    def tunnel(self, feed, other, device="t0", mtu=1476):
        """Addresses and routes of a TUN device that leads to the LAN behind the other gateway."""
        feed.ns.sh("ip link set %s up mtu %d; ip route add 10.1.%d.0/24 dev %s;"
                   "ip -6 route add fd00:%d::/64 dev %s" %
                   (device, mtu, other, device, other, device))

    def start_counting(self):
        """What a kernel says first on a new device may have met one that is not up yet at the far end."""
        assert any(self.hosta.ping("10.1.2.2") for _ in range(3))
        for f in self.feeds:
            f.before = f.drops()

    def down(self):
        for f in self.feeds:
            f.close()
        for p in self.children:
            p.kill()
            p.wait()
        for ns in (self.hosta, self.gwa, self.gwb, self.hostb):
            run("ip", "netns", "del", ns.ns, check=False)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.down()
