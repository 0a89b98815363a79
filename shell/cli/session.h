#ifndef YD_SHELL_CLI_SESSION_H
#define YD_SHELL_CLI_SESSION_H

#include "shell/cli/apply.h"
#include "shell/cli/cli.h"
#include "shell/cli/grammar.h"
#include "shell/cli/match.h"

/* What the parts of the engine share of one session: its grammar and its stack of views. */
enum { FRAMES_MAX = 4, VIEW_KEY_MAX = 4 };

struct frame {
	const struct place *place;
	struct value key[VIEW_KEY_MAX]; /* texts are malloc'd */
	unsigned int n_key;
};

struct cli {
	struct grammar grammar;
	struct apply apply;
	struct store *store;
	void *app;
	unsigned int level;
	struct frame frames[FRAMES_MAX];
	unsigned int depth; /* frames[depth] is the current view, frames[0] the user view */
};

static inline const struct frame *
session_top(const struct cli *cli)
{
	return &cli->frames[cli->depth];
}

/* Where a line is looked for: the current view, then the system view. NULL ends. */
static inline const struct place *
session_next_place(const struct cli *cli, const struct place *p)
{
	return p != &cli->grammar.system && p != &cli->grammar.user ? &cli->grammar.system : NULL;
}

/* Reads a line as far as limit in one place. */
enum cli_error_kind session_read(struct cli *cli, const struct place *p, struct matcher *m,
	const char *line, size_t limit, struct arena *a, size_t *column);
/* VRP's message for an error of the grammar. */
void session_error(struct cli_error *e, enum cli_error_kind kind, size_t column);

#endif
