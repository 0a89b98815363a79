/*
 * Twin of datapath/ecn.c: RFC 6040 figure 4, row by row.
 */
#include "config.h"

#include "datapath/ecn.h"

#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

enum { NOT = 0, ECT1 = 1, ECT0 = 2, CE = 3, DROPPED = 4 };

/* inner, outer, result */
static const uint8_t figure4[16][3] = {
	{ NOT, NOT, NOT },
	{ NOT, ECT0, NOT },
	{ NOT, ECT1, NOT },
	{ NOT, CE, DROPPED },
	{ ECT0, NOT, ECT0 },
	{ ECT0, ECT0, ECT0 },
	{ ECT0, ECT1, ECT1 },
	{ ECT0, CE, CE },
	{ ECT1, NOT, ECT1 },
	{ ECT1, ECT0, ECT1 },
	{ ECT1, ECT1, ECT1 },
	{ ECT1, CE, CE },
	{ CE, NOT, CE },
	{ CE, ECT0, CE },
	{ CE, ECT1, CE },
	{ CE, CE, CE },
};

static void
inner_ipv4_follows_figure_4_and_keeps_its_dscp(void)
{
	for (unsigned int i = 0; i < 16; i++) {
		uint8_t p[20];
		struct ip4 ip = { .tos = 0xb8 | figure4[i][0], .total_len = 20, .ttl = 9 }, out;

		ip4_build(p, &ip);
		CU_ASSERT_EQUAL(ecn_encap(p), ip.tos);
		CU_ASSERT_EQUAL(ecn_decap(p, 0x28 | figure4[i][1]), figure4[i][2] != DROPPED);
		CU_ASSERT_EQUAL_FATAL(ip4_parse(p, 20, &out), DROP_NONE);
		CU_ASSERT_EQUAL(out.tos, 0xb8 | (figure4[i][2] == DROPPED ? NOT : figure4[i][2]));
	}
}

static void
inner_ipv6_follows_figure_4_and_keeps_its_flow_label(void)
{
	for (unsigned int i = 0; i < 16; i++) {
		uint8_t tclass = 0xb8 | figure4[i][0];
		uint8_t p[40] = { 0x60 | tclass >> 4, (uint8_t)(tclass << 4) | 0x0a, 0xbc, 0xde };
		uint8_t want = 0xb8 | (figure4[i][2] == DROPPED ? NOT : figure4[i][2]);

		CU_ASSERT_EQUAL(ecn_encap(p), tclass);
		CU_ASSERT_EQUAL(ecn_decap(p, figure4[i][1]), figure4[i][2] != DROPPED);
		CU_ASSERT_EQUAL(ecn_tos(p), want);
		CU_ASSERT_EQUAL(p[0] >> 4, 6);
		CU_ASSERT_EQUAL(p[1] & 0x0f, 0x0a);
		CU_ASSERT_EQUAL(p[2], 0xbc);
	}
}

CU_TestInfo ecn_tests[] = {
	{ "inner IPv4 follows figure 4 and keeps its DSCP",
		inner_ipv4_follows_figure_4_and_keeps_its_dscp },
	{ "inner IPv6 follows figure 4 and keeps its flow label",
		inner_ipv6_follows_figure_4_and_keeps_its_flow_label },
	CU_TEST_INFO_NULL,
};
