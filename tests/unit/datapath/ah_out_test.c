/*
 * Twin of datapath/ah_out.c: what it writes. (Which octets are covered: encap_test.c; the bytes
 * themselves against others: tests/interop.)
 */
#include "config.h"

#include "datapath/ah.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "lib/alg.h"
#include "lib/buf.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/suites.h"

static struct sa *
put(struct fix *f, uint8_t mode, bool v6)
{
	struct msg_dp_sa m;

	fix_msg(&m, 1, false, ALG_CIPHER_NONE, ALG_AUTH_hmac_sha2_256_128);
	m.protocol = IP_PROTO_AH;
	m.mode = mode;
	if (v6) {
		addr_parse("2001:db8::1", &m.source);
		addr_parse("2001:db8::2", &m.destination);
	}
	if (sadb_put(&f->dp, &m, NULL) != 0)
		abort();
	return sadb_get(f->dp.sadb, 1);
}

static void
the_header_is_that_of_rfc_4302(void)
{
	uint8_t inner[128];
	uint32_t len = fix_ip4(inner, 1, 2, 17, 30);
	struct pkt *p = fix_pkt(inner, len);
	struct ip4 ip;
	struct fix f;

	fix_init(&f);
	p->sa = put(&f, MSG_SA_TUNNEL, false);
	p->sa->seq = 0x01020303;
	p->sa->seq_limit = UINT32_MAX;
	fix_run(&f, ah_out_stage, p);
	CU_ASSERT_EQUAL_FATAL(p->next, STAGE_RAW_TX);
	CU_ASSERT_EQUAL(ip4_parse(p->data, p->len, &ip), DROP_NONE);
	CU_ASSERT_TRUE(ip.protocol == IP_PROTO_AH && ip.total_len == 20 + 28 + len);
	CU_ASSERT_EQUAL(be32_get(p->data + 20), 0x04050000); /* IPv4, 28/4 - 2, reserved */
	CU_ASSERT_EQUAL(be32_get(p->data + 24), FIX_SPI);
	CU_ASSERT_EQUAL(be32_get(p->data + 28), 0x01020304);
	CU_ASSERT_EQUAL(memcmp(p->data + 48, inner, len), 0);
	CU_ASSERT_TRUE(p->sa->packets == 1 && p->sa->bytes == len);
	fix_pkt_free(p);
	fix_fini(&f);
}

/* The kernel would choose another, after the ICV was made. */
static void
an_identification_of_zero_is_replaced(void)
{
	uint8_t inner[128];
	uint32_t len = fix_ip4(inner, FIX_OURS, FIX_THEIRS, 17, 30);
	struct ip4 ip;
	struct fix f;

	fix_init(&f);
	put(&f, MSG_SA_TRANSPORT, false);
	for (uint16_t id = 0; id < 2; id++) {
		struct pkt *p;

		be16_put(inner + 4, id);
		ip4_checksum_set(inner, 20);
		p = fix_pkt(inner, len);
		p->sa = sadb_get(f.dp.sadb, 1);
		fix_run(&f, ah_out_stage, p);
		CU_ASSERT_EQUAL_FATAL(p->next, STAGE_RAW_TX);
		CU_ASSERT_EQUAL(ip4_parse(p->data, p->len, &ip), DROP_NONE);
		CU_ASSERT_TRUE(id == 0 ? ip.id != 0 : ip.id == id);
		fix_pkt_free(p);
	}
	fix_fini(&f);
}

static void
headers_longer_than_can_be_authenticated_are_refused(void)
{
	uint8_t packet[2048];
	struct fix f;

	fix_init(&f);
	put(&f, MSG_SA_TRANSPORT, true);
	for (uint32_t units = 1; units < 100; units++) {
		uint32_t option = units * 8, len = fix_ip6(packet, 0, option + 20);
		struct pkt *p;

		memset(packet + 40, 0, option); /* Pad1 */
		packet[40] = 17;
		packet[41] = (uint8_t)(units - 1);
		p = fix_pkt(packet, len);
		p->sa = sadb_get(f.dp.sadb, 1);
		fix_run(&f, ah_out_stage, p);
		CU_ASSERT_STRING_EQUAL(
			fix_drop(p), 40 + option + 32 <= AH_HEAD_MAX ? "" : "ipsec_headers");
		fix_pkt_free(p);
	}
	fix_fini(&f);
}

static void
numbers_end_and_wait_as_those_of_esp(void)
{
	uint8_t inner[128];
	uint32_t len = fix_ip4(inner, 1, 2, 17, 30);
	struct fix f;
	struct sa *sa;
	struct pkt *p;

	fix_init(&f);
	sa = put(&f, MSG_SA_TUNNEL, false);
	sa->seq = sa->seq_limit;
	p = fix_pkt(inner, len);
	p->sa = sa;
	fix_run(&f, ah_out_stage, p);
	CU_ASSERT_STRING_EQUAL(fix_drop(p), "seq_reserve");
	fix_pkt_free(p);
	sa->seq = UINT32_MAX;
	p = fix_pkt(inner, len);
	p->sa = sa;
	fix_run(&f, ah_out_stage, p);
	CU_ASSERT_STRING_EQUAL(fix_drop(p), "seq_exhausted");
	CU_ASSERT_EQUAL(sa->dropped, 2);
	fix_pkt_free(p);
	fix_fini(&f);
}

CU_TestInfo ah_out_tests[] = {
	{ "the header is that of RFC 4302", the_header_is_that_of_rfc_4302 },
	{ "an identification of zero is replaced", an_identification_of_zero_is_replaced },
	{ "headers longer than can be authenticated are refused",
		headers_longer_than_can_be_authenticated_are_refused },
	{ "numbers end and wait as those of ESP", numbers_end_and_wait_as_those_of_esp },
	CU_TEST_INFO_NULL,
};
