#!/usr/bin/python3
"""Routing protocols of others across our tunnels: FRR's OSPF and RIP over GRE, in clear and inside IPsec."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from frr import Frr  # noqa: E402
from lab import Capture, Lab, need_root, wait_for  # noqa: E402

need_root()

OSPF = """
interface Tunnel0-0-1
 ip ospf network point-to-point
 ip ospf hello-interval 1
 ip ospf dead-interval 4
 ip ospf retransmit-interval 1
 ip ospf mtu-ignore
router ospf
 timers throttle lsa all 0
 timers lsa min-arrival 0
 timers throttle spf 0 50 100
 network 172.16.40.0/24 area 0
 network 10.1.0.0/16 area 0
 passive-interface lan
"""
RIP = """
router rip
 version 2
 timers basic 5 15 10
 network Tunnel0-0-1
 network lan
 passive-interface lan
"""


def learned(router, prefix, protocol):
    return [r for r in router.state("display ip routing-table")
            if r["destination"] == prefix and r["protocol"].upper() == protocol]


def protocols(lab, daemon, text, name):
    """The LAN behind the other router is learned through the tunnel, and traffic takes that route."""
    peers = [Frr(r, (daemon,), text) for r in (lab.RTA, lab.RTB)]
    if name == "OSPF":
        wait_for("the adjacency", lambda: "Full" in str(
            peers[0].show("show ip ospf neighbor")), limit=60)
    wait_for("%s routes" % name, lambda: learned(lab.RTA, "10.1.2.0/24", name)
             and learned(lab.RTB, "10.1.1.0/24", name), limit=60)
    wait_for("traffic over the learned route", lambda: lab.hostA.ping("10.1.2.2", check=False))
    lab.hostB.ping("10.1.1.2", count=3)


for example, wire_filter in (("1-gre", "proto 47"), ("gre-over-ipsec-manual", "proto 50"),
                             ("gre-acl-ipsec-manual", "proto 50")):
    for daemon, text, name in (("ospfd", OSPF, "OSPF"), ("ripd", RIP, "RIP")):
        if name == "RIP" and example == "gre-acl-ipsec-manual":
            continue
        with Lab() as lab:
            wire = Capture(lab.INET, "rta")
            lab.start(example)
            for r, net in ((lab.RTA, "10.1.2.0"), (lab.RTB, "10.1.1.0")):
                r.cli("system-view", "undo ip route-static %s 24 Tunnel 0/0/1" % net)
            protocols(lab, daemon, text, name)
            wire.stop()
            clear = "ip and not %s and not icmp" % wire_filter
            assert wire.count(wire_filter) > 10, wire.show(20)
            assert wire.count(clear) == 0, wire.show(9, clear)
            print("  %s over %s" % (name, example), flush=True)
print("routing: ok")
