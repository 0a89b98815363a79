#ifndef YD_IKE_PROTECT_H
#define YD_IKE_PROTECT_H

#include "daemon/ike/message.h"

struct keys;
struct wbuf;

/*
 * The encrypted payload (RFC 7296 3.14, RFC 5282; RFC 7383 2.5): makes a message of a chain of payloads, and
 * opens one in place. It pads as little as the cipher asks for, and takes any padding.
 */

/* Which part of a message; all zero: the whole, in an SK payload. */
struct protect_part {
	uint16_t number; /* of an SKF payload, 1 … total */
	uint16_t total;
};

/* The bytes a message with text_len bytes inside has. */
size_t protect_len(const struct keys *k, size_t text_len, bool is_fragment);
/* The most that fits inside a message of at most len bytes; 0: nothing. */
size_t protect_room(const struct keys *k, size_t len, bool is_fragment);
/* Writes the whole message: header (h; next and len are filled in here), encrypted payload. first: the type
 * of the first payload inside (0 in fragments but the first). 0, or -errno. */
int protect_seal(const struct keys *k, const struct wire_hdr *h, uint8_t first, struct span text,
	struct protect_part part, struct wbuf *w);
/*
 * Opens m->encrypted in place: datagram is what m was parsed from. FAULT_NONE and *text, a chain (of a
 * fragment: a piece of one) within the datagram; FAULT_integrity: not the peer's (or spoiled, or too
 * short for anybody to vouch for it); as if it had never come; FAULT_padding: the padding is longer than the text.
 */
enum wire_fault protect_open(
	const struct keys *k, uint8_t *datagram, const struct message *m, struct span *text);

#endif
