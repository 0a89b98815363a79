/*
 * Twin of daemon/ike/crypt_dh.c: RFC 5903 8.1, 8.2, NIST's P-521 numbers (RFC 5114 A.8), RFC 7748 6. For modp there are no
 * published ones: digests of what other arithmetic makes of the primes, computed from π by the
 * formula that RFC 2409 and RFC 3526 give for each.
 */
#include "config.h"

#include "daemon/ike/crypt.h"
#include "lib/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/ike/fixture.h"
#include "tests/unit/ike/suites.h"

static const struct {
	enum alg_dh group;
	const char *private_i; /* what the random function gives */
	const char *public_i;
	const char *public_r;
	const char *shared;
} rows[] = {
	{ ALG_DH_ecp_256, "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
		"dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
		"5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
		"d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
		"56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
		"d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de" },
	{ ALG_DH_ecp_384,
		"099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655"
		"e35b538041e649ee3faef896783ab194",
		"667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6"
		"de3ac808acb4bdb4c88732aee95f41aa"
		"9482ed1fc0eeb9cafc4984625ccfc23f65032149e0e144ada024181535a0f38e"
		"eb9fcff3c2c947dae69b4c634573a81c",
		"e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d"
		"0d1ac43a0336def96fda41d0774a3571"
		"dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1ff"
		"f83fa40142209dff5eaad96db9e6386c",
		"11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4"
		"d603135569b9e9d09cf5d4a270f59746" },
	{ ALG_DH_ecp_521,
		"0113f82da825735e3d97276683b2b74277bad27335ea71664af2430cc4f33459b966"
		"9ee78b3ffb9b8683015d344dcbfef6fb9af4c6c470be254516cd3c1a1fb47362",
		"01ebb34dd75721abf8adc9dbed17889cbb9765d90a7c60f2cef007bb0f2b26e14881"
		"fd4442e689d61cb2dd046ee30e3ffd20f9a45bbdf6413d583a2dbf59924fd35c"
		"00f6b632d194c0388e22d8437e558c552ae195adfd153f92d74908351b2f8c4eda94"
		"edb0916d1b53c020b5eecaed1a5fc38a233e4830587bb2ee3489b3b42a5a86a4",
		"010ebfafc6e85e08d24bfffcc1a4511db0e634beeb1b6dec8c5939ae44766201af62"
		"00430ba97c8ac6a0e9f08b33ce7e9feeb5ba4ee5e0d81510c24295b8a08d0235"
		"00a4a6ec300df9e257b0372b5e7abfef093436719a77887ebb0b18cf8099b9f4212b"
		"6e30a1419c18e029d36863cc9d448f4dba4d2a0e60711be572915fbd4fef2695",
		"00cdea89621cfa46b132f9e4cfe2261cde2d4368eb5656634c7cc98c7a00cde54ed1"
		"866a0dd3e6126c9d2f845daff82ceb1da08f5d87521bb0ebeca77911169c20cc" },
	{ ALG_DH_x25519, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
		"8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
		"de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
		"4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742" },
	{ ALG_DH_x448,
		"9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf5"
		"74a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
		"9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bb"
		"c836647241d953d40c5b12da88120d53177f80e532c41fa0",
		"3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972"
		"fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609",
		"07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56"
		"fd2464c335543936521c24403085d59a449a5037514a879d" },
};

static void
groups_give_the_rfcs_numbers(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fix_random r = { .script = fix_hex(rows[i].private_i) };
		struct crypt *c = fix_crypt(&r);
		struct crypt_dh *dh = crypt_dh_new(c, rows[i].group);
		struct secret *shared = NULL;

		CU_ASSERT_PTR_NOT_NULL_FATAL(dh);
		CU_ASSERT_EQUAL(crypt_dh_group(dh), rows[i].group);
		CU_ASSERT(fix_is(crypt_dh_public(dh), rows[i].public_i));
		CU_ASSERT_EQUAL_FATAL(crypt_dh_shared(dh, fix_hex(rows[i].public_r), &shared), 0);
		CU_ASSERT(fix_is((struct span){ shared->data, shared->len }, rows[i].shared));
		secret_free(shared);
		crypt_dh_free(dh);
		crypt_free(c);
	}
}

/* Private values 01 02 … 40 and 41 42 … 80; SHA-1 of the two public values and of the shared one. */
static const struct {
	enum alg_dh group;
	const char *public_i;
	const char *public_r;
	const char *shared;
} modp[] = {
	{ ALG_DH_modp_768, "0b5085915b738f2d9d5d7087c9de2b160ff5035f",
		"e50a1c291811cca222f4a27872f9c0e7890fb9e7",
		"496e7a73b76ce41bfbb1b4b32120d0acc5d298a4" },
	{ ALG_DH_modp_1024, "b31d11c1609d5fb270aa45ef0817f3ce007a87ab",
		"194739aa2a169d569a36f273ebe302d2eef89a18",
		"9dda21d8e2c203b53e045048391a3532b08e618f" },
	{ ALG_DH_modp_1536, "7f2f0bba6f7fd2610c002921790ea0ca1beba667",
		"6b739e1d60061d22ddadede5149d0ef3b4db66ca",
		"f17b6b932ece578ebaa44d3d7d856a71d80425d2" },
	{ ALG_DH_modp_2048, "e106a1e5f7c06ac73c123a9bc5f6301279e8cd88",
		"bbd7a2bfc402f25de375251427ac4580ced4c13d",
		"6dcfd4a25e3ff6e7a0a82bdbad67257e91a8be53" },
	{ ALG_DH_modp_3072, "ab47f07064c5007024b15612a55dddb981fee633",
		"737c80c26a4835c952350fc0f03385553987b55f",
		"20b48d61e8557debf47ee1ce6b521ac0c3464853" },
	{ ALG_DH_modp_4096, "c43e3df133db40a7408df17b9ae4e46446874731",
		"8da7fded4d241248c85bdd7f1d73ed2117239166",
		"a45d3815a84b4cf500d27e10ff783fad9492b700" },
};

static bool
digest_is(struct crypt *c, struct span s, const char *want)
{
	uint8_t out[CRYPT_SHA1_LEN];

	return crypt_sha1(c, &s, 1, out) == 0 && fix_is((struct span){ out, sizeof(out) }, want);
}

static void
modp_agrees_with_other_arithmetic(void)
{
	for (size_t i = 0; i < sizeof(modp) / sizeof(modp[0]); i++) {
		struct fix_random r = { .next = 0 };
		struct crypt *c = fix_crypt(&r);
		struct crypt_dh *dh_i = crypt_dh_new(c, modp[i].group);
		struct crypt_dh *dh_r = crypt_dh_new(c, modp[i].group);
		struct secret *shared = NULL, *same = NULL;

		CU_ASSERT_PTR_NOT_NULL_FATAL(dh_i);
		CU_ASSERT_PTR_NOT_NULL_FATAL(dh_r);
		CU_ASSERT(digest_is(c, crypt_dh_public(dh_i), modp[i].public_i));
		CU_ASSERT(digest_is(c, crypt_dh_public(dh_r), modp[i].public_r));
		CU_ASSERT_EQUAL_FATAL(crypt_dh_shared(dh_i, crypt_dh_public(dh_r), &shared), 0);
		CU_ASSERT_EQUAL_FATAL(crypt_dh_shared(dh_r, crypt_dh_public(dh_i), &same), 0);
		CU_ASSERT(digest_is(c, (struct span){ shared->data, shared->len }, modp[i].shared));
		CU_ASSERT(
			shared->len == same->len && secret_eq(shared->data, same->data, same->len));
		secret_free(shared);
		secret_free(same);
		crypt_dh_free(dh_i);
		crypt_dh_free(dh_r);
		crypt_free(c);
	}
}

static int
shared_with(struct crypt_dh *dh, const uint8_t *p, size_t len)
{
	struct secret *shared = NULL;
	int rc = crypt_dh_shared(dh, (struct span){ p, len }, &shared);

	secret_free(shared);
	return rc;
}

static void
values_of_another_length_are_refused(void)
{
	static const uint8_t ones[1024] = { [0 ... 1023] = 1 };
	struct crypt *c = fix_crypt(NULL);

	for (unsigned int i = 1; i < ALG_DH_N; i++) {
		size_t len = alg_dh(i)->public_len;
		struct crypt_dh *dh = crypt_dh_new(c, (enum alg_dh)i);

		CU_ASSERT_PTR_NOT_NULL_FATAL(dh);
		CU_ASSERT_EQUAL(shared_with(dh, ones, 0), -EBADMSG);
		CU_ASSERT_EQUAL(shared_with(dh, ones, len - 1), -EBADMSG);
		CU_ASSERT_EQUAL(shared_with(dh, ones, len + 1), -EBADMSG);
		crypt_dh_free(dh);
	}
	crypt_free(c);
}

/* RFC 6989 2.1. The prime is what 2048 bits of ones become: p - 1 of group 14 ends in fe. */
static void
modp_values_that_give_the_secret_away_are_refused(void)
{
	struct crypt *c = fix_crypt(NULL);
	struct crypt_dh *dh = crypt_dh_new(c, ALG_DH_modp_768);
	/* the prime of RFC 2409 6.1 */
	struct span prime = fix_hex("ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd1"
				    "29024e088a67cc74020bbea63b139b22514a08798e3404dd"
				    "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245"
				    "e485b576625e7ec6f44c42e9a63a3620ffffffffffffffff");
	uint8_t p[96] = { 0 };

	CU_ASSERT_PTR_NOT_NULL_FATAL(dh);
	CU_ASSERT_EQUAL(shared_with(dh, p, sizeof(p)), -EBADMSG);
	p[95] = 1;
	CU_ASSERT_EQUAL(shared_with(dh, p, sizeof(p)), -EBADMSG);
	p[95] = 2;
	CU_ASSERT_EQUAL(shared_with(dh, p, sizeof(p)), 0);
	memcpy(p, prime.p, sizeof(p));
	CU_ASSERT_EQUAL(shared_with(dh, p, sizeof(p)), -EBADMSG);
	p[95] = 0xfe;
	CU_ASSERT_EQUAL(shared_with(dh, p, sizeof(p)), -EBADMSG);
	p[95] = 0xfd;
	CU_ASSERT_EQUAL(shared_with(dh, p, sizeof(p)), 0);
	memset(p, 0xff, sizeof(p));
	CU_ASSERT_EQUAL(shared_with(dh, p, sizeof(p)), -EBADMSG);
	crypt_dh_free(dh);
	crypt_free(c);
}

static void
points_off_the_curve_are_refused(void)
{
	struct crypt *c = fix_crypt(NULL);
	struct crypt_dh *dh = crypt_dh_new(c, ALG_DH_ecp_256);
	uint8_t p[64] = { 0 };

	CU_ASSERT_PTR_NOT_NULL_FATAL(dh);
	CU_ASSERT_EQUAL(shared_with(dh, p, sizeof(p)), -EBADMSG);
	memcpy(p, fix_hex(rows[0].public_r).p, sizeof(p));
	CU_ASSERT_EQUAL(shared_with(dh, p, sizeof(p)), 0);
	p[63] ^= 1;
	CU_ASSERT_EQUAL(shared_with(dh, p, sizeof(p)), -EBADMSG);
	memset(p, 0xff, sizeof(p));
	CU_ASSERT_EQUAL(shared_with(dh, p, sizeof(p)), -EBADMSG);
	/* a point of the curve whose x is small, and the same x written as x + p */
	memcpy(p,
		fix_hex("0000000000000000000000000000000000000000000000000000000000000005"
			"459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc")
			.p,
		sizeof(p));
	CU_ASSERT_EQUAL(shared_with(dh, p, sizeof(p)), 0);
	memcpy(p, fix_hex("ffffffff00000001000000000000000000000001000000000000000000000004").p,
		32);
	CU_ASSERT_EQUAL(shared_with(dh, p, sizeof(p)), -EBADMSG);
	crypt_dh_free(dh);
	crypt_free(c);
}

static void
curve25519_results_of_zero_are_refused(void)
{
	/* points of small order (RFC 7748 7) */
	static const char *const small[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	static const uint8_t zero[56];
	struct crypt *c = fix_crypt(NULL);
	struct crypt_dh *dh = crypt_dh_new(c, ALG_DH_x25519);
	struct crypt_dh *dh448 = crypt_dh_new(c, ALG_DH_x448);

	CU_ASSERT_PTR_NOT_NULL_FATAL(dh);
	CU_ASSERT_PTR_NOT_NULL_FATAL(dh448);
	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++)
		CU_ASSERT_EQUAL(shared_with(dh, fix_hex(small[i]).p, 32), -EBADMSG);
	CU_ASSERT_EQUAL(shared_with(dh448, zero, sizeof(zero)), -EBADMSG);
	crypt_dh_free(dh);
	crypt_dh_free(dh448);
	crypt_free(c);
}

static void
scalars_beyond_the_order_are_drawn_again(void)
{
	/* first a value beyond the order of P-256, then zero, then RFC 5903's */
	struct fix_random r = {
		.script = fix_hex(
			"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
			"0000000000000000000000000000000000000000000000000000000000000000"
			"c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433")
	};
	struct crypt *c = fix_crypt(&r);
	struct crypt_dh *dh = crypt_dh_new(c, ALG_DH_ecp_256);

	CU_ASSERT_PTR_NOT_NULL_FATAL(dh);
	CU_ASSERT(fix_is(crypt_dh_public(dh), rows[0].public_i));
	crypt_dh_free(dh);
	CU_ASSERT_PTR_NULL(crypt_dh_new(c, ALG_DH_NONE));
	CU_ASSERT_PTR_NULL(crypt_dh_new(c, ALG_DH_N));
	crypt_free(c);
}

CU_TestInfo crypt_dh_tests[] = {
	{ "groups give the RFCs' numbers", groups_give_the_rfcs_numbers },
	{ "modp agrees with other arithmetic", modp_agrees_with_other_arithmetic },
	{ "values of another length are refused", values_of_another_length_are_refused },
	{ "modp values that give the secret away are refused",
		modp_values_that_give_the_secret_away_are_refused },
	{ "points off the curve are refused", points_off_the_curve_are_refused },
	{ "Curve25519 results of zero are refused", curve25519_results_of_zero_are_refused },
	{ "scalars beyond the order are drawn again", scalars_beyond_the_order_are_drawn_again },
	CU_TEST_INFO_NULL,
};
