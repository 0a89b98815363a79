/*
 * Configuration batches. Reads lines, stops at the first that is refused, commits once, and waits until
 * the datapath has what was committed.
 */
#include "config.h"

#include "shell/batch.h"

#include "lib/err.h"
#include "shell/blame.h"
#include "shell/out.h"
#include "shell/session.h"
#include "shell/shell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SAY_MS = 1000 };

struct batch {
	struct shell *sh;
	struct blame *blame;
	bool said; /* that it takes a while */
};

static void
note_line(struct batch *b, const char *line)
{
	const struct value *key;
	const struct table *t = cli_view_row(b->sh->cli, &key);

	blame_note(b->blame, b->sh->line, line, t, key);
}

/* One line after the other into the candidate. */
static int
read_lines(struct batch *b, FILE *in)
{
	struct shell *sh = b->sh;
	struct cli_result r;
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	int rc = 0;

	while (!rc && (len = getline(&line, &cap, in)) >= 0) {
		sh->line++;
		if (memchr(line, '\0', (size_t)len)) {
			rc = shell_report(
				sh, -EINVAL, strlen(line), "Error: There is a NUL in this line.");
			break;
		}
		line[strcspn(line, "\r\n")] = '\0';
		r = (struct cli_result){ 0 };
		rc = cli_exec(sh->cli, line, &r);
		if (r.error.kind != CLI_OK)
			rc = shell_report(sh, rc ? rc : -EINVAL, r.error.column, r.error.text);
		else if (r.warning)
			shell_report(sh, 0, 0, r.warning);
		if (r.changed)
			note_line(b, line);
	}
	free(line);
	return rc;
}

/* Dots on a terminal while the router works. */
static int
tick(void *arg, unsigned int ms)
{
	struct batch *b = arg;

	if (ms < SAY_MS || !isatty(STDERR_FILENO) || ms % (SAY_MS / 2))
		return 0;
	out_progress(b->sh->out, b->said ? "." : "Waiting until it is applied ..");
	b->said = true;
	return 0;
}

static int
wait_applied(struct batch *b)
{
	struct shell *sh = b->sh;
	struct msg_applied m;
	struct err e;
	int rc;

	if (!sh->unsettled)
		return 0;
	rc = client_wait_applied(sh->client, tick, b, &m, &e);
	if (b->said)
		out_progress(sh->out, "\n");
	if (rc)
		return shell_fail(sh, rc, &e);
	sh->unsettled = false;
	if (!m.failed)
		return 0;
	err_set(&e, -EIO, m.object, "%s%s", m.text,
		m.failed > 1 ? " (More: display configuration status.)" : "");
	return shell_fail(sh, -EIO, &e);
}

/* All lines at once; a refusal is told with the line that it is likely about. */
static int
commit_lines(struct batch *b, const char *path)
{
	struct shell *sh = b->sh;
	size_t column = 0;
	char text[256];
	struct err e;
	int rc;

	snprintf(text, sizeof(text), "batch %s, %u lines", path, sh->line);
	sh->line = 0;
	rc = session_commit(sh, text, false, &e);
	if (!rc)
		return wait_applied(b);
	sh->line = blame_find(b->blame, &e, &column);
	return shell_fail_at(sh, rc, column, &e);
}

int
batch_run(struct shell *sh, const char *path)
{
	FILE *in = strcmp(path, "-") ? fopen(path, "re") : stdin;
	struct batch b = { .sh = sh, .blame = blame_new() };
	struct err e;
	int rc;

	sh->file = path;
	sh->line = 0;
	if (!in || !b.blame) {
		rc = in ? -ENOMEM : -errno;
		err_set(&e, rc, "", "The file cannot be read: %s.", strerror(-rc));
		rc = shell_fail(sh, rc, &e);
		goto out;
	}
	rc = read_lines(&b, in);
	if (!rc && ferror(in)) {
		err_set(&e, -EIO, "", "The file cannot be read to its end.");
		rc = shell_fail(sh, -EIO, &e);
	}
	if (!rc)
		rc = commit_lines(&b, path);
out:
	if (in && in != stdin)
		fclose(in);
	blame_free(b.blame);
	return rc;
}
