#!/usr/bin/python3
"""ESP in UDP of two real datapaths: hosts reach each other, also when a NAT changes its mind."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import bed  # noqa: E402

def algorithm(kind, name):
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib", "alg.def")
    names = re.findall(r"^%s\((\w+)," % kind, open(here).read(), re.M)
    return names.index(name) + 1


def sa(f, number, inbound, spi, src, dst, net="198.51.100."):
    f.say("dp_sa sa=%d inbound=%d spi=%d protocol=50 mode=2 source=%s%d "
          "destination=%s%d cipher=%d cipher_key=%s replay_window=1024 slot=%d "
          "seq_limit=4000000000 port=1 policy=P encap_local=4500 encap_remote=4500 "
          "may_move=%d group=9" % (
              number, inbound, spi, net, src, net, dst, algorithm("ALG_CIPHER", "aes_gcm_128"),
              "07" * 20, number, inbound))


def gateways(b, net="198.51.100."):
    feeds = []
    for ns, me, him in ((b.gwa, 1, 2), (b.gwb, 2, 1)):
        f = b.feed(ns)
        f.say("setup 4")
        f.say("tun 1 t0 protected")
        f.say("udp 2 4500" + (" v6" if ":" in net else ""))
        sa(f, 1, 0, 0x1000 + him, me, him, net)
        sa(f, 2, 1, 0x1000 + me, him, me, net)
        f.say("dp_group group=9 sa=1")
        f.say("dp_spd_begin port=1 n_rules=1")
        f.say("dp_spd_rule port=1 rule=1 action=2 source_port_high=65535 "
              "destination_port_high=65535 icmp_type=65535 icmp_code=65535 sa_out=9 sa_in=9")
        f.say("dp_spd_end port=1")
        b.tunnel(f, him, mtu=1400)
        feeds.append(f)
    return feeds


def hosts_reach_each_other():
    with bed.Bed() as b:
        feeds = gateways(b)
        b.start_counting()
        for size in ("56", "1372", "30000"):
            assert b.hosta.ping("10.1.2.2", "-s", size), size
        b.hostb.popen("iperf3", "-s", "-1", stdout=-3, stderr=-3)
        b.hostb.sh("until ss -ltn | grep -q 5201; do :; done")
        assert "receiver" in b.hosta.run("iperf3", "-c", "10.1.2.2", "-n", "50M")
        for f in feeds:
            f.no_drops()


def hosts_reach_each_other_over_ipv6():
    """IPv4 and IPv6 inside UDP over IPv6; TCP goes out by UDP_SEGMENT and comes in by UDP_GRO."""
    with bed.Bed() as b:
        feeds = gateways(b, "2001:db8::")
        b.start_counting()
        got = b.gwb.popen("tcpdump", "-nli", "wan", "-c", "4", "udp port 4500", stdout=-1,
                          stderr=-3, text=True)
        b.gwb.sh("until ss -f packet -a | grep -q tcpdump || ss -0 -a | grep -q wan; do :; done")
        for size in ("56", "1352", "30000"):
            assert b.hosta.ping("10.1.2.2", "-s", size), size
            six = ("fd00:2::2", "-s", size)
            # the first two, there and back, teach the hosts the MTU
            assert any(b.hosta.ping(*six) for _ in range(3)), size
        seen = got.communicate()[0]
        assert "2001:db8::1.4500 > 2001:db8::2.4500" in seen, seen
        assert "2001:db8::2.4500 > 2001:db8::1.4500" in seen, seen
        b.hostb.popen("iperf3", "-s", "-1", stdout=-3, stderr=-3)
        b.hostb.sh("until ss -ltn | grep -q 5201; do :; done")
        assert "receiver" in b.hosta.run("iperf3", "-c", "10.1.2.2", "-n", "50M")
        for f in feeds:
            f.no_drops()


def an_ipv6_address_that_moves_is_followed():
    with bed.Bed() as b:
        fa, fb = gateways(b, "2001:db8::")
        b.start_counting()
        b.gwa.sh("ip addr add 2001:db8::9/64 dev wan")
        sa(fa, 1, 0, 0x1002, 9, 2, "2001:db8::")
        sa(fa, 2, 1, 0x1001, 2, 9, "2001:db8::")
        assert b.hosta.ping("10.1.2.2")
        got = fb.say("wait dp_sa_path")
        assert "destination=2001:db8::9" in got[-1] and "encap_remote=4500" in got[-1], got
        fb.no_drops()


def an_address_that_moves_is_followed():
    with bed.Bed() as b:
        fa, fb = gateways(b)
        b.start_counting()
        b.gwa.sh("ip addr add 198.51.100.9/24 dev wan")
        sa(fa, 1, 0, 0x1002, 9, 2)
        sa(fa, 2, 1, 0x1001, 2, 9)
        assert b.hosta.ping("10.1.2.2")
        got = fb.say("wait dp_sa_path")
        assert "destination=198.51.100.9" in got[-1] and "encap_remote=4500" in got[-1], got
        fb.no_drops()


NAT = """table ip n {
	chain out { type filter hook output priority -300; oif "wan" udp sport 4500 udp sport set 40000; }
	chain in { type filter hook prerouting priority -300; iif "wan" udp dport 40000 udp dport set 4500; }
}"""


def a_port_that_a_nat_changes_is_followed():
    """The NAT has no memory, so that it does not matter who speaks first."""
    with bed.Bed() as b:
        if "nat ok" not in b.gwa.sh("echo '%s' | nft -f - && echo nat ok" % NAT, check=False):
            print("(no NAT in this kernel)")
            return
        _, fb = gateways(b)
        assert b.hosta.ping("10.1.2.2")
        got = fb.say("wait dp_sa_path")
        assert "encap_remote=40000" in got[-1], got
        assert b.hosta.ping("10.1.2.2", "-s", "30000")


def transport(f, number, inbound, spi, src, dst, natt=""):
    f.say("dp_sa sa=%d inbound=%d spi=%d protocol=50 mode=1 source=198.51.100.%d "
          "destination=198.51.100.%d cipher=%d cipher_key=%s replay_window=1024 slot=%d "
          "seq_limit=4000000000 port=1 policy=P encap_local=4500 encap_remote=4500 %s" % (
              number, inbound, spi, src, dst, algorithm("ALG_CIPHER", "aes_gcm_128"),
              "%04x" % spi * 10, number, natt))


ADDRESS_NAT = """table ip n {
	chain out { type filter hook output priority -300; oif "wan" udp sport 4500 ip saddr set 198.51.100.77; }
	chain in { type filter hook prerouting priority -300; iif "wan" udp dport 4500 ip daddr set 198.51.100.1; }
}"""


def tcp_between_the_gateways_survives_a_nat(known):
    """Transport mode: both kernels verify TCP checksums that were made for other addresses."""
    with bed.Bed() as b:
        if "nat ok" not in b.gwa.sh("echo '%s' | nft -f - && echo nat ok" % ADDRESS_NAT,
                                    check=False):
            print("(no NAT in this kernel)")
            return
        b.gwa.sh("ip addr add 198.51.100.77/32 dev lo")
        for ns, me, him in ((b.gwa, 1, 2), (b.gwb, 2, 77)):
            f = b.feed(ns)
            f.say("setup 4")
            f.say("tun 1 t0 protected")
            f.say("udp 2 4500")
            there = "natt_source=198.51.100.%d natt_destination=198.51.100.%d" % (
                (2, 77) if me == 1 else (1, 2))
            transport(f, 1, 0, 0x1000 + me, me, him)
            transport(f, 2, 1, 0x1000 + 3 - me, him, me, there if known else "")
            f.say("dp_spd_begin port=1 n_rules=1")
            f.say("dp_spd_rule port=1 rule=1 action=2 source_port_high=65535 "
                  "destination_port_high=65535 icmp_type=65535 icmp_code=65535 sa_out=1 sa_in=2")
            f.say("dp_spd_end port=1")
            ns.sh("ip link set t0 up mtu 1400; ip route add 198.51.100.%d dev t0 src "
                  "198.51.100.%d table 9; ip rule add not fwmark %d table 9" % (him, me, bed.MARK))
        b.gwb.popen("iperf3", "-s", "-1", stdout=-3, stderr=-3)
        b.gwb.sh("until ss -ltn | grep -q 5201; do :; done")
        assert "receiver" in b.gwa.run("iperf3", "-c", "198.51.100.2", "-n", "5M", timeout=30)
        for ns in (b.gwa, b.gwb):
            tcp = ns.sh("nstat -az TcpInCsumErrors | tail -1").split()
            assert tcp[1] == "0", tcp


def with_the_addresses_that_the_peer_sees():
    tcp_between_the_gateways_survives_a_nat(True)


def without_them():
    tcp_between_the_gateways_survives_a_nat(False)


def main():
    bed.need_root()
    for test in (hosts_reach_each_other, hosts_reach_each_other_over_ipv6,
                 an_ipv6_address_that_moves_is_followed, an_address_that_moves_is_followed,
                 a_port_that_a_nat_changes_is_followed,
                 with_the_addresses_that_the_peer_sees, without_them):
        test()
        print("ok", test.__name__)


if __name__ == "__main__":
    main()
