/*
 * INFORMATIONAL (RFC 7296 1.4): deletes of pairs and of IKE SAs, both ways, liveness; what comes for SPIs that
 * nobody knows.
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
#include "daemon/ike/seal.h"
#include "lib/buf.h"

#include <errno.h>
#include <netinet/in.h>

enum { SPIS_MAX = 4096 };

/* SPIs of ours that go into the answer, of one protocol. */
struct spis {
	uint32_t spi[SPIS_MAX];
	unsigned int n;
};

static uint8_t
wire_protocol(uint8_t protocol)
{
	return protocol == IPPROTO_AH ? WIRE_PROTO_AH : WIRE_PROTO_ESP;
}

/* --- requests of the peer ----------------------------------------------------------- */

/* Where its pairs are: rekeyed IKE SAs have given theirs away. */
static struct ike_sa *
home(struct ike_sa *sa)
{
	struct ike_sa *heir = sa->replaced_by ? ike_sa_find(sa->ike, sa->replaced_by) : NULL;

	return heir ? heir : sa;
}

/* One pair that the peer deletes, by the SPI it receives with. Both deleting it at once: ours is answered
 * on its own (2.25.1). */
static void
delete_pair(struct ike_sa *sa, uint8_t protocol, uint32_t spi, struct spis *answer)
{
	struct child_sa *pair = child_sa_by_spi(home(sa), protocol, spi, false);

	if (!pair)
		x_child_deleted_early(home(sa), spi);
	if (!pair || pair->state == CHILD_SA_LARVAL || pair->state == CHILD_SA_DELETING)
		return;
	if (answer->n < SPIS_MAX)
		answer->spi[answer->n++] = pair->spi_in;
	debug_event(sa, "the peer deletes pair %08x/%08x", pair->spi_in, pair->spi_out);
	if (pair->state == CHILD_SA_INSTALLING) {
		child_sa_delete(pair);
		return;
	}
	collide_child_deleted(pair);
	child_sa_end(pair, true);
}

static void
delete_pairs(struct ike_sa *sa, const struct message *m, uint8_t protocol, struct spis *answer)
{
	struct message_at at = { .type = PAYLOAD_NONE };
	struct message_delete d;

	while (message_delete_next(m, &at, &d))
		for (unsigned int i = 0; d.protocol == wire_protocol(protocol) && i < d.n_spis; i++)
			delete_pair(sa, protocol, message_delete_spi(&d, i), answer);
}

static bool
deletes_ike(const struct message *m)
{
	struct message_at at = { .type = PAYLOAD_NONE };
	struct message_delete d;

	while (message_delete_next(m, &at, &d))
		if (d.protocol == WIRE_PROTO_IKE)
			return true;
	return false;
}

/* Whether the peer ends the IKE SA: it says so, or does not believe who we are (2.21.2). */
static bool
ends_ike(struct ike_sa *sa, const struct message *m)
{
	if (!message_notify_find(m, NOTIFY_authentication_failed))
		return deletes_ike(m);
	explain_failure(sa, 1, sa->initiator, true, EXPLAIN_authentication, NULL,
		"the peer does not accept our AUTH");
	return true;
}

/* What else the peer may say at any time: its window, and until when it is to be authenticated anew (RFC 4478 3). */
static void
heed_notifies(struct ike_sa *sa, const struct message *m)
{
	const struct message_notify *n = message_notify_find(m, NOTIFY_auth_lifetime);

	x_heed_window(sa, m);
	if (n && n->data.len == 4 && sa->state == EXCHANGE_established)
		lifetime_reauthenticate(sa, be32_get(n->data.p));
}

void
x_info_request(struct ike_sa *sa, struct exchange *x)
{
	static const uint8_t protocols[] = { IPPROTO_ESP, IPPROTO_AH };
	bool ends = ends_ike(sa, x->in);
	struct compose c;

	if (ends)
		collide_ike_deleted(sa);
	else
		collide_ike_adopt(sa);
	if (!ends)
		heed_notifies(sa, x->in);
	compose_inner(&c);
	for (size_t i = 0; i < sizeof(protocols) && !ends; i++) {
		struct spis answer = { .n = 0 };

		delete_pairs(sa, x->in, protocols[i], &answer);
		if (answer.n > 0)
			compose_delete(&c, wire_protocol(protocols[i]), answer.spi, answer.n);
	}
	seal_reply(sa, WIRE_INFORMATIONAL, x->id, &c);
	if (ends)
		ike_sa_kill(sa,
			sa->state == EXCHANGE_deleting ? sa->reason
				: sa->redundant	       ? NULL
						       : "peer-delete");
}

/* --- requests of ours --------------------------------------------------------------- */

void
x_info_response(struct ike_sa *sa, struct exchange *x)
{
	request_answer(x->request, x);
}

int
x_child_delete_build(struct request *r, struct compose *c)
{
	if (!r->pair || r->pair->state != CHILD_SA_DELETING)
		return -ECANCELED;
	compose_delete(c, wire_protocol(r->pair->protocol), &r->pair->spi_in, 1);
	return 0;
}

void
x_child_delete_answered(struct request *r, struct exchange *x)
{
	if (r->pair)
		child_sa_end(r->pair, true);
}

int
x_ike_delete_build(struct request *r, struct compose *c)
{
	const struct handshake *h = r->sa->handshake;

	/* we did not believe the responder (2.21.2) */
	if (h && h->failed)
		compose_notify(c, NOTIFY_authentication_failed, (struct span){ 0 });
	compose_delete_ike(c);
	return 0;
}

void
x_ike_delete_answered(struct request *r, struct exchange *x)
{
	ike_sa_kill(r->sa, r->sa->reason);
}

void
x_ike_delete_lost(struct request *r)
{
	ike_sa_kill(r->sa, r->sa->reason);
}

int
x_liveness_build(struct request *r, struct compose *c)
{
	r->sa->dpd_sent++;
	return 0;
}

void
x_liveness_answered(struct request *r, struct exchange *x)
{
	r->sa->dpd_lost = 0;
}

void
x_liveness_lost(struct request *r)
{
	ike_sa_kill(r->sa, "dpd-timeout");
}

void
x_lost(struct request *r)
{
	struct ike_sa *sa = r->sa;

	collide_ike_superseded(sa);
	explain_failure(sa, r->kind == REQUEST_ike_rekey ? 1 : 2, true, false, EXPLAIN_no_answer,
		NULL, "the peer of an established IKE SA does not answer");
	ike_sa_kill(sa,
		r->kind == REQUEST_ike_rekey || r->kind == REQUEST_child_rekey ? "rekey-timeout"
									       : "no-answer");
}

/* --- strangers ---------------------------------------------------------------------- */

void
x_info_invalid_spi(struct ike_sa *none, struct exchange *x)
{
	statistics_count(x->ike, STATISTIC_invalid_cookie);
	if (halfopen_may_answer(x->ike))
		seal_stray(x, &x->in->hdr, NOTIFY_invalid_ike_spi, (struct span){ 0 });
}
