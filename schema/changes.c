/*
 * Changesets: recording what is typed, applying it elsewhere, undoing it (SQLite session extension).
 * What two operators did alike is no conflict; what they did differently is refused with the rows
 * named. A changeset comes from a less trusted process: it is read through (changeset.c) before it is
 * given to SQLite.
 */
#include "config.h"

#include "schema/changes.h"

#include "lib/arena.h"
#include "lib/err.h"
#include "schema/refer.h"
#include "schema/store_db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- recording --------------------------------------------------------------------- */

int
changes_record(struct store *s)
{
	store_session_end(&s->session);
	return store_errno(store_session(s, &s->session));
}

int
changes_take(struct store *s, void **changeset, size_t *len)
{
	void *blob = NULL;
	int n = 0;
	int rc;
	int r;

	*changeset = NULL;
	*len = 0;
	if (!s->session)
		return -EINVAL;
	rc = sqlite3session_changeset(s->session, &n, &blob);
	if (rc != SQLITE_OK)
		return store_errno(rc);
	r = store_take_blob(blob, n, changeset, len);
	return r < 0 ? r : changes_record(s);
}

bool
changes_pending(struct store *s)
{
	return s->session && !sqlite3session_isempty(s->session);
}

static bool
is_changeset(const void *changeset, size_t len)
{
	struct arena *a = arena_new();
	struct change *list;
	size_t n;
	int r = changes_list(changeset, len, a, &list, &n);

	arena_free(a);
	return r == 0;
}

int
changes_invert(const void *changeset, size_t len, void **out, size_t *out_len)
{
	void *blob = NULL;
	int n = 0;
	int rc;

	*out = NULL;
	*out_len = 0;
	if (len == 0)
		return 0;
	if (!is_changeset(changeset, len))
		return -EBADMSG;
	rc = sqlite3changeset_invert((int)len, changeset, &n, &blob);
	if (rc != SQLITE_OK)
		return rc == SQLITE_NOMEM ? -ENOMEM : -EBADMSG;
	return store_take_blob(blob, n, out, out_len);
}

/* --- applying ---------------------------------------------------------------------- */

#define KEY_MAX 8
#define NAMED_MAX 3 /* rows in one error; the rest is counted */

struct applying {
	char rows[200]; /* what another operator did to which rows */
	size_t at;
	unsigned int n_conflicts;
	char invalid_row[96]; /* one with a value that is not allowed */
	bool dangling;
};

static bool
same(sqlite3_value *a, sqlite3_value *b)
{
	int type = sqlite3_value_type(a);

	if (type != sqlite3_value_type(b))
		return false;
	if (type == SQLITE_INTEGER)
		return sqlite3_value_int64(a) == sqlite3_value_int64(b);
	return type == SQLITE_NULL ||
		(sqlite3_value_bytes(a) == sqlite3_value_bytes(b) &&
			!strcmp((const char *)sqlite3_value_text(a),
				(const char *)sqlite3_value_text(b)));
}

/* Does the row hold already everything that this change would make of it? */
static bool
is_done(sqlite3_changeset_iter *it, int n)
{
	for (int i = 0; i < n; i++) {
		sqlite3_value *new = NULL;
		sqlite3_value *now = NULL;

		sqlite3changeset_new(it, i, &new);
		sqlite3changeset_conflict(it, i, &now);
		if (new && (!now || !same(new, now)))
			return false;
	}
	return true;
}

/* " (esp-encryption, transform)": where the row is not as the changeset expected it. */
static void
name_columns(sqlite3_changeset_iter *it, const struct table *t, char *out, size_t cap)
{
	size_t at = 0;

	out[0] = '\0';
	for (unsigned int i = 0; i < t->n_columns; i++) {
		sqlite3_value *old = NULL;
		sqlite3_value *now = NULL;

		sqlite3changeset_old(it, (int)i, &old);
		sqlite3changeset_conflict(it, (int)i, &now);
		if (!old || !now || same(old, now))
			continue;
		at += (size_t)snprintf(
			out + at, cap - at, "%s%s", at ? ", " : " (", t->columns[i].name);
		if (at >= cap - 2)
			break;
	}
	if (at >= cap - 1)
		at = cap - 2;
	if (at)
		memcpy(out + at, ")", 2);
	for (char *p = out; *p; p++)
		if (*p == '_')
			*p = '-';
}

/* The row that the iterator is at; changes_list has seen to it that the key is there. */
static void
name_row(sqlite3_changeset_iter *it, int op, const struct table *t, char *out, size_t cap)
{
	struct value key[KEY_MAX];

	for (unsigned int i = 0; i < t->n_key && i < KEY_MAX; i++) {
		sqlite3_value *v = NULL;

		if (op == SQLITE_INSERT)
			sqlite3changeset_new(it, (int)i, &v);
		else
			sqlite3changeset_old(it, (int)i, &v);
		key[i] = sqlite3_value_type(v) == SQLITE_INTEGER
			? VALUE_OF_INT(sqlite3_value_int64(v))
			: VALUE_OF_TEXT((const char *)sqlite3_value_text(v));
	}
	refer_name(t, key, out, cap);
}

static void
note(struct applying *ap, const char *did, const char *row, const char *columns)
{
	int n;

	if (ap->n_conflicts++ >= NAMED_MAX || ap->at >= sizeof ap->rows - 1)
		return;
	n = snprintf(ap->rows + ap->at, sizeof ap->rows - ap->at, "%s%s %s%s", ap->at ? "; " : "",
		did, row, columns);
	if (n > 0)
		ap->at += (size_t)n;
}

static int
on_conflict(void *arg, int kind, sqlite3_changeset_iter *it)
{
	struct applying *ap = arg;
	const struct table *t;
	const char *name = NULL;
	char columns[80];
	char row[96];
	int n = 0;
	int op = 0;

	if (kind == SQLITE_CHANGESET_FOREIGN_KEY) {
		ap->dangling = true;
		return SQLITE_CHANGESET_OMIT;
	}
	sqlite3changeset_op(it, &name, &n, &op, NULL);
	t = model_table(name);
	if (!t)
		return SQLITE_CHANGESET_ABORT;
	name_row(it, op, t, row, sizeof row);
	switch (kind) {
	case SQLITE_CHANGESET_DATA:
		if (op == SQLITE_UPDATE && is_done(it, n))
			break;
		name_columns(it, t, columns, sizeof columns);
		note(ap, "changed", row, columns);
		break;
	case SQLITE_CHANGESET_NOTFOUND:
		if (op == SQLITE_UPDATE)
			note(ap, "deleted", row, "");
		break;
	case SQLITE_CHANGESET_CONFLICT:
		if (!is_done(it, n))
			note(ap, "made", row, "");
		break;
	default: snprintf(ap->invalid_row, sizeof ap->invalid_row, "%s", row); break;
	}
	return SQLITE_CHANGESET_OMIT;
}

static int
only_config(void *arg, const char *table)
{
	return store_is_config(table) && model_table(table);
}

/* What the handler found, as an error; 0 when nothing stands against it. */
static int
verdict(struct store *s, const struct applying *ap, const struct change *changes, size_t n,
	struct err *e)
{
	char more[32] = "";

	if (ap->n_conflicts > NAMED_MAX)
		snprintf(more, sizeof more, " and %u more", ap->n_conflicts - NAMED_MAX);
	if (ap->n_conflicts)
		return err_set(
			e, -EBUSY, "configuration", "Another operator %s%s.", ap->rows, more);
	if (ap->invalid_row[0])
		return err_set(e, -EINVAL, ap->invalid_row, "A value of %s is not allowed.",
			ap->invalid_row);
	if (ap->dangling)
		return refer_explain(s, changes, n, e);
	return 0;
}

int
changes_apply(struct store *s, const void *changeset, size_t len, struct err *e)
{
	struct arena *a = arena_new();
	struct applying ap = { 0 };
	struct change *changes;
	size_t n;
	int rc;
	int r;

	r = changes_list(changeset, len, a, &changes, &n);
	if (r < 0)
		err_set(e, r, "configuration",
			"The changes are not understood; use programs of one "
			"release.");
	if (r == 0 && !store_writable(s))
		r = err_set(e, -EROFS, s->path, "Only a commit changes the store.");
	if (r < 0 || n == 0)
		goto out;
	rc = store_exec(s, "SAVEPOINT changes");
	if (rc == SQLITE_OK)
		rc = sqlite3changeset_apply_v2(s->db, (int)len, (void *)changeset, only_config,
			on_conflict, &ap, NULL, NULL, 0);
	r = rc == SQLITE_OK ? verdict(s, &ap, changes, n, e) : store_err(s, rc, e, "change");
	if (r == 0) {
		rc = store_exec(s, "RELEASE changes");
		r = rc == SQLITE_OK ? 0 : store_err(s, rc, e, "change");
	}
	if (r < 0 && !sqlite3_get_autocommit(s->db))
		store_exec(s, "ROLLBACK TO changes; RELEASE changes");
out:
	arena_free(a);
	return r;
}
