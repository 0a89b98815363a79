/*
 * The map of a commit, the daemon's half: the schema's commit with compile as its check. What compile has
 * ready then is for daemon_apply.
 */
#include "config.h"

#include "daemon/commit.h"

#include "daemon/daemon.h"
#include "lib/log.h"
#include "schema/commit.h"
#include "schema/store.h"

static int
check(void *arg, struct store *s, const struct change *changes, size_t n, struct err *e)
{
	struct daemon *d = arg;

	return compile_changes(d->compile, s, changes, n, e);
}

int
commit(struct daemon *d, const struct commit_request *r, const void *changeset, size_t len,
	struct err *e)
{
	const struct commit_info info = {
		.schema = r->schema, .user = r->user, .terminal = r->terminal, .text = r->text
	};
	const struct commit_ops ops = { .check = check, .arg = d };
	uint64_t revision;
	int rc = commit_run(d->store, d->seal, &info, changeset, len, &ops, &revision, e);

	if (rc != 0) {
		compile_abort(d->compile);
		return rc;
	}
	log_info("revision %llu by %s", (unsigned long long)revision, r->user);
	return 0;
}
