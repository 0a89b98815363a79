#!/usr/bin/python3
"""ICMP errors of routers outside the selectors (RFC 4301 6.2), by the SAs that strongSwan has negotiated.

After ikev2/net2net-icmp-forward and ipv6/net2net-icmp-forward. Debian's strongSwan does not forward such errors
itself: scapy, with its keys, sends and opens what its kernel would.
"""
import os
import sys

from swan_site import (BASE, LAN6, NETS6, OURS6, POLICY6, THEIRS, THEIRS6, TOP, V6, Capture, Site, main, need_root,
                       scenario, wait_for)

sys.path.insert(0, os.path.join(TOP, "tests", "lab"))
need_root()
from scapy.layers.inet import ICMP, IP, UDP  # noqa: E402
from scapy.layers.inet6 import ICMPv6TimeExceeded, IPv6  # noqa: E402
from scapy.packet import Raw  # noqa: E402
from scapy.utils import rdpcap  # noqa: E402

import esp_peer  # noqa: E402

SEND = """
import socket, sys
v6 = sys.argv[1] == "6"
s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
s.sendto(bytes.fromhex(sys.argv[3]), (sys.argv[2], 0))
"""


class Family:
    def __init__(self, v6):
        self.v6, self.ip = v6, IPv6 if v6 else IP
        self.us = dict(base=BASE + V6, acl=LAN6, tail=POLICY6, remote=THEIRS6) if v6 else {}
        self.them = dict(ts=NETS6, local=THEIRS6, remote=OURS6) if v6 else {}

    def at(self, net, host=2):
        return ("2001:db8:%d::%d" if self.v6 else "10.1.%d.%d") % (net, host)

    def exceeded(self, about_source, about_destination, data):
        """Of a router in network 9, to the source of what it is about."""
        quote = self.ip(src=about_source, dst=about_destination) / UDP(sport=4000, dport=5000) / Raw(data)
        error = ICMPv6TimeExceeded() if self.v6 else ICMP(type=11)
        return self.ip(bytes(self.ip(src=self.at(9, 1), dst=about_source) / error / quote))


def sent(node, f, packet):
    node.run("/usr/bin/python3", "-c", SEND, "6" if f.v6 else "4", packet.dst, bytes(packet).hex())


def opened(path, sad):
    """What was protected, of all packets of a capture."""
    out = []
    for p in rdpcap(path):
        p = p.payload
        inside = p.payload  # what their kernel quotes of it, not knowing ESP, is deeper
        if isinstance(inside, esp_peer.ESP):
            out.append(esp_peer.opened(sad, p, inside, None)[1])
    return out


def heard_from_them(s, f, sad):
    """Errors in ESP: hostA hears those about what it has sent through the tunnel, no others."""
    sa, = [sa for sa in sad.by_way.values() if sa.way[0] in (THEIRS, THEIRS6)]
    heard = Capture(s.hostA, "eth0", expression="(ip or ip6) and src host " + f.at(9, 1))
    before = s.us.drops()["spd_in_mismatch"]
    for about in ((f.at(1), f.at(3)), (f.at(2), f.at(1)), (f.at(7), f.at(2))):
        sent(s.RTB, f, sa.scapy().encrypt(f.exceeded(*about, b"wrong")))
    sent(s.RTB, f, sa.scapy().encrypt(f.exceeded(f.at(1), f.at(2), b"right")))
    wait_for("the error at hostA", lambda: heard.count("ip or ip6") == 1)
    wait_for("the others", lambda: s.us.drops()["spd_in_mismatch"] == before + 3)
    heard.stop()
    assert b"right" in bytes(rdpcap(heard.path)[0]), heard.show(9, "ip or ip6")


def told_to_them(s, f, sad):
    """An error of a router behind ours leaves in ESP, as it was but for its TTL; INET sees nothing else."""
    wire = Capture(s.INET, "rta", expression="(ip or ip6) and not udp port 500")
    error = f.exceeded(f.at(2), f.at(1), b"an error in a tunnel")
    sent(s.hostA, f, error)
    wait_for("ESP at INET", lambda: wire.count("proto 50 or ip6 proto 50"))
    wire.stop()
    got = [p for p in opened(wire.path, sad) if not isinstance(p, str) and p.src == f.at(9, 1)]
    assert len(got) == 1 and bytes(got[0].payload) == bytes(error.payload), (got, wire.show(9, "ip or ip6"))
    clear = "src host %s" % f.at(9, 1)
    assert wire.count(clear) == 0, wire.show(9, clear)


def icmp_forward(v6):
    f = Family(v6)
    with Site(us=f.us, them=f.them, fake=True, v6=v6) as s:
        s.both_up()
        wait_for("SAs in their kernel", lambda: len(s.them.installed() + s.them.installed("update sa")) >= 2)
        sad = esp_peer.Sad(s.them.sa_log).read()
        told_to_them(s, f, sad)
        heard_from_them(s, f, sad)


@scenario
def net2net_icmp_forward():
    icmp_forward(False)


@scenario
def ipv6_net2net_icmp_forward():
    icmp_forward(True)


main("icmp")
