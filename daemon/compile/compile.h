#ifndef YD_DAEMON_COMPILE_COMPILE_H
#define YD_DAEMON_COMPILE_COMPILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/reconcile.h"
#include "daemon/want_set.h"
#include "schema/changes.h"

struct err;
struct seal;
struct store;

/*
 * From configuration to desired objects, one owner at a time: an interface, the protection (IPsec
 * policy) on an interface, a static route, and the router as a whole. A change is compiled against the
 * store inside the commit's transaction; what comes out is taken over when the commit is done, or
 * dropped. The cost follows the change.
 */
struct compile;

/* What compile asks of the operating system; NULL functions know nothing (yongd --commit, tests). */
struct compile_env {
	/* MTU, source and device of the path to an address; 0 or -errno. */
	int (*path)(void *arg, const struct addr *destination, uint32_t *mtu, struct addr *source,
		char device[16]);
	/* First address of a family that the kernel has on a device; 0 or -ENOENT. */
	int (*device_addr)(void *arg, const char *device, uint8_t af, struct addr *out);
	/* 0, or -ENETDOWN: keepalives say that the line is down. */
	int (*line)(void *arg, const char *device);
	/* 0 or -ENODEV. */
	int (*device)(void *arg, const char *device);
	void *arg;
};

/* seal and env are borrowed. */
struct compile *compile_new(const struct seal *seal, const struct compile_env *env);
void compile_free(struct compile *c);

/* Compiles what depends on the changed rows. -EINVAL with err for a contradiction; either way
 * compile_accept or compile_abort follows. */
int compile_changes(
	struct compile *c, struct store *s, const struct change *changes, size_t n, struct err *e);
/* Compiles everything. What contradicts (an older daemon let it in) becomes a note, not an error. */
int compile_all(struct compile *c, struct store *s, struct err *e);
/* Asks the kernel again; compiles the owners that were told something else before. */
int compile_events(struct compile *c, struct store *s, struct err *e);

/* What was compiled becomes current. The pairs, of which the caller holds the references, are freed with
 * compile_pairs_free. */
void compile_accept(struct compile *c, struct want_pair **pairs, size_t *n);
void compile_abort(struct compile *c);
/* Everything becomes unwanted (a clean stop): pairs as from compile_accept. */
void compile_clear(struct compile *c, struct want_pair **pairs, size_t *n);
void compile_pairs_free(struct want_pair *pairs, size_t n);

/* The current set of an owner, or NULL. */
struct want_set *compile_set(struct compile *c, const char *owner);
/* Owners that have notes: what is incomplete, and why. */
void compile_each_note(struct compile *c,
	void (*fn)(void *arg, const struct want_set *s, const struct want_note *n), void *arg);

#endif
