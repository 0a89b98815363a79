/*
 * CREATE_CHILD_SA for CHILD SAs (RFC 7296 1.3.1, 1.3.3, 2.8): new pairs, and pairs that follow others, as
 * initiator and as responder. What happens when both ends do the same is in collide.c.
 */
#include "config.h"

#include "daemon/ike/x.h"

#include "daemon/ike/child_sa.h"
#include "daemon/ike/collide.h"
#include "daemon/ike/compose.h"
#include "daemon/ike/debug.h"
#include "daemon/ike/engine.h"
#include "daemon/ike/lifetime.h"
#include "daemon/ike/offer.h"
#include "daemon/ike/seal.h"
#include "daemon/ike/suite.h"
#include "lib/buf.h"
#include "lib/secret.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

enum { CHILDREN_MAX = 4096, PARTS_MAX = 64, TEMPORARY_MAX = 30 };

static uint8_t
wire_protocol(uint8_t protocol)
{
	return protocol == IPPROTO_AH ? WIRE_PROTO_AH : WIRE_PROTO_ESP;
}

/* --- initiator ---------------------------------------------------------------------- */

/* What both requests have: a larval pair, a nonce, a half of the group. */
static int
begin(struct request *r, struct child *c)
{
	struct proposal_config config[PROPOSAL_CONFIG_MAX];
	unsigned int n = suite_child_config(c, config);
	uint8_t group = r->group != ALG_DH_NONE ? r->group : suite_first_group(config, n);

	r->made = child_sa_new(r->sa, c, true);
	if (!r->made)
		return -ENOMEM;
	crypt_random(r->sa->ike->crypt, r->nonce, sizeof(r->nonce));
	if (group == ALG_DH_NONE)
		return 0;
	r->dh = crypt_dh_new(r->sa->ike->crypt, (enum alg_dh)group);
	return r->dh ? 0 : -EOPNOTSUPP;
}

static void
write_request(
	const struct request *r, struct child *c, const struct child_sa *like, struct compose *out)
{
	offer_write_sa(r->made, c, out, true);
	compose_nonce(out, (struct span){ r->nonce, sizeof(r->nonce) });
	if (r->dh)
		compose_ke(out, alg_dh(crypt_dh_group(r->dh))->iana, crypt_dh_public(r->dh));
	offer_write_ts(r->made, c, like, out);
}

int
x_child_new_build(struct request *r, struct compose *c)
{
	int e;

	if (!r->child || child_sa_serves_by(r->child, r->sa))
		return -ECANCELED;
	if (child_sa_count_by(r->child, r->sa) >= PARTS_MAX) {
		explain_failure(r->sa, 2, true, false, EXPLAIN_limit, NULL,
			"%s has %d pairs of SAs, each for a part of it", r->child->cfg.name,
			PARTS_MAX);
		return -E2BIG;
	}
	e = begin(r, r->child);
	if (e == 0)
		write_request(r, r->child, NULL, c);
	return e;
}

int
x_child_rekey_build(struct request *r, struct compose *c)
{
	struct child_sa *old = r->pair;
	struct child *child = old ? child_find(r->sa->ike, old->child) : NULL;
	int e;

	if (!child || old->state != CHILD_SA_ESTABLISHED || collide_child_is_replaced(old))
		return -ECANCELED;
	e = begin(r, child);
	if (e != 0)
		return e;
	compose_notify_spi(c, NOTIFY_rekey_sa, wire_protocol(old->protocol), old->spi_in);
	write_request(r, child, old, c);
	return 0;
}

/* The same request with the group that the peer wants. */
static bool
try_group(struct request *r, struct child *c, struct span data)
{
	struct proposal_config config[PROPOSAL_CONFIG_MAX];
	unsigned int n = suite_child_config(c, config);
	uint8_t group = request_other_group(r, config, n, data);
	struct request *again;

	if (group == ALG_DH_NONE)
		return false;
	again = request_queue(r->sa, r->kind);
	if (!again)
		return false;
	again->group = group;
	again->rounds = r->rounds + 1;
	again->pair = r->pair;
	if (r->pair)
		r->pair->rekeying = true;
	if (r->child)
		request_for(again, r->child);
	/* it is the new one's now */
	r->pair = NULL;
	r->child = NULL;
	return true;
}

/* The same request with the selectors in another form. */
static bool
try_form(struct request *r, struct child *c, const struct message_notify *n)
{
	struct request *again;

	if (!n || !child_refused(c, n->type))
		return false;
	again = request_queue(r->sa, r->kind);
	if (!again)
		return false;
	again->group = r->group;
	again->rounds = r->rounds;
	request_for(again, c);
	r->child = NULL;
	return true;
}

/* Too often in a row that the peer has no time: something is stuck there (RFC 7296 2.25). */
static void
put_off(struct ike_sa *sa)
{
	if (++sa->temporary > TEMPORARY_MAX)
		ike_sa_delete(sa, "temporary-failure");
}

/* The keys of a pair that is agreed to. 0 or -errno. */
static int
answer_keys(struct request *r, struct child_sa *pair, const struct message *m)
{
	struct secret *shared = NULL;
	int e = message_has(m, PAYLOAD_nonce) ? 0 : -EBADMSG;

	if (e == 0 && pair->suite.dh != ALG_DH_NONE) {
		if (!r->dh || !message_has(m, PAYLOAD_ke) ||
			crypt_dh_group(r->dh) != (enum alg_dh)pair->suite.dh ||
			m->ke_group != alg_dh(pair->suite.dh)->iana)
			e = -EBADMSG;
		else
			e = crypt_dh_shared(r->dh, m->ke, &shared);
	}
	if (e == 0)
		e = x_child_keys(
			pair, r->sa, shared, (struct span){ r->nonce, sizeof(r->nonce) }, m->nonce);
	secret_free(shared);
	if (e != 0)
		explain_failure(r->sa, 2, true, false,
			e == -EBADMSG ? EXPLAIN_malformed_payload : EXPLAIN_local_failure, NULL,
			"%s",
			e == -EBADMSG ? "the answer's nonce or KE payload is not valid"
				      : "the keys could not be made");
	return e;
}

/* The keys and selectors of an answer that agrees. 0; else the pair was dropped (with explanation). */
static int
take_answer(struct request *r, struct child *c, const struct message *m)
{
	struct child_sa *pair = r->made;
	int e;

	r->made = NULL;
	r->sa->temporary = 0;
	e = offer_accept(pair, c, m, true);
	if (e == 0)
		e = answer_keys(r, pair, m);
	if (x_child_is_gone(r->sa, pair)) {
		child_sa_end(pair, false);
		return -ECANCELED;
	}
	if (e != 0) {
		statistics_count(r->sa->ike, STATISTIC_child_failed);
		x_child_drop(pair, m);
		return e;
	}
	r->made = pair;
	return 0;
}

void
x_child_new_answered(struct request *r, struct exchange *x)
{
	const struct message *m = x->in;
	const struct message_notify *n = message_error_find(m);
	struct child *c = r->child;

	if (!message_has(m, PAYLOAD_sa)) {
		if (!c)
			return;
		if (n && n->type == NOTIFY_invalid_ke_payload && try_group(r, c, n->data))
			return;
		if (try_form(r, c, n))
			return;
		if (n && n->type == NOTIFY_temporary_failure)
			put_off(r->sa);
		else
			offer_explain_refusal(r->sa, c, r->pair, m, true);
		child_failed(c);
		return;
	}
	if (!c) {
		x_child_drop(r->made, m);
		r->made = NULL;
		return;
	}
	if (take_answer(r, c, m) != 0 || !offer_is_met(r->made, c))
		child_failed(c);
	if (!r->made)
		return;
	collide_child_answered(r, NULL);
}

/* A pair that could not be rekeyed: again later, or a new one when the peer does not know it. */
static void
rekey_refused(struct request *r, const struct message *m)
{
	const struct message_notify *n = message_error_find(m);
	struct child_sa *old = r->pair;
	struct child *c = old ? child_find(r->sa->ike, old->child) : NULL;

	if (collide_child_superseded(r))
		return;
	if (!old || !c)
		return;
	if (n && n->type == NOTIFY_invalid_ke_payload && try_group(r, c, n->data))
		return;
	if (n && n->type == NOTIFY_child_sa_not_found) {
		offer_explain_refusal(r->sa, c, r->pair, m, true);
		child_sa_end(old, false);
		child_revive(c);
		return;
	}
	if (n && n->type == NOTIFY_temporary_failure)
		put_off(r->sa);
	else
		offer_explain_refusal(r->sa, c, r->pair, m, true);
	if (!old->dead)
		lifetime_retry_child(old);
}

void
x_child_rekey_answered(struct request *r, struct exchange *x)
{
	const struct message *m = x->in;
	struct child *c = child_find(r->sa->ike, r->made->child);
	int e;

	if (!message_has(m, PAYLOAD_sa)) {
		rekey_refused(r, m);
		return;
	}
	if (!c) {
		x_child_drop(r->made, m);
		r->made = NULL;
		return;
	}
	e = take_answer(r, c, m);
	if (e == 0)
		collide_child_answered(r, r->pair);
	else if (e == -ECANCELED && r->pair)
		child_sa_delete(r->pair);
	else if (!collide_child_superseded(r) && r->pair)
		lifetime_retry_child(r->pair);
}

void
x_create_child_response(struct ike_sa *sa, struct exchange *x)
{
	request_answer(x->request, x);
}

/* --- responder ---------------------------------------------------------------------- */

static void
refuse(struct ike_sa *sa, uint32_t id, uint16_t notify, uint16_t group)
{
	uint8_t data[2];

	be16_put(data, group);
	x_refuse(sa, WIRE_CREATE_CHILD_SA, id, notify,
		notify == NOTIFY_invalid_ke_payload ? (struct span){ data, 2 }
						    : (struct span){ 0 });
}

static void
installed(struct child_sa *pair, int error, const struct err *why)
{
	struct ike_sa *sa = pair->ike_sa;
	struct compose c;

	if (error != 0) {
		x_child_explain_install(pair, error, why);
		collide_child_failed(pair);
		refuse(sa, pair->request_id, NOTIFY_no_additional_sas, 0);
		child_sa_end(pair, false);
		return;
	}
	compose_inner(&c);
	offer_write_choice(pair, &c);
	compose_nonce(&c, (struct span){ pair->nonce, sizeof(pair->nonce) });
	if (pair->dh)
		compose_ke(&c, alg_dh(crypt_dh_group(pair->dh))->iana, crypt_dh_public(pair->dh));
	offer_write_chosen_ts(pair, &c);
	seal_reply(sa, WIRE_CREATE_CHILD_SA, pair->request_id, &c);
	crypt_dh_free(pair->dh);
	pair->dh = NULL;
	child_sa_establish(pair);
	child_sa_await_proof(pair);
	collide_child_given(pair);
	request_pump(sa);
}

/* Our half, and the keys. 0 or the notification to refuse with. */
static uint16_t
make_keys(struct ike_sa *sa, struct child_sa *pair, const struct message *m)
{
	struct secret *shared = NULL;
	int e = 0;

	crypt_random(sa->ike->crypt, pair->nonce, sizeof(pair->nonce));
	if (pair->suite.dh != ALG_DH_NONE) {
		pair->dh = crypt_dh_new(sa->ike->crypt, (enum alg_dh)pair->suite.dh);
		e = pair->dh ? crypt_dh_shared(pair->dh, m->ke, &shared) : -ENOMEM;
	}
	if (e == 0)
		e = x_child_keys(pair, sa, shared, m->nonce,
			(struct span){ pair->nonce, sizeof(pair->nonce) });
	secret_free(shared);
	if (e != 0)
		explain_failure(sa, 2, false, false,
			e == -EBADMSG ? EXPLAIN_malformed_payload : EXPLAIN_local_failure, NULL,
			e == -EBADMSG ? "the peer's KE value is not valid"
				      : "the keys could not be made");
	return e == 0 ? 0 : e == -EBADMSG ? NOTIFY_invalid_syntax : NOTIFY_no_additional_sas;
}

static void
make_pair(struct ike_sa *sa, struct exchange *x, struct child_sa *old)
{
	struct child_sa *pair = NULL;
	uint16_t notify, group = 0;
	int e;

	if (!message_has(x->in, PAYLOAD_nonce)) {
		explain_failure(sa, 2, false, false, EXPLAIN_malformed_message, NULL,
			"the peer asks for a CHILD SA without a nonce");
		refuse(sa, x->id, NOTIFY_invalid_syntax, 0);
		return;
	}
	notify = offer_choose(sa, x->in, old, true, &pair, &group);
	if (notify == 0)
		notify = make_keys(sa, pair, x->in);
	if (notify == 0) {
		pair->replaces = old ? old->sa : 0;
		pair->request_id = x->id;
		collide_child_asked(pair, old);
		e = child_sa_install(pair, installed);
		if (e != 0)
			installed(pair, e, NULL);
		return;
	}
	if (notify != NOTIFY_invalid_ke_payload)
		statistics_count(sa->ike, STATISTIC_child_failed);
	refuse(sa, x->id, notify, group);
	if (pair)
		child_sa_end(pair, false);
}

/* The pair that a REKEY_SA names: by the SPI that its sender receives with. */
static struct child_sa *
named(struct ike_sa *sa, const struct message_notify *n)
{
	uint8_t protocol = n->protocol == WIRE_PROTO_AH ? IPPROTO_AH : IPPROTO_ESP;

	return n->spi.len == 4 ? child_sa_by_spi(sa, protocol, be32_get(n->spi.p), false) : NULL;
}

static void
not_found(struct ike_sa *sa, uint32_t id, const struct message_notify *n)
{
	struct compose c;

	explain_failure(sa, 2, false, false, EXPLAIN_rekey_old, NULL,
		"the peer rekeys a CHILD SA that is not here");
	compose_inner(&c);
	compose_notify_spi(&c, NOTIFY_child_sa_not_found, n->protocol,
		n->spi.len == 4 ? be32_get(n->spi.p) : 0);
	seal_reply(sa, WIRE_CREATE_CHILD_SA, id, &c);
}

static bool
is_about_ike(const struct message *m)
{
	struct proposal_list offered;

	return message_has(m, PAYLOAD_sa) && proposal_parse(m->sa, &offered) == FAULT_NONE &&
		offered.n > 0 && offered.proposals[0].protocol == WIRE_PROTO_IKE;
}

static unsigned int
n_children(const struct ike_sa *sa)
{
	const struct child_sa *p;
	unsigned int n = 0;

	TAILQ_FOREACH (p, &sa->children, link)
		n++;
	return n;
}

void
x_create_child_request(struct ike_sa *sa, struct exchange *x)
{
	const struct message_notify *n = message_notify_find(x->in, NOTIFY_rekey_sa);
	struct child_sa *old = NULL;

	collide_ike_adopt(sa);
	if (!n && is_about_ike(x->in)) {
		x_rekey_ike_request(sa, x);
		return;
	}
	if (sa->state != EXCHANGE_established || collide_ike_is_rekeying(sa)) {
		refuse(sa, x->id, NOTIFY_temporary_failure, 0);
		return;
	}
	if (n) {
		old = named(sa, n);
		if (!old) {
			not_found(sa, x->id, n);
			return;
		}
		if (old->state != CHILD_SA_ESTABLISHED || collide_child_is_replaced(old)) {
			refuse(sa, x->id, NOTIFY_temporary_failure, 0);
			return;
		}
	}
	if (n_children(sa) >= CHILDREN_MAX) {
		explain_failure(sa, 2, false, false, EXPLAIN_limit, NULL,
			"the IKE SA has %d CHILD SAs", CHILDREN_MAX);
		refuse(sa, x->id, NOTIFY_no_additional_sas, 0);
		return;
	}
	make_pair(sa, x, old);
}
