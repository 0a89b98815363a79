#ifndef YD_LIB_ALG_H
#define YD_LIB_ALG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The algorithm table of alg.def. Algorithm facts live there and nowhere else. */

enum alg_cipher {
	ALG_CIPHER_NONE,
#define ALG_CIPHER(id, ...) ALG_CIPHER_##id,
#include "lib/alg.def"
#undef ALG_CIPHER
	ALG_CIPHER_N
};

enum alg_auth {
	ALG_AUTH_NONE,
#define ALG_AUTH(id, ...) ALG_AUTH_##id,
#include "lib/alg.def"
#undef ALG_AUTH
	ALG_AUTH_N
};

enum alg_prf {
	ALG_PRF_NONE,
#define ALG_PRF(id, ...) ALG_PRF_##id,
#include "lib/alg.def"
#undef ALG_PRF
	ALG_PRF_N
};

enum alg_dh {
	ALG_DH_NONE,
#define ALG_DH(id, ...) ALG_DH_##id,
#include "lib/alg.def"
#undef ALG_DH
	ALG_DH_N
};

/* How a group's values look (alg.def). */
enum alg_dh_kind { ALG_DH_KIND_modp, ALG_DH_KIND_ecp, ALG_DH_KIND_xdh };

/* How an algorithm works; alg.def says which is which. */
enum alg_kind {
	ALG_KIND_null,
	ALG_KIND_cbc,
	ALG_KIND_ctr,
	ALG_KIND_aead, /* encrypts and authenticates */
	ALG_KIND_gmac, /* an AEAD that authenticates only (RFC 4543) */
	ALG_KIND_hmac
};

/* Where the operator may choose an authentication algorithm. */
enum alg_offered { ALG_OFFERED_no, ALG_OFFERED_ah, ALG_OFFERED_both };

struct alg_cipher_info {
	const char *keyword; /* VRP, or IANA */
	const char *display;
	uint16_t iana;
	uint8_t kind;	  /* enum alg_kind */
	uint8_t key_len;  /* bytes */
	uint8_t salt_len; /* behind the key in the key material; bytes */
	uint8_t block;	  /* padding unit, bytes */
	uint8_t iv_len;	  /* bytes on the wire */
	uint8_t icv_len;  /* of its own, bytes on the wire; 0: it does not authenticate */
	const char *openssl;
	bool weak;
	bool manual; /* may be used with keys that never change */
};

struct alg_auth_info {
	const char *keyword;
	const char *display;
	uint16_t iana;
	uint8_t kind;	  /* enum alg_kind */
	uint8_t offered;  /* enum alg_offered */
	uint8_t key_len;  /* bytes */
	uint8_t salt_len; /* bytes */
	uint8_t iv_len;	  /* in front of the ICV on the wire, bytes */
	uint8_t icv_len;  /* bytes on the wire */
	const char *openssl;
	bool weak;
	bool manual;
};

struct alg_prf_info {
	const char *keyword;
	const char *display;
	uint16_t iana;
	uint8_t key_len; /* bytes; of the output too */
	const char *openssl;
	bool weak;
};

struct alg_dh_info {
	const char *keyword;
	const char *display;
	uint16_t iana;
	uint8_t kind;	     /* enum alg_dh_kind */
	uint16_t public_len; /* bytes on the wire */
	uint16_t shared_len; /* of g^ir, bytes */
	uint8_t cost;	     /* of half an exchange, in tenths of a millisecond */
	const char *openssl;
	bool weak;
};

/* NULL for NONE and beyond N. */
const struct alg_cipher_info *alg_cipher(unsigned int id);
const struct alg_auth_info *alg_auth(unsigned int id);
const struct alg_prf_info *alg_prf(unsigned int id);
const struct alg_dh_info *alg_dh(unsigned int id);
/* By keyword; NONE when unknown. */
enum alg_cipher alg_cipher_find(const char *keyword);
enum alg_auth alg_auth_find(const char *keyword);
enum alg_prf alg_prf_find(const char *keyword);
enum alg_dh alg_dh_find(const char *keyword);
/* The shorter form of the same algorithm that peers from before RFC 4868 expect
 * (`ipsec authentication sha2 compatible enable`); id itself when there is none. */
enum alg_auth alg_auth_compatible(enum alg_auth id);

/* Bytes of key material: key and salt. NULL: 0. */
static inline uint32_t
alg_cipher_keymat(const struct alg_cipher_info *c)
{
	return c != NULL ? (uint32_t)c->key_len + c->salt_len : 0;
}

static inline uint32_t
alg_auth_keymat(const struct alg_auth_info *a)
{
	return a != NULL ? (uint32_t)a->key_len + a->salt_len : 0;
}

#endif
