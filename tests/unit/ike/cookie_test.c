/*
 * Twin of daemon/ike/cookie.c.
 */
#include "config.h"

#include "daemon/ike/cookie.h"

#include <string.h>

#include "tests/unit/ike/fixture.h"
#include "tests/unit/ike/suites.h"

enum { START = 5000 };

static struct cookie_subject
subject(void)
{
	return (struct cookie_subject){ .nonce = fix_text("0123456789abcdef"),
		.remote = addr_v4(0xc0000201),
		.port = 500,
		.spi_i = 0x1122334455667788 };
}

static void
a_cookie_is_good_for_who_got_it_only(void)
{
	struct crypt *c = fix_crypt(NULL);
	struct cookie_subject s = subject(), other[4] = { s, s, s, s };
	uint8_t cookie[COOKIE_LEN + 1] = { 0 };
	const struct span given = { cookie, COOKIE_LEN };
	struct cookie_jar j, another;

	cookie_init(&j, c, START);
	cookie_init(&another, c, START);
	CU_ASSERT_EQUAL(cookie_make(&j, &s, START, cookie), 0);
	CU_ASSERT((int)COOKIE_LEN <= (int)WIRE_COOKIE_MAX);
	CU_ASSERT(cookie_check(&j, &s, START, given));
	other[0].nonce = fix_text("0123456789abcdeF");
	other[1].remote = addr_v4(0xc0000202);
	other[2].port = 501;
	other[3].spi_i++;
	for (size_t i = 0; i < 4; i++)
		CU_ASSERT(!cookie_check(&j, &other[i], START, given));
	CU_ASSERT(!cookie_check(&another, &s, START, given));
	CU_ASSERT(!cookie_check(&j, &s, START, (struct span){ cookie, COOKIE_LEN - 1 }));
	CU_ASSERT(!cookie_check(&j, &s, START, (struct span){ cookie, COOKIE_LEN + 1 }));
	CU_ASSERT(!cookie_check(&j, &s, START, (struct span){ NULL, 0 }));
	for (size_t at = 0; at < COOKIE_LEN; at++) {
		cookie[at] ^= 4;
		CU_ASSERT(!cookie_check(&j, &s, START, given));
		cookie[at] ^= 4;
	}
	cookie_fini(&j);
	cookie_fini(&another);
	crypt_free(c);
}

static void
a_cookie_outlives_one_change_of_the_secret(void)
{
	struct crypt *c = fix_crypt(NULL);
	struct cookie_subject s = subject();
	uint8_t cookie[COOKIE_LEN], later[COOKIE_LEN];
	const struct span given = { cookie, COOKIE_LEN };
	struct cookie_jar j;

	cookie_init(&j, c, START);
	CU_ASSERT_EQUAL(cookie_make(&j, &s, START, cookie), 0);
	CU_ASSERT(cookie_check(&j, &s, START + COOKIE_PERIOD_MS - 1, given));
	CU_ASSERT(cookie_check(&j, &s, START + COOKIE_PERIOD_MS, given));
	CU_ASSERT_EQUAL(cookie_make(&j, &s, START + COOKIE_PERIOD_MS, later), 0);
	CU_ASSERT(memcmp(cookie, later, COOKIE_LEN) != 0);
	CU_ASSERT(cookie_check(&j, &s, START + 2 * COOKIE_PERIOD_MS - 1, given));
	CU_ASSERT(!cookie_check(&j, &s, START + 2 * COOKIE_PERIOD_MS, given));
	CU_ASSERT(cookie_check(
		&j, &s, START + 2 * COOKIE_PERIOD_MS, (struct span){ later, COOKIE_LEN }));
	cookie_fini(&j);
	crypt_free(c);
}

static void
after_a_long_silence_no_old_cookie_is_good(void)
{
	struct crypt *c = fix_crypt(NULL);
	struct cookie_subject s = subject();
	uint8_t cookie[COOKIE_LEN];
	struct cookie_jar j;

	cookie_init(&j, c, START);
	CU_ASSERT_EQUAL(cookie_make(&j, &s, START, cookie), 0);
	CU_ASSERT(!cookie_check(
		&j, &s, START + 2 * COOKIE_PERIOD_MS, (struct span){ cookie, COOKIE_LEN }));
	CU_ASSERT(!cookie_check(
		&j, &s, START + 10 * COOKIE_PERIOD_MS, (struct span){ cookie, COOKIE_LEN }));
	cookie_fini(&j);
	crypt_free(c);
}

CU_TestInfo cookie_tests[] = {
	{ "a cookie is good for who got it only", a_cookie_is_good_for_who_got_it_only },
	{ "a cookie outlives one change of the secret",
		a_cookie_outlives_one_change_of_the_secret },
	{ "after a long silence no old cookie is good",
		after_a_long_silence_no_old_cookie_is_good },
	CU_TEST_INFO_NULL,
};
