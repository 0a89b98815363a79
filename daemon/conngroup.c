/*
 * From connections to groups: a connection serves the group of its child when its selectors hold all of it;
 * else it has a group of its own, and rules in front (RFC 7296 2.9). Other children of the policy that it
 * holds are served as well. Refuses to know how SAs are negotiated.
 */
#include "config.h"

#include "daemon/conngroup.h"

#include "daemon/childlink.h"
#include "daemon/daemon.h"
#include "daemon/narrow.h"
#include "daemon/reconcile.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { RULES_PER_MS = 10, RULES_OF_CONN = 512 };
#define OWN_GROUPS 0xc0000000u /* of connections; children have theirs below */

/* --- answers ------------------------------------------------------------------------------ */

/* --- what the speaker is answered --------------------------------------------------------- */

void
conngroup_answer(struct daemon *d, uint32_t request, int rc, const struct err *e)
{
	static const struct msg_done done;
	struct msg_error m = { .code = (uint32_t)-rc };

	if (request == 0)
		return;
	if (rc == 0) {
		childlink_tell(d->ikelink, MSG_done, request, &done);
		return;
	}
	strlcpy(m.object, e->object, sizeof(m.object));
	strlcpy(m.text, e->text[0] != '\0' ? e->text : strerror(-rc), sizeof(m.text));
	childlink_tell(d->ikelink, MSG_error, request, &m);
}

static void
answer_error(struct daemon *d, uint32_t request, const struct msg_error *m)
{
	struct err e = { 0 };

	if (m == NULL) {
		conngroup_answer(d, request, 0, NULL);
		return;
	}
	err_set(&e, 0, m->object, "%s", m->text);
	conngroup_answer(d, request, -(int)m->code, &e);
}

/* Whoever waits for the datapath's word. */
struct waiting {
	struct daemon *daemon;
	uint32_t request, epoch;
	uint32_t sa; /* in the datapath, and which of those that had this slot; 0 = of none */
	uint64_t serial;
};

static struct childlink_ask
waiting_new(struct daemon *d, uint32_t request, void (*done)(void *, const struct msg_error *))
{
	struct waiting *w = calloc(1, sizeof(*w));

	if (w == NULL)
		abort();
	w->daemon = d;
	w->request = request;
	w->epoch = d->negotiated->epoch;
	return (struct childlink_ask){ .done = done, .arg = w };
}

/* A datapath that has died knows nothing: the next one is told what holds then. */
static void
on_done(void *arg, const struct msg_error *m)
{
	struct waiting *w = arg;

	if (m != NULL && m->code == ENOTCONN)
		m = NULL;
	if (m != NULL)
		log_warn("datapath: %s: %s", m->object, m->text);
	if (w->epoch == w->daemon->negotiated->epoch)
		answer_error(w->daemon, w->request, m);
	free(w);
}

/* request 0: nobody asks. */
void
conngroup_tell(struct daemon *d, enum msg_type type, const void *body, uint32_t request)
{
	struct childlink_ask ask = waiting_new(d, request, on_done);

	childlink_ask(d->dplink, type, body, -1, &ask);
}

/* --- SAs -------------------------------------------------------------------------------- */

/* Nobody writes to its slot any more. */
static void
on_del_done(void *arg, const struct msg_error *m)
{
	struct waiting *w = arg;

	sastate_put(w->daemon->sastate, w->sa - 1);
	on_done(arg, m);
}

void
conngroup_sa_remove(struct daemon *d, struct sa *s, uint32_t request)
{
	struct childlink_ask ask = waiting_new(d, request, on_del_done);
	struct msg_dp_sa_del m = { .sa = s->m.sa };
	struct err e = { 0 };

	if (s->request != 0)
		conngroup_answer(
			d, s->request, err_set(&e, -ECANCELED, "SA", "It was deleted."), &e);
	((struct waiting *)ask.arg)->sa = m.sa;
	conntable_sa_free(d->negotiated, s);
	childlink_ask(d->dplink, MSG_dp_sa_del, &m, -1, &ask);
}

/* The datapath has an SA, or refuses it. When it has died the speaker waits for the next one. */
static void
on_sa_done(void *arg, const struct msg_error *m)
{
	struct waiting *w = arg;
	struct negotiated *n = w->daemon->negotiated;
	struct sa *s = n->by_slot[w->sa - 1];

	if (s != NULL && s->serial == w->serial && (m == NULL || m->code != ENOTCONN)) {
		uint32_t request = s->epoch == n->epoch ? s->request : 0;

		s->request = 0;
		if (m != NULL)
			log_warn("datapath: %s: %s", m->object, m->text);
		if (m != NULL && request != 0) {
			conntable_sa_free(n, s);
			sastate_put(w->daemon->sastate, w->sa - 1);
		}
		answer_error(w->daemon, request, m);
	}
	free(w);
}

void
conngroup_sa_send(struct daemon *d, struct sa *s)
{
	struct childlink_ask ask = waiting_new(d, 0, on_sa_done);
	struct waiting *w = ask.arg;
	const struct child *c = s->conn->child;

	w->sa = s->m.sa;
	w->serial = s->serial;
	s->m.port = c->port;
	s->m.group = s->conn->group;
	if (!s->m.inbound) {
		s->m.df = c->df;
		s->m.fragment_before = c->fragment_before;
		s->m.mtu = c->mtu;
	}
	childlink_ask(d->dplink, MSG_dp_sa, &s->m, -1, &ask);
}

void
conngroup_sas_send(struct daemon *d, struct conn *c)
{
	struct sa *s;

	LIST_FOREACH (s, &c->sas, of_conn)
		conngroup_sa_send(d, s);
}

/* --- groups ------------------------------------------------------------------------------- */

/* --- groups ------------------------------------------------------------------------------- */

bool
conngroup_covers(const struct conn *conn, const struct child *c)
{
	for (size_t i = 0; i < conn->n_pairs; i++)
		if (narrow_covers(&conn->pairs[i], &c->wanted))
			return true;
	return conn->n_pairs == 0 && conn->child == c;
}

/* What serves a child: SAs in its own group, those used last; else another one's that hold all of it. */
static void
serving(const struct child *c, uint32_t *sa, uint32_t *same_as)
{
	const struct conn *best = NULL, *conn;
	const struct child *sibling;

	*sa = *same_as = 0;
	if (c->n_whole > 0)
		LIST_FOREACH (conn, &c->conns, of_child)
			if (conn->used != NULL && conn->group == c->id &&
				(best == NULL || conn->used_at > best->used_at))
				best = conn;
	if (best != NULL) {
		*sa = best->used->m.sa;
		return;
	}
	if (c->policy->n_wide == 0)
		return;
	LIST_FOREACH (sibling, &c->policy->children, sibling)
		LIST_FOREACH (conn, &sibling->conns, of_child)
			if (conn->used != NULL && conn->wide && conngroup_covers(conn, c) &&
				(best == NULL || conn->used_at > best->used_at))
				best = conn;
	if (best != NULL)
		*same_as = best->group;
}

struct msg_dp_group
conngroup_of(struct child *c)
{
	serving(c, &c->sa, &c->same_as);
	c->told = true;
	return (struct msg_dp_group){
		.group = c->id, .sa = c->sa, .same_as = c->same_as, .acquire = true
	};
}

/* Returns whether it is served now and was not, or the other way round. */
bool
conngroup_refresh_child(struct daemon *d, struct child *c)
{
	bool served = c->sa != 0 || c->same_as != 0;
	uint32_t sa, same_as;
	struct msg_dp_group m;

	serving(c, &sa, &same_as);
	if (c->told && sa == c->sa && same_as == c->same_as)
		return false;
	m = conngroup_of(c);
	conngroup_tell(d, MSG_dp_group, &m, 0);
	return served != (sa != 0 || same_as != 0);
}

void
conngroup_send(struct daemon *d, const struct conn *c)
{
	struct msg_dp_group m = { .group = c->group, .sa = c->used != NULL ? c->used->m.sa : 0 };

	if (c->group == c->own_group)
		conngroup_tell(d, MSG_dp_group, &m, 0);
}

/* Does it serve a part of a child, for which there must be rules in front? */
static bool
needs_rules(const struct conn *conn, const struct child *c)
{
	struct msg_ike_selector part;

	if (conngroup_covers(conn, c))
		return false;
	for (size_t i = 0; i < conn->n_pairs; i++)
		if (narrow_meet(&conn->pairs[i], &c->wanted, &part))
			return true;
	return false;
}

static bool
is_narrow(const struct conn *conn)
{
	const struct child *c;

	if (conn->used == NULL)
		return false;
	if (!conn->wide)
		return needs_rules(conn, conn->child);
	LIST_FOREACH (c, &conn->child->policy->children, sibling)
		if (needs_rules(conn, c))
			return true;
	return false;
}

static void
spd_now(void *arg)
{
	struct policy *p = arg;
	struct daemon *d = p->daemon;
	const struct child *c = LIST_FIRST(&p->children);

	p->spd_ms = loop_now_ms(d->loop) + p->n_narrow / RULES_PER_MS;
	if (c != NULL && d->reconcile != NULL)
		reconcile_again(d->reconcile, WANT_SPD, c->device);
}

/* The list goes whole: of many changes, as many together as take the time that it takes. */
static void
spd_again(struct policy *p)
{
	uint64_t now = loop_now_ms(p->daemon->loop);

	if (p->spd == NULL)
		p->spd = timer_new(p->daemon->loop, spd_now, p);
	if (p->spd_ms <= now || p->spd == NULL)
		spd_now(p);
	else if (!timer_pending(p->spd))
		timer_set(p->spd, p->spd_ms - now);
}

bool
conngroup_narrow(struct policy *p)
{
	unsigned int n_narrow = 0;
	bool changed = p->stale;
	struct child *c;
	struct conn *conn;

	p->stale = false;
	LIST_FOREACH (c, &p->children, sibling) {
		LIST_FOREACH (conn, &c->conns, of_child) {
			bool narrow = is_narrow(conn);

			changed |= narrow != conn->narrow;
			conn->narrow = narrow;
			n_narrow += narrow;
		}
	}
	p->n_narrow = n_narrow;
	return changed;
}

/* All that follows from SAs being used, or not any more. */
void
conngroup_refresh_policy(struct daemon *d, struct policy *p)
{
	bool changed = conngroup_narrow(p);
	struct child *c;

	LIST_FOREACH (c, &p->children, sibling)
		changed |= conngroup_refresh_child(d, c) && p->n_narrow > 0;
	if (changed)
		spd_again(p);
}

void
conngroup_refresh_alone(struct daemon *d, struct child *c, bool changed)
{
	struct policy *p = c->policy;

	changed |= p->stale;
	p->stale = false;
	changed |= conngroup_refresh_child(d, c) && p->n_narrow > 0;
	if (changed)
		spd_again(p);
}

/* The same for one connection, which mostly concerns nobody but its child. */
void
conngroup_refresh(struct daemon *d, struct conn *c)
{
	bool narrow, before = c->narrow;

	if (c->wide) {
		conngroup_refresh_policy(d, c->child->policy);
		return;
	}
	narrow = is_narrow(c);
	c->narrow = narrow;
	c->child->policy->n_narrow += narrow;
	c->child->policy->n_narrow -= before;
	conngroup_refresh_alone(d, c->child, narrow != before);
}

/* Only those that the datapath knows: the others are told when it is their turn. */
void
conngroup_refresh_siblings(struct daemon *d, const struct policy *p)
{
	struct child *c;

	if (p->n_wide == 0)
		return;
	LIST_FOREACH (c, &p->children, sibling)
		if (c->told)
			(void)conngroup_refresh_child(d, c);
}

/* --- connections ---------------------------------------------------------------------------- */

/* --- connections ---------------------------------------------------------------------------- */

static bool
is_wide(const struct conn *conn, const struct child *c)
{
	struct msg_ike_selector part;

	for (size_t i = 0; c != conn->child && i < conn->n_pairs; i++)
		if (narrow_meet(&conn->pairs[i], &c->wanted, &part))
			return true;
	return false;
}

void
conngroup_widen(struct conn *conn, const struct child *c)
{
	if (conn->wide || !is_wide(conn, c))
		return;
	conn->wide = true;
	conn->child->policy->n_wide++;
}

/* Which group it serves: settled before its SAs are told, and again when its selectors or the child's
 * have changed. */
void
conngroup_settle(struct daemon *d, struct conn *c)
{
	struct negotiated *n = d->negotiated;
	uint32_t group = c->child->id;
	const struct child *sibling;

	LIST_FOREACH (sibling, &c->child->policy->children, sibling)
		conngroup_widen(c, sibling);
	if (!conngroup_covers(c, c->child)) {
		if (c->own_group == 0)
			c->own_group = OWN_GROUPS | (++n->last_group & ~OWN_GROUPS);
		group = c->own_group;
	}
	if (group == c->group)
		return;
	c->child->n_whole += group == c->child->id;
	c->child->n_whole -= c->group == c->child->id;
	c->group = group;
	conngroup_sas_send(d, c);
	conngroup_send(d, c);
}

/* Its SAs leave the datapath; policy_refresh follows. */
void
conngroup_remove(struct daemon *d, struct conn *c, uint32_t request)
{
	struct msg_dp_group_del m = { .group = c->own_group };
	struct sa *s;

	while ((s = LIST_FIRST(&c->sas)) != NULL)
		conngroup_sa_remove(d, s, 0);
	if (c->own_group != 0)
		conngroup_tell(d, MSG_dp_group_del, &m, 0);
	conntable_conn_free(d->negotiated, c);
	conngroup_answer(d, request, 0, NULL);
}

/* Of one connection, in front of one child's. */
static size_t
rules_of(const struct conn *conn, const struct child *c, struct msg_dp_spd_rule *out, size_t room)
{
	struct msg_ike_selector part;
	size_t n = 0, filled;

	for (size_t i = 0; i < conn->n_pairs && n < RULES_OF_CONN; i++)
		if (narrow_meet(&conn->pairs[i], &c->wanted, &part))
			n += narrow_rules(
				&part, n < room ? out + n : NULL, n < room ? room - n : 0);
	if (n > RULES_OF_CONN)
		n = RULES_OF_CONN;
	filled = n < room ? n : room;
	for (size_t k = 0; k < filled; k++) {
		out[k].rule = c->wanted.rule;
		out[k].sa_out = out[k].sa_in = conn->group;
	}
	return n;
}

size_t
negotiated_rules(const struct negotiated *n, uint32_t id, struct msg_dp_spd_rule *out, size_t room)
{
	const struct child *c = conntable_child(n, id), *sibling;
	const struct conn *conn;
	size_t count = 0;

	if (c == NULL || c->policy->n_narrow == 0 || c->sa != 0 || c->same_as != 0)
		return 0;
	LIST_FOREACH (sibling, &c->policy->children, sibling)
		LIST_FOREACH (conn, &sibling->conns, of_child)
			if (conn->narrow)
				count += rules_of(conn, c, count < room ? out + count : NULL,
					count < room ? room - count : 0);
	return count;
}
