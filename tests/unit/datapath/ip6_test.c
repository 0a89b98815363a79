/*
 * Twin of datapath/ip6.c.
 */
#include "config.h"

#include "datapath/ip6.h"

#include "lib/buf.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <errno.h>
#include <string.h>

static void
the_fixed_header_is_read_and_checked(void)
{
	uint8_t p[48] = { 0x6b, 0x90, 0, 0, 0, 8, 17, 64 };
	struct ip6 ip;

	for (unsigned int len = 0; len < sizeof(p); len++)
		CU_ASSERT_EQUAL(ip6_parse(p, len, &ip), DROP_ip_short);
	CU_ASSERT_EQUAL_FATAL(ip6_parse(p, sizeof(p), &ip), DROP_NONE);
	CU_ASSERT_EQUAL(ip.tclass, 0xb9);
	CU_ASSERT_EQUAL(ip.payload_len, 8);
	CU_ASSERT_EQUAL(ip.next_header, 17);
	CU_ASSERT_EQUAL(ip.hop_limit, 64);
	p[0] = 0x45;
	CU_ASSERT_EQUAL(ip6_parse(p, sizeof(p), &ip), DROP_ip_version);
}

static void
the_transport_is_found_behind_extension_headers(void)
{
	uint8_t p[80] = { 0x60, 0, 0, 0, 0, 40, 0 };
	uint8_t protocol = 0;

	p[40] = 60; /* hop-by-hop of 16 bytes, then destination options of 8, then TCP */
	p[41] = 1;
	p[56] = 6;
	CU_ASSERT_EQUAL(ip6_transport(p, sizeof(p), &protocol), 64);
	CU_ASSERT_EQUAL(protocol, 6);
	for (unsigned int len = 0; len < 64; len++)
		CU_ASSERT_EQUAL(ip6_transport(p, len, &protocol), 0);
	p[56] = 44;
	CU_ASSERT_EQUAL(ip6_transport(p, sizeof(p), &protocol), 0);
}

static void
random_chains_stay_inside_the_packet(void)
{
	uint8_t p[128], protocol;
	uint64_t d = 77;

	for (unsigned int round = 0; round < 20000; round++) {
		static const uint8_t next[] = { 0, 43, 60, 44, 6 };
		uint32_t len = dice(&d) % sizeof(p);

		for (unsigned int i = 0; i < sizeof(p); i++)
			p[i] = i % 8 ? (uint8_t)(dice(&d) % 3) : next[dice(&d) % 5];
		p[6] = next[dice(&d) % 5];
		CU_ASSERT_TRUE(ip6_transport(p, len, &protocol) <= len);
	}
}

static void
what_is_built_is_read_again(void)
{
	uint8_t p[40], addrs[32];
	struct ip6 ip = { .tclass = 0xb9,
		.next_header = 47,
		.hop_limit = 9,
		.payload_len = 0,
		.src = addrs,
		.dst = addrs + 16 };
	struct ip6 got;

	for (unsigned int i = 0; i < sizeof(addrs); i++)
		addrs[i] = (uint8_t)i;
	ip6_build(p, &ip);
	CU_ASSERT_EQUAL_FATAL(ip6_parse(p, sizeof(p), &got), DROP_NONE);
	CU_ASSERT_EQUAL(got.tclass, 0xb9);
	CU_ASSERT_EQUAL(got.next_header, 47);
	CU_ASSERT_EQUAL(got.hop_limit, 9);
	CU_ASSERT_EQUAL(memcmp(got.src, addrs, 32), 0);
	CU_ASSERT_PTR_EQUAL(got.dst, got.src + 16);
}

/* A packet of len bytes, with hop-by-hop options (8 bytes) and destination options (8) before UDP. */
static void
long_packet(uint8_t *p, uint32_t len, uint64_t *d)
{
	for (uint32_t i = 0; i < len; i++)
		p[i] = (uint8_t)dice(d);
	p[0] = 0x60;
	be16_put(p + 4, (uint16_t)(len - 40));
	p[6] = 0;
	p[40] = 60;
	p[41] = 0;
	p[48] = 17;
	p[49] = 0;
}

static void
fragments_put_together_are_the_packet(void)
{
	static uint8_t p[9000], out[2000], joined[9000];
	uint64_t d = 3;

	for (unsigned int round = 0; round < 300; round++) {
		uint32_t len = 100 + dice(&d) % 8000, mtu = 64 + dice(&d) % 1900, n, done = 48;
		struct ip6_frag f;

		long_packet(p, len, &d);
		CU_ASSERT_EQUAL_FATAL(ip6_frag_init(&f, p, len, mtu, 0x01020304), 0);
		while ((n = ip6_frag_next(&f, out)) > 0) {
			CU_ASSERT_TRUE_FATAL(n > 56 && n <= mtu);
			CU_ASSERT_EQUAL(be16_get(out + 4), n - 40);
			CU_ASSERT_EQUAL(memcmp(out + 6, p + 6, 34), 0);
			CU_ASSERT_EQUAL(out[40], 44); /* behind hop-by-hop, before the rest */
			CU_ASSERT_EQUAL(out[48], 60);
			CU_ASSERT_EQUAL(be16_get(out + 50) & 0xfff8, done - 48);
			CU_ASSERT_EQUAL(be16_get(out + 50) & 1, done - 48 + n - 56 < len - 48);
			CU_ASSERT_EQUAL(be32_get(out + 52), 0x01020304);
			memcpy(joined + done, out + 56, n - 56);
			done += n - 56;
		}
		CU_ASSERT_EQUAL(done, len);
		CU_ASSERT_EQUAL(memcmp(joined + 48, p + 48, len - 48), 0);
	}
}

static void
what_cannot_be_cut_is_refused(void)
{
	uint8_t p[200];
	uint64_t d = 3;
	struct ip6_frag f;

	long_packet(p, sizeof(p), &d);
	CU_ASSERT_EQUAL(ip6_frag_init(&f, p, sizeof(p), 63, 1), -EINVAL);
	CU_ASSERT_EQUAL(ip6_frag_init(&f, p, sizeof(p), 64, 1), 0);
	CU_ASSERT_EQUAL(ip6_frag_init(&f, p, sizeof(p) - 1, 100, 1), -EINVAL);
	p[40] = 44;
	CU_ASSERT_EQUAL(ip6_frag_init(&f, p, sizeof(p), 100, 1), -EINVAL);
	p[40] = 60;
	p[41] = 200;
	CU_ASSERT_EQUAL(ip6_frag_init(&f, p, sizeof(p), 100, 1), -EINVAL);
	long_packet(p, 48, &d);
	p[40] = 17;
	CU_ASSERT_EQUAL(ip6_frag_init(&f, p, 48, 100, 1), -EINVAL);
}

CU_TestInfo ip6_tests[] = {
	{ "what is built is read again", what_is_built_is_read_again },
	{ "fragments put together are the packet", fragments_put_together_are_the_packet },
	{ "what cannot be cut is refused", what_cannot_be_cut_is_refused },
	{ "the fixed header is read and checked", the_fixed_header_is_read_and_checked },
	{ "the transport is found behind extension headers",
		the_transport_is_found_behind_extension_headers },
	{ "random chains stay inside the packet", random_chains_stay_inside_the_packet },
	CU_TEST_INFO_NULL,
};
