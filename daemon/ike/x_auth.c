/*
 * IKE_AUTH as its initiator (RFC 7296 1.2, 2.15): our identity and AUTH, the peer's, and the first
 * CHILD SA. When that one fails, the IKE SA stays up.
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
#include "daemon/ike/lifetime.h"
#include "daemon/ike/offer.h"
#include "lib/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
x_auth_start(struct ike_sa *sa)
{
	sa->state = EXCHANGE_auth_signing;
	if (peer_local_id(sa->ike, sa->peer, &sa->path.at.local, &sa->local_id) != 0) {
		explain_failure(sa, 1, true, false, EXPLAIN_local_id, NULL,
			"the local identity cannot be made: see local-id-type and local-id");
		ike_sa_kill(sa, "local-failure");
		return;
	}
	auth_sign(sa);
}

/* The child that IKE_AUTH brings along: the first that waits. */
static struct child *
first_child(struct ike_sa *sa)
{
	struct request *r = request_of(sa, REQUEST_child_new, NULL);
	struct child *c = r ? r->child : NULL;

	if (c)
		request_forget_child(c);
	return c;
}

void
x_auth_signed(struct ike_sa *sa, struct exchange *x)
{
	struct handshake *h = sa->handshake;
	struct child *c = first_child(sa);
	struct request *r;

	if (!c) {
		/* nobody needs it any more */
		ike_sa_kill(sa, NULL);
		return;
	}
	if (x->error != 0 || x->auth_len > sizeof(h->auth)) {
		explain_failure(sa, 1, true, false, EXPLAIN_local_failure, NULL,
			x->error == -ENOKEY ? "the peer has no pre-shared key"
					    : "our AUTH could not be made");
		ike_sa_kill(sa, "local-failure");
		child_failed(c);
		return;
	}
	memcpy(h->auth, x->auth, x->auth_len);
	h->auth_len = x->auth_len;
	r = request_queue(sa, REQUEST_auth);
	if (!r) {
		ike_sa_kill(sa, "local-failure");
		child_failed(c);
		return;
	}
	request_for(r, c);
	sa->state = EXCHANGE_auth_sent;
	if (request_start(r) != 0)
		ike_sa_kill(sa, "local-failure");
}

/* The identity that we insist on, for peers that have several. */
static void
write_remote_id(struct ike_sa *sa, struct compose *c)
{
	const struct msg_ike_peer *p = &sa->peer->cfg;
	struct identity id;

	if (p->remote_id_type != 0 && p->remote_id[0] != '\0' &&
		identity_parse(p->remote_id_type, p->remote_id, &id) == 0)
		compose_id(c, PAYLOAD_id_r, id.type, (struct span){ id.value, id.len });
}

/* What both ends of IKE_AUTH say besides. */
void
x_auth_write_notifies(struct ike_sa *sa, struct compose *c)
{
	if (!collide_has_sibling(sa))
		compose_notify(c, NOTIFY_initial_contact, (struct span){ 0 });
	x_write_window(c);
}

int
x_auth_build(struct request *r, struct compose *c)
{
	struct ike_sa *sa = r->sa;
	const struct handshake *h = sa->handshake;

	r->made = child_sa_new(sa, r->child, true);
	if (!r->made)
		return -ENOMEM;
	compose_id(c, PAYLOAD_id_i, sa->local_id.type,
		(struct span){ sa->local_id.value, sa->local_id.len });
	write_remote_id(sa, c);
	compose_auth(c, auth_method(sa), (struct span){ h->auth, h->auth_len });
	offer_write_sa(r->made, r->child, c, false);
	offer_write_ts(r->made, r->child, NULL, c);
	x_auth_write_notifies(sa, c);
	return 0;
}

void
x_auth_lost(struct request *r)
{
	explain_failure(
		r->sa, 1, true, false, EXPLAIN_no_answer, NULL, "IKE_AUTH was not answered");
	x_give_up(r->sa, "no-answer");
}

/* The IKE SA cannot be: who waits for it hears of it. */
static void
fail(struct ike_sa *sa, struct child *c, const char *reason)
{
	if (c)
		child_failed(c);
	x_give_up(sa, reason);
}

static void
explain_refusal(struct ike_sa *sa, const struct message *m)
{
	const struct message_notify *n = message_error_find(m);
	char id[IDENTITY_TEXT];
	struct explain_terms t = { identity_format(&sa->local_id, id),
		sa->peer ? sa->peer->cfg.remote_id : NULL };

	if (!n)
		explain_failure(sa, 1, true, true, EXPLAIN_malformed_message, NULL,
			"the answer to IKE_AUTH has no AUTH");
	else
		explain_failure(sa, 1, true, true, explain_of_notify(n->type, 1), &t,
			"the peer answers IKE_AUTH with %s, and tells no more",
			wire_notify_name(n->type) ? wire_notify_name(n->type) : "an unknown error");
}

void
x_auth_response(struct ike_sa *sa, struct exchange *x)
{
	struct handshake *h = sa->handshake;
	struct request *r = x->request;
	const struct message *m = x->in;

	h->pair = r->made;
	r->made = NULL;
	if (!message_has(m, PAYLOAD_id_r) || !message_has(m, PAYLOAD_auth)) {
		explain_refusal(sa, m);
		fail(sa, r->child, "refused");
		return;
	}
	if (identity_set(&sa->remote_id, m->id_r_type, m->id_r.p, m->id_r.len) != 0 ||
		handshake_hold(h, x) != 0) {
		explain_failure(sa, 1, true, false, EXPLAIN_malformed_payload, NULL,
			"the peer's identity is malformed");
		fail(sa, r->child, "refused");
		return;
	}
	sa->state = EXCHANGE_auth_checking;
	auth_verify(sa, m->auth_method, m->auth, m->id_r_body);
}

/* We do not believe the peer: it is told that the IKE SA ends, which is up at its end. */
static void
disbelieve(struct ike_sa *sa, struct child *c, enum explain_reason reason, const char *what)
{
	char id[IDENTITY_TEXT];
	struct explain_terms t = { identity_format(&sa->remote_id, id), sa->peer->cfg.remote_id };
	struct peer *p = sa->peer;
	struct ike *ike = sa->ike;

	explain_failure(sa, 1, true, false, reason, &t, "%s", what);
	statistics_count(sa->ike, STATISTIC_ike_failed);
	request_fail_all(sa);
	sa->handshake->failed = true;
	sa->state = EXCHANGE_deleting;
	if (request_queue(sa, REQUEST_ike_delete))
		request_pump(sa);
	else
		ike_sa_kill(sa, NULL);
	if (c)
		child_failed(c);
	x_next_address(ike, p);
}

/* The first CHILD SA, as far as the peer agrees to it. */
static void
first_pair(struct ike_sa *sa, struct child *c, struct child_sa *pair, const struct message *m)
{
	const struct message_notify *n = message_error_find(m);
	struct request *again;
	int r;

	if (!c) {
		/* no longer configured; the peer may have made it */
		x_child_drop(pair, message_has(m, PAYLOAD_sa) ? m : NULL);
		return;
	}
	if (!message_has(m, PAYLOAD_sa)) {
		if (n && child_refused(c, n->type) &&
			(again = request_queue(sa, REQUEST_child_new))) {
			/* goes with what else waits for the IKE SA */
			request_for(again, c);
			child_sa_end(pair, false);
			return;
		}
		offer_explain_refusal(sa, c, NULL, m, false);
		child_sa_end(pair, false);
		child_failed(c);
		return;
	}
	r = offer_accept(pair, c, m, false);
	if (r == 0) {
		r = x_child_keys(pair, sa, NULL, handshake_nonce(sa->handshake),
			handshake_nonce_peer(sa->handshake));
		if (r != 0)
			explain_failure(sa, 2, true, false, EXPLAIN_local_failure, NULL,
				"the keys could not be made");
	}
	if (r != 0 || !offer_is_met(pair, c))
		child_failed(c);
	if (r == 0) {
		x_child_take(pair);
		return;
	}
	statistics_count(sa->ike, STATISTIC_child_failed);
	x_child_drop(pair, m);
}

void
x_auth_response_verified(struct ike_sa *sa, struct exchange *x)
{
	struct handshake *h = sa->handshake;
	struct child_sa *pair = h->pair;
	struct child *c = child_find(sa->ike, pair->child);
	struct message m;

	h->pair = NULL;
	if (handshake_held(h, &m) != FAULT_NONE)
		x->error = -EBADMSG;
	if (x->error != 0) {
		child_sa_end(pair, false);
		disbelieve(sa, c, EXPLAIN_authentication, "the peer's AUTH is not right");
		return;
	}
	if (!peer_accepts_id(sa->peer, &sa->remote_id)) {
		child_sa_end(pair, false);
		disbelieve(
			sa, c, EXPLAIN_config_id, "the peer's identity is not the one configured");
		return;
	}
	if (message_notify_find(&m, NOTIFY_invalid_syntax)) {
		/* the peer has ended the IKE SA with this (RFC 7296 2.21.3) */
		child_sa_end(pair, false);
		explain_refusal(sa, &m);
		fail(sa, c, "refused");
		return;
	}
	sa->peer->next_address = 0;
	x_auth_heed_notifies(sa, &m);
	sa->state = EXCHANGE_established;
	first_pair(sa, c, pair, &m);
	if (sa->dead)
		return;
	ike_sa_establish(sa);
	collide_established(sa);
	request_pump(sa);
}

void
x_auth_heed_notifies(struct ike_sa *sa, const struct message *m)
{
	const struct message_notify *n = message_notify_find(m, NOTIFY_auth_lifetime);

	sa->window.size = WINDOW_SIZE;
	x_heed_window(sa, m);
	if (n && n->data.len == 4 && sa->initiator)
		sa->reauth_s = be32_get(n->data.p);
	if (message_notify_find(m, NOTIFY_initial_contact))
		collide_initial_contact(sa);
}
