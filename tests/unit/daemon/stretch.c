/*
 * What a string key is stretched to, remembered for all tests of the program: the 20000 rounds of
 * each take seconds under valgrind, and most tests use the same site. The linker leads the calls of
 * PBKDF2 here (--wrap); whatever was not asked for before, OpenSSL derives.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#define REMEMBERED 64
#define INPUT_MOST 128
#define OUTPUT_MOST 160

struct evp_md_st;

int __real_PKCS5_PBKDF2_HMAC(const char *pass, int pass_len, const unsigned char *salt,
	int salt_len, int rounds, const struct evp_md_st *digest, int len, unsigned char *out);
int __wrap_PKCS5_PBKDF2_HMAC(const char *pass, int pass_len, const unsigned char *salt,
	int salt_len, int rounds, const struct evp_md_st *digest, int len, unsigned char *out);

struct derivation {
	unsigned char from[INPUT_MOST];
	size_t from_len;
	int rounds, len;
	const struct evp_md_st *digest;
	unsigned char out[OUTPUT_MOST];
};

static struct derivation known[REMEMBERED];
static size_t n_known;

static int
same(const struct derivation *a, const struct derivation *b)
{
	return a->from_len == b->from_len && a->rounds == b->rounds && a->len == b->len &&
		a->digest == b->digest && memcmp(a->from, b->from, a->from_len) == 0;
}

int
__wrap_PKCS5_PBKDF2_HMAC(const char *pass, int pass_len, const unsigned char *salt, int salt_len,
	int rounds, const struct evp_md_st *digest, int len, unsigned char *out)
{
	struct derivation d = { .rounds = rounds, .len = len, .digest = digest };

	if (pass_len < 0 || salt_len < 0 || pass_len > 255 ||
		1 + pass_len + salt_len > INPUT_MOST || len > OUTPUT_MOST || n_known == REMEMBERED)
		return __real_PKCS5_PBKDF2_HMAC(
			pass, pass_len, salt, salt_len, rounds, digest, len, out);
	d.from[0] = (unsigned char)pass_len;
	memcpy(d.from + 1, pass, (size_t)pass_len);
	memcpy(d.from + 1 + pass_len, salt, (size_t)salt_len);
	d.from_len = 1 + (size_t)pass_len + (size_t)salt_len;
	for (size_t i = 0; i < n_known; i++) {
		if (same(&known[i], &d)) {
			memcpy(out, known[i].out, (size_t)len);
			return 1;
		}
	}
	if (!__real_PKCS5_PBKDF2_HMAC(pass, pass_len, salt, salt_len, rounds, digest, len, d.out))
		return 0;
	memcpy(out, d.out, (size_t)len);
	known[n_known++] = d;
	return 1;
}
