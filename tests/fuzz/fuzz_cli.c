/*
 * Fuzzes the grammar engine: the input is lines, typed one after the other into a session over an empty
 * store in memory. Each line is masked and run, the last one also helped and completed; what was configured
 * must render, and load again as the same text.
 */
#include "config.h"

#include "lib/err.h"
#include "schema/changes.h"
#include "schema/store.h"
#include "shell/cli/cli.h"
#include "shell/commands.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { COMMANDS_MAX = 128, LINE_CAP = 1024, TEXT_CAP = 1 << 20 };

/* Two sessions that stay: what an input changes is taken back behind it. */
struct world {
	struct command commands[COMMANDS_MAX]; /* the front end's, without what they do */
	struct cli *cli[2];
	char text[2][TEXT_CAP];
	size_t len;
};

static int
run_nothing(void *app, const struct cli_match *m)
{
	const struct cli_pipe *pipes;

	(void)app;
	cli_pipes(m, &pipes);
	return 0;
}

static struct cli *
session(struct world *w)
{
	struct store *s;
	struct err e;
	struct cli *cli;

	if (store_new_memory(&s, &e) || changes_record(s))
		abort();
	cli = cli_new(&vrp_dialect, s, w->commands, NULL);
	if (!cli)
		abort();
	return cli;
}

static struct world *
world(void)
{
	static struct world w;

	if (w.cli[0])
		return &w;
	for (size_t i = 0; shell_commands[i].syntax; i++) {
		if (i + 1 >= COMMANDS_MAX)
			abort();
		w.commands[i] = shell_commands[i];
		w.commands[i].run = run_nothing;
	}
	w.cli[0] = session(&w);
	w.cli[1] = session(&w);
	return &w;
}

/* The configuration is empty again. */
static void
start_over(struct cli *cli)
{
	void *changeset = NULL;
	void *inverse = NULL;
	size_t len;
	size_t inverse_len;
	struct err e;

	if (changes_take(cli_store(cli), &changeset, &len))
		abort();
	if (len &&
		(changes_invert(changeset, len, &inverse, &inverse_len) ||
			changes_apply(cli_store(cli), inverse, inverse_len, &e)))
		abort();
	if (changes_record(cli_store(cli)))
		abort();
	free(changeset);
	free(inverse);
	cli_return(cli);
	cli_set_store(cli, cli_store(cli));
}

static void
ignore(void *arg, const char *text)
{
	(void)arg;
	if (strchr(text, '\n'))
		abort();
}

static void
ask(struct cli *cli, const char *line)
{
	const struct cli_sink sink = { .line = ignore };
	struct cli_error e;
	size_t start;

	cli_help(cli, line, &sink, &e);
	cli_complete(cli, line, &start, ignore, NULL);
	if (start > strlen(line))
		abort();
}

static void
type_line(struct cli *cli, const char *line)
{
	char masked[2 * LINE_CAP + 64];
	char prompt[128];
	struct cli_result r;
	int rc;

	cli_mask(cli, line, masked, sizeof(masked));
	rc = cli_exec(cli, line, &r);
	if ((rc < 0) != (r.error.kind != CLI_OK))
		abort();
	if (cli_error_has_caret(&r.error) && r.error.column > strlen(line) + 1)
		abort();
	if (cli_prompt(cli, prompt, sizeof(prompt)) >= sizeof(prompt))
		abort();
}

struct copy {
	struct world *w;
	char *to;
};

static void
copy_line(void *arg, const char *text)
{
	struct copy *c = arg;
	size_t len = strlen(text);

	ignore(NULL, text);
	if (c->w->len + len + 2 > TEXT_CAP)
		return;
	memcpy(c->to + c->w->len, text, len);
	c->w->len += len;
	c->to[c->w->len++] = '\n';
	c->to[c->w->len] = '\0';
}

static const char *
render(struct world *w, struct cli *cli, char *to)
{
	struct copy c = { .w = w, .to = to };
	const struct cli_sink sink = { .line = copy_line, .arg = &c };

	w->len = 0;
	if (cli_render(cli, cli_store(cli), NULL, &sink))
		abort();
	return to;
}

/* Lines up to the last newline; what does not fit is cut. */
static void
each_line(struct cli *cli, const char *text, size_t size, bool typed)
{
	const char *end = text + size;
	struct cli_result r;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t len = (size_t)((newline ? newline : end) - text);
		char line[LINE_CAP];

		memcpy(line, text, len < LINE_CAP ? len : LINE_CAP - 1);
		line[len < LINE_CAP ? len : LINE_CAP - 1] = '\0';
		text += len + 1;
		if (typed && text >= end)
			ask(cli, line);
		if (typed)
			type_line(cli, line);
		else if (strcmp(line, "return") && cli_exec(cli, line, &r))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w = world();

	cli_enter_system(w->cli[0]);
	cli_enter_system(w->cli[1]);
	each_line(w->cli[0], (const char *)data, size, true);
	render(w, w->cli[0], w->text[0]);
	/* A key in plain text is not rendered, so that it cannot be loaded. */
	if (!strstr(w->text[0], " ******\n")) {
		each_line(w->cli[1], w->text[0], w->len, false);
		if (strcmp(render(w, w->cli[1], w->text[1]), w->text[0]))
			abort();
	}
	start_over(w->cli[0]);
	start_over(w->cli[1]);
	return 0;
}
