#ifndef YD_LIB_SASTATE_H
#define YD_LIB_SASTATE_H

#include <stdint.h>

/*
 * What must survive a dead datapath: sequence numbers and replay windows, in a shared file
 * that the daemon owns. One slot an SA, or a GRE tunnel with sequence numbers (the peer drops what is
 * late, RFC 2890 2.2); a slot has one writer at a time, the datapath.
 */
#define SASTATE_WINDOW_MAX 4096 /* packets, RFC 6479 */
#define SASTATE_WORDS (SASTATE_WINDOW_MAX / 64 + 1)
/* A new datapath goes on this many numbers after the last one seen in the slot. */
#define SASTATE_SKIP 65536

struct sa_slot {
	uint64_t seq; /* outbound: last used; inbound: highest accepted; GRE: next to be sent */
	uint64_t window[SASTATE_WORDS]; /* inbound: ring of bits, RFC 6479 */
};

#endif
