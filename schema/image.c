/*
 * Copies in memory: the image of a store (its configuration without history, serialized) and the
 * private candidate made from one. A candidate has no foreign key checks: it may be half-typed, and
 * the commit decides. A live store keeps a mirror of itself in memory, so that the second image costs
 * what has changed since the first.
 */
#include "config.h"

#include "lib/err.h"
#include "schema/changes.h"
#include "schema/store_db.h"
#include "schema/store_sql.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define IMAGE_NAME "the candidate configuration"
#define IMAGE_MIN 512 /* the smallest page */

static const char memory_pragmas[] = "PRAGMA journal_mode = MEMORY;"
				     "PRAGMA synchronous = OFF;"
				     "PRAGMA temp_store = MEMORY;"
				     "PRAGMA foreign_keys = OFF;";

static int
open_memory(struct store **out, struct err *e)
{
	sqlite3 *db = NULL;
	int rc = sqlite3_open_v2(":memory:", &db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
		NULL);
	int r = store_wrap(db, IMAGE_NAME, false, out);

	if (r == 0 && rc != SQLITE_OK) {
		store_close(*out);
		r = -ENOMEM;
	}
	if (r < 0) {
		*out = NULL;
		return err_set(e, r, IMAGE_NAME, "There is no memory left.");
	}
	return 0;
}

int
store_new_memory(struct store **out, struct err *e)
{
	int r = open_memory(out, e);

	if (r < 0)
		return r;
	store_exec(*out, memory_pragmas);
	r = store_migrate(*out, e);
	if (r < 0) {
		store_close(*out);
		*out = NULL;
	}
	return r;
}

int
store_from_image(const void *image, size_t len, struct store **out, struct err *e)
{
	struct store *s;
	unsigned char *copy;
	int64_t version;
	int rc;
	int r;

	*out = NULL;
	if (len < IMAGE_MIN || len > INT_MAX || memcmp(image, "SQLite format 3", 16))
		return err_set(e, -EBADMSG, IMAGE_NAME, "The image is not one of a store.");
	r = open_memory(&s, e);
	if (r < 0)
		return r;
	copy = sqlite3_malloc64(len);
	if (!copy) {
		store_close(s);
		return err_set(e, -ENOMEM, IMAGE_NAME, "There is no memory left.");
	}
	memcpy(copy, image, len);
	rc = sqlite3_deserialize(s->db, "main", copy, (int64_t)len, (int64_t)len,
		SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE);
	if (rc == SQLITE_OK)
		rc = store_exec(s, memory_pragmas);
	version = store_query_int(s, "PRAGMA user_version", -1);
	if (rc != SQLITE_OK || version < 0)
		r = err_set(e, -EBADMSG, IMAGE_NAME, "The image is damaged.");
	else if (version != STORE_SCHEMA)
		r = err_set(e, -EPROTO, IMAGE_NAME,
			"The daemon is of another release (schema %d, this one has %d).",
			(int)version, STORE_SCHEMA);
	if (r < 0) {
		store_close(s);
		return r;
	}
	*out = s;
	return 0;
}

/* --- the image --------------------------------------------------------------------- */

/* "CREATE TABLE x …" as SQLite keeps it, in the attached database. */
static int
create_copy(struct store *s, const char *sql)
{
	static const char *const heads[] = { "CREATE TABLE ", "CREATE INDEX ",
		"CREATE UNIQUE INDEX " };
	char *copy = NULL;
	int rc = SQLITE_ERROR;

	for (size_t i = 0; !copy && i < sizeof heads / sizeof heads[0]; i++) {
		size_t n = strlen(heads[i]);

		if (!strncmp(sql, heads[i], n))
			copy = sqlite3_mprintf("%simage.%s", heads[i], sql + n);
	}
	if (copy)
		rc = store_exec(s, copy);
	sqlite3_free(copy);
	return rc;
}

/* Rows go over page by page (SQLite's transfer optimisation: tables alike, foreign keys off). */
static int
copy_rows(struct store *s, const char *table)
{
	char *sql =
		sqlite3_mprintf("INSERT INTO image.\"%w\" SELECT * FROM main.\"%w\"", table, table);
	int rc = sql ? store_exec(s, sql) : SQLITE_NOMEM;

	sqlite3_free(sql);
	return rc;
}

static int
copy_tables(struct store *s)
{
	sqlite3_stmt *stmt = NULL;
	char *version;
	int rc = sqlite3_prepare_v2(s->db,
		"SELECT type, tbl_name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL "
		"ORDER BY type = 'index', rowid",
		-1, &stmt, NULL);

	while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *type = (const char *)sqlite3_column_text(stmt, 0);
		const char *table = (const char *)sqlite3_column_text(stmt, 1);
		const char *sql = (const char *)sqlite3_column_text(stmt, 2);

		rc = SQLITE_OK;
		if (type && table && sql && store_is_config(table))
			rc = create_copy(s, sql);
	}
	if (rc == SQLITE_DONE)
		rc = sqlite3_reset(stmt);
	/* With the indices there, the transfer copies their pages too. */
	while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *type = (const char *)sqlite3_column_text(stmt, 0);
		const char *table = (const char *)sqlite3_column_text(stmt, 1);

		rc = SQLITE_OK;
		if (type && table && !strcmp(type, "table") && store_is_config(table))
			rc = copy_rows(s, table);
	}
	sqlite3_finalize(stmt);
	if (rc != SQLITE_DONE)
		return rc;
	version = sqlite3_mprintf("PRAGMA image.user_version = %d", STORE_SCHEMA);
	rc = version ? store_exec(s, version) : SQLITE_NOMEM;
	sqlite3_free(version);
	return rc;
}

static int
serialize(struct store *s, const char *schema, void **image, size_t *len)
{
	sqlite3_int64 n = 0;
	unsigned char *bytes = sqlite3_serialize(s->db, schema, &n, 0);

	*image = NULL;
	*len = 0;
	if (!bytes || n > INT_MAX) {
		sqlite3_free(bytes);
		return bytes ? -E2BIG : -ENOMEM;
	}
	return store_take_blob(bytes, (int)n, image, len);
}

/* Reads the whole live store: as long as the configuration. */
static int
copy_image(struct store *s, void **image, size_t *len)
{
	int rc = store_exec(
		s, "PRAGMA foreign_keys = OFF; ATTACH 'file:image?mode=memory' AS image; BEGIN");
	int r;

	if (rc == SQLITE_OK)
		rc = copy_tables(s);
	s->mirror_revision = store_revision(s);
	if (rc == SQLITE_OK)
		rc = store_exec(s, "COMMIT");
	r = rc == SQLITE_OK ? serialize(s, "image", image, len) : store_errno(rc);
	if (!sqlite3_get_autocommit(s->db))
		store_exec(s, "ROLLBACK");
	store_exec(s, "DETACH image; PRAGMA foreign_keys = ON");
	return r;
}

/* Brings the mirror to the store's revision: as long as what has changed since. */
static int
mirror_catch_up(struct store *s)
{
	uint64_t revision = store_revision(s);
	void *news = NULL;
	size_t len = 0;
	int r = store_changes_since(s, s->mirror_revision, &news, &len);

	if (r == 0)
		r = changes_apply(s->mirror, news, len, NULL);
	free(news);
	if (r == 0)
		s->mirror_revision = revision;
	return r;
}

static int
mirror_make(struct store *s)
{
	void *image = NULL;
	size_t len = 0;
	int r = copy_image(s, &image, &len);

	if (r == 0)
		r = store_from_image(image, len, &s->mirror, NULL);
	free(image);
	return r;
}

int
store_image(struct store *s, void **image, size_t *len)
{
	int r = 0;

	*image = NULL;
	*len = 0;
	if (!sqlite3_get_autocommit(s->db))
		return -EBUSY; /* would show what may yet be rolled back */
	if (!s->live)
		return serialize(s, "main", image, len);
	if (s->mirror && mirror_catch_up(s) < 0) {
		store_close(s->mirror);
		s->mirror = NULL;
	}
	if (!s->mirror)
		r = mirror_make(s);
	return r < 0 ? r : serialize(s->mirror, "main", image, len);
}
