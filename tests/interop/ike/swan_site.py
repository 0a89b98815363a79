"""One end ours, the other strongSwan's, INET between: what the IKE interoperability tests are made of.

A test says what differs from the base case (site to site, preshared key, ESP in tunnel mode) on either
side; ours is VRP lines, theirs swanctl.conf. `fake`: charon's kernel is played by fakexfrm.so, so that all
can be negotiated and keys be compared, and no packets pass.
"""
import os
import sys

TOP = os.environ.get("YONGDAO_TOP") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
sys.path.insert(0, os.path.join(TOP, "tests", "lab"))
from lab import Capture, Lab, need_root, wait_for  # noqa: E402,F401
from strongswan import StrongSwan, missing  # noqa: E402

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
ACL = """acl number 3101
 rule 5 permit ip source 10.1.1.0 0.0.0.255 destination 10.1.2.0 0.0.0.255
#
"""
IKE = """ike proposal 10
%(ike)s
#
ike peer site
 undo version 1
 pre-shared-key cipher %(secret)s
 ike-proposal 10
 remote-address %(remote)s
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


def lines(text):
    """Several lines, each in its view."""
    return "\n".join(" " + line.strip() for line in text.strip().splitlines())


def ours(ike=" dh group19", esp="", peer="", policy="", acl=ACL, base=BASE, tail=POLICY,
         secret=SECRET, remote=THEIRS, acl_number="3101", **_):
    """Our configuration; ike, peer, esp and policy are lines of their views."""
    values = dict(ike=lines(ike), esp=lines(esp), peer=lines(peer), policy=lines(policy),
                  secret=secret, remote=remote, acl_number=acl_number)
    text = base + acl + IKE % values + tail % values
    return "\n".join(line for line in text.splitlines() if line.strip()) + "\n"


def theirs(ike="aes256-sha256-ecp256", esp="aes256-sha256", conn="", child="", ts=NETS, children="",
           local=THEIRS, remote=OURS, local_id=None, remote_id=None, secret=SECRET, ah=None, **_):
    """Their configuration; conn and child are lines of their sections."""
    child += "\nah_proposals = " + ah if ah else "\nesp_proposals = " + esp
    return SWAN % dict(ike=ike, conn=conn, child=child, ts=ts, children=children, local=local,
                       remote=remote, local_id=local_id or local, remote_id=remote_id or remote,
                       secret=secret)


class Site(Lab):
    """with Site(us=dict(…), them=dict(…)) as s: both run; s.us is our router, s.them charon."""

    def __init__(self, us=None, them=None, fake=False, extra="", level=1, v6=False):
        super().__init__()
        self.our_config, self.their_config = us or {}, them or {}
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
        self.us.start()
        self.configure(**self.our_config)

    def before(self):
        """For labs with a NAT and the like: the wires are there, nobody speaks yet."""

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
        self.hostA.ping("10.1.2.2", count=count)
        self.hostB.ping("10.1.1.2", count=count)

    def errors(self):
        return self.us.state("display ike error-info")

    def error(self, **want):
        """Waits for a record of a failed negotiation with these fields."""
        def find():
            return [e for e in self.errors()
                    if all(str(v) in str(e.get(k)) for k, v in want.items())]
        return wait_for("an error record %r, there are %r" % (want, self.errors()), find)[0]
