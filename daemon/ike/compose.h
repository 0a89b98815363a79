#ifndef YD_IKE_COMPOSE_H
#define YD_IKE_COMPOSE_H

#include "daemon/ike/wire.h"
#include "lib/buf.h"

/*
 * Writes a chain of payloads, one after another; each puts its type into the one before it. A chain in
 * clear begins with the header (compose_message); a chain to be encrypted has none (compose_inner): its
 * first type is `first`, its bytes are compose_span, and protect_seal or fragment_seal makes the
 * message of it. Nothing fails in between: compose_end tells.
 */
enum { COMPOSE_NOTIFIED_MAX = 12 };

struct compose {
	struct wbuf w;	 /* growing */
	uint8_t first;	 /* type of the first payload; 0: there is none */
	size_t start_at; /* of the payload being written, when there is one */
	size_t hdr_len;	 /* bytes before the first payload */
	/* notifications written, for the statistics; what is beyond them is not counted */
	uint16_t notified[COMPOSE_NOTIFIED_MAX];
	unsigned int n_notified;
};

void compose_message(struct compose *c, const struct wire_hdr *h);
void compose_inner(struct compose *c);
/* Closes the last payload, and the header's length. 0, or -ENOMEM (or -EMSGSIZE). */
int compose_end(struct compose *c);
/* What was written; good until compose_fini. */
struct span compose_span(const struct compose *c);
/* Wipes and frees. */
void compose_fini(struct compose *c);

/* Begins a payload of a type and returns where its body is to be written. It ends where the next
 * begins. proposal_write and ts_write write bodies. */
struct wbuf *compose_payload(struct compose *c, uint8_t type);

void compose_ke(struct compose *c, uint16_t group, struct span value);
void compose_nonce(struct compose *c, struct span nonce);
/* type: PAYLOAD_id_i or PAYLOAD_id_r; id_type: enum msg_ike_id. */
void compose_id(struct compose *c, uint8_t type, uint8_t id_type, struct span id);
void compose_auth(struct compose *c, uint8_t method, struct span data);
/* About no SA. data.p may be NULL. */
void compose_notify(struct compose *c, uint16_t notify, struct span data);
/* About a CHILD SA: protocol and the SPI that its sender receives with (3.10). */
void compose_notify_spi(struct compose *c, uint16_t notify, uint8_t protocol, uint32_t spi);
/* The IKE SA this message belongs to. */
void compose_delete_ike(struct compose *c);
/* CHILD SAs by the SPIs we receive with. */
void compose_delete(struct compose *c, uint8_t protocol, const uint32_t *spis, unsigned int n);
void compose_vendor(struct compose *c, struct span id);

#endif
