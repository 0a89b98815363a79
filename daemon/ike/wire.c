/*
 * The numbers of IKEv2 and their names, and the header of a message (RFC 7296 3.1). Refuses to know
 * what a payload contains and what an exchange is for.
 */
#include "config.h"

#include "daemon/ike/wire.h"

#include "lib/buf.h"

enum { MAJOR = 2, MANY = 255 };

/* A payload's number in the array is its number on the wire. */
struct payload_info {
	const char *name;
	uint8_t limit[4]; /* by exchange, from IKE_SA_INIT on */
};

static const struct payload_info payloads[64] = {
#define IKE_PAYLOAD(id, number, name, init, auth, child, info) \
	[number] = { name, { init, auth, child, info } },
#include "daemon/ike/payload.def"
#undef IKE_PAYLOAD
};

static const char *const exchanges[] = { "IKE_SA_INIT", "IKE_AUTH", "CREATE_CHILD_SA",
	"INFORMATIONAL" };

static const struct {
	uint16_t number;
	const char *name;
} notifies[] = {
#define IKE_NOTIFY(id, number, name) { number, name },
#include "daemon/ike/notify.def"
#undef IKE_NOTIFY
};

static const struct wire_fault_info faults[FAULT_N] = {
	[FAULT_NONE] = { "none", NOTIFY_none, "", "" },
#define IKE_FAULT(id, notify, reason, text) [FAULT_##id] = { #id, NOTIFY_##notify, reason, text },
#include "daemon/ike/fault.def"
#undef IKE_FAULT
};

static bool
exchange_known(uint8_t exchange)
{
	return exchange >= WIRE_IKE_SA_INIT && exchange <= WIRE_INFORMATIONAL;
}

enum wire_fault
wire_hdr_parse(const uint8_t *p, size_t len, struct wire_hdr *h)
{
	struct rbuf b = rbuf_over(p, len);
	uint8_t version, flags;

	*h = (struct wire_hdr){ 0 };
	if (len < WIRE_HDR_LEN)
		return FAULT_short;
	h->spi_i = rbuf_u64(&b);
	h->spi_r = rbuf_u64(&b);
	h->next = rbuf_u8(&b);
	version = rbuf_u8(&b);
	h->major = version >> 4;
	h->minor = version & 15;
	h->exchange = rbuf_u8(&b);
	flags = rbuf_u8(&b);
	h->initiator = (flags & WIRE_INITIATOR) != 0;
	h->response = (flags & WIRE_RESPONSE) != 0;
	h->id = rbuf_u32(&b);
	h->len = rbuf_u32(&b);
	if (h->major != MAJOR)
		return FAULT_version;
	if (h->len != len)
		return FAULT_length;
	if (!exchange_known(h->exchange))
		return FAULT_exchange;
	if (h->spi_i == 0 ||
		(h->spi_r == 0 && h->exchange != WIRE_IKE_SA_INIT &&
			h->exchange != WIRE_INFORMATIONAL))
		return FAULT_cookie;
	return FAULT_NONE;
}

void
wire_hdr_write(struct wbuf *w, const struct wire_hdr *h)
{
	wbuf_u64(w, h->spi_i);
	wbuf_u64(w, h->spi_r);
	wbuf_u8(w, h->next);
	wbuf_u8(w, MAJOR << 4);
	wbuf_u8(w, h->exchange);
	wbuf_u8(w,
		(uint8_t)((h->initiator ? WIRE_INITIATOR : 0) | (h->response ? WIRE_RESPONSE : 0)));
	wbuf_u32(w, h->id);
	wbuf_u32(w, h->len);
}

const struct wire_fault_info *
wire_fault(enum wire_fault fault)
{
	return &faults[fault < FAULT_N ? fault : FAULT_NONE];
}

const char *
wire_notify_name(uint16_t notify)
{
	for (size_t i = 0; i < sizeof(notifies) / sizeof(notifies[0]); i++)
		if (notifies[i].number == notify)
			return notifies[i].name;
	return NULL;
}

const char *
wire_exchange_name(uint8_t exchange)
{
	return exchange_known(exchange) ? exchanges[exchange - WIRE_IKE_SA_INIT] : NULL;
}

const char *
wire_payload_name(uint8_t payload)
{
	return payload < 64 ? payloads[payload].name : NULL;
}

int
wire_payload_limit(uint8_t payload, uint8_t exchange)
{
	if (wire_payload_name(payload) == NULL)
		return -1;
	return exchange_known(exchange) ? payloads[payload].limit[exchange - WIRE_IKE_SA_INIT] : 0;
}
