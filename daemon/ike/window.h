#ifndef YD_IKE_WINDOW_H
#define YD_IKE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/ike/ike.h"

struct fragments;

enum {
	WINDOW_SIZE = 4,  /* requests of the peer that may be on their way */
	WINDOW_PEER = 16, /* of ours, however many it allows */
	WINDOW_DATAGRAMS = 64
};

/* Datagrams of one message: one, or its fragments. */
struct datagrams {
	unsigned int n;
	struct datagram {
		size_t len;
		uint8_t *data; /* malloc'd */
	} * one;
};

/* Copies a datagram to the end. -ENOMEM, or -E2BIG beyond WINDOW_DATAGRAMS. */
int datagrams_add(struct datagrams *d, const uint8_t *data, size_t len);
void datagrams_send(struct ike *ike, const struct ike_path *path, const struct datagrams *d);
void datagrams_clear(struct datagrams *d);
/* Moves what from holds into to, which is cleared first. */
void datagrams_take(struct datagrams *to, struct datagrams *from);

enum window_place {
	WINDOW_NEW,	 /* to be handled */
	WINDOW_BUSY,	 /* is being handled: nothing is to be done */
	WINDOW_ANSWERED, /* its answer is to be sent again */
	WINDOW_OUTSIDE	 /* too old or too far ahead: dropped */
};

/*
 * Message ids of one IKE SA (RFC 7296 2.2, 2.3): the peer's requests with the answers that were given, and
 * how many of our own may be out.
 */
struct window {
	uint32_t next_id;	/* of our next request */
	unsigned int peer_size; /* of ours, from the oldest without answer on, that may be out */
	unsigned int size;	/* how many of the peer's may be, ≤ WINDOW_SIZE */
	uint32_t low;		/* all of the peer's before this one are answered */
	uint32_t newest;	/* 1 + the highest that was accepted */
	struct answer {
		uint32_t id;
		bool taken;
		bool answered;
		struct ike_path path; /* the request came by */
		struct datagrams datagrams;
		struct fragments *fragments; /* of a request that will take this place */
		uint32_t fragments_id;
	} answers[WINDOW_SIZE];
};

void window_init(struct window *w);
void window_fini(struct window *w);
enum window_place window_place(const struct window *w, uint32_t id);
/* Where the request's fragments are collected; NULL when id is not WINDOW_NEW. */
struct fragments **window_fragments(struct window *w, uint32_t id);
/* The request, which came by a path, is being handled. */
void window_accept(struct window *w, uint32_t id, const struct ike_path *path);
/* What was accepted is answered by these datagrams, which are taken. Returns where they are kept, with the path
 * to send them by (2.11: the request's); NULL: nothing was accepted. */
const struct answer *window_answer(struct window *w, uint32_t id, struct datagrams *d);
/* The answer given to it; NULL when there is none. */
const struct datagrams *window_answered(const struct window *w, uint32_t id);
/* How many requests of the peer are being handled. */
unsigned int window_n_busy(const struct window *w);
/* NULL is legal. */
void window_fragments_free(struct fragments *f);

#endif
