/*
 * IKE_AUTH as its responder (RFC 7296 1.2, 2.15): who the initiator says it is decides which peer it is, whose
 * key decides whether that is true. Only then is anything else in the message looked at. It may ask for no
 * CHILD SA (RFC 6023), and is told when it must authenticate again (RFC 4478).
 */
#include "config.h"

#include "daemon/ike/x.h"

#include "daemon/ike/auth.h"
#include "daemon/ike/child_sa.h"
#include "daemon/ike/collide.h"
#include "daemon/ike/compose.h"
#include "daemon/ike/debug.h"
#include "daemon/ike/engine.h"
#include "daemon/ike/handshake.h"
#include "daemon/ike/offer.h"
#include "daemon/ike/seal.h"
#include "daemon/ike/suite.h"
#include "lib/buf.h"
#include "lib/loop.h"

#include <errno.h>
#include <string.h>

enum { KEPT_MS = 30000 };

/* It ends with this answer, which is kept for a while for retransmissions. */
static void
refuse(struct ike_sa *sa, uint16_t notify)
{
	statistics_count(sa->ike, STATISTIC_ike_failed);
	sa->handshake->failed = true;
	seal_reply_notify(sa, WIRE_IKE_AUTH, sa->handshake->auth_id, notify, (struct span){ 0 });
	timer_set(sa->timer, KEPT_MS);
}

static bool
would_agree(void *arg, struct peer *p)
{
	const struct ike_sa *sa = arg;

	return suite_ike_allows(sa->ike, p, &sa->suite);
}

/* The peer of this identity, among those that would have agreed to this IKE SA. */
static struct peer *
peer_of_id(struct ike_sa *sa)
{
	return peer_choose_id(sa->ike, &sa->path.at.remote, &sa->remote_id, would_agree, sa);
}

static void
explain_id(struct ike_sa *sa)
{
	char id[IDENTITY_TEXT];
	struct explain_terms t = { identity_format(&sa->remote_id, id),
		sa->peer ? sa->peer->cfg.remote_id : NULL };

	explain_failure(sa, 1, false, false, EXPLAIN_config_id, &t,
		"no ike peer with this remote address has the identity");
}

void
x_auth_request(struct ike_sa *sa, struct exchange *x)
{
	struct handshake *h = sa->handshake;
	const struct message *m = x->in;
	struct peer *p;

	h->auth_id = x->id;
	if (h->failed)
		return;
	if (!message_has(m, PAYLOAD_id_i) || !message_has(m, PAYLOAD_auth) ||
		identity_set(&sa->remote_id, m->id_i_type, m->id_i.p, m->id_i.len) != 0) {
		explain_failure(sa, 1, false, false, EXPLAIN_authentication, NULL,
			message_has(m, PAYLOAD_id_i) ? "the peer wants to authenticate by EAP"
						     : "the peer does not say who it is");
		refuse(sa, NOTIFY_authentication_failed);
		return;
	}
	p = peer_of_id(sa);
	if (!p) {
		explain_id(sa);
		refuse(sa, NOTIFY_authentication_failed);
		return;
	}
	ike_sa_set_peer(sa, p);
	if (peer_local_id(sa->ike, p, &sa->path.at.local, &sa->local_id) != 0) {
		explain_failure(sa, 1, false, false, EXPLAIN_local_id, NULL,
			"the local identity cannot be made: see local-id-type and local-id");
		refuse(sa, NOTIFY_authentication_failed);
		return;
	}
	if (handshake_hold(h, x) != 0) {
		explain_failure(sa, 1, false, false, EXPLAIN_local_failure, NULL, "out of memory");
		refuse(sa, NOTIFY_no_additional_sas);
		return;
	}
	sa->state = EXCHANGE_auth_verifying;
	auth_verify(sa, m->auth_method, m->auth, m->id_i_body);
}

/* Why the initiator's AUTH does not hold. What we lack is not the peer's fault. */
static void
explain_auth(struct ike_sa *sa, int error)
{
	static const struct {
		int error;
		uint8_t reason;
		const char *text;
	} rows[] = {
		{ -EACCES, EXPLAIN_authentication, "the pre-shared keys differ" },
		{ -EPROTONOSUPPORT, EXPLAIN_authentication,
			"the peer does not authenticate by a pre-shared key" },
		{ -ENOKEY, EXPLAIN_local_failure, "the ike peer has no pre-shared key" },
		{ 0, EXPLAIN_local_failure, "the peer's AUTH could not be verified" },
	};
	char id[IDENTITY_TEXT];
	struct explain_terms t = { .offered = identity_format(&sa->remote_id, id) };
	size_t i = 0;

	while (rows[i].error != error && rows[i].error != 0)
		i++;
	explain_failure(
		sa, 1, false, false, (enum explain_reason)rows[i].reason, &t, "%s", rows[i].text);
}

void
x_auth_request_verified(struct ike_sa *sa, struct exchange *x)
{
	if (x->error != 0) {
		explain_auth(sa, x->error);
		sa->state = EXCHANGE_init_answered;
		refuse(sa, NOTIFY_authentication_failed);
		return;
	}
	sa->state = EXCHANGE_auth_answering;
	auth_sign(sa);
}

/* When the initiator must authenticate again. */
static void
write_lifetime(const struct ike_sa *sa, struct compose *c)
{
	uint8_t seconds[4];

	if (sa->peer->cfg.reauth_s == 0)
		return;
	be32_put(seconds, sa->peer->cfg.reauth_s);
	compose_notify(c, NOTIFY_auth_lifetime, (struct span){ seconds, sizeof(seconds) });
}

/* The answer: who we are, and the first pair or why there is none (0: none was asked for). */
static void
answer(struct ike_sa *sa, struct child_sa *pair, uint16_t notify)
{
	struct handshake *h = sa->handshake;
	uint32_t id = h->auth_id;
	struct message m;
	struct compose c;

	compose_inner(&c);
	compose_id(&c, PAYLOAD_id_r, sa->local_id.type,
		(struct span){ sa->local_id.value, sa->local_id.len });
	compose_auth(&c, auth_method(sa), (struct span){ h->auth, h->auth_len });
	if (pair) {
		offer_write_choice(pair, &c);
		offer_write_chosen_ts(pair, &c);
	} else if (notify != 0) {
		compose_notify(&c, notify, (struct span){ 0 });
	}
	x_auth_write_notifies(sa, &c);
	write_lifetime(sa, &c);
	if (handshake_held(h, &m) == FAULT_NONE)
		x_auth_heed_notifies(sa, &m);
	seal_reply(sa, WIRE_IKE_AUTH, id, &c);
	ike_sa_establish(sa);
	if (pair) {
		child_sa_establish(pair);
		child_sa_await_proof(pair);
	}
	collide_established(sa);
	request_pump(sa);
}

static void
installed(struct child_sa *pair, int error, const struct err *why)
{
	struct ike_sa *sa = pair->ike_sa;

	if (error == 0) {
		answer(sa, pair, 0);
		return;
	}
	x_child_explain_install(pair, error, why);
	child_sa_end(pair, false);
	answer(sa, NULL, NOTIFY_no_additional_sas);
}

void
x_auth_response_signed(struct ike_sa *sa, struct exchange *x)
{
	struct handshake *h = sa->handshake;
	struct child_sa *pair = NULL;
	struct message m;
	uint16_t notify, group;
	int e;

	if (x->error != 0 || x->auth_len > sizeof(h->auth) || handshake_held(h, &m) != FAULT_NONE) {
		explain_failure(sa, 1, false, false, EXPLAIN_local_failure, NULL,
			"our AUTH could not be made");
		refuse(sa, NOTIFY_authentication_failed);
		return;
	}
	memcpy(h->auth, x->auth, x->auth_len);
	h->auth_len = x->auth_len;
	if (!message_has(&m, PAYLOAD_sa) && !message_has(&m, PAYLOAD_ts_i) &&
		!message_has(&m, PAYLOAD_ts_r)) {
		answer(sa, NULL, 0);
		return;
	}
	notify = offer_choose(sa, &m, NULL, false, &pair, &group);
	if (notify == NOTIFY_invalid_syntax) { /* fatal (RFC 7296 2.21.3) */
		refuse(sa, notify);
		return;
	}
	if (notify == 0) {
		e = x_child_keys(pair, sa, NULL, handshake_nonce_peer(h), handshake_nonce(h));
		if (e == 0)
			e = child_sa_install(pair, installed);
		if (e != 0)
			installed(pair, e, NULL);
		return;
	}
	statistics_count(sa->ike, STATISTIC_child_failed);
	answer(sa, NULL, notify);
}
