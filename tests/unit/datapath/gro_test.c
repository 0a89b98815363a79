/*
 * Twin of datapath/gro.c: what it glues, gso.c must cut into the same bytes again; and each rule
 * that forbids gluing, one by one.
 */
#include "config.h"

#include "datapath/gro.h"

#include "datapath/checksum.h"
#include "datapath/ip4.h"
#include "datapath/l4.h"
#include "lib/buf.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <string.h>

enum { N_FLOWS = 4, STREAM_LEN = 200 };

static struct gro gro;

/* A sender of segments; the next one as it would send it. */
struct flow {
	bool v6;
	bool udp;
	bool id_stands; /* DF, and the identification is always the same */
	uint16_t id;
	uint32_t seq;
	uint32_t opt_len;
	uint16_t size;
	uint8_t flags;
	uint8_t n;
};

static uint32_t
ip_len(const struct flow *f)
{
	return f->v6 ? 40 : 20;
}

static void
checksum_write(uint8_t *p, uint32_t len, bool udp)
{
	bool v6 = p[0] >> 4 == 6;
	uint32_t off = v6 ? 40 : 20;
	uint8_t *field = p + off + (udp ? UDP_CHECKSUM : TCP_CHECKSUM);
	uint16_t sum;

	if (!v6)
		ip4_checksum_set(p, 20);
	be16_put(field, 0);
	sum = checksum_fold(checksum_add(
		checksum_pseudo(p + (v6 ? 8 : 12), v6 ? 16 : 4, udp ? 17 : 6, len - off), p + off,
		len - off));
	be16_put(field, udp && sum == 0 ? 0xffff : sum);
}

static uint32_t
segment_make(struct flow *f, uint8_t *p, uint32_t payload, uint8_t flags, uint64_t *d)
{
	uint32_t off = ip_len(f), l4 = f->udp ? UDP_HDR_LEN : TCP_HDR_LEN + f->opt_len;
	uint32_t len = off + l4 + payload;

	memset(p, 0, off + l4);
	if (f->v6) {
		p[0] = 0x60;
		be16_put(p + 4, (uint16_t)(len - 40));
		p[6] = f->udp ? 17 : 6;
		p[7] = 64;
		p[23] = f->n;
	} else {
		struct ip4 ip = { .total_len = (uint16_t)len,
			.ttl = 64,
			.id = f->id_stands ? 0 : f->id++,
			.df = f->id_stands,
			.protocol = f->udp ? 17 : 6,
			.src = 0x0a000001,
			.dst = 0x0a000100u + f->n };

		ip4_build(p, &ip);
	}
	be16_put(p + off, 1000);
	be16_put(p + off + 2, 80);
	if (f->udp) {
		be16_put(p + off + UDP_LEN, (uint16_t)(8 + payload));
	} else {
		be32_put(p + off + TCP_SEQ, f->seq);
		p[off + TCP_DATA_OFF] = (uint8_t)(l4 << 2);
		p[off + TCP_FLAGS] = flags;
		be16_put(p + off + TCP_WINDOW, 500);
	}
	f->seq += payload;
	for (uint32_t i = off + l4; i < len; i++)
		p[i] = (uint8_t)dice(d);
	checksum_write(p, len, f->udp);
	return len;
}

static void
flow_make(struct flow *f, unsigned int n, uint64_t *d)
{
	*f = (struct flow){
		.v6 = dice(d) % 2,
		.udp = dice(d) % 3 == 0,
		.id_stands = dice(d) % 4 == 0,
		.id = (uint16_t)dice(d),
		.seq = dice(d),
		.opt_len = dice(d) % 11 * 4,
		.size = (uint16_t)(1 + dice(d) % 1400),
		.n = (uint8_t)n,
	};
}

/* Something that a sender might do: mostly the next full segment, sometimes anything. */
static uint32_t
stream_step(struct flow *f, uint8_t *p, bool *odd_one, uint64_t *d)
{
	static const uint8_t odd[] = { TCP_ACK | TCP_PSH, TCP_ACK | TCP_FIN, TCP_ACK | TCP_ECE,
		TCP_ACK | TCP_CWR, TCP_SYN, TCP_RST | TCP_ACK, TCP_ACK | TCP_URG };
	uint32_t payload = f->size, len, at;
	uint8_t flags = TCP_ACK;

	switch (dice(d) % 20) {
	case 0: payload = dice(d) % (2 * f->size); break;
	case 1: flags = odd[dice(d) % sizeof(odd)]; break;
	case 2: f->seq += dice(d) % 3; break;
	case 3: f->id++; break;
	case 4: f->opt_len = dice(d) % 11 * 4; break;
	default: break;
	}
	len = segment_make(f, p, payload, flags, d);
	/* one bit of the header is another, with and without its checksum */
	*odd_one = dice(d) % 20 == 0;
	if (*odd_one) {
		at = dice(d) % (ip_len(f) + 20);
		if (at < len)
			p[at] ^= (uint8_t)(1 << dice(d) % 8);
		if (dice(d) % 2 && (p[0] == 0x45 || p[0] == 0x60) && len > 60)
			checksum_write(p, len, f->udp);
	}
	return len;
}

static uint8_t super[70000], again[70000];

/* The super-packet as written, flat; its length. */
static uint32_t
flatten(struct pkt **pkts, const struct gro_run *r)
{
	struct iovec iov[GRO_IOV_MAX];
	unsigned int n = gro_iov(&gro, r, pkts, iov);
	uint32_t len = 0;

	CU_ASSERT_TRUE_FATAL(n >= 3 && n <= GRO_IOV_MAX && iov[0].iov_len == GSO_VNET_LEN);
	for (unsigned int i = 1; i < n; i++) {
		memcpy(super + len, iov[i].iov_base, iov[i].iov_len);
		len += (uint32_t)iov[i].iov_len;
	}
	CU_ASSERT_EQUAL(len, r->len);
	return len;
}

/* Identifications of packets with DF mean nothing: gluing may make them count. */
static bool
same_packet(uint8_t *a, const uint8_t *b, uint32_t len)
{
	if (a[0] >> 4 == 4 && (a[6] & 0x40)) {
		memcpy(a + 4, b + 4, 2);
		ip4_checksum_set(a, 20);
	}
	return memcmp(a, b, len) == 0;
}

/* Cuts the run again: the same packets must come out. */
static void
run_check(struct pkt **pkts, const struct gro_run *r)
{
	struct gso g;
	uint32_t len;
	uint16_t i = r->first;

	len = flatten(pkts, r);
	CU_ASSERT_EQUAL_FATAL(gso_init(&g, gro.vnet, super, len), 0);
	while ((len = gso_next_len(&g)) > 0) {
		gso_next(&g, again);
		CU_ASSERT_NOT_EQUAL_FATAL(i, GRO_NONE);
		CU_ASSERT_EQUAL_FATAL(len, pkts[i]->len);
		CU_ASSERT_TRUE(same_packet(again, pkts[i]->data, len));
		i = gro.next[i];
	}
	CU_ASSERT_EQUAL(i, GRO_NONE);
}

/* Every packet is in one run; segments of one flow keep their order. */
static void
runs_check(struct pkt **pkts, unsigned int n, const uint8_t *flow_of)
{
	int last_of[N_FLOWS] = { -1, -1, -1, -1 };
	unsigned int total = 0;

	for (unsigned int k = 0; k < gro.n; k++) {
		const struct gro_run *r = &gro.runs[k];
		unsigned int members = 0;

		for (uint16_t i = r->first; i != GRO_NONE; i = gro.next[i], members++) {
			if (flow_of[i] == N_FLOWS)
				continue; /* its header is broken: it may be anywhere */
			CU_ASSERT_TRUE(last_of[flow_of[i]] < i);
			last_of[flow_of[i]] = i;
		}
		CU_ASSERT_EQUAL(members, r->n);
		total += members;
		if (r->n > 1)
			run_check(pkts, r);
	}
	CU_ASSERT_EQUAL(total, n);
}

static void
what_is_glued_is_cut_into_the_same_packets(void)
{
	uint64_t d = 7;
	unsigned int packets = 0, runs = 0;
	struct world w;

	world_init(&w);
	for (unsigned int round = 0; round < 60; round++) {
		struct flow flows[N_FLOWS];
		struct pkt *pkts[STREAM_LEN];
		uint8_t flow_of[STREAM_LEN];

		for (unsigned int i = 0; i < N_FLOWS; i++)
			flow_make(&flows[i], i, &d);
		for (unsigned int i = 0; i < STREAM_LEN; i++) {
			bool odd_one;
			unsigned int f = dice(&d) % 3 ? i / 50 : dice(&d) % N_FLOWS;

			pkts[i] = pkt_get(w.dp.pool, true);
			pkts[i]->len = stream_step(&flows[f], pkts[i]->data, &odd_one, &d);
			flow_of[i] = odd_one ? N_FLOWS : (uint8_t)f;
		}
		gro_runs(&gro, pkts, STREAM_LEN, true);
		runs_check(pkts, STREAM_LEN, flow_of);
		packets += STREAM_LEN;
		runs += gro.n;
		for (unsigned int i = 0; i < STREAM_LEN; i++)
			pkt_put(w.dp.pool, pkts[i]);
	}
	CU_ASSERT_TRUE(runs * 2 < packets); /* it does glue */
	world_fini(&w);
}

/* Two segments that fit, the second of which is changed: runs that come out. */
static unsigned int
runs_of_two(struct flow f, void (*change)(uint8_t *first, uint8_t *second), bool udp)
{
	uint64_t d = 3;
	struct world w;
	struct pkt *pkts[2];

	world_init(&w);
	for (unsigned int i = 0; i < 2; i++) {
		pkts[i] = pkt_get(w.dp.pool, false);
		pkts[i]->len = segment_make(&f, pkts[i]->data, 500, TCP_ACK, &d);
	}
	if (change)
		change(pkts[0]->data, pkts[1]->data);
	gro_runs(&gro, pkts, 2, udp);
	for (unsigned int i = 0; i < 2; i++)
		pkt_put(w.dp.pool, pkts[i]);
	world_fini(&w);
	return gro.n;
}

static void
change_ttl(uint8_t *a, uint8_t *b)
{
	b[8]--;
	checksum_write(b, be16_get(b + 2), false);
}

static void
change_tos(uint8_t *a, uint8_t *b)
{
	b[1] |= 3; /* congestion experienced */
	checksum_write(b, be16_get(b + 2), false);
}

static void
change_df(uint8_t *a, uint8_t *b)
{
	b[6] ^= 0x40;
	checksum_write(b, be16_get(b + 2), false);
}

static void
change_id(uint8_t *a, uint8_t *b)
{
	b[5]++;
	checksum_write(b, be16_get(b + 2), false);
}

static void
change_fragment(uint8_t *a, uint8_t *b)
{
	b[7] = 1;
	checksum_write(b, be16_get(b + 2), false);
}

static void
change_seq(uint8_t *a, uint8_t *b)
{
	b[27]++;
	checksum_write(b, be16_get(b + 2), false);
}

static void
change_ack(uint8_t *a, uint8_t *b)
{
	b[31]++;
	checksum_write(b, be16_get(b + 2), false);
}

static void
change_window(uint8_t *a, uint8_t *b)
{
	b[35]++;
	checksum_write(b, be16_get(b + 2), false);
}

static void
change_option(uint8_t *a, uint8_t *b)
{
	b[47]++;
	checksum_write(b, be16_get(b + 2), false);
}

static void
change_cwr(uint8_t *a, uint8_t *b)
{
	b[33] |= TCP_CWR;
	checksum_write(b, be16_get(b + 2), false);
}

static void
change_ece(uint8_t *a, uint8_t *b)
{
	b[33] |= TCP_ECE;
	checksum_write(b, be16_get(b + 2), false);
}

static void
change_first_psh(uint8_t *a, uint8_t *b)
{
	a[33] |= TCP_PSH;
	checksum_write(a, be16_get(a + 2), false);
}

static void
change_port(uint8_t *a, uint8_t *b)
{
	b[23]++;
	checksum_write(b, be16_get(b + 2), false);
}

static void
change_payload(uint8_t *a, uint8_t *b)
{
	b[100] ^= 1; /* and not the checksum */
}

static void
change_first_payload(uint8_t *a, uint8_t *b)
{
	a[100] ^= 1;
}

static void
each_rule_forbids_gluing(void)
{
	static void (*const changes[])(uint8_t *, uint8_t *) = { change_ttl, change_tos, change_df,
		change_id, change_fragment, change_seq, change_ack, change_window, change_option,
		change_cwr, change_ece, change_first_psh, change_port, change_payload,
		change_first_payload };
	struct flow f = { .seq = 0xffffff00, .id = 0xffff, .opt_len = 12 };

	CU_ASSERT_EQUAL(runs_of_two(f, NULL, false), 1);
	for (unsigned int i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		CU_ASSERT_EQUAL(runs_of_two(f, changes[i], false), 2);
}

static void
datagrams_are_glued_only_where_the_kernel_takes_them(void)
{
	struct flow f = { .udp = true };

	CU_ASSERT_EQUAL(runs_of_two(f, NULL, false), 2);
	CU_ASSERT_EQUAL(runs_of_two(f, NULL, true), 1);
	f.v6 = true;
	CU_ASSERT_EQUAL(runs_of_two(f, NULL, true), 1);
}

static void
super_packets_stay_within_64_kilobytes_and_64_datagrams(void)
{
	static const struct {
		bool v6, udp;
		uint32_t payload;
		unsigned int n, first_run;
	} rows[] = { { false, false, 1400, 60, 46 }, { true, false, 1400, 60, 46 },
		{ false, true, 100, 100, 64 }, { false, false, 100, 200, 200 } };
	uint64_t d = 3;
	struct world w;

	world_init(&w);
	for (unsigned int k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		struct flow f = { .v6 = rows[k].v6, .udp = rows[k].udp };
		struct pkt *pkts[PKT_BATCH];

		for (unsigned int i = 0; i < rows[k].n; i++) {
			pkts[i] = pkt_get(w.dp.pool, false);
			pkts[i]->len =
				segment_make(&f, pkts[i]->data, rows[k].payload, TCP_ACK, &d);
		}
		gro_runs(&gro, pkts, rows[k].n, true);
		CU_ASSERT_EQUAL(gro.runs[0].n, rows[k].first_run);
		for (unsigned int i = 0; i < gro.n; i++)
			run_check(pkts, &gro.runs[i]);
		for (unsigned int i = 0; i < rows[k].n; i++)
			pkt_put(w.dp.pool, pkts[i]);
	}
	world_fini(&w);
}

static void
garbage_passes_untouched(void)
{
	uint64_t d = 11;
	struct world w;

	world_init(&w);
	for (unsigned int round = 0; round < 300; round++) {
		struct pkt *pkts[8];

		for (unsigned int i = 0; i < 8; i++) {
			pkts[i] = pkt_get(w.dp.pool, false);
			pkts[i]->len = dice(&d) % 80;
			for (uint32_t k = 0; k < pkts[i]->len; k++)
				pkts[i]->data[k] = (uint8_t)dice(&d);
			pkts[i]->data[0] = dice(&d) % 2 ? 0x45 : 0x60;
		}
		gro_runs(&gro, pkts, 8, true);
		CU_ASSERT_EQUAL(gro.n, 8);
		for (unsigned int i = 0; i < 8; i++)
			pkt_put(w.dp.pool, pkts[i]);
	}
	world_fini(&w);
}

CU_TestInfo gro_tests[] = {
	{ "what is glued is cut into the same packets",
		what_is_glued_is_cut_into_the_same_packets },
	{ "each rule forbids gluing", each_rule_forbids_gluing },
	{ "datagrams are glued only where the kernel takes them",
		datagrams_are_glued_only_where_the_kernel_takes_them },
	{ "super-packets stay within 64 kilobytes and 64 datagrams",
		super_packets_stay_within_64_kilobytes_and_64_datagrams },
	{ "garbage passes untouched", garbage_passes_untouched },
	CU_TEST_INFO_NULL,
};
