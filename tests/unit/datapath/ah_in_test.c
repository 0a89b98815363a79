/*
 * Twin of datapath/ah_in.c: lengths, numbers, algorithms and nesting. (Which octets are covered:
 * encap_test.c; against others: tests/interop.)
 */
#include "config.h"

#include "datapath/ah.h"
#include "datapath/crypto.h"
#include "datapath/ip4.h"
#include "lib/alg.h"
#include "lib/buf.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/suites.h"

enum { OUT = 1, IN = 2, SHA2 = ALG_AUTH_hmac_sha2_256_128, SHA1 = ALG_AUTH_hmac_sha1_96 };

static void
put(struct fix *f, uint32_t id, unsigned int auth, bool esn, uint32_t spi)
{
	struct msg_dp_sa m;

	fix_msg(&m, id, id % 2 == 0, ALG_CIPHER_NONE, auth);
	m.protocol = IP_PROTO_AH;
	m.mode = MSG_SA_TRANSPORT;
	m.esn = esn;
	m.spi = spi;
	if (sadb_put(&f->dp, &m, NULL) != 0)
		abort();
}

static void
pair_init(struct fix *f, unsigned int auth, bool esn)
{
	fix_init(f);
	put(f, OUT, auth, esn, FIX_SPI);
	put(f, IN, auth, esn, FIX_SPI);
}

/* A packet that ah_out has made, with `payload` bytes. */
static uint32_t
sealed(struct fix *f, uint32_t payload, uint8_t *out)
{
	uint32_t len = fix_ip4(out, FIX_OURS, FIX_THEIRS, 17, payload);
	struct pkt *p = fix_pkt(out, len);

	p->sa = sadb_get(f->dp.sadb, OUT);
	fix_run(f, ah_out_stage, p);
	CU_ASSERT_EQUAL(p->next, STAGE_RAW_TX);
	len = p->len;
	memcpy(out, p->data, len);
	fix_pkt_free(p);
	return len;
}

static const char *
received(struct fix *f, const uint8_t *packet, uint32_t len)
{
	struct pkt *p = fix_pkt_tight(packet, len);
	const char *drop;

	fix_run(f, ah_in_stage, p);
	drop = fix_drop(p);
	CU_ASSERT_TRUE(p->next == STAGE_DROP || p->next == STAGE_SPD_IN);
	fix_pkt_free(p);
	return drop;
}

static void
every_algorithm_and_esn_come_out_as_they_went_in(void)
{
	for (unsigned int auth = 1; auth < ALG_AUTH_N; auth++) {
		for (unsigned int esn = 0; esn < 2; esn++) {
			uint8_t packet[512];
			struct fix f;

			pair_init(&f, auth, esn);
			if (esn) {
				sadb_get(f.dp.sadb, OUT)->seq = 0x1fffffffe;
				sadb_get(f.dp.sadb, OUT)->seq_limit = UINT64_MAX;
				f.slots[IN].seq = 0x1fffffff0;
			}
			for (uint32_t n = 0; n < 5; n++) {
				uint32_t len = sealed(&f, n * 31, packet);

				CU_ASSERT_STRING_EQUAL(received(&f, packet, len), "");
				CU_ASSERT_STRING_EQUAL(received(&f, packet, len), "ah_replay");
			}
			CU_ASSERT_EQUAL(f.slots[IN].seq, esn ? 0x200000003 : 5);
			fix_fini(&f);
		}
	}
}

static void
every_truncation_is_dropped(void)
{
	uint8_t packet[512], cut[512];
	struct fix f;
	uint32_t len;

	pair_init(&f, SHA1, false);
	len = sealed(&f, 40, packet);
	for (uint32_t n = 0; n < len; n++) {
		memcpy(cut, packet, n);
		if (n >= 20)
			fix_outer(cut, n);
		CU_ASSERT_STRING_NOT_EQUAL(received(&f, cut, n), "");
	}
	CU_ASSERT_STRING_EQUAL(received(&f, packet, len), "");
	fix_fini(&f);
}

/* Some round AH up to 8 octets in IPv4 as well: taken, when the padding is covered. */
static void
a_header_padded_as_in_ipv6_is_taken(void)
{
	static const uint8_t pad[4] = { 1, 2, 3, 4 };
	uint8_t packet[512], head[64];
	struct crypto_engine *e;
	struct crypto_job job;
	struct fix f;
	uint32_t len;

	pair_init(&f, SHA2, false);
	len = sealed(&f, 40, packet);
	memmove(packet + 20 + 32, packet + 20 + 28, len - 20 - 28);
	memcpy(packet + 20 + 28, pad, sizeof(pad));
	len += 4;
	packet[21] = 32 / 4 - 2;
	fix_outer(packet, len);
	CU_ASSERT_STRING_EQUAL(received(&f, packet, len), "ah_auth");
	memcpy(head, packet, 52);
	memset(head + 32, 0, 16);
	ah_canonical(head, 20, true);
	job = (struct crypto_job){ .sa = sadb_get(f.dp.sadb, OUT)->crypto,
		.head = head,
		.head_len = 52,
		.aad = packet + 52,
		.text = packet + 52,
		.text_len = len - 52,
		.icv = packet + 32,
		.seq = 1 };
	e = sadb_engine(f.dp.sadb);
	e->encrypt_batch(e, &job, 1);
	CU_ASSERT_STRING_EQUAL(received(&f, packet, len), "");
	packet[21]++; /* no SA has such a length */
	CU_ASSERT_STRING_EQUAL(received(&f, packet, len), "ah_short");
	fix_fini(&f);
}

/* The peer may nest as it likes: behind two SAs nobody looks for a third. */
static void
nesting_has_an_end(void)
{
	uint8_t packet[512];
	struct pkt *p;
	struct fix f;
	uint32_t len;

	pair_init(&f, SHA1, false);
	len = sealed(&f, 40, packet);
	for (unsigned int depth = 1; depth < 4; depth++) {
		p = fix_pkt(packet, len);
		p->sa = sadb_get(f.dp.sadb, OUT);
		fix_run(&f, ah_out_stage, p);
		CU_ASSERT_EQUAL_FATAL(p->next, STAGE_RAW_TX);
		len = p->len;
		memcpy(packet, p->data, len);
		fix_pkt_free(p);
	}
	p = fix_pkt_tight(packet, len);
	fix_run(&f, ah_in_stage, p);
	CU_ASSERT_EQUAL(p->next, STAGE_AH_IN);
	CU_ASSERT_EQUAL(p->n_chain, 1);
	fix_run(&f, ah_in_stage, p);
	CU_ASSERT_STRING_EQUAL(fix_drop(p), "ah_next_header");
	fix_pkt_free(p);
	fix_fini(&f);
}

/* More packets than are worked on at once, good and bad mixed. */
static void
a_batch_keeps_its_packets_apart(void)
{
	enum { N = PKT_BATCH };
	uint8_t packet[512];
	struct pkt *batch[N];
	struct fix f;

	pair_init(&f, SHA1, false);
	for (unsigned int i = 0; i < N; i++) {
		uint32_t len = sealed(&f, i % 50, packet);

		packet[20 + 12] ^= i % 3 == 0;
		batch[i] = fix_pkt_tight(packet, len);
	}
	ah_in_stage(&f.dp, batch, N);
	for (unsigned int i = 0; i < N; i++) {
		CU_ASSERT_STRING_EQUAL(fix_drop(batch[i]), i % 3 == 0 ? "ah_auth" : "");
		CU_ASSERT_TRUE(i % 3 == 0 || batch[i]->len == 20 + i % 50);
		fix_pkt_free(batch[i]);
	}
	CU_ASSERT_EQUAL(sadb_get(f.dp.sadb, IN)->dropped, (N + 2) / 3);
	fix_fini(&f);
}

CU_TestInfo ah_in_tests[] = {
	{ "every algorithm and ESN come out as they went in",
		every_algorithm_and_esn_come_out_as_they_went_in },
	{ "every truncation is dropped", every_truncation_is_dropped },
	{ "a header padded as in IPv6 is taken", a_header_padded_as_in_ipv6_is_taken },
	{ "nesting has an end", nesting_has_an_end },
	{ "a batch keeps its packets apart", a_batch_keeps_its_packets_apart },
	CU_TEST_INFO_NULL,
};
