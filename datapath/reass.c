/*
 * Reassembly, and the stage that does it: for policies that ask for ports, which only a whole packet
 * shows (RFC 4301 7), and for captures. Refuses to know policies. Drops are counted by the packet
 * that was given up, its later fragments and those that are malformed one by one.
 */
#include "config.h"

#include "datapath/reass.h"

#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/pipeline.h"
#include "datapath/sadb.h"
#include "datapath/stats.h"
#include "lib/buf.h"
#include "lib/loop.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum { N_BUCKETS = 256, DATA_MAX = 65535, NEXT_FRAGMENT = 44, ECN_MASK = 3, ECN_CE = 3 };
enum { HEAD_MAX = 512, INBOUND = 1 };

/* What fragments of one packet have in common. No padding: compared as bytes. */
struct key {
	uint8_t addrs[2 * IP6_ADDR_LEN];
	uint64_t tag;
	uint32_t id;
	uint16_t protocol; /* IPv4 only */
	uint16_t version;
};

/* A fragment, looked at. */
struct fragment {
	struct key key;
	const uint8_t *head; /* headers that every fragment has; without the fragment header */
	uint32_t head_len;
	uint32_t next_at; /* IPv6: where the head says what follows */
	uint8_t next;	  /* IPv6: what follows */
	const uint8_t *data;
	uint32_t len;
	uint32_t off;
	uint8_t tos;
	bool last;
};

struct piece {
	SLIST_ENTRY(piece) next; /* in the order of offsets */
	uint32_t off;
	uint32_t len;
	uint8_t data[];
};

struct entry {
	TAILQ_ENTRY(entry) age;
	SLIST_ENTRY(entry) hash;
	struct key key;
	SLIST_HEAD(, piece) pieces;
	unsigned int n_pieces;
	uint32_t held; /* bytes of data */
	uint32_t end;  /* of the data; 0 = the last fragment is missing */
	uint64_t until_ms;
	size_t cost; /* in reass->bytes */
	bool given_up;
	bool ce;      /* congestion experienced by one of them */
	bool not_ect; /* and one whose sender does not know ECN */
	uint8_t next;
	uint32_t next_at;
	uint32_t head_len; /* 0: the first fragment is missing */
	uint8_t head[HEAD_MAX];
};

struct reass {
	struct dp *dp;
	struct timer *timer;
	unsigned int n;
	size_t bytes;
	TAILQ_HEAD(, entry) by_age; /* the oldest first; all live equally long */
	SLIST_HEAD(, entry) buckets[N_BUCKETS];
};

static uint32_t
key_hash(const struct key *k)
{
	const uint8_t *p = (const uint8_t *)k;
	uint64_t h = 0, w;

	for (size_t i = 0; i + sizeof(w) <= sizeof(*k); i += sizeof(w)) {
		memcpy(&w, p + i, sizeof(w));
		h = (h ^ w ^ h >> 32) * 0x9e3779b97f4a7c15u;
	}
	return (uint32_t)(h >> 56);
}
_Static_assert(N_BUCKETS == 1 << 8 && sizeof(struct key) % 8 == 0, "key_hash");

static void
pieces_free(struct reass *r, struct entry *e)
{
	while (!SLIST_EMPTY(&e->pieces)) {
		struct piece *p = SLIST_FIRST(&e->pieces);

		SLIST_REMOVE_HEAD(&e->pieces, next);
		free(p);
	}
	r->bytes -= e->cost;
	e->cost = 0;
}

static void
entry_free(struct reass *r, struct entry *e)
{
	pieces_free(r, e);
	TAILQ_REMOVE(&r->by_age, e, age);
	SLIST_REMOVE(&r->buckets[key_hash(&e->key)], e, entry, hash);
	r->n--;
	free(e);
}

/* Nothing of this packet will be taken any more; the entry stays to remember that. */
static void
give_up(struct reass *r, struct entry *e)
{
	e->given_up = true;
	pieces_free(r, e);
}

static void
evict(struct reass *r, enum drop why)
{
	struct entry *e = TAILQ_FIRST(&r->by_age);

	if (!e->given_up)
		stats_drop(r->dp->stats, why);
	entry_free(r, e);
}

static void
expire(void *arg)
{
	struct reass *r = arg;
	uint64_t now = loop_now_ms(r->dp->loop);

	while (!TAILQ_EMPTY(&r->by_age) && TAILQ_FIRST(&r->by_age)->until_ms <= now)
		evict(r, DROP_reass_timeout);
	if (!TAILQ_EMPTY(&r->by_age))
		timer_set(r->timer, TAILQ_FIRST(&r->by_age)->until_ms - now);
}

struct reass *
reass_new(struct dp *dp)
{
	struct reass *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->dp = dp;
	TAILQ_INIT(&r->by_age);
	r->timer = timer_new(dp->loop, expire, r);
	if (!r->timer) {
		free(r);
		return NULL;
	}
	return r;
}

void
reass_free(struct reass *r)
{
	if (!r)
		return;
	while (!TAILQ_EMPTY(&r->by_age))
		entry_free(r, TAILQ_FIRST(&r->by_age));
	timer_free(r->timer);
	free(r);
}

unsigned int
reass_n(const struct reass *r)
{
	return r->n;
}

size_t
reass_bytes(const struct reass *r)
{
	return r->bytes;
}

/* --- reading a fragment ----------------------------------------------------------------- */

static bool
read4(const uint8_t *p, uint32_t len, struct fragment *f)
{
	struct ip4 ip;

	if (ip4_parse(p, len, &ip) != DROP_NONE || (!ip.mf && ip.frag_off == 0))
		return false;
	memcpy(f->key.addrs, p + 12, 8);
	f->key.id = ip.id;
	f->key.protocol = ip.protocol;
	f->key.version = 4;
	f->head = p;
	f->head_len = ip.hdr_len;
	f->data = p + ip.hdr_len;
	f->len = (uint32_t)ip.total_len - ip.hdr_len;
	f->off = ip.frag_off;
	f->tos = ip.tos;
	f->last = !ip.mf;
	return true;
}

static bool
read6(const uint8_t *p, uint32_t len, struct fragment *f)
{
	size_t at = 0, off;
	struct ip6 ip;

	if (ip6_parse(p, len, &ip) != DROP_NONE)
		return false;
	len = (uint32_t)IP6_HDR_LEN + ip.payload_len;
	off = ip6_fragment_header(p, len, &at);
	if (off == 0)
		return false;
	memcpy(f->key.addrs, p + 8, sizeof(f->key.addrs));
	f->key.id = be32_get(p + off + 4);
	f->key.version = 6;
	f->head = p;
	f->head_len = (uint32_t)off;
	f->next_at = (uint32_t)at;
	f->next = p[off];
	f->data = p + off + IP6_FRAG_LEN;
	f->len = len - (uint32_t)off - IP6_FRAG_LEN;
	f->off = be16_get(p + off + 2) & 0xfff8;
	f->tos = ip.tclass;
	f->last = !(p[off + 3] & 1);
	return true;
}

static bool
fragment_read(const uint8_t *p, uint32_t len, uint64_t tag, struct fragment *f)
{
	memset(f, 0, sizeof(*f));
	f->key.tag = tag;
	if (len > 0 && p[0] >> 4 == 6)
		return read6(p, len, f);
	return len > 0 && read4(p, len, f);
}

bool
reass_is_fragment(const uint8_t *p, uint32_t len)
{
	struct fragment f;

	return fragment_read(p, len, 0, &f);
}

/* Could it be a part of a packet? (RFC 8200 4.5, and the same for IPv4) */
static bool
is_sane(const struct fragment *f)
{
	uint32_t head = f->key.version == 6 ? f->head_len - IP6_HDR_LEN : f->head_len;

	return f->len > 0 && (f->last || f->len % 8 == 0) && f->head_len <= HEAD_MAX &&
		head + f->off + f->len <= DATA_MAX;
}

/* --- putting together ------------------------------------------------------------------- */

static struct entry *
entry_get(struct reass *r, const struct key *k)
{
	uint32_t bucket = key_hash(k);
	struct entry *e;

	SLIST_FOREACH (e, &r->buckets[bucket], hash) {
		if (memcmp(&e->key, k, sizeof(*k)) == 0)
			return e;
	}
	if (r->n == REASS_PACKETS)
		evict(r, DROP_reass_full);
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->key = *k;
	e->until_ms = loop_now_ms(r->dp->loop) + REASS_TIME_MS;
	TAILQ_INSERT_TAIL(&r->by_age, e, age);
	SLIST_INSERT_HEAD(&r->buckets[bucket], e, hash);
	r->n++;
	if (!timer_pending(r->timer))
		timer_set(r->timer, REASS_TIME_MS);
	return e;
}

/* Keeps the data. DROP_NONE, or why not: then the packet is lost. */
static enum drop
piece_add(struct reass *r, struct entry *e, const struct fragment *f)
{
	struct piece *before = NULL, *p, *new;

	SLIST_FOREACH (p, &e->pieces, next) {
		if (p->off >= f->off)
			break;
		before = p;
	}
	if (p && p->off == f->off && p->len == f->len && memcmp(p->data, f->data, f->len) == 0)
		return DROP_NONE; /* a copy */
	if ((before && before->off + before->len > f->off) || (p && f->off + f->len > p->off))
		return DROP_reass_overlap;
	new = e->n_pieces < REASS_PIECES ? malloc(sizeof(*new) + f->len) : NULL;
	if (!new)
		return DROP_reass_full;
	new->off = f->off;
	new->len = f->len;
	memcpy(new->data, f->data, f->len);
	if (before)
		SLIST_INSERT_AFTER(before, new, next);
	else
		SLIST_INSERT_HEAD(&e->pieces, new, next);
	e->n_pieces++;
	e->held += f->len;
	e->cost += sizeof(*new) + f->len;
	r->bytes += sizeof(*new) + f->len;
	return DROP_NONE;
}

static enum drop
entry_add(struct reass *r, struct entry *e, const struct fragment *f)
{
	uint32_t end = f->off + f->len;
	const struct piece *p;

	if ((e->end && (end > e->end || (f->last && end != e->end))))
		return DROP_reass_overlap;
	if (f->last && !e->end) {
		SLIST_FOREACH (p, &e->pieces, next) {
			if (p->off + p->len > end)
				return DROP_reass_overlap;
		}
		e->end = end;
	}
	if (f->off == 0 && e->head_len == 0) {
		memcpy(e->head, f->head, f->head_len);
		e->head_len = f->head_len;
		e->next = f->next;
		e->next_at = f->next_at;
	}
	e->ce |= (f->tos & ECN_MASK) == ECN_CE;
	e->not_ect |= (f->tos & ECN_MASK) == 0;
	return piece_add(r, e, f);
}

/* The header of the whole (RFC 3168 5.3: a congestion mark of one fragment counts). */
static void
head_write(const struct entry *e, uint8_t *p, uint32_t len)
{
	memcpy(p, e->head, e->head_len);
	if (e->key.version == 6) {
		be16_put(p + 4, (uint16_t)(len - IP6_HDR_LEN));
		p[e->next_at] = e->next;
		if (e->ce)
			p[1] |= ECN_CE << 4;
		return;
	}
	be16_put(p + 2, (uint16_t)len);
	be16_put(p + 6, be16_get(p + 6) & 0x4000);
	if (e->ce)
		p[1] |= ECN_CE;
	ip4_checksum_set(p, e->head_len);
}

static struct pkt *
entry_finish(struct reass *r, struct entry *e, enum drop *why)
{
	struct pkt *whole = NULL;
	const struct piece *p;

	*why = e->ce && e->not_ect ? DROP_ip_ecn : DROP_pool_empty;
	if (*why != DROP_ip_ecn)
		whole = pkt_get(r->dp->pool, true);
	if (whole && e->head_len + e->end <= (e->key.version == 6 ? PKT_LARGE : DATA_MAX)) {
		whole->len = e->head_len + e->end;
		head_write(e, whole->data, whole->len);
		SLIST_FOREACH (p, &e->pieces, next)
			memcpy(whole->data + e->head_len + p->off, p->data, p->len);
		*why = DROP_NONE;
	} else if (whole) {
		pkt_put(r->dp->pool, whole);
		whole = NULL;
		*why = DROP_reass_malformed;
	}
	entry_free(r, e);
	return whole;
}

struct pkt *
reass_add(struct reass *r, const uint8_t *p, uint32_t len, uint64_t tag, enum drop *why)
{
	struct fragment f;
	struct entry *e;

	*why = DROP_reass_malformed;
	if (!fragment_read(p, len, tag, &f) || !is_sane(&f))
		return NULL;
	while (r->bytes + sizeof(struct piece) + f.len > REASS_BYTES)
		evict(r, DROP_reass_full);
	*why = DROP_reass_full;
	e = entry_get(r, &f.key);
	if (!e)
		return NULL;
	*why = e->given_up ? DROP_reass_overlap : entry_add(r, e, &f);
	if (*why != DROP_NONE) {
		give_up(r, e);
		return NULL;
	}
	return e->end && e->held == e->end && e->head_len ? entry_finish(r, e, why) : NULL;
}

/* --- the stage -------------------------------------------------------------------------- */

/* Fragments from one TUN belong together, and those that came by one SA. */
static uint64_t
tag_of(const struct pkt *p)
{
	return p->sa ? (uint64_t)p->sa->id << 1 | INBOUND : (uint64_t)p->port << 1;
}

/* The whole packet goes on like its last fragment, to the policy that asked for it. */
static void
fragment_take(struct dp *dp, struct pkt *p)
{
	enum drop why;
	struct pkt *whole = reass_add(dp->reass, p->data, p->len, tag_of(p), &why);

	if (whole) {
		pkt_inherit(whole, p);
		whole->next = p->sa ? STAGE_SPD_IN : STAGE_SPD_OUT;
		pipeline_push(dp, whole);
	}
	pkt_drop(p, why);
}

void
reass_stage(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		fragment_take(dp, pkts[i]);
}
