#!/usr/bin/python3
"""IKE handshakes: how many a second, what they cost and what they leave in memory, our router and
strongSwan's charon in one run, loaded by the same initiators (ike_load.c).

usage: bench_ike.py [-g GROUP] [-w AT_ONCE] [-n N,N] [ours|charon …]
   GROUP: group31 (x25519), group19 (ecp256), group14 (modp2048)
Needs root, `make ike_load fakexfrm.so` in build/ (or $YONGDAO_BUILD) and the installed programs. Compare within
one run only.

A handshake is IKE_SA_INIT and IKE_AUTH: one IKE SA and one pair of ESP SAs, AES-128 and SHA2-256 in both, a
pre-shared key, an fqdn for each initiator; the responder has one peer that may be anywhere and be anybody, and
narrows what it protects to one address. Initiators have an address each. Fewer are at once than either
responder's limit for cookies (30), so that both answer at once. charon: kernel faked by fakexfrm.so, which says
yes and keeps nothing, no routes, no log, its own 16 threads, its table of IKE SAs as large as it is asked to be;
ours: yongd, yongike and yongdp, with the SAs installed in yongdp.

CPU is user and system time of the responder's processes; memory is the growth of their proportional share
(Pss), both divided by the handshakes.
"""
import argparse
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import Net, Node, Router, need_root, wait_for  # noqa: E402
from strongswan import StrongSwan, missing  # noqa: E402

HERE, LIMIT = "198.51.100.1", 1200
GROUPS = {"group31": "curve25519", "group19": "ecp256", "group14": "modp2048"}
OURS = """sysname HUB
interface GigabitEthernet 0/0/0
 ip address 10.1.1.1 24
#
interface GigabitEthernet 0/0/1
 ip address 198.51.100.1 24
#
ip route-static 0.0.0.0 0.0.0.0 198.51.100.254
acl number 3101
 rule 5 permit ip source 10.1.1.0 0.0.0.255 destination 10.128.0.0 0.0.255.255
#
ike proposal 10
 encryption-algorithm aes-128
 authentication-algorithm sha2-256
 integrity-algorithm hmac-sha2-256
 prf hmac-sha2-256
 dh %s
#
ike peer anybody
 undo version 1
 pre-shared-key cipher Road@2Walls
 ike-proposal 10
#
ipsec proposal prop1
 esp authentication-algorithm sha2-256
 esp encryption-algorithm aes-128
#
ipsec policy vpn 10 isakmp
 security acl 3101
 ike-peer anybody
 proposal prop1
#
interface GigabitEthernet 0/0/1
 ipsec policy vpn
#
"""
THEIRS = """
connections {
  hub {
    version = 2
    local_addrs = 198.51.100.1
    proposals = aes128-sha256-%s
    local { auth = psk
            id = 198.51.100.1 }
    remote { auth = psk }
    children { net {
      local_ts = 10.1.1.0/24
      remote_ts = 10.128.0.0/16
      esp_proposals = aes128-sha256
    } }
  }
}
secrets { ike-1 { secret = "Road@2Walls" } }
"""
TUNED = """
  install_routes = no
  ikesa_table_size = 16384
  ikesa_table_segments = 16
"""


class Bed(Net):
    """The responder's namespace, that of all initiators, and a host for the responder's LAN."""

    def up(self):
        self.hub, self.sites = self.add(Router, "HUB"), self.add(Node, "SITES")
        self.host = self.add(Node, "HOST")
        self.link(self.hub, "lan", self.host, "eth0")
        self.link(self.hub, "wan", self.sites, "net")
        self.sites.sh("ip addr add 198.51.100.254/24 dev net"
                      " && ip route add local 10.200.0.0/16 dev lo")

    def start_ours(self, group):
        path = os.path.join(self.tmp, "hub.cfg")
        with open(path, "w") as f:
            f.write(OURS % group)
        self.hub.start()
        self.hub.batch(path)
        wait_for("yongike", lambda: self.hub.child("yongike"))
        return {"yongd": self.hub.daemon.pid, "yongike": self.hub.child("yongike"),
                "yongdp": self.hub.child("yongdp")}

    def start_charon(self, group):
        self.hub.sh("ip addr add 10.1.1.1/24 dev lan && ip addr add 198.51.100.1/24 dev wan"
                    " && ip route add default via 198.51.100.254")
        charon = StrongSwan(self.hub, THEIRS % GROUPS[group], mode="fake", extra=TUNED, level=-1,
                            keep=False)
        return {"charon": charon.p.pid}


def cpu(pid):
    fields = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pss(pid):
    """Bytes."""
    return int(re.search(r"^Pss:\s+(\d+)", open("/proc/%d/smaps_rollup" % pid).read(), re.M)[1]) << 10


def load_program():
    for d in (os.environ.get("YONGDAO_BUILD"), os.getcwd(), "build"):
        if d and os.path.exists(os.path.join(d, "ike_load")):
            return os.path.join(d, "ike_load")
    sys.exit("ike_load is not built: make ike_load")


def measure(who, n, group, at_once):
    with Bed() as bed:
        pids = getattr(bed, "start_" + who)(group)
        before = {name: (cpu(pid), pss(pid)) for name, pid in pids.items()}
        load = bed.sites.popen(load_program(), "-n", str(n), "-w", str(at_once), "-g", group, HERE,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for line in load.stdout:
            print("  %-7s %s" % (who, line.rstrip()), file=sys.stderr, flush=True)
            if line.startswith("all"):
                break
        else:
            raise AssertionError("ike_load ended")
        rate = float(re.search(r"([\d.]+) handshakes", line)[1])
        cost = {name: ((cpu(pid) - before[name][0]) / n, (pss(pid) - before[name][1]) / n)
                for name, pid in pids.items()}
        load.stdin.close()
        return rate, cost


def show(who, n, rate, cost):
    each = "" if len(cost) == 1 else "  (%s)" % ", ".join(
        "%s %.0f us %.1f KB" % (name, c * 1e6, m / 1024) for name, (c, m) in cost.items())
    print("| %s | %d | %.0f | %.0f | %.1f |%s" % (
        who, n, rate, 1e6 * sum(c for c, m in cost.values()),
        sum(m for c, m in cost.values()) / 1024, each), flush=True)


def main():
    need_root()
    p = argparse.ArgumentParser()
    p.add_argument("-g", choices=sorted(GROUPS), default="group31")
    p.add_argument("-w", type=int, default=24)
    p.add_argument("-n", default="1000,10000")
    p.add_argument("who", nargs="*", default=["ours", "charon"])
    a = p.parse_args()
    if "charon" in a.who and missing():
        sys.exit("SKIP: there is no strongSwan: " + " ".join(missing()))
    print("| %s | SAs | handshakes/s | CPU us each | KB each |\n|---|---|---|---|---|" % a.g)
    for n in (int(n) for n in a.n.split(",")):
        got = {who: measure(who, n, a.g, a.w) for who in a.who}
        for who, (rate, cost) in got.items():
            show(who, n, rate, cost)


if __name__ == "__main__":
    main()
