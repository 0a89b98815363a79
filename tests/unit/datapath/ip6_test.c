/*
 * Twin of datapath/ip6.c.
 */
#include "config.h"

#include "datapath/ip6.h"

#include "lib/buf.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

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

CU_TestInfo ip6_tests[] = {
	{ "the fixed header is read and checked", the_fixed_header_is_read_and_checked },
	{ "the transport is found behind extension headers",
		the_transport_is_found_behind_extension_headers },
	{ "random chains stay inside the packet", random_chains_stay_inside_the_packet },
	CU_TEST_INFO_NULL,
};
