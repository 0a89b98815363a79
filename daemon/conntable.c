/*
 * Policies, children, connections and SAs as negotiated.c keeps them, see conntable.h. Keys are wiped when
 * their SA goes. Refuses to know what the datapath has been told.
 */
#include "config.h"

#include "daemon/conntable.h"

#include "daemon/daemon.h"
#include "daemon/tree.h"
#include "lib/err.h"
#include "lib/loop.h"
#include "lib/secret.h"

#include <stdlib.h>
#include <string.h>

static int
policy_cmp(struct policy *a, struct policy *b)
{
	return (a->number > b->number) - (a->number < b->number);
}

static int
child_cmp(struct child *a, struct child *b)
{
	return (a->id > b->id) - (a->id < b->id);
}

static int
pair_cmp(uint32_t a1, uint32_t a2, uint32_t b1, uint32_t b2)
{
	return a1 != b1 ? (a1 > b1) - (a1 < b1) : (a2 > b2) - (a2 < b2);
}

static int
conn_cmp(struct conn *a, struct conn *b)
{
	return pair_cmp(a->epoch, a->id, b->epoch, b->id);
}

static int
sa_cmp(struct sa *a, struct sa *b)
{
	return pair_cmp(a->epoch, a->id, b->epoch, b->id);
}

TREE_STATIC(policy_tree, policy, entry, policy_cmp)
TREE_STATIC(child_tree, child, entry, child_cmp)
TREE_STATIC(conn_tree, conn, entry, conn_cmp)
TREE_STATIC(sa_tree, sa, entry, sa_cmp)

/* --- finding ---------------------------------------------------------------------------- */

struct child *
conntable_child(const struct negotiated *n, uint32_t id)
{
	struct child probe = { .id = id };

	return RB_FIND(child_tree, (struct child_tree *)(uintptr_t)&n->children, &probe);
}

struct conn *
conntable_conn(struct negotiated *n, uint32_t id)
{
	struct conn probe = { .epoch = n->epoch, .id = id };

	return RB_FIND(conn_tree, &n->conns, &probe);
}

struct sa *
conntable_sa(const struct negotiated *n, uint32_t id)
{
	struct sa probe = { .epoch = n->epoch, .id = id };

	return RB_FIND(sa_tree, (struct sa_tree *)(uintptr_t)&n->sas, &probe);
}

/* --- children ------------------------------------------------------------------------------- */

static struct policy *
policy_make(struct negotiated *n, uint32_t number)
{
	struct policy probe = { .number = number }, *p;

	p = RB_FIND(policy_tree, &n->policies, &probe);
	if (p != NULL)
		return p;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		abort();
	p->number = number;
	p->daemon = n->daemon;
	LIST_INIT(&p->children);
	RB_INSERT(policy_tree, &n->policies, p);
	return p;
}

struct child *
conntable_child_make(struct negotiated *n, uint32_t id, uint32_t policy, const char *key)
{
	struct child *c = conntable_child(n, id);

	if (c != NULL)
		return c;
	c = calloc(1, sizeof(*c));
	if (c == NULL || (c->key = strdup(key)) == NULL)
		abort();
	c->id = id;
	c->policy = policy_make(n, policy);
	LIST_INIT(&c->conns);
	LIST_INSERT_HEAD(&c->policy->children, c, sibling);
	RB_INSERT(child_tree, &n->children, c);
	return c;
}

/* The slot is the caller's to put. */
void
conntable_sa_free(struct negotiated *n, struct sa *s)
{
	if (s->conn->used == s)
		s->conn->used = NULL;
	n->by_slot[s->m.slot] = NULL;
	RB_REMOVE(sa_tree, &n->sas, s);
	LIST_REMOVE(s, of_conn);
	secret_wipe(s, sizeof(*s));
	free(s);
}

void
conntable_conn_free(struct negotiated *n, struct conn *c)
{
	struct sa *s;

	while ((s = LIST_FIRST(&c->sas)) != NULL) {
		sastate_put(n->daemon->sastate, s->m.slot);
		conntable_sa_free(n, s);
	}
	RB_REMOVE(conn_tree, &n->conns, c);
	LIST_REMOVE(c, of_child);
	c->child->policy->n_wide -= c->wide;
	c->child->policy->n_narrow -= c->narrow;
	c->child->policy->stale |= c->narrow;
	c->child->n_whole -= c->group == c->child->id;
	n->n_orphans -= c->epoch != n->epoch;
	n->n_conns--;
	free(c->pairs);
	free(c);
}

void
conntable_child_free(struct negotiated *n, struct child *c)
{
	struct policy *p = c->policy;

	while (!LIST_EMPTY(&c->conns))
		conntable_conn_free(n, LIST_FIRST(&c->conns));
	RB_REMOVE(child_tree, &n->children, c);
	LIST_REMOVE(c, sibling);
	if (LIST_EMPTY(&p->children)) {
		RB_REMOVE(policy_tree, &n->policies, p);
		timer_free(p->spd);
		free(p);
	}
	free(c->key);
	free(c);
}

struct conn *
conntable_conn_make(struct negotiated *n, uint32_t id, struct child *child)
{
	struct conn *c = conntable_conn(n, id);

	if (c != NULL)
		return c->child == child ? c : NULL;
	if (n->n_conns >= SASTATE_SLOTS)
		return NULL;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->epoch = n->epoch;
	c->id = id;
	c->child = child;
	LIST_INIT(&c->sas);
	LIST_INSERT_HEAD(&child->conns, c, of_child);
	RB_INSERT(conn_tree, &n->conns, c);
	n->n_conns++;
	return c;
}

static void
sa_fill(struct sa *s, const struct msg_ike_sa_add *m, const char *policy)
{
	s->m.inbound = m->inbound;
	s->m.spi = m->spi;
	s->m.protocol = m->protocol;
	s->m.mode = m->mode;
	s->m.source = m->source;
	s->m.destination = m->destination;
	s->m.cipher = m->cipher;
	s->m.auth = m->auth;
	memcpy(&s->m.cipher_key, &m->cipher_key, sizeof(s->m.cipher_key));
	memcpy(&s->m.auth_key, &m->auth_key, sizeof(s->m.auth_key));
	s->m.esn = m->esn;
	s->m.replay_window = m->inbound ? m->replay_window : 0;
	s->m.seq_limit = m->inbound ? 0 : m->esn ? UINT64_MAX : UINT32_MAX;
	s->m.encap_local = m->encap_local;
	s->m.encap_remote = m->encap_remote;
	s->m.natt_source = m->natt_source;
	s->m.natt_destination = m->natt_destination;
	s->m.may_move = m->may_move;
	s->m.soft_bytes = m->soft_bytes;
	s->m.hard_bytes = m->hard_bytes;
	strlcpy(s->m.policy, policy, sizeof(s->m.policy));
}

struct sa *
conntable_sa_make(
	struct negotiated *n, struct conn *c, const struct msg_ike_sa_add *m, struct err *e)
{
	struct sa *s = calloc(1, sizeof(*s));
	uint32_t slot;

	if (s == NULL || sastate_lend(n->daemon->sastate, &slot, e) != 0) {
		free(s);
		return NULL;
	}
	sa_fill(s, m, c->child->wanted.name);
	s->epoch = n->epoch;
	s->id = m->sa;
	s->conn = c;
	s->serial = ++n->serial;
	s->m.slot = slot;
	s->m.sa = slot + 1;
	n->by_slot[slot] = s;
	RB_INSERT(sa_tree, &n->sas, s);
	LIST_INSERT_HEAD(&c->sas, s, of_conn);
	return s;
}

struct conn *
conntable_next(struct negotiated *n, struct conn *c)
{
	return c == NULL ? RB_MIN(conn_tree, &n->conns) : RB_NEXT(conn_tree, &n->conns, c);
}

struct child *
conntable_next_child(struct negotiated *n, struct child *c)
{
	return c == NULL ? RB_MIN(child_tree, &n->children) : RB_NEXT(child_tree, &n->children, c);
}
