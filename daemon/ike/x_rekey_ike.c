/*
 * CREATE_CHILD_SA for the IKE SA itself (RFC 7296 1.3.2, 2.18): a new one with new keys, which inherits the
 * CHILD SAs. What happens when both ends do it at once is in collide.c.
 */
#include "config.h"

#include "daemon/ike/x.h"

#include "daemon/ike/child_sa.h"
#include "daemon/ike/collide.h"
#include "daemon/ike/compose.h"
#include "daemon/ike/debug.h"
#include "daemon/ike/engine.h"
#include "daemon/ike/handshake.h"
#include "daemon/ike/lifetime.h"
#include "daemon/ike/migrate.h"
#include "daemon/ike/seal.h"
#include "daemon/ike/suite.h"
#include "lib/buf.h"
#include "lib/secret.h"

#include <errno.h>

/* One that will take the place of sa. */
static struct ike_sa *
successor(struct ike_sa *sa, bool initiator)
{
	struct ike_sa *made = ike_sa_new(sa->ike, sa->peer, initiator);

	if (!made)
		return NULL;
	made->state = initiator ? EXCHANGE_init_sent : EXCHANGE_init_answered;
	made->origin = sa->spi_local;
	made->path = sa->path;
	made->local_id = sa->local_id;
	made->remote_id = sa->remote_id;
	made->fragmentation = sa->fragmentation;
	made->reauth_ms = sa->reauth_ms;
	made->reauth_s = sa->reauth_s;
	return made;
}

static struct span
spi_span(uint64_t spi, uint8_t bytes[8])
{
	be64_put(bytes, spi);
	return (struct span){ bytes, 8 };
}

/* The keys of the new one (2.18). 0 or -errno. */
static int
make_keys(struct ike_sa *sa, struct ike_sa *made, struct crypt_dh *dh, struct span ke_peer,
	struct span nonce_i, struct span nonce_r)
{
	struct keys_suite suite = { (enum alg_cipher)made->suite.cipher,
		(enum alg_auth)made->suite.auth, (enum alg_prf)made->suite.prf };
	struct keys_input in = { .nonce_i = nonce_i,
		.nonce_r = nonce_r,
		.spi_i = ike_sa_spi_i(made),
		.spi_r = ike_sa_spi_r(made),
		.initiator = made->initiator };
	struct secret *shared = NULL;
	int r = crypt_dh_shared(dh, ke_peer, &shared);

	if (r != 0)
		return r;
	in.shared = shared;
	handshake_lowest(nonce_i, nonce_r, made->lowest);
	r = keys_init(sa->ike->crypt, &suite, &in, &sa->keys, &made->keys);
	secret_free(shared);
	return r;
}

/* --- initiator ---------------------------------------------------------------------- */

int
x_rekey_ike_build(struct request *r, struct compose *c)
{
	struct ike_sa *sa = r->sa, *made;
	struct proposal_config config[PROPOSAL_CONFIG_MAX];
	unsigned int n;
	uint8_t spi[8], group = r->group;

	if (!sa->peer)
		return -ECANCELED;
	n = suite_ike_config(sa->ike, sa->peer, config);
	if (group == ALG_DH_NONE)
		group = proposal_has_dh(config, n, (enum alg_dh)sa->suite.dh)
			? sa->suite.dh
			: suite_first_group(config, n);
	r->dh = crypt_dh_new(sa->ike->crypt, (enum alg_dh)group);
	made = successor(sa, true);
	r->made_sa = made ? made->spi_local : 0;
	if (!r->dh || !made)
		return -ENOMEM;
	crypt_random(sa->ike->crypt, r->nonce, sizeof(r->nonce));
	proposal_write(
		compose_payload(c, PAYLOAD_sa), config, n, spi_span(made->spi_local, spi), true);
	compose_nonce(c, (struct span){ r->nonce, sizeof(r->nonce) });
	compose_ke(c, alg_dh(group)->iana, crypt_dh_public(r->dh));
	x_write_window(c);
	return 0;
}

/* The request again with the group that the peer wants. */
static bool
try_group(struct request *r, struct span data)
{
	struct proposal_config config[PROPOSAL_CONFIG_MAX];
	unsigned int n = suite_ike_config(r->sa->ike, r->sa->peer, config);
	uint8_t group = request_other_group(r, config, n, data);
	struct request *again = group ? request_queue(r->sa, REQUEST_ike_rekey) : NULL;

	if (!again)
		return false;
	again->group = group;
	again->rounds = r->rounds + 1;
	return true;
}

static void
refused(struct request *r, const struct message *m)
{
	struct ike_sa *sa = r->sa;
	const struct message_notify *n = message_error_find(m);
	const char *name = n ? wire_notify_name(n->type) : NULL;
	char offered[PROPOSAL_TEXT_MAX];
	struct explain_terms t = { 0 };

	if (collide_ike_superseded(sa))
		return;
	if (n && n->type == NOTIFY_invalid_ke_payload && sa->peer && try_group(r, n->data))
		return;
	if (n && n->type == NOTIFY_no_proposal_chosen && sa->peer)
		t.offered = suite_ike_format(sa->ike, sa->peer, offered);
	if (!n || n->type != NOTIFY_temporary_failure)
		explain_failure(sa, 1, true, true, explain_of_notify(n ? n->type : 0, 1), &t,
			"the peer does not rekey the IKE SA: %s", name ? name : "no reason given");
	/* some never do: authenticating anew does the same */
	if (n && (n->type == NOTIFY_no_additional_sas || n->type == NOTIFY_no_proposal_chosen))
		migrate_reauthenticate(sa);
	lifetime_retry_ike(sa);
}

/* 0, or -EBADMSG: it is not valid, or -errno. */
static int
take_answer(struct request *r, struct ike_sa *made, const struct message *m)
{
	struct ike_sa *sa = r->sa;
	struct proposal_config config[PROPOSAL_CONFIG_MAX];
	struct proposal_list answer;
	struct proposal_why why = { 0 };
	unsigned int n;

	if (!sa->peer)
		return -ENOENT;
	if (!message_has(m, PAYLOAD_nonce) || !message_has(m, PAYLOAD_ke) ||
		proposal_parse(m->sa, &answer) != FAULT_NONE)
		return -EBADMSG;
	n = suite_ike_config(sa->ike, sa->peer, config);
	if (proposal_check(config, n, &answer, true, &made->suite, &why) != 0 ||
		made->suite.spi_len != 8 || made->suite.dh != crypt_dh_group(r->dh) ||
		m->ke_group != alg_dh(made->suite.dh)->iana)
		return -EBADMSG;
	made->spi_remote = be64_get(made->suite.spi);
	if (made->spi_remote == 0)
		return -EBADMSG;
	return make_keys(
		sa, made, r->dh, m->ke, (struct span){ r->nonce, sizeof(r->nonce) }, m->nonce);
}

void
x_rekey_ike_answered(struct request *r, struct exchange *x)
{
	struct ike_sa *sa = r->sa, *made = ike_sa_find(sa->ike, r->made_sa);
	const struct message *m = x->in;
	int e;

	if (!message_has(m, PAYLOAD_sa)) {
		refused(r, m);
		return;
	}
	e = made ? take_answer(r, made, m) : -ENOENT;
	if (e != 0) {
		explain_failure(sa, 1, true, false,
			e == -EBADMSG ? EXPLAIN_rekey : EXPLAIN_local_failure, NULL, "%s",
			e == -EBADMSG ? "the answer to the rekeying of the IKE SA is not valid"
				: e == -ENOENT
				? "what the IKE SA is rekeyed for is no longer configured"
				: "the keys could not be made");
		if (!collide_ike_superseded(sa))
			lifetime_retry_ike(sa);
		return;
	}
	r->made_sa = 0;
	made->window.size = WINDOW_SIZE;
	x_heed_window(made, m);
	ike_sa_establish(made);
	collide_ike_answered(sa, made);
}

/* --- responder ---------------------------------------------------------------------- */

static void
refuse(struct ike_sa *sa, uint32_t id, uint16_t notify, struct span data)
{
	x_refuse(sa, WIRE_CREATE_CHILD_SA, id, notify, data);
}

/* Nothing else may be going on about its children (2.25.2). */
static bool
is_busy(struct ike_sa *sa)
{
	const struct request *r;

	TAILQ_FOREACH (r, &sa->out, link)
		if (r->kind == REQUEST_child_new || r->kind == REQUEST_child_rekey ||
			r->kind == REQUEST_child_delete)
			return true;
	return window_n_busy(&sa->window) > 1 || (sa->theirs && ike_sa_find(sa->ike, sa->theirs));
}

static void
reply(struct ike_sa *sa, struct ike_sa *made, uint32_t id, struct crypt_dh *dh, struct span nonce)
{
	struct compose c;
	uint8_t spi[8];

	compose_inner(&c);
	proposal_write_choice(
		compose_payload(&c, PAYLOAD_sa), &made->suite, spi_span(made->spi_local, spi));
	compose_nonce(&c, nonce);
	compose_ke(&c, alg_dh(made->suite.dh)->iana, crypt_dh_public(dh));
	x_write_window(&c);
	seal_reply(sa, WIRE_CREATE_CHILD_SA, id, &c);
}

/* What was agreed. 0, or -EBADMSG: what the peer sent is no good, or -errno. */
static int
make(struct ike_sa *sa, struct exchange *x, const struct proposal_choice *choice)
{
	struct crypt_dh *dh = crypt_dh_new(sa->ike->crypt, (enum alg_dh)choice->dh);
	struct ike_sa *made = successor(sa, false);
	uint8_t bytes[HANDSHAKE_NONCE];
	struct span nonce = { bytes, sizeof(bytes) };
	int r = dh && made ? 0 : -ENOMEM;

	crypt_random(sa->ike->crypt, bytes, sizeof(bytes));
	if (r == 0) {
		made->suite = *choice;
		made->spi_remote = be64_get(choice->spi);
		r = made->spi_remote != 0 ? make_keys(sa, made, dh, x->in->ke, x->in->nonce, nonce)
					  : -EBADMSG;
	}
	if (r == 0) {
		made->window.size = WINDOW_SIZE;
		x_heed_window(made, x->in);
		reply(sa, made, x->id, dh, nonce);
		ike_sa_establish(made);
		collide_ike_given(sa, made);
	} else if (made) {
		ike_sa_kill(made, NULL);
	}
	crypt_dh_free(dh);
	return r;
}

void
x_rekey_ike_request(struct ike_sa *sa, struct exchange *x)
{
	const struct message *m = x->in;
	struct proposal_config config[PROPOSAL_CONFIG_MAX];
	struct proposal_list offered;
	struct proposal_choice choice;
	struct proposal_why why = { 0 };
	struct explain_terms t = { why.offered, why.configured };
	uint8_t group[2];
	int r;

	if (sa->state != EXCHANGE_established || is_busy(sa)) {
		refuse(sa, x->id, NOTIFY_temporary_failure, (struct span){ 0 });
		return;
	}
	if (!sa->peer) {
		refuse(sa, x->id, NOTIFY_no_additional_sas, (struct span){ 0 });
		return;
	}
	if (!message_has(m, PAYLOAD_nonce) || !message_has(m, PAYLOAD_ke) ||
		proposal_parse(m->sa, &offered) != FAULT_NONE) {
		explain_failure(sa, 1, false, false, EXPLAIN_malformed_message, NULL,
			"the peer rekeys the IKE SA without KE, nonce or proposals that are well "
			"formed");
		refuse(sa, x->id, NOTIFY_invalid_syntax, (struct span){ 0 });
		return;
	}
	if (proposal_select(config, suite_ike_config(sa->ike, sa->peer, config), &offered,
		    m->ke_group, true, &choice, &why) != 0 ||
		choice.spi_len != 8) {
		explain_failure(sa, 1, false, false, EXPLAIN_phase1_proposal, &t, "%s", why.detail);
		refuse(sa, x->id, NOTIFY_no_proposal_chosen, (struct span){ 0 });
		return;
	}
	if (alg_dh(choice.dh)->iana != m->ke_group) {
		be16_put(group, alg_dh(choice.dh)->iana);
		refuse(sa, x->id, NOTIFY_invalid_ke_payload, (struct span){ group, sizeof(group) });
		return;
	}
	r = make(sa, x, &choice);
	if (r == 0)
		return;
	explain_failure(sa, 1, false, false,
		r == -EBADMSG ? EXPLAIN_malformed_payload : EXPLAIN_local_failure, NULL, "%s",
		r == -EBADMSG ? "the peer's KE value or SPI is not valid"
			      : "the keys could not be made");
	refuse(sa, x->id, r == -EBADMSG ? NOTIFY_invalid_syntax : NOTIFY_no_additional_sas,
		(struct span){ 0 });
}
