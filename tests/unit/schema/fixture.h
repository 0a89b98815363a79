#ifndef YD_TESTS_SCHEMA_FIXTURE_H
#define YD_TESTS_SCHEMA_FIXTURE_H

#include <CUnit/CUnit.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "schema/changes.h"
#include "schema/commit.h"
#include "schema/model.h"
#include "schema/seal.h"
#include "schema/store.h"

/* A state directory of its own, and what the tests of this room do again and again. */
struct fixture {
	char dir[256];
	struct store *store;
	struct seal *seal;
	struct arena *arena;
	struct err err;
};

/* A new directory with an open store and a key file; NULL store when that failed. */
void fixture_init(struct fixture *f);
/* Closes and removes everything. */
void fixture_fini(struct fixture *f);
/* Closes the store and opens it again, as after a crash. */
void fixture_reopen(struct fixture *f);
/* Path of a file in the directory; valid until the next call. */
const char *fixture_path(struct fixture *f, const char *name);

/* A candidate of the store, recording. */
struct store *fixture_candidate(struct fixture *f);
/* Commits what the candidate recorded; the result of commit_run. The changeset, if wanted, is malloc'd. */
int fixture_commit(struct fixture *f, struct store *candidate, void **changeset, size_t *len);
/* As the shell does after a commit: takes its own changes back, applies what the store made of them. */
int fixture_catch_up(struct fixture *f, struct store *candidate, const void *own, size_t own_len,
	uint64_t since);

/* Rows of tests. */
int put_acl(struct store *s, int number);
int put_rule(struct store *s, int acl, int64_t id, const char *source);
int put_policy(struct store *s, const char *name, int sequence, int acl, const char *proposal);
int put_secret(
	struct store *s, const char *name, int sequence, const char *column, const char *text);
int set_text(struct store *s, const struct table *t, const struct value *key, const char *column,
	const char *text);
int set_int(struct store *s, const struct table *t, const struct value *key, const char *column,
	int64_t n);
/* The value of a column; text in the arena. VALUE_NULL, too, when there is no such row. */
struct value get_value(struct fixture *f, struct store *s, const struct table *t,
	const struct value *key, const char *column);

/* All rows of all tables of the model as one text; malloc'd. */
char *dump(struct store *s);

/* First column of the first row of any SQL, -1 when there is none. */
int64_t sql_int(struct store *s, const char *sql);
/* Runs any SQL; an SQLite result code. */
int sql_run(struct store *s, const char *sql);
/* Does any file of the directory contain these bytes? */
bool files_contain(struct fixture *f, const char *needle);

#endif
