/*
 * Twin of datapath/natfix.c: checksums are right for the addresses that a packet has, the slow way says;
 * and ESP's inbound stage asks for it when it must. (Against scapy: tests/interop.)
 */
#include "config.h"

#include "datapath/natfix.h"

#include "datapath/checksum.h"
#include "datapath/esp.h"
#include "datapath/ip6.h"
#include "lib/alg.h"
#include "lib/buf.h"

#include <string.h>
#include <sys/socket.h>

#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

enum { ROUNDS = 3000, LEN_MAX = 200 };

static const struct {
	uint8_t protocol, at, least;
	bool v4, v6;
} kinds[] = { { 6, 16, 20, true, true }, { 17, 6, 8, true, true }, { 58, 2, 4, false, true } };

/* A packet of dice with a right checksum; its length. */
static uint32_t
packet(uint8_t *p, bool v6, unsigned int kind, uint64_t *d)
{
	uint32_t head = v6 ? 40 : 20, len = kinds[kind].least + dice(d) % 100;
	uint8_t *l4 = p + head;

	for (uint32_t i = 0; i < head + len; i++)
		p[i] = (uint8_t)dice(d);
	p[0] = v6 ? 0x60 : 0x45;
	p[v6 ? 6 : 9] = kinds[kind].protocol;
	be16_put(p + (v6 ? 4 : 2), (uint16_t)(v6 ? len : head + len));
	be16_put(l4 + kinds[kind].at, 0);
	be16_put(l4 + kinds[kind].at,
		checksum_fold(checksum_add(
			checksum_pseudo(p + (v6 ? 8 : 12), v6 ? 16 : 4, kinds[kind].protocol, len),
			l4, len)));
	if (kinds[kind].protocol == 17 && be16_get(l4 + 6) == 0)
		be16_put(l4 + 6, 0xffff);
	return head + len;
}

/* The sender's addresses become an SA's, others the packet's. */
static void
translate(struct sa *sa, uint8_t *p, uint64_t *d)
{
	bool v6 = p[0] >> 4 == 6;
	uint32_t at = v6 ? 8 : 12, len = v6 ? 16 : 4;

	memset(sa, 0, sizeof(*sa));
	sa->path.natt_source.af = sa->path.natt_destination.af = v6 ? AF_INET6 : AF_INET;
	memcpy(sa->path.natt_source.b, p + at, len);
	memcpy(sa->path.natt_destination.b, p + at + len, len);
	for (uint32_t i = 0; i < 2 * len; i++) /* now and then words of zeros and ones */
		p[at + i] = dice(d) % 4 == 0 ? (uint8_t)(dice(d) % 2 ? 0xff : 0) : (uint8_t)dice(d);
}

static void
a_checksum_fits_the_new_addresses(void)
{
	uint64_t d = 77;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int kind = i % 3;
		bool v6 = kinds[kind].v6 && (!kinds[kind].v4 || i % 2);
		uint8_t p[LEN_MAX], anew[LEN_MAX];
		uint32_t len = packet(p, v6, kind, &d), head = v6 ? 40 : 20;
		struct sa sa, unknown = { 0 };

		translate(&sa, p, &d);
		memcpy(anew, p, len);
		natfix_checksum(&sa, p, len);
		CU_ASSERT_TRUE(naive_transport_ok(p, len, head, kinds[kind].protocol));
		natfix_checksum(&unknown, anew, len);
		CU_ASSERT_EQUAL(memcmp(p, anew, len), 0);
	}
}

static void
an_error_of_the_senders_stays_one_where_the_addresses_are_known(void)
{
	uint64_t d = 78;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint8_t p[LEN_MAX];
		uint32_t len = packet(p, i % 2, i / 2 % 2, &d), head = i % 2 ? 40 : 20;
		struct sa sa;

		translate(&sa, p, &d);
		p[head + dice(&d) % 4] ^= (uint8_t)(1 << dice(&d) % 8); /* the ports */
		natfix_checksum(&sa, p, len);
		CU_ASSERT_FALSE(naive_transport_ok(p, len, head, kinds[i / 2 % 2].protocol));
		memset(&sa.path.natt_source, 0, sizeof(sa.path.natt_source));
		natfix_checksum(&sa, p, len); /* nobody can tell */
		CU_ASSERT_TRUE(naive_transport_ok(p, len, head, kinds[i / 2 % 2].protocol));
	}
}

static void
what_has_no_such_checksum_stays_as_it_is(void)
{
	static const struct {
		uint8_t protocol;
		uint32_t l4; /* bytes that are there */
	} rows[] = { { 17, 100 }, { 1, 100 }, { 47, 100 }, { 132, 100 }, { 6, 19 }, { 17, 7 },
		{ 6, 0 }, { 0, 0 } };
	uint8_t p[LEN_MAX], before[LEN_MAX];
	uint64_t d = 79;
	struct sa sa;

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		packet(p, false, 0, &d);
		p[9] = rows[i].protocol;
		memset(p + 26, 0, 2); /* UDP without a checksum */
		translate(&sa, p, &d);
		memcpy(before, p, sizeof(p));
		natfix_checksum(&sa, p, 20 + rows[i].l4);
		CU_ASSERT_EQUAL(memcmp(before, p, sizeof(p)), 0);
	}
	/* behind extension headers it is found */
	fix_ip6(p, 0, 8 + 20);
	memset(p + 40, 0, 8);
	p[40] = 6;
	memset(&sa, 0, sizeof(sa));
	natfix_checksum(&sa, p, 68);
	CU_ASSERT_TRUE(naive_transport_ok(p, 68, 48, 6));
}

/* The stage: a transport SA, TCP of the peer's own address, in UDP or not. */
static void
only_transport_mode_in_udp_is_changed(void)
{
	static const struct {
		uint8_t mode;
		uint16_t encap;
		bool changed;
	} rows[] = { { MSG_SA_TRANSPORT, 4500, true }, { MSG_SA_TRANSPORT, 0, false },
		{ MSG_SA_TUNNEL, 4500, false } };

	for (unsigned int i = 0; i < 3; i++) {
		uint8_t inner[60], text[128], packet[256];
		bool tunnel = rows[i].mode == MSG_SA_TUNNEL;
		uint32_t len = fix_ip4(inner, 0x0a000001, FIX_THEIRS, 6, 40), n, skip;
		struct msg_dp_sa m;
		struct pkt *p;
		struct fix f;

		fix_init(&f);
		fix_msg(&m, 1, false, ALG_CIPHER_null, ALG_AUTH_hmac_sha1_96);
		m.mode = rows[i].mode;
		CU_ASSERT_EQUAL_FATAL(sadb_put(&f.dp, &m, NULL), 0);
		m.sa = m.slot = 2;
		m.inbound = true;
		m.encap_local = m.encap_remote = rows[i].encap;
		m.natt_source = addr_v4(0x0a000001); /* behind the NAT */
		m.natt_destination = addr_v4(FIX_THEIRS);
		CU_ASSERT_EQUAL_FATAL(sadb_put(&f.dp, &m, NULL), 0);
		be16_put(inner + 36, 0);
		be16_put(inner + 36,
			naive_checksum(inner + 20, 40,
				(uint16_t)~naive_checksum(inner + 12, 8, 0) + 6 + 40));
		skip = tunnel ? 0 : 20;
		n = len - skip;
		memcpy(text, inner + skip, n);
		while ((n + 2) % 4 != 0)
			text[n] = (uint8_t)(n - (len - skip) + 1), n++;
		text[n] = (uint8_t)(n - (len - skip));
		text[n + 1] = tunnel ? 4 : 6;
		n = fix_seal(&f, sadb_get(f.dp.sadb, 1), 1, text, n + 2, packet);
		p = fix_pkt(packet, n);
		p->encap_local = p->encap_remote = rows[i].encap;
		fix_run(&f, esp_in_stage, p);
		CU_ASSERT_EQUAL_FATAL(p->next, STAGE_SPD_IN);
		CU_ASSERT_EQUAL(p->len, len);
		CU_ASSERT_EQUAL(
			naive_transport_ok(p->data, p->len, 20, 6), rows[i].changed || tunnel);
		CU_ASSERT_EQUAL(memcmp(p->data + 36, inner + 36, 2) != 0, rows[i].changed);
		fix_pkt_free(p);
		fix_fini(&f);
	}
}

CU_TestInfo natfix_tests[] = {
	{ "a checksum fits the new addresses", a_checksum_fits_the_new_addresses },
	{ "an error of the sender's stays one where the addresses are known",
		an_error_of_the_senders_stays_one_where_the_addresses_are_known },
	{ "what has no such checksum stays as it is", what_has_no_such_checksum_stays_as_it_is },
	{ "only transport mode in UDP is changed", only_transport_mode_in_udp_is_changed },
	CU_TEST_INFO_NULL,
};
