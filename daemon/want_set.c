/*
 * One owner's desired objects with what goes with them: notes, claims and the questions asked.
 * Everything lives in the set's arena and goes with the last reference.
 */
#include "config.h"

#include "daemon/want_set.h"

#include "lib/arena.h"
#include "lib/secret.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct want_set *
want_set_new(const char *owner)
{
	struct arena *a = arena_new();
	struct want_set *s = arena_alloc(a, sizeof(*s));

	s->arena = a;
	s->refs = 1;
	s->owner = arena_strdup(a, owner);
	STAILQ_INIT(&s->items);
	STAILQ_INIT(&s->notes);
	STAILQ_INIT(&s->claims);
	STAILQ_INIT(&s->queries);
	RB_INIT(&s->asked);
	return s;
}

struct want_set *
want_set_ref(struct want_set *s)
{
	s->refs++;
	return s;
}

static void
wipe_keys(struct want_set *s)
{
	struct want_item *i;

	STAILQ_FOREACH (i, &s->items, link) {
		if (i->want.kind == WANT_IKE_PEER)
			secret_wipe(&i->want.ike_peer.peer->pre_shared_key,
				sizeof(i->want.ike_peer.peer->pre_shared_key));
		if (i->want.kind != WANT_SA)
			continue;
		secret_wipe(&i->want.sa.sa.cipher_key, sizeof(i->want.sa.sa.cipher_key));
		secret_wipe(&i->want.sa.sa.auth_key, sizeof(i->want.sa.sa.auth_key));
	}
}

void
want_set_unref(struct want_set *s)
{
	if (s == NULL || --s->refs > 0)
		return;
	wipe_keys(s);
	arena_free(s->arena);
}

struct want *
want_set_add(struct want_set *s, const struct want *w)
{
	struct want_item *i = arena_alloc(s->arena, sizeof(*i));

	i->want = *w;
	i->want.key = want_key(w, s->arena);
	i->want.owner = s->owner;
	STAILQ_INSERT_TAIL(&s->items, i, link);
	return &i->want;
}

void
want_set_note(struct want_set *s, const char *name, const char *fmt, ...)
{
	struct want_note *n = arena_alloc(s->arena, sizeof(*n));
	char reason[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	n->name = arena_strdup(s->arena, name);
	n->reason = arena_strdup(s->arena, reason);
	STAILQ_INSERT_TAIL(&s->notes, n, link);
}

static struct want_claim *
claim_new(struct want_set *s, const char *object, const char *what)
{
	struct want_claim *c = arena_alloc(s->arena, sizeof(*c));

	c->object = arena_strdup(s->arena, object);
	c->what = arena_strdup(s->arena, what);
	STAILQ_INSERT_TAIL(&s->claims, c, link);
	return c;
}

void
want_set_claim_text(struct want_set *s, const char *object, const char *what, const char *text)
{
	claim_new(s, object, what)->text = arena_strdup(s->arena, text);
}

void
want_set_need(struct want_set *s, enum want_need need, uint8_t af)
{
	s->needs[(unsigned int)need + (af == AF_INET6)] = 1;
}

void
want_set_claim_prefix(struct want_set *s, const char *object, const struct prefix *p)
{
	char text[PREFIX_STRLEN];

	claim_new(s, object, prefix_format(p, text))->prefix = *p;
}
