/*
 * IKE_SA_INIT (RFC 7296 1.2): algorithms, Diffie-Hellman, NAT detection; cookies (2.6) and the retry with
 * another group (2.7). Nobody vouches for anything here: a refusal is believed when it comes twice.
 */
#include "config.h"

#include "daemon/ike/x.h"

#include "daemon/ike/compose.h"
#include "daemon/ike/debug.h"
#include "daemon/ike/engine.h"
#include "daemon/ike/handshake.h"
#include "daemon/ike/seal.h"
#include "daemon/ike/suite.h"
#include "lib/buf.h"
#include "lib/loop.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ROUNDS = 6, REFUSALS = 2 };

/* --- initiator ---------------------------------------------------------------------- */

/* A fresh half of this group. */
static int
take_group(struct ike_sa *sa, uint8_t group)
{
	struct handshake *h = sa->handshake;

	crypt_dh_free(h->dh);
	h->dh = crypt_dh_new(sa->ike->crypt, (enum alg_dh)group);
	h->group = group;
	return h->dh ? 0 : -EOPNOTSUPP;
}

static int
send_request(struct ike_sa *sa)
{
	struct request *r = request_queue(sa, REQUEST_init);

	if (!r)
		return -ENOMEM;
	sa->window.next_id = 0;
	return request_start(r);
}

int
x_init_start(struct ike_sa *sa)
{
	struct proposal_config config[PROPOSAL_CONFIG_MAX];
	unsigned int n = suite_ike_config(sa->ike, sa->peer, config);
	int r;

	sa->state = EXCHANGE_init_sent;
	sa->handshake = handshake_new(sa->ike);
	if (!sa->handshake)
		return -ENOMEM;
	r = take_group(sa, suite_first_group(config, n));
	if (r != 0) {
		explain_failure(sa, 1, true, false, EXPLAIN_local_failure, NULL,
			"no proposal has a Diffie-Hellman group that this system can do");
		return r;
	}
	return send_request(sa);
}

int
x_init_build(struct request *r, struct compose *unused)
{
	struct ike_sa *sa = r->sa;
	struct handshake *h = sa->handshake;
	struct wire_hdr hdr = {
		.spi_i = sa->spi_local, .major = 2, .exchange = WIRE_IKE_SA_INIT, .initiator = true
	};
	struct proposal_config config[PROPOSAL_CONFIG_MAX];
	unsigned int n = suite_ike_config(sa->ike, sa->peer, config);
	struct compose c;
	struct span s;
	int e = 0;

	compose_message(&c, &hdr);
	if (h->cookie_len > 0)
		compose_notify(&c, NOTIFY_cookie, (struct span){ h->cookie, h->cookie_len });
	proposal_write(compose_payload(&c, PAYLOAD_sa), config, n, (struct span){ 0 }, true);
	compose_ke(&c, alg_dh(h->group)->iana, crypt_dh_public(h->dh));
	compose_nonce(&c, handshake_nonce(h));
	if (sa->peer->cfg.nat_traversal)
		e = path_write_detection(sa, &c, sa->spi_local, 0);
	compose_notify(&c, NOTIFY_fragmentation_supported, (struct span){ 0 });
	if (e == 0)
		e = compose_end(&c);
	s = compose_span(&c);
	if (e == 0)
		e = handshake_keep(&h->message, &h->message_len, s);
	if (e == 0)
		e = datagrams_add(&r->datagrams, s.p, s.len);
	compose_fini(&c);
	if (e == 0)
		seal_count(sa->ike, WIRE_IKE_SA_INIT, false, &c);
	return e;
}

void
x_next_address(struct ike *ike, struct peer *p)
{
	if (p && p->n_addresses > 0 && ++p->next_address % p->n_addresses != 0)
		child_hurry(ike, p->cfg.peer);
}

void
x_give_up(struct ike_sa *sa, const char *reason)
{
	struct peer *p = sa->peer;
	struct ike *ike = sa->ike;

	statistics_count(ike, STATISTIC_ike_failed);
	ike_sa_kill(sa, reason);
	x_next_address(ike, p);
}

void
x_init_lost(struct request *r)
{
	struct ike_sa *sa = r->sa;

	if (sa->handshake->refused == 0)
		explain_failure(sa, 1, true, false, EXPLAIN_no_answer, NULL,
			"IKE_SA_INIT was not answered");
	x_give_up(sa, "no-answer");
}

static void
done_with(struct exchange *x)
{
	request_answered(x->request);
	request_free(x->request);
	x->request = NULL;
}

/* An answer that says no: perhaps somebody else's, so the true one may still come. */
static void
refused(struct ike_sa *sa)
{
	if (++sa->handshake->refused >= REFUSALS)
		x_give_up(sa, "refused");
}

/* The request again, with what the peer asks for. */
static void
another_round(struct ike_sa *sa, struct exchange *x)
{
	if (++sa->handshake->rounds > ROUNDS) {
		explain_failure(sa, 1, true, true, EXPLAIN_malformed_message, NULL,
			"the peer asks for another IKE_SA_INIT again and again");
		x_give_up(sa, "refused");
		return;
	}
	done_with(x);
	if (send_request(sa) != 0)
		x_give_up(sa, "local-failure");
}

static void
asked_for_cookie(struct ike_sa *sa, struct exchange *x, struct span cookie)
{
	struct handshake *h = sa->handshake;

	if (cookie.len == 0 || cookie.len > sizeof(h->cookie))
		return;
	memcpy(h->cookie, cookie.p, cookie.len);
	h->cookie_len = cookie.len;
	another_round(sa, x);
}

static void
asked_for_group(struct ike_sa *sa, struct exchange *x, struct span data)
{
	struct proposal_config config[PROPOSAL_CONFIG_MAX];
	unsigned int n = suite_ike_config(sa->ike, sa->peer, config);
	uint8_t group = data.len == 2 ? (uint8_t)proposal_dh_find(be16_get(data.p)) : ALG_DH_NONE;

	if (group == ALG_DH_NONE || !proposal_has_dh(config, n, (enum alg_dh)group)) {
		explain_failure(sa, 1, true, true, EXPLAIN_responder_dh, NULL,
			"the peer wants Diffie-Hellman group %u, which is not offered",
			data.len == 2 ? be16_get(data.p) : 0);
		refused(sa);
		return;
	}
	if (group == sa->handshake->group)
		return;
	if (take_group(sa, group) != 0)
		return;
	another_round(sa, x);
}

/* Without SA payload: what the notifications say. */
static void
response_without_sa(struct ike_sa *sa, struct exchange *x)
{
	const struct message_notify *n = message_notify_find(x->in, NOTIFY_cookie);
	char offered[PROPOSAL_TEXT_MAX];
	struct explain_terms t = { 0 };

	if (n) {
		asked_for_cookie(sa, x, n->data);
		return;
	}
	n = message_error_find(x->in);
	if (!n) {
		statistics_count(sa->ike, STATISTIC_malformed_message);
		return;
	}
	if (n->type == NOTIFY_invalid_ke_payload) {
		asked_for_group(sa, x, n->data);
		return;
	}
	if (n->type == NOTIFY_no_proposal_chosen)
		t.offered = suite_ike_format(sa->ike, sa->peer, offered);
	explain_failure(sa, 1, true, true, explain_of_notify(n->type, 1), &t,
		"the peer answers IKE_SA_INIT with %s, and tells no more",
		wire_notify_name(n->type) ? wire_notify_name(n->type) : "an unknown error");
	refused(sa);
}

static int
take_choice(struct ike_sa *sa, const struct message *m)
{
	struct proposal_config config[PROPOSAL_CONFIG_MAX];
	unsigned int n = suite_ike_config(sa->ike, sa->peer, config);
	struct proposal_list answer;
	struct proposal_why why = { 0 };
	struct explain_terms t = { why.offered, why.configured };

	if (proposal_parse(m->sa, &answer) != FAULT_NONE)
		return -EBADMSG;
	if (proposal_check(config, n, &answer, true, &sa->suite, &why) != 0) {
		explain_failure(sa, 1, true, false, EXPLAIN_phase1_proposal, &t, "%s", why.detail);
		return -EBADMSG;
	}
	if (alg_dh(sa->suite.dh)->iana != m->ke_group || sa->suite.dh != sa->handshake->group) {
		explain_failure(sa, 1, true, false, EXPLAIN_initiator_dh, NULL,
			"the answer's KE payload is of group %u", m->ke_group);
		return -EBADMSG;
	}
	return 0;
}

void
x_init_response(struct ike_sa *sa, struct exchange *x)
{
	struct handshake *h = sa->handshake;
	const struct message *m = x->in;
	int r;

	if (!message_has(m, PAYLOAD_sa)) {
		response_without_sa(sa, x);
		return;
	}
	if (!message_has(m, PAYLOAD_ke) || !message_has(m, PAYLOAD_nonce) ||
		m->nonce.len > WIRE_NONCE_MAX || m->hdr.spi_r == 0 || take_choice(sa, m) != 0) {
		refused(sa);
		return;
	}
	memcpy(h->nonce_peer, m->nonce.p, m->nonce.len);
	h->nonce_peer_len = m->nonce.len;
	sa->spi_remote = m->hdr.spi_r;
	r = handshake_keys(sa, m->ke);
	if (r == 0)
		r = handshake_keep(
			&h->message_peer, &h->message_peer_len, (struct span){ x->data, x->len });
	if (r != 0) {
		keys_fini(&sa->keys);
		sa->spi_remote = 0;
		explain_failure(sa, 1, true, false,
			r == -EBADMSG ? EXPLAIN_malformed_payload : EXPLAIN_local_failure, NULL,
			r == -EBADMSG ? "the peer's KE value is not valid"
				      : "the keys could not be made");
		refused(sa);
		return;
	}
	done_with(x);
	sa->fragmentation = message_notify_find(m, NOTIFY_fragmentation_supported) != NULL;
	path_detect(sa, m);
	path_float(sa);
	x_auth_start(sa);
}

/* --- responder ---------------------------------------------------------------------- */

static void
answer_again(struct ike_sa *sa, const struct exchange *x)
{
	const struct handshake *h = sa->handshake;
	const struct datagrams *d = window_answered(&sa->window, 0);

	if (!h || !d || h->message_peer_len != x->len ||
		memcmp(h->message_peer, x->data, x->len) != 0) {
		statistics_count(x->ike, STATISTIC_flags);
		return;
	}
	statistics_count(x->ike, STATISTIC_answered_again);
	datagrams_send(x->ike, x->path, d);
}

static void
refuse(struct exchange *x, uint16_t notify, struct span data)
{
	seal_stray(x, &x->in->hdr, notify, data);
}

static void
explain_stranger(struct exchange *x)
{
	char text[ADDR_STRLEN];

	explain_first(x, NULL, EXPLAIN_peer_address, NULL,
		"no ike peer with IKEv2 has the remote address %s",
		addr_format(&x->path->remote, text));
}

/* An offer and what becomes of it. */
struct judgement {
	struct exchange *x;
	const struct proposal_list *offered;
	const struct peer *first; /* whose refusal is explained */
	struct proposal_choice *choice;
	struct proposal_why *why;
};

static bool
is_met(void *arg, struct peer *p)
{
	struct judgement *j = arg;
	struct proposal_config config[PROPOSAL_CONFIG_MAX];
	unsigned int n = suite_ike_config(j->x->ike, p, config);
	struct proposal_choice choice;
	struct proposal_why other;

	if (proposal_select(config, n, j->offered, j->x->in->ke_group, true, &choice,
		    p == j->first ? j->why : &other) != 0)
		return false;
	*j->choice = choice;
	return true;
}

static void
explain_offer(struct exchange *x, struct peer *p, const struct proposal_why *why)
{
	struct explain_terms t = { why->offered, why->configured };

	explain_first(x, p, EXPLAIN_phase1_proposal, &t, "%s", why->detail);
}

static int
reply(struct ike_sa *sa, const struct message *m)
{
	struct handshake *h = sa->handshake;
	struct wire_hdr hdr = { .spi_i = sa->spi_remote,
		.spi_r = sa->spi_local,
		.major = 2,
		.exchange = WIRE_IKE_SA_INIT,
		.response = true };
	struct datagrams d = { 0 };
	struct compose c;
	struct span s;
	int e = 0;

	compose_message(&c, &hdr);
	proposal_write_choice(compose_payload(&c, PAYLOAD_sa), &sa->suite, (struct span){ 0 });
	compose_ke(&c, alg_dh(sa->suite.dh)->iana, crypt_dh_public(h->dh));
	compose_nonce(&c, handshake_nonce(h));
	if (sa->path.detected)
		e = path_write_detection(sa, &c, sa->spi_remote, sa->spi_local);
	if (sa->fragmentation)
		compose_notify(&c, NOTIFY_fragmentation_supported, (struct span){ 0 });
	compose_notify(&c, NOTIFY_childless_ikev2_supported, (struct span){ 0 });
	if (e == 0)
		e = compose_end(&c);
	s = compose_span(&c);
	if (e == 0)
		e = handshake_keep(&h->message, &h->message_len, s);
	if (e == 0)
		e = datagrams_add(&d, s.p, s.len);
	compose_fini(&c);
	if (e != 0) {
		datagrams_clear(&d);
		return e;
	}
	seal_count(sa->ike, WIRE_IKE_SA_INIT, true, &c);
	window_accept(&sa->window, 0, &sa->path.at);
	window_answer(&sa->window, 0, &d);
	seal_send(sa, &sa->path.at, window_answered(&sa->window, 0));
	return 0;
}

static int
begin(struct ike_sa *sa, struct exchange *x)
{
	const struct message *m = x->in;
	struct handshake *h = handshake_new(sa->ike);
	int r;

	sa->handshake = h;
	if (!h)
		return -ENOMEM;
	sa->path.at = *x->path;
	sa->spi_remote = m->hdr.spi_i;
	memcpy(h->nonce_peer, m->nonce.p, m->nonce.len);
	h->nonce_peer_len = m->nonce.len;
	r = take_group(sa, sa->suite.dh);
	if (r == 0)
		r = handshake_keep(&h->ke_peer, &h->ke_peer_len, m->ke);
	if (r == 0)
		r = handshake_keep(
			&h->message_peer, &h->message_peer_len, (struct span){ x->data, x->len });
	if (r != 0)
		return r;
	sa->fragmentation = message_notify_find(m, NOTIFY_fragmentation_supported) != NULL;
	path_detect(sa, m);
	return reply(sa, m);
}

/* What is wrong with a first message; NULL: nothing. */
static const char *
complaint(const struct exchange *x, struct proposal_list *offered)
{
	const struct message *m = x->in;

	if (x->len > HALFOPEN_FIRST_LEN)
		return "its first message is too long";
	if (m->hdr.id != 0)
		return "the id of its first message is not 0";
	if (!message_has(m, PAYLOAD_sa) || !message_has(m, PAYLOAD_ke) ||
		!message_has(m, PAYLOAD_nonce))
		return "its first message lacks SA, KE or nonce";
	if (proposal_parse(m->sa, offered) != FAULT_NONE)
		return "its proposals are not well formed";
	return NULL;
}

static void
accept_offer(struct exchange *x, struct peer *p, const struct proposal_choice *choice)
{
	struct ike_sa *sa = ike_sa_new(x->ike, p, false);

	if (!sa)
		return;
	sa->suite = *choice;
	sa->state = EXCHANGE_init_answered;
	if (begin(sa, x) != 0) {
		statistics_count(x->ike, STATISTIC_no_memory);
		ike_sa_kill(sa, NULL);
		return;
	}
	statistics_count_notifies(x->ike, x->in);
	halfopen_enter(sa);
	timer_set(sa->timer, HALFOPEN_TIMEOUT_MS);
	debug_event(sa, "half-open");
}

void
x_init_request(struct ike_sa *none, struct exchange *x)
{
	const struct message *m = x->in;
	struct peer *first = NULL, *p;
	struct ike_sa *sa = halfopen_of_request(x);
	struct proposal_list offered;
	struct proposal_choice choice;
	struct proposal_why why = { 0 };
	uint8_t cookie[COOKIE_LEN], group[2];
	struct judgement judgement = { x, &offered, NULL, &choice, &why };
	const char *wrong;

	if (m->hdr.spi_r != 0 || !m->hdr.initiator) {
		statistics_count(x->ike, STATISTIC_flags);
		return;
	}
	if (sa) {
		answer_again(sa, x);
		return;
	}
	peer_candidates(x->ike, &x->path->remote, &first, 1);
	wrong = complaint(x, &offered);
	if (wrong) {
		explain_first(x, first, EXPLAIN_malformed_message, NULL,
			"the peer begins an IKE SA: %s", wrong);
		if (halfopen_may_answer(x->ike))
			refuse(x, NOTIFY_invalid_syntax, (struct span){ 0 });
		return;
	}
	if (!first) { /* costs nothing but the answer: no part of what peers are allowed */
		explain_stranger(x);
		refuse(x, NOTIFY_no_proposal_chosen, (struct span){ 0 });
		return;
	}
	switch (halfopen_check(x, first->n_addresses > 0)) {
	case HALFOPEN_GO: break;
	case HALFOPEN_ASK_COOKIE:
		if (halfopen_cookie(x, cookie) == 0)
			refuse(x, NOTIFY_cookie, (struct span){ cookie, sizeof(cookie) });
		return;
	case HALFOPEN_DROP:
		explain_first(x, first, EXPLAIN_first_limited, NULL,
			"too many half-open IKE SAs of this address, or too much work for their "
			"keys");
		return;
	}
	judgement.first = first;
	p = peer_choose(x->ike, &x->path->remote, is_met, &judgement);
	if (!p) {
		explain_offer(x, first, &why);
		refuse(x, NOTIFY_no_proposal_chosen, (struct span){ 0 });
		return;
	}
	if (alg_dh(choice.dh)->iana != m->ke_group) {
		be16_put(group, alg_dh(choice.dh)->iana);
		refuse(x, NOTIFY_invalid_ke_payload, (struct span){ group, sizeof(group) });
		return;
	}
	accept_offer(x, p, &choice);
}

int
x_init_keys(struct ike_sa *sa)
{
	struct handshake *h = sa->handshake;
	int r = handshake_keys(sa, (struct span){ h->ke_peer, h->ke_peer_len });

	if (r != 0)
		explain_failure(sa, 1, false, false,
			r == -EBADMSG ? EXPLAIN_malformed_payload : EXPLAIN_local_failure, NULL,
			r == -EBADMSG ? "the peer's KE value is not valid"
				      : "the keys could not be made");
	return r;
}
