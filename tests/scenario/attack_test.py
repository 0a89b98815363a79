#!/usr/bin/python3
"""What an attacker at INET sends is dropped, each thing under its own named counter."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import Capture, Lab, need_root, wait_for  # noqa: E402

need_root()
import esp  # noqa: E402
from scapy.layers.inet6 import (ICMPv6EchoRequest, ICMPv6ND_NS, IPv6, IPv6ExtHdrDestOpt,  # noqa: E402
                                IPv6ExtHdrFragment)

INJECT = """
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("rtb", 0))
for line in sys.stdin:
    s.send(bytes.fromhex(line))
"""


class Attacker:
    """Sends frames from INET to RTB's outside."""

    def __init__(self, lab):
        self.lab = lab
        mac = lab.RTB.sh("cat /sys/class/net/wan/address").strip()
        src = lab.INET.sh("cat /sys/class/net/rtb/address").strip()
        self.ether = bytes.fromhex((mac + src).replace(":", ""))

    def send(self, packets):
        path = os.path.join(self.lab.tmp, "frames")
        with open(path, "w") as f:
            for p in packets:
                kind = b"\x86\xdd" if bytes(p)[0] >> 4 == 6 else b"\x08\x00"
                f.write((self.ether + kind + bytes(p)).hex() + "\n")
        with open(path) as f:
            self.lab.INET.run("/usr/bin/python3", "-c", INJECT, stdin=f)

    def expect(self, name, packets, **grows):
        """Each counter grows by just this much, and hostB hears nothing of it."""
        packets = list(packets)
        before = self.lab.RTB.drops()
        self.send(packets)
        want = {k: before.get(k, 0) + n for k, n in grows.items()}

        def counted():
            now = self.lab.RTB.drops()
            return all(now.get(k, 0) >= n for k, n in want.items()) and now
        try:
            now = wait_for("%s counted" % name, counted, limit=10)
        except AssertionError:
            now = self.lab.RTB.drops()
            raise AssertionError("%s: wanted %r, have %r" % (
                name, want, {k: v for k, v in now.items() if v}))
        other = {k: v - before.get(k, 0) for k, v in now.items() if v != before.get(k, 0)}
        assert other == grows, "%s: counted %r, wanted %r" % (name, other, grows)
        print("  %-44s %s" % (name, ", ".join("%s +%d" % kv for kv in sorted(grows.items()))))


def reseal(ip, payload):
    """An outer header with right length and checksum around other bytes."""
    return bytes(esp.IP(src=ip.src, dst=ip.dst, proto=50, id=ip.id, ttl=64) / esp.Raw(payload))


with Lab() as lab:
    lab.start("2-ipsec-manual")
    lab.hostA.ping("10.1.2.2", count=3)
    attack = Attacker(lab)
    heard = Capture(lab.hostB, "eth0", expression="ip and not host 10.1.2.1")

    clear = esp.IP(src="10.1.1.2", dst="10.1.2.2")
    attack.expect("cleartext to a protected host", [clear / esp.ICMP(), clear / esp.UDP(dport=53),
                                                    clear / esp.TCP(dport=22)], spd_cleartext=3)
    attack.expect("cleartext fragments", [
        esp.IP(src="10.1.1.2", dst="10.1.2.2", proto=17, flags="MF", id=3) / (b"a" * 64),
        esp.IP(src="10.1.1.2", dst="10.1.2.2", proto=17, frag=8, id=4) / (b"b" * 64)],
        spd_cleartext=2)

    base = max(r["sequence"] for r in lab.RTA.state("display ipsec sa") if r["spi"] == esp.A_TO_B)
    good = esp.from_a(seq=base + 500).encrypt(clear / esp.ICMP(id=99))
    attack.send([good])
    attack.expect("the same packet again", [good], esp_replay=1)
    attack.expect("an unknown SPI", [esp.association(99999, esp.A, esp.B).encrypt(
        clear / esp.ICMP())], esp_no_sa=1)
    attack.expect("another source address", [esp.association(
        esp.A_TO_B, "198.51.100.77", esp.B, seq=base + 600).encrypt(clear / esp.ICMP())],
        esp_address=1)
    attack.expect("an inner flow the policy does not have", [esp.from_a(seq=base + 601).encrypt(
        esp.IP(src="10.9.9.9", dst="10.1.2.2") / esp.ICMP())], spd_in_mismatch=1)

    fresh = esp.from_a(seq=base + 700).encrypt(clear / esp.ICMP(id=98))
    body = bytes(fresh)[20:]
    flips = [(name, [reseal(fresh, body[:i] + bytes([body[i] ^ (1 << bit)]) + body[i + 1:])
                     for i in where for bit in range(8)], reason)
             for name, where, reason in (
                 ("SPI", range(0, 4), "esp_no_sa"),
                 ("IV", range(8, 24), "esp_auth"),
                 ("ciphertext", range(24, len(body) - 16), "esp_auth"),
                 ("ICV", range(len(body) - 16, len(body)), "esp_auth"))]
    for name, packets, reason in flips:
        attack.expect("one bit of the %s flipped" % name, packets, **{reason: len(packets)})
    # a changed number is either outside the window or does not verify
    seq = [reseal(fresh, body[:4] + bytes(
        b ^ (1 << bit) if j == i else b for j, b in enumerate(body[4:8])) + body[8:])
        for i in range(4) for bit in range(8)]
    before = lab.RTB.drops()
    attack.send(seq)
    wait_for("flipped sequence numbers counted", lambda: sum(
        lab.RTB.drops()[k] - before[k] for k in ("esp_auth", "esp_replay")) == 32)

    short = [reseal(fresh, body[:n]) for n in range(0, len(body))]
    before = lab.RTB.drops()
    attack.send(short)
    wait_for("every truncation counted", lambda: sum(
        lab.RTB.drops()[k] - before[k] for k in ("esp_short", "esp_auth")) == len(short))

    attack.send([fresh])  # the unharmed original is still good
    lab.hostA.ping("10.1.2.2", count=2)
    heard.stop()
    ids = [p[esp.ICMP].id for p in esp.captured(heard.path)
           if esp.ICMP in p and p[esp.ICMP].type == 8 and p[esp.ICMP].id in (98, 99)]
    assert ids == [99, 98], "hostB heard %r" % ids
    assert heard.count("udp or tcp or host 10.9.9.9 or ip[6:2] & 0x3fff != 0") == 0, heard.show(9)

    shown = lab.RTB.cli("display ipsec statistics")
    for text in ("can't find SA", "authentication is failed", "replay packet", "wrong length",
                 "cleartext although policy demands protection"):
        assert text in shown, "%s is missing\n%s" % (text, shown)

with Lab() as lab:
    lab.ipv6()
    lab.start("ipv6-ipsec-manual")
    wait_for("protected traffic", lambda: lab.hostA.ping("2001:db8:2::2", check=False))
    attack = Attacker(lab)
    heard = Capture(lab.hostB, "eth0", expression="ip6 and host 2001:db8:1::2")
    clear = IPv6(src="2001:db8:1::2", dst="2001:db8:2::2")
    attack.expect("IPv6 cleartext to a protected host", [
        clear / ICMPv6EchoRequest(id=1), clear / esp.UDP(dport=53), clear / esp.TCP(dport=22)],
        spd_cleartext=3)
    attack.expect("behind extension headers", [
        clear / IPv6ExtHdrDestOpt() / esp.UDP(dport=53),
        clear / IPv6ExtHdrFragment(id=3, m=1, nh=17) / (b"a" * 64),
        clear / IPv6ExtHdrFragment(id=4, offset=8, nh=17) / (b"b" * 64)], spd_cleartext=3)
    attack.expect("as if from a router's neighbour", [
        clear / IPv6ExtHdrDestOpt() / ICMPv6ND_NS(tgt="2001:db8:2::2")], spd_cleartext=1)
    lab.hostA.ping("2001:db8:2::2", count=3)
    heard.stop()
    assert heard.count("icmp6 and ip6[40] == 128") == 3, heard.show(9, "ip6")
    assert heard.count("udp or tcp or ip6 proto 44 or ip6 proto 60") == 0, heard.show(9, "ip6")
print("attacks: ok")
