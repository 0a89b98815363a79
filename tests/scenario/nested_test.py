#!/usr/bin/python3
"""Tunnels in tunnels: GRE in GRE, IPsec in GRE; two that lead into each other are found out and do not spin."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import Capture, Lab, need_root, wait_for  # noqa: E402

need_root()
# what is inside GRE without options over IPv4: IPv4 of this protocol
INSIDE = "proto 47 and ip[22:2] = 0x0800 and ip[33] = %d"


def inner_gre(lab):
    """Tunnel0/0/2 between the ends of Tunnel0/0/1, which carries it; the LANs are behind the second."""
    for r, own, far in ((lab.RTA, 1, 2), (lab.RTB, 2, 1)):
        r.cli("system-view",
              "undo ip route-static 10.1.%d.0 24 Tunnel 0/0/1" % far,
              "interface Tunnel 0/0/1", "undo gre key", "undo gre checksum", "undo keepalive",
              "interface Tunnel 0/0/2", "tunnel-protocol gre", "source 172.16.40.%d" % own,
              "destination 172.16.40.%d" % far, "ip address 172.16.60.%d 24" % own,
              "quit", "ip route-static 10.1.%d.0 24 Tunnel 0/0/2" % far)


def recursive(router):
    return {r["name"] for r in router.state("display interface")
            if r["incomplete"].startswith("recursive")}


def sent(router, name):
    return [r["out_packets"] for r in router.state("display interface") if r["name"] == name][0]


def gre_in_gre():
    with Lab() as lab:
        lab.start("1-gre")
        inner_gre(lab)
        wait_for("traffic in two tunnels", lambda: lab.hostA.ping("10.1.2.2", check=False))
        wire = Capture(lab.INET, "rta", snaplen=160)
        lab.hostA.ping("10.1.2.2", count=5)
        lab.hostB.ping("10.1.1.2", count=5, extra=("-s", "3000"))
        lab.transfer(10)
        wire.stop()
        assert wire.count(INSIDE % 47) > 1000, wire.show(9)
        clear = "ip and not (%s)" % (INSIDE % 47)
        assert wire.count(clear) == 0, wire.show(9, clear)
        assert lab.RTA.drops()["gre_recursion"] == 0
        print("  GRE in GRE")

        # Tunnel0/0/1 led through Tunnel0/0/2, which it carries: refused where it is typed; where a
        # routing protocol does it, both are found out, and nothing goes round
        both = {"Tunnel0/0/1", "Tunnel0/0/2"}
        for way in ("Tunnel 0/0/2", "172.16.60.2"):
            lab.RTA.cli("system-view", "ip route-static 203.0.113.1 32 " + way, check=False)
            assert "203.0.113.1" not in lab.RTA.sh("ip route"), way
        lab.RTA.sh("ip route add 203.0.113.1 dev Tunnel0-0-2 proto ospf")
        wait_for("the loop to be seen", lambda: recursive(lab.RTA) == both)
        lab.hostA.ping("10.1.2.2", check=False)
        before = [sent(lab.RTA, name) for name in sorted(both)]
        lab.hostA.run("ping", "-n", "-c", "5", "-i", "0.05", "-W", "0.1", "10.1.2.2", check=False)
        after = [sent(lab.RTA, name) for name in sorted(both)]
        assert after[1] - before[1] < 20 and after[0] - before[0] < 20, (before, after)
        lab.RTA.sh("ip route del 203.0.113.1")
        wait_for("no loop", lambda: not recursive(lab.RTA))
        wait_for("traffic again", lambda: lab.hostA.ping("10.1.2.2", check=False))
        print("  two that lead into each other")


def policy_on_gre():
    """`ipsec policy` on the tunnel interface: ESP by an ACL, then GRE; what the ACL leaves alone is GRE alone."""
    with Lab() as lab:
        lab.start("1-gre")
        for r, own, far, out, inn in ((lab.RTA, 1, 2, 54321, 12345), (lab.RTB, 2, 1, 12345, 54321)):
            r.cli("system-view", "interface Tunnel 0/0/1", "undo gre key", "undo gre checksum",
                  "undo keepalive", "quit", "acl number 3001",
                  "rule 5 permit ip source 10.1.%d.0 0.0.0.255 destination 10.1.%d.0 0.0.0.255"
                  % (own, far), "quit", "ipsec proposal tran1",
                  "esp authentication-algorithm sha2-256", "esp encryption-algorithm aes-128",
                  "quit", "ipsec policy P1 10 manual", "security acl 3001", "proposal tran1",
                  "tunnel local 172.16.40.%d" % own, "tunnel remote 172.16.40.%d" % far,
                  "sa spi outbound esp %d" % out, "sa spi inbound esp %d" % inn,
                  "sa string-key outbound esp simple huawei",
                  "sa string-key inbound esp simple huawei", "quit", "interface Tunnel 0/0/1",
                  "ipsec policy P1")
        wait_for("protected traffic", lambda: lab.hostA.ping("10.1.2.2", check=False))
        wire = Capture(lab.INET, "rta", snaplen=160)
        lab.hostB.ping("10.1.1.2", count=5, extra=("-s", "3000"))
        lab.transfer(10)
        wire.stop()
        assert wire.count(INSIDE % 50) > 1000, wire.show(9)
        clear = "ip and not (%s)" % (INSIDE % 50)
        assert wire.count(clear) == 0, wire.show(9, clear)
        wire = Capture(lab.INET, "rta", snaplen=160)
        wait_for("what is not protected", lambda: lab.RTA.run(
            "ping", "-n", "-c1", "-W2", "172.16.40.2", check=False).find("1 received") > 0)
        wire.stop()
        assert wire.count(INSIDE % 1) >= 2 and wire.count(INSIDE % 50) == 0, wire.show(9)
        # in clear it may not come back: INET's GRE is believed, what is in it is the policy's
        lab.RTB.cli("system-view", "interface Tunnel 0/0/1", "undo ipsec policy")
        assert lab.hostB.ping("10.1.1.2", check=False) == 0
        print("  a policy on GRE")


def ipsec_in_gre():
    with Lab() as lab:
        wire = Capture(lab.INET, "rta", snaplen=160)
        lab.start("ipsec-over-gre")
        wait_for("protected traffic", lambda: lab.hostA.ping("10.1.2.2", check=False))
        lab.hostB.ping("10.1.1.2", count=5)
        lab.transfer(10)
        wire.stop()
        assert wire.count(INSIDE % 50) > 1000, wire.show(9)
        # IKE is inside GRE, too
        ike = INSIDE % 17 + " and (ip[44:2] = 500 or ip[44:2] = 4500)"
        assert wire.count(ike) >= 4, wire.show(20)
        clear = "ip and not (%s) and not (%s)" % (INSIDE % 50, ike)
        assert wire.count(clear) == 0, wire.show(9, clear)
        rows = {r["name"]: r for r in lab.RTA.state("display interface")}
        assert rows["Tunnel0/0/2"]["mtu"] < rows["Tunnel0/0/1"]["mtu"] == 1476, rows
        out = lab.RTA.cli("display ipsec sa")
        assert "Tunnel local      : 172.16.40.1" in out, out
        print("  IPsec in GRE")


gre_in_gre()
ipsec_in_gre()
policy_on_gre()
print("nested: ok")
