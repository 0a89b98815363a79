/*
 * Our own requests: which may go when, how often they are sent (RFC 7296 2.1 to 2.4), and who hears of
 * it when nobody answers. Refuses to know what they say: exchange.def names who builds them.
 */
#include "config.h"

#include "daemon/ike/request.h"

#include "daemon/ike/child_sa.h"
#include "daemon/ike/debug.h"
#include "daemon/ike/engine.h"
#include "daemon/ike/fragment.h"
#include "daemon/ike/seal.h"
#include "daemon/ike/x.h"
#include "lib/buf.h"
#include "lib/loop.h"
#include "lib/secret.h"

#include <errno.h>
#include <stdlib.h>

/* 2, 3.6, 6.5, 11.7, 21 (, 38) s: 45 s until a new peer is given up, 83 s for a known one, 12 s for one that need
 * only hear that we go. */
enum { FIRST_MS = 2000, GROWTH_TENTHS = 18, TRIES = 6, TRIES_NEW = 5, TRIES_END = 3 };
enum { GROUPS = 2 }; /* asked for one after another */

static const struct kind {
	const char *name;
	uint8_t exchange;
	int (*build)(struct request *r, struct compose *c);
	void (*answered)(struct request *r, struct exchange *x);
	void (*lost)(struct request *r);
} kinds[REQUEST_N] = {
#define EXCHANGE_REQUEST(id, exchange, build, answered, lost) \
	[REQUEST_##id] = { #id, WIRE_##exchange, build, answered, lost },
#include "daemon/ike/exchange.def"
#undef EXCHANGE_REQUEST
};

static void again(void *arg);

struct request *
request_queue(struct ike_sa *sa, enum request_kind kind)
{
	struct request *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->sa = sa;
	r->kind = kind;
	r->timer = timer_new(sa->ike->loop, again, r);
	if (!r->timer) {
		free(r);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&sa->waiting, r, link);
	return r;
}

void
request_for(struct request *r, struct child *c)
{
	r->child = c;
	c->request = r;
}

int
request_child(struct ike_sa *sa, struct child *c, struct child_sa *pair)
{
	struct request *r = request_queue(sa, pair ? REQUEST_child_rekey : REQUEST_child_new);

	if (!r)
		return -ENOMEM;
	r->pair = pair;
	if (pair)
		pair->rekeying = true;
	else
		request_for(r, c);
	request_pump(sa);
	return 0;
}

int
request_delete_child(struct child_sa *pair)
{
	struct request *r;

	if (request_of(pair->ike_sa, REQUEST_child_delete, pair))
		return 0;
	r = request_queue(pair->ike_sa, REQUEST_child_delete);
	if (!r)
		return -ENOMEM;
	r->pair = pair;
	request_pump(pair->ike_sa);
	return 0;
}

/* How long until it is sent again. A liveness check keeps the time that is configured for it. */
static uint64_t
patience(const struct request *r)
{
	const struct peer *p = r->sa->peer;
	uint64_t ms = FIRST_MS;

	if (r->kind == REQUEST_liveness && p && p->cfg.dpd_interval_s > 0)
		return (uint64_t)p->cfg.dpd_interval_s * 1000;
	for (unsigned int i = 1; i < r->tries; i++)
		ms = ms * GROWTH_TENTHS / 10;
	return ms * 95 / 100 + engine_random(r->sa->ike, (uint32_t)(ms / 10));
}

/* Nothing of it goes on elsewhere, so that it is enough to have told the peer. Where another IKE SA carries on, the
 * peer should hear of it, or it keeps both. */
static bool
ends_for_good(const struct ike_sa *sa)
{
	return sa->reason || !(sa->redundant || sa->replaced_by != 0);
}

static unsigned int
most_tries(const struct request *r)
{
	const struct peer *p = r->sa->peer;

	if (r->kind == REQUEST_init || r->kind == REQUEST_auth)
		return TRIES_NEW;
	if (r->kind == REQUEST_ike_delete && ends_for_good(r->sa))
		return TRIES_END;
	if (r->kind == REQUEST_liveness && p && p->cfg.dpd_retries > 0)
		return p->cfg.dpd_retries + 1;
	return TRIES;
}

static void
transmit(struct request *r)
{
	r->tries++;
	seal_send(r->sa, &r->sa->path.at, &r->datagrams);
	timer_set(r->timer, patience(r));
}

static void
again(void *arg)
{
	struct request *r = arg;

	if (r->kind == REQUEST_liveness)
		r->sa->dpd_lost++;
	if (r->tries >= most_tries(r)) {
		debug_event(r->sa, "%s %u is not answered", kinds[r->kind].name, r->id);
		kinds[r->kind].lost(r);
		return;
	}
	statistics_count(r->sa->ike, STATISTIC_retransmitted);
	transmit(r);
}

void
request_hurry(struct ike_sa *sa)
{
	struct request *r;

	TAILQ_FOREACH (r, &sa->out, link) {
		r->tries = 0;
		transmit(r);
	}
}

/* Whether its turn may have come as far as the SA's other business goes. */
static bool
may_start(const struct request *r)
{
	const struct ike_sa *sa = r->sa;
	bool steady = sa->state == EXCHANGE_established && !sa->theirs;

	switch (r->kind) {
	case REQUEST_init:
	case REQUEST_auth: return false; /* request_start */
	case REQUEST_ike_delete:
		return sa->state == EXCHANGE_established || sa->state == EXCHANGE_rekeyed ||
			sa->state == EXCHANGE_deleting;
	case REQUEST_ike_rekey:
		return steady && TAILQ_EMPTY(&sa->out) && window_n_busy(&sa->window) == 0;
	case REQUEST_child_new:
	case REQUEST_child_rekey:
	case REQUEST_child_delete: return steady && !request_of(r->sa, REQUEST_ike_rekey, NULL);
	default: return steady;
	}
}

/* Whether the peer's window has room: it begins with the oldest that is not answered (RFC 7296 2.3). */
static bool
has_room(const struct ike_sa *sa)
{
	const struct request *oldest = TAILQ_FIRST(&sa->out);

	return !oldest || sa->window.next_id - oldest->id < sa->window.peer_size;
}

void
request_pump(struct ike_sa *sa)
{
	struct request *r, *next;

	for (r = TAILQ_FIRST(&sa->waiting); r && !sa->dead; r = next) {
		next = TAILQ_NEXT(r, link);
		if (!has_room(sa))
			return;
		if (!may_start(r))
			continue;
		request_start(r);
		/* building may have ended what else waited; who may not start is passed by again */
		next = TAILQ_FIRST(&sa->waiting);
	}
}

int
request_start(struct request *r)
{
	const struct kind *k = &kinds[r->kind];
	struct ike_sa *sa = r->sa;
	struct compose c;
	int e;

	compose_inner(&c);
	r->id = sa->window.next_id;
	e = k->build(r, &c);
	if (e == 0 && r->kind != REQUEST_init)
		e = seal_message(sa, k->exchange, false, r->id, &c, &r->datagrams);
	else
		compose_fini(&c);
	if (e != 0) {
		TAILQ_REMOVE(&sa->waiting, r, link);
		request_fail(r);
		return e;
	}
	TAILQ_REMOVE(&sa->waiting, r, link);
	TAILQ_INSERT_TAIL(&sa->out, r, link);
	sa->window.next_id++;
	transmit(r);
	return 0;
}

struct request *
request_find(struct ike_sa *sa, uint32_t id)
{
	struct request *r;

	TAILQ_FOREACH (r, &sa->out, link)
		if (r->id == id)
			return r;
	return NULL;
}

static struct request *
in_list(struct request_list *list, enum request_kind kind, const struct child_sa *pair)
{
	struct request *r;

	TAILQ_FOREACH (r, list, link)
		if (r->kind == kind && (!pair || r->pair == pair))
			return r;
	return NULL;
}

struct request *
request_of(struct ike_sa *sa, enum request_kind kind, const struct child_sa *pair)
{
	struct request *r = in_list(&sa->out, kind, pair);

	return r ? r : in_list(&sa->waiting, kind, pair);
}

void
request_answered(struct request *r)
{
	timer_cancel(r->timer);
	TAILQ_REMOVE(&r->sa->out, r, link);
}

uint8_t
request_exchange(const struct request *r)
{
	return kinds[r->kind].exchange;
}

uint8_t
request_other_group(const struct request *r, const struct proposal_config *config, unsigned int n,
	struct span data)
{
	enum alg_dh group = data.len == 2 ? proposal_dh_find(be16_get(data.p)) : ALG_DH_NONE;

	if (group == ALG_DH_NONE || r->rounds == GROUPS ||
		(r->dh && group == crypt_dh_group(r->dh)) || !proposal_has_dh(config, n, group))
		return ALG_DH_NONE;
	return (uint8_t)group;
}

void
request_answer(struct request *r, struct exchange *x)
{
	kinds[r->kind].answered(r, x);
}

/* It is in no list. */
void
request_free(struct request *r)
{
	struct ike_sa *larval;

	if (r->pair && r->kind == REQUEST_child_rekey)
		r->pair->rekeying = false;
	if (r->child)
		r->child->request = NULL;
	if (r->made)
		child_sa_end(r->made, false);
	larval = r->made_sa ? ike_sa_find(r->sa->ike, r->made_sa) : NULL;
	if (larval)
		ike_sa_kill(larval, NULL);
	crypt_dh_free(r->dh);
	window_fragments_free(r->fragments);
	datagrams_clear(&r->datagrams);
	timer_free(r->timer);
	free(r);
}

void
request_fail(struct request *r)
{
	struct child *c = r->child;

	request_free(r);
	if (c)
		child_failed(c);
}

static void
fail_list(struct request_list *list)
{
	struct request *r;

	while ((r = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, r, link);
		request_fail(r);
	}
}

void
request_fail_all(struct ike_sa *sa)
{
	fail_list(&sa->waiting);
	fail_list(&sa->out);
}

void
request_forget_pair(struct ike_sa *sa, const struct child_sa *pair)
{
	struct request *r, *next;

	for (r = TAILQ_FIRST(&sa->waiting); r; r = next) {
		next = TAILQ_NEXT(r, link);
		if (r->pair != pair)
			continue;
		r->pair = NULL;
		TAILQ_REMOVE(&sa->waiting, r, link);
		request_free(r);
	}
	/* what is out is answered some time: the window needs that */
	TAILQ_FOREACH (r, &sa->out, link)
		if (r->pair == pair)
			r->pair = NULL;
}

void
request_cancel(struct ike_sa *sa, enum request_kind kind)
{
	struct request *r;

	while ((r = in_list(&sa->waiting, kind, NULL))) {
		TAILQ_REMOVE(&sa->waiting, r, link);
		request_free(r);
	}
}

void
request_move(struct ike_sa *from, struct ike_sa *to)
{
	struct request *r, *next;

	for (r = TAILQ_FIRST(&from->waiting); r; r = next) {
		next = TAILQ_NEXT(r, link);
		if (r->kind != REQUEST_child_new && r->kind != REQUEST_child_rekey &&
			r->kind != REQUEST_child_delete)
			continue;
		TAILQ_REMOVE(&from->waiting, r, link);
		r->sa = to;
		TAILQ_INSERT_TAIL(&to->waiting, r, link);
	}
}

void
request_forget_child(struct child *c)
{
	struct request *r = c->request;

	if (!r)
		return;
	r->child = NULL;
	c->request = NULL;
	if (r->tries == 0 && r->kind == REQUEST_child_new) {
		TAILQ_REMOVE(&r->sa->waiting, r, link);
		request_free(r);
	}
}
