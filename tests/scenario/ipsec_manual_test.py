#!/usr/bin/python3
"""Scenario 2-ipsec-manual: ESP in tunnel mode with typed keys; scapy reads and writes the wire."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import Capture, Lab, need_root  # noqa: E402

need_root()
import esp  # noqa: E402

with Lab() as lab:
    lab.start("2-ipsec-manual")
    wire = Capture(lab.INET, "rta")
    lab.hostA.ping("10.1.2.2", count=5)
    lab.hostB.ping("10.1.1.2", count=5)
    wire.stop()
    assert wire.count("proto 50") >= 20, wire.show(20)
    assert wire.count("ip and not proto 50") == 0, wire.show(5, "ip and not proto 50")

    # what crossed the Internet opens with scapy under the documented keys, in both directions
    opened = {esp.A_TO_B: 0, esp.B_TO_A: 0}
    for p in esp.captured(wire.path):
        spi = p[esp.ESP].spi
        inner = (esp.from_a if spi == esp.A_TO_B else esp.from_b)().decrypt(p)
        assert {inner.src, inner.dst} == {"10.1.1.2", "10.1.2.2"}, inner.summary()
        assert esp.ICMP in inner, inner.summary()
        opened[spi] += 1
    assert min(opened.values()) >= 10, opened

    # a long transfer arrives intact and leaves nothing in clear
    wire = Capture(lab.INET, "rta", snaplen=96)
    lab.transfer(50)
    wire.stop()
    assert wire.count("proto 50") > 10000
    assert wire.count("ip and not proto 50") == 0, wire.show(5, "ip and not proto 50")
    seqs = esp.sequence_numbers(wire.path)
    assert len(set(seqs)) == len(seqs), "a sequence number was used twice"

    # packets that scapy builds are accepted: an echo request from hostA's address reaches hostB,
    # whose answer comes back through the routers
    seq = lab.RTA.state("display ipsec sa")
    last = max(r["sequence"] for r in seq if r["spi"] == esp.A_TO_B)
    request = esp.IP(src="10.1.1.2", dst="10.1.2.2") / esp.ICMP(id=77, seq=9) / b"from scapy"
    packet = esp.from_a(seq=last + 1000).encrypt(request)
    heard = Capture(lab.hostB, "eth0")
    lab.INET.run("/usr/bin/python3", "-c", (
        "import socket,sys; s=socket.socket(socket.AF_INET,socket.SOCK_RAW,socket.IPPROTO_RAW);"
        "s.sendto(bytes.fromhex(sys.argv[1]),('203.0.113.1',0))"), bytes(packet).hex())
    lab.hostA.ping("10.1.2.2", check=False)  # something behind it, so that the capture has an end
    heard.stop()
    got = [p for p in esp.captured(heard.path) if esp.ICMP in p and p[esp.ICMP].id == 77]
    assert [p[esp.ICMP].type for p in got] == [8, 0], [p.summary() for p in got]

    # an ACL's rules are counted, and begin anew
    lab.RTA.cli("reset acl counter 3001")
    assert "matches" not in lab.RTA.cli("display acl 3001")
    lab.hostA.ping("10.1.2.2", count=3)
    assert "10.1.2.0 0.0.0.255 (6 matches)" in lab.RTA.cli("display acl 3001"), \
        lab.RTA.cli("display acl 3001")

    out = lab.RTA.cli("display ipsec sa")
    for text in ('IPSec policy name: "P1"', "Sequence number  : 10", "Mode             : MANUAL",
                 "SPI: 54321 (0xd431)", "SPI: 12345 (0x3039)", "[Outbound ESP SAs]"):
        assert text.lower() in out.lower(), "%s is missing\n%s" % (text, out)
    shown = lab.RTA.cli("display current-configuration")
    assert "huawei" not in shown and "%^%#" in shown, shown
print("2-ipsec-manual: ok")
