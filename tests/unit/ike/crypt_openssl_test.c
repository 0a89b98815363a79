/*
 * Twin of daemon/ike/crypt_openssl.c: RFC 4231 and RFC 4868 for the functions, RFC 7634 appendix B for a
 * message; the ciphers themselves have their vectors with the datapath's.
 */
#include "config.h"

#include "daemon/ike/crypt.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/ike/fixture.h"
#include "tests/unit/ike/suites.h"

/* RFC 2202 2 and 3, RFC 4231 4.3 and 4.7 (the key is longer than a block): the same data everywhere. */
static const struct {
	enum alg_prf prf;
	const char *what;
	const char *long_key;
} jefe[] = {
	{ ALG_PRF_hmac_md5, "750c783e6ab0b503eaa86e310a5db738",
		"6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd" },
	{ ALG_PRF_hmac_sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
		"aa4ae5e15272d00e95705637ce8a3b55ed402112" },
	{ ALG_PRF_hmac_sha2_256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		NULL },
	{ ALG_PRF_hmac_sha2_384,
		"af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c7"
		"8b3239ecfab21649",
		NULL },
	{ ALG_PRF_hmac_sha2_512,
		"164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a"
		"6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
		NULL },
};

static const struct {
	enum alg_prf prf;
	const char *digest;
} long_keys[] = {
	{ ALG_PRF_hmac_sha2_256,
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	{ ALG_PRF_hmac_sha2_384,
		"4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe82"
		"96248df163f44952" },
	{ ALG_PRF_hmac_sha2_512,
		"80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598"
		"bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598" },
};

static void
functions_give_the_rfcs_numbers(void)
{
	struct crypt *c = fix_crypt(NULL);
	/* in pieces, which must not matter */
	const struct span parts[] = { fix_text("what do ya "), fix_text(""),
		fix_text("want for nothing?") };
	uint8_t key[131], out[CRYPT_PRF_MAX];
	const struct span all = { key, sizeof(key) };
	const struct span data = fix_text("Test Using Larger Than Block-Size Key - Hash Key First");

	for (size_t i = 0; i < sizeof(jefe) / sizeof(jefe[0]); i++) {
		CU_ASSERT_EQUAL(crypt_prf(c, jefe[i].prf, fix_text("Jefe"), parts, 3, out), 0);
		CU_ASSERT(
			fix_is((struct span){ out, alg_prf(jefe[i].prf)->key_len }, jefe[i].what));
	}
	memset(key, 0xaa, sizeof(key));
	for (size_t i = 0; i < 2; i++) {
		const struct span k80 = { key, 80 };

		CU_ASSERT_EQUAL(crypt_prf(c, jefe[i].prf, k80, &data, 1, out), 0);
		CU_ASSERT(fix_is(
			(struct span){ out, alg_prf(jefe[i].prf)->key_len }, jefe[i].long_key));
	}
	for (size_t i = 0; i < sizeof(long_keys) / sizeof(long_keys[0]); i++) {
		CU_ASSERT_EQUAL(crypt_prf(c, long_keys[i].prf, all, &data, 1, out), 0);
		CU_ASSERT(fix_is((struct span){ out, alg_prf(long_keys[i].prf)->key_len },
			long_keys[i].digest));
	}
	CU_ASSERT_EQUAL(crypt_prf(c, ALG_PRF_NONE, all, &data, 1, out), -EOPNOTSUPP);
	CU_ASSERT_EQUAL(crypt_prf(c, ALG_PRF_N, all, &data, 1, out), -EOPNOTSUPP);
	crypt_free(c);
}

/* The definition of RFC 7296 2.13, step by step. */
static void
prf_plus_is_a_chain(void)
{
	struct crypt *c = fix_crypt(NULL);
	const struct span key = fix_text("key"), seed = fix_text("seed");
	uint8_t out[100], one[32], two[32];
	uint8_t number = 1;
	const struct span first[] = { seed, { &number, 1 } };
	const struct span second[] = { { one, 32 }, seed, { &number, 1 } };

	CU_ASSERT_EQUAL(
		crypt_prf_plus(c, ALG_PRF_hmac_sha2_256, key, &seed, 1, out, sizeof(out)), 0);
	CU_ASSERT_EQUAL(crypt_prf(c, ALG_PRF_hmac_sha2_256, key, first, 2, one), 0);
	number = 2;
	CU_ASSERT_EQUAL(crypt_prf(c, ALG_PRF_hmac_sha2_256, key, second, 3, two), 0);
	CU_ASSERT_EQUAL(memcmp(out, one, 32), 0);
	CU_ASSERT_EQUAL(memcmp(out + 32, two, 32), 0);
	crypt_free(c);
}

static void
prf_plus_has_an_end(void)
{
	static uint8_t out[255 * 16 + 1];
	struct crypt *c = fix_crypt(NULL);
	const struct span seed = fix_text("seed");

	CU_ASSERT_EQUAL(
		crypt_prf_plus(c, ALG_PRF_hmac_md5, seed, &seed, 1, out, sizeof(out) - 1), 0);
	CU_ASSERT_EQUAL(
		crypt_prf_plus(c, ALG_PRF_hmac_md5, seed, &seed, 1, out, sizeof(out)), -EINVAL);
	crypt_free(c);
}

static void
digests_are_the_standards(void)
{
	struct crypt *c = fix_crypt(NULL);
	const struct span parts[] = { fix_text("a"), fix_text("bc") };
	const struct span data = fix_text("what do ya want for nothing?");
	uint8_t out[32];

	CU_ASSERT_EQUAL(crypt_sha1(c, parts, 2, out), 0);
	CU_ASSERT(fix_is((struct span){ out, 20 }, "a9993e364706816aba3e25717850c26c9cd0d89d"));
	CU_ASSERT_EQUAL(crypt_hmac_sha256(c, fix_text("Jefe"), &data, 1, out), 0);
	CU_ASSERT(fix_is((struct span){ out, 32 },
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
	crypt_free(c);
}

static const struct {
	enum alg_cipher cipher;
	enum alg_auth auth;
} suites[] = {
	{ ALG_CIPHER_des_cbc, ALG_AUTH_hmac_md5_96 },
	{ ALG_CIPHER_3des_cbc, ALG_AUTH_hmac_sha1_96 },
	{ ALG_CIPHER_aes_cbc_128, ALG_AUTH_hmac_sha2_256_128 },
	{ ALG_CIPHER_aes_cbc_192, ALG_AUTH_hmac_sha2_384_192 },
	{ ALG_CIPHER_aes_cbc_256, ALG_AUTH_hmac_sha2_512_256 },
	{ ALG_CIPHER_aes_ctr_256, ALG_AUTH_hmac_sha2_256_128 },
	{ ALG_CIPHER_sm4_cbc, ALG_AUTH_hmac_sm3_128 },
	{ ALG_CIPHER_aes_gcm_128, ALG_AUTH_NONE },
	{ ALG_CIPHER_aes_gcm_256_8, ALG_AUTH_NONE },
	{ ALG_CIPHER_aes_gcm_192_12, ALG_AUTH_NONE },
	{ ALG_CIPHER_chacha20_poly1305, ALG_AUTH_NONE },
};

static struct crypt_box *
box_of(struct crypt *c, unsigned int i, bool seals)
{
	static const uint8_t key[128] =
		"a key for many algorithms, longer than all of them need it";

	return crypt_box_new(c, suites[i].cipher, suites[i].auth,
		(struct span){ key, alg_cipher_keymat(alg_cipher(suites[i].cipher)) },
		(struct span){ key, alg_auth_keymat(alg_auth(suites[i].auth)) }, seals);
}

static void
what_is_sealed_is_opened_and_nothing_else(void)
{
	enum { AAD = 5, TEXT = 32, ROOM = 128 };
	struct crypt *c = fix_crypt(NULL);

	for (unsigned int i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		struct crypt_box *seal = box_of(c, i, true), *open = box_of(c, i, false);
		uint8_t p[ROOM], q[ROOM], clear[ROOM];
		size_t len;

		CU_ASSERT_PTR_NOT_NULL_FATAL(seal);
		CU_ASSERT_PTR_NOT_NULL_FATAL(open);
		len = AAD + crypt_box_iv_len(seal) + TEXT + crypt_box_icv_len(seal);
		CU_ASSERT_FATAL(len <= ROOM);
		CU_ASSERT_EQUAL(TEXT % crypt_box_block(seal), 0);
		memset(p, 0x5a, sizeof(p));
		memcpy(clear, p, sizeof(p));
		CU_ASSERT_EQUAL(crypt_box_seal(seal, p, AAD, TEXT), 0);
		CU_ASSERT(memcmp(p + len - crypt_box_icv_len(seal) - TEXT, clear, TEXT) != 0);
		CU_ASSERT_EQUAL(p[len], 0x5a);
		for (size_t at = 0; at < len; at++) {
			memcpy(q, p, sizeof(q));
			q[at] ^= 0x80;
			CU_ASSERT_EQUAL(crypt_box_open(open, q, AAD, TEXT), -EBADMSG);
		}
		CU_ASSERT_EQUAL(crypt_box_open(open, p, AAD, TEXT), 0);
		CU_ASSERT_EQUAL(memcmp(p + len - crypt_box_icv_len(seal) - TEXT, clear, TEXT), 0);
		crypt_box_free(seal);
		crypt_box_free(open);
	}
	crypt_free(c);
}

static void
no_iv_comes_twice(void)
{
	enum { ROOM = 128 };
	struct crypt *c = fix_crypt(NULL);

	for (unsigned int i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		struct crypt_box *seal = box_of(c, i, true);
		uint8_t p[ROOM] = { 0 }, q[ROOM] = { 0 };

		CU_ASSERT_EQUAL(crypt_box_seal(seal, p, 0, 16), 0);
		CU_ASSERT_EQUAL(crypt_box_seal(seal, q, 0, 16), 0);
		CU_ASSERT(memcmp(p, q, crypt_box_iv_len(seal)) != 0);
		crypt_box_free(seal);
	}
	crypt_free(c);
}

static void
a_box_without_authentication_or_with_two_is_none(void)
{
	static const uint8_t key[64];
	struct crypt *c = fix_crypt(NULL);

	CU_ASSERT_PTR_NULL(crypt_box_new(c, ALG_CIPHER_aes_cbc_128, ALG_AUTH_NONE,
		(struct span){ key, 16 }, (struct span){ key, 0 }, true));
	CU_ASSERT_PTR_NULL(crypt_box_new(c, ALG_CIPHER_aes_gcm_128, ALG_AUTH_hmac_sha1_96,
		(struct span){ key, 20 }, (struct span){ key, 20 }, true));
	CU_ASSERT_PTR_NULL(crypt_box_new(c, ALG_CIPHER_null, ALG_AUTH_hmac_sha1_96,
		(struct span){ key, 0 }, (struct span){ key, 20 }, true));
	CU_ASSERT_PTR_NULL(crypt_box_new(c, ALG_CIPHER_aes_gmac_128, ALG_AUTH_NONE,
		(struct span){ key, 20 }, (struct span){ key, 0 }, true));
	CU_ASSERT_PTR_NULL(crypt_box_new(c, ALG_CIPHER_aes_gcm_128, ALG_AUTH_NONE,
		(struct span){ key, 16 }, (struct span){ key, 0 }, true));
	CU_ASSERT_PTR_NULL(crypt_box_new(c, ALG_CIPHER_N, ALG_AUTH_NONE, (struct span){ key, 16 },
		(struct span){ key, 0 }, true));
	crypt_free(c);
}

static void
everything_of_the_table_is_there(void)
{
	struct crypt *c = fix_crypt(NULL);

	for (unsigned int i = 1; i < ALG_PRF_N; i++)
		CU_ASSERT(crypt_has_prf(c, (enum alg_prf)i));
	for (unsigned int i = 1; i < ALG_DH_N; i++)
		CU_ASSERT(crypt_has_dh(c, (enum alg_dh)i));
	for (unsigned int i = 1; i < ALG_AUTH_N; i++)
		CU_ASSERT_EQUAL(
			crypt_has_auth(c, (enum alg_auth)i), alg_auth(i)->kind == ALG_KIND_hmac);
	CU_ASSERT(crypt_has_cipher(c, ALG_CIPHER_des_cbc));
	CU_ASSERT(!crypt_has_cipher(c, ALG_CIPHER_null));
	CU_ASSERT(!crypt_has_cipher(c, ALG_CIPHER_NONE) && !crypt_has_cipher(c, ALG_CIPHER_N));
	CU_ASSERT(!crypt_has_dh(c, ALG_DH_NONE) && !crypt_has_dh(c, ALG_DH_N));
	crypt_free(c);
}

CU_TestInfo crypt_openssl_tests[] = {
	{ "functions give the RFCs' numbers", functions_give_the_rfcs_numbers },
	{ "prf+ is a chain", prf_plus_is_a_chain },
	{ "prf+ has an end", prf_plus_has_an_end },
	{ "digests are the standards'", digests_are_the_standards },
	{ "what is sealed is opened, and nothing else", what_is_sealed_is_opened_and_nothing_else },
	{ "no IV comes twice", no_iv_comes_twice },
	{ "a box without authentication, or with two, is none",
		a_box_without_authentication_or_with_two_is_none },
	{ "everything of the table is there", everything_of_the_table_is_there },
	CU_TEST_INFO_NULL,
};
