#ifndef YD_SCHEMA_ROW_H
#define YD_SCHEMA_ROW_H

#include <stdint.h>

#include "schema/model.h"

struct arena;
struct store;

/*
 * Rows by the model: no SQL outside this room. Identifiers come from const tables, values are bound;
 * prepared statements are kept per store. Values are in the order of table->columns; keys are the
 * first n_key of them. All return 0 or -errno; texts read are in the caller's arena. The live store is
 * changed by commits only (-EROFS).
 */
struct row {
	const struct table *table;
	struct value *v; /* n_columns */
};

/* -ENOENT when there is no such row. */
int row_get(struct store *s, const struct table *t, const struct value *key, struct arena *a,
	struct row *out);
/* Rows whose first n_prefix key columns are equal, in the table's order; stops when fn returns non-zero,
 * and returns that. The row is valid for the call (texts live in the arena). */
int row_each(struct store *s, const struct table *t, const struct value *prefix,
	unsigned int n_prefix, struct arena *a, int (*fn)(void *arg, const struct row *r),
	void *arg);
/* Rows that have this value in a column (foreign keys: who refers to me?). */
int row_each_where(struct store *s, const struct table *t, unsigned int column,
	const struct value *v, struct arena *a, int (*fn)(void *arg, const struct row *r),
	void *arg);
/* Inserts with all other columns at their SQL defaults. -EEXIST when it is there already. */
int row_insert(struct store *s, const struct table *t, const struct value *key);
/* Inserts a whole row (n_columns values); VALUE_NULL of a NOT NULL column means its SQL default.
 * -EEXIST; -EINVAL when a column that has no default (acl_rule.action) is missing. */
int row_put(struct store *s, const struct table *t, const struct value *v);
/* Sets one column; VALUE_NULL of a NOT NULL column means its SQL default. -ENOENT. */
int row_set(struct store *s, const struct table *t, const struct value *key, unsigned int column,
	const struct value *v);
/* The SQL default of a column. */
int row_default(struct store *s, const struct table *t, unsigned int column, struct arena *a,
	struct value *out);
int row_delete(struct store *s, const struct table *t, const struct value *key);
/* Rows with that key prefix. */
int64_t row_count(
	struct store *s, const struct table *t, const struct value *prefix, unsigned int n_prefix);
/* Biggest integer in key column n_prefix among the rows with that prefix, or -1. */
int64_t row_max_key(
	struct store *s, const struct table *t, const struct value *prefix, unsigned int n_prefix);

#endif
