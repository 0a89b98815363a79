/*
 * Twin of datapath/crypto_openssl.c, through the interface of crypto.h: what a second engine will
 * have to pass too. The vectors of standards are in tests/vectors, for tests/interop/vectors.py.
 */
#include "config.h"

#include "datapath/crypto.h"
#include "lib/buf.h"
#include "lib/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/suites.h"

enum { AAD_LEN = 8, ROOM = 4096 };

/* One job over its own memory: aad, iv, text, icv. */
struct box {
	uint8_t room[ROOM];
	struct crypto_job job;
};

static void
box_fill(struct box *b, struct crypto_sa *sa, unsigned int cipher, const void *text, uint32_t len)
{
	uint8_t iv_len = alg_cipher(cipher)->iv_len;

	memset(b->room, 0xa5, sizeof(b->room));
	b->job = (struct crypto_job){ .sa = sa,
		.aad = b->room,
		.iv = b->room + AAD_LEN,
		.text = b->room + AAD_LEN + iv_len,
		.text_len = len,
		.icv = b->room + AAD_LEN + iv_len + len,
		.result = 99 };
	memcpy(b->job.text, text, len);
}

static struct crypto_sa *
sa_of(struct crypto_engine *e, bool encrypts, unsigned int cipher, unsigned int auth,
	const uint8_t *cipher_key, const uint8_t *auth_key)
{
	const struct crypto_keys keys = { .encrypts = encrypts,
		.cipher = (enum alg_cipher)cipher,
		.auth = (enum alg_auth)auth,
		.cipher_key = cipher_key,
		.auth_key = auth_key };
	struct crypto_sa *sa = NULL;

	CU_ASSERT_EQUAL_FATAL(e->sa_init(e, &keys, &sa, NULL), 0);
	return sa;
}

static void
every_pair_of_algorithms_returns_the_text_and_notices_a_change(void)
{
	struct crypto_engine *e = crypto_openssl_new(NULL);
	uint8_t key[64], text[240];

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	for (unsigned int i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 37 + 11);
	for (unsigned int i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)i;
	for (unsigned int cipher = 1; cipher < ALG_CIPHER_N; cipher++) {
		for (unsigned int auth = 0; auth < ALG_AUTH_N; auth++) {
			const struct alg_cipher_info *c = alg_cipher(cipher);
			struct crypto_sa *out, *in;
			struct box b;

			if (!fix_pair(cipher, auth))
				continue;
			out = sa_of(e, true, cipher, auth, key, key);
			in = sa_of(e, false, cipher, auth, key, key);
			box_fill(&b, out, cipher, text, sizeof(text));
			e->encrypt_batch(e, &b.job, 1);
			CU_ASSERT_EQUAL(b.job.result, CRYPTO_OK);
			CU_ASSERT_EQUAL(memcmp(b.job.text, text, sizeof(text)) == 0,
				c->kind == ALG_KIND_null || c->kind == ALG_KIND_gmac);
			b.job.sa = in;
			if (auth != ALG_AUTH_NONE || c->icv_len != 0) {
				struct box changed = b;

				changed.room[AAD_LEN] ^= 1;
				changed.job.aad = changed.room;
				changed.job.text = changed.room + (b.job.text - b.room);
				changed.job.icv = changed.room + (b.job.icv - b.room);
				changed.job.iv = changed.room + AAD_LEN;
				e->decrypt_batch(e, &changed.job, 1);
				CU_ASSERT_EQUAL(changed.job.result, CRYPTO_AUTH);
			}
			e->decrypt_batch(e, &b.job, 1);
			CU_ASSERT_EQUAL(b.job.result, CRYPTO_OK);
			CU_ASSERT_EQUAL(memcmp(b.job.text, text, sizeof(text)), 0);
			e->sa_free(e, out);
			e->sa_free(e, in);
		}
	}
	e->free(e);
}

/* A mixed batch larger than the engine's own portions; the jobs are side by side. */
static void
a_batch_of_several_sas_and_bad_packets_keeps_them_apart(void)
{
	enum { N = PKT_BATCH, LEN = 32 };
	struct crypto_engine *e = crypto_openssl_new(NULL);
	uint8_t key[64] = { 1 }, text[LEN] = { 2 };
	struct crypto_sa *out[ALG_CIPHER_N], *in[ALG_CIPHER_N];
	struct crypto_job *jobs = calloc(N, sizeof(*jobs));
	struct box *boxes = calloc(N, sizeof(*boxes));

	CU_ASSERT_FATAL(e != NULL && jobs != NULL && boxes != NULL);
	for (unsigned int c = 1; c < ALG_CIPHER_N; c++) {
		unsigned int auth = fix_pair(c, ALG_AUTH_NONE) && alg_cipher(c)->icv_len != 0
			? ALG_AUTH_NONE
			: ALG_AUTH_hmac_sha2_256_128;

		out[c] = sa_of(e, true, c, auth, key, key);
		in[c] = sa_of(e, false, c, auth, key, key);
	}
	for (unsigned int i = 0; i < N; i++) {
		unsigned int c = 1 + i % (ALG_CIPHER_N - 1);

		box_fill(&boxes[i], out[c], c, text, LEN);
		boxes[i].job.seq = i;
		jobs[i] = boxes[i].job;
	}
	e->encrypt_batch(e, jobs, N);
	for (unsigned int i = 0; i < N; i++) {
		CU_ASSERT_EQUAL(jobs[i].result, CRYPTO_OK);
		jobs[i].sa = in[1 + i % (ALG_CIPHER_N - 1)];
		if (i % 5 == 0)
			jobs[i].icv[i % 8] ^= 0x80;
	}
	e->decrypt_batch(e, jobs, N);
	for (unsigned int i = 0; i < N; i++) {
		CU_ASSERT_EQUAL(jobs[i].result, i % 5 == 0 ? CRYPTO_AUTH : CRYPTO_OK);
		if (i % 5 != 0)
			CU_ASSERT_EQUAL(memcmp(jobs[i].text, text, LEN), 0);
	}
	for (unsigned int c = 1; c < ALG_CIPHER_N; c++) {
		e->sa_free(e, out[c]);
		e->sa_free(e, in[c]);
	}
	free(boxes);
	free(jobs);
	e->free(e);
}

static int
iv_cmp(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

static void
no_iv_comes_twice_nor_from_a_counter(void)
{
	enum { N = 2000 };
	static uint8_t ivs[2 * N][16];
	struct crypto_engine *e[2] = { crypto_openssl_new(NULL), crypto_openssl_new(NULL) };
	uint8_t key[16] = { 1 }, text[16] = { 0 };
	unsigned int equal = 0, bits = 0;

	CU_ASSERT_FATAL(e[0] != NULL && e[1] != NULL);
	for (unsigned int k = 0; k < 2;
		k++) { /* the second engine is the process after a restart */
		struct crypto_sa *sa =
			sa_of(e[k], true, ALG_CIPHER_aes_cbc_128, ALG_AUTH_NONE, key, NULL);

		for (unsigned int i = 0; i < N; i++) {
			struct box b;

			box_fill(&b, sa, ALG_CIPHER_aes_cbc_128, text, sizeof(text));
			e[k]->encrypt_batch(e[k], &b.job, 1);
			memcpy(ivs[k * N + i], b.job.iv, 16);
		}
		e[k]->sa_free(e[k], sa);
		e[k]->free(e[k]);
	}
	for (unsigned int i = 0; i + 1 < 2 * N; i++) {
		for (unsigned int j = 0; j < 16; j++)
			bits += (unsigned int)__builtin_popcount(ivs[i][j] ^ ivs[i + 1][j]);
	}
	/* neighbours differ in half of their bits */
	CU_ASSERT_TRUE(bits > 60u * 2 * N && bits < 68u * 2 * N);
	qsort(ivs, 2 * N, 16, iv_cmp);
	for (unsigned int i = 0; i + 1 < 2 * N; i++)
		equal += iv_cmp(ivs[i], ivs[i + 1]) == 0;
	CU_ASSERT_EQUAL(equal, 0);
}

/* Whole ESP packets of others. An IV is the number here: so where the two differ the packet is only
 * opened. */
static const struct {
	const char *name;
	unsigned int cipher;
	bool esn;
	const char *key, *high, *packet, *plain;
} packets[] = {
	{ "draft-mcgrew-gcm-test-01 4 #1", ALG_CIPHER_aes_gcm_128, true,
		"4c80cdefbb5d10da906ac73c3613a6342e443b68", "87654321",
		"00004321000000004956ed7e3b244cfe"
		"fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34"
		"cfa2436f14a3f3cf65925bf1f4a13c5d15b21e1884f5ff6247aeabb786b93bce"
		"61bc17d768fd9732459018148f6cbe722fd04796562dfdb4",
		"45000048699a000080114db7c0a80102c0a801010a9bf15638d3010000010000"
		"00000000045f736970045f756470037369700963796265726369747902646b00"
		"0021000101020201" },
	{ "draft-mcgrew-gcm-test-01 4 #12", ALG_CIPHER_aes_gcm_128, false,
		"7d773d00c144c525ac619d18c84a3f47d9664267", "00000000",
		"335467aeffffffff43457e9182443bc6437f866bcb3f699fe9b0822bac961c45"
		"04bef270",
		"01020201" },
	{ "draft-mcgrew-gcm-test-01 5", ALG_CIPHER_aes_gmac_128, false,
		"4c80cdefbb5d10da906ac73c3613a63422433c64", "00000000",
		"00004321000000070000000000000000"
		"45000030da3a00008001df3bc0a80005c0a800010800c6cd0200070061626364"
		"65666768696a6b6c6d6e6f707172737401020201"
		"f2a9a836e155106aa8dcd618e4099aaa",
		"45000030da3a00008001df3bc0a80005c0a800010800c6cd0200070061626364"
		"65666768696a6b6c6d6e6f707172737401020201" },
	{ "RFC 7634 A", ALG_CIPHER_chacha20_poly1305, false,
		"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
		"a0a1a2a3",
		"00000000",
		"01020304000000051011121314151617"
		"24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c6"
		"14ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3"
		"cbec163fac469b502773f6fb94e664da9165b82829f641e0"
		"76aaa8266b7fb0f7b11b369907e1ad43",
		"45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec10"
		"0007362708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223"
		"2425262728292a2b2c2d2e2f303132333435363701020204" },
};

static void
aead_packets_of_others_are_opened_and_made(void)
{
	struct crypto_engine *e = crypto_openssl_new(NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	for (unsigned int i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		const struct alg_cipher_info *c = alg_cipher(packets[i].cipher);
		uint8_t key[64], high[4], packet[256], ours[256], plain[256];
		uint32_t len = fix_hex(packets[i].packet, packet);
		struct crypto_keys keys = {
			.esn = packets[i].esn, .cipher = packets[i].cipher, .cipher_key = key
		};
		struct crypto_job job = { .aad = ours, .iv = ours + 8, .text = ours + 16 };

		job.text_len = fix_hex(packets[i].plain, plain);
		job.icv = ours + 16 + job.text_len;
		CU_ASSERT_EQUAL(job.text_len + 16 + c->icv_len, len);
		CU_ASSERT_EQUAL(fix_hex(packets[i].key, key), alg_cipher_keymat(c));
		fix_hex(packets[i].high, high);
		job.seq = (uint64_t)be32_get(high) << 32 | be32_get(packet + 4);
		CU_ASSERT_EQUAL(e->sa_init(e, &keys, &job.sa, NULL), 0);
		memcpy(ours, packet, len);
		e->decrypt_batch(e, &job, 1);
		if (job.result != CRYPTO_OK || memcmp(job.text, plain, job.text_len) != 0)
			CU_FAIL(packets[i].name);
		e->sa_free(e, job.sa);

		keys.encrypts = true;
		CU_ASSERT_EQUAL(e->sa_init(e, &keys, &job.sa, NULL), 0);
		if (!packets[i].esn)
			job.seq = be64_get(packet + 8);
		memcpy(ours, packet, 8);
		memcpy(ours + 16, plain, job.text_len);
		e->encrypt_batch(e, &job, 1);
		CU_ASSERT_EQUAL(job.result, CRYPTO_OK);
		if (!packets[i].esn && memcmp(ours, packet, len) != 0)
			CU_FAIL(packets[i].name);
		e->sa_free(e, job.sa);
	}
	e->free(e);
}

/* The high half of the number is covered, though it is not sent; wherever a kind has it. */
static void
esn_covers_the_high_half_of_the_number(void)
{
	struct crypto_engine *e = crypto_openssl_new(NULL);
	uint8_t key[64] = { 7 }, text[32] = { 0 };

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	for (unsigned int c = 1; c < ALG_CIPHER_N; c++) {
		bool own = alg_cipher(c)->icv_len != 0;
		struct crypto_keys keys = { .encrypts = true,
			.esn = true,
			.cipher = (enum alg_cipher)c,
			.auth = own ? ALG_AUTH_NONE : ALG_AUTH_hmac_sha1_96,
			.cipher_key = key,
			.auth_key = key };
		struct crypto_sa *out, *in;
		struct box b, copy;

		CU_ASSERT_EQUAL_FATAL(e->sa_init(e, &keys, &out, NULL), 0);
		keys.encrypts = false;
		CU_ASSERT_EQUAL_FATAL(e->sa_init(e, &keys, &in, NULL), 0);
		box_fill(&b, out, c, text, sizeof(text));
		b.job.seq = UINT64_C(0x500000007);
		e->encrypt_batch(e, &b.job, 1);
		b.job.sa = in;
		memcpy(copy.room, b.room, sizeof(copy.room));
		b.job.seq ^= UINT64_C(1) << 40;
		e->decrypt_batch(e, &b.job, 1);
		CU_ASSERT_EQUAL(b.job.result, CRYPTO_AUTH);
		memcpy(b.room, copy.room, sizeof(copy.room));
		b.job.seq ^= UINT64_C(1) << 40;
		e->decrypt_batch(e, &b.job, 1);
		CU_ASSERT_EQUAL(b.job.result, CRYPTO_OK);
		CU_ASSERT_EQUAL(memcmp(b.job.text, text, sizeof(text)), 0);
		e->sa_free(e, out);
		e->sa_free(e, in);
	}
	e->free(e);
}

static int
iv8_cmp(const void *a, const void *b)
{
	return memcmp(a, b, 8);
}

/* What must not repeat even when the process does: IVs of 8 bytes come from the number. */
static void
ivs_of_eight_bytes_never_repeat(void)
{
	enum { N = 3000, SEQ = 1000 };
	static uint8_t ivs[3 * N][8];
	unsigned int equal = 0;

	for (unsigned int c = 1; c < ALG_CIPHER_N; c++) {
		const struct alg_cipher_info *info = alg_cipher(c);
		uint8_t key[64] = { 1, 2, 3 }, text[16] = { 0 };

		if (info->iv_len != 8)
			continue;
		/* two processes with the same SA, then another SA with the same key */
		for (unsigned int k = 0; k < 3; k++) {
			struct crypto_engine *e = crypto_openssl_new(NULL);
			const uint8_t context[2] = { 5, k == 2 };
			const struct crypto_keys keys = { .encrypts = true,
				.cipher = (enum alg_cipher)c,
				.auth = info->icv_len ? ALG_AUTH_NONE : ALG_AUTH_hmac_sha1_96,
				.cipher_key = key,
				.auth_key = key,
				.context = context,
				.context_len = sizeof(context) };
			struct crypto_sa *sa = NULL;

			CU_ASSERT_EQUAL_FATAL(e->sa_init(e, &keys, &sa, NULL), 0);
			for (unsigned int i = 0; i < N; i++) {
				struct box b;

				box_fill(&b, sa, c, text, sizeof(text));
				b.job.seq = SEQ + i + (k == 1 ? N : 0);
				e->encrypt_batch(e, &b.job, 1);
				memcpy(ivs[k * N + i], b.job.iv, 8);
				if (info->kind != ALG_KIND_cbc)
					CU_ASSERT_EQUAL(be64_get(b.job.iv), b.job.seq);
			}
			e->sa_free(e, sa);
			e->free(e);
		}
		/* a salt keeps SAs apart where the IV is the number itself */
		qsort(ivs, info->kind == ALG_KIND_cbc ? 3 * N : 2 * N, 8, iv8_cmp);
		for (unsigned int i = 0; i + 1 < (info->kind == ALG_KIND_cbc ? 3 * N : 2 * N); i++)
			equal += iv8_cmp(ivs[i], ivs[i + 1]) == 0;
	}
	CU_ASSERT_EQUAL(equal, 0);
}

static void
an_unknown_algorithm_is_refused(void)
{
	struct crypto_engine *e = crypto_openssl_new(NULL);
	struct crypto_keys keys = { .cipher = (enum alg_cipher)ALG_CIPHER_N };
	struct crypto_sa *sa = NULL;
	struct err err = { 0 };

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL(e->sa_init(e, &keys, &sa, &err), -EINVAL);
	CU_ASSERT_PTR_NULL(sa);
	CU_ASSERT_NOT_EQUAL(err.text[0], '\0');
	e->sa_free(e, NULL);
	e->free(e);
}

CU_TestInfo crypto_openssl_tests[] = {
	{ "every pair of algorithms returns the text and notices a change",
		every_pair_of_algorithms_returns_the_text_and_notices_a_change },
	{ "a batch of several SAs and bad packets keeps them apart",
		a_batch_of_several_sas_and_bad_packets_keeps_them_apart },
	{ "no IV comes twice nor from a counter", no_iv_comes_twice_nor_from_a_counter },
	{ "AEAD packets of others are opened and made",
		aead_packets_of_others_are_opened_and_made },
	{ "ESN covers the high half of the number", esn_covers_the_high_half_of_the_number },
	{ "IVs of eight bytes never repeat", ivs_of_eight_bytes_never_repeat },
	{ "an unknown algorithm is refused", an_unknown_algorithm_is_refused },
	CU_TEST_INFO_NULL,
};
