/*
 * A cache: SQL owns the defaults, and every line typed or rendered needs some of them.
 */
#include "config.h"

#include "shell/cli/defaults.h"

#include "lib/arena.h"
#include "schema/row.h"

void
defaults_init(struct defaults *d)
{
	*d = (struct defaults){ .arena = arena_new() };
}

void
defaults_fini(struct defaults *d)
{
	arena_free(d->arena);
	*d = (struct defaults){ 0 };
}

const struct value *
defaults_get(struct defaults *d, struct store *s, const struct table *t)
{
	struct defaults_table *dt;

	for (dt = d->tables; dt; dt = dt->next)
		if (dt->table == t)
			return dt->v;
	dt = arena_alloc(d->arena, sizeof(*dt));
	*dt = (struct defaults_table){ .table = t, .next = d->tables };
	dt->v = arena_alloc(d->arena, t->n_columns * sizeof(*dt->v));
	for (unsigned int c = 0; c < t->n_columns; c++)
		if (row_default(s, t, c, d->arena, &dt->v[c]))
			dt->v[c] = (struct value){ 0 };
	d->tables = dt;
	return dt->v;
}
