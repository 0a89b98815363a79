/*
 * Lifetimes: rekeying well before the end, at a random time so that not all SAs (nor both ends) do it
 * at once, the end when it did not work out, and the end of what a peer should have deleted.
 */
#include "config.h"

#include "daemon/ike/lifetime.h"

#include "daemon/ike/child_sa.h"
#include "daemon/ike/collide.h"
#include "daemon/ike/debug.h"
#include "daemon/ike/engine.h"
#include "daemon/ike/handshake.h"
#include "daemon/ike/migrate.h"
#include "lib/loop.h"

enum {
	MARGIN_MS = 1800000, /* at most so long before the end */
	RETRY_MS = 10000,
	DELETE_MS = 120000, /* a peer retransmits for so long before it deletes */
	SETTLE_MS = 3000,
	REVIEW_MS =
		600000 /* by then its children carry elsewhere (child_sa_await_proof), or it is of use */
};

/* When to rekey what lives for so long: a tenth to a fifth before the end. The responder's turn is later. */
static uint64_t
soft_of(struct ike *ike, uint64_t life_ms, bool initiator)
{
	uint64_t margin = life_ms / 10 < MARGIN_MS ? life_ms / 10 : MARGIN_MS;
	uint64_t spread = initiator ? margin : margin / 4;

	return life_ms - margin - engine_random(ike, (uint32_t)spread + 1);
}

static uint64_t
now_of(const struct ike *ike)
{
	return loop_now_ms(ike->loop);
}

/* --- IKE SAs ---------------------------------------------------------------------------- */

static uint32_t
configured_ike_s(const struct ike_sa *sa)
{
	const struct peer *p = sa->peer;

	if (!p || p->n_proposals == 0)
		return 0;
	return p->proposals[sa->suite.config < p->n_proposals ? sa->suite.config : 0].lifetime_s;
}

/* Wakes at the next thing to do. */
static void
arm_ike(struct ike_sa *sa)
{
	uint64_t now = now_of(sa->ike), next = sa->hard_ms;

	if (sa->soft_ms != 0 && sa->soft_ms < next)
		next = sa->soft_ms;
	if (sa->reauth_ms != 0 && (next == 0 || sa->reauth_ms < next))
		next = sa->reauth_ms;
	if (sa->review_ms != 0 && (next == 0 || sa->review_ms < next))
		next = sa->review_ms;
	if (next != 0)
		timer_set(sa->timer, next > now ? next - now : 0);
	else
		timer_cancel(sa->timer);
}

void
lifetime_start_ike(struct ike_sa *sa)
{
	uint64_t life_ms, reauth_s = sa->peer ? sa->peer->cfg.reauth_s : 0;

	sa->lifetime_s = configured_ike_s(sa);
	life_ms = (uint64_t)sa->lifetime_s * 1000;
	if (life_ms != 0) {
		sa->soft_ms = now_of(sa->ike) + soft_of(sa->ike, life_ms, sa->initiator);
		sa->hard_ms = now_of(sa->ike) + life_ms;
	}
	if (sa->reauth_s != 0 && (reauth_s == 0 || sa->reauth_s < reauth_s))
		reauth_s = sa->reauth_s;
	/* rekeying does not put it off */
	if (reauth_s != 0 && sa->reauth_ms == 0)
		sa->reauth_ms = now_of(sa->ike) + soft_of(sa->ike, reauth_s * 1000, sa->initiator);
	arm_ike(sa);
}

void
lifetime_review_ike(struct ike_sa *sa)
{
	sa->review_ms = now_of(sa->ike) + REVIEW_MS;
	arm_ike(sa);
}

void
lifetime_reauthenticate(struct ike_sa *sa, uint32_t within_s)
{
	uint64_t when = now_of(sa->ike) + soft_of(sa->ike, (uint64_t)within_s * 1000, true);

	sa->reauth_s = within_s;
	if (sa->reauth_ms == 0 || when < sa->reauth_ms)
		sa->reauth_ms = when;
	if (sa->heir == 0 && !sa->redundant)
		arm_ike(sa);
}

void
lifetime_resume_ike(struct ike_sa *sa)
{
	sa->ends_ms = 0;
	arm_ike(sa);
}

void
lifetime_retry_ike(struct ike_sa *sa)
{
	if (sa->state != EXCHANGE_established)
		return;
	sa->soft_ms = now_of(sa->ike) + RETRY_MS + engine_random(sa->ike, RETRY_MS);
	arm_ike(sa);
}

void
lifetime_wait_for_ike_delete(struct ike_sa *sa)
{
	timer_set(sa->timer, DELETE_MS);
}

/* The peer has begun another since: its pairs go there, instead of to a third one. */
static bool
joins_younger(struct ike_sa *sa)
{
	struct ike_sa *younger = collide_younger(sa);

	if (younger)
		migrate_start(sa, younger);
	return younger != NULL;
}

static void
rekey_ike(struct ike_sa *sa)
{
	/* it is looked at again, whatever comes of this */
	sa->soft_ms = now_of(sa->ike) + 4 * RETRY_MS + engine_random(sa->ike, RETRY_MS);
	if (!sa->peer || request_of(sa, REQUEST_ike_rekey, NULL) || sa->theirs || joins_younger(sa))
		return;
	if (request_queue(sa, REQUEST_ike_rekey))
		request_pump(sa);
}

static void
tick_established(struct ike_sa *sa)
{
	uint64_t now = now_of(sa->ike);

	if (sa->hard_ms != 0 && now >= sa->hard_ms) {
		ike_sa_delete(sa, "lifetime");
		return;
	}
	if (sa->review_ms != 0 && now >= sa->review_ms) {
		sa->review_ms = 0;
		if (collide_is_forsaken(sa)) {
			statistics_count(sa->ike, STATISTIC_ike_forsaken);
			ike_sa_delete(sa, "replaced");
			return;
		}
	}
	if (sa->reauth_ms != 0 && now >= sa->reauth_ms) {
		sa->reauth_ms = now + 4 * RETRY_MS;
		if (!joins_younger(sa))
			migrate_reauthenticate(sa);
	}
	if (sa->soft_ms != 0 && now >= sa->soft_ms)
		rekey_ike(sa);
	if (!sa->dead && sa->state == EXCHANGE_established && sa->heir == 0)
		arm_ike(sa);
}

/* Who began and did not go on. Of peers that is told: a firewall may keep port 4500 or large datagrams. */
static void
expire_half_open(struct ike_sa *sa)
{
	if (sa->half_open)
		statistics_count(sa->ike, STATISTIC_half_open_expired);
	if (sa->half_open && sa->handshake && !sa->handshake->failed &&
		(explain_who_is(sa) != EXPLAIN_STRANGER || halfopen_may_explain(sa->ike)))
		explain_failure(sa, 1, false, false, EXPLAIN_no_answer, NULL,
			"IKE_SA_INIT was answered, but IKE_AUTH did not come");
	ike_sa_kill(sa, NULL);
}

void
lifetime_tick(struct ike_sa *sa)
{
	if (sa->heir != 0 && sa->state == EXCHANGE_established) {
		migrate_tick(sa);
	} else if (sa->state == EXCHANGE_rekeyed || sa->redundant) {
		ike_sa_delete(sa, NULL);
	} else if (sa->state == EXCHANGE_established) {
		tick_established(sa);
	} else if (sa->state < EXCHANGE_established) {
		expire_half_open(sa);
	}
}

/* --- CHILD SAs -------------------------------------------------------------------------- */

void
lifetime_plan_child(struct child_sa *pair, const struct child *c)
{
	uint64_t bytes = c->cfg.lifetime_bytes;

	pair->lifetime_s = c->cfg.lifetime_s;
	pair->hard_bytes = bytes;
	/* 85 to 90 %, the responder's 90 to 95 % */
	if (bytes != 0)
		pair->soft_bytes = bytes / 100 * (pair->initiator ? 85 : 90) +
			bytes / 1000 * engine_random(pair->ike, 50);
}

static void
arm_child(struct child_sa *pair)
{
	uint64_t now = now_of(pair->ike), next = pair->hard_ms;

	if (pair->soft_ms != 0 && (next == 0 || pair->soft_ms < next))
		next = pair->soft_ms;
	if (next != 0)
		timer_set(pair->timer, next > now ? next - now : 0);
}

void
lifetime_start_child(struct child_sa *pair)
{
	uint64_t life_ms = (uint64_t)pair->lifetime_s * 1000;

	pair->established_ms = now_of(pair->ike);
	if (life_ms != 0) {
		pair->soft_ms = pair->established_ms + soft_of(pair->ike, life_ms, pair->initiator);
		pair->hard_ms = pair->established_ms + life_ms;
	}
	if (!pair->redundant)
		arm_child(pair);
}

void
lifetime_retry_child(struct child_sa *pair)
{
	if (pair->state != CHILD_SA_ESTABLISHED)
		return;
	pair->soft_ms = now_of(pair->ike) + RETRY_MS + engine_random(pair->ike, RETRY_MS);
	arm_child(pair);
}

void
lifetime_wait_for_delete(struct child_sa *pair)
{
	timer_set(pair->timer, DELETE_MS);
}

void
lifetime_settle(struct child_sa *pair)
{
	timer_set(pair->timer, SETTLE_MS);
}

/* A newer one carries: this one need not live on. */
static bool
is_superseded(const struct child_sa *pair)
{
	const struct child_sa *p = TAILQ_NEXT(pair, pair_link);

	for (; p; p = TAILQ_NEXT(p, pair_link))
		if (p == pair->connection->carries)
			return true;
	return false;
}

static void
rekey_child(struct child_sa *pair)
{
	struct child *c = child_find(pair->ike, pair->child);

	pair->soft_ms = now_of(pair->ike) + 4 * RETRY_MS + engine_random(pair->ike, RETRY_MS);
	if (c && !pair->rekeying)
		request_child(pair->ike_sa, c, pair);
}

void
lifetime_tick_child(struct child_sa *pair)
{
	uint64_t now = now_of(pair->ike);

	if (pair->state == CHILD_SA_REKEYED || pair->redundant) {
		child_sa_delete(pair);
		return;
	}
	if (pair->state != CHILD_SA_ESTABLISHED)
		return;
	if ((pair->hard_ms != 0 && now >= pair->hard_ms) || is_superseded(pair)) {
		child_sa_delete(pair);
		return;
	}
	if (pair->soft_ms != 0 && now >= pair->soft_ms)
		rekey_child(pair);
	if (pair->state == CHILD_SA_ESTABLISHED)
		arm_child(pair);
}

void
lifetime_used(struct child_sa *pair, bool hard)
{
	if (pair->state != CHILD_SA_ESTABLISHED)
		return;
	if (hard || is_superseded(pair)) {
		child_sa_delete(pair);
		return;
	}
	rekey_child(pair);
	if (pair->state == CHILD_SA_ESTABLISHED)
		arm_child(pair);
}
