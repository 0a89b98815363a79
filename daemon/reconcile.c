/*
 * The running set and the steps towards the wanted one. A node is one (kind, key); it borrows what
 * runs and what is wanted from the owners' sets, which it holds by reference. Nodes that are not as
 * wanted wait on a list and are tried again: on a timer with back-off, and when something happened.
 * Refuses to know what any kind is about.
 */
#include "config.h"

#include "daemon/reconcile.h"

#include "daemon/tree.h"

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum { RETRY_FIRST_MS = 1000, RETRY_MOST_MS = 60000 };

struct side {
	struct want_set *set; /* a reference, or NULL */
	const struct want *want;
};

/* Whoever wants a shared object beside the one that counts. */
struct sharer {
	STAILQ_ENTRY(sharer) link;
	struct side side;
};

struct node {
	RB_ENTRY(node) entry;
	TAILQ_ENTRY(node) unsettled; /* when is_unsettled */
	TAILQ_ENTRY(node) touched;   /* when is_touched */
	enum want_kind kind;
	char *key;
	struct side running;
	struct side desired;
	STAILQ_HEAD(, sharer) sharers;
	bool is_unsettled;
	bool is_touched;
	bool failed; /* else, when unsettled, waiting */
	struct err err;
};

TAILQ_HEAD(node_list, node);

static int
node_cmp(struct node *a, struct node *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return strcmp(a->key, b->key);
}

RB_HEAD(node_tree, node);
TREE_STATIC(node_tree, node, entry, node_cmp)

struct reconcile {
	struct daemon *daemon;
	const struct kind_ops *const *kinds;
	struct node_tree nodes;
	struct node_list unsettled;
	struct node_list touched[WANT_N_KINDS];
	struct timer *retry;
	uint64_t retry_ms;
	size_t n_failed;
	bool progress; /* something was added or changed in this run */
};

static void run(struct reconcile *r);

static void
side_set(struct side *s, struct want_set *set, const struct want *w)
{
	struct want_set *old = s->set;

	s->set = set != NULL ? want_set_ref(set) : NULL;
	s->want = w;
	want_set_unref(old);
}

static struct node *
node_find(struct reconcile *r, enum want_kind kind, const char *key)
{
	struct node probe = { .kind = kind, .key = (char *)(uintptr_t)key };

	return RB_FIND(node_tree, &r->nodes, &probe);
}

static struct node *
node_make(struct reconcile *r, enum want_kind kind, const char *key)
{
	struct node *n = node_find(r, kind, key);

	if (n != NULL)
		return n;
	n = calloc(1, sizeof(*n));
	if (n == NULL || (n->key = strdup(key)) == NULL)
		abort();
	n->kind = kind;
	STAILQ_INIT(&n->sharers);
	RB_INSERT(node_tree, &r->nodes, n);
	return n;
}

static void
settle(struct reconcile *r, struct node *n)
{
	if (n->is_unsettled)
		TAILQ_REMOVE(&r->unsettled, n, unsettled);
	if (n->failed)
		r->n_failed--;
	n->is_unsettled = n->failed = false;
	err_clear(&n->err);
}

/* What will come right by itself when a link, a next hop or a process is there. */
static bool
is_waiting(int rc)
{
	return rc == -ENOTCONN || rc == -ENETUNREACH || rc == -EHOSTUNREACH || rc == -ENETDOWN ||
		rc == -ENODEV || rc == -ENOENT;
}

static void
unsettle(struct reconcile *r, struct node *n, int rc, const struct err *e)
{
	bool was_failed = n->failed;

	settle(r, n);
	n->is_unsettled = true;
	n->failed = !is_waiting(rc);
	if (e != NULL)
		n->err = *e;
	if (n->err.text[0] == '\0')
		err_set(&n->err, rc, n->key, "%s", strerror(-rc));
	if (n->failed) {
		r->n_failed++;
		if (!was_failed)
			log_warn("%s %s: %s", r->kinds[n->kind]->name, n->key, n->err.text);
	}
	TAILQ_INSERT_TAIL(&r->unsettled, n, unsettled);
}

static void
sharer_add(struct node *n, struct want_set *set, const struct want *w)
{
	struct sharer *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	side_set(&s->side, set, w);
	STAILQ_INSERT_TAIL(&n->sharers, s, link);
}

static void
sharer_remove(struct node *n, struct sharer *s)
{
	STAILQ_REMOVE(&n->sharers, s, sharer, link);
	side_set(&s->side, NULL, NULL);
	free(s);
}

/* Somebody does not want it any more: then what the next one wants counts. */
static void
node_unwant(struct node *n, const struct want *w)
{
	struct sharer *s;

	if (n->desired.want != w) {
		STAILQ_FOREACH (s, &n->sharers, link) {
			if (s->side.want == w) {
				sharer_remove(n, s);
				return;
			}
		}
		return;
	}
	side_set(&n->desired, NULL, NULL);
	s = STAILQ_FIRST(&n->sharers);
	if (s == NULL)
		return;
	side_set(&n->desired, s->side.set, s->side.want);
	sharer_remove(n, s);
}

static void
node_free(struct reconcile *r, struct node *n)
{
	settle(r, n);
	while (!STAILQ_EMPTY(&n->sharers))
		sharer_remove(n, STAILQ_FIRST(&n->sharers));
	RB_REMOVE(node_tree, &r->nodes, n);
	side_set(&n->running, NULL, NULL);
	side_set(&n->desired, NULL, NULL);
	free(n->key);
	free(n);
}

static void
touch(struct reconcile *r, struct node *n)
{
	if (n->is_touched)
		return;
	n->is_touched = true;
	TAILQ_INSERT_TAIL(&r->touched[n->kind], n, touched);
}

static void
on_retry(void *arg)
{
	struct reconcile *r = arg;

	r->retry_ms = r->retry_ms * 2 > RETRY_MOST_MS ? RETRY_MOST_MS : r->retry_ms * 2;
	reconcile_retry(r);
}

struct reconcile *
reconcile_new(struct daemon *d, struct loop *l, const struct kind_ops *const *kinds)
{
	struct reconcile *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->daemon = d;
	r->kinds = kinds;
	r->retry_ms = RETRY_FIRST_MS;
	TAILQ_INIT(&r->unsettled);
	for (unsigned int k = 0; k < WANT_N_KINDS; k++)
		TAILQ_INIT(&r->touched[k]);
	r->retry = timer_new(l, on_retry, r);
	return r;
}

void
reconcile_free(struct reconcile *r)
{
	struct node *n;

	if (r == NULL)
		return;
	timer_free(r->retry);
	while ((n = RB_ROOT(&r->nodes)) != NULL)
		node_free(r, n);
	free(r);
}

void
reconcile_adopt(struct reconcile *r, struct want_set *found)
{
	struct want_item *i;

	STAILQ_FOREACH (i, &found->items, link)
		side_set(&node_make(r, i->want.kind, i->want.key)->running, found, &i->want);
}

static void
unwant(struct reconcile *r, struct want_set *old)
{
	struct want_item *i;

	STAILQ_FOREACH (i, &old->items, link) {
		struct node *n = node_find(r, i->want.kind, i->want.key);

		if (n == NULL)
			continue;
		node_unwant(n, &i->want);
		touch(r, n);
	}
}

static void
want(struct reconcile *r, struct want_set *set)
{
	struct want_item *i;

	STAILQ_FOREACH (i, &set->items, link) {
		struct node *n = node_make(r, i->want.kind, i->want.key);

		touch(r, n);
		if (n->desired.want != NULL && r->kinds[n->kind]->shared) {
			sharer_add(n, set, &i->want);
			continue;
		}
		if (n->desired.want != NULL)
			log_warn("%s %s is wanted by %s and by %s", r->kinds[n->kind]->name, n->key,
				n->desired.want->owner, set->owner);
		side_set(&n->desired, set, &i->want);
	}
}

void
reconcile_apply(struct reconcile *r, const struct want_pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (pairs[i].old != NULL)
			unwant(r, pairs[i].old);
	for (size_t i = 0; i < n; i++)
		if (pairs[i].new != NULL)
			want(r, pairs[i].new);
	r->retry_ms = RETRY_FIRST_MS;
	run(r);
}

static bool
is_equal(struct reconcile *r, const struct node *n)
{
	return n->running.want != NULL && n->desired.want != NULL &&
		(n->running.want == n->desired.want ||
			r->kinds[n->kind]->equal(n->running.want, n->desired.want));
}

static void
step_del(struct reconcile *r, struct node *n)
{
	struct err e = { 0 };
	int rc = r->kinds[n->kind]->del(r->daemon, n->running.want, &e);

	if (rc == 0 || is_waiting(rc)) /* gone, or gone with what it stood on */
		side_set(&n->running, NULL, NULL);
	else
		unsettle(r, n, rc, &e);
}

static void
step_add(struct reconcile *r, struct node *n)
{
	struct err e = { 0 };
	int rc = r->kinds[n->kind]->add(r->daemon, n->desired.want, &e);

	if (rc != 0) {
		unsettle(r, n, rc, &e);
		return;
	}
	side_set(&n->running, n->desired.set, n->desired.want);
	settle(r, n);
	r->progress = true;
}

static void
step_change(struct reconcile *r, struct node *n)
{
	const struct kind_ops *ops = r->kinds[n->kind];
	struct err e = { 0 };
	int rc = -ENOTSUP;

	if (ops->change != NULL)
		rc = ops->change(r->daemon, n->running.want, n->desired.want, &e);
	if (rc == 0) {
		side_set(&n->running, n->desired.set, n->desired.want);
		settle(r, n);
		r->progress = true;
	} else if (rc == -ENOTSUP) {
		step_del(r, n);
		if (n->running.want == NULL)
			step_add(r, n);
	} else {
		unsettle(r, n, rc, &e);
	}
}

static void
delete_kind(struct reconcile *r, enum want_kind kind)
{
	struct node *n;

	TAILQ_FOREACH_REVERSE (n, &r->touched[kind], node_list, touched) {
		if (n->running.want == NULL)
			continue;
		if (n->desired.want == NULL || (r->kinds[kind]->change == NULL && !is_equal(r, n)))
			step_del(r, n);
	}
}

static void
prepare_kind(struct reconcile *r, enum want_kind kind)
{
	struct node *n;

	if (r->kinds[kind]->prepare == NULL)
		return;
	TAILQ_FOREACH (n, &r->touched[kind], touched)
		if (n->desired.want != NULL && n->running.want == NULL)
			r->kinds[kind]->prepare(r->daemon, n->desired.want);
}

static void
add_kind(struct reconcile *r, enum want_kind kind)
{
	struct node *n;

	prepare_kind(r, kind);
	TAILQ_FOREACH (n, &r->touched[kind], touched) {
		if (n->desired.want == NULL)
			continue;
		if (n->running.want == NULL) {
			step_add(r, n);
		} else if (is_equal(r, n)) {
			side_set(&n->running, n->desired.set, n->desired.want);
			settle(r, n);
		} else {
			step_change(r, n);
		}
	}
}

/* Forgets what was touched; nodes of nothing go. Waiting ones are tried once more if others came up. */
static bool
finish(struct reconcile *r)
{
	struct node *n, *next;
	bool again = false;

	for (unsigned int k = 0; k < WANT_N_KINDS; k++) {
		while ((n = TAILQ_FIRST(&r->touched[k])) != NULL) {
			TAILQ_REMOVE(&r->touched[k], n, touched);
			n->is_touched = false;
			if (n->running.want == NULL && n->desired.want == NULL)
				node_free(r, n);
		}
	}
	if (!r->progress)
		return false;
	TAILQ_FOREACH_SAFE (n, &r->unsettled, unsettled, next) {
		if (n->failed)
			continue;
		touch(r, n);
		again = true;
	}
	return again;
}

static void
run(struct reconcile *r)
{
	do {
		r->progress = false;
		for (int k = WANT_N_KINDS - 1; k >= 0; k--)
			delete_kind(r, (enum want_kind)k);
		for (int k = 0; k < WANT_N_KINDS; k++)
			add_kind(r, (enum want_kind)k);
	} while (finish(r));
	if (TAILQ_EMPTY(&r->unsettled))
		timer_cancel(r->retry);
	else if (!timer_pending(r->retry))
		timer_set(r->retry, r->retry_ms);
}

void
reconcile_retry(struct reconcile *r)
{
	struct node *n;

	TAILQ_FOREACH (n, &r->unsettled, unsettled)
		touch(r, n);
	run(r);
}

static void
cease(struct reconcile *r, struct node *n)
{
	side_set(&n->running, NULL, NULL);
	if (n->desired.want != NULL)
		unsettle(r, n, -ENOTCONN, NULL);
	else
		touch(r, n);
}

void
reconcile_forget(struct reconcile *r, unsigned int kinds)
{
	struct node *n;

	RB_FOREACH (n, node_tree, &r->nodes)
		if ((kinds & 1u << n->kind) != 0 && n->running.want != NULL)
			cease(r, n);
	r->progress = false;
	finish(r);
}

unsigned int
reconcile_verify(struct reconcile *r, unsigned int kinds, struct want_set *found)
{
	unsigned int gone = 0;
	struct want_item *i;
	struct node *n;

	STAILQ_FOREACH (i, &found->items, link)
		if ((n = node_find(r, i->want.kind, i->want.key)) != NULL)
			touch(r, n);
	RB_FOREACH (n, node_tree, &r->nodes) {
		if ((kinds & 1u << n->kind) == 0 || n->running.want == NULL || n->is_touched)
			continue;
		log_info("%s %s has gone", r->kinds[n->kind]->name, n->key);
		gone |= 1u << n->kind;
		cease(r, n);
	}
	r->progress = false;
	finish(r);
	return gone;
}

void
reconcile_failed(struct reconcile *r, enum want_kind kind, const char *key, const struct err *e)
{
	struct node *n = node_find(r, kind, key);

	if (n == NULL)
		return;
	side_set(&n->running, NULL, NULL);
	unsettle(r, n, -EREMOTEIO, e);
	if (!timer_pending(r->retry))
		timer_set(r->retry, r->retry_ms);
}

void
reconcile_again(struct reconcile *r, enum want_kind kind, const char *key)
{
	struct node *n = node_find(r, kind, key);

	if (n == NULL || n->running.want == NULL)
		return;
	side_set(&n->running, NULL, NULL);
	touch(r, n);
	run(r);
}

void
reconcile_withdraw(struct reconcile *r, unsigned int kinds)
{
	struct node *n;

	RB_FOREACH (n, node_tree, &r->nodes) {
		if ((kinds & 1u << n->kind) == 0)
			continue;
		while (n->desired.want != NULL)
			node_unwant(n, n->desired.want);
		settle(r, n);
		touch(r, n);
	}
	run(r);
}

bool
reconcile_wants(struct reconcile *r, enum want_kind kind, const char *key)
{
	const struct node *n = node_find(r, kind, key);

	return n != NULL && n->desired.want != NULL;
}

size_t
reconcile_n_failed(const struct reconcile *r)
{
	return r->n_failed;
}

void
reconcile_each_failed(struct reconcile *r,
	void (*fn)(void *arg, const char *owner, const char *key, const struct err *e), void *arg)
{
	struct node *n;

	TAILQ_FOREACH (n, &r->unsettled, unsettled) {
		if (!n->failed)
			continue;
		fn(arg, n->desired.want != NULL ? n->desired.want->owner : "", n->key, &n->err);
	}
}

bool
reconcile_runs(struct reconcile *r, enum want_kind kind, const char *key)
{
	const struct node *n = node_find(r, kind, key);

	return n != NULL && n->running.want != NULL;
}
