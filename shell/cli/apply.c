/*
 * Lines that were understood, as rows: inserts, updates and deletes on the candidate. Refuses to know
 * any table: what belongs to a row is told by the model, what a line means by its syntax.
 */
#include "config.h"

#include "shell/cli/apply.h"

#include "lib/arena.h"
#include "schema/row.h"
#include "schema/type.h"
#include "shell/cli/defaults.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BIT(column) (UINT64_C(1) << (column))

/* Rows found before they are changed: a table is not changed while it is being read. */
struct found {
	struct change *ch;
	const struct table *table;
	const struct value *like; /* columns in `only` must be equal */
	uint64_t only;
	struct row *rows;
	size_t n;
	size_t cap;
};

int
change_refuse(struct change *ch, const char *fmt, ...)
{
	struct cli_error *e = ch->error;
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
change_get(const struct change *ch, const char *column)
{
	int c = model_column(ch->table, column);

	return c < 0 ? (struct value){ 0 } : ch->v[c];
}

void
change_set(struct change *ch, const char *column, struct value v)
{
	int c = model_column(ch->table, column);

	if (c < 0)
		return;
	ch->v[c] = v;
	ch->touched |= BIT(c);
}

static int
keep_row(void *arg, const struct row *r)
{
	struct found *f = arg;
	struct arena *a = f->ch->arena;
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
		return row_each(f->ch->store, t, f->like, n_prefix, f->ch->arena, keep_row, f);
	err = row_get(f->ch->store, t, f->like, f->ch->arena, &r);
	return err == -ENOENT ? 0 : err ? err : keep_row(f, &r);
}

/* Takes the captured columns into v. Returns which they were. */
static uint64_t
take_captures(struct change *ch, bool words)
{
	uint64_t taken = 0;

	for (const struct capture *c = ch->match->last; c; c = c->prev) {
		int column = c->node->column;

		if (column < 0 || taken & BIT(column))
			continue;
		if (c->node->kind != NODE_PARAM && !words)
			continue;
		ch->v[column] = c->value;
		taken |= BIT(column);
	}
	return taken;
}

/* A row of defaults with the view's key in front. */
static void
begin_row(struct change *ch, const struct table *t, unsigned int n_key, struct defaults *defaults)
{
	ch->table = t;
	ch->v = arena_memdup(
		ch->arena, defaults_get(defaults, ch->store, t), t->n_columns * sizeof(*ch->v));
	if (n_key)
		memcpy(ch->v, ch->view_key, n_key * sizeof(*ch->v));
}

/* The row that a reference implies is made with its first referrer … */
static int
make_implied(struct change *ch)
{
	for (unsigned int c = 0; c < ch->table->n_columns; c++) {
		const struct column *col = &ch->table->columns[c];
		int err;

		if (!col->ref_implied || ch->v[c].kind == VALUE_NULL)
			continue;
		err = row_insert(ch->store, col->ref, &ch->v[c]);
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
drop_implied(struct change *ch, const struct row *gone)
{
	const struct table *t = gone->table;

	for (unsigned int c = 0; c < t->n_columns; c++) {
		size_t left = 0;
		int err;

		if (!t->columns[c].ref_implied || gone->v[c].kind == VALUE_NULL)
			continue;
		err = row_each_where(ch->store, t, c, &gone->v[c], ch->arena, count_row, &left);
		if (err < 0)
			return err;
		if (!left && (err = row_delete(ch->store, t->columns[c].ref, &gone->v[c])))
			return err;
	}
	return 0;
}

/* Writes ch->v: a new row, or the touched columns of the one that is there. */
static int
write_row(struct change *ch)
{
	const struct table *t = ch->table;

	if (!ch->old) {
		int err = make_implied(ch);

		return err ? err : row_put(ch->store, t, ch->v);
	}
	for (unsigned int c = t->n_key; c < t->n_columns; c++) {
		int err;

		if (!(ch->touched & BIT(c)) || value_equal(&ch->v[c], &ch->old[c]))
			continue;
		err = row_set(ch->store, t, ch->v, c, &ch->v[c]);
		if (err)
			return err;
	}
	return 0;
}

/* Rows whose key begins with this row's: its addresses, its rules. */
static int
delete_children(struct change *ch, const struct row *parent)
{
	for (size_t i = 0; model_tables[i]; i++) {
		const struct table *t = model_tables[i];
		struct found f = { .ch = ch, .table = t, .like = parent->v };
		int err;

		if (t->n_key < 2 || t->columns[0].ref != parent->table || parent->table->n_key != 1)
			continue;
		err = row_each(ch->store, t, parent->v, 1, ch->arena, keep_row, &f);
		for (size_t k = 0; !err && k < f.n; k++)
			err = row_delete(ch->store, t, f.rows[k].v);
		if (err)
			return err;
	}
	return 0;
}

static int
delete_row(struct change *ch, const struct row *r)
{
	int err = delete_children(ch, r);

	if (!err)
		err = row_delete(ch->store, r->table, r->v);
	return err ? err : drop_implied(ch, r);
}

static int
look_up(struct change *ch)
{
	struct row r;
	int err = row_get(ch->store, ch->table, ch->v, ch->arena, &r);

	ch->old = err ? NULL : r.v;
	return err == -ENOENT ? 0 : err;
}

static int
run_hook(struct change *ch, int (*hook)(struct change *ch))
{
	return hook ? hook(ch) : 0;
}

/* What the line does not mention stays. */
static void
keep_untouched(struct change *ch)
{
	for (unsigned int c = 0; ch->old && c < ch->table->n_columns; c++)
		if (!(ch->touched & BIT(c)))
			ch->v[c] = ch->old[c];
}

static int
set_line(struct change *ch, const struct rule *r)
{
	const struct line *l = r->line;
	int err;

	ch->touched = r->bound | take_captures(ch, true);
	err = run_hook(ch, l->bind);
	if (err || (err = look_up(ch)))
		return err;
	if (!ch->old && l->existing)
		return change_refuse(ch, "The %s does not exist.", ch->table->label);
	keep_untouched(ch);
	err = run_hook(ch, l->check);
	return err ? err : write_row(ch);
}

static bool
differs(const struct change *ch, uint64_t typed)
{
	for (unsigned int c = 0; c < ch->table->n_columns; c++)
		if (typed & BIT(c) && !ch->table->columns[c].type->secret &&
			!value_equal(&ch->v[c], &ch->old[c]))
			return true;
	return false;
}

/* The columns of a line back to their defaults. */
static int
undo_columns(struct change *ch, const struct rule *r, struct defaults *defaults)
{
	uint64_t typed = take_captures(ch, false);
	int err = run_hook(ch, r->line->bind);

	if (err || (err = look_up(ch)))
		return err;
	if (!ch->old)
		return r->line->table
			? change_refuse(ch, "The %s does not exist.", ch->table->label)
			: 0;
	if (differs(ch, typed))
		return change_refuse(ch, "The configuration does not exist.");
	ch->touched = r->bound;
	for (unsigned int c = ch->table->n_key; c < ch->table->n_columns; c++)
		ch->v[c] = r->bound & BIT(c) ? defaults_get(defaults, ch->store, ch->table)[c]
					     : ch->old[c];
	err = run_hook(ch, r->line->check);
	return err ? err : write_row(ch);
}

/* Deletes the rows that the line describes. */
static int
undo_rows(struct change *ch, unsigned int n_prefix, int (*bind)(struct change *ch),
	int (*check)(struct change *ch))
{
	struct found f = { .ch = ch, .table = ch->table };
	int err;

	f.only = take_captures(ch, true);
	ch->touched = 0;
	err = run_hook(ch, bind);
	if (err)
		return err;
	f.like = ch->v;
	f.only |= ch->touched | (BIT(n_prefix) - 1);
	err = find_rows(&f, n_prefix);
	if (!err && !f.n)
		return change_refuse(ch, "The %s does not exist.", ch->table->label);
	/* Backwards: what comes first in order may be what the others lean on. */
	for (size_t i = f.n; !err && i-- > 0;) {
		ch->old = f.rows[i].v;
		err = run_hook(ch, check);
		if (!err)
			err = delete_row(ch, &f.rows[i]);
	}
	return err;
}

int
apply_line(struct change *ch, const struct rule *r, unsigned int n_key, struct defaults *defaults)
{
	const struct line *l = r->line;

	begin_row(ch, r->table, n_key, defaults);
	ch->undo = r->kind == RULE_UNDO;
	if (!ch->undo)
		return set_line(ch, r);
	if (!l->table || l->existing)
		return undo_columns(ch, r, defaults);
	return undo_rows(ch, n_key, l->bind, l->check);
}

int
apply_enter(struct change *ch, const struct rule *r, struct defaults *defaults)
{
	const struct section *s = r->section;
	int err;

	begin_row(ch, s->table, 0, defaults);
	take_captures(ch, true);
	ch->undo = false;
	err = run_hook(ch, s->bind);
	if (err || (err = look_up(ch)))
		return err;
	err = run_hook(ch, s->check);
	if (err)
		return err;
	if (ch->old) {
		ch->v = arena_memdup(ch->arena, ch->old, s->table->n_columns * sizeof(*ch->v));
		return 0;
	}
	return write_row(ch);
}

int
apply_delete(struct change *ch, const struct rule *r, struct defaults *defaults)
{
	begin_row(ch, r->section->table, 0, defaults);
	ch->undo = true;
	return undo_rows(ch, 0, r->section->bind, r->section->check);
}
