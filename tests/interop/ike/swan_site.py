"""One end ours, the other strongSwan's, INET between: what the IKE interoperability tests are made of.

A test says what differs from the base case (site to site, preshared key, ESP in tunnel mode) on either
side; ours is VRP lines, theirs swanctl.conf. `fake`: charon's kernel is played by fakexfrm.so, so that all
can be negotiated and keys be compared, and no packets pass. `times`: our IKE lives so much faster.
"""
import os
import re
import sys

TOP = os.environ.get("YONGDAO_TOP") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
sys.path.insert(0, os.path.join(TOP, "tests", "lab"))
from lab import ROOT, Capture, Lab, need_root, run, wait_for  # noqa: E402,F401
from strongswan import StrongSwan, missing, preloaded  # noqa: E402,F401

OURS, THEIRS = "198.51.100.1", "203.0.113.1"
OURS6, THEIRS6 = "2001:db8:a::1", "2001:db8:b::1"
SECRET = "Road@2Walls"

BASE = """sysname RTA
interface GigabitEthernet 0/0/0
 ip address 10.1.1.1 24
#
interface GigabitEthernet 0/0/1
 ip address 198.51.100.1 24
#
ip route-static 0.0.0.0 0.0.0.0 198.51.100.254
"""
V6 = """ipv6
interface GigabitEthernet 0/0/0
 ipv6 enable
 ipv6 address 2001:db8:1::1 64
#
interface GigabitEthernet 0/0/1
 ipv6 enable
 ipv6 address 2001:db8:a::1 64
#
ipv6 route-static :: 0 2001:db8:a::fe
"""
ACL = """acl number 3101
 rule 5 permit ip source 10.1.1.0 0.0.0.255 destination 10.1.2.0 0.0.0.255
#
"""
LAN6 = """acl ipv6 number 3101
 rule 5 permit ipv6 source 2001:db8:1::/64 destination 2001:db8:2::/64
#
"""
IKE = """ike proposal 10
%(ike)s
#
ike peer site
 undo version 1
 pre-shared-key cipher %(secret)s
 ike-proposal 10
%(remote)s
%(peer)s
#
ipsec proposal prop1
%(esp)s
#
"""
POLICY = """ipsec policy vpn 10 isakmp
 security acl %(acl_number)s
 ike-peer site
 proposal prop1
%(policy)s
#
interface GigabitEthernet 0/0/1
 ipsec policy vpn
#
"""
POLICY6 = """ipsec policy vpn 10 isakmp
 security acl ipv6 3101
 ike-peer site
 proposal prop1
%(policy)s
#
interface GigabitEthernet 0/0/1
 ipsec policy vpn
#
"""
SWAN = """
connections {
  road {
    version = 2
    local_addrs = %(local)s
    remote_addrs = %(remote)s
    proposals = %(ike)s
    %(conn)s
    local { auth = psk
            id = %(local_id)s }
    remote { auth = psk
             id = %(remote_id)s }
    children { net {
      %(ts)s
      %(child)s
    } }
    %(children)s
  }
}
secrets { ike-1 { secret = "%(secret)s" } }
"""
NETS = "local_ts = 10.1.2.0/24\nremote_ts = 10.1.1.0/24"
NETS6 = "local_ts = 2001:db8:2::/64\nremote_ts = 2001:db8:1::/64"


def lines(text):
    """Several lines, each in its view."""
    return "\n".join(" " + line.strip() for line in text.strip().splitlines())


def ours(ike=" dh group19", esp="", peer="", policy="", acl=ACL, base=BASE, tail=POLICY,
         secret=SECRET, remote=THEIRS, acl_number="3101", **_):
    """Our configuration; ike, peer, esp and policy are lines of their views."""
    values = dict(ike=lines(ike), esp=lines(esp), peer=lines(peer), policy=lines(policy),
                  secret=secret, remote=" remote-address " + remote if remote else "",
                  acl_number=acl_number)
    text = base + acl + IKE % values + tail % values
    return "\n".join(line for line in text.splitlines() if line.strip()) + "\n"


def theirs(ike="aes256-sha256-ecp256", esp="aes256-sha256", conn="", child="", ts=NETS, children="",
           local=THEIRS, remote=OURS, local_id=None, remote_id=None, secret=SECRET, ah=None, **_):
    """Their configuration; conn and child are lines of their sections."""
    child += "\nah_proposals = " + ah if ah else "\nesp_proposals = " + esp
    return SWAN % dict(ike=ike, conn=conn, child=child, ts=ts, children=children, local=local,
                       remote=remote, local_id=local_id or local, remote_id=remote_id or remote,
                       secret=secret)


def no_gaps(out, count=1, most=0):
    """ping's output: what is missing before the last answer was lost, what comes after it is on its way."""
    got = {int(n) for n in re.findall(r"icmp_seq=(\d+) ttl", out)}
    lost = sorted(set(range(1, max(got or [1]))) - got)
    assert len(got) >= count and len(lost) <= most, (lost, out[-300:])


class Site(Lab):
    """with Site(us=dict(…), them=dict(…)) as s: both run; s.us is our router, s.them charon."""

    def __init__(self, us=None, them=None, fake=False, extra="", level=1, v6=False, times=1):
        super().__init__()
        self.our_config, self.their_config = us or {}, them or {}
        self.times = times
        self.fake, self.extra, self.level, self.v6 = fake, extra, level, v6

    def up(self):
        super().up()
        if self.v6:
            self.ipv6()
        self.before()
        self.them = StrongSwan(self.foreign(self.RTB), theirs(**self.their_config),
                               mode="fake" if self.fake else "libipsec", extra=self.extra,
                               level=self.level)
        self.us = self.RTA
        if self.times != 1:
            self.us.options = ["-x", self.hurried()]
        self.us.start()
        self.configure(**self.our_config)

    def before(self):
        """For labs with a NAT and the like: the wires are there, nobody speaks yet."""

    def hurried(self):
        """The programs that yongd starts, with yongike under a clock that runs fast."""
        here = os.path.join(ROOT, "libexec", "yongdao")
        there = os.path.join(self.tmp, "libexec")
        os.mkdir(there)
        for name in os.listdir(here):
            os.symlink(os.path.join(here, name), os.path.join(there, name))
        os.unlink(os.path.join(there, "yongike"))
        with open(os.path.join(there, "yongike"), "w") as f:
            f.write("#!/bin/sh\nLD_PRELOAD='%s' FASTCLOCK=%d exec '%s/yongike'\n" % (
                preloaded("fastclock.so"), self.times, here))
        os.chmod(f.name, 0o755)
        return there

    def configure(self, **us):
        path = os.path.join(self.tmp, "ours.cfg")
        with open(path, "w") as f:
            f.write(ours(**us))
        self.us.batch(path)

    # --- what is up ----------------------------------------------------------------------

    def our_ike(self, state="established"):
        return [s for s in self.us.state("display ike sa verbose")
                if s.get("state") == state and "spi_i" in s]

    def our_children(self, state="established"):
        return [s for s in self.us.state("display ike sa verbose")
                if s.get("state") == state and "spi_in" in s]

    def both_up(self, n=1):
        """n CHILD SAs at each end, each the other's mirror; ours are returned."""
        def match():
            a, b = self.our_children(), self.them.children()
            pairs = {("%08x" % c["spi_in"], "%08x" % c["spi_out"]) for c in a}
            return len(a) == n and pairs == {(c["spi-out"].zfill(8), c["spi-in"].zfill(8))
                                             for c in b} and a
        return wait_for("%d CHILD SAs at both ends" % n, match)

    def start(self):
        """Whoever is to: `s.them.initiate("net")`, or ours, who starts by himself."""
        return self.both_up()

    def passes(self, count=4):
        """Hosts behind the two reach each other."""
        wait_for("a ping", lambda: self.hostA.ping("10.1.2.2", check=False))
        self.none_lost(self.hostA, "10.1.2.2", count)
        self.none_lost(self.hostB, "10.1.1.2", count)

    def none_lost(self, host, to, count=4):
        """So many answers, without a gap; ping itself has no patience with the last."""
        no_gaps(host.run("ping", "-n", "-c", str(count), "-i", "0.05", "-w", "20", to, check=False), count)

    def errors(self):
        return self.us.state("display ike error-info")

    def error(self, **want):
        """Waits for a record of a failed negotiation with these fields."""
        def find():
            return [e for e in self.errors()
                    if all(str(v) in str(e.get(k)) for k, v in want.items())]
        return wait_for("an error record %r, there are %r" % (want, self.errors()), find)[0]


# --- scenarios of a file -------------------------------------------------------------------

SCENARIOS = {}
BY_THEM = "sa trigger-mode traffic-based"  # we wait


def scenario(fn):
    """One of the file's, by strongSwan's name."""
    SCENARIOS[fn.__name__.replace("_", "-")] = fn
    return fn


def roles(us=None, them=None, **kw):
    """The same twice: we begin, then they do."""
    for who in ("ours", "theirs"):
        mine = dict(us or {})
        if who == "theirs":
            mine["policy"] = mine.get("policy", "") + "\n" + BY_THEM
        with Site(us=mine, them=them, **kw) as s:
            if who == "theirs":
                s.them.initiate("net", check=False)
            yield who, s


def main(what):
    """All of the file's scenarios, or those that are named."""
    need_root()
    if missing():
        print("SKIP: apt-get install %s" % missing()[0])
        sys.exit(77)
    failed = []
    for name in sys.argv[1:] or list(SCENARIOS):
        try:
            SCENARIOS[name]()
            print("  %s: ok" % name, flush=True)
        except AssertionError as e:
            failed.append(name)
            print("  %s: FAILED: %s" % (name, str(e)[-1500:]), flush=True)
    assert not failed, "failed: %s" % " ".join(failed)
    print("%s: ok" % what)
