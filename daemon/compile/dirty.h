#ifndef YD_DAEMON_COMPILE_DIRTY_H
#define YD_DAEMON_COMPILE_DIRTY_H

#include <stddef.h>

#include "schema/changes.h"

struct arena;
struct store;

/* What is compiled as one, and in this order. */
enum owner_kind {
	OWNER_INTERFACE,
	OWNER_PROTECTION, /* the IPsec policy applied to an interface */
	OWNER_ROUTE,
	OWNER_ROUTER,
	OWNER_N
};

/* An owner must be compiled again. */
typedef void dirty_fn(void *arg, enum owner_kind kind, const char *name);

/* Says for one changed row which owners depend on it, over the foreign keys. An owner may be named more
 * than once. 0 or -errno. */
int dirty_change(struct store *s, const struct change *c, struct arena *a, dirty_fn *fn, void *arg);
/* Names every owner. */
int dirty_all(struct store *s, struct arena *a, dirty_fn *fn, void *arg);

#endif
