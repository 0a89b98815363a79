#ifndef YD_DAEMON_RECONCILE_H
#define YD_DAEMON_RECONCILE_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/kind.h"
#include "daemon/want_set.h"

struct daemon;
struct err;
struct loop;

/*
 * Makes what runs equal to what is wanted, with the fewest steps: all deletes, in the reverse order of
 * the kinds, before all adds and changes, in their order. It knows objects by kind and key only.
 */
struct reconcile;

/* kinds: WANT_N_KINDS of them, see kind.h. */
struct reconcile *reconcile_new(
	struct daemon *d, struct loop *l, const struct kind_ops *const *kinds);
void reconcile_free(struct reconcile *r);

/* One owner's objects before and after; either may be NULL. */
struct want_pair {
	struct want_set *old;
	struct want_set *new;
};

/* The objects of the set run already (found at start); nothing is done to them until they are the
 * `old` of an apply. */
void reconcile_adopt(struct reconcile *r, struct want_set *found);
/* From old to new, all pairs at once. Failures become the objects' status and are retried. */
void reconcile_apply(struct reconcile *r, const struct want_pair *pairs, size_t n);

/* Objects of these kinds (bits, 1 << kind) ceased to run without a step: their process died. */
void reconcile_forget(struct reconcile *r, unsigned int kinds);
/* found is what exists now: objects of these kinds that should run and are not in it ceased to. Returns
 * the kinds of those (bits). */
unsigned int reconcile_verify(struct reconcile *r, unsigned int kinds, struct want_set *found);
/* An object was refused after its step had returned 0. */
void reconcile_failed(
	struct reconcile *r, enum want_kind kind, const char *key, const struct err *e);
/* Tries everything that is wanted and does not run, now. */
void reconcile_retry(struct reconcile *r);

/* Adds an object that runs once more: what its kind makes of it has changed, not the object. */
void reconcile_again(struct reconcile *r, enum want_kind kind, const char *key);
/* Whoever wants objects of these kinds (bits), they are taken away now, and nobody wants them any more. */
void reconcile_withdraw(struct reconcile *r, unsigned int kinds);
/* Does anybody want the object, whether it runs or not? */
bool reconcile_wants(struct reconcile *r, enum want_kind kind, const char *key);

/* Objects that could not be applied; waiting ones (for a link, a next hop, a process) do not count. */
size_t reconcile_n_failed(const struct reconcile *r);
void reconcile_each_failed(struct reconcile *r,
	void (*fn)(void *arg, const char *owner, const char *key, const struct err *e), void *arg);
/* Is the object running? (for displays and tests) */
bool reconcile_runs(struct reconcile *r, enum want_kind kind, const char *key);

#endif
