/*
 * What is read from a real kernel for displays.
 */
#include "config.h"

#include "tests/scenario/oscfg/bed.h"
#include "tests/scenario/oscfg/suites.h"

#include "lib/arena.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void
devices_are_the_ports_in_the_order_of_their_index(void)
{
	struct bed b;
	struct want t = want_made(WANT_LINK_TUNNEL, "Tunnel0-0-1", "Tunnel0/0/1", 1400);
	struct oscfg_device *d;
	size_t n;

	bed_open(&b);
	sh("ip link add br0 type bridge; ip tuntap add mode tap name tap7");
	ADD(&b, &t);
	CU_ASSERT_EQUAL(oscfg_devices(b.o, b.arena, &d, &n), 0);
	CU_ASSERT_EQUAL_FATAL(n, 4);
	CU_ASSERT_STRING_EQUAL(d[0].name, "wan-peer");
	CU_ASSERT_STRING_EQUAL(d[1].name, "wan");
	CU_ASSERT_STRING_EQUAL(d[3].name, "lan");
	CU_ASSERT_EQUAL(d[1].index, oscfg_index(b.o, "wan"));
	bed_close(&b);
}

static void
an_interface_shows_addresses_mac_and_counters(void)
{
	struct bed b;
	struct st_interface st;

	memset(&st, 0, sizeof st);
	bed_open(&b);
	sh("ip link set wan address 00:11:22:33:44:55; ip addr add 198.51.100.1/24 dev wan;"
	   "ip addr add 192.0.2.1/30 dev wan; ip addr add 192.0.2.9/30 dev wan;"
	   "ip addr add 198.51.100.254/24 dev wan-peer; ping -c 1 -W 0.1 -I wan 198.51.100.77");
	CU_ASSERT_EQUAL(oscfg_interface_state(b.o, "wan", &st), 0);
	CU_ASSERT_TRUE(st.admin_up && st.phys_up && st.proto_up);
	CU_ASSERT_STRING_EQUAL(st.device, "wan");
	CU_ASSERT_STRING_EQUAL(st.mac, "0011-2233-4455");
	CU_ASSERT_STRING_EQUAL(st.address, "198.51.100.1/24");
	CU_ASSERT_STRING_EQUAL(st.address_sub, "192.0.2.1/30 192.0.2.9/30");
	CU_ASSERT_EQUAL(st.mtu, 1500);
	CU_ASSERT_TRUE(st.out_packets > 0 && st.out_bytes > 0);
	sh("ip link set wan-peer down");
	CU_ASSERT_EQUAL(oscfg_interface_state(b.o, "wan", &st), 0);
	CU_ASSERT_TRUE(st.admin_up && !st.phys_up && !st.proto_up);
	CU_ASSERT_EQUAL(oscfg_interface_state(b.o, "nothing", &st), -ENODEV);
	bed_close(&b);
}

static void
the_path_to_a_peer_ignores_our_steering(void)
{
	struct bed b;
	struct want a = want_address("wan", "198.51.100.1/24");
	struct want rule = { .kind = WANT_RULE,
		.rule = {
			.type = WANT_RULE_BYPASS, .af = AF_INET, .priority = OSCFG_RULE_BYPASS } };
	struct want steer = { .kind = WANT_RULE,
		.rule = { .type = WANT_RULE_STEER, .af = AF_INET, .priority = OSCFG_RULE_STEER } };
	struct want closed = want_path(OSCFG_TABLE, "203.0.113.0/24", NULL, NULL, UINT32_MAX);
	struct addr peer, source;
	char device[16], text[ADDR_STRLEN];
	uint32_t mtu;

	CU_ASSERT_EQUAL(addr_parse("203.0.113.1", &peer), 0);
	bed_open(&b);
	ADD(&b, &a);
	CU_ASSERT_EQUAL(oscfg_path(b.o, &peer, &mtu, &source, device), -ENETUNREACH);
	sh("ip route add default via 198.51.100.254 mtu 1480");
	ADD(&b, &closed);
	ADD(&b, &rule);
	ADD(&b, &steer);
	CU_ASSERT_EQUAL(oscfg_path(b.o, &peer, &mtu, &source, device), 0);
	CU_ASSERT_STRING_EQUAL(device, "wan");
	CU_ASSERT_STRING_EQUAL(addr_format(&source, text), "198.51.100.1");
	CU_ASSERT_EQUAL(mtu, 1480);
	bed_close(&b);
}

/* An ICMP error from a router that is none, about an echo that nobody sent. */
static const char forger[] = "/usr/bin/python3 -c 'from scapy.all import *\n"
			     "sendp(Ether(dst=\"00:11:22:33:44:55\")/%s, iface=\"wan-peer\")'";
static const char forged4[] = "IP(src=\"198.51.100.66\", dst=\"198.51.100.1\")"
			      "/ICMP(type=3, code=4, nexthopmtu=600)"
			      "/IP(src=\"198.51.100.1\", dst=\"203.0.113.1\")/ICMP(type=0)";
static const char forged6[] =
	"IPv6(src=\"2001:db8:a::66\", dst=\"2001:db8:a::1\")"
	"/ICMPv6PacketTooBig(mtu=1280)"
	"/IPv6(src=\"2001:db8:a::1\", dst=\"2001:db8:9::1\")/ICMPv6EchoRequest()";

/* The kernel has believed it. */
static bool
believes(const char *peer, unsigned int mtu)
{
	char says[16];

	snprintf(says, sizeof says, "mtu %u", mtu);
	for (unsigned int i = 0; i < 100; i++)
		if (sh_says(says, "ip route get %s", peer))
			return true;
	return false;
}

static void
the_mtu_of_a_path_is_configured_not_what_icmp_says(void)
{
	static const struct {
		const char *peer, *route, *forged;
		uint32_t lie;
	} rows[] = {
		{ "203.0.113.1", "203.0.113.0/24 via 198.51.100.254", forged4, 600 },
		{ "2001:db8:9::1", "2001:db8:9::/48 via 2001:db8:a::fe", forged6, 1280 },
	};
	struct addr peer, source;
	char device[16];
	struct bed b;
	uint32_t mtu;

	bed_open(&b);
	sh("for d in all default lo wan; do sysctl -qw net.ipv6.conf.$d.disable_ipv6=0 "
	   "net.ipv6.conf.$d.accept_dad=0; done; ip link set wan address 00:11:22:33:44:55;"
	   "ip addr add 198.51.100.1/24 dev wan;"
	   "ip addr add 2001:db8:a::1/64 dev wan nodad;"
	   "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.wan.rp_filter=0");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		CU_ASSERT_EQUAL(addr_parse(rows[i].peer, &peer), 0);
		sh("ip route add %s", rows[i].route);
		CU_ASSERT_EQUAL(oscfg_path(b.o, &peer, &mtu, &source, device), 0);
		CU_ASSERT_EQUAL(mtu, 1500);
		CU_ASSERT_EQUAL(sh(forger, rows[i].forged), 0);
		CU_ASSERT_TRUE(believes(rows[i].peer, rows[i].lie));
		CU_ASSERT_EQUAL(oscfg_path(b.o, &peer, &mtu, &source, device), 0);
		CU_ASSERT_EQUAL(mtu, 1500);
		CU_ASSERT_STRING_EQUAL(device, "wan");
		CU_ASSERT_EQUAL(source.af, peer.af);
		sh("ip route replace %s mtu 1480", rows[i].route);
		CU_ASSERT_EQUAL(sh(forger, rows[i].forged), 0);
		CU_ASSERT_TRUE(believes(rows[i].peer, rows[i].lie));
		CU_ASSERT_EQUAL(oscfg_path(b.o, &peer, &mtu, &source, device), 0);
		CU_ASSERT_EQUAL(mtu, 1480);
	}
	bed_close(&b);
}

struct table {
	char text[4096];
};

static void
take_row(void *arg, const struct st_route *r)
{
	struct table *t = arg;
	size_t used = strlen(t->text);
	char hop[ADDR_STRLEN];

	snprintf(t->text + used, sizeof t->text - used, "%s %s %u %u %s %s %s\n", r->destination,
		r->protocol, r->preference, r->cost, r->flags, addr_format(&r->nexthop, hop),
		r->interface);
}

static const char *
vrp_name(void *arg, const char *device)
{
	return strcmp(device, "wan") == 0 ? "GigabitEthernet0/0/1" : NULL;
}

static void
the_routing_table_is_shown_as_vrp_does(void)
{
	struct bed b;
	struct want a = want_address("wan", "198.51.100.1/24");
	struct want tun = want_made(WANT_LINK_TUNNEL, "Tunnel0-0-1", "Tunnel0/0/1", 1400);
	struct want in = want_address("Tunnel0-0-1", "10.0.0.1/30");
	struct want dflt = want_path(254, "0.0.0.0/0", "198.51.100.254", NULL, 60);
	struct want remote = want_path(254, "10.1.2.0/24", NULL, "Tunnel0-0-1", 70);
	struct want nowhere = want_path(254, "10.7.0.0/16", NULL, NULL, 60);
	struct table t = { "" };

	bed_open(&b);
	ADD(&b, &a);
	ADD(&b, &tun);
	ADD(&b, &in);
	ADD(&b, &dflt);
	ADD(&b, &remote);
	ADD(&b, &nowhere);
	sh("ip route add 10.8.0.0/16 via 198.51.100.253 proto ospf metric 20");
	CU_ASSERT_EQUAL(oscfg_routes(b.o, vrp_name, NULL, take_row, &t), 0);
	CU_ASSERT_STRING_EQUAL(t.text,
		"0.0.0.0/0 Static 60 0 RD 198.51.100.254 GigabitEthernet0/0/1\n"
		"10.0.0.0/30 Direct 0 0 D 10.0.0.1 Tunnel0-0-1\n"
		"10.0.0.1/32 Direct 0 0 D 127.0.0.1 Tunnel0-0-1\n"
		"10.1.2.0/24 Static 70 0 D 10.0.0.1 Tunnel0-0-1\n"
		"10.7.0.0/16 Static 60 0 D 0.0.0.0 NULL0\n"
		"10.8.0.0/16 OSPF 10 20 D 198.51.100.253 GigabitEthernet0/0/1\n"
		"127.0.0.0/8 Direct 0 0 D 127.0.0.1 InLoopBack0\n"
		"127.0.0.1/32 Direct 0 0 D 127.0.0.1 InLoopBack0\n"
		"198.51.100.0/24 Direct 0 0 D 198.51.100.1 GigabitEthernet0/0/1\n"
		"198.51.100.1/32 Direct 0 0 D 127.0.0.1 GigabitEthernet0/0/1\n");
	bed_close(&b);
}

static void
ipv6_routes_are_shown_with_the_rows_of_addresses(void)
{
	struct bed b;
	struct want tun = want_made(WANT_LINK_TUNNEL, "Tunnel0-0-1", "Tunnel0/0/1", 1400);
	struct want wan = want_address("wan", "2001:db8:a::1/64");
	struct want in = want_address("Tunnel0-0-1", "2001:db8:40::1/128");
	struct want dflt = want_path(254, "::/0", "2001:db8:a::fe", NULL, 60);
	struct want remote = want_path(254, "2001:db8:2::/64", NULL, "Tunnel0-0-1", 70);
	struct table t = { "" };

	tun.link.ipv6 = true;
	bed_open(&b);
	sh("for d in all default lo wan; do sysctl -qw net.ipv6.conf.$d.disable_ipv6=0 "
	   "net.ipv6.conf.$d.accept_dad=0; done; sysctl -qw net.ipv6.conf.lan.disable_ipv6=1 "
	   "net.ipv6.conf.wan-peer.disable_ipv6=1");
	ADD(&b, &wan);
	ADD(&b, &tun);
	ADD(&b, &in);
	ADD(&b, &dflt);
	ADD(&b, &remote);
	sh("ip -6 route add 2001:db8:8::/48 via 2001:db8:a::fd proto ospf metric 20;"
	   "ip -6 route add blackhole 2001:db8:7::/48 proto 89 metric 60");
	CU_ASSERT_EQUAL(oscfg_routes(b.o, vrp_name, NULL, take_row, &t), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(strstr(t.text, "::/0 "));
	CU_ASSERT_STRING_EQUAL(strstr(t.text, "::/0 "),
		"::/0 Static 60 0 RD 2001:db8:a::fe GigabitEthernet0/0/1\n"
		"::1/128 Direct 0 0 D ::1 InLoopBack0\n"
		"2001:db8:2::/64 Static 70 0 D 2001:db8:40::1 Tunnel0-0-1\n"
		"2001:db8:7::/48 Static 60 0 D :: NULL0\n"
		"2001:db8:8::/48 OSPF 10 20 D 2001:db8:a::fd GigabitEthernet0/0/1\n"
		"2001:db8:a::/64 Direct 0 0 D 2001:db8:a::1 GigabitEthernet0/0/1\n"
		"2001:db8:a::1/128 Direct 0 0 D ::1 GigabitEthernet0/0/1\n"
		"2001:db8:40::1/128 Direct 0 0 D ::1 Tunnel0-0-1\n"
		"fe80::/10 Direct 0 0 D :: NULL0\n");
	bed_close(&b);
}

CU_TestInfo os_query_tests[] = {
	{ "devices are the ports in the order of their index",
		devices_are_the_ports_in_the_order_of_their_index },
	{ "an interface shows addresses, MAC and counters",
		an_interface_shows_addresses_mac_and_counters },
	{ "the path to a peer ignores our steering", the_path_to_a_peer_ignores_our_steering },
	{ "the MTU of a path is configured, not what ICMP says",
		the_mtu_of_a_path_is_configured_not_what_icmp_says },
	{ "IPv6 routes are shown with the rows of addresses",
		ipv6_routes_are_shown_with_the_rows_of_addresses },
	{ "the routing table is shown as VRP does", the_routing_table_is_shown_as_vrp_does },
	CU_TEST_INFO_NULL,
};
