/*
 * The bytes of a changeset, read by ourselves before SQLite sees them: they come from a less trusted
 * process, and SQLite's own reader can run for hours on one that was cut. Format: "Changeset Format"
 * in the source of SQLite's session extension. Lets through only whole changes of rows of the model.
 */
#include "config.h"

#include "schema/changeset.h"

#include "lib/arena.h"
#include "lib/buf.h"
#include "schema/changes.h"
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
	uint8_t kind;
	int64_t i;
	const char *text; /* borrowed, text_len bytes without an end mark */
	size_t text_len;
	const uint8_t *bytes; /* as they stand in the changeset */
	size_t bytes_len;
};

struct reader {
	struct rbuf in;
	const struct table *table; /* of the group */
};

/* One change, both of its sides. */
struct fields {
	struct field old[COLUMNS_MAX];
	struct field new[COLUMNS_MAX];
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

	f->text = (const char *)p;
	f->text_len = (size_t)len;
	return p && is_plain_text(p, (size_t)len);
}

static bool
read_field(struct reader *r, struct field *f)
{
	const uint8_t *start = r->in.p;
	bool ok = true;

	*f = (struct field){ .kind = rbuf_u8(&r->in) };
	switch (f->kind) {
	case FIELD_ABSENT:
	case FIELD_NULL: break;
	case FIELD_INTEGER: f->i = (int64_t)rbuf_u64(&r->in); break;
	case FIELD_TEXT: ok = read_text(r, f); break;
	default: ok = false;
	}
	f->bytes = start;
	f->bytes_len = (size_t)(r->in.p - start);
	return ok && !r->in.bad;
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
	return f->kind == FIELD_INTEGER || f->kind == FIELD_TEXT;
}

/* A whole row on the side that has one; of an update the key and both values of what changed. */
static bool
is_whole(const struct table *t, uint8_t op, const struct fields *f)
{
	const struct field *side = op == SQLITE_INSERT ? f->new : f->old;

	for (unsigned int i = 0; i < t->n_columns; i++) {
		bool old = f->old[i].kind != FIELD_ABSENT;
		bool new = f->new[i].kind != FIELD_ABSENT;

		if (i < t->n_key && !is_key(&side[i]))
			return false;
		if (op != SQLITE_UPDATE	       ? side[i].kind == FIELD_ABSENT
				: i < t->n_key ? new
					       : old != new)
			return false;
	}
	return true;
}

/* What follows the operation. */
static bool
read_change(struct reader *r, uint8_t op, struct fields *f)
{
	if (!r->table || (op != SQLITE_INSERT && op != SQLITE_UPDATE && op != SQLITE_DELETE))
		return false;
	memset(f, 0, sizeof *f);
	rbuf_u8(&r->in); /* whether a trigger did it */
	if (op != SQLITE_INSERT && !read_record(r, f->old))
		return false;
	if (op != SQLITE_DELETE && !read_record(r, f->new))
		return false;
	return is_whole(r->table, op, f);
}

/* --- as a list --------------------------------------------------------------------- */

static void
put_change(const struct table *t, uint8_t op, const struct fields *f, struct arena *a,
	struct change *c)
{
	const struct field *side = op == SQLITE_INSERT ? f->new : f->old;

	*c = (struct change){ .table = t, .columns = (UINT64_C(1) << t->n_columns) - 1 };
	c->op = op == SQLITE_INSERT   ? CHANGE_INSERT
		: op == SQLITE_UPDATE ? CHANGE_UPDATE
				      : CHANGE_DELETE;
	for (unsigned int i = 0; op == SQLITE_UPDATE && i < t->n_columns; i++)
		if (f->new[i].kind == FIELD_ABSENT)
			c->columns &= ~(UINT64_C(1) << i);
	c->key = arena_alloc(a, t->n_key * sizeof *c->key);
	for (unsigned int i = 0; i < t->n_key; i++)
		c->key[i] = side[i].kind == FIELD_INTEGER
			? VALUE_OF_INT(side[i].i)
			: VALUE_OF_TEXT(
				  arena_printf(a, "%.*s", (int)side[i].text_len, side[i].text));
}

int
changes_list(const void *changeset, size_t len, struct arena *a, struct change **out, size_t *n_out)
{
	struct reader r = { .in = rbuf_over(changeset, len) };
	struct change *list = NULL;
	struct fields f;
	size_t cap = 0;
	size_t n = 0;

	*out = NULL;
	*n_out = 0;
	if (len > INT_MAX)
		return -EBADMSG;
	while (rbuf_left(&r.in)) {
		uint8_t op = rbuf_u8(&r.in);

		if (op == GROUP_MARK ? !read_group(&r) : !read_change(&r, op, &f))
			return -EBADMSG;
		if (op == GROUP_MARK)
			continue;
		if (n == cap) {
			struct change *more =
				arena_alloc(a, (cap = cap ? 2 * cap : 8) * sizeof *more);

			if (n)
				memcpy(more, list, n * sizeof *list);
			list = more;
		}
		put_change(r.table, op, &f, a, &list[n++]);
	}
	*out = list;
	*n_out = n;
	return 0;
}

/* --- with other secrets ------------------------------------------------------------ */

static void
put_varint(struct wbuf *out, size_t v)
{
	for (int shift = 28; shift; shift -= 7)
		if (v >> shift)
			wbuf_u8(out, (uint8_t)(v >> shift) | 0x80);
	wbuf_u8(out, v & 0x7f);
}

static int
put_field(struct wbuf *out, const struct column *c, const struct field *f, changeset_map_fn *map,
	void *arg)
{
	const char *text = NULL;
	int r;

	if (!c->type->secret || f->kind != FIELD_TEXT) {
		wbuf_put(out, f->bytes, f->bytes_len);
		return 0;
	}
	r = map(arg, c, f->text, f->text_len, &text);
	if (r < 0)
		return r;
	wbuf_u8(out, FIELD_TEXT);
	put_varint(out, strlen(text));
	wbuf_put(out, text, strlen(text));
	return 0;
}

int
changeset_map_secrets(
	const void *changeset, size_t len, changeset_map_fn *map, void *arg, struct wbuf *out)
{
	struct reader r = { .in = rbuf_over(changeset, len) };
	struct fields f;
	int err = 0;

	while (err == 0 && rbuf_left(&r.in)) {
		const uint8_t *start = r.in.p;
		uint8_t op = rbuf_u8(&r.in);

		if (op == GROUP_MARK ? !read_group(&r) : !read_change(&r, op, &f))
			return -EBADMSG;
		if (op == GROUP_MARK || op == SQLITE_DELETE) {
			wbuf_put(out, start, (size_t)(r.in.p - start));
			continue;
		}
		/* All up to the new values; those one by one. */
		wbuf_put(out, start, (size_t)(f.new[0].bytes - start));
		for (unsigned int i = 0; err == 0 && i < r.table->n_columns; i++)
			err = put_field(out, &r.table->columns[i], &f.new[i], map, arg);
	}
	return err < 0 ? err : out->bad ? -ENOMEM : 0;
}
