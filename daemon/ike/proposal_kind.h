#ifndef YD_IKE_PROPOSAL_KIND_H
#define YD_IKE_PROPOSAL_KIND_H

#include "daemon/ike/proposal.h"

/*
 * The five kinds of transform and what an algorithm of alg.def is on the wire. For proposal*.c only.
 */
enum { KIND_N = 5, KIND_NAMELEN = 32, KIND_OFFER_MAX = 2 * PROPOSAL_CONFIG_MAX };

/* An algorithm as a transform. */
struct kind_value {
	uint8_t alg; /* enum alg_… of its kind; of ESN: 0, 1 */
	uint16_t id; /* IANA */
	uint16_t key_bits;
};

/* Those configured of one kind, in the order of preference; none: the kind is left out. */
struct kind_values {
	unsigned int n;
	struct kind_value v[PROPOSAL_LIST_MAX];
};

/* A configuration, or the half of one, that is one proposal on the wire: number is place + 1. */
struct kind_offer {
	const struct proposal_config *config;
	unsigned int index; /* of config */
	bool aead;	    /* the ciphers that authenticate themselves; else the others */
};

/* Kinds are numbered from 0 in the order of their types. */
uint8_t kind_type(unsigned int kind);
/* "encryption algorithm" */
const char *kind_text(unsigned int kind);
unsigned int kind_offers(const struct proposal_config *config, unsigned int n,
	struct kind_offer out[KIND_OFFER_MAX]);
void kind_configured(
	const struct kind_offer *offer, bool with_dh, struct kind_values values[KIND_N]);
void kind_chosen(const struct proposal_choice *choice, struct kind_values values[KIND_N]);
/* "AES-256", "group 22 (unknown)". Returns out. */
const char *kind_name(const struct proposal_transform *t, char out[KIND_NAMELEN]);

#endif
