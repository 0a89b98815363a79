#ifndef YD_DATAPATH_CRYPTO_H
#define YD_DATAPATH_CRYPTO_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/alg.h"

struct err;

/*
 * Cryptography is asked for in batches through one interface, whoever does it. The ESP rooms lay a
 * packet out, an engine enciphers and authenticates it; no engine knows what ESP is.
 */
enum crypto_result {
	CRYPTO_OK,
	CRYPTO_AUTH,  /* the ICV is not right; the text was not deciphered */
	CRYPTO_FAILED /* the engine could not; nothing may be sent or accepted */
};

/* What an engine keeps for an SA: keys ready for use. Opaque, owned by the SA. */
struct crypto_sa;

/*
 * The work on one packet, in place. aad, iv and text lie one after another in memory, without a gap:
 * what is authenticated is [aad, text + text_len) (RFC 4303 2.8), what is enciphered is text.
 */
struct crypto_job {
	struct crypto_sa *sa;
	uint8_t *aad;
	uint8_t *iv; /* of the cipher's iv_len: written by encrypt, read by decrypt */
	uint8_t *text;
	uint32_t text_len; /* bytes, a multiple of the cipher's block */
	uint8_t *icv;	   /* of the algorithm's icv_len: written by encrypt, compared by decrypt */
	uint8_t result;	   /* enum crypto_result, set by the engine */
};

struct crypto_keys {
	bool encrypts; /* an SA has one direction */
	enum alg_cipher cipher;
	enum alg_auth auth;	   /* ALG_AUTH_NONE: icv_len is 0 */
	const uint8_t *cipher_key; /* borrowed, of exactly the algorithms' lengths */
	const uint8_t *auth_key;
};

/* An engine starts with this struct; its functions know what follows. */
struct crypto_engine {
	const char *name;
	/* 0 and *sa, or -errno: -EOPNOTSUPP when the engine lacks the algorithm. */
	int (*sa_init)(struct crypto_engine *e, const struct crypto_keys *keys,
		struct crypto_sa **sa, struct err *err);
	/* Wipes the keys. NULL is legal. */
	void (*sa_free)(struct crypto_engine *e, struct crypto_sa *sa);
	/* Jobs of any mixture of this engine's SAs; each gets its result. IVs are chosen here: never
	 * predictable, never used twice (RFC 3602 section 3). */
	void (*encrypt_batch)(struct crypto_engine *e, struct crypto_job *jobs, unsigned int n);
	/* Verifies first and deciphers only what is authentic. */
	void (*decrypt_batch)(struct crypto_engine *e, struct crypto_job *jobs, unsigned int n);
	void (*free)(struct crypto_engine *e);
};

/* The portable engine. NULL, and err filled, when OpenSSL does not give what is needed. */
struct crypto_engine *crypto_openssl_new(struct err *err);

#endif
