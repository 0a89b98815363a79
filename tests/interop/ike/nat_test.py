#!/usr/bin/python3
"""IKE and ESP through NAT, one end strongSwan's: in front of us, of both, enforced, and one that forgets its mapping.

After strongSwan's ikev2/nat-rw, double-nat-net, force-udp-encap, mobike-nat-mappings, host2host-transport-nat.
"""
import sys

from swan_site import OURS, THEIRS, Site, missing, need_root, wait_for

need_root()
if missing():
    print("SKIP: apt-get install %s" % missing()[0])
    sys.exit(77)

INSIDE, OUTSIDE = "198.51.100.254", "203.0.113.254"  # INET's addresses


class Nat(Site):
    """INET hides us behind its own address; both=True: them as well, whom we reach at INET's."""

    def __init__(self, both=False, **kw):
        self.both = both
        super().__init__(**kw)

    def before(self):
        self.map(40000)
        if self.both:
            self.INET.sh("nft add chain ip nat pre '{ type nat hook prerouting priority -100; }'")
            self.INET.sh("nft add rule ip nat pre iifname rta ip daddr %s udp dport { 500, 4500 }"
                         " dnat to %s" % (INSIDE, THEIRS))

    def map(self, port):
        """Ports from here on are ours; what was before is forgotten."""
        self.INET.sh("nft add table ip nat; nft add chain ip nat post '{ type nat hook postrouting"
                     " priority 100; }'; nft flush chain ip nat post")
        for i, p in enumerate((500, 4500)):
            self.INET.sh("nft add rule ip nat post oifname rtb udp sport %d masquerade to :%d-%d"
                         % (p, port + 100 * i, port + 100 * i + 50))
        self.INET.sh("conntrack -F", check=False)


def seen_port(s):
    return int(s.them.sas()[0]["remote-port"])


def nat_rw():
    with Nat(them=dict(remote="%any", remote_id=OURS)) as s:
        child, = s.both_up()
        assert child["encapsulated"], child
        ike, = s.our_ike()
        assert ike["nat_local"] and ike["remote_port"] == 4500, ike
        assert 40100 <= seen_port(s) <= 40150, seen_port(s)
        s.passes()
        s.transfer(2)


def double_nat_net():
    with Nat(both=True, us=dict(remote=INSIDE, peer="remote-id-type ip\nremote-id " + THEIRS),
             them=dict(remote="%any", remote_id=OURS)) as s:
        s.both_up()
        ike, = s.our_ike()
        assert ike["nat_local"] and ike["nat_remote"], ike
        s.passes()
        s.transfer(2)


def nat_mappings():
    """The NAT forgets us: what we send next comes from another port, and both follow, packets and IKE."""
    with Nat(them=dict(remote="%any", remote_id=OURS), us=dict(
            peer="dpd type periodic\ndpd idle-time 10\ndpd retransmit-interval 2")) as s:
        s.both_up()
        s.passes()
        s.map(50000)
        wait_for("a ping", lambda: s.hostA.ping("10.1.2.2", check=False), limit=60)
        s.passes()
        s.us.cli("reset ipsec sa")  # IKE itself goes on there
        s.both_up()
        s.passes()


def force_udp_encap():
    """No NAT: they pretend one, and everything goes in UDP."""
    with Site() as s:
        child, = s.both_up()
        assert child["encapsulated"] and child["remote_port"] == 4500, child
        s.passes()


def main():
    tests = (nat_rw, double_nat_net, nat_mappings, force_udp_encap)
    for test in tests:
        if sys.argv[1:] and test.__name__ not in sys.argv[1:]:
            continue
        test()
        print("  %s: ok" % test.__name__, flush=True)
    print("nat: ok")


main()
