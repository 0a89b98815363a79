#!/usr/bin/python3
"""Which packets are whose: ranges of ports, kinds of ICMP, a gateway between two others, two sites with the same
network, peers told apart by who they say they are; children that come after their IKE SA and go when idle.

After strongSwan's ikev2/protoport-range, net2net-gw, net2net-same-nets, rw-psk-ipv4, rw-psk-fqdn, rw-psk-no-idr,
net2net-childless, inactivity-timeout.
"""
from swan_site import BASE, BY_THEM, IKE, Site, StrongSwan, main, scenario, theirs, wait_for

LANS = "source 10.1.1.0 0.0.0.255 destination 10.1.2.0 0.0.0.255"
INET = "198.51.100.254"  # a third site is behind it, 10.1.3.0/24


def acl(number, *rules):
    return "acl number %d\n" % number + "".join(
        " rule %d permit %s\n" % (5 * n, rule) for n, rule in enumerate(rules, 1)) + "#\n"


def ts(what):
    return "local_ts = 10.1.2.0/24[%s]\nremote_ts = 10.1.1.0/24[%s]\n" % tuple(what.split("|"))


@scenario
def protoport_range():
    """Echo requests, answers to them, and TCP to a range of ports: three pairs."""
    rules = acl(3101, "icmp %s icmp-type 8 0" % LANS, "icmp %s icmp-type 0 0" % LANS,
                "tcp %s destination-port range 5000 5100" % LANS)
    more = "".join("%s { %s esp_proposals = aes256-sha256 }\n" % child for child in (
        ("net2", ts("icmp/0|icmp/0")), ("net3", ts("tcp/5000-5100|tcp"))))
    for who in ("ours", "theirs"):
        us = dict(acl=rules, policy=BY_THEM if who == "theirs" else "")
        with Site(us=us, them=dict(ts=ts("icmp/2048|icmp/2048"), children="children { %s }" % more)) as s:
            for child in ("net", "net2", "net3") if who == "theirs" else ():
                s.them.initiate(child)
            got = s.both_up(3)
            assert {c["flow_destination"] for c in got} == {
                "10.1.2.0/255.255.255.0 1/2048-2048", "10.1.2.0/255.255.255.0 1/0-0",
                "10.1.2.0/255.255.255.0 6/5000-5100"}, got
            s.transfer(2)


# --- a third site at INET ------------------------------------------------------------------

class Third(Site):
    """s.third is a charon at INET, told `third`; our configuration is whole, with two peers."""

    def __init__(self, text, third, **kw):
        super().__init__(**kw)
        self.text, self.third_config = text, third

    def before(self):
        self.INET.sh("ip addr add 10.1.3.1/24 dev lo")
        self.third = StrongSwan(self.INET, theirs(local=INET, **self.third_config))

    def configure(self, **us):
        path = self.tmp + "/ours.cfg"
        with open(path, "w") as f:
            f.write("".join(line + "\n" for line in self.text.splitlines() if line.strip()))
        self.us.batch(path)


def peers(*lines, secrets=("Road@2Walls", "Road@2Walls")):
    """Peers site (theirs) and third (INET's), and a policy of two parts."""
    common = dict(ike=" dh group19", esp="")
    second = IKE % dict(common, secret=secrets[1], remote="", peer=lines[1])
    second = second[second.index("ike peer"):second.index("ipsec proposal")].replace("site", "third")
    return IKE % dict(common, secret=secrets[0], remote="", peer=lines[0]) + second + "".join(
        "ipsec policy vpn %d isakmp\n security acl %d\n ike-peer %s\n proposal prop1\n#\n" % part
        for part in ((10, 3101, "site"), (20, 3102, "third"))) + (
        "interface GigabitEthernet 0/0/1\n ipsec policy vpn\n#\n")


@scenario
def net2net_gw():
    """We are the gateway in the middle: what one tunnel brings leaves by the other."""
    text = BASE + acl(3101, "ip source 10.1.3.0 0.0.0.255 destination 10.1.2.0 0.0.0.255") + acl(
        3102, "ip source 10.1.2.0 0.0.0.255 destination 10.1.3.0 0.0.0.255") + peers(
        " remote-address 203.0.113.1", " remote-address " + INET)
    with Third(text, dict(ts="local_ts = 10.1.3.0/24\nremote_ts = 10.1.2.0/24"),
               them=dict(ts="local_ts = 10.1.2.0/24\nremote_ts = 10.1.3.0/24")) as s:
        wait_for("two pairs", lambda: len(s.our_children()) == 2)
        wait_for("a ping", lambda: s.hostB.ping("10.1.3.1", check=False))
        s.none_lost(s.hostB, "10.1.3.1")
        s.transfer(1, sender=s.hostB, receiver=s.INET, address="10.1.3.1")


def road_warriors(s):
    """They begin, both of them, and each has its own."""
    s.them.initiate("net")
    s.third.initiate("net")
    wait_for("two pairs", lambda: len(s.our_children()) == 2)
    assert {i["peer"] for i in s.our_ike()} == {"site", "third"}, s.our_ike()
    s.passes()
    wait_for("a ping", lambda: s.hostA.ping("10.1.3.1", check=False))


SITES = BASE + acl(3101, "ip " + LANS) + acl(
    3102, "ip source 10.1.1.0 0.0.0.255 destination 10.1.3.0 0.0.0.255")
TO_US = "local_ts = 10.1.3.0/24\nremote_ts = 10.1.1.0/24"
SECRETS = ("Carol@1Secret", "Dave@2Secrets")


@scenario
def rw_psk_ipv4():
    """From addresses that we do not know; they are who their addresses say."""
    text = SITES + peers(" remote-id-type ip\n remote-id 203.0.113.1", " remote-id-type ip\n remote-id " + INET,
                         secrets=SECRETS)
    with Third(text, dict(ts=TO_US, secret=SECRETS[1]), them=dict(secret=SECRETS[0])) as s:
        road_warriors(s)


@scenario
def rw_psk_fqdn():
    us = " local-id-type fqdn\n local-id moon.strongswan.org\n"
    text = SITES + peers(*(us + " remote-id-type user-fqdn\n remote-id %s@strongswan.org" % who
                           for who in ("carol", "dave")), secrets=SECRETS)

    def named(who, secret):
        return dict(local_id=who + "@strongswan.org", remote_id="moon.strongswan.org", secret=secret)

    with Third(text, dict(ts=TO_US, **named("dave", SECRETS[1])), them=named("carol", SECRETS[0])) as s:
        road_warriors(s)


@scenario
def rw_psk_no_idr():
    """They do not say whom they want."""
    with Site(us=dict(policy=BY_THEM), them=dict(remote_id="%any")) as s:
        s.them.initiate("net")
        s.both_up()
        s.passes()


# --- two networks that are the same -------------------------------------------------------------

def maps(node, device, real, shown):
    """What passes this device is shown to the other side as another network."""
    node.run("nft", """table ip shown {
        chain in { type nat hook prerouting priority -100;
            iifname %(d)s dnat ip prefix to ip daddr map { %(shown)s : %(real)s }
        }
        chain out { type nat hook postrouting priority 100;
            oifname %(d)s snat ip prefix to ip saddr map { %(real)s : %(shown)s }
        }
        }"""
             % dict(d=device, real=real, shown=shown))


@scenario
def net2net_same_nets():
    """10.1.1.0/24 at both sites: each shows itself to the other as another network."""
    rules = acl(3101, "ip source 10.1.3.0 0.0.0.255 destination 10.1.2.0 0.0.0.255")
    them = dict(ts="local_ts = 10.1.2.0/24\nremote_ts = 10.1.3.0/24")
    for who in ("ours", "theirs"):
        us = dict(acl=rules, policy=BY_THEM if who == "theirs" else "")
        with Site(us=us, them=them) as s:
            s.RTB.sh("ip addr flush dev lan && ip addr add 10.1.1.1/24 dev lan && ip addr add 10.1.2.1/32 dev lo")
            s.hostB.sh("ip addr flush dev eth0 && ip addr add 10.1.1.2/24 dev eth0"
                       " && ip route add default via 10.1.1.1")
            maps(s.RTA, "yp-ge0-0-1", "10.1.1.0/24", "10.1.3.0/24")
            maps(s.RTB, "ipsec0", "10.1.1.0/24", "10.1.2.0/24")
            if who == "theirs":
                s.them.initiate("net")
            s.both_up()
            wait_for("a ping", lambda: s.hostA.ping("10.1.2.2", check=False))
            s.none_lost(s.hostA, "10.1.2.2")
            s.none_lost(s.hostB, "10.1.3.2")


@scenario
def net2net_childless():
    """They want the IKE SA alone first; and when they insist on that, we are told what was wrong."""
    with Site(us=dict(policy=BY_THEM), them=dict(conn="childless = force")) as s:
        s.them.initiate("net")
        s.both_up()
        assert len(s.our_ike()) == 1
        s.passes()
    with Site(them=dict(conn="childless = force")) as s:
        e = s.error(detail="INVALID_SYNTAX")
        assert e["by_peer"] and e["initiator"], e
        assert not s.our_ike() and not s.our_children()


@scenario
def inactivity_timeout():
    """They close what nobody uses; the next packet has another."""
    def used():
        """The first packet is lost, those after it are not."""
        assert s.hostA.ping("10.1.2.2", count=30, check=False)
        return s.both_up()[0]["spi_in"]

    with Site(us=dict(policy=BY_THEM), them=dict(child="inactivity = 2s")) as s:
        first = used()
        wait_for("the end of the pair", lambda: not s.our_children() and not s.them.children())
        assert s.our_ike()  # stays
        assert used() != first


main("sites")
