"""The two-site lab: five network namespaces, two routers of ours, hosts behind them.

 hostA ──────── RTA ═══════════ INET ═══════════ RTB ──────── hostB
 10.1.1.2/24    GE0/0/0 10.1.1.1/24              GE0/0/0 10.1.2.1/24    10.1.2.2/24
                GE0/0/1 198.51.100.1/24          GE0/0/1 203.0.113.1/24
                     INET: 198.51.100.254/24 and 203.0.113.254/24

 with ipv6(): 2001:db8:1::/64 and 2001:db8:2::/64 are the LANs, 2001:db8:a::1 and 2001:db8:b::1 the routers'
 outsides, 2001:db8:a::fe and 2001:db8:b::fe INET's.

INET has no route to the LANs. Everything made here is named by this process's id and is
removed by Lab.down(). Nothing waits for a time: waiting is always for a state, with a limit.
"""
import contextlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = os.environ.get("YONGDAO_TOP") or os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROOT = os.environ.get("YONGDAO_ROOT") or os.path.join(TOP, "build", "root")
EXAMPLES = os.path.join(TOP, "examples")
LIMIT = 30.0  # seconds a state may take to come before the test fails


def end(number, frame):
    sys.exit("ended by signal %d" % number)


def need_root():
    """Scenarios make namespaces: without root they are skipped (exit 77, automake's SKIP).

    Whoever is ended by a signal takes the lab down, too.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    if os.geteuid() != 0:
        print("SKIP: the scenarios need root for network namespaces")
        sys.exit(77)


def run(*cmd, check=True, timeout=60, **kw):
    """Runs a command, returns what it printed."""
    p = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                       timeout=timeout, stdin=kw.pop("stdin", subprocess.DEVNULL), **kw)
    if check and p.returncode != 0:
        raise AssertionError("%s: exit %d\n%s%s" % (" ".join(cmd), p.returncode, p.stdout, p.stderr))
    return p.stdout


def wait_for(what, fn, limit=LIMIT):
    """Asks fn until it answers something true; fails naming `what` when the limit is over."""
    end = time.monotonic() + limit
    while True:
        got = fn()
        if got:
            return got
        if time.monotonic() > end:
            raise AssertionError("waited %.0f s for: %s" % (limit, what))
        select.select([], [], [], 0.02)


class Node:
    """One network namespace."""

    def __init__(self, lab, name):
        self.lab, self.name, self.ns = lab, name, "%s-%s" % (lab.prefix, name)
        run("ip", "netns", "add", self.ns)
        for knob in ("all", "default"):
            self.sh("sysctl -qw net.ipv6.conf.%s.disable_ipv6=1" % knob)
        self.sh("ip link set lo up")

    def cmd(self, *cmd):
        return ("ip", "netns", "exec", self.ns) + cmd

    def run(self, *cmd, **kw):
        return run(*self.cmd(*cmd), **kw)

    def sh(self, line, **kw):
        return self.run("sh", "-c", line, **kw)

    def popen(self, *cmd, **kw):
        p = subprocess.Popen(self.cmd(*cmd), text=kw.pop("text", True), **kw)
        self.lab.children.append(p)
        return p

    def python(self, code, *args, **kw):
        return self.popen("/usr/bin/python3", "-c", code, *args, **kw)

    def ping(self, to, count=1, extra=(), check=True):
        """Packets that came back."""
        out = self.run("ping", "-n", "-c", str(count), "-i", "0.05", "-W", "2", *extra, to,
                       check=False)
        got = re.search(r"(\d+) received", out)
        got = int(got.group(1)) if got else 0
        if check:
            assert got == count, "ping %s from %s: %d of %d\n%s" % (to, self.name, got, count, out)
        return got


class Router(Node):
    """A namespace with a yongd of its own; `dir` is its state directory."""

    def __init__(self, lab, name):
        super().__init__(lab, name)
        self.dir = os.path.join(lab.tmp, name)
        self.daemon, self.options = None, []
        self.log = os.path.join(lab.tmp, name + ".log")
        lab.logs.append((name, self.log))

    def start(self):
        """Starts yongd and returns when it says READY=1."""
        path = os.path.join(self.lab.tmp, self.name + ".notify")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(path)
            s.settimeout(0.2)
            with open(self.log, "a") as log:
                self.daemon = self.popen(os.path.join(ROOT, "sbin", "yongd"), "-s", self.dir, "-f",
                                         *self.options, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                         env=dict(os.environ, NOTIFY_SOCKET=path))
            end = time.monotonic() + LIMIT
            while True:
                try:
                    if b"READY=1" in s.recv(256):
                        return self
                except TimeoutError:
                    pass
                assert self.daemon.poll() is None, "yongd on %s ended:\n%s" % (
                    self.name, open(self.log).read())
                assert time.monotonic() < end, "yongd on %s is not ready:\n%s" % (
                    self.name, open(self.log).read())

    def stop(self, sig=signal.SIGTERM):
        """Ends yongd; after SIGTERM it must exit with 0."""
        self.daemon.send_signal(sig)
        code = self.daemon.wait(timeout=LIMIT)
        if sig == signal.SIGTERM:
            assert code == 0, "yongd on %s exited with %d\n%s" % (
                self.name, code, open(self.log).read())
        self.daemon = None

    def child(self, program):
        """Process id of yongd's child of that name."""
        out = run("pgrep", "-P", str(self.daemon.pid), "-x", program, check=False).split()
        return int(out[0]) if out else None

    def yongsh(self, *args, check=True, **kw):
        return run(os.path.join(ROOT, "bin", "yongsh"), "-s", self.dir, *args, check=check, **kw)

    def batch(self, path):
        return self.yongsh("-f", path)

    def cli(self, *lines, check=True):
        args = [a for line in lines for a in ("-c", line)]
        return self.yongsh(*args, check=check)

    def state(self, display):
        """A display as data."""
        return json.loads(self.yongsh("-j", "-c", display))

    def drops(self):
        """Drop counters by reason."""
        rows = self.state("display ipsec statistics")
        rows = rows if isinstance(rows, list) else [rows]
        return {r["reason"]: r["packets"] for r in rows if "reason" in r}


class Capture:
    """tcpdump on one device of a node, into a file."""

    def __init__(self, node, device, snaplen=0, expression=""):
        self.path = os.path.join(node.lab.tmp, "%s-%s-%d.pcap" % (
            node.name, device, len(node.lab.children)))
        self.p = node.popen("tcpdump", "-i", device, "-w", self.path, "-U", "--immediate-mode",
                            "-B", "65536", "-Z", "root", "-s", str(snaplen), expression or "ip",
                            stderr=subprocess.PIPE)
        line = self.p.stderr.readline()
        while "listening on" not in line:
            assert line, "tcpdump did not start"
            line = self.p.stderr.readline()

    def stop(self):
        self.p.send_signal(signal.SIGINT)
        self.p.wait(timeout=LIMIT)
        self.p.stderr.close()
        return self

    def count(self, expression):
        out = run("tcpdump", "-n", "-r", self.path, expression, timeout=120)
        return len(out.splitlines())

    def show(self, n=4, expression="ip"):
        """The first n packets as tcpdump prints them."""
        return run("tcpdump", "-n", "-t", "-c", str(n), "-r", self.path, expression)


SERVE = """
import hashlib, socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
s = socket.create_server((sys.argv[1], 5001), family=family)
print("ready", flush=True)
c, _ = s.accept()
h, n = hashlib.sha256(), 0
while True:
    b = c.recv(1 << 18)
    if not b:
        break
    h.update(b); n += len(b)
print(n, h.hexdigest(), flush=True)
c.sendall(b"k"); c.close()
"""
SEND = """
import hashlib, os, socket, sys
c = socket.create_connection((sys.argv[1], 5001), timeout=30)
c.settimeout(60)
h, left = hashlib.sha256(), int(sys.argv[2])
while left:
    b = os.urandom(min(left, 1 << 18))
    h.update(b); c.sendall(b); left -= len(b)
c.shutdown(socket.SHUT_WR)
c.recv(1)
print(int(sys.argv[2]), h.hexdigest(), flush=True)
"""


class Net:
    """Namespaces and wires between them; `logs` are shown when what was tried with them fails."""

    def __init__(self):
        self.prefix = "yd%d" % os.getpid()
        self.tmp = tempfile.mkdtemp(prefix="yongdao-lab-")
        os.chmod(self.tmp, 0o755)
        self.children, self.nodes, self.logs = [], [], []

    def __enter__(self):
        try:
            self.up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            for name, log in self.logs:
                if os.path.exists(log):
                    tail = open(log, errors="replace").read()[-4000:]
                    print("--- log of %s ---\n%s" % (name, tail), file=sys.stderr)
        self.down()

    def up(self):
        """What there is from the start."""

    def add(self, kind, name):
        node = kind(self, name)
        self.nodes.append(node)
        return node

    def link(self, a, dev_a, b, dev_b):
        run("ip", "link", "add", dev_a, "netns", a.ns, "type", "veth", "peer", "name", dev_b,
            "netns", b.ns)
        a.sh("ip link set %s up" % dev_a)
        b.sh("ip link set %s up" % dev_b)

    def down(self):
        for p in self.children:
            if p.poll() is None:
                p.terminate()
        for p in self.children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                p.wait(timeout=10)
            if p.poll() is None:
                p.kill()
                p.wait()
        for n in self.nodes:
            for pid in run("ip", "netns", "pids", n.ns, check=False).split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            run("ip", "netns", "del", n.ns, check=False)
        if not os.environ.get("YONGDAO_KEEP"):
            shutil.rmtree(self.tmp, ignore_errors=True)


class Lab(Net):
    """with Lab() as lab: lab.RTA, lab.RTB, lab.hostA, lab.hostB, lab.INET."""

    has_ipv6 = False

    def up(self):
        self.hostA, self.RTA = self.add(Node, "hostA"), self.add(Router, "RTA")
        self.INET = self.add(Node, "INET")
        self.RTB, self.hostB = self.add(Router, "RTB"), self.add(Node, "hostB")
        # the LAN first: devices become GE0/0/0, GE0/0/1 in the order of their index
        self.link(self.RTA, "lan", self.hostA, "eth0")
        self.link(self.RTA, "wan", self.INET, "rta")
        self.link(self.RTB, "lan", self.hostB, "eth0")
        self.link(self.RTB, "wan", self.INET, "rtb")
        for host, net in ((self.hostA, "10.1.1"), (self.hostB, "10.1.2")):
            host.sh("ip addr add %s.2/24 dev eth0 && ip route add default via %s.1" % (net, net))
        self.INET.sh("ip addr add 198.51.100.254/24 dev rta && ip addr add 203.0.113.254/24 dev rtb"
                     " && sysctl -qw net.ipv4.ip_forward=1")

    def ipv6(self):
        """IPv6 in every namespace and on hosts and INET; what routers have is their configuration's."""
        for node in self.nodes:
            node.sh("for d in all default lo $(ls /sys/class/net); do sysctl -qw"
                    " net.ipv6.conf.$d.disable_ipv6=0 net.ipv6.conf.$d.accept_dad=0; done")
        for host, net in ((self.hostA, "2001:db8:1"), (self.hostB, "2001:db8:2")):
            host.sh("ip addr add %s::2/64 dev eth0 nodad && ip route add default via %s::1"
                    % (net, net))
        self.has_ipv6 = True
        self.INET.sh("ip addr add 2001:db8:a::fe/64 dev rta nodad && ip addr add 2001:db8:b::fe/64"
                     " dev rtb nodad && sysctl -qw net.ipv6.conf.all.forwarding=1")
        return self

    def foreign(self, router):
        """A router's namespace for a router of others: addresses and routes by hand, as in the picture."""
        n, gateway = (1, "198.51.100") if router is self.RTA else (2, "203.0.113")
        router.sh("ip addr add 10.1.%d.1/24 dev lan && ip addr add %s.1/24 dev wan"
                  " && ip route add default via %s.254 && sysctl -qw net.ipv4.ip_forward=1"
                  % (n, gateway, gateway))
        if self.has_ipv6:
            side = "a" if router is self.RTA else "b"
            router.sh("ip addr add 2001:db8:%d::1/64 dev lan nodad && ip addr add 2001:db8:%s::1/64 dev"
                      " wan nodad && ip route add default via 2001:db8:%s::fe"
                      " && sysctl -qw net.ipv6.conf.all.forwarding=1" % (n, side, side))
        return router

    def nat(self, ports="20000-29999"):
        """INET hides RTA behind 203.0.113.254 and these ports: RTB is reached by RTA, not the reverse.

        Called again, the mappings are new ones, as after a restart of the box.
        """
        self.INET.run("nft", """
            table ip hide
            delete table ip hide
            table ip hide {
                chain out {
                    type nat hook postrouting priority 100;
                    iifname rta oifname rtb ip protocol { udp, tcp } masquerade to :%s
                    iifname rta oifname rtb masquerade
                }
                chain in {
                    type filter hook forward priority 0;
                    iifname rtb oifname rta ct state new drop
                }
            }""" % ports)
        # masquerading forgets its connections with the address
        self.INET.sh("ip addr del 203.0.113.254/24 dev rtb; ip addr add 203.0.113.254/24 dev rtb")

    def nat_to_RTB(self):
        """INET hides RTB, too: IKE that comes to 198.51.100.254 goes to it."""
        self.INET.run("nft", """
            table ip lead {
                chain in {
                    type nat hook prerouting priority -100;
                    iifname rta ip daddr 198.51.100.254 udp dport { 500, 4500 } dnat to 203.0.113.1
                }
            }""")

    def start(self, example):
        """Both routers up, with the two batches of examples/<example>."""
        for r in (self.RTA, self.RTB):
            r.start()
            r.batch(os.path.join(EXAMPLES, example, r.name + ".cfg"))

    def ipv6_in_tunnel(self):
        """Lines that make Tunnel0/0/1 of both routers carry IPv6 between the LANs."""
        for r, own, far in ((self.RTA, 1, 2), (self.RTB, 2, 1)):
            r.cli("system-view", "ipv6", "interface GigabitEthernet 0/0/0", "ipv6 enable",
                  "ipv6 address 2001:db8:%d::1 64" % own, "quit", "interface Tunnel 0/0/1",
                  "ipv6 enable", "ipv6 address 2001:db8:40::%d 64" % own, "quit",
                  "ipv6 route-static 2001:db8:%d:: 64 Tunnel 0/0/1" % far)

    def transfer(self, megabytes, sender=None, receiver=None, address="10.1.2.2"):
        """A TCP transfer; both ends must agree on length and SHA-256."""
        sender, receiver = sender or self.hostA, receiver or self.hostB
        pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        rx = receiver.python(SERVE, address, **pipes)
        assert rx.stdout.readline() == "ready\n", rx.stderr.read()
        tx = sender.python(SEND, address, str(megabytes << 20), **pipes)
        sent, err = tx.communicate(timeout=180)
        got, _ = rx.communicate(timeout=60)
        assert sent and sent == got, "sent %r, received %r\n%s" % (sent, got, err)
        return sent.split()[1]
