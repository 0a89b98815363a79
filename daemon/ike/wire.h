#ifndef YD_IKE_WIRE_H
#define YD_IKE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wbuf;

/*
 * The numbers of RFC 7296 and the IKE header (3.1). Numbers that are not ours to know are kept as
 * they came.
 */

/* Bytes that belong to somebody else: of the datagram, mostly. */
struct span {
	const uint8_t *p;
	size_t len;
};

enum {
	WIRE_HDR_LEN = 28,
	WIRE_PAYLOAD_HDR_LEN = 4,
	WIRE_DATAGRAM_MAX = 65507, /* of UDP over IPv4 */
	WIRE_NONCE_MIN = 16,	   /* RFC 7296 3.9, bytes */
	WIRE_NONCE_MAX = 256,
	WIRE_COOKIE_MAX = 64, /* RFC 7296 2.6, bytes */
};

enum wire_exchange {
	WIRE_IKE_SA_INIT = 34,
	WIRE_IKE_AUTH = 35,
	WIRE_CREATE_CHILD_SA = 36,
	WIRE_INFORMATIONAL = 37
};

enum wire_flag { WIRE_INITIATOR = 0x08, WIRE_RESPONSE = 0x20 };

enum wire_payload {
	PAYLOAD_NONE = 0,
#define IKE_PAYLOAD(id, number, ...) PAYLOAD_##id = (number),
#include "daemon/ike/payload.def"
#undef IKE_PAYLOAD
};

enum wire_notify {
	NOTIFY_none = 0,
#define IKE_NOTIFY(id, number, name) NOTIFY_##id = (number),
#include "daemon/ike/notify.def"
#undef IKE_NOTIFY
	NOTIFY_STATUS_MIN = 16384 /* below: errors */
};

/* Protocols in SA, N and D payloads. */
enum wire_protocol { WIRE_PROTO_IKE = 1, WIRE_PROTO_AH = 2, WIRE_PROTO_ESP = 3 };

/* AUTH payload (3.8, RFC 7427). */
enum wire_auth_method { WIRE_AUTH_RSA = 1, WIRE_AUTH_PSK = 2, WIRE_AUTH_SIGNATURE = 14 };

/* What is wrong with a message; fault.def. */
enum wire_fault {
	FAULT_NONE,
#define IKE_FAULT(id, ...) FAULT_##id,
#include "daemon/ike/fault.def"
#undef IKE_FAULT
	FAULT_N
};

struct wire_fault_info {
	const char *name;   /* "chain" */
	uint16_t notify;    /* enum wire_notify; none: it is not answered */
	const char *reason; /* VRP's public word */
	const char *text;   /* what is wrong, about "it" */
};

struct wire_hdr {
	uint64_t spi_i;
	uint64_t spi_r; /* 0 in the first request */
	uint8_t next;	/* type of the first payload */
	uint8_t major;
	uint8_t minor;
	uint8_t exchange; /* enum wire_exchange */
	bool initiator;	  /* sent by the one who began this IKE SA */
	bool response;
	uint32_t id;
	uint32_t len; /* of the whole message */
};

/*
 * Reads a header. Reserved flags and the minor version are not looked at (2.5). The length must be
 * exactly the datagram's; SPI 0 of the initiator is refused; so is SPI 0 of the responder in all but an
 * IKE_SA_INIT and an INFORMATIONAL message. h is filled as far as there is one whatever comes out:
 * all of it unless FAULT_short (FAULT_version: answer INVALID_MAJOR_VERSION when it is newer, drop
 * when it is older; IKEv1 has major 1).
 */
enum wire_fault wire_hdr_parse(const uint8_t *p, size_t len, struct wire_hdr *h);
/* Writes it with version 2.0. */
void wire_hdr_write(struct wbuf *w, const struct wire_hdr *h);

const struct wire_fault_info *wire_fault(enum wire_fault fault);
/* "NO_PROPOSAL_CHOSEN"; NULL when it is not known. */
const char *wire_notify_name(uint16_t notify);
static inline bool
wire_notify_is_error(uint16_t notify)
{
	return notify != 0 && notify < NOTIFY_STATUS_MIN;
}
/* "IKE_AUTH"; "SA"; NULL when it is not known. */
const char *wire_exchange_name(uint8_t exchange);
const char *wire_payload_name(uint8_t payload);
/* How many of it a message of an exchange may carry (payload.def); 0: none. Unknown payload: -1. */
int wire_payload_limit(uint8_t payload, uint8_t exchange);

#endif
