/*
 * Dead peer detection. Who is heard, by IKE or by packets of a pair, is alive and is not asked. Periodic: whoever is
 * not heard for the idle time is asked. On demand: only when packets went out meanwhile.
 */
#include "config.h"

#include "daemon/ike/dpd.h"

#include "daemon/ike/child_sa.h"
#include "daemon/ike/engine.h"
#include "lib/loop.h"

enum { SUSPECT_MS = 10000, IDLE_S = 30 };

static uint64_t
idle_ms(const struct ike_sa *sa)
{
	uint32_t s = sa->peer ? sa->peer->cfg.dpd_idle_s : 0;

	return (uint64_t)(s ? s : IDLE_S) * 1000;
}

static void
ask(struct ike_sa *sa)
{
	if (sa->state != EXCHANGE_established || !TAILQ_EMPTY(&sa->out) ||
		request_of(sa, REQUEST_liveness, NULL))
		return;
	if (request_queue(sa, REQUEST_liveness)) {
		statistics_count(sa->ike, STATISTIC_liveness);
		request_pump(sa);
	}
}

/* All pairs have said what came and went. */
static void
decide(struct ike_sa *sa)
{
	bool periodic = sa->peer && sa->peer->cfg.dpd == MSG_IKE_DPD_PERIODIC;

	if (loop_now_ms(sa->ike->loop) - sa->heard_ms >= idle_ms(sa) &&
		(periodic || sa->dpd_demand))
		ask(sa);
}

static void
usage(void *arg, enum msg_type type, const void *body, int error, const struct err *why)
{
	struct ike_sa *sa = arg;
	const struct msg_ike_usage *u = body;
	struct child_sa *pair;
	uint64_t *seen;

	if (error == 0 && type == MSG_ike_usage && (pair = child_sa_find(sa->ike, u->sa))) {
		seen = u->sa == pair->sa ? &pair->seen_in : &pair->seen_out;
		if (u->packets > *seen && u->sa == pair->sa)
			sa->heard_ms = loop_now_ms(sa->ike->loop);
		else if (u->packets > *seen)
			sa->dpd_demand = true;
		*seen = u->packets;
	}
	if (--sa->dpd_asked == 0)
		decide(sa);
}

static void
ask_usage(struct ike_sa *sa, uint32_t id)
{
	struct msg_ike_usage_get m = { .sa = id };

	sa->dpd_asked++;
	if (call_daemon(sa->ike, &sa->calls, MSG_ike_usage_get, &m, usage, sa) != 0)
		sa->dpd_asked--;
}

static void
tick(void *arg)
{
	struct ike_sa *sa = arg;
	uint64_t idle = idle_ms(sa), quiet = loop_now_ms(sa->ike->loop) - sa->heard_ms;
	struct child_sa *pair;

	if (sa->state != EXCHANGE_established)
		return;
	if (quiet < idle) {
		timer_set(sa->dpd, idle - quiet);
		return;
	}
	timer_set(sa->dpd, idle);
	if (sa->dpd_asked > 0)
		return;
	sa->dpd_demand = false;
	sa->dpd_asked = 1;
	TAILQ_FOREACH (pair, &sa->children, link)
		if (pair->state == CHILD_SA_ESTABLISHED) {
			ask_usage(sa, pair->sa);
			if (sa->peer && sa->peer->cfg.dpd == MSG_IKE_DPD_ON_DEMAND)
				ask_usage(sa, pair->sa + 1);
		}
	if (--sa->dpd_asked == 0)
		decide(sa);
}

void
dpd_start(struct ike_sa *sa)
{
	if (!sa->peer || sa->peer->cfg.dpd == MSG_IKE_DPD_OFF)
		return;
	if (!sa->dpd)
		sa->dpd = timer_new(sa->ike->loop, tick, sa);
	if (sa->dpd)
		timer_set(sa->dpd, idle_ms(sa));
}

void
dpd_suspect(struct ike_sa *sa)
{
	uint64_t now = loop_now_ms(sa->ike->loop);

	if (now - sa->suspected_ms < SUSPECT_MS && sa->suspected_ms != 0)
		return;
	sa->suspected_ms = now;
	ask(sa);
}
