/*
 * The portable crypto engine: OpenSSL 3. Contexts are kept for each SA with the key set once; a packet
 * costs an IV, and a copy of the HMAC's two prepared states (RFC 2104 section 4). Everything is
 * fetched when the engine starts, so that a sandbox may close the file system afterwards.
 * Refuses to know what ESP is, and which algorithms there are: only of which kind they can be.
 */
#include "config.h"

#include "datapath/crypto.h"

#include "lib/buf.h"
#include "lib/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

enum { IV_BLOCK = 16, IV_BATCH = 64, HMAC_BLOCK_MAX = 128 };
enum { SALT_LEN = 4, IV_LEN = 8, NONCE_LEN = SALT_LEN + IV_LEN }; /* of counter modes and AEADs */
enum { ICV_MAX = 64 };
_Static_assert(ICV_MAX >= EVP_MAX_MD_SIZE, "a digest fits");

struct crypto_sa {
	EVP_CIPHER_CTX *cipher; /* NULL: text stays as it is */
	EVP_MD_CTX *inner;	/* of the HMAC; NULL: no MAC of its own */
	EVP_MD_CTX *outer;
	EVP_CIPHER_CTX *iv_cipher; /* IVs of one 8-byte block: the number, enciphered */
	uint8_t salt[SALT_LEN];
	uint8_t kind; /* enum alg_kind of the cipher */
	uint8_t iv_len;
	uint8_t icv_len;
	bool encrypts;
	bool esn;
};

struct openssl_engine {
	struct crypto_engine ops;
	OSSL_LIB_CTX
	*lib; /* ours alone: nobody else gets the legacy algorithms by our loading them */
	OSSL_PROVIDER *base;
	OSSL_PROVIDER *legacy;		   /* NULL: not installed */
	EVP_CIPHER *ciphers[ALG_CIPHER_N]; /* NULL: OpenSSL does not have it */
	EVP_CIPHER *gmacs[ALG_AUTH_N];	   /* of authentication algorithms that are ciphers */
	EVP_MD *digests[ALG_AUTH_N];
	EVP_MD_CTX *work;
	/* IVs of 16 bytes are a counter enciphered under a random key of this process: unpredictable,
	 * never the same twice. IVs of 8 bytes would meet those of an earlier process too soon: they
	 * are the packet's number, which never comes again, under a key made from the SA's own. */
	EVP_CIPHER_CTX *iv_cipher;
	uint64_t iv_counter;
	EVP_CIPHER *iv8;
	EVP_MD *kdf;
	uint8_t mark_key[32]; /* random, of this process */
};

static void
openssl_sa_free(struct crypto_engine *e, struct crypto_sa *sa)
{
	if (sa == NULL)
		return;
	EVP_CIPHER_CTX_free(sa->cipher);
	EVP_MD_CTX_free(sa->inner);
	EVP_MD_CTX_free(sa->outer);
	EVP_CIPHER_CTX_free(sa->iv_cipher);
	OPENSSL_cleanse(sa->salt, sizeof(sa->salt));
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
key_refused(struct err *err, const char *display)
{
	return err_set(err, -ENOMEM, display, "OpenSSL refuses the key or memory is short");
}

static EVP_CIPHER_CTX *
cipher_state(const EVP_CIPHER *cipher, const uint8_t *key, bool encrypts)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (ctx != NULL && EVP_CipherInit_ex2(ctx, cipher, key, NULL, encrypts, NULL) &&
		EVP_CIPHER_CTX_set_padding(ctx, 0))
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

static int
gmac_init(struct openssl_engine *o, struct crypto_sa *sa, const struct crypto_keys *k,
	struct err *err)
{
	const struct alg_auth_info *a = alg_auth(k->auth);

	if (o->gmacs[k->auth] == NULL)
		return err_set(err, -EOPNOTSUPP, a->display,
			"OpenSSL on this system does not offer %s", a->openssl);
	sa->kind = ALG_KIND_gmac;
	sa->iv_len = a->iv_len;
	memcpy(sa->salt, k->auth_key + a->key_len, a->salt_len);
	sa->cipher = cipher_state(o->gmacs[k->auth], k->auth_key, k->encrypts);
	return sa->cipher != NULL ? 0 : key_refused(err, a->display);
}

static int
auth_init(struct openssl_engine *o, struct crypto_sa *sa, const struct crypto_keys *k,
	struct err *err)
{
	const struct alg_auth_info *a = alg_auth(k->auth);
	const EVP_MD *md;

	if (a == NULL)
		return 0;
	sa->icv_len = a->icv_len;
	if (a->kind == ALG_KIND_gmac)
		return gmac_init(o, sa, k, err);
	md = o->digests[k->auth];
	if (md == NULL)
		return err_set(err, -EOPNOTSUPP, a->display,
			"OpenSSL on this system does not offer the digest %s", a->openssl);
	sa->inner = hmac_state(md, k->auth_key, a->key_len, 0x36);
	sa->outer = hmac_state(md, k->auth_key, a->key_len, 0x5c);
	return sa->inner != NULL && sa->outer != NULL ? 0 : key_refused(err, a->display);
}

/* The permutation that makes IVs of 8 bytes from numbers. */
static bool
iv8_init(
	struct openssl_engine *o, struct crypto_sa *sa, const struct crypto_keys *k, size_t key_len)
{
	static const char label[] = "yongdao iv";
	uint8_t key[EVP_MAX_MD_SIZE];
	bool ok = EVP_DigestInit_ex2(o->work, o->kdf, NULL) &&
		EVP_DigestUpdate(o->work, label, sizeof(label)) &&
		EVP_DigestUpdate(o->work, k->cipher_key, key_len) &&
		EVP_DigestUpdate(o->work, k->context, k->context_len) &&
		EVP_DigestFinal_ex(o->work, key, NULL);

	if (ok)
		sa->iv_cipher = cipher_state(o->iv8, key, true);
	OPENSSL_cleanse(key, sizeof(key));
	return sa->iv_cipher != NULL;
}

static int
cipher_init(struct openssl_engine *o, struct crypto_sa *sa, const struct crypto_keys *k,
	struct err *err)
{
	const struct alg_cipher_info *c = alg_cipher(k->cipher);

	if (k->cipher == ALG_CIPHER_NONE && k->auth != ALG_AUTH_NONE)
		return 0;
	if (c == NULL)
		return err_set(
			err, -EINVAL, "SA", "cipher %u does not exist", (unsigned int)k->cipher);
	sa->kind = c->kind;
	sa->iv_len = c->iv_len;
	sa->icv_len = c->icv_len;
	if (c->openssl == NULL)
		return 0;
	if (o->ciphers[k->cipher] == NULL)
		return err_set(err, -EOPNOTSUPP, c->display,
			"OpenSSL on this system does not offer %s%s", c->openssl,
			o->legacy == NULL ? " (its legacy provider is not installed)" : "");
	memcpy(sa->salt, k->cipher_key + c->key_len, c->salt_len);
	/* a counter mode deciphers by enciphering */
	sa->cipher = cipher_state(
		o->ciphers[k->cipher], k->cipher_key, k->encrypts || c->kind == ALG_KIND_ctr);
	if (sa->cipher == NULL)
		return key_refused(err, c->display);
	if (c->kind == ALG_KIND_cbc && c->iv_len < IV_BLOCK && k->encrypts &&
		!iv8_init(o, sa, k, c->key_len))
		return key_refused(err, c->display);
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
	sa->encrypts = keys->encrypts;
	sa->esn = keys->esn;
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

/* The whole HMAC into mac (EVP_MAX_MD_SIZE bytes). */
static bool
job_mac(struct openssl_engine *o, const struct crypto_job *j, uint8_t *mac)
{
	size_t len = (size_t)(j->text + j->text_len - j->aad);
	uint8_t high[4];
	unsigned int n = 0;

	be32_put(high, (uint32_t)(j->seq >> 32));
	return EVP_MD_CTX_copy_ex(o->work, j->sa->inner) &&
		(j->head == NULL || EVP_DigestUpdate(o->work, j->head, j->head_len)) &&
		EVP_DigestUpdate(o->work, j->aad, len) &&
		(!j->sa->esn || EVP_DigestUpdate(o->work, high, sizeof(high))) &&
		EVP_DigestFinal_ex(o->work, mac, &n) && EVP_MD_CTX_copy_ex(o->work, j->sa->outer) &&
		EVP_DigestUpdate(o->work, mac, n) && EVP_DigestFinal_ex(o->work, mac, &n);
}

/* The cipher of a SA that has a MAC of its own, or none. */
static bool
job_cipher(const struct crypto_job *j)
{
	EVP_CIPHER_CTX *c = j->sa->cipher;
	uint8_t counter[IV_BLOCK] = { [IV_BLOCK - 1] = 1 }; /* RFC 3686 4 */
	const uint8_t *iv = j->iv;
	int n = 0;

	if (c == NULL)
		return true;
	if (j->sa->kind == ALG_KIND_ctr) {
		memcpy(counter, j->sa->salt, SALT_LEN);
		memcpy(counter + SALT_LEN, j->iv, IV_LEN);
		iv = counter;
	}
	return EVP_CipherInit_ex2(c, NULL, NULL, iv, -1, NULL) &&
		EVP_CipherUpdate(c, j->text, &n, j->text, (int)j->text_len) &&
		(uint32_t)n == j->text_len;
}

static bool
aad_add(EVP_CIPHER_CTX *c, const uint8_t *p, size_t len)
{
	int n = 0;

	return len == 0 || EVP_CipherUpdate(c, NULL, &n, p, (int)len);
}

/* What an AEAD covers beside its text: [aad, end), the number's high half where it belongs. */
static bool
aead_associate(const struct crypto_job *j, const uint8_t *end)
{
	EVP_CIPHER_CTX *c = j->sa->cipher;
	uint8_t high[4];
	bool esn = j->sa->esn;
	size_t first = j->head == NULL && esn ? sizeof(high) : 0;

	be32_put(high, (uint32_t)(j->seq >> 32));
	return (j->head == NULL || aad_add(c, j->head, j->head_len)) && aad_add(c, j->aad, first) &&
		(first == 0 || aad_add(c, high, sizeof(high))) &&
		aad_add(c, j->aad + first, (size_t)(end - j->aad) - first) &&
		(!esn || first != 0 || aad_add(c, high, sizeof(high)));
}

static enum crypto_result
job_aead(const struct crypto_job *j)
{
	const struct crypto_sa *sa = j->sa;
	EVP_CIPHER_CTX *c = sa->cipher;
	bool enciphers = sa->kind == ALG_KIND_aead;
	uint8_t nonce[NONCE_LEN], rest[IV_BLOCK];
	int n = 0;

	memcpy(nonce, sa->salt, SALT_LEN);
	memcpy(nonce + SALT_LEN, j->iv, IV_LEN);
	if (!EVP_CipherInit_ex2(c, NULL, NULL, nonce, -1, NULL) ||
		(!sa->encrypts &&
			!EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, sa->icv_len, j->icv)) ||
		!aead_associate(j, enciphers ? j->iv : j->text + j->text_len) ||
		(enciphers && !EVP_CipherUpdate(c, j->text, &n, j->text, (int)j->text_len)))
		return CRYPTO_FAILED;
	if (!EVP_CipherFinal_ex(c, rest, &n))
		return sa->encrypts ? CRYPTO_FAILED : CRYPTO_AUTH;
	if (sa->encrypts && !EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, sa->icv_len, j->icv))
		return CRYPTO_FAILED;
	return CRYPTO_OK;
}

static bool
is_aead(const struct crypto_sa *sa)
{
	return sa->kind == ALG_KIND_aead || sa->kind == ALG_KIND_gmac;
}

static void
encrypt_one(struct openssl_engine *o, struct crypto_job *j)
{
	uint8_t mac[ICV_MAX];

	if (is_aead(j->sa)) {
		j->result = job_aead(j);
		return;
	}
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
	uint8_t mac[ICV_MAX];

	if (is_aead(j->sa)) {
		j->result = job_aead(j);
		return;
	}
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

/* Writes the job's IV; random is a block that never comes again. */
static bool
iv_write(struct crypto_job *j, const uint8_t random[IV_BLOCK])
{
	const struct crypto_sa *sa = j->sa;
	int len = 0;

	if (sa->iv_len == IV_BLOCK) {
		memcpy(j->iv, random, IV_BLOCK);
		return true;
	}
	if (sa->iv_len == 0)
		return true;
	be64_put(j->iv, j->seq);
	return sa->iv_cipher == NULL || EVP_CipherUpdate(sa->iv_cipher, j->iv, &len, j->iv, IV_LEN);
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
			if (ok && iv_write(j, ivs[i]))
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
	for (unsigned int i = 0; i < ALG_AUTH_N; i++) {
		EVP_MD_free(o->digests[i]);
		EVP_CIPHER_free(o->gmacs[i]);
	}
	OPENSSL_cleanse(o->mark_key, sizeof(o->mark_key));
	EVP_MD_free(o->kdf);
	EVP_CIPHER_free(o->iv8);
	EVP_MD_CTX_free(o->work);
	EVP_CIPHER_CTX_free(o->iv_cipher);
	if (o->legacy != NULL)
		OSSL_PROVIDER_unload(o->legacy);
	if (o->base != NULL)
		OSSL_PROVIDER_unload(o->base);
	OSSL_LIB_CTX_free(o->lib);
	free(o);
}

static uint64_t
openssl_mark(struct crypto_engine *e, const uint8_t *key, uint32_t len)
{
	struct openssl_engine *o = (struct openssl_engine *)e;
	uint8_t digest[EVP_MAX_MD_SIZE];
	uint64_t mark = 0;

	if (EVP_DigestInit_ex2(o->work, o->kdf, NULL) &&
		EVP_DigestUpdate(o->work, o->mark_key, sizeof(o->mark_key)) &&
		EVP_DigestUpdate(o->work, key, len) && EVP_DigestFinal_ex(o->work, digest, NULL))
		mark = be64_get(digest);
	return mark != 0 ? mark : 1;
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

		if (a != NULL && a->kind == ALG_KIND_gmac)
			o->gmacs[i] = EVP_CIPHER_fetch(o->lib, a->openssl, NULL);
		else if (a != NULL)
			o->digests[i] = EVP_MD_fetch(o->lib, a->openssl, NULL);
	}
}

static bool
iv_init(struct openssl_engine *o)
{
	uint8_t key[32];
	EVP_CIPHER *aes = EVP_CIPHER_fetch(o->lib, "AES-256-ECB", NULL);
	bool ok;

	o->iv8 = EVP_CIPHER_fetch(o->lib, "DES-EDE3-ECB", NULL);
	o->kdf = EVP_MD_fetch(o->lib, "SHA2-256", NULL);
	ok = aes != NULL && o->iv8 != NULL && o->kdf != NULL &&
		RAND_priv_bytes_ex(o->lib, key, sizeof(key), 256) == 1;
	if (ok)
		o->iv_cipher = cipher_state(aes, key, true);
	ok = ok && o->iv_cipher != NULL &&
		RAND_priv_bytes_ex(o->lib, o->mark_key, sizeof(o->mark_key), 256) == 1;
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
		.mark = openssl_mark,
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
