/*
 * Twin of daemon/compile/compile.c: accept, abort, events, and a store that contradicts itself.
 */
#include "config.h"

#include "daemon/compile/compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/daemon/bench.h"
#include "tests/unit/daemon/site.h"
#include "tests/unit/daemon/suites.h"

static void
a_change_takes_the_steps_of_that_change_only(void)
{
	static const struct {
		const char *rows, *steps;
	} rows[] = {
		{ "set system 1 sysname=RTA", "" },
		{ "set interface GigabitEthernet0/0/0 description=LAN", "" },
		{ "set interface GigabitEthernet0/0/0 mtu=1400", "~ link e0\n" },
		{ "put ip_address interface=GigabitEthernet0/0/0 address=10.1.1.2 length=24 sub=1",
			"+ addr e0 10.1.1.2/24\n" },
		{ "set interface Tunnel0/0/1 gre_key=7", "~ tunnel Tunnel0-0-1\n" },
		{ "set interface Tunnel0/0/1 gre_checksum=0",
			"~ link Tunnel0-0-1\n~ tunnel Tunnel0-0-1\n" },
		{ "put route_static destination=10.9.0.0 length=16 nexthop=198.51.100.9",
			"+ route 254 10.9.0.0/16 60 via 198.51.100.9\n" },
		{ "put acl number=2000\nput acl_rule acl=2000 id=5 action=permit", "" },
		{ "del route_static 10.1.2.0,24,,Tunnel0/0/1\ndel ip_address "
		  "Tunnel0/0/1,172.16.40.1\ndel interface Tunnel0/0/1",
			"- route 254 10.1.2.0/24 60 dev Tunnel0-0-1\n"
			"- addr Tunnel0-0-1 172.16.40.1/24\n- tunnel Tunnel0-0-1\n"
			"- port 4 \n- port 1 Tunnel0-0-1\n- link Tunnel0-0-1\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b;

		bench_init(&b);
		CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_TUNNEL), 0);
		bench_steps(&b);
		CU_ASSERT_EQUAL(bench_commit(&b, rows[i].rows), 0);
		CU_ASSERT_STRING_EQUAL(bench_steps(&b), rows[i].steps);
		bench_fini(&b);
	}
}

static void
a_refused_change_leaves_everything_as_it_was(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_TUNNEL), 0);
	bench_steps(&b);
	for (unsigned int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(
			bench_commit(&b,
				"put interface name=LoopBack0 kind=LoopBack position=0\n"
				"put ip_address interface=LoopBack0 address=1.1.1.1 length=32\n"
				"del ip_address GigabitEthernet0/0/0,10.1.1.1\n"
				"put ip_address interface=GigabitEthernet0/0/0 "
				"address=172.16.40.9 length=24\n"),
			-EINVAL);
		CU_ASSERT_STRING_EQUAL(bench_steps(&b), "");
		CU_ASSERT_STRING_EQUAL(bench_wants(&b, "interface LoopBack0"), "");
	}
	CU_ASSERT_EQUAL(bench_commit(&b,
				"put interface name=LoopBack0 kind=LoopBack position=0\n"
				"put ip_address interface=LoopBack0 address=10.1.1.77 length=32"),
		-EINVAL);
	CU_ASSERT_EQUAL(bench_commit(&b,
				"put interface name=LoopBack0 kind=LoopBack position=0\n"
				"put ip_address interface=LoopBack0 address=1.1.1.1 length=32"),
		0);
	bench_fini(&b);
}

static void
an_address_may_move_within_one_change(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES), 0);
	bench_steps(&b);
	CU_ASSERT_EQUAL(bench_commit(&b,
				"del ip_address GigabitEthernet0/0/0,10.1.1.1\n"
				"put interface name=LoopBack0 kind=LoopBack position=0\n"
				"put ip_address interface=LoopBack0 address=10.1.1.1 length=32\n"),
		0);
	CU_ASSERT_STRING_EQUAL(bench_steps(&b),
		"- addr e0 10.1.1.1/24\n+ link LoopBack0\n+ addr LoopBack0 10.1.1.1/32\n");
	bench_fini(&b);
}

static void
only_another_answer_of_the_kernel_compiles_again(void)
{
	struct bench b;
	struct err e = { 0 };

	bench_init(&b);
	b.path_mtu = 0; /* no path yet: an ordinary one is assumed */
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_TUNNEL), 0);
	bench_steps(&b);
	CU_ASSERT_EQUAL(compile_events(b.daemon.compile, b.daemon.store, &e), 0);
	daemon_apply(&b.daemon);
	CU_ASSERT_STRING_EQUAL(bench_steps(&b), "");
	b.path_mtu = 1400;
	CU_ASSERT_EQUAL(compile_events(b.daemon.compile, b.daemon.store, &e), 0);
	daemon_apply(&b.daemon);
	CU_ASSERT_STRING_EQUAL(bench_steps(&b), "~ link Tunnel0-0-1\n~ tunnel Tunnel0-0-1\n");
	CU_ASSERT_PTR_NOT_NULL(
		strstr(bench_wants(&b, "interface Tunnel0/0/1"), "tunnel mtu 1368 up"));
	CU_ASSERT_EQUAL(compile_events(b.daemon.compile, b.daemon.store, &e), 0);
	daemon_apply(&b.daemon);
	CU_ASSERT_STRING_EQUAL(bench_steps(&b), "");
	bench_fini(&b);
}

static void
reading_everything_again_changes_nothing(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_TUNNEL SITE_IPSEC), 0);
	bench_steps(&b);
	daemon_reread(&b.daemon);
	CU_ASSERT_STRING_EQUAL(bench_steps(&b), "");
	bench_fini(&b);
}

static void
a_cleared_router_wants_nothing(void)
{
	struct bench b;
	struct want_pair *pairs;
	size_t n;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_IPSEC), 0);
	bench_steps(&b);
	compile_clear(b.daemon.compile, &pairs, &n);
	reconcile_apply(b.daemon.reconcile, pairs, n);
	compile_pairs_free(pairs, n);
	CU_ASSERT_PTR_NULL(strchr(bench_steps(&b), '+'));
	CU_ASSERT_STRING_EQUAL(bench_wants(&b, "interface GigabitEthernet0/0/0"), "");
	daemon_reread(&b.daemon);
	CU_ASSERT_PTR_NULL(strchr(bench_steps(&b), '~'));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(bench_wants(&b, "interface GigabitEthernet0/0/0"), "link e0"));
	bench_fini(&b);
}

CU_TestInfo compile_tests[] = {
	{ "a change takes the steps of that change only",
		a_change_takes_the_steps_of_that_change_only },
	{ "a refused change leaves everything as it was",
		a_refused_change_leaves_everything_as_it_was },
	{ "an address may move within one change", an_address_may_move_within_one_change },
	{ "only another answer of the kernel compiles again",
		only_another_answer_of_the_kernel_compiles_again },
	{ "reading everything again changes nothing", reading_everything_again_changes_nothing },
	{ "a cleared router wants nothing", a_cleared_router_wants_nothing },
	CU_TEST_INFO_NULL,
};
