#!/usr/bin/python3
"""What goes through two datapaths from host to host: iperf3 TCP, in Gbit/s, and CPU seconds a GB.

usage: bench_net.py [-t SECONDS] [-P STREAMS] [-c cbc|gcm] [WAY …]
   WAY: none gre gre-plain esp udp (ESP in UDP)
Needs root. Compare within one run only.
"""
import argparse
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import bed  # noqa: E402

KEY = "00112233445566778899aabbccddeeff"
AUTH = KEY * 2


def gre(b, plain=False):
    for ns, me, him in ((b.gwa, 1, 2), (b.gwb, 2, 1)):
        f = b.feed(ns)
        f.say("tun 1 t0 tunnel" + (" plain" if plain else ""))
        f.say("raw 2 gre")
        f.say("dp_tunnel port=1 source=198.51.100.%d destination=198.51.100.%d up=1 mtu=1476"
              % (me, him))
        b.tunnel(f, him)


def esp(b, encap=0):
    for ns, me, him in ((b.gwa, 1, 2), (b.gwb, 2, 1)):
        f = b.feed(ns)
        f.say("setup 4")
        f.say("tun 1 t0 protected")
        f.say("udp 2 4500" if encap else "raw 2 esp")
        for sa, inbound, spi, src, dst in ((1, 0, 1000 + him, me, him), (2, 1, 1000 + me, him, me)):
            f.say("dp_sa sa=%d inbound=%d spi=%d protocol=50 mode=2 source=198.51.100.%d "
                  "destination=198.51.100.%d cipher=%d auth=%d cipher_key=%s auth_key=%s "
                  "replay_window=1024 slot=%d seq_limit=4000000000 port=1 policy=P encap_local=%d "
                  "encap_remote=%d" % (sa, inbound, spi, src, dst, CIPHER[0], CIPHER[1],
                                       CIPHER[2], CIPHER[3], sa, encap, encap))
        f.say("dp_spd_begin port=1 n_rules=1")
        f.say("dp_spd_rule port=1 rule=1 action=2 source_port_high=65535 "
              "destination_port_high=65535 icmp_type=65535 icmp_code=65535 sa_out=1 sa_in=2")
        f.say("dp_spd_end port=1")
        b.tunnel(f, him, mtu=1400)


CIPHER = (0, 0, KEY, AUTH)  # filled by main from alg.def


def none(b):
    for ns, me, him in ((b.gwa, 1, 2), (b.gwb, 2, 1)):
        ns.sh("ip route add 10.1.%d.0/24 via 198.51.100.%d" % (him, him))


WAYS = {"none": none, "gre": gre, "gre-plain": lambda b: gre(b, True), "esp": esp,
        "udp": lambda b: esp(b, 4500)}


def cpu(feeds):
    total = 0
    for f in feeds:
        fields = open("/proc/%d/stat" % f.pid()).read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def measure(way, seconds, streams):
    with bed.Bed() as b:
        WAYS[way](b)
        assert b.hosta.ping("10.1.2.2"), way
        b.hostb.popen("iperf3", "-s", "-1", stdout=-3, stderr=-3)
        b.hostb.sh("until ss -ltn | grep -q 5201; do :; done")
        before = cpu(b.feeds)
        out = json.loads(b.hosta.run("iperf3", "-J", "-c", "10.1.2.2", "-t", str(seconds), "-P",
                                     str(streams), timeout=seconds + 30))
        used = cpu(b.feeds) - before
        got = out["end"]["sum_received"]
        drops = [f.drops() for f in b.feeds]
        print("%-10s %d stream%s %6.2f Gbit/s %6.2f CPU-s/GB %6d retransmissions  %s" % (
            way, streams, " " if streams == 1 else "s", got["bits_per_second"] / 1e9,
            used / (got["bytes"] / 1e9), out["end"]["sum_sent"].get("retransmits", 0),
            drops if any(drops) else ""), flush=True)


def algorithms(cipher, auth):
    """Numbers and key lengths as lib/alg.def has them, by order of their rows."""
    import re
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib", "alg.def")
    rows = {"ALG_CIPHER": [], "ALG_AUTH": []}
    for kind, name in re.findall(r"^(ALG_CIPHER|ALG_AUTH)\((\w+),", open(here).read(), re.M):
        rows[kind].append(name)
    return rows["ALG_CIPHER"].index(cipher) + 1, rows["ALG_AUTH"].index(auth) + 1


def main():
    global CIPHER
    bed.need_root()
    p = argparse.ArgumentParser()
    p.add_argument("-t", type=int, default=4)
    p.add_argument("-P", type=int, default=1)
    p.add_argument("-c", choices=("cbc", "gcm"), default="cbc")
    p.add_argument("ways", nargs="*", default=["none", "gre-plain", "gre", "esp"])
    a = p.parse_args()
    if a.c == "cbc":
        CIPHER = algorithms("aes_cbc_128", "hmac_sha2_256_128") + (KEY, AUTH)
    else:
        CIPHER = (algorithms("aes_gcm_128", "hmac_sha2_256_128")[0], 0, KEY + "01020304", "")
    for way in a.ways:
        measure(way, a.t, a.P)


if __name__ == "__main__":
    main()
