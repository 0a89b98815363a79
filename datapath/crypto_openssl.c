/*
 * The portable crypto engine: OpenSSL 3. Contexts are kept for each SA with the key set once; a packet
 * costs an IV, and a copy of the HMAC's two prepared states (RFC 2104 section 4). Everything is
 * fetched when the engine starts, so that a sandbox may close the file system afterwards.
 * Refuses to know what ESP is.
 */
#include "config.h"

#include "datapath/crypto.h"

#include "lib/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

enum { IV_BLOCK = 16, IV_BATCH = 64, HMAC_BLOCK_MAX = 128 };

struct crypto_sa {
	EVP_CIPHER_CTX *cipher; /* NULL: text stays as it is */
	EVP_MD_CTX *inner;	/* NULL: no ICV */
	EVP_MD_CTX *outer;
	uint8_t iv_len;
	uint8_t icv_len;
};

struct openssl_engine {
	struct crypto_engine ops;
	OSSL_LIB_CTX
	*lib; /* ours alone: nobody else gets the legacy algorithms by our loading them */
	OSSL_PROVIDER *base;
	OSSL_PROVIDER *legacy;		   /* NULL: not installed */
	EVP_CIPHER *ciphers[ALG_CIPHER_N]; /* NULL: OpenSSL does not have it */
	EVP_MD *digests[ALG_AUTH_N];
	EVP_MD_CTX *work;
	/* IVs are a counter enciphered under a random key of this process: unpredictable, and for
	 * 16-byte IVs never the same twice. */
	EVP_CIPHER_CTX *iv_cipher;
	uint64_t iv_counter;
};

static void
openssl_sa_free(struct crypto_engine *e, struct crypto_sa *sa)
{
	if (sa == NULL)
		return;
	EVP_CIPHER_CTX_free(sa->cipher);
	EVP_MD_CTX_free(sa->inner);
	EVP_MD_CTX_free(sa->outer);
	free(sa);
}

/* A digest context that has taken in the key, padded and xored (RFC 2104: K XOR ipad, K XOR opad). */
static EVP_MD_CTX *
hmac_state(const EVP_MD *md, const uint8_t *key, size_t key_len, uint8_t pad)
{
	uint8_t block[HMAC_BLOCK_MAX];
	size_t block_len = (size_t)EVP_MD_get_block_size(md);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL && block_len <= sizeof(block) && key_len <= block_len;

	if (ok) {
		memset(block, pad, block_len);
		for (size_t i = 0; i < key_len; i++)
			block[i] ^= key[i];
		ok = EVP_DigestInit_ex2(ctx, md, NULL) && EVP_DigestUpdate(ctx, block, block_len);
		OPENSSL_cleanse(block, sizeof(block));
	}
	if (!ok) {
		EVP_MD_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static int
auth_init(struct openssl_engine *o, struct crypto_sa *sa, const struct crypto_keys *k,
	struct err *err)
{
	const struct alg_auth_info *a = alg_auth(k->auth);
	const EVP_MD *md;

	if (a == NULL)
		return 0;
	md = o->digests[k->auth];
	if (md == NULL)
		return err_set(err, -EOPNOTSUPP, a->display,
			"OpenSSL on this system does not offer the digest %s", a->openssl);
	sa->icv_len = a->icv_len;
	sa->inner = hmac_state(md, k->auth_key, a->key_len, 0x36);
	sa->outer = hmac_state(md, k->auth_key, a->key_len, 0x5c);
	if (sa->inner == NULL || sa->outer == NULL)
		return err_set(
			err, -ENOMEM, a->display, "OpenSSL refuses the key or memory is short");
	return 0;
}

static int
cipher_init(struct openssl_engine *o, struct crypto_sa *sa, const struct crypto_keys *k,
	struct err *err)
{
	const struct alg_cipher_info *c = alg_cipher(k->cipher);
	EVP_CIPHER *cipher;

	if (c == NULL)
		return err_set(
			err, -EINVAL, "SA", "cipher %u does not exist", (unsigned int)k->cipher);
	sa->iv_len = c->iv_len;
	if (c->openssl == NULL)
		return 0;
	cipher = o->ciphers[k->cipher];
	if (cipher == NULL)
		return err_set(err, -EOPNOTSUPP, c->display,
			"OpenSSL on this system does not offer %s%s", c->openssl,
			o->legacy == NULL ? " (its legacy provider is not installed)" : "");
	sa->cipher = EVP_CIPHER_CTX_new();
	if (sa->cipher == NULL ||
		!EVP_CipherInit_ex2(sa->cipher, cipher, k->cipher_key, NULL, k->encrypts, NULL) ||
		!EVP_CIPHER_CTX_set_padding(sa->cipher, 0))
		return err_set(
			err, -ENOMEM, c->display, "OpenSSL refuses the key or memory is short");
	return 0;
}

static int
openssl_sa_init(struct crypto_engine *e, const struct crypto_keys *keys, struct crypto_sa **out,
	struct err *err)
{
	struct openssl_engine *o = (struct openssl_engine *)e;
	struct crypto_sa *sa = calloc(1, sizeof(*sa));
	int rc;

	if (sa == NULL)
		return err_set(err, -ENOMEM, "SA", "memory is short");
	rc = cipher_init(o, sa, keys, err);
	if (rc == 0)
		rc = auth_init(o, sa, keys, err);
	if (rc != 0) {
		openssl_sa_free(e, sa);
		return rc;
	}
	*out = sa;
	return 0;
}

/* The whole HMAC over [aad, text end) into mac (EVP_MAX_MD_SIZE bytes). */
static bool
job_mac(struct openssl_engine *o, const struct crypto_job *j, uint8_t *mac)
{
	size_t len = (size_t)(j->text + j->text_len - j->aad);
	unsigned int n = 0;

	return EVP_MD_CTX_copy_ex(o->work, j->sa->inner) &&
		EVP_DigestUpdate(o->work, j->aad, len) && EVP_DigestFinal_ex(o->work, mac, &n) &&
		EVP_MD_CTX_copy_ex(o->work, j->sa->outer) && EVP_DigestUpdate(o->work, mac, n) &&
		EVP_DigestFinal_ex(o->work, mac, &n);
}

static bool
job_cipher(const struct crypto_job *j)
{
	EVP_CIPHER_CTX *c = j->sa->cipher;
	int n = 0;

	if (c == NULL)
		return true;
	return EVP_CipherInit_ex2(c, NULL, NULL, j->iv, -1, NULL) &&
		EVP_CipherUpdate(c, j->text, &n, j->text, (int)j->text_len) &&
		(uint32_t)n == j->text_len;
}

static void
encrypt_one(struct openssl_engine *o, struct crypto_job *j)
{
	uint8_t mac[EVP_MAX_MD_SIZE];

	j->result = CRYPTO_FAILED;
	if (!job_cipher(j))
		return;
	if (j->sa->inner != NULL) {
		if (!job_mac(o, j, mac))
			return;
		memcpy(j->icv, mac, j->sa->icv_len);
	}
	j->result = CRYPTO_OK;
}

static void
decrypt_one(struct openssl_engine *o, struct crypto_job *j)
{
	uint8_t mac[EVP_MAX_MD_SIZE];

	j->result = CRYPTO_FAILED;
	if (j->sa->inner != NULL) {
		if (!job_mac(o, j, mac))
			return;
		if (CRYPTO_memcmp(mac, j->icv, j->sa->icv_len) != 0) {
			j->result = CRYPTO_AUTH;
			return;
		}
	}
	if (job_cipher(j))
		j->result = CRYPTO_OK;
}

/* Fills n ≤ IV_BATCH blocks, in one call of the cipher. */
static bool
iv_blocks(struct openssl_engine *o, uint8_t ivs[IV_BATCH][IV_BLOCK], unsigned int n)
{
	int len = 0;

	memset(ivs, 0, (size_t)n * IV_BLOCK);
	for (unsigned int i = 0; i < n; i++, o->iv_counter++)
		memcpy(ivs[i], &o->iv_counter, sizeof(o->iv_counter));
	return EVP_CipherUpdate(o->iv_cipher, ivs[0], &len, ivs[0], (int)(n * IV_BLOCK)) &&
		len == (int)(n * IV_BLOCK);
}

static void
openssl_encrypt_batch(struct crypto_engine *e, struct crypto_job *jobs, unsigned int n)
{
	struct openssl_engine *o = (struct openssl_engine *)e;
	uint8_t ivs[IV_BATCH][IV_BLOCK];

	for (unsigned int done = 0; done < n;) {
		unsigned int some = n - done < IV_BATCH ? n - done : IV_BATCH;
		bool ok = iv_blocks(o, ivs, some);

		for (unsigned int i = 0; i < some; i++, done++) {
			struct crypto_job *j = &jobs[done];

			j->result = CRYPTO_FAILED;
			if (!ok)
				continue;
			memcpy(j->iv, ivs[i], j->sa->iv_len);
			encrypt_one(o, j);
		}
	}
}

static void
openssl_decrypt_batch(struct crypto_engine *e, struct crypto_job *jobs, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		decrypt_one((struct openssl_engine *)e, &jobs[i]);
}

static void
openssl_free(struct crypto_engine *e)
{
	struct openssl_engine *o = (struct openssl_engine *)e;

	if (o == NULL)
		return;
	for (unsigned int i = 0; i < ALG_CIPHER_N; i++)
		EVP_CIPHER_free(o->ciphers[i]);
	for (unsigned int i = 0; i < ALG_AUTH_N; i++)
		EVP_MD_free(o->digests[i]);
	EVP_MD_CTX_free(o->work);
	EVP_CIPHER_CTX_free(o->iv_cipher);
	if (o->legacy != NULL)
		OSSL_PROVIDER_unload(o->legacy);
	if (o->base != NULL)
		OSSL_PROVIDER_unload(o->base);
	OSSL_LIB_CTX_free(o->lib);
	free(o);
}

static void
fetch_all(struct openssl_engine *o)
{
	for (unsigned int i = 0; i < ALG_CIPHER_N; i++) {
		const struct alg_cipher_info *c = alg_cipher(i);

		if (c != NULL && c->openssl != NULL)
			o->ciphers[i] = EVP_CIPHER_fetch(o->lib, c->openssl, NULL);
	}
	for (unsigned int i = 0; i < ALG_AUTH_N; i++) {
		const struct alg_auth_info *a = alg_auth(i);

		if (a != NULL)
			o->digests[i] = EVP_MD_fetch(o->lib, a->openssl, NULL);
	}
}

static bool
iv_init(struct openssl_engine *o)
{
	uint8_t key[32];
	EVP_CIPHER *aes = EVP_CIPHER_fetch(o->lib, "AES-256-ECB", NULL);
	bool ok;

	o->iv_cipher = EVP_CIPHER_CTX_new();
	ok = aes != NULL && o->iv_cipher != NULL &&
		RAND_priv_bytes_ex(o->lib, key, sizeof(key), 256) == 1 &&
		EVP_EncryptInit_ex2(o->iv_cipher, aes, key, NULL, NULL) &&
		EVP_CIPHER_CTX_set_padding(o->iv_cipher, 0);
	OPENSSL_cleanse(key, sizeof(key));
	EVP_CIPHER_free(aes);
	return ok;
}

struct crypto_engine *
crypto_openssl_new(struct err *err)
{
	struct openssl_engine *o = calloc(1, sizeof(*o));

	if (o == NULL) {
		err_set(err, -ENOMEM, "OpenSSL", "memory is short");
		return NULL;
	}
	o->ops = (struct crypto_engine){ .name = "openssl",
		.sa_init = openssl_sa_init,
		.sa_free = openssl_sa_free,
		.encrypt_batch = openssl_encrypt_batch,
		.decrypt_batch = openssl_decrypt_batch,
		.free = openssl_free };
	o->lib = OSSL_LIB_CTX_new();
	o->base = o->lib != NULL ? OSSL_PROVIDER_load(o->lib, "default") : NULL;
	o->legacy = o->base != NULL ? OSSL_PROVIDER_load(o->lib, "legacy") : NULL;
	o->work = EVP_MD_CTX_new();
	if (o->base == NULL || o->work == NULL || !iv_init(o)) {
		err_set(err, -EOPNOTSUPP, "OpenSSL", "its default provider does not start");
		openssl_free(&o->ops);
		return NULL;
	}
	fetch_all(o);
	return &o->ops;
}
