#!/usr/bin/python3
"""What two real datapaths do about paths that carry less: devices, ICMP true and forged, DF and not."""
import os
import re
import signal
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import bed  # noqa: E402

# aes-128 and sha2-256; SPIs 0x1001 (to gwA) and 0x1002
INJECT = """
import sys
from scapy.all import *
src, proto, load, mtu = sys.argv[1], int(sys.argv[2]), bytes.fromhex(sys.argv[3]), int(sys.argv[4])
quote = IP(src="198.51.100.1", dst="198.51.100.2", proto=proto, len=1500, flags="DF", id=7)/load
send(IP(src=src, dst="198.51.100.1")/ICMP(type=3, code=4, nexthopmtu=mtu)/quote, verbose=0)
"""
# the same of IPv6: what follows the quoted header is all given
INJECT6 = """
import socket, struct, sys
mtu, following, load = int(sys.argv[1]), int(sys.argv[2]), bytes.fromhex(sys.argv[3])
ends = [socket.inet_pton(socket.AF_INET6, "2001:db8::%d" % n) for n in (1, 2)]
quote = struct.pack("!IHBB", 6 << 28, 1440, following, 60) + ends[0] + ends[1] + load
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.sendto(struct.pack("!BBHI", 2, 0, 0, mtu) + quote, ("2001:db8::1", 0))
"""
V4, V6 = "198.51.100.", "2001:db8::"
UDP = "encap_local=4500 encap_remote=4500"
DF_COPY, DF_SET, DF_CLEAR = 0, 1, 2


def algorithm(kind, name):
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib", "alg.def")
    names = re.findall(r"^%s\((\w+)," % kind, open(here).read(), re.M)
    return names.index(name) + 1


def sas(f, me, him, net, protocol, extra):
    """Equal identities are replaced."""
    for sa, inbound, spi, src, dst in ((1, 0, 0x1000 + him, me, him),
                                       (2, 1, 0x1000 + me, him, me)):
        f.say("dp_sa sa=%d inbound=%d spi=%d protocol=%d mode=2 source=%s%d destination=%s%d "
              "cipher=%d auth=%d cipher_key=%s auth_key=%s replay_window=1024 slot=%d "
              "seq_limit=4000000000 port=1 policy=P %s" % (
                  sa, inbound, spi, protocol, net, src, net, dst,
                  algorithm("ALG_CIPHER", "aes_cbc_128") if protocol == 50 else 0,
                  algorithm("ALG_AUTH", "hmac_sha2_256_128"), "00" * 16 if protocol == 50 else "",
                  "11" * 32, sa, extra))


def gateways(b, extra="", net=V4, port="raw 2 esp", protocol=50):
    feeds = []
    for ns, me, him in ((b.gwa, 1, 2), (b.gwb, 2, 1)):
        f = b.feed(ns)
        f.say("setup 4")
        f.say("tun 1 t0 protected")
        f.say(port)
        sas(f, me, him, net, protocol, extra)
        f.say("dp_spd_begin port=1 n_rules=1")
        f.say("dp_spd_rule port=1 rule=1 action=2 source_port_high=65535 "
              "destination_port_high=65535 icmp_type=65535 icmp_code=65535 sa_out=1 sa_in=2")
        f.say("dp_spd_end port=1")
        b.tunnel(f, him, mtu=1430)
        feeds.append(f)
    return feeds


def says(b, size, df=True):
    return b.hosta.run("ping", "-n", "-c2", "-i", "0.1", "-W1", "-s", str(size), "-M",
                       "do" if df else "dont", "10.1.2.2", check=False)


def the_device_takes_less():
    """The host learns the size that fits, the daemon is told; what has no DF is cut."""
    with bed.Bed() as b:
        a, _ = gateways(b)
        assert b.hosta.ping("10.1.2.2")
        for gw in (b.gwa, b.gwb):
            gw.sh("ip link set wan mtu 1300")
        out = says(b, 1380)
        assert "mtu = 1230" in out, out
        got = a.say("wait dp_sa_path")
        assert "mtu=1300" in got[-1], got
        b.hosta.sh("ip route flush cache")
        assert "2 received" in says(b, 1380, df=False)
        assert "2 received" in says(b, 1230 - 28)


def fragments_before_or_after():
    for before in (0, 1):
        with bed.Bed() as b:
            gateways(b, "mtu=1000 fragment_before=%d" % before)
            assert "2 received" in says(b, 1380, df=False), before
            assert b.hosta.ping("10.1.2.2", "-s", "20000")


def inject(b, src, proto, load, mtu):
    b.gwb.run("/usr/bin/python3", "-c", INJECT, src, str(proto), load, str(mtu))


def icmp_is_believed_when_it_quotes_us():
    with bed.Bed() as b:
        a, _ = gateways(b)
        inject(b, "198.51.100.2", 50, "00001003" + "00000001" + "00" * 20, 600)  # no SPI of ours
        inject(b, "198.51.100.2", 50, "00001002" + "00000001" + "00" * 20, 300)  # no such path
        assert "2 received" in says(b, 1400 - 28)
        inject(b, "198.51.100.2", 50, "00001002" + "00000001" + "00" * 20, 900)
        got = a.say("wait dp_sa_path")
        assert "mtu=900" in got[-1] and len([g for g in got if "dp_sa_path" in g]) == 1, got
        out = says(b, 1380)
        assert "mtu = 830" in out or "mtu=830" in out, out
        drops = a.drops()
        assert set(drops) == {"pkt_too_big"}, drops


def ah_is_quoted_by_its_second_word():
    with bed.Bed() as b:
        a, _ = gateways(b, port="raw 2 ah", protocol=51)
        inject(b, V4 + "2", 51, "04070000" + "00001003" + "00000001" + "00" * 12, 800)
        inject(b, V4 + "2", 51, "04070000" + "00001002" + "00000001" + "00" * 12, 900)
        got = a.say("wait dp_sa_path")
        assert "mtu=900" in got[-1] and len([g for g in got if "dp_sa_path" in g]) == 1, got
        assert re.search("mtu ?= ?852", says(b, 1380))  # 20 of IP, 12 and 16 of AH


def icmp6_is_believed_when_it_quotes_us():
    """Natively and in UDP; also, when the path has shrunk before, about the first one of our fragments.

    (Of AH the kernel tells nobody: it takes it for an extension header.)
    """
    esp = "%s00000001" + "00" * 16
    for port, following, load, extra in (("raw 2 esp6", 50, esp, ""),
                                         ("udp 2 4500 v6", 17, "11941194058c0000" + esp, UDP)):
        fragment = "%02x0000%02x12345678"
        with bed.Bed() as b:
            a, _ = gateways(b, extra, V6, port)
            b.start_counting()

            def quote(mtu, spi, head="", first=following):
                b.gwb.run("/usr/bin/python3", "-c", INJECT6, str(mtu), str(first),
                          head + load % spi)

            quote(1290, "00001003")
            quote(1400, "00001002")
            got = a.say("wait dp_sa_path")
            assert "mtu=1400" in got[-1] and sum("dp_sa_path" in g for g in got) == 1, (port, got)
            quote(1290, "00001002", fragment % (following, 9), 44)
            quote(1350, "00001002", fragment % (following, 1), 44)
            got = a.say("wait dp_sa_path")
            assert "mtu=1350" in got[-1] and sum("dp_sa_path" in g for g in got) == 1, (port, got)
            out = says(b, 1380)
            assert re.search(r"mtu ?= ?12[4-9]\d", out), (port, out)


class Wire:
    """What the first gateway sends, as tcpdump prints it."""

    def __init__(self, b, expression):
        self.dir = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.dir.name, "wire.pcap")
        self.p = b.gwb.popen("tcpdump", "-ni", "wan", "-Uw", self.path, "--immediate-mode",
                             "-Zroot", expression, stderr=-1, text=True)
        while "listening on" not in self.p.stderr.readline():
            assert self.p.poll() is None, "tcpdump ended"

    def lines(self):
        """One line a packet."""
        self.p.send_signal(signal.SIGINT)
        self.p.wait()
        out = bed.run("tcpdump", "-nvr", self.path)
        self.dir.cleanup()
        return re.sub(r"\n\s+", " ", out).splitlines()


def df_is_as_asked_for_in_udp():
    """Each setting, with and without DF inside; in one datapath, so that it goes back and forth."""
    with bed.Bed() as b:
        feeds = gateways(b, UDP, port="udp 2 4500")
        assert b.hosta.ping("10.1.2.2")
        wire = Wire(b, "src host 198.51.100.1 and udp port 4500")
        want = []
        for setting in (DF_COPY, DF_SET, DF_CLEAR, DF_COPY):
            for f, me, him in zip(feeds, (1, 2), (2, 1)):
                sas(f, me, him, V4, 50, "%s df=%d" % (UDP, setting))
            for inner in ("do", "dont"):
                assert b.hosta.ping("10.1.2.2", "-s", "500", "-M", inner), (setting, inner)
                want.append(setting == DF_SET or (setting == DF_COPY and inner == "do"))
        # shorter ones are the kernel's, about its new device
        seen = ["[DF]" in line for line in wire.lines() if re.search(r"length [5-9]\d\d$", line)]
        assert seen == want, (seen, want)
        # and what the device does not take is cut, or its sender told
        for gw in (b.gwa, b.gwb):
            gw.sh("ip link set wan mtu 1300")
        assert "mtu" in says(b, 1380)
        assert "2 received" in says(b, 1380, df=False)


def udp_over_ipv6_is_cut_before():
    """Nobody on the path would cut it, and the device takes more."""
    with bed.Bed() as b:
        gateways(b, UDP + " mtu=1320", V6, "udp 2 4500 v6")
        b.gwa.sh("ip link set wan gso_max_segs 1")  # tcpdump shall see datagrams
        b.start_counting()
        wire = Wire(b, "src host 2001:db8::1 and not icmp6")
        assert "2 received" in says(b, 1380, df=False)
        lines = wire.lines()
        sizes = [int(n) + 40 for n in re.findall(r"payload length: (\d+)", "\n".join(lines))]
        # two pieces of each echo; what else is there is the kernel's, about its new device
        assert sum(n > 1000 for n in sizes) == 2 and max(sizes) <= 1320, lines


def main():
    bed.need_root()
    for test in (the_device_takes_less, fragments_before_or_after,
                 icmp_is_believed_when_it_quotes_us, ah_is_quoted_by_its_second_word,
                 icmp6_is_believed_when_it_quotes_us, df_is_as_asked_for_in_udp,
                 udp_over_ipv6_is_cut_before):
        test()
        print("ok", test.__name__)


if __name__ == "__main__":
    main()
