/*
 * The steering scheme, the filter and addresses in IPv6, in a real kernel.
 */
#include "config.h"

#include "tests/scenario/oscfg/site.h"
#include "tests/scenario/oscfg/suites.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PTUN "yp0"

static const struct want rules[] = {
	{ .kind = WANT_RULE, .rule = { WANT_RULE_BYPASS, AF_INET6, OSCFG_RULE_BYPASS } },
	{ .kind = WANT_RULE, .rule = { WANT_RULE_MAIN, AF_INET6, OSCFG_RULE_MAIN } },
	{ .kind = WANT_RULE, .rule = { WANT_RULE_STEER, AF_INET6, OSCFG_RULE_STEER } },
};

/* host 2001:db8:1::2 – lan ::1 router wan 2001:db8:a::1 – inet ::fe, and 2001:db8:2::2 in clear */
static void
site6_open(struct site *s)
{
	struct want forward = { .kind = WANT_SYSCTL,
		.sysctl = { "net/ipv6/conf/all/forwarding", "1" } };
	struct want route = want_path(254, "::/0", "2001:db8:a::fe", NULL, 60);
	struct want lan = want_address("lan", "2001:db8:1::1/64");
	struct want wan = want_address("wan", "2001:db8:a::1/64");

	site_open(s);
	sh("for d in all default lan wan; do sysctl -qw net.ipv6.conf.$d.disable_ipv6=0 "
	   "net.ipv6.conf.$d.accept_dad=0; done");
	ADD(&s->bed, &lan);
	ADD(&s->bed, &wan);
	ADD(&s->bed, &route);
	ADD(&s->bed, &forward);
	sh("ip netns exec %s sysctl -qw net.ipv6.conf.lan-peer.disable_ipv6=0;"
	   "ip -n %s addr add 2001:db8:1::2/64 dev lan-peer nodad;"
	   "ip -n %s route add default via 2001:db8:1::1",
		s->host, s->host, s->host);
	sh("ip netns exec %s sysctl -qw net.ipv6.conf.wan-peer.disable_ipv6=0;"
	   "ip -n %s addr add 2001:db8:a::fe/64 dev wan-peer nodad;"
	   "ip -n %s addr add 2001:db8:2::2/128 dev wan-peer nodad;"
	   "ip -n %s route add 2001:db8:1::/64 via 2001:db8:a::1",
		s->inet, s->inet, s->inet, s->inet);
	for (int i = 0; i < 30 && !site_ping(s, s->host, "2001:db8:2::2", ""); i++)
		; /* until link-local addresses are no longer tentative */
}

static void
an_ipv6_destination_is_steered_and_marked_packets_are_not(void)
{
	struct site s;
	struct want wan = want_physical("wan", 0, OSCFG_GROUP_PROTECTED, true);
	struct want ptun = want_made(WANT_LINK_PROTECTED, PTUN, "GigabitEthernet0/0/1", 1400);
	struct want route = want_path(OSCFG_TABLE, "2001:db8:2::/64", NULL, PTUN, 1);
	struct want closed = want_path(OSCFG_TABLE, "2001:db8:2::/64", NULL, NULL, UINT32_MAX);

	CU_ASSERT_EQUAL(addr_parse("2001:db8:1::1", &route.route.preferred_source), 0);
	ptun.link.ipv6 = true;
	route.route.mtu = 1380;
	site6_open(&s);
	ADD(&s.bed, &wan);
	ADD(&s.bed, &ptun);
	ADD(&s.bed, &closed);
	ADD(&s.bed, &route);
	for (size_t i = 0; i < 3; i++)
		ADD(&s.bed, &rules[i]);
	CU_ASSERT_TRUE(sh_says("dev yp0", "ip -6 route get 2001:db8:2::2"));
	CU_ASSERT_TRUE(sh_says("src 2001:db8:1::1", "ip -6 route get 2001:db8:2::2"));
	CU_ASSERT_TRUE(sh_says("mtu 1380", "ip -6 route get 2001:db8:2::2"));
	CU_ASSERT_TRUE(sh_says("dev wan", "ip -6 route get 2001:db8:9::2"));
	CU_ASSERT_TRUE(sh_says("dev wan", "ip -6 route get 2001:db8:2::2 mark 0x594f0000"));
	bed_crash(&s.bed);
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&s.bed, &rules[0]));
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&s.bed, &rules[2]));
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&s.bed, &route));
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&s.bed, &closed));
	sh("ip link set " PTUN " down");
	CU_ASSERT_FALSE(site_ping(&s, s.host, "2001:db8:2::2", ""));
	for (size_t i = 0; i < 3; i++)
		DEL(&s.bed, &rules[i]);
	CU_ASSERT_TRUE(site_ping(&s, s.host, "2001:db8:2::2", ""));
	CU_ASSERT_FALSE(sh_says("suppress_ifgroup", "ip -6 rule show"));
	site_close(&s);
}

static void
ipv6_cleartext_is_dropped_but_neighbours_are_found(void)
{
	struct site s;
	struct want_filter_rule r[] = {
		filter_rule(true, 0, "2001:db8:2::/64", "2001:db8:1::/64"),
		filter_rule(true, 0, "10.1.2.0/24", "10.1.1.0/24"),
		filter_rule(true, 0, "::/0", "2001:db8:a::/64"),
		filter_rule(true, 58, "2001:db8:3::/64", "2001:db8:1::/64"),
	};
	struct want w = { .kind = WANT_FILTER, .owner = "" };

	r[3].icmp_type = 128;
	strcpy(w.filter.device, "wan");
	w.filter.rules = r;
	w.filter.n_rules = 4;
	site6_open(&s);
	CU_ASSERT_TRUE(site_ping(&s, s.inet, "2001:db8:1::2", "-I 2001:db8:2::2"));
	ADD(&s.bed, &w);
	CU_ASSERT_FALSE(site_ping(&s, s.inet, "2001:db8:1::2", "-I 2001:db8:2::2"));
	CU_ASSERT_EQUAL(oscfg_filter_drops(s.bed.o), 1);
	CU_ASSERT_FALSE(site_ping(&s, s.inet, "10.1.1.2", "-I 10.1.2.2"));
	CU_ASSERT_EQUAL(oscfg_filter_drops(s.bed.o), 2);
	CU_ASSERT_TRUE(site_ping(&s, s.inet, "2001:db8:1::2", "-I 2001:db8:a::fe"));
	sh("ip -6 neigh flush dev wan");
	CU_ASSERT_TRUE(site_ping(&s, s.inet, "2001:db8:1::2", "-I 2001:db8:a::fe"));
	DEL(&s.bed, &w);
	site_close(&s);
}

CU_TestInfo os_ipv6_tests[] = {
	{ "an IPv6 destination is steered, and marked packets are not",
		an_ipv6_destination_is_steered_and_marked_packets_are_not },
	{ "IPv6 cleartext is dropped, but neighbours are found",
		ipv6_cleartext_is_dropped_but_neighbours_are_found },
	CU_TEST_INFO_NULL,
};
