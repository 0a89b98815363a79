#!/usr/bin/python3
"""The first packet makes the SA, at either end: of a rule's protocol and port, to any peer, after a peer has died.
Their kernel is played (fakexfrm.c): libipsec 5.9.8 asks for no SAs.

After strongSwan's ikev2/net2net-route, net2net-route-narrow, protoport-trap, trap-any, dpd-trap.
"""
from swan_site import ACL, BY_THEM, OURS, THEIRS, Site, main, scenario, wait_for

TRAP = "start_action = trap"
ICMP, TCP = 1, 6
LANS = ("10.1.2.2", "10.1.1.2")  # theirs, ours
HOSTS = """acl number 3101
 rule 5 permit ip source 198.51.100.1 0 destination 203.0.113.0 0.0.0.255
#
"""
PORTS = """acl number 3101
 rule 5 permit icmp source 10.1.1.0 0.0.0.255 destination 10.1.2.0 0.0.0.255
 rule 10 permit tcp source 10.1.1.0 0.0.0.255 destination 10.1.2.0 0.0.0.255 destination-port eq 5001
#
"""


def protoport(action=""):
    """Their two children: ICMP, and TCP to our rule's port."""
    lans = "local_ts = 10.1.2.0/24[%s]\nremote_ts = 10.1.1.0/24[%s]\n"
    tcp = "net2 { %s %s\nesp_proposals = aes256-sha256 }" % (lans % ("tcp/5001", "tcp"), action)
    return dict(ts=lans % ("icmp", "icmp"), child=action, children="children { %s }" % tcp)


def first_packets(s):
    """The first is lost, those after it are not."""
    return wait_for("a ping", lambda: s.hostA.ping("10.1.2.2", count=5, check=False))


@scenario
def net2net_route():
    with Site(us=dict(policy=BY_THEM), level=2) as s:
        assert not s.our_children()
        first_packets(s)
        s.both_up()
        assert "for 10.1.2.2/32[icmp/8] 10.1.2.0/24 === 10.1.1.2/32[icmp/8] 10.1.1.0/24" in s.them.log()
    with Site(us=dict(policy=BY_THEM), them=dict(child=TRAP), fake=True) as s:
        s.them.meets_trap(*LANS, ICMP, 8, 0)
        child, = s.both_up()
        assert child["flow_source"].startswith("10.1.1.0/255.255.255.0 0/0-65535"), child


@scenario
def net2net_route_narrow():
    """They trap more than we allow: the packet's own selector says which of our rules."""
    acl = ACL.replace("#", """ rule 10 permit ip source 10.1.1.0 0.0.0.255 destination 10.1.3.0 0.0.0.255
#""")
    wide = "local_ts = 10.1.0.0/16\nremote_ts = 10.1.1.0/24"
    with Site(us=dict(policy=BY_THEM, acl=acl), them=dict(child=TRAP, ts=wide), fake=True) as s:
        s.them.meets_trap("10.1.3.2", "10.1.1.2", ICMP, 8, 0)
        child, = s.both_up()
        assert child["flow_destination"].startswith("10.1.3.0/255.255.255.0"), child


@scenario
def protoport_trap():
    with Site(us=dict(policy=BY_THEM, acl=PORTS), them=protoport()) as s:
        first_packets(s)
        child, = s.both_up()
        assert child["flow_source"].startswith("10.1.1.0/255.255.255.0 1/"), child
        s.transfer(1)
        s.both_up(2)
    with Site(us=dict(policy=BY_THEM, acl=PORTS), them=protoport(TRAP), fake=True) as s:
        s.them.meets_trap(*LANS, TCP, 5001, 40000)
        child, = s.both_up()
        assert child["flow_destination"].startswith("10.1.2.0/255.255.255.0 6/5001-5001"), child
        s.them.meets_trap(*LANS, ICMP, 8, 0)
        s.both_up(2)
        s.them.meets_trap(*LANS, TCP, 22, 40000)  # no trap for this one
        assert len(s.our_children()) == 2


@scenario
def trap_any():
    """Transport mode with whoever is there: our peer has no address. (Ours asks only peers whose address it has.)"""
    us = dict(policy=BY_THEM, acl=HOSTS, esp="encapsulation-mode transport", remote=None)
    them = dict(ts="", child="mode = transport\n" + TRAP, remote="%any", remote_id=OURS)
    with Site(us=us, them=them, fake=True) as s:
        s.them.answers_packets()
        s.them.meets_trap(THEIRS, OURS, ICMP, 8, 0)
        child, = s.both_up()
        assert child["mode"] == 1 and child["remote"] == THEIRS, child
        wait_for("a ping", lambda: s.us.ping(THEIRS, check=False))


@scenario
def dpd_trap():
    """Who dies is forgotten, and the next packet asks again."""
    dpd = "dpd type periodic\ndpd idle-time 10\ndpd retransmit-interval 2\ndpd retry-limit 1"
    with Site(us=dict(policy=BY_THEM, peer=dpd), times=10) as s:
        first_packets(s)
        s.them.stop(9)
        wait_for("dpd-timeout", lambda: [r for r in s.us.state("display ike offline-info")
                                         if r["reason"] == "dpd-timeout"])
        assert not s.our_children()
        s.them.start()
        s.them.swanctl("--load-all", "--noprompt")
        first_packets(s)
        s.both_up()
    with Site(us=dict(policy=BY_THEM), them=dict(child=TRAP + "\ndpd_action = trap", conn="dpd_delay = 1s"),
              fake=True, extra="retransmit_tries = 1\nretransmit_timeout = 1.0") as s:
        s.them.meets_trap(*LANS, ICMP, 8, 0)
        s.both_up()
        s.us.stop(9)
        wait_for("them to miss us", lambda: not s.them.sas())
        s.us.start()
        s.them.meets_trap(*LANS, ICMP, 8, 0)
        s.both_up()


main("traps")
