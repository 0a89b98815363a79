/*
 * Twin of datapath/ip4.c: headers, and fragments against a plain reassembler.
 */
#include "config.h"

#include "datapath/ip4.h"

#include "lib/buf.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <errno.h>
#include <string.h>

static void
what_is_built_is_read_back(void)
{
	uint8_t p[40] = { 0 };
	struct ip4 in = { .tos = 0xb9,
		.ttl = 3,
		.protocol = 47,
		.total_len = 40,
		.id = 0xbeef,
		.frag_off = 1480,
		.df = true,
		.mf = true,
		.src = 0x0a000001,
		.dst = 0xfffffffe };
	struct ip4 out;

	ip4_build(p, &in);
	CU_ASSERT_EQUAL(naive_checksum(p, 20, 0), 0);
	CU_ASSERT_EQUAL_FATAL(ip4_parse(p, sizeof(p), &out), DROP_NONE);
	CU_ASSERT_EQUAL(out.hdr_len, 20);
	CU_ASSERT_EQUAL(out.tos, in.tos);
	CU_ASSERT_EQUAL(out.ttl, in.ttl);
	CU_ASSERT_EQUAL(out.protocol, in.protocol);
	CU_ASSERT_EQUAL(out.total_len, 40);
	CU_ASSERT_EQUAL(out.id, in.id);
	CU_ASSERT_EQUAL(out.frag_off, in.frag_off);
	CU_ASSERT_TRUE(out.df && out.mf);
	CU_ASSERT_EQUAL(out.src, in.src);
	CU_ASSERT_EQUAL(out.dst, in.dst);
}

static void
a_truncation_at_every_length_is_short(void)
{
	uint8_t p[64];
	uint64_t d = 3;
	struct ip4 ip;

	packet_ip4(p, sizeof(p), 17, &d);
	for (unsigned int len = 0; len < sizeof(p); len++)
		CU_ASSERT_EQUAL(ip4_parse(p, len, &ip), DROP_ip_short);
	CU_ASSERT_EQUAL(ip4_parse(p, sizeof(p), &ip), DROP_NONE);
}

static void
a_flipped_bit_anywhere_in_the_header_is_seen(void)
{
	uint8_t p[24], q[24];
	uint64_t d = 3;
	struct ip4 ip;

	packet_ip4(p, sizeof(p), 17, &d);
	for (unsigned int bit = 0; bit < 160; bit++) {
		memcpy(q, p, sizeof(q));
		q[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_NOT_EQUAL(ip4_parse(q, sizeof(q), &ip), DROP_NONE);
	}
}

static void
lengths_that_contradict_each_other_are_refused(void)
{
	static const struct {
		uint8_t first;
		uint16_t total_len;
		enum drop want;
	} rows[] = {
		{ 0x45, 20, DROP_NONE },
		{ 0x45, 19, DROP_ip_short },
		{ 0x45, 61, DROP_ip_short },
		{ 0x44, 40, DROP_ip_short },
		{ 0x40, 40, DROP_ip_short },
		{ 0x4f, 60, DROP_NONE },
		{ 0x4f, 59, DROP_ip_short },
		{ 0x65, 40, DROP_ip_version },
	};
	struct ip4 ip;

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t p[60] = { rows[i].first };

		be16_put(p + 2, rows[i].total_len);
		ip4_checksum_set(p, rows[i].first % 16u * 4u > 20 ? 60 : 20);
		CU_ASSERT_EQUAL(ip4_parse(p, sizeof(p), &ip), rows[i].want);
	}
}

static void
an_identification_is_never_zero(void)
{
	uint16_t counter = 0xfffd;

	CU_ASSERT_EQUAL(ip4_next_id(&counter), 0xfffe);
	CU_ASSERT_EQUAL(ip4_next_id(&counter), 0xffff);
	CU_ASSERT_EQUAL(ip4_next_id(&counter), 1);
}

/* Puts the fragments of a packet together again; the length of the payload. */
static uint32_t
reassemble(uint8_t *whole, const uint8_t *p, uint32_t len, uint32_t mtu, bool *last_seen)
{
	struct ip4 ip, piece;
	struct ip4_frag f;
	uint8_t out[2000];
	uint32_t n, total = 0;

	*last_seen = false;
	CU_ASSERT_EQUAL_FATAL(ip4_parse(p, len, &ip), DROP_NONE);
	CU_ASSERT_EQUAL_FATAL(ip4_frag_init(&f, p, &ip, mtu), 0);
	while ((n = ip4_frag_next(&f, out)) > 0) {
		CU_ASSERT_TRUE_FATAL(n <= mtu);
		CU_ASSERT_EQUAL_FATAL(ip4_parse(out, n, &piece), DROP_NONE);
		CU_ASSERT_EQUAL(piece.total_len, n);
		CU_ASSERT_EQUAL(piece.id, ip.id);
		CU_ASSERT_EQUAL(piece.frag_off, total);
		CU_ASSERT_FALSE(*last_seen);
		memcpy(whole + total, out + piece.hdr_len, n - piece.hdr_len);
		total += n - piece.hdr_len;
		*last_seen = !piece.mf;
	}
	return total;
}

static void
fragments_put_together_are_the_packet_for_every_mtu(void)
{
	uint8_t p[1500], whole[1500];
	uint64_t d = 11;
	bool last;

	for (uint32_t len = 21; len <= sizeof(p); len += 61) {
		packet_ip4(p, len, 47, &d);
		for (uint32_t mtu = 28; mtu < 1501; mtu += 7) {
			uint32_t n = reassemble(whole, p, len, mtu, &last);

			CU_ASSERT_EQUAL(n, len - 20);
			CU_ASSERT_TRUE(last);
			CU_ASSERT_EQUAL(memcmp(whole, p + 20, n), 0);
		}
	}
}

static void
a_packet_of_64_kb_is_cut_whole(void)
{
	static uint8_t p[65535], whole[65535];
	uint64_t d = 12;
	bool last;

	packet_ip4(p, sizeof(p), 47, &d);
	CU_ASSERT_EQUAL(reassemble(whole, p, sizeof(p), 1500, &last), sizeof(p) - 20);
	CU_ASSERT_EQUAL(memcmp(whole, p + 20, sizeof(p) - 20), 0);
}

static void
an_mtu_without_room_for_8_bytes_is_refused(void)
{
	uint8_t p[100];
	uint64_t d = 12;
	struct ip4_frag f;
	struct ip4 ip;

	packet_ip4(p, sizeof(p), 47, &d);
	ip4_parse(p, sizeof(p), &ip);
	CU_ASSERT_EQUAL(ip4_frag_init(&f, p, &ip, 27), -EINVAL);
	CU_ASSERT_EQUAL(ip4_frag_init(&f, p, &ip, 28), 0);
}

/* 40-byte header: an option with the copy bit between two without. */
static uint32_t
packet_with_options(uint8_t *p, uint32_t len, const uint8_t *options)
{
	uint64_t d = 5;

	packet_ip4(p, len, 47, &d);
	memcpy(p + 20, options, 20);
	p[0] = 0x4a;
	ip4_checksum_set(p, 40);
	return len;
}

static void
only_options_with_the_copy_bit_are_on_later_fragments(void)
{
	static const uint8_t options[20] = { 7, 7, 4, 0, 0, 0, 0, /* record route: first only */
		1,						  /* no operation */
		0x88, 4, 0x12, 0x34,				  /* stream id: copied */
		68, 6, 5, 0, 0, 0,				  /* timestamp: first only */
		0, 0 };
	uint8_t p[500], out[500];
	struct ip4 ip, piece;
	struct ip4_frag f;

	packet_with_options(p, sizeof(p), options);
	CU_ASSERT_EQUAL_FATAL(ip4_parse(p, sizeof(p), &ip), DROP_NONE);
	ip4_frag_init(&f, p, &ip, 200);
	CU_ASSERT_EQUAL_FATAL(ip4_parse(out, ip4_frag_next(&f, out), &piece), DROP_NONE);
	CU_ASSERT_EQUAL(piece.hdr_len, 40);
	CU_ASSERT_EQUAL(memcmp(out + 20, options, 20), 0);
	CU_ASSERT_EQUAL_FATAL(ip4_parse(out, ip4_frag_next(&f, out), &piece), DROP_NONE);
	CU_ASSERT_EQUAL(piece.hdr_len, 24);
	CU_ASSERT_EQUAL(memcmp(out + 20, options + 8, 4), 0);
	CU_ASSERT_EQUAL(piece.frag_off, 160);
}

static void
malformed_options_do_no_harm(void)
{
	uint8_t p[300], out[300], options[20];
	uint64_t d = 21;

	for (unsigned int round = 0; round < 3000; round++) {
		struct ip4 ip, piece;
		struct ip4_frag f;
		uint32_t n, total = 0;

		for (unsigned int i = 0; i < sizeof(options); i++)
			options[i] = dice(&d) % 4 ? (uint8_t)(dice(&d) % 24) : (uint8_t)dice(&d);
		packet_with_options(p, sizeof(p), options);
		CU_ASSERT_EQUAL_FATAL(ip4_parse(p, sizeof(p), &ip), DROP_NONE);
		ip4_frag_init(&f, p, &ip, 100);
		while ((n = ip4_frag_next(&f, out)) > 0) {
			CU_ASSERT_EQUAL_FATAL(ip4_parse(out, n, &piece), DROP_NONE);
			total += n - piece.hdr_len;
		}
		CU_ASSERT_EQUAL(total, sizeof(p) - 40);
	}
}

static void
a_fragment_can_be_cut_again(void)
{
	uint8_t p[1000], first[600], out[600];
	uint64_t d = 30;
	struct ip4 ip, piece;
	struct ip4_frag f, g;
	uint32_t n, want;

	packet_ip4(p, sizeof(p), 47, &d);
	ip4_parse(p, sizeof(p), &ip);
	ip4_frag_init(&f, p, &ip, 600);
	while ((n = ip4_frag_next(&f, first)) > 0) {
		CU_ASSERT_EQUAL_FATAL(ip4_parse(first, n, &ip), DROP_NONE);
		want = ip.frag_off;
		ip4_frag_init(&g, first, &ip, 100);
		while ((n = ip4_frag_next(&g, out)) > 0) {
			CU_ASSERT_EQUAL_FATAL(ip4_parse(out, n, &piece), DROP_NONE);
			CU_ASSERT_EQUAL(piece.frag_off, want);
			want += n - 20;
			CU_ASSERT_EQUAL(piece.mf, want != sizeof(p) - 20);
		}
	}
}

/* A later fragment may say that it ends behind the longest packet there is. */
static void
a_fragment_that_ends_beyond_64_kb_is_not_cut(void)
{
	static const struct {
		uint16_t len;
		int rc;
	} rows[] = { { 20 + 7, 0 }, { 20 + 8, -EINVAL }, { 60, -EINVAL }, { 20, 0 } };
	uint8_t p[60] = { 0 };
	struct ip4_frag f;

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ip4 ip = { .total_len = rows[i].len, .frag_off = 65528, .mf = true };

		ip4_build(p, &ip);
		CU_ASSERT_EQUAL_FATAL(ip4_parse(p, sizeof(p), &ip), DROP_NONE);
		CU_ASSERT_EQUAL(ip4_frag_init(&f, p, &ip, 28), rows[i].rc);
	}
}

CU_TestInfo ip4_tests[] = {
	{ "what is built is read back", what_is_built_is_read_back },
	{ "a truncation at every length is short", a_truncation_at_every_length_is_short },
	{ "a flipped bit anywhere in the header is seen",
		a_flipped_bit_anywhere_in_the_header_is_seen },
	{ "lengths that contradict each other are refused",
		lengths_that_contradict_each_other_are_refused },
	{ "an identification is never zero", an_identification_is_never_zero },
	{ "fragments put together are the packet for every MTU",
		fragments_put_together_are_the_packet_for_every_mtu },
	{ "a packet of 64 KB is cut whole", a_packet_of_64_kb_is_cut_whole },
	{ "an MTU without room for 8 bytes is refused",
		an_mtu_without_room_for_8_bytes_is_refused },
	{ "only options with the copy bit are on later fragments",
		only_options_with_the_copy_bit_are_on_later_fragments },
	{ "malformed options do no harm", malformed_options_do_no_harm },
	{ "a fragment can be cut again", a_fragment_can_be_cut_again },
	{ "a fragment that ends beyond 64 KB is not cut",
		a_fragment_that_ends_beyond_64_kb_is_not_cut },
	CU_TEST_INFO_NULL,
};
