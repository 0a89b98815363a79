#ifndef YD_SCHEMA_COMMIT_H
#define YD_SCHEMA_COMMIT_H

#include <stddef.h>
#include <stdint.h>

#include "schema/changes.h"

struct err;
struct seal;
struct store;

/*
 * The one way to change the live store: BEGIN IMMEDIATE, seal new secrets, apply the changeset,
 * let the daemon check what it would become, write the history, COMMIT. A process killed between
 * any two steps leaves the store at the last acknowledged revision or at this one, never between.
 */
enum commit_step {
	COMMIT_BEGUN,
	COMMIT_SEALED,
	COMMIT_APPLIED,
	COMMIT_CHECKED,
	COMMIT_LOGGED,
	COMMIT_DONE
};

struct commit_ops {
	/* Compiles what changed; -EINVAL with err (naming the line) rolls everything back. */
	int (*check)(
		void *arg, struct store *s, const struct change *changes, size_t n, struct err *e);
	/* Called after each step; NULL in production, the tests kill the process here. */
	void (*step)(void *arg, enum commit_step step);
	void *arg;
};

struct commit_info {
	uint32_t schema; /* STORE_SCHEMA of the sender */
	const char *user;
	const char *terminal;
	const char *text; /* as typed, secrets masked */
};

/* 0 and the new revision; or -errno and err, and nothing changed. -EPROTO: other schema version. */
int commit_run(struct store *s, const struct seal *seal, const struct commit_info *info,
	const void *changeset, size_t len, const struct commit_ops *ops, uint64_t *revision,
	struct err *e);

#endif
