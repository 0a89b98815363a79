#ifndef YD_DATAPATH_SELECTOR_H
#define YD_DATAPATH_SELECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/drop.h"

/* How much of a packet's selectors can be seen (RFC 4301 4.4.1.1, 7): a fragment hides some. */
enum selector_seen {
	SELECTOR_ALL,
	SELECTOR_NO_PORTS, /* a later fragment, or too short: the protocol is known, the ports not */
	SELECTOR_NO_PROTOCOL /* an IPv6 fragment, or malformed extension headers */
};

/* What a transport protocol has behind its header's start. */
enum selector_kind { SELECTOR_PLAIN, SELECTOR_PORTS, SELECTOR_ICMP };

/*
 * What policy looks at, in a form that compares fast: as bytes with memcmp, and the addresses
 * as words. No padding. IPv4: source and destination are the halves of addr[0].
 */
struct selector {
	uint64_t addr[4];
	uint16_t source_port;	   /* ICMP: type */
	uint16_t destination_port; /* ICMP: code */
	uint8_t af;
	uint8_t protocol;
	uint8_t seen; /* enum selector_seen */
	uint8_t kind; /* enum selector_kind, of the protocol */
};

/* Reads the selectors of a packet; mirrored: with source and destination exchanged (ICMP type and code
 * stay). DROP_NONE, or why it is no good packet. */
enum drop selector_read(const uint8_t *p, uint32_t len, bool mirrored, struct selector *s);
/* The same step by step: whose it is, then ports or ICMP type and code from the transport header at p. */
void selector_ends(struct selector *s, const struct addr *source, const struct addr *destination);
void selector_transport(struct selector *s, uint8_t protocol, const uint8_t *p, uint32_t len);
void selector_mirror(struct selector *s);
enum selector_kind selector_kind(uint8_t protocol);
/* The words of a pair of addresses; either may have af 0 (then zeroes). */
void selector_addr(const struct addr *source, const struct addr *destination, uint64_t out[4]);

#endif
