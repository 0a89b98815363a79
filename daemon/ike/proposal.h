#ifndef YD_IKE_PROPOSAL_H
#define YD_IKE_PROPOSAL_H

#include <stdbool.h>

#include "daemon/ike/wire.h"
#include "lib/alg.h"

struct wbuf;

/*
 * SA payloads (RFC 7296 3.3, 2.7): what a peer offers, what we are configured to take, and the choice. What
 * is configured are lists of the algorithms of alg.def in the order of preference, one `proposal_config` for
 * each proposal of the operator; on the wire one of them may become two, since ciphers that authenticate
 * themselves must not share a proposal with those that do not (3.3.3, RFC 5282 8).
 */
enum {
	PROPOSAL_MAX = 32,	      /* in a payload; more are not looked at */
	PROPOSAL_TRANSFORM_MAX = 128, /* in a proposal; more are not looked at */
	PROPOSAL_LIST_MAX = 32,	      /* algorithms of one kind; as in msg.def */
	PROPOSAL_CONFIG_MAX = 16,     /* of a peer or child */
	PROPOSAL_TEXT_MAX = 256
};

enum proposal_transform_type {
	TRANSFORM_ENCR = 1,
	TRANSFORM_PRF = 2,
	TRANSFORM_INTEG = 3,
	TRANSFORM_DH = 4,
	TRANSFORM_ESN = 5
};

struct proposal_transform {
	uint8_t type; /* enum proposal_transform_type, or one we do not know */
	uint16_t id;
	uint16_t key_bits; /* attribute 14; 0 = none */
	bool unknown;	   /* has an attribute that we do not know: it cannot be chosen (3.3.6) */
};

struct proposal {
	uint8_t number;
	uint8_t protocol; /* enum wire_protocol */
	struct span spi;
	unsigned int n_transforms;
	struct proposal_transform transforms[PROPOSAL_TRANSFORM_MAX];
};

struct proposal_list {
	unsigned int n;
	struct proposal proposals[PROPOSAL_MAX];
};

/* Algorithms of one kind, enum alg_… */
struct proposal_algs {
	uint8_t n;
	uint8_t id[PROPOSAL_LIST_MAX];
};

struct proposal_config {
	uint8_t protocol;		 /* enum wire_protocol */
	struct proposal_algs encryption; /* AH: none */
	struct proposal_algs integrity;	 /* not used with AEAD ciphers */
	struct proposal_algs prf;	 /* IKE only */
	struct proposal_algs dh;	 /* CHILD SA: PFS; none = without */
	bool esn;			 /* AH, ESP: 64-bit numbers are offered, and taken first */
	bool esn_only;
};

/* What was chosen. NONE where there is nothing of the kind. */
struct proposal_choice {
	unsigned int config; /* index of the proposal_config */
	uint8_t number;	     /* of the proposal on the wire */
	uint8_t protocol;
	uint8_t cipher; /* enum alg_cipher */
	uint8_t auth;	/* enum alg_auth; NONE with an AEAD */
	uint8_t prf;	/* enum alg_prf */
	uint8_t dh;	/* enum alg_dh */
	bool esn;
	uint8_t spi_len;
	uint8_t spi[8]; /* of the peer, as on the wire */
};

/* Why there is no choice, for ike_error. */
struct proposal_why {
	uint8_t type; /* enum proposal_transform_type of the first kind without overlap, in the proposals that
		       * came closest; 0: the protocol, or nothing was offered */
	char detail[PROPOSAL_TEXT_MAX];	    /* "no encryption algorithm in common" */
	char offered[PROPOSAL_TEXT_MAX];    /* "AES-256, 3DES": by the peer, of this kind */
	char configured[PROPOSAL_TEXT_MAX]; /* the same of ours */
};

/* Body of an SA payload. FAULT_payload when lengths, counts, numbers (each one more than the last, 3.3.1) or
 * attributes are not well formed. SPI lengths are checked: IKE 0 or 8, AH and ESP 4. Proposals of
 * protocols we do not know are kept. */
enum wire_fault proposal_parse(struct span body, struct proposal_list *out);

/*
 * Writes the body of an SA payload that offers all of it. spi: ours, 4 bytes for AH and ESP, 8 for
 * rekeying an IKE SA, 0 in IKE_SA_INIT. with_dh false leaves Diffie-Hellman out (CHILD SAs made by
 * IKE_AUTH, 1.2).
 */
void proposal_write(struct wbuf *w, const struct proposal_config *config, unsigned int n,
	struct span spi, bool with_dh);
/* Writes the body that answers with a choice, with our SPI. */
void proposal_write_choice(struct wbuf *w, const struct proposal_choice *choice, struct span spi);

/*
 * Responder: the first of ours that the peer offers, each algorithm the first of ours; but of groups,
 * when ke_group (IANA, of the KE payload; 0 = none) is among those possible in that proposal, that one,
 * for it saves a round. When the choice's dh is another than that of the KE payload, answer
 * INVALID_KE_PAYLOAD with it (2.7, 1.3). with_dh false: Diffie-Hellman is not looked at. 0, or -ENOENT
 * and *why (may be NULL).
 */
int proposal_select(const struct proposal_config *config, unsigned int n,
	const struct proposal_list *offered, uint16_t ke_group, bool with_dh,
	struct proposal_choice *choice, struct proposal_why *why);
/*
 * Initiator: is the answer one proposal with exactly one transform of each kind, all of it out of one
 * proposal that proposal_write wrote of the same arguments, under its number? 0, or -EBADMSG and *why.
 */
int proposal_check(const struct proposal_config *config, unsigned int n,
	const struct proposal_list *answer, bool with_dh, struct proposal_choice *choice,
	struct proposal_why *why);

/* By the number in a KE payload or INVALID_KE_PAYLOAD: NONE when we do not have it. */
enum alg_dh proposal_dh_find(uint16_t iana);
/* Is the group in one of the configurations? (INVALID_KE_PAYLOAD must name one we offered.) */
bool proposal_has_dh(const struct proposal_config *config, unsigned int n, enum alg_dh dh);
/* "ESP AES-256/SHA2-HMAC-256/MODP-2048", of everything offered, for logs. Returns out. */
const char *proposal_format(const struct proposal *p, char *out, size_t cap);
/* The same of all that proposal_write writes of these, separated by "; ", as much as there is room for. */
const char *proposal_format_offer(
	const struct proposal_config *config, unsigned int n, bool with_dh, char *out, size_t cap);

#endif
