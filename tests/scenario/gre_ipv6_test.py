#!/usr/bin/python3
"""GRE and IPv6: IPv6 outside carries both families, IPv4 outside carries IPv6, RIPng and OSPFv3 cross."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from frr import Frr  # noqa: E402
from lab import Capture, Lab, need_root, wait_for  # noqa: E402

need_root()
HOST_A6, HOST_B6 = "2001:db8:1::2", "2001:db8:2::2"
# what IPv6 itself says on a link: neighbours, routers, listeners
LINK = "(icmp6 or src net fe80::/10 or src host :: or dst net ff00::/8)"


def both_families_cross(lab):
    wait_for("IPv4 inside", lambda: lab.hostA.ping("10.1.2.2", check=False))
    wait_for("IPv6 inside", lambda: lab.hostA.ping(HOST_B6, check=False))
    lab.hostB.ping("10.1.1.2", count=3)
    lab.hostB.ping(HOST_A6, count=3)
    lab.transfer(10)
    lab.transfer(10, address=HOST_B6)


def ipv6_outside():
    with Lab() as lab:
        lab.ipv6().start("gre-ipv6")
        wire = Capture(lab.INET, "rta", snaplen=160, expression="ip or ip6")
        both_families_cross(lab)
        wire.stop()
        # IPv6, then GRE (with key and checksum), then the payload's EtherType
        for family, ether_type in (("IPv4", 0x0800), ("IPv6", 0x86dd)):
            carried = "ip6 proto 47 and ip6[40:2] = 0xa000 and ip6[48:4] = 12345 and ip6[42:2] = %d"
            assert wire.count(carried % ether_type) > 100, family
        clear = "ip or (ip6 and not ip6 proto 47 and not %s)" % LINK
        assert wire.count(clear) == 0, wire.show(9, clear)
        out = lab.RTA.cli("display interface Tunnel 0/0/1")
        assert "Line protocol current state : UP" in out, out
        assert "Tunnel source 2001:db8:a::1".lower() in out.lower(), out
    print("  IPv6 outside, both families inside")


def ipv4_outside():
    with Lab() as lab:
        lab.ipv6().start("1-gre")
        lab.ipv6_in_tunnel()
        wire = Capture(lab.INET, "rta", snaplen=160, expression="ip or ip6")
        both_families_cross(lab)
        wire.stop()
        assert wire.count("ip proto 47 and ip[22:2] = 0x86dd") > 100, wire.show(9)
        clear = "(ip and not proto 47) or (ip6 and not %s)" % LINK
        assert wire.count(clear) == 0, wire.show(9, clear)
    print("  IPv4 outside, both families inside")


RIPNG = """
router ripng
 timers basic 5 15 10
 network Tunnel0-0-1
 network lan
"""
OSPF6 = """
interface Tunnel0-0-1
 ipv6 ospf6 area 0
 ipv6 ospf6 network point-to-point
 ipv6 ospf6 hello-interval 1
 ipv6 ospf6 dead-interval 4
 ipv6 ospf6 retransmit-interval 1
 ipv6 ospf6 mtu-ignore
interface lan
 ipv6 ospf6 area 0
 ipv6 ospf6 passive
router ospf6
 timers lsa min-arrival 0
 timers throttle spf 0 50 100
 ospf6 router-id 10.1.%d.1
"""


def learned(router, prefix, protocol):
    """Through the tunnel and not by configuration."""
    return any("Tunnel0-0-1" in line and "proto " + protocol in line
               for line in router.sh("ip -6 route show " + prefix).splitlines())


def routing(example):
    """Static routes away, RIPng brings them, then OSPFv3 does."""
    with Lab() as lab:
        lab.ipv6().start(example)
        if example == "1-gre":
            lab.ipv6_in_tunnel()
        for r, far in ((lab.RTA, 2), (lab.RTB, 1)):
            r.cli("system-view", "undo ipv6 route-static 2001:db8:%d:: 64 Tunnel 0/0/1" % far)
        for daemon, text, name in (("ripngd", RIPNG, "ripng"), ("ospf6d", OSPF6, "ospf")):
            peers = [Frr(r, (daemon,), text % n if "%" in text else text)
                     for n, r in enumerate((lab.RTA, lab.RTB), 1)]
            wait_for(daemon + "'s routes", lambda: learned(lab.RTA, "2001:db8:2::/64", name)
                     and learned(lab.RTB, "2001:db8:1::/64", name), limit=60)
            wait_for("traffic over the learned route",
                     lambda: lab.hostA.ping(HOST_B6, check=False))
            for p in peers:
                p.stop()
            print("  %s over %s" % (daemon, example), flush=True)


ipv6_outside()
ipv4_outside()
routing("gre-ipv6")
routing("1-gre")
print("gre-ipv6: ok")
