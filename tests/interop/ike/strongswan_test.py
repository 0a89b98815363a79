#!/usr/bin/python3
"""The bed of the IKE tests holds: two strongSwans find each other in the lab, with packets and with faked kernels."""
import json
import os
import sys

TOP = os.environ.get("YONGDAO_TOP") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
sys.path.insert(0, os.path.join(TOP, "tests", "lab"))
from lab import Capture, Lab, need_root, wait_for  # noqa: E402
from strongswan import StrongSwan, missing  # noqa: E402

need_root()
if missing():
    print("SKIP: apt-get install %s" % missing()[0])
    sys.exit(77)

CONF = """
connections {
  road {
    version = %(version)d
    local_addrs = %(local)s
    remote_addrs = %(remote)s
    proposals = aes256-sha256-ecp256
    local { auth = psk
            id = %(local)s }
    remote { auth = psk
             id = %(remote)s }
    children { net { %(child)s } }
  }
}
secrets { ike-1 { id-a = 198.51.100.1
                  id-b = 203.0.113.1
                  secret = "no secret at all" } }
"""
A, B = "198.51.100.1", "203.0.113.1"
LANS = "local_ts = 10.1.%d.0/24\nremote_ts = 10.1.%d.0/24\nesp_proposals = aes256gcm16-ecp256"


def conf(end, child, version=2):
    a = end == "A"
    if "%d" in child:
        child %= (1, 2) if a else (2, 1)
    return CONF % dict(version=version, local=A if a else B, remote=B if a else A, child=child)


def packets_pass(version):
    """libipsec: hosts behind the two ping through, and INET sees nothing but UDP 4500."""
    with Lab() as lab:
        a = StrongSwan(lab.foreign(lab.RTA), conf("A", LANS, version))
        b = StrongSwan(lab.foreign(lab.RTB), conf("B", LANS, version))
        wire = Capture(lab.INET, "rta")
        a.initiate("net")
        wait_for("the child at B", b.children)
        wait_for("a ping", lambda: lab.hostA.ping("10.1.2.2", check=False))
        lab.hostB.ping("10.1.1.2", count=5)
        wire.stop()
        assert wire.count("udp port 4500") > 12, wire.show(20)
        assert wire.count("net 10.0.0.0/8") == 0, wire.show(9, "net 10.0.0.0/8")
        (sa,), (child,) = a.sas(), a.children()
        assert sa["state"] == "ESTABLISHED" and sa["version"] == str(version), sa
        assert child["local-ts"] == ["10.1.1.0/24"] and int(child["packets-in"]) >= 6, child
        # it can be replaced and ended on demand
        first = child["spi-in"]
        a.swanctl("--rekey", "--child", "net")
        wait_for("another child", lambda: [c for c in a.children() if c["spi-in"] != first])
        a.swanctl("--terminate", "--ike", "road")
        wait_for("nothing left at B", lambda: not b.sas())
        a.stop()


def anybody(text):
    """B's configuration when it cannot know where A comes from."""
    return text.replace("remote_addrs = " + A, "remote_addrs = %any")


def one_moves_behind_a_nat():
    """A behind a NAT that forgets its mappings: B follows the next message of IKE to another port."""
    with Lab() as lab:
        b = StrongSwan(lab.foreign(lab.RTB), anybody(conf("B", LANS)))
        a = StrongSwan(lab.foreign(lab.RTA), conf("A", LANS).replace("version", "mobike = no\nversion"))
        lab.nat("20000-29999")
        a.initiate("net")
        wait_for("a ping", lambda: lab.hostA.ping("10.1.2.2", check=False))
        (sa,) = b.sas()
        assert sa["remote-host"] == "203.0.113.254" and 20000 <= int(sa["remote-port"]) < 30000, sa
        assert sa["nat-remote"] == "yes", sa
        lab.nat("30000-39999")
        a.swanctl("--rekey", "--child", "net")
        wait_for("B to follow", lambda: 30000 <= int(b.sas()[0]["remote-port"]) < 40000)
        wait_for("a ping", lambda: lab.hostB.ping("10.1.1.2", check=False))


def both_are_behind_nats():
    """A only knows the address of the box before B."""
    with Lab() as lab:
        b = StrongSwan(lab.foreign(lab.RTB), anybody(conf("B", LANS)))
        a = StrongSwan(lab.foreign(lab.RTA), conf("A", LANS).replace(
            "remote_addrs = " + B, "remote_addrs = 198.51.100.254"))
        lab.nat()
        lab.nat_to_RTB()
        a.initiate("net")
        wait_for("a ping", lambda: lab.hostA.ping("10.1.2.2", check=False))
        lab.hostB.ping("10.1.1.2")
        assert b.sas()[0]["nat-local"] == a.sas()[0]["nat-local"] == "yes", (a.sas(), b.sas())


# child { … }, and what the faked kernel of B must have been told
FORMS = (
    ("ESP, tunnel mode, ESN",
     LANS + "\nesp_proposals = aes256-sha256-esn",
     dict(proto="esp", mode="tunnel", esn="1", enc="aes", auth="hmac(sha256)")),
    ("ESP, transport mode, GRE only",
     "local_ts = dynamic[gre]\nremote_ts = dynamic[gre]\nmode = transport\nesp_proposals = aes128gcm16",
     dict(proto="esp", mode="transport", esn="0", aead="rfc4106(gcm(aes))", icv="128")),
    ("AH, transport mode", "mode = transport\nah_proposals = sha256",
     dict(proto="ah", mode="transport", auth="hmac(sha256)", icv="128")),
    ("AH, tunnel mode", LANS.split("\nesp")[0] + "\nah_proposals = sha1",
     dict(proto="ah", mode="tunnel", auth="sha1", icv="96")),
)


def everything_is_negotiated():
    """Faked kernels: both are told the same SAs with the same keys, and that they are gone."""
    for what, child, want in FORMS:
        for version in (2, 1):
            if version == 1 and "esn" in want and want["esn"] == "1":
                continue
            with Lab() as lab:
                a = StrongSwan(lab.foreign(lab.RTA), conf("A", child, version), mode="fake")
                b = StrongSwan(lab.foreign(lab.RTB), conf("B", child, version), mode="fake")
                a.initiate("net")
                wait_for("two SAs at each end", lambda: len(told(a)) == len(told(b)) == 2)
                assert told(a) == told(b), (told(a), told(b))
                for sa in b.installed() + b.installed("update sa"):
                    assert want.items() <= sa.items(), (want, sa)
                    assert "encap" not in sa
                if "GRE" in what:
                    wait_for("a policy for GRE", lambda: [p for p in b.installed("add policy")
                                                          if p["dir"] == "out" and p["proto"] == "47"])
                packets = b.answers_packets()
                got = a.pings(*((A + ">10.9.9.1", B + ">10.9.9.2") if "GRE" in what else
                                ("10.1.1.2", "10.1.2.2") if "tunnel" in what else (A, B)))
                assert "ICMP" in got and "echo-reply" in got, got
                assert ("GRE" in got) == ("GRE" in what), got
                assert json.loads(packets.stdout.readline())["answered"]
                a.swanctl("--terminate", "--ike", "road")
                wait_for("the SAs deleted", lambda: len(b.installed("delete sa")) >= 2)
            print("  %s, IKEv%d" % (what, version), flush=True)


def ipv6_is_negotiated():
    """IPv6 outside and inside, native ESP."""
    def six(text):
        return text.replace(A, "2001:db8:a::1").replace(B, "2001:db8:b::1").replace(
            "10.1.1.0/24", "2001:db8:1::/64").replace("10.1.2.0/24", "2001:db8:2::/64")
    with Lab() as lab:
        lab.ipv6()
        a = StrongSwan(lab.foreign(lab.RTA), six(conf("A", LANS)), mode="fake")
        b = StrongSwan(lab.foreign(lab.RTB), six(conf("B", LANS)), mode="fake")
        a.initiate("net")
        wait_for("two SAs at each end", lambda: len(told(a)) == len(told(b)) == 2)
        b.answers_packets()
        got = a.pings("2001:db8:1::2", "2001:db8:2::2")
        assert "Echo Reply" in got, got


def told(peer):
    """{(SPI, from, to): keys} that a faked kernel has."""
    return {(s["spi"], s["src"], s["dst"]): (s.get("key"), s.get("authkey"))
            for s in peer.installed() + peer.installed("update sa")}


for v in (2, 1):
    packets_pass(v)
    print("  packets pass, IKEv%d" % v, flush=True)
one_moves_behind_a_nat()
both_are_behind_nats()
print("  through NATs", flush=True)
everything_is_negotiated()
ipv6_is_negotiated()
print("  IPv6", flush=True)
print("strongswan: ok")
