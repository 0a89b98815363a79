/*
 * Twin of daemon/compile/ipsec.c: an applied policy group as TUN, SPD, SAs, steering and filter.
 */
#include "config.h"

#include "lib/alg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/daemon/bench.h"
#include "tests/unit/daemon/site.h"
#include "tests/unit/daemon/suites.h"

#define OWNER "protection GigabitEthernet0/0/1"
#define RULE_IN_SPD "10.1.1.0/0.0.0.255:0-65535 10.1.2.0/0.0.0.255:0-65535 icmp 65535/65535"
#define RULE_IN_FILTER "0 10.1.2.0/0.0.0.255:0-65535 10.1.1.0/0.0.0.255:0-65535\n"
#define TUN "link yp-ge0-0-1 protected mtu 1438 up\nport 2 yp-ge0-0-1\n"
#define STEER                                                   \
	"route 22863 10.1.2.0/24 blackhole metric 4294901758\n" \
	"route 22863 10.1.2.0/24 dev yp-ge0-0-1 src 10.1.1.1 mtu 1438 metric 65538\n"

static void
the_lab_s_policy_becomes_the_scheme_of_the_platform_facts(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_IPSEC), 0);
	CU_ASSERT_STRING_EQUAL(bench_wants(&b, OWNER),
		"sa P1-10 out 54321 198.51.100.1 -> 203.0.113.1 aes-128 sha2-256 window 0 on "
		"yp-ge0-0-1\n"
		"sa P1-10 in 12345 203.0.113.1 -> 198.51.100.1 aes-128 sha2-256 window 1024 on "
		"yp-ge0-0-1\n"
		"filter e1\n  drop " RULE_IN_FILTER TUN
		"spd yp-ge0-0-1\n  rule 5 protect 0 " RULE_IN_SPD " out in\n" STEER);
	CU_ASSERT_STRING_EQUAL(bench_wants(&b, "router "),
		"sysctl net/ipv4/ip_forward = 1\n"
		"sysctl net/ipv4/conf/all/send_redirects = 0\n"
		"port 3 \nport 5 \nrule 10\nrule 95\nrule 100\n");
	CU_ASSERT_STRING_EQUAL(bench_notes(&b), "");
	bench_fini(&b);
}

static void
what_an_incomplete_policy_should_protect_is_discarded(void)
{
	static const struct {
		const char *unset, *why;
	} rows[] = {
		{ "set ipsec_policy P1,10 tunnel_remote=", "no tunnel remote address" },
		{ "set ipsec_policy P1,10 tunnel_local=", "no tunnel local address" },
		{ "del ipsec_policy_proposal P1,10,1", "no proposal" },
		{ "put ipsec_policy_proposal name=P1 sequence=10 position=2 proposal=tran1",
			"keys typed by hand go with one proposal" },
		{ "set ipsec_policy P1,10 in_esp_spi=", "no SPI for the inbound ESP SA" },
		{ "set ipsec_policy P1,10 out_esp_spi=", "no SPI for the outbound ESP SA" },
		{ "set ipsec_policy P1,10 in_esp_string_key=", "no keys for the inbound ESP SA" },
		{ "set ipsec_policy P1,10 out_esp_string_key=", "no keys for the outbound ESP SA" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char note[128] = "IPSec policy P1 10: ";
		struct bench b;

		strlcat(note, rows[i].why, sizeof(note));
		strlcat(note, "\n", sizeof(note));
		bench_init(&b);
		CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_IPSEC), 0);
		CU_ASSERT_EQUAL(bench_commit(&b, rows[i].unset), 0);
		CU_ASSERT_STRING_EQUAL(bench_wants(&b, OWNER),
			"filter e1\n  drop " RULE_IN_FILTER
			"link yp-ge0-0-1 protected mtu 1500 up\nport 2 yp-ge0-0-1\n"
			"spd yp-ge0-0-1\n  rule 5 discard 0 " RULE_IN_SPD "\n"
			"route 22863 10.1.2.0/24 blackhole metric 4294901758\n"
			"route 22863 10.1.2.0/24 dev yp-ge0-0-1 src 10.1.1.1 metric 65538\n");
		CU_ASSERT_STRING_EQUAL(bench_notes(&b), note);
		bench_fini(&b);
	}
}

static void
a_policy_without_acl_or_with_an_empty_one_is_incomplete(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_IPSEC), 0);
	CU_ASSERT_EQUAL(bench_commit(&b, "del acl_rule 3001,5"), 0);
	CU_ASSERT_STRING_EQUAL(bench_notes(&b), "IPSec policy P1 10: its ACL permits nothing\n");
	CU_ASSERT_EQUAL(bench_commit(&b, "set ipsec_policy P1,10 acl="), 0);
	CU_ASSERT_STRING_EQUAL(bench_notes(&b), "IPSec policy P1 10: no ACL\n");
	bench_fini(&b);
}

/* However many SAs lead there: the kernel is asked again whenever something of it changes. */
static void
the_path_to_one_peer_is_asked_for_once(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_IPSEC), 0);
	b.n_paths = 0;
	CU_ASSERT_EQUAL(bench_commit(&b, "set ipsec_policy P1,10 anti_replay_window=256"), 0);
	CU_ASSERT_EQUAL(b.n_paths, 1);
	b.path_mtu = 1400;
	CU_ASSERT_EQUAL(bench_commit(&b, "set ipsec_policy P1,10 anti_replay_window=128"), 0);
	CU_ASSERT_EQUAL(b.n_paths, 2);
	bench_fini(&b);
}

/* What follows the policy's name is the same in all rows but for mode and protocol. */
static void
a_proposal_s_form_decides_its_sas(void)
{
	static const char keys[] = "set ipsec_policy P1,10 out_ah_spi=54322 in_ah_spi=12346 "
				   "out_ah_string_key=huawei in_ah_string_key=huawei\n";
	static const struct {
		const char *rows, *sas;
	} rows[] = {
		{ "set ipsec_proposal tran1 encapsulation_mode=transport",
			"sa P1-10 out 54321 198.51.100.1 -> 203.0.113.1 aes-128 sha2-256 window 0 "
			"on yp-ge0-0-1 transport\n"
			"sa P1-10 in 12345 203.0.113.1 -> 198.51.100.1 aes-128 sha2-256 window "
			"1024 on yp-ge0-0-1 transport\nfilter" },
		{ "set ipsec_proposal tran1 transform=ah ah_authentication=sha1",
			"sa P1-10 out 54322 198.51.100.1 -> 203.0.113.1 ah sha1 window 0 on "
			"yp-ge0-0-1\n"
			"sa P1-10 in 12346 203.0.113.1 -> 198.51.100.1 ah sha1 window 1024 on "
			"yp-ge0-0-1\nfilter" },
		{ "set ipsec_proposal tran1 transform=ah-esp",
			"sa P1-10 out 54322 198.51.100.1 -> 203.0.113.1 ah sha2-256 window 0 on "
			"yp-ge0-0-1 transport\n"
			"sa P1-10 in 12346 203.0.113.1 -> 198.51.100.1 ah sha2-256 window 1024 on "
			"yp-ge0-0-1 transport\n"
			"sa P1-10 out 54321 198.51.100.1 -> 203.0.113.1 aes-128 sha2-256 window 0 "
			"on yp-ge0-0-1 bundled\n"
			"sa P1-10 in 12345 203.0.113.1 -> 198.51.100.1 aes-128 sha2-256 window "
			"1024 on yp-ge0-0-1 bundled\nfilter" },
		{ "set ipsec_global 1 sha2_compatible=1 df_bit=set fragmentation_before=1 "
		  "anti_replay_window=64",
			"sa P1-10 out 54321 198.51.100.1 -> 203.0.113.1 aes-128 sha2-256-96 window "
			"0 on yp-ge0-0-1 df set fragment-before\n"
			"sa P1-10 in 12345 203.0.113.1 -> 198.51.100.1 aes-128 sha2-256-96 window "
			"64 on yp-ge0-0-1\nfilter" },
		{ "set ipsec_global 1 anti_replay=0", "window 0 on yp-ge0-0-1\nfilter" },
		{ "set ipsec_policy P1,10 anti_replay_window=256",
			"window 256 on yp-ge0-0-1\nfilter" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b;

		bench_init(&b);
		CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_IPSEC), 0);
		CU_ASSERT_EQUAL(bench_commit(&b, keys), 0);
		CU_ASSERT_EQUAL(bench_commit(&b, rows[i].rows), 0);
		CU_ASSERT_STRING_EQUAL(bench_notes(&b), "");
		CU_ASSERT_PTR_NOT_NULL(strstr(bench_wants(&b, OWNER), rows[i].sas));
		bench_fini(&b);
	}
}

/* The policy of the lab with a proposal changed by these rows. */
static void
manual_allows(const char *rows, const char *display, bool allowed)
{
	char text[128];
	struct bench b;

	snprintf(text, sizeof(text),
		"%s cannot be used with keys typed by hand: it needs keys that change", display);
	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b,
				SITE_INTERFACES SITE_IPSEC "set ipsec_policy P1,10 "
							   "out_ah_spi=54322 in_ah_spi=12346 "
							   "out_ah_string_key=huawei "
							   "in_ah_string_key=huawei\n"),
		0);
	CU_ASSERT_EQUAL(bench_commit(&b, rows), allowed ? 0 : -EINVAL);
	CU_ASSERT_STRING_EQUAL(b.err.text, allowed ? "" : text);
	bench_fini(&b);
}

static void
keys_that_never_change_go_with_the_algorithms_that_bear_it(void)
{
	unsigned int refused = 0;
	char rows[128];

	for (unsigned int id = 1; id < ALG_CIPHER_N; id++) {
		const struct alg_cipher_info *c = alg_cipher(id);

		refused += !c->manual;
		CU_ASSERT_EQUAL(c->manual, c->kind == ALG_KIND_null || c->kind == ALG_KIND_cbc);
		for (unsigned int form = 0; form < 2; form++) {
			snprintf(rows, sizeof(rows),
				"set ipsec_proposal tran1 esp_encryption=%s transform=%s",
				c->keyword, form ? "ah-esp" : "esp");
			manual_allows(rows, c->display, c->manual);
		}
	}
	for (unsigned int id = 1; id < ALG_AUTH_N; id++) {
		const struct alg_auth_info *a = alg_auth(id);

		if (a->offered == ALG_OFFERED_no)
			continue;
		refused += !a->manual;
		CU_ASSERT_EQUAL(a->manual, a->kind == ALG_KIND_hmac);
		snprintf(rows, sizeof(rows),
			"set ipsec_proposal tran1 ah_authentication=%s transform=ah", a->keyword);
		manual_allows(rows, a->display, a->manual);
	}
	CU_ASSERT_EQUAL(refused, 19);
}

static void
what_manual_keys_cannot_do_is_refused(void)
{
	static const struct {
		const char *rows, *text;
	} rows[] = {
		{ "set ipsec_policy P1,10 tunnel_remote=2001:db8::1",
			"the tunnel's local and remote address are of two families" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b;

		bench_init(&b);
		CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_IPSEC), 0);
		CU_ASSERT_EQUAL(bench_commit(&b, rows[i].rows), -EINVAL);
		CU_ASSERT_STRING_EQUAL(b.err.object, "IPSec policy P1 10");
		CU_ASSERT_STRING_EQUAL(b.err.text, rows[i].text);
		bench_fini(&b);
	}
}

static void
an_ipv6_policy_steers_ipv6(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(
		bench_commit(&b,
			SITE_INTERFACES SITE_PROPOSAL
			"set system 1 ipv6=1\n"
			"set interface GigabitEthernet0/0/0 ipv6_enable=1\n"
			"put ipv6_address interface=GigabitEthernet0/0/0 address=2001:db8:1::1 "
			"length=64\n"
			"put acl6 number=3001\n"
			"put acl6_rule acl=3001 id=5 action=permit source=2001:db8:1:: "
			"source_length=64 destination=2001:db8:2:: destination_length=64\n"
			"put ipsec_policy_group name=P1\n"
			"put ipsec_policy name=P1 sequence=10 mode=manual acl6=3001 "
			"tunnel_remote=2001:db8:b::1 tunnel_local=2001:db8:a::1 out_esp_spi=54321 "
			"in_esp_spi=12345 out_esp_string_key=huawei "
			"in_esp_string_key=huawei\n"
			"put ipsec_policy_proposal name=P1 sequence=10 position=1 "
			"proposal=tran1\n" SITE_APPLY),
		0);
	CU_ASSERT_STRING_EQUAL(bench_wants(&b, OWNER),
		"sa P1-10 out 54321 2001:db8:a::1 -> 2001:db8:b::1 aes-128 sha2-256 window 0 on "
		"yp-ge0-0-1\n"
		"sa P1-10 in 12345 2001:db8:b::1 -> 2001:db8:a::1 aes-128 sha2-256 window 1024 on "
		"yp-ge0-0-1\n"
		"filter e1\n  drop 0 2001:db8:2::/::ffff:ffff:ffff:ffff:0-65535 "
		"2001:db8:1::/::ffff:ffff:ffff:ffff:0-65535\n"
		"link yp-ge0-0-1 protected mtu 1406 up ipv6\nport 2 yp-ge0-0-1\n"
		"spd yp-ge0-0-1\n  rule 5 protect 0 2001:db8:1::/::ffff:ffff:ffff:ffff:0-65535 "
		"2001:db8:2::/::ffff:ffff:ffff:ffff:0-65535 icmp 65535/65535 out in\n"
		"route 22863 2001:db8:2::/64 blackhole metric 4294901758\n"
		"route 22863 2001:db8:2::/64 dev yp-ge0-0-1 src 2001:db8:1::1 mtu 1406 metric "
		"65538\n");
	CU_ASSERT_STRING_EQUAL(bench_wants(&b, "router "),
		"sysctl net/ipv4/ip_forward = 1\nsysctl net/ipv6/conf/all/forwarding = 1\n"
		"sysctl net/ipv4/conf/all/send_redirects = 0\n"
		"port 7 \nport 5 \nport 10 \nrule 10\nrule 95\nrule 100\n"
		"rule ipv6 10\nrule ipv6 95\nrule ipv6 100\n");
	CU_ASSERT_STRING_EQUAL(bench_wants(&b, "interface GigabitEthernet0/0/0"),
		"link e0 physical mtu 0 up\naddr e0 10.1.1.1/24\n"
		"sysctl net/ipv6/conf/e0/disable_ipv6 = 0\naddr e0 2001:db8:1::1/64\n");
	bench_fini(&b);
}

static void
rules_keep_their_order_over_sequences_and_deny_bypasses(void)
{
	struct bench b;
	const char *w;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_IPSEC), 0);
	CU_ASSERT_EQUAL(
		bench_commit(&b,
			"put acl_rule acl=3001 id=1 action=deny protocol=6 source=10.1.1.5 "
			"source_wildcard=0.0.0.0 destination_port_low=22 "
			"destination_port_high=22\n"
			"put acl number=3000\n"
			"put acl_rule acl=3000 id=10 action=permit protocol=1 icmp_type=8 "
			"icmp_code=0 destination=10.1.0.0 destination_wildcard=0.0.254.255\n"
			"put ipsec_policy name=P1 sequence=5 mode=manual acl=3000\n"),
		0);
	w = bench_wants(&b, OWNER);
	CU_ASSERT_PTR_NOT_NULL(strstr(w,
		"spd yp-ge0-0-1\n"
		"  rule 10 discard 1 0.0.0.0/255.255.255.255:0-65535 "
		"10.1.0.0/0.0.254.255:0-65535 icmp 8/0\n"
		"  rule 1 bypass 6 10.1.1.5/0.0.0.0:0-65535 "
		"0.0.0.0/255.255.255.255:22-22 icmp 65535/65535\n"
		"  rule 5 protect 0 " RULE_IN_SPD " out in\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(w,
		"filter e1\n"
		"  drop 1 10.1.0.0/0.0.254.255:0-65535 0.0.0.0/255.255.255.255:0-65535\n"
		"  accept 6 0.0.0.0/255.255.255.255:22-22 10.1.1.5/0.0.0.0:0-65535\n"
		"  drop " RULE_IN_FILTER));
	/* a wildcard with a hole is steered by the smallest prefix around it; deny steers nothing */
	CU_ASSERT_PTR_NOT_NULL(strstr(w, "route 22863 10.1.0.0/16 dev yp-ge0-0-1 metric 65538\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(w, STEER));
	CU_ASSERT_PTR_NULL(strstr(w, "10.1.1.5/32"));
	bench_fini(&b);
}

static void
one_destination_of_many_rules_is_one_route(void)
{
	struct bench b;
	const char *w;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_IPSEC), 0);
	CU_ASSERT_EQUAL(
		bench_commit(&b,
			"put acl_rule acl=3001 id=10 action=permit source=10.7.0.0 "
			"source_wildcard=0.0.255.255 destination=10.1.2.0 "
			"destination_wildcard=0.0.0.255\n"
			"put acl_rule acl=3001 id=15 action=permit protocol=17 source=10.1.1.0 "
			"source_wildcard=0.0.0.255\n"),
		0);
	w = bench_wants(&b, OWNER);
	CU_ASSERT_PTR_NOT_NULL(strstr(w,
		"route 22863 0.0.0.0/0 blackhole metric 4294901758\n"
		"route 22863 0.0.0.0/0 dev yp-ge0-0-1 src 10.1.1.1 mtu 1438 metric 65538\n" STEER));
	bench_fini(&b);
}

static void
an_added_own_address_becomes_the_source_of_the_router_s_own_packets(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_IPSEC), 0);
	CU_ASSERT_EQUAL(bench_commit(&b, "del ip_address GigabitEthernet0/0/0,10.1.1.1"), 0);
	CU_ASSERT_PTR_NULL(strstr(bench_wants(&b, OWNER), " src "));
	CU_ASSERT_EQUAL(
		bench_commit(&b,
			"put ip_address interface=GigabitEthernet0/0/0 address=10.1.1.7 length=24"),
		0);
	CU_ASSERT_PTR_NOT_NULL(strstr(bench_wants(&b, OWNER), " src 10.1.1.7 "));
	bench_fini(&b);
}

static void
a_group_protects_one_interface_only(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_IPSEC), 0);
	CU_ASSERT_EQUAL(
		bench_commit(&b, "set interface GigabitEthernet0/0/0 ipsec_policy=P1"), -EINVAL);
	CU_ASSERT_STRING_EQUAL(b.err.text,
		"IPSec policy P1 conflicts with IPSec policy P1 of GigabitEthernet0/0/1");
	/* but it may move */
	bench_steps(&b);
	CU_ASSERT_EQUAL(bench_commit(&b,
				"set interface GigabitEthernet0/0/1 ipsec_policy=\n"
				"set interface GigabitEthernet0/0/0 ipsec_policy=P1\n"),
		0);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(bench_wants(&b, "protection GigabitEthernet0/0/0"), "link yp-ge0-0-0"));
	bench_fini(&b);
}

static void
equal_inbound_spis_are_refused(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_IPSEC), 0);
	CU_ASSERT_EQUAL(
		bench_commit(&b,
			"put ipsec_policy name=P1 sequence=20 mode=manual acl=3001 "
			"tunnel_remote=203.0.113.9 tunnel_local=198.51.100.1 out_esp_spi=999 "
			"in_esp_spi=12345 out_esp_string_key=a in_esp_string_key=b\n"
			"put ipsec_policy_proposal name=P1 sequence=20 position=1 "
			"proposal=tran1\n"),
		-EINVAL);
	CU_ASSERT_STRING_EQUAL(b.err.object, "IPSec policy P1 20");
	CU_ASSERT_STRING_EQUAL(b.err.text,
		"inbound ESP SPI 12345 conflicts with inbound ESP SPI 12345 of IPSec policy P1 10");
	bench_fini(&b);
}

static void
one_changed_key_takes_the_sa_down_and_up_and_the_list_again(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_IPSEC), 0);
	bench_steps(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, "set ipsec_policy P1,10 out_esp_string_key=other"), 0);
	CU_ASSERT_STRING_EQUAL(bench_steps(&b),
		"- sa P1-10 out 50 54321 203.0.113.1\n+ sa P1-10 out 50 54321 203.0.113.1\n"
		"~ spd yp-ge0-0-1\n");
	CU_ASSERT_EQUAL(bench_commit(&b, "set ipsec_policy P1,10 out_esp_spi=54322"), 0);
	CU_ASSERT_STRING_EQUAL(bench_steps(&b),
		"- sa P1-10 out 50 54321 203.0.113.1\n+ sa P1-10 out 50 54322 203.0.113.1\n"
		"~ spd yp-ge0-0-1\n");
	bench_fini(&b);
}

static void
steps_come_in_the_order_that_leaves_nothing_in_clear(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES), 0);
	bench_steps(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_IPSEC), 0);
	CU_ASSERT_STRING_EQUAL(bench_steps(&b),
		"+ filter e1\n~ link e1\n+ link yp-ge0-0-1\n+ port 2 yp-ge0-0-1\n"
		"+ port 3 \n+ port 5 \n+ sa P1-10 out 50 54321 203.0.113.1\n"
		"+ sa P1-10 in 50 12345 198.51.100.1\n+ spd yp-ge0-0-1\n"
		"+ rule 10\n+ rule 95\n+ rule 100\n"
		"+ route 22863 10.1.2.0/24 4294901758 blackhole\n"
		"+ route 22863 10.1.2.0/24 65538 dev yp-ge0-0-1\n"
		"+ sysctl net/ipv4/conf/all/send_redirects\n");
	bench_fini(&b);
}

CU_TestInfo ipsec_tests[] = {
	{ "the path to one peer is asked for once", the_path_to_one_peer_is_asked_for_once },
	{ "the lab's policy becomes the scheme of the platform facts",
		the_lab_s_policy_becomes_the_scheme_of_the_platform_facts },
	{ "what an incomplete policy should protect is discarded",
		what_an_incomplete_policy_should_protect_is_discarded },
	{ "a policy without ACL or with an empty one is incomplete",
		a_policy_without_acl_or_with_an_empty_one_is_incomplete },
	{ "a proposal's form decides its SAs", a_proposal_s_form_decides_its_sas },
	{ "keys that never change go with the algorithms that bear it",
		keys_that_never_change_go_with_the_algorithms_that_bear_it },
	{ "what manual keys cannot do is refused", what_manual_keys_cannot_do_is_refused },
	{ "an IPv6 policy steers IPv6", an_ipv6_policy_steers_ipv6 },
	{ "rules keep their order over sequences, and deny bypasses",
		rules_keep_their_order_over_sequences_and_deny_bypasses },
	{ "one destination of many rules is one route",
		one_destination_of_many_rules_is_one_route },
	{ "an added own address becomes the source of the router's own packets",
		an_added_own_address_becomes_the_source_of_the_router_s_own_packets },
	{ "a group protects one interface only", a_group_protects_one_interface_only },
	{ "equal inbound SPIs are refused", equal_inbound_spis_are_refused },
	{ "one changed key takes the SA down and up, and the list again",
		one_changed_key_takes_the_sa_down_and_up_and_the_list_again },
	{ "steps come in the order that leaves nothing in clear",
		steps_come_in_the_order_that_leaves_nothing_in_clear },
	CU_TEST_INFO_NULL,
};
