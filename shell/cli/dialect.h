#ifndef YD_SHELL_CLI_DIALECT_H
#define YD_SHELL_CLI_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schema/model.h"
#include "schema/row.h"

/*
 * What a dialect is: tables of sections, views and lines, each line spelled once. The syntax is that of
 * struct command in cli.h, and for configuration lines also:
 *   <column>            bound to a column of the line's table
 *   keyword=column      stores 1 in that column; keyword=column:VALUE stores VALUE
 *   keyword{help}!      an optional keyword without columns that is written when the line is rendered
 * A line sets the columns that it mentions: what was not typed goes back to its default. `undo` takes the
 * leading keywords, and the rest or none of it. A line is rendered when one of its columns is not default.
 */
struct typed;

struct line {
	const char *syntax;
	const char *undo;	   /* NULL: derived from the syntax */
	const struct table *table; /* the line is one row of it; NULL: columns of the view's row */
	bool existing;		   /* of `table`: sets columns of a row that must exist already */
	bool unique;		   /* of `table`: typed without its key it must be a new one */
	bool indented;		   /* a line of the system view rendered with a leading blank */
	bool always;		   /* rendered with its default, too */
	bool on_by_default; /* a keyword=column that `undo` turns off: then that is rendered */
	/* From what was typed to the row's columns, where columns alone do not say it (typed.h). */
	int (*bind)(struct typed *ty);
	/* Refuses a change that contradicts the view itself. In undo: called for each row that goes. */
	int (*check)(struct typed *ty);
	/* The line's text, where the syntax alone does not say it. Returns its length, 0: nothing. */
	size_t (*render)(const struct row *r, char *out, size_t cap);
};

struct view {
	const char *prompt; /* "acl-adv-<number>" */
	const char *title;  /* of its help: "Acl-adv view commands:" */
	/* Is this the view of that row? NULL: yes. */
	bool (*fits)(const struct row *r);
	/* Groups, each ending with a NULL syntax; ends with NULL. */
	const struct line *const *lines;
};

/* A part of the configuration, in the order in which it is rendered: lines of the system view, or
 * objects with a view each. */
struct section {
	const char *name; /* display current-configuration configuration NAME */
	const struct line *lines;

	const char *enter;	   /* NULL: lines */
	const struct table *table; /* with lines: the one row that they set; NULL: system */
	const struct view *views;  /* the first that fits; ends with a NULL prompt */
	const char *undo;
	int (*bind)(struct typed *ty);
	int (*check)(struct typed *ty);
};

struct dialect {
	const char *name;
	const struct section *sections; /* ends with a NULL name */
};

extern const struct dialect vrp_dialect;

#endif
