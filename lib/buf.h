#ifndef YD_LIB_BUF_H
#define YD_LIB_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The only way to touch wire bytes. Reading past the end or writing past the
 * capacity sets `bad` and yields zeros: parsers check `bad` once at the end.
 * All integers are in network order on the wire and host order in memory.
 */
struct rbuf {
	const uint8_t *p;
	const uint8_t *end;
	bool bad;
};

struct wbuf {
	uint8_t *start;
	uint8_t *p;
	uint8_t *end;
	bool grows; /* start is malloc'd and may move; wbuf_fini frees it */
	bool bad;
};

static inline struct rbuf
rbuf_over(const void *p, size_t len)
{
	/* nothing may be nowhere: NULL + 0 is undefined */
	return (struct rbuf){ .p = p, .end = len ? (const uint8_t *)p + len : p };
}

static inline size_t
rbuf_left(const struct rbuf *b)
{
	return (size_t)(b->end - b->p);
}

uint8_t rbuf_u8(struct rbuf *b);
uint16_t rbuf_u16(struct rbuf *b);
uint32_t rbuf_u32(struct rbuf *b);
uint64_t rbuf_u64(struct rbuf *b);
/* Copies len bytes to dst (zeroes dst when there are fewer). */
void rbuf_copy(struct rbuf *b, void *dst, size_t len);
/* Borrows len bytes, or NULL (and bad) when there are fewer. */
const uint8_t *rbuf_take(struct rbuf *b, size_t len);
/* A reader over the next len bytes, which are consumed from b. */
struct rbuf rbuf_sub(struct rbuf *b, size_t len);

static inline struct wbuf
wbuf_over(void *p, size_t cap)
{
	return (struct wbuf){ .start = p, .p = p, .end = (uint8_t *)p + cap };
}

/* A writer that allocates as it grows; wbuf_fini gives the memory back. */
struct wbuf wbuf_growing(void);
void wbuf_fini(struct wbuf *b);

static inline size_t
wbuf_len(const struct wbuf *b)
{
	return (size_t)(b->p - b->start);
}

void wbuf_u8(struct wbuf *b, uint8_t v);
void wbuf_u16(struct wbuf *b, uint16_t v);
void wbuf_u32(struct wbuf *b, uint32_t v);
void wbuf_u64(struct wbuf *b, uint64_t v);
void wbuf_put(struct wbuf *b, const void *src, size_t len);
/* Reserves len bytes and returns where they are, or NULL (and bad). Valid until the next growth. */
uint8_t *wbuf_reserve(struct wbuf *b, size_t len);

/* Big-endian access to single fields of a packet whose length has been checked. */
static inline uint16_t
be16_get(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}
static inline uint32_t
be32_get(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline uint64_t
be64_get(const uint8_t *p)
{
	return (uint64_t)be32_get(p) << 32 | be32_get(p + 4);
}
static inline void
be16_put(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}
static inline void
be32_put(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}
static inline void
be64_put(uint8_t *p, uint64_t v)
{
	be32_put(p, (uint32_t)(v >> 32));
	be32_put(p + 4, (uint32_t)v);
}

#endif
