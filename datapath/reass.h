#ifndef YD_DATAPATH_REASS_H
#define YD_DATAPATH_REASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datapath/dp.h"

/*
 * Reassembly of fragments (RFC 791 3.2, RFC 8200 4.5), bounded in memory, in packets under way and in
 * time. A datagram whose fragments overlap is given up as a whole (RFC 5722); an exact copy of a
 * fragment is passed over.
 */
enum {
	REASS_PACKETS = 256,   /* under way at once; a new one pushes the oldest out */
	REASS_BYTES = 4 << 20, /* held at once, likewise */
	REASS_PIECES = 1024,   /* of one packet */
	REASS_TIME_MS = 30000
};

struct reass;

struct reass *reass_new(struct dp *dp);
void reass_free(struct reass *r);
/* Is this IP packet a fragment? (An IPv6 packet that only has a fragment header is one.) */
bool reass_is_fragment(const uint8_t *p, uint32_t len);
/* Takes a fragment, of which a copy is kept. Fragments belong together only when their tags are equal.
 * The whole packet, from the pool, when this was the last one missing; else NULL, with *why DROP_NONE (kept)
 * or what was wrong with it. */
struct pkt *reass_add(
	struct reass *r, const uint8_t *p, uint32_t len, uint64_t tag, enum drop *why);
/* Packets under way, and bytes held for them. */
unsigned int reass_n(const struct reass *r);
size_t reass_bytes(const struct reass *r);

#endif
