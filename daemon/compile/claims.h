#ifndef YD_DAEMON_COMPILE_CLAIMS_H
#define YD_DAEMON_COMPILE_CLAIMS_H

#include <stdbool.h>

#include "daemon/want_set.h"

struct err;

/*
 * What is taken in the whole configuration: addresses, SPIs, devices, tunnels. Looked up in the time
 * of one object, whatever the size of the configuration.
 */
struct claims;

struct claims *claims_new(void);
void claims_free(struct claims *c);

/* All claims of a set (whose memory must outlive them). -EINVAL with err when one clashes with another
 * owner's; then none of the set's is held. */
int claims_add(struct claims *c, struct want_set *s, struct err *e);
void claims_remove(struct claims *c, struct want_set *s);

/* The owner and the whole claimed prefix of the longest one that contains an address, or NULL. */
const char *claims_owner_of(struct claims *c, const struct addr *a, struct prefix *found);
/* Lowest claimed address (an own address) inside a prefix. */
bool claims_address_in(struct claims *c, const struct prefix *p, struct addr *out);

#endif
