/*
 * Keys of manual SAs from what was typed, see keys.h. Knows neither policies nor where keys are kept.
 */
#include "config.h"

#include "daemon/compile/keys.h"

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/secret.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* Twice as many as there can be SAs (sastate.h): fewer, and each change would derive all keys of many again. */
enum { CACHE_MOST = 65536, SHA256_LEN = 32, DES_KEY_LEN = 8 };

/* What a derived key was derived from is kept as a hash only. */
struct cached {
	LIST_ENTRY(cached) link;
	uint8_t from[SHA256_LEN];
	size_t len;
	uint8_t key[sizeof(((struct msg_dp_sa *)0)->cipher_key.data) * 2];
};

enum { N_BUCKETS = 4096 }; /* a power of two */

struct keys {
	LIST_HEAD(, cached) buckets[N_BUCKETS];
	unsigned int n;
	uint8_t random[SHA256_LEN];
};

struct keys *
keys_new(void)
{
	struct keys *k = calloc(1, sizeof(*k));

	if (k != NULL)
		arc4random_buf(k->random, sizeof(k->random));
	return k;
}

static void
cache_empty(struct keys *k)
{
	struct cached *c;

	for (unsigned int i = 0; i < N_BUCKETS; i++) {
		while ((c = LIST_FIRST(&k->buckets[i])) != NULL) {
			LIST_REMOVE(c, link);
			secret_wipe(c, sizeof(*c));
			free(c);
		}
	}
	k->n = 0;
}

void
keys_free(struct keys *k)
{
	if (k == NULL)
		return;
	cache_empty(k);
	free(k);
}

static void
hmac_sha256(const uint8_t key[SHA256_LEN], const void *data, size_t len, uint8_t out[SHA256_LEN])
{
	unsigned int out_len = SHA256_LEN;

	if (HMAC(EVP_sha256(), key, SHA256_LEN, data, len, out, &out_len) == NULL)
		abort(); /* no memory, or a library without SHA-256 */
}

static int
derive(const struct secret *string, const struct msg_dp_sa *sa, uint8_t *out, size_t len)
{
	uint8_t salt[sizeof(KEYS_SALT) - 1 + 1 + 4];
	struct wbuf b = wbuf_over(salt, sizeof(salt));

	wbuf_put(&b, KEYS_SALT, sizeof(KEYS_SALT) - 1);
	wbuf_u8(&b, sa->protocol);
	wbuf_u32(&b, sa->spi);
	if (!PKCS5_PBKDF2_HMAC((const char *)string->data, (int)string->len, salt,
		    (int)wbuf_len(&b), KEYS_ITERATIONS, EVP_sha256(), (int)len, out))
		return -EIO;
	return 0;
}

/* Derived key from the cache, or derived now. */
static int
derive_cached(struct keys *k, const struct secret *string, const struct msg_dp_sa *sa,
	const struct cached **out, size_t len)
{
	struct wbuf b = wbuf_growing();
	struct cached *c, *at;
	uint8_t from[SHA256_LEN];
	unsigned int bucket;

	wbuf_u8(&b, sa->protocol);
	wbuf_u32(&b, sa->spi);
	wbuf_u16(&b, (uint16_t)len);
	wbuf_put(&b, string->data, string->len);
	hmac_sha256(k->random, b.start, wbuf_len(&b), from);
	secret_wipe(b.start, wbuf_len(&b));
	wbuf_fini(&b);
	bucket = (from[0] | (unsigned int)from[1] << 8) & (N_BUCKETS - 1);
	LIST_FOREACH (at, &k->buckets[bucket], link) {
		if (memcmp(at->from, from, sizeof(from)) == 0) {
			*out = at;
			return 0;
		}
	}
	if (k->n >= CACHE_MOST)
		cache_empty(k);
	c = calloc(1, sizeof(*c));
	if (c == NULL || len > sizeof(c->key) || derive(string, sa, c->key, len) != 0) {
		free(c);
		return -ENOMEM;
	}
	memcpy(c->from, from, sizeof(from));
	c->len = len;
	LIST_INSERT_HEAD(&k->buckets[bucket], c, link);
	k->n++;
	*out = c;
	return 0;
}

static size_t
cipher_key_len(const struct msg_dp_sa *sa)
{
	return alg_cipher_keymat(alg_cipher(sa->cipher));
}

static size_t
auth_key_len(const struct msg_dp_sa *sa)
{
	return alg_auth_keymat(alg_auth(sa->auth));
}

int
keys_from_string(struct keys *k, const struct secret *string, struct msg_dp_sa *sa)
{
	size_t cipher_len = cipher_key_len(sa), auth_len = auth_key_len(sa);
	const struct cached *c;
	int rc = derive_cached(k, string, sa, &c, cipher_len + auth_len);

	if (rc != 0)
		return rc;
	sa->cipher_key.len = (uint32_t)cipher_len;
	sa->auth_key.len = (uint32_t)auth_len;
	memcpy(sa->cipher_key.data, c->key, cipher_len);
	memcpy(sa->auth_key.data, c->key + cipher_len, auth_len);
	return 0;
}

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
from_hex(const struct secret *hex, size_t want_len, const char *algorithm, const char *what,
	uint8_t *out, struct err *e)
{
	size_t have = hex != NULL ? hex->len : 0;

	if (have != want_len * 2)
		return err_set(e, -EINVAL, what,
			"%s takes a key of %zu hexadecimal digits, not %zu", algorithm,
			want_len * 2, have);
	for (size_t i = 0; i < want_len; i++) {
		int high = hex_digit(hex->data[2 * i]), low = hex_digit(hex->data[2 * i + 1]);

		if (high < 0 || low < 0)
			return err_set(e, -EINVAL, what, "a hexadecimal key is expected");
		out[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

int
keys_cipher_from_hex(const struct secret *hex, struct msg_dp_sa *sa, struct err *e)
{
	const struct alg_cipher_info *c = alg_cipher(sa->cipher);
	uint8_t *key = sa->cipher_key.data;
	int rc = from_hex(hex, c->key_len, c->display, "encryption key", key, e);

	if (rc != 0)
		return rc;
	sa->cipher_key.len = c->key_len;
	if (sa->cipher == ALG_CIPHER_3des_cbc &&
		(secret_eq(key, key + DES_KEY_LEN, DES_KEY_LEN) ||
			secret_eq(key + DES_KEY_LEN, key + 2 * DES_KEY_LEN, DES_KEY_LEN)))
		return err_set(e, -EINVAL, "encryption key",
			"two neighbouring parts of the 3DES key are equal, which makes it DES");
	return 0;
}

int
keys_auth_from_hex(const struct secret *hex, struct msg_dp_sa *sa, struct err *e)
{
	const struct alg_auth_info *a = alg_auth(sa->auth);
	int rc = from_hex(hex, a->key_len, a->display, "authentication key", sa->auth_key.data, e);

	if (rc == 0)
		sa->auth_key.len = a->key_len;
	return rc;
}

static void
identity_text(const struct msg_dp_sa *sa, struct wbuf *b)
{
	wbuf_u8(b, sa->inbound);
	wbuf_u8(b, sa->protocol);
	wbuf_u32(b, sa->spi);
	wbuf_u8(b, sa->destination.af);
	wbuf_put(b, sa->destination.b, sizeof(sa->destination.b));
	wbuf_u16(b, sa->cipher);
	wbuf_u16(b, sa->auth);
	wbuf_u32(b, sa->cipher_key.len);
	wbuf_put(b, sa->cipher_key.data, sa->cipher_key.len);
	wbuf_put(b, sa->auth_key.data, sa->auth_key.len);
}

void
keys_identity(const struct msg_dp_sa *sa, uint8_t out[KEYS_IDENTITY_LEN])
{
	uint8_t text[256];
	struct wbuf b = wbuf_over(text, sizeof(text));

	identity_text(sa, &b);
	if (!EVP_Digest(text, wbuf_len(&b), out, NULL, EVP_sha256(), NULL))
		abort();
	secret_wipe(text, sizeof(text));
}

uint64_t
keys_fingerprint(const struct keys *k, const struct msg_dp_sa *sa)
{
	uint8_t identity[KEYS_IDENTITY_LEN], mac[SHA256_LEN] = { 0 };
	struct rbuf b = rbuf_over(mac, sizeof(mac));

	keys_identity(sa, identity);
	hmac_sha256(k->random, identity, sizeof(identity), mac);
	return rbuf_u64(&b);
}
