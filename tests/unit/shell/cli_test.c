/*
 * The session: moving between views, prompts, levels, masks.
 */
#include "config.h"

#include "tests/unit/shell/cli_fixture.h"
#include "tests/unit/shell/suites.h"

#include "schema/row.h"
#include "schema/store.h"

#include <errno.h>
#include <regex.h>
#include <string.h>

/* Lines typed one after the other, and the prompt after each. */
static const char *const walk[][2] = {
	{ "", "<Huawei>" },
	{ "system-view", "[Huawei]" },
	{ "sysname RTA", "[RTA]" },
	{ "int g0/0/0", "[RTA-GigabitEthernet0/0/0]" },
	{ "interface LoopBack 7", "[RTA-LoopBack7]" },
	{ "quit", "[RTA]" },
	{ "int tunnel 0/0/1", "[RTA-Tunnel0/0/1]" },
	{ "#", "[RTA]" },
	{ "acl 2000", "[RTA-acl-basic-2000]" },
	{ "acl number 3001", "[RTA-acl-adv-3001]" },
	{ "ipsec proposal tran1", "[RTA-ipsec-proposal-tran1]" },
	{ "ipsec policy P1 10 manual", "[RTA-ipsec-policy-manual-P1-10]" },
	{ "ip route-static 10.0.0.0 8 10.1.1.1", "[RTA-ipsec-policy-manual-P1-10]" },
	{ "undo ipsec policy P1", "[RTA]" },
	{ "ipsec policy P1 10 manual", "[RTA-ipsec-policy-manual-P1-10]" },
	{ "return", "<RTA>" },
	{ "#", "<RTA>" },
	{ "return", "<RTA>" },
	{ "sys imm", "[RTA]" },
	{ "int g 0/0/0", "[RTA-GigabitEthernet0/0/0]" },
	{ "undo sysname", "[Huawei-GigabitEthernet0/0/0]" },
	{ "q", "[Huawei]" },
	{ "q", "<Huawei>" },
};

static void
prompts_follow_the_view(void)
{
	struct cli_fixture f;

	cli_fixture_init(&f);
	for (size_t i = 0; i < sizeof(walk) / sizeof(walk[0]); i++) {
		CU_ASSERT_EQUAL(fixture_exec(&f, walk[i][0]), 0);
		CU_ASSERT_STRING_EQUAL(fixture_prompt(&f), walk[i][1]);
	}
	CU_ASSERT_EQUAL(fixture_exec(&f, "quit"), 0);
	CU_ASSERT_EQUAL(f.result.did, CLI_DID_LOGOUT);
	cli_fixture_fini(&f);
}

/* vrp-cli section 2: what the clients of VRP recognize as a prompt. */
static void
prompts_match_the_regexes_of_all_clients(void)
{
	static const char *const regexes[] = {
		"^<.+>[[:space:]]*$|^\\[.+\\][[:space:]]*$",		     /* Ansible */
		"^(<[A-Za-z0-9_.-]+>)$|^\\[",				     /* oxidized */
		"^<[A-Za-z0-9.@()/:_-]{1,48}>[[:space:]]*$|^\\[.{1,64}\\]$", /* scrapli */
		"^(<[/A-Za-z0-9_.:-]+>|\\[[~*]?[/A-Za-z0-9_.:-]+\\])$",	     /* gnetcli */
	};
	struct cli_fixture f;

	cli_fixture_init(&f);
	for (size_t r = 0; r < sizeof(regexes) / sizeof(regexes[0]); r++) {
		regex_t re;

		CU_ASSERT_EQUAL_FATAL(regcomp(&re, regexes[r], REG_EXTENDED | REG_NOSUB), 0);
		cli_return(f.cli);
		for (size_t i = 0; i < sizeof(walk) / sizeof(walk[0]); i++) {
			fixture_exec(&f, walk[i][0]);
			CU_ASSERT_EQUAL(regexec(&re, fixture_prompt(&f), 0, NULL, 0), 0);
		}
		regfree(&re);
	}
	cli_fixture_fini(&f);
}

static void
names_that_would_break_a_prompt_are_wrong(void)
{
	static const char *const lines[] = { "sysname a@b", "sysname a(b", "ipsec proposal a:b",
		"ipsec proposal sixteen-letters-", "ipsec policy a/b 1 manual", NULL };
	struct cli_fixture f;

	cli_fixture_init(&f);
	cli_enter_system(f.cli);
	for (size_t i = 0; lines[i]; i++) {
		CU_ASSERT_EQUAL(fixture_exec(&f, lines[i]), -EINVAL);
		CU_ASSERT_EQUAL(f.result.error.kind, CLI_WRONG_PARAMETER);
	}
	cli_fixture_fini(&f);
}

static void
only_what_changes_says_so(void)
{
	static const struct {
		const char *line;
		enum cli_did did;
		bool changed;
	} rows[] = {
		{ "system-view", CLI_DID_MOVE, false },
		{ "", CLI_DID_NOTHING, false },
		{ "# a comment", CLI_DID_NOTHING, false },
		{ "acl 3000", CLI_DID_MOVE, true },
		{ "acl 3000", CLI_DID_MOVE, false },
		{ "rule permit ip", CLI_DID_CONFIGURE, true },
		{ "display version", CLI_DID_COMMAND, false },
		{ "quit", CLI_DID_MOVE, false },
	};
	struct cli_fixture f;

	cli_fixture_init(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_EQUAL(fixture_exec(&f, rows[i].line), 0);
		CU_ASSERT_EQUAL(f.result.did, rows[i].did);
		CU_ASSERT_EQUAL(f.result.changed, rows[i].changed);
		CU_ASSERT_EQUAL(f.result.info != NULL, i == 0);
	}
	cli_fixture_fini(&f);
}

static void
who_may_only_look_cannot_configure(void)
{
	static const char *const lines[] = { "acl 3000", "sysname X",
		"ip route-static 0.0.0.0 0 1.1.1.1", "undo acl 3000", NULL };
	struct cli_fixture f;

	cli_fixture_init(&f);
	cli_set_level(f.cli, CLI_MONITOR);
	CU_ASSERT_EQUAL(fixture_exec(&f, "display interface"), 0);
	CU_ASSERT_EQUAL(fixture_exec(&f, "save"), -EACCES);
	CU_ASSERT_EQUAL(fixture_exec(&f, "system-view"), -EACCES);
	cli_enter_system(f.cli);
	for (size_t i = 0; lines[i]; i++) {
		CU_ASSERT_EQUAL(fixture_exec(&f, lines[i]), -EACCES);
		CU_ASSERT_EQUAL(f.result.error.kind, CLI_NO_PERMISSION);
		CU_ASSERT_STRING_EQUAL(f.result.error.text,
			"Error: You do not have permission to run the command or the command is "
			"incomplete.");
	}
	CU_ASSERT_STRING_EQUAL(fixture_complete(&f, "ac"), "");
	cli_fixture_fini(&f);
}

static void
without_a_store_only_configuring_is_refused(void)
{
	struct cli_fixture f;

	cli_fixture_init(&f);
	cli_set_store(f.cli, NULL);
	CU_ASSERT_EQUAL(fixture_exec(&f, "display version"), 0);
	CU_ASSERT_EQUAL(fixture_exec(&f, "system-view"), 0);
	CU_ASSERT_EQUAL(fixture_exec(&f, "acl 3000"), -ENODEV);
	CU_ASSERT_EQUAL(f.result.error.kind, CLI_REFUSED);
	CU_ASSERT_STRING_EQUAL(fixture_prompt(&f), "[Huawei]");
	cli_fixture_fini(&f);
}

static void
a_view_whose_row_is_gone_is_left(void)
{
	static const char *const lines[] = { "acl 3000", NULL };
	struct value key = VALUE_OF_INT(3000);
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	cli_set_store(f.cli, f.store);
	CU_ASSERT_STRING_EQUAL(fixture_prompt(&f), "[Huawei-acl-adv-3000]");
	CU_ASSERT_EQUAL(row_delete(f.store, &model_acl, &key), 0);
	cli_set_store(f.cli, f.store);
	CU_ASSERT_STRING_EQUAL(fixture_prompt(&f), "[Huawei]");
	cli_fixture_fini(&f);
}

static void
secrets_are_masked_also_in_lines_that_fail(void)
{
	static const char *const rows[][2] = {
		{ "sa string-key inbound esp simple huawei",
			"sa string-key inbound esp simple ******" },
		{ "sa str in esp ab", "sa str in esp ******" },
		{ "sa string-key inbound esp cipher huawei too many",
			"sa string-key inbound esp cipher ****** too many" },
		{ " undo sa string-key inbound esp huawei",
			" undo sa string-key inbound esp ******" },
		{ "tunnel local 10.0.0.1", "tunnel local 10.0.0.1" },
		{ "nonsense", "nonsense" },
	};
	static const char *const lines[] = { "ipsec policy P 1 manual", NULL };
	struct cli_fixture f;
	char masked[128];

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cli_mask(f.cli, rows[i][0], masked, sizeof(masked));
		CU_ASSERT_STRING_EQUAL(masked, rows[i][1]);
	}
	cli_mask(f.cli, rows[0][0], masked, 12);
	CU_ASSERT_STRING_EQUAL(masked, "sa string-k");
	cli_fixture_fini(&f);
}

CU_TestInfo cli_tests[] = {
	{ "prompts follow the view", prompts_follow_the_view },
	{ "prompts match the regexes of all clients", prompts_match_the_regexes_of_all_clients },
	{ "names that would break a prompt are wrong", names_that_would_break_a_prompt_are_wrong },
	{ "only what changes says so", only_what_changes_says_so },
	{ "who may only look cannot configure", who_may_only_look_cannot_configure },
	{ "without a store only configuring is refused",
		without_a_store_only_configuring_is_refused },
	{ "a view whose row is gone is left", a_view_whose_row_is_gone_is_left },
	{ "secrets are masked, also in lines that fail",
		secrets_are_masked_also_in_lines_that_fail },
	CU_TEST_INFO_NULL,
};
