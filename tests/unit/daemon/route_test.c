/*
 * Twin of daemon/compile/route.c.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/daemon/bench.h"
#include "tests/unit/daemon/site.h"
#include "tests/unit/daemon/suites.h"

static void
static_routes_become_kernel_routes(void)
{
	static const struct {
		const char *rows, *owner, *wants;
	} rows[] = {
		{ "", "route 0.0.0.0 0 198.51.100.254 -",
			"route 254 0.0.0.0/0 via 198.51.100.254 metric 60\n" },
		{ "put route_static destination=10.9.0.0 length=16 nexthop=198.51.100.9 "
		  "preference=200",
			"route 10.9.0.0 16 198.51.100.9 -",
			"route 254 10.9.0.0/16 via 198.51.100.9 metric 200\n" },
		{ "put route_static destination=10.9.0.0 length=16 "
		  "interface_name=GigabitEthernet0/0/1 interface=GigabitEthernet0/0/1",
			"route 10.9.0.0 16 - GigabitEthernet0/0/1",
			"route 254 10.9.0.0/16 dev e1 metric 60\n" },
		{ "put route_static destination=10.9.0.0 length=16 nexthop=198.51.100.9 "
		  "interface_name=GigabitEthernet0/0/1 interface=GigabitEthernet0/0/1",
			"route 10.9.0.0 16 198.51.100.9 GigabitEthernet0/0/1",
			"route 254 10.9.0.0/16 via 198.51.100.9 dev e1 metric 60\n" },
		{ "del route_static 0.0.0.0,0,198.51.100.254,", "route 0.0.0.0 0 198.51.100.254 -",
			"" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b;

		bench_init(&b);
		CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES), 0);
		CU_ASSERT_EQUAL(bench_commit(&b, rows[i].rows), 0);
		CU_ASSERT_STRING_EQUAL(bench_wants(&b, rows[i].owner), rows[i].wants);
		bench_fini(&b);
	}
}

static void
two_routes_of_one_preference_are_both_wanted(void)
{
	static const char *const tables[] = {
		"put route_static destination=10.9.0.0 length=16 nexthop=198.51.100.9\n"
		"put route_static destination=10.9.0.0 length=16 nexthop=198.51.100.8\n",
		"put ipv6_route_static destination=2001:db8:9:: length=48 nexthop=2001:db8:a::9\n"
		"put ipv6_route_static destination=2001:db8:9:: length=48 nexthop=2001:db8:a::8\n",
	};
	static const char *const steps[] = {
		"+ route 254 10.9.0.0/16 60 via 198.51.100.8\n"
		"+ route 254 10.9.0.0/16 60 via 198.51.100.9\n",
		"+ route 254 2001:db8:9::/48 60 via 2001:db8:a::8\n"
		"+ route 254 2001:db8:9::/48 60 via 2001:db8:a::9\n",
	};

	for (size_t i = 0; i < 2; i++) {
		struct bench b;

		bench_init(&b);
		CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES), 0);
		bench_steps(&b);
		CU_ASSERT_EQUAL(bench_commit(&b, tables[i]), 0);
		CU_ASSERT_STRING_EQUAL(bench_steps(&b), steps[i]);
		bench_fini(&b);
	}
}

static void
a_route_into_an_interface_without_device_waits(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(
		bench_commit(&b,
			"put interface name=GigabitEthernet0/0/5 kind=GigabitEthernet position=5\n"
			"put route_static destination=10.9.0.0 length=16 "
			"interface_name=GigabitEthernet0/0/5 interface=GigabitEthernet0/0/5\n"),
		0);
	CU_ASSERT_PTR_NOT_NULL(strstr(bench_notes(&b),
		"ip route-static 10.9.0.0 16 - GigabitEthernet0/0/5: "
		"GigabitEthernet0/0/5 has no device\n"));
	CU_ASSERT_EQUAL(bench_commit(&b, "set interface GigabitEthernet0/0/5 device=e5"), 0);
	CU_ASSERT_STRING_EQUAL(bench_wants(&b, "route 10.9.0.0 16 - GigabitEthernet0/0/5"),
		"route 254 10.9.0.0/16 dev e5 metric 60\n");
	bench_fini(&b);
}

static void
a_route_that_would_swallow_its_tunnel_is_refused_when_it_comes_later(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_TUNNEL), 0);
	CU_ASSERT_EQUAL(bench_commit(&b,
				"put route_static destination=203.0.113.0 length=24 "
				"interface_name=Tunnel0/0/1 interface=Tunnel0/0/1"),
		-EINVAL);
	CU_ASSERT_STRING_EQUAL(b.err.object, "ip route-static 203.0.113.0 24 - Tunnel0/0/1");
	CU_ASSERT_PTR_NOT_NULL(strstr(b.err.text, "recursive"));
	bench_fini(&b);
}

/* By the tunnel itself, by another one inside of it, and by their next hops. */
static void
a_route_is_refused_that_leads_a_tunnel_into_itself_through_another(void)
{
	static const struct {
		const char *route;
		int rc;
	} rows[] = {
		{ "put route_static destination=203.0.113.1 length=32 interface_name=Tunnel0/0/2 "
		  "interface=Tunnel0/0/2",
			-EINVAL },
		{ "put route_static destination=203.0.113.1 length=32 nexthop=172.16.60.2",
			-EINVAL },
		{ "put route_static destination=203.0.113.1 length=32 nexthop=172.16.40.2",
			-EINVAL },
		{ "put route_static destination=203.0.113.2 length=32 nexthop=172.16.60.2", 0 },
		{ "put route_static destination=172.16.40.2 length=32 nexthop=172.16.60.2",
			-EINVAL },
		{ "put route_static destination=172.16.40.2 length=32 nexthop=198.51.100.254", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b;

		bench_init(&b);
		CU_ASSERT_EQUAL(bench_commit(&b,
					SITE_INTERFACES SITE_TUNNEL
					"put interface name=Tunnel0/0/2 kind=Tunnel position=2 "
					"tunnel_protocol=gre source_interface=Tunnel0/0/1 "
					"destination=172.16.40.2\n"
					"put ip_address interface=Tunnel0/0/2 address=172.16.60.1 "
					"length=24\n"),
			0);
		CU_ASSERT_EQUAL(bench_commit(&b, rows[i].route), rows[i].rc);
		CU_ASSERT_EQUAL(
			strstr(b.err.text, "recursive: it would lead to") != NULL, rows[i].rc != 0);
		bench_fini(&b);
	}
}

static void
one_next_hop_by_two_names_is_one_route_too_many(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES), 0);
	CU_ASSERT_EQUAL(
		bench_commit(&b,
			"put route_static destination=0.0.0.0 length=0 nexthop=198.51.100.254 "
			"interface_name=GigabitEthernet0/0/1 interface=GigabitEthernet0/0/1"),
		-EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(b.err.text, "conflicts with this route of"));
	bench_fini(&b);
}

CU_TestInfo route_tests[] = {
	{ "a route is refused that leads a tunnel into itself through another",
		a_route_is_refused_that_leads_a_tunnel_into_itself_through_another },
	{ "static routes become kernel routes", static_routes_become_kernel_routes },
	{ "two routes of one preference are both wanted",
		two_routes_of_one_preference_are_both_wanted },
	{ "a route into an interface without device waits",
		a_route_into_an_interface_without_device_waits },
	{ "a route that would swallow its tunnel is refused when it comes later",
		a_route_that_would_swallow_its_tunnel_is_refused_when_it_comes_later },
	{ "one next hop by two names is one route too many",
		one_next_hop_by_two_names_is_one_route_too_many },
	CU_TEST_INFO_NULL,
};
