/*
 * Pairs of SAs: how the datapath gets them (inbound first), which of a connection carries, and how they
 * end without losing what is under way. Refuses to know how they were agreed.
 */
#include "config.h"

#include "daemon/ike/child_sa.h"

#include "daemon/ike/debug.h"
#include "daemon/ike/engine.h"
#include "daemon/ike/lifetime.h"
#include "daemon/ike/offer.h"
#include "daemon/ike/suite.h"
#include "lib/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	SPI_MIN = 256,	   /* RFC 4303 2.1 */
	LINGER_MS = 10000, /* what was sent before the end comes by then */
	PROOF_FIRST_MS = 200,
	PROOF_TIMES = 10 /* each twice as late as the one before: some 3 minutes */
};

static int
number_order(const struct child_sa *a, const struct child_sa *b)
{
	return a->sa < b->sa ? -1 : a->sa > b->sa;
}

RB_GENERATE_INTERNAL(child_sa_tree, child_sa, node, number_order, static __attribute__((unused)))

static int
spi_order(const struct child_sa *a, const struct child_sa *b)
{
	return a->spi_in < b->spi_in ? -1 : a->spi_in > b->spi_in;
}

RB_GENERATE_INTERNAL(
	child_sa_spi_tree, child_sa, spi_node, spi_order, static __attribute__((unused)))

struct child_sa *
child_sa_find(struct ike *ike, uint32_t sa)
{
	struct child_sa key = { .sa = sa & ~1U };

	return RB_FIND(child_sa_tree, &ike->pairs, &key);
}

struct child_sa *
child_sa_by_spi(struct ike_sa *sa, uint8_t protocol, uint32_t spi, bool inbound)
{
	struct child_sa *p;

	TAILQ_FOREACH (p, &sa->children, link)
		if (p->protocol == protocol && (inbound ? p->spi_in : p->spi_out) == spi)
			return p;
	return NULL;
}

static void
tick(void *arg)
{
	struct child_sa *pair = arg;

	if (pair->state == CHILD_SA_LINGERING)
		child_sa_end(pair, false);
	else
		lifetime_tick_child(pair);
}

struct child_sa *
child_sa_new(struct ike_sa *sa, struct child *c, bool initiator)
{
	struct ike *ike = sa->ike;
	struct child_sa *pair = calloc(1, sizeof(*pair));

	if (!pair)
		return NULL;
	pair->timer = timer_new(ike->loop, tick, pair);
	if (!pair->timer) {
		free(pair);
		return NULL;
	}
	pair->ike = ike;
	pair->ike_sa = sa;
	pair->child = c->cfg.child;
	pair->mode = c->cfg.mode;
	pair->initiator = initiator;
	LIST_INIT(&pair->calls);
	do {
		crypt_random(ike->crypt, &pair->spi_in, sizeof(pair->spi_in));
	} while (pair->spi_in < SPI_MIN || RB_INSERT(child_sa_spi_tree, &ike->by_spi, pair));
	do {
		ike->last_sa += 2;
		pair->sa = ike->last_sa;
	} while (pair->sa == 0 || RB_INSERT(child_sa_tree, &ike->pairs, pair));
	TAILQ_INSERT_TAIL(&sa->children, pair, link);
	return pair;
}

/* One direction, as the daemon is told. */
static void
describe(const struct child_sa *pair, const struct child *c, bool inbound, struct msg_ike_sa_add *m)
{
	const struct ike_path *at = &pair->ike_sa->path.at;
	const struct keys_child *k = pair->keys;
	struct addr local = at->local.af != 0 ? at->local : c->cfg.local;
	/* keys are named by who sends: the initiator of the exchange or the other */
	bool by_initiator = pair->initiator != inbound;

	memset(m, 0, sizeof(*m));
	m->sa = pair->sa + !inbound;
	m->connection = pair->connection->number;
	m->child = pair->child;
	m->inbound = inbound;
	m->spi = inbound ? pair->spi_in : pair->spi_out;
	m->protocol = pair->protocol;
	m->mode = pair->mode;
	m->source = inbound ? at->remote : local;
	m->destination = inbound ? local : at->remote;
	m->cipher = pair->suite.cipher;
	m->auth = pair->suite.auth;
	m->cipher_key.len = k->cipher_len;
	memcpy(m->cipher_key.data, by_initiator ? k->cipher_i : k->cipher_r, k->cipher_len);
	m->auth_key.len = k->auth_len;
	memcpy(m->auth_key.data, by_initiator ? k->auth_i : k->auth_r, k->auth_len);
	m->esn = pair->suite.esn;
	m->replay_window = c->cfg.replay_window;
	if (path_is_encapsulated(pair->ike_sa)) {
		m->encap_local = PATH_PORT_NATT;
		m->encap_remote = at->remote_port;
		m->may_move = inbound && pair->ike_sa->path.nat_remote;
	}
	if (pair->mode == MSG_SA_TRANSPORT) {
		m->natt_source = inbound ? pair->natt_remote : pair->natt_local;
		m->natt_destination = inbound ? pair->natt_local : pair->natt_remote;
	}
	m->soft_bytes = pair->soft_bytes;
	m->hard_bytes = pair->hard_bytes;
}

static void
fail(struct child_sa *pair, int error, const struct err *why)
{
	pair->installed(pair, error, why);
}

static void
added_out(void *arg, enum msg_type type, const void *body, int error, const struct err *why)
{
	struct child_sa *pair = arg;

	if (error == 0) {
		keys_child_fini(pair->keys);
		free(pair->keys);
		pair->keys = NULL;
	}
	pair->installed(pair, error, why);
}

static void added_in(
	void *arg, enum msg_type type, const void *body, int error, const struct err *why);

static int
add(struct child_sa *pair, bool inbound)
{
	struct child *c = child_find(pair->ike, pair->child);
	struct msg_ike_sa_add m;
	int r;

	if (!c)
		return -ENOENT;
	describe(pair, c, inbound, &m);
	if (inbound)
		pair->told_in = true;
	else
		pair->told_out = true;
	r = call_daemon(
		pair->ike, &pair->calls, MSG_ike_sa_add, &m, inbound ? added_in : added_out, pair);
	record_wipe(&msg_info(MSG_ike_sa_add)->record, &m);
	return r;
}

static void
added_in(void *arg, enum msg_type type, const void *body, int error, const struct err *why)
{
	struct child_sa *pair = arg;

	if (error == 0)
		error = add(pair, false);
	if (error != 0)
		fail(pair, error, why);
}

int
child_sa_install(struct child_sa *pair,
	void (*installed)(struct child_sa *pair, int error, const struct err *why))
{
	struct child *c = child_find(pair->ike, pair->child);

	if (!c)
		return -ENOENT;
	pair->state = CHILD_SA_INSTALLING;
	pair->installed = installed;
	lifetime_plan_child(pair, c);
	connection_tell(pair->connection);
	return add(pair, true);
}

void
child_sa_establish(struct child_sa *pair)
{
	pair->state = CHILD_SA_ESTABLISHED;
	statistics_count(
		pair->ike, pair->initiator ? STATISTIC_child_initiated : STATISTIC_child_responded);
	lifetime_start_child(pair);
}

void
child_sa_proved(struct child_sa *pair)
{
	const struct child_sa *p;

	/* there is nothing to wait for while it is being installed, or when it was the first */
	if (pair->proof)
		timer_cancel(pair->proof);
	if (pair->state != CHILD_SA_ESTABLISHED || !pair->connection || pair->redundant)
		return;
	/* a newer one may carry already */
	for (p = pair; p; p = TAILQ_NEXT(p, pair_link))
		if (p == pair->connection->carries)
			return;
	connection_use(pair);
}

static void proof_again(struct child_sa *pair);

static void
usage(void *arg, enum msg_type type, const void *body, int error, const struct err *why)
{
	struct child_sa *pair = arg;
	const struct msg_ike_usage *u = body;

	if (error == 0 && type == MSG_ike_usage && u->packets > 0)
		child_sa_proved(pair);
	else
		proof_again(pair);
}

static void
proof_look(void *arg)
{
	struct child_sa *pair = arg;
	struct msg_ike_usage_get m = { .sa = pair->sa };

	if (pair->state != CHILD_SA_ESTABLISHED || !pair->connection ||
		pair->connection->carries == pair)
		return;
	if (++pair->proofs > PROOF_TIMES)
		child_sa_proved(pair);
	else if (call_daemon(pair->ike, &pair->calls, MSG_ike_usage_get, &m, usage, pair) != 0)
		proof_again(pair);
}

static void
proof_again(struct child_sa *pair)
{
	timer_set(pair->proof, (uint64_t)PROOF_FIRST_MS << pair->proofs);
}

void
child_sa_await_proof(struct child_sa *pair)
{
	if (!pair->connection->carries) {
		connection_use(pair);
		return;
	}
	pair->proof = timer_new(pair->ike->loop, proof_look, pair);
	if (!pair->proof)
		connection_use(pair);
	else
		proof_again(pair);
}

void
child_sa_asked_again(struct ike_sa *sa, uint32_t request_id)
{
	struct child_sa *p;

	TAILQ_FOREACH (p, &sa->children, link)
		if (!p->initiator && p->request_id == request_id && p->proof &&
			timer_pending(p->proof)) {
			p->proofs = 0;
			proof_again(p);
		}
}

void
child_sa_step_back(struct child_sa *pair)
{
	struct child_sa *other = connection_other(pair);

	if (other && pair->connection->carries == pair)
		connection_use(other);
}

void
child_sa_delete(struct child_sa *pair)
{
	switch (pair->state) {
	case CHILD_SA_LARVAL: return; /* its request is forgotten with its child */
	case CHILD_SA_INSTALLING:
		call_forget(pair->ike, &pair->calls);
		fail(pair, -ECANCELED, NULL);
		return;
	case CHILD_SA_ESTABLISHED:
	case CHILD_SA_REKEYED: break;
	case CHILD_SA_DELETING:
	case CHILD_SA_LINGERING: return;
	}
	pair->state = CHILD_SA_DELETING;
	timer_cancel(pair->timer);
	child_sa_step_back(pair);
	if (request_delete_child(pair) != 0)
		child_sa_end(pair, true);
}

static void
order_del(struct child_sa *pair, uint32_t sa, bool *told)
{
	struct msg_ike_sa_del m = { .sa = sa };

	if (*told)
		call_order(pair->ike, MSG_ike_sa_del, &m);
	*told = false;
}

static void
leave_ike_sa(struct child_sa *pair)
{
	if (!pair->ike_sa)
		return;
	request_forget_pair(pair->ike_sa, pair);
	TAILQ_REMOVE(&pair->ike_sa->children, pair, link);
	pair->ike_sa = NULL;
}

void
child_sa_end(struct child_sa *pair, bool linger)
{
	struct ike *ike = pair->ike;
	struct child *c = child_find(ike, pair->child);
	bool served = pair->state == CHILD_SA_ESTABLISHED || pair->state == CHILD_SA_REKEYED ||
		pair->state == CHILD_SA_DELETING;
	bool agreed = pair->connection != NULL;

	if (pair->dead)
		return;
	call_forget(ike, &pair->calls);
	leave_ike_sa(pair);
	child_sa_step_back(pair);
	order_del(pair, pair->sa + 1, &pair->told_out);
	if (served)
		statistics_count(ike, STATISTIC_child_deleted);
	if (linger && pair->told_in && connection_other(pair)) {
		pair->state = CHILD_SA_LINGERING;
		timer_set(pair->timer, LINGER_MS);
		return;
	}
	pair->dead = true;
	order_del(pair, pair->sa, &pair->told_in);
	RB_REMOVE(child_sa_tree, &ike->pairs, pair);
	RB_REMOVE(child_sa_spi_tree, &ike->by_spi, pair);
	TAILQ_INSERT_TAIL(&ike->dead_pairs, pair, link);
	timer_free(pair->timer);
	timer_free(pair->proof);
	pair->timer = pair->proof = NULL;
	connection_leave(pair);
	engine_reap(ike);
	if (agreed && c)
		child_ended(c);
}

void
child_sa_free_all(struct ike *ike)
{
	struct child_sa *pair;

	while ((pair = RB_MIN(child_sa_tree, &ike->pairs)))
		child_sa_end(pair, false);
	child_sa_reap(ike);
}

void
child_sa_reap(struct ike *ike)
{
	struct child_sa *pair;

	while ((pair = TAILQ_FIRST(&ike->dead_pairs))) {
		TAILQ_REMOVE(&ike->dead_pairs, pair, link);
		if (pair->keys)
			keys_child_fini(pair->keys);
		free(pair->keys);
		crypt_dh_free(pair->dh);
		free(pair);
	}
}

void
child_sa_inherit(struct ike_sa *from, struct ike_sa *to)
{
	struct child_sa *pair;

	while ((pair = TAILQ_FIRST(&from->children))) {
		TAILQ_REMOVE(&from->children, pair, link);
		TAILQ_INSERT_TAIL(&to->children, pair, link);
		pair->ike_sa = to;
	}
	request_move(from, to);
}

void
child_sa_moved(struct ike_sa *sa)
{
	const struct ike_path *at = &sa->path.at;
	bool encapsulated = path_is_encapsulated(sa);
	struct msg_ike_sa_move m = { .local = at->local,
		.remote = at->remote,
		.encap_local = encapsulated ? PATH_PORT_NATT : 0,
		.encap_remote = encapsulated ? at->remote_port : 0 };
	struct child_sa *pair;

	TAILQ_FOREACH (pair, &sa->children, link)
		if (pair->connection && pair->connection->told) {
			m.connection = pair->connection->number;
			call_order(sa->ike, MSG_ike_sa_move, &m);
		}
}

/* With its IKE SA it ends, whether or not the peer hears of it: it keeps nothing new from being made. */
static bool
is_serving(const struct child_sa *p)
{
	return p->ike_sa && p->ike_sa->state != EXCHANGE_deleting &&
		(p->state == CHILD_SA_INSTALLING || p->state == CHILD_SA_ESTABLISHED ||
			p->state == CHILD_SA_REKEYED);
}

static bool
is_carrying(const struct child_sa *p)
{
	return p->state == CHILD_SA_ESTABLISHED && !p->redundant &&
		(p->connection->carries == p || !p->initiator);
}

/* What a child waits for. */
struct wish {
	const struct child *child;
	bool is_packet;
	struct ts local, remote; /* the packet's */
};

/* A peer that allows less than a rule gets a pair for each part that a packet asks for (RFC 7296 2.9). */
static bool
is_for(const struct connection *n, const struct wish *w)
{
	if (w->is_packet)
		return connection_holds(n, &w->local, &w->remote);
	return n->child == w->child->cfg.child || connection_covers(n, w->child);
}

/* A pair of that kind for what the child waits for; sa NULL: by any IKE SA. */
static bool
exists(const struct child *c, const struct ike_sa *sa, bool (*is)(const struct child_sa *p))
{
	const struct child *d = c;
	const struct child_sa *p;
	struct connection *n;
	struct wish w = { .child = c };

	w.is_packet = offer_packet(c, &w.local, &w.remote);
	do {
		n = NULL;
		while ((n = connection_next(c->ike, d->cfg.child, n))) {
			if (!is_for(n, &w))
				continue;
			TAILQ_FOREACH (p, &n->pairs, pair_link)
				if (is(p) && (!sa || p->ike_sa == sa))
					return true;
		}
		d = child_sibling(d);
	} while (d && d != c);
	return false;
}

bool
child_sa_serves(const struct child *c)
{
	return exists(c, NULL, is_serving);
}

bool
child_sa_serves_by(const struct child *c, const struct ike_sa *sa)
{
	return exists(c, sa, is_serving);
}

bool
child_sa_carries_by(const struct child *c, const struct ike_sa *sa)
{
	return exists(c, sa, is_carrying);
}

unsigned int
child_sa_count_by(const struct child *c, const struct ike_sa *sa)
{
	const struct child_sa *p;
	unsigned int n = 0;

	TAILQ_FOREACH (p, &sa->children, link)
		n += p->child == c->cfg.child && is_serving(p);
	return n;
}

/* Whether this configuration would have made it. */
static bool
would_make(const struct child_sa *pair, const struct child *old, const struct child *now)
{
	struct ts_list local = { .n = 1 }, remote = { .n = 1 };

	offer_selectors(now, &local.ts[0], &remote.ts[0]);
	return old->cfg.peer == now->cfg.peer && old->cfg.policy == now->cfg.policy &&
		pair->mode == now->cfg.mode && suite_child_allows(now, &pair->suite) &&
		addr_eq(&old->cfg.local, &now->cfg.local) &&
		old->cfg.lifetime_s == now->cfg.lifetime_s &&
		old->cfg.lifetime_bytes == now->cfg.lifetime_bytes &&
		old->cfg.replay_window == now->cfg.replay_window &&
		ts_list_subset(pair->connection->local, &local) &&
		ts_list_subset(pair->connection->remote, &remote);
}

/* The next pair of a child that a change of its configuration ends. */
static struct child_sa *
outdated(struct connection *c, const struct child *old, const struct child *now)
{
	struct child_sa *p;

	TAILQ_FOREACH (p, &c->pairs, pair_link)
		if (p->state < CHILD_SA_DELETING && (!now || !would_make(p, old, now)))
			return p;
	return NULL;
}

void
child_sa_child_changed(struct ike *ike, struct child *old, struct child *now)
{
	struct connection *c = connection_from(ike, old->cfg.child, 0);
	struct child_sa *pair;
	uint32_t number;

	/* with its last pair a connection ends */
	while (c) {
		number = c->number;
		pair = outdated(c, old, now);
		if (pair)
			child_sa_delete(pair);
		else
			number++;
		c = number > 0 ? connection_from(ike, old->cfg.child, number) : NULL;
	}
}

static bool
is_to_reset(const struct child_sa *p, const struct msg_ike_reset *m)
{
	const struct child *c = child_find(p->ike, p->child);

	return p->state == CHILD_SA_ESTABLISHED &&
		(m->connection == 0 || m->connection == p->connection->number) &&
		(m->remote.af == 0 || addr_eq(&m->remote, &p->ike_sa->path.at.remote)) &&
		(m->name[0] == '\0' || (c && strcmp(m->name, c->cfg.name) == 0));
}

/* Whatever else ends with one of them, the next is found by its number. */
unsigned int
child_sa_reset(struct ike *ike, const struct msg_ike_reset *m)
{
	struct child_sa key = { 0 }, *p;
	unsigned int n = 0;

	while ((p = RB_NFIND(child_sa_tree, &ike->pairs, &key))) {
		key.sa = p->sa + 1;
		if (!is_to_reset(p, m))
			continue;
		child_sa_delete(p);
		n++;
	}
	return n;
}
