#!/usr/bin/python3
"""What a policy that negotiates does as its lines change: less than the rule, on demand, other families,
IPsec tunnel interfaces, wrong keys; over a rekey nothing is lost, and who leaves says so."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import Capture, Lab, need_root, wait_for  # noqa: E402

need_root()

PEER = """ike proposal 10
 encryption-algorithm aes-128
 dh group19
#
ike peer site
 version 2
 undo version 1
 pre-shared-key cipher Road@2Walls
 ike-proposal 10
 %s
#
ipsec proposal prop1
 esp authentication-algorithm sha2-256
 esp encryption-algorithm aes-128
#
"""
V6 = """sysname %(name)s
ipv6
interface GigabitEthernet 0/0/0
 ipv6 enable
 ipv6 address 2001:db8:%(n)d::1 64
#
interface GigabitEthernet 0/0/1
 ipv6 enable
 ipv6 address 2001:db8:%(wan)s::1 64
#
ipv6 route-static :: 0 2001:db8:%(wan)s::fe
acl ipv6 number 3001
 rule 5 permit ipv6 source 2001:db8:%(n)d:: 64 destination 2001:db8:%(m)d:: 64
#
""" + PEER % "remote-address 2001:db8:%(far)s::1" + """ipsec policy P1 10 isakmp
 security acl ipv6 3001
 ike-peer site
 proposal prop1
#
interface GigabitEthernet 0/0/1
 ipsec policy P1
#
"""
ROUTE = """sysname %(name)s
interface GigabitEthernet 0/0/0
 ip address 10.1.%(n)d.1 24
#
interface GigabitEthernet 0/0/1
 ip address %(here)s 24
#
ip route-static 0.0.0.0 0 %(gateway)s
""" + PEER % "dpd type periodic" + """ipsec profile roads
 ike-peer site
 proposal prop1
#
interface Tunnel 0/0/1
 ip address 172.16.40.%(n)d 255.255.255.0
 tunnel-protocol ipsec
 source %(here)s
 destination %(there)s
 ipsec profile roads
#
ip route-static 10.1.%(m)d.0 255.255.255.0 Tunnel 0/0/1
"""
SITES = ({"name": "RTA", "n": 1, "m": 2, "wan": "a", "far": "b", "here": "198.51.100.1",
          "there": "203.0.113.1", "gateway": "198.51.100.254"},
         {"name": "RTB", "n": 2, "m": 1, "wan": "b", "far": "a", "here": "203.0.113.1",
          "there": "198.51.100.1", "gateway": "203.0.113.254"})


def start(lab, text):
    for router, site in zip((lab.RTA, lab.RTB), SITES):
        path = os.path.join(lab.tmp, router.name + ".cfg")
        with open(path, "w") as f:
            f.write(text % site)
        router.start()
        router.batch(path)


def reaches(host, to="10.1.2.2"):
    return wait_for("a ping to " + to, lambda: host.ping(to, check=False))


def sas(router):
    return {s["spi"] for s in router.state("display ipsec sa brief")}


def silent(host, to, times=3):
    return not any(host.ping(to, check=False) for _ in range(times))


def done(what):
    print("  %s: ok" % what, flush=True)


with Lab() as lab:
    lab.ipv6()
    start(lab, V6)
    reaches(lab.hostA, "2001:db8:2::2")
    lab.hostB.ping("2001:db8:1::2", count=3)
    done("a policy for IPv6, over IPv6")

with Lab() as lab:
    start(lab, ROUTE)
    reaches(lab.hostA)
    lab.hostB.ping("10.1.1.2", count=3)
    lab.transfer(5)
    done("an IPsec tunnel interface")

with Lab() as lab:
    wire = Capture(lab.INET, "rta", snaplen=128)
    lab.start("3-ipsec-ike")
    reaches(lab.hostA)

    # the other end protects one host alone: what is more waits, and goes nowhere in clear
    lab.RTB.cli("system-view", "ipsec policy vpn 10", "sa trigger-mode traffic-based")
    lab.RTB.cli("system-view", "acl number 3101", "undo rule 5",
                "rule 5 permit ip source 10.1.2.2 0 destination 10.1.1.0 0.0.0.255")
    wait_for("narrower SAs", lambda: any(
        "10.1.2.2" in s.get("flow_destination", "") for s in lab.RTA.state("display ike sa verbose")))
    reaches(lab.hostA)
    assert silent(lab.hostA, "10.1.2.1")
    assert any(r["reason"] == "flow mismatch" and "10.1.2.1" in r["offered"]
               for r in lab.RTA.state("display ike error-info")), lab.RTA.cli("display ike error-info")
    # another part gets a pair of its own, next to the first
    lab.RTB.cli("system-view", "acl number 3101",
                "rule 10 permit ip source 10.1.2.1 0 destination 10.1.1.0 0.0.0.255")
    reaches(lab.hostA, "10.1.2.1")
    lab.hostA.ping("10.1.2.2", count=3)
    assert len(sas(lab.RTA)) == 4, sas(lab.RTA)
    lab.RTB.cli("system-view", "acl number 3101", "undo rule 10")
    lab.RTB.cli("system-view", "acl number 3101", "undo rule 5",
                "rule 5 permit ip source 10.1.2.0 0.0.0.255 destination 10.1.1.0 0.0.0.255")
    reaches(lab.hostA, "10.1.2.1")
    done("less than the rule")

    # nothing before there is something to send
    for r in (lab.RTA, lab.RTB):
        r.cli("system-view", "ipsec policy vpn 10", "sa trigger-mode traffic-based")
    lab.RTA.cli("reset ike sa")
    wait_for("no SAs", lambda: not sas(lab.RTA) and not sas(lab.RTB))
    reaches(lab.hostB, "10.1.1.2")
    assert len(sas(lab.RTA)) == 2, sas(lab.RTA)
    done("on demand")

    # lifetimes of 30 s: pairs follow each other while a ping runs, which misses nothing
    for r in (lab.RTA, lab.RTB):
        r.cli("system-view", "ipsec policy vpn 10", "sa duration time-based 30")
    reaches(lab.hostA)
    before = sas(lab.RTA)
    ping = lab.hostA.popen("ping", "-i", "0.05", "-c", "900", "-W", "2", "10.1.2.2",
                           stdout=subprocess.PIPE, text=True)
    out = ping.communicate(timeout=120)[0]
    assert "900 received" in out, out[-300:]
    assert not before & sas(lab.RTA), (before, sas(lab.RTA))
    done("a rekey under traffic")

    # without a policy there is nothing to negotiate, and the peer is told
    lab.RTA.cli("system-view", "interface GigabitEthernet 0/0/1", "undo ipsec policy")
    wait_for("the speaker's end", lambda: lab.RTA.child("yongike") is None)
    assert not sas(lab.RTA) and not sas(lab.RTB)
    assert "500" not in lab.RTA.sh("ss -Hlun")
    lab.RTA.cli("system-view", "interface GigabitEthernet 0/0/1", "ipsec policy vpn")
    reaches(lab.hostA)
    done("the policy leaves and comes back")

    # a key that is not the peer's
    lab.RTA.cli("system-view", "ike peer site", "pre-shared-key cipher Another@Key1")
    wait_for("no SAs", lambda: not sas(lab.RTA))
    assert silent(lab.hostA, "10.1.2.2")
    assert any(r["reason"] == "authentication fail" for r in lab.RTA.state("display ike error-info"))
    lab.RTA.cli("system-view", "ike peer site", "pre-shared-key cipher Road@2Walls")
    reaches(lab.hostA)
    done("a wrong key, and the right one")

    lab.RTA.stop()
    assert not sas(lab.RTB), "who stops tells its peers"
    wire.stop()
    clear = "ip and not proto 50 and not (udp port 500 or udp port 4500)"
    assert wire.count(clear) == 0, wire.show(5, clear)
    done("the router stops")
