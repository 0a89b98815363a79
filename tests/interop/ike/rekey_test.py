#!/usr/bin/python3
"""Keys and IKE SAs are replaced under traffic, by either end, and nobody loses a packet; IKE SAs are authenticated
again, early because the peer says so (RFC 4478) or late because it is configured. Our yongike's clock runs fast.

After strongSwan's ikev2/net2net-rekey, reauth-early, reauth-late, reauth-mbb.
"""
from swan_site import BY_THEM, Site, main, no_gaps, scenario, wait_for

# a responder uses a pair of IKE_AUTH before its answer is here, and who reauthenticates takes the old pair away at
# once: what is under way then, a tenth of a second on a busy machine, may be lost; a second, as by a break, may not
UNDER_WAY = 10
MBB = "make_before_break = yes"
SOON = "reauth_time = 2s\nrand_time = 0s\nover_time = 60s"


class Traffic:
    """Pings without a pause between the hosts."""

    def __init__(self, s, size):
        s.both_up()
        s.passes()
        self.out = open(s.tmp + "/pings", "w+")
        self.p = s.hostA.popen("ping", "-n", "-i", "0.01", "-s", str(size), "10.1.2.2", stdout=self.out)

    def lost_at_most(self, most):
        self.p.send_signal(2)
        self.p.wait(timeout=30)
        self.out.seek(0)
        no_gaps(self.out.read(), most=most)


def child_of(s):
    return {c["spi_in"] for c in s.our_children()}


def ike_of(s):
    return {i["connection"] for i in s.our_ike()}


def others(s, what, before):
    """Waits until nothing of `before` is left and its heir is there."""
    wait_for("other SAs", lambda: what(s) and not what(s) & before)
    s.both_up()
    wait_for("a ping", lambda: s.hostB.ping("10.1.1.2", check=False))


def under_traffic(s, what, begin=lambda: None, size=56, most=0):
    traffic = Traffic(s, size)
    before = what(s)
    begin()
    others(s, what, before)
    traffic.lost_at_most(most)


@scenario
def net2net_rekey():
    """They begin: CHILD SA, then IKE SA."""
    with Site() as s:
        under_traffic(s, child_of, lambda: s.them.swanctl("--rekey", "--child", "net"))
        under_traffic(s, ike_of, lambda: s.them.swanctl("--rekey", "--ike", "road"))


@scenario
def net2net_rekey_by_us():
    """We begin: IKE SA by time, CHILD SA by bytes."""
    with Site(us=dict(ike="dh group19\nsa duration 60"), times=8) as s:
        under_traffic(s, ike_of)
    with Site(us=dict(policy="sa duration traffic-based 768")) as s:
        under_traffic(s, child_of, size=1200)


@scenario
def reauth_early():
    """We answered, and tell them how long we believe: they authenticate again long before their own time."""
    with Site(us=dict(policy=BY_THEM, peer="re-authentication interval 60"),
              them=dict(conn="reauth_time = 60m\nrand_time = 0s\nover_time = 57s"), extra=MBB) as s:
        s.them.initiate("net")
        under_traffic(s, ike_of, most=UNDER_WAY)
        assert "received AUTH_LIFETIME of 60s, scheduling reauthentication in 3s" in s.them.log()


@scenario
def reauth_late():
    """Our time comes long before theirs."""
    with Site(us=dict(peer="re-authentication interval 60"), times=20,
              them=dict(conn="reauth_time = 60m")) as s:
        under_traffic(s, ike_of, most=UNDER_WAY)
        assert s.our_ike()[0]["initiator"]


@scenario
def reauth_break_before_make():
    """Their default: they delete, then begin again; we follow."""
    with Site(us=dict(policy=BY_THEM), them=dict(conn=SOON)) as s:
        s.them.initiate("net")
        s.both_up()
        others(s, ike_of, ike_of(s))


@scenario
def reauth_mbb():
    """They make before they break."""
    with Site(us=dict(policy=BY_THEM), them=dict(conn=SOON), extra=MBB) as s:
        s.them.initiate("net")
        under_traffic(s, ike_of, most=UNDER_WAY)


main("rekey")
