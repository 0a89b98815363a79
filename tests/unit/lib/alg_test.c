/*
 * Twin of lib/alg.c: alg.def is the only list, so it is what is checked.
 */
#include "config.h"

#include "lib/alg.h"

#include <string.h>

#include "tests/unit/lib/suites.h"

static void
every_keyword_finds_its_own_algorithm(void)
{
	for (unsigned int i = 1; i < ALG_CIPHER_N; i++)
		CU_ASSERT_EQUAL(alg_cipher_find(alg_cipher(i)->keyword), i);
	for (unsigned int i = 1; i < ALG_AUTH_N; i++)
		CU_ASSERT_EQUAL(alg_auth_find(alg_auth(i)->keyword), i);
}

static void
unknown_keywords_find_nothing(void)
{
	static const char *const rows[] = { "", "aes", "AES-128", "aes-128 ", "none" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_EQUAL(alg_cipher_find(rows[i]), ALG_CIPHER_NONE);
		CU_ASSERT_EQUAL(alg_auth_find(rows[i]), ALG_AUTH_NONE);
	}
}

static void
ids_outside_the_table_have_no_facts(void)
{
	CU_ASSERT_PTR_NULL(alg_cipher(ALG_CIPHER_NONE));
	CU_ASSERT_PTR_NULL(alg_cipher(ALG_CIPHER_N));
	CU_ASSERT_PTR_NULL(alg_cipher(UINT16_MAX));
	CU_ASSERT_PTR_NULL(alg_auth(ALG_AUTH_NONE));
	CU_ASSERT_PTR_NULL(alg_auth(ALG_AUTH_N));
}

static void
lengths_fit_the_messages_and_the_padding(void)
{
	for (unsigned int i = 1; i < ALG_CIPHER_N; i++) {
		const struct alg_cipher_info *c = alg_cipher(i);

		CU_ASSERT_TRUE(alg_cipher_keymat(c) <= 64);
		CU_ASSERT_TRUE(c->block >= 4 && (c->block & (c->block - 1)) == 0);
		CU_ASSERT_EQUAL(c->openssl == NULL, c->key_len == 0);
		CU_ASSERT_EQUAL(c->iv_len % 4, 0);
		CU_ASSERT_EQUAL(c->icv_len % 4, 0);
	}
	for (unsigned int i = 1; i < ALG_AUTH_N; i++) {
		CU_ASSERT_TRUE(alg_auth_keymat(alg_auth(i)) <= 64);
		CU_ASSERT_TRUE(alg_auth(i)->icv_len <= alg_auth(i)->key_len);
		CU_ASSERT_EQUAL(alg_auth(i)->icv_len % 4, 0);
	}
	CU_ASSERT_EQUAL(alg_cipher_keymat(NULL), 0);
	CU_ASSERT_EQUAL(alg_auth_keymat(NULL), 0);
}

/* What an engine that knows only kinds relies on. */
static void
kinds_say_how_an_algorithm_is_used(void)
{
	for (unsigned int i = 1; i < ALG_CIPHER_N; i++) {
		const struct alg_cipher_info *c = alg_cipher(i);
		bool own_icv = c->kind == ALG_KIND_aead || c->kind == ALG_KIND_gmac;
		bool counter = own_icv || c->kind == ALG_KIND_ctr;

		CU_ASSERT_EQUAL(c->icv_len != 0, own_icv);
		CU_ASSERT_EQUAL(c->manual, !counter);
		CU_ASSERT_EQUAL(c->salt_len, counter ? 4 : 0);
		if (counter)
			CU_ASSERT_EQUAL(c->iv_len, 8);
		if (c->kind == ALG_KIND_cbc)
			CU_ASSERT_EQUAL(c->iv_len, c->block);
	}
	for (unsigned int i = 1; i < ALG_AUTH_N; i++) {
		const struct alg_auth_info *a = alg_auth(i);

		CU_ASSERT_TRUE(a->kind == ALG_KIND_hmac || a->kind == ALG_KIND_gmac);
		CU_ASSERT_EQUAL(a->manual, a->kind == ALG_KIND_hmac);
		CU_ASSERT_TRUE(a->kind == ALG_KIND_hmac || a->offered == ALG_OFFERED_ah);
	}
}

static void
the_compatible_form_is_shorter_and_of_the_same_number(void)
{
	for (unsigned int i = 0; i < ALG_AUTH_N; i++) {
		unsigned int short_form = alg_auth_compatible((enum alg_auth)i);

		CU_ASSERT_EQUAL(short_form,
			i == ALG_AUTH_hmac_sha2_256_128 ? ALG_AUTH_hmac_sha2_256_96 : i);
	}
	CU_ASSERT_EQUAL(alg_auth(ALG_AUTH_hmac_sha2_256_96)->icv_len, 12);
}

CU_TestInfo alg_tests[] = {
	{ "every keyword finds its own algorithm", every_keyword_finds_its_own_algorithm },
	{ "unknown keywords find nothing", unknown_keywords_find_nothing },
	{ "ids outside the table have no facts", ids_outside_the_table_have_no_facts },
	{ "lengths fit the messages and the padding", lengths_fit_the_messages_and_the_padding },
	{ "kinds say how an algorithm is used", kinds_say_how_an_algorithm_is_used },
	{ "the compatible form is shorter and of the same number",
		the_compatible_form_is_shorter_and_of_the_same_number },
	CU_TEST_INFO_NULL,
};
