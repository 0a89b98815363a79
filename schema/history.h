#ifndef YD_SCHEMA_HISTORY_H
#define YD_SCHEMA_HISTORY_H

#include <stddef.h>
#include <stdint.h>

struct commit_info;
struct store;

/* Within a commit: appends the changeset as this revision and makes it the store's. */
int history_append(struct store *s, uint64_t revision, const struct commit_info *info,
	const void *changeset, size_t len);

#endif
