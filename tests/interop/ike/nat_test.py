#!/usr/bin/python3
"""IKE and ESP through NAT, one end strongSwan's: in front of us, of them, of both, enforced, one that forgets its
mapping; transport mode, whose checksums are of the addresses at the other side of it (RFC 3948).

After strongSwan's ikev2/nat-rw, double-nat-net, force-udp-encap, mobike-nat-mappings, host2host-transport-nat.
"""
from swan_site import BY_THEM, OURS, THEIRS, Site, main, scenario, wait_for

INSIDE, OUTSIDE = "198.51.100.254", "203.0.113.254"  # INET's addresses
TRANSPORT = "encapsulation-mode transport"
HOSTS = """acl number 3101
 rule 5 permit ip source 198.51.100.1 0 destination %s 0
#
"""
ECHO = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.5)
for n in range(40):
    try:
        s.sendto(b"still the same %d" % n, (sys.argv[1], 7))
        if s.recv(99).startswith(b"still the same"):
            print("same")
            break
    except OSError:
        pass
"""


class Nat(Site):
    """INET hides us behind its own address, or them, whom we reach at INET's, or both."""

    def __init__(self, ours=True, theirs=False, **kw):
        self.hides = ours, theirs
        super().__init__(**kw)

    def before(self):
        ours, theirs = self.hides
        self.INET.sh("nft add table ip nat; nft add chain ip nat post '{ type nat hook postrouting"
                     " priority 100; }'; nft add chain ip nat pre '{ type nat hook prerouting priority -100; }'")
        if ours:
            self.map(40000)
        if theirs:
            self.masquerade("rta", 41000)
            self.INET.sh("nft add rule ip nat pre iifname rta ip daddr %s udp dport { 500, 4500 }"
                         " dnat to %s" % (INSIDE, THEIRS))

    def masquerade(self, device, port):
        for i, p in enumerate((500, 4500)):
            self.INET.sh("nft add rule ip nat post oifname %s udp sport %d masquerade to :%d-%d"
                         % (device, p, port + 100 * i, port + 100 * i + 50))

    def map(self, port):
        """Our ports from here on; what was before is forgotten."""
        self.INET.sh("nft flush chain ip nat post")
        self.masquerade("rtb", port)
        self.INET.sh("conntrack -F", check=False)


def seen_port(s):
    return int(s.them.sas()[0]["remote-port"])


@scenario
def nat_rw():
    with Nat(them=dict(remote="%any", remote_id=OURS)) as s:
        child, = s.both_up()
        assert child["encapsulated"], child
        ike, = s.our_ike()
        assert ike["nat_local"] and ike["remote_port"] == 4500, ike
        assert 40100 <= seen_port(s) <= 40150, seen_port(s)
        s.passes()
        s.transfer(2)


@scenario
def double_nat_net():
    with Nat(theirs=True, us=dict(remote=INSIDE, peer="remote-id-type ip\nremote-id " + THEIRS),
             them=dict(remote="%any", remote_id=OURS)) as s:
        s.both_up()
        ike, = s.our_ike()
        assert ike["nat_local"] and ike["nat_remote"], ike
        s.passes()
        s.transfer(2)


@scenario
def nat_in_front_of_them():
    """They begin through it; then we, who know the address of the box alone."""
    them = dict(local_id=THEIRS)
    us = dict(policy=BY_THEM, remote=None, peer="remote-id-type ip\nremote-id " + THEIRS)
    with Nat(ours=False, theirs=True, us=us, them=them, fake=True) as s:
        s.them.initiate("net")
        s.both_up()
        ike, = s.our_ike()
        assert not ike["nat_local"] and ike["nat_remote"] and ike["remote"] == INSIDE, ike
        assert 41100 <= ike["remote_port"] <= 41150, ike
    with Nat(ours=False, theirs=True, us=us, them=them) as s:
        s.them.initiate("net")
        s.both_up()
        s.passes()
        s.transfer(2)
    us = dict(remote=INSIDE, peer="remote-id-type ip\nremote-id " + THEIRS)
    with Nat(ours=False, theirs=True, us=us, them=dict(remote="%any", remote_id=OURS)) as s:
        s.both_up()
        s.passes()


def echoes(s, to):
    """Over ICMP and UDP, whose checksum our kernel looks at."""
    s.them.answers_packets()
    wait_for("a ping", lambda: s.us.ping(to, check=False))
    out = s.us.python(ECHO, to, stdout=-1).communicate(timeout=60)[0]
    assert out == "same\n", s.us.drops()


@scenario
def host2host_transport_nat():
    """Behind it we, then they."""
    them = dict(ts="local_ts = dynamic\nremote_ts = dynamic", child="mode = transport")
    with Nat(us=dict(esp=TRANSPORT, acl=HOSTS % THEIRS), fake=True,
             them=dict(remote="%any", remote_id=OURS, **them)) as s:
        child, = s.both_up()
        assert child["mode"] == 1 and child["encapsulated"], child
        echoes(s, THEIRS)
    us = dict(policy=BY_THEM, remote=None, peer="remote-id-type ip\nremote-id " + THEIRS,
              esp=TRANSPORT, acl=HOSTS % INSIDE)
    with Nat(ours=False, theirs=True, us=us, them=them, fake=True) as s:
        s.them.initiate("net")
        child, = s.both_up()
        assert child["mode"] == 1 and child["encapsulated"], child
        echoes(s, INSIDE)


@scenario
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


@scenario
def force_udp_encap():
    """No NAT: they pretend one, and everything goes in UDP."""
    with Site() as s:
        child, = s.both_up()
        assert child["encapsulated"] and child["remote_port"] == 4500, child
        s.passes()


main("nat")
