/*
 * AUTH payloads, made and verified: by a pre-shared key. Others will ask a process that holds the private key
 * and answer when it does.
 */
#include "config.h"

#include "daemon/ike/auth.h"

#include "daemon/ike/engine.h"
#include "daemon/ike/handshake.h"
#include "lib/secret.h"

#include <errno.h>
#include <string.h>

/* The AUTH data of one end by the key of the peer's configuration: its length or -errno. */
static int
by_key(struct ike_sa *sa, bool ours, struct span id_body, uint8_t out[CRYPT_PRF_MAX])
{
	const struct handshake *h = sa->handshake;
	const struct secret *psk = sa->peer ? sa->peer->psk : NULL;
	struct span message = ours ? (struct span){ h->message, h->message_len }
				   : (struct span){ h->message_peer, h->message_peer_len };

	if (!psk)
		return -ENOKEY;
	return keys_auth_psk(sa->ike->crypt, &sa->keys, ours == sa->initiator,
		(struct span){ psk->data, psk->len }, message,
		ours ? handshake_nonce_peer(h) : handshake_nonce(h), id_body, out);
}

uint8_t
auth_method(const struct ike_sa *sa)
{
	return WIRE_AUTH_PSK;
}

void
auth_sign(struct ike_sa *sa)
{
	uint8_t body[4 + IDENTITY_MAX] = { sa->local_id.type };
	uint8_t data[CRYPT_PRF_MAX];
	struct exchange x = {
		.ike = sa->ike, .message = EXCHANGE_MSG_signed, .path = &sa->path.at, .auth = data
	};
	int n;

	memcpy(body + 4, sa->local_id.value, sa->local_id.len);
	n = by_key(sa, true, (struct span){ body, 4U + sa->local_id.len }, data);
	if (n < 0)
		x.error = n;
	else
		x.auth_len = (size_t)n;
	exchange_dispatch(sa, &x);
}

void
auth_verify(struct ike_sa *sa, uint8_t method, struct span data, struct span id_body)
{
	uint8_t want[CRYPT_PRF_MAX];
	struct exchange x = {
		.ike = sa->ike, .message = EXCHANGE_MSG_verified, .path = &sa->path.at
	};
	int n;

	if (method != WIRE_AUTH_PSK) {
		x.error = -EPROTONOSUPPORT;
	} else {
		n = by_key(sa, false, id_body, want);
		if (n < 0)
			x.error = n;
		else if (data.len != (size_t)n || !secret_eq(data.p, want, (size_t)n))
			x.error = -EACCES;
		secret_wipe(want, sizeof(want));
	}
	exchange_dispatch(sa, &x);
}
