/*
 * Twin of lib/secret.c.
 */
#include "config.h"

#include "lib/secret.h"

#include <string.h>

#include "tests/unit/lib/suites.h"

static void
a_secret_is_a_copy(void)
{
	char key[] = "0123456789abcdef";
	struct secret *s = secret_new(key, 16);

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	secret_wipe(key, sizeof(key));
	CU_ASSERT_EQUAL(s->len, 16);
	CU_ASSERT_TRUE(secret_eq(s->data, "0123456789abcdef", 16));
	CU_ASSERT_TRUE(secret_eq(key, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 17));
	secret_free(s);
}

static void
an_empty_secret_and_none_are_legal(void)
{
	struct secret *s = secret_new(NULL, 0);

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_EQUAL(s->len, 0);
	secret_free(s);
	secret_free(NULL);
	secret_wipe(NULL, 0);
	s = secret_new(NULL, 4);
	CU_ASSERT_EQUAL(memcmp(s->data, "\0\0\0\0", 4), 0);
	secret_free(s);
}

static void
one_bit_makes_secrets_differ(void)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	for (unsigned int bit = 0; bit < 256; bit++) {
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_FALSE(secret_eq(a, b, sizeof(a)));
		b[bit / 8] = 0;
	}
	CU_ASSERT_TRUE(secret_eq(a, b, sizeof(a)));
}

CU_TestInfo secret_tests[] = {
	{ "a secret is a copy", a_secret_is_a_copy },
	{ "an empty secret and none are legal", an_empty_secret_and_none_are_legal },
	{ "one bit makes secrets differ", one_bit_makes_secrets_differ },
	CU_TEST_INFO_NULL,
};
