#ifndef YD_TESTS_UNIT_SHELL_CLI_FIXTURE_H
#define YD_TESTS_UNIT_SHELL_CLI_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "shell/cli/cli.h"

struct store;

/* A session over an empty store in memory, with a few commands such as a front end has. */
struct cli_fixture {
	struct store *store;
	struct cli *cli;
	struct cli_result result; /* of the last line */
	const char *ran;	  /* syntax of the last command run */
	char arg[256];		  /* its parameter "name" or "count" */
	size_t n_pipes;
	struct cli_pipe pipe; /* the last one */
	char regex[64];	      /* of it */
	char *text;	      /* what was rendered, lines ended by \n; malloc'd */
	size_t len;
};

void cli_fixture_init(struct cli_fixture *f);
void cli_fixture_fini(struct cli_fixture *f);

/* Runs a line; its result is in f->result. */
int fixture_exec(struct cli_fixture *f, const char *line);
/* Runs lines from the system view on, each of which must be understood; says which was not. */
bool fixture_load(struct cli_fixture *f, const char *const *lines);
bool fixture_load_text(struct cli_fixture *f, const char *text);
const char *fixture_prompt(struct cli_fixture *f);
/* The whole configuration, the current view, help, in f->text. */
const char *fixture_render(struct cli_fixture *f);
const char *fixture_render_view(struct cli_fixture *f);
const char *fixture_help(struct cli_fixture *f, const char *line);
/* Candidates, separated by blanks. */
const char *fixture_complete(struct cli_fixture *f, const char *line);
/* Every row of every table, a line each. */
const char *fixture_dump(struct cli_fixture *f);

#endif
