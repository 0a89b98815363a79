/*
 * From a datagram to a handler: header, SA, window, integrity, payloads, in this order, so that what
 * costs comes after what is cheap, and nothing that nobody vouches for changes anything.
 */
#include "config.h"

#include "daemon/ike/input.h"

#include "daemon/ike/child_sa.h"
#include "daemon/ike/collide.h"
#include "daemon/ike/debug.h"
#include "daemon/ike/dpd.h"
#include "daemon/ike/engine.h"
#include "daemon/ike/fragment.h"
#include "daemon/ike/handshake.h"
#include "daemon/ike/message.h"
#include "daemon/ike/protect.h"
#include "daemon/ike/seal.h"
#include "daemon/ike/x.h"

#include <stdlib.h>

static const enum statistic fault_statistic[FAULT_N] = {
	[FAULT_short] = STATISTIC_short_packet,
	[FAULT_length] = STATISTIC_invalid_length,
	[FAULT_version] = STATISTIC_version_error,
	[FAULT_exchange] = STATISTIC_unknown_exchange,
	[FAULT_cookie] = STATISTIC_invalid_cookie,
	[FAULT_chain] = STATISTIC_malformed_message,
	[FAULT_payload] = STATISTIC_malformed_payload,
	[FAULT_misplaced] = STATISTIC_malformed_message,
	[FAULT_repeated] = STATISTIC_malformed_message,
	[FAULT_critical] = STATISTIC_critical,
	[FAULT_integrity] = STATISTIC_integrity,
	[FAULT_padding] = STATISTIC_malformed_message,
	[FAULT_fragment] = STATISTIC_malformed_message,
	[FAULT_memory] = STATISTIC_no_memory,
};

/* Which message of exchange.def, and its counter. */
static enum exchange_message
message_of(struct ike *ike, const struct wire_hdr *h)
{
	static const struct {
		uint8_t exchange;
		uint8_t message; /* the request's; the response's is the next */
		uint8_t counter; /* likewise */
	} rows[] = {
		{ WIRE_IKE_SA_INIT, EXCHANGE_MSG_init_request, STATISTIC_in_init_request },
		{ WIRE_IKE_AUTH, EXCHANGE_MSG_auth_request, STATISTIC_in_auth_request },
		{ WIRE_CREATE_CHILD_SA, EXCHANGE_MSG_child_request, STATISTIC_in_child_request },
		{ WIRE_INFORMATIONAL, EXCHANGE_MSG_info_request, STATISTIC_in_info_request },
		{ 43, EXCHANGE_MSG_intermediate_request, STATISTIC_unknown_exchange },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].exchange == h->exchange) {
			statistics_count(ike,
				(enum statistic)(
					rows[i].counter + (h->response && h->exchange != 43)));
			return (enum exchange_message)(rows[i].message + h->response);
		}
	return h->response ? EXCHANGE_MSG_other_response : EXCHANGE_MSG_other_request;
}

/* Opens what is encrypted and takes it apart. FAULT_NONE and complete, or what is wrong; incomplete: a fragment
 * that waits for others. */
static enum wire_fault
open_message(struct ike_sa *sa, struct exchange *x, uint8_t *data, struct fragments **fragments,
	bool *complete)
{
	struct message *m = x->in;
	enum wire_fault f = protect_open(&sa->keys, data, m, &x->text);

	*complete = false;
	if (f != FAULT_NONE)
		return f;
	x->first = m->encrypted.inner;
	if (m->encrypted.is_fragment) {
		statistics_count(sa->ike, STATISTIC_in_fragments);
		if (!*fragments)
			*fragments = calloc(1, sizeof(**fragments));
		if (!*fragments)
			return FAULT_memory;
		if (fragment_add(*fragments, m, x->text, &x->first, &x->text) != FRAGMENT_WHOLE)
			return FAULT_NONE;
	}
	*complete = true;
	return message_parse_inner(m, x->first, x->text);
}

static void
count_unknown(struct ike *ike, const struct message *m)
{
	for (unsigned int i = 0; i < m->n_unknown; i++)
		statistics_count(ike, STATISTIC_uncritical);
}

/* For faults that are answered; explain.def counts them as fault_statistic does. */
static enum explain_reason
reason_of(enum wire_fault f)
{
	switch (f) {
	case FAULT_critical: return EXPLAIN_critical;
	case FAULT_payload: return EXPLAIN_malformed_payload;
	default: return EXPLAIN_malformed_message;
	}
}

/* An authentic request that cannot be understood is answered, once (RFC 7296 2.5, 2.21.3). */
static void
answer_fault(struct ike_sa *sa, const struct exchange *x, enum wire_fault f)
{
	const struct wire_fault_info *info = wire_fault(f);
	bool critical = f == FAULT_critical;

	if (info->notify == NOTIFY_none) {
		statistics_count(sa->ike, fault_statistic[f]);
		return;
	}
	explain_failure(sa, 1, false, false, reason_of(f), NULL,
		"the peer's %s request (payload %u): %s", wire_exchange_name(x->in->hdr.exchange),
		x->in->bad_payload, info->text);
	window_accept(&sa->window, x->id, x->path);
	x_refuse(sa, x->in->hdr.exchange, x->id, info->notify,
		(struct span){ &x->in->bad_payload, critical ? 1 : 0 });
	if (sa->state == EXCHANGE_init_answered)
		ike_sa_kill(sa, NULL);
}

static void
answer_again(struct ike_sa *sa, const struct exchange *x)
{
	/* of a message in fragments the first stands for all (RFC 7383 2.6.1) */
	if (x->in->encrypted.is_fragment && x->in->encrypted.number != 1)
		return;
	statistics_count(sa->ike, STATISTIC_answered_again);
	child_sa_asked_again(sa, x->id);
	seal_send(sa, x->path, window_answered(&sa->window, x->id));
}

/* What an established SA has no row for is answered by nothing, so that the peer may ask for something else: its
 * place in the window is taken. (One that is not established yet waits for just one request.) */
static void
answer_refused(struct ike_sa *sa, struct exchange *x)
{
	struct compose c;

	exchange_dispatch(sa, x);
	if (sa->state < EXCHANGE_established)
		return;
	window_accept(&sa->window, x->id, x->path);
	compose_inner(&c);
	seal_reply(sa, x->in->hdr.exchange, x->id, &c);
}

/* A request that is authentic and new. */
static void
handle(struct ike_sa *sa, struct exchange *x, enum wire_fault f, bool complete)
{
	path_heard(sa, x->path);
	if (f != FAULT_NONE) {
		answer_fault(sa, x, f);
		return;
	}
	if (!complete)
		return;
	statistics_count_notifies(sa->ike, x->in);
	count_unknown(sa->ike, x->in);
	if (exchange_refusal(sa->state, x->message)) {
		answer_refused(sa, x);
		return;
	}
	window_accept(&sa->window, x->id, x->path);
	exchange_dispatch(sa, x);
}

static void
request_of_peer(struct ike_sa *sa, struct exchange *x, uint8_t *data)
{
	enum window_place place = window_place(&sa->window, x->id);
	struct fragments *held = NULL, **fragments = window_fragments(&sa->window, x->id);
	enum wire_fault f;
	bool complete;

	if (place == WINDOW_OUTSIDE || place == WINDOW_BUSY) {
		statistics_count(
			sa->ike, place == WINDOW_BUSY ? STATISTIC_busy : STATISTIC_out_of_window);
		return;
	}
	f = open_message(sa, x, data, fragments ? fragments : &held, &complete);
	if (f == FAULT_integrity || f == FAULT_memory) {
		statistics_count(sa->ike, fault_statistic[f]);
		window_fragments_free(held);
		return;
	}
	if (fragments && complete) {
		/* the message is in there until it has been handled */
		held = *fragments;
		*fragments = NULL;
	}
	if (place == WINDOW_ANSWERED)
		answer_again(sa, x);
	else
		handle(sa, x, f, complete);
	window_fragments_free(held);
}

/* The peer could not read what we asked, and has dropped the IKE SA: so do we (RFC 7296 2.21.3). */
static void
not_understood(struct ike_sa *sa, struct request *r)
{
	explain_failure(sa, 1, true, true, EXPLAIN_malformed_message, NULL,
		"the peer answers %s with INVALID_SYNTAX", wire_exchange_name(request_exchange(r)));
	collide_ike_superseded(sa);
	ike_sa_kill(sa, "invalid-syntax");
	request_fail(r);
}

static void
response_of_peer(struct ike_sa *sa, struct exchange *x, uint8_t *data)
{
	struct request *r = request_find(sa, x->id);
	enum wire_fault f;
	bool complete, refused;

	if (!r || request_exchange(r) != x->in->hdr.exchange) {
		statistics_count(sa->ike, STATISTIC_response_unexpected);
		return;
	}
	f = open_message(sa, x, data, &r->fragments, &complete);
	if (f == FAULT_NONE && !complete)
		return;
	if (f != FAULT_NONE) {
		/* what cannot be understood, though authentic, is as good as no answer */
		statistics_count(sa->ike, fault_statistic[f]);
		return;
	}
	path_heard(sa, x->path);
	statistics_count_notifies(sa->ike, x->in);
	count_unknown(sa->ike, x->in);
	x->request = r;
	request_answered(r);
	if (sa->state >= EXCHANGE_established &&
		message_notify_find(x->in, NOTIFY_invalid_syntax)) {
		not_understood(sa, r);
		return;
	}
	/* what the SA has no use for any more is no answer for who waits for it */
	refused = exchange_refusal(sa->state, x->message) != NULL;
	exchange_dispatch(sa, x);
	if (refused)
		request_fail(r);
	else
		request_free(r);
}

/* In clear, for an SA that has keys, or will have: nobody vouches for it. */
static void
in_clear(struct ike_sa *sa, struct exchange *x)
{
	if (x->message == EXCHANGE_MSG_init_response && sa->state == EXCHANGE_init_sent &&
		sa->handshake) {
		x->request = request_find(sa, 0);
		if (x->request && x->id == 0) {
			statistics_count_notifies(sa->ike, x->in);
			exchange_dispatch(sa, x);
		}
		return;
	}
	if (message_notify_find(x->in, NOTIFY_invalid_ike_spi) && sa->state == EXCHANGE_established)
		dpd_suspect(sa);
	statistics_count(sa->ike, STATISTIC_in_clear);
}

/* Whether header and SA fit: which end began it, and the other's SPI. */
static bool
fits(const struct ike_sa *sa, const struct wire_hdr *h)
{
	uint64_t remote = h->initiator ? h->spi_i : h->spi_r;

	return h->initiator != sa->initiator && (sa->spi_remote == 0 || sa->spi_remote == remote);
}

/* The responder works for the keys when the first message asks for them. false: not now, or in vain; which is
 * counted. */
static bool
work_for_keys(struct ike_sa *sa, const struct exchange *x)
{
	if (sa->keys.open || sa->state != EXCHANGE_init_answered || !sa->handshake ||
		sa->handshake->failed || x->message != EXCHANGE_MSG_auth_request)
		return true;
	if (!halfopen_may_go_on(sa))
		return false;
	if (x_init_keys(sa) == 0)
		return true;
	ike_sa_kill(sa, NULL);
	return false;
}

static void
for_sa(struct ike_sa *sa, struct exchange *x, uint8_t *data)
{
	if (!fits(sa, &x->in->hdr)) {
		statistics_count(sa->ike, STATISTIC_flags);
		return;
	}
	if (!x->in->encrypted.payload.p) {
		in_clear(sa, x);
		return;
	}
	if (!work_for_keys(sa, x))
		return;
	if (!sa->keys.open) {
		statistics_count(sa->ike, STATISTIC_no_keys);
		return;
	}
	/* only who has agreed to fragments sends them (RFC 7383 2.3) */
	if (x->in->encrypted.is_fragment && !sa->fragmentation) {
		statistics_count(sa->ike, STATISTIC_malformed_message);
		return;
	}
	if (x->in->hdr.response)
		response_of_peer(sa, x, data);
	else
		request_of_peer(sa, x, data);
	if (!sa->dead)
		request_pump(sa);
}

static void
bad_header(struct exchange *x, enum wire_fault f, const struct wire_hdr *h)
{
	struct peer *p = NULL;

	if (f != FAULT_version) {
		statistics_count(x->ike, fault_statistic[f]);
		debug_line(x->ike, MSG_IKE_DEBUG_ERROR, &x->path->remote, "dropped: %s",
			wire_fault(f)->text);
		return;
	}
	peer_candidates(x->ike, &x->path->remote, &p, 1);
	explain_first(x, p, EXPLAIN_unsupported_version, NULL,
		"the peer sends IKEv%u, we want IKEv2", h->major);
	if (h->major > 2 && !h->response && halfopen_may_answer(x->ike))
		seal_stray(x, h, NOTIFY_invalid_major_version, (struct span){ 0 });
}

/* A first request that cannot be understood. */
static void
refuse_init(struct exchange *x, enum wire_fault f)
{
	const struct wire_fault_info *info = wire_fault(f);
	bool critical = f == FAULT_critical;
	struct peer *p = NULL;

	peer_candidates(x->ike, &x->path->remote, &p, 1);
	explain_first(x, p, reason_of(f), NULL, "the peer begins an IKE SA (payload %u): %s",
		x->in->bad_payload, info->text);
	if (halfopen_may_answer(x->ike))
		seal_stray(x, &x->in->hdr, info->notify,
			(struct span){ &x->in->bad_payload, critical ? 1 : 0 });
}

void
input_datagram(struct ike *ike, const struct ike_path *path, uint8_t *data, size_t len)
{
	struct message m;
	struct exchange x = { .ike = ike, .path = path, .data = data, .len = len, .in = &m };
	struct ike_sa *sa;
	enum wire_fault f;

	statistics_count(ike, STATISTIC_in_packets);
	f = message_parse(data, len, &m);
	if (f == FAULT_short || f == FAULT_length || f == FAULT_version || f == FAULT_cookie) {
		bad_header(&x, f, &m.hdr);
		return;
	}
	if (f == FAULT_NONE)
		count_unknown(ike, &m);
	x.id = m.hdr.id;
	x.message = message_of(ike, &m.hdr);
	debug_line(ike, MSG_IKE_DEBUG_PACKET, &path->remote, "received %s %u",
		exchange_message_text(x.message), x.id);
	sa = ike_sa_find(ike, m.hdr.initiator ? m.hdr.spi_r : m.hdr.spi_i);
	if (f == FAULT_exchange) {
		exchange_dispatch(sa, &x);
	} else if (f != FAULT_NONE && !sa && x.message == EXCHANGE_MSG_init_request) {
		refuse_init(&x, f);
	} else if (f != FAULT_NONE) {
		statistics_count(ike, fault_statistic[f]);
	} else if (!sa) {
		exchange_dispatch(NULL, &x);
	} else {
		for_sa(sa, &x, data);
	}
}
