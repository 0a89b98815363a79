/*
 * Rows by the model. Identifiers come from the const tables, values are always bound; a statement is
 * prepared once per store, table, operation and set of columns. Refuses to know what a row means.
 */
#include "config.h"

#include "schema/row.h"

#include "lib/arena.h"
#include "schema/store_db.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What a kept statement does; arg tells its variants apart. */
enum row_op {
	ROW_GET,
	ROW_EACH,    /* arg: n_prefix */
	ROW_WHERE,   /* arg: column */
	ROW_INSERT,  /* arg: the columns given, a bit each */
	ROW_SET,     /* arg: column */
	ROW_DEFAULT, /* arg: column */
	ROW_DELETE,
	ROW_COUNT,   /* arg: n_prefix */
	ROW_MAX_KEY, /* arg: n_prefix */
};

#define ROW_KEEP_MAX 512 /* statements; then all idle ones are given back */

struct row_stmt {
	struct row_stmt *next;
	const struct table *table;
	enum row_op op;
	uint64_t arg;
	sqlite3_stmt *stmt;
	bool busy;     /* being stepped: a nested call of the same kind needs another */
	bool not_null; /* ROW_DEFAULT: the column is NOT NULL */
};

/* --- SQL texts --------------------------------------------------------------------- */

static void
put_columns(sqlite3_str *sql, const struct table *t, uint64_t mask)
{
	const char *comma = "";

	for (unsigned int i = 0; i < t->n_columns; i++) {
		if (!(mask & UINT64_C(1) << i))
			continue;
		sqlite3_str_appendf(sql, "%s\"%w\"", comma, t->columns[i].name);
		comma = ", ";
	}
}

static void
put_where_key(sqlite3_str *sql, const struct table *t, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		sqlite3_str_appendf(
			sql, "%s\"%w\" = ?", i ? " AND " : " WHERE ", t->columns[i].name);
}

static void
put_select(sqlite3_str *sql, const struct table *t)
{
	sqlite3_str_appendall(sql, "SELECT ");
	put_columns(sql, t, UINT64_MAX);
	sqlite3_str_appendf(sql, " FROM \"%w\"", t->name);
}

static void
put_order(sqlite3_str *sql, const struct table *t)
{
	sqlite3_str_appendall(sql, " ORDER BY ");
	if (t->order)
		sqlite3_str_appendall(sql, t->order);
	else
		put_columns(sql, t, (UINT64_C(1) << t->n_key) - 1);
}

static void
put_insert(sqlite3_str *sql, const struct table *t, uint64_t mask)
{
	const char *comma = "";

	sqlite3_str_appendf(sql, "INSERT INTO \"%w\" (", t->name);
	put_columns(sql, t, mask);
	sqlite3_str_appendall(sql, ") VALUES (");
	for (uint64_t m = mask; m; m &= m - 1, comma = ", ")
		sqlite3_str_appendf(sql, "%s?", comma);
	sqlite3_str_appendall(sql, ")");
}

/* The default is an expression in the catalogue; as a statement it gives the value. */
static void
put_default(sqlite3_str *sql, struct store *s, const struct table *t, const char *column,
	bool *not_null)
{
	sqlite3_stmt *stmt = NULL;

	sqlite3_str_appendall(sql, "SELECT ");
	if (sqlite3_prepare_v2(s->db,
		    "SELECT coalesce(dflt_value, 'NULL'), \"notnull\" FROM pragma_table_info(?) "
		    "WHERE name = ?",
		    -1, &stmt, NULL) == SQLITE_OK) {
		sqlite3_bind_text(stmt, 1, t->name, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 2, column, -1, SQLITE_STATIC);
		if (sqlite3_step(stmt) == SQLITE_ROW) {
			sqlite3_str_appendf(sql, "%s", sqlite3_column_text(stmt, 0));
			*not_null = sqlite3_column_int(stmt, 1);
		}
	}
	sqlite3_finalize(stmt);
}

static char *
sql_text(struct store *s, struct row_stmt *r)
{
	sqlite3_str *sql = sqlite3_str_new(s->db);
	const struct table *t = r->table;
	unsigned int n = (unsigned int)r->arg;

	switch (r->op) {
	case ROW_GET:
		put_select(sql, t);
		put_where_key(sql, t, t->n_key);
		break;
	case ROW_EACH:
		put_select(sql, t);
		put_where_key(sql, t, n);
		put_order(sql, t);
		break;
	case ROW_WHERE:
		put_select(sql, t);
		sqlite3_str_appendf(sql, " WHERE \"%w\" IS ?", t->columns[n].name);
		put_order(sql, t);
		break;
	case ROW_INSERT: put_insert(sql, t, r->arg); break;
	case ROW_SET:
		sqlite3_str_appendf(
			sql, "UPDATE \"%w\" SET \"%w\" = ?", t->name, t->columns[n].name);
		put_where_key(sql, t, t->n_key);
		break;
	case ROW_DEFAULT: put_default(sql, s, t, t->columns[n].name, &r->not_null); break;
	case ROW_DELETE:
		sqlite3_str_appendf(sql, "DELETE FROM \"%w\"", t->name);
		put_where_key(sql, t, t->n_key);
		break;
	case ROW_COUNT:
		sqlite3_str_appendf(sql, "SELECT count(*) FROM \"%w\"", t->name);
		put_where_key(sql, t, n);
		break;
	case ROW_MAX_KEY:
		sqlite3_str_appendf(sql, "SELECT coalesce(max(\"%w\"), -1) FROM \"%w\"",
			t->columns[n].name, t->name);
		put_where_key(sql, t, n);
		break;
	}
	return sqlite3_str_finish(sql);
}

/* --- kept statements --------------------------------------------------------------- */

static struct row_stmt **
bucket_of(struct store *s, const struct table *t, enum row_op op, uint64_t arg)
{
	uint64_t h = (uintptr_t)t / sizeof(void *) + op * 7919 + arg * 31;

	return &s->rows[h % ROW_BUCKETS];
}

static void
forget(struct store *s, bool idle_only)
{
	for (unsigned int i = 0; i < ROW_BUCKETS; i++) {
		struct row_stmt **at = &s->rows[i];
		struct row_stmt *r;

		while ((r = *at)) {
			if (idle_only && r->busy) {
				at = &r->next;
				continue;
			}
			*at = r->next;
			sqlite3_finalize(r->stmt);
			free(r);
			s->n_rows--;
		}
	}
}

void
row_forget(struct store *s)
{
	forget(s, false);
}

/* The statement, busy until statement_done. */
static int
statement(
	struct store *s, const struct table *t, enum row_op op, uint64_t arg, struct row_stmt **out)
{
	struct row_stmt **bucket = bucket_of(s, t, op, arg);
	struct row_stmt *r;
	char *sql;
	int rc;

	for (r = *bucket; r; r = r->next)
		if (r->table == t && r->op == op && r->arg == arg && !r->busy)
			goto found;
	if (s->n_rows >= ROW_KEEP_MAX)
		forget(s, true);
	r = calloc(1, sizeof *r);
	if (!r)
		return -ENOMEM;
	*r = (struct row_stmt){ .table = t, .op = op, .arg = arg };
	sql = sql_text(s, r);
	rc = sql ? sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &r->stmt, NULL)
		 : SQLITE_NOMEM;
	sqlite3_free(sql);
	if (rc != SQLITE_OK || !r->stmt) {
		free(r);
		return rc == SQLITE_OK ? -EPROTO : store_errno(rc);
	}
	r->next = *bucket;
	*bucket = r;
	s->n_rows++;
found:
	r->busy = true;
	*out = r;
	return 0;
}

/* Gives it back; the result of what it did. */
static int
statement_done(struct row_stmt *r, int rc)
{
	sqlite3_reset(r->stmt);
	sqlite3_clear_bindings(r->stmt);
	r->busy = false;
	return store_errno(rc);
}

static void
bind_value(struct row_stmt *r, int i, const struct value *v)
{
	switch (v->kind) {
	case VALUE_NULL: sqlite3_bind_null(r->stmt, i); break;
	case VALUE_INT: sqlite3_bind_int64(r->stmt, i, v->i); break;
	case VALUE_TEXT: sqlite3_bind_text(r->stmt, i, v->s, -1, SQLITE_TRANSIENT); break;
	}
}

static void
bind_key(struct row_stmt *r, int first, const struct value *key, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		bind_value(r, first + (int)i, &key[i]);
}

static void
read_value(sqlite3_stmt *stmt, int i, struct arena *a, struct value *v)
{
	*v = (struct value){ .kind = VALUE_NULL };
	switch (sqlite3_column_type(stmt, i)) {
	case SQLITE_INTEGER: *v = VALUE_OF_INT(sqlite3_column_int64(stmt, i)); break;
	case SQLITE_TEXT:
		*v = VALUE_OF_TEXT(arena_strdup(a, (const char *)sqlite3_column_text(stmt, i)));
		break;
	default: break;
	}
}

static void
read_row(struct row_stmt *r, struct arena *a, struct value *v)
{
	for (unsigned int i = 0; i < r->table->n_columns; i++)
		read_value(r->stmt, (int)i, a, &v[i]);
}

/* --- reading ----------------------------------------------------------------------- */

int
row_get(struct store *s, const struct table *t, const struct value *key, struct arena *a,
	struct row *out)
{
	struct row_stmt *r;
	int err = statement(s, t, ROW_GET, 0, &r);
	int rc;

	if (err < 0)
		return err;
	bind_key(r, 1, key, t->n_key);
	rc = sqlite3_step(r->stmt);
	if (rc == SQLITE_ROW) {
		out->table = t;
		out->v = arena_alloc(a, t->n_columns * sizeof *out->v);
		read_row(r, a, out->v);
	}
	err = statement_done(r, rc);
	return rc == SQLITE_DONE ? -ENOENT : err;
}

static int
each(struct row_stmt *r, struct arena *a, int (*fn)(void *arg, const struct row *r), void *arg)
{
	struct row row = { .table = r->table };
	int stop = 0;
	int err;
	int rc;

	row.v = arena_alloc(a, r->table->n_columns * sizeof *row.v);
	while ((rc = sqlite3_step(r->stmt)) == SQLITE_ROW) {
		read_row(r, a, row.v);
		stop = fn(arg, &row);
		if (stop)
			break;
	}
	err = statement_done(r, rc);
	return stop ? stop : err;
}

int
row_each(struct store *s, const struct table *t, const struct value *prefix, unsigned int n_prefix,
	struct arena *a, int (*fn)(void *arg, const struct row *r), void *arg)
{
	struct row_stmt *r;
	int err;

	if (n_prefix > t->n_key)
		return -EINVAL;
	err = statement(s, t, ROW_EACH, n_prefix, &r);
	if (err < 0)
		return err;
	bind_key(r, 1, prefix, n_prefix);
	return each(r, a, fn, arg);
}

int
row_each_where(struct store *s, const struct table *t, unsigned int column, const struct value *v,
	struct arena *a, int (*fn)(void *arg, const struct row *r), void *arg)
{
	struct row_stmt *r;
	int err;

	if (column >= t->n_columns)
		return -EINVAL;
	err = statement(s, t, ROW_WHERE, column, &r);
	if (err < 0)
		return err;
	bind_value(r, 1, v);
	return each(r, a, fn, arg);
}

int
row_default(struct store *s, const struct table *t, unsigned int column, struct arena *a,
	struct value *out)
{
	struct row_stmt *r;
	int err;
	int rc;

	if (column >= t->n_columns)
		return -EINVAL;
	err = statement(s, t, ROW_DEFAULT, column, &r);
	if (err < 0)
		return err;
	rc = sqlite3_step(r->stmt);
	if (rc == SQLITE_ROW)
		read_value(r->stmt, 0, a, out);
	return statement_done(r, rc);
}

static int64_t
read_int(struct store *s, const struct table *t, enum row_op op, const struct value *prefix,
	unsigned int n_prefix)
{
	struct row_stmt *r;
	int64_t v = -1;
	int err = statement(s, t, op, n_prefix, &r);
	int rc;

	if (err < 0)
		return err;
	bind_key(r, 1, prefix, n_prefix);
	rc = sqlite3_step(r->stmt);
	if (rc == SQLITE_ROW)
		v = sqlite3_column_int64(r->stmt, 0);
	err = statement_done(r, rc);
	return err < 0 ? err : v;
}

int64_t
row_count(struct store *s, const struct table *t, const struct value *prefix, unsigned int n_prefix)
{
	return n_prefix > t->n_key ? -EINVAL : read_int(s, t, ROW_COUNT, prefix, n_prefix);
}

int64_t
row_max_key(
	struct store *s, const struct table *t, const struct value *prefix, unsigned int n_prefix)
{
	return n_prefix >= t->n_key ? -EINVAL : read_int(s, t, ROW_MAX_KEY, prefix, n_prefix);
}

/* --- writing ----------------------------------------------------------------------- */

static int
insert(struct store *s, const struct table *t, const struct value *v, uint64_t mask)
{
	struct row_stmt *r;
	int at = 1;
	int err = store_writable(s) ? statement(s, t, ROW_INSERT, mask, &r) : -EROFS;

	if (err < 0)
		return err;
	for (unsigned int i = 0; i < t->n_columns; i++)
		if (mask & UINT64_C(1) << i)
			bind_value(r, at++, &v[i]);
	return statement_done(r, sqlite3_step(r->stmt));
}

int
row_insert(struct store *s, const struct table *t, const struct value *key)
{
	return insert(s, t, key, (UINT64_C(1) << t->n_key) - 1);
}

int
row_put(struct store *s, const struct table *t, const struct value *v)
{
	uint64_t mask = 0;

	for (unsigned int i = 0; i < t->n_columns; i++)
		if (v[i].kind != VALUE_NULL || i < t->n_key)
			mask |= UINT64_C(1) << i;
	return insert(s, t, v, mask);
}

/* NULL for a NOT NULL column: its default. The text, if any, is in the arena. */
static int
effective(struct store *s, const struct table *t, unsigned int column, struct arena *a,
	struct value *v)
{
	struct row_stmt *r;
	bool not_null;
	int err;

	if (v->kind != VALUE_NULL)
		return 0;
	err = statement(s, t, ROW_DEFAULT, column, &r);
	if (err < 0)
		return err;
	not_null = r->not_null;
	statement_done(r, SQLITE_OK);
	return not_null ? row_default(s, t, column, a, v) : 0;
}

int
row_set(struct store *s, const struct table *t, const struct value *key, unsigned int column,
	const struct value *v)
{
	struct arena *a = arena_new();
	struct value value = *v;
	struct row_stmt *r;
	int err = store_writable(s) ? 0 : -EROFS;
	int rc;

	if (err == 0)
		err = column >= t->n_columns ? -EINVAL : effective(s, t, column, a, &value);
	if (err == 0)
		err = statement(s, t, ROW_SET, column, &r);
	if (err < 0)
		goto out;
	bind_value(r, 1, &value);
	bind_key(r, 2, key, t->n_key);
	rc = sqlite3_step(r->stmt);
	err = statement_done(r, rc);
	if (err == 0 && sqlite3_changes(s->db) == 0)
		err = -ENOENT;
out:
	arena_free(a);
	return err;
}

int
row_delete(struct store *s, const struct table *t, const struct value *key)
{
	struct row_stmt *r;
	int err = store_writable(s) ? statement(s, t, ROW_DELETE, 0, &r) : -EROFS;

	if (err < 0)
		return err;
	bind_key(r, 1, key, t->n_key);
	err = statement_done(r, sqlite3_step(r->stmt));
	return err == 0 && sqlite3_changes(s->db) == 0 ? -ENOENT : err;
}
