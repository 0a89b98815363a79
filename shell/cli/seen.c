/*
 * Rows already seen, by their contents. A hash that is there is only a hint: the rows are then read.
 */
#include "config.h"

#include "shell/cli/seen.h"

#include "schema/row.h"
#include "schema/type.h"
#include "shell/cli/typed.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a. */
static uint64_t
hash_bytes(uint64_t h, const void *p, size_t len)
{
	const unsigned char *b = p;

	while (len--)
		h = (h ^ *b++) * UINT64_C(1099511628211);
	return h;
}

static uint64_t
hash_value(uint64_t h, const struct value *v)
{
	h = hash_bytes(h, &v->kind, sizeof(v->kind));
	if (v->kind == VALUE_INT)
		return hash_bytes(h, &v->i, sizeof(v->i));
	return v->kind == VALUE_TEXT ? hash_bytes(h, v->s, strlen(v->s) + 1) : h;
}

/* What of a row counts as its contents. */
static bool
counts(const struct typed *ty, unsigned int column)
{
	return column >= ty->table->n_key && ty->touched & UINT64_C(1) << column;
}

/* Never 0: that is an empty slot. */
static uint64_t
hash_row(const struct typed *ty, const struct value *v)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (unsigned int c = 0; c < ty->table->n_columns; c++)
		if (counts(ty, c))
			h = hash_value(h, &v[c]);
	return h ? h : 1;
}

static uint64_t
scope_of(const struct typed *ty, unsigned int n_prefix)
{
	uint64_t h = UINT64_C(14695981039346656037);

	h = hash_bytes(h, &ty->table, sizeof(ty->table));
	h = hash_bytes(h, &ty->touched, sizeof(ty->touched));
	for (unsigned int c = 0; c < n_prefix; c++)
		h = hash_value(h, &ty->v[c]);
	return h ? h : 1;
}

void
seen_fini(struct seen *s)
{
	free(s->slots);
	*s = (struct seen){ 0 };
}

void
seen_forget(struct seen *s)
{
	s->scope = 0;
}

static uint64_t *
slot_of(const struct seen *s, uint64_t hash)
{
	size_t i = hash & (s->cap - 1);

	while (s->slots[i] && s->slots[i] != hash)
		i = (i + 1) & (s->cap - 1);
	return &s->slots[i];
}

/* Doubles. Without memory the set is given up, and with it only speed. */
static bool
grow(struct seen *s)
{
	struct seen old = *s;

	s->cap = old.cap ? 2 * old.cap : 256;
	s->slots = calloc(s->cap, sizeof(*s->slots));
	if (!s->slots) {
		free(old.slots);
		*s = (struct seen){ 0 };
		return false;
	}
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i])
			*slot_of(s, old.slots[i]) = old.slots[i];
	free(old.slots);
	return true;
}

static void
insert(struct seen *s, uint64_t hash)
{
	uint64_t *slot;

	if (2 * s->n >= s->cap && !grow(s))
		return;
	slot = slot_of(s, hash);
	s->n += !*slot;
	*slot = hash;
}

struct reading {
	struct seen *seen;
	const struct typed *ty;
};

static int
note_row(void *arg, const struct row *r)
{
	struct reading *rd = arg;

	insert(rd->seen, hash_row(rd->ty, r->v));
	return 0;
}

static int
same_row(void *arg, const struct row *r)
{
	const struct typed *ty = arg;

	for (unsigned int c = 0; c < r->table->n_columns; c++)
		if (counts(ty, c) && !value_equal(&r->v[c], &ty->v[c]))
			return 0;
	return 1;
}

static int
read_rows(struct seen *s, struct typed *ty, unsigned int n_prefix)
{
	struct reading rd = { s, ty };

	s->n = 0;
	if (s->cap)
		memset(s->slots, 0, s->cap * sizeof(*s->slots));
	s->scope = scope_of(ty, n_prefix);
	return row_each(ty->store, ty->table, ty->v, n_prefix, ty->arena, note_row, &rd);
}

int
seen_find(struct seen *s, struct typed *ty, unsigned int n_prefix)
{
	if (s->scope != scope_of(ty, n_prefix)) {
		int err = read_rows(s, ty, n_prefix);

		if (err)
			return err;
	}
	if (s->cap && !*slot_of(s, hash_row(ty, ty->v)))
		return 0;
	return row_each(ty->store, ty->table, ty->v, n_prefix, ty->arena, same_row, ty);
}

void
seen_add(struct seen *s, const struct typed *ty, unsigned int n_prefix)
{
	if (s->scope == scope_of(ty, n_prefix))
		insert(s, hash_row(ty, ty->v));
}
