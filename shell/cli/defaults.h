#ifndef YD_SHELL_CLI_DEFAULTS_H
#define YD_SHELL_CLI_DEFAULTS_H

#include "schema/model.h"

struct arena;
struct store;

/* The SQL defaults of all columns, asked for once. */
struct defaults {
	struct arena *arena;
	struct defaults_table {
		const struct table *table;
		struct value *v; /* n_columns */
		struct defaults_table *next;
	} * tables;
};

void defaults_init(struct defaults *d);
void defaults_fini(struct defaults *d);
/* Borrowed; any store has the same. */
const struct value *defaults_get(struct defaults *d, struct store *s, const struct table *t);

#endif
