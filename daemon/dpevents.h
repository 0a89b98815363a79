#ifndef YD_DAEMON_DPEVENTS_H
#define YD_DAEMON_DPEVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

struct loop;

/* What the datapath has told unasked: tunnels whose line is down, and paths that carry less than their
 * first device (RFC 1191). Compile asks for both. */
struct dpevents;

/* changed(arg): answers are other ones now. */
struct dpevents *dpevents_new(struct loop *l, void (*changed)(void *arg), void *arg);
void dpevents_free(struct dpevents *ev);

/* Returns whether that was news. */
bool dpevents_line(struct dpevents *ev, const char *device, bool up);
bool dpevents_is_down(const struct dpevents *ev, const char *device);
/* The devices whose line is down, one after another: each is taken out. False: none is left. */
bool dpevents_take_down(struct dpevents *ev, char device[16]);

/* Kept for ten minutes (RFC 1191 6.3); mtu in bytes. */
void dpevents_path(struct dpevents *ev, const struct addr *peer, uint32_t mtu);
/* 0 = nothing is known. */
uint32_t dpevents_path_mtu(const struct dpevents *ev, const struct addr *peer);

#endif
