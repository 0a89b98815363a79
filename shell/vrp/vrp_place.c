/*
 * Lines that may be repeated and whose order counts: proposals of a policy, addresses of a peer. Each is a
 * row whose key ends with its place.
 */
#include "config.h"

#include "shell/vrp/vrp.h"

#include "schema/row.h"
#include "schema/type.h"
#include "shell/cli/typed.h"

enum { MOST_PLACES = 8 };

struct places {
	const struct value *wanted;
	unsigned int at; /* column of the place; the next one is what stands there */
	int64_t found;	 /* its place; 0: it is new */
	int64_t last;
	unsigned int n;
};

static int
look_at_place(void *arg, const struct row *r)
{
	struct places *p = arg;

	p->n++;
	p->last = r->v[p->at].i;
	if (value_equal(&r->v[p->at + 1], p->wanted))
		p->found = p->last;
	return p->found != 0;
}

int
vrp_place_bind(struct typed *ty)
{
	unsigned int at = ty->table->n_key - 1;
	struct places p = { .wanted = &ty->v[at + 1], .at = at };
	int err;

	if (ty->undo)
		return 0;
	err = row_each(ty->store, ty->table, ty->v, at, ty->arena, look_at_place, &p);
	if (err < 0)
		return err;
	if (!p.found && p.n >= MOST_PLACES)
		return typed_refuse(ty, "No more than %d of them can be configured.", MOST_PLACES);
	ty->v[at] = VALUE_OF_INT(p.found ? p.found : p.last + 1);
	return 0;
}

int
vrp_only_bind(struct typed *ty)
{
	if (!ty->undo)
		ty->v[ty->table->n_key - 1] = VALUE_OF_INT(1);
	return 0;
}
