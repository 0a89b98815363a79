/*
 * The configuration store: one SQLite database, opened durable (WAL, synchronous FULL) for its only
 * writer, or read-only when no daemon runs. Here are opening, migration, revisions and the words for
 * what can go wrong with a file. Refuses to know what the tables mean.
 */
#include "config.h"

#include "schema/store.h"

#include "lib/err.h"
#include "schema/dir.h"
#include "schema/store_db.h"
#include "schema/store_sql.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE_FILE "config.db"
#define STORE_APPLICATION 0x594f4e47 /* "YONG", in the database header */
#define BUSY_TIMEOUT_MS 5000
#define PATH_LEN 1024

static const char live_pragmas[] = "PRAGMA journal_mode = WAL;"
				   "PRAGMA synchronous = FULL;"
				   "PRAGMA foreign_keys = ON;"
				   "PRAGMA temp_store = MEMORY;";

static const char *const live_tables[] = { "meta", "commit_log" };

int
store_wrap(sqlite3 *db, const char *path, bool live, struct store **out)
{
	struct store *s = calloc(1, sizeof *s);

	if (s)
		s->path = strdup(path);
	if (!s || !s->path) {
		free(s);
		sqlite3_close(db);
		return -ENOMEM;
	}
	s->db = db;
	s->live = live;
	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	*out = s;
	return 0;
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	store_close(s->mirror);
	store_session_end(&s->session);
	row_forget(s);
	sqlite3_close(s->db);
	free(s->path);
	free(s);
}

int
store_exec(struct store *s, const char *sql)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL);
}

int64_t
store_query_int(struct store *s, const char *sql, int64_t fallback)
{
	sqlite3_stmt *stmt = NULL;
	int64_t v = fallback;

	if (sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL) == SQLITE_OK &&
		sqlite3_step(stmt) == SQLITE_ROW)
		v = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return v;
}

bool
store_is_config(const char *table)
{
	for (size_t i = 0; i < sizeof live_tables / sizeof live_tables[0]; i++)
		if (!sqlite3_stricmp(table, live_tables[i]))
			return false;
	return sqlite3_strnicmp(table, "sqlite_", 7) != 0;
}

static int
is_config(void *arg, const char *table)
{
	return store_is_config(table);
}

int
store_session(struct store *s, sqlite3_session **out)
{
	int rc = sqlite3session_create(s->db, "main", out);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3session_table_filter(*out, is_config, NULL);
	rc = sqlite3session_attach(*out, NULL);
	if (rc != SQLITE_OK)
		store_session_end(out);
	return rc;
}

void
store_session_end(sqlite3_session **session)
{
	if (*session)
		sqlite3session_delete(*session);
	*session = NULL;
}

int
store_take_blob(void *p, int len, void **out, size_t *out_len)
{
	*out = NULL;
	*out_len = 0;
	if (len > 0) {
		*out = malloc((size_t)len);
		if (*out) {
			memcpy(*out, p, (size_t)len);
			*out_len = (size_t)len;
		}
	}
	sqlite3_free(p);
	return len > 0 && !*out ? -ENOMEM : 0;
}

/* --- errors ------------------------------------------------------------------------ */

/* Extended codes before the primary one they belong to; the first match decides. */
static const struct failure {
	int rc;
	int code;
	const char *advice;
} failures[] = {
	{ SQLITE_CONSTRAINT_PRIMARYKEY, -EEXIST, "it is there already" },
	{ SQLITE_CONSTRAINT_UNIQUE, -EEXIST, "it is there already" },
	{ SQLITE_CONSTRAINT_ROWID, -EEXIST, "it is there already" },
	{ SQLITE_CONSTRAINT, -EINVAL, "a value is not allowed there" },
	{ SQLITE_MISMATCH, -EINVAL, "a value is not allowed there" },
	{ SQLITE_FULL, -ENOSPC,
		"there is no space left; free some on that file system and repeat the command" },
	{ SQLITE_READONLY, -EROFS,
		"it is read-only; remount the file system or correct the owner and mode of "
		"the directory and its files" },
	{ SQLITE_PERM, -EACCES, "permission is denied; correct owner and mode" },
	{ SQLITE_CANTOPEN, -EACCES,
		"the file or its directory cannot be opened; check that it exists, its owner "
		"and mode, and that descriptors are left" },
	{ SQLITE_BUSY, -EBUSY, "another process is writing; repeat the command" },
	{ SQLITE_LOCKED, -EBUSY, "another process is writing; repeat the command" },
	{ SQLITE_CORRUPT, -EUCLEAN,
		"the file is damaged; stop yongd, move it away and load the saved configuration" },
	{ SQLITE_NOTADB, -EUCLEAN,
		"the file is no configuration store; move it away and load the saved "
		"configuration" },
	{ SQLITE_NOMEM, -ENOMEM, "there is no memory left" },
	{ SQLITE_TOOBIG, -E2BIG, "a value is too long" },
	{ SQLITE_IOERR, -EIO, "reading or writing the disk failed; see the kernel's log" },
	{ SQLITE_PROTOCOL, -EBUSY, "another process holds a lock; repeat the command" },
};

static const struct failure *
failure_of(int rc)
{
	for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
		if (failures[i].rc == rc || failures[i].rc == (rc & 0xff))
			return &failures[i];
	return NULL;
}

int
store_errno(int rc)
{
	const struct failure *f;

	if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE)
		return 0;
	f = failure_of(rc);
	return f ? f->code : -EPROTO;
}

/* SQLite says "I/O error" where the system said more. */
static int
refine(const struct store *s, int rc)
{
	int primary = rc & 0xff;

	if (primary != SQLITE_IOERR && primary != SQLITE_CANTOPEN)
		return rc;
	switch (sqlite3_system_errno(s->db)) {
	case ENOSPC:
	case EDQUOT: return SQLITE_FULL;
	case EROFS: return SQLITE_READONLY;
	default: return rc;
	}
}

int
store_err(const struct store *s, int rc, struct err *e, const char *doing)
{
	const struct failure *f = failure_of(rc = refine(s, rc));
	const char *why = f ? f->advice : sqlite3_errmsg(s->db);

	return err_set(e, store_errno(rc), s->path, "Cannot %s %s: %s.", doing, s->path, why);
}

/* --- opening ----------------------------------------------------------------------- */

/* Makes an empty database file, so that it has its mode before SQLite writes into it; the directory
 * entry is on the disk before the first commit is acknowledged. */
static int
make_file(const char *dir, const char *path, struct err *e)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	int r;
	gid_t gid;

	if (fd < 0 && errno == EEXIST)
		return 0;
	if (fd < 0)
		return err_set(e, -errno, path,
			"Cannot make %s: %s; correct the owner, mode or space of its directory.",
			path, strerror(errno));
	gid = dir_group();
	r = (gid != (gid_t)-1 && fchown(fd, (uid_t)-1, gid) < 0) || fchmod(fd, 0640) < 0
		? -errno
		: dir_sync(dir);
	if (r < 0)
		err_set(e, r, path, "Cannot make %s: %s.", path, strerror(-r));
	close(fd);
	return r;
}

int
store_migrate(struct store *s, struct err *e)
{
	unsigned int version = (unsigned int)store_query_int(s, "PRAGMA user_version", 0);
	char pragmas[96];
	int rc;

	if (version > store_sql_n)
		return err_set(e, -EPROTO, s->path,
			"%s was written by a newer release (version %u, this one knows %u); "
			"install that release.",
			s->path, version, store_sql_n);
	if (version == store_sql_n)
		return 0;
	rc = store_exec(s, "BEGIN EXCLUSIVE");
	for (unsigned int i = version; rc == SQLITE_OK && i < store_sql_n; i++) {
		rc = store_exec(s, store_sql_base[i]);
		if (rc == SQLITE_OK && s->live)
			rc = store_exec(s, store_sql_live[i]);
	}
	snprintf(pragmas, sizeof pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %u;",
		STORE_APPLICATION, store_sql_n);
	if (rc == SQLITE_OK)
		rc = store_exec(s, pragmas);
	if (rc == SQLITE_OK)
		rc = store_exec(s, "COMMIT");
	if (rc != SQLITE_OK) {
		int r = store_err(s, rc, e, "prepare");

		store_exec(s, "ROLLBACK");
		return r;
	}
	return 0;
}

/* Is it ours, whole, and free of dangling references? The daemon would compile nonsense otherwise. */
static int
check_sound(struct store *s, struct err *e)
{
	sqlite3_stmt *stmt = NULL;
	const char *said = NULL;
	int rc;
	int r = 0;

	rc = sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		said = (const char *)sqlite3_column_text(stmt, 0);
	if (rc != SQLITE_ROW)
		r = store_err(s, rc, e, "check");
	else if (!said || strcmp(said, "ok"))
		r = store_err(s, SQLITE_CORRUPT, e, "use");
	sqlite3_finalize(stmt);
	if (r < 0)
		return r;
	if (store_query_int(s, "SELECT count(*) FROM pragma_foreign_key_check", -1) != 0)
		return err_set(e, -EUCLEAN, s->path,
			"%s has dangling references; stop yongd, move it away and load the saved "
			"configuration.",
			s->path);
	return 0;
}

/* An empty file, or one with our mark. */
static int
check_ours(struct store *s, struct err *e)
{
	int64_t n = store_query_int(s, "SELECT count(*) FROM sqlite_schema", -1);

	if (n < 0)
		return store_err(s, sqlite3_extended_errcode(s->db), e, "read");
	if (n > 0 && store_query_int(s, "PRAGMA application_id", 0) != STORE_APPLICATION)
		return store_err(s, SQLITE_NOTADB, e, "use");
	return 0;
}

static int
path_of(const char *dir, char path[PATH_LEN], struct err *e)
{
	if (snprintf(path, PATH_LEN, "%s/" STORE_FILE, dir) < PATH_LEN)
		return 0;
	return err_set(e, -ENAMETOOLONG, "state directory", "Its name is too long.");
}

/* Names are URIs, so that images can be attached as such to any store. */
static int
open_db(const char *path, const char *query, int flags, struct store **out, struct err *e)
{
	char name[3 * PATH_LEN + 64] = "file:";
	size_t n = strlen(name);
	sqlite3 *db = NULL;
	int rc;
	int r;

	for (const char *p = path; *p; p++)
		n += (size_t)snprintf(
			name + n, sizeof name - n, strchr("%?#", *p) ? "%%%02x" : "%c", *p);
	snprintf(name + n, sizeof name - n, "%s", query);
	rc = sqlite3_open_v2(name, &db,
		flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	r = store_wrap(db, path, true, out);
	if (r < 0)
		return err_set(e, r, path, "There is no memory left.");
	if (rc == SQLITE_OK)
		return 0;
	r = store_err(*out, rc, e, "open");
	store_close(*out);
	*out = NULL;
	return r;
}

int
store_open(const char *dir, struct store **out, struct err *e)
{
	struct store *s = NULL;
	char path[PATH_LEN];
	int rc;
	int r;

	*out = NULL;
	if ((r = path_of(dir, path, e)) < 0 || (r = dir_make(dir, e)) < 0 ||
		(r = make_file(dir, path, e)) < 0 ||
		(r = open_db(path, "", SQLITE_OPEN_READWRITE, &s, e)) < 0)
		return r;
	r = check_ours(s, e);
	if (r < 0)
		goto out;
	rc = store_exec(s, live_pragmas);
	if (rc != SQLITE_OK) {
		r = store_err(s, rc, e, "open");
		goto out;
	}
	r = store_migrate(s, e);
	if (r == 0)
		r = check_sound(s, e);
out:
	if (r < 0) {
		store_close(s);
		return r;
	}
	*out = s;
	return 0;
}

/* A WAL store whose last writer closed it cannot be opened by somebody who may not write into the
 * directory; without a log there is nothing to recover, and the file can be read as it is. */
static int
open_immutable(const char *path, struct store **out, struct err *e)
{
	char wal[PATH_LEN + 8];
	struct stat st;

	snprintf(wal, sizeof wal, "%s-wal", path);
	if (stat(wal, &st) == 0 && st.st_size > 0)
		return err_set(e, -EACCES, path,
			"%s was not closed cleanly; start yongd, or look as root.", path);
	return open_db(path, "?immutable=1", SQLITE_OPEN_READONLY, out, e);
}

int
store_open_readonly(const char *dir, struct store **out, struct err *e)
{
	struct store *s = NULL;
	char path[PATH_LEN];
	int r;

	*out = NULL;
	r = path_of(dir, path, e);
	if (r < 0)
		return r;
	if (access(path, R_OK) < 0)
		return err_set(e, -errno, path, "Cannot read %s: %s; start yongd -s %s.", path,
			strerror(errno), dir);
	r = open_db(path, "", SQLITE_OPEN_READONLY, &s, e);
	if (r == 0 && (r = check_ours(s, e)) < 0 && r != -EUCLEAN) {
		store_close(s);
		s = NULL;
		r = open_immutable(path, &s, e);
		if (r == 0)
			r = check_ours(s, e);
	}
	if (r == 0 && store_query_int(s, "PRAGMA user_version", 0) != STORE_SCHEMA)
		r = err_set(e, -EPROTO, path,
			"%s is of another release; start yongd of this release once.", path);
	if (r < 0) {
		store_close(s);
		return r;
	}
	*out = s;
	return 0;
}

/* --- revisions --------------------------------------------------------------------- */

uint64_t
store_revision(struct store *s)
{
	if (!s->live)
		return 0;
	return (uint64_t)store_query_int(s, "SELECT revision FROM meta", 0);
}

uint64_t
store_saved_revision(struct store *s)
{
	if (!s->live)
		return 0;
	return (uint64_t)store_query_int(s, "SELECT saved_revision FROM meta", 0);
}

int
store_set_saved_revision(struct store *s, uint64_t revision)
{
	sqlite3_stmt *stmt = NULL;
	int rc;

	if (!s->live)
		return -EINVAL;
	rc = sqlite3_prepare_v2(s->db, "UPDATE meta SET saved_revision = ?", -1, &stmt, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(stmt, 1, (int64_t)revision);
		rc = sqlite3_step(stmt);
	}
	sqlite3_finalize(stmt);
	return store_errno(rc);
}
