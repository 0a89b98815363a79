#ifndef YD_IKE_KEYS_H
#define YD_IKE_KEYS_H

#include <stdbool.h>

#include "daemon/ike/crypt.h"
#include "daemon/ike/wire.h"

struct secret;

/*
 * The keys of IKE SAs and CHILD SAs (RFC 7296 2.13–2.18), and the AUTH octets of a pre-shared key (2.15).
 */
enum { KEYS_CHILD_MAX = 64 };

/* What protects an IKE SA. */
struct keys_suite {
	enum alg_cipher cipher;
	enum alg_auth auth; /* NONE with an AEAD */
	enum alg_prf prf;
};

/* The keys of an IKE SA. The secrets are here for those who check the arithmetic; what works
 * with them are the boxes. */
struct keys {
	struct keys_suite suite;
	struct secret *d;
	struct secret *ai;
	struct secret *ar;
	struct secret *ei; /* key and salt */
	struct secret *er;
	struct secret *pi;
	struct secret *pr;
	struct crypt_box *seal; /* what we send */
	struct crypt_box *open; /* what comes */
};

/* What goes into SKEYSEED and prf+ (2.14). */
struct keys_input {
	struct span nonce_i;
	struct span nonce_r;
	uint64_t spi_i; /* of the new IKE SA */
	uint64_t spi_r;
	const struct secret *shared; /* g^ir */
	bool initiator;		     /* of the new IKE SA: are we? */
};

/* The keys of a first IKE SA (old NULL), or of one that replaces old (2.18: SKEYSEED by the old
 * SK_d and the old prf, the rest by the new prf). 0, or -errno and nothing is kept. */
int keys_init(struct crypt *c, const struct keys_suite *suite, const struct keys_input *in,
	const struct keys *old, struct keys *out);
/* Wipes; twice is once. */
void keys_fini(struct keys *k);

/* The keys of a pair of SAs, key material each (key and salt), lengths as in alg.def. */
struct keys_child {
	uint8_t cipher_i[KEYS_CHILD_MAX]; /* from the initiator of the exchange to the responder */
	uint8_t auth_i[KEYS_CHILD_MAX];
	uint8_t cipher_r[KEYS_CHILD_MAX];
	uint8_t auth_r[KEYS_CHILD_MAX];
	uint32_t cipher_len;
	uint32_t auth_len;
};

/* KEYMAT (2.17): nonces of IKE_SA_INIT for the first pair, else of the CREATE_CHILD_SA exchange;
 * shared NULL without PFS. 0 or -errno. The caller wipes it (keys_child_fini). */
int keys_child_init(struct crypt *c, const struct keys *k, enum alg_cipher cipher,
	enum alg_auth auth, const struct secret *shared, struct span nonce_i, struct span nonce_r,
	struct keys_child *out);
void keys_child_fini(struct keys_child *k);

/*
 * The AUTH data of a pre-shared key (2.15): of_initiator says whose. message: that one's own IKE_SA_INIT message
 * as it was sent (the last one, with cookie); nonce: the other's, without header; id_body: as in
 * struct message. out has CRYPT_PRF_MAX bytes, the return is their number or -errno. Compare with secret_eq.
 */
int keys_auth_psk(struct crypt *c, const struct keys *k, bool of_initiator, struct span psk,
	struct span message, struct span nonce, struct span id_body, uint8_t out[CRYPT_PRF_MAX]);

#endif
