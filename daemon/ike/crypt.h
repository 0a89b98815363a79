#ifndef YD_IKE_CRYPT_H
#define YD_IKE_CRYPT_H

#include <stdbool.h>

#include "daemon/ike/wire.h"
#include "lib/alg.h"

struct err;
struct secret;

/*
 * The cryptographic tools that IKE needs, without IKE: pseudo-random functions, Diffie-Hellman, ciphers with
 * an ICV, SHA-1. crypt_openssl.c makes them of OpenSSL; what is fetched is fetched when it starts, so
 * that a sandbox may close the file system afterwards. All randomness comes from the function
 * given, so that a test repeats itself.
 */
enum { CRYPT_PRF_MAX = 64, CRYPT_SHA1_LEN = 20, CRYPT_ICV_MAX = 32, CRYPT_IV_MAX = 16 };

typedef void crypt_random_fn(void *arg, void *p, size_t len);

/* NULL, and err filled, when OpenSSL does not give what is needed. */
struct crypt;
struct crypt *crypt_new(crypt_random_fn *random, void *arg, struct err *err);
void crypt_free(struct crypt *c);
void crypt_random(struct crypt *c, void *p, size_t len);

/* What this system can do: algorithms of alg.def that OpenSSL lacks are not offered. */
bool crypt_has_cipher(const struct crypt *c, enum alg_cipher id);
bool crypt_has_auth(const struct crypt *c, enum alg_auth id);
bool crypt_has_prf(const struct crypt *c, enum alg_prf id);
bool crypt_has_dh(const struct crypt *c, enum alg_dh id);

/* prf(key, data): data is the n parts one after another; out has the function's key_len. 0 or -EOPNOTSUPP,
 * -EIO. */
int crypt_prf(struct crypt *c, enum alg_prf prf, struct span key, const struct span *parts,
	unsigned int n, uint8_t *out);
/* prf+(key, seed) of RFC 7296 2.13, out_len bytes, at most 255 blocks (-EINVAL). */
int crypt_prf_plus(struct crypt *c, enum alg_prf prf, struct span key, const struct span *parts,
	unsigned int n, uint8_t *out, size_t out_len);
/* -EIO when OpenSSL fails. */
int crypt_sha1(
	struct crypt *c, const struct span *parts, unsigned int n, uint8_t out[CRYPT_SHA1_LEN]);
int crypt_hmac_sha256(struct crypt *c, struct span key, const struct span *parts, unsigned int n,
	uint8_t out[32]);

/* One's half of a Diffie-Hellman exchange. */
struct crypt_dh;
/* Makes a private and a public value. NULL when the group is not there or memory is short. */
struct crypt_dh *crypt_dh_new(struct crypt *c, enum alg_dh group);
/* Wipes. */
void crypt_dh_free(struct crypt_dh *dh);
enum alg_dh crypt_dh_group(const struct crypt_dh *dh);
/* Our public value as in a KE payload; borrowed. */
struct span crypt_dh_public(const struct crypt_dh *dh);
/*
 * g^ir as it goes into SKEYSEED: modp filled up to the length of the modulus (2.14), ecp the
 * x coordinate (RFC 5903 9), xdh as computed (RFC 8031). 0 and *out (which the caller frees), or -EBADMSG
 * when the peer's value has not the length of the group, or is no element of it that would do: 0, 1,
 * p-1 and beyond (RFC 6989 2.1), a point not on the curve (2.3), all zero at the end (RFC 7748 6.1).
 */
int crypt_dh_shared(struct crypt_dh *dh, struct span peer_public, struct secret **out);

/* A cipher and its ICV with a key, one direction: what protects SK payloads. */
struct crypt_box;
/* auth NONE with an AEAD. key, auth_key: key material (key and salt) of the algorithms' lengths.
 * NULL when there is no such algorithm or memory is short. */
struct crypt_box *crypt_box_new(struct crypt *c, enum alg_cipher cipher, enum alg_auth auth,
	struct span key, struct span auth_key, bool seals);
/* Wipes. */
void crypt_box_free(struct crypt_box *b);
size_t crypt_box_iv_len(const struct crypt_box *b);
size_t crypt_box_icv_len(const struct crypt_box *b);
size_t crypt_box_block(const struct crypt_box *b); /* text is a multiple of it */
/*
 * p: [0, aad_len) is authenticated only, then the IV (written by seal: random for CBC, a counter for
 * counter modes), text_len bytes of text, the ICV (written by seal). In place. 0, or -EIO.
 */
int crypt_box_seal(struct crypt_box *b, uint8_t *p, size_t aad_len, size_t text_len);
/* 0, or -EBADMSG: the ICV is wrong (compared in constant time), the text is as it was or worthless. */
int crypt_box_open(struct crypt_box *b, uint8_t *p, size_t aad_len, size_t text_len);

#endif
