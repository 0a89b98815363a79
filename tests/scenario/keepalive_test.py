#!/usr/bin/python3
"""GRE keepalive: cutting INET takes the line protocol down, and the static route with it; it comes back."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import Capture, Lab, need_root, wait_for  # noqa: E402

need_root()


def line_up(router):
    return [r["proto_up"] for r in router.state("display interface")
            if r["name"] == "Tunnel0/0/1"][0]


def shown(router):
    """Lines of `display ip routing-table` for the LAN behind the tunnel."""
    return [r for r in router.state("display ip routing-table")
            if r["destination"] == "10.1.2.0/24"]


def in_kernel(router):
    return router.sh("ip route show 10.1.2.0/24").strip()


def routed(router):
    """The static route is displayed, is in the kernel, and is what a packet would take."""
    chosen = "dev Tunnel0-0-1" in router.sh("ip route get 10.1.2.2 2>&1 || true")
    return (shown(router) and shown(router)[0]["protocol"].lower() == "static" and chosen
            and "dev Tunnel0-0-1" in in_kernel(router))


with Lab() as lab:
    lab.start("1-gre")
    # RTB answers with its own keepalive off
    lab.RTB.cli("system-view", "interface Tunnel 0/0/1", "undo keepalive")
    lab.RTA.cli("system-view", "interface Tunnel 0/0/1", "keepalive period 1 retry-times 3")
    wire = Capture(lab.INET, "rta")
    # the request encloses the answer: IP, GRE with key and checksum, IP, GRE of protocol type 0
    request = "proto 47 and src 198.51.100.1 and ip[22:2] = 0x0800 and ip[32+9] = 47"
    answer = "proto 47 and src 203.0.113.1 and ip[22:2] = 0"
    wait_for("a keepalive and its answer", lambda: wire.count(request) and wire.count(answer))
    wire.stop()
    assert line_up(lab.RTA) and routed(lab.RTA), (shown(lab.RTA), in_kernel(lab.RTA))
    lab.INET.sh("ip link set rtb down")
    wait_for("line protocol down", lambda: not line_up(lab.RTA), limit=10)
    wait_for("the static route withdrawn from the table and from the kernel",
             lambda: not shown(lab.RTA) and not in_kernel(lab.RTA), limit=5)
    assert "Line protocol current state : DOWN" in lab.RTA.cli("display interface Tunnel 0/0/1")
    lab.INET.sh("ip link set rtb up")
    wait_for("line protocol up", lambda: line_up(lab.RTA) and routed(lab.RTA), limit=15)
    wait_for("traffic", lambda: lab.hostA.ping("10.1.2.2", check=False))
    out = lab.RTA.cli("system-view", "interface Tunnel 0/0/1", "display keepalive packets count")
    assert "keepalive packets to peers" in out and "keepalive response packets" in out, out

# the same with IPv6 outside: the routes of both families go and come with the line protocol
with Lab() as lab:
    lab.ipv6().start("gre-ipv6")
    lab.RTA.cli("system-view", "interface Tunnel 0/0/1", "keepalive period 1 retry-times 3")

    def routes():
        rows = lab.RTA.state("display ip routing-table") + lab.RTA.state("display ipv6 routing-table")
        kernel = lab.RTA.sh("ip route show 10.1.2.0/24; ip -6 route show 2001:db8:2::/64")
        return (sum(r["destination"] in ("10.1.2.0/24", "2001:db8:2::/64") for r in rows),
                kernel.count("dev Tunnel0-0-1"))
    wait_for("traffic", lambda: lab.hostA.ping("2001:db8:2::2", check=False))
    assert line_up(lab.RTA) and routes() == (2, 2), routes()
    lab.INET.sh("ip link set rtb down")
    wait_for("line protocol down", lambda: not line_up(lab.RTA), limit=10)
    wait_for("the static routes withdrawn", lambda: routes() == (0, 0), limit=5)
    lab.INET.sh("ip link set rtb up; ip addr replace 2001:db8:b::fe/64 dev rtb nodad")
    wait_for("line protocol up", lambda: line_up(lab.RTA) and routes() == (2, 2), limit=15)
    wait_for("traffic", lambda: lab.hostA.ping("2001:db8:2::2", check=False))
print("keepalive: ok")
