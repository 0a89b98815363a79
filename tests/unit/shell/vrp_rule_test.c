/*
 * ACL rules: every form that can be typed and what it is rendered as; numbering.
 */
#include "config.h"

#include "tests/unit/shell/cli_fixture.h"
#include "tests/unit/shell/suites.h"

#include <string.h>
#include <time.h>

static const struct {
	const char *typed;
	const char *rendered; /* NULL: as typed */
} advanced[] = {
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
rules_are_rendered_in_one_way(void)
{
	static const char *const lines[] = { "acl 3000", NULL };
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	for (size_t i = 0; i < sizeof(advanced) / sizeof(advanced[0]); i++) {
		const char *expected =
			advanced[i].rendered ? advanced[i].rendered : advanced[i].typed;

		CU_ASSERT_EQUAL(fixture_exec(&f, advanced[i].typed), 0);
		CU_ASSERT_STRING_EQUAL(last_line(&f), expected);
		if (strcmp(last_line(&f), expected))
			printf("\n%s: %s\n%s\n", advanced[i].typed, f.result.error.text,
				last_line(&f));
	}
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
	{ "a rule without a number gets the next multiple of the step",
		a_rule_without_a_number_gets_the_next_multiple_of_the_step },
	{ "a rule without a number must be a new one", a_rule_without_a_number_must_be_a_new_one },
	{ "typing a rule again replaces all but its description",
		typing_a_rule_again_replaces_all_but_its_description },
	CU_TEST_INFO_NULL,
};
