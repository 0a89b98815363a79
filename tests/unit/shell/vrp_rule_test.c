/*
 * ACL rules: every form that can be typed and what it is rendered as; numbering.
 */
#include "config.h"

#include "tests/unit/shell/cli_fixture.h"
#include "tests/unit/shell/suites.h"

#include <errno.h>
#include <string.h>
#include <time.h>

struct form {
	const char *typed;
	const char *rendered; /* NULL: as typed */
};

static const struct form advanced[] = {
	{ "rule 5 permit ip", NULL },
	{ "rule 5 deny ospf", NULL },
	{ "rule 5 permit 50", NULL },
	{ "rule 5 permit 6", "rule 5 permit tcp" },
	{ "rule 5 permit ip source 10.1.1.0 0.0.0.255 destination 10.1.2.0 0.0.0.255", NULL },
	{ "rule 5 permit ip destination 10.1.2.0 0.0.0.255 source 10.1.1.7 0.0.0.255",
		"rule 5 permit ip source 10.1.1.0 0.0.0.255 destination 10.1.2.0 0.0.0.255" },
	{ "rule 5 permit ip source 10.1.1.7 0", NULL },
	{ "rule 5 permit ip source 10.1.1.7 0.0.0.0 destination any",
		"rule 5 permit ip source 10.1.1.7 0" },
	{ "rule 5 permit ip source 10.0.7.0 0.255.0.255", NULL },
	{ "rule 5 permit ip source 1.2.3.4 255.255.255.255", "rule 5 permit ip" },
	{ "rule 5 permit tcp source-port eq ftp destination-port eq 8080", NULL },
	{ "rule 5 permit tcp destination-port eq 80", "rule 5 permit tcp destination-port eq www" },
	{ "rule 5 permit tcp destination-port gt 1023", NULL },
	{ "rule 5 permit udp source-port lt 1024 destination-port range 5000 6000", NULL },
	{ "rule 5 permit udp destination-port eq dns", NULL },
	{ "rule 5 permit udp destination-port range 0 65535", NULL },
	{ "rule 5 permit udp destination-port lt 1", "rule 5 permit udp destination-port eq 0" },
	{ "rule 5 permit tcp destination-port eq telnet source 10.0.0.0 0.255.255.255",
		"rule 5 permit tcp source 10.0.0.0 0.255.255.255 destination-port eq telnet" },
	{ "rule 5 permit icmp icmp-type echo", NULL },
	{ "rule 5 permit icmp icmp-type 8 0", "rule 5 permit icmp icmp-type echo" },
	{ "rule 5 permit icmp icmp-type 8", NULL },
	{ "rule 5 permit icmp icmp-type 3 13", NULL },
	{ "rule 5 deny icmp source 10.0.0.1 0 icmp-type fragmentneed-DFset", NULL },
	{ "ru 5 per tc source 1.1.1.1 0 destination-p e ww",
		"rule 5 permit tcp source 1.1.1.1 0 destination-port eq www" },
};

static const struct form advanced6[] = {
	{ "rule 5 permit ipv6", NULL },
	{ "rule 5 deny 58", "rule 5 deny icmpv6" },
	{ "rule 5 permit 50", "rule 5 permit ipv6-esp" },
	{ "rule 5 permit ipv6 source 2001:db8::/64 destination 2001:db8:1::/48", NULL },
	{ "rule 5 permit ipv6 source 2001:DB8::7 64 destination 2001:db8:1:: 48",
		"rule 5 permit ipv6 source 2001:db8::/64 destination 2001:db8:1::/48" },
	{ "rule 5 permit ipv6 destination 2001:db8::1/128 source any",
		"rule 5 permit ipv6 destination 2001:db8::1/128" },
	{ "rule 5 permit gre source ::/0 destination 2001:db8::1 0", "rule 5 permit gre" },
	{ "rule 5 permit ipv6 source 2001:db8::ff/121",
		"rule 5 permit ipv6 source 2001:db8::80/121" },
	{ "rule 5 permit tcp source fd00::/8 destination-port eq bgp", NULL },
	{ "rule 5 permit udp source-port lt 1024 destination fd00::/8 destination-port range 5 6",
		NULL },
	{ "rule 5 permit icmpv6 icmp6-type echo", NULL },
	{ "rule 5 permit icmpv6 icmp6-type 2 0", "rule 5 permit icmpv6 icmp6-type packet-too-big" },
	{ "rule 5 permit icmpv6 icmp6-type 1", NULL },
	{ "rule 5 deny icmpv6 source fd00::/8 icmp6-type 1 6", NULL },
};

static const char *
last_line(struct cli_fixture *f)
{
	static char line[512];
	const char *text = fixture_render_view(f);
	const char *at = strstr(text, "\n rule");

	line[0] = '\0';
	if (at)
		strlcpy(line, at + 2, strcspn(at + 2, "\n") + 1);
	return line;
}

static void
check_forms(const char *view, const struct form *forms, size_t n)
{
	struct cli_fixture f;

	cli_fixture_init(&f);
	cli_enter_system(f.cli);
	CU_ASSERT_EQUAL(fixture_exec(&f, view), 0);
	for (size_t i = 0; i < n; i++) {
		const char *expected = forms[i].rendered ? forms[i].rendered : forms[i].typed;

		CU_ASSERT_EQUAL(fixture_exec(&f, forms[i].typed), 0);
		CU_ASSERT_STRING_EQUAL(last_line(&f), expected);
		if (strcmp(last_line(&f), expected))
			printf("\n%s: %s\n%s\n", forms[i].typed, f.result.error.text,
				last_line(&f));
	}
	cli_fixture_fini(&f);
}

static void
rules_are_rendered_in_one_way(void)
{
	check_forms("acl 3000", advanced, sizeof(advanced) / sizeof(advanced[0]));
	check_forms("acl ipv6 3000", advanced6, sizeof(advanced6) / sizeof(advanced6[0]));
}

static void
basic_acls_of_ipv6_match_sources_only(void)
{
	static const char *const lines[] = { "acl ipv6 number 2000",
		"rule permit source 2001:db8::1/32", "rule deny", "rule 10 description the rest",
		"step 10", "rule permit source fd00:: 8", NULL };
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	CU_ASSERT_STRING_EQUAL(fixture_prompt(&f), "[Huawei-acl6-basic-2000]");
	CU_ASSERT_STRING_EQUAL(fixture_render_view(&f),
		"#\n"
		"acl ipv6 number 2000\n"
		" step 10\n"
		" rule 5 permit source 2001:db8::/32\n"
		" rule 10 deny\n"
		" rule 10 description the rest\n"
		" rule 20 permit source fd00::/8\n"
		"#\n"
		"return\n");
	CU_ASSERT_EQUAL(fixture_exec(&f, "rule deny"), -EINVAL);
	CU_ASSERT_EQUAL(fixture_exec(&f, "rule permit ipv6"), -EINVAL);
	CU_ASSERT_EQUAL(fixture_exec(&f, "undo rule 20"), 0);
	CU_ASSERT_EQUAL(fixture_exec(&f, "undo acl ipv6 2000"), 0);
	CU_ASSERT_PTR_NULL(strstr(fixture_dump(&f), "acl6"));
	cli_fixture_fini(&f);
}

static void
options_that_a_protocol_has_not_are_unknown(void)
{
	static const struct {
		const char *line;
		enum cli_error_kind kind;
	} bad[] = {
		{ "rule permit ip destination-port eq 80", CLI_UNRECOGNIZED },
		{ "rule permit icmp source-port eq 80", CLI_UNRECOGNIZED },
		{ "rule permit udp icmp-type echo", CLI_UNRECOGNIZED },
		{ "rule permit tcp destination-port eq 65536", CLI_WRONG_PARAMETER },
		{ "rule permit tcp destination-port gt 65535", CLI_REFUSED },
		{ "rule permit tcp destination-port lt 0", CLI_REFUSED },
		{ "rule permit tcp destination-port range 9 8", CLI_REFUSED },
		{ "rule permit tcp source 1.1.1.1 0 source 2.2.2.2 0", CLI_UNRECOGNIZED },
		{ "rule permit esp", CLI_WRONG_PARAMETER },
		{ "rule permit 256", CLI_WRONG_PARAMETER },
		{ "rule permit", CLI_INCOMPLETE },
		{ "rule 5 description alone", CLI_REFUSED },
		{ "undo rule 5", CLI_REFUSED },
		{ "undo rule", CLI_INCOMPLETE },
	};
	static const char *const lines[] = { "acl 3000", NULL };
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fixture_exec(&f, bad[i].line);
		CU_ASSERT_EQUAL(f.result.error.kind, bad[i].kind);
		if (f.result.error.kind != bad[i].kind)
			printf("\n%s: %s\n", bad[i].line, f.result.error.text);
	}
	cli_fixture_fini(&f);
}

static void
basic_acls_match_sources_only(void)
{
	static const char *const lines[] = { "acl 2000", "description who may come in",
		"rule permit source 10.0.0.0 0.255.255.255", "rule deny source any",
		"rule 10 description all others", NULL };
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	CU_ASSERT_STRING_EQUAL(fixture_render_view(&f),
		"#\n"
		"acl number 2000\n"
		" description who may come in\n"
		" rule 5 permit source 10.0.0.0 0.255.255.255\n"
		" rule 10 deny\n"
		" rule 10 description all others\n"
		"#\n"
		"return\n");
	fixture_exec(&f, "rule permit ip");
	CU_ASSERT_EQUAL(f.result.error.kind, CLI_UNRECOGNIZED);
	cli_fixture_fini(&f);
}

static void
a_rule_without_a_number_gets_the_next_multiple_of_the_step(void)
{
	static const char *const lines[] = { "acl 3000", "rule permit ip", "rule 7 permit ip",
		"rule permit gre", "step 10", "rule deny ip", "rule 0 permit gre", NULL };
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	CU_ASSERT_STRING_EQUAL(fixture_render_view(&f),
		"#\n"
		"acl number 3000\n"
		" step 10\n"
		" rule 0 permit gre\n"
		" rule 5 permit ip\n"
		" rule 7 permit ip\n"
		" rule 10 permit gre\n"
		" rule 20 deny ip\n"
		"#\n"
		"return\n");
	cli_fixture_fini(&f);
}

static void
typing_a_rule_again_replaces_all_but_its_description(void)
{
	static const char *const lines[] = { "acl 3000",
		"rule 5 permit tcp source 1.1.1.1 0 destination-port eq 22",
		"rule 5 description ssh", "rule 5 deny icmp icmp-type echo", NULL };
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	CU_ASSERT_STRING_EQUAL(fixture_render_view(&f),
		"#\n"
		"acl number 3000\n"
		" rule 5 deny icmp icmp-type echo\n"
		" rule 5 description ssh\n"
		"#\n"
		"return\n");
	CU_ASSERT_EQUAL(fixture_exec(&f, "undo rule 5 description"), 0);
	CU_ASSERT_STRING_EQUAL(last_line(&f), "rule 5 deny icmp icmp-type echo");
	cli_fixture_fini(&f);
}

static void
a_rule_without_a_number_must_be_a_new_one(void)
{
	static const struct {
		const char *line;
		enum cli_error_kind kind;
	} lines[] = {
		{ "acl 3000", CLI_OK },
		{ "rule permit ip source 1.1.1.1 0", CLI_OK },
		{ "rule permit ip source 1.1.1.1 0", CLI_REFUSED },
		{ "rule 5 permit ip source 1.1.1.1 0", CLI_OK },
		{ "rule 6 permit ip source 1.1.1.1 0", CLI_OK },
		{ "rule 5 description the same again", CLI_OK },
		{ "rule permit ip source 1.1.1.1 0.0.0.0", CLI_REFUSED },
		{ "rule 6 permit gre", CLI_OK },
		{ "rule permit gre", CLI_REFUSED },
		{ "undo rule 6", CLI_OK },
		{ "rule permit gre", CLI_OK },
		{ "acl 3001", CLI_OK },
		{ "rule permit gre", CLI_OK },
		{ "rule 7 deny gre", CLI_OK },
		{ "rule deny gre", CLI_REFUSED },
		{ "undo acl 3001", CLI_OK },
		{ "acl 3001", CLI_OK },
		{ "rule deny gre", CLI_OK },
	};
	struct cli_fixture f;

	cli_fixture_init(&f);
	cli_enter_system(f.cli);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		fixture_exec(&f, lines[i].line);
		CU_ASSERT_EQUAL(f.result.error.kind, lines[i].kind);
		if (lines[i].kind)
			CU_ASSERT_STRING_EQUAL(
				f.result.error.text, "Error: The rule already exists.");
	}
	cli_fixture_fini(&f);
}

CU_TestInfo vrp_rule_tests[] = {
	{ "rules are rendered in one way", rules_are_rendered_in_one_way },
	{ "options that a protocol has not are unknown",
		options_that_a_protocol_has_not_are_unknown },
	{ "basic ACLs match sources only", basic_acls_match_sources_only },
	{ "basic ACLs of IPv6 match sources only", basic_acls_of_ipv6_match_sources_only },
	{ "a rule without a number gets the next multiple of the step",
		a_rule_without_a_number_gets_the_next_multiple_of_the_step },
	{ "a rule without a number must be a new one", a_rule_without_a_number_must_be_a_new_one },
	{ "typing a rule again replaces all but its description",
		typing_a_rule_again_replaces_all_but_its_description },
	CU_TEST_INFO_NULL,
};
