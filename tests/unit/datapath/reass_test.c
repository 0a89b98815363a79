/*
 * Twin of datapath/reass.c: packets that ip4.c and ip6.c cut, in any order, are whole again; and what is
 * refused, forgotten and pushed out.
 */
#include "config.h"

#include "datapath/reass.h"

#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "lib/buf.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <stdlib.h>
#include <string.h>

enum { N_FRAGMENTS = 64, MTU_MAX = 2000, N_PACKETS = 8 };

struct piece {
	uint8_t data[MTU_MAX];
	uint32_t len;
};

/* A packet and its fragments. */
struct cut {
	uint8_t whole[9000];
	uint32_t len;
	struct piece pieces[N_FRAGMENTS];
	unsigned int n;
};

static void
packet_make(struct cut *c, bool v6, uint16_t id, uint64_t *d)
{
	c->len = 100 + dice(d) % 8000;
	if (!v6) {
		packet_ip4(c->whole, c->len, 17, d);
		be16_put(c->whole + 4, id);
		ip4_checksum_set(c->whole, 20);
		return;
	}
	for (uint32_t i = 0; i < c->len; i++)
		c->whole[i] = (uint8_t)dice(d);
	be32_put(c->whole, 6u << 28);
	be16_put(c->whole + 4, (uint16_t)(c->len - 40));
	c->whole[6] = dice(d) % 2 ? 0 : 17; /* hop-by-hop options of 8 bytes, or not */
	memset(c->whole + 8, 7, 32);
	c->whole[40] = 17;
	c->whole[41] = 0;
}

static void
cut_make(struct cut *c, bool v6, uint16_t id, uint32_t mtu, uint64_t *d)
{
	struct ip4_frag f4;
	struct ip6_frag f6;
	struct ip4 ip;

	packet_make(c, v6, id, d);
	if (v6) {
		CU_ASSERT_EQUAL_FATAL(ip6_frag_init(&f6, c->whole, c->len, mtu, id), 0);
	} else {
		CU_ASSERT_EQUAL_FATAL(ip4_parse(c->whole, c->len, &ip), DROP_NONE);
		CU_ASSERT_EQUAL_FATAL(ip4_frag_init(&f4, c->whole, &ip, mtu), 0);
	}
	for (c->n = 0; c->n < N_FRAGMENTS; c->n++) {
		struct piece *p = &c->pieces[c->n];

		p->len = v6 ? ip6_frag_next(&f6, p->data) : ip4_frag_next(&f4, p->data);
		if (p->len == 0)
			break;
	}
}

static struct pkt *
add(struct world *w, const struct piece *p, uint64_t tag, enum drop want)
{
	enum drop why;
	struct pkt *whole = reass_add(w->dp.reass, p->data, p->len, tag, &why);

	CU_ASSERT_EQUAL(why, want);
	return whole;
}

static void
shuffle(unsigned int *order, unsigned int n, uint64_t *d)
{
	for (unsigned int i = n; i-- > 1;) {
		unsigned int k = dice(d) % (i + 1), t = order[i];

		order[i] = order[k];
		order[k] = t;
	}
}

static void
fragments_in_any_order_are_the_packet_again(void)
{
	static struct cut cuts[N_PACKETS];
	uint64_t d = 19;
	struct world w;

	world_init(&w);
	for (unsigned int round = 0; round < 40; round++) {
		unsigned int order[N_PACKETS * N_FRAGMENTS], n = 0, whole = 0;

		for (unsigned int i = 0; i < N_PACKETS; i++) {
			cut_make(&cuts[i], dice(&d) % 2, (uint16_t)(round * 8 + i),
				200 + dice(&d) % 1700, &d);
			for (unsigned int k = 0; k < cuts[i].n; k++)
				order[n++] = i * N_FRAGMENTS + k;
		}
		shuffle(order, n, &d);
		for (unsigned int i = 0; i < n; i++) {
			struct cut *c = &cuts[order[i] / N_FRAGMENTS];
			const struct piece *p = &c->pieces[order[i] % N_FRAGMENTS];
			struct pkt *got;

			if (c->n == 1) { /* was short enough */
				whole++;
				continue;
			}
			got = add(&w, p, 5, DROP_NONE);
			if (!got) {
				if (dice(&d) % 4 == 0) /* a copy changes nothing */
					CU_ASSERT_PTR_NULL(add(&w, p, 5, DROP_NONE));
				continue;
			}
			whole++;
			CU_ASSERT_EQUAL(got->len, c->len);
			CU_ASSERT_EQUAL(memcmp(got->data, c->whole, c->len), 0);
			pkt_put(w.dp.pool, got);
		}
		CU_ASSERT_EQUAL(whole, N_PACKETS);
		CU_ASSERT_EQUAL(reass_n(w.dp.reass), 0);
		CU_ASSERT_EQUAL(reass_bytes(w.dp.reass), 0);
	}
	world_fini(&w);
}

/* An IPv4 fragment of these words. */
static void
fragment_make(struct piece *p, uint16_t id, uint32_t off, uint32_t len, bool mf, uint8_t fill)
{
	struct ip4 ip = { .total_len = (uint16_t)(20 + len),
		.id = id,
		.mf = mf,
		.frag_off = (uint16_t)off,
		.ttl = 9,
		.protocol = 17,
		.src = 1,
		.dst = 2 };

	memset(p->data, fill, 20 + len);
	ip4_build(p->data, &ip);
	p->len = 20 + len;
}

static void
overlapping_fragments_take_the_packet_with_them(void)
{
	static const struct {
		struct {
			uint32_t off, len;
			bool mf;
		} f[3];
	} rows[] = {
		{ { { 0, 16, true }, { 8, 16, false } } },		   /* teardrop */
		{ { { 8, 16, false }, { 0, 16, true } } },		   /* from before */
		{ { { 0, 64, true }, { 8, 16, true } } },		   /* within */
		{ { { 8, 16, true }, { 0, 64, true } } },		   /* around */
		{ { { 16, 8, false }, { 24, 8, true } } },		   /* behind the end */
		{ { { 24, 8, true }, { 8, 8, false } } },		   /* the end is before */
		{ { { 16, 8, false }, { 8, 8, false } } },		   /* two ends */
		{ { { 0, 16, true }, { 32, 8, true }, { 8, 32, true } } }, /* over a gap */
	};
	struct world w;

	world_init(&w);
	for (uint16_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned int n = rows[i].f[2].len ? 3 : 2;
		struct piece p;

		for (unsigned int k = 0; k < n; k++) {
			fragment_make(&p, i, rows[i].f[k].off, rows[i].f[k].len, rows[i].f[k].mf,
				(uint8_t)k);
			CU_ASSERT_PTR_NULL(
				add(&w, &p, 0, k + 1 < n ? DROP_NONE : DROP_reass_overlap));
		}
		/* the rest of it, which would be good, is refused too */
		fragment_make(&p, i, 40, 8, true, 0);
		CU_ASSERT_PTR_NULL(add(&w, &p, 0, DROP_reass_overlap));
	}
	CU_ASSERT_EQUAL(reass_bytes(w.dp.reass), 0);
	/* a copy with other contents is an overlap */
	struct piece p;
	fragment_make(&p, 99, 0, 16, true, 1);
	CU_ASSERT_PTR_NULL(add(&w, &p, 0, DROP_NONE));
	fragment_make(&p, 99, 0, 16, true, 2);
	CU_ASSERT_PTR_NULL(add(&w, &p, 0, DROP_reass_overlap));
	world_fini(&w);
}

static void
malformed_fragments_are_refused(void)
{
	static const struct {
		uint32_t off, len;
		bool mf;
	} rows[] = { { 0, 15, true }, { 8, 0, false }, { 0, 0, true }, { 65528, 24, false },
		{ 0, 8, false } }; /* the last is no fragment */
	struct world w;

	world_init(&w);
	for (uint16_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct piece p;

		fragment_make(&p, i, rows[i].off, rows[i].len, rows[i].mf, 0);
		CU_ASSERT_PTR_NULL(add(&w, &p, 0, DROP_reass_malformed));
		p.data[10] ^= 1;
		CU_ASSERT_PTR_NULL(add(&w, &p, 0, DROP_reass_malformed));
	}
	CU_ASSERT_EQUAL(reass_n(w.dp.reass), 0);
	world_fini(&w);
}

/* Options that only the first fragment has make the whole longer than any fragment says. */
static struct pkt *
long_packet(struct world *w, uint16_t id, uint32_t total, enum drop want)
{
	enum { WORDS = 15, STEP = 1024 };
	uint32_t end = total - 4 * WORDS;
	struct pkt *whole = NULL;
	struct piece p;

	for (uint32_t off = 0; off < end; off += STEP) {
		bool last = off + STEP >= end;

		fragment_make(&p, id, off, last ? end - off : STEP, !last, 0);
		if (off == 0) {
			memset(p.data + 20, 1, 40); /* no operation */
			p.data[0] = 0x40 | WORDS;
			be16_put(p.data + 2, 4 * WORDS + STEP);
			ip4_checksum_set(p.data, 4 * WORDS);
			p.len = 4 * WORDS + STEP;
		}
		whole = add(w, &p, 0, last ? want : DROP_NONE);
	}
	return whole;
}

static void
a_packet_longer_than_its_header_can_say_is_refused(void)
{
	struct pkt *whole;
	struct world w;
	struct ip4 ip;

	world_init(&w);
	whole = long_packet(&w, 1, 65535, DROP_NONE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(whole);
	CU_ASSERT_EQUAL(ip4_parse(whole->data, whole->len, &ip), DROP_NONE);
	CU_ASSERT_TRUE(whole->len == 65535 && ip.total_len == 65535);
	pkt_put(w.dp.pool, whole);
	CU_ASSERT_PTR_NULL(long_packet(&w, 2, 65536, DROP_reass_malformed));
	CU_ASSERT_PTR_NULL(long_packet(&w, 3, 65537, DROP_reass_malformed));
	CU_ASSERT_EQUAL(reass_n(w.dp.reass), 0);
	world_fini(&w);
}

static void
fragments_of_different_tags_are_not_mixed(void)
{
	struct piece a, b;
	struct world w;
	struct pkt *got;

	world_init(&w);
	fragment_make(&a, 1, 0, 16, true, 1);
	fragment_make(&b, 1, 16, 16, false, 1);
	CU_ASSERT_PTR_NULL(add(&w, &a, 1, DROP_NONE));
	CU_ASSERT_PTR_NULL(add(&w, &b, 2, DROP_NONE));
	CU_ASSERT_EQUAL(reass_n(w.dp.reass), 2);
	got = add(&w, &b, 1, DROP_NONE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(got);
	pkt_put(w.dp.pool, got);
	world_fini(&w);
}

static void
what_stays_incomplete_is_forgotten_in_time(void)
{
	struct piece p;
	struct world w;

	world_init(&w);
	for (uint16_t i = 0; i < 3; i++) {
		fragment_make(&p, i, 0, 16, true, 1);
		CU_ASSERT_PTR_NULL(add(&w, &p, 0, DROP_NONE));
		loop_warp(w.dp.loop, 1000);
	}
	loop_warp(w.dp.loop, REASS_TIME_MS - 3001);
	CU_ASSERT_EQUAL(reass_n(w.dp.reass), 3);
	loop_warp(w.dp.loop, 1);
	CU_ASSERT_EQUAL(reass_n(w.dp.reass), 2);
	loop_warp(w.dp.loop, 2000);
	CU_ASSERT_EQUAL(reass_n(w.dp.reass), 0);
	CU_ASSERT_EQUAL(reass_bytes(w.dp.reass), 0);
	CU_ASSERT_EQUAL(w.dp.stats->drops[DROP_reass_timeout], 3);
	world_fini(&w);
}

static void
a_flood_pushes_the_oldest_out_and_no_more_memory_is_held(void)
{
	struct piece p;
	struct world w;
	struct pkt *got;

	world_init(&w);
	for (unsigned int i = 0; i < 5 * REASS_PACKETS; i++) {
		fragment_make(&p, (uint16_t)i, 0, 1976, true, 1);
		CU_ASSERT_PTR_NULL(add(&w, &p, 0, DROP_NONE));
		CU_ASSERT_TRUE(reass_n(w.dp.reass) <= REASS_PACKETS);
	}
	CU_ASSERT_EQUAL(w.dp.stats->drops[DROP_reass_full], 4 * REASS_PACKETS);
	/* who is honest gets through all the same */
	fragment_make(&p, 60000, 0, 16, true, 1);
	CU_ASSERT_PTR_NULL(add(&w, &p, 0, DROP_NONE));
	fragment_make(&p, 60000, 16, 16, false, 1);
	got = add(&w, &p, 0, DROP_NONE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(got);
	pkt_put(w.dp.pool, got);
	/* many fragments of many packets: the bound is in bytes */
	for (unsigned int i = 0; i < 20 * 256; i++) {
		fragment_make(&p, (uint16_t)(i % 256), 1976 * (i / 256), 1976, true, 1);
		add(&w, &p, 3, DROP_NONE);
		CU_ASSERT_TRUE(reass_bytes(w.dp.reass) <= REASS_BYTES);
	}
	world_fini(&w);
}

static void
too_many_pieces_of_one_packet_are_refused(void)
{
	struct piece p;
	struct world w;

	world_init(&w);
	for (unsigned int i = 0; i <= REASS_PIECES; i++) {
		fragment_make(&p, 1, 8 * i, 8, true, 1);
		add(&w, &p, 0, i < REASS_PIECES ? DROP_NONE : DROP_reass_full);
	}
	CU_ASSERT_EQUAL(reass_bytes(w.dp.reass), 0);
	world_fini(&w);
}

static void
a_congestion_mark_of_one_fragment_counts(void)
{
	static const struct {
		uint8_t first, second;
		enum drop want;
		uint8_t got;
	} rows[] = { { 0, 0, DROP_NONE, 0 }, { 2, 3, DROP_NONE, 3 }, { 3, 2, DROP_NONE, 3 },
		{ 1, 2, DROP_NONE, 1 }, { 0, 3, DROP_ip_ecn, 0 }, { 3, 0, DROP_ip_ecn, 0 } };
	struct world w;

	world_init(&w);
	for (uint16_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pkt *got;
		struct piece p;

		fragment_make(&p, i, 0, 16, true, 1);
		p.data[1] = rows[i].first;
		ip4_checksum_set(p.data, 20);
		add(&w, &p, 0, DROP_NONE);
		fragment_make(&p, i, 16, 16, false, 1);
		p.data[1] = rows[i].second;
		ip4_checksum_set(p.data, 20);
		got = add(&w, &p, 0, rows[i].want);
		CU_ASSERT_EQUAL(got != NULL, rows[i].want == DROP_NONE);
		if (got) {
			CU_ASSERT_EQUAL(got->data[1], rows[i].got);
			pkt_put(w.dp.pool, got);
		}
	}
	world_fini(&w);
}

static void
garbage_does_no_harm(void)
{
	uint64_t d = 5;
	struct world w;

	world_init(&w);
	for (unsigned int round = 0; round < 30000; round++) {
		struct piece p;
		enum drop why;
		struct pkt *got;

		p.len = dice(&d) % 120;
		for (uint32_t i = 0; i < p.len; i++)
			p.data[i] = (uint8_t)dice(&d);
		if (round % 2) {
			fragment_make(&p, dice(&d) % 3, dice(&d) % 12 * 8, dice(&d) % 40,
				dice(&d) % 2, (uint8_t)round);
		} else if (p.len > 56) {
			be32_put(p.data, 6u << 28);
			be16_put(p.data + 4, (uint16_t)(dice(&d) % 90));
			p.data[6] = dice(&d) % 2 ? 44 : 0;
			p.data[40] = 44;
			p.data[41] = 0;
			memset(p.data + 8, 0, 32);
		}
		got = reass_add(w.dp.reass, p.data, p.len, 0, &why);
		if (got)
			pkt_put(w.dp.pool, got);
		if (round % 100 == 0)
			loop_warp(w.dp.loop, 1000);
	}
	world_fini(&w);
}

CU_TestInfo reass_tests[] = {
	{ "fragments in any order are the packet again",
		fragments_in_any_order_are_the_packet_again },
	{ "overlapping fragments take the packet with them",
		overlapping_fragments_take_the_packet_with_them },
	{ "malformed fragments are refused", malformed_fragments_are_refused },
	{ "a packet longer than its header can say is refused",
		a_packet_longer_than_its_header_can_say_is_refused },
	{ "fragments of different tags are not mixed", fragments_of_different_tags_are_not_mixed },
	{ "what stays incomplete is forgotten in time",
		what_stays_incomplete_is_forgotten_in_time },
	{ "a flood pushes the oldest out and no more memory is held",
		a_flood_pushes_the_oldest_out_and_no_more_memory_is_held },
	{ "too many pieces of one packet are refused", too_many_pieces_of_one_packet_are_refused },
	{ "a congestion mark of one fragment counts", a_congestion_mark_of_one_fragment_counts },
	{ "garbage does no harm", garbage_does_no_harm },
	CU_TEST_INFO_NULL,
};
