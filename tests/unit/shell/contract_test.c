/*
 * What programs that talk to VRP routers expect of a session: the regular expressions of netmiko, Ansible,
 * oxidized, scrapli and gnetcli, and the lines that ntc-templates accept, against everything we print.
 */
#include "config.h"

#include "lib/err.h"
#include "shell/cli/cli.h"
#include "shell/pager.h"
#include "shell/shell.h"
#include "tests/unit/shell/display_test.h"
#include "tests/unit/shell/shell_fixture.h"
#include "tests/unit/shell/suites.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

static bool
matches(const char *regex, int flags, const char *text)
{
	regex_t re;
	bool yes;

	CU_ASSERT_EQUAL_FATAL(regcomp(&re, regex, REG_EXTENDED | REG_NOSUB | flags), 0);
	yes = !regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return yes;
}

/* Calls fn for each line of a text. */
static void
each_line(const char *text, void (*fn)(const char *line, void *arg), void *arg)
{
	char line[2048];

	while (*text) {
		size_t len = strcspn(text, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		fn(line, arg);
		text += len + (text[len] == '\n');
	}
}

/* A client that finds one of these in an output takes the command for failed, or the output for a prompt. */
static const struct {
	const char *client, *regex;
	int flags;
} forbidden[] = {
	{ "ansible error", "% ?Error: ", 0 },
	{ "ansible error", "^% [[:alnum:]_]+", 0 },
	{ "ansible error", "% ?Bad secret", 0 },
	{ "ansible error", "invalid input", REG_ICASE },
	{ "ansible error", "(incomplete|ambiguous) command", REG_ICASE },
	{ "ansible error", "connection timed out", REG_ICASE },
	{ "ansible error", "[^\r\n]+ not found", REG_ICASE },
	{ "ansible error", "syntax error", 0 },
	{ "ansible error", "unknown command", 0 },
	{ "ansible error", "Error\\[[0-9]+\\]: ", REG_ICASE },
	{ "ansible and scrapli error", "Error:", REG_ICASE },
	{ "ansible prompt", "^<.+>[[:space:]]*$", 0 },
	{ "ansible prompt", "^\\[.+\\][[:space:]]*$", 0 },
	{ "gnetcli prompt", "^(<[]/[:alnum:]_.:-]+>|\\[[~*]?[/[:alnum:]_.:-]+\\])$", 0 },
	{ "oxidized prompt", "<[[:alnum:]_.-]+>$", 0 },
	{ "scrapli prompt", "^<[a-z0-9._@()/:-]{1,48}>[[:space:]]*$", REG_ICASE },
	{ "gnetcli question", "(privilege level|Continue)[[:space:]]?\\?[[:space:]]?\\[Y/N\\]", 0 },
	{ "pager", "  ---- More ----$", 0 },
};

static void
check_output(const char *line, void *command)
{
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		if (matches(forbidden[i].regex, forbidden[i].flags, line)) {
			fprintf(stderr, "%s: `%s' is taken for: %s\n", (const char *)command, line,
				forbidden[i].client);
			CU_FAIL("an output is misunderstood");
		}
}

static void
test_outputs(void)
{
	static const char *const others[] = { "save", "screen-length 0 temporary", "system-view",
		"quit", "display history-command", NULL };
	struct shell_fixture f;

	shell_fixture_init(&f);
	fixture_lab(&f);
	for (size_t i = 0; display_test_commands[i]; i++) {
		fixture_line(&f, display_test_commands[i]);
		each_line(f.text, check_output, (void *)display_test_commands[i]);
	}
	for (size_t i = 0; others[i]; i++) {
		fixture_line(&f, others[i]);
		each_line(f.text, check_output, (void *)others[i]);
	}
	shell_fixture_fini(&f);
}

static void
test_prompts(void)
{
	static const char *const lines[] = { "display version", "system-view",
		"interface GigabitEthernet0/0/1", "acl 3001", "ipsec proposal tran1",
		"ipsec policy P1 10 manual", "interface Tunnel0/0/1", "interface LoopBack0",
		"acl 2000", NULL };
	struct shell_fixture f;
	char prompt[128];

	shell_fixture_init(&f);
	fixture_lab(&f);
	for (size_t i = 0; lines[i]; i++) {
		CU_ASSERT_EQUAL(fixture_line(&f, lines[i]), 0);
		cli_prompt(f.sh->cli, prompt, sizeof(prompt));
		/* netmiko, Ansible, gnetcli, oxidized, scrapli */
		CU_ASSERT_TRUE(matches("[]>]$", 0, prompt));
		CU_ASSERT_TRUE(matches("^(<.+>|\\[.+\\])$", 0, prompt));
		CU_ASSERT_TRUE(
			matches("^(<[/[:alnum:]_.:-]+>|\\[[/[:alnum:]_.:-]+\\])$", 0, prompt));
		CU_ASSERT_TRUE(strlen(prompt) <= 66);
		if (cli_in_user_view(f.sh->cli))
			CU_ASSERT_TRUE(matches("^<[[:alnum:]_.-]+>$", 0, prompt));
	}
	shell_fixture_fini(&f);
}

static void
test_errors(void)
{
	/* RANCID goes on after an unrecognized command and after nothing else */
	static const char *const rancid[] = { "more off", "auto-complete off",
		"display device manufacture-info", "display transceiver verbose",
		"dir /all /all-filesystems", "display device", NULL };
	struct shell_fixture f;

	shell_fixture_init(&f);
	for (size_t i = 0; rancid[i]; i++) {
		CU_ASSERT_TRUE(fixture_line(&f, rancid[i]) < 0);
		CU_ASSERT_TRUE(matches("Error: Unrecognized command", 0, f.error_text));
	}
	CU_ASSERT_EQUAL(fixture_line(&f, "display debugging"), 0);
	CU_ASSERT_STRING_EQUAL(f.text, "");
	shell_fixture_fini(&f);
}

static void
test_questions(void)
{
	static const char *const questions[] = {
		"Warning: The current configuration will be written to the device. Continue? "
		"[Y/N]:",
		"Warning: This command will change the default screen width. Continue? [Y/N]:",
	};

	for (size_t i = 0; i < 2; i++) {
		CU_ASSERT_TRUE(matches("[Cc]ontinue\\?", 0, questions[i]));
		CU_ASSERT_TRUE(
			matches("Continue[[:space:]]?\\?[[:space:]]?\\[Y/N\\]:?", 0, questions[i]));
		CU_ASSERT_FALSE(matches("\\[.+\\][[:space:]]*$", 0, questions[i]));
		CU_ASSERT_FALSE(matches("<.+>[[:space:]]*$", 0, questions[i]));
	}
	CU_ASSERT_TRUE(matches("^  ---- More ----$", 0, PAGER_MORE));
}

/* --- ntc-templates: lines that each accepts, and nothing else ------------------------------------- */

struct accept {
	const char *command;
	const char *const *regexes;
};

static const char *const interface_lines[] = {
	"^[^ ]* +current +state +:.*$",
	"^Line +protocol +current +state +: +([^ ]*|[^ ]* +\\([a-z]+\\)) *$",
	"^Last line protocol up time *: +([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}|-) "
	"*$",
	"^Description:.* *$",
	"^[^ ]* +Port, *The +Maximum +Transmit +Unit +is +[0-9]+",
	"^Internet +Address +is +[^ ]* *$",
	"^.*, +Hardware +address +is +[^ ]{4}-[^ ]{4}-[^ ]{4} *$",
	"^Internet +protocol +processing +: +(disabled|enabled) *$",
	"^Encapsulation is .+ *$",
	"^Tunnel source [^ ]+ \\(.+\\), destination [^ ]+ *$",
	"^Tunnel protocol/transport GRE/IP, key .+ *$",
	"^keepalive [^ ]+ *$",
	"^Checksumming of packets [^ ]+ *$",
	"^Current +system +time: +[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} *",
	"^Physical is.*$",
	"^ *(Input|Output) *: *[0-9]+ packets, +[0-9]+ bytes *$",
	"^ +",
	"^$",
	NULL,
};
static const char *const brief_lines[] = {
	"^ *[^ ]+ +(down|\\*down|up|up\\(s\\)) +(down|\\*down|up|up\\(s\\)) "
	"+([0-9]*\\.?[0-9]*%|--) "
	"+([0-9]*\\.?[0-9]*%|--) +[0-9]+ +[0-9]+",
	"^PHY: +Physical",
	"^(\\*|\\^|#)down:",
	"^\\([a-zA-Z]+\\): +[^ ]+",
	"^InUti/OutUti:",
	"^Interface +PHY +Protocol +InUti +OutUti +inErrors +outErrors *$",
	NULL,
};
static const char *const acl_lines[] = {
	"^ *Total quantity of nonempty ACL number is [0-9]+ *$",
	"^[^ ]+ ACL ([^ ]+ )?[0-9]+, [0-9]+.*$",
	"^ *Acl's step is [0-9]+ *$",
	"^ *rule [0-9]+ (deny|permit)( ([0-9]+|icmp|tcp|udp|gre|igmp|ip|ipinip|ospf))?"
	"( source [0-9.]+ [0-9.]+)?( source-port (eq|lt|gt|range) [^ ]+( [^ ]+)?)?"
	"( destination [0-9.]+ [0-9.]+)?( destination-port (eq|lt|gt|range) [^ ]+( [^ ]+)?)?"
	"( \\([0-9]+ match(es)?\\))? *$",
	"^ *$",
	NULL,
};
static const char *const startup_lines[] = {
	"^[^ ]+.*: *$",
	"^ +(Next s|S)tartup system software: +[^ ]+ *$",
	"^ +Backup system software for next startup: +[^ ]+ *$",
	"^ +(Next s|S)tartup saved-configuration file: +[^ ]+ *$",
	"^ +(Next s|S)tartup license file: +[^ ]+ *$",
	"^ +(Next s|S)tartup patch package: +[^ ]+ *$",
	"^ +(Next s|S)tartup voice-files: +[^ ]+ *$",
	NULL,
};

static const struct accept templates[] = {
	{ "display interface", interface_lines },
	{ "display interface brief", brief_lines },
	{ "display acl all", acl_lines },
	{ "display startup", startup_lines },
};

static void
check_accepted(const char *line, void *arg)
{
	const struct accept *t = arg;

	for (size_t i = 0; t->regexes[i]; i++)
		if (matches(t->regexes[i], 0, line))
			return;
	fprintf(stderr, "%s: no template takes `%s'\n", t->command, line);
	CU_FAIL("a template does not know this line");
}

static void
test_templates(void)
{
	struct shell_fixture f;

	shell_fixture_init(&f);
	fixture_lab(&f);
	for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++) {
		CU_ASSERT_EQUAL(fixture_line(&f, templates[i].command), 0);
		each_line(f.text, check_accepted, (void *)&templates[i]);
	}
	shell_fixture_fini(&f);
}

static void
test_version(void)
{
	struct shell_fixture f;

	shell_fixture_init(&f);
	fixture_line(&f, "display version");
	CU_ASSERT_TRUE(matches("Huawei Versatile Routing Platform Software", 0, f.text));
	CU_ASSERT_TRUE(matches("software, +Version +[^ ]+ +\\(.+\\)", 0, f.text));
	CU_ASSERT_TRUE(matches("(HUAWEI|Huawei|Quidway) +.+ uptime is .+", REG_NEWLINE, f.text));
	CU_ASSERT_TRUE(matches("^Copyright.*H(uawei|UAWEI)", REG_NEWLINE, f.text));
	shell_fixture_fini(&f);
}

static void
count_data(const char *line, void *arg)
{
	size_t *n = arg;

	if ((*n)++ >= 11)
		CU_ASSERT_TRUE(matches("[^ ]+ +[^ ]+", 0, line));
}

static void
test_ce_facts(void)
{
	struct shell_fixture f;
	size_t n = 0;

	shell_fixture_init(&f);
	fixture_line(&f, "display ip interface brief");
	each_line(f.text, count_data, &n);
	CU_ASSERT_EQUAL(n, 11 + 6);
	shell_fixture_fini(&f);
}

static void
test_configuration(void)
{
	static const char *const commands[] = { "display current-configuration",
		"display current-configuration all", "display this",
		"display current-configuration configuration acl", NULL };
	struct shell_fixture f;

	shell_fixture_init(&f);
	fixture_lab(&f);
	for (size_t i = 0; commands[i]; i++) {
		fixture_line(&f, commands[i]);
		CU_ASSERT_NSTRING_EQUAL(f.text, "#\n", 2);
		CU_ASSERT_TRUE(matches("(^|\n)return\n$", 0, f.text));
		CU_ASSERT_FALSE(matches("[^\n]return", 0, f.text));
	}
	shell_fixture_fini(&f);
}

CU_TestInfo contract_tests[] = {
	{ "no output is taken for an error or a prompt", test_outputs },
	{ "prompts are taken for prompts", test_prompts },
	{ "RANCID's questions are unrecognized", test_errors },
	{ "questions and pages are taken for what they are", test_questions },
	{ "ntc-templates take every line", test_templates },
	{ "the version passes netmiko and the templates", test_version },
	{ "ce_facts finds eleven lines before the first interface", test_ce_facts },
	{ "a configuration begins with # and ends with return", test_configuration },
	CU_TEST_INFO_NULL,
};
