/*
 * Diffie-Hellman by OpenSSL 3: modp (RFC 2409, RFC 3526), ecp (RFC 5903), xdh (RFC 8031). The private values are
 * made of the random function given, so arithmetic is asked for and not key generation. Values of the peer
 * are checked as RFC 6989 2 wants it; no private value is used twice.
 */
#include "config.h"

#include "daemon/ike/crypt.h"

#include "daemon/ike/crypt_private.h"
#include "lib/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

enum { PUBLIC_MAX = 512, MODP_PRIVATE_LEN = 64 };

struct crypt_dh {
	struct crypt *crypt;
	const struct alg_dh_info *info;
	const struct kind *kind;
	enum alg_dh group;
	struct secret *private;
	uint8_t public[PUBLIC_MAX];
};

/* Each does its part for one kind of group. */
struct kind {
	bool (*exists)(OSSL_LIB_CTX *lib, const struct alg_dh_info *info);
	/* Fills private and public. */
	bool (*make)(struct crypt_dh *dh);
	/* From a value of the right length; out has shared_len bytes. */
	bool (*shared)(struct crypt_dh *dh, const uint8_t *peer, uint8_t *out);
};

static const struct {
	const char *name;
	BIGNUM *(*get)(BIGNUM *);
} primes[] = {
	{ "modp_768", BN_get_rfc2409_prime_768 },
	{ "modp_1024", BN_get_rfc2409_prime_1024 },
	{ "modp_1536", BN_get_rfc3526_prime_1536 },
	{ "modp_2048", BN_get_rfc3526_prime_2048 },
	{ "modp_3072", BN_get_rfc3526_prime_3072 },
	{ "modp_4096", BN_get_rfc3526_prime_4096 },
};

static BIGNUM *
prime_of(const struct alg_dh_info *info)
{
	for (size_t i = 0; i < sizeof(primes) / sizeof(primes[0]); i++)
		if (strcmp(primes[i].name, info->openssl) == 0)
			return primes[i].get(NULL);
	return NULL;
}

static bool
modp_exists(OSSL_LIB_CTX *lib, const struct alg_dh_info *info)
{
	BIGNUM *p = prime_of(info);
	bool ok = p != NULL && BN_num_bytes(p) == info->public_len;

	(void)lib;
	BN_free(p);
	return ok;
}

/* base to the power of the private value, filled up to the length of the modulus. */
static bool
modp_power(const struct crypt_dh *dh, const BIGNUM *base, const BIGNUM *p, uint8_t *out)
{
	BN_CTX *ctx = BN_CTX_secure_new_ex(crypt_lib(dh->crypt));
	BIGNUM *x = BN_bin2bn(dh->private->data, (int)dh->private->len, NULL);
	BIGNUM *r = BN_new();
	bool ok = ctx != NULL && x != NULL && r != NULL &&
		BN_mod_exp_mont_consttime(r, base, x, p, ctx, NULL) &&
		BN_bn2binpad(r, out, dh->info->public_len) == dh->info->public_len;

	BN_clear_free(x);
	BN_clear_free(r);
	BN_CTX_free(ctx);
	return ok;
}

static bool
modp_make(struct crypt_dh *dh)
{
	BIGNUM *p = prime_of(dh->info), *g = BN_new();
	bool ok = false;

	dh->private = secret_new(NULL, MODP_PRIVATE_LEN);
	if (dh->private != NULL && p != NULL && g != NULL && BN_set_word(g, 2)) {
		crypt_random(dh->crypt, dh->private->data, dh->private->len);
		ok = modp_power(dh, g, p, dh->public);
	}
	BN_free(p);
	BN_free(g);
	return ok;
}

static bool
modp_shared(struct crypt_dh *dh, const uint8_t *peer, uint8_t *out)
{
	BIGNUM *p = prime_of(dh->info), *top = p != NULL ? BN_dup(p) : NULL;
	BIGNUM *y = BN_bin2bn(peer, dh->info->public_len, NULL);
	/* 1 < y < p - 1: what is left has a large order, for p is a safe prime */
	bool ok = top != NULL && y != NULL && BN_sub_word(top, 1) &&
		BN_cmp(y, BN_value_one()) > 0 && BN_cmp(y, top) < 0 && modp_power(dh, y, p, out);

	BN_free(p);
	BN_free(top);
	BN_free(y);
	return ok;
}

static EC_GROUP *
curve_of(OSSL_LIB_CTX *lib, const struct alg_dh_info *info)
{
	return EC_GROUP_new_by_curve_name_ex(lib, NULL, EC_curve_nist2nid(info->openssl));
}

static bool
ecp_exists(OSSL_LIB_CTX *lib, const struct alg_dh_info *info)
{
	EC_GROUP *group = curve_of(lib, info);
	bool ok = group != NULL && (EC_GROUP_get_degree(group) + 7) / 8 == info->shared_len;

	EC_GROUP_free(group);
	return ok;
}

/* A private value: 1 … order - 1. Numbers beyond are thrown away (FIPS 186-4 B.4.2). */
static bool
ecp_private(struct crypt_dh *dh, const EC_GROUP *group)
{
	const BIGNUM *order = EC_GROUP_get0_order(group);
	unsigned int beyond = (unsigned int)(dh->info->shared_len * 8 - BN_num_bits(order));
	BIGNUM *x = BN_new();
	bool found = false;

	dh->private = secret_new(NULL, dh->info->shared_len);
	for (int tries = 0; tries < 64 && !found && dh->private != NULL && x != NULL; tries++) {
		crypt_random(dh->crypt, dh->private->data, dh->private->len);
		dh->private->data[0] &= (uint8_t)(0xff >> beyond);
		found = BN_bin2bn(dh->private->data, (int)dh->private->len, x) != NULL &&
			!BN_is_zero(x) && BN_cmp(x, order) < 0;
	}
	BN_clear_free(x);
	return found;
}

/* The private value times base (NULL: the generator): x into out, and y behind it if with_y. */
static bool
ecp_times(const struct crypt_dh *dh, const EC_GROUP *group, const EC_POINT *base, bool with_y,
	uint8_t *out)
{
	int len = dh->info->shared_len;
	BN_CTX *ctx = BN_CTX_secure_new_ex(crypt_lib(dh->crypt));
	BIGNUM *k = BN_bin2bn(dh->private->data, (int)dh->private->len, NULL);
	BIGNUM *x = BN_new(), *y = BN_new();
	EC_POINT *r = EC_POINT_new(group);
	bool ok = ctx != NULL && k != NULL && x != NULL && y != NULL && r != NULL &&
		EC_POINT_mul(
			group, r, base == NULL ? k : NULL, base, base == NULL ? NULL : k, ctx) &&
		!EC_POINT_is_at_infinity(group, r) &&
		EC_POINT_get_affine_coordinates(group, r, x, y, ctx) &&
		BN_bn2binpad(x, out, len) == len &&
		(!with_y || BN_bn2binpad(y, out + len, len) == len);

	BN_clear_free(k);
	BN_clear_free(x);
	BN_clear_free(y);
	EC_POINT_clear_free(r);
	BN_CTX_free(ctx);
	return ok;
}

static bool
ecp_make(struct crypt_dh *dh)
{
	EC_GROUP *group = curve_of(crypt_lib(dh->crypt), dh->info);
	bool ok = group != NULL && ecp_private(dh, group) &&
		ecp_times(dh, group, NULL, true, dh->public);

	EC_GROUP_free(group);
	return ok;
}

static bool
ecp_shared(struct crypt_dh *dh, const uint8_t *peer, uint8_t *out)
{
	int len = dh->info->shared_len;
	EC_GROUP *group = curve_of(crypt_lib(dh->crypt), dh->info);
	BIGNUM *x = BN_bin2bn(peer, len, NULL), *y = BN_bin2bn(peer + len, len, NULL);
	EC_POINT *point = group != NULL ? EC_POINT_new(group) : NULL;
	/* the library would reduce coordinates beyond the field, and refuses points off the curve */
	bool ok = x != NULL && y != NULL && point != NULL &&
		BN_cmp(x, EC_GROUP_get0_field(group)) < 0 &&
		BN_cmp(y, EC_GROUP_get0_field(group)) < 0 &&
		EC_POINT_set_affine_coordinates(group, point, x, y, NULL) &&
		ecp_times(dh, group, point, false, out);

	BN_free(x);
	BN_free(y);
	EC_POINT_free(point);
	EC_GROUP_free(group);
	return ok;
}

static bool
xdh_exists(OSSL_LIB_CTX *lib, const struct alg_dh_info *info)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(lib, info->openssl, NULL);

	EVP_PKEY_CTX_free(ctx);
	return ctx != NULL;
}

static EVP_PKEY *
xdh_key(const struct crypt_dh *dh)
{
	return EVP_PKEY_new_raw_private_key_ex(
		crypt_lib(dh->crypt), dh->info->openssl, NULL, dh->private->data, dh->private->len);
}

static bool
xdh_make(struct crypt_dh *dh)
{
	EVP_PKEY *key = NULL;
	size_t len = dh->info->public_len;
	bool ok;

	dh->private = secret_new(NULL, dh->info->shared_len);
	if (dh->private == NULL)
		return false;
	crypt_random(dh->crypt, dh->private->data, dh->private->len);
	key = xdh_key(dh);
	ok = key != NULL && EVP_PKEY_get_raw_public_key(key, dh->public, &len) &&
		len == dh->info->public_len;
	EVP_PKEY_free(key);
	return ok;
}

static bool
is_zero(const uint8_t *p, size_t len)
{
	uint8_t all = 0;

	for (size_t i = 0; i < len; i++)
		all |= p[i];
	return all == 0;
}

static bool
xdh_shared(struct crypt_dh *dh, const uint8_t *peer, uint8_t *out)
{
	OSSL_LIB_CTX *lib = crypt_lib(dh->crypt);
	size_t len = dh->info->shared_len;
	EVP_PKEY *key = xdh_key(dh);
	EVP_PKEY *other = EVP_PKEY_new_raw_public_key_ex(
		lib, dh->info->openssl, NULL, peer, dh->info->public_len);
	EVP_PKEY_CTX *ctx = key != NULL ? EVP_PKEY_CTX_new_from_pkey(lib, key, NULL) : NULL;
	bool ok = ctx != NULL && other != NULL && EVP_PKEY_derive_init(ctx) > 0 &&
		EVP_PKEY_derive_set_peer_ex(ctx, other, 0) > 0 &&
		EVP_PKEY_derive(ctx, out, &len) > 0 && len == dh->info->shared_len &&
		!is_zero(out, len);

	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(other);
	EVP_PKEY_free(key);
	return ok;
}

static const struct kind kinds[] = {
	[ALG_DH_KIND_modp] = { modp_exists, modp_make, modp_shared },
	[ALG_DH_KIND_ecp] = { ecp_exists, ecp_make, ecp_shared },
	[ALG_DH_KIND_xdh] = { xdh_exists, xdh_make, xdh_shared },
};

bool
crypt_dh_exists(OSSL_LIB_CTX *lib, enum alg_dh group)
{
	const struct alg_dh_info *info = alg_dh(group);

	return info->public_len <= PUBLIC_MAX && kinds[info->kind].exists(lib, info);
}

struct crypt_dh *
crypt_dh_new(struct crypt *c, enum alg_dh group)
{
	struct crypt_dh *dh;

	if (!crypt_has_dh(c, group))
		return NULL;
	dh = calloc(1, sizeof(*dh));
	if (dh == NULL)
		return NULL;
	dh->crypt = c;
	dh->group = group;
	dh->info = alg_dh(group);
	dh->kind = &kinds[dh->info->kind];
	if (!dh->kind->make(dh)) {
		crypt_dh_free(dh);
		return NULL;
	}
	return dh;
}

void
crypt_dh_free(struct crypt_dh *dh)
{
	if (dh == NULL)
		return;
	secret_free(dh->private);
	free(dh);
}

enum alg_dh
crypt_dh_group(const struct crypt_dh *dh)
{
	return dh->group;
}

struct span
crypt_dh_public(const struct crypt_dh *dh)
{
	return (struct span){ dh->public, dh->info->public_len };
}

int
crypt_dh_shared(struct crypt_dh *dh, struct span peer_public, struct secret **out)
{
	struct secret *s;

	if (peer_public.len != dh->info->public_len)
		return -EBADMSG;
	s = secret_new(NULL, dh->info->shared_len);
	if (s == NULL)
		return -ENOMEM;
	if (!dh->kind->shared(dh, peer_public.p, s->data)) {
		secret_free(s);
		return -EBADMSG;
	}
	*out = s;
	return 0;
}
