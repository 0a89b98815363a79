#ifndef YD_IKE_REQUEST_H
#define YD_IKE_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "daemon/ike/window.h"
#include "daemon/ike/wire.h"

struct child;
struct child_sa;
struct compose;
struct crypt_dh;
struct exchange;
struct fragments;
struct proposal_config;
struct ike;
struct ike_sa;
struct timer;

enum request_kind {
#define EXCHANGE_REQUEST(id, ...) REQUEST_##id,
#include "daemon/ike/exchange.def"
#undef EXCHANGE_REQUEST
	REQUEST_N
};

/*
 * A request of ours: waiting until the peer's window has room and its turn has come, then built, sent, and
 * sent again until it is answered or given up (RFC 7296 2.1, 2.4).
 */
struct request {
	TAILQ_ENTRY(request) link;
	struct ike_sa *sa;
	enum request_kind kind;
	uint32_t id;
	unsigned int tries;
	struct datagrams datagrams;
	struct fragments *fragments; /* of the response */
	struct timer *timer;
	struct child *child;   /* child_new: what for */
	struct child_sa *pair; /* child_rekey, child_delete: which */
	struct child_sa *made; /* child_new, child_rekey, auth: the larval pair */
	uint32_t theirs;  /* a pair the peer has asked for meanwhile, in the same place; 0: none */
	uint64_t made_sa; /* ike_rekey: its SPI of ours; 0: none */
	struct crypt_dh *dh; /* our half */
	uint8_t nonce[32];   /* our Ni */
	uint8_t group;	     /* enum alg_dh that the peer wants instead; 0: our first */
	uint8_t rounds;	     /* how often it has wanted another one */
};
TAILQ_HEAD(request_list, request); /* those that are out: in the order of their ids */

/* Queues a request; it goes as soon as it may. NULL when memory is short. */
struct request *request_queue(struct ike_sa *sa, enum request_kind kind);
/* A pair for a child, or (pair != NULL) the one that follows a pair. 0 or -ENOMEM. */
int request_child(struct ike_sa *sa, struct child *c, struct child_sa *pair);
int request_delete_child(struct child_sa *pair);
/* Sends what may go. */
void request_pump(struct ike_sa *sa);
/* Builds and sends this one whatever waits. 0 or -errno, then it is freed. */
int request_start(struct request *r);
/* The outstanding request of this id, or NULL. */
struct request *request_find(struct ike_sa *sa, uint32_t id);
/* Of a kind, waiting or out; pair NULL: any. */
struct request *request_of(struct ike_sa *sa, enum request_kind kind, const struct child_sa *pair);
/* Its response is here: it is not sent any more, and no longer in the list; request_free frees it. */
void request_answered(struct request *r);
/* enum wire_exchange. */
uint8_t request_exchange(const struct request *r);
/* Whether the peer's INVALID_KE_PAYLOAD with this data is to be followed: the group (enum alg_dh) that it wants, of those
 * configured, not the one that it got, nor a third time another one (RFC 7296 1.3, 2.7). ALG_DH_NONE: no. */
uint8_t request_other_group(const struct request *r, const struct proposal_config *config,
	unsigned int n, struct span data);
/* Hands the response to who handles this kind. */
void request_answer(struct request *r, struct exchange *x);
/* Frees it with its larval pair or IKE SA, if it has them still. */
void request_free(struct request *r);
/* The same, and who waits for it has failed. */
void request_fail(struct request *r);
void request_fail_all(struct ike_sa *sa);
/* What is to become of a dead pair's requests: nothing. */
void request_forget_pair(struct ike_sa *sa, const struct child_sa *pair);
/* Those of a kind that wait are dropped. */
void request_cancel(struct ike_sa *sa, enum request_kind kind);
/* The requests that wait go on by another IKE SA. */
void request_move(struct ike_sa *from, struct ike_sa *to);
/* It is what a child waits for. */
void request_for(struct request *r, struct child *c);
/* It is no longer configured: what waits for it is dropped, what is out is for nobody. */
void request_forget_child(struct child *c);
/* The peer is alive, though the answer is not here: its turn comes anew (a new path). */
void request_hurry(struct ike_sa *sa);

#endif
