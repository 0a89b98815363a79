/*
 * Twin of datapath/keepalive.c: the layout (bytes of a real capture are in the comment of each row), who is
 * answered, and when the line goes down and up.
 */
#include "config.h"

#include "datapath/gre.h"

#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/port_mem.h"
#include "datapath/sadb.h"
#include "lib/alg.h"
#include "lib/buf.h"
#include "lib/sastate.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <string.h>
#include <sys/socket.h>

enum { A = 0xcb007101, B = 0xc6336401, TUN = 1, RAW = 2, RAW6 = 3, PERIOD = 5000, RETRIES = 3 };

struct bed {
	struct world w;
	struct port_mem *tun, *raw, *raw6;
	unsigned int n_lines; /* times the line changed */
	bool up;
};

static void
on_line(void *arg, uint32_t port, bool up)
{
	struct bed *b = arg;

	CU_ASSERT_EQUAL(port, TUN);
	b->n_lines++;
	b->up = up;
}

static struct msg_dp_tunnel
tunnel_msg(void)
{
	return (struct msg_dp_tunnel){ .port = TUN,
		.source = addr_v4(A),
		.destination = addr_v4(B),
		.up = true,
		.keepalive = true,
		.keepalive_period_ms = PERIOD,
		.keepalive_retries = RETRIES };
}

static void
bed_init(struct bed *b, const struct msg_dp_tunnel *m)
{
	world_init(&b->w);
	b->n_lines = 0;
	b->tun = port_mem_new();
	b->raw = port_mem_new();
	b->raw6 = port_mem_new();
	port_mem_put(&b->w.dp, b->tun, TUN, MSG_PORT_TUN_TUNNEL);
	port_mem_put(&b->w.dp, b->raw, RAW, MSG_PORT_RAW_GRE);
	port_mem_put(&b->w.dp, b->raw6, RAW6, MSG_PORT_RAW6_GRE);
	gre_on_line(b->w.dp.gre, on_line, b);
	CU_ASSERT_EQUAL_FATAL(gre_put(b->w.dp.gre, m, NULL), 0);
}

static void
bed_fini(struct bed *b)
{
	world_fini(&b->w);
	port_mem_free(b->tun);
	port_mem_free(b->raw);
	port_mem_free(b->raw6);
}

static void
receive(struct bed *b, const uint8_t *p, uint32_t len)
{
	bool v6 = p[0] >> 4 == 6;

	port_mem_inject(v6 ? b->raw6 : b->raw, p, len);
	port_rx(port_get(&b->w.dp, v6 ? RAW6 : RAW));
}

static void
row_take(void *arg, const struct st_keepalive *row)
{
	*(struct st_keepalive *)arg = *row;
}

static struct st_keepalive
counts(struct bed *b)
{
	struct st_keepalive st = { 0 };

	gre_state(&b->w.dp, row_take, &st);
	return st;
}

/* The next request; NULL = none. */
static const uint8_t *
request(struct bed *b, uint32_t *len)
{
	return port_mem_sent(b->raw, len);
}

static void
a_request_encloses_its_answer(void)
{
	static const struct {
		bool has_key, checksum;
		uint32_t gre_len;
		uint16_t flags;
	} rows[] = { { false, false, 4, 0 }, { true, false, 8, 0x2000 }, { false, true, 8, 0x8000 },
		{ true, true, 12, 0xa000 } };

	for (unsigned int i = 0; i < 4; i++) {
		struct msg_dp_tunnel m = tunnel_msg();
		uint32_t len, gre = rows[i].gre_len;
		struct ip4 outer, inner;
		const uint8_t *p;
		struct bed b;

		m.has_key = rows[i].has_key;
		m.key = 42;
		m.checksum = rows[i].checksum;
		bed_init(&b, &m);
		loop_warp(b.w.dp.loop, 0);
		p = request(&b, &len);
		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		CU_ASSERT_EQUAL_FATAL(len, 40 + 2 * gre); /* 48 and, with a key, 56 */
		CU_ASSERT_EQUAL(ip4_parse(p, len, &outer), DROP_NONE);
		CU_ASSERT_TRUE(outer.src == A && outer.dst == B && outer.protocol == 47);
		CU_ASSERT_TRUE(outer.tos == 0xc0 && outer.ttl == 255 && !outer.df);
		CU_ASSERT_EQUAL(be16_get(p + 20), rows[i].flags);
		CU_ASSERT_EQUAL(be16_get(p + 22), 0x0800);
		p += 20 + gre;
		CU_ASSERT_EQUAL(ip4_parse(p, 20 + gre, &inner), DROP_NONE);
		CU_ASSERT_TRUE(inner.src == B && inner.dst == A && inner.protocol == 47);
		CU_ASSERT_TRUE(inner.tos == 0xc0 && inner.ttl == 255);
		CU_ASSERT_TRUE(inner.id != 0 && inner.id != outer.id);
		CU_ASSERT_EQUAL(inner.total_len, 20 + gre); /* 24 and 28 */
		CU_ASSERT_EQUAL(be16_get(p + 20), rows[i].flags);
		CU_ASSERT_EQUAL(be16_get(p + 22), 0);
		if (rows[i].has_key)
			CU_ASSERT_EQUAL(be32_get(p + 20 + gre - 4), 42);
		if (rows[i].checksum)
			CU_ASSERT_EQUAL(naive_checksum(p + 20, gre, 0), 0);
		bed_fini(&b);
	}
}

/* Two routers' datapaths, one after the other: what A asks, B answers. */
static void
what_one_end_asks_the_other_answers(void)
{
	for (unsigned int i = 0; i < 8; i++) {
		struct msg_dp_tunnel ma = tunnel_msg(), mb = ma;
		struct bed a, b;
		const uint8_t *p;
		uint32_t len;
		bool v6 = i >= 4;

		ma.has_key = i & 1;
		ma.checksum = i & 2;
		ma.key = 7;
		if (v6) {
			ma.source = (struct addr){ .af = AF_INET6, .b = { 0x20, 1, [15] = 1 } };
			ma.destination =
				(struct addr){ .af = AF_INET6, .b = { 0x20, 1, [15] = 2 } };
		}
		mb = ma;
		mb.source = ma.destination;
		mb.destination = ma.source;
		mb.keepalive = false; /* answers all the same */
		bed_init(&a, &ma);
		bed_init(&b, &mb);
		loop_warp(a.w.dp.loop, 0);
		p = port_mem_sent(v6 ? a.raw6 : a.raw, &len);
		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		receive(&b, p, len);
		CU_ASSERT_EQUAL(counts(&b).received_requests, 1);
		CU_ASSERT_EQUAL(counts(&b).sent_answers, 1);
		p = port_mem_sent(v6 ? b.raw6 : b.raw, &len);
		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		CU_ASSERT_EQUAL(p[v6 ? 7 : 8], 254);
		CU_ASSERT_EQUAL(port_mem_n_sent(b.tun), 0);
		CU_ASSERT_EQUAL(counts(&a).unanswered, 1);
		receive(&a, p, len);
		CU_ASSERT_EQUAL(counts(&a).sent_requests, 1);
		CU_ASSERT_EQUAL(counts(&a).received_answers, 1);
		CU_ASSERT_EQUAL(counts(&a).unanswered, 0);
		CU_ASSERT_EQUAL(counts(&b).sent_requests, 0);
		bed_fini(&a);
		bed_fini(&b);
	}
}

/* B's request to A, plain: what A would send, turned round. */
static uint32_t
request_make(uint8_t *p)
{
	struct ip4 outer = { .tos = 0xc0,
		.total_len = 48,
		.id = 9,
		.ttl = 255,
		.protocol = 47,
		.src = B,
		.dst = A };
	struct ip4 inner = outer;

	memset(p, 0, 48);
	inner.total_len = 24;
	inner.src = A;
	inner.dst = B;
	ip4_build(p, &outer);
	be16_put(p + 22, 0x0800);
	ip4_build(p + 24, &inner);
	return 48;
}

static void
only_an_exact_request_is_answered(void)
{
	static const struct {
		uint32_t at;
		uint8_t to;
		bool answered;
	} rows[] = {
		{ 8, 3, true },		 /* the outer TTL is nobody's business */
		{ 24 + 1, 0, true },	 /* nor is the inner TOS */
		{ 24 + 8, 2, true },	 /* TTL: becomes 1 */
		{ 24 + 8, 1, false },	 /* would become 0 */
		{ 24 + 15, 9, false },	 /* from somebody else */
		{ 24 + 19, 9, false },	 /* to somebody else */
		{ 24 + 9, 17, false },	 /* not GRE */
		{ 24 + 6, 0x20, false }, /* a fragment */
		{ 44, 0x40, false },	 /* reserved flag */
		{ 44, 0x20, false },	 /* a key is announced, and not there */
		{ 45, 1, false },	 /* another version */
		{ 46, 8, false },	 /* a payload type */
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_dp_tunnel m = tunnel_msg();
		uint8_t p[48];
		struct bed b;

		m.keepalive = false;
		bed_init(&b, &m);
		request_make(p);
		p[rows[i].at] = rows[i].to;
		ip4_checksum_set(p, 20);
		ip4_checksum_set(p + 24, 20);
		receive(&b, p, sizeof(p));
		CU_ASSERT_EQUAL(port_mem_n_sent(b.raw), rows[i].answered);
		CU_ASSERT_EQUAL(counts(&b).received_requests, rows[i].answered);
		bed_fini(&b);
	}
}

static void
a_request_with_a_payload_is_not_answered(void)
{
	struct msg_dp_tunnel m = tunnel_msg();
	uint8_t p[56] = { 0 };
	struct bed b;

	m.keepalive = false;
	bed_init(&b, &m);
	request_make(p);
	be16_put(p + 2, 52);
	be16_put(p + 26, 28);
	ip4_checksum_set(p, 20);
	ip4_checksum_set(p + 24, 20);
	receive(&b, p, 52);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.raw), 0);
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_gre_recursion], 1);
	bed_fini(&b);
}

static uint32_t
answer_make(uint8_t *p)
{
	struct ip4 ip = { .tos = 0xc0,
		.total_len = 24,
		.id = 9,
		.ttl = 254,
		.protocol = 47,
		.src = B,
		.dst = A };

	memset(p, 0, 24);
	ip4_build(p, &ip);
	return 24;
}

static void
the_line_goes_down_after_the_retries_and_up_with_an_answer(void)
{
	struct msg_dp_tunnel m = tunnel_msg();
	uint8_t p[24];
	struct bed b;

	bed_init(&b, &m);
	answer_make(p);
	loop_warp(b.w.dp.loop, 2 * PERIOD + 1000);
	receive(&b, p, sizeof(p));
	CU_ASSERT_EQUAL(b.n_lines, 0);
	CU_ASSERT_EQUAL(counts(&b).sent_requests, 3);
	/* from here on nothing comes back: down within period times retries */
	loop_warp(b.w.dp.loop, RETRIES * PERIOD - 1);
	CU_ASSERT_EQUAL(b.n_lines, 0);
	CU_ASSERT_TRUE(counts(&b).line_up);
	loop_warp(b.w.dp.loop, 1);
	CU_ASSERT_EQUAL(b.n_lines, 1);
	CU_ASSERT_FALSE(b.up);
	CU_ASSERT_FALSE(counts(&b).line_up);
	CU_ASSERT_EQUAL(counts(&b).unanswered, RETRIES);
	/* probing goes on */
	loop_warp(b.w.dp.loop, 10 * PERIOD);
	CU_ASSERT_EQUAL(counts(&b).sent_requests, 3 + RETRIES + 10);
	CU_ASSERT_EQUAL(b.n_lines, 1);
	receive(&b, p, sizeof(p));
	CU_ASSERT_EQUAL(b.n_lines, 2);
	CU_ASSERT_TRUE(b.up);
	CU_ASSERT_EQUAL(counts(&b).unanswered, 0);
	bed_fini(&b);
}

static void
a_single_try_has_time_for_its_answer(void)
{
	struct msg_dp_tunnel m = tunnel_msg();
	uint8_t p[24];
	struct bed b;

	m.keepalive_retries = 1;
	bed_init(&b, &m);
	answer_make(p);
	for (unsigned int i = 0; i < 5; i++) { /* answers a little late, more and more */
		loop_warp(b.w.dp.loop, i == 0 ? 0 : PERIOD);
		receive(&b, p, sizeof(p));
	}
	CU_ASSERT_EQUAL(b.n_lines, 0);
	loop_warp(b.w.dp.loop, PERIOD + PERIOD / 2);
	CU_ASSERT_EQUAL(b.n_lines, 1);
	bed_fini(&b);
}

static void
answers_are_counted_also_when_nobody_asked(void)
{
	struct msg_dp_tunnel m = tunnel_msg();
	uint8_t p[24];
	struct bed b;

	m.keepalive = false;
	bed_init(&b, &m);
	answer_make(p);
	receive(&b, p, sizeof(p));
	CU_ASSERT_EQUAL(counts(&b).received_answers, 1);
	CU_ASSERT_FALSE(counts(&b).enabled);
	loop_warp(b.w.dp.loop, 100 * PERIOD);
	CU_ASSERT_EQUAL(counts(&b).sent_requests, 0);
	CU_ASSERT_EQUAL(b.n_lines, 0);
	gre_state_reset(&b.w.dp, "nobody");
	CU_ASSERT_EQUAL(counts(&b).received_answers, 1);
	gre_state_reset(&b.w.dp, "mem");
	CU_ASSERT_EQUAL(counts(&b).received_answers, 0);
	bed_fini(&b);
}

static void
switching_it_off_brings_the_line_up(void)
{
	struct msg_dp_tunnel m = tunnel_msg();
	struct bed b;

	bed_init(&b, &m);
	loop_warp(b.w.dp.loop, 100 * PERIOD);
	CU_ASSERT_TRUE(b.n_lines == 1 && !b.up);
	CU_ASSERT_EQUAL(gre_put(b.w.dp.gre, &m, NULL), 0); /* the same again changes nothing */
	CU_ASSERT_EQUAL(b.n_lines, 1);
	m.keepalive = false;
	CU_ASSERT_EQUAL(gre_put(b.w.dp.gre, &m, NULL), 0);
	CU_ASSERT_TRUE(b.n_lines == 2 && b.up);
	m.keepalive = true;
	CU_ASSERT_EQUAL(gre_put(b.w.dp.gre, &m, NULL), 0);
	loop_warp(b.w.dp.loop, 100 * PERIOD);
	CU_ASSERT_TRUE(b.n_lines == 3 && !b.up);
	CU_ASSERT_EQUAL(gre_del(b.w.dp.gre, TUN), 0);
	loop_warp(b.w.dp.loop, 100 * PERIOD);
	CU_ASSERT_EQUAL(b.n_lines, 3);
	bed_fini(&b);
}

/* A tunnel that is protected by an SA which has no numbers yet, and then has one. */
static void
what_was_dropped_on_its_way_was_not_sent(void)
{
	struct msg_dp_sa sa = { .sa = 1,
		.spi = 0x1000,
		.protocol = IP_PROTO_ESP,
		.mode = MSG_SA_TRANSPORT,
		.source = addr_v4(A),
		.destination = addr_v4(B),
		.cipher = ALG_CIPHER_null,
		.auth = ALG_AUTH_hmac_sha1_96,
		.auth_key.len = 20 };
	struct msg_dp_tunnel m = tunnel_msg();
	struct sa_slot slot = { 0 };
	uint8_t p[48];
	struct bed b;

	m.sa_out = 1;
	bed_init(&b, &m);
	b.w.dp.slots = &slot;
	b.w.dp.n_slots = 1;
	CU_ASSERT_EQUAL_FATAL(sadb_put(&b.w.dp, &sa, NULL), 0);
	request_make(p);
	for (unsigned int i = 0; i < 2; i++) {
		loop_warp(b.w.dp.loop, i * PERIOD);
		receive(&b, p, sizeof(p));
		CU_ASSERT_EQUAL(counts(&b).unanswered, i + 1);
		CU_ASSERT_EQUAL(counts(&b).received_requests, i + 1);
		CU_ASSERT_EQUAL(counts(&b).sent_requests, i);
		CU_ASSERT_EQUAL(counts(&b).sent_answers, i);
		sa.seq_limit = 100;
		CU_ASSERT_EQUAL(sadb_put(&b.w.dp, &sa, NULL), 0);
	}
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_seq_reserve], 2);
	b.w.dp.slots = NULL;
	bed_fini(&b);
}

CU_TestInfo keepalive_tests[] = {
	{ "a request encloses its answer", a_request_encloses_its_answer },
	{ "what one end asks the other answers", what_one_end_asks_the_other_answers },
	{ "only an exact request is answered", only_an_exact_request_is_answered },
	{ "a request with a payload is not answered", a_request_with_a_payload_is_not_answered },
	{ "the line goes down after the retries and up with an answer",
		the_line_goes_down_after_the_retries_and_up_with_an_answer },
	{ "a single try has time for its answer", a_single_try_has_time_for_its_answer },
	{ "answers are counted also when nobody asked",
		answers_are_counted_also_when_nobody_asked },
	{ "switching it off brings the line up", switching_it_off_brings_the_line_up },
	{ "what was dropped on its way was not sent", what_was_dropped_on_its_way_was_not_sent },
	CU_TEST_INFO_NULL,
};
