/*
 * Words for rows and for references between them: SQLite says that a reference dangles, an operator
 * wants to read which line to undo first. Costs a scan of the store, so only after a refusal.
 */
#include "config.h"

#include "schema/refer.h"

#include "lib/arena.h"
#include "lib/err.h"
#include "schema/row.h"
#include "schema/store_db.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* One dangling reference. */
struct dangling {
	const struct table *child;
	const struct table *parent;
	struct value *child_key;
	struct value value; /* the name that nothing has */
};

static size_t
put_value(const struct value *v, char *out, size_t cap)
{
	int n = v->kind == VALUE_INT
		? snprintf(out, cap, " %lld", (long long)v->i)
		: snprintf(out, cap, " %s", v->kind == VALUE_TEXT ? v->s : "-");

	return n < 0 ? 0 : (size_t)n < cap ? (size_t)n : cap - 1;
}

/* A table with one row has nothing to tell rows apart by. */
static bool
is_single(const struct table *t)
{
	return t->n_key == 1 && !strcmp(t->columns[0].name, "id");
}

void
refer_name(const struct table *t, const struct value *key, char *out, size_t cap)
{
	int n = snprintf(out, cap, "%s", t->label);
	size_t at = n < 0 ? 0 : (size_t)n < cap ? (size_t)n : cap - 1;

	if (is_single(t))
		return;
	/* Keys that are only there to be unique are empty. */
	for (unsigned int i = 0; i < t->n_key && at + 1 < cap; i++)
		if (key[i].kind != VALUE_TEXT || key[i].s[0])
			at += put_value(&key[i], out + at, cap - at);
}

static void
read_column(sqlite3_stmt *stmt, int i, struct arena *a, struct value *v)
{
	if (sqlite3_column_type(stmt, i) == SQLITE_INTEGER)
		*v = VALUE_OF_INT(sqlite3_column_int64(stmt, i));
	else if (sqlite3_column_type(stmt, i) == SQLITE_TEXT)
		*v = VALUE_OF_TEXT(arena_strdup(a, (const char *)sqlite3_column_text(stmt, i)));
}

/* The row that refers: its key, and what stands in the referring column. */
static int
read_child(struct store *s, struct arena *a, int64_t rowid, const char *column, struct dangling *d)
{
	sqlite3_str *sql = sqlite3_str_new(s->db);
	const struct table *t = d->child;
	sqlite3_stmt *stmt = NULL;
	char *text;
	int rc;

	sqlite3_str_appendf(sql, "SELECT \"%w\"", column);
	for (unsigned int i = 0; i < t->n_key; i++)
		sqlite3_str_appendf(sql, ", \"%w\"", t->columns[i].name);
	sqlite3_str_appendf(sql, " FROM \"%w\" WHERE rowid = ?", t->name);
	text = sqlite3_str_finish(sql);
	rc = text ? sqlite3_prepare_v2(s->db, text, -1, &stmt, NULL) : SQLITE_NOMEM;
	sqlite3_free(text);
	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(stmt, 1, rowid);
		rc = sqlite3_step(stmt);
	}
	if (rc == SQLITE_ROW) {
		read_column(stmt, 0, a, &d->value);
		d->child_key = arena_alloc(a, t->n_key * sizeof *d->child_key);
		for (unsigned int i = 0; i < t->n_key; i++)
			read_column(stmt, (int)i + 1, a, &d->child_key[i]);
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? 0 : -ENOENT;
}

/* The first dangling reference there is. */
static int
find(struct store *s, struct arena *a, struct dangling *d)
{
	sqlite3_stmt *stmt = NULL;
	int r = -ENOENT;
	int rc = sqlite3_prepare_v2(s->db,
		"SELECT c.\"table\", c.rowid, c.parent, f.\"from\" "
		"FROM pragma_foreign_key_check AS c, pragma_foreign_key_list(c.\"table\") AS f "
		"WHERE f.id = c.fkid LIMIT 1",
		-1, &stmt, NULL);

	if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
		d->child = model_table((const char *)sqlite3_column_text(stmt, 0));
		d->parent = model_table((const char *)sqlite3_column_text(stmt, 2));
		if (d->child && d->parent)
			r = read_child(s, a, sqlite3_column_int64(stmt, 1),
				(const char *)sqlite3_column_text(stmt, 3), d);
	}
	sqlite3_finalize(stmt);
	return r;
}

static bool
equal(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return false;
	return a->kind == VALUE_INT ? a->i == b->i : a->kind != VALUE_TEXT || !strcmp(a->s, b->s);
}

static bool
was_deleted(const struct dangling *d, const struct change *changes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (changes[i].op == CHANGE_DELETE && changes[i].table == d->parent &&
			equal(&changes[i].key[0], &d->value))
			return true;
	return false;
}

int
refer_explain(struct store *s, const struct change *changes, size_t n, struct err *e)
{
	struct arena *a = arena_new();
	struct dangling d = { 0 };
	char child[96];
	char parent[96];
	int r;

	if (find(s, a, &d) < 0) {
		r = err_set(e, -EINVAL, s->path, "Something refers to what does not exist.");
		goto out;
	}
	/* One of several lines of an object is called by the object. */
	if (d.child->part_of && d.child->part_of != d.parent)
		d.child = d.child->part_of;
	refer_name(d.child, d.child_key, child, sizeof child);
	refer_name(d.parent, &d.value, parent, sizeof parent);
	if (was_deleted(&d, changes, n))
		r = err_set(e, -EINVAL, parent, "The %s is referenced by %s.", parent, child);
	else
		r = err_set(e, -EINVAL, child, "The %s does not exist; %s refers to it.", parent,
			child);
out:
	arena_free(a);
	return r;
}
