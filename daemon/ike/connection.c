/*
 * Connections: what pairs of SAs that follow each other have in common. Whoever makes the pairs, by
 * whichever IKE SA: equal selectors for one child between the same ends are one connection, so that no
 * rekeying, reauthentication or collision changes what the datapath's rules point to.
 */
#include "config.h"

#include "daemon/ike/connection.h"

#include "daemon/ike/child_sa.h"
#include "daemon/ike/engine.h"
#include "daemon/ike/offer.h"
#include "daemon/ike/x.h"
#include "lib/log.h"

#include <errno.h>
#include <stdlib.h>

static int
order(const struct connection *a, const struct connection *b)
{
	if (a->child != b->child)
		return a->child < b->child ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static int
selectors_order(const struct connection *a, const struct connection *b)
{
	if (a->child == b->child && a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return order(a, b);
}

RB_GENERATE_INTERNAL(connection_tree, connection, node, order, static __attribute__((unused)))
RB_GENERATE_INTERNAL(connection_selectors_tree, connection, selectors_node, selectors_order,
	static __attribute__((unused)))

struct connection *
connection_from(struct ike *ike, uint32_t child, uint32_t number)
{
	struct connection key = { .child = child, .number = number };
	struct connection *c = RB_NFIND(connection_tree, &ike->connections, &key);

	return c && c->child == child ? c : NULL;
}

struct connection *
connection_next(struct ike *ike, uint32_t child, struct connection *after)
{
	struct connection *c;

	if (!after)
		return connection_from(ike, child, 0);
	c = RB_NEXT(connection_tree, &ike->connections, after);
	return c && c->child == child ? c : NULL;
}

static bool
same_ends(const struct connection *c, const struct ike_sa *sa)
{
	const struct child_sa *pair;

	TAILQ_FOREACH (pair, &c->pairs, pair_link)
		if (pair->ike_sa && ike_sa_same_ends(pair->ike_sa, sa))
			return true;
	return false;
}

static uint32_t
hash_of(const struct ts_list *local, const struct ts_list *remote)
{
	return 31 * ts_list_hash(local) + ts_list_hash(remote);
}

static struct connection *
find(struct child_sa *pair, const struct ts_list *local, const struct ts_list *remote)
{
	struct connection key = { .child = pair->child, .hash = hash_of(local, remote) };
	struct connection_selectors_tree *t = &pair->ike->by_selectors;
	struct connection *c = RB_NFIND(connection_selectors_tree, t, &key);

	for (; c && c->child == key.child && c->hash == key.hash;
		c = RB_NEXT(connection_selectors_tree, t, c))
		if (ts_list_eq(c->local, local) && ts_list_eq(c->remote, remote) &&
			same_ends(c, pair->ike_sa))
			return c;
	return NULL;
}

static void
connection_free(struct connection *c)
{
	if (!c)
		return;
	free(c->local);
	free(c->remote);
	free(c);
}

/* NULL: memory is short. */
static struct connection *
make(struct child_sa *pair, const struct ts_list *local, const struct ts_list *remote)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (c) {
		c->local = ts_list_dup(local);
		c->remote = ts_list_dup(remote);
	}
	if (!c || !c->local || !c->remote) {
		connection_free(c);
		return NULL;
	}
	c->ike = pair->ike;
	c->child = pair->child;
	c->number = engine_connection(pair->ike);
	c->hash = hash_of(local, remote);
	TAILQ_INIT(&c->pairs);
	RB_INSERT(connection_tree, &pair->ike->connections, c);
	RB_INSERT(connection_selectors_tree, &pair->ike->by_selectors, c);
	return c;
}

int
connection_join(struct child_sa *pair, const struct ts_list *local, const struct ts_list *remote)
{
	struct connection *c = find(pair, local, remote);

	if (!c)
		c = make(pair, local, remote);
	if (!c)
		return -ENOMEM;
	pair->connection = c;
	TAILQ_INSERT_TAIL(&c->pairs, pair, pair_link);
	return 0;
}

static void
end(struct connection *c)
{
	struct msg_ike_connection_del m = { .connection = c->number };

	RB_REMOVE(connection_tree, &c->ike->connections, c);
	RB_REMOVE(connection_selectors_tree, &c->ike->by_selectors, c);
	if (c->told)
		call_order(c->ike, MSG_ike_connection_del, &m);
	connection_free(c);
}

void
connection_leave(struct child_sa *pair)
{
	struct connection *c = pair->connection;
	struct child_sa *p;

	if (!c)
		return;
	pair->connection = NULL;
	TAILQ_REMOVE(&c->pairs, pair, pair_link);
	if (c->carries == pair)
		c->carries = NULL;
	TAILQ_FOREACH (p, &c->pairs, pair_link)
		if (p->state != CHILD_SA_LINGERING)
			return;
	/* what lingers comes back here */
	p = TAILQ_FIRST(&c->pairs);
	if (p)
		child_sa_end(p, false);
	else
		end(c);
}

static void
tell(struct connection *c, const struct ts *local, const struct ts *remote)
{
	struct msg_ike_selector m = { .connection = c->number,
		.child = c->child,
		.protocol = local->protocol,
		.local_low = local->low,
		.local_high = local->high,
		.local_port_low = local->port_low,
		.local_port_high = local->port_high,
		.remote_low = remote->low,
		.remote_high = remote->high,
		.remote_port_low = remote->port_low,
		.remote_port_high = remote->port_high };

	call_tell(c->ike, MSG_ike_selector, &m);
}

void
connection_tell(struct connection *c)
{
	if (c->told)
		return;
	c->told = true;
	for (unsigned int l = 0; l < c->local->n; l++)
		for (unsigned int r = 0; r < c->remote->n; r++) {
			const struct ts *local = &c->local->ts[l], *remote = &c->remote->ts[r];

			if (local->low.af == remote->low.af && local->protocol == remote->protocol)
				tell(c, local, remote);
		}
}

/* What cannot be used carries nothing: better none than one that looks well. */
static void
used(void *arg, enum msg_type type, const void *body, int error, const struct err *why)
{
	struct child_sa *pair = arg;
	struct child *c = child_find(pair->ike, pair->child);

	if (pair->state != CHILD_SA_ESTABLISHED && pair->state != CHILD_SA_REKEYED)
		return;
	if (error == 0 && c)
		child_succeeded(c);
	else if (error != 0)
		x_child_unusable(pair, error, why);
}

void
connection_use(struct child_sa *pair)
{
	struct connection *c = pair->connection;
	struct msg_ike_sa_use m = { .connection = c->number, .sa = pair->sa + 1 };

	if (c->carries == pair)
		return;
	c->carries = pair;
	if (call_daemon(c->ike, &pair->calls, MSG_ike_sa_use, &m, used, pair) != 0)
		log_error("out of memory");
}

struct child_sa *
connection_other(const struct child_sa *pair)
{
	struct child_sa *p;

	if (!pair->connection)
		return NULL;
	TAILQ_FOREACH_REVERSE (p, &pair->connection->pairs, child_sa_pairs, pair_link)
		if (p != pair && p->told_out && !p->redundant &&
			(p->state == CHILD_SA_ESTABLISHED || p->state == CHILD_SA_REKEYED))
			return p;
	return NULL;
}

bool
connection_holds(const struct connection *c, const struct ts *local, const struct ts *remote)
{
	for (unsigned int l = 0; l < c->local->n; l++)
		for (unsigned int r = 0; r < c->remote->n; r++)
			if (c->local->ts[l].protocol == c->remote->ts[r].protocol &&
				ts_subset(local, &c->local->ts[l]) &&
				ts_subset(remote, &c->remote->ts[r]))
				return true;
	return false;
}

bool
connection_covers(const struct connection *c, const struct child *child)
{
	struct ts_list local = { .n = 1 }, remote = { .n = 1 };

	offer_selectors(child, &local.ts[0], &remote.ts[0]);
	return ts_list_subset(&local, c->local) && ts_list_subset(&remote, c->remote);
}
