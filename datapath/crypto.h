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
	CRYPTO_AUTH,  /* the ICV is not right */
	CRYPTO_FAILED /* the engine could not; nothing may be sent or accepted */
};

/* What an engine keeps for an SA: keys ready for use. Opaque, owned by the SA. */
struct crypto_sa;

/*
 * The work on one packet, in place. aad, iv and text lie one after another in memory, without a gap:
 * a MAC covers [aad, text + text_len) (RFC 4303 2.8) and, before it, head; an AEAD enciphers text
 * and covers [aad, iv) with it. What is enciphered is text. With esn the high half of seq is
 * covered, too: behind the text by a MAC (RFC 4303 2.2.1), behind the first four octets by an
 * AEAD (RFC 4106 5, RFC 4543 3.3).
 */
struct crypto_job {
	struct crypto_sa *sa;
	const uint8_t *head; /* NULL: none; else what stands before aad for the ICV's sake (AH) */
	uint32_t head_len;
	uint32_t text_len; /* bytes, a multiple of the cipher's block */
	uint8_t *aad;
	uint8_t *iv; /* of the algorithm's iv_len: written by encrypt, read by decrypt */
	uint8_t *text;
	uint8_t *icv;	/* of the algorithm's icv_len: written by encrypt, compared by decrypt */
	uint64_t seq;	/* the packet's number; no two packets to encrypt have the same */
	uint8_t result; /* enum crypto_result, set by the engine */
};

struct crypto_keys {
	bool encrypts; /* an SA has one direction */
	bool esn;
	enum alg_cipher cipher;	   /* NONE: authentication only, no text to encipher (AH) */
	enum alg_auth auth;	   /* NONE: the cipher's own ICV, if it has one */
	const uint8_t *cipher_key; /* borrowed, key material of exactly the algorithms' lengths */
	const uint8_t *auth_key;
	const uint8_t
		*context; /* sets SAs apart that have the same key, for their IVs; NULL: none */
	uint32_t context_len;
};

/* An engine starts with this struct; its functions know what follows. */
struct crypto_engine {
	const char *name;
	/* 0 and *sa, or -errno: -EOPNOTSUPP when the engine lacks the algorithm. */
	int (*sa_init)(struct crypto_engine *e, const struct crypto_keys *keys,
		struct crypto_sa **sa, struct err *err);
	/* Wipes the keys. NULL is legal. */
	void (*sa_free)(struct crypto_engine *e, struct crypto_sa *sa);
	/* Jobs of any mixture of this engine's SAs; each gets its result. IVs are chosen here: for
	 * CBC never predictable, never used twice (RFC 3602 3); else the packet's number. */
	void (*encrypt_batch)(struct crypto_engine *e, struct crypto_job *jobs, unsigned int n);
	/* The text of a job that is not CRYPTO_OK is worthless. */
	void (*decrypt_batch)(struct crypto_engine *e, struct crypto_job *jobs, unsigned int n);
	/* A number that stands for a key, never 0, other in every process: says nothing about the key,
	 * and equal keys have equal ones. */
	uint64_t (*mark)(struct crypto_engine *e, const uint8_t *key, uint32_t len);
	void (*free)(struct crypto_engine *e);
};

/* The portable engine. NULL, and err filled, when OpenSSL does not give what is needed. */
struct crypto_engine *crypto_openssl_new(struct err *err);

#endif
