/*
 * What the tests of IKE's wire share.
 */
#include "config.h"

#include "tests/unit/ike/fixture.h"

#include "lib/secret.h"

#include <string.h>

#include <CUnit/CUnit.h>

enum { RING = 32, BYTES_MAX = 4096 };

struct span
fix_hex(const char *digits)
{
	static uint8_t ring[RING][BYTES_MAX];
	static unsigned int at;
	uint8_t *out = ring[at++ % RING];
	size_t n = 0;

	for (; *digits != '\0'; digits++) {
		const char *found = strchr("0123456789abcdef0123456789ABCDEF", *digits);
		uint8_t v;

		if (found == NULL)
			continue;
		v = (uint8_t)(strchr("0123456789abcdef", *found | 0x20) - "0123456789abcdef");
		CU_ASSERT_FATAL(n / 2 < BYTES_MAX);
		out[n / 2] = n % 2 == 0 ? (uint8_t)(v << 4) : (uint8_t)(out[n / 2] | v);
		n++;
	}
	return (struct span){ out, n / 2 };
}

struct span
fix_text(const char *s)
{
	return (struct span){ (const uint8_t *)s, strlen(s) };
}

bool
fix_is(struct span s, const char *digits)
{
	struct span want = fix_hex(digits);

	return s.len == want.len && (s.len == 0 || memcmp(s.p, want.p, s.len) == 0);
}

static void
random_fill(void *arg, void *p, size_t len)
{
	static struct fix_random counter;
	struct fix_random *r = arg != NULL ? arg : &counter;
	uint8_t *out = p;

	for (size_t i = 0; i < len; i++) {
		if (r->script.len > 0) {
			out[i] = *r->script.p++;
			r->script.len--;
		} else {
			out[i] = ++r->next;
		}
	}
}

struct crypt *
fix_crypt(struct fix_random *r)
{
	struct crypt *c = crypt_new(random_fill, r, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	return c;
}

void
fix_keys(struct crypt *c, enum alg_cipher cipher, enum alg_auth auth, struct keys *initiator,
	struct keys *responder)
{
	const struct keys_suite suite = { cipher, auth, ALG_PRF_hmac_sha2_256 };
	struct secret *shared = secret_new("a shared secret of a test", 25);
	struct keys_input in = { .nonce_i = fix_text("0123456789abcdef"),
		.nonce_r = fix_text("fedcba9876543210"),
		.spi_i = 0x1111111111111111,
		.spi_r = 0x2222222222222222,
		.shared = shared,
		.initiator = true };

	CU_ASSERT_EQUAL_FATAL(keys_init(c, &suite, &in, NULL, initiator), 0);
	in.initiator = false;
	CU_ASSERT_EQUAL_FATAL(keys_init(c, &suite, &in, NULL, responder), 0);
	secret_free(shared);
}
