#!/usr/bin/python3
"""GRE keepalive: cutting INET takes the line protocol down, and the static route with it; it comes back.
In clear, with IPv6 outside, and protected by a profile."""
import os
import re
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
# protected: both ends probe, through all headers that keepalives can have around them
PROFILE = [
    "system-view", "ipsec proposal prop1", "transform ah-esp", "encapsulation-mode tunnel",
    "ah authentication-algorithm sha2-512", "esp authentication-algorithm sha2-512",
    "esp encryption-algorithm aes-256", "quit", "ipsec profile roads", "proposal prop1",
    *("sa string-key %s %s simple Road@2Walls" % (way, protocol)
      for way in ("inbound", "outbound") for protocol in ("ah", "esp"))]


def profile(router, outbound, inbound):
    spis = ["sa spi %s %s %d" % (way, protocol, spi + (protocol == "ah"))
            for way, spi in (("outbound", outbound), ("inbound", inbound))
            for protocol in ("ah", "esp")]
    router.cli(*PROFILE, *spis, "quit", "interface Tunnel 0/0/1", "ipsec profile roads")


def protected(lab, protocol):
    """Both lines stay up with keepalives on the wire, go down when INET is cut, and come back."""
    routers = {lab.RTA: "10.1.2.0/24", lab.RTB: "10.1.1.0/24"}
    for r in routers:
        r.cli("system-view", "interface Tunnel 0/0/1", "keepalive period 1 retry-times 3")

    def up(r):
        return line_up(r) and "dev Tunnel0-0-1" in r.sh("ip route show " + routers[r])

    def gone(r):
        rows = [n["destination"] for n in r.state("display ip routing-table")]
        return not line_up(r) and routers[r] not in rows and \
            not r.sh("ip route show " + routers[r]).strip()

    def answers(r):
        out = r.yongsh("-j", "-c", "system-view", "-c", "interface Tunnel 0/0/1",
                       "-c", "display keepalive packets count")
        return int(re.search(r'"received_answers": ?(\d+)', out).group(1))
    wait_for("traffic", lambda: lab.hostA.ping("10.1.2.2", check=False))
    wire = Capture(lab.INET, "rta", expression=protocol)
    before = {r: answers(r) for r in routers}
    # longer than the retries, and nothing came in between: the lines are what keepalives say
    wait_for("answers to both", lambda: all(answers(r) > before[r] + 4 for r in routers))
    assert all(up(r) for r in routers), [r.name for r in routers if not up(r)]
    wire.stop()
    assert wire.count(protocol) > 10, wire.show(9)
    lab.INET.sh("ip link set rtb down")
    wait_for("both lines down, and the routes withdrawn", lambda: all(gone(r) for r in routers),
             limit=15)
    lab.INET.sh("ip link set rtb up")
    if lab.has_ipv6:
        lab.INET.sh("ip addr replace 2001:db8:b::fe/64 dev rtb nodad")
    wait_for("both lines up", lambda: all(up(r) for r in routers), limit=15)
    wait_for("traffic", lambda: lab.hostA.ping("10.1.2.2", check=False))


with Lab() as lab:
    lab.start("gre-over-ipsec-manual")
    protected(lab, "ip proto 50")
with Lab() as lab:
    lab.ipv6().start("gre-ipv6")
    profile(lab.RTA, 54320, 12340)
    profile(lab.RTB, 12340, 54320)
    protected(lab, "ip6 proto 51")
print("keepalive: ok")
