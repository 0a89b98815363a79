#ifndef YD_DAEMON_COMMIT_H
#define YD_DAEMON_COMMIT_H

#include <stddef.h>
#include <stdint.h>

struct daemon;
struct err;

struct commit_request {
	uint32_t schema;
	const char *user;
	const char *terminal;
	const char *text;
};

/* Checks and stores a changeset; 0, or -errno with err and nothing changed. The new revision is the store's.
 * It runs after daemon_apply: the operator need not wait for that. What then fails becomes the status of
 * an object. */
int commit(struct daemon *d, const struct commit_request *r, const void *changeset, size_t len,
	struct err *e);

#endif
