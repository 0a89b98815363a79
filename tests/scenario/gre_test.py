#!/usr/bin/python3
"""Scenario 1-gre: the sites joined by a GRE tunnel with key and checksum, from the lab's own files."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import Capture, Lab, need_root, wait_for  # noqa: E402

need_root()
with Lab() as lab:
    lab.start("1-gre")
    wire = Capture(lab.INET, "rta", snaplen=160)
    lab.hostA.ping("10.1.2.2", count=5)
    lab.hostB.ping("10.1.1.2", count=5)
    lab.transfer(50)
    wire.stop()
    assert wire.count("proto 47") > 1000, "no GRE on the wire"
    assert wire.count("ip and not proto 47") == 0, wire.show(5, "ip and not proto 47")

    # every packet has checksum and key (flags 0xa000), key 12345, inside IPv4 or a keepalive's answer
    bad = ("proto 47 and (ip[20:2] != 0xa000 or ip[28:4] != 12345 or"
           " not (ip[22:2] = 0x0800 or ip[22:2] = 0))")
    assert wire.count(bad) == 0, wire.show(5, bad)

    out = lab.RTA.cli("display interface Tunnel 0/0/1")
    assert "Tunnel0/0/1 current state : UP" in out, out
    assert "Line protocol current state : UP" in out, out
    assert "Tunnel protocol/transport GRE/IP, key enabled" in out, out
    row = [r for r in lab.RTA.state("display interface") if r["name"] == "Tunnel0/0/1"][0]
    assert row["in_packets"] > 0 and row["out_packets"] > 0, row

    # counters begin anew: the tunnel's in the datapath, the port's although the kernel cannot
    def counted(name):
        row = [r for r in lab.RTA.state("display interface") if r["name"] == name][0]
        return row["in_packets"], row["out_packets"]

    for name in ("Tunnel0/0/1", "GigabitEthernet0/0/0"):
        before = counted(name)
        lab.RTA.cli("reset counters interface " + name)
        lab.hostA.ping("10.1.2.2", count=3)
        after = counted(name)
        assert all(3 <= n < 30 < b for n, b in zip(after, before)), (name, before, after)

    # a tunnel with another key to the same peer carries its own traffic, and a wrong key is dropped
    for r, ip in ((lab.RTA, "172.16.41.1"), (lab.RTB, "172.16.41.2")):
        far = "203.0.113.1" if r is lab.RTA else "198.51.100.1"
        r.cli("system-view", "interface Tunnel 0/0/2", "tunnel-protocol gre", "gre key 777",
              "source g0/0/1", "destination " + far, "ip address %s 24" % ip)
    wait_for("the second tunnel", lambda: lab.RTA.run(
        "ping", "-n", "-c", "1", "-W", "1", "172.16.41.2", check=False).find("1 received") > 0)
    lab.hostA.ping("10.1.2.2", count=2)

    # two routes of one preference share the traffic, and one alone carries it
    for r, net in ((lab.RTA, "10.1.2.0"), (lab.RTB, "10.1.1.0")):
        r.cli("system-view", "ip route-static %s 24 Tunnel 0/0/2" % net)
    out = lab.RTA.cli("display ip routing-table 10.1.2.0 24")
    assert "Summary Count : 2" in out and "Tunnel0/0/2" in out, out
    assert lab.RTA.run("ip", "route", "show", "10.1.2.0/24").count("nexthop dev Tunnel0-0-") == 2
    lab.hostA.ping("10.1.2.2", count=5)
    lab.RTA.cli("system-view", "undo ip route-static 10.1.2.0 24 Tunnel 0/0/1")
    assert "Summary Count : 1" in lab.RTA.cli("display ip routing-table 10.1.2.0 24")
    lab.hostA.ping("10.1.2.2", count=5)
    lab.RTA.cli("system-view", "ip route-static 10.1.2.0 24 Tunnel 0/0/1")
    for r, net in ((lab.RTA, "10.1.2.0"), (lab.RTB, "10.1.1.0")):
        r.cli("system-view", "undo ip route-static %s 24 Tunnel 0/0/2" % net)
    lab.hostA.ping("10.1.2.2", count=2)
    lab.RTB.cli("system-view", "interface Tunnel 0/0/2", "gre key 778")
    assert lab.RTA.run("ping", "-n", "-c", "2", "-i", "0.05", "-W", "1", "172.16.41.2",
                       check=False).find(" 0 received") > 0, "a wrong key was accepted"
    lab.hostA.ping("10.1.2.2", count=2)

    # INET's second half carries less: ICMP about GRE reaches the tunnel's device and its display
    lab.INET.sh("ip link set rtb mtu 1300")
    lab.RTB.sh("ip link set %s mtu 1300" % lab.RTB.state("display interface")[1]["device"])

    def shown_mtu():
        rows = lab.RTA.state("display interface")
        return [row["mtu"] for row in rows if row["name"] == "Tunnel0/0/1"][0]

    assert shown_mtu() == 1500 - 32, shown_mtu()
    lab.hostA.ping("10.1.2.2", extra=("-M", "do", "-s", "1400"), check=False)
    wait_for("the MTU that was learned", lambda: shown_mtu() == 1300 - 32)
    link = lab.RTA.sh("ip link show Tunnel0-0-1")
    assert "mtu 1268 " in link, link
    wait_for("a host that has learned it too", lambda: not lab.hostA.ping(
        "10.1.2.2", extra=("-M", "do", "-s", str(1268 - 28 + 1)), check=False))
    lab.hostA.ping("10.1.2.2", extra=("-M", "do", "-s", str(1268 - 28)))

    # the configuration that is shown loads again and changes nothing
    text = lab.RTA.cli("display current-configuration")
    path = os.path.join(lab.tmp, "shown.cfg")
    open(path, "w").write(text)
    lab.RTA.batch(path)
    assert lab.RTA.cli("display current-configuration") == text
    lab.hostA.ping("10.1.2.2", count=2)
print("1-gre: ok")
