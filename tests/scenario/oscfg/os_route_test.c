/*
 * Routes in a real kernel.
 */
#include "config.h"

#include "tests/scenario/oscfg/bed.h"
#include "tests/scenario/oscfg/suites.h"

#include "daemon/kind.h"
#include "lib/arena.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MANY = 10000 };

static void
open_with_address(struct bed *b)
{
	struct want a = want_address("wan", "198.51.100.1/24");

	bed_open(b);
	ADD(b, &a);
}

static void
a_route_is_set_tagged_and_removed(void)
{
	struct bed b;
	struct want w = want_path(254, "10.9.0.0/16", "198.51.100.254", NULL, 60);
	const struct want *found;

	open_with_address(&b);
	ADD(&b, &w);
	ADD(&b, &w);
	CU_ASSERT_TRUE(sh_says(
		"10.9.0.0/16 via 198.51.100.254 dev wan proto 89 metric 60", "ip route show"));
	bed_crash(&b);
	found = bed_dumped(&b, &w);
	CU_ASSERT_PTR_NOT_NULL_FATAL(found);
	CU_ASSERT_TRUE(kind_route.equal(found, &w));
	DEL(&b, &w);
	DEL(&b, &w);
	CU_ASSERT_FALSE(sh_says("10.9.0.0/16", "ip route show"));
	bed_close(&b);
}

static void
an_equal_foreign_route_is_adopted_and_stays(void)
{
	struct bed b;
	struct want w = want_path(254, "0.0.0.0/0", "198.51.100.254", NULL, 60);

	open_with_address(&b);
	sh("ip route add default via 198.51.100.254 metric 60");
	ADD(&b, &w);
	CU_ASSERT_FALSE(sh_says("proto 89", "ip route show"));
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&b, &w)); /* in use */
	DEL(&b, &w);
	CU_ASSERT_PTR_NULL(bed_dumped(&b, &w));
	CU_ASSERT_TRUE(sh_says("default via 198.51.100.254", "ip route show"));
	bed_close(&b);
}

static void
another_foreign_route_stays_beside_ours(void)
{
	struct bed b;
	struct want w = want_path(254, "0.0.0.0/0", "198.51.100.254", NULL, 60);

	open_with_address(&b);
	sh("ip route add default via 198.51.100.253 metric 60");
	ADD(&b, &w);
	CU_ASSERT_TRUE(sh_says("via 198.51.100.253", "ip route show"));
	CU_ASSERT_TRUE(sh_says("via 198.51.100.254 dev wan proto 89", "ip route show"));
	DEL(&b, &w);
	CU_ASSERT_TRUE(sh_says("via 198.51.100.253", "ip route show"));
	CU_ASSERT_FALSE(sh_says("via 198.51.100.254", "ip route show"));
	bed_close(&b);
}

static void
an_unreachable_next_hop_is_refused(void)
{
	struct bed b;
	struct want w = want_path(254, "10.9.0.0/16", "192.0.2.77", NULL, 60);

	open_with_address(&b);
	CU_ASSERT_EQUAL(oscfg_add(b.o, &w, &b.err), -ENETUNREACH);
	CU_ASSERT_STRING_EQUAL(b.err.object, "10.9.0.0/16");
	CU_ASSERT_NOT_EQUAL(b.err.text[0], '\0');
	DEL(&b, &w);
	bed_close(&b);
}

static void
the_steering_table_takes_source_mtu_and_blackhole(void)
{
	struct bed b;
	struct want link = want_made(WANT_LINK_PROTECTED, "yp0", "GE0/0/1", 1400);
	struct want in = want_path(OSCFG_TABLE, "10.1.2.0/24", NULL, "yp0", 1);
	struct want closed = want_path(OSCFG_TABLE, "10.1.2.0/24", NULL, NULL, UINT32_MAX);
	const struct want *found;

	in.route.mtu = 1300;
	CU_ASSERT_EQUAL(addr_parse("198.51.100.1", &in.route.preferred_source), 0);
	open_with_address(&b);
	ADD(&b, &link);
	ADD(&b, &in);
	ADD(&b, &closed);
	CU_ASSERT_TRUE(sh_says("10.1.2.0/24 dev yp0 proto 89 scope link src 198.51.100.1 metric 1 "
			       "mtu 1300",
		"ip route show table 22863"));
	CU_ASSERT_TRUE(sh_says(
		"blackhole 10.1.2.0/24 proto 89 metric 4294967295", "ip route show table 22863"));
	found = bed_dumped(&b, &in);
	CU_ASSERT_PTR_NOT_NULL_FATAL(found);
	CU_ASSERT_TRUE(kind_route.equal(found, &in));
	found = bed_dumped(&b, &closed);
	CU_ASSERT_PTR_NOT_NULL_FATAL(found);
	CU_ASSERT_TRUE(kind_route.equal(found, &closed));
	DEL(&b, &in);
	CU_ASSERT_TRUE(sh_says("blackhole", "ip route show table 22863"));
	DEL(&b, &closed);
	CU_ASSERT_FALSE(sh_says("10.1.2", "ip route show table 22863"));
	bed_close(&b);
}

/* Two ways of one preference: the kernel's word for it is one route of two next hops. */
static void
two_ways_of_one_preference_are_both_used(void)
{
	struct bed b;
	struct want first = want_path(254, "10.9.0.0/16", "198.51.100.254", NULL, 60);
	struct want second = want_path(254, "10.9.0.0/16", "198.51.100.253", NULL, 60);
	struct want third = want_path(254, "10.9.0.0/16", NULL, "lan", 60);
	struct want other = want_path(254, "10.9.0.0/16", "198.51.100.254", NULL, 70);
	static const char both[] = "10.9.0.0/16 proto 89 metric 60";

	open_with_address(&b);
	ADD(&b, &first);
	ADD(&b, &other);
	ADD(&b, &second);
	ADD(&b, &second);
	CU_ASSERT_TRUE(sh_says(both, "ip route show"));
	CU_ASSERT_TRUE(sh_says("nexthop via 198.51.100.254 dev wan", "ip route show"));
	CU_ASSERT_TRUE(sh_says("nexthop via 198.51.100.253 dev wan", "ip route show"));
	ADD(&b, &third);
	CU_ASSERT_TRUE(sh_says("nexthop dev lan", "ip route show"));
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&b, &first));
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&b, &second));
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&b, &third));
	bed_crash(&b); /* the next daemon learns of it by its dump */
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&b, &second));
	DEL(&b, &first);
	CU_ASSERT_FALSE(sh_says("nexthop via 198.51.100.254", "ip route show"));
	CU_ASSERT_TRUE(sh_says("nexthop via 198.51.100.253", "ip route show"));
	CU_ASSERT_TRUE(sh_says(
		"10.9.0.0/16 via 198.51.100.254 dev wan proto 89 metric 70", "ip route show"));
	DEL(&b, &third);
	CU_ASSERT_TRUE(sh_says(
		"10.9.0.0/16 via 198.51.100.253 dev wan proto 89 metric 60", "ip route show"));
	CU_ASSERT_PTR_NULL(bed_dumped(&b, &first));
	DEL(&b, &second);
	CU_ASSERT_FALSE(sh_says("metric 60", "ip route show"));
	DEL(&b, &other);
	bed_close(&b);
}

static void
somebody_else_s_route_is_left_out_of_several(void)
{
	struct bed b;
	struct want first = want_path(254, "10.9.0.0/16", "198.51.100.254", NULL, 60);
	struct want second = want_path(254, "10.9.0.0/16", "198.51.100.253", NULL, 60);
	static const char foreign[] = "10.9.0.0/16 via 198.51.100.252 dev wan metric 60";

	open_with_address(&b);
	ADD(&b, &first);
	ADD(&b, &second);
	sh("ip route prepend 10.9.0.0/16 via 198.51.100.252 metric 60");
	DEL(&b, &first);
	CU_ASSERT_TRUE(sh_says(foreign, "ip route show"));
	CU_ASSERT_TRUE(sh_says(
		"10.9.0.0/16 via 198.51.100.253 dev wan proto 89 metric 60", "ip route show"));
	ADD(&b, &first);
	CU_ASSERT_TRUE(sh_says("nexthop via 198.51.100.254 dev wan", "ip route show"));
	CU_ASSERT_TRUE(sh_says(foreign, "ip route show"));
	DEL(&b, &first);
	DEL(&b, &second);
	CU_ASSERT_TRUE(sh_says(foreign, "ip route show"));
	CU_ASSERT_FALSE(sh_says("proto 89", "ip route show"));
	bed_close(&b);
}

static void
a_way_whose_device_is_down_is_taken_out_and_comes_back(void)
{
	struct bed b;
	struct want wan = want_path(254, "10.9.0.0/16", "198.51.100.254", NULL, 60);
	struct want lan = want_path(254, "10.9.0.0/16", NULL, "lan", 60);
	struct want late = want_path(254, "10.9.0.0/16", "198.51.100.253", NULL, 60);

	open_with_address(&b);
	ADD(&b, &wan);
	ADD(&b, &lan);
	sh("ip link set lan down");
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&b, &wan));
	CU_ASSERT_PTR_NULL(bed_dumped(&b, &lan));
	CU_ASSERT_EQUAL(oscfg_add(b.o, &lan, &b.err), -ENETDOWN); /* later */
	ADD(&b, &late); /* the dead one is in nobody's way */
	CU_ASSERT_TRUE(sh_says("nexthop via 198.51.100.253", "ip route show"));
	CU_ASSERT_FALSE(sh_says("dev lan", "ip route show"));
	sh("ip link set lan up");
	ADD(&b, &lan);
	CU_ASSERT_TRUE(sh_says("nexthop dev lan", "ip route show"));
	DEL(&b, &wan);
	DEL(&b, &late);
	DEL(&b, &lan);
	CU_ASSERT_FALSE(sh_says("proto 89", "ip route show"));
	bed_close(&b);
}

static void
two_ways_of_one_preference_are_both_used_in_ipv6(void)
{
	struct bed b;
	struct want a = want_address("wan", "2001:db8:a::1/64");
	struct want first = want_path(254, "2001:db8:9::/48", "2001:db8:a::fe", NULL, 60);
	struct want second = want_path(254, "2001:db8:9::/48", "2001:db8:a::fd", NULL, 60);

	bed_open(&b);
	sh("sysctl -qw net.ipv6.conf.wan.disable_ipv6=0 net.ipv6.conf.wan.accept_dad=0");
	ADD(&b, &a);
	ADD(&b, &first);
	ADD(&b, &second);
	ADD(&b, &second);
	CU_ASSERT_TRUE(sh_says("2001:db8:9::/48 proto 89 metric 60", "ip -6 route show"));
	CU_ASSERT_TRUE(sh_says("nexthop via 2001:db8:a::fe dev wan", "ip -6 route show"));
	CU_ASSERT_TRUE(sh_says("nexthop via 2001:db8:a::fd dev wan", "ip -6 route show"));
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&b, &first));
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&b, &second));
	DEL(&b, &first);
	CU_ASSERT_TRUE(sh_says("2001:db8:9::/48 via 2001:db8:a::fd dev wan proto 89 metric 60",
		"ip -6 route show"));
	DEL(&b, &second);
	CU_ASSERT_FALSE(sh_says("2001:db8:9::", "ip -6 route show"));
	bed_close(&b);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
ten_thousand_routes_come_and_go(void)
{
	struct bed b;
	struct want w, *all;
	char text[PREFIX_STRLEN];
	double start, added, dumped, removed;
	size_t n, n_routes = 0;

	open_with_address(&b);
	start = now();
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof text, "10.%d.%d.0/24", i / 256, i % 256);
		w = want_path(254, text, "198.51.100.254", NULL, 60);
		CU_ASSERT_EQUAL_FATAL(oscfg_add(b.o, &w, &b.err), 0);
	}
	added = now();
	CU_ASSERT_EQUAL(oscfg_dump(b.o, b.arena, &all, &n, &b.err), 0);
	dumped = now();
	for (size_t i = 0; i < n; i++)
		if (all[i].kind == WANT_ROUTE) {
			n_routes++;
			CU_ASSERT_EQUAL_FATAL(oscfg_del(b.o, &all[i], &b.err), 0);
		}
	removed = now();
	CU_ASSERT_EQUAL(n_routes, MANY);
	CU_ASSERT_FALSE(sh_says("proto 89", "ip route show"));
	printf("(%d routes: %.0f ms, dump %.0f ms, removal %.0f ms) ", MANY, (added - start) * 1e3,
		(dumped - added) * 1e3, (removed - dumped) * 1e3);
	bed_close(&b);
}

CU_TestInfo os_route_tests[] = {
	{ "a route is set, tagged and removed", a_route_is_set_tagged_and_removed },
	{ "an equal foreign route is adopted and stays",
		an_equal_foreign_route_is_adopted_and_stays },
	{ "another foreign route stays beside ours", another_foreign_route_stays_beside_ours },
	{ "two ways of one preference are both used", two_ways_of_one_preference_are_both_used },
	{ "somebody else's route is left out of several",
		somebody_else_s_route_is_left_out_of_several },
	{ "a way whose device is down is taken out, and comes back",
		a_way_whose_device_is_down_is_taken_out_and_comes_back },
	{ "two ways of one preference are both used in IPv6",
		two_ways_of_one_preference_are_both_used_in_ipv6 },
	{ "an unreachable next hop is refused", an_unreachable_next_hop_is_refused },
	{ "the steering table takes source, MTU and blackhole",
		the_steering_table_takes_source_mtu_and_blackhole },
	{ "ten thousand routes come and go", ten_thousand_routes_come_and_go },
	CU_TEST_INFO_NULL,
};
