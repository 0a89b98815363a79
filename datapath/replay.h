#ifndef YD_DATAPATH_REPLAY_H
#define YD_DATAPATH_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/sastate.h"

/*
 * The anti-replay window (RFC 4303 3.4.3) as a ring of words that is never shifted (RFC 6479). It lives
 * in the shared slot, so that it outlives the process; window is its size in packets, 1 to
 * SASTATE_WINDOW_MAX, or 0: nothing is refused, only the highest number is kept.
 */

/* The 64-bit number of a packet that shows only the low half (RFC 4303 A2.1): the one nearest to the
 * window, which reaches from its start to 2^32 above. */
uint64_t replay_infer(const struct sa_slot *slot, uint32_t window, uint32_t low);
/* May a packet of this number still be accepted? Before the ICV is looked at. */
bool replay_check(const struct sa_slot *slot, uint32_t window, uint64_t seq);
/* The same question, and when the answer is yes the number is taken. After the ICV was right. */
bool replay_accept(struct sa_slot *slot, uint32_t window, uint64_t seq);

#endif
