/*
 * Twin of daemon/compile/iface.c.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/daemon/bench.h"
#include "tests/unit/daemon/site.h"
#include "tests/unit/daemon/suites.h"

#define TUNNEL(attributes) \
	SITE_INTERFACES    \
	"put interface name=Tunnel0/0/1 kind=Tunnel position=1 tunnel_protocol=gre " attributes "\n"

static void
interfaces_become_devices_and_addresses(void)
{
	static const struct {
		const char *rows, *owner, *wants;
	} rows[] = {
		{ SITE_INTERFACES, "interface GigabitEthernet0/0/0",
			"link e0 physical mtu 0 up\naddr e0 10.1.1.1/24\n" },
		{ SITE_INTERFACES
			"set interface GigabitEthernet0/0/0 mtu=1400 shutdown=1\n"
			"put ip_address interface=GigabitEthernet0/0/0 address=10.1.1.9 length=32 "
			"sub=1\n",
			"interface GigabitEthernet0/0/0",
			"link e0 physical mtu 1400 down\naddr e0 10.1.1.1/24\n"
			"addr e0 10.1.1.9/32 secondary\n" },
		{ "put interface name=LoopBack0 kind=LoopBack position=0\n"
		  "put ip_address interface=LoopBack0 address=1.1.1.1 length=32\n",
			"interface LoopBack0",
			"link LoopBack0 dummy mtu 0 up\naddr LoopBack0 1.1.1.1/32\n" },
		{ SITE_INTERFACES "set interface GigabitEthernet0/0/0 tcp_mss=1300\n",
			"interface GigabitEthernet0/0/0",
			"mss e0 1300\nlink e0 physical mtu 0 up\naddr e0 10.1.1.1/24\n" },
		{ SITE_INTERFACES SITE_IPSEC, "interface GigabitEthernet0/0/1",
			"link e1 physical mtu 0 up group\naddr e1 198.51.100.1/24\n" },
		{ SITE_INTERFACES, "router ", "sysctl net/ipv4/ip_forward = 1\n" },
		{ "set system 1 sysname=A\n", "router ", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b;

		bench_init(&b);
		CU_ASSERT_EQUAL(bench_commit(&b, rows[i].rows), 0);
		CU_ASSERT_STRING_EQUAL(bench_wants(&b, rows[i].owner), rows[i].wants);
		bench_fini(&b);
	}
}

static void
a_tunnel_is_a_device_with_gre_parameters(void)
{
	static const struct {
		const char *rows, *wants;
	} rows[] = {
		{ SITE_INTERFACES SITE_TUNNEL,
			"port 1 Tunnel0-0-1\n"
			"tunnel Tunnel0-0-1 198.51.100.1 -> 203.0.113.1 key 12345 checksum mtu "
			"1468 up\n"
			"link Tunnel0-0-1 tunnel mtu 1468 up\naddr Tunnel0-0-1 172.16.40.1/24\n" },
		{ TUNNEL("source_address=198.51.100.1 destination=203.0.113.1"),
			"port 1 Tunnel0-0-1\n"
			"tunnel Tunnel0-0-1 198.51.100.1 -> 203.0.113.1 mtu 1476 up\n"
			"link Tunnel0-0-1 tunnel mtu 1476 up\n" },
		{ TUNNEL("source_address=198.51.100.1 destination=203.0.113.1 gre_key=0 mtu=1300 "
			 "shutdown=1"),
			"port 1 Tunnel0-0-1\n"
			"tunnel Tunnel0-0-1 198.51.100.1 -> 203.0.113.1 key 0 mtu 1300 down\n"
			"link Tunnel0-0-1 tunnel mtu 1300 down\n" },
		{ TUNNEL("source_interface=GigabitEthernet0/0/1 destination=203.0.113.1"),
			"port 1 Tunnel0-0-1\n"
			"tunnel Tunnel0-0-1 198.51.100.1 -> 203.0.113.1 mtu 1476 up\n"
			"link Tunnel0-0-1 tunnel mtu 1476 up\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b;

		bench_init(&b);
		CU_ASSERT_EQUAL(bench_commit(&b, rows[i].rows), 0);
		CU_ASSERT_STRING_EQUAL(bench_wants(&b, "interface Tunnel0/0/1"), rows[i].wants);
		CU_ASSERT_STRING_EQUAL(bench_notes(&b), "");
		CU_ASSERT_STRING_EQUAL(
			bench_wants(&b, "router "), "sysctl net/ipv4/ip_forward = 1\nport 4 \n");
		bench_fini(&b);
	}
}

static void
half_typed_interfaces_are_incomplete_and_say_why(void)
{
	static const struct {
		const char *rows, *notes;
	} rows[] = {
		{ TUNNEL("source_address=198.51.100.1"), "Tunnel0/0/1: no destination\n" },
		{ TUNNEL("destination=203.0.113.1"), "Tunnel0/0/1: no source\n" },
		{ SITE_INTERFACES "put interface name=Tunnel0/0/1 kind=Tunnel position=1\n",
			"Tunnel0/0/1: no tunnel protocol\n" },
		{ "put interface name=LoopBack0 kind=LoopBack position=0\n"
		  "put interface name=Tunnel0/0/1 kind=Tunnel position=1 tunnel_protocol=gre "
		  "source_interface=LoopBack0 destination=203.0.113.1\n",
			"Tunnel0/0/1: the source interface has no address\n" },
		{ "put interface name=GigabitEthernet0/0/5 kind=GigabitEthernet position=5\n",
			"GigabitEthernet0/0/5: no device\n" },
		{ "put interface name=GigabitEthernet0/0/5 kind=GigabitEthernet position=5 "
		  "device=eth9\n",
			"GigabitEthernet0/0/5: there is no device eth9\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b;

		bench_init(&b);
		b.missing = "eth9";
		CU_ASSERT_EQUAL(bench_commit(&b, rows[i].rows), 0);
		CU_ASSERT_STRING_EQUAL(bench_notes(&b), rows[i].notes);
		bench_fini(&b);
	}
}

static void
contradictions_are_refused_and_name_who_clashes(void)
{
	static const struct {
		const char *rows, *object, *text;
	} rows[] = {
		{ SITE_INTERFACES
			"put ip_address interface=GigabitEthernet0/0/0 address=198.51.100.7 "
			"length=25 sub=1\n",
			"GigabitEthernet0/0/1",
			"198.51.100.1/24 conflicts with 198.51.100.7/25 of GigabitEthernet0/0/0" },
		{ SITE_INTERFACES "set interface GigabitEthernet0/0/1 device=e0\n",
			"GigabitEthernet0/0/1",
			"device e0 conflicts with device e0 of "
			"GigabitEthernet0/0/0" },
		{ SITE_INTERFACES "put ip_address interface=GigabitEthernet0/0/0 "
				  "address=10.9.0.255 length=24\n",
			"GigabitEthernet0/0/0", "10.9.0.255/24 is not the address of a host" },
		{ SITE_INTERFACES "put ip_address interface=GigabitEthernet0/0/0 address=10.9.0.0 "
				  "length=24\n",
			"GigabitEthernet0/0/0", "10.9.0.0/24 is not the address of a host" },
		{ SITE_INTERFACES SITE_TUNNEL
			"put interface name=Tunnel0/0/2 kind=Tunnel position=2 tunnel_protocol=gre "
			"source_interface=GigabitEthernet0/0/1 destination=203.0.113.1 "
			"gre_key=12345\n",
			"Tunnel0/0/2",
			"source 198.51.100.1 destination 203.0.113.1 key 12345 conflicts with "
			"source 198.51.100.1 destination 203.0.113.1 key 12345 of Tunnel0/0/1" },
		{ TUNNEL("source_interface=Tunnel0/0/1 destination=203.0.113.1"), "Tunnel0/0/1",
			"a tunnel cannot be its own source interface" },
		{ TUNNEL("source_address=198.51.100.1 destination=172.16.40.2") "put ip_address "
										"interface=Tunnel0/"
										"0/1 "
										"address=172.16.40."
										"1 length=24\n",
			"Tunnel0/0/1",
			"recursive: the route to the tunnel's destination 172.16.40.2 leads into "
			"the "
			"tunnel itself" },
		{ SITE_INTERFACES SITE_TUNNEL "put route_static destination=203.0.113.0 length=24 "
					      "interface_name=Tunnel0/0/1 interface=Tunnel0/0/1\n",
			"Tunnel0/0/1",
			"recursive: the route to the tunnel's destination 203.0.113.1 leads into "
			"the "
			"tunnel itself" },
		{ SITE_INTERFACES SITE_TUNNEL
			"put route_static destination=203.0.113.0 length=24 nexthop=172.16.40.2\n",
			"Tunnel0/0/1",
			"recursive: the route to the tunnel's destination 203.0.113.1 leads into "
			"the "
			"tunnel itself" },
		/* each inside the other */
		{ SITE_INTERFACES SITE_TUNNEL
			"put interface name=Tunnel0/0/2 kind=Tunnel position=2 tunnel_protocol=gre "
			"source_interface=GigabitEthernet0/0/1 destination=172.16.40.2\n"
			"put route_static destination=203.0.113.0 length=24 "
			"interface_name=Tunnel0/0/2 interface=Tunnel0/0/2\n",
			"Tunnel0/0/1",
			"recursive: the route to the tunnel's destination 203.0.113.1 leads into "
			"the tunnel itself" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b;

		bench_init(&b);
		CU_ASSERT_EQUAL(bench_commit(&b, rows[i].rows), -EINVAL);
		CU_ASSERT_STRING_EQUAL(b.err.object, rows[i].object);
		CU_ASSERT_STRING_EQUAL(b.err.text, rows[i].text);
		CU_ASSERT_STRING_EQUAL(bench_steps(&b), "");
		CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_TUNNEL), 0);
		bench_fini(&b);
	}
}

static void
what_only_looks_like_a_contradiction_is_accepted(void)
{
	static const char *const rows[] = {
		/* the same pair of addresses with other keys */
		SITE_INTERFACES SITE_TUNNEL
		"put interface name=Tunnel0/0/2 kind=Tunnel position=2 tunnel_protocol=gre "
		"source_address=198.51.100.1 destination=203.0.113.1 gre_key=7\n"
		"put interface name=Tunnel0/0/3 kind=Tunnel position=3 tunnel_protocol=gre "
		"source_address=198.51.100.1 destination=203.0.113.1\n",
		/* a route into the tunnel covers its destination, a longer one leads elsewhere */
		SITE_INTERFACES SITE_TUNNEL
		"put route_static destination=203.0.0.0 length=8 interface_name=Tunnel0/0/1 "
		"interface=Tunnel0/0/1\n"
		"put route_static destination=203.0.113.1 length=32 nexthop=198.51.100.254\n",
		/* two addresses of one interface in one network */
		SITE_INTERFACES
		"put ip_address interface=GigabitEthernet0/0/0 address=10.1.1.2 length=24 sub=1\n",
		/* 31 bits have no broadcast address */
		"put interface name=LoopBack1 kind=LoopBack position=1\n"
		"put ip_address interface=LoopBack1 address=10.0.0.0 length=31\n",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b;

		bench_init(&b);
		CU_ASSERT_EQUAL(bench_commit(&b, rows[i]), 0);
		CU_ASSERT_STRING_EQUAL(b.err.text, "");
		bench_fini(&b);
	}
}

CU_TestInfo iface_tests[] = {
	{ "interfaces become devices and addresses", interfaces_become_devices_and_addresses },
	{ "a tunnel is a device with GRE parameters", a_tunnel_is_a_device_with_gre_parameters },
	{ "half-typed interfaces are incomplete and say why",
		half_typed_interfaces_are_incomplete_and_say_why },
	{ "contradictions are refused and name who clashes",
		contradictions_are_refused_and_name_who_clashes },
	{ "what only looks like a contradiction is accepted",
		what_only_looks_like_a_contradiction_is_accepted },
	CU_TEST_INFO_NULL,
};
