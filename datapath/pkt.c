/*
 * The packet pool: two arrays of buffers and a free list over each, all memory taken at the start.
 * Knows nothing of what packets hold.
 */
#include "config.h"

#include "datapath/pkt.h"

#include <stdlib.h>

/* Buffers of one size. */
struct side {
	struct pkt *pkts;
	uint8_t *memory;
	struct pkt *free;
};

struct pkt_pool {
	struct side small;
	struct side large;
	unsigned int used;
};

static int
side_init(struct side *s, unsigned int n, size_t capacity, bool large)
{
	size_t room = PKT_HEADROOM + capacity + PKT_TAILROOM;

	s->pkts = calloc(n ? n : 1, sizeof(*s->pkts));
	s->memory = calloc(n ? n : 1, room);
	if (!s->pkts || !s->memory)
		return -1;
	for (unsigned int i = n; i-- > 0;) {
		struct pkt *p = &s->pkts[i];

		p->room_start = s->memory + i * room;
		p->room_end = p->room_start + room;
		p->large = large;
		p->link = s->free;
		s->free = p;
	}
	return 0;
}

static void
side_fini(struct side *s)
{
	free(s->pkts);
	free(s->memory);
}

struct pkt_pool *
pkt_pool_new(unsigned int n_small, unsigned int n_large)
{
	struct pkt_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	if (side_init(&pool->small, n_small, PKT_SMALL, false) < 0 ||
		side_init(&pool->large, n_large, PKT_LARGE, true) < 0) {
		pkt_pool_free(pool);
		return NULL;
	}
	return pool;
}

void
pkt_pool_free(struct pkt_pool *pool)
{
	if (!pool)
		return;
	side_fini(&pool->small);
	side_fini(&pool->large);
	free(pool);
}

struct pkt *
pkt_get(struct pkt_pool *pool, bool large)
{
	struct side *s = large ? &pool->large : &pool->small;
	struct pkt *p = s->free;

	if (!p)
		return NULL;
	s->free = p->link;
	pool->used++;
	p->link = NULL;
	p->data = p->room_start + PKT_HEADROOM;
	p->len = 0;
	p->next = STAGE_DROP;
	p->drop = DROP_NONE;
	p->port = 0;
	p->mtu = p->encap_local = p->encap_remote = 0;
	p->sa = NULL;
	p->arrivals = NULL;
	p->n_chain = 0;
	return p;
}

void
pkt_put(struct pkt_pool *pool, struct pkt *p)
{
	struct side *s = p->large ? &pool->large : &pool->small;

	p->link = s->free;
	s->free = p;
	pool->used--;
}

unsigned int
pkt_pool_used(const struct pkt_pool *pool)
{
	return pool->used;
}
