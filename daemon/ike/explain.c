/*
 * Why negotiations fail and connections end: what `display ike error-info` and `offline-info` show.
 * The same failure again and again is one record that counts. A failure of our own machine is never told
 * as the peer's. Strangers, who may fail as often as they like, have few places, and none of the peers'; nor has
 * who only claims a peer's address, until a cookie that reached it or an authentic message proves it.
 */
#include "config.h"

#include "daemon/ike/explain.h"

#include "daemon/ike/debug.h"
#include "daemon/ike/engine.h"
#include "lib/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
	const char *text;
	enum statistic statistic;
} reasons[EXPLAIN_N] = {
#define REASON(id, text, stat) [EXPLAIN_##id] = { text, STATISTIC_##stat },
#include "daemon/ike/explain.def"
#undef REASON
};

static const unsigned int most[EXPLAIN_WHO_N] = {
	[EXPLAIN_KNOWN] = EXPLAIN_KEPT,
	[EXPLAIN_CLAIMED] = EXPLAIN_CLAIMS,
	[EXPLAIN_STRANGER] = EXPLAIN_STRANGERS,
};

int
explain_init(struct explain *x)
{
	TAILQ_INIT(&x->errors);
	x->places = calloc(EXPLAIN_KEPT + EXPLAIN_CLAIMS + EXPLAIN_STRANGERS, sizeof(*x->places));
	x->offline = calloc(EXPLAIN_KEPT, sizeof(*x->offline));
	return x->places && x->offline ? 0 : -ENOMEM;
}

void
explain_fini(struct explain *x)
{
	free(x->places);
	free(x->offline);
	*x = (struct explain){ 0 };
}

static bool
same(const struct st_ike_error *a, const struct st_ike_error *b)
{
	return addr_eq(&a->remote, &b->remote) && strcmp(a->peer, b->peer) == 0 &&
		a->phase == b->phase && a->initiator == b->initiator && a->by_peer == b->by_peer &&
		strcmp(a->reason, b->reason) == 0 && strcmp(a->detail, b->detail) == 0;
}

/* Where it goes: the place of the same failure, a free one, or that of the oldest of its kind. */
static struct explain_error *
place_for(struct explain *x, const struct st_ike_error *e, enum explain_who who)
{
	struct explain_error *p;

	TAILQ_FOREACH (p, &x->errors, link)
		if (p->who == who && same(&p->e, e))
			return p;
	if (x->n_of[who] < most[who]) {
		x->n_of[who]++;
		p = &x->places[x->n_places++];
		*p = (struct explain_error){ .who = who };
		TAILQ_INSERT_HEAD(&x->errors, p, link);
		return p;
	}
	TAILQ_FOREACH_REVERSE (p, &x->errors, explain_errors, link)
		if (p->who == who)
			break;
	p->e.times = 0;
	return p;
}

/* What all records have, counted. */
static void
finish(struct ike *ike, const struct ike_path *path, const struct peer *peer,
	struct st_ike_error *e, enum explain_reason reason)
{
	e->remote = path->remote;
	e->remote_port = path->remote_port;
	e->version = 2;
	if (peer)
		strlcpy(e->peer, peer->cfg.name, sizeof(e->peer));
	strlcpy(e->reason, reasons[reason].text, sizeof(e->reason));
	e->unanswered = reason == EXPLAIN_no_answer;
	e->time = (uint64_t)time(NULL);
	statistics_count(ike, reasons[reason].statistic);
	debug_line(ike, MSG_IKE_DEBUG_ERROR, &path->remote, "%s: %s", e->reason, e->detail);
}

static void
record(struct ike *ike, struct st_ike_error *e, enum explain_who who)
{
	struct explain *x = &ike->explain;
	struct explain_error *p = place_for(x, e, who);

	e->times = p->e.times + 1;
	p->e = *e;
	TAILQ_REMOVE(&x->errors, p, link);
	TAILQ_INSERT_HEAD(&x->errors, p, link);
}

static void
take_terms(struct st_ike_error *e, const struct explain_terms *t)
{
	if (t && t->offered)
		strlcpy(e->offered, t->offered, sizeof(e->offered));
	if (t && t->configured)
		strlcpy(e->configured, t->configured, sizeof(e->configured));
}

enum explain_who
explain_who_is(const struct ike_sa *sa)
{
	if (sa->initiator || sa->state >= EXCHANGE_established || sa->origin != 0)
		return EXPLAIN_KNOWN;
	if (!sa->peer || sa->peer->n_addresses == 0)
		return EXPLAIN_STRANGER;
	return sa->heard_ms != 0 ? EXPLAIN_KNOWN : EXPLAIN_CLAIMED;
}

void
explain_failure(struct ike_sa *sa, unsigned int phase, bool initiator, bool by_peer,
	enum explain_reason reason, const struct explain_terms *t, const char *fmt, ...)
{
	struct st_ike_error e = {
		.phase = (uint8_t)phase, .initiator = initiator, .by_peer = by_peer
	};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e.detail, sizeof(e.detail), fmt, ap);
	va_end(ap);
	take_terms(&e, t);
	finish(sa->ike, &sa->path.at, sa->peer, &e, reason);
	record(sa->ike, &e, explain_who_is(sa));
}

void
explain_first(const struct exchange *x, const struct peer *peer, enum explain_reason reason,
	const struct explain_terms *t, const char *fmt, ...)
{
	enum explain_who who = !peer || peer->n_addresses == 0 ? EXPLAIN_STRANGER
		: x->proved				       ? EXPLAIN_KNOWN
							       : EXPLAIN_CLAIMED;
	struct st_ike_error e = { .phase = 1 };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e.detail, sizeof(e.detail), fmt, ap);
	va_end(ap);
	take_terms(&e, t);
	finish(x->ike, x->path, peer, &e, reason);
	if (who != EXPLAIN_STRANGER || halfopen_may_explain(x->ike))
		record(x->ike, &e, who);
}

void
explain_no_route(
	struct ike *ike, const struct peer *p, const struct addr *remote, const struct err *why)
{
	struct st_ike_error e = { .phase = 1, .initiator = true };
	struct ike_path path = { .remote = *remote, .remote_port = 500 };

	strlcpy(e.detail, why && why->text[0] ? why->text : "there is no route to the peer",
		sizeof(e.detail));
	finish(ike, &path, p, &e, EXPLAIN_route);
	record(ike, &e, EXPLAIN_KNOWN);
}

void
explain_end(struct ike_sa *sa, const char *reason)
{
	struct explain *x = &sa->ike->explain;
	struct st_ike_offline *o = &x->offline[x->next_offline];

	memset(o, 0, sizeof(*o));
	o->remote = sa->path.at.remote;
	o->remote_port = sa->path.at.remote_port;
	o->version = 2;
	o->time = (uint64_t)time(NULL);
	if (sa->peer)
		strlcpy(o->peer, sa->peer->cfg.name, sizeof(o->peer));
	strlcpy(o->reason, reason, sizeof(o->reason));
	x->next_offline = (x->next_offline + 1) % EXPLAIN_KEPT;
	if (x->n_offline < EXPLAIN_KEPT)
		x->n_offline++;
}

enum explain_reason
explain_of_notify(uint16_t notify, unsigned int phase)
{
	static const struct {
		uint16_t notify;
		uint8_t reason[2]; /* of the IKE SA, of a CHILD SA */
	} rows[] = {
		{ NOTIFY_no_proposal_chosen, { EXPLAIN_phase1_proposal, EXPLAIN_phase2_proposal } },
		{ NOTIFY_invalid_ke_payload, { EXPLAIN_responder_dh, EXPLAIN_responder_dh } },
		{ NOTIFY_authentication_failed,
			{ EXPLAIN_authentication, EXPLAIN_authentication } },
		{ NOTIFY_ts_unacceptable, { EXPLAIN_flow, EXPLAIN_flow } },
		{ NOTIFY_single_pair_required, { EXPLAIN_flow, EXPLAIN_flow } },
		{ NOTIFY_invalid_selectors, { EXPLAIN_flow, EXPLAIN_flow } },
		{ NOTIFY_no_additional_sas, { EXPLAIN_limit, EXPLAIN_limit } },
		{ NOTIFY_invalid_major_version,
			{ EXPLAIN_unsupported_version, EXPLAIN_unsupported_version } },
		{ NOTIFY_unsupported_critical_payload, { EXPLAIN_critical, EXPLAIN_critical } },
		{ NOTIFY_child_sa_not_found, { EXPLAIN_rekey_old, EXPLAIN_rekey_old } },
		{ NOTIFY_temporary_failure, { EXPLAIN_rekey, EXPLAIN_rekey } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].notify == notify)
			return rows[i].reason[phase == 1 ? 0 : 1];
	return EXPLAIN_malformed_message;
}

void
explain_report_errors(struct ike *ike, void (*row)(void *arg, const void *record), void *arg)
{
	const struct explain_error *p;

	TAILQ_FOREACH (p, &ike->explain.errors, link)
		row(arg, &p->e);
}

void
explain_report_offline(struct ike *ike, void (*row)(void *arg, const void *record), void *arg)
{
	struct explain *x = &ike->explain;

	for (unsigned int i = 1; i <= x->n_offline; i++)
		row(arg, &x->offline[(x->next_offline + EXPLAIN_KEPT - i) % EXPLAIN_KEPT]);
}

void
explain_reset_errors(struct ike *ike)
{
	TAILQ_INIT(&ike->explain.errors);
	ike->explain.n_places = 0;
	memset(ike->explain.n_of, 0, sizeof(ike->explain.n_of));
}

void
explain_reset_offline(struct ike *ike)
{
	ike->explain.n_offline = ike->explain.next_offline = 0;
}
