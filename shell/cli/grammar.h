#ifndef YD_SHELL_CLI_GRAMMAR_H
#define YD_SHELL_CLI_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shell/cli/cli.h"
#include "shell/cli/dialect.h"
#include "shell/cli/syntax.h"

struct arena;

/* A dialect and a command table, compiled: every line in every form in which it can be typed. */
enum rule_kind { RULE_SET, RULE_UNDO, RULE_ENTER, RULE_DELETE, RULE_COMMAND, RULE_MOVE };
enum rule_move { MOVE_SYSTEM, MOVE_QUIT, MOVE_RETURN };

struct rule {
	enum rule_kind kind;
	const struct node *first;
	unsigned int level;
	bool pipes;
	const struct table *table;     /* of the columns that it binds */
	uint64_t bound;		       /* columns that it mentions */
	const struct line *line;       /* SET, UNDO */
	const struct section *section; /* ENTER, DELETE */
	const struct command *command;
	enum rule_move move;
};

struct ruleset {
	const struct rule **rules;
	size_t n;
	size_t cap;
};

/* What one view offers; the user view's and the system view's `view` is NULL. */
struct place {
	const struct section *section;
	const struct view *view;
	struct ruleset set;
};

struct grammar {
	const struct dialect *dialect;
	struct arena *arena;
	const struct node *pipe;
	struct place user;
	struct place system;
	struct place *views;
	size_t n_views;
};

/* -EINVAL: a syntax does not compile; *why (in the grammar's arena) says which. */
int grammar_init(struct grammar *g, const struct dialect *d, const struct command *commands,
	const char **why);
void grammar_fini(struct grammar *g);

const struct place *grammar_place(const struct grammar *g, const struct view *v);
/* The set or enter rule of a line or section. */
const struct rule *grammar_line(
	const struct grammar *g, const struct place *p, const struct line *l);
const struct rule *grammar_enter(const struct grammar *g, const struct section *s);

#endif
