#ifndef YD_SHELL_CLI_SYNTAX_H
#define YD_SHELL_CLI_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schema/model.h"

struct arena;

/*
 * A syntax string (cli.h, dialect.h) as a tree that is also an automaton: `sibling` and `branches` are the
 * text's order, for rendering; `next` is where matching goes on, NULL at the end.
 */
enum node_kind {
	NODE_WORD,
	NODE_PARAM,
	NODE_OPTION, /* one branch, or none */
	NODE_CHOICE,
	NODE_SET /* any branches, any order, once each */
};

struct branch {
	struct node *first;
	uint32_t once; /* of a SET: its bit in the set of branches taken */
	struct branch *next;
};

struct node {
	enum node_kind kind;
	const char *word; /* WORD: keyword; PARAM: name */
	const char *help;
	const struct type *type; /* PARAM */
	const struct table *ref; /* PARAM: existing rows for completion, or NULL */
	int column;		 /* bound to, or -1 */
	struct value value;	 /* WORD with a column: what it stores */
	bool shown;		 /* keyword!, or a group that holds one */
	struct branch *branches;
	struct node *sibling;
	struct node *next;
};

/* How a line's undo is derived from its syntax. */
enum syntax_undo {
	SYNTAX_PLAIN,
	SYNTAX_UNDO,	  /* undo + as it is */
	SYNTAX_UNDO_LINE, /* undo + the leading keywords [ the rest ] */
	SYNTAX_UNDO_ENTER /* undo + all up to the first parameter [ the rest ] */
};

/* table: of <column>, or NULL. Strings are in the arena. NULL: it does not compile; *why says where. */
struct node *syntax_compile(const char *text, const struct table *table, enum syntax_undo undo,
	struct arena *a, const char **why);

/* Calls fn for every node of the tree, in the text's order. */
void syntax_each(const struct node *n, void (*fn)(void *arg, const struct node *n), void *arg);

#endif
