#ifndef YD_SCHEMA_HISTORY_H
#define YD_SCHEMA_HISTORY_H

#include <stddef.h>
#include <stdint.h>

struct commit_info;
struct store;

/*
 * What is kept of the history: so many commits, and of those so many bytes of changesets (the last commit
 * always). Older ones go with new commits, a few at a time, so that none is slow after an upgrade.
 */
enum { HISTORY_KEPT = 1000, HISTORY_BYTES = 64 << 20, HISTORY_STEP = 16 };

/* Within a commit: appends the changeset as this revision, makes it the store's, and lets go of what is
 * too old. An SQLite result code. */
int history_append(struct store *s, uint64_t revision, const struct commit_info *info,
	const void *changeset, size_t len);

#endif
