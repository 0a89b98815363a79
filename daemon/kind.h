#ifndef YD_DAEMON_KIND_H
#define YD_DAEMON_KIND_H

#include <stdbool.h>

#include "daemon/want.h"

struct daemon;
struct err;

/*
 * How objects of one kind come into being. reconcile.c knows nothing else about them.
 * All return 0 or -errno with err. A kind whose steps are messages to another process returns 0 when
 * the message is queued and reports a refusal later through reconcile_failed.
 */
struct kind_ops {
	const char *name;
	/* Same contents (both have the same key)? */
	bool (*equal)(const struct want *a, const struct want *b);
	int (*add)(struct daemon *d, const struct want *w, struct err *e);
	/* In place; -ENOTSUP: reconcile deletes and adds. NULL: always delete and add. */
	int (*change)(
		struct daemon *d, const struct want *old, const struct want *w, struct err *e);
	int (*del)(struct daemon *d, const struct want *w, struct err *e);
	/* Several owners may want one object, all with the same contents. */
	bool shared;
	/* Called for all that are about to be added, before the first one is: what is cheaper for many at once.
	 * Nothing depends on it; what goes wrong goes wrong again in add. May be NULL. */
	void (*prepare)(struct daemon *d, const struct want *w);
};

/* Indexed by enum want_kind. */
extern const struct kind_ops *const kind_table[WANT_N_KINDS];

/* In daemon/oscfg/: */
extern const struct kind_ops kind_sysctl, kind_filter, kind_link, kind_addr, kind_route, kind_rule,
	kind_mss;
/* In daemon/kind_dp.c: */
extern const struct kind_ops kind_port, kind_tunnel, kind_sa, kind_spd;
/* In daemon/kind_ike.c: */
extern const struct kind_ops kind_group, kind_ike, kind_ike_peer, kind_ike_child;

#endif
