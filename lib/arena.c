/*
 * Memory given back all at once: chunks that are carved from the front. Nothing is ever freed
 * singly, and nothing moves. Keys do not belong here; what is freed is not
 * wiped unless it is asked for.
 */
#include "config.h"

#include "lib/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_FIRST = 1024, CHUNK_MOST = 64 * 1024 };

struct chunk {
	struct chunk *next;
	size_t used; /* bytes of data */
	size_t cap;
	max_align_t data[];
};

struct arena {
	struct chunk *head; /* the one that is carved */
	size_t next_cap;
};

static void *
must(void *p)
{
	if (!p)
		abort();
	return p;
}

struct arena *
arena_new(void)
{
	struct arena *a = must(calloc(1, sizeof(*a)));

	a->next_cap = CHUNK_FIRST;
	return a;
}

void
arena_free(struct arena *a)
{
	struct chunk *next;

	if (!a)
		return;
	for (struct chunk *c = a->head; c; c = next) {
		next = c->next;
		free(c);
	}
	free(a);
}

void
arena_wipe(struct arena *a)
{
	for (struct chunk *c = a->head; c; c = c->next)
		explicit_bzero(c->data, c->used);
}

static struct chunk *
chunk_new(size_t cap)
{
	struct chunk *c = must(calloc(1, sizeof(*c) + cap));

	c->cap = cap;
	return c;
}

/* A chunk with room for len: the head, a new head, or one of its own behind the head. */
static struct chunk *
chunk_for(struct arena *a, size_t len)
{
	struct chunk *c = a->head;

	if (c && c->cap - c->used >= len)
		return c;
	if (c && len > a->next_cap / 4) {
		c = chunk_new(len);
		c->next = a->head->next;
		a->head->next = c;
		return c;
	}
	c = chunk_new(len > a->next_cap ? len : a->next_cap);
	if (a->next_cap < CHUNK_MOST)
		a->next_cap *= 2;
	c->next = a->head;
	a->head = c;
	return c;
}

void *
arena_alloc(struct arena *a, size_t len)
{
	const size_t unit = _Alignof(max_align_t);
	struct chunk *c;
	void *p;

	if (len > SIZE_MAX / 2)
		abort();
	len = (len ? len + unit - 1 : unit) / unit * unit;
	c = chunk_for(a, len);
	p = (char *)c->data + c->used;
	c->used += len;
	return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_memdup(a, s, strlen(s) + 1);
}

void *
arena_memdup(struct arena *a, const void *p, size_t len)
{
	void *q = arena_alloc(a, len);

	if (len)
		memcpy(q, p, len);
	return q;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		abort();
	s = arena_alloc(a, (size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return s;
}
