#!/usr/bin/python3
"""Routers that no rule covers speak of protected flows: their ICMP errors go through the tunnel and are heard
(RFC 4301 6.2), and INET sees none of it.

 RTB, GE0/0/2 10.1.9.254/24 ─── inner 10.1.9.1/24, 10.1.2.129/25 ─── deep 10.1.2.130/25
 2001:db8:9::fe/64 ─── 2001:db8:9::1, 2001:db8:2:0:d::1/80 ─── 2001:db8:2:0:d::2

The rules are of the LANs: deep's network is a part of RTB's, the way to it is not.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import Capture, Lab, Node, need_root, wait_for  # noqa: E402

need_root()
DIED = "Time (to live )?exceeded"
LINK = "(icmp6 and (src net fe80::/10 or src host :: or dst net ff00::/8 or ip6[40] > 132))"
CLEAR = "(ip and not proto 50) or (ip6 and not ip6 proto 50 and not %s)" % LINK


class Family:
    """Where everybody is."""

    def __init__(self, v6):
        self.v6 = v6
        self.hostA, self.inner, self.deep, self.barred, self.RTA, self.RTB = (
            "2001:db8:1::2", "2001:db8:9::1", "2001:db8:2:0:d::2", "2001:db8:2:0:d::bad", "2001:db8:1::1",
            "2001:db8:2::1") if v6 else (
            "10.1.1.2", "10.1.9.1", "10.1.2.130", "10.1.2.140", "10.1.1.1", "10.1.2.1")
        self.example = "ipv6-ipsec-manual" if v6 else "2-ipsec-manual"


class Deep(Lab):
    """The two sites, and what is behind hostB's router."""

    def up(self):
        super().up()
        for r in (self.RTA, self.RTB):  # as systemd has it
            r.sh("sysctl -qw net.ipv4.conf.default.rp_filter=2")
        self.inner, self.deep = self.add(Node, "inner"), self.add(Node, "deep")
        self.link(self.RTB, "mid", self.inner, "uplink")
        self.link(self.inner, "downlink", self.deep, "eth0")

    def wire(self, f):
        if f.v6:
            self.ipv6()
            self.inner.sh("sysctl -qw net.ipv6.conf.all.forwarding=1; ip addr add 2001:db8:9::1/64 dev uplink nodad;"
                          "ip addr add 2001:db8:2:0:d::1/80 dev downlink nodad;"
                          "ip route add default via 2001:db8:9::fe; ip route add prohibit %s" % f.barred)
            self.deep.sh("ip addr add %s/80 dev eth0 nodad; ip route add default via 2001:db8:2:0:d::1" % f.deep)
        else:
            self.inner.sh("sysctl -qw net.ipv4.ip_forward=1; ip addr add 10.1.9.1/24 dev uplink;"
                          "ip addr add 10.1.2.129/25 dev downlink; ip route add default via 10.1.9.254;"
                          "ip route add prohibit %s" % f.barred)
            self.deep.sh("ip addr add %s/25 dev eth0; ip route add default via 10.1.2.129" % f.deep)
        self.start(f.example)
        lines = ("ipv6 enable", "ipv6 address 2001:db8:9::fe 64", "quit",
                 "ipv6 route-static 2001:db8:2:0:d:: 80 2001:db8:9::1") if f.v6 else (
            "ip address 10.1.9.254 24", "quit", "ip route-static 10.1.2.128 255.255.255.128 10.1.9.1")
        self.RTB.cli("system-view", "interface GigabitEthernet 0/0/2", *lines)
        wait_for("traffic", lambda: self.hostA.ping(f.deep, check=False))


def heard(node, to, sender, what, *extra):
    """A ping that fails, and why; whoever says so, when there is no sender."""
    by = re.escape(sender) if sender else r"\S+?"

    def told():
        out = node.run("ping", "-n", "-c1", "-W2", *extra, to, check=False)
        return re.search(r"From %s:? icmp_seq=1 %s" % (by, what), out, re.I)
    wait_for("%r from %s at %s" % (what, sender, node.name), told)


def errors(lab, f):
    """Each error that an inner router sends about what came through the tunnel."""
    heard(lab.hostA, f.deep, f.RTA, DIED, "-t", "1")
    heard(lab.hostA, f.deep, f.RTB, DIED, "-t", "2")
    heard(lab.hostA, f.deep, f.inner, DIED, "-t", "3")
    lab.hostA.ping(f.deep, extra=("-t", "4"))
    heard(lab.deep, f.hostA, f.RTA, DIED, "-t", "3")
    heard(lab.hostA, f.barred, f.inner, "(Packet filtered|Destination unreachable: Administratively prohibited)")
    lab.inner.sh("ip link set downlink mtu 1300")
    heard(lab.hostA, f.deep, f.inner, "(Frag needed and DF set|Packet too big)", "-M", "do", "-s", "1310")
    lab.inner.sh("ip link set downlink mtu 1500")


def long_query(lab, f):
    """What is no error leaves as it did, whole or not: nobody protects the router's own pings."""
    wire = Capture(lab.INET, "rtb", expression="(ip or ip6) and src host " + f.inner)
    # the first is told by the kernel how much fits into the tunnel
    wait_for("the last fragment", lambda: lab.inner.ping(f.hostA, extra=("-s", "3000"), check=False)
             or wire.count("ip or ip6") >= 3)
    wire.stop()
    assert wire.count("ip[6:2] & 0x3fff != 0 or ip6[6] = 44") >= 3, wire.show(9, "ip or ip6")


def hosts_alone(lab, f):
    """Rules for two hosts: no router has an address that they cover, not even those that protect."""
    kind, ip = ("ipv6 number", "ipv6") if f.v6 else ("number", "ip")
    end = " 128" if f.v6 else " 0"
    for router, here, there in ((lab.RTA, f.hostA, f.deep), (lab.RTB, f.deep, f.hostA)):
        router.cli("system-view", "acl %s 3001" % kind, "rule 5 permit %s source %s%s destination %s%s" % (
            ip, here, end, there, end))
    wait_for("traffic", lambda: lab.hostA.ping(f.deep, check=False))
    wire = Capture(lab.INET, "rta", expression="ip or ip6")
    heard(lab.hostA, f.deep, None, DIED, "-t", "2")
    heard(lab.hostA, f.deep, f.inner, DIED, "-t", "3")
    heard(lab.deep, f.hostA, None, DIED, "-t", "3")
    wire.stop()
    assert wire.count(CLEAR) == 0, wire.show(9, CLEAR)


for v6 in (False, True):
    f = Family(v6)
    with Deep() as lab:
        lab.wire(f)
        wire = Capture(lab.INET, "rta", expression="ip or ip6")
        errors(lab, f)
        wire.stop()
        assert wire.count(CLEAR) == 0, wire.show(9, CLEAR)
        long_query(lab, f)
        hosts_alone(lab, f)
        print("  errors of routers without a rule: IPv%d" % (6 if v6 else 4), flush=True)
print("icmp-error: ok")
