/*
 * Lines that were understood, as rows: inserts, updates and deletes on the candidate. Refuses to know
 * any table: what belongs to a row is told by the model, what a line means by its syntax.
 */
#include "config.h"

#include "shell/cli/apply.h"

#include "lib/arena.h"
#include "schema/row.h"
#include "schema/type.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BIT(column) (UINT64_C(1) << (column))

/* Rows found before they are changed: a table is not changed while it is being read. */
struct found {
	struct typed *ty;
	const struct table *table;
	const struct value *like; /* columns in `only` must be equal */
	uint64_t only;
	struct row *rows;
	size_t n;
	size_t cap;
};

int
typed_refuse(struct typed *ty, const char *fmt, ...)
{
	struct cli_error *e = ty->error;
	int used = snprintf(e->text, sizeof(e->text), "Error: ");
	va_list ap;

	e->kind = CLI_REFUSED;
	e->column = 0;
	va_start(ap, fmt);
	vsnprintf(e->text + used, sizeof(e->text) - (size_t)used, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

struct value
typed_get(const struct typed *ty, const char *column)
{
	int c = model_column(ty->table, column);

	return c < 0 ? (struct value){ 0 } : ty->v[c];
}

void
typed_set(struct typed *ty, const char *column, struct value v)
{
	int c = model_column(ty->table, column);

	if (c < 0)
		return;
	ty->v[c] = v;
	ty->touched |= BIT(c);
}

static int
keep_row(void *arg, const struct row *r)
{
	struct found *f = arg;
	struct arena *a = f->ty->arena;
	struct value *v;

	for (unsigned int c = 0; c < r->table->n_columns; c++)
		if (f->only & BIT(c) && !value_equal(&r->v[c], &f->like[c]))
			return 0;
	if (f->n == f->cap) {
		struct row *grown;

		f->cap = f->cap ? 2 * f->cap : 16;
		grown = arena_alloc(a, f->cap * sizeof(*grown));
		if (f->n)
			memcpy(grown, f->rows, f->n * sizeof(*grown));
		f->rows = grown;
	}
	v = arena_alloc(a, r->table->n_columns * sizeof(*v));
	for (unsigned int c = 0; c < r->table->n_columns; c++)
		v[c] = value_dup(&r->v[c], a);
	f->rows[f->n++] = (struct row){ .table = r->table, .v = v };
	return 0;
}

/* Rows with this key prefix and these column values; by key when the key is complete. */
static int
find_rows(struct found *f, unsigned int n_prefix)
{
	const struct table *t = f->table;
	uint64_t key = BIT(t->n_key) - 1;
	struct row r;
	int err;

	while (n_prefix < t->n_key && f->only & BIT(n_prefix))
		n_prefix++;
	if ((f->only & key) != key && n_prefix < t->n_key)
		return row_each(f->ty->store, t, f->like, n_prefix, f->ty->arena, keep_row, f);
	err = row_get(f->ty->store, t, f->like, f->ty->arena, &r);
	return err == -ENOENT ? 0 : err ? err : keep_row(f, &r);
}

static bool
is_list(const struct node *n)
{
	return n->kind == NODE_PARAM && n->type->list;
}

/* Takes the captured columns into v, the last one typed first. Returns which they were. */
static uint64_t
take_captures(struct typed *ty, bool words)
{
	uint64_t taken = 0;

	for (const struct capture *c = ty->match->last; c; c = c->prev) {
		int column = c->node->column;

		if (column < 0 || (taken & BIT(column) && !is_list(c->node)))
			continue;
		if (c->node->kind != NODE_PARAM && !words)
			continue;
		ty->v[column] = taken & BIT(column) ? VALUE_OF_TEXT(arena_printf(ty->arena, "%s %s",
							      c->value.s, ty->v[column].s))
						    : c->value;
		taken |= BIT(column);
	}
	return taken;
}

/* A row of defaults with the view's key in front. */
static void
begin_row(struct typed *ty, const struct table *t, unsigned int n_key, struct apply *ap)
{
	ty->table = t;
	ty->v = arena_memdup(ty->arena, defaults_get(&ap->defaults, ty->store, t),
		t->n_columns * sizeof(*ty->v));
	if (n_key)
		memcpy(ty->v, ty->view_key, n_key * sizeof(*ty->v));
}

/* The row that a reference implies is made with its first referrer … */
static int
make_implied(struct typed *ty)
{
	for (unsigned int c = 0; c < ty->table->n_columns; c++) {
		const struct column *col = &ty->table->columns[c];
		int err;

		if (!col->ref_implied || ty->v[c].kind == VALUE_NULL)
			continue;
		err = row_insert(ty->store, col->ref, &ty->v[c]);
		if (err && err != -EEXIST)
			return err;
	}
	return 0;
}

static int
count_row(void *arg, const struct row *r)
{
	(void)r;
	++*(size_t *)arg;
	return 1;
}

/* … and goes with the last. */
static int
drop_implied(struct typed *ty, const struct row *gone)
{
	const struct table *t = gone->table;

	for (unsigned int c = 0; c < t->n_columns; c++) {
		size_t left = 0;
		int err;

		if (!t->columns[c].ref_implied || gone->v[c].kind == VALUE_NULL)
			continue;
		err = row_each_where(ty->store, t, c, &gone->v[c], ty->arena, count_row, &left);
		if (err < 0)
			return err;
		if (!left && (err = row_delete(ty->store, t->columns[c].ref, &gone->v[c])))
			return err;
	}
	return 0;
}

/* Writes ty->v: a new row, or the touched columns of the one that is there. */
static int
write_row(struct typed *ty)
{
	const struct table *t = ty->table;

	if (!ty->old) {
		int err = make_implied(ty);

		return err ? err : row_put(ty->store, t, ty->v);
	}
	for (unsigned int c = t->n_key; c < t->n_columns; c++) {
		int err;

		if (!(ty->touched & BIT(c)) || value_equal(&ty->v[c], &ty->old[c]))
			continue;
		err = row_set(ty->store, t, ty->v, c, &ty->v[c]);
		if (err)
			return err;
	}
	return 0;
}

/* Rows that are part of this one: its addresses, its rules. */
static int
delete_parts(struct typed *ty, const struct table *whole, const struct value *key)
{
	for (size_t i = 0; model_tables[i]; i++) {
		const struct table *t = model_tables[i];
		struct found f = { .ty = ty, .table = t, .like = key };
		int err;

		if (t->part_of != whole)
			continue;
		err = row_each(ty->store, t, key, whole->n_key, ty->arena, keep_row, &f);
		for (size_t k = 0; !err && k < f.n; k++)
			err = row_delete(ty->store, t, f.rows[k].v);
		if (err)
			return err;
	}
	return 0;
}

static int
delete_row(struct typed *ty, const struct row *r)
{
	int err = delete_parts(ty, r->table, r->v);

	if (!err)
		err = row_delete(ty->store, r->table, r->v);
	return err ? err : drop_implied(ty, r);
}

static int
look_up(struct typed *ty)
{
	struct row r;
	int err = row_get(ty->store, ty->table, ty->v, ty->arena, &r);

	ty->old = err ? NULL : r.v;
	return err == -ENOENT ? 0 : err;
}

static int
run_hook(struct typed *ty, int (*hook)(struct typed *ty))
{
	return hook ? hook(ty) : 0;
}

/* What the line does not mention stays. */
static void
keep_untouched(struct typed *ty)
{
	for (unsigned int c = 0; ty->old && c < ty->table->n_columns; c++)
		if (!(ty->touched & BIT(c)))
			ty->v[c] = ty->old[c];
}

/* Writes a row that was typed; one that got its key from us must not be there under another. */
static int
write_line(struct typed *ty, const struct line *l, bool key_typed, unsigned int n_key,
	struct apply *ap)
{
	int err = 0;

	if (!l->unique || ty->old) {
		seen_forget(&ap->seen);
		return write_row(ty);
	}
	if (!key_typed)
		err = seen_find(&ap->seen, ty, n_key);
	if (err > 0)
		return typed_refuse(ty, "The %s already exists.", ty->table->label);
	if (!err)
		err = write_row(ty);
	if (!err)
		seen_add(&ap->seen, ty, n_key);
	return err;
}

static int
set_line(struct typed *ty, const struct rule *r, unsigned int n_key, struct apply *ap)
{
	const struct line *l = r->line;
	uint64_t typed = take_captures(ty, true);
	uint64_t key = (BIT(ty->table->n_key) - 1) & ~(BIT(n_key) - 1);
	int err;

	ty->touched = r->bound | typed;
	err = run_hook(ty, l->bind);
	if (err || (err = look_up(ty)))
		return err;
	if (!ty->old && l->existing)
		return typed_refuse(ty, "The %s does not exist.", ty->table->label);
	keep_untouched(ty);
	err = run_hook(ty, l->check);
	return err ? err : write_line(ty, l, (typed & key) == key, n_key, ap);
}

static bool
differs(const struct typed *ty, uint64_t typed)
{
	for (unsigned int c = 0; c < ty->table->n_columns; c++)
		if (typed & BIT(c) && !ty->table->columns[c].type->secret &&
			!value_equal(&ty->v[c], &ty->old[c]))
			return true;
	return false;
}

/* What an undo leaves in a column of the line. */
static struct value
undone(const struct typed *ty, const struct line *l, unsigned int column, struct apply *ap)
{
	if (l->on_by_default)
		return VALUE_OF_INT(0);
	return defaults_get(&ap->defaults, ty->store, ty->table)[column];
}

/* The columns of a line back to what they are without it. */
static int
undo_columns(struct typed *ty, const struct rule *r, struct apply *ap)
{
	uint64_t typed = take_captures(ty, false);
	int err = run_hook(ty, r->line->bind);

	if (err || (err = look_up(ty)))
		return err;
	if (!ty->old)
		return r->line->table ? typed_refuse(ty, "The %s does not exist.", ty->table->label)
				      : 0;
	if (differs(ty, typed))
		return typed_refuse(ty, "The configuration does not exist.");
	ty->touched = r->bound;
	for (unsigned int c = ty->table->n_key; c < ty->table->n_columns; c++)
		ty->v[c] = r->bound & BIT(c) ? undone(ty, r->line, c, ap) : ty->old[c];
	err = run_hook(ty, r->line->check);
	return err ? err : write_row(ty);
}

/* Deletes the rows that the line describes. */
static int
undo_rows(struct typed *ty, unsigned int n_prefix, int (*bind)(struct typed *ty),
	int (*check)(struct typed *ty))
{
	struct found f = { .ty = ty, .table = ty->table };
	int err;

	f.only = take_captures(ty, true);
	ty->touched = 0;
	err = run_hook(ty, bind);
	if (err)
		return err;
	f.like = ty->v;
	f.only |= ty->touched | (BIT(n_prefix) - 1);
	err = find_rows(&f, n_prefix);
	if (!err && !f.n)
		return typed_refuse(ty, "The %s does not exist.", ty->table->label);
	/* Backwards: what comes first in order may be what the others lean on. */
	for (size_t i = f.n; !err && i-- > 0;) {
		ty->old = f.rows[i].v;
		err = run_hook(ty, check);
		if (!err)
			err = delete_row(ty, &f.rows[i]);
	}
	return err;
}

int
apply_line(struct typed *ty, const struct rule *r, unsigned int n_key, struct apply *ap)
{
	const struct line *l = r->line;

	begin_row(ty, r->table, n_key, ap);
	ty->undo = r->kind == RULE_UNDO;
	if (!ty->undo)
		return set_line(ty, r, n_key, ap);
	seen_forget(&ap->seen);
	if (!l->table || l->existing)
		return undo_columns(ty, r, ap);
	return undo_rows(ty, n_key, l->bind, l->check);
}

int
apply_enter(struct typed *ty, const struct rule *r, struct apply *ap)
{
	const struct section *s = r->section;
	int err;

	begin_row(ty, s->table, 0, ap);
	take_captures(ty, true);
	ty->undo = false;
	err = run_hook(ty, s->bind);
	if (err || (err = look_up(ty)))
		return err;
	err = run_hook(ty, s->check);
	if (err)
		return err;
	if (ty->old) {
		ty->v = arena_memdup(ty->arena, ty->old, s->table->n_columns * sizeof(*ty->v));
		return 0;
	}
	/* What another operator added to a row that is gone does not come back with a new one. */
	err = delete_parts(ty, s->table, ty->v);
	return err ? err : write_row(ty);
}

int
apply_delete(struct typed *ty, const struct rule *r, struct apply *ap)
{
	begin_row(ty, r->section->table, 0, ap);
	ty->undo = true;
	seen_forget(&ap->seen);
	return undo_rows(ty, 0, r->section->bind, r->section->check);
}
