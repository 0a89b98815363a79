/*
 * Twin of daemon/ike/keys.c: NIST's ACVP numbers for IKEv2 (kdf-components ikev2, as published with libreswan's
 * programs/cavp), and the order of the pieces.
 */
#include "config.h"

#include "daemon/ike/keys.h"
#include "lib/secret.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/ike/fixture.h"
#include "tests/unit/ike/suites.h"

/* hashAlg SHA-1, tcId 100 */
#define NI "32b50d5f4a3763f3"
#define NR "9206a04b26564cb1"
#define GIR "4b2c1f971981a8ad8d0abeafabf38cf75fc8349c148142465ed9c8b516b8be52"
#define GIR_NEW "863f3c9d06efd39d2b907b97f8699e5dd5251ef64a2a176f36ee40c87d4f9330"
#define SPI_I 0x34c9e7c188868785
#define SPI_R 0x3ff77d760d2b2199
#define SKEYSEED_NEW "63e81194946ebd05df7df5ebf5d8750056bf1f1d"
/* derivedKeyingMaterial, cut after 2.14: SK_d, SK_ai, SK_ar, SK_ei, SK_er, SK_pi, SK_pr */
static const char dkm[] =
	"a14293677cc80ff8f9cc0eee30d895da9d8f405666e30ef0dfcb63c634a46002a2a63080e514a062"
	"768b76606f9fa5e992204fc5a670bde3f10d6b027113936a5c55b648a194ae587b0088d52204b702"
	"c979fa280870d2ed41efa9c549fd11198af1670b143d384bd275c5f594cf266b05ebadca855e4249"
	"520a441a81157435a7a56cc4";
static const char dkm_child[] =
	"8059e3ee8810e6c3a91bc8bcd2a7a41151b8d0e6ae239c7b38093ad85ef4c5811a8e7b5d1cdabd95"
	"60b2d5e092d1f24e2d4b85eccdf0ad0dc9abd94b51ee71814ca6dbc8bb51b6309f5b9545c7eb35cf";
static const char dkm_child_dh[] =
	"bb43244c1860ad65ee1e211ffe8bb3661750c8f89cb9f547df7f4fa61d37301628190e38c66232ea"
	"b4b3ab14c400a5197dd3730ed4820a8a10394d51e1c0400052f63ebd36b0e7ef53aaed31eba4a508";

static const struct keys_suite cbc_sha1 = { ALG_CIPHER_aes_cbc_128, ALG_AUTH_hmac_sha1_96,
	ALG_PRF_hmac_sha1 };

static struct secret *
secret_of(const char *digits)
{
	struct span s = fix_hex(digits);

	return secret_new(s.p, s.len);
}

static bool
is_piece(const struct secret *s, const char *digits, size_t from, size_t len)
{
	return s != NULL && s->len == len && memcmp(s->data, fix_hex(digits).p + from, len) == 0;
}

static void
acvp_keys(struct crypt *c, bool initiator, struct keys *k)
{
	struct secret *shared = secret_of(GIR);
	const struct keys_input in = { fix_hex(NI), fix_hex(NR), SPI_I, SPI_R, shared, initiator };

	CU_ASSERT_EQUAL_FATAL(keys_init(c, &cbc_sha1, &in, NULL, k), 0);
	secret_free(shared);
}

static void
an_ike_sa_has_nists_keys(void)
{
	struct crypt *c = fix_crypt(NULL);
	struct keys k;

	acvp_keys(c, true, &k);
	CU_ASSERT(is_piece(k.d, dkm, 0, 20));
	CU_ASSERT(is_piece(k.ai, dkm, 20, 20));
	CU_ASSERT(is_piece(k.ar, dkm, 40, 20));
	CU_ASSERT(is_piece(k.ei, dkm, 60, 16));
	CU_ASSERT(is_piece(k.er, dkm, 76, 16));
	CU_ASSERT(is_piece(k.pi, dkm, 92, 20));
	CU_ASSERT(is_piece(k.pr, dkm, 112, 20));
	keys_fini(&k);
	keys_fini(&k);
	crypt_free(c);
}

static void
a_child_has_nists_keys(void)
{
	struct crypt *c = fix_crypt(NULL);
	struct secret *shared = secret_of(GIR_NEW);
	const struct {
		const struct secret *shared;
		const char *material;
	} rows[] = { { NULL, dkm_child }, { shared, dkm_child_dh } };
	struct keys k;

	acvp_keys(c, true, &k);
	for (size_t i = 0; i < 2; i++) {
		struct keys_child child;
		const uint8_t *want = fix_hex(rows[i].material).p;

		CU_ASSERT_EQUAL(
			keys_child_init(c, &k, ALG_CIPHER_aes_cbc_128, ALG_AUTH_hmac_sha1_96,
				rows[i].shared, fix_hex(NI), fix_hex(NR), &child),
			0);
		CU_ASSERT_EQUAL(child.cipher_len, 16);
		CU_ASSERT_EQUAL(child.auth_len, 20);
		CU_ASSERT_EQUAL(memcmp(child.cipher_i, want, 16), 0);
		CU_ASSERT_EQUAL(memcmp(child.auth_i, want + 16, 20), 0);
		CU_ASSERT_EQUAL(memcmp(child.cipher_r, want + 36, 16), 0);
		CU_ASSERT_EQUAL(memcmp(child.auth_r, want + 52, 20), 0);
		keys_child_fini(&child);
	}
	keys_fini(&k);
	secret_free(shared);
	crypt_free(c);
}

static void
an_aeads_salt_is_part_of_its_key(void)
{
	struct crypt *c = fix_crypt(NULL);
	struct keys_child child;
	struct keys k;

	acvp_keys(c, true, &k);
	CU_ASSERT_EQUAL(keys_child_init(c, &k, ALG_CIPHER_aes_gcm_256, ALG_AUTH_NONE, NULL,
				fix_hex(NI), fix_hex(NR), &child),
		0);
	CU_ASSERT_EQUAL(child.cipher_len, 36);
	CU_ASSERT_EQUAL(child.auth_len, 0);
	CU_ASSERT_EQUAL(memcmp(child.cipher_i, fix_hex(dkm_child).p, 36), 0);
	CU_ASSERT_EQUAL(memcmp(child.cipher_r, fix_hex(dkm_child).p + 36, 36), 0);
	/* AH */
	CU_ASSERT_EQUAL(keys_child_init(c, &k, ALG_CIPHER_NONE, ALG_AUTH_hmac_sha1_96, NULL,
				fix_hex(NI), fix_hex(NR), &child),
		0);
	CU_ASSERT_EQUAL(memcmp(child.auth_r, fix_hex(dkm_child).p + 20, 20), 0);
	keys_fini(&k);
	crypt_free(c);
}

/* ACVP gives the new SKEYSEED only; the rest follows by prf+, which the first test has proved. */
static void
a_rekeyed_ike_sa_has_nists_seed(void)
{
	struct crypt *c = fix_crypt(NULL);
	struct secret *shared = secret_of(GIR_NEW);
	const struct keys_suite gcm = { ALG_CIPHER_aes_gcm_128, ALG_AUTH_NONE,
		ALG_PRF_hmac_sha2_256 };
	const struct keys_input in = { fix_hex(NI), fix_hex(NR), 0x0102030405060708,
		0x1112131415161718, shared, false };
	const struct span seed[] = { in.nonce_i, in.nonce_r,
		fix_hex("0102030405060708 1112131415161718") };
	uint8_t want[136];
	struct keys old, k;

	acvp_keys(c, true, &old);
	CU_ASSERT_EQUAL_FATAL(keys_init(c, &gcm, &in, &old, &k), 0);
	CU_ASSERT_EQUAL(crypt_prf_plus(c, ALG_PRF_hmac_sha2_256, fix_hex(SKEYSEED_NEW), seed, 3,
				want, sizeof(want)),
		0);
	CU_ASSERT_EQUAL(memcmp(k.d->data, want, 32), 0);
	CU_ASSERT_EQUAL(k.ai->len, 0);
	CU_ASSERT_EQUAL(memcmp(k.ei->data, want + 32, 20), 0);
	CU_ASSERT_EQUAL(memcmp(k.er->data, want + 52, 20), 0);
	CU_ASSERT_EQUAL(memcmp(k.pi->data, want + 72, 32), 0);
	CU_ASSERT_EQUAL(memcmp(k.pr->data, want + 104, 32), 0);
	keys_fini(&k);
	keys_fini(&old);
	secret_free(shared);
	crypt_free(c);
}

static void
what_cannot_protect_an_ike_sa_is_refused(void)
{
	static const struct keys_suite rows[] = {
		{ ALG_CIPHER_NONE, ALG_AUTH_hmac_sha1_96, ALG_PRF_hmac_sha1 },
		{ ALG_CIPHER_null, ALG_AUTH_hmac_sha1_96, ALG_PRF_hmac_sha1 },
		{ ALG_CIPHER_aes_cbc_128, ALG_AUTH_NONE, ALG_PRF_hmac_sha1 },
		{ ALG_CIPHER_aes_gmac_128, ALG_AUTH_NONE, ALG_PRF_hmac_sha1 },
		{ ALG_CIPHER_aes_cbc_128, ALG_AUTH_aes_gmac_128, ALG_PRF_hmac_sha1 },
		{ ALG_CIPHER_aes_cbc_128, ALG_AUTH_hmac_sha1_96, ALG_PRF_NONE },
	};
	struct crypt *c = fix_crypt(NULL);
	struct secret *shared = secret_of(GIR);
	const struct keys_input in = { fix_hex(NI), fix_hex(NR), 1, 2, shared, true };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct keys k;

		CU_ASSERT_EQUAL(keys_init(c, &rows[i], &in, NULL, &k), -EOPNOTSUPP);
		CU_ASSERT_PTR_NULL(k.d);
	}
	secret_free(shared);
	crypt_free(c);
}

static void
a_nonce_beyond_the_bounds_is_refused(void)
{
	static const uint8_t much[600];
	struct crypt *c = fix_crypt(NULL);
	struct secret *shared = secret_of(GIR);
	const struct keys_input in = { { much, 300 }, { much, 300 }, 1, 2, shared, true };
	struct keys k;

	CU_ASSERT_EQUAL(keys_init(c, &cbc_sha1, &in, NULL, &k), -EINVAL);
	secret_free(shared);
	crypt_free(c);
}

/* 2.15, step by step. */
static void
auth_is_what_the_rfc_says(void)
{
	struct crypt *c = fix_crypt(NULL);
	const struct span message = fix_text("the first message"), nonce = fix_text("a nonce");
	const struct span id = fix_hex("02000000 612e62"), psk = fix_text("Huawei@123");
	const struct span pad = fix_text("Key Pad for IKEv2");
	uint8_t maced[20], key[20], want[20], out[CRYPT_PRF_MAX];
	const struct span octets[] = { message, nonce, { maced, 20 } };
	struct keys k;

	acvp_keys(c, true, &k);
	CU_ASSERT_EQUAL(
		crypt_prf(c, ALG_PRF_hmac_sha1, (struct span){ k.pi->data, 20 }, &id, 1, maced), 0);
	CU_ASSERT_EQUAL(crypt_prf(c, ALG_PRF_hmac_sha1, psk, &pad, 1, key), 0);
	CU_ASSERT_EQUAL(
		crypt_prf(c, ALG_PRF_hmac_sha1, (struct span){ key, 20 }, octets, 3, want), 0);
	CU_ASSERT_EQUAL(keys_auth_psk(c, &k, true, psk, message, nonce, id, out), 20);
	CU_ASSERT_EQUAL(memcmp(out, want, 20), 0);
	CU_ASSERT_EQUAL(keys_auth_psk(c, &k, false, psk, message, nonce, id, out), 20);
	CU_ASSERT(memcmp(out, want, 20) != 0);
	keys_fini(&k);
	crypt_free(c);
}

CU_TestInfo keys_tests[] = {
	{ "an IKE SA has NIST's keys", an_ike_sa_has_nists_keys },
	{ "a child has NIST's keys", a_child_has_nists_keys },
	{ "an AEAD's salt is part of its key", an_aeads_salt_is_part_of_its_key },
	{ "a rekeyed IKE SA has NIST's seed", a_rekeyed_ike_sa_has_nists_seed },
	{ "what cannot protect an IKE SA is refused", what_cannot_protect_an_ike_sa_is_refused },
	{ "a nonce beyond the bounds is refused", a_nonce_beyond_the_bounds_is_refused },
	{ "AUTH is what the RFC says", auth_is_what_the_rfc_says },
	CU_TEST_INFO_NULL,
};
