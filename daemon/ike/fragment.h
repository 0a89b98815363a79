#ifndef YD_IKE_FRAGMENT_H
#define YD_IKE_FRAGMENT_H

#include "daemon/ike/protect.h"

/*
 * IKE fragmentation (RFC 7383): cuts a message into datagrams, and puts together fragments that have been
 * opened (each is authentic by itself). Bounded: one message at a time, FRAGMENT_MAX pieces,
 * FRAGMENT_BYTES_MAX in all.
 */
enum {
	FRAGMENT_MAX = 64,
	FRAGMENT_BYTES_MAX = 65535,
	FRAGMENT_DATAGRAM_V4 = 548, /* IKE bytes of a datagram of 576 octets (RFC 7383 2.5.1) */
	FRAGMENT_DATAGRAM_V6 = 1232 /* of 1280 */
};

/* One datagram; borrowed for the call. */
typedef void fragment_emit_fn(void *arg, const uint8_t *datagram, size_t len);

/* The message in one SK payload when it has at most datagram_max bytes (0: in one whatever its size), else
 * in SKF payloads. 0, or -errno (-EMSGSIZE: more than FRAGMENT_MAX pieces) and perhaps some datagrams
 * were emitted. */
int fragment_seal(const struct keys *k, const struct wire_hdr *h, uint8_t first, struct span text,
	size_t datagram_max, fragment_emit_fn *emit, void *arg);

struct fragment_piece {
	uint8_t *p; /* NULL: not yet here */
	size_t len;
};

/* What came of one message, so far. All zero is empty. */
struct fragments {
	uint32_t id;
	uint16_t total; /* 0: nothing */
	uint16_t n_present;
	uint8_t first; /* type of the first payload */
	size_t bytes;
	struct fragment_piece pieces[FRAGMENT_MAX]; /* owned */
	struct fragment_piece whole;		    /* owned */
};

enum fragment_state { FRAGMENT_MORE, FRAGMENT_WHOLE, FRAGMENT_IGNORED };

/*
 * Adds an opened fragment; its text is copied. Of another message (id), or with a larger total: what there
 * was is dropped. With a smaller total or already here: ignored (2.6). FRAGMENT_WHOLE: *first and *text
 * (owned by f until the next call of it) are the message. memory short: ignored. The engine gives one
 * direction's `struct fragments` only messages inside its window.
 */
enum fragment_state fragment_add(struct fragments *f, const struct message *m, struct span text,
	uint8_t *first, struct span *whole);
/* Drops what there is, wiped. */
void fragment_clear(struct fragments *f);

#endif
