/*
 * Twin of daemon/compile/tunnel.c: GRE in clear, by profile and through a policy; IPsec alone.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/daemon/bench.h"
#include "tests/unit/daemon/site.h"
#include "tests/unit/daemon/suites.h"

#define OWNER "interface Tunnel0/0/1"
#define TUNNEL(attributes)                                       \
	"put interface name=Tunnel0/0/1 kind=Tunnel position=1 " \
	"source_address=198.51.100.1 destination=203.0.113.1 " attributes "\n"
#define PROFILE                                                                 \
	"put ipsec_proposal name=tran2 esp_authentication=sha2-256 "            \
	"esp_encryption=aes-256 encapsulation_mode=transport\n"                 \
	"put ipsec_profile name=roads out_esp_spi=54321 "                       \
	"in_esp_spi=12345 out_esp_string_key=huawei in_esp_string_key=huawei\n" \
	"put ipsec_profile_proposal profile=roads position=1 proposal=tran2\n"
#define SAS(mode)                                                                        \
	"sa roads out 54321 198.51.100.1 -> 203.0.113.1 aes-256 sha2-256 window 0 on "   \
	"Tunnel0-0-1" mode "\n"                                                          \
	"sa roads in 12345 203.0.113.1 -> 198.51.100.1 aes-256 sha2-256 window 1024 on " \
	"Tunnel0-0-1" mode "\n"
#define ANY4 "0.0.0.0/255.255.255.255:0-65535"
#define ANY6 "::/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:0-65535"

static unsigned int
count_of(const char *text, const char *what)
{
	unsigned int n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

static void
a_tunnel_is_what_its_lines_say(void)
{
	static const struct {
		const char *rows, *wants;
	} rows[] = {
		{ TUNNEL("tunnel_protocol=gre gre_sequence=1 keepalive=1 keepalive_period=2 "
			 "keepalive_retries=4 tcp_mss=1300"),
			"port 1 Tunnel0-0-1\n"
			"tunnel Tunnel0-0-1 198.51.100.1 -> 203.0.113.1 sequence mtu 1472 up "
			"keepalive 2000/4 mss 1300\n"
			"link Tunnel0-0-1 tunnel mtu 1472 up\n" },
		{ PROFILE TUNNEL("tunnel_protocol=gre ipsec_profile=roads"),
			"port 1 Tunnel0-0-1\n" SAS(
				" transport") "tunnel Tunnel0-0-1 198.51.100.1 -> 203.0.113.1 mtu "
					      "1434 up out in\n"
					      "link Tunnel0-0-1 tunnel mtu 1434 up\n" },
		{ PROFILE "set ipsec_proposal tran2 encapsulation_mode=tunnel\n" TUNNEL(
			  "tunnel_protocol=ipsec ipsec_profile=roads"),
			"port 2 Tunnel0-0-1\n" SAS(
				"") "spd Tunnel0-0-1\n"
				    "  rule 0 protect 0 " ANY4 " " ANY4 " icmp 65535/65535 out in\n"
				    "  rule 0 protect 0 " ANY6 " " ANY6 " icmp 65535/65535 out in\n"
				    "link Tunnel0-0-1 tunnel mtu 1438 up\n" },
		{ PROFILE
			"set ipsec_proposal tran2 encapsulation_mode=tunnel\n"
			"set ipsec_global 1 sha2_compatible=1\n" TUNNEL(
				"tunnel_protocol=ipsec ipsec_profile=roads mtu=1400 tcp_mss=1300"),
			"port 2 Tunnel0-0-1\n"
			"sa roads out 54321 198.51.100.1 -> 203.0.113.1 aes-256 sha2-256-96 window "
			"0 on Tunnel0-0-1\n"
			"sa roads in 12345 203.0.113.1 -> 198.51.100.1 aes-256 sha2-256-96 window "
			"1024 on Tunnel0-0-1\n"
			"spd Tunnel0-0-1 mss 1300\n"
			"  rule 0 protect 0 " ANY4 " " ANY4 " icmp 65535/65535 out in\n"
			"  rule 0 protect 0 " ANY6 " " ANY6 " icmp 65535/65535 out in\n"
			"link Tunnel0-0-1 tunnel mtu 1400 up\n" },
		{ "put interface name=Tunnel0/0/1 kind=Tunnel position=1 tunnel_protocol=gre "
		  "source_address=2001:db8:a::1 destination=2001:db8:b::1 ipv6_enable=1\n",
			"port 1 Tunnel0-0-1\n"
			"tunnel Tunnel0-0-1 2001:db8:a::1 -> 2001:db8:b::1 mtu 1456 up\n"
			"link Tunnel0-0-1 tunnel mtu 1456 up ipv6\n" },
		/* IPsec over GRE: the ends are those of another tunnel's own network */
		{ PROFILE "set ipsec_proposal tran2 encapsulation_mode=tunnel\n"
			  "put interface name=Tunnel0/0/2 kind=Tunnel position=2 "
			  "tunnel_protocol=gre source_interface=GigabitEthernet0/0/1 "
			  "destination=203.0.113.1\n"
			  "put ip_address interface=Tunnel0/0/2 address=172.16.40.1 length=24\n"
			  "put interface name=Tunnel0/0/1 kind=Tunnel position=1 "
			  "tunnel_protocol=ipsec source_interface=Tunnel0/0/2 "
			  "destination=172.16.40.2 ipsec_profile=roads\n",
			"port 2 Tunnel0-0-1\n"
			"sa roads out 54321 172.16.40.1 -> 172.16.40.2 aes-256 sha2-256 window 0 "
			"on "
			"Tunnel0-0-1\n"
			"sa roads in 12345 172.16.40.2 -> 172.16.40.1 aes-256 sha2-256 window 1024 "
			"on Tunnel0-0-1\n"
			"spd Tunnel0-0-1\n"
			"  rule 0 protect 0 " ANY4 " " ANY4 " icmp 65535/65535 out in\n"
			"  rule 0 protect 0 " ANY6 " " ANY6 " icmp 65535/65535 out in\n"
			"link Tunnel0-0-1 tunnel mtu 1438 up\n" },
		/* not by the policy's interface, just now: what it protects stays protected */
		{ SITE_IPSEC "set acl_rule 3001,5 source= destination=\n"
			     "set interface GigabitEthernet0/0/1 device=e7\n" TUNNEL(
				     "tunnel_protocol=gre"),
			"port 1 Tunnel0-0-1\n"
			"tunnel Tunnel0-0-1 198.51.100.1 -> 203.0.113.1 mtu 1414 up spd "
			"yp-ge0-0-1\n"
			"link Tunnel0-0-1 tunnel mtu 1414 up\n" },
		/* the policy protects something else */
		{ SITE_IPSEC TUNNEL("tunnel_protocol=gre"),
			"port 1 Tunnel0-0-1\n"
			"tunnel Tunnel0-0-1 198.51.100.1 -> 203.0.113.1 mtu 1476 up spd "
			"yp-ge0-0-1\n"
			"link Tunnel0-0-1 tunnel mtu 1476 up\n" },
		{ SITE_IPSEC "set acl_rule 3001,5 protocol=47 source=198.51.100.1 "
			     "source_wildcard=0.0.0.0 destination=203.0.113.1 "
			     "destination_wildcard=0.0.0.0\n" TUNNEL("tunnel_protocol=gre"),
			"port 1 Tunnel0-0-1\n"
			"tunnel Tunnel0-0-1 198.51.100.1 -> 203.0.113.1 mtu 1414 up spd "
			"yp-ge0-0-1\n"
			"link Tunnel0-0-1 tunnel mtu 1414 up\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b;

		bench_init(&b);
		CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES), 0);
		CU_ASSERT_EQUAL(bench_commit(&b, rows[i].rows), 0);
		CU_ASSERT_STRING_EQUAL(b.err.text, "");
		CU_ASSERT_STRING_EQUAL(bench_wants(&b, OWNER), rows[i].wants);
		CU_ASSERT_STRING_EQUAL(bench_notes(&b), "");
		bench_fini(&b);
	}
}

static void
what_lacks_protection_does_not_run(void)
{
	static const struct {
		const char *rows, *note;
	} rows[] = {
		{ TUNNEL("tunnel_protocol=ipsec"), "Tunnel0/0/1: no IPSec profile\n" },
		{ PROFILE TUNNEL("tunnel_protocol=ipsec ipsec_profile=roads"),
			"Tunnel0/0/1: IPSec profile roads: the proposal's encapsulation mode is "
			"not tunnel\n" },
		{ PROFILE "set ipsec_profile roads in_esp_spi=\n" TUNNEL(
			  "tunnel_protocol=gre ipsec_profile=roads"),
			"Tunnel0/0/1: IPSec profile roads: no SPI for the inbound ESP SA\n" },
		{ "put interface name=Tunnel0/0/1 kind=Tunnel position=1 tunnel_protocol=gre "
		  "source_address=198.51.100.1 destination=2001:db8:b::1\n",
			"Tunnel0/0/1: source and destination are of two families\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b;

		bench_init(&b);
		CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES), 0);
		CU_ASSERT_EQUAL(bench_commit(&b, rows[i].rows), 0);
		CU_ASSERT_STRING_EQUAL(bench_notes(&b), rows[i].note);
		CU_ASSERT_PTR_NULL(strstr(bench_wants(&b, OWNER), "tunnel Tunnel"));
		CU_ASSERT_PTR_NULL(strstr(bench_wants(&b, OWNER), "spd "));
		bench_fini(&b);
	}
}

static void
a_profile_keyed_by_hand_serves_one_tunnel(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(
		bench_commit(&b,
			SITE_INTERFACES PROFILE TUNNEL("tunnel_protocol=gre ipsec_profile=roads")),
		0);
	CU_ASSERT_EQUAL(bench_commit(&b,
				"put interface name=Tunnel0/0/2 kind=Tunnel position=2 "
				"tunnel_protocol=gre source_address=198.51.100.1 "
				"destination=203.0.113.9 ipsec_profile=roads\n"),
		-EINVAL);
	CU_ASSERT_STRING_EQUAL(b.err.text,
		"IPSec profile roads conflicts with IPSec profile roads of Tunnel0/0/1");
	bench_fini(&b);
}

/* Another form of authentication is another SA: the old one goes before the new one comes. */
static void
what_holds_for_all_sas_sends_them_again(void)
{
	static const char *const forms[] = { "sha2_compatible=1", "sha2_compatible=0" };
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(
		bench_commit(&b,
			SITE_INTERFACES SITE_IPSEC PROFILE
			"set ipsec_profile roads in_esp_spi=12346 out_esp_spi=54322\n" TUNNEL(
				"tunnel_protocol=gre ipsec_profile=roads")),
		0);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *steps;
		char row[64];

		bench_steps(&b);
		snprintf(row, sizeof(row), "set ipsec_global 1 %s", forms[i]);
		CU_ASSERT_EQUAL(bench_commit(&b, row), 0);
		steps = bench_steps(&b);
		CU_ASSERT_EQUAL(count_of(steps, "- sa P1-10"), 2);
		CU_ASSERT_EQUAL(count_of(steps, "+ sa P1-10"), 2);
		CU_ASSERT_EQUAL(count_of(steps, "- sa roads"), 2);
		CU_ASSERT_EQUAL(count_of(steps, "+ sa roads"), 2);
	}
	bench_fini(&b);
}

static void
events(struct bench *b, const char *ways)
{
	struct err e;

	b->ways = ways;
	CU_ASSERT_EQUAL(compile_events(b->daemon.compile, b->daemon.store, &e), 0);
	daemon_apply(&b->daemon);
}

static void
tunnels_nest_but_do_not_go_round(void)
{
	static const char itself[] = "recursive: the kernel's route to the destination leads into "
				     "the tunnel itself\n";
	struct bench b;
	char want[400];

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b,
				SITE_INTERFACES TUNNEL(
					"tunnel_protocol=gre") "put interface name=Tunnel0/0/2 "
							       "kind=Tunnel position=2 "
							       "tunnel_protocol=gre "
							       "source_address=198.51.100.1 "
							       "destination=192.0.2.1\n"),
		0);
	events(&b, "192.0.2.1 Tunnel0-0-1");
	CU_ASSERT_STRING_EQUAL(bench_notes(&b), "");
	CU_ASSERT_PTR_NOT_NULL(strstr(bench_wants(&b, "interface Tunnel0/0/2"),
		"tunnel Tunnel0-0-2 198.51.100.1 -> 192.0.2.1 "));
	events(&b, "192.0.2.1 Tunnel0-0-1;203.0.113.1 Tunnel0-0-2");
	snprintf(want, sizeof(want), "Tunnel0/0/1: %sTunnel0/0/2: %s", itself, itself);
	CU_ASSERT_STRING_EQUAL(bench_notes(&b), want);
	CU_ASSERT_PTR_NULL(strstr(bench_wants(&b, OWNER), "tunnel Tunnel0-0-1 198"));
	/* one that leads elsewhere helps both: nothing that the kernel said of Tunnel1 has changed */
	CU_ASSERT_EQUAL(bench_commit(&b, "set interface Tunnel0/0/2 destination=192.0.2.9\n"), 0);
	CU_ASSERT_STRING_EQUAL(bench_notes(&b), "");
	CU_ASSERT_PTR_NOT_NULL(strstr(bench_wants(&b, OWNER), "tunnel Tunnel0-0-1 198"));
	bench_fini(&b);
}

/* It is for what is routed into the tunnel, another one's packets too, and not for the tunnel's own. */
static void
a_policy_on_a_tunnel_protects_what_the_tunnel_carries(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(
		bench_commit(&b,
			SITE_INTERFACES SITE_IPSEC
			"set interface GigabitEthernet0/0/1 ipsec_policy=\n"
			"set acl_rule 3001,5 source= destination=\n" TUNNEL(
				"tunnel_protocol=gre ipsec_policy=P1") "put interface "
								       "name=Tunnel0/0/2 "
								       "kind=Tunnel position=2 "
								       "tunnel_protocol=gre "
								       "source_address=198.51.100."
								       "1 "
								       "destination=192.0.2.1\n"),
		0);
	CU_ASSERT_STRING_EQUAL(bench_wants(&b, OWNER),
		"port 1 Tunnel0-0-1\n"
		"tunnel Tunnel0-0-1 198.51.100.1 -> 203.0.113.1 mtu 1476 up\n"
		"link Tunnel0-0-1 tunnel mtu 1476 up group\n");
	CU_ASSERT_PTR_NULL(strstr(bench_wants(&b, "interface Tunnel0/0/2"), "spd"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(bench_wants(&b, "protection Tunnel0/0/1"), "spd yp-tu0-0-1\n"));
	events(&b, "192.0.2.1 Tunnel0-0-1");
	CU_ASSERT_PTR_NOT_NULL(
		strstr(bench_wants(&b, "interface Tunnel0/0/2"), "up spd yp-tu0-0-1\n"));
	CU_ASSERT_PTR_NULL(strstr(bench_wants(&b, OWNER), "spd"));
	bench_fini(&b);
}

static void
a_policy_that_changes_changes_the_tunnels_that_pass_it(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(
		bench_commit(&b, SITE_INTERFACES SITE_IPSEC TUNNEL("tunnel_protocol=gre")), 0);
	bench_steps(&b);
	CU_ASSERT_EQUAL(
		bench_commit(&b, "set acl_rule 3001,5 protocol=47 source= destination=\n"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(bench_wants(&b, OWNER), "mtu 1414 up spd"));
	CU_ASSERT_EQUAL(bench_commit(&b, "set interface GigabitEthernet0/0/1 ipsec_policy=\n"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(bench_wants(&b, OWNER), "mtu 1476 up\n"));
	bench_fini(&b);
}

static void
routes_leave_a_tunnel_whose_line_is_down_and_return(void)
{
	static const char owner[] = "route 10.1.2.0 24 - Tunnel0/0/1";
	static const char by_hop[] = "route 10.9.0.0 16 172.16.40.2 -";
	struct bench b;
	struct err e;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b,
				SITE_INTERFACES SITE_TUNNEL
				"put route_static destination=10.9.0.0 length=16 "
				"nexthop=172.16.40.2\n"),
		0);
	CU_ASSERT_STRING_EQUAL(
		bench_wants(&b, owner), "route 254 10.1.2.0/24 dev Tunnel0-0-1 metric 60\n");
	b.line_down = "Tunnel0-0-1";
	CU_ASSERT_EQUAL(compile_events(b.daemon.compile, b.daemon.store, &e), 0);
	daemon_apply(&b.daemon);
	CU_ASSERT_STRING_EQUAL(bench_wants(&b, owner), "");
	CU_ASSERT_STRING_EQUAL(bench_wants(&b, by_hop), "");
	b.line_down = NULL;
	CU_ASSERT_EQUAL(compile_events(b.daemon.compile, b.daemon.store, &e), 0);
	daemon_apply(&b.daemon);
	CU_ASSERT_STRING_EQUAL(
		bench_wants(&b, owner), "route 254 10.1.2.0/24 dev Tunnel0-0-1 metric 60\n");
	bench_fini(&b);
}

#define NEGOTIATED                                              \
	"put ike_peer name=hub pre_shared_key=Road@2Walls\n"    \
	"put ipsec_proposal name=tran2 esp_encryption=aes-256 " \
	"encapsulation_mode=transport\n"                        \
	"put ipsec_profile name=roads ike_peer=hub\n"           \
	"put ipsec_profile_proposal profile=roads position=1 proposal=tran2\n"

static void
a_profile_with_a_peer_negotiates_gre_between_the_ends(void)
{
	struct bench b;
	const char *wants;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b,
				SITE_INTERFACES NEGOTIATED TUNNEL(
					"tunnel_protocol=gre ipsec_profile=roads")),
		0);
	CU_ASSERT_STRING_EQUAL(bench_notes(&b), "");
	wants = bench_wants(&b, OWNER);
	/* the peer is where the tunnel leads */
	CU_ASSERT_PTR_NOT_NULL(strstr(wants, "peer hub 203.0.113.1: hub versions 3 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(wants, "\n  at 203.0.113.1\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(wants,
		"child roads Tunnel0/0/1 of roads Tunnel0/0/1 by hub 203.0.113.1 rule 0 "
		"transport auto from 198.51.100.1 protocol 47 "
		"198.51.100.1-198.51.100.1:0-65535 203.0.113.1-203.0.113.1:0-65535 "));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(wants, "group roads Tunnel0/0/1 on Tunnel0-0-1 mtu 1500 df 0 whole\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(
		wants, "tunnel Tunnel0-0-1 198.51.100.1 -> 203.0.113.1 mtu 1434 up out in\n"));
	bench_fini(&b);
}

static void
ipsec_alone_negotiates_everything_of_the_families_it_runs(void)
{
	struct bench b;
	const char *wants;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b,
				SITE_INTERFACES NEGOTIATED
				"set ipsec_proposal tran2 encapsulation_mode=tunnel\n" TUNNEL(
					"tunnel_protocol=ipsec ipsec_profile=roads")),
		0);
	CU_ASSERT_STRING_EQUAL(bench_notes(&b), "");
	wants = bench_wants(&b, OWNER);
	CU_ASSERT_EQUAL(count_of(wants, "\nchild "), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(wants, "protocol 0 0.0.0.0-255.255.255.255:0-65535 "));
	CU_ASSERT_PTR_NOT_NULL(strstr(wants,
		"  rule 0 protect 0 " ANY4 " " ANY4 " icmp 65535/65535 out in\n"
		"  rule 0 discard 0 " ANY6 " " ANY6 " icmp 65535/65535\n"));
	CU_ASSERT_EQUAL(bench_commit(&b, "set interface Tunnel0/0/1 ipv6_enable=1"), 0);
	wants = bench_wants(&b, OWNER);
	CU_ASSERT_EQUAL(count_of(wants, "\nchild "), 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(wants, "child roads Tunnel0/0/1 ipv6 of "));
	CU_ASSERT_PTR_NULL(strstr(wants, "discard"));
	bench_fini(&b);
}

static void
a_profile_with_a_peer_serves_several_tunnels_of_different_ends(void)
{
	static const char second[] =
		"put interface name=Tunnel0/0/2 kind=Tunnel position=2 tunnel_protocol=gre "
		"gre_key=5 source_address=198.51.100.1 destination=%s ipsec_profile=roads\n";
	char rows[256];
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b,
				SITE_INTERFACES NEGOTIATED TUNNEL(
					"tunnel_protocol=gre ipsec_profile=roads")),
		0);
	snprintf(rows, sizeof(rows), second, "203.0.113.1");
	CU_ASSERT_EQUAL(bench_commit(&b, rows), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(b.err.text, "IKE for source 198.51.100.1 destination"));
	snprintf(rows, sizeof(rows), second, "203.0.113.9");
	CU_ASSERT_EQUAL(bench_commit(&b, rows), 0);
	bench_fini(&b);
}

CU_TestInfo tunnel_tests[] = {
	{ "a tunnel is what its lines say", a_tunnel_is_what_its_lines_say },
	{ "what lacks protection does not run", what_lacks_protection_does_not_run },
	{ "a profile keyed by hand serves one tunnel", a_profile_keyed_by_hand_serves_one_tunnel },
	{ "what holds for all SAs sends them again", what_holds_for_all_sas_sends_them_again },
	{ "tunnels nest but do not go round", tunnels_nest_but_do_not_go_round },
	{ "a policy on a tunnel protects what the tunnel carries",
		a_policy_on_a_tunnel_protects_what_the_tunnel_carries },
	{ "a policy that changes changes the tunnels that pass it",
		a_policy_that_changes_changes_the_tunnels_that_pass_it },
	{ "routes leave a tunnel whose line is down, and return",
		routes_leave_a_tunnel_whose_line_is_down_and_return },
	{ "a profile with a peer negotiates GRE between the ends",
		a_profile_with_a_peer_negotiates_gre_between_the_ends },
	{ "IPsec alone negotiates everything of the families it runs",
		ipsec_alone_negotiates_everything_of_the_families_it_runs },
	{ "a profile with a peer serves several tunnels of different ends",
		a_profile_with_a_peer_serves_several_tunnels_of_different_ends },
	CU_TEST_INFO_NULL,
};
