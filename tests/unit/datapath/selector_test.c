/*
 * Twin of datapath/selector.c.
 */
#include "config.h"

#include "datapath/selector.h"

#include "datapath/ip4.h"
#include "lib/buf.h"

#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>

#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/suites.h"

#define A 0x0a010102u
#define B 0x0a010203u

static void
ports_of_tcp_and_udp_are_read_and_mirrored(void)
{
	static const uint8_t protocols[] = { 6, 17, 33, 132, 136 };

	for (unsigned int i = 0; i < sizeof(protocols); i++) {
		struct selector s, m;
		uint8_t p[64];
		uint32_t len = fix_ports(p, A, B, protocols[i], 1000, 80, 8);

		CU_ASSERT_EQUAL(selector_read(p, len, false, &s), DROP_NONE);
		CU_ASSERT_TRUE(s.af == AF_INET && s.protocol == protocols[i] &&
			s.seen == SELECTOR_ALL && s.kind == SELECTOR_PORTS &&
			s.source_port == 1000 && s.destination_port == 80);
		CU_ASSERT_EQUAL(s.addr[0], (uint64_t)A << 32 | B);
		CU_ASSERT_EQUAL(selector_read(p, len, true, &m), DROP_NONE);
		CU_ASSERT_EQUAL(m.addr[0], (uint64_t)B << 32 | A);
		CU_ASSERT_TRUE(m.source_port == 80 && m.destination_port == 1000);
		/* the answer to a packet, mirrored, is the packet's own selector */
		len = fix_ports(p, B, A, protocols[i], 80, 1000, 8);
		CU_ASSERT_EQUAL(selector_read(p, len, true, &m), DROP_NONE);
		CU_ASSERT_EQUAL(memcmp(&s, &m, sizeof(s)), 0);
	}
}

static void
icmp_has_a_type_and_a_code_that_stay_when_mirrored(void)
{
	struct selector s;
	uint8_t p[64];
	uint32_t len = fix_ip4(p, A, B, 1, 8);

	p[20] = 8;
	p[21] = 3;
	for (unsigned int mirrored = 0; mirrored < 2; mirrored++) {
		CU_ASSERT_EQUAL(selector_read(p, len, mirrored, &s), DROP_NONE);
		CU_ASSERT_TRUE(
			s.kind == SELECTOR_ICMP && s.source_port == 8 && s.destination_port == 3);
	}
}

static void
what_cannot_be_seen_is_said(void)
{
	static const struct {
		uint8_t protocol;
		uint8_t payload;
		uint16_t fragment; /* the header's field */
		uint8_t seen;
	} rows[] = {
		{ 6, 20, 0x0000, SELECTOR_ALL },
		{ 6, 20, 0x2000, SELECTOR_ALL }, /* the first fragment has the ports */
		{ 6, 20, 0x2001, SELECTOR_NO_PORTS },
		{ 6, 20, 0x0001, SELECTOR_NO_PORTS },
		{ 6, 20, 0x1fff, SELECTOR_NO_PORTS },
		{ 6, 4, 0, SELECTOR_ALL },
		{ 6, 3, 0, SELECTOR_NO_PORTS },
		{ 17, 0, 0, SELECTOR_NO_PORTS },
		{ 1, 2, 0, SELECTOR_ALL },
		{ 1, 1, 0, SELECTOR_NO_PORTS },
		{ 1, 8, 1, SELECTOR_NO_PORTS },
		{ 47, 0, 0, SELECTOR_ALL }, /* has none to see */
		{ 47, 8, 1, SELECTOR_ALL },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct selector s;
		uint8_t p[64];
		uint32_t len = fix_ip4(p, A, B, rows[i].protocol, rows[i].payload);

		be16_put(p + 6, rows[i].fragment);
		ip4_checksum_set(p, 20);
		CU_ASSERT_EQUAL(selector_read(p, len, false, &s), DROP_NONE);
		CU_ASSERT_EQUAL(s.seen, rows[i].seen);
		if (s.seen != SELECTOR_ALL)
			CU_ASSERT_TRUE(s.source_port == 0 && s.destination_port == 0);
	}
}

static void
ports_are_behind_the_options(void)
{
	struct selector s;
	uint8_t p[64];
	uint32_t len = fix_ports(p, A, B, 17, 5, 6, 12);

	p[0] = 0x46;
	be16_put(p + 24, 7);
	be16_put(p + 26, 9);
	ip4_checksum_set(p, 24);
	CU_ASSERT_EQUAL(selector_read(p, len, false, &s), DROP_NONE);
	CU_ASSERT_TRUE(s.source_port == 7 && s.destination_port == 9);
}

static void
ipv6_is_read_behind_its_extension_headers(void)
{
	struct selector s;
	uint8_t p[128];
	uint32_t len = fix_ip6(p, 17, 16);

	be16_put(p + 40, 53);
	be16_put(p + 42, 54);
	CU_ASSERT_EQUAL(selector_read(p, len, false, &s), DROP_NONE);
	CU_ASSERT_TRUE(s.af == AF_INET6 && s.protocol == 17 && s.source_port == 53);
	CU_ASSERT_TRUE(s.addr[0] == 0x20010db800000000 && s.addr[1] == 1 && s.addr[3] == 2);
	CU_ASSERT_EQUAL(selector_read(p, len, true, &s), DROP_NONE);
	CU_ASSERT_TRUE(s.addr[1] == 2 && s.addr[3] == 1 && s.source_port == 54);
	/* destination options of 8 bytes in front */
	p[6] = 60;
	p[40] = 17;
	p[41] = 0;
	be16_put(p + 48, 99);
	CU_ASSERT_EQUAL(selector_read(p, len, false, &s), DROP_NONE);
	CU_ASSERT_TRUE(s.protocol == 17 && s.source_port == 99);
	/* a fragment */
	p[6] = 44;
	CU_ASSERT_EQUAL(selector_read(p, len, false, &s), DROP_NONE);
	CU_ASSERT_EQUAL(s.seen, SELECTOR_NO_PROTOCOL);
}

static void
a_packet_cut_at_any_length_is_refused(void)
{
	struct selector s;
	uint8_t v4[64], v6[128];
	uint32_t len4 = fix_ports(v4, A, B, 17, 1, 2, 20), len6 = fix_ip6(v6, 6, 20);

	for (uint32_t n = 0; n < len4; n++) {
		uint8_t *tight = malloc(n + 1);

		CU_ASSERT_PTR_NOT_NULL_FATAL(tight);
		memcpy(tight + 1, v4, n);
		CU_ASSERT_NOT_EQUAL(selector_read(tight + 1, n, n % 2, &s), DROP_NONE);
		free(tight);
	}
	for (uint32_t n = 0; n < len6; n++) {
		uint8_t *tight = malloc(n + 1);

		CU_ASSERT_PTR_NOT_NULL_FATAL(tight);
		memcpy(tight + 1, v6, n);
		CU_ASSERT_NOT_EQUAL(selector_read(tight + 1, n, n % 2, &s), DROP_NONE);
		free(tight);
	}
	v4[0] = 0x55;
	CU_ASSERT_EQUAL(selector_read(v4, len4, false, &s), DROP_ip_version);
}

CU_TestInfo selector_tests[] = {
	{ "ports of TCP and UDP are read and mirrored",
		ports_of_tcp_and_udp_are_read_and_mirrored },
	{ "ICMP has a type and a code that stay when mirrored",
		icmp_has_a_type_and_a_code_that_stay_when_mirrored },
	{ "what cannot be seen is said", what_cannot_be_seen_is_said },
	{ "ports are behind the options", ports_are_behind_the_options },
	{ "IPv6 is read behind its extension headers", ipv6_is_read_behind_its_extension_headers },
	{ "a packet cut at any length is refused", a_packet_cut_at_any_length_is_refused },
	CU_TEST_INFO_NULL,
};
