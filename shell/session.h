#ifndef YD_SHELL_SESSION_H
#define YD_SHELL_SESSION_H

#include <stdbool.h>
#include <stdio.h>

struct err;
struct shell;

/*
 * A session from start to end: the candidate, one line after the other, each change committed at once
 * (VRP's immediate mode).
 */
struct session_options {
	const char *dir;
	bool json;
	bool interactive; /* a terminal: line editor, pages, questions */
	bool batch; /* configuration lines only, in the system view; nothing is committed until the end */
	int sock;     /* a connection to use instead of DIR's, or -1 */
	FILE *stream; /* what displays are printed to */
	FILE *errors;
};

/* -ECONNREFUSED: no daemon and nothing to look at. */
int session_open(const struct session_options *o, struct shell **out, struct err *e);
void session_close(struct shell *sh);

/* One line: 0, 1 (it ended the session), or -errno; what there is to say has been said. */
int session_line(struct shell *sh, const char *line);
/* Commits what the lines of a batch have changed. */
int session_commit(struct shell *sh, const char *text, bool keep, struct err *e);
/* Waits until what was committed is applied; warns of what cannot be. */
int session_settle(struct shell *sh, struct err *e);
/* Lines from a terminal until the session ends. */
int session_interactive(struct shell *sh);

#endif
