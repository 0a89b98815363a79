/*
 * Bounded readers and writers over wire bytes. Knows no protocol. A reader or writer that has
 * gone bad stays bad: it yields zeros and writes nothing more.
 */
#include "config.h"

#include "lib/buf.h"

#include <stdlib.h>
#include <string.h>

#include "lib/secret.h"

const uint8_t *
rbuf_take(struct rbuf *b, size_t len)
{
	const uint8_t *p = b->p;

	if (b->bad || len > rbuf_left(b)) {
		b->bad = true;
		return NULL;
	}
	if (len)
		b->p += len;
	return p;
}

uint8_t
rbuf_u8(struct rbuf *b)
{
	const uint8_t *p = rbuf_take(b, 1);

	return p ? *p : 0;
}

uint16_t
rbuf_u16(struct rbuf *b)
{
	const uint8_t *p = rbuf_take(b, 2);

	return p ? be16_get(p) : 0;
}

uint32_t
rbuf_u32(struct rbuf *b)
{
	const uint8_t *p = rbuf_take(b, 4);

	return p ? be32_get(p) : 0;
}

uint64_t
rbuf_u64(struct rbuf *b)
{
	const uint8_t *p = rbuf_take(b, 8);

	return p ? (uint64_t)be32_get(p) << 32 | be32_get(p + 4) : 0;
}

void
rbuf_copy(struct rbuf *b, void *dst, size_t len)
{
	const uint8_t *p = rbuf_take(b, len);

	if (!len)
		return;
	if (p)
		memcpy(dst, p, len);
	else
		memset(dst, 0, len);
}

struct rbuf
rbuf_sub(struct rbuf *b, size_t len)
{
	struct rbuf sub = { .p = b->end, .end = b->end, .bad = true };
	bool empty = len == 0 && !b->bad;
	const uint8_t *p = rbuf_take(b, len);

	if (p || empty)
		sub = rbuf_over(p, len);
	return sub;
}

struct wbuf
wbuf_growing(void)
{
	return (struct wbuf){ .grows = true };
}

/* What was written may have been a secret. */
void
wbuf_fini(struct wbuf *b)
{
	if (b->grows && b->start) {
		secret_wipe(b->start, (size_t)(b->end - b->start));
		free(b->start);
	}
	*b = (struct wbuf){ .bad = true };
}

static bool
wbuf_grow(struct wbuf *b, size_t len)
{
	size_t used = wbuf_len(b), cap = (size_t)(b->end - b->start);
	uint8_t *p;

	if (len > SIZE_MAX / 4 - used)
		return false;
	if (!cap)
		cap = 256;
	while (cap < used + len)
		cap *= 2;
	p = malloc(cap);
	if (!p)
		return false;
	if (b->start) {
		memcpy(p, b->start, used);
		secret_wipe(b->start, used);
		free(b->start);
	}
	b->start = p;
	b->p = p + used;
	b->end = p + cap;
	return true;
}

uint8_t *
wbuf_reserve(struct wbuf *b, size_t len)
{
	uint8_t *p;

	if (!b->bad && len > (size_t)(b->end - b->p) && !(b->grows && wbuf_grow(b, len)))
		b->bad = true;
	if (b->bad)
		return NULL;
	p = b->p;
	if (len)
		b->p += len;
	return p;
}

void
wbuf_u8(struct wbuf *b, uint8_t v)
{
	uint8_t *p = wbuf_reserve(b, 1);

	if (p)
		*p = v;
}

void
wbuf_u16(struct wbuf *b, uint16_t v)
{
	uint8_t *p = wbuf_reserve(b, 2);

	if (p)
		be16_put(p, v);
}

void
wbuf_u32(struct wbuf *b, uint32_t v)
{
	uint8_t *p = wbuf_reserve(b, 4);

	if (p)
		be32_put(p, v);
}

void
wbuf_u64(struct wbuf *b, uint64_t v)
{
	uint8_t *p = wbuf_reserve(b, 8);

	if (!p)
		return;
	be32_put(p, (uint32_t)(v >> 32));
	be32_put(p + 4, (uint32_t)v);
}

void
wbuf_put(struct wbuf *b, const void *src, size_t len)
{
	uint8_t *p = wbuf_reserve(b, len);

	if (p && len)
		memcpy(p, src, len);
}
