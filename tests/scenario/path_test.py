#!/usr/bin/python3
"""What paths carry and who is told: adjust-mss on every kind of interface, df-bit, fragmentation, ICMPv6 too big;
AH around ESP in tunnel mode."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import Capture, Lab, need_root, wait_for  # noqa: E402

need_root()
CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], 9), timeout=5)
except OSError:
    pass
"""
FRAGMENT = "ip[6:2] & 0x3fff != 0"
HOST_B6 = "2001:db8:2::2"
DF = "ip[6] & 0x40 != 0"


def syn(lab, sender, receiver, address):
    """The segment size that a SYN announces where it arrives."""
    device = "rta" if receiver is lab.INET else "eth0"
    wire = Capture(receiver, device, expression="tcp[tcpflags] = tcp-syn")
    sender.run("/usr/bin/python3", "-c", CONNECT, address)
    wait_for("a SYN at " + receiver.name, lambda: wire.count("tcp"))
    wire.stop()
    return int(re.search(r"mss (\d+)", wire.show(1, "tcp")).group(1))


def between_hosts(lab):
    return (syn(lab, lab.hostA, lab.hostB, "10.1.2.2"), syn(lab, lab.hostB, lab.hostA, "10.1.1.2"))


def adjust_mss(lab, interface):
    """RTA's interface alone: what it sends, and what it receives."""
    lab.RTA.cli("system-view", "interface " + interface, "tcp adjust-mss 1200")
    wait_for("the size both ways", lambda: between_hosts(lab) == (1200, 1200))
    print("  adjust-mss: " + interface)


def adjust_mss_in_clear(lab, interface):
    """What the policy leaves alone, and all when there is none; until the line is undone."""
    lab.INET.sh("ip route add 10.1.1.0/24 via 198.51.100.1")
    assert syn(lab, lab.hostA, lab.INET, "198.51.100.254") == 1200
    lab.RTA.cli("system-view", "interface " + interface, "undo ipsec policy")
    assert syn(lab, lab.hostA, lab.INET, "198.51.100.254") == 1200
    assert syn(lab, lab.INET, lab.hostA, "10.1.1.2") == 1200
    lab.RTA.cli("system-view", "interface " + interface, "undo tcp adjust-mss")
    wait_for("no limit", lambda: syn(lab, lab.hostA, lab.INET, "198.51.100.254") == 1460)
    assert "yongdao-mss" not in lab.RTA.sh("nft list tables")
    print("  adjust-mss in clear")


def echo(lab, *extra):
    """One echo from hostA to hostB; what INET saw of it on its way."""
    wire = Capture(lab.INET, "rta", expression="src host 198.51.100.1")
    got = lab.hostA.ping("10.1.2.2", extra=extra, check=False)
    wire.stop()
    return wire if got else None


def df_is(lab, inner, outer):
    wire = echo(lab, "-M", inner)
    return wire and wire.count("proto 50 and " + DF) == (wire.count("proto 50") if outer else 0)


def df_bit(lab):
    for setting, of_do, of_dont in (("clear", False, False), ("set", True, True),
                                    ("copy", True, False)):
        lab.RTA.cli("system-view", "ipsec df-bit " + setting)
        wait_for("DF by " + setting, lambda: df_is(lab, "do", of_do)
                 and df_is(lab, "dont", of_dont))
    print("  df-bit clear, set, copy")


def ah_esp(lab):
    for r, out, inn in ((lab.RTA, 54322, 12346), (lab.RTB, 12346, 54322)):
        r.cli("system-view", "ipsec proposal tran1", "transform ah-esp",
              "ah authentication-algorithm sha2-256", "quit", "ipsec policy P1 10 manual",
              "sa spi outbound ah %d" % out, "sa spi inbound ah %d" % inn,
              "sa string-key outbound ah simple huawei", "sa string-key inbound ah simple huawei")
    wait_for("AH around ESP", lambda: lab.hostA.ping("10.1.2.2", check=False))
    wire = Capture(lab.INET, "rta")
    lab.transfer(2)
    wait_for("fragments", lambda: lab.hostB.ping("10.1.1.2", extra=("-s", "2000"), check=False))
    wire.stop()
    both = "proto 51 and ip[20] = 50"
    assert wire.count(both) > 100, wire.show(9)
    bad = "ip and not (%s)" % both
    assert wire.count(bad) == 0, wire.show(9, bad)
    print("  AH around ESP, tunnel mode")


def fragments(lab):
    """A tunnel whose MTU is set too large: what does not fit is cut after encryption, or before."""
    long = ("-s", "1472", "-M", "dont")
    for r in (lab.RTA, lab.RTB):
        r.cli("system-view", "interface Tunnel 0/0/1", "mtu 1500")
    wait_for("fragments of ESP", lambda: (wire := echo(lab, *long))
             and wire.count("proto 50 and " + FRAGMENT) >= 2)
    for r in (lab.RTA, lab.RTB):
        r.cli("system-view", "ipsec fragmentation before-encryption")
    wait_for("whole packets around fragments", lambda: (wire := echo(lab, *long))
             and not wire.count(FRAGMENT) and wire.count("proto 50") >= 2)
    print("  fragmentation before-encryption")


def told_mtu(lab):
    got = re.search(r"mtu (\d+)", lab.hostA.sh("ip -6 route get " + HOST_B6))
    return int(got.group(1)) if got else 1500


def too_big(lab):
    """INET's second half carries less and says so by ICMPv6; the host is told by its router."""
    lab.INET.sh("ip link set rtb mtu 1400")
    lab.RTB.sh("ip link set wan mtu 1400")
    wait_for("the host to be told", lambda: lab.hostA.ping(
        HOST_B6, extra=("-s", "1340", "-M", "do"), check=False) or told_mtu(lab) < 1400)
    mtu = told_mtu(lab)
    assert 1300 <= mtu < 1400 - 60, mtu
    lab.hostA.ping(HOST_B6, count=2, extra=("-s", str(mtu - 48), "-M", "do"))
    lab.transfer(2, address=HOST_B6)
    print("  ICMPv6 too big")


PORT, TUNNEL = "GigabitEthernet 0/0/1", "Tunnel 0/0/1"
for example, host, tests in (
        ("1-gre", "10.1.2.2", ((adjust_mss, TUNNEL),)),
        ("route-ipsec-manual", "10.1.2.2", ((adjust_mss, TUNNEL), (fragments,))),
        ("2-ipsec-manual", "10.1.2.2", ((df_bit,), (ah_esp,), (adjust_mss, PORT),
                                        (adjust_mss_in_clear, PORT))),
        ("ipv6-ipsec-manual", HOST_B6, ((too_big,),))):
    with Lab() as lab:
        if host == HOST_B6:
            lab.ipv6()
        lab.start(example)
        wait_for("traffic", lambda: lab.hostA.ping(host, check=False))
        for test, *interface in tests:
            test(lab, *interface)
print("path: ok")
