/*
 * The bytes of a changeset, read by ourselves before SQLite sees them: they come from a less trusted
 * process, and SQLite's own reader can run for hours on one that was cut. Format: "Changeset Format"
 * in the source of SQLite's session extension. Lets through only whole changes of rows of the model.
 */
#include "config.h"

#include "schema/changes.h"

#include "lib/arena.h"
#include "lib/buf.h"
#include "schema/store_db.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

enum {
	GROUP_MARK = 'T',
	COLUMNS_MAX = 63, /* a bit each */
	TEXT_MAX = 1 << 20,
};

/* How a value begins. Real numbers (2) and blobs (4) are in no table of ours. */
enum { FIELD_ABSENT = 0, FIELD_INTEGER = 1, FIELD_TEXT = 3, FIELD_NULL = 5 };

struct field {
	bool present;
	struct value v;
};

struct reader {
	struct rbuf in;
	struct arena *arena;
	const struct table *table; /* of the group */
};

/* SQLite's variable-length integer: 7 bits a byte, the ninth has 8. */
static uint64_t
read_varint(struct rbuf *b)
{
	uint64_t v = 0;

	for (int i = 0; i < 9; i++) {
		uint8_t c = rbuf_u8(b);

		if (i == 8)
			return v << 8 | c;
		v = v << 7 | (c & 0x7f);
		if (!(c & 0x80))
			break;
	}
	return v;
}

/* No control characters: a line of text stays one line when the configuration is written out. */
static bool
is_plain_text(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] < 0x20 || p[i] == 0x7f)
			return false;
	return true;
}

static bool
read_text(struct reader *r, struct field *f)
{
	uint64_t len = read_varint(&r->in);
	const uint8_t *p = len <= TEXT_MAX ? rbuf_take(&r->in, (size_t)len) : NULL;
	char *text;

	if (!p || !is_plain_text(p, (size_t)len))
		return false;
	text = arena_alloc(r->arena, (size_t)len + 1);
	memcpy(text, p, (size_t)len);
	f->v = VALUE_OF_TEXT(text);
	return true;
}

static bool
read_field(struct reader *r, struct field *f)
{
	uint8_t kind = rbuf_u8(&r->in);

	*f = (struct field){ .present = kind != FIELD_ABSENT };
	switch (kind) {
	case FIELD_ABSENT:
	case FIELD_NULL: break;
	case FIELD_INTEGER: f->v = VALUE_OF_INT((int64_t)rbuf_u64(&r->in)); break;
	case FIELD_TEXT: return read_text(r, f);
	default: return false;
	}
	return !r->in.bad;
}

static bool
read_record(struct reader *r, struct field *f)
{
	for (unsigned int i = 0; i < r->table->n_columns; i++)
		if (!read_field(r, &f[i]))
			return false;
	return true;
}

/* Columns, which of them are the key, and the name; all must be as in the model. */
static bool
read_group(struct reader *r)
{
	uint64_t n = read_varint(&r->in);
	const uint8_t *pk = n <= COLUMNS_MAX ? rbuf_take(&r->in, (size_t)n) : NULL;
	const void *end = pk ? memchr(r->in.p, 0, rbuf_left(&r->in)) : NULL;
	const char *name = (const char *)r->in.p;

	if (!end)
		return false;
	rbuf_take(&r->in, strlen(name) + 1);
	r->table = model_table(name);
	if (!r->table || n != r->table->n_columns)
		return false;
	for (unsigned int i = 0; i < n; i++)
		if ((pk[i] != 0) != (i < r->table->n_key))
			return false;
	return true;
}

static bool
is_key(const struct field *f)
{
	return f->present && f->v.kind != VALUE_NULL;
}

/* A whole row on the side that has one; of an update the key and both values of what changed. */
static bool
is_whole(const struct table *t, const struct field *old, const struct field *new, struct change *c)
{
	const struct field *side = c->op == CHANGE_INSERT ? new : old;

	c->columns = c->op == CHANGE_UPDATE ? 0 : (UINT64_C(1) << t->n_columns) - 1;
	for (unsigned int i = 0; i < t->n_columns; i++) {
		if (i < t->n_key && !is_key(&side[i]))
			return false;
		if (c->op != CHANGE_UPDATE && !side[i].present)
			return false;
		if (c->op != CHANGE_UPDATE || i < t->n_key) {
			if (c->op == CHANGE_UPDATE && new[i].present)
				return false;
			continue;
		}
		if (old[i].present != new[i].present)
			return false;
		if (new[i].present)
			c->columns |= UINT64_C(1) << i;
	}
	return true;
}

static bool
read_change(struct reader *r, uint8_t op, struct change *c)
{
	struct field old[COLUMNS_MAX] = { 0 };
	struct field new[COLUMNS_MAX] = { 0 };
	const struct field *side = op == SQLITE_INSERT ? new : old;

	if (!r->table || (op != SQLITE_INSERT && op != SQLITE_UPDATE && op != SQLITE_DELETE))
		return false;
	c->table = r->table;
	c->op = op == SQLITE_INSERT   ? CHANGE_INSERT
		: op == SQLITE_UPDATE ? CHANGE_UPDATE
				      : CHANGE_DELETE;
	rbuf_u8(&r->in); /* whether a trigger did it */
	if (op != SQLITE_INSERT && !read_record(r, old))
		return false;
	if (op != SQLITE_DELETE && !read_record(r, new))
		return false;
	if (!is_whole(r->table, old, new, c))
		return false;
	c->key = arena_alloc(r->arena, r->table->n_key * sizeof *c->key);
	for (unsigned int i = 0; i < r->table->n_key; i++)
		c->key[i] = side[i].v;
	return true;
}

int
changes_list(const void *changeset, size_t len, struct arena *a, struct change **out, size_t *n_out)
{
	struct reader r = { .in = rbuf_over(changeset, len), .arena = a };
	struct change *list = NULL;
	size_t cap = 0;
	size_t n = 0;

	*out = NULL;
	*n_out = 0;
	if (len > INT_MAX)
		return -EBADMSG;
	while (rbuf_left(&r.in)) {
		uint8_t op = rbuf_u8(&r.in);

		if (op == GROUP_MARK) {
			if (!read_group(&r))
				return -EBADMSG;
			continue;
		}
		if (n == cap) {
			struct change *more =
				arena_alloc(a, (cap = cap ? 2 * cap : 8) * sizeof *more);

			if (n)
				memcpy(more, list, n * sizeof *list);
			list = more;
		}
		if (!read_change(&r, op, &list[n++]))
			return -EBADMSG;
	}
	*out = list;
	*n_out = n;
	return 0;
}
