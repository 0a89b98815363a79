#!/usr/bin/python3
"""What an operator sees and does of IKE: displays, resets, debugging, and why a negotiation failed."""
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import ROOT, Lab, need_root, wait_for  # noqa: E402

need_root()


def established(router):
    """The number of the IKE SA that has a pair of SAs, or None."""
    rows = router.state("display ike sa")
    sas = [r for r in rows if r.get("state") == "established" and r.get("n_children")]
    return sas[0]["connection"] if sas else None


def pairs(router):
    """Pairs of SAs that carry traffic."""
    return [r for r in router.state("display ipsec sa")
            if "ike_connection" in r and r["state"] == "established"]


def has_one_pair(router):
    """And nothing of another that is on its way out."""
    inbound = [r for r in router.state("display ipsec sa") if r.get("inbound")]
    return len(pairs(router)) == 1 and len(inbound) == 1


def reaches(lab):
    wait_for("the sites to reach each other",
             lambda: lab.hostA.ping("10.1.2.2", check=False))


class Debugging:
    """debugging ike of a router, in a shell of its own."""

    def __init__(self, router):
        self.p = subprocess.Popen([os.path.join(ROOT, "bin", "yongsh"), "-s", router.dir, "-c",
                                   "debugging ike all remote 203.0.113.1"], text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        router.lab.children.append(self.p)
        assert "Debugging" in self.p.stdout.readline()

    def end(self):
        self.p.send_signal(signal.SIGINT)
        out, _ = self.p.communicate(timeout=30)
        assert self.p.returncode == 0, out
        return out


with Lab() as lab:
    lab.start("3-ipsec-ike")
    reaches(lab)
    # both may have begun at once: what is one too many goes
    wait_for("one pair", lambda: has_one_pair(lab.RTA) and has_one_pair(lab.RTB))
    lab.hostA.ping("10.1.2.2")
    for router, peer in (lab.RTA, "203.0.113.1"), (lab.RTB, "198.51.100.1"):
        text = router.cli("display ike sa")
        assert "%s:500" % peer in text and "v2:1    IP          %s\n" % peer in text, text
        assert "v2:2    IP          %s\n" % peer in text, text
        text = router.cli("display ipsec sa policy vpn 10")
        assert "Acl rule         : 5\n  Mode             : ISAKMP\n" in text, text
        assert "Tunnel remote     : %s:500\n" % peer in text, text
        assert "Proposal: ESP-ENCRYPT-AES-256 ESP-AUTH-SHA2-256-128\n" in text, text
        assert "Inpacket decap count  : 0\n" not in text, text
    (pair,), (other,) = pairs(lab.RTA), pairs(lab.RTB)
    assert (pair["spi_in"], pair["spi_out"]) == (other["spi_out"], other["spi_in"]), (pair, other)

    # taken down, and up again; debugging tells of it
    debugging = Debugging(lab.RTA)
    first = established(lab.RTA)
    lab.RTA.cli("reset ike sa remote 203.0.113.1")
    wait_for("another IKE SA", lambda: established(lab.RTA) not in (None, first))
    assert "manual-reset" in lab.RTA.cli("display ike offline-info peer 203.0.113.1")
    reaches(lab)
    said = debugging.end()
    assert "RTA IKE/7/EVENT:203.0.113.1: " in said and "RTA IKE/7/PACKET:203.0.113.1: " in said, said
    assert "Road@2Walls" not in said

    # the pair alone: the IKE SA stays
    first = established(lab.RTA)
    old = pairs(lab.RTA)[0]["spi_in"]
    lab.RTA.cli("reset ipsec sa policy vpn")
    wait_for("another pair", lambda: pairs(lab.RTA) and
             all(r["spi_in"] != old for r in pairs(lab.RTA)))
    assert established(lab.RTA) == first
    reaches(lab)

    # keys that differ: both operators are told, each from where he stands
    lab.RTB.cli("system-view", "ike peer site", "pre-shared-key simple Another@Key")
    for router in lab.RTA, lab.RTB:
        wait_for("%s to say why" % router.name, lambda: router.state("display ike error-info"))
        for error in router.state("display ike error-info"):
            assert error["reason"] == "authentication fail", error
            assert (error["phase"], error["peer"]) == (1, "site"), error
            # who answers sees it first
            assert error["by_peer"] == error["initiator"], error
    text = lab.RTB.cli("display ike error-info verbose peer 198.51.100.1")
    assert "Reason                  : authentication fail\n" in text, text
    text = lab.RTB.cli("display ikev2 statistics error")
    assert "Authentication fail (may be pre-shared-key error) :0" not in text, text
    lab.RTB.cli("reset ike statistics")
    lab.RTB.cli("reset ike error-info")
    lab.RTB.cli("system-view", "ike peer site", "pre-shared-key simple Road@2Walls")
    reaches(lab)

with Lab() as lab:
    lab.start("4-gre-over-ipsec")
    reaches(lab)
    text = lab.RTA.cli("display ipsec sa profile roads")
    assert "IPSec profile name: \"roads\"\n  Mode              : PROF-ISAKMP\n" in text, text
    assert "Interface: Tunnel0/0/1\n" in text and "Encapsulation mode: Transport\n" in text, text
    assert "Flow source       : 198.51.100.1/255.255.255.255 47/0-65535\n" in text, text
    assert "ECP-256" in lab.RTA.cli("display ike sa verbose"), lab.RTA.cli("display ike sa verbose")
