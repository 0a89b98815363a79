/*
 * When two objects of the operating system are the same.
 */
#include "config.h"

#include "tests/unit/daemon/oscfg/suites.h"

#include "daemon/kind.h"
#include "daemon/oscfg/oscfg.h"

#include <CUnit/CUnit.h>
#include <string.h>

static void
a_links_name_counts_unless_it_is_physical(void)
{
	struct want a = { .kind = WANT_LINK,
		.link = { .kind = WANT_LINK_TUNNEL,
			.device = "Tunnel0-0-1",
			.mtu = 1400,
			.up = true } };
	struct want b = a;

	CU_ASSERT_TRUE(kind_link.equal(&a, &b));
	memcpy(b.link.vrp_name, "Tunnel0/0/1", 12);
	CU_ASSERT_FALSE(kind_link.equal(&a, &b));
	a.link.kind = b.link.kind = WANT_LINK_PHYSICAL;
	CU_ASSERT_TRUE(kind_link.equal(&a, &b));
	b.link.group = OSCFG_GROUP_PROTECTED;
	CU_ASSERT_FALSE(kind_link.equal(&a, &b));
	b = a;
	b.link.mtu = 0;
	CU_ASSERT_FALSE(kind_link.equal(&a, &b));
	b = a;
	b.link.up = false;
	CU_ASSERT_FALSE(kind_link.equal(&a, &b));
}

static void
a_next_hops_device_is_the_kernels_finding(void)
{
	struct want a = { .kind = WANT_ROUTE, .route = { .nexthop = addr_v4(1), .metric = 60 } };
	struct want b = a;

	memcpy(b.route.device, "wan", 4);
	CU_ASSERT_TRUE(kind_route.equal(&a, &b));
	memcpy(a.route.device, "lan", 4);
	CU_ASSERT_FALSE(kind_route.equal(&a, &b));
	a.route.nexthop.af = b.route.nexthop.af = 0;
	a.route.device[0] = '\0';
	CU_ASSERT_FALSE(kind_route.equal(&a, &b));
	b = a;
	b.route.mtu = 1400;
	CU_ASSERT_FALSE(kind_route.equal(&a, &b));
	b = a;
	b.route.preferred_source = addr_v4(2);
	CU_ASSERT_FALSE(kind_route.equal(&a, &b));
	b = a;
	b.route.type = WANT_ROUTE_BLACKHOLE;
	CU_ASSERT_FALSE(kind_route.equal(&a, &b));
}

static void
a_filter_is_equal_by_its_rules_only_when_they_are_known(void)
{
	struct want_filter_rule x[2] = { { .drop = true, .icmp_type = 8 }, { .protocol = 6 } };
	struct want_filter_rule y[2] = { x[0], x[1] };
	struct want a = { .kind = WANT_FILTER, .filter = { .rules = x, .n_rules = 2 } };
	struct want b = { .kind = WANT_FILTER, .filter = { .rules = y, .n_rules = 2 } };

	CU_ASSERT_TRUE(kind_filter.equal(&a, &b));
	y[1].destination_port_low = 1;
	CU_ASSERT_FALSE(kind_filter.equal(&a, &b));
	y[1] = x[1];
	b.filter.n_rules = 1;
	CU_ASSERT_FALSE(kind_filter.equal(&a, &b));
	b.filter.rules = NULL;
	b.filter.n_rules = 0;
	a.filter.n_rules = 0;
	CU_ASSERT_FALSE(kind_filter.equal(&a, &b));
}

static void
the_others_are_equal_by_their_one_value(void)
{
	struct want a = { .kind = WANT_SYSCTL, .sysctl = { "net/x", "1" } };
	struct want b = { .kind = WANT_SYSCTL, .sysctl = { "net/x", "0" } };

	CU_ASSERT_TRUE(kind_sysctl.equal(&a, &a));
	CU_ASSERT_FALSE(kind_sysctl.equal(&a, &b));
	memset(&a, 0, sizeof a);
	memset(&b, 0, sizeof b);
	CU_ASSERT_TRUE(kind_addr.equal(&a, &b));
	b.addr.secondary = true;
	CU_ASSERT_FALSE(kind_addr.equal(&a, &b));
	memset(&b, 0, sizeof b);
	CU_ASSERT_TRUE(kind_rule.equal(&a, &b));
	b.rule.type = WANT_RULE_STEER;
	CU_ASSERT_FALSE(kind_rule.equal(&a, &b));
}

CU_TestInfo kinds_tests[] = {
	{ "a link's name counts unless it is physical", a_links_name_counts_unless_it_is_physical },
	{ "a next hop's device is the kernel's finding",
		a_next_hops_device_is_the_kernels_finding },
	{ "a filter is equal by its rules only when they are known",
		a_filter_is_equal_by_its_rules_only_when_they_are_known },
	{ "the others are equal by their one value", the_others_are_equal_by_their_one_value },
	CU_TEST_INFO_NULL,
};
