#ifndef YD_SCHEMA_STORE_H
#define YD_SCHEMA_STORE_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct store;
struct wbuf;

/*
 * A configuration database: the live one (only yongd writes it) or a shell's candidate, a private
 * clone in memory. The schema room is the only user of SQLite.
 */
#define STORE_SCHEMA 3 /* version of the tables; changesets of another version are refused */

/* Opens (and creates or migrates) DIR/config.db for the only writer. */
int store_open(const char *dir, struct store **out, struct err *e);
/* Opens it for reading only, when no daemon runs. */
int store_open_readonly(const char *dir, struct store **out, struct err *e);
/* A private copy in memory from a serialized image (borrowed for the call). */
int store_from_image(const void *image, size_t len, struct store **out, struct err *e);
/* An empty one in memory, with the schema: for tests and for the grammar's checks. */
int store_new_memory(struct store **out, struct err *e);
void store_close(struct store *s);

/* The whole database, serialized, without history; malloc'd. */
int store_image(struct store *s, void **image, size_t *len);

uint64_t store_revision(struct store *s);
uint64_t store_saved_revision(struct store *s);
int store_set_saved_revision(struct store *s, uint64_t revision);

/* All changes since+1 … revision as one changeset; malloc'd. -ESTALE when history does not reach back. */
int store_changes_since(struct store *s, uint64_t since, void **changeset, size_t *len);

#endif
