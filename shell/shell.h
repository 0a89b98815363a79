#ifndef YD_SHELL_SHELL_H
#define YD_SHELL_SHELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shell/cli/cli.h"
#include "shell/client.h"
#include "shell/debug.h"
#include "shell/pager.h"
#include "shell/recall.h"

struct arena;
struct edit;
struct err;
struct offline;
struct out;
struct store;
struct terminal;

/*
 * One session of the shell, which everything hangs off: commands (commands.c, display_*.c) get it as
 * their `app`. Made by session_open.
 */
struct shell {
	const char *dir;	   /* state directory */
	struct client *client;	   /* yongd, or NULL: the router is not running */
	struct offline *offline;   /* yongd --commit, once something was changed without it */
	uint64_t offline_revision; /* of the store as it was read without a daemon */
	bool offline_said;	   /* to the operator, that there is no daemon */
	struct store *store;	   /* the candidate */
	struct cli *cli;
	struct out *out;
	struct pager pager;
	struct terminal *terminal; /* NULL: nobody sits there */
	struct edit *edit;	   /* NULL: lines come from elsewhere */
	struct recall recall;
	struct debug debug;
	struct arena *scratch; /* of the command that runs */
	const char *file;      /* where lines come from: "-c", "-", a name; NULL: typed */
	unsigned int line;     /* the current one, from 1 */
	bool json;	       /* displays as JSON */
	size_t screen_length;  /* lines, 0: no pages */
	bool mmi;	       /* machine-to-machine: no pages, no questions */
	bool unsettled;	       /* something was committed and is perhaps not applied yet */
	bool no_daemon;	       /* something failed because there is none */
};

/* Prints what an operator must know of a failure and returns code: a line on the terminal, or
 * FILE:LINE:COLUMN: on standard error. column: 0-based; text with its "Error: ". */
int shell_report(struct shell *sh, int code, size_t column, const char *text);
/* The same for an err. */
int shell_fail(struct shell *sh, int code, const struct err *e);
int shell_fail_at(struct shell *sh, int code, size_t column, const struct err *e);
/* The daemon, or NULL and err. */
struct client *shell_client(struct shell *sh, struct err *e);
/* Rows of a state table, after what was committed has been applied. */
int shell_state(struct shell *sh, enum state_table t, const char *filter, struct client_rows *rows,
	struct err *e);
/* Asks the operator a question that ends in [Y/N]:; true for yes, and where nobody can be asked. */
bool shell_ask(struct shell *sh, const char *question);

#endif
