/*
 * A session against a router: each line committed, refusals taken back, others' changes seen.
 */
#include "config.h"

#include "shell/session.h"

#include "lib/err.h"
#include "schema/changes.h"
#include "shell/client.h"
#include "shell/shell.h"
#include "tests/unit/shell/shell_fixture.h"
#include "tests/unit/shell/suites.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
shows(struct shell_fixture *f, const char *display, const char *text)
{
	CU_ASSERT_EQUAL(fixture_line(f, display), 0);
	return strstr(f->text, text) != NULL;
}

static void
test_commit(void)
{
	static const char *const lines[] = { "system-view", "sysname RTA", "interface LoopBack0",
		"ip address 192.0.2.1 32", NULL };
	struct shell_fixture f;
	uint64_t before;

	shell_fixture_init(&f);
	before = client_revision(f.sh->client);
	fixture_lines(&f, lines);
	CU_ASSERT_EQUAL(client_revision(f.sh->client), before + 3);
	CU_ASSERT_FALSE(changes_pending(f.sh->store));
	CU_ASSERT_TRUE(shows(&f, "display this", " ip address 192.0.2.1 255.255.255.255\n"));
	shell_fixture_fini(&f);
}

static void
test_nothing_to_commit(void)
{
	static const char *const lines[] = { "system-view", "sysname RTA", "sysname RTA", "", "#",
		"   ", NULL };
	struct shell_fixture f;
	uint64_t before;

	shell_fixture_init(&f);
	before = client_revision(f.sh->client);
	fixture_lines(&f, lines);
	CU_ASSERT_EQUAL(client_revision(f.sh->client), before + 1);
	shell_fixture_fini(&f);
}

static void
test_refusal(void)
{
	struct shell_fixture f;

	shell_fixture_init(&f);
	fixture_line(&f, "system-view");
	CU_ASSERT_EQUAL(fixture_line(&f, "sysname Refused"), -EINVAL);
	CU_ASSERT_STRING_EQUAL(f.error_text, "test:1:1: Error: The name is refused.\n");
	CU_ASSERT_TRUE(shows(&f, "display current-configuration", " sysname Huawei\n"));
	CU_ASSERT_EQUAL(fixture_line(&f, "sysname Accepted"), 0);
	CU_ASSERT_TRUE(shows(&f, "display current-configuration", " sysname Accepted\n"));
	shell_fixture_fini(&f);
}

static void
test_reference(void)
{
	struct shell_fixture f;

	shell_fixture_init(&f);
	fixture_lab(&f);
	fixture_line(&f, "system-view");
	CU_ASSERT_TRUE(fixture_line(&f, "undo acl 3001") < 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.error_text, "is referenced by"));
	CU_ASSERT_TRUE(shows(&f, "display acl 3001", "rule 5 permit ip"));
	shell_fixture_fini(&f);
}

static void
test_secret(void)
{
	struct shell_fixture f;

	shell_fixture_init(&f);
	fixture_lab(&f);
	CU_ASSERT_FALSE(shows(&f, "display current-configuration", "huawei"));
	CU_ASSERT_PTR_NOT_NULL(strstr(f.text, " sa string-key inbound esp cipher %^%#"));
	CU_ASSERT_FALSE(shows(&f, "display ipsec policy", "huawei"));
	CU_ASSERT_FALSE(shows(&f, "display ipsec policy | json", "plain:"));
	shell_fixture_fini(&f);
}

/* Another operator's line, through his own session. */
static void
other_operator(struct shell_fixture *f, struct shell **sh, const char *const *lines)
{
	struct session_options o = { .dir = f->router.dir,
		.sock = f->router.sock[1],
		.stream = f->errors,
		.errors = f->errors };
	struct err e;

	f->router.sock[1] = -1;
	CU_ASSERT_EQUAL_FATAL(session_open(&o, sh, &e), 0);
	for (; *lines; lines++)
		CU_ASSERT_EQUAL(session_line(*sh, *lines), 0);
}

static void
test_catch_up(void)
{
	static const char *const mine[] = { "system-view", "acl 3000", NULL };
	static const char *const his[] = { "system-view", "sysname His", "undo acl 3000", NULL };
	struct shell_fixture f;
	struct shell *other;
	char prompt[64];

	shell_fixture_init(&f);
	fixture_lines(&f, mine);
	other_operator(&f, &other, his);
	/* my view is gone with its ACL: the line is one of the system view now */
	CU_ASSERT_TRUE(shows(&f, "display current-configuration", " sysname His\n"));
	CU_ASSERT_PTR_NULL(strstr(f.text, "acl"));
	cli_prompt(f.sh->cli, prompt, sizeof(prompt));
	CU_ASSERT_STRING_EQUAL(prompt, "[His]");
	CU_ASSERT_EQUAL(fixture_line(&f, "sysname Mine"), 0);
	CU_ASSERT_EQUAL(session_line(other, "interface LoopBack1"), 0);
	CU_ASSERT_TRUE(shows(&f, "display current-configuration", "interface LoopBack1\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(f.text, " sysname Mine\n"));
	session_close(other);
	shell_fixture_fini(&f);
}

/* Two changes of one row between two looks at it: the second is refused, and says which row. */
static void
test_conflict(void)
{
	static const char *const his[] = { "system-view", "sysname His", NULL };
	struct shell_fixture f;
	struct shell *other;
	struct cli_result r;
	struct err e = { 0 };
	bool changed;

	shell_fixture_init(&f);
	fixture_line(&f, "system-view");
	CU_ASSERT_EQUAL(cli_exec(f.sh->cli, "sysname Mine", &r), 0);
	other_operator(&f, &other, his);
	CU_ASSERT_EQUAL(session_commit(f.sh, "sysname Mine", true, &e), -EBUSY);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "nother operator"));
	CU_ASSERT_EQUAL(client_catchup(f.sh->client, f.sh->store, &changed, &e), 0);
	CU_ASSERT_TRUE(changed);
	CU_ASSERT_TRUE(shows(&f, "display current-configuration", " sysname His\n"));
	session_close(other);
	shell_fixture_fini(&f);
}

static void
test_positions(void)
{
	static const struct {
		const char *line, *error;
	} cases[] = {
		{ "nonsense", "test:1:1: Error: Unrecognized command found at '^' position.\n" },
		{ "display nonexistent",
			"test:1:9: Error: Unrecognized command found at '^' position.\n" },
		{ "more off", "test:1:1: Error: Unrecognized command found at '^' position.\n" },
		{ "auto-complete off",
			"test:1:1: Error: Unrecognized command found at '^' position.\n" },
		{ "display", "test:1:9: Error: Incomplete command found at '^' position.\n" },
		{ "screen-length bad temporary",
			"test:1:15: Error: Wrong parameter found at '^' position.\n" },
		{ "screen-length 513 temporary",
			"test:1:15: Error: Wrong parameter found at '^' position.\n" },
		{ "display version x",
			"test:1:17: Error: Too many parameters found at '^' position.\n" },
		{ "s", "test:1:1: Error: Ambiguous command found at '^' position.\n" },
		{ "display acl 3999", "test:1:1: Error: The specified ACL does not exist.\n" },
		{ "display ipsec proposal name x",
			"test:1:1: Error: The IPSec proposal does not exist.\n" },
		{ "display interface Tunnel0/0/9",
			"test:1:1: Error: Tunnel0/0/9: The interface does not exist.\n" },
		{ "ping 10.0.0.1", "test:1:1: Error: The fake router has no network.\n" },
		{ "save other.cfg",
			"test:1:1: Error: The configuration is always saved as vrpcfg.cfg.\n" },
	};
	struct shell_fixture f;

	shell_fixture_init(&f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT_TRUE(fixture_line(&f, cases[i].line) < 0);
		CU_ASSERT_STRING_EQUAL(f.error_text, cases[i].error);
		CU_ASSERT_STRING_EQUAL(f.text, "");
	}
	shell_fixture_fini(&f);
}

/* As on a terminal: the caret is counted from the prompt on. */
static void
test_caret(void)
{
	static const struct {
		const char *line;
		int column;
	} cases[] = {
		{ "nonsense", 13 },
		{ "display nonexistent", 21 },
		{ "screen-length bad temporary", 27 },
		{ "s", 13 },
		{ "display", 21 },
		{ "display ", 21 },
		{ "display   ", 23 },
	};
	struct shell_fixture f;

	shell_fixture_init(&f);
	fixture_line(&f, "system-view");
	fixture_line(&f, "sysname lab-vla-1s1");
	fixture_line(&f, "return");
	f.sh->file = NULL;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char expect[64];

		snprintf(expect, sizeof(expect), "%*s^\nError: ", cases[i].column, "");
		fixture_line(&f, cases[i].line);
		CU_ASSERT_NSTRING_EQUAL(f.text, expect, strlen(expect));
	}
	shell_fixture_fini(&f);
}

static void
test_silent_commands(void)
{
	static const char *const lines[] = { "terminal monitor", "undo terminal monitor",
		"terminal debugging", "terminal echo-mode line", "mmi-mode enable",
		"undo mmi-mode enable", NULL };
	struct shell_fixture f;

	shell_fixture_init(&f);
	for (size_t i = 0; lines[i]; i++) {
		CU_ASSERT_EQUAL(fixture_line(&f, lines[i]), 0);
		CU_ASSERT_STRING_EQUAL(f.text, "");
		CU_ASSERT_STRING_EQUAL(f.error_text, "");
	}
	CU_ASSERT_EQUAL(fixture_line(&f, "screen-length 0 temporary"), 0);
	CU_ASSERT_STRING_EQUAL(f.text,
		"Info: The configuration takes effect on the current user "
		"terminal interface only.\n");
	shell_fixture_fini(&f);
}

static void
test_save(void)
{
	struct shell_fixture f;
	char *running;

	shell_fixture_init(&f);
	fixture_lab(&f);
	CU_ASSERT_TRUE(shows(&f, "display saved-configuration", "Info: "));
	CU_ASSERT_TRUE(shows(&f, "save", "Info: Save the configuration successfully.\n"));
	fixture_line(&f, "display current-configuration");
	running = strdup(f.text);
	fixture_line(&f, "display saved-configuration");
	CU_ASSERT_STRING_EQUAL(f.text, running);
	free(running);
	shell_fixture_fini(&f);
}

static void
test_logout(void)
{
	struct shell_fixture f;

	shell_fixture_init(&f);
	CU_ASSERT_EQUAL(fixture_line(&f, "system-view"), 0);
	CU_ASSERT_STRING_EQUAL(f.text, "Enter system view, return user view with Ctrl+Z.\n");
	CU_ASSERT_EQUAL(fixture_line(&f, "quit"), 0);
	CU_ASSERT_EQUAL(fixture_line(&f, "quit"), 1);
	shell_fixture_fini(&f);
}

static void
test_gone(void)
{
	struct shell_fixture f;

	shell_fixture_init(&f);
	close(f.router.sock[1]);
	f.router.sock[1] = -1;
	kill(f.router.pid, SIGKILL);
	waitpid(f.router.pid, NULL, 0);
	CU_ASSERT_EQUAL(fixture_line(&f, "display version"), -EPIPE);
	CU_ASSERT_STRING_EQUAL(f.error_text,
		"test:1:1: Error: The router has stopped answering (yongd is gone).\n");
	CU_ASSERT_TRUE(f.sh->no_daemon);
	f.router.pid = fork();
	if (!f.router.pid)
		_exit(0);
	shell_fixture_fini(&f);
}

CU_TestInfo session_tests[] = {
	{ "each line is committed", test_commit },
	{ "what changes nothing is not committed", test_nothing_to_commit },
	{ "a refused line is taken back", test_refusal },
	{ "what is referred to cannot go, and the error names who refers", test_reference },
	{ "secrets are never shown", test_secret },
	{ "another operator's changes are seen, also a view that is gone", test_catch_up },
	{ "two changes of one row: the second is refused", test_conflict },
	{ "errors name file, line and column", test_positions },
	{ "the caret is counted from the prompt on", test_caret },
	{ "what clients say of their terminal is taken silently", test_silent_commands },
	{ "what is saved is what runs", test_save },
	{ "quit leaves views, then the session", test_logout },
	{ "a router that goes away is told", test_gone },
	CU_TEST_INFO_NULL,
};
