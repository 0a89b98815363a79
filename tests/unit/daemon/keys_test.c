/*
 * Twin of daemon/compile/keys.c. The vectors of string keys are Python's hashlib.pbkdf2_hmac.
 */
#include "config.h"

#include "daemon/compile/keys.h"

#include "lib/err.h"
#include "lib/secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/daemon/suites.h"

static void
hex_of(const uint8_t *p, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		sprintf(out + 2 * i, "%02x", p[i]);
	out[2 * len] = '\0';
}

static void
string_keys_are_those_of_the_documented_derivation(void)
{
	static const struct {
		const char *string;
		uint8_t protocol;
		uint32_t spi;
		enum alg_cipher cipher;
		enum alg_auth auth;
		const char *key; /* cipher key, then authentication key */
	} rows[] = {
		{ "huawei", 50, 54321, ALG_CIPHER_aes_cbc_128, ALG_AUTH_hmac_sha2_256_128,
			"007a54396291d98fd950a021691700132c73b4996be8329aa860bd19eead1f59"
			"0c551e37bab8ec3e2cb3bfbddd43b21c" },
		{ "huawei", 50, 12345, ALG_CIPHER_aes_cbc_128, ALG_AUTH_hmac_sha2_256_128,
			"4eb01f0b8ac9f0efeef350584bd46e00de0a8bf4d29d7ad16337acc105fb7470"
			"b8a080476d8dd06993cfc684a8d39741" },
		{ "x", 50, 256, ALG_CIPHER_des_cbc, ALG_AUTH_hmac_md5_96,
			"3035d851be4557e1672eb1827a88e972e4a5180e1e079036" },
		{ "\xe7\x94\xac\xe9\x81\x93", 50, 0xffffffff, ALG_CIPHER_aes_cbc_256,
			ALG_AUTH_hmac_sha2_512_256,
			"454ed258f2a415275548f35f2814e4cc45a0c73367653f86b847367e2f861bd7"
			"5d266dcb9dd00ef4d00121a0eda7d6749807e5158a1882e61053279beefc6ca6"
			"c5649cee4d1e267fc3321893071d6f6b69d79874410419d4f71b160071047d6d" },
		{ "huawei", 51, 54321, ALG_CIPHER_null, ALG_AUTH_hmac_sha2_256_128,
			"2f29ff6b58e8ccceab51081a90fe77dac8e07aee435885fb9a6786966f2f13bc" },
	};
	struct keys *k = keys_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_dp_sa sa = { .protocol = rows[i].protocol,
			.spi = rows[i].spi,
			.cipher = rows[i].cipher,
			.auth = rows[i].auth };
		struct secret *s = secret_new(rows[i].string, strlen(rows[i].string));
		char text[512];

		for (unsigned int again = 0; again < 2; again++) { /* derived, then remembered */
			CU_ASSERT_EQUAL(keys_from_string(k, s, &sa), 0);
			hex_of(sa.cipher_key.data, sa.cipher_key.len, text);
			hex_of(sa.auth_key.data, sa.auth_key.len, text + strlen(text));
			CU_ASSERT_STRING_EQUAL(text, rows[i].key);
		}
		secret_free(s);
	}
	keys_free(k);
}

static void
hex_keys_have_exactly_the_length_of_their_algorithm(void)
{
	static const struct {
		enum alg_cipher cipher;
		const char *hex;
		int rc;
	} rows[] = {
		{ ALG_CIPHER_aes_cbc_128, "000102030405060708090A0b0c0d0e0F", 0 },
		{ ALG_CIPHER_aes_cbc_128, "000102030405060708090a0b0c0d0e", -EINVAL },
		{ ALG_CIPHER_aes_cbc_128, "000102030405060708090a0b0c0d0e0f10", -EINVAL },
		{ ALG_CIPHER_aes_cbc_128, "000102030405060708090a0b0c0d0e0", -EINVAL },
		{ ALG_CIPHER_aes_cbc_128, "g00102030405060708090a0b0c0d0e0f", -EINVAL },
		{ ALG_CIPHER_aes_cbc_128, "", -EINVAL },
		{ ALG_CIPHER_null, "", 0 },
		{ ALG_CIPHER_null, NULL, 0 },
		{ ALG_CIPHER_null, "00", -EINVAL },
		{ ALG_CIPHER_3des_cbc, "000102030405060708090a0b0c0d0e0f1011121314151617", 0 },
		{ ALG_CIPHER_3des_cbc, "0001020304050607000102030405060708090a0b0c0d0e0f",
			-EINVAL },
		{ ALG_CIPHER_3des_cbc, "08090a0b0c0d0e0f00010203040506070001020304050607",
			-EINVAL },
		{ ALG_CIPHER_3des_cbc, "000102030405060708090a0b0c0d0e0f0001020304050607", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_dp_sa sa = { .cipher = rows[i].cipher };
		struct secret *s =
			rows[i].hex != NULL ? secret_new(rows[i].hex, strlen(rows[i].hex)) : NULL;
		struct err e = { 0 };

		CU_ASSERT_EQUAL(keys_cipher_from_hex(s, &sa, &e), rows[i].rc);
		CU_ASSERT_EQUAL(e.text[0] != '\0', rows[i].rc != 0);
		if (rows[i].rc == 0 && sa.cipher_key.len == 16)
			CU_ASSERT_EQUAL(sa.cipher_key.data[15], 0x0f);
		secret_free(s);
	}
}

static void
authentication_keys_in_hex_are_checked_too(void)
{
	struct msg_dp_sa sa = { .auth = ALG_AUTH_hmac_md5_96 };
	struct secret *right = secret_new("ffffffffffffffffffffffffffffffff", 32);
	struct err e = { 0 };

	CU_ASSERT_EQUAL(keys_auth_from_hex(right, &sa, &e), 0);
	CU_ASSERT_EQUAL(sa.auth_key.len, 16);
	CU_ASSERT_EQUAL(sa.auth_key.data[0], 0xff);
	sa.auth = ALG_AUTH_hmac_sha1_96;
	CU_ASSERT_EQUAL(keys_auth_from_hex(right, &sa, &e), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "40 hexadecimal digits"));
	CU_ASSERT_PTR_NULL(strstr(e.text, "ffff"));
	secret_free(right);
}

static void
the_identity_is_of_what_must_not_repeat_and_nothing_else(void)
{
	struct msg_dp_sa a = { .protocol = 50,
		.spi = 1000,
		.cipher = ALG_CIPHER_aes_cbc_128,
		.auth = ALG_AUTH_hmac_sha2_256_128,
		.cipher_key = { .len = 16 },
		.auth_key = { .len = 32 } };
	struct msg_dp_sa b = a;
	uint8_t ida[KEYS_IDENTITY_LEN], idb[KEYS_IDENTITY_LEN];

	a.destination = b.destination = addr_v4(0x01020304);
	strlcpy(b.policy, "P2-20", sizeof(b.policy));
	b.source = addr_v4(7);
	b.slot = 3;
	keys_identity(&a, ida);
	keys_identity(&b, idb);
	CU_ASSERT_EQUAL(memcmp(ida, idb, sizeof(ida)), 0);
	b.auth_key.data[31] = 1;
	keys_identity(&b, idb);
	CU_ASSERT_NOT_EQUAL(memcmp(ida, idb, sizeof(ida)), 0);
	b = a;
	b.spi++;
	keys_identity(&b, idb);
	CU_ASSERT_NOT_EQUAL(memcmp(ida, idb, sizeof(ida)), 0);
}

static void
fingerprints_are_of_one_run_only(void)
{
	struct keys *one = keys_new(), *two = keys_new();
	struct msg_dp_sa sa = { .spi = 5 };

	CU_ASSERT_EQUAL(keys_fingerprint(one, &sa), keys_fingerprint(one, &sa));
	CU_ASSERT_NOT_EQUAL(keys_fingerprint(one, &sa), keys_fingerprint(two, &sa));
	keys_free(one);
	keys_free(two);
}

CU_TestInfo keys_tests[] = {
	{ "string keys are those of the documented derivation",
		string_keys_are_those_of_the_documented_derivation },
	{ "hex keys have exactly the length of their algorithm",
		hex_keys_have_exactly_the_length_of_their_algorithm },
	{ "authentication keys in hex are checked, too",
		authentication_keys_in_hex_are_checked_too },
	{ "the identity is of what must not repeat, and nothing else",
		the_identity_is_of_what_must_not_repeat_and_nothing_else },
	{ "fingerprints are of one run only", fingerprints_are_of_one_run_only },
	CU_TEST_INFO_NULL,
};
