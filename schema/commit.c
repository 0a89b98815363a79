/*
 * The map of a commit: begin, seal, apply, check, log, commit; all of it or nothing. Secrets are sealed
 * in the changeset, before SQLite sees them, so that no page and no log ever holds a plain one. The
 * history holds what was really changed, recorded while it was done. Refuses to know what the
 * configuration means: the daemon's check decides.
 */
#include "config.h"

#include "schema/commit.h"

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/secret.h"
#include "schema/changeset.h"
#include "schema/history.h"
#include "schema/seal.h"
#include "schema/store_db.h"

#include <errno.h>
#include <string.h>

struct commit {
	struct store *store;
	const struct seal *seal;
	const struct commit_info *info;
	const struct commit_ops *ops;
	struct arena *arena;
	struct wbuf sealed;	  /* the changeset, secrets sealed */
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

static int
seal_one(void *arg, const struct column *column, const char *text, size_t len, const char **out)
{
	struct commit *c = arg;
	struct secret *plain;
	int r;

	if (!c->seal)
		return err_set(c->err, -EKEYREJECTED, column->name,
			"There is no key file to seal a secret with; start yongd.");
	plain = secret_new(NULL, len + 1); /* with an end mark */
	if (!plain)
		return err_set(c->err, -ENOMEM, column->name, "There is no memory left.");
	memcpy(plain->data, text, len);
	r = seal_text(c->seal, (const char *)plain->data, c->arena, out, c->err);
	secret_free(plain);
	return r;
}

static int
seal_secrets(struct commit *c, const void *changeset, size_t len)
{
	int r = changeset_map_secrets(changeset, len, seal_one, c, &c->sealed);

	if (r == -EBADMSG)
		return err_set(c->err, r, "configuration",
			"The changes are not understood; use programs of one release.");
	if (r == 0)
		passed(c, COMMIT_SEALED);
	return r;
}

/* What the commit has done to the store. */
static int
read_done(struct commit *c)
{
	int rc = sqlite3session_changeset(c->session, &c->done_len, &c->done);
	int r;

	if (rc != SQLITE_OK)
		return store_err(c->store, rc, c->err, "change");
	r = changes_list(c->done, (size_t)c->done_len, c->arena, &c->changes, &c->n);
	if (r < 0)
		return err_set(c->err, r, "configuration",
			"The store and the program do not fit; use programs of one release.");
	return 0;
}

static int
apply(struct commit *c)
{
	int rc = store_session(c->store, &c->session);
	int r;

	if (rc != SQLITE_OK)
		return store_err(c->store, rc, c->err, "change");
	c->store->committing = true;
	r = changes_apply(c->store, c->sealed.start, wbuf_len(&c->sealed), c->err);
	c->store->committing = false;
	if (r == 0)
		r = read_done(c);
	if (r == 0)
		passed(c, COMMIT_APPLIED);
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
	c.sealed = wbuf_growing();
	next = store_revision(s) + 1;
	passed(&c, COMMIT_BEGUN);
	r = seal_secrets(&c, changeset, len);
	if (r == 0)
		r = apply(&c);
	if (r == 0 && c.n == 0)
		*revision = next - 1; /* all of it was so already */
	else if (r == 0 && (r = check(&c)) == 0 && (r = finish(&c, next)) == 0)
		*revision = next;
	store_session_end(&c.session);
	sqlite3_free(c.done);
	if (!sqlite3_get_autocommit(s->db))
		store_exec(s, "ROLLBACK");
	wbuf_fini(&c.sealed);
	arena_free(c.arena);
	return r;
}
