#ifndef YD_IKE_MESSAGE_H
#define YD_IKE_MESSAGE_H

#include "daemon/ike/wire.h"

/*
 * A message taken apart: RFC 7296 3. Payloads come in any order (2.5); nothing is copied: all spans point
 * into the datagram (or what was decrypted or reassembled). What is in an SA, TSi or TSr
 * payload is read by proposal.h and ts.h.
 *
 * The way of a datagram:
 *   wire_hdr_parse      header
 *   message_parse       chain in clear, up to SK or SKF
 *   (protect_open       message.encrypted → text, in place; fragment_add for SKF)
 *   message_parse_inner the chain of the text
 */
enum { MESSAGE_NOTIFY_MAX = 32, MESSAGE_VENDOR_MAX = 16 };

struct message_notify {
	uint16_t type;	  /* enum wire_notify, or any other number */
	uint8_t protocol; /* enum wire_protocol; 0 = none */
	struct span spi;  /* 0, 4 or 8 bytes */
	struct span data;
};

struct message_delete {
	uint8_t protocol;
	uint16_t n_spis;  /* IKE: 0 */
	struct span spis; /* of 4 bytes each; message_delete_spi reads them */
};

struct message_encrypted {
	struct span
		payload; /* from the generic header of SK or SKF to the end of the message; p NULL: none */
	uint8_t inner; /* type of the first payload inside; of a fragment but the first: 0 */
	bool is_fragment;
	uint16_t number; /* 1 … total */
	uint16_t total;
};

struct message {
	struct wire_hdr hdr;
	uint64_t present; /* message_has */
	struct message_encrypted encrypted;
	struct span sa;	   /* body: for proposal_parse */
	uint16_t ke_group; /* IANA */
	struct span ke;
	uint8_t id_i_type; /* enum msg_ike_id */
	uint8_t id_r_type;
	struct span id_i; /* the identification itself */
	struct span id_r;
	struct span id_i_body; /* type, reserved and identification: what AUTH covers (2.15) */
	struct span id_r_body;
	uint8_t auth_method; /* enum wire_auth_method */
	struct span auth;
	struct span nonce;
	struct span ts_i; /* bodies: for ts_parse */
	struct span ts_r;
	unsigned int n_notifies; /* more than there is room for are ignored, */
	struct message_notify notifies[MESSAGE_NOTIFY_MAX];
	unsigned int n_vendors; /* of these too */
	struct span vendors[MESSAGE_VENDOR_MAX];
	unsigned int n_unknown; /* payloads that were passed over */
	uint8_t first;		/* the chain: for message_delete_next */
	struct span chain;
	uint8_t bad_payload; /* with a fault: the payload's type, for UNSUPPORTED_CRITICAL_PAYLOAD and for
			      * the operator; 0 = none */
};

/*
 * Takes apart what is in clear, into all of m: header and payloads. When there is an encrypted payload,
 * it must be the last, and what stands in front of it is checked for form only and not kept:
 * nobody vouches for it yet. FAULT_NONE, or what is wrong (m->hdr is then good unless the
 * header was at fault).
 */
enum wire_fault message_parse(const uint8_t *datagram, size_t len, struct message *m);
/*
 * Takes apart the decrypted text: m keeps header and what was in `encrypted`; first is the type of
 * the first payload. Refuses what does not belong into the exchange or comes twice (payload.def),
 * a payload type that is unknown and critical (FAULT_critical), and wrong lengths.
 */
enum wire_fault message_parse_inner(struct message *m, uint8_t first, struct span text);

/* Is there such a payload? payload: enum wire_payload. */
static inline bool
message_has(const struct message *m, uint8_t payload)
{
	return payload < 64 && (m->present >> payload & 1) != 0;
}
/* The first notification of this type, or NULL. */
const struct message_notify *message_notify_find(const struct message *m, uint16_t type);
/* The first error notification, or NULL. */
const struct message_notify *message_error_find(const struct message *m);
/* One Delete payload after another, however many there are: *at is all zero before the first. False: there is none. */
struct message_at {
	struct span rest;
	uint8_t type;
};
bool message_delete_next(
	const struct message *m, struct message_at *at, struct message_delete *out);
/* The i-th SPI of a delete payload, i < n_spis. */
uint32_t message_delete_spi(const struct message_delete *d, unsigned int i);

#endif
