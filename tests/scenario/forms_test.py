#!/usr/bin/python3
"""Other forms: AH around ESP in transport mode between the routers, IPv6 inside and outside, GRE inside IPsec."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import Capture, Lab, need_root, wait_for  # noqa: E402

need_root()
import esp  # noqa: E402
from scapy.layers.ipsec import AH, ESP, SecurityAssociation  # noqa: E402


def ah_esp_transport():
    """`transform ah-esp` between the routers' own addresses; scapy opens both layers."""
    with Lab() as lab:
        lab.start("ah-esp-manual")
        wire = Capture(lab.INET, "rta")
        wait_for("protected traffic", lambda: lab.RTA.ping("203.0.113.1", check=False))
        lab.RTB.ping("198.51.100.1", count=3)
        wire.stop()
        clear = "ip and not proto 51"
        assert wire.count("proto 51") >= 8 and wire.count(clear) == 0, wire.show(9, clear)
        for p in esp.captured(wire.path, 4):
            spi = p[AH].spi
            _, key = esp.string_keys("huawei", spi, 51, 0, 20)
            inner = SecurityAssociation(AH, spi=spi, auth_algo="HMAC-SHA1-96",
                                        auth_key=key).decrypt(p)
            inner = esp.IP(bytes(inner))
            spi = inner[ESP].spi
            cipher, key = esp.string_keys("huawei", spi, 50, 24, 20)
            inner = SecurityAssociation(ESP, spi=spi, crypt_algo="3DES", crypt_key=cipher,
                                        auth_algo="HMAC-SHA1-96", auth_key=key).decrypt(inner)
            assert esp.ICMP in inner and inner.src in (esp.A, esp.B), inner.summary()


def ipv6_tunnel():
    """IPv6 LANs over an IPv6 Internet, ESP in tunnel mode."""
    with Lab() as lab:
        lab.ipv6()
        lab.start("ipv6-ipsec-manual")
        wire = Capture(lab.INET, "rta", expression="ip6")
        wait_for("protected traffic", lambda: lab.hostA.ping("2001:db8:2::2", check=False))
        lab.transfer(10, address="2001:db8:2::2")
        wire.stop()
        clear = "ip6 and not ip6 proto 50 and not icmp6 and not src net fe80::/10 and not dst net ff02::/16"
        assert wire.count("ip6 proto 50") > 100 and wire.count(clear) == 0, wire.show(9, clear)
        routes = {r["destination"]: r for r in lab.RTA.state("display ipv6 routing-table")}
        assert routes["2001:db8:1::/64"]["protocol"] == "Direct", routes
        assert routes["2001:db8:1::1/128"]["nexthop"] == "::1", routes
        assert routes["::/0"]["nexthop"] == "2001:db8:a::fe", routes
        assert "Summary Count : 1" in lab.RTA.cli("display ipv6 routing-table 2001:db8:2::2")
        out = lab.RTA.cli("ping ipv6 -c 2 2001:db8:a::fe")
        assert "2 packet(s) received" in out and "hop limit=64" in out, out
        inside = "net 2001:db8:1::/64 or net 2001:db8:2::/64"
        assert wire.count(inside) == 0, wire.show(9, inside)


def opens_with(path, auth):
    """Do all ESP packets of a capture open with this authentication?"""
    ends = {esp.A_TO_B: (esp.A, esp.B), esp.B_TO_A: (esp.B, esp.A)}
    sas = {spi: esp.association(spi, *ends[spi], auth_algo=auth) for spi in ends}
    try:
        inner = [sas[p[ESP].spi].decrypt(p) for p in esp.captured(path, 6) if ESP in p]
    except esp.IPSecIntegrityError:
        return False
    return len(inner) >= 4 and all(esp.ICMP in p and p.dst.startswith("10.1.") for p in inner)


def icmp_of(lab, auth):
    """Echoes between the LANs; ESP with this authentication and nothing else is on the wire."""
    wire = Capture(lab.INET, "rta")
    lab.hostA.ping("10.1.2.2", count=3)
    wire.stop()
    clear = "ip and not proto 50"
    assert wire.count(clear) == 0, wire.show(9, clear)
    assert opens_with(wire.path, auth), wire.show(9)


def ipsec_by_route():
    """`tunnel-protocol ipsec`: what is routed into the tunnel is protected; SHA2-256 cut to 96 bits on demand."""
    with Lab() as lab:
        lab.start("route-ipsec-manual")
        wait_for("protected traffic", lambda: lab.hostA.ping("10.1.2.2", check=False))
        icmp_of(lab, "SHA2-256-96")
        lab.transfer(10)
        assert "ESP-AUTH-SHA2-256-96" in lab.RTA.cli("display ipsec sa")
        out = lab.RTA.cli("display interface Tunnel 0/0/1")
        assert "Line protocol current state : UP" in out, out
        assert " Tunnel protocol/transport IPSEC/IP" in out, out
        # another route, another way: what is not routed into it does not pass
        lab.RTA.cli("system-view", "undo ip route-static 10.1.2.0 24 Tunnel 0/0/1")
        assert lab.hostA.ping("10.1.2.2", check=False) == 0
        lab.RTA.cli("system-view", "ip route-static 10.1.2.0 24 Tunnel 0/0/1")
        for r in (lab.RTA, lab.RTB):
            r.cli("system-view", "undo ipsec authentication sha2 compatible enable")
        icmp_of(lab, "SHA2-256-128")
        assert "ESP-AUTH-SHA2-256-128" in lab.RTA.cli("display ipsec sa")


def gre_inside_ipsec(example):
    """GRE between the routers, inside ESP in transport mode; IPv6 and IPv4 payloads; intact by checksum."""
    with Lab() as lab:
        lab.ipv6().start(example)
        lab.ipv6_in_tunnel()
        wire = Capture(lab.INET, "rta", snaplen=96, expression="ip or ip6")
        for address in ("10.1.2.2", "2001:db8:2::2"):
            wait_for("traffic", lambda: lab.hostA.ping(address, check=False))
            lab.transfer(10, address=address)
        wire.stop()
        clear = "(ip and not proto 50) or net 2001:db8:1::/64 or net 2001:db8:2::/64"
        assert wire.count("proto 50") > 1000 and wire.count(clear) == 0, wire.show(9, clear)


ah_esp_transport()
print("  AH around ESP, transport mode")
ipv6_tunnel()
print("  IPv6 in IPv6")
ipsec_by_route()
print("  IPsec by route")
for name in ("gre-over-ipsec-manual", "gre-acl-ipsec-manual"):
    gre_inside_ipsec(name)
    print("  " + name)
print("forms: ok")
