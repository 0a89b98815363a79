/*
 * Negotiated SAs, see negotiated.h: what is wanted, what the speaker says, and what happens when either of
 * the two processes dies. What follows for the datapath is conngroup.c's. Refuses to know how SAs are
 * negotiated.
 */
#include "config.h"

#include "daemon/negotiated.h"

#include "daemon/childlink.h"
#include "daemon/conngroup.h"
#include "daemon/daemon.h"
#include "daemon/reconcile.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/loop.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { MS = 1000, LIFETIME_S = 3600 };

static bool
sa_tell(const struct negotiated *n, const struct sa *s, struct negotiated_sa *out)
{
	if (s == NULL)
		return false;
	out->speaker = s->epoch == n->epoch ? s->id : 0;
	out->datapath = s->m.sa;
	out->sa = &s->m;
	return true;
}

bool
negotiated_by_speaker(const struct negotiated *n, uint32_t sa, struct negotiated_sa *out)
{
	return sa_tell(n, conntable_sa(n, sa), out);
}

bool
negotiated_by_datapath(const struct negotiated *n, uint32_t sa, struct negotiated_sa *out)
{
	return sa_tell(n, sa > 0 && sa <= SASTATE_SLOTS ? n->by_slot[sa - 1] : NULL, out);
}

uint32_t
negotiated_epoch(const struct negotiated *n)
{
	return n->epoch;
}

/* --- children ------------------------------------------------------------------------------- */

/* What was negotiated goes on under what is wanted now. */
static void
child_take(struct daemon *d, struct child *c, const struct want_group *w, uint32_t port)
{
	bool same = c->port == port && c->mtu == w->mtu && c->df == w->df &&
		c->fragment_before == w->fragment_before;
	const struct child *sibling;
	struct conn *conn;

	c->wanted = *w->child;
	c->mtu = w->mtu;
	c->df = w->df;
	c->fragment_before = w->fragment_before;
	c->whole = w->whole;
	c->port = port;
	strlcpy(c->device, w->device, sizeof(c->device));
	LIST_FOREACH (sibling, &c->policy->children, sibling)
		LIST_FOREACH (conn, &sibling->conns, of_child)
			conngroup_widen(conn, c);
	LIST_FOREACH (conn, &c->conns, of_child) {
		conngroup_settle(d, conn);
		if (!same || !c->told)
			conngroup_sas_send(d, conn);
		if (!c->told)
			conngroup_send(d, conn);
	}
}

int
negotiated_child(
	struct daemon *d, const struct want *w, uint32_t id, uint32_t policy, uint32_t port)
{
	struct child *c = conntable_child_make(d->negotiated, id, policy, w->key);
	struct msg_dp_group m;
	int rc;

	if (!childlink_is_up(d->dplink))
		c->told = false;
	child_take(d, c, &w->group, port);
	if (!LIST_EMPTY(&c->conns) || c->policy->n_wide > 0)
		(void)conngroup_narrow(c->policy); /* the SPD's turn comes after the groups' */
	if (!childlink_is_up(d->dplink))
		return -ENOTCONN;
	m = conngroup_of(c);
	rc = childlink_step(d->dplink, MSG_dp_group, &m, -1, w->kind, w->key);
	conngroup_refresh_siblings(d, c->policy);
	return rc;
}

static void
child_remove(struct daemon *d, struct child *c)
{
	struct msg_dp_group_del m = { .group = c->id };
	bool alone = LIST_FIRST(&c->policy->children) == c && LIST_NEXT(c, sibling) == NULL;
	struct policy *p = c->policy;

	while (!LIST_EMPTY(&c->conns))
		conngroup_remove(d, LIST_FIRST(&c->conns), 0);
	conngroup_tell(d, MSG_dp_group_del, &m, 0);
	conntable_child_free(d->negotiated, c);
	if (!alone)
		conngroup_refresh_siblings(d, p);
}

void
negotiated_child_gone(struct daemon *d, uint32_t id)
{
	struct child *c = conntable_child(d->negotiated, id);

	if (c != NULL)
		child_remove(d, c);
}

/* --- what the speaker says ------------------------------------------------------------------ */

/* --- what the speaker says ------------------------------------------------------------------ */

static int
sa_check(const struct msg_ike_sa_add *m, struct err *e)
{
	if (m->source.af == 0 || m->source.af != m->destination.af)
		return err_set(e, -EINVAL, "SA", "Its ends are of two families.");
	if (m->protocol != IPPROTO_ESP && m->protocol != IPPROTO_AH)
		return err_set(e, -EINVAL, "SA", "It is neither ESP nor AH.");
	return 0;
}

static int
on_sa_add(struct daemon *d, uint32_t request, const void *body, struct err *e)
{
	const struct msg_ike_sa_add *m = body;
	struct negotiated *n = d->negotiated;
	struct child *child = conntable_child(n, m->child);
	struct conn *c;
	struct sa *s;
	int rc = sa_check(m, e);

	if (rc != 0)
		return rc;
	if (child == NULL)
		return err_set(e, -ENOENT, "SA", "What it protects is not wanted any more.");
	if (m->sa == 0 || conntable_sa(n, m->sa) != NULL)
		return err_set(e, -EEXIST, "SA", "There is one with this identity.");
	c = conntable_conn_make(n, m->connection, child);
	if (c == NULL)
		return err_set(e, -ENOSPC, "SA",
			"There are too many connections, or it is another child's.");
	conngroup_settle(d, c);
	s = conntable_sa_make(n, c, m, e);
	if (s == NULL)
		return -ENOSPC;
	s->request = request;
	conngroup_sa_send(d, s);
	return 0;
}

static int
on_selector(struct daemon *d, uint32_t request, const void *body, struct err *e)
{
	const struct msg_ike_selector *m = body;
	struct child *child = conntable_child(d->negotiated, m->child);
	struct conn *c =
		child != NULL ? conntable_conn_make(d->negotiated, m->connection, child) : NULL;
	struct msg_ike_selector *more;

	if (c == NULL)
		return 0;
	c->overflow |= c->n_pairs == MSG_IKE_SELECTORS_MOST;
	if (c->overflow)
		return 0;
	more = reallocarray(c->pairs, c->n_pairs + 1, sizeof(*more));
	if (more == NULL)
		abort();
	c->pairs = more;
	c->pairs[c->n_pairs++] = *m;
	if (!LIST_EMPTY(&c->sas))
		conngroup_settle(d, c);
	return 0;
}

/* A new speaker's SAs take the place of those that its predecessor has left for the same child. */
static void
orphans_remove(struct daemon *d, struct child *c)
{
	struct conn *conn, *next;

	if (d->negotiated->n_orphans == 0)
		return;
	LIST_FOREACH_SAFE (conn, &c->conns, of_child, next)
		if (conn->epoch != d->negotiated->epoch)
			conngroup_remove(d, conn, 0);
}

static int
on_sa_use(struct daemon *d, uint32_t request, const void *body, struct err *e)
{
	const struct msg_ike_sa_use *m = body;
	struct negotiated *n = d->negotiated;
	struct conn *c = conntable_conn(n, m->connection);
	struct sa *s = conntable_sa(n, m->sa);
	struct msg_dp_group group;

	if (c == NULL || s == NULL || s->conn != c || s->m.inbound)
		return err_set(e, -ENOENT, "SA", "There is no such outbound SA.");
	if (c->overflow)
		return err_set(e, -E2BIG, "SA", "It has more than %d traffic selectors.",
			MSG_IKE_SELECTORS_MOST);
	if (c->child->whole && !conngroup_covers(c, c->child))
		return err_set(e, -EINVAL, c->child->wanted.name,
			"The traffic selectors do not hold all packets of the tunnel.");
	c->used = s;
	c->used_at = ++n->serial;
	conngroup_send(d, c);
	conngroup_refresh(d, c);
	orphans_remove(d, c->child);
	/* once more, for its answer: the last of all that was told */
	group = conngroup_of(c->child);
	conngroup_tell(d, MSG_dp_group, &group, request);
	return 0;
}

static int
on_sa_del(struct daemon *d, uint32_t request, const void *body, struct err *e)
{
	struct sa *s = conntable_sa(d->negotiated, ((const struct msg_ike_sa_del *)body)->sa);
	struct conn *c;
	bool used;

	if (s == NULL) {
		conngroup_answer(d, request, 0, NULL);
		return 0;
	}
	c = s->conn;
	used = c->used == s;
	conngroup_sa_remove(d, s, request);
	if (used) {
		conngroup_send(d, c);
		conngroup_refresh(d, c);
	}
	return 0;
}

static int
on_connection_del(struct daemon *d, uint32_t request, const void *body, struct err *e)
{
	const struct msg_ike_connection_del *m = body;
	struct conn *c = conntable_conn(d->negotiated, m->connection);
	struct child *child;
	bool wide;

	if (c == NULL) {
		conngroup_answer(d, request, 0, NULL);
		return 0;
	}
	child = c->child;
	wide = c->wide;
	conngroup_remove(d, c, request);
	if (wide)
		conngroup_refresh_policy(d, child->policy);
	else
		conngroup_refresh_alone(d, child, false);
	return 0;
}

static int
on_sa_move(struct daemon *d, uint32_t request, const void *body, struct err *e)
{
	const struct msg_ike_sa_move *m = body;
	struct conn *c = conntable_conn(d->negotiated, m->connection);
	struct sa *s;

	if (c == NULL)
		return err_set(e, -ENOENT, "SA", "There is no such connection.");
	if (m->local.af == 0 || m->local.af != m->remote.af)
		return err_set(e, -EINVAL, "SA", "Its ends are of two families.");
	LIST_FOREACH (s, &c->sas, of_conn) {
		s->m.source = s->m.inbound ? m->remote : m->local;
		s->m.destination = s->m.inbound ? m->local : m->remote;
		s->m.encap_local = m->encap_local;
		s->m.encap_remote = m->encap_remote;
		conngroup_sa_send(d, s);
	}
	conngroup_answer(d, request, 0, NULL);
	return 0;
}

bool
negotiated_heard(struct daemon *d, enum msg_type type, uint32_t request, const void *body)
{
	static const struct {
		enum msg_type type;
		int (*heard)(struct daemon *d, uint32_t request, const void *body, struct err *e);
	} handlers[] = {
		{ MSG_ike_sa_add, on_sa_add },
		{ MSG_ike_selector, on_selector },
		{ MSG_ike_sa_use, on_sa_use },
		{ MSG_ike_sa_del, on_sa_del },
		{ MSG_ike_connection_del, on_connection_del },
		{ MSG_ike_sa_move, on_sa_move },
	};
	struct err e = { 0 };

	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		int rc;

		if (handlers[i].type != type)
			continue;
		rc = handlers[i].heard(d, request, body, &e);
		if (rc != 0) {
			log_warn("IKE: %s: %s", e.object, e.text);
			conngroup_answer(d, request, rc, &e);
		}
		return true;
	}
	return false;
}

/* --- ends ------------------------------------------------------------------------------------- */

/* --- ends ------------------------------------------------------------------------------------- */

void
negotiated_datapath_gone(struct daemon *d)
{
	struct negotiated *n = d->negotiated;
	struct child *c, *next;

	for (c = conntable_next_child(n, NULL); c != NULL; c = next) {
		next = conntable_next_child(n, c);
		c->told = false;
		if (d->reconcile != NULL && !reconcile_wants(d->reconcile, WANT_GROUP, c->key))
			conntable_child_free(n, c);
	}
}

static void
expiry_set(struct negotiated *n)
{
	uint64_t now = loop_now_ms(n->daemon->loop), least = UINT64_MAX;
	struct conn *c;

	for (c = conntable_next(n, NULL); c != NULL; c = conntable_next(n, c))
		if (c->epoch != n->epoch && c->until_ms < least)
			least = c->until_ms;
	if (least != UINT64_MAX)
		timer_set(n->expiry, least > now ? least - now : 0);
}

static void
on_expiry(void *arg)
{
	struct negotiated *n = arg;
	uint64_t now = loop_now_ms(n->daemon->loop);
	struct conn *c, *next;

	for (c = conntable_next(n, NULL); c != NULL; c = next) {
		struct policy *p = c->child->policy;

		next = conntable_next(n, c);
		if (c->epoch == n->epoch || c->until_ms > now)
			continue;
		conngroup_remove(n->daemon, c, 0);
		conngroup_refresh_policy(n->daemon, p);
	}
	expiry_set(n);
}

void
negotiated_speaker_gone(struct daemon *d)
{
	struct negotiated *n = d->negotiated;
	uint64_t now = loop_now_ms(d->loop);
	struct conn *c, *next;
	struct sa *s;

	for (c = conntable_next(n, NULL); c != NULL; c = next) {
		uint64_t lifetime = c->child->wanted.lifetime_s;

		next = conntable_next(n, c);
		if (c->epoch != n->epoch)
			continue;
		LIST_FOREACH (s, &c->sas, of_conn)
			s->request = 0;
		if (c->used == NULL) {
			conngroup_remove(d, c, 0);
			continue;
		}
		c->until_ms = now + (lifetime != 0 ? lifetime : LIFETIME_S) * MS;
	}
	n->epoch++;
	n->n_orphans = n->n_conns;
	expiry_set(n);
}

struct negotiated *
negotiated_new(struct daemon *d)
{
	struct negotiated *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->daemon = d;
	n->epoch = 1;
	n->expiry = timer_new(d->loop, on_expiry, n);
	return n;
}

void
negotiated_free(struct negotiated *n)
{
	if (n == NULL)
		return;
	while (!RB_EMPTY(&n->children))
		conntable_child_free(n, RB_ROOT(&n->children));
	timer_free(n->expiry);
	free(n);
}
