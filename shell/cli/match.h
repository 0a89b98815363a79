#ifndef YD_SHELL_CLI_MATCH_H
#define YD_SHELL_CLI_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shell/cli/cli.h"
#include "shell/cli/syntax.h"

struct arena;
struct rule;

/* One word, or the rest of the line, and what it was taken for. */
struct capture {
	const struct node *node;
	const struct choice *choice; /* a keyword of the parameter's type */
	size_t start;		     /* in the line */
	size_t end;
	struct value value; /* of a parameter, or what a keyword stores */
	const struct capture *prev;
};

/* One way to read the line so far, and what it expects next. */
struct thread {
	const struct rule *rule;
	const struct node *node;     /* NULL: nothing more, the line may end here */
	const struct choice *choice; /* expects this keyword of the parameter's type */
	bool number;		     /* expects the second word of a name; choice is its head */
	uint32_t once;
	size_t resume; /* this far the line is read already */
	const struct capture *last;
};

/* All ways to read a line at once, word by word (no backtracking: linear in the line). */
struct matcher {
	struct arena *arena;
	const char *line;
	size_t len;
	const struct node *pipe; /* what may follow a display */
	struct thread *threads;
	size_t n;
	size_t cap;
};

void matcher_init(struct matcher *m, const char *line, const struct node *pipe, struct arena *a);
/* Before the first word. */
void matcher_add(struct matcher *m, const struct rule *r);
/* Reads the words that begin before limit. CLI_OK, or the error and its column. */
enum cli_error_kind matcher_read(struct matcher *m, size_t limit, size_t *column);

/* The keyword that a thread expects, or NULL (a parameter, the end). */
const char *thread_keyword(const struct thread *t);
const char *thread_help(const struct thread *t);

/* A line that was understood. */
struct cli_match {
	const struct rule *rule;
	const struct capture *last;
	struct arena *arena;
	size_t n_pipes;
	struct cli_pipe pipes[CLI_PIPES_MAX];
};

/* Ends the reading: the best complete one, or CLI_INCOMPLETE, CLI_REFUSED (too many pipes). */
enum cli_error_kind matcher_end(struct matcher *m, struct cli_match *out, size_t *column);

#endif
