/*
 * The map of a commit: begin, apply, seal, check, log, commit; each step or all of it is taken back.
 * The history holds what was really changed, recorded while it was done, with secrets sealed. Refuses
 * to know what the configuration means: the daemon's check decides.
 */
#include "config.h"

#include "schema/commit.h"

#include "lib/arena.h"
#include "lib/err.h"
#include "schema/history.h"
#include "schema/row.h"
#include "schema/seal.h"
#include "schema/store_db.h"

#include <errno.h>
#include <stdio.h>

struct commit {
	struct store *store;
	const struct seal *seal;
	const struct commit_info *info;
	const struct commit_ops *ops;
	struct arena *arena;
	sqlite3_session *session; /* records what the commit does */
	void *done;		  /* that, as a changeset; SQLite's memory */
	int done_len;
	struct change *changes;
	size_t n;
	struct err *err;
};

static void
passed(const struct commit *c, enum commit_step step)
{
	if (c->ops && c->ops->step)
		c->ops->step(c->ops->arg, step);
}

/* What has been done so far. */
static int
read_done(struct commit *c)
{
	int rc;
	int r;

	sqlite3_free(c->done);
	c->done = NULL;
	rc = sqlite3session_changeset(c->session, &c->done_len, &c->done);
	if (rc != SQLITE_OK)
		return store_err(c->store, rc, c->err, "change");
	r = changes_list(c->done, (size_t)c->done_len, c->arena, &c->changes, &c->n);
	if (r < 0)
		return err_set(c->err, r, "configuration",
			"The store and the program do not fit; use programs of one release.");
	return 0;
}

static int
apply(struct commit *c, const void *changeset, size_t len)
{
	int rc = store_session(c->store, &c->session);
	int r;

	if (rc != SQLITE_OK)
		return store_err(c->store, rc, c->err, "change");
	r = changes_apply(c->store, changeset, len, c->err);
	if (r == 0)
		r = read_done(c);
	if (r == 0)
		passed(c, COMMIT_APPLIED);
	return r;
}

/* Seals one column of a row, if it is a secret that was just changed. */
static int
seal_column(struct commit *c, const struct change *change, const struct row *row, unsigned int i)
{
	const struct column *col = &change->table->columns[i];
	const char *sealed;
	struct value v;
	int r;

	if (!col->type->secret || !(change->columns & UINT64_C(1) << i) ||
		row->v[i].kind != VALUE_TEXT)
		return 0;
	if (!c->seal)
		return err_set(c->err, -EKEYREJECTED, col->name,
			"There is no key file to seal a secret with; start yongd.");
	r = seal_text(c->seal, row->v[i].s, c->arena, &sealed, c->err);
	if (r < 0)
		return r;
	v = VALUE_OF_TEXT(sealed);
	r = row_set(c->store, change->table, change->key, i, &v);
	return r < 0 ? err_set(c->err, r, col->name, "A secret could not be stored.") : 0;
}

static int
seal_all(struct commit *c)
{
	struct row row;
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->n; i++) {
		const struct change *change = &c->changes[i];
		bool has_secret = false;

		for (unsigned int j = 0; j < change->table->n_columns; j++)
			has_secret |= change->table->columns[j].type->secret;
		if (!has_secret || change->op == CHANGE_DELETE)
			continue;
		r = row_get(c->store, change->table, change->key, c->arena, &row);
		for (unsigned int j = 0; r == 0 && j < change->table->n_columns; j++)
			r = seal_column(c, change, &row, j);
	}
	if (r == 0)
		r = read_done(c);
	if (r == 0)
		passed(c, COMMIT_SEALED);
	return r;
}

static int
check(struct commit *c)
{
	int r = 0;

	if (c->ops && c->ops->check)
		r = c->ops->check(c->ops->arg, c->store, c->changes, c->n, c->err);
	if (r > 0)
		r = -EINVAL;
	if (r == 0)
		passed(c, COMMIT_CHECKED);
	return r;
}

/* Writes the history and makes it durable. */
static int
finish(struct commit *c, uint64_t revision)
{
	int rc = history_append(c->store, revision, c->info, c->done, (size_t)c->done_len);

	if (rc != SQLITE_OK)
		return store_err(c->store, rc, c->err, "write");
	passed(c, COMMIT_LOGGED);
	rc = store_exec(c->store, "COMMIT");
	if (rc != SQLITE_OK)
		return store_err(c->store, rc, c->err, "write");
	passed(c, COMMIT_DONE);
	return 0;
}

static int
refuse_unfit(const struct store *s, const struct commit_info *info, struct err *e)
{
	if (!s->live)
		return err_set(e, -EINVAL, s->path, "Only the store itself takes commits.");
	if (info->schema != STORE_SCHEMA)
		return err_set(e, -EPROTO, "configuration",
			"The shell is of another release (schema %u, the daemon has %d); log in "
			"again "
			"with this one's.",
			info->schema, STORE_SCHEMA);
	return 0;
}

int
commit_run(struct store *s, const struct seal *seal, const struct commit_info *info,
	const void *changeset, size_t len, const struct commit_ops *ops, uint64_t *revision,
	struct err *e)
{
	struct commit c = { .store = s, .seal = seal, .info = info, .ops = ops, .err = e };
	uint64_t next;
	int rc;
	int r = refuse_unfit(s, info, e);

	if (r < 0)
		return r;
	rc = store_exec(s, "BEGIN IMMEDIATE");
	if (rc != SQLITE_OK)
		return store_err(s, rc, e, "write");
	c.arena = arena_new();
	next = store_revision(s) + 1;
	passed(&c, COMMIT_BEGUN);
	r = apply(&c, changeset, len);
	if (r == 0)
		r = seal_all(&c);
	if (r == 0 && c.n == 0)
		*revision = next - 1; /* all of it was so already */
	else if (r == 0 && (r = check(&c)) == 0 && (r = finish(&c, next)) == 0)
		*revision = next;
	store_session_end(&c.session);
	sqlite3_free(c.done);
	if (!sqlite3_get_autocommit(s->db))
		store_exec(s, "ROLLBACK");
	arena_free(c.arena);
	return r;
}
