/*
 * Twin of shell/vrp/vrp_ike.c and vrp_place.c, and of what a policy and a profile say of negotiation.
 */
#include "config.h"

#include "tests/unit/shell/cli_fixture.h"
#include "tests/unit/shell/suites.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void
all_of_ike_is_rendered_in_vrps_order(void)
{
	static const char *const lines[] = { "ike dpd retry-limit 5", "ike dpd type on-demand",
		"ike nat-keepalive-timer interval 30", "ike local-name rta.example", "acl 3000",
		"ipsec sa global-duration traffic-based 0",
		"ipsec sa global-duration time-based 600", "ike proposal 10",
		"prf hmac-sha2-512 hmac-sha2-256", "dh group31 group19",
		"encryption-algorithm aes-gcm-256 aes-cbc-128", "sa duration 7200",
		"ike proposal 7", "ike peer site v2", "remote-address 203.0.113.1",
		"remote-address 2001:DB8::1", "pre-shared-key simple Road@2Walls",
		"ike-proposal 10", "local-id-type fqdn", "local-id rta.example",
		"remote-id-type user-fqdn", "remote-id b@example", "local-address 198.51.100.1",
		"undo nat traversal", "dpd type periodic", "dpd idle-time 20",
		"dpd retransmit-interval 5", "dpd retry-limit 4", "dpd msg seq-hash-notify",
		"re-authentication interval 3600", "quit", "ike peer old", "undo version 2",
		"exchange-mode aggressive", "quit", "ipsec proposal p", "esn enable",
		"esp encryption-algorithm aes-256 aes-128", "ipsec policy P 10 isakmp",
		"proposal q", "security acl 3000", "ike-peer site", "proposal p", "pfs dh-group19",
		"sa trigger-mode traffic-based", "sa duration time-based 900",
		"sa duration traffic-based disable", "tunnel local applied-interface",
		"undo policy enable", "anti-replay window 64", "ipsec profile roads", "proposal p",
		"ike-peer site", "pfs dh-group31", "sa duration traffic-based 2560", NULL };
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	CU_ASSERT_STRING_EQUAL(fixture_prompt(&f), "[Huawei-ipsec-profile-roads]");
	CU_ASSERT_STRING_EQUAL(fixture_render(&f),
		"#\n"
		" sysname Huawei\n"
		"#\n"
		"ipsec sa global-duration time-based 600\n"
		"ipsec sa global-duration traffic-based 0\n"
		"#\n"
		"ike local-name rta.example\n"
		"ike nat-keepalive-timer interval 30\n"
		"ike dpd type on-demand\n"
		"ike dpd retry-limit 5\n"
		"#\n"
		"acl number 3000\n"
		"#\n"
		"ipsec proposal p\n"
		" esp encryption-algorithm aes-256 aes-128\n"
		" esn enable\n"
		"#\n"
		"ike proposal 7\n"
		" encryption-algorithm aes-256\n"
		" dh group14\n"
		" authentication-algorithm sha2-256\n"
		" authentication-method pre-share\n"
		" integrity-algorithm hmac-sha2-256\n"
		" prf hmac-sha2-256\n"
		"#\n"
		"ike proposal 10\n"
		" encryption-algorithm aes-gcm-256 aes-128\n"
		" dh group31 group19\n"
		" authentication-algorithm sha2-256\n"
		" authentication-method pre-share\n"
		" integrity-algorithm hmac-sha2-256\n"
		" prf hmac-sha2-512 hmac-sha2-256\n"
		" sa duration 7200\n"
		"#\n"
		"ike peer old\n"
		" undo version 2\n"
		" exchange-mode aggressive\n"
		"#\n"
		"ike peer site\n"
		" undo version 1\n"
		" pre-shared-key cipher ******\n"
		" ike-proposal 10\n"
		" local-id-type fqdn\n"
		" local-id rta.example\n"
		" remote-id-type user-fqdn\n"
		" remote-id b@example\n"
		" local-address 198.51.100.1\n"
		" remote-address 203.0.113.1\n"
		" remote-address 2001:db8::1\n"
		" undo nat traversal\n"
		" dpd type periodic\n"
		" dpd idle-time 20\n"
		" dpd retransmit-interval 5\n"
		" dpd retry-limit 4\n"
		" dpd msg seq-hash-notify\n"
		" re-authentication interval 3600\n"
		"#\n"
		"ipsec policy P 10 isakmp\n"
		" security acl 3000\n"
		" ike-peer site\n"
		" proposal q\n"
		" proposal p\n"
		" pfs dh-group19\n"
		" sa duration time-based 900\n"
		" sa duration traffic-based 0\n"
		" tunnel local applied-interface\n"
		" sa trigger-mode traffic-based\n"
		" undo policy enable\n"
		" anti-replay window 64\n"
		"#\n"
		"ipsec profile roads\n"
		" ike-peer site\n"
		" proposal p\n"
		" pfs dh-group31\n"
		" sa duration traffic-based 2560\n"
		"#\n"
		"return\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(fixture_dump(&f), "'plain:Road@2Walls'"));
	cli_fixture_fini(&f);
}

static void
lines_of_ike_are_refused_as_vrp_refuses_them(void)
{
	static const struct {
		const char *view, *line;
		enum cli_error_kind kind;
		size_t column;
	} rows[] = {
		{ NULL, "ike proposal 0", CLI_WRONG_PARAMETER, 13 },
		{ NULL, "ike proposal 100", CLI_WRONG_PARAMETER, 13 },
		{ NULL, "ike peer sixteen-letters1", CLI_WRONG_PARAMETER, 9 },
		{ NULL, "ike peer s v3", CLI_UNRECOGNIZED, 11 },
		{ NULL, "ike dpd idle-time 9", CLI_WRONG_PARAMETER, 18 },
		{ NULL, "ike nat-keepalive-timer interval 301", CLI_WRONG_PARAMETER, 33 },
		{ NULL, "ipsec sa global-duration time-based 29", CLI_WRONG_PARAMETER, 36 },
		{ NULL, "ipsec sa global-duration traffic-based 255", CLI_WRONG_PARAMETER, 39 },
		{ NULL, "ipsec policy P 1 isakmp template t", CLI_TOO_MANY, 24 },
		{ "ike proposal 1", "dh group4", CLI_UNRECOGNIZED, 3 },
		{ "ike proposal 1", "dh group14 group19 group14", CLI_UNRECOGNIZED, 19 },
		{ "ike proposal 1", "dh group", CLI_AMBIGUOUS, 3 },
		{ "ike proposal 1", "encryption-algorithm null", CLI_UNRECOGNIZED, 21 },
		{ "ike proposal 1", "encryption-algorithm aes-gmac-128", CLI_UNRECOGNIZED, 21 },
		{ "ike proposal 1", "encryption-algorithm aes-128 aes-cbc-128", CLI_UNRECOGNIZED,
			29 },
		{ "ike proposal 1", "encryption-algorithm", CLI_INCOMPLETE, 21 },
		{ "ike proposal 1", "authentication-method rsa-signature", CLI_UNRECOGNIZED, 22 },
		{ "ike proposal 1", "sa duration 59", CLI_WRONG_PARAMETER, 12 },
		{ "ike peer s", "version 3", CLI_UNRECOGNIZED, 8 },
		{ "ike peer s", "pre-shared-key Road@2Walls", CLI_UNRECOGNIZED, 15 },
		{ "ike peer s", "remote-address 224.0.0.1", CLI_WRONG_PARAMETER, 15 },
		{ "ike peer s", "local-id-type x", CLI_UNRECOGNIZED, 14 },
		{ "ike peer s", "dpd retry-limit 11", CLI_WRONG_PARAMETER, 16 },
		{ "ike peer s", "undo remote-address 10.0.0.1", CLI_REFUSED, 0 },
		{ "ike peer s v2", "ike peer s v1", CLI_REFUSED, 0 },
		{ "ike peer s v2", "ike peer s v2", CLI_OK, 0 },
		{ "ike peer s", "ike peer s v2", CLI_REFUSED, 0 },
		{ "ipsec policy P 1 isakmp", "sa spi inbound esp 256", CLI_UNRECOGNIZED, 3 },
		{ "ipsec policy P 1 isakmp", "pfs group14", CLI_UNRECOGNIZED, 4 },
		{ "ipsec policy P 1 manual", "ike-peer s", CLI_UNRECOGNIZED, 0 },
		{ "ipsec policy P 1 manual", "undo ipsec policy P 1 isakmp", CLI_REFUSED, 0 },
		{ "ipsec profile p", "security acl 3000", CLI_UNRECOGNIZED, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cli_fixture f;
		bool met;

		cli_fixture_init(&f);
		cli_enter_system(f.cli);
		if (rows[i].view)
			CU_ASSERT_EQUAL(fixture_exec(&f, rows[i].view), 0);
		fixture_exec(&f, rows[i].line);
		met = f.result.error.kind == rows[i].kind &&
			f.result.error.column == rows[i].column;
		CU_ASSERT(met);
		if (!met)
			printf("\n%s: %d at %zu, %s\n", rows[i].line, f.result.error.kind,
				f.result.error.column, f.result.error.text);
		cli_fixture_fini(&f);
	}
}

static void
proposals_and_addresses_keep_the_order_in_which_they_were_typed(void)
{
	static const struct {
		const char *line, *rendered;
	} rows[] = {
		{ "proposal b", " proposal b\n" },
		{ "proposal a", " proposal b\n proposal a\n" },
		{ "proposal b", " proposal b\n proposal a\n" },
		{ "proposal c", " proposal b\n proposal a\n proposal c\n" },
		{ "undo proposal a", " proposal b\n proposal c\n" },
		{ "proposal a", " proposal b\n proposal c\n proposal a\n" },
		{ "undo proposal", "" },
	};
	struct cli_fixture f;

	cli_fixture_init(&f);
	cli_enter_system(f.cli);
	CU_ASSERT_EQUAL(fixture_exec(&f, "ipsec policy P 1 isakmp"), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char expected[256];

		CU_ASSERT_EQUAL(fixture_exec(&f, rows[i].line), 0);
		snprintf(expected, sizeof(expected), "#\nipsec policy P 1 isakmp\n%s#\nreturn\n",
			rows[i].rendered);
		CU_ASSERT_STRING_EQUAL(fixture_render_view(&f), expected);
	}
	CU_ASSERT_EQUAL(fixture_exec(&f, "ike peer s"), 0);
	for (int i = 1; i <= 9; i++) {
		char line[64];

		snprintf(line, sizeof(line), "remote-address 10.0.0.%d", i);
		CU_ASSERT_EQUAL(fixture_exec(&f, line), i <= 8 ? 0 : -EINVAL);
	}
	CU_ASSERT_STRING_EQUAL(
		f.result.error.text, "Error: No more than 8 of them can be configured.");
	cli_fixture_fini(&f);
}

static void
what_is_keyed_by_hand_has_one_proposal(void)
{
	static const char *const lines[] = { "ipsec policy P 1 manual", "proposal a", "proposal b",
		NULL };
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	CU_ASSERT_STRING_EQUAL(
		fixture_render_view(&f), "#\nipsec policy P 1 manual\n proposal b\n#\nreturn\n");
	cli_fixture_fini(&f);
}

static void
what_belongs_to_a_peer_or_policy_goes_with_it(void)
{
	static const char *const lines[] = { "ike peer s", "remote-address 10.0.0.1",
		"ipsec policy P 1 isakmp", "proposal a", "ipsec policy P 2 isakmp", "proposal a",
		"ipsec profile r", "proposal a", "quit", "undo ike peer s", "undo ipsec profile r",
		"undo ipsec policy P 1", NULL };
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	CU_ASSERT_PTR_NOT_NULL(strstr(fixture_dump(&f), "ipsec_policy_proposal 'P' 2"));
	CU_ASSERT_PTR_NULL(strstr(f.text, "ipsec_policy_proposal 'P' 1"));
	CU_ASSERT_PTR_NULL(strstr(f.text, "ike_peer_address"));
	CU_ASSERT_PTR_NULL(strstr(f.text, "ipsec_profile_proposal"));
	CU_ASSERT_EQUAL(fixture_exec(&f, "undo ipsec policy P"), 0);
	CU_ASSERT_PTR_NULL(strstr(fixture_dump(&f), "ipsec_policy"));
	cli_fixture_fini(&f);
}

static void
versions_are_told_in_both_spellings(void)
{
	static const struct {
		const char *lines[4];
		const char *rendered;
	} rows[] = {
		{ { "ike peer s" }, "" },
		{ { "ike peer s v1" }, " undo version 2\n" },
		{ { "ike peer s v2" }, " undo version 1\n" },
		{ { "ike peer s", "version 2", "undo version 1" }, " undo version 1\n" },
		{ { "ike peer s v1", "version 2" }, "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cli_fixture f;
		char expected[128];

		cli_fixture_init(&f);
		CU_ASSERT(fixture_load(&f, rows[i].lines));
		snprintf(expected, sizeof(expected), "#\nike peer s\n%s#\nreturn\n",
			rows[i].rendered);
		CU_ASSERT_STRING_EQUAL(fixture_render_view(&f), expected);
		cli_fixture_fini(&f);
	}
}

static void
weak_algorithms_of_ike_are_taken_with_a_warning(void)
{
	static const struct {
		const char *line;
		bool weak;
	} rows[] = {
		{ "encryption-algorithm aes-256 aes-128", false },
		{ "encryption-algorithm aes-256 3des", true },
		{ "encryption-algorithm des-cbc aes-256", true },
		{ "authentication-algorithm md5", true },
		{ "integrity-algorithm hmac-sha1", true },
		{ "prf hmac-md5", true },
		{ "prf hmac-sha2-256", false },
		{ "dh group2", true },
		{ "dh group32 group31", false },
		{ "undo dh", false },
	};
	struct cli_fixture f;

	cli_fixture_init(&f);
	cli_enter_system(f.cli);
	CU_ASSERT_EQUAL(fixture_exec(&f, "ike proposal 1"), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_EQUAL(fixture_exec(&f, rows[i].line), 0);
		CU_ASSERT_EQUAL(f.result.warning != NULL, rows[i].weak);
	}
	cli_fixture_fini(&f);
}

static void
a_list_completes_to_what_was_not_typed_yet(void)
{
	struct cli_fixture f;

	cli_fixture_init(&f);
	cli_enter_system(f.cli);
	CU_ASSERT_EQUAL(fixture_exec(&f, "ike proposal 1"), 0);
	CU_ASSERT_STRING_EQUAL(
		fixture_complete(&f, "dh group14 group1"), "group1 group15 group16 group19");
	CU_ASSERT_STRING_EQUAL(fixture_complete(&f, "dh group1 g"),
		"group14 group15 group16 group19 group2 group20 group21 group31 group32 group5");
	cli_fixture_fini(&f);
}

CU_TestInfo vrp_ike_tests[] = {
	{ "all of IKE is rendered in VRP's order", all_of_ike_is_rendered_in_vrps_order },
	{ "lines of IKE are refused as VRP refuses them",
		lines_of_ike_are_refused_as_vrp_refuses_them },
	{ "proposals and addresses keep the order in which they were typed",
		proposals_and_addresses_keep_the_order_in_which_they_were_typed },
	{ "what is keyed by hand has one proposal", what_is_keyed_by_hand_has_one_proposal },
	{ "what belongs to a peer or policy goes with it",
		what_belongs_to_a_peer_or_policy_goes_with_it },
	{ "versions are told in both spellings", versions_are_told_in_both_spellings },
	{ "weak algorithms of IKE are taken with a warning",
		weak_algorithms_of_ike_are_taken_with_a_warning },
	{ "a list completes to what was not typed yet",
		a_list_completes_to_what_was_not_typed_yet },
	CU_TEST_INFO_NULL,
};
