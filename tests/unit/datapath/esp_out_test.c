/*
 * Twin of datapath/esp_out.c: the bytes on the wire, with the NULL cipher so that they can be seen.
 * What ciphers do to them, and that esp_in understands all of it, is in esp_in_test.c.
 */
#include "config.h"

#include "datapath/checksum.h"
#include "datapath/esp.h"
#include "datapath/ip4.h"
#include "lib/alg.h"
#include "lib/buf.h"

#include <string.h>

#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/suites.h"

#define NUL ALG_CIPHER_null
#define AES ALG_CIPHER_aes_cbc_128
#define SHA ALG_AUTH_hmac_sha2_256_128

static struct pkt *
sent(struct fix *f, struct sa *sa, const void *inner, uint32_t len)
{
	struct pkt *p = fix_pkt(inner, len);

	p->sa = sa;
	fix_run(f, esp_out_stage, p);
	return p;
}

static void
a_packet_is_laid_out_as_rfc_4303_draws_it(void)
{
	struct fix f;
	struct sa *sa;
	struct pkt *p;
	uint8_t inner[64];
	uint32_t len = fix_ip4(inner, 0x0a010102, 0x0a010202, 1, 11); /* 31 bytes: 3 of padding */
	struct ip4 ip;

	fix_init(&f);
	sa = fix_sa(&f, 1, false, NUL, SHA);
	p = sent(&f, sa, inner, len);
	CU_ASSERT_EQUAL(p->next, STAGE_RAW_TX);
	CU_ASSERT_EQUAL(p->len, 20 + 8 + 31 + 3 + 2 + 16);
	CU_ASSERT_EQUAL(ip4_parse(p->data, p->len, &ip), DROP_NONE);
	CU_ASSERT_TRUE(ip.hdr_len == 20 && ip.total_len == p->len && ip.ttl == 255 &&
		ip.protocol == 50 && ip.src == FIX_OURS && ip.dst == FIX_THEIRS && ip.id != 0 &&
		!ip.df && !ip.mf && ip.frag_off == 0);
	CU_ASSERT_EQUAL(be32_get(p->data + 20), FIX_SPI);
	CU_ASSERT_EQUAL(be32_get(p->data + 24), 1);
	CU_ASSERT_EQUAL(memcmp(p->data + 28, inner, len), 0);
	CU_ASSERT_EQUAL(memcmp(p->data + 28 + len, "\1\2\3\3\4", 5), 0);
	CU_ASSERT_TRUE(sa->packets == 1 && sa->bytes == len && sa->dropped == 0);
	CU_ASSERT_TRUE(f.stats.ipsec_out_packets == 1 && f.stats.ipsec_out_bytes == len);
	fix_pkt_free(p);
	p = sent(&f, sa, inner, len);
	CU_ASSERT_EQUAL(be32_get(p->data + 24), 2);
	fix_pkt_free(p);
	fix_fini(&f);
}

static void
padding_fills_the_block_and_no_more(void)
{
	uint8_t inner[256];

	for (unsigned int cipher = 1; cipher < ALG_CIPHER_N; cipher++) {
		struct fix f;
		struct sa *sa;

		fix_init(&f);
		sa = fix_sa(&f, 1, false, cipher, fix_pair(cipher, SHA) ? SHA : ALG_AUTH_NONE);
		CU_ASSERT_PTR_NOT_NULL_FATAL(sa);
		for (uint32_t payload = 0; payload < 40; payload++) {
			uint32_t len = fix_ip4(inner, 1, 2, 17, payload);
			struct pkt *p = sent(&f, sa, inner, len);
			uint32_t text = p->len - 20 - 8 - sa->iv_len - sa->icv_len;

			CU_ASSERT_EQUAL(text % sa->block, 0);
			CU_ASSERT_TRUE(text >= len + 2 && text < len + 2 + sa->block);
			CU_ASSERT_EQUAL(text % 4, 0);
			fix_pkt_free(p);
		}
		fix_fini(&f);
	}
}

static void
the_outer_header_shows_class_and_df_of_the_inner(void)
{
	struct fix f;
	struct sa *sa;
	struct ip4 ip;

	fix_init(&f);
	sa = fix_sa(&f, 1, false, AES, SHA);
	for (unsigned int tos = 0; tos < 256; tos += 5) {
		for (unsigned int df = 0; df < 2; df++) {
			uint8_t inner[64];
			uint32_t len = fix_ip4(inner, 1, 2, 17, 30);
			struct pkt *p;

			inner[1] = (uint8_t)tos;
			inner[6] = df ? 0x40 : 0x20; /* MF stays inside */
			ip4_checksum_set(inner, 20);
			p = sent(&f, sa, inner, len);
			CU_ASSERT_EQUAL(ip4_parse(p->data, p->len, &ip), DROP_NONE);
			CU_ASSERT_TRUE(ip.tos == tos && ip.df == df && !ip.mf);
			fix_pkt_free(p);
		}
	}
	fix_fini(&f);
}

static void
an_ipv6_packet_says_so_behind_its_padding(void)
{
	struct fix f;
	struct sa *sa;
	struct pkt *p;
	struct ip4 ip;
	uint8_t inner[128];
	uint32_t len = fix_ip6(inner, 59, 22);

	inner[0] = 0x6b; /* traffic class 0xb9 */
	inner[1] = 0x90;
	fix_init(&f);
	sa = fix_sa(&f, 1, false, NUL, SHA);
	p = sent(&f, sa, inner, len);
	CU_ASSERT_EQUAL(p->data[p->len - 16 - 1], 41);
	CU_ASSERT_EQUAL(ip4_parse(p->data, p->len, &ip), DROP_NONE);
	CU_ASSERT_TRUE(ip.tos == 0xb9 && !ip.df);
	fix_pkt_free(p);
	fix_fini(&f);
}

static void
identifications_are_never_zero(void)
{
	struct fix f;
	struct sa *sa;
	uint8_t inner[64];
	uint32_t len = fix_ip4(inner, 1, 2, 17, 8);
	unsigned int zeros = 0;

	fix_init(&f);
	f.dp.ip_id = 0xfff0;
	sa = fix_sa(&f, 1, false, NUL, SHA);
	for (unsigned int i = 0; i < 40; i++) {
		struct pkt *p = sent(&f, sa, inner, len);

		zeros += be16_get(p->data + 4) == 0;
		fix_pkt_free(p);
	}
	CU_ASSERT_EQUAL(zeros, 0);
	fix_fini(&f);
}

/* A packet of len bytes with the room that is given; the drop, and no number was used up. */
static void
expect_drop(struct fix *f, struct sa *sa, const uint8_t *inner, uint32_t len, uint32_t head,
	uint32_t tail, const char *drop)
{
	struct pkt *p = fix_pkt(inner, len);
	uint64_t seq = sa->seq, dropped = sa->dropped;

	p->sa = sa;
	p->room_start = p->data - head;
	p->room_end = p->data + len + tail;
	fix_run(f, esp_out_stage, p);
	CU_ASSERT_STRING_EQUAL(fix_drop(p), drop);
	CU_ASSERT_EQUAL(sa->dropped - dropped, drop[0] != '\0');
	CU_ASSERT_EQUAL(sa->seq - seq, drop[0] == '\0');
	if (drop[0] != '\0')
		CU_ASSERT_EQUAL(memcmp(p->room_start + head, inner, len), 0);
	p->room_start = p->room_start + head - PKT_HEADROOM;
	fix_pkt_free(p);
}

static void
a_packet_without_room_is_too_long(void)
{
	static uint8_t inner[65536];
	struct fix f;
	struct sa *sa;
	uint32_t len = fix_ip4(inner, 1, 2, 17, 30 - 20 - 2 + 2);

	fix_init(&f);
	sa = fix_sa(&f, 1, false, AES, SHA); /* head 20 + 8 + 16; 30 bytes: tail 0 + 2 + 16 */
	CU_ASSERT_EQUAL(len, 30);
	expect_drop(&f, sa, inner, len, 44, 18, "");
	expect_drop(&f, sa, inner, len, 43, 18, "esp_too_long");
	expect_drop(&f, sa, inner, len, 44, 17, "esp_too_long");
	expect_drop(&f, sa, inner, len, 0, 0, "esp_too_long");
	/* and an IPv4 packet has at most 65535 bytes: 20 + 8 + 16 + 65456 + 2 + 16 = 65518 */
	len = fix_ip4(inner, 1, 2, 17, 65454 - 20);
	expect_drop(&f, sa, inner, len, 128, 64, "");
	len = fix_ip4(inner, 1, 2, 17, 65455 - 20);
	expect_drop(&f, sa, inner, len, 128, 64, "");
	len = fix_ip4(inner, 1, 2, 17, 65471 - 20);
	expect_drop(&f, sa, inner, len, 128, 64, "esp_too_long");
	fix_fini(&f);
}

static void
what_is_no_ip_packet_is_not_encrypted(void)
{
	struct fix f;
	struct sa *sa;
	uint8_t inner[64];
	uint32_t len = fix_ip4(inner, 1, 2, 17, 30);

	fix_init(&f);
	sa = fix_sa(&f, 1, false, AES, SHA);
	expect_drop(&f, sa, inner, 19, 128, 64, "ip_short");
	expect_drop(&f, sa, inner, 0, 128, 64, "ip_version");
	inner[0] = 0x55;
	expect_drop(&f, sa, inner, len, 128, 64, "ip_version");
	fix_fini(&f);
}

static void
numbers_that_are_not_ours_yet_or_used_up_stop_it(void)
{
	struct fix f;
	struct sa *sa;
	uint8_t inner[64];
	uint32_t len = fix_ip4(inner, 1, 2, 17, 30);

	fix_init(&f);
	sa = fix_sa(&f, 1, false, AES, SHA);
	sa->seq_limit = 1;
	expect_drop(&f, sa, inner, len, 128, 64, "");
	expect_drop(&f, sa, inner, len, 128, 64, "seq_reserve");
	sa->seq_limit = UINT64_MAX;
	sa->seq = UINT32_MAX;
	expect_drop(&f, sa, inner, len, 128, 64, "seq_exhausted");
	fix_fini(&f);
}

static void
good_and_bad_packets_of_a_batch_stay_apart(void)
{
	struct fix f;
	struct sa *sas[2];
	struct pkt *pkts[PKT_BATCH];
	uint8_t inner[64];
	uint32_t len = fix_ip4(inner, 1, 2, 17, 30);

	fix_init(&f);
	sas[0] = fix_sa(&f, 1, false, AES, SHA);
	sas[1] = fix_sa(&f, 2, false, ALG_CIPHER_3des_cbc, ALG_AUTH_hmac_md5_96);
	for (unsigned int i = 0; i < PKT_BATCH; i++) {
		pkts[i] = fix_pkt(inner, i % 7 == 3 ? 10 : len);
		pkts[i]->sa = sas[i % 2];
	}
	esp_out_stage(&f.dp, pkts, PKT_BATCH);
	for (unsigned int i = 0; i < PKT_BATCH; i++) {
		CU_ASSERT_EQUAL(pkts[i]->next, i % 7 == 3 ? STAGE_DROP : STAGE_RAW_TX);
		fix_pkt_free(pkts[i]);
	}
	CU_ASSERT_EQUAL(
		sas[0]->packets + sas[1]->packets + sas[0]->dropped + sas[1]->dropped, PKT_BATCH);
	CU_ASSERT_EQUAL(sas[0]->packets, sas[0]->seq);
	fix_fini(&f);
}

CU_TestInfo esp_out_tests[] = {
	{ "a packet is laid out as RFC 4303 draws it", a_packet_is_laid_out_as_rfc_4303_draws_it },
	{ "padding fills the block and no more", padding_fills_the_block_and_no_more },
	{ "the outer header shows class and DF of the inner",
		the_outer_header_shows_class_and_df_of_the_inner },
	{ "an IPv6 packet says so behind its padding", an_ipv6_packet_says_so_behind_its_padding },
	{ "identifications are never zero", identifications_are_never_zero },
	{ "a packet without room is too long", a_packet_without_room_is_too_long },
	{ "what is no IP packet is not encrypted", what_is_no_ip_packet_is_not_encrypted },
	{ "numbers that are not ours yet or used up stop it",
		numbers_that_are_not_ours_yet_or_used_up_stop_it },
	{ "good and bad packets of a batch stay apart",
		good_and_bad_packets_of_a_batch_stay_apart },
	CU_TEST_INFO_NULL,
};
