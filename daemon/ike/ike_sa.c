/*
 * IKE SAs: the tables they are found in, their birth and their end, and which one serves for what.
 * Refuses to know what messages say: the x_ files do, one exchange each.
 */
#include "config.h"

#include "daemon/ike/ike_sa.h"

#include "daemon/ike/child_sa.h"
#include "daemon/ike/debug.h"
#include "daemon/ike/dpd.h"
#include "daemon/ike/engine.h"
#include "daemon/ike/handshake.h"
#include "daemon/ike/lifetime.h"
#include "daemon/ike/suite.h"
#include "daemon/ike/x.h"
#include "lib/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int
spi_order(const struct ike_sa *a, const struct ike_sa *b)
{
	return a->spi_local < b->spi_local ? -1 : a->spi_local > b->spi_local;
}

static int
identity_order(const struct ike_sa *a, const struct ike_sa *b)
{
	int d = identity_cmp(&a->remote_id, &b->remote_id);

	return d != 0 ? d : a->number < b->number ? -1 : a->number > b->number;
}

RB_GENERATE_INTERNAL(ike_sa_tree, ike_sa, node, spi_order, static __attribute__((unused)))
RB_GENERATE_INTERNAL(
	ike_sa_identity_tree, ike_sa, identity_node, identity_order, static __attribute__((unused)))

uint64_t
ike_sa_spi_i(const struct ike_sa *sa)
{
	return sa->initiator ? sa->spi_local : sa->spi_remote;
}

uint64_t
ike_sa_spi_r(const struct ike_sa *sa)
{
	return sa->initiator ? sa->spi_remote : sa->spi_local;
}

struct ike_sa *
ike_sa_find(struct ike *ike, uint64_t spi_local)
{
	struct ike_sa key = { .spi_local = spi_local };

	return RB_FIND(ike_sa_tree, &ike->sas, &key);
}

struct ike_sa *
ike_sa_of_identity(struct peer *p, const struct identity *remote, struct ike_sa *after)
{
	struct ike_sa key = { .remote_id = *remote };
	struct ike_sa *sa = after ? RB_NEXT(ike_sa_identity_tree, &p->by_identity, after)
				  : RB_NFIND(ike_sa_identity_tree, &p->by_identity, &key);

	return sa && identity_eq(&sa->remote_id, remote) ? sa : NULL;
}

static void
leave_peer(struct ike_sa *sa)
{
	TAILQ_REMOVE(&sa->peer->sas, sa, peer_link);
	if (sa->named)
		RB_REMOVE(ike_sa_identity_tree, &sa->peer->by_identity, sa);
}

void
ike_sa_set_peer(struct ike_sa *sa, struct peer *p)
{
	if (sa->peer)
		leave_peer(sa);
	sa->peer = p;
	if (p)
		TAILQ_INSERT_TAIL(&p->sas, sa, peer_link);
	if (p && sa->named)
		RB_INSERT(ike_sa_identity_tree, &p->by_identity, sa);
}

/* From now on its identity does not change. */
static void
set_named(struct ike_sa *sa)
{
	if (!sa->named && sa->peer)
		RB_INSERT(ike_sa_identity_tree, &sa->peer->by_identity, sa);
	sa->named = true;
}

static void
tick(void *arg)
{
	lifetime_tick(arg);
}

struct ike_sa *
ike_sa_new(struct ike *ike, struct peer *peer, bool initiator)
{
	struct ike_sa *sa = ike->n_sas < IKE_SAS_MOST ? calloc(1, sizeof(*sa)) : NULL;

	if (!sa) {
		statistics_count(ike,
			ike->n_sas < IKE_SAS_MOST ? STATISTIC_no_memory : STATISTIC_ike_of_all);
		return NULL;
	}
	sa->ike = ike;
	sa->initiator = initiator;
	sa->made_ms = loop_now_ms(ike->loop);
	sa->connection = engine_connection(ike);
	sa->number = ++ike->n_made;
	window_init(&sa->window);
	TAILQ_INIT(&sa->waiting);
	TAILQ_INIT(&sa->out);
	TAILQ_INIT(&sa->children);
	LIST_INIT(&sa->calls);
	sa->timer = timer_new(ike->loop, tick, sa);
	if (!sa->timer) {
		statistics_count(ike, STATISTIC_no_memory);
		free(sa);
		return NULL;
	}
	do {
		crypt_random(ike->crypt, &sa->spi_local, sizeof(sa->spi_local));
	} while (sa->spi_local == 0 || RB_INSERT(ike_sa_tree, &ike->sas, sa));
	TAILQ_INSERT_TAIL(&ike->sa_list, sa, link);
	ike->n_sas++;
	ike_sa_set_peer(sa, peer);
	return sa;
}

void
ike_sa_kill(struct ike_sa *sa, const char *reason)
{
	struct ike *ike = sa->ike;
	struct child_sa *pair;

	if (sa->dead)
		return;
	debug_event(sa, "ends: %s", reason ? reason : "-");
	if (reason && (sa->state == EXCHANGE_established || sa->state == EXCHANGE_deleting)) {
		explain_end(sa, sa->reason ? sa->reason : reason);
		statistics_count(ike, STATISTIC_ike_deleted);
	}
	sa->dead = true;
	RB_REMOVE(ike_sa_tree, &ike->sas, sa);
	TAILQ_REMOVE(&ike->sa_list, sa, link);
	ike->n_sas--;
	TAILQ_INSERT_TAIL(&ike->dead, sa, link);
	halfopen_leave(sa);
	call_forget(ike, &sa->calls);
	timer_free(sa->timer);
	timer_free(sa->dpd);
	timer_free(sa->keepalive);
	timer_free(sa->moving);
	sa->timer = sa->dpd = sa->keepalive = sa->moving = NULL;
	while ((pair = TAILQ_FIRST(&sa->children)))
		child_sa_end(pair, sa->state == EXCHANGE_deleting || sa->redundant);
	ike_sa_set_peer(sa, NULL);
	request_fail_all(sa);
	engine_reap(ike);
}

/* By the reaper: nothing refers to it any more. */
void
ike_sa_free(struct ike_sa *sa)
{
	handshake_free(sa->handshake);
	keys_fini(&sa->keys);
	window_fini(&sa->window);
	free(sa);
}

void
ike_sa_delete(struct ike_sa *sa, const char *reason)
{
	struct child_sa *pair;
	struct child *c;

	if (sa->dead || sa->state == EXCHANGE_deleting)
		return;
	if (sa->state != EXCHANGE_established && sa->state != EXCHANGE_rekeyed) {
		ike_sa_kill(sa, reason);
		return;
	}
	sa->state = EXCHANGE_deleting;
	sa->reason = reason;
	timer_cancel(sa->timer);
	TAILQ_FOREACH (pair, &sa->children, link) {
		child_sa_step_back(pair);
		c = child_find(sa->ike, pair->child);
		if (c)
			child_ended(c);
	}
	if (!request_queue(sa, REQUEST_ike_delete)) {
		ike_sa_kill(sa, reason);
		return;
	}
	request_pump(sa);
}

void
ike_sa_free_all(struct ike *ike)
{
	struct ike_sa *sa;

	while ((sa = TAILQ_FIRST(&ike->sa_list)))
		ike_sa_kill(sa, NULL);
	while ((sa = TAILQ_FIRST(&ike->dead))) {
		TAILQ_REMOVE(&ike->dead, sa, link);
		ike_sa_free(sa);
	}
}

void
ike_sa_establish(struct ike_sa *sa)
{
	sa->state = EXCHANGE_established;
	sa->established_ms = sa->heard_ms = loop_now_ms(sa->ike->loop);
	halfopen_prove(sa);
	set_named(sa);
	handshake_free(sa->handshake);
	sa->handshake = NULL;
	debug_event(sa, "established");
	statistics_count(
		sa->ike, sa->initiator ? STATISTIC_ike_initiated : STATISTIC_ike_responded);
	lifetime_start_ike(sa);
	dpd_start(sa);
	path_keep(sa);
}

int
ike_sa_initiate(
	struct child *c, struct peer *p, const struct addr *local, const struct addr *remote)
{
	struct ike_sa *sa = ike_sa_new(c->ike, p, true);
	int r;

	if (!sa)
		return -ENOMEM;
	sa->path.at = (struct ike_path){ .local = *local,
		.remote = *remote,
		.local_port = PATH_PORT,
		.remote_port = PATH_PORT };
	r = request_child(sa, c, NULL);
	if (r == 0)
		r = x_init_start(sa);
	if (r != 0) {
		request_forget_child(c);
		ike_sa_kill(sa, NULL);
	}
	return r;
}

bool
ike_sa_may_request(const struct ike_sa *sa)
{
	return sa->state == EXCHANGE_established ||
		(sa->initiator && sa->state < EXCHANGE_established);
}

/* It will take the place of another, whose fate it shares until then. */
static bool
is_larval(const struct ike_sa *sa)
{
	return sa->origin != 0 && sa->state < EXCHANGE_established;
}

/* How well it serves for new children: 0 not at all. */
static int
rank(const struct ike_sa *sa, const struct child *c)
{
	const struct addr *local = &sa->path.at.local;

	if (c->cfg.local.af != 0 && local->af != 0 && !addr_eq(&c->cfg.local, local))
		return 0;
	if (sa->redundant || sa->heir || is_larval(sa) ||
		sa->ends_ms > loop_now_ms(sa->ike->loop) || sa->state > EXCHANGE_established)
		return 0;
	if (sa->state == EXCHANGE_established)
		return 3;
	return sa->initiator ? 2 : 1;
}

struct ike_sa *
ike_sa_for_child(const struct child *c, const struct peer *p)
{
	struct ike_sa *sa, *best = NULL;
	int best_rank = 0, r;

	TAILQ_FOREACH (sa, &p->sas, peer_link) {
		r = rank(sa, c);
		if (r > 0 && r >= best_rank) {
			best_rank = r;
			best = sa;
		}
	}
	return best;
}

bool
ike_sa_same_ends(const struct ike_sa *a, const struct ike_sa *b)
{
	return a->peer == b->peer && identity_eq(&a->local_id, &b->local_id) &&
		identity_eq(&a->remote_id, &b->remote_id);
}

/* Whether this configuration would have made it. */
static bool
would_make(const struct ike_sa *sa, const struct peer *old, const struct peer *now)
{
	struct identity local;
	bool known = peer_may_be_at(now, &sa->path.at.remote) || sa->path.nat_remote;

	return (now->cfg.versions & 2) && known && peer_same_secret(old, now) &&
		peer_accepts_id(now, &sa->remote_id) &&
		peer_local_id(sa->ike, now, &sa->path.at.local, &local) == 0 &&
		identity_eq(&local, &sa->local_id) && suite_ike_allows(sa->ike, now, &sa->suite);
}

void
ike_sa_peer_changed(struct ike *ike, struct peer *old, struct peer *now)
{
	struct ike_sa *sa;
	bool keep;

	while ((sa = TAILQ_FIRST(&old->sas))) {
		keep = is_larval(sa) ||
			(now && sa->state >= EXCHANGE_established && would_make(sa, old, now));
		if (now && !sa->dead)
			ike_sa_set_peer(sa, now);
		if (!keep && !sa->dead)
			ike_sa_delete(sa, "config-change");
		if (!now && sa->peer == old)
			ike_sa_set_peer(sa, NULL);
	}
}

static bool
is_to_reset(const struct ike_sa *sa, const struct msg_ike_reset *m)
{
	return sa->state != EXCHANGE_deleting && !is_larval(sa) &&
		(m->connection == 0 || m->connection == sa->connection) &&
		(m->remote.af == 0 || addr_eq(&m->remote, &sa->path.at.remote));
}

/* What dies is there until the reaper comes, but not in this list any more. */
unsigned int
ike_sa_reset(struct ike *ike, const struct msg_ike_reset *m)
{
	struct ike_sa *sa = TAILQ_FIRST(&ike->sa_list), *next;
	unsigned int n = 0;

	for (; sa; sa = next && next->dead ? TAILQ_FIRST(&ike->sa_list) : next) {
		next = TAILQ_NEXT(sa, link);
		if (!is_to_reset(sa, m))
			continue;
		ike_sa_delete(sa, "manual-reset");
		n++;
	}
	return n;
}
