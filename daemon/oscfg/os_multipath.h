#ifndef YD_DAEMON_OSCFG_OS_MULTIPATH_H
#define YD_DAEMON_OSCFG_OS_MULTIPATH_H

#include <stdbool.h>
#include <stdint.h>

struct os_multipath;
struct os_route;
struct oscfg;
struct want;
struct want_route;

/*
 * Several ways of ours to one destination, of one preference: for us an object each, for the kernel one
 * IPv4 route with several next hops. (In IPv6 the kernel joins what is added one by one.)
 */
struct os_multipath *os_multipath_new(void);
void os_multipath_free(struct os_multipath *m);

/* The kernel has a route with this destination and metric (EEXIST): adopted when it is equal and not ours,
 * joined to ours, or put behind somebody else's. index of the device, or 0. 0 or -errno. */
int os_multipath_join(struct oscfg *o, const struct want *w, uint32_t index);
/* Is it perhaps one way of several? */
bool os_multipath_has(const struct oscfg *o, const struct want_route *r);
/* Takes one way out of several. 0 or -errno. */
int os_multipath_leave(struct oscfg *o, const struct want_route *r, uint32_t index);
/* A dump has met this route. */
void os_multipath_see(struct oscfg *o, const struct os_route *r);

#endif
