#ifndef YD_IKE_HANDSHAKE_H
#define YD_IKE_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/ike/message.h"

struct child_sa;
struct crypt_dh;
struct exchange;
struct ike;
struct ike_sa;

enum { HANDSHAKE_NONCE = 32 };

/* What IKE_SA_INIT and IKE_AUTH must remember until the IKE SA is established. */
struct handshake {
	uint8_t nonce[HANDSHAKE_NONCE]; /* ours */
	uint8_t nonce_peer[WIRE_NONCE_MAX];
	size_t nonce_peer_len;
	struct crypt_dh *dh;
	uint8_t group;	  /* enum alg_dh, of dh */
	uint8_t *ke_peer; /* responder: g^i, worked with when IKE_AUTH comes */
	size_t ke_peer_len;
	uint8_t *message; /* our IKE_SA_INIT message as sent: AUTH covers it */
	size_t message_len;
	uint8_t *message_peer;
	size_t message_peer_len;
	uint8_t cookie[WIRE_COOKIE_MAX];
	size_t cookie_len;
	unsigned int rounds;  /* IKE_SA_INIT requests made anew: cookies, groups */
	unsigned int refused; /* answers nobody vouches for that said no */
	bool fragmentation;   /* the peer supports RFC 7383 */

	uint32_t auth_id; /* message id of IKE_AUTH */
	uint8_t *held;	  /* the payloads of IKE_AUTH, while its AUTH is verified */
	size_t held_len;
	uint8_t held_first;
	struct wire_hdr held_hdr;
	uint8_t auth[256]; /* our AUTH */
	size_t auth_len;
	bool failed; /* authentication; kept for retransmissions, or to tell the peer */

	struct child_sa *pair; /* initiator: asked for by IKE_AUTH */
};

struct handshake *handshake_new(struct ike *ike);
/* Wipes. */
void handshake_free(struct handshake *h);
/* Keeps a copy; what was there is freed. -ENOMEM. */
int handshake_keep(uint8_t **to, size_t *to_len, struct span from);
struct span handshake_nonce(const struct handshake *h);
struct span handshake_nonce_peer(const struct handshake *h);
/* The lowest of two nonces, padded with zeros: who loses a collision (RFC 7296 2.8.1). */
void handshake_lowest(struct span a, struct span b, uint8_t out[32]);
/* The keys of both halves. 0, or -EBADMSG: the peer's value is no good, or -errno. */
int handshake_keys(struct ike_sa *sa, struct span ke_peer);
/* Keeps the payloads of an IKE_AUTH message; handshake_held takes them apart again. */
int handshake_hold(struct handshake *h, const struct exchange *x);
enum wire_fault handshake_held(const struct handshake *h, struct message *m);

#endif
