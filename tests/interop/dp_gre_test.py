#!/usr/bin/python3
"""GRE of two real datapaths over real sockets: IPv4 and IPv6 outside and inside, keepalives."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import bed  # noqa: E402

OUTER = {4: "198.51.100.%d", 6: "2001:db8::%d"}


def tunnels(b, family, extra=""):
    feeds = []
    for ns, me, him in ((b.gwa, 1, 2), (b.gwb, 2, 1)):
        f = b.feed(ns)
        f.say("tun 1 t0 tunnel")
        f.say("raw 2 gre" + ("6" if family == 6 else ""))
        f.say("dp_tunnel port=1 source=%s destination=%s up=1 mtu=1400 %s"
              % (OUTER[family] % me, OUTER[family] % him, extra))
        b.tunnel(f, him, mtu=1400)
        feeds.append(f)
    return feeds


def payloads_cross():
    """Small, large and fragmented pings of both families, and TCP, over both families."""
    for family in (4, 6):
        with bed.Bed() as b:
            feeds = tunnels(b, family, "sequence=1 checksum=1 has_key=1 key=99 mss=1200")
            b.start_counting()
            for to in ("10.1.2.2", "fd00:2::2"):
                for size in ("56", "1300", "9000"):
                    # the first two may only teach the hosts the path's MTU
                    assert any(b.hosta.ping(to, "-s", size) for _ in range(3)), (family, to, size)
                b.hostb.popen("iperf3", "-s", "-1", stdout=-3, stderr=-3)
                b.hostb.sh("until ss -ltn | grep -q 5201; do :; done")
                out = b.hosta.run("iperf3", "-c", to, "-n", "20M", "-f", "m")
                assert "receiver" in out, out
            for f in feeds:
                f.no_drops()


def too_long_for_the_device():
    """A tunnel whose MTU is beyond the path: what is encapsulated is cut, and arrives."""
    for family in (4, 6):
        with bed.Bed() as b:
            feeds = tunnels(b, family)
            for f in feeds:
                f.ns.sh("ip link set t0 mtu 3000")
            b.start_counting()
            assert b.hosta.ping("10.1.2.2", "-s", "1472", "-M", "dont"), family
            for f in feeds:
                f.no_drops()


def keepalives():
    """Both answer; a cut takes the line down within period × retries, and mending brings it up."""
    for family in (4, 6):
        with bed.Bed() as b:
            a, _ = tunnels(b, family,
                           "keepalive=1 keepalive_period_ms=100 keepalive_retries=3 has_key=1 key=3")

            def seen():
                return a.rows("keepalive")[0]
            bed.until("answers", lambda: seen()["received_answers"] >= 3 and seen()["line_up"])
            assert seen()["received_requests"] and seen()["sent_answers"], seen()
            b.gwb.sh("ip link set wan down")
            bed.until("the line down", lambda: not seen()["line_up"])
            b.gwb.sh("ip link set wan up; ip -6 addr replace 2001:db8::2/64 dev wan")
            bed.until("the line up", lambda: seen()["line_up"])
            a.say("wait dp_tunnel_line")  # the daemon is told of it


def main():
    bed.need_root()
    for test in (payloads_cross, too_long_for_the_device, keepalives):
        test()
        print("ok", test.__name__)


if __name__ == "__main__":
    main()
