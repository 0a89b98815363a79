#!/usr/bin/python3
"""What strongSwan's user-space ESP cannot carry: its control plane, with a played kernel, and our packets opened
by scapy with the keys that strongSwan has negotiated. (scapy has extended numbers in ESP with AEAD ciphers only.)

After ikev2/net2net-esn, net2net-ah, host2host-ah, host2host-transport, ikev2-algs/esp-alg-aes-gmac,
net2net-multicast (in GRE), route-based/net2net-gre, ipv6/*.
"""
import os
import sys

from swan_site import (BASE, LAN6, NETS6, OURS6, POLICY6, THEIRS, THEIRS6, TOP, V6, Capture, Site, missing, need_root,
                       wait_for)

sys.path.insert(0, os.path.join(TOP, "tests", "lab"))
need_root()
if missing():
    print("SKIP: apt-get install %s" % missing()[0])
    sys.exit(77)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: E402
from esp import ESP, IP, SecurityAssociation, conf  # noqa: E402,F401
from scapy.layers.inet6 import IPv6  # noqa: E402
from scapy.layers.ipsec import AH  # noqa: E402
from scapy.utils import rdpcap  # noqa: E402

AUTH = {"hmac(sha256)": "SHA2-256-128", "hmac(sha1)": "HMAC-SHA1-96", "sha1": "HMAC-SHA1-96",
        "hmac(sha384)": "SHA2-384-192"}
GRE = """interface Tunnel0/0/1
 ip address 172.16.40.1 255.255.255.0
 tunnel-protocol gre
 source 198.51.100.1
 destination 203.0.113.1
 gre key 42
 ipsec profile roads
#
ip route-static 10.1.2.0 255.255.255.0 Tunnel0/0/1
"""
PROFILE = """ipsec profile roads
 ike-peer site
 proposal prop1
#
"""
HOSTS = """acl number 3101
 rule 5 permit ip source 198.51.100.1 0 destination 203.0.113.1 0
#
"""
HOST6 = """acl ipv6 number 3101
 rule 5 permit ipv6 source 2001:db8:a::1/128 destination 2001:db8:b::1/128
#
"""
AH_SHA = "transform ah\nah authentication-algorithm sha2-256"
DYNAMIC = "local_ts = dynamic\nremote_ts = dynamic"
TRANSPORT = "encapsulation-mode transport\n"
V6BOTH = dict(local=THEIRS6, remote=OURS6)

# name: ours, theirs, where packets come from and go to, what the faked kernel must have been told
FORMS = {
    "net2net-esn": (
        dict(esp="esp encryption-algorithm aes-gcm-256\nesn enable"),
        dict(esp="aes256gcm16-esn"), ("hostA", "10.1.2.2"),
        dict(proto="esp", mode="tunnel", esn="1")),
    "esp-alg-aes-gmac": (
        dict(esp="esp encryption-algorithm aes-gmac-256"), dict(esp="aes256gmac"), ("hostA", "10.1.2.2"),
        dict(proto="esp", mode="tunnel", aead="rfc4543(gcm(aes))")),
    "net2net-ah": (
        dict(esp=AH_SHA), dict(ah="sha256"), ("hostA", "10.1.2.2"),
        dict(proto="ah", mode="tunnel")),
    "net2net-ah-esn": (
        dict(esp=AH_SHA + "\nesn enable"), dict(ah="sha256-esn"), ("hostA", "10.1.2.2"),
        dict(proto="ah", mode="tunnel", esn="1")),
    "host2host-transport": (
        dict(esp=TRANSPORT, acl=HOSTS), dict(ts=DYNAMIC, child="mode = transport"),
        ("RTA", THEIRS), dict(proto="esp", mode="transport")),
    "host2host-ah": (
        dict(esp=TRANSPORT + AH_SHA, acl=HOSTS), dict(ts=DYNAMIC, child="mode = transport", ah="sha256"),
        ("RTA", THEIRS), dict(proto="ah", mode="transport")),
    "net2net-gre": (
        dict(esp=TRANSPORT, acl="", tail=PROFILE + GRE),
        dict(ts="local_ts = dynamic[gre]\nremote_ts = dynamic[gre]", child="mode = transport"),
        ("hostA", "10.1.2.2"), dict(proto="esp", mode="transport")),
    "net2net-multicast": (
        dict(esp=TRANSPORT, acl="", tail=PROFILE + GRE),
        dict(ts="local_ts = dynamic[gre]\nremote_ts = dynamic[gre]", child="mode = transport"),
        ("RTA", "224.0.0.5", "-I", "Tunnel0-0-1"), dict(proto="esp", mode="transport")),
    "ipv6-net2net": (
        dict(base=BASE + V6, acl=LAN6, tail=POLICY6, remote=THEIRS6), dict(ts=NETS6, **V6BOTH),
        ("hostA", "2001:db8:2::2"), dict(proto="esp", mode="tunnel")),
    "ipv6-net2net-ip6-in-ip4": (
        dict(base=BASE + V6, acl=LAN6, tail=POLICY6), dict(ts=NETS6),
        ("hostA", "2001:db8:2::2"), dict(proto="esp", mode="tunnel")),
    "ipv6-net2net-ip4-in-ip6": (
        dict(base=BASE + V6, remote=THEIRS6), V6BOTH,
        ("hostA", "10.1.2.2"), dict(proto="esp", mode="tunnel")),
    "ipv6-transport": (
        dict(base=BASE + V6, acl=HOST6, tail=POLICY6, remote=THEIRS6, esp=TRANSPORT),
        dict(ts=DYNAMIC, child="mode = transport", **V6BOTH),
        ("RTA", THEIRS6), dict(proto="esp", mode="transport")),
}


def verify_gmac(p, key):
    """RFC 4543: everything is in clear, and authentic. Raises what is not. (scapy does not know it.)"""
    esp = bytes(p[ESP])
    AESGCM(key[:-4]).decrypt(key[-4:] + esp[8:16], esp[-16:], esp[:-16])


def opened(path, sa):
    """How many of our packets open with the keys that they have."""
    ip = IPv6 if ":" in sa["dst"] else IP
    kind = AH if sa["proto"] == "ah" else ESP
    keys = dict(auth_algo=AUTH[sa["auth"]], auth_key=bytes.fromhex(sa["authkey"])) \
        if "auth" in sa else dict(crypt_algo="AES-GCM", crypt_key=bytes.fromhex(sa["key"]))
    if kind is ESP and "enc" in sa:
        keys.update(crypt_algo="AES-CBC", crypt_key=bytes.fromhex(sa["key"]))
    n = 0
    for p in rdpcap(path):
        if ip not in p or kind not in p or p[kind].spi != int(sa["spi"], 16):
            continue
        n += 1
        if sa.get("aead") == "rfc4543(gcm(aes))":
            verify_gmac(p, bytes.fromhex(sa["key"]))
            continue
        tunnel = ip(src=sa["src"], dst=sa["dst"]) if sa["mode"] == "tunnel" else None
        a = SecurityAssociation(kind, spi=p[kind].spi, tunnel_header=tunnel, esn_en=sa["esn"] == "1",
                                **keys)
        a.decrypt(p[ip])  # raises what does not open
    return n


def form(name, who):
    us, them, (node, to, *extra), told = FORMS[name]
    us = dict(us)
    if who == "theirs" and "Tunnel" not in us.get("tail", ""):
        us["policy"] = "sa trigger-mode traffic-based"
    with Site(us=us, them=them, fake=True, v6=":" in str(us) + str(them)) as s:
        if who == "theirs":
            s.them.initiate("net", check=False)
        child, = s.both_up()
        wait_for("SAs in their kernel", lambda: len(s.them.installed() + s.them.installed("update sa")) >= 2)
        wire = Capture(s.INET, "rta", expression="esp or ah or proto 50 or proto 51 or ip6")
        sender = getattr(s, node)
        sender.ping(to, count=4, extra=extra, check=False)
        wire.stop()
        sas = s.them.installed() + s.them.installed("update sa")
        ours = [a for a in sas if int(a["spi"], 16) == child["spi_out"]]
        assert ours, (child, sas)
        for a in sas:
            assert told.items() <= a.items(), (told, a)
        try:
            n = opened(wire.path, ours[0])
        except Exception as e:
            raise AssertionError("scapy: %r\n%s" % (e, wire.show(4)))
        assert n >= 4, (n, wire.show(10))


def main():
    failed = []
    for name in sys.argv[1:] or FORMS:
        for who in ("ours", "theirs"):
            try:
                form(name, who)
                print("  %s, %s begin: ok" % (name, who), flush=True)
            except AssertionError as e:
                failed.append(name)
                print("  %s, %s begin: FAILED: %s" % (name, who, str(e)[-1200:]), flush=True)
    assert not failed, "failed: %s" % " ".join(failed)
    print("forms: ok")


main()
