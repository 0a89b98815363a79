#ifndef YD_IKE_X_H
#define YD_IKE_X_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/ike/wire.h"

struct child_sa;
struct compose;
struct err;
struct exchange;
struct ike;
struct ike_sa;
struct message;
struct peer;
struct request;
struct secret;

/* The exchanges, one file each: what exchange.def names. x_fn handles a message, build writes a request's
 * payloads (0 or -errno; -ECANCELED: nobody needs it any more), answered gets its response, lost hears that
 * none came. */
typedef void x_fn(struct ike_sa *sa, struct exchange *x);
typedef int x_build_fn(struct request *r, struct compose *c);
typedef void x_answered_fn(struct request *r, struct exchange *x);
typedef void x_lost_fn(struct request *r);

/* x_init.c: IKE_SA_INIT (RFC 7296 1.2, 2.6, 2.7) */
int x_init_start(struct ike_sa *sa);
x_build_fn x_init_build;
x_lost_fn x_init_lost;
x_fn x_init_request;
x_fn x_init_response;
/* Responder: the keys, when the first IKE_AUTH message asks for them. 0 or -errno. */
int x_init_keys(struct ike_sa *sa);
/* Initiator: the negotiation has failed, in whichever exchange; the peer's next address has its turn. */
void x_give_up(struct ike_sa *sa, const char *reason);
/* At once; all of them again after a while. p may be NULL. */
void x_next_address(struct ike *ike, struct peer *p);

/* x_auth.c: IKE_AUTH (1.2, 2.15) */
void x_auth_start(struct ike_sa *sa);
x_build_fn x_auth_build;
x_lost_fn x_auth_lost;
x_fn x_auth_signed;
x_fn x_auth_response;
x_fn x_auth_response_verified;
/* What both ends of IKE_AUTH say besides, and what is done about it. */
void x_auth_write_notifies(struct ike_sa *sa, struct compose *c);
void x_auth_heed_notifies(struct ike_sa *sa, const struct message *m);
/* x_auth_answer.c: the responder's side */
x_fn x_auth_request;
x_fn x_auth_request_verified;
x_fn x_auth_response_signed;

/* x_create_child.c: CREATE_CHILD_SA (1.3): new pairs and rekeyed ones; hands IKE SAs on to x_rekey_ike.c */
x_fn x_create_child_request;
x_fn x_create_child_response;
x_build_fn x_child_new_build;
x_answered_fn x_child_new_answered;
x_build_fn x_child_rekey_build;
x_answered_fn x_child_rekey_answered;

/* x_child.c: what exchanges do alike */
/* The peer's SET_WINDOW_SIZE, in whichever message it comes (2.3). */
void x_heed_window(struct ike_sa *sa, const struct message *m);
void x_write_window(struct compose *c);
/* Answers a request of the peer by an error. INVALID_SYNTAX ends the IKE SA for both, without a Delete (2.21.3). */
void x_refuse(struct ike_sa *sa, uint8_t exchange, uint32_t id, uint16_t notify, struct span data);
/* The keys of a pair. 0 or -errno. */
int x_child_keys(struct child_sa *pair, struct ike_sa *sa, const struct secret *shared,
	struct span nonce_i, struct span nonce_r);
/* Initiator: both have agreed to the pair; it is installed and takes its place. */
void x_child_take(struct child_sa *pair);
/* Initiator: we do not agree to what the peer has made (m: its answer; NULL: it has made nothing). */
void x_child_drop(struct child_sa *pair, const struct message *m);
/* The peer deletes an SPI that is not known (yet: the answer that names it may come later). */
void x_child_deleted_early(struct ike_sa *sa, uint32_t spi);
/* The answer names an SPI that was deleted meanwhile: the pair is gone. */
bool x_child_is_gone(struct ike_sa *sa, const struct child_sa *pair);
/* The datapath does not take the pair: our failure, not the peer's. */
void x_child_explain_install(struct child_sa *pair, int error, const struct err *why);
/* It has taken the pair, and does not use it: the same, and the pair ends. */
void x_child_unusable(struct child_sa *pair, int error, const struct err *why);

/* x_rekey_ike.c: CREATE_CHILD_SA for the IKE SA (1.3.2, 2.18) */
x_fn x_rekey_ike_request;
x_build_fn x_rekey_ike_build;
x_answered_fn x_rekey_ike_answered;

/* x_info.c: INFORMATIONAL (1.4): deletes, liveness; and messages for SAs that are not there */
x_fn x_info_request;
x_fn x_info_response;
x_fn x_info_invalid_spi;
x_build_fn x_child_delete_build;
x_answered_fn x_child_delete_answered;
x_build_fn x_ike_delete_build;
x_answered_fn x_ike_delete_answered;
x_lost_fn x_ike_delete_lost;
x_build_fn x_liveness_build;
x_answered_fn x_liveness_answered;
x_lost_fn x_liveness_lost;
/* The peer of an established SA does not answer any more. */
x_lost_fn x_lost;

#endif
