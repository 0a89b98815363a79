#!/usr/bin/python3
"""SIGTERM leaves the kernel as it was found, foreign routes and addresses untouched; also after a SIGKILL."""
import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import Lab, need_root  # noqa: E402

need_root()

KNOBS = ("ip_forward", "conf.all.send_redirects", "conf.all.rp_filter", "conf.default.rp_filter",
         "conf.all.ignore_routes_with_linkdown", "conf.wan.rp_filter", "conf.lan.rp_filter",
         "conf.wan.send_redirects", "conf.lan.send_redirects")


def kernel(node):
    """All that a router may touch in its namespace."""
    out = ["# links", node.sh("ip -o link show"), "# addresses", node.sh("ip -o addr show"),
           "# routes", node.sh("ip route show table all"), "# rules", node.sh("ip rule show"),
           "# filter", node.sh("nft list ruleset"), "# sysctl"]
    out += [node.sh("sysctl -e net.ipv4." + k) for k in KNOBS]
    text = "\n".join(out)
    text = re.sub(r"(state|qlen|qdisc) \S+", "", text)
    return re.sub(r"(valid_lft|preferred_lft) \S+", "", text)


def same(what, want, got):
    if want != got:
        import difflib
        print("\n".join(difflib.unified_diff(want.splitlines(), got.splitlines(), lineterm="")))
        raise AssertionError(what)


with Lab() as lab:
    a = lab.RTA
    # an operator's own things: an address that the configuration also names, a route, a rule
    a.sh("ip addr add 198.51.100.1/24 dev wan")
    a.sh("ip addr add 192.0.2.1/32 dev lo")
    a.sh("ip route add 192.0.2.64/26 via 198.51.100.254")
    a.sh("ip rule add pref 500 from 192.0.2.1 lookup main")
    found = kernel(a)
    for example in ("1-gre", "2-ipsec-manual"):
        lab.start(example)
        lab.hostA.ping("10.1.2.2", count=2)
        a.stop()
        same("after SIGTERM of " + example, found, kernel(a))
        a.start()
        lab.hostA.ping("10.1.2.2", count=2)
        a.stop(signal.SIGKILL)
        a.start()
        lab.hostA.ping("10.1.2.2", count=2)
        a.stop()
        same("after SIGKILL, start and SIGTERM of " + example, found, kernel(a))
        lab.RTB.stop()
        for r in (lab.RTA, lab.RTB):
            for f in os.listdir(r.dir):
                if os.path.isfile(os.path.join(r.dir, f)):
                    os.unlink(os.path.join(r.dir, f))
print("stop: ok")
