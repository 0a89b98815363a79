#ifndef YD_DATAPATH_PKT_H
#define YD_DATAPATH_PKT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/drop.h"

struct sa;

/*
 * A packet is a view [data, data+len) into a pool buffer with room to grow in place:
 * at least PKT_HEADROOM bytes in front and PKT_TAILROOM behind when a port delivers it.
 * data always starts at an IP header, except between gre_in/esp_in steps of one stage.
 */
#define PKT_HEADROOM 256 /* enough for all headers at once: see pipeline.c */
#define PKT_TAILROOM 64
/* Bytes of packet a buffer holds, beside head-room and tail-room: MTU-sized, or any IPv4 packet. */
#define PKT_SMALL 2048
#define PKT_LARGE 65536
#define PKT_BATCH 256
/* SAs around one packet, at most (AH around ESP). */
#define PKT_CHAIN 2
/* More packets than a pool of a datapath ever has. */
#define PKT_POOL_MAX (5 * PKT_BATCH)

/* The stages of the pipeline (pipeline.c is the map). A stage sets `next` on each packet. */
enum stage {
	STAGE_DROP,	 /* count pkt->drop, give the buffer back */
	STAGE_GRE_OUT,	 /* from the TUN of a GRE tunnel: encapsulate */
	STAGE_GRE_IN,	 /* arrived with protocol 47: decapsulate */
	STAGE_REASS_OUT, /* a fragment from a protected TUN whose policies ask for ports */
	STAGE_SPD_OUT,	 /* from a protected TUN: which policy? */
	STAGE_SA_OUT,	 /* pkt->sa is set: cut to what its path carries */
	STAGE_ESP_OUT,	 /* pkt->sa is set: encrypt */
	STAGE_AH_OUT,	 /* pkt->sa is set: authenticate */
	STAGE_ESP_IN,	 /* arrived with protocol 50: find the SA, verify, decrypt */
	STAGE_AH_IN,	 /* arrived with protocol 51: find the SA, verify */
	STAGE_REASS_IN,	 /* a verified fragment, likewise */
	STAGE_SPD_IN,	 /* pkt->sa is set and verified: does policy expect this packet from it? */
	STAGE_TUN_TX,	 /* to the kernel through the TUN port pkt->port */
	STAGE_RAW_TX,	 /* encapsulated, complete IP packet: to the path */
	STAGE_BYPASS_TX, /* not protected by policy: to the path, past the steering */
	STAGE_N
};

struct pkt {
	uint8_t *data;
	uint32_t len;	      /* bytes */
	uint8_t *room_start;  /* the view may grow down to here … */
	uint8_t *room_end;    /* … and up to here */
	uint8_t next;	      /* enum stage */
	uint8_t drop;	      /* enum drop, for STAGE_DROP */
	bool large;	      /* buffer kind, for the pool */
	uint32_t port;	      /* identity of the TUN it came from or goes to; 0 = none */
	uint16_t mtu;	      /* outbound: longest fragment its path carries; 0 = not known */
	uint16_t encap_local; /* UDP ports of RFC 3948 that it came by or goes by; 0 = native */
	uint16_t encap_remote;
	struct sa
		*chain[PKT_CHAIN]; /* in: the SAs that verified it, outermost first; out: that have
				      * protected it already; borrowed */
	uint8_t n_chain;
	struct sa *sa;	    /* between spd_out/esp_out and esp_in/spd_in; borrowed */
	uint64_t *arrivals; /* counts it when it gets where it was to go; NULL: nobody does */
	struct pkt *link;   /* pool free list */
};

static inline uint32_t
pkt_headroom(const struct pkt *p)
{
	return (uint32_t)(p->data - p->room_start);
}

static inline uint32_t
pkt_tailroom(const struct pkt *p)
{
	return (uint32_t)(p->room_end - (p->data + p->len));
}

static inline void
pkt_drop(struct pkt *p, enum drop why)
{
	p->next = STAGE_DROP;
	p->drop = (uint8_t)why;
}

/* The packet has arrived where it was to go: the buffer goes back, nothing is counted. */
static inline void
pkt_done(struct pkt *p)
{
	pkt_drop(p, DROP_NONE);
}

/* A packet made of another one is on the same way. */
static inline void
pkt_inherit(struct pkt *p, const struct pkt *from)
{
	p->port = from->port;
	p->mtu = from->mtu;
	p->encap_local = from->encap_local;
	p->encap_remote = from->encap_remote;
	p->sa = from->sa;
	p->n_chain = from->n_chain;
	for (unsigned int i = 0; i < PKT_CHAIN; i++)
		p->chain[i] = from->chain[i];
}

/* The bounded pool all packets come from. No allocation after pool_new. */
struct pkt_pool;

struct pkt_pool *pkt_pool_new(unsigned int n_small, unsigned int n_large);
void pkt_pool_free(struct pkt_pool *pool);
/* An empty view with data at the start of the room + PKT_HEADROOM; NULL when the pool is empty. */
struct pkt *pkt_get(struct pkt_pool *pool, bool large);
void pkt_put(struct pkt_pool *pool, struct pkt *p);
/* Buffers handed out and not given back. */
unsigned int pkt_pool_used(const struct pkt_pool *pool);

#endif
