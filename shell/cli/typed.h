#ifndef YD_SHELL_CLI_TYPED_H
#define YD_SHELL_CLI_TYPED_H

#include <stdbool.h>
#include <stdint.h>

#include "shell/cli/cli.h"
#include "shell/cli/dialect.h"

struct arena;
struct store;

/*
 * One line on its way to the candidate: what the `bind` and `check` of a dialect see. v is the row as the
 * line says it: captured columns are filled in, columns that the line mentions but that were not typed
 * have their defaults, those in `touched` are written, the others stay as they are.
 */
struct typed {
	struct store *store;
	struct arena *arena;	       /* of this line */
	const struct cli_match *match; /* cli_arg, cli_has: parameters that are no columns */
	const struct table *table;
	const struct value *view_key; /* of the view's row */
	struct value *v;
	uint64_t touched;
	const struct value *old; /* in check: the row as it is, or NULL: there is none */
	bool undo;
	struct cli_error *error;
};

/* Refuses the line: fills the error ("Error: " is put before) and returns -EINVAL. */
int typed_refuse(struct typed *ty, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A column by name: it must exist. */
struct value typed_get(const struct typed *ty, const char *column);
void typed_set(struct typed *ty, const char *column, struct value v);

#endif
