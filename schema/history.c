/*
 * The history of the live store: one row a commit, with the changeset as it was applied (secrets
 * sealed), so that candidates catch up and any commit can be undone by its inverse. It is bounded.
 * Refuses to know what a changeset says.
 */
#include "config.h"

#include "schema/history.h"

#include "schema/commit.h"
#include "schema/store_db.h"

#include <errno.h>
#include <limits.h>
#include <time.h>

static void
bind_text(sqlite3_stmt *stmt, int i, const char *text)
{
	sqlite3_bind_text(stmt, i, text ? text : "", -1, SQLITE_STATIC);
}

/* Runs a statement with two numbers. */
static int
run(struct store *s, const char *sql, int64_t a, int64_t b)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(stmt, 1, a);
		sqlite3_bind_int64(stmt, 2, b);
		rc = sqlite3_step(stmt);
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
prune_count(struct store *s, uint64_t revision)
{
	return run(s,
		"DELETE FROM commit_log WHERE revision IN (SELECT revision FROM commit_log "
		"WHERE revision <= ? ORDER BY revision LIMIT ?)",
		(int64_t)revision - HISTORY_KEPT, HISTORY_STEP);
}

/* Has to look at every row, so only now and then, and after a commit that weighs. */
static int
prune_bytes(struct store *s, uint64_t revision, size_t len)
{
	if (len < HISTORY_BYTES / HISTORY_KEPT && revision % HISTORY_STEP != 0)
		return SQLITE_OK;
	return run(s,
		"DELETE FROM commit_log WHERE revision < ? AND revision <= (SELECT max(revision) "
		"FROM (SELECT revision, sum(length(changeset)) OVER (ORDER BY revision DESC) AS "
		"total "
		"FROM commit_log) WHERE total > ?)",
		(int64_t)revision, HISTORY_BYTES);
}

int
history_append(struct store *s, uint64_t revision, const struct commit_info *info,
	const void *changeset, size_t len)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db,
		"INSERT INTO commit_log (revision, schema, time, user, terminal, text, changeset) "
		"VALUES (?, ?, ?, ?, ?, ?, ?)",
		-1, &stmt, NULL);

	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(stmt, 1, (int64_t)revision);
		sqlite3_bind_int64(stmt, 2, STORE_SCHEMA);
		sqlite3_bind_int64(stmt, 3, (int64_t)time(NULL));
		bind_text(stmt, 4, info->user);
		bind_text(stmt, 5, info->terminal);
		bind_text(stmt, 6, info->text);
		sqlite3_bind_blob64(stmt, 7, changeset, len, SQLITE_STATIC);
		rc = sqlite3_step(stmt);
	}
	sqlite3_finalize(stmt);
	stmt = NULL;
	if (rc == SQLITE_DONE)
		rc = sqlite3_prepare_v2(s->db, "UPDATE meta SET revision = ?", -1, &stmt, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(stmt, 1, (int64_t)revision);
		rc = sqlite3_step(stmt);
	}
	sqlite3_finalize(stmt);
	if (rc == SQLITE_DONE)
		rc = prune_count(s, revision);
	return rc == SQLITE_OK ? prune_bytes(s, revision, len) : rc;
}

/* Adds the changesets after `since` to the group; *n of them. */
static int
collect(struct store *s, uint64_t since, sqlite3_changegroup *group, uint64_t *n)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db,
		"SELECT changeset FROM commit_log WHERE revision > ? AND schema = ? "
		"ORDER BY revision",
		-1, &stmt, NULL);

	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(stmt, 1, (int64_t)since);
		sqlite3_bind_int64(stmt, 2, STORE_SCHEMA);
	}
	while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		int len = sqlite3_column_bytes(stmt, 0);

		rc = sqlite3changegroup_add(group, len, (void *)sqlite3_column_blob(stmt, 0));
		(*n)++;
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int
store_changes_since(struct store *s, uint64_t since, void **changeset, size_t *len)
{
	sqlite3_changegroup *group = NULL;
	uint64_t revision = store_revision(s);
	uint64_t n = 0;
	void *blob = NULL;
	int blob_len = 0;
	int rc;

	*changeset = NULL;
	*len = 0;
	if (!s->live || since > revision)
		return -ESTALE;
	if (since == revision)
		return 0;
	rc = sqlite3changegroup_new(&group);
	if (rc == SQLITE_OK)
		rc = collect(s, since, group, &n);
	if (rc == SQLITE_OK && n == revision - since)
		rc = sqlite3changegroup_output(group, &blob_len, &blob);
	sqlite3changegroup_delete(group);
	if (rc != SQLITE_OK)
		return store_errno(rc);
	if (n != revision - since)
		return -ESTALE;
	return store_take_blob(blob, blob_len, changeset, len);
}
