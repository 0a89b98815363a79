/*
 * Twin of datapath/pmtu.c: which messages about the size of our packets are believed.
 */
#include "config.h"

#include "datapath/pmtu.h"

#include "datapath/gre.h"
#include "datapath/ip6.h"
#include "datapath/sadb.h"
#include "lib/alg.h"
#include "lib/buf.h"
#include "lib/sastate.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <string.h>
#include <sys/socket.h>

enum { A = 0x0a000001, B = 0x0a000002, SPI = 0x12345678, KEY = 77 };

struct bed {
	struct world w;
	struct sa_slot slots[2];
	unsigned int n;	      /* messages to the daemon */
	unsigned int n_clear; /* of them about tunnels in clear */
	uint32_t mtu;	      /* in the last */
};

static void
learned(void *arg, uint32_t sa, const struct addr *destination, uint32_t mtu)
{
	struct bed *b = arg;

	CU_ASSERT_TRUE(sa == 1 || sa == 0);
	CU_ASSERT_EQUAL(addr_u32(destination), B);
	b->n++;
	b->n_clear += sa == 0;
	b->mtu = mtu;
}

static void
bed_init(struct bed *b)
{
	struct msg_dp_sa m = { .sa = 1,
		.spi = SPI,
		.protocol = IP_PROTO_ESP,
		.mode = MSG_SA_TUNNEL,
		.source = addr_v4(A),
		.destination = addr_v4(B),
		.cipher = ALG_CIPHER_null,
		.auth = ALG_AUTH_hmac_sha1_96,
		.auth_key.len = 20,
		.seq_limit = UINT32_MAX };

	memset(b, 0, sizeof(*b));
	world_init(&b->w);
	b->w.dp.slots = b->slots;
	b->w.dp.n_slots = 2;
	CU_ASSERT_EQUAL_FATAL(sadb_put(&b->w.dp, &m, NULL), 0);
	m.sa = 2;
	m.slot = 1;
	m.spi++;
	m.inbound = true;
	CU_ASSERT_EQUAL_FATAL(sadb_put(&b->w.dp, &m, NULL), 0);
	pmtu_on_learned(&b->w.dp, learned, b);
}

static void
bed_fini(struct bed *b)
{
	b->w.dp.slots = NULL;
	world_fini(&b->w);
}

/* The first 28 bytes of an ESP packet of ours of 1500 bytes. */
static void
quote_make(uint8_t q[28])
{
	struct ip4 ip = { .total_len = 1500,
		.id = 3,
		.ttl = 200,
		.protocol = IP_PROTO_ESP,
		.df = true,
		.src = A,
		.dst = B };

	memset(q, 0, 28);
	ip4_build(q, &ip);
	be32_put(q + 20, SPI);
	be32_put(q + 24, 9);
}

static void
only_a_quote_of_our_own_packet_is_believed(void)
{
	static const struct {
		uint32_t at; /* the byte that is another */
		uint8_t by;
		uint32_t len, mtu;
		bool believed;
	} rows[] = {
		{ 0, 0, 28, 1400, true },
		{ 8, 9, 28, 1400, true }, /* the TTL changed on the way, the checksum did not */
		{ 0, 0, 24, 1400, true }, /* so much is enough */
		{ 0, 0, 23, 1400, false },
		{ 0, 0, 0, 1400, false },
		{ 0, 0, 28, 575, false }, /* nobody has such a path */
		{ 0, 0, 28, 576, true },
		{ 0, 0, 28, 0, false },
		{ 0, 0, 28, 1500, false }, /* it would have fit */
		{ 0, 0, 28, 65536, false },
		{ 23, 1, 28, 1400, false }, /* the inbound SA's SPI, and any other */
		{ 20, 1, 28, 1400, false },
		{ 7, 1, 28, 1400, false },    /* a later fragment */
		{ 9, 1, 28, 1400, false },    /* AH */
		{ 15, 7, 28, 1400, false },   /* not from us */
		{ 19, 7, 28, 1400, false },   /* not to the peer */
		{ 0, 0x0f, 28, 1400, false }, /* a header longer than the quote */
		{ 0, 0x10, 28, 1400, false },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t q[28];
		struct bed b;

		bed_init(&b);
		quote_make(q);
		q[rows[i].at] ^= rows[i].by;
		pmtu_quoted(&b.w.dp, q, rows[i].len, rows[i].mtu);
		CU_ASSERT_EQUAL(b.n, rows[i].believed);
		CU_ASSERT_EQUAL(
			sadb_get(b.w.dp.sadb, 1)->path.mtu, rows[i].believed ? rows[i].mtu : 0);
		bed_fini(&b);
	}
}

/* What stands between the IPv6 header and the SPI; "" where nothing does. */
static void
an_ipv6_quote_may_begin_with_other_headers(void)
{
	static const struct {
		uint8_t next; /* in the IPv6 header */
		const char *headers;
		uint32_t len, cut; /* bytes of the headers, and missing at the end */
		bool believed;
	} rows[] = {
		{ 50, "", 0, 0, true },
		{ 44, "\x32\0\0\1\0\0\0\7", 8, 0, true },    /* the first fragment */
		{ 44, "\x32\0\0\x09\0\0\0\7", 8, 0, false }, /* the second */
		{ 44, "\x32\0\0\x08\0\0\0\7", 8, 0, false }, /* the last */
		{ 0, "\x2c\0\1\4\0\0\0\0\x32\0\0\1\0\0\0\7", 16, 0, true },
		{ 60, "\x32\0\1\4\0\0\0\0", 8, 0, true },
		{ 43, "\x32\1\4\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, 0, true },
		{ 44, "\x33\0\0\1\0\0\0\7", 8, 0, false }, /* AH: its SPI is further on */
		{ 44, "\x32\0\0\1\0\0\0\7", 8, 1, false },
		{ 44, "\x32\0\0\1\0\0\0\7", 8, 5, false },
		{ 60, "\x32\xff\1\4\0\0\0\0", 8, 0, false }, /* longer than what is there */
		{ 60, "\x3c\0\1\4\0\0\0\0", 8, 4, false },
	};
	struct msg_dp_sa m = { .sa = 1,
		.spi = SPI,
		.protocol = IP_PROTO_ESP,
		.mode = MSG_SA_TUNNEL,
		.source = { .af = AF_INET6, .b = { [15] = 1 } },
		.destination = { .af = AF_INET6, .b = { [15] = 2 } },
		.cipher = ALG_CIPHER_null,
		.auth = ALG_AUTH_hmac_sha1_96,
		.auth_key.len = 20,
		.seq_limit = UINT32_MAX };

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ip6 ip = { .payload_len = 1460,
			.next_header = rows[i].next,
			.hop_limit = 60,
			.src = m.source.b,
			.dst = m.destination.b };
		uint8_t q[100];
		struct bed b;

		bed_init(&b);
		pmtu_on_learned(&b.w.dp, NULL, NULL);
		CU_ASSERT_EQUAL_FATAL(sadb_put(&b.w.dp, &m, NULL), 0);
		ip6_build(q, &ip);
		memcpy(q + 40, rows[i].headers, rows[i].len);
		be32_put(q + 40 + rows[i].len, SPI);
		pmtu_quoted(&b.w.dp, q, 40 + rows[i].len + 4 - rows[i].cut, 1400);
		CU_ASSERT_EQUAL(sadb_get(b.w.dp.sadb, 1)->path.mtu, rows[i].believed ? 1400 : 0);
		bed_fini(&b);
	}
}

static void
a_path_only_becomes_smaller(void)
{
	uint8_t q[28];
	struct bed b;

	bed_init(&b);
	quote_make(q);
	pmtu_quoted(&b.w.dp, q, 28, 1400);
	pmtu_quoted(&b.w.dp, q, 28, 1450);
	pmtu_quoted(&b.w.dp, q, 28, 1400);
	CU_ASSERT_EQUAL(b.n, 1);
	pmtu_quoted(&b.w.dp, q, 28, 1300);
	CU_ASSERT_EQUAL(b.n, 2);
	CU_ASSERT_EQUAL(b.mtu, 1300);
	bed_fini(&b);
}

static void
a_flood_of_messages_is_not_looked_at(void)
{
	uint8_t q[28], bad[28];
	struct bed b;

	bed_init(&b);
	quote_make(q);
	memcpy(bad, q, sizeof(q));
	bad[20] ^= 1;
	for (unsigned int i = 0; i < 1000; i++)
		pmtu_quoted(&b.w.dp, bad, 28, 1400);
	pmtu_quoted(&b.w.dp, q, 28, 1400);
	CU_ASSERT_EQUAL(b.n, 0);
	loop_warp(b.w.dp.loop, 1000);
	pmtu_quoted(&b.w.dp, q, 28, 1400);
	CU_ASSERT_EQUAL(b.n, 1);
	bed_fini(&b);
}

static void
in_udp_the_spi_is_all_that_is_quoted(void)
{
	struct addr to = addr_v4(B), other = addr_v4(B + 1);
	uint8_t q[4];
	struct bed b;

	bed_init(&b);
	be32_put(q, SPI);
	pmtu_quoted_esp(&b.w.dp, &other, q, 4, 1400);
	pmtu_quoted_esp(&b.w.dp, &to, q, 3, 1400);
	pmtu_quoted_esp(&b.w.dp, &to, q, 4, 500);
	CU_ASSERT_EQUAL(b.n, 0);
	pmtu_quoted_esp(&b.w.dp, &to, q, 4, 1400);
	CU_ASSERT_EQUAL(b.n, 1);
	bed_fini(&b);
}

static void
the_device_is_believed(void)
{
	struct addr to = addr_v4(B), other = addr_v4(B + 1);
	struct bed b;

	bed_init(&b);
	pmtu_local(&b.w.dp, &other, 1300);
	CU_ASSERT_EQUAL(b.n, 0);
	pmtu_local(&b.w.dp, &to, 1300);
	CU_ASSERT_TRUE(b.n == 1 && b.mtu == 1300);
	bed_fini(&b);
}

/* What a GRE tunnel has learned shows in what it does with a long packet. */
static bool
is_cut(struct bed *b)
{
	struct pkt *p = pkt_get(b->w.dp.pool, false);
	uint64_t d = 4;
	bool told;

	p->len = packet_ip4(p->data, 1450, 17, &d);
	p->data[6] = 0x40;
	ip4_checksum_set(p->data, 20);
	p->port = 5;
	gre_out_stage(&b->w.dp, &p, 1);
	told = p->next == STAGE_TUN_TX;
	pkt_put(b->w.dp.pool, p);
	return told;
}

static void
a_tunnel_believes_a_quote_with_its_key(void)
{
	static const struct {
		const char *gre;
		uint32_t len;
		bool believed;
	} rows[] = {
		{ "\x20\0\x08\0\0\0\0\x4d", 8, true },
		{ "\x20\0\x08\0\0\0\0\x4e", 8, false },
		{ "\0\0\x08\0\0\0\0\x4d", 8, false },
		{ "\x20\0\x08\0\0\0\0\x4d", 7, false },
	};

	for (unsigned int i = 0; i < 4; i++) {
		struct msg_dp_tunnel t = { .port = 5,
			.source = addr_v4(A),
			.destination = addr_v4(B),
			.has_key = true,
			.key = KEY,
			.up = true };
		uint8_t q[28];
		struct bed b;

		bed_init(&b);
		CU_ASSERT_EQUAL_FATAL(gre_put(b.w.dp.gre, &t, NULL), 0);
		CU_ASSERT_FALSE(is_cut(&b));
		quote_make(q);
		q[9] = IP_PROTO_GRE;
		memcpy(q + 20, rows[i].gre, 8);
		pmtu_quoted(&b.w.dp, q, 20 + rows[i].len, 1400);
		CU_ASSERT_EQUAL(is_cut(&b), rows[i].believed);
		pmtu_quoted(&b.w.dp, q, 20 + rows[i].len, 1400); /* no news */
		CU_ASSERT_EQUAL(b.n, rows[i].believed);
		CU_ASSERT_EQUAL(b.n_clear, b.n);
		CU_ASSERT_EQUAL(b.mtu, rows[i].believed ? 1400 : 0);
		loop_warp(b.w.dp.loop, 600000);
		CU_ASSERT_FALSE(is_cut(&b));
		bed_fini(&b);
	}
}

/* The daemon hears of the SA; only who sends as it is speaks for itself. */
static void
the_device_s_size_is_told_for_each_who_uses_it(void)
{
	static const struct {
		uint32_t sa_out, spd_port;
		unsigned int n_clear;
	} rows[] = { { 0, 0, 1 }, { 1, 0, 0 }, { 0, 9, 0 } };

	for (unsigned int i = 0; i < 3; i++) {
		struct msg_dp_tunnel t = { .port = 5,
			.source = addr_v4(A),
			.destination = addr_v4(B),
			.sa_out = rows[i].sa_out,
			.spd_port = rows[i].spd_port,
			.up = true };
		struct addr to = addr_v4(B);
		struct bed b;

		bed_init(&b);
		CU_ASSERT_EQUAL_FATAL(gre_put(b.w.dp.gre, &t, NULL), 0);
		pmtu_local(&b.w.dp, &to, 1300);
		pmtu_local(&b.w.dp, &to, 1300);
		CU_ASSERT_EQUAL(b.n_clear, rows[i].n_clear);
		CU_ASSERT_EQUAL(b.n, 1 + rows[i].n_clear);
		bed_fini(&b);
	}
}

CU_TestInfo pmtu_tests[] = {
	{ "only a quote of our own packet is believed",
		only_a_quote_of_our_own_packet_is_believed },
	{ "an IPv6 quote may begin with other headers",
		an_ipv6_quote_may_begin_with_other_headers },
	{ "a path only becomes smaller", a_path_only_becomes_smaller },
	{ "a flood of messages is not looked at", a_flood_of_messages_is_not_looked_at },
	{ "in UDP the SPI is all that is quoted", in_udp_the_spi_is_all_that_is_quoted },
	{ "the device is believed", the_device_is_believed },
	{ "a tunnel believes a quote with its key", a_tunnel_believes_a_quote_with_its_key },
	{ "the device's size is told for each who uses it",
		the_device_s_size_is_told_for_each_who_uses_it },
	CU_TEST_INFO_NULL,
};
