/*
 * The map of compile: owners and their current sets, which of them a change makes dirty, and the two
 * phases in which they are compiled: first every dirty owner's set with its claims, then what needs
 * to know all claims. What came out waits for the commit.
 */
#include "config.h"

#include "daemon/compile/compile.h"

#include "daemon/compile/claims.h"
#include "daemon/compile/dirty.h"
#include "daemon/compile/keys.h"
#include "daemon/compile/owner.h"
#include "daemon/tree.h"
#include "lib/arena.h"
#include "lib/err.h"
#include "lib/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *what;
	int (*compile)(struct compile_job *j, const char *name, struct err *e);
	int (*check)(struct compile_job *j, const char *name, struct err *e);
} owners[OWNER_N] = {
	[OWNER_INTERFACE] = { "interface", iface_compile, iface_check },
	[OWNER_PROTECTION] = { "protection", ipsec_compile, NULL },
	[OWNER_ROUTE] = { "route", route_compile, NULL },
	[OWNER_ROUTER] = { "router", router_compile, NULL },
};

struct owner {
	RB_ENTRY(owner) entry;
	RB_ENTRY(owner) dirty_entry; /* when is_dirty */
	STAILQ_ENTRY(owner) aborted;
	enum owner_kind kind;
	char *name;
	struct want_set *set;  /* current, or NULL */
	struct want_set *next; /* compiled, waits for accept or abort */
	bool is_dirty;
};

static int
owner_cmp(struct owner *a, struct owner *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return strcmp(a->name, b->name);
}

RB_HEAD(owner_tree, owner);
TREE_STATIC(owner_tree, owner, entry, owner_cmp)
RB_HEAD(dirty_tree, owner);
TREE_STATIC(dirty_tree, owner, dirty_entry, owner_cmp)

STAILQ_HEAD(owner_list, owner);

struct compile {
	const struct seal *seal;
	const struct compile_env *env;
	struct keys *keys;
	struct claims *claims;
	struct owner_tree owners;
	struct dirty_tree dirty; /* in order, so that of two that clash always the same is named */
	size_t n_dirty;
	/* of the current sets */
	size_t n_needs[WANT_N_NEEDS];
};

size_t
owner_name(char *out, size_t cap, const char *what, const char *name)
{
	return (size_t)snprintf(out, cap, "%s %s", what, name);
}

struct compile *
compile_new(const struct seal *seal, const struct compile_env *env)
{
	struct compile *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->seal = seal;
	c->env = env;
	c->keys = keys_new();
	c->claims = claims_new();
	if (c->keys == NULL || c->claims == NULL) {
		compile_free(c);
		return NULL;
	}
	return c;
}

static void
owner_free(struct compile *c, struct owner *o)
{
	RB_REMOVE(owner_tree, &c->owners, o);
	want_set_unref(o->set);
	want_set_unref(o->next);
	free(o->name);
	free(o);
}

void
compile_free(struct compile *c)
{
	struct owner *o;

	if (c == NULL)
		return;
	claims_free(c->claims);
	while ((o = RB_ROOT(&c->owners)) != NULL)
		owner_free(c, o);
	keys_free(c->keys);
	free(c);
}

static struct owner *
owner_make(struct compile *c, enum owner_kind kind, const char *name)
{
	struct owner probe = { .kind = kind, .name = (char *)(uintptr_t)name };
	struct owner *o = RB_FIND(owner_tree, &c->owners, &probe);

	if (o != NULL)
		return o;
	o = calloc(1, sizeof(*o));
	if (o == NULL || (o->name = strdup(name)) == NULL)
		abort();
	o->kind = kind;
	RB_INSERT(owner_tree, &c->owners, o);
	return o;
}

static void mark(void *arg, enum owner_kind kind, const char *name);

/* A tunnel has to know what policies do to it, and where the tunnels lead that it goes through. */
static void
mark_tunnels(struct compile *c)
{
	struct owner *o;

	RB_FOREACH (o, owner_tree, &c->owners)
		if (o->set != NULL && o->set->asks_interfaces)
			mark(c, o->kind, o->name);
}

static void
mark(void *arg, enum owner_kind kind, const char *name)
{
	struct compile *c = arg;
	struct owner *o = owner_make(c, kind, name);

	if (o->is_dirty)
		return;
	if (kind == OWNER_PROTECTION)
		mark_tunnels(c);
	o->is_dirty = true;
	c->n_dirty++;
	RB_INSERT(dirty_tree, &c->dirty, o);
	if (o->set != NULL)
		claims_remove(c->claims, o->set);
}

/* --- compiling what is dirty --------------------------------------------------------------- */

static void
count(size_t n_needs[WANT_N_NEEDS], const struct want_set *s, int by)
{
	for (unsigned int i = 0; s != NULL && i < WANT_N_NEEDS; i++)
		n_needs[i] += s->needs[i] ? (size_t)by : 0;
}

static struct want_set *
set_new(const struct owner *o)
{
	char name[OWNER_MAX];

	owner_name(name, sizeof(name), owners[o->kind].what, o->name);
	return want_set_new(name);
}

/* A store that an older daemon wrote may hold what this one refuses: then it does not run. */
static void
owner_refused(struct compile *c, struct owner *o, const struct err *e)
{
	log_error("%s: %s", e->object, e->text);
	if (o->next != NULL)
		claims_remove(c->claims, o->next);
	want_set_unref(o->next);
	o->next = set_new(o);
	want_set_note(o->next, e->object, "%s", e->text);
}

static int
owner_compile(struct compile *c, struct owner *o, struct compile_job *j, struct err *e)
{
	int rc;

	j->set = o->next = set_new(o);
	rc = owners[o->kind].compile(j, o->name, e);
	return rc != 0 ? rc : claims_add(c->claims, o->next, e);
}

/* What one owner's compiler or check said: kept as the owner's state, or the whole change's. */
static int
owner_said(struct compile *c, struct owner *o, int rc, bool lenient, struct err *why, struct err *e)
{
	if (rc == 0)
		return 0;
	if (why->text[0] == '\0')
		err_set(why, rc, o->name, "%s", strerror(-rc));
	if (!lenient)
		return err_set(e, rc, why->object, "%s", why->text);
	owner_refused(c, o, why);
	return 0;
}

static struct owner *
first_dirty(struct compile *c, enum owner_kind kind)
{
	struct owner probe = { .kind = kind, .name = (char *)(uintptr_t) "" };
	struct owner *o = RB_NFIND(dirty_tree, &c->dirty, &probe);

	return o != NULL && o->kind == kind ? o : NULL;
}

/* The next one of the same kind. */
static struct owner *
next_dirty(struct compile *c, struct owner *o)
{
	enum owner_kind kind = o->kind;

	o = RB_NEXT(dirty_tree, &c->dirty, o);
	return o != NULL && o->kind == kind ? o : NULL;
}

static int
kind_compile(
	struct compile *c, enum owner_kind kind, struct compile_job *j, bool lenient, struct err *e)
{
	struct owner *o;
	int rc;

	for (o = first_dirty(c, kind); o != NULL; o = next_dirty(c, o)) {
		struct err why = { 0 };

		rc = owner_compile(c, o, j, &why);
		rc = owner_said(c, o, rc, lenient, &why, e);
		if (rc != 0)
			return rc;
	}
	for (o = first_dirty(c, kind); o != NULL; o = next_dirty(c, o)) {
		struct err why = { 0 };

		j->set = o->next;
		rc = owners[kind].check != NULL ? owners[kind].check(j, o->name, &why) : 0;
		rc = owner_said(c, o, rc, lenient, &why, e);
		if (rc != 0)
			return rc;
		count(j->n_needs, o->set, -1);
		count(j->n_needs, o->next, 1);
	}
	return 0;
}

static int
compile_dirty(struct compile *c, struct store *s, bool lenient, struct err *e)
{
	struct compile_job j = {
		.store = s, .seal = c->seal, .keys = c->keys, .claims = c->claims, .env = c->env
	};
	int rc = 0;

	memcpy(j.n_needs, c->n_needs, sizeof(j.n_needs));
	mark(c, OWNER_ROUTER, "");
	for (unsigned int k = 0; k < OWNER_N && rc == 0; k++)
		rc = kind_compile(c, (enum owner_kind)k, &j, lenient, e);
	return rc;
}

int
compile_changes(
	struct compile *c, struct store *s, const struct change *changes, size_t n, struct err *e)
{
	struct arena *a = arena_new();
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = dirty_change(s, &changes[i], a, mark, c);
	arena_free(a);
	if (rc != 0)
		return err_set(e, rc, "configuration", "it cannot be read: %s", strerror(-rc));
	return c->n_dirty > 0 ? compile_dirty(c, s, false, e) : 0;
}

int
compile_all(struct compile *c, struct store *s, struct err *e)
{
	struct arena *a = arena_new();
	struct owner *o;
	int rc;

	RB_FOREACH (o, owner_tree, &c->owners)
		mark(c, o->kind, o->name);
	rc = dirty_all(s, a, mark, c);
	arena_free(a);
	if (rc != 0)
		return err_set(e, rc, "configuration", "it cannot be read: %s", strerror(-rc));
	return compile_dirty(c, s, true, e);
}

static bool
answer_changed(const struct compile *c, const struct want_query *q)
{
	struct want_query now = *q;

	query_ask(c->env, &now);
	return now.answer.rc != q->answer.rc || now.answer.mtu != q->answer.mtu ||
		!addr_eq(&now.answer.addr, &q->answer.addr) ||
		strcmp(now.answer.device, q->answer.device) != 0;
}

int
compile_events(struct compile *c, struct store *s, struct err *e)
{
	struct owner *o;
	struct want_query *q;

	RB_FOREACH (o, owner_tree, &c->owners) {
		if (o->set == NULL)
			continue;
		STAILQ_FOREACH (q, &o->set->queries, link)
			if (answer_changed(c, q))
				break;
		if (q != NULL)
			mark(c, o->kind, o->name);
	}
	return c->n_dirty > 0 ? compile_dirty(c, s, true, e) : 0;
}

/* --- what comes of it ----------------------------------------------------------------------- */

static struct owner *
dirty_take(struct compile *c)
{
	struct owner *o = RB_MIN(dirty_tree, &c->dirty);

	if (o == NULL)
		return NULL;
	RB_REMOVE(dirty_tree, &c->dirty, o);
	o->is_dirty = false;
	c->n_dirty--;
	return o;
}

static bool
set_is_empty(const struct want_set *s)
{
	return s == NULL ||
		(STAILQ_EMPTY(&s->items) && STAILQ_EMPTY(&s->notes) && STAILQ_EMPTY(&s->claims) &&
			STAILQ_EMPTY(&s->queries));
}

void
compile_accept(struct compile *c, struct want_pair **pairs, size_t *n)
{
	struct owner *o;

	*n = 0;
	*pairs = calloc(c->n_dirty + 1, sizeof(**pairs));
	if (*pairs == NULL)
		abort();
	while ((o = dirty_take(c)) != NULL) {
		struct want_pair *p = &(*pairs)[(*n)++];

		count(c->n_needs, o->set, -1);
		count(c->n_needs, o->next, 1);
		p->old = o->set;
		p->new = o->next != NULL ? want_set_ref(o->next) : NULL;
		o->set = o->next;
		o->next = NULL;
		if (set_is_empty(o->set))
			owner_free(c, o);
	}
}

void
compile_abort(struct compile *c)
{
	struct owner_list all = STAILQ_HEAD_INITIALIZER(all);
	struct owner *o;
	struct err e;

	while ((o = dirty_take(c)) != NULL) {
		if (o->next != NULL)
			claims_remove(c->claims, o->next);
		want_set_unref(o->next);
		o->next = NULL;
		STAILQ_INSERT_TAIL(&all, o, aborted);
	}
	while ((o = STAILQ_FIRST(&all)) != NULL) {
		STAILQ_REMOVE_HEAD(&all, aborted);
		if (o->set == NULL)
			owner_free(c, o);
		else if (claims_add(c->claims, o->set, &e) != 0)
			log_error("%s: %s", e.object, e.text); /* they held together before */
	}
}

void
compile_clear(struct compile *c, struct want_pair **pairs, size_t *n)
{
	struct owner *o;

	RB_FOREACH (o, owner_tree, &c->owners)
		mark(c, o->kind, o->name);
	compile_accept(c, pairs, n);
}

void
compile_pairs_free(struct want_pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		want_set_unref(pairs[i].old);
		want_set_unref(pairs[i].new);
	}
	free(pairs);
}

struct want_set *
compile_set(struct compile *c, const char *owner)
{
	struct owner *o;
	struct owner probe;
	const char *blank = strchr(owner, ' ');

	for (unsigned int k = 0; k < OWNER_N && blank != NULL; k++) {
		if (strncmp(owners[k].what, owner, (size_t)(blank - owner)) != 0)
			continue;
		probe = (struct owner){ .kind = (enum owner_kind)k,
			.name = (char *)(uintptr_t)(blank + 1) };
		o = RB_FIND(owner_tree, &c->owners, &probe);
		return o != NULL ? o->set : NULL;
	}
	return NULL;
}

void
compile_each_note(struct compile *c,
	void (*fn)(void *arg, const struct want_set *s, const struct want_note *n), void *arg)
{
	struct owner *o;
	struct want_note *n;

	RB_FOREACH (o, owner_tree, &c->owners) {
		if (o->set == NULL)
			continue;
		STAILQ_FOREACH (n, &o->set->notes, link)
			fn(arg, o->set, n);
	}
}
