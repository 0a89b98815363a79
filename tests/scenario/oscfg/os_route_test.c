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
	{ "an unreachable next hop is refused", an_unreachable_next_hop_is_refused },
	{ "the steering table takes source, MTU and blackhole",
		the_steering_table_takes_source_mtu_and_blackhole },
	{ "ten thousand routes come and go", ten_thousand_routes_come_and_go },
	CU_TEST_INFO_NULL,
};
