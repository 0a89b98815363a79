/*
 * What is to be protected, as configured, and the will to have SAs for it: automatic ones are made at
 * once and again whenever they are lost, after 1 s, then 2, 4 … 60 s; others when a packet asks.
 * Refuses to know how SAs are negotiated.
 */
#include "config.h"

#include "daemon/ike/child.h"

#include "daemon/ike/engine.h"
#include "daemon/ike/offer.h"
#include "daemon/ike/request.h"
#include "lib/err.h"
#include "lib/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_MS = 1000, LAST_MS = 60000, LAST_ACQUIRE_MS = 8000, OTHERS_TURN_MS = 2000 };

void
child_free(struct child *c)
{
	if (!c)
		return;
	call_forget(c->ike, &c->calls);
	timer_free(c->retry);
	free(c->proposals);
	free(c);
}

static int
number_order(const struct child *a, const struct child *b)
{
	return a->cfg.child < b->cfg.child ? -1 : a->cfg.child > b->cfg.child;
}

static int
policy_order(const struct child *a, const struct child *b)
{
	if (a->cfg.policy != b->cfg.policy)
		return a->cfg.policy < b->cfg.policy ? -1 : 1;
	return number_order(a, b);
}

static int
peer_order(const struct child *a, const struct child *b)
{
	if (a->cfg.peer != b->cfg.peer)
		return a->cfg.peer < b->cfg.peer ? -1 : 1;
	return number_order(a, b);
}

RB_GENERATE_INTERNAL(child_tree, child, number_node, number_order, static __attribute__((unused)))
RB_GENERATE_INTERNAL(child_peer_tree, child, peer_node, peer_order, static __attribute__((unused)))
RB_GENERATE_INTERNAL(
	child_policy_tree, child, policy_node, policy_order, static __attribute__((unused)))

struct child *
child_find(struct ike *ike, uint32_t id)
{
	struct child key = { .cfg.child = id };

	return RB_FIND(child_tree, &ike->children, &key);
}

struct child *
child_next(struct ike *ike, uint32_t peer, struct child *after)
{
	struct child key = { .cfg.peer = peer };
	struct child *c = after ? RB_NEXT(child_peer_tree, &ike->by_peer, after)
				: RB_NFIND(child_peer_tree, &ike->by_peer, &key);

	return c && c->cfg.peer == peer ? c : NULL;
}

struct child *
child_sibling(const struct child *c)
{
	struct child key = { .cfg.policy = c->cfg.policy };
	struct child *next = RB_NEXT(child_policy_tree, &c->ike->by_policy, (struct child *)c);

	if (next && next->cfg.policy == c->cfg.policy)
		return next;
	return RB_NFIND(child_policy_tree, &c->ike->by_policy, &key);
}

static void
insert(struct child *c)
{
	RB_INSERT(child_tree, &c->ike->children, c);
	RB_INSERT(child_peer_tree, &c->ike->by_peer, c);
	RB_INSERT(child_policy_tree, &c->ike->by_policy, c);
}

static void
remove_child(struct child *c)
{
	RB_REMOVE(child_tree, &c->ike->children, c);
	RB_REMOVE(child_peer_tree, &c->ike->by_peer, c);
	RB_REMOVE(child_policy_tree, &c->ike->by_policy, c);
}

void
child_free_all(struct ike *ike)
{
	struct child *c;

	child_free(ike->staged_child);
	ike->staged_child = NULL;
	while ((c = RB_MIN(child_tree, &ike->children))) {
		remove_child(c);
		child_free(c);
	}
}

static void
retry(void *arg)
{
	child_try(arg);
}

int
child_begin(struct ike *ike, const struct msg_ike_child *m, struct err *e)
{
	struct child *c = calloc(1, sizeof(*c));

	if (!c)
		return err_set(e, -ENOMEM, m->name, "out of memory");
	c->ike = ike;
	c->cfg = *m;
	c->backoff_ms = FIRST_MS;
	LIST_INIT(&c->calls);
	c->retry = timer_new(ike->loop, retry, c);
	if (!c->retry) {
		child_free(c);
		return err_set(e, -ENOMEM, m->name, "out of memory");
	}
	child_free(ike->staged_child);
	ike->staged_child = c;
	return 0;
}

static struct child *
staged(struct ike *ike, uint32_t id, struct err *e)
{
	struct child *c = ike->staged_child;

	if (c && c->cfg.child == id)
		return c;
	err_set(e, -EINVAL, "ike child", "child %u was not begun", id);
	return NULL;
}

int
child_add_proposal(struct ike *ike, const struct msg_ike_child_proposal *m, struct err *e)
{
	struct child *c = staged(ike, m->child, e);
	struct msg_ike_child_proposal *more;

	if (!c)
		return -EINVAL;
	if (c->n_proposals == CHILD_PROPOSALS)
		return err_set(e, -E2BIG, c->cfg.name, "more than %d proposals", CHILD_PROPOSALS);
	more = reallocarray(c->proposals, c->n_proposals + 1, sizeof(*more));
	if (!more)
		return err_set(e, -ENOMEM, c->cfg.name, "out of memory");
	c->proposals = more;
	c->proposals[c->n_proposals++] = *m;
	return 0;
}

static bool
same(const struct child *a, const struct child *b)
{
	return memcmp(&a->cfg, &b->cfg, sizeof(a->cfg)) == 0 && a->n_proposals == b->n_proposals &&
		(a->n_proposals == 0 ||
			memcmp(a->proposals, b->proposals,
				a->n_proposals * sizeof(*a->proposals)) == 0);
}

int
child_commit(struct ike *ike, const struct msg_ike_child_end *m, struct err *e)
{
	struct child *c = staged(ike, m->child, e), *old = child_find(ike, m->child);

	if (!c)
		return -EINVAL;
	ike->staged_child = NULL;
	if (old && same(old, c)) {
		child_free(c);
		return 0;
	}
	if (old) {
		remove_child(old);
		insert(c);
		request_forget_child(old);
		child_sa_child_changed(ike, old, c);
		child_free(old);
	} else {
		insert(c);
	}
	if (c->cfg.automatic)
		timer_set(c->retry, engine_random(ike, FIRST_MS));
	return 0;
}

int
child_delete(struct ike *ike, const struct msg_ike_child_del *m, struct err *e)
{
	struct child *c = child_find(ike, m->child);

	if (!c)
		return err_set(e, -ENOENT, "ike child", "there is no child %u", m->child);
	remove_child(c);
	request_forget_child(c);
	child_sa_child_changed(ike, c, NULL);
	child_free(c);
	return 0;
}

int
child_acquire(struct ike *ike, const struct msg_ike_acquire *m, struct err *e)
{
	struct child *c = child_find(ike, m->child);

	if (!c)
		return err_set(e, -ENOENT, "ike child", "there is no child %u", m->child);
	/* what is asked for already is not changed under way */
	if (!c->request || c->request->tries == 0) {
		c->has_packet = true;
		c->packet = *m;
	}
	/* an automatic one that waits only because it has just begun */
	if (timer_pending(c->retry) && c->backoff_ms == FIRST_MS)
		timer_cancel(c->retry);
	child_try(c);
	return 0;
}

void
child_peer_changed(struct ike *ike, uint32_t peer)
{
	struct child *c = NULL;

	while ((c = child_next(ike, peer, c)))
		if (c->cfg.automatic) {
			c->backoff_ms = FIRST_MS;
			timer_set(c->retry, engine_random(ike, FIRST_MS));
		}
}

static void
no_route(struct child *c, struct peer *p, const struct err *why)
{
	if (p->n_addresses == 0)
		return;
	explain_no_route(c->ike, p, &p->address[p->next_address % p->n_addresses], why);
	child_failed(c);
	if (++p->next_address % p->n_addresses != 0)
		child_hurry(c->ike, p->cfg.peer);
}

/* The daemon says by which address the peer is reached. */
static void
routed(void *arg, enum msg_type type, const void *body, int error, const struct err *why)
{
	struct child *c = arg;
	const struct msg_ike_route *m = body;
	struct peer *p = peer_find(c->ike, c->cfg.peer);

	if (!p || child_sa_serves(c) || c->request)
		return;
	if (error != 0 || type != MSG_ike_route || m->source.af == 0) {
		no_route(c, p, why);
		return;
	}
	/* another child of the peer was faster */
	if (ike_sa_for_child(c, p))
		child_try(c);
	else if (ike_sa_initiate(c, p, &m->source, &m->destination) != 0)
		child_failed(c);
}

static void
initiate(struct child *c, struct peer *p)
{
	struct addr remote = p->address[p->next_address % p->n_addresses];
	struct msg_ike_route_get get = { .destination = remote };

	if (c->cfg.local.af != 0) {
		if (ike_sa_initiate(c, p, &c->cfg.local, &remote) != 0)
			child_failed(c);
		return;
	}
	if (call_daemon(c->ike, &c->calls, MSG_ike_route_get, &get, routed, c) != 0)
		child_failed(c);
}

void
child_try(struct child *c)
{
	struct peer *p = peer_find(c->ike, c->cfg.peer);
	struct ike_sa *sa;

	if ((!c->cfg.automatic && !c->has_packet) || timer_pending(c->retry))
		return;
	if (child_sa_serves(c)) {
		c->has_packet = false;
		return;
	}
	if (!p || !(p->cfg.versions & 2) || !LIST_EMPTY(&c->calls) || c->request)
		return;
	sa = ike_sa_for_child(c, p);
	if (sa && ike_sa_may_request(sa)) {
		if (request_child(sa, c, NULL) != 0)
			child_failed(c);
	} else if (sa) {
		/* the peer is about to make an IKE SA: rather that one than two */
		timer_set(c->retry, OTHERS_TURN_MS + engine_random(c->ike, OTHERS_TURN_MS));
	} else if (p->n_addresses > 0) {
		initiate(c, p);
	}
}

void
child_succeeded(struct child *c)
{
	c->backoff_ms = FIRST_MS;
	c->has_packet = false;
	timer_cancel(c->retry);
}

void
child_failed(struct child *c)
{
	uint32_t most;

	c->form = CHILD_FORM_BOTH;
	/* a part that cannot be had must not keep the others of its rule waiting */
	c->has_packet = false;
	most = c->cfg.automatic && !child_sa_serves(c) ? LAST_MS : LAST_ACQUIRE_MS;
	/* half of it at least, so that two ends do not go in step */
	timer_set(c->retry, c->backoff_ms / 2 + engine_random(c->ike, c->backoff_ms / 2 + 1));
	c->backoff_ms = c->backoff_ms * 2 < most ? c->backoff_ms * 2 : most;
}

bool
child_refused(struct child *c, uint16_t notify)
{
	struct ts local, remote;

	/* in another form it would be the same */
	if (!offer_packet_is_part(c, &local, &remote))
		return false;
	if (notify == NOTIFY_ts_unacceptable && c->form == CHILD_FORM_BOTH)
		c->form = CHILD_FORM_RULE;
	else if (notify == NOTIFY_single_pair_required && c->form != CHILD_FORM_PACKET)
		c->form = CHILD_FORM_PACKET;
	else
		return false;
	return true;
}

void
child_revive(struct child *c)
{
	struct peer *p = peer_find(c->ike, c->cfg.peer);
	struct ike_sa *sa = p ? ike_sa_for_child(c, p) : NULL;

	if (c->request || child_sa_serves(c))
		return;
	if (sa && ike_sa_may_request(sa))
		request_child(sa, c, NULL);
	else
		child_ended(c);
}

void
child_hurry(struct ike *ike, uint32_t peer)
{
	struct child *c = NULL;

	while ((c = child_next(ike, peer, c)))
		if (timer_pending(c->retry))
			timer_set(c->retry, 0);
}

void
child_ended(struct child *c)
{
	if (c->cfg.automatic && !timer_pending(c->retry))
		timer_set(c->retry, engine_random(c->ike, FIRST_MS));
}
