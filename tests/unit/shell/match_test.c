/*
 * Reading lines: abbreviations, carets, names in two words, pipes.
 */
#include "config.h"

#include "tests/unit/shell/cli_fixture.h"
#include "tests/unit/shell/suites.h"

#include <string.h>

/* Caret columns of vrp-cli 1.1, less the 13 characters of its prompt. */
static void
the_caret_stands_where_vrp_puts_it(void)
{
	static const struct {
		const char *line;
		enum cli_error_kind kind;
		size_t column;
	} rows[] = {
		{ "nonsense", CLI_UNRECOGNIZED, 0 },
		{ "display nonexistent", CLI_UNRECOGNIZED, 8 },
		{ "screen-length bad temporary", CLI_WRONG_PARAMETER, 14 },
		{ "screen-length 513 temporary", CLI_WRONG_PARAMETER, 14 },
		{ "s", CLI_AMBIGUOUS, 0 },
		{ "display", CLI_INCOMPLETE, 8 },
		{ "display ", CLI_INCOMPLETE, 8 },
		{ "display   ", CLI_INCOMPLETE, 10 },
		{ "  display", CLI_INCOMPLETE, 10 },
		{ "display version now", CLI_TOO_MANY, 16 },
		{ "display interface Tunnel", CLI_INCOMPLETE, 25 },
		{ "display interface Tunnel 9/9/9", CLI_WRONG_PARAMETER, 25 },
		{ "display interface Foo0/0/0", CLI_WRONG_PARAMETER, 18 },
		{ "display version | foo", CLI_UNRECOGNIZED, 18 },
		{ "display version | include", CLI_INCOMPLETE, 26 },
		{ "more off", CLI_UNRECOGNIZED, 0 },
		{ "auto-complete off", CLI_UNRECOGNIZED, 0 },
	};
	struct cli_fixture f;

	cli_fixture_init(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_NOT_EQUAL(fixture_exec(&f, rows[i].line), 0);
		CU_ASSERT_EQUAL(f.result.error.kind, rows[i].kind);
		CU_ASSERT_EQUAL(f.result.error.column, rows[i].column);
		CU_ASSERT(cli_error_has_caret(&f.result.error));
		if (f.result.error.kind != rows[i].kind || f.result.error.column != rows[i].column)
			printf("\n%s: %s %zu\n", rows[i].line, f.result.error.text,
				f.result.error.column);
	}
	cli_fixture_fini(&f);
}

static void
the_five_messages_are_vrps(void)
{
	static const char *const rows[][2] = {
		{ "nonsense", "Error: Unrecognized command found at '^' position." },
		{ "display", "Error: Incomplete command found at '^' position." },
		{ "s", "Error: Ambiguous command found at '^' position." },
		{ "screen-length x", "Error: Wrong parameter found at '^' position." },
		{ "display version x", "Error: Too many parameters found at '^' position." },
	};
	struct cli_fixture f;

	cli_fixture_init(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fixture_exec(&f, rows[i][0]);
		CU_ASSERT_STRING_EQUAL(f.result.error.text, rows[i][1]);
	}
	cli_fixture_fini(&f);
}

static void
keywords_are_shortened_and_typed_in_any_case(void)
{
	static const char *const lines[] = { "display version", "dis ver", "DISPLAY VERSION", "d v",
		"  d   v  ", NULL };
	struct cli_fixture f;

	cli_fixture_init(&f);
	for (size_t i = 0; lines[i]; i++) {
		f.ran = NULL;
		CU_ASSERT_EQUAL(fixture_exec(&f, lines[i]), 0);
		CU_ASSERT_EQUAL(f.result.did, CLI_DID_COMMAND);
		CU_ASSERT_PTR_NOT_NULL_FATAL(f.ran);
		CU_ASSERT_PTR_NOT_NULL(strstr(f.ran, "version"));
	}
	cli_fixture_fini(&f);
}

static void
an_interface_is_one_word_or_two(void)
{
	static const char *const lines[] = { "display interface Tunnel0/0/1",
		"display interface Tunnel 0/0/1", "dis int t0/0/1", "dis int tun 0/0/1", NULL };
	struct cli_fixture f;

	cli_fixture_init(&f);
	for (size_t i = 0; lines[i]; i++) {
		CU_ASSERT_EQUAL(fixture_exec(&f, lines[i]), 0);
		CU_ASSERT_STRING_EQUAL(f.arg, "Tunnel0/0/1");
	}
	CU_ASSERT_EQUAL(fixture_exec(&f, "dis int"), 0);
	CU_ASSERT_STRING_EQUAL(f.arg, "");
	cli_fixture_fini(&f);
}

static void
pipes_are_taken_apart(void)
{
	static const struct {
		const char *line;
		size_t n;
		struct cli_pipe last;
	} rows[] = {
		{ "display version | include a b", 1, { CLI_PIPE_INCLUDE, "a b", false, false } },
		{ "display version |inc x|y", 1, { CLI_PIPE_INCLUDE, "x|y", false, false } },
		{ "display version | ex ^# | count", 2, { CLI_PIPE_COUNT, "", false, false } },
		{ "display version | b Tu", 1, { CLI_PIPE_BEGIN, "Tu", false, false } },
		{ "display interface | ignore-case section include interface X | include f", 2,
			{ CLI_PIPE_INCLUDE, "f", false, false } },
		{ "display version | ig sec inc q", 1, { CLI_PIPE_INCLUDE, "q", true, true } },
		{ "display version | no-more", 1, { CLI_PIPE_NO_MORE, "", false, false } },
		{ "display interface Tunnel0/0/1 | json", 1, { CLI_PIPE_JSON, "", false, false } },
	};
	struct cli_fixture f;

	cli_fixture_init(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_EQUAL(fixture_exec(&f, rows[i].line), 0);
		CU_ASSERT_EQUAL(f.n_pipes, rows[i].n);
		CU_ASSERT_EQUAL(f.pipe.kind, rows[i].last.kind);
		CU_ASSERT_STRING_EQUAL(f.regex, rows[i].last.regex);
		CU_ASSERT_EQUAL(f.pipe.section, rows[i].last.section);
		CU_ASSERT_EQUAL(f.pipe.ignore_case, rows[i].last.ignore_case);
	}
	CU_ASSERT_NOT_EQUAL(fixture_exec(&f, "save | include x"), 0);
	CU_ASSERT_NOT_EQUAL(
		fixture_exec(&f, "dis v|count|count|count|count|count|count|count|count|count"), 0);
	cli_fixture_fini(&f);
}

CU_TestInfo match_tests[] = {
	{ "the caret stands where VRP puts it", the_caret_stands_where_vrp_puts_it },
	{ "the five messages are VRP's", the_five_messages_are_vrps },
	{ "keywords are shortened and typed in any case",
		keywords_are_shortened_and_typed_in_any_case },
	{ "an interface is one word or two", an_interface_is_one_word_or_two },
	{ "pipes are taken apart", pipes_are_taken_apart },
	CU_TEST_INFO_NULL,
};
