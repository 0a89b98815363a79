/*
 * Writes chains of payloads (RFC 7296 3.2). Refuses to know which payloads an exchange wants.
 */
#include "config.h"

#include "daemon/ike/compose.h"

#include "lib/secret.h"

#include <errno.h>

enum { PAYLOAD_LEN_MAX = 65535, HDR_NEXT_AT = 16, HDR_LEN_AT = 24 };

static void
compose_init(struct compose *c)
{
	*c = (struct compose){ .w = wbuf_growing() };
}

void
compose_message(struct compose *c, const struct wire_hdr *h)
{
	compose_init(c);
	wire_hdr_write(&c->w, h);
	c->hdr_len = WIRE_HDR_LEN;
	c->start_at = WIRE_HDR_LEN;
}

void
compose_inner(struct compose *c)
{
	compose_init(c);
}

/* Writes the length of the payload that ends here. */
static void
payload_end(struct compose *c)
{
	size_t len = wbuf_len(&c->w) - c->start_at;

	if (c->first == PAYLOAD_NONE || c->w.bad)
		return;
	if (len > PAYLOAD_LEN_MAX) {
		c->w.bad = true;
		return;
	}
	be16_put(c->w.start + c->start_at + 2, (uint16_t)len);
}

struct wbuf *
compose_payload(struct compose *c, uint8_t type)
{
	payload_end(c);
	if (!c->w.bad && c->first != PAYLOAD_NONE)
		c->w.start[c->start_at] = type;
	if (c->first == PAYLOAD_NONE)
		c->first = type;
	c->start_at = wbuf_len(&c->w);
	wbuf_u32(&c->w, 0);
	return &c->w;
}

int
compose_end(struct compose *c)
{
	payload_end(c);
	if (c->w.bad)
		return -ENOMEM;
	if (wbuf_len(&c->w) > WIRE_DATAGRAM_MAX)
		return -EMSGSIZE;
	if (c->hdr_len > 0) {
		c->w.start[HDR_NEXT_AT] = c->first;
		be32_put(c->w.start + HDR_LEN_AT, (uint32_t)wbuf_len(&c->w));
	}
	return 0;
}

struct span
compose_span(const struct compose *c)
{
	return (struct span){ .p = c->w.start, .len = wbuf_len(&c->w) };
}

void
compose_fini(struct compose *c)
{
	if (c->w.start != NULL)
		secret_wipe(c->w.start, wbuf_len(&c->w));
	wbuf_fini(&c->w);
}

static void
put(struct wbuf *w, struct span s)
{
	if (s.len > 0)
		wbuf_put(w, s.p, s.len);
}

void
compose_ke(struct compose *c, uint16_t group, struct span value)
{
	struct wbuf *w = compose_payload(c, PAYLOAD_ke);

	wbuf_u16(w, group);
	wbuf_u16(w, 0);
	put(w, value);
}

void
compose_nonce(struct compose *c, struct span nonce)
{
	put(compose_payload(c, PAYLOAD_nonce), nonce);
}

/* A payload of a byte, three reserved ones and data. */
static void
byte_and_data(struct compose *c, uint8_t type, uint8_t byte, struct span data)
{
	struct wbuf *w = compose_payload(c, type);

	wbuf_u32(w, (uint32_t)byte << 24);
	put(w, data);
}

void
compose_id(struct compose *c, uint8_t type, uint8_t id_type, struct span id)
{
	byte_and_data(c, type, id_type, id);
}

void
compose_auth(struct compose *c, uint8_t method, struct span data)
{
	byte_and_data(c, PAYLOAD_auth, method, data);
}

static struct wbuf *
notify_payload(struct compose *c, uint16_t notify)
{
	if (c->n_notified < COMPOSE_NOTIFIED_MAX)
		c->notified[c->n_notified++] = notify;
	return compose_payload(c, PAYLOAD_notify);
}

void
compose_notify(struct compose *c, uint16_t notify, struct span data)
{
	struct wbuf *w = notify_payload(c, notify);

	wbuf_u16(w, 0);
	wbuf_u16(w, notify);
	put(w, data);
}

void
compose_notify_spi(struct compose *c, uint16_t notify, uint8_t protocol, uint32_t spi)
{
	struct wbuf *w = notify_payload(c, notify);

	wbuf_u8(w, protocol);
	wbuf_u8(w, sizeof(spi));
	wbuf_u16(w, notify);
	wbuf_u32(w, spi);
}

void
compose_delete_ike(struct compose *c)
{
	struct wbuf *w = compose_payload(c, PAYLOAD_delete);

	wbuf_u8(w, WIRE_PROTO_IKE);
	wbuf_u8(w, 0);
	wbuf_u16(w, 0);
}

void
compose_delete(struct compose *c, uint8_t protocol, const uint32_t *spis, unsigned int n)
{
	struct wbuf *w = compose_payload(c, PAYLOAD_delete);

	wbuf_u8(w, protocol);
	wbuf_u8(w, sizeof(spis[0]));
	wbuf_u16(w, (uint16_t)n);
	for (unsigned int i = 0; i < n; i++)
		wbuf_u32(w, spis[i]);
}

void
compose_vendor(struct compose *c, struct span id)
{
	put(compose_payload(c, PAYLOAD_vendor), id);
}
