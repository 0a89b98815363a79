#ifndef YD_SHELL_CLI_CLI_H
#define YD_SHELL_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schema/model.h"

struct store;

/*
 * The grammar engine: one session's parser state over a dialect (a set of views and lines) and the
 * front end's command table. It reads and changes the candidate, renders it, helps and completes; it
 * prints nothing and knows no terminal, no daemon, no history.
 */
struct cli;
struct dialect;
struct cli_match;

extern const struct dialect vrp_dialect;

/* Views in which a front end's command is offered. */
enum cli_views {
	CLI_USER_VIEW = 1,   /* <RTA> */
	CLI_CONFIG_VIEW = 2, /* [RTA] and every view below it */
	CLI_ANY_VIEW = 3
};

/* Levels of commands and of users. */
enum cli_level { CLI_VISIT, CLI_MONITOR, CLI_CONFIGURE, CLI_MANAGE };

/*
 * One command of the front end. The syntax, also of configuration lines:
 *   keyword{help}          a word, typed in any case and abbreviated; {help} may be left out
 *   <name:TYPE>{help}      a parameter. TYPE: a type of the model (type_find: "ipv4", "interface",
 *                          "word", "text" (rest of the line) …); an integer range "0-512"; or
 *                          "table.column" (its type, its help, completion from existing rows)
 *   [ … | … ]  one of them or none      { … | … }  one of them      ( … | … )  any, in any order, once each
 * The parts are separated by blanks. Several commands may share their beginning.
 */
struct command {
	const char *syntax;
	unsigned int level; /* enum cli_level */
	unsigned int views; /* enum cli_views */
	bool pipes;	    /* a display: takes | include RE … */
	int (*run)(void *app, const struct cli_match *m);
	intptr_t arg; /* for run: cli_match_command(m)->arg */
};

/* What an operator typed, bound. Valid during run only. */
const struct command *cli_match_command(const struct cli_match *m);
/* The value of a parameter; NULL when it was not given. */
const struct value *cli_arg(const struct cli_match *m, const char *name);
/* Its text (of an integer too, in canonical form); fallback when it was not given. */
const char *cli_arg_text(const struct cli_match *m, const char *name, const char *fallback);
int64_t cli_arg_int(const struct cli_match *m, const char *name, int64_t fallback);
/* Was this keyword of the syntax (in full) typed? */
bool cli_has(const struct cli_match *m, const char *keyword);

enum cli_pipe_kind {
	CLI_PIPE_INCLUDE,
	CLI_PIPE_EXCLUDE,
	CLI_PIPE_BEGIN,
	CLI_PIPE_COUNT,
	CLI_PIPE_JSON,
	CLI_PIPE_NO_MORE
};

struct cli_pipe {
	enum cli_pipe_kind kind;
	const char *regex; /* of the first three */
	bool section;	   /* whole sections of a configuration */
	bool ignore_case;
};

#define CLI_PIPES_MAX 8
/* The pipes behind a display, in order. */
size_t cli_pipes(const struct cli_match *m, const struct cli_pipe **pipes);

enum cli_error_kind {
	CLI_OK,
	CLI_UNRECOGNIZED,
	CLI_INCOMPLETE,
	CLI_AMBIGUOUS,
	CLI_WRONG_PARAMETER,
	CLI_TOO_MANY,
	CLI_NO_PERMISSION, /* no caret from here on */
	CLI_REFUSED
};

struct cli_error {
	enum cli_error_kind kind;
	size_t column;	/* 0-based in the line as typed: where the caret goes */
	char text[320]; /* VRP's message, "Error: …" included */
};

/* Does the message need a caret line above it? */
static inline bool
cli_error_has_caret(const struct cli_error *e)
{
	return e->kind > CLI_OK && e->kind < CLI_NO_PERMISSION;
}

enum cli_did {
	CLI_DID_NOTHING,   /* an empty line, a comment */
	CLI_DID_MOVE,	   /* to another view (changed says whether the row of that view is new) */
	CLI_DID_CONFIGURE, /* a configuration line */
	CLI_DID_COMMAND,   /* a command of the front end: its run was called */
	CLI_DID_LOGOUT	   /* quit in the user view */
};

struct cli_result {
	enum cli_did did;
	bool changed;		       /* the candidate holds something new: commit it */
	const char *info;	       /* a line to print ("Enter system view, …"), or NULL */
	const char *warning;	       /* of a line that succeeded, or NULL: static */
	const struct command *command; /* CLI_DID_COMMAND */
	struct cli_error error;
};

/* A session in the user view. The candidate may be NULL (nothing can be configured then); the command
 * table ends with a NULL syntax; all are borrowed. NULL and a message on stderr: a syntax string that does
 * not compile, which is a programming error. */
struct cli *cli_new(const struct dialect *dialect, struct store *candidate,
	const struct command *commands, void *app);
void cli_free(struct cli *cli);

/* Another candidate (a fresh clone, after a refused commit or a catch-up). Views whose row is gone are left. */
void cli_set_store(struct cli *cli, struct store *candidate);
struct store *cli_store(struct cli *cli);
/* The user's level; CLI_MANAGE at first. Lines above it are neither run nor shown. */
void cli_set_level(struct cli *cli, unsigned int level);
/* A batch begins in the system view; return goes to the user view from any other (Ctrl+Z). */
void cli_enter_system(struct cli *cli);
void cli_return(struct cli *cli);
bool cli_in_user_view(const struct cli *cli);
/* The row that the current view configures ("display this" of an interface, …): its table and its key,
 * or NULL in the user and the system view. */
const struct table *cli_view_row(const struct cli *cli, const struct value **key);

/* "<RTA>", "[RTA-GigabitEthernet0/0/0]". Returns its length. */
size_t cli_prompt(const struct cli *cli, char *out, size_t cap);

/* Runs one line. 0; or -errno: of a line that is refused (-EINVAL, -EACCES, result->error says why) or
 * of the command's run (then result->did is CLI_DID_COMMAND and result->error.kind CLI_OK). */
int cli_exec(struct cli *cli, const char *line, struct cli_result *result);
/* The line as history and the commit log may keep it: secrets are written ******. */
void cli_mask(struct cli *cli, const char *line, char *out, size_t cap);

/* Where lines of text go. */
struct cli_sink {
	void (*line)(void *arg, const char *text);
	void *arg;
};

/* What `?` says at the end of this line. An error (nothing fits before the cursor) is given back as -EINVAL
 * and in e. */
int cli_help(struct cli *cli, const char *line, const struct cli_sink *out, struct cli_error *e);

/* The words that could stand where the last one is being typed (from result `start` in the line on). Calls
 * fn for each, sorted. Returns how many. */
size_t cli_complete(struct cli *cli, const char *line, size_t *start,
	void (*fn)(void *arg, const char *word), void *arg);

/* The configuration as text: from "#" to "return". filter NULL: all of it. -ENOENT: no such section. */
struct cli_filter {
	const char *
		section; /* `configuration NAME`: "acl", "ipsec-proposal", "interface", "system" … */
	const char *interface; /* canonical name: only this interface */
};
int cli_render(struct cli *cli, struct store *s, const struct cli_filter *filter,
	const struct cli_sink *out);
/* display this */
int cli_render_view(struct cli *cli, const struct cli_sink *out);

#endif
