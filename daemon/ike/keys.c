/*
 * Which bytes become which key: RFC 7296 2.13–2.18. Refuses to know how a pseudo-random function
 * works and where the nonces come from.
 */
#include "config.h"

#include "daemon/ike/keys.h"

#include "lib/buf.h"
#include "lib/secret.h"

#include <errno.h>
#include <string.h>

enum { SKEYSEED_KEY_MAX = 2 * WIRE_NONCE_MAX, KEYMAT_MAX = 2 * CRYPT_PRF_MAX * 8 };

static struct span
span_of(const struct secret *s)
{
	return (struct span){ s->data, s->len };
}

/* SKEYSEED: prf(Ni | Nr, g^ir), or of a rekeyed SA prf(old SK_d, g^ir | Ni | Nr). */
static int
skeyseed(struct crypt *c, enum alg_prf prf, const struct keys_input *in, const struct keys *old,
	uint8_t out[CRYPT_PRF_MAX])
{
	const struct span parts[] = { span_of(in->shared), in->nonce_i, in->nonce_r };
	uint8_t nonces[SKEYSEED_KEY_MAX];
	struct wbuf w = wbuf_over(nonces, sizeof(nonces));

	if (old != NULL)
		return crypt_prf(c, old->suite.prf, span_of(old->d), parts, 3, out);
	wbuf_put(&w, in->nonce_i.p, in->nonce_i.len);
	wbuf_put(&w, in->nonce_r.p, in->nonce_r.len);
	if (w.bad)
		return -EINVAL;
	return crypt_prf(c, prf, (struct span){ nonces, wbuf_len(&w) }, parts, 1, out);
}

/* prf+(SKEYSEED, Ni | Nr | SPIi | SPIr) */
static int
keymat(struct crypt *c, const struct keys_suite *suite, const struct keys_input *in,
	const struct keys *old, uint8_t *out, size_t len)
{
	uint8_t seed[CRYPT_PRF_MAX], spis[16];
	const struct span parts[] = { in->nonce_i, in->nonce_r, { spis, sizeof(spis) } };
	enum alg_prf seed_prf = old != NULL ? old->suite.prf : suite->prf;
	int rc = skeyseed(c, suite->prf, in, old, seed);

	be64_put(spis, in->spi_i);
	be64_put(spis + 8, in->spi_r);
	if (rc == 0)
		rc = crypt_prf_plus(c, suite->prf,
			(struct span){ seed, alg_prf(seed_prf)->key_len }, parts, 3, out, len);
	secret_wipe(seed, sizeof(seed));
	return rc;
}

/* Cuts keymat into the seven, in the order of 2.14. */
static int
distribute(struct keys *k, size_t prf_len, size_t auth_len, size_t cipher_len, uint8_t *p)
{
	const struct {
		struct secret **to;
		size_t len;
	} rows[] = {
		{ &k->d, prf_len },
		{ &k->ai, auth_len },
		{ &k->ar, auth_len },
		{ &k->ei, cipher_len },
		{ &k->er, cipher_len },
		{ &k->pi, prf_len },
		{ &k->pr, prf_len },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		*rows[i].to = secret_new(p, rows[i].len);
		if (*rows[i].to == NULL)
			return -ENOMEM;
		p += rows[i].len;
	}
	return 0;
}

static int
boxes(struct crypt *c, struct keys *k, bool initiator)
{
	struct crypt_box *i = crypt_box_new(
		c, k->suite.cipher, k->suite.auth, span_of(k->ei), span_of(k->ai), initiator);
	struct crypt_box *r = crypt_box_new(
		c, k->suite.cipher, k->suite.auth, span_of(k->er), span_of(k->ar), !initiator);

	k->seal = initiator ? i : r;
	k->open = initiator ? r : i;
	return i != NULL && r != NULL ? 0 : -EOPNOTSUPP;
}

int
keys_init(struct crypt *c, const struct keys_suite *suite, const struct keys_input *in,
	const struct keys *old, struct keys *out)
{
	const struct alg_prf_info *prf = alg_prf(suite->prf);
	size_t cipher_len = alg_cipher_keymat(alg_cipher(suite->cipher));
	size_t auth_len = alg_auth_keymat(alg_auth(suite->auth));
	uint8_t mat[KEYMAT_MAX];
	size_t len;
	int rc;

	memset(out, 0, sizeof(*out));
	if (prf == NULL || cipher_len == 0)
		return -EOPNOTSUPP;
	len = 3u * prf->key_len + 2 * auth_len + 2 * cipher_len;
	if (len > sizeof(mat))
		return -EINVAL;
	out->suite = *suite;
	rc = keymat(c, suite, in, old, mat, len);
	if (rc == 0)
		rc = distribute(out, prf->key_len, auth_len, cipher_len, mat);
	if (rc == 0)
		rc = boxes(c, out, in->initiator);
	secret_wipe(mat, sizeof(mat));
	if (rc != 0)
		keys_fini(out);
	return rc;
}

void
keys_fini(struct keys *k)
{
	struct secret *const secrets[] = { k->d, k->ai, k->ar, k->ei, k->er, k->pi, k->pr };

	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		secret_free(secrets[i]);
	crypt_box_free(k->seal);
	crypt_box_free(k->open);
	memset(k, 0, sizeof(*k));
}

int
keys_child_init(struct crypt *c, const struct keys *k, enum alg_cipher cipher, enum alg_auth auth,
	const struct secret *shared, struct span nonce_i, struct span nonce_r,
	struct keys_child *out)
{
	const struct span parts[] = { shared != NULL ? span_of(shared) : (struct span){ NULL, 0 },
		nonce_i, nonce_r };
	uint8_t mat[4 * KEYS_CHILD_MAX];
	uint32_t cipher_len = alg_cipher_keymat(alg_cipher(cipher));
	uint32_t auth_len = alg_auth_keymat(alg_auth(auth)), both = cipher_len + auth_len;
	int rc;

	memset(out, 0, sizeof(*out));
	if (cipher_len > KEYS_CHILD_MAX || auth_len > KEYS_CHILD_MAX)
		return -EINVAL;
	rc = crypt_prf_plus(c, k->suite.prf, span_of(k->d), parts, 3, mat, 2u * both);
	if (rc == 0) {
		/* encryption before integrity, the initiator's direction first (2.17) */
		memcpy(out->cipher_i, mat, cipher_len);
		memcpy(out->auth_i, mat + cipher_len, auth_len);
		memcpy(out->cipher_r, mat + both, cipher_len);
		memcpy(out->auth_r, mat + both + cipher_len, auth_len);
		out->cipher_len = cipher_len;
		out->auth_len = auth_len;
	}
	secret_wipe(mat, sizeof(mat));
	return rc;
}

void
keys_child_fini(struct keys_child *k)
{
	secret_wipe(k, sizeof(*k));
}

int
keys_auth_psk(struct crypt *c, const struct keys *k, bool of_initiator, struct span psk,
	struct span message, struct span nonce, struct span id_body, uint8_t out[CRYPT_PRF_MAX])
{
	static const char pad[] = "Key Pad for IKEv2";
	const struct secret *p = of_initiator ? k->pi : k->pr;
	enum alg_prf prf = k->suite.prf;
	size_t len = alg_prf(prf)->key_len;
	const struct span pad_part = { (const uint8_t *)pad, sizeof(pad) - 1 };
	uint8_t maced[CRYPT_PRF_MAX], key[CRYPT_PRF_MAX];
	const struct span octets[] = { message, nonce, { maced, len } };
	int rc = crypt_prf(c, prf, span_of(p), &id_body, 1, maced);

	if (rc == 0)
		rc = crypt_prf(c, prf, psk, &pad_part, 1, key);
	if (rc == 0)
		rc = crypt_prf(c, prf, (struct span){ key, len }, octets, 3, out);
	secret_wipe(key, sizeof(key));
	return rc == 0 ? (int)len : rc;
}
