/*
 * Twin of datapath/icmp.c (and limit.h).
 */
#include "config.h"

#include "datapath/icmp.h"

#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "lib/buf.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <string.h>

enum { SRC = 0xc0a80a01, DST = 0xc0a81401 };

static struct pkt *
packet(struct world *w, uint32_t len, uint8_t protocol)
{
	struct pkt *p = pkt_get(w->dp.pool, true);
	uint64_t d = 9;

	p->len = packet_ip4(p->data, len, protocol, &d);
	return p;
}

static void
the_sender_learns_what_fits(void)
{
	static const uint32_t lens[] = { 100, 548, 549, 1500 };
	struct world w;

	world_init(&w);
	for (unsigned int i = 0; i < 4; i++) {
		struct pkt *p = packet(&w, lens[i], 17), *was = packet(&w, lens[i], 17);
		uint32_t quote = lens[i] < 548 ? lens[i] : 548;
		struct ip4 ip;

		icmp_too_big(&w.dp, p, 1400);
		CU_ASSERT_EQUAL(p->next, STAGE_TUN_TX);
		CU_ASSERT_EQUAL_FATAL(ip4_parse(p->data, p->len, &ip), DROP_NONE);
		CU_ASSERT_TRUE(ip.src == DST && ip.dst == SRC && ip.protocol == 1);
		CU_ASSERT_EQUAL(p->len, 28 + quote);
		CU_ASSERT_EQUAL(ip.total_len, p->len);
		CU_ASSERT_EQUAL(be16_get(p->data + 20), 0x0304);
		CU_ASSERT_EQUAL(be32_get(p->data + 24), 1400);
		CU_ASSERT_EQUAL(naive_checksum(p->data + 20, p->len - 20, 0), 0);
		CU_ASSERT_EQUAL(memcmp(p->data + 28, was->data, quote), 0);
		pkt_put(w.dp.pool, p);
		pkt_put(w.dp.pool, was);
	}
	CU_ASSERT_EQUAL(w.dp.stats->drops[DROP_pkt_too_big], 4);
	world_fini(&w);
}

static void
an_ipv6_sender_too(void)
{
	struct world w;

	world_init(&w);
	for (unsigned int i = 0; i < 2; i++) {
		struct pkt *p = pkt_get(w.dp.pool, true);
		struct ip6 ip;

		memset(p->data, 5, 1500);
		be32_put(p->data, 6u << 28);
		be16_put(p->data + 4, i ? 1460 : 100);
		p->data[6] = 17;
		p->len = i ? 1500 : 140;
		memset(p->data + 8, 1, 16);
		memset(p->data + 24, 2, 16);
		icmp_too_big(&w.dp, p, 1280);
		CU_ASSERT_EQUAL(p->next, STAGE_TUN_TX);
		CU_ASSERT_EQUAL_FATAL(ip6_parse(p->data, p->len, &ip), DROP_NONE);
		CU_ASSERT_TRUE(ip.src[0] == 2 && ip.dst[0] == 1 && ip.next_header == 58);
		CU_ASSERT_EQUAL(p->len, i ? 1280 : 188);
		CU_ASSERT_EQUAL(be16_get(p->data + 40), 0x0200);
		CU_ASSERT_EQUAL(be32_get(p->data + 44), 1280);
		CU_ASSERT_TRUE(naive_transport_ok(p->data, p->len, 40, 58));
		pkt_put(w.dp.pool, p);
	}
	world_fini(&w);
}

static void
nobody_is_told_of_errors_fragments_and_multicast(void)
{
	static const struct {
		uint32_t at;
		uint8_t to;
		uint8_t protocol;
		bool told;
	} rows[] = { { 20, 8, 1, true }, /* an echo request */
		{ 20, 3, 1, false }, { 20, 11, 1, false }, { 20, 12, 1, false },
		{ 20, 5, 1, false }, { 7, 1, 17, false }, /* a later fragment */
		{ 6, 0x20, 17, true }, { 16, 224, 17, false }, { 16, 255, 17, false },
		{ 12, 127, 17, false }, { 12, 230, 17, false } };
	struct world w;

	world_init(&w);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pkt *p = packet(&w, 100, rows[i].protocol);

		p->data[rows[i].at] = rows[i].to;
		ip4_checksum_set(p->data, 20);
		icmp_too_big(&w.dp, p, 80);
		CU_ASSERT_EQUAL(p->next, rows[i].told ? STAGE_TUN_TX : STAGE_DROP);
		if (!rows[i].told)
			CU_ASSERT_EQUAL(p->drop, DROP_pkt_too_big);
		pkt_put(w.dp.pool, p);
	}
	world_fini(&w);
}

static unsigned int
told_of(struct world *w, unsigned int n)
{
	unsigned int told = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct pkt *p = packet(w, 100, 17);

		icmp_too_big(&w->dp, p, 80);
		told += p->next == STAGE_TUN_TX;
		pkt_put(w->dp.pool, p);
	}
	return told;
}

static void
only_so_many_errors_are_sent(void)
{
	struct world w;

	world_init(&w);
	CU_ASSERT_EQUAL(told_of(&w, 200), 50);
	loop_warp(w.dp.loop, 100);
	CU_ASSERT_EQUAL(told_of(&w, 200), 10);
	loop_warp(w.dp.loop, 100000000);
	CU_ASSERT_EQUAL(told_of(&w, 200), 50);
	world_fini(&w);
}

CU_TestInfo icmp_tests[] = {
	{ "the sender learns what fits", the_sender_learns_what_fits },
	{ "an IPv6 sender too", an_ipv6_sender_too },
	{ "nobody is told of errors, fragments and multicast",
		nobody_is_told_of_errors_fragments_and_multicast },
	{ "only so many errors are sent", only_so_many_errors_are_sent },
	CU_TEST_INFO_NULL,
};
