/*
 * Why negotiations fail and connections end: what `display ike error-info` and `offline-info` show.
 * The same failure again and again is one record that counts. A failure of our own machine is never told
 * as the peer's.
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

int
explain_init(struct explain *x)
{
	x->errors = calloc(EXPLAIN_KEPT, sizeof(*x->errors));
	x->offline = calloc(EXPLAIN_KEPT, sizeof(*x->offline));
	return x->errors && x->offline ? 0 : -ENOMEM;
}

void
explain_fini(struct explain *x)
{
	free(x->errors);
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

void
explain_failure_at(struct ike *ike, const struct ike_path *path, const struct peer *peer,
	struct st_ike_error *e, enum explain_reason reason)
{
	struct explain *x = &ike->explain;
	unsigned int last = (x->next_error + EXPLAIN_KEPT - 1) % EXPLAIN_KEPT;

	e->remote = path->remote;
	e->remote_port = path->remote_port;
	e->version = 2;
	if (peer)
		strlcpy(e->peer, peer->cfg.name, sizeof(e->peer));
	strlcpy(e->reason, reasons[reason].text, sizeof(e->reason));
	e->time = (uint64_t)time(NULL);
	e->times = 1;
	statistics_count(ike, reasons[reason].statistic);
	debug_line(ike, MSG_IKE_DEBUG_ERROR, &path->remote, "%s: %s", e->reason, e->detail);
	if (x->n_errors > 0 && same(&x->errors[last], e)) {
		x->errors[last].times++;
		x->errors[last].time = e->time;
		return;
	}
	x->errors[x->next_error] = *e;
	x->next_error = (x->next_error + 1) % EXPLAIN_KEPT;
	if (x->n_errors < EXPLAIN_KEPT)
		x->n_errors++;
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
	if (t && t->offered)
		strlcpy(e.offered, t->offered, sizeof(e.offered));
	if (t && t->configured)
		strlcpy(e.configured, t->configured, sizeof(e.configured));
	explain_failure_at(sa->ike, &sa->path.at, sa->peer, &e, reason);
}

void
explain_no_route(
	struct ike *ike, const struct peer *p, const struct addr *remote, const struct err *why)
{
	struct st_ike_error e = { .phase = 1, .initiator = true };
	struct ike_path path = { .remote = *remote, .remote_port = 500 };

	strlcpy(e.detail, why && why->text[0] ? why->text : "there is no route to the peer",
		sizeof(e.detail));
	explain_failure_at(ike, &path, p, &e, EXPLAIN_route);
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
		{ NOTIFY_invalid_major_version, { EXPLAIN_version, EXPLAIN_version } },
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
	struct explain *x = &ike->explain;

	for (unsigned int i = 1; i <= x->n_errors; i++)
		row(arg, &x->errors[(x->next_error + EXPLAIN_KEPT - i) % EXPLAIN_KEPT]);
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
	ike->explain.n_errors = ike->explain.next_error = 0;
}

void
explain_reset_offline(struct ike *ike)
{
	ike->explain.n_offline = ike->explain.next_offline = 0;
}
