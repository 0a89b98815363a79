/*
 * Collisions: who wins when both ends create, rekey or close at once. Cases by RFC 7296 2.8.1, 2.8.2, 2.25.1,
 * 2.25.2; those of IKE_SA_INIT, which the RFC leaves open, are settled the same way.
 * Others are referred to by number, so that what has ended is simply not found.
 */
#include "config.h"

#include "daemon/ike/collide.h"

#include "daemon/ike/child_sa.h"
#include "daemon/ike/debug.h"
#include "daemon/ike/engine.h"
#include "daemon/ike/lifetime.h"
#include "daemon/ike/migrate.h"
#include "daemon/ike/x.h"
#include "lib/loop.h"

#include <string.h>

/* Who began before the other's was there may have had to say it several times. */
enum { OVERLAP_MS = 120000, ENDS_MS = 60000 };

/* --- CHILD SAs ------------------------------------------------------------------------ */

void
collide_child_asked(struct child_sa *pair, struct child_sa *old)
{
	struct child *c = child_find(pair->ike, pair->child);
	struct request *r;

	if (old)
		r = request_of(pair->ike_sa, REQUEST_child_rekey, old);
	else
		r = c && c->request && c->request->kind == REQUEST_child_new ? c->request : NULL;
	if (r && r->sa == pair->ike_sa && r->tries > 0)
		r->theirs = pair->sa;
}

/* The pair is rekeyed; who did it deletes it, and if not, we do some time. */
static void
set_rekeyed(struct child_sa *old)
{
	if (old->state != CHILD_SA_ESTABLISHED)
		return;
	old->state = CHILD_SA_REKEYED;
	lifetime_wait_for_delete(old);
}

/* A second pair for what one of ours protects, and nobody's request was out: one of them goes. */
static void
settle_duplicate(struct child_sa *pair)
{
	struct child_sa *p;

	TAILQ_FOREACH (p, &pair->connection->pairs, pair_link)
		if (p != pair && p->ike_sa == pair->ike_sa && p->initiator && !p->redundant &&
			p->state == CHILD_SA_ESTABLISHED && !p->rekeying &&
			memcmp(p->lowest, pair->lowest, sizeof(p->lowest)) < 0) {
			statistics_count(pair->ike, STATISTIC_collision_child);
			p->redundant = true;
			lifetime_settle(p);
		}
}

void
collide_child_given(struct child_sa *pair)
{
	struct child_sa *old = child_sa_find(pair->ike, pair->replaces);
	struct request *r =
		old && old->ike_sa ? request_of(old->ike_sa, REQUEST_child_rekey, old) : NULL;

	if (!old) {
		if (pair->replaces == 0)
			settle_duplicate(pair);
		return;
	}
	if (r && r->tries > 0)
		return; /* ours is out: its answer decides */
	set_rekeyed(old);
}

void
collide_child_failed(struct child_sa *pair)
{
	struct child_sa *old = child_sa_find(pair->ike, pair->replaces);

	if (!old || old->state != CHILD_SA_REKEYED)
		return;
	old->state = CHILD_SA_ESTABLISHED;
	lifetime_retry_child(old);
}

/* What was asked for is there: by another request of ours, as the first was answered late, or because the peer
 * has nothing else for what we ask. Of one that the peer has made it may be this one that stays: by the same
 * rule there (settle_duplicate). */
static bool
is_one_too_many(const struct child_sa *mine, const struct child_sa *theirs)
{
	const struct child_sa *p;

	TAILQ_FOREACH (p, &mine->connection->pairs, pair_link)
		if (p != mine && p != theirs && p->ike_sa == mine->ike_sa && !p->redundant &&
			(p->initiator || memcmp(p->lowest, mine->lowest, sizeof(p->lowest)) >= 0) &&
			(p->state == CHILD_SA_INSTALLING || p->state == CHILD_SA_ESTABLISHED))
			return true;
	return false;
}

/* What the peer has made in the same place while our request was out. It may have asked more than once, and
 * what it asked for last be gone. */
static struct child_sa *
rival(const struct request *r, struct child_sa *mine, const struct child_sa *old)
{
	struct child_sa *p = child_sa_find(r->sa->ike, r->theirs);

	if (p && p->connection == mine->connection && !p->redundant &&
		p->state <= CHILD_SA_ESTABLISHED)
		return p;
	if (old)
		return NULL;
	TAILQ_FOREACH (p, &mine->connection->pairs, pair_link)
		if (p != mine && !p->initiator && p->ike_sa == mine->ike_sa && !p->redundant &&
			p->state == CHILD_SA_ESTABLISHED)
			return p;
	return NULL;
}

void
collide_child_answered(struct request *r, struct child_sa *old)
{
	struct child_sa *mine = r->made;
	struct child_sa *theirs = rival(r, mine, old);

	r->made = NULL;
	mine->replaces = old ? old->sa : 0;
	if (!old && is_one_too_many(mine, theirs)) {
		x_child_drop(mine, NULL);
		return;
	}
	if (!theirs) {
		x_child_take(mine);
		return;
	}
	statistics_count(r->sa->ike, STATISTIC_collision_child);
	if (memcmp(mine->lowest, theirs->lowest, sizeof(mine->lowest)) < 0) {
		debug_event(r->sa, "collision: our new pair %08x goes", mine->spi_in);
		x_child_drop(mine, NULL);
		if (old)
			set_rekeyed(old);
		return;
	}
	debug_event(r->sa, "collision: the peer's new pair %08x goes", theirs->spi_in);
	theirs->redundant = true;
	lifetime_wait_for_delete(theirs);
	x_child_take(mine);
}

bool
collide_child_superseded(struct request *r)
{
	struct child_sa *theirs = child_sa_find(r->sa->ike, r->theirs);

	if (!theirs || theirs->redundant || theirs->state > CHILD_SA_ESTABLISHED)
		return false;
	if (r->pair)
		set_rekeyed(r->pair);
	return true;
}

/* The pair that was made, or is being made, to follow this one: by either end, or by the peer only. */
static struct child_sa *
follower(const struct child_sa *old, bool of_peer)
{
	struct child_sa *p;

	if (!old->ike_sa)
		return NULL;
	TAILQ_FOREACH (p, &old->ike_sa->children, link)
		if (!(of_peer && p->initiator) && p->replaces == old->sa &&
			(p->state == CHILD_SA_INSTALLING || p->state == CHILD_SA_ESTABLISHED))
			return p;
	return NULL;
}

bool
collide_child_is_replaced(const struct child_sa *old)
{
	return follower(old, false) != NULL;
}

void
collide_child_deleted(struct child_sa *pair)
{
	struct child_sa *p = follower(pair, true);

	if (p)
		child_sa_proved(p);
}

/* --- rekeyed IKE SAs ------------------------------------------------------------------- */

static struct ike_sa *
theirs_of(const struct ike_sa *sa)
{
	return sa->theirs ? ike_sa_find(sa->ike, sa->theirs) : NULL;
}

bool
collide_ike_is_rekeying(const struct ike_sa *sa)
{
	const struct request *r;

	TAILQ_FOREACH (r, &sa->out, link)
		if (r->kind == REQUEST_ike_rekey)
			return true;
	return false;
}

static void
take_over(struct ike_sa *old, struct ike_sa *heir)
{
	debug_event(old, "rekeyed: connection %u takes its place", heir->connection);
	statistics_count(old->ike, STATISTIC_ike_rekeyed);
	old->state = EXCHANGE_rekeyed;
	old->theirs = 0;
	old->replaced_by = heir->spi_local;
	heir->origin = 0;
	child_sa_inherit(old, heir);
	path_inherit(old, heir);
	request_cancel(old, REQUEST_ike_rekey);
	lifetime_wait_for_ike_delete(old);
	request_pump(heir);
}

static void
lose(struct ike_sa *sa)
{
	debug_event(sa, "collision: it goes");
	sa->redundant = true;
}

void
collide_ike_given(struct ike_sa *sa, struct ike_sa *made)
{
	if (collide_ike_is_rekeying(sa))
		sa->theirs = made->spi_local;
	else
		take_over(sa, made);
}

void
collide_ike_answered(struct ike_sa *sa, struct ike_sa *made)
{
	struct ike_sa *theirs = theirs_of(sa);
	bool lost = sa->state != EXCHANGE_established;

	if (theirs) {
		statistics_count(sa->ike, STATISTIC_collision_ike);
		lost = memcmp(made->lowest, theirs->lowest, sizeof(made->lowest)) < 0;
	}
	if (lost) {
		lose(made);
		made->origin = 0;
		if (theirs)
			take_over(sa, theirs);
		ike_sa_delete(made, NULL);
		return;
	}
	if (theirs) {
		lose(theirs);
		theirs->origin = 0;
		lifetime_wait_for_ike_delete(theirs);
	}
	take_over(sa, made);
	ike_sa_delete(sa, NULL);
}

bool
collide_ike_superseded(struct ike_sa *sa)
{
	struct ike_sa *theirs = theirs_of(sa);

	if (theirs)
		take_over(sa, theirs);
	return sa->state != EXCHANGE_established;
}

void
collide_ike_adopt(struct ike_sa *sa)
{
	struct ike_sa *origin = sa->origin ? ike_sa_find(sa->ike, sa->origin) : NULL;

	if (origin && origin->theirs == sa->spi_local)
		take_over(origin, sa);
}

void
collide_ike_deleted(struct ike_sa *sa)
{
	struct ike_sa *theirs = theirs_of(sa);

	if (theirs && sa->state == EXCHANGE_established)
		take_over(sa, theirs);
}

/* --- new IKE SAs ------------------------------------------------------------------------ */

static bool
is_up(const struct ike_sa *sa)
{
	return sa->state == EXCHANGE_established || sa->state == EXCHANGE_rekeyed;
}

bool
collide_has_sibling(const struct ike_sa *sa)
{
	struct ike_sa *s = NULL;

	if (sa->remote_id.type != 0) {
		while ((s = ike_sa_of_identity(sa->peer, &sa->remote_id, s)))
			if (s != sa && is_up(s))
				return true;
		return false;
	}
	TAILQ_FOREACH (s, &sa->peer->sas, peer_link)
		if (s != sa && is_up(s))
			return true;
	return false;
}

/* One between the same ends that was begun before sa was there, or NULL. */
static struct ike_sa *
outdated(const struct ike_sa *sa)
{
	struct ike_sa *s = NULL;

	while ((s = ike_sa_of_identity(sa->peer, &sa->remote_id, s)))
		if (s != sa && s->state >= EXCHANGE_established && ike_sa_same_ends(s, sa) &&
			s->established_ms < sa->made_ms)
			return s;
	return NULL;
}

void
collide_initial_contact(struct ike_sa *sa)
{
	struct ike_sa *s;

	while ((s = outdated(sa)))
		ike_sa_kill(s, "initial-contact");
}

static struct ike_sa *
twin(const struct ike_sa *sa)
{
	struct ike_sa *s = NULL;

	while ((s = ike_sa_of_identity(sa->peer, &sa->remote_id, s)))
		if (s != sa && s->spi_local != sa->replaces && s->state == EXCHANGE_established &&
			!s->redundant && s->heir == 0 && s->initiator != sa->initiator &&
			ike_sa_same_ends(s, sa) && s->established_ms + OVERLAP_MS >= sa->made_ms)
			return s;
	return NULL;
}

struct ike_sa *
collide_younger(const struct ike_sa *sa)
{
	struct ike_sa *s = NULL;

	if (!sa->peer)
		return NULL;
	while ((s = ike_sa_of_identity(sa->peer, &sa->remote_id, s)))
		if (s != sa && s->state == EXCHANGE_established && !s->redundant && s->heir == 0 &&
			ike_sa_same_ends(s, sa) && s->established_ms > sa->established_ms)
			return s;
	return NULL;
}

bool
collide_is_forsaken(const struct ike_sa *sa)
{
	const struct child_sa *p;

	TAILQ_FOREACH (p, &sa->children, link)
		if (!p->connection || !p->connection->carries ||
			p->connection->carries->ike_sa == sa)
			return false;
	return collide_younger(sa) != NULL;
}

/* The peer has begun another without saying that it has no other (INITIAL_CONTACT): it reauthenticates, or wants
 * several, or has forgotten those it had. */
static void
review_elder(struct ike_sa *sa)
{
	struct ike_sa *s = NULL, *quietest = NULL;
	unsigned int n = 0;

	while ((s = ike_sa_of_identity(sa->peer, &sa->remote_id, s))) {
		if (s == sa || s->state != EXCHANGE_established || s->initiator || s->redundant ||
			s->heir != 0 || !ike_sa_same_ends(s, sa))
			continue;
		lifetime_review_ike(s);
		n++;
		if (!quietest || s->heard_ms < quietest->heard_ms)
			quietest = s;
	}
	if (n < IKE_SAS_OF_PEER)
		return;
	statistics_count(sa->ike, STATISTIC_ike_of_peer);
	ike_sa_delete(quietest, "too-many");
}

void
collide_established(struct ike_sa *sa)
{
	struct ike_sa *replaced = sa->replaces ? ike_sa_find(sa->ike, sa->replaces) : NULL;
	struct ike_sa *other = twin(sa), *loser = other, *winner = sa;

	if (other) {
		statistics_count(sa->ike, STATISTIC_collision_ike);
		if (memcmp(sa->lowest, other->lowest, sizeof(sa->lowest)) < 0) {
			loser = sa;
			winner = other;
		}
		debug_event(loser, "begun by both ends: connection %u stays", winner->connection);
		if (loser->initiator)
			migrate_start(loser, winner);
		else
			loser->ends_ms = loop_now_ms(sa->ike->loop) + ENDS_MS;
	}
	if (replaced) {
		statistics_count(sa->ike, STATISTIC_ike_reauthenticated);
		migrate_start(replaced, winner);
	}
	if (!sa->initiator && !replaced)
		review_elder(sa);
}
