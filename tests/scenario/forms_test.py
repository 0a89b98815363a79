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
        inside = "net 2001:db8:1::/64 or net 2001:db8:2::/64"
        assert wire.count(inside) == 0, wire.show(9, inside)


def gre_inside_ipsec(example):
    """GRE between the routers, inside ESP in transport mode; IPv6 and IPv4 payloads; intact by checksum."""
    with Lab() as lab:
        lab.start(example)
        wire = Capture(lab.INET, "rta", snaplen=96)
        wait_for("traffic", lambda: lab.hostA.ping("10.1.2.2", check=False))
        lab.transfer(20)
        wire.stop()
        clear = "ip and not proto 50"
        assert wire.count("proto 50") > 1000 and wire.count(clear) == 0, wire.show(9, clear)


ah_esp_transport()
print("  AH around ESP, transport mode")
ipv6_tunnel()
print("  IPv6 in IPv6")
for name in ("gre-over-ipsec-manual", "gre-acl-ipsec-manual"):
    gre_inside_ipsec(name)
    print("  " + name)
print("forms: ok")
