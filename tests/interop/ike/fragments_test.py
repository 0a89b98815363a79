#!/usr/bin/python3
"""Messages of IKE go in fragments (RFC 7383) both ways, IKE_AUTH and CREATE_CHILD_SA, requests and answers: on the
wire tshark sees SKF payloads of either end.

After strongSwan's ike/frags-ipv4 and frags-ipv6, with preshared keys.
"""
from swan_site import (BASE, BY_THEM, OURS, OURS6, POLICY, THEIRS, THEIRS6, V6, Capture, Site, main,
                       run, scenario, wait_for)

SKF, IKE_AUTH, CREATE_CHILD_SA = 53, 35, 36
NAME = "moon." + ".".join(["x" * 50] * 2)  # identities are long
BITS = ("aes-128", "aes-192", "aes-256", "aes-ctr-128", "aes-ctr-192", "aes-ctr-256", "3des")
# each a proposal of its own; the last is the one that they have, too
PROPOSALS = "".join("ipsec proposal more%d\n esp encryption-algorithm %s\n esp authentication-algorithm sha2-512\n#\n"
                    % pair for pair in enumerate(BITS))
MORE = "".join(" proposal more%d\n" % n for n in range(len(BITS)))
TAIL = PROPOSALS + POLICY.replace(" proposal prop1\n", MORE + " proposal prop1\n")


def in_fragments(wire):
    """{(source, exchange, is an answer)} of the messages that went so."""
    out = run("tshark", "-r", wire.path, "-Y", "isakmp.typepayload == %d" % SKF, "-T", "fields", "-e", "ip.src",
              "-e", "ipv6.src", "-e", "isakmp.exchangetype", "-e", "isakmp.flag_r", timeout=120)
    rows = [line.split("\t") for line in out.splitlines()]
    return {(v4 or v6, int(exchange), answer in ("1", "True")) for v4, v6, exchange, answer in rows}


def sites(who, **us):
    trigger = BY_THEM if who == "theirs" else ""
    us.update(policy="pfs dh-group16\n" + trigger, peer="local-id-type fqdn\nlocal-id " + NAME)
    return us


class Watched(Site):
    """INET writes down what passes from the start."""

    def before(self):
        self.wire = Capture(self.INET, "rta", expression="udp port 500 or udp port 4500 or ip6")


def exchanges(s, who):
    """IKE_AUTH by one, a pair made anew by us, one rekeyed by them; and what of it went in fragments."""
    if who == "theirs":
        s.them.initiate("net")
    s.both_up()
    if who == "ours":
        s.us.cli("reset ipsec sa")
        s.both_up()
    first = s.our_children()[0]["spi_in"]
    s.them.swanctl("--rekey", "--child", "net")
    wait_for("another pair", lambda: [c for c in s.our_children() if c["spi_in"] != first])
    s.both_up()
    return in_fragments(s.wire.stop())


@scenario
def frags_ipv4():
    them = dict(esp="aes256-sha256-modp4096", remote_id=NAME, local_id="sun." + NAME)
    for who in ("ours", "theirs"):
        with Watched(us=sites(who, tail=TAIL), them=them, extra="fragment_size = 300") as s:
            got = exchanges(s, who)
            want = {(THEIRS, CREATE_CHILD_SA, False), (OURS, CREATE_CHILD_SA, True)}
            if who == "ours":
                want |= {(OURS, IKE_AUTH, False), (THEIRS, IKE_AUTH, True),
                         (OURS, CREATE_CHILD_SA, False), (THEIRS, CREATE_CHILD_SA, True)}
            else:
                want |= {(THEIRS, IKE_AUTH, False)}
            assert want <= got, (who, sorted(got))
            s.passes()


@scenario
def frags_ipv6():
    """Ours take a datagram of 1280 octets before they go in fragments, and none is as long."""
    us = sites("theirs", base=BASE + V6, remote=THEIRS6)
    them = dict(esp="aes256-sha256-modp4096", local=THEIRS6, remote=OURS6, remote_id=NAME, local_id="sun." + NAME)
    with Watched(us=us, them=them, extra="fragment_size = 300", fake=True, v6=True) as s:
        got = exchanges(s, "theirs")
        assert got == {(THEIRS6, IKE_AUTH, False), (THEIRS6, CREATE_CHILD_SA, False)}, got


main("fragments")
