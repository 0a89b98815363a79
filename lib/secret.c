/*
 * Bytes that must not outlive their use. Knows nothing about what they open.
 */
#include "config.h"

#include "lib/secret.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <openssl/crypto.h>

struct secret *
secret_new(const void *p, size_t len)
{
	struct secret *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->data = calloc(1, len ? len : 1);
	if (!s->data) {
		free(s);
		return NULL;
	}
	/* Best effort, and never unlocked: the page may hold another secret too. */
	(void)!mlock(s->data, len);
	s->len = len;
	if (p && len)
		memcpy(s->data, p, len);
	return s;
}

void
secret_free(struct secret *s)
{
	if (!s)
		return;
	secret_wipe(s->data, s->len);
	free(s->data);
	free(s);
}

void
secret_wipe(void *p, size_t len)
{
	if (len)
		OPENSSL_cleanse(p, len);
}

bool
secret_eq(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
