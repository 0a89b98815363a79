/*
 * The memory of an IKE SA that is being made: nonces, halves of the Diffie-Hellman exchange, messages
 * that AUTH covers. Refuses to know what comes next.
 */
#include "config.h"

#include "daemon/ike/handshake.h"

#include "daemon/ike/engine.h"
#include "daemon/ike/keys.h"
#include "lib/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct handshake *
handshake_new(struct ike *ike)
{
	struct handshake *h = calloc(1, sizeof(*h));

	if (h)
		crypt_random(ike->crypt, h->nonce, sizeof(h->nonce));
	return h;
}

void
handshake_free(struct handshake *h)
{
	if (!h)
		return;
	crypt_dh_free(h->dh);
	free(h->ke_peer);
	free(h->message);
	free(h->message_peer);
	if (h->held)
		secret_wipe(h->held, h->held_len);
	free(h->held);
	secret_wipe(h, sizeof(*h));
	free(h);
}

int
handshake_keep(uint8_t **to, size_t *to_len, struct span from)
{
	uint8_t *copy = malloc(from.len ? from.len : 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, from.p, from.len);
	free(*to);
	*to = copy;
	*to_len = from.len;
	return 0;
}

struct span
handshake_nonce(const struct handshake *h)
{
	return (struct span){ h->nonce, sizeof(h->nonce) };
}

struct span
handshake_nonce_peer(const struct handshake *h)
{
	return (struct span){ h->nonce_peer, h->nonce_peer_len };
}

void
handshake_lowest(struct span a, struct span b, uint8_t out[32])
{
	uint8_t pa[32] = { 0 }, pb[32] = { 0 };

	memcpy(pa, a.p, a.len < 32 ? a.len : 32);
	memcpy(pb, b.p, b.len < 32 ? b.len : 32);
	memcpy(out, memcmp(pa, pb, 32) < 0 ? pa : pb, 32);
}

int
handshake_keys(struct ike_sa *sa, struct span ke_peer)
{
	struct handshake *h = sa->handshake;
	struct keys_suite suite = { (enum alg_cipher)sa->suite.cipher,
		(enum alg_auth)sa->suite.auth, (enum alg_prf)sa->suite.prf };
	struct keys_input in = {
		.spi_i = ike_sa_spi_i(sa), .spi_r = ike_sa_spi_r(sa), .initiator = sa->initiator
	};
	struct secret *shared = NULL;
	int r = crypt_dh_shared(h->dh, ke_peer, &shared);

	if (r != 0)
		return r;
	in.shared = shared;
	in.nonce_i = sa->initiator ? handshake_nonce(h) : handshake_nonce_peer(h);
	in.nonce_r = sa->initiator ? handshake_nonce_peer(h) : handshake_nonce(h);
	handshake_lowest(in.nonce_i, in.nonce_r, sa->lowest);
	r = keys_init(sa->ike->crypt, &suite, &in, NULL, &sa->keys);
	secret_free(shared);
	return r;
}

int
handshake_hold(struct handshake *h, const struct exchange *x)
{
	h->held_first = x->first;
	h->held_hdr = x->in->hdr;
	return handshake_keep(&h->held, &h->held_len, x->text);
}

enum wire_fault
handshake_held(const struct handshake *h, struct message *m)
{
	*m = (struct message){ .hdr = h->held_hdr };
	return message_parse_inner(m, h->held_first, (struct span){ h->held, h->held_len });
}
