#!/usr/bin/python3
"""What two real datapaths do about paths that carry less: devices, ICMP true and forged, DF and not."""
import os
import re
import sys

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


def algorithm(kind, name):
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib", "alg.def")
    names = re.findall(r"^%s\((\w+)," % kind, open(here).read(), re.M)
    return names.index(name) + 1


def esp(b, extra=""):
    feeds = []
    for ns, me, him in ((b.gwa, 1, 2), (b.gwb, 2, 1)):
        f = b.feed(ns)
        f.say("setup 4")
        f.say("tun 1 t0 protected")
        f.say("raw 2 esp")
        for sa, inbound, spi, src, dst in ((1, 0, 0x1000 + him, me, him),
                                           (2, 1, 0x1000 + me, him, me)):
            f.say("dp_sa sa=%d inbound=%d spi=%d protocol=50 mode=2 source=198.51.100.%d "
                  "destination=198.51.100.%d cipher=%d auth=%d cipher_key=%s auth_key=%s "
                  "replay_window=1024 slot=%d seq_limit=4000000000 port=1 policy=P %s" % (
                      sa, inbound, spi, src, dst, algorithm("ALG_CIPHER", "aes_cbc_128"),
                      algorithm("ALG_AUTH", "hmac_sha2_256_128"), "00" * 16, "11" * 32, sa, extra))
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
        a, _ = esp(b)
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
            esp(b, "mtu=1000 fragment_before=%d" % before)
            assert "2 received" in says(b, 1380, df=False), before
            assert b.hosta.ping("10.1.2.2", "-s", "20000")


def inject(b, src, proto, load, mtu):
    b.gwb.run("/usr/bin/python3", "-c", INJECT, src, str(proto), load, str(mtu))


def icmp_is_believed_when_it_quotes_us():
    with bed.Bed() as b:
        a, _ = esp(b)
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


def main():
    bed.need_root()
    for test in (the_device_takes_less, fragments_before_or_after,
                 icmp_is_believed_when_it_quotes_us):
        test()
        print("ok", test.__name__)


if __name__ == "__main__":
    main()
