#ifndef YD_SCHEMA_CHANGES_H
#define YD_SCHEMA_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schema/model.h"

struct arena;
struct err;
struct store;

/*
 * Changesets: what was typed, as rows changed (SQLite session extension). Recording costs
 * microseconds a line, whatever the size of the configuration.
 */

/* Starts recording on the store (drops what was recorded). */
int changes_record(struct store *s);
/* What was recorded since changes_record as a malloc'd changeset (*len 0: nothing), and starts anew. */
int changes_take(struct store *s, void **changeset, size_t *len);
/* Has anything been recorded? */
bool changes_pending(struct store *s);
/* Applies; on a conflict -EBUSY, nothing changed, and err names the rows another operator changed;
 * -EINVAL with err for a dangling reference (who refers to it). */
int changes_apply(struct store *s, const void *changeset, size_t len, struct err *e);
/* The inverse, malloc'd. */
int changes_invert(const void *changeset, size_t len, void **out, size_t *out_len);

/* One changed row: its table and (old) primary key; texts in the arena. */
struct change {
	const struct table *table;
	struct value *key; /* n_key */
	enum { CHANGE_INSERT, CHANGE_UPDATE, CHANGE_DELETE } op;
	uint64_t columns; /* of an update: bit i is set when column i changed; otherwise all */
};
/* Lists a changeset. -EBADMSG for anything that is not one over our tables. */
int changes_list(
	const void *changeset, size_t len, struct arena *a, struct change **out, size_t *n);

#endif
