/*
 * A session for the tests of the grammar: an empty store in memory, a handful of commands.
 */
#include "config.h"

#include "tests/unit/shell/cli_fixture.h"

#include "lib/arena.h"
#include "lib/err.h"
#include "schema/changes.h"
#include "schema/row.h"
#include "schema/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

static int
run(void *app, const struct cli_match *m)
{
	struct cli_fixture *f = app;
	const struct cli_pipe *pipes;

	f->ran = cli_match_command(m)->syntax;
	strlcpy(f->arg, cli_arg_text(m, "name", cli_arg_text(m, "count", "")), sizeof(f->arg));
	f->n_pipes = cli_pipes(m, &pipes);
	if (!f->n_pipes)
		return 0;
	f->pipe = pipes[f->n_pipes - 1];
	strlcpy(f->regex, f->pipe.regex ? f->pipe.regex : "", sizeof(f->regex));
	return 0;
}

static const struct command commands[] = {
	{ "display{Display information} version{Display version}", CLI_VISIT, CLI_ANY_VIEW, true,
		run },
	{ "display interface{Display interface information} [ <name:interface>{Interface name} ]",
		CLI_MONITOR, CLI_ANY_VIEW, true, run },
	{ "display ipsec{IPSec} proposal{Proposal} [ name{By name} <name:ipsec_proposal.name> ]",
		CLI_MONITOR, CLI_ANY_VIEW, true, run },
	{ "display ipsec sa{SA} [ brief{Brief} | policy{Policy} <name:word> ]", CLI_MONITOR,
		CLI_ANY_VIEW, true, run },
	{ "save{Save the configuration} [ <name:word>{File} ]", CLI_MANAGE, CLI_USER_VIEW, false,
		run },
	{ "screen-length{Set lines} <count:0-512>{Lines} temporary{This session}", CLI_VISIT,
		CLI_ANY_VIEW, false, run },
	{ 0 },
};

void
cli_fixture_init(struct cli_fixture *f)
{
	struct err e;

	*f = (struct cli_fixture){ 0 };
	CU_ASSERT_EQUAL_FATAL(store_new_memory(&f->store, &e), 0);
	CU_ASSERT_EQUAL_FATAL(changes_record(f->store), 0);
	f->cli = cli_new(&vrp_dialect, f->store, commands, f);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f->cli);
}

void
cli_fixture_fini(struct cli_fixture *f)
{
	cli_free(f->cli);
	store_close(f->store);
	free(f->text);
}

int
fixture_exec(struct cli_fixture *f, const char *line)
{
	return cli_exec(f->cli, line, &f->result);
}

static bool
load_line(struct cli_fixture *f, const char *line)
{
	if (!fixture_exec(f, line))
		return true;
	printf("\n%s%s\n%s\n", fixture_prompt(f), line, f->result.error.text);
	return false;
}

bool
fixture_load(struct cli_fixture *f, const char *const *lines)
{
	cli_enter_system(f->cli);
	for (; *lines; lines++)
		if (!load_line(f, *lines))
			return false;
	return true;
}

bool
fixture_load_text(struct cli_fixture *f, const char *text)
{
	char *copy = strdup(text);
	char *rest = copy;
	char *line;
	bool ok = true;

	cli_enter_system(f->cli);
	while (ok && (line = strsep(&rest, "\n")))
		ok = load_line(f, line);
	free(copy);
	return ok;
}

const char *
fixture_prompt(struct cli_fixture *f)
{
	static char prompt[128];

	cli_prompt(f->cli, prompt, sizeof(prompt));
	return prompt;
}

static void
collect(void *arg, const char *text)
{
	struct cli_fixture *f = arg;
	size_t len = strlen(text);

	f->text = realloc(f->text, f->len + len + 2);
	memcpy(f->text + f->len, text, len);
	f->len += len;
	f->text[f->len++] = '\n';
	f->text[f->len] = '\0';
}

static void
begin(struct cli_fixture *f)
{
	free(f->text);
	f->text = strdup("");
	f->len = 0;
}

const char *
fixture_render(struct cli_fixture *f)
{
	struct cli_sink sink = { collect, f };

	begin(f);
	CU_ASSERT_EQUAL(cli_render(f->cli, f->store, NULL, &sink), 0);
	return f->text;
}

const char *
fixture_render_view(struct cli_fixture *f)
{
	struct cli_sink sink = { collect, f };

	begin(f);
	CU_ASSERT_EQUAL(cli_render_view(f->cli, &sink), 0);
	return f->text;
}

const char *
fixture_help(struct cli_fixture *f, const char *line)
{
	struct cli_sink sink = { collect, f };

	begin(f);
	cli_help(f->cli, line, &sink, &f->result.error);
	return f->text;
}

static void
collect_word(void *arg, const char *word)
{
	struct cli_fixture *f = arg;

	collect(f, word);
	f->text[f->len - 1] = ' ';
}

const char *
fixture_complete(struct cli_fixture *f, const char *line)
{
	size_t start;

	begin(f);
	cli_complete(f->cli, line, &start, collect_word, f);
	if (f->len)
		f->text[f->len - 1] = '\0';
	return f->text;
}

static int
dump_row(void *arg, const struct row *r)
{
	char line[4096];
	size_t len = (size_t)snprintf(line, sizeof(line), "%s", r->table->name);

	for (unsigned int c = 0; c < r->table->n_columns; c++) {
		const struct value *v = &r->v[c];

		if (v->kind == VALUE_INT)
			len += (size_t)snprintf(
				line + len, sizeof(line) - len, " %lld", (long long)v->i);
		else
			len += (size_t)snprintf(line + len, sizeof(line) - len, " '%s'",
				v->kind == VALUE_TEXT ? v->s : "NULL");
	}
	collect(arg, line);
	return 0;
}

const char *
fixture_dump(struct cli_fixture *f)
{
	struct arena *a = arena_new();

	begin(f);
	for (size_t i = 0; model_tables[i]; i++)
		row_each(f->store, model_tables[i], NULL, 0, a, dump_row, f);
	arena_free(a);
	return f->text;
}
