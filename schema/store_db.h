#ifndef YD_SCHEMA_STORE_DB_H
#define YD_SCHEMA_STORE_DB_H

/* Inside of a store, for the files of this room only. */
#define SQLITE_ENABLE_SESSION 1 /* configure has checked for them; they show the prototypes */
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include <sqlite3.h>
#include <stdbool.h>

#include "schema/store.h"

struct row_stmt;

#define ROW_BUCKETS 64

struct store {
	sqlite3 *db;
	sqlite3_session *session; /* NULL: not recording */
	bool live;		  /* DIR/config.db, has history; otherwise a copy in memory */
	bool committing;	  /* the live store is written by a commit and nothing else */
	char *path;		  /* what errors call it */
	struct store *mirror;	  /* what images are made of, kept from one to the next */
	uint64_t mirror_revision;
	struct row_stmt *rows[ROW_BUCKETS];
	unsigned int n_rows;
};

/* A store over an open connection (taken, closed on failure) that has no tables yet, or not ours. */
int store_wrap(sqlite3 *db, const char *path, bool live, struct store **out);
/* Brings the tables to STORE_SCHEMA, in one transaction. -EPROTO: newer than this program. */
int store_migrate(struct store *s, struct err *e);

/* Runs constant SQL; an SQLite result code. */
int store_exec(struct store *s, const char *sql);
/* First column of the first row of constant SQL, or fallback. */
int64_t store_query_int(struct store *s, const char *sql, int64_t fallback);

/* An (extended) result code as -errno; SQLITE_OK, ROW and DONE as 0. */
int store_errno(int rc);
/* The same, and fills e: what was being done, why not, what to do. */
int store_err(const struct store *s, int rc, struct err *e, const char *doing);

/* May its rows be changed now? Only a commit changes the live store. */
static inline bool
store_writable(const struct store *s)
{
	return !s->live || s->committing;
}

/* Is it a table of the configuration (not history, nor SQLite's own)? */
bool store_is_config(const char *table);
/* A session over the configuration's tables. */
int store_session(struct store *s, sqlite3_session **out);
/* Deletes it, if there is one, and forgets it. */
void store_session_end(sqlite3_session **session);
/* From SQLite's allocator to malloc's; frees p. */
int store_take_blob(void *p, int len, void **out, size_t *out_len);

/* Finalizes the statements row.c keeps. */
void row_forget(struct store *s);

#endif
