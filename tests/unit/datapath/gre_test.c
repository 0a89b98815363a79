/*
 * Twin of datapath/gre.c: layouts of RFC 2784 and 2890, what is refused, and who gets what.
 */
#include "config.h"

#include "datapath/gre.h"

#include "datapath/ip6.h"
#include "datapath/pipeline.h"
#include "datapath/port_mem.h"
#include "datapath/sadb.h"
#include "datapath/spd.h"
#include "lib/buf.h"
#include "lib/sastate.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { A = 0xcb007101, B = 0xc6336401, PLAIN = 1, KEYED = 2, SUMMED = 3, BOTH = 4, DOWN = 5 };

struct bed {
	struct world w;
	struct port_mem *tun[6]; /* by port identity */
	struct port_mem *raw;
};

static const struct {
	uint32_t port;
	uint32_t dst;
	bool has_key;
	uint32_t key;
	bool checksum;
	bool up;
} tunnels[] = {
	{ PLAIN, B, false, 0, false, true },
	{ KEYED, B, true, 0x01020304, false, true },
	{ SUMMED, B + 1, false, 0, true, true },
	{ BOTH, B + 1, true, 77, true, true },
	{ DOWN, B + 2, false, 0, false, false },
};

static struct msg_dp_tunnel
tunnel_msg(unsigned int i)
{
	return (struct msg_dp_tunnel){ .port = tunnels[i].port,
		.source = addr_v4(A),
		.destination = addr_v4(tunnels[i].dst),
		.has_key = tunnels[i].has_key,
		.key = tunnels[i].key,
		.checksum = tunnels[i].checksum,
		.mtu = 1476,
		.up = tunnels[i].up };
}

static void
bed_init(struct bed *b)
{
	world_init(&b->w);
	b->raw = port_mem_new();
	CU_ASSERT_EQUAL_FATAL(port_mem_put(&b->w.dp, b->raw, 100, MSG_PORT_RAW_GRE), 0);
	for (unsigned int i = 0; i < 5; i++) {
		struct msg_dp_tunnel m = tunnel_msg(i);

		b->tun[m.port] = port_mem_new();
		CU_ASSERT_EQUAL_FATAL(
			port_mem_put(&b->w.dp, b->tun[m.port], m.port, MSG_PORT_TUN_TUNNEL), 0);
		CU_ASSERT_EQUAL_FATAL(gre_put(b->w.dp.gre, &m, NULL), 0);
	}
}

static void
bed_fini(struct bed *b)
{
	world_fini(&b->w);
	port_mem_free(b->raw);
	for (unsigned int i = 1; i <= 5; i++)
		port_mem_free(b->tun[i]);
}

/* Sends a packet into a tunnel and shows what comes out of the raw socket. */
static const uint8_t *
out_through(struct bed *b, uint32_t port, const uint8_t *p, uint32_t len, uint32_t *out_len)
{
	port_mem_inject(b->tun[port], p, len);
	port_rx(port_get(&b->w.dp, port));
	return port_mem_sent(b->raw, out_len);
}

/* Receives an encapsulated packet; the drop reason that was counted, or DROP_NONE. */
static enum drop
in_through(struct bed *b, const uint8_t *p, uint32_t len)
{
	enum drop why = DROP_NONE;

	stats_reset(b->w.dp.stats);
	port_mem_inject(b->raw, p, len);
	port_rx(port_get(&b->w.dp, 100));
	for (unsigned int i = 1; i < DROP_N; i++) {
		if (b->w.dp.stats->drops[i]) {
			CU_ASSERT_EQUAL(why, DROP_NONE);
			why = (enum drop)i;
		}
	}
	return why;
}

/* Turns an encapsulated packet round: B's answer to A. */
static void
turn(uint8_t *p)
{
	uint32_t src = be32_get(p + 12);

	be32_put(p + 12, be32_get(p + 16));
	be32_put(p + 16, src);
	ip4_checksum_set(p, 20);
}

/* GRE behind an outer header, with these GRE bytes and this payload. */
static uint32_t
craft(uint8_t *p, uint32_t from, const void *gre, uint32_t gre_len, const uint8_t *inner,
	uint32_t inner_len)
{
	struct ip4 ip = { .ttl = 255,
		.protocol = 47,
		.id = 5,
		.total_len = (uint16_t)(20 + gre_len + inner_len),
		.src = from,
		.dst = A };

	ip4_build(p, &ip);
	memcpy(p + 20, gre, gre_len);
	memcpy(p + 20 + gre_len, inner, inner_len);
	return ip.total_len;
}

static void
headers_are_laid_out_as_the_rfcs_say(void)
{
	static const struct {
		uint32_t port;
		uint32_t gre_len;
		uint16_t flags;
	} rows[] = { { PLAIN, 4, 0 }, { KEYED, 8, 0x2000 }, { SUMMED, 8, 0x8000 },
		{ BOTH, 12, 0xa000 } };
	uint8_t in[200];
	uint64_t d = 8;
	struct bed b;

	bed_init(&b);
	for (unsigned int i = 0; i < 4; i++) {
		uint32_t n = packet_ip4(in, 101, 17, &d), out_len;
		const uint8_t *out = out_through(&b, rows[i].port, in, n, &out_len);
		struct ip4 ip;

		CU_ASSERT_PTR_NOT_NULL_FATAL(out);
		CU_ASSERT_EQUAL_FATAL(ip4_parse(out, out_len, &ip), DROP_NONE);
		CU_ASSERT_EQUAL(out_len, 20 + rows[i].gre_len + n);
		CU_ASSERT_EQUAL(ip.total_len, out_len);
		CU_ASSERT_EQUAL(ip.src, A);
		CU_ASSERT_EQUAL(ip.dst, rows[i].port <= KEYED ? B : B + 1);
		CU_ASSERT_EQUAL(ip.protocol, 47);
		CU_ASSERT_EQUAL(ip.ttl, 255);
		CU_ASSERT_NOT_EQUAL(ip.id, 0);
		CU_ASSERT_EQUAL(be16_get(out + 20), rows[i].flags);
		CU_ASSERT_EQUAL(be16_get(out + 22), 0x0800);
		if (rows[i].flags & 0x8000) {
			CU_ASSERT_EQUAL(naive_checksum(out + 20, out_len - 20, 0), 0);
			CU_ASSERT_EQUAL(be16_get(out + 26), 0);
		}
		CU_ASSERT_EQUAL(memcmp(out + 20 + rows[i].gre_len, in, n), 0);
	}
	CU_ASSERT_EQUAL(be32_get((const uint8_t *)"\1\2\3\4"), tunnels[1].key);
	bed_fini(&b);
}

static void
the_key_is_behind_the_checksum(void)
{
	uint8_t in[60];
	uint64_t d = 8;
	uint32_t len;
	const uint8_t *out;
	struct bed b;

	bed_init(&b);
	packet_ip4(in, sizeof(in), 17, &d);
	out = out_through(&b, KEYED, in, sizeof(in), &len);
	CU_ASSERT_EQUAL(be32_get(out + 24), 0x01020304);
	out = out_through(&b, BOTH, in, sizeof(in), &len);
	CU_ASSERT_EQUAL(be32_get(out + 28), 77);
	bed_fini(&b);
}

static void
what_one_end_sends_the_other_takes(void)
{
	uint8_t in[1476], wire[1600];
	uint64_t d = 8;
	struct bed b;

	bed_init(&b);
	for (uint32_t port = PLAIN; port <= BOTH; port++) {
		for (uint32_t n = 20; n <= sizeof(in); n += 97) {
			uint32_t len;
			const uint8_t *out;

			packet_ip4(in, n, 6, &d);
			memcpy(wire, out_through(&b, port, in, n, &len), 20);
			port_mem_inject(b.tun[port], in, n);
			port_rx(port_get(&b.w.dp, port));
			out = port_mem_sent(b.raw, &len);
			memcpy(wire, out, len);
			turn(wire);
			CU_ASSERT_EQUAL(in_through(&b, wire, len), DROP_NONE);
			out = port_mem_sent(b.tun[port], &len);
			CU_ASSERT_PTR_NOT_NULL_FATAL(out);
			CU_ASSERT_EQUAL(len, n);
			CU_ASSERT_EQUAL(memcmp(out, in, n), 0);
		}
	}
	CU_ASSERT_TRUE(port_get(&b.w.dp, KEYED)->count.in_packets > 0);
	CU_ASSERT_EQUAL(port_get(&b.w.dp, KEYED)->count.out_packets,
		2 * port_get(&b.w.dp, KEYED)->count.in_packets);
	bed_fini(&b);
}

static void
ipv6_goes_through_with_its_own_protocol_type(void)
{
	uint8_t in[60] = { 0x62, 0xa0, 0, 0, 0, 20, 59, 64 }, wire[100];
	const uint8_t *out;
	uint32_t len;
	struct bed b;

	bed_init(&b);
	out = out_through(&b, PLAIN, in, sizeof(in), &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL(be16_get(out + 22), 0x86dd);
	CU_ASSERT_EQUAL(out[1], 0x2a); /* the traffic class became the TOS */
	memcpy(wire, out, len);
	turn(wire);
	CU_ASSERT_EQUAL(in_through(&b, wire, len), DROP_NONE);
	out = port_mem_sent(b.tun[PLAIN], &len);
	CU_ASSERT_EQUAL(len, sizeof(in));
	CU_ASSERT_EQUAL(memcmp(out, in, len), 0);
	bed_fini(&b);
}

static void
the_outer_df_and_tos_are_the_inner_ones(void)
{
	uint8_t in[40] = { 0 };
	struct ip4 inner = { .total_len = 40, .ttl = 1, .tos = 0xb9, .df = true }, ip;
	const uint8_t *out;
	uint32_t len;
	struct bed b;

	bed_init(&b);
	for (int df = 0; df < 2; df++) {
		inner.df = df;
		ip4_build(in, &inner);
		out = out_through(&b, PLAIN, in, sizeof(in), &len);
		CU_ASSERT_EQUAL_FATAL(ip4_parse(out, len, &ip), DROP_NONE);
		CU_ASSERT_EQUAL(ip.df, df);
		CU_ASSERT_EQUAL(ip.tos, 0xb9);
	}
	bed_fini(&b);
}

static void
a_congestion_mark_reaches_the_inner_packet(void)
{
	uint8_t in[40] = { 0 }, wire[100];
	struct ip4 inner = { .total_len = 40, .ttl = 1, .tos = 0x02 }, ip;
	uint32_t n, len;
	struct bed b;

	bed_init(&b);
	for (unsigned int ect = 0; ect < 2; ect++) {
		inner.tos = ect ? 0x02 : 0x00;
		ip4_build(in, &inner);
		n = craft(wire, B, "\0\0\x08\0", 4, in, sizeof(in));
		wire[1] = 3;
		ip4_checksum_set(wire, 20);
		CU_ASSERT_EQUAL(in_through(&b, wire, n), ect ? DROP_NONE : DROP_ip_ecn);
	}
	CU_ASSERT_EQUAL(ip4_parse(port_mem_sent(b.tun[PLAIN], &len), 40, &ip), DROP_NONE);
	CU_ASSERT_EQUAL(ip.tos, 0x03);
	bed_fini(&b);
}

static void
each_malformed_header_has_its_own_counter(void)
{
	static const struct {
		const char *gre;
		uint32_t len;
		uint32_t from;
		enum drop want;
	} rows[] = {
		{ "\0\0\x08\0", 4, B, DROP_NONE },
		{ "\0\1\x08\0", 4, B, DROP_gre_version },
		{ "\0\7\x08\0", 4, B, DROP_gre_version },
		{ "\x40\0\x08\0", 4, B, DROP_gre_flags },
		{ "\x08\0\x08\0", 4, B, DROP_gre_flags },
		{ "\x04\0\x08\0", 4, B, DROP_gre_flags },
		{ "\x03\xf8\x08\0", 4, B, DROP_NONE }, /* bits 6 to 12 are ignored */
		{ "\0\0\x08\6", 4, B, DROP_gre_protocol },
		{ "\0\0\0\0", 4, B, DROP_gre_protocol },
		{ "\0\0\x86\xdd", 4, B, DROP_gre_inner }, /* says IPv6, is IPv4 */
		{ "\0\0\x08\0", 4, B + 9, DROP_gre_no_tunnel },
		{ "\x20\0\x08\0\1\2\3\4", 8, B, DROP_NONE },
		{ "\x20\0\x08\0\1\2\3\5", 8, B, DROP_gre_key },
		{ "\x20\0\x08\0\0\0\0\0", 8, B, DROP_gre_key }, /* key 0 is a key */
		{ "\x20\0\x08\0\1\2\3\4", 8, B + 9, DROP_gre_no_tunnel },
		{ "\x30\0\x08\0\1\2\3\4\0\0\0\7", 12, B, DROP_NONE }, /* sequence number */
		{ "\x10\0\x08\0\0\0\0\7", 8, B, DROP_NONE },
		{ "\0\0\x08\0", 4, B + 1, DROP_NONE }, /* no checksum where one is configured */
		{ "\x80\0\x08\0\xff\xff\0\0", 8, B, DROP_gre_checksum },
		{ "\0\0\x08\0", 4, B + 2, DROP_gre_down },
	};
	uint8_t inner[40], wire[100];
	uint64_t d = 4;
	struct bed b;

	bed_init(&b);
	packet_ip4(inner, sizeof(inner), 17, &d);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t n =
			craft(wire, rows[i].from, rows[i].gre, rows[i].len, inner, sizeof(inner));

		CU_ASSERT_EQUAL(in_through(&b, wire, n), rows[i].want);
	}
	bed_fini(&b);
}

static void
keys_tell_tunnels_with_equal_addresses_apart(void)
{
	uint8_t inner[40], wire[100];
	uint64_t d = 4;
	uint32_t n;
	struct bed b;

	bed_init(&b);
	packet_ip4(inner, sizeof(inner), 17, &d);
	n = craft(wire, B, "\x20\0\x08\0\1\2\3\4", 8, inner, sizeof(inner));
	CU_ASSERT_EQUAL(in_through(&b, wire, n), DROP_NONE);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.tun[KEYED]), 1);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.tun[PLAIN]), 0);
	n = craft(wire, B, "\0\0\x08\0", 4, inner, sizeof(inner));
	CU_ASSERT_EQUAL(in_through(&b, wire, n), DROP_NONE);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.tun[PLAIN]), 1);
	/* without the tunnel that has no key, a missing key is a wrong one */
	CU_ASSERT_EQUAL(gre_del(b.w.dp.gre, PLAIN), 0);
	CU_ASSERT_EQUAL(in_through(&b, wire, n), DROP_gre_key);
	bed_fini(&b);
}

static void
a_truncation_at_every_length_is_dropped(void)
{
	uint8_t in[64], wire[100], cut[100];
	uint64_t d = 4;
	uint32_t len;
	struct bed b;

	bed_init(&b);
	packet_ip4(in, sizeof(in), 17, &d);
	memcpy(wire, out_through(&b, BOTH, in, sizeof(in), &len), 96);
	turn(wire);
	CU_ASSERT_EQUAL_FATAL(len, 96);
	for (uint32_t n = 1; n < len; n++) {
		/* as it was cut on the way, and with an outer header that says so itself */
		CU_ASSERT_EQUAL(in_through(&b, wire, n), DROP_ip_short);
		if (n < 20)
			continue;
		memcpy(cut, wire, n);
		be16_put(cut + 2, (uint16_t)n);
		ip4_checksum_set(cut, 20);
		CU_ASSERT_EQUAL(
			in_through(&b, cut, n), n < 32 ? DROP_gre_short : DROP_gre_checksum);
	}
	CU_ASSERT_EQUAL(in_through(&b, wire, len), DROP_NONE);
	bed_fini(&b);
}

static void
a_flipped_bit_anywhere_is_dropped_where_a_checksum_guards(void)
{
	uint8_t in[48], wire[80], bad[80];
	uint64_t d = 4;
	uint32_t len;
	struct bed b;

	bed_init(&b);
	packet_ip4(in, sizeof(in), 17, &d);
	memcpy(wire, out_through(&b, BOTH, in, sizeof(in), &len), 80);
	turn(wire);
	CU_ASSERT_EQUAL_FATAL(len, 80);
	for (unsigned int bit = 0; bit < len * 8; bit++) {
		memcpy(bad, wire, len);
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		/* the bit that says there is a checksum: then the length of the header is wrong */
		CU_ASSERT_NOT_EQUAL(in_through(&b, bad, len), DROP_NONE);
	}
	CU_ASSERT_EQUAL(in_through(&b, wire, len), DROP_NONE);
	bed_fini(&b);
}

static void
random_bytes_behind_a_good_outer_header_do_no_harm(void)
{
	uint8_t gre[120], wire[200];
	uint64_t d = 1234;
	struct bed b;

	bed_init(&b);
	for (unsigned int round = 0; round < 20000; round++) {
		uint32_t len = dice(&d) % sizeof(gre), n;

		for (uint32_t i = 0; i < len; i++)
			gre[i] = (uint8_t)dice(&d);
		if (len > 4 && round % 2) {
			be16_put(gre, (uint16_t)(dice(&d) & 0xb000));
			be16_put(gre + 2, round % 4 ? 0x0800 : 0x86dd);
		}
		n = craft(wire, B, gre, len, gre, 0);
		in_through(&b, wire, n);
	}
	bed_fini(&b);
}

static void
a_fragment_is_refused(void)
{
	uint8_t inner[40], wire[100];
	uint64_t d = 4;
	uint32_t n;
	struct bed b;

	bed_init(&b);
	packet_ip4(inner, sizeof(inner), 17, &d);
	n = craft(wire, B, "\0\0\x08\0", 4, inner, sizeof(inner));
	wire[6] |= 0x20;
	ip4_checksum_set(wire, 20);
	CU_ASSERT_EQUAL(in_through(&b, wire, n), DROP_ip_fragment);
	bed_fini(&b);
}

static void
what_cannot_go_out_is_counted(void)
{
	static uint8_t big[65535];
	uint8_t in[40];
	uint64_t d = 4;
	uint32_t len;
	struct bed b;

	bed_init(&b);
	packet_ip4(in, sizeof(in), 17, &d);
	CU_ASSERT_PTR_NULL(out_through(&b, DOWN, in, sizeof(in), &len));
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_gre_down], 1);
	CU_ASSERT_EQUAL(port_get(&b.w.dp, DOWN)->count.out_dropped, 1);
	in[0] = 0x55;
	CU_ASSERT_PTR_NULL(out_through(&b, PLAIN, in, sizeof(in), &len));
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_gre_inner], 1);
	packet_ip4(big, sizeof(big), 17, &d);
	CU_ASSERT_PTR_NULL(out_through(&b, PLAIN, big, sizeof(big), &len));
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_pkt_too_big], 1);
	gre_del(b.w.dp.gre, PLAIN);
	packet_ip4(in, sizeof(in), 17, &d);
	CU_ASSERT_PTR_NULL(out_through(&b, PLAIN, in, sizeof(in), &len));
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_gre_no_tunnel], 1);
	bed_fini(&b);
}

/* Tunnel 5 again, with other properties. */
static void
tunnel_change(struct bed *b, struct msg_dp_tunnel m)
{
	m.port = DOWN;
	m.up = true;
	CU_ASSERT_EQUAL_FATAL(gre_put(b->w.dp.gre, &m, NULL), 0);
}

static void
sequence_numbers_go_out_from_zero(void)
{
	struct msg_dp_tunnel m = tunnel_msg(3); /* key and checksum too */
	uint8_t in[60];
	uint64_t d = 8;
	struct bed b;

	bed_init(&b);
	m.destination = addr_v4(B + 7);
	m.sequence = true;
	tunnel_change(&b, m);
	packet_ip4(in, sizeof(in), 17, &d);
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t len;
		const uint8_t *out = out_through(&b, DOWN, in, sizeof(in), &len);

		CU_ASSERT_PTR_NOT_NULL_FATAL(out);
		CU_ASSERT_EQUAL(be16_get(out + 20), 0xb000);
		CU_ASSERT_EQUAL(be32_get(out + 28), 77);
		CU_ASSERT_EQUAL(be32_get(out + 32), i);
		CU_ASSERT_EQUAL(naive_checksum(out + 20, len - 20, 0), 0);
		CU_ASSERT_EQUAL(memcmp(out + 36, in, sizeof(in)), 0);
		tunnel_change(&b, m); /* goes on counting */
	}
	bed_fini(&b);
}

/* One packet into tunnel 5; its number. */
static uint32_t
seq_sent(struct bed *b)
{
	uint8_t in[60];
	const uint8_t *out;
	uint64_t d = 8;
	uint32_t len;

	packet_ip4(in, sizeof(in), 17, &d);
	out = out_through(b, DOWN, in, sizeof(in), &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL(be16_get(out + 20), 0x1000);
	return be32_get(out + 24);
}

static void
a_new_datapath_goes_on_with_the_numbers_in_the_slot(void)
{
	static const uint64_t starts[] = { 0, 1000, UINT32_MAX - 1, (UINT64_C(1) << 32) + 7 };
	struct sa_slot slots[3] = { 0 };
	struct msg_dp_tunnel m = tunnel_msg(0);
	struct bed b;

	m.destination = addr_v4(B + 7);
	m.sequence = true;
	m.slot = 3;
	for (unsigned int i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		slots[2].seq = starts[i];
		for (uint64_t n = starts[i], process = 0; process < 3; process++) {
			bed_init(&b);
			b.w.dp.slots = slots;
			b.w.dp.n_slots = 3;
			gre_del(b.w.dp.gre, DOWN);
			tunnel_change(&b, m);
			for (unsigned int k = 0; k < 4; k++, n++)
				CU_ASSERT_EQUAL(seq_sent(&b), (uint32_t)n);
			CU_ASSERT_EQUAL(slots[2].seq, n);
			b.w.dp.slots = NULL;
			bed_fini(&b);
		}
	}
}

static void
a_new_peer_is_counted_from_zero_and_a_new_slot_takes_over(void)
{
	struct sa_slot slots[3] = { 0 };
	struct msg_dp_tunnel m = tunnel_msg(0);
	struct bed b;

	bed_init(&b);
	b.w.dp.slots = slots;
	b.w.dp.n_slots = 3;
	m.destination = addr_v4(B + 7);
	m.sequence = true;
	tunnel_change(&b, m);
	for (uint32_t i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(seq_sent(&b), i);
	m.slot = 1;
	tunnel_change(&b, m);
	CU_ASSERT_EQUAL(slots[0].seq, 5);
	CU_ASSERT_EQUAL(seq_sent(&b), 5);
	m.destination = addr_v4(B + 8);
	tunnel_change(&b, m);
	CU_ASSERT_EQUAL(slots[0].seq, 0);
	CU_ASSERT_EQUAL(seq_sent(&b), 0);
	m.port = DOWN;
	m.slot = 4; /* there are three */
	CU_ASSERT_EQUAL(gre_put(b.w.dp.gre, &m, NULL), -EINVAL);
	CU_ASSERT_EQUAL(seq_sent(&b), 1);
	b.w.dp.slots = NULL;
	bed_fini(&b);
}

static enum drop
in_with_seq(struct bed *b, uint32_t seq, const uint8_t *inner, uint32_t len)
{
	uint8_t wire[200], gre[8] = { 0x10, 0, 8, 0 };

	be32_put(gre + 4, seq);
	return in_through(b, wire, craft(wire, B + 7, gre, 8, inner, len));
}

static void
late_sequence_numbers_are_dropped(void)
{
	static const struct {
		uint32_t seq;
		enum drop want;
	} rows[] = { { 5, DROP_NONE }, { 6, DROP_NONE }, { 6, DROP_gre_sequence },
		{ 5, DROP_gre_sequence }, { 9, DROP_NONE }, { 7, DROP_gre_sequence },
		{ 9u + 0x7fffffff, DROP_NONE }, { 9, DROP_gre_sequence },
		{ 9u + 0x7fffffff, DROP_gre_sequence }, { 0xffffffff, DROP_NONE }, { 0, DROP_NONE },
		{ 0xffffffff, DROP_gre_sequence } };
	struct msg_dp_tunnel m = tunnel_msg(0);
	uint8_t inner[40], wire[100];
	uint64_t d = 4;
	uint32_t n;
	struct bed b;

	bed_init(&b);
	m.destination = addr_v4(B + 7);
	m.sequence = true;
	tunnel_change(&b, m);
	packet_ip4(inner, sizeof(inner), 17, &d);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT_EQUAL(in_with_seq(&b, rows[i].seq, inner, sizeof(inner)), rows[i].want);
	/* one without a number is in order */
	n = craft(wire, B + 7, "\0\0\x08\0", 4, inner, sizeof(inner));
	CU_ASSERT_EQUAL(in_through(&b, wire, n), DROP_NONE);
	/* a peer that was silent for half a minute has begun anew */
	loop_warp(b.w.dp.loop, 29999);
	CU_ASSERT_EQUAL(in_with_seq(&b, 0, inner, sizeof(inner)), DROP_gre_sequence);
	loop_warp(b.w.dp.loop, 1);
	CU_ASSERT_EQUAL(in_with_seq(&b, 0, inner, sizeof(inner)), DROP_NONE);
	CU_ASSERT_EQUAL(in_with_seq(&b, 0, inner, sizeof(inner)), DROP_gre_sequence);
	m.sequence = false;
	tunnel_change(&b, m);
	CU_ASSERT_EQUAL(in_with_seq(&b, 0, inner, sizeof(inner)), DROP_NONE);
	bed_fini(&b);
}

static void
the_tunnels_own_packets_inside_it_are_refused(void)
{
	uint8_t in[60], wire[120];
	const uint8_t *out;
	uint64_t d = 8;
	uint32_t len;
	struct bed b;

	bed_init(&b);
	packet_ip4(in, sizeof(in), 17, &d);
	out = out_through(&b, KEYED, in, sizeof(in), &len);
	memcpy(wire, out, len);
	CU_ASSERT_PTR_NULL(out_through(&b, PLAIN, wire, len, &len));
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_gre_recursion], 1);
	turn(wire); /* somebody else's GRE may pass, and so may what comes from there */
	CU_ASSERT_PTR_NOT_NULL(out_through(&b, PLAIN, wire, 88, &len));
	/* another tunnel's is what it carries as anything else */
	out = out_through(&b, SUMMED, in, sizeof(in), &len);
	memcpy(wire, out, len);
	out = out_through(&b, PLAIN, wire, len, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL(be32_get(out + 24 + 16), B + 1);
	bed_fini(&b);
}

static const uint8_t a6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
static const uint8_t b6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 2 };

static void
ipv6_is_an_outer_header_too(void)
{
	struct msg_dp_tunnel m = tunnel_msg(3);
	uint8_t in[60], wire[200];
	struct port_mem *raw6 = port_mem_new();
	const uint8_t *out;
	uint64_t d = 8;
	uint32_t len;
	struct ip6 ip;
	struct bed b;

	bed_init(&b);
	CU_ASSERT_EQUAL_FATAL(port_mem_put(&b.w.dp, raw6, 101, MSG_PORT_RAW6_GRE), 0);
	m.source.af = m.destination.af = AF_INET6;
	memcpy(m.source.b, a6, 16);
	memcpy(m.destination.b, b6, 16);
	tunnel_change(&b, m);
	packet_ip4(in, sizeof(in), 17, &d);
	in[1] = 0xb8;
	ip4_checksum_set(in, 20);
	port_mem_inject(b.tun[DOWN], in, sizeof(in));
	port_rx(port_get(&b.w.dp, DOWN));
	out = port_mem_sent(raw6, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL_FATAL(ip6_parse(out, len, &ip), DROP_NONE);
	CU_ASSERT_EQUAL(len, 40 + 12 + sizeof(in));
	CU_ASSERT_EQUAL(ip.payload_len, len - 40);
	CU_ASSERT_EQUAL(ip.tclass, 0xb8);
	CU_ASSERT_EQUAL(ip.next_header, 47);
	CU_ASSERT_EQUAL(memcmp(ip.src, a6, 16), 0);
	CU_ASSERT_EQUAL(memcmp(ip.dst, b6, 16), 0);
	CU_ASSERT_EQUAL(naive_checksum(out + 40, len - 40, 0), 0);
	memcpy(wire, out, len);
	memcpy(wire + 8, b6, 16);
	memcpy(wire + 24, a6, 16);
	port_mem_inject(raw6, wire, len);
	port_rx(port_get(&b.w.dp, 101));
	out = port_mem_sent(b.tun[DOWN], &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL(len, sizeof(in));
	CU_ASSERT_EQUAL(memcmp(out, in, len), 0);
	/* the same bytes as a fragment, and from somebody else */
	wire[6] = 44;
	port_mem_inject(raw6, wire, sizeof(in) + 52);
	wire[6] = 47;
	wire[23] ^= 1;
	port_mem_inject(raw6, wire, sizeof(in) + 52);
	port_rx(port_get(&b.w.dp, 101));
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_ip_fragment], 1);
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_gre_no_tunnel], 1);
	bed_fini(&b);
	port_mem_free(raw6);
}

static void
what_an_sa_or_a_policy_protects_is_not_taken_in_clear(void)
{
	struct msg_dp_tunnel m = tunnel_msg(0);
	uint8_t inner[40], wire[100];
	uint64_t d = 4;
	uint32_t n, len;
	struct bed b;

	bed_init(&b);
	m.destination = addr_v4(B + 7);
	packet_ip4(inner, sizeof(inner), 17, &d);
	n = craft(wire, B + 7, "\0\0\x08\0", 4, inner, sizeof(inner));
	tunnel_change(&b, m);
	CU_ASSERT_EQUAL(in_through(&b, wire, n), DROP_NONE);
	m.sa_in = 4;
	m.sa_out = 5;
	tunnel_change(&b, m);
	CU_ASSERT_EQUAL(in_through(&b, wire, n), DROP_spd_cleartext);
	/* no such SA yet: nothing leaves in clear */
	CU_ASSERT_PTR_NULL(out_through(&b, DOWN, inner, sizeof(inner), &len));
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_spd_incomplete], 1);
	m.sa_in = m.sa_out = 0;
	m.spd_port = 60; /* without a list: closed */
	tunnel_change(&b, m);
	CU_ASSERT_EQUAL(in_through(&b, wire, n), DROP_spd_cleartext);
	CU_ASSERT_PTR_NULL(out_through(&b, DOWN, inner, sizeof(inner), &len));
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_spd_none], 1);
	bed_fini(&b);
}

/* GRE for tunnel 5 that came by these SAs, outermost first; what gre_in says. */
static enum drop
in_by(struct bed *b, struct sa *outer, struct sa *inner)
{
	uint8_t packet[40];
	uint64_t d = 4;
	struct pkt *p = pkt_get(b->w.dp.pool, false);
	enum drop why;

	packet_ip4(packet, sizeof(packet), 17, &d);
	p->len = craft(p->data, B + 7, "\0\0\x08\0", 4, packet, sizeof(packet));
	if (outer)
		p->chain[p->n_chain++] = outer;
	if (inner)
		p->chain[p->n_chain++] = inner;
	p->sa = inner ? inner : outer;
	gre_in_stage(&b->w.dp, &p, 1);
	why = p->next == STAGE_DROP ? (enum drop)p->drop : DROP_NONE;
	pkt_put(b->w.dp.pool, p);
	return why;
}

static void
a_profile_asks_for_every_sa_of_its_bundle(void)
{
	struct sa esp = { .id = 4, .group = 4, .bundle = 6 }, ah = { .id = 6, .group = 6 },
		  other = { .id = 8, .group = 8 };
	const struct {
		struct sa *outer, *inner;
		uint32_t bundle; /* of esp */
		enum drop want;
	} rows[] = { { &ah, &esp, 6, DROP_NONE }, { NULL, &esp, 6, DROP_spd_cleartext },
		{ &other, &esp, 6, DROP_spd_cleartext }, { &ah, NULL, 6, DROP_spd_cleartext },
		{ NULL, NULL, 6, DROP_spd_cleartext }, { NULL, &esp, 0, DROP_NONE },
		{ &ah, &esp, 0, DROP_spd_cleartext }, { NULL, &other, 0, DROP_spd_cleartext } };
	struct msg_dp_tunnel m = tunnel_msg(0);
	struct bed b;

	bed_init(&b);
	m.destination = addr_v4(B + 7);
	m.sa_in = 4;
	m.sa_out = 5;
	tunnel_change(&b, m);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		esp.bundle = rows[i].bundle;
		CU_ASSERT_EQUAL(in_by(&b, rows[i].outer, rows[i].inner), rows[i].want);
	}
	bed_fini(&b);
}

/* The list of the policy that GRE passes: one rule about protocol 47. */
static void
list_put(struct bed *b, uint8_t action)
{
	struct msg_dp_spd_begin begin = { .port = 60, .n_rules = 1 };
	struct msg_dp_spd_rule r = { .port = 60,
		.rule = 5,
		.action = action,
		.protocol = 47,
		.source = addr_v4(A),
		.destination = addr_v4(B + 7),
		.source_wildcard = addr_v4(0),
		.destination_wildcard = addr_v4(0),
		.source_port_high = 65535,
		.destination_port_high = 65535,
		.icmp_type = 0xffff,
		.icmp_code = 0xffff };

	CU_ASSERT_EQUAL_FATAL(spd_begin(&b->w.dp, &begin), 0);
	CU_ASSERT_EQUAL_FATAL(spd_rule(&b->w.dp, &r), 0);
	CU_ASSERT_EQUAL_FATAL(spd_end(&b->w.dp, 60), 0);
}

static void
the_policy_decides_about_what_a_tunnel_sends_and_takes(void)
{
	struct msg_dp_tunnel m = tunnel_msg(0);
	uint8_t inner[40], wire[100];
	uint64_t d = 4;
	uint32_t n, len;
	struct bed b;

	bed_init(&b);
	m.destination = addr_v4(B + 7);
	m.spd_port = 60;
	tunnel_change(&b, m);
	packet_ip4(inner, sizeof(inner), 17, &d);
	n = craft(wire, B + 7, "\0\0\x08\0", 4, inner, sizeof(inner));
	list_put(&b, MSG_SPD_BYPASS);
	CU_ASSERT_EQUAL(in_through(&b, wire, n), DROP_NONE);
	CU_ASSERT_PTR_NOT_NULL(out_through(&b, DOWN, inner, sizeof(inner), &len));
	list_put(&b, MSG_SPD_PROTECT);
	CU_ASSERT_EQUAL(in_through(&b, wire, n), DROP_spd_cleartext);
	CU_ASSERT_PTR_NULL(out_through(&b, DOWN, inner, sizeof(inner), &len));
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_spd_incomplete], 1);
	bed_fini(&b);
}

CU_TestInfo gre_tests[] = {
	{ "sequence numbers go out from zero", sequence_numbers_go_out_from_zero },
	{ "a new datapath goes on with the numbers in the slot",
		a_new_datapath_goes_on_with_the_numbers_in_the_slot },
	{ "a new peer is counted from zero and a new slot takes over",
		a_new_peer_is_counted_from_zero_and_a_new_slot_takes_over },
	{ "late sequence numbers are dropped", late_sequence_numbers_are_dropped },
	{ "the tunnel's own packets inside it are refused",
		the_tunnels_own_packets_inside_it_are_refused },
	{ "IPv6 is an outer header too", ipv6_is_an_outer_header_too },
	{ "what an SA or a policy protects is not taken in clear",
		what_an_sa_or_a_policy_protects_is_not_taken_in_clear },
	{ "the policy decides about what a tunnel sends and takes",
		the_policy_decides_about_what_a_tunnel_sends_and_takes },
	{ "a profile asks for every SA of its bundle", a_profile_asks_for_every_sa_of_its_bundle },
	{ "headers are laid out as the RFCs say", headers_are_laid_out_as_the_rfcs_say },
	{ "the key is behind the checksum", the_key_is_behind_the_checksum },
	{ "what one end sends the other takes", what_one_end_sends_the_other_takes },
	{ "IPv6 goes through with its own protocol type",
		ipv6_goes_through_with_its_own_protocol_type },
	{ "the outer DF and TOS are the inner ones", the_outer_df_and_tos_are_the_inner_ones },
	{ "a congestion mark reaches the inner packet",
		a_congestion_mark_reaches_the_inner_packet },
	{ "each malformed header has its own counter", each_malformed_header_has_its_own_counter },
	{ "keys tell tunnels with equal addresses apart",
		keys_tell_tunnels_with_equal_addresses_apart },
	{ "a truncation at every length is dropped", a_truncation_at_every_length_is_dropped },
	{ "a flipped bit anywhere is dropped where a checksum guards",
		a_flipped_bit_anywhere_is_dropped_where_a_checksum_guards },
	{ "random bytes behind a good outer header do no harm",
		random_bytes_behind_a_good_outer_header_do_no_harm },
	{ "a fragment is refused", a_fragment_is_refused },
	{ "what cannot go out is counted", what_cannot_go_out_is_counted },
	CU_TEST_INFO_NULL,
};
