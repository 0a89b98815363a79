/*
 * Pseudo-random functions and ciphers by OpenSSL 3. Everything is fetched when it starts, so that a
 * sandbox may close the file system afterwards; the legacy algorithms are loaded into a context of
 * ours alone. Refuses to know what is enciphered, and draws no random number of its own.
 */
#include "config.h"

#include "daemon/ike/crypt.h"

#include "daemon/ike/crypt_private.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/provider.h>

enum { HMAC_BLOCK_MAX = 128, PRF_PLUS_BLOCKS = 255 };
enum { COUNTER_LEN = 8, NONCE_LEN = 12, CTR_BLOCK = 16 };
_Static_assert(CRYPT_PRF_MAX >= EVP_MAX_MD_SIZE, "a digest fits");

struct crypt {
	crypt_random_fn *random;
	void *random_arg;
	OSSL_LIB_CTX *lib;
	OSSL_PROVIDER *base;
	OSSL_PROVIDER *legacy; /* NULL: not installed */
	EVP_CIPHER
	*ciphers[ALG_CIPHER_N]; /* NULL: OpenSSL does not have it, or it is no use here */
	EVP_MD *auths[ALG_AUTH_N];
	EVP_MD *prfs[ALG_PRF_N];
	EVP_MD *sha1;
	EVP_MD *sha256;
	EVP_MD_CTX *work;
	bool has_dh[ALG_DH_N];
};

struct crypt_box {
	struct crypt *crypt;
	const struct alg_cipher_info *info;
	EVP_CIPHER_CTX *cipher;
	const EVP_MD *md; /* of the HMAC; NULL: the cipher's own ICV */
	struct secret *mac_key;
	struct secret *salt;
	size_t icv_len;
	uint64_t counter; /* the next IV, of counter modes */
	bool seals;
};

OSSL_LIB_CTX *
crypt_lib(const struct crypt *c)
{
	return c->lib;
}

static void
fetch_all(struct crypt *c)
{
	for (unsigned int i = 1; i < ALG_CIPHER_N; i++) {
		const struct alg_cipher_info *a = alg_cipher(i);

		if (a->kind != ALG_KIND_null && a->kind != ALG_KIND_gmac)
			c->ciphers[i] = EVP_CIPHER_fetch(c->lib, a->openssl, NULL);
	}
	for (unsigned int i = 1; i < ALG_AUTH_N; i++)
		if (alg_auth(i)->kind == ALG_KIND_hmac)
			c->auths[i] = EVP_MD_fetch(c->lib, alg_auth(i)->openssl, NULL);
	for (unsigned int i = 1; i < ALG_PRF_N; i++)
		c->prfs[i] = EVP_MD_fetch(c->lib, alg_prf(i)->openssl, NULL);
	for (unsigned int i = 1; i < ALG_DH_N; i++)
		c->has_dh[i] = crypt_dh_exists(c->lib, (enum alg_dh)i);
	c->sha1 = EVP_MD_fetch(c->lib, "SHA1", NULL);
	c->sha256 = EVP_MD_fetch(c->lib, "SHA256", NULL);
}

struct crypt *
crypt_new(crypt_random_fn *random, void *arg, struct err *err)
{
	struct crypt *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		err_set(err, -ENOMEM, "OpenSSL", "memory is short");
		return NULL;
	}
	crypt_random_from(c, random, arg);
	c->lib = OSSL_LIB_CTX_new();
	c->base = c->lib != NULL ? OSSL_PROVIDER_load(c->lib, "default") : NULL;
	c->legacy = c->base != NULL ? OSSL_PROVIDER_load(c->lib, "legacy") : NULL;
	c->work = EVP_MD_CTX_new();
	if (c->base != NULL)
		fetch_all(c);
	if (c->work == NULL || c->sha1 == NULL || c->sha256 == NULL) {
		err_set(err, -EOPNOTSUPP, "OpenSSL", "its default provider does not start");
		crypt_free(c);
		return NULL;
	}
	return c;
}

void
crypt_free(struct crypt *c)
{
	if (c == NULL)
		return;
	for (unsigned int i = 0; i < ALG_CIPHER_N; i++)
		EVP_CIPHER_free(c->ciphers[i]);
	for (unsigned int i = 0; i < ALG_AUTH_N; i++)
		EVP_MD_free(c->auths[i]);
	for (unsigned int i = 0; i < ALG_PRF_N; i++)
		EVP_MD_free(c->prfs[i]);
	EVP_MD_free(c->sha1);
	EVP_MD_free(c->sha256);
	EVP_MD_CTX_free(c->work);
	if (c->legacy != NULL)
		OSSL_PROVIDER_unload(c->legacy);
	if (c->base != NULL)
		OSSL_PROVIDER_unload(c->base);
	OSSL_LIB_CTX_free(c->lib);
	free(c);
}

void
crypt_random_from(struct crypt *c, crypt_random_fn *random, void *arg)
{
	c->random = random;
	c->random_arg = arg;
}

void
crypt_random(struct crypt *c, void *p, size_t len)
{
	c->random(c->random_arg, p, len);
}

bool
crypt_has_cipher(const struct crypt *c, enum alg_cipher id)
{
	return id < ALG_CIPHER_N && c->ciphers[id] != NULL;
}

bool
crypt_has_auth(const struct crypt *c, enum alg_auth id)
{
	return id < ALG_AUTH_N && c->auths[id] != NULL;
}

bool
crypt_has_prf(const struct crypt *c, enum alg_prf id)
{
	return id < ALG_PRF_N && c->prfs[id] != NULL;
}

bool
crypt_has_dh(const struct crypt *c, enum alg_dh id)
{
	return id < ALG_DH_N && c->has_dh[id];
}

static bool
update(EVP_MD_CTX *ctx, const struct span *parts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (parts[i].len > 0 && !EVP_DigestUpdate(ctx, parts[i].p, parts[i].len))
			return false;
	return true;
}

/* Begins one of the two hashes of RFC 2104: the key, filled up and xored. */
static bool
hmac_begin(struct crypt *c, const EVP_MD *md, const uint8_t *key, size_t block_len, uint8_t pad)
{
	uint8_t block[HMAC_BLOCK_MAX];
	bool ok;

	for (size_t i = 0; i < block_len; i++)
		block[i] = key[i] ^ pad;
	ok = EVP_DigestInit_ex2(c->work, md, NULL) && EVP_DigestUpdate(c->work, block, block_len);
	secret_wipe(block, sizeof(block));
	return ok;
}

static int
hmac(struct crypt *c, const EVP_MD *md, struct span key, const struct span *parts, unsigned int n,
	uint8_t out[EVP_MAX_MD_SIZE])
{
	uint8_t block[HMAC_BLOCK_MAX] = { 0 };
	size_t block_len = (size_t)EVP_MD_get_block_size(md);
	unsigned int len = 0;
	bool ok = block_len <= sizeof(block);

	if (ok && key.len > block_len)
		ok = EVP_Digest(key.p, key.len, block, NULL, md, NULL);
	else if (ok && key.len > 0)
		memcpy(block, key.p, key.len);
	ok = ok && hmac_begin(c, md, block, block_len, 0x36) && update(c->work, parts, n) &&
		EVP_DigestFinal_ex(c->work, out, &len) &&
		hmac_begin(c, md, block, block_len, 0x5c) && EVP_DigestUpdate(c->work, out, len) &&
		EVP_DigestFinal_ex(c->work, out, &len);
	secret_wipe(block, sizeof(block));
	return ok ? 0 : -EIO;
}

int
crypt_prf(struct crypt *c, enum alg_prf prf, struct span key, const struct span *parts,
	unsigned int n, uint8_t *out)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	int rc;

	if (!crypt_has_prf(c, prf))
		return -EOPNOTSUPP;
	rc = hmac(c, c->prfs[prf], key, parts, n, digest);
	if (rc == 0)
		memcpy(out, digest, alg_prf(prf)->key_len);
	secret_wipe(digest, sizeof(digest));
	return rc;
}

int
crypt_prf_plus(struct crypt *c, enum alg_prf prf, struct span key, const struct span *parts,
	unsigned int n, uint8_t *out, size_t out_len)
{
	enum { PARTS_MAX = 8 };
	const struct alg_prf_info *info = alg_prf(prf);
	struct span all[PARTS_MAX + 2];
	uint8_t block[CRYPT_PRF_MAX], number = 0;
	int rc = 0;

	if (!crypt_has_prf(c, prf))
		return -EOPNOTSUPP;
	if (n > PARTS_MAX || out_len > (size_t)info->key_len * PRF_PLUS_BLOCKS)
		return -EINVAL;
	for (size_t done = 0; done < out_len && rc == 0;) {
		size_t len = out_len - done < info->key_len ? out_len - done : info->key_len;

		all[0] = (struct span){ block, number > 0 ? info->key_len : 0 };
		memcpy(all + 1, parts, n * sizeof(*parts));
		number++;
		all[n + 1] = (struct span){ &number, 1 };
		rc = crypt_prf(c, prf, key, all, n + 2, block);
		if (rc == 0)
			memcpy(out + done, block, len);
		done += len;
	}
	secret_wipe(block, sizeof(block));
	return rc;
}

int
crypt_sha1(struct crypt *c, const struct span *parts, unsigned int n, uint8_t out[CRYPT_SHA1_LEN])
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	if (!EVP_DigestInit_ex2(c->work, c->sha1, NULL) || !update(c->work, parts, n) ||
		!EVP_DigestFinal_ex(c->work, digest, NULL))
		return -EIO;
	memcpy(out, digest, CRYPT_SHA1_LEN);
	return 0;
}

int
crypt_hmac_sha256(
	struct crypt *c, struct span key, const struct span *parts, unsigned int n, uint8_t out[32])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	int rc = hmac(c, c->sha256, key, parts, n, digest);

	if (rc == 0)
		memcpy(out, digest, 32);
	return rc;
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

static bool
is_aead(const struct crypt_box *b)
{
	return b->info->icv_len > 0;
}

struct crypt_box *
crypt_box_new(struct crypt *c, enum alg_cipher cipher, enum alg_auth auth, struct span key,
	struct span auth_key, bool seals)
{
	const struct alg_cipher_info *info = alg_cipher(cipher);
	const struct alg_auth_info *a = alg_auth(auth);
	struct crypt_box *b;

	/* either the cipher authenticates, or something else does: never both, never none */
	if (!crypt_has_cipher(c, cipher) || (info->icv_len > 0) == (auth != ALG_AUTH_NONE) ||
		(auth != ALG_AUTH_NONE && !crypt_has_auth(c, auth)) ||
		key.len != alg_cipher_keymat(info) || auth_key.len != alg_auth_keymat(a))
		return NULL;
	b = calloc(1, sizeof(*b));
	if (b == NULL)
		return NULL;
	b->crypt = c;
	b->info = info;
	b->seals = seals;
	b->icv_len = a != NULL ? a->icv_len : info->icv_len;
	/* a counter mode deciphers by enciphering */
	b->cipher = cipher_state(c->ciphers[cipher], key.p, seals || info->kind == ALG_KIND_ctr);
	b->salt = secret_new(key.p + info->key_len, info->salt_len);
	if (a != NULL) {
		b->md = c->auths[auth];
		b->mac_key = secret_new(auth_key.p, auth_key.len);
	}
	if (b->cipher == NULL || b->salt == NULL || (a != NULL && b->mac_key == NULL)) {
		crypt_box_free(b);
		return NULL;
	}
	return b;
}

void
crypt_box_free(struct crypt_box *b)
{
	if (b == NULL)
		return;
	EVP_CIPHER_CTX_free(b->cipher);
	secret_free(b->mac_key);
	secret_free(b->salt);
	free(b);
}

size_t
crypt_box_iv_len(const struct crypt_box *b)
{
	return b->info->iv_len;
}

size_t
crypt_box_icv_len(const struct crypt_box *b)
{
	return b->icv_len;
}

size_t
crypt_box_block(const struct crypt_box *b)
{
	return b->info->kind == ALG_KIND_cbc ? b->info->block : 1;
}

/* What a counter mode counts from: salt and IV, and for CTR the block's number (RFC 3686 4). */
static void
nonce_make(const struct crypt_box *b, const uint8_t *iv, uint8_t nonce[CTR_BLOCK])
{
	memset(nonce, 0, CTR_BLOCK);
	memcpy(nonce, b->salt->data, b->salt->len);
	memcpy(nonce + b->salt->len, iv, b->info->iv_len);
	nonce[CTR_BLOCK - 1] = 1;
}

static bool
cipher_run(struct crypt_box *b, const uint8_t *iv, uint8_t *text, size_t len)
{
	uint8_t nonce[CTR_BLOCK];
	int n = 0;

	if (b->info->kind == ALG_KIND_ctr) {
		nonce_make(b, iv, nonce);
		iv = nonce;
	}
	return EVP_CipherInit_ex2(b->cipher, NULL, NULL, iv, -1, NULL) &&
		EVP_CipherUpdate(b->cipher, text, &n, text, (int)len) && (size_t)n == len;
}

static int
aead_run(struct crypt_box *b, uint8_t *p, size_t aad_len, size_t text_len)
{
	uint8_t *iv = p + aad_len, *text = iv + b->info->iv_len, *icv = text + text_len;
	uint8_t nonce[CTR_BLOCK], rest[CTR_BLOCK];
	int n = 0;

	nonce_make(b, iv, nonce);
	if (!EVP_CipherInit_ex2(b->cipher, NULL, NULL, nonce, -1, NULL) ||
		(!b->seals &&
			!EVP_CIPHER_CTX_ctrl(
				b->cipher, EVP_CTRL_AEAD_SET_TAG, (int)b->icv_len, icv)) ||
		!EVP_CipherUpdate(b->cipher, NULL, &n, p, (int)aad_len) ||
		!EVP_CipherUpdate(b->cipher, text, &n, text, (int)text_len))
		return -EIO;
	if (!EVP_CipherFinal_ex(b->cipher, rest, &n))
		return b->seals ? -EIO : -EBADMSG;
	if (b->seals &&
		!EVP_CIPHER_CTX_ctrl(b->cipher, EVP_CTRL_AEAD_GET_TAG, (int)b->icv_len, icv))
		return -EIO;
	return 0;
}

static int
box_mac(struct crypt_box *b, const uint8_t *p, size_t len, uint8_t mac[EVP_MAX_MD_SIZE])
{
	const struct span key = { b->mac_key->data, b->mac_key->len }, all = { p, len };

	return hmac(b->crypt, b->md, key, &all, 1, mac);
}

int
crypt_box_seal(struct crypt_box *b, uint8_t *p, size_t aad_len, size_t text_len)
{
	uint8_t *iv = p + aad_len, *text = iv + b->info->iv_len, mac[EVP_MAX_MD_SIZE];

	if (b->info->kind == ALG_KIND_cbc)
		crypt_random(b->crypt, iv, b->info->iv_len);
	else
		be64_put(iv, b->counter++);
	if (is_aead(b))
		return aead_run(b, p, aad_len, text_len);
	if (!cipher_run(b, iv, text, text_len) ||
		box_mac(b, p, (size_t)(text + text_len - p), mac) != 0)
		return -EIO;
	memcpy(text + text_len, mac, b->icv_len);
	return 0;
}

int
crypt_box_open(struct crypt_box *b, uint8_t *p, size_t aad_len, size_t text_len)
{
	uint8_t *iv = p + aad_len, *text = iv + b->info->iv_len, mac[EVP_MAX_MD_SIZE];

	if (is_aead(b))
		return aead_run(b, p, aad_len, text_len) == 0 ? 0 : -EBADMSG;
	if (box_mac(b, p, (size_t)(text + text_len - p), mac) != 0 ||
		!secret_eq(mac, text + text_len, b->icv_len))
		return -EBADMSG;
	return cipher_run(b, iv, text, text_len) ? 0 : -EBADMSG;
}
