/*
 * The kinds that the IKE speaker is told, and the group in the datapath that goes with each child. What is
 * replaced is sent whole. The pre-shared key leaves the process here, and nowhere else.
 */
#include "config.h"

#include "daemon/kind_ike.h"

#include "daemon/childlink.h"
#include "daemon/daemon.h"
#include "daemon/kind.h"
#include "daemon/negotiated.h"
#include "daemon/oscfg/oscfg.h"
#include "daemon/speaker.h"
#include "daemon/tree.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHILD 0x80000000u

/* --- numbers ------------------------------------------------------------------------------ */

struct number {
	RB_ENTRY(number) entry;
	char *key;
	uint32_t number;
};

static int
number_cmp(struct number *a, struct number *b)
{
	return strcmp(a->key, b->key);
}

RB_HEAD(number_tree, number);
TREE_STATIC(number_tree, number, entry, number_cmp)

struct kind_ike {
	struct number_tree children, peers, policies;
	uint32_t last;
};

struct kind_ike *
kind_ike_new(void)
{
	return calloc(1, sizeof(struct kind_ike));
}

static void
tree_free(struct number_tree *t)
{
	struct number *n;

	while ((n = RB_ROOT(t)) != NULL) {
		RB_REMOVE(number_tree, t, n);
		free(n->key);
		free(n);
	}
}

void
kind_ike_free(struct kind_ike *k)
{
	if (k == NULL)
		return;
	tree_free(&k->children);
	tree_free(&k->peers);
	tree_free(&k->policies);
	free(k);
}

static uint32_t
number_of(struct kind_ike *k, struct number_tree *t, const char *key)
{
	struct number probe = { .key = (char *)(uintptr_t)key },
		      *n = RB_FIND(number_tree, t, &probe);

	if (n != NULL)
		return n->number;
	n = calloc(1, sizeof(*n));
	if (n == NULL || (n->key = strdup(key)) == NULL)
		abort();
	n->number = ++k->last;
	RB_INSERT(number_tree, t, n);
	return n->number;
}

uint32_t
kind_ike_child_number(struct kind_ike *k, const char *key)
{
	return CHILD | number_of(k, &k->children, key);
}

/* --- equality ----------------------------------------------------------------------------- */

/* Two messages of one type, field by field. */
static bool
same(enum msg_type type, const void *a, const void *b)
{
	const struct record *rec = &msg_info(type)->record;
	struct wbuf wa = wbuf_growing(), wb = wbuf_growing();
	bool equal = record_encode(rec, a, &wa) == 0 && record_encode(rec, b, &wb) == 0 &&
		wbuf_len(&wa) == wbuf_len(&wb) && secret_eq(wa.start, wb.start, wbuf_len(&wa));

	secret_wipe(wa.start, wbuf_len(&wa));
	secret_wipe(wb.start, wbuf_len(&wb));
	wbuf_fini(&wa);
	wbuf_fini(&wb);
	return equal;
}

static bool
group_same(const struct want_group *a, const struct want_group *b)
{
	return strcmp(a->device, b->device) == 0 && strcmp(a->policy, b->policy) == 0 &&
		a->mtu == b->mtu && a->df == b->df && a->fragment_before == b->fragment_before &&
		a->whole == b->whole && same(MSG_ike_child, a->child, b->child);
}

/* --- steps -------------------------------------------------------------------------------- */

static int
step(struct daemon *d, const struct want *w, enum msg_type type, const void *body, struct err *e)
{
	int rc = childlink_step(d->ikelink, type, body, -1, w->kind, w->key);

	return rc != 0 ? err_set(e, rc, w->key, "IKE: %s", strerror(-rc)) : 0;
}

static int
port_of(struct daemon *d, const char *device, uint32_t *port, struct err *e)
{
	*port = d->os != NULL ? oscfg_index(d->os, device) : 0;
	return *port != 0 ? 0 : err_set(e, -ENODEV, device, "there is no such device yet");
}

/* --- groups ------------------------------------------------------------------------------- */

static bool
group_equal(const struct want *a, const struct want *b)
{
	return group_same(&a->group, &b->group);
}

static int
group_add(struct daemon *d, const struct want *w, struct err *e)
{
	uint32_t port;
	int rc = port_of(d, w->group.device, &port, e);

	if (rc != 0)
		return rc;
	return negotiated_child(d, w, kind_ike_child_number(d->kind_ike, w->key),
		number_of(d->kind_ike, &d->kind_ike->policies, w->group.policy), port);
}

static int
group_change(struct daemon *d, const struct want *old, const struct want *w, struct err *e)
{
	return group_add(d, w, e);
}

static int
group_del(struct daemon *d, const struct want *w, struct err *e)
{
	negotiated_child_gone(d, kind_ike_child_number(d->kind_ike, w->key));
	return 0;
}

const struct kind_ops kind_group = { .name = "group",
	.equal = group_equal,
	.add = group_add,
	.change = group_change,
	.del = group_del };

/* --- what holds for all ----------------------------------------------------------------------- */

static bool
ike_equal(const struct want *a, const struct want *b)
{
	return same(MSG_ike_setup, a->ike.setup, b->ike.setup);
}

static int
ike_add(struct daemon *d, const struct want *w, struct err *e)
{
	return speaker_setup(d, w, e);
}

static int
ike_change(struct daemon *d, const struct want *old, const struct want *w, struct err *e)
{
	return speaker_setup(d, w, e);
}

static int
ike_del(struct daemon *d, const struct want *w, struct err *e)
{
	return 0; /* the speaker ends when nobody wants it */
}

const struct kind_ops kind_ike = {
	.name = "IKE", .equal = ike_equal, .add = ike_add, .change = ike_change, .del = ike_del
};

/* --- peers ------------------------------------------------------------------------------------ */

static bool
peer_equal(const struct want *wa, const struct want *wb)
{
	const struct want_ike_peer *a = &wa->ike_peer, *b = &wb->ike_peer;

	if (a->n_remotes != b->n_remotes || a->n_proposals != b->n_proposals ||
		!same(MSG_ike_peer, a->peer, b->peer))
		return false;
	for (size_t i = 0; i < a->n_remotes; i++)
		if (!addr_eq(&a->remotes[i], &b->remotes[i]))
			return false;
	for (size_t i = 0; i < a->n_proposals; i++)
		if (!same(MSG_ike_peer_proposal, &a->proposals[i], &b->proposals[i]))
			return false;
	return true;
}

static int
peer_head(struct daemon *d, const struct want *w, uint32_t number, struct err *e)
{
	struct msg_ike_peer m = *w->ike_peer.peer;
	int rc;

	m.peer = number;
	rc = step(d, w, MSG_ike_peer, &m, e);
	secret_wipe(&m, sizeof(m));
	return rc;
}

static int
peer_add(struct daemon *d, const struct want *w, struct err *e)
{
	const struct want_ike_peer *p = &w->ike_peer;
	uint32_t number = number_of(d->kind_ike, &d->kind_ike->peers, w->key);
	const struct msg_ike_peer_end end = { .peer = number };
	int rc = peer_head(d, w, number, e);

	for (size_t i = 0; i < p->n_remotes && rc == 0; i++) {
		struct msg_ike_peer_address m = { .peer = number, .remote = p->remotes[i] };

		rc = step(d, w, MSG_ike_peer_address, &m, e);
	}
	for (size_t i = 0; i < p->n_proposals && rc == 0; i++) {
		struct msg_ike_peer_proposal m = p->proposals[i];

		m.peer = number;
		rc = step(d, w, MSG_ike_peer_proposal, &m, e);
	}
	return rc != 0 ? rc : step(d, w, MSG_ike_peer_end, &end, e);
}

static int
peer_change(struct daemon *d, const struct want *old, const struct want *w, struct err *e)
{
	return peer_add(d, w, e);
}

static int
peer_del(struct daemon *d, const struct want *w, struct err *e)
{
	const struct msg_ike_peer_del m = { .peer = number_of(
						    d->kind_ike, &d->kind_ike->peers, w->key) };

	return step(d, w, MSG_ike_peer_del, &m, e);
}

const struct kind_ops kind_ike_peer = { .name = "IKE peer",
	.shared = true,
	.equal = peer_equal,
	.add = peer_add,
	.change = peer_change,
	.del = peer_del };

/* --- children --------------------------------------------------------------------------------- */

static bool
child_equal(const struct want *wa, const struct want *wb)
{
	const struct want_ike_child *a = &wa->ike_child, *b = &wb->ike_child;

	if (strcmp(a->group.device, b->group.device) != 0 ||
		strcmp(a->group.policy, b->group.policy) != 0 || strcmp(a->peer, b->peer) != 0 ||
		!same(MSG_ike_child, a->group.child, b->group.child) ||
		a->n_proposals != b->n_proposals)
		return false;
	for (size_t i = 0; i < a->n_proposals; i++)
		if (!same(MSG_ike_child_proposal, &a->proposals[i], &b->proposals[i]))
			return false;
	return true;
}

static int
child_add(struct daemon *d, const struct want *w, struct err *e)
{
	const struct want_ike_child *c = &w->ike_child;
	struct kind_ike *k = d->kind_ike;
	struct msg_ike_child m = *c->group.child;
	struct msg_ike_child_end end;
	int rc = port_of(d, c->group.device, &m.port, e);

	end.child = m.child = kind_ike_child_number(k, w->key);
	m.peer = number_of(k, &k->peers, c->peer);
	m.policy = number_of(k, &k->policies, c->group.policy);
	if (rc == 0)
		rc = step(d, w, MSG_ike_child, &m, e);
	for (size_t i = 0; i < c->n_proposals && rc == 0; i++) {
		struct msg_ike_child_proposal p = c->proposals[i];

		p.child = m.child;
		rc = step(d, w, MSG_ike_child_proposal, &p, e);
	}
	return rc != 0 ? rc : step(d, w, MSG_ike_child_end, &end, e);
}

static int
child_change(struct daemon *d, const struct want *old, const struct want *w, struct err *e)
{
	return child_add(d, w, e);
}

static int
child_del(struct daemon *d, const struct want *w, struct err *e)
{
	const struct msg_ike_child_del m = { .child = kind_ike_child_number(d->kind_ike, w->key) };

	return step(d, w, MSG_ike_child_del, &m, e);
}

const struct kind_ops kind_ike_child = { .name = "IKE child",
	.equal = child_equal,
	.add = child_add,
	.change = child_change,
	.del = child_del };
