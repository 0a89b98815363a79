/*
 * Twin of datapath/fit.c: what happens to packets around the size that fits, for every setting.
 */
#include "config.h"

#include "datapath/fit.h"

#include "datapath/gre.h"
#include "datapath/ip6.h"
#include "datapath/pipeline.h"
#include "datapath/port_mem.h"
#include "datapath/sadb.h"
#include "datapath/spd.h"
#include "lib/alg.h"
#include "lib/buf.h"
#include "lib/sastate.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <string.h>
#include <sys/socket.h>

/* AES-CBC and SHA2-256: 20 + 8 + 16 + n + 16 with n a multiple of 16, two bytes of which are the trailer */
enum { TUN = 1, GRE_TUN = 2, RAW = 3, MTU = 1400, ROOM = 1326, A = 0x0a000001, B = 0x0a000002 };

struct bed {
	struct world w;
	struct port_mem *tun, *gre_tun, *raw;
	struct sa_slot slots[2];
};

static struct msg_dp_sa
sa_msg(void)
{
	struct msg_dp_sa m = { .sa = 1,
		.spi = 0x1000,
		.protocol = IP_PROTO_ESP,
		.mode = MSG_SA_TUNNEL,
		.source = addr_v4(A),
		.destination = addr_v4(B),
		.cipher = ALG_CIPHER_aes_cbc_128,
		.auth = ALG_AUTH_hmac_sha2_256_128,
		.port = TUN,
		.mtu = MTU,
		.seq_limit = UINT32_MAX };

	m.cipher_key.len = 16;
	m.auth_key.len = 32;
	return m;
}

static void
bed_init(struct bed *b, const struct msg_dp_sa *m)
{
	struct msg_dp_spd_begin begin = { .port = TUN, .n_rules = 1 };
	struct msg_dp_spd_rule rule = { .port = TUN,
		.action = MSG_SPD_PROTECT,
		.source_port_high = 65535,
		.destination_port_high = 65535,
		.icmp_type = 0xffff,
		.icmp_code = 0xffff,
		.sa_out = 1 };

	memset(b, 0, sizeof(*b));
	world_init(&b->w);
	b->w.dp.slots = b->slots;
	b->w.dp.n_slots = 2;
	b->tun = port_mem_new();
	b->gre_tun = port_mem_new();
	b->raw = port_mem_new();
	port_mem_put(&b->w.dp, b->tun, TUN, MSG_PORT_TUN_PROTECTED);
	port_mem_put(&b->w.dp, b->gre_tun, GRE_TUN, MSG_PORT_TUN_TUNNEL);
	port_mem_put(&b->w.dp, b->raw, RAW, m->encap_remote ? MSG_PORT_UDP : MSG_PORT_RAW_ESP);
	CU_ASSERT_EQUAL_FATAL(sadb_put(&b->w.dp, m, NULL), 0);
	spd_begin(&b->w.dp, &begin);
	spd_rule(&b->w.dp, &rule);
	CU_ASSERT_EQUAL_FATAL(spd_end(&b->w.dp, TUN), 0);
}

static void
bed_fini(struct bed *b)
{
	b->w.dp.slots = NULL; /* not a mapping */
	world_fini(&b->w);
	port_mem_free(b->tun);
	port_mem_free(b->gre_tun);
	port_mem_free(b->raw);
}

static void
send4(struct bed *b, uint32_t port, uint32_t len, bool df)
{
	static uint8_t p[9000];
	uint64_t d = 4;

	packet_ip4(p, len, 17, &d);
	p[6] = df ? 0x40 : 0;
	ip4_checksum_set(p, 20);
	port_mem_inject(port == TUN ? b->tun : b->gre_tun, p, len);
	port_rx(port_get(&b->w.dp, port));
}

static void
each_setting_has_its_way_with_what_is_too_long(void)
{
	static const struct {
		uint32_t len;
		bool df; /* inner */
		uint8_t setting;
		bool before;
		unsigned int sent, told, too_big;
	} rows[] = {
		{ ROOM, true, MSG_DF_COPY, false, 1, 0, 0 },
		{ ROOM, true, MSG_DF_SET, true, 1, 0, 0 },
		{ ROOM + 1, true, MSG_DF_COPY, false, 0, 1, 1 },
		{ ROOM + 1, true, MSG_DF_COPY, true, 0, 1, 1 },
		{ ROOM + 1, true, MSG_DF_SET, false, 0, 1, 1 },
		{ ROOM + 1, true, MSG_DF_CLEAR, false, 1, 0, 0 }, /* cut after, by the socket */
		{ ROOM + 1, true, MSG_DF_CLEAR, true, 2, 0, 0 },
		{ ROOM + 1, false, MSG_DF_COPY, false, 1, 0, 0 },
		{ ROOM + 1, false, MSG_DF_COPY, true, 2, 0, 0 },
		{ ROOM + 1, false, MSG_DF_SET, false, 2, 0, 0 }, /* cannot be cut after */
		{ 8000, false, MSG_DF_COPY, true, 7, 0, 0 },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_dp_sa m = sa_msg();
		const uint8_t *p;
		uint32_t len;
		struct bed b;

		m.df = rows[i].setting;
		m.fragment_before = rows[i].before;
		bed_init(&b, &m);
		send4(&b, TUN, rows[i].len, rows[i].df);
		CU_ASSERT_EQUAL(port_mem_n_sent(b.raw), rows[i].sent);
		CU_ASSERT_EQUAL(port_mem_n_sent(b.tun), rows[i].told);
		CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_pkt_too_big], rows[i].too_big);
		while (rows[i].before && (p = port_mem_sent(b.raw, &len)))
			CU_ASSERT_TRUE(len <= MTU);
		while ((p = port_mem_sent(b.tun, &len)))
			CU_ASSERT_EQUAL(be32_get(p + 24), ROOM);
		bed_fini(&b);
	}
}

static void
ipv6_inside_is_never_cut_and_never_told_less_than_its_least(void)
{
	static const struct {
		uint32_t mtu, len;
		unsigned int sent, told;
	} rows[] = { { MTU, ROOM, 1, 0 }, { MTU, ROOM + 1, 0, 1 }, { 1300, 1300, 1, 0 } };

	for (unsigned int i = 0; i < 3; i++) {
		struct msg_dp_sa m = sa_msg();
		uint8_t p[2000] = { 0x60 };
		struct bed b;

		m.mtu = rows[i].mtu;
		bed_init(&b, &m);
		be16_put(p + 4, (uint16_t)(rows[i].len - 40));
		p[6] = 17;
		memset(p + 8, 7, 32);
		port_mem_inject(b.tun, p, rows[i].len);
		port_rx(port_get(&b.w.dp, TUN));
		CU_ASSERT_EQUAL(port_mem_n_sent(b.raw), rows[i].sent);
		CU_ASSERT_EQUAL(port_mem_n_sent(b.tun), rows[i].told);
		bed_fini(&b);
	}
}

static void
udp_encapsulation_takes_eight_bytes_more(void)
{
	struct msg_dp_sa m = sa_msg();
	struct bed b;

	m.encap_local = m.encap_remote = 4500;
	m.mtu = MTU - 16 + 8; /* the eight bytes do not cost another block */
	bed_init(&b, &m);
	send4(&b, TUN, ROOM - 16, true);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.tun), 0);
	send4(&b, TUN, ROOM - 15, true);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.tun), 1);
	bed_fini(&b);
}

/* Over IPv6 nobody would cut a datagram that the device takes: it is cut before. */
static void
what_goes_in_udp_over_ipv6_is_cut_before(void)
{
	static const struct {
		bool df; /* inner */
		uint8_t setting;
		unsigned int sent, told;
	} rows[] = {
		{ false, MSG_DF_COPY, 2, 0 },
		{ false, MSG_DF_CLEAR, 2, 0 },
		{ true, MSG_DF_CLEAR, 2, 0 },
		{ true, MSG_DF_COPY, 0, 1 },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_dp_sa m = sa_msg();
		uint32_t len;
		struct bed b;

		m.source = (struct addr){ .af = AF_INET6, .b = { [15] = 1 } };
		m.destination = (struct addr){ .af = AF_INET6, .b = { [15] = 2 } };
		m.encap_local = m.encap_remote = 4500;
		m.df = rows[i].setting;
		bed_init(&b, &m);
		port_get(&b.w.dp, RAW)->v6 = true;
		send4(&b, TUN, ROOM, rows[i].df);
		CU_ASSERT_EQUAL(port_mem_n_sent(b.raw), rows[i].sent);
		CU_ASSERT_EQUAL(port_mem_n_sent(b.tun), rows[i].told);
		while (port_mem_sent(b.raw, &len))
			CU_ASSERT_TRUE(len + 8 <= MTU);
		bed_fini(&b);
	}
}

static void
what_was_learned_is_forgotten_after_ten_minutes(void)
{
	struct msg_dp_sa m = sa_msg();
	struct bed b;
	struct sa *sa;

	m.mtu = 0;
	bed_init(&b, &m);
	sa = sadb_get(b.w.dp.sadb, 1);
	send4(&b, TUN, 3000, true);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.raw), 1); /* nothing is known */
	CU_ASSERT_TRUE(fit_learn(&b.w.dp, sa, MTU));
	CU_ASSERT_FALSE(fit_learn(&b.w.dp, sa, MTU));
	CU_ASSERT_FALSE(fit_learn(&b.w.dp, sa, MTU + 1));
	send4(&b, TUN, 3000, true);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.tun), 1);
	loop_warp(b.w.dp.loop, FIT_LEARNED_MS - 1);
	send4(&b, TUN, 3000, true);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.tun), 2);
	loop_warp(b.w.dp.loop, 1);
	send4(&b, TUN, 3000, true);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.tun), 2);
	bed_fini(&b);
}

/* GRE with a profile: what does not fit is made shorter before GRE, inside. */
static void
the_packet_inside_gre_becomes_shorter(void)
{
	struct msg_dp_tunnel t = { .port = GRE_TUN,
		.source = addr_v4(A),
		.destination = addr_v4(B),
		.has_key = true,
		.key = 3,
		.up = true,
		.sa_out = 1 };
	struct msg_dp_sa m = sa_msg();
	const uint8_t *p;
	uint32_t len;
	struct bed b;

	bed_init(&b, &m);
	CU_ASSERT_EQUAL_FATAL(gre_put(b.w.dp.gre, &t, NULL), 0);
	send4(&b, GRE_TUN, ROOM - 28, true);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.raw), 1);
	send4(&b, GRE_TUN, ROOM - 27, true);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.raw), 1);
	p = port_mem_sent(b.gre_tun, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(be32_get(p + 24), ROOM - 28);
	CU_ASSERT_EQUAL(be32_get(p + 28 + 12), 0xc0a80a01); /* about the inner packet */
	send4(&b, GRE_TUN, ROOM - 27, false);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.raw), 3);
	while (port_mem_sent(b.raw, &len))
		CU_ASSERT_TRUE(len <= MTU);
	bed_fini(&b);
}

/* A policy about port 53 judges the whole packet; whichever fragment comes first. */
static void
fragments_are_judged_whole(void)
{
	for (unsigned int i = 0; i < 4; i++) {
		struct msg_dp_sa m = sa_msg();
		struct msg_dp_spd_begin begin = { .port = TUN, .n_rules = 1 };
		struct msg_dp_spd_rule rule = { .port = TUN,
			.action = MSG_SPD_PROTECT,
			.protocol = IP_PROTO_UDP,
			.source_port_high = 65535,
			.destination_port_low = 53,
			.destination_port_high = 53,
			.icmp_type = 0xffff,
			.icmp_code = 0xffff,
			.sa_out = 1 };
		uint8_t whole[600], pieces[2][400];
		const uint8_t *p;
		uint32_t lens[2], len;
		struct ip4_frag f;
		struct ip4 ip;
		uint64_t d = 4;
		struct bed b;

		m.mtu = 0;
		bed_init(&b, &m);
		spd_begin(&b.w.dp, &begin);
		spd_rule(&b.w.dp, &rule);
		CU_ASSERT_EQUAL_FATAL(spd_end(&b.w.dp, TUN), 0);
		packet_ip4(whole, sizeof(whole), IP_PROTO_UDP, &d);
		be16_put(whole + 22, i % 2 ? 53 : 54);
		ip4_parse(whole, sizeof(whole), &ip);
		ip4_frag_init(&f, whole, &ip, 400);
		for (unsigned int k = 0; k < 2; k++)
			lens[k] = ip4_frag_next(&f, pieces[k]);
		for (unsigned int k = 0; k < 2; k++) {
			unsigned int which = i / 2 ? k : 1 - k;

			CU_ASSERT_EQUAL(port_mem_n_sent(b.raw), 0);
			port_mem_inject(b.tun, pieces[which], lens[which]);
			port_rx(port_get(&b.w.dp, TUN));
		}
		p = port_mem_sent(b.raw, &len);
		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		CU_ASSERT_EQUAL(p[9], i % 2 ? IP_PROTO_ESP : IP_PROTO_UDP);
		if (i % 2 == 0)
			CU_ASSERT_TRUE(len == sizeof(whole) && memcmp(p, whole, len) == 0);
		bed_fini(&b);
	}
}

/* 3000 bytes over a path of this size have their way, and none of it is longer than it may be. */
static void
boundary(struct bed *b, const struct msg_dp_sa *m, bool gre, bool df)
{
	struct msg_dp_tunnel t = { .port = GRE_TUN,
		.source = addr_v4(A),
		.destination = addr_v4(B),
		.up = true,
		.sa_out = 1 };
	const struct stats *st = b->w.dp.stats;
	uint64_t drops = 0;
	const uint8_t *p;
	uint32_t len;

	stats_reset(b->w.dp.stats);
	loop_warp(b->w.dp.loop, 1000);
	CU_ASSERT_EQUAL_FATAL(sadb_put(&b->w.dp, m, NULL), 0);
	gre_del(b->w.dp.gre, GRE_TUN); /* it would remember */
	if (gre)
		CU_ASSERT_EQUAL_FATAL(gre_put(b->w.dp.gre, &t, NULL), 0);
	send4(b, gre ? GRE_TUN : TUN, 3000, df);
	for (unsigned int i = 1; i < DROP_N; i++)
		drops += st->drops[i];
	CU_ASSERT_EQUAL(drops, st->drops[DROP_pkt_too_big]);
	CU_ASSERT_TRUE(port_mem_n_sent(b->raw) + drops > 0);
	CU_ASSERT_TRUE(drops > 0 || !df || m->df == MSG_DF_CLEAR || m->mtu == 65535);
	while ((p = port_mem_sent(gre ? b->gre_tun : b->tun, &len)))
		CU_ASSERT_TRUE(be32_get(p + 24) >= 68 && be32_get(p + 24) < m->mtu);
	while ((p = port_mem_sent(b->raw, &len)))
		CU_ASSERT_TRUE(
			!m->fragment_before || df || len + (m->encap_remote ? 8 : 0) <= m->mtu);
}

static void
paths_of_every_size_have_an_outcome(void)
{
	static const uint32_t beyond[] = { 576, 1280, 65535 };

	for (unsigned int i = 0; i < 3 * 2 * 2 * 2; i++) {
		struct msg_dp_sa m = sa_msg();
		struct bed b;

		m.df = i % 3;
		m.fragment_before = i / 3 % 2;
		m.encap_local = m.encap_remote = i / 6 % 2 ? 4500 : 0;
		bed_init(&b, &m);
		for (unsigned int n = 1; n <= 103; n++) {
			m.mtu = n <= 100 ? n : beyond[n - 101];
			boundary(&b, &m, i / 12, false);
			boundary(&b, &m, i / 12, true);
		}
		bed_fini(&b);
	}
}

CU_TestInfo fit_tests[] = {
	{ "fragments are judged whole", fragments_are_judged_whole },
	{ "each setting has its way with what is too long",
		each_setting_has_its_way_with_what_is_too_long },
	{ "IPv6 inside is never cut, and never told less than its least",
		ipv6_inside_is_never_cut_and_never_told_less_than_its_least },
	{ "UDP encapsulation takes eight bytes more", udp_encapsulation_takes_eight_bytes_more },
	{ "what goes in UDP over IPv6 is cut before", what_goes_in_udp_over_ipv6_is_cut_before },
	{ "what was learned is forgotten after ten minutes",
		what_was_learned_is_forgotten_after_ten_minutes },
	{ "paths of every size have an outcome", paths_of_every_size_have_an_outcome },
	{ "the packet inside GRE becomes shorter", the_packet_inside_gre_becomes_shorter },
	CU_TEST_INFO_NULL,
};
