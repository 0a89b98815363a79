/*
 * Takes messages apart (RFC 7296 3.2–3.16), one row a payload type. Refuses to know what any of it
 * is good for, and to believe a length.
 */
#include "config.h"

#include "daemon/ike/message.h"

#include "lib/buf.h"

#include <string.h>

enum { CRITICAL = 0x80, CHILD_SPI_LEN = 4, IKE_SPI_LEN = 8 };

typedef bool payload_fn(struct message *m, struct rbuf *b);

static struct span
rest(struct rbuf *b)
{
	size_t len = rbuf_left(b);

	return (struct span){ .p = rbuf_take(b, len), .len = len };
}

static bool
parse_sa(struct message *m, struct rbuf *b)
{
	m->sa = rest(b);
	return true;
}

static bool
parse_ke(struct message *m, struct rbuf *b)
{
	m->ke_group = rbuf_u16(b);
	rbuf_u16(b);
	m->ke = rest(b);
	return m->ke.len > 0;
}

/* Both identification payloads: type, three reserved bytes, the identification. */
static bool
identity(struct rbuf *b, uint8_t *type, struct span *id, struct span *body)
{
	*body = (struct span){ .p = b->p, .len = rbuf_left(b) };
	*type = rbuf_u8(b);
	rbuf_take(b, 3);
	*id = rest(b);
	return id->len > 0;
}

static bool
parse_id_i(struct message *m, struct rbuf *b)
{
	return identity(b, &m->id_i_type, &m->id_i, &m->id_i_body);
}

static bool
parse_id_r(struct message *m, struct rbuf *b)
{
	return identity(b, &m->id_r_type, &m->id_r, &m->id_r_body);
}

static bool
parse_auth(struct message *m, struct rbuf *b)
{
	m->auth_method = rbuf_u8(b);
	rbuf_take(b, 3);
	m->auth = rest(b);
	return true;
}

static bool
parse_nonce(struct message *m, struct rbuf *b)
{
	m->nonce = rest(b);
	return m->nonce.len >= WIRE_NONCE_MIN && m->nonce.len <= WIRE_NONCE_MAX;
}

static bool
parse_notify(struct message *m, struct rbuf *b)
{
	struct message_notify n = { .protocol = rbuf_u8(b) };
	uint8_t spi_len = rbuf_u8(b);

	n.type = rbuf_u16(b);
	if (spi_len != 0 && spi_len != CHILD_SPI_LEN && spi_len != IKE_SPI_LEN)
		return false;
	n.spi = (struct span){ .p = rbuf_take(b, spi_len), .len = spi_len };
	if (b->bad)
		return false;
	n.data = rest(b);
	if (m->n_notifies < MESSAGE_NOTIFY_MAX)
		m->notifies[m->n_notifies++] = n;
	return true;
}

static bool
read_delete(struct rbuf *b, struct message_delete *d)
{
	uint8_t spi_len, want;

	d->protocol = rbuf_u8(b);
	spi_len = rbuf_u8(b);
	want = d->protocol == WIRE_PROTO_IKE ? 0 : CHILD_SPI_LEN;
	d->n_spis = rbuf_u16(b);
	d->spis = rest(b);
	return spi_len == want && d->spis.len == (size_t)want * d->n_spis;
}

/* Whoever wants them goes through the chain again. */
static bool
parse_delete(struct message *m, struct rbuf *b)
{
	struct message_delete d;

	return read_delete(b, &d);
}

static bool
parse_vendor(struct message *m, struct rbuf *b)
{
	if (m->n_vendors < MESSAGE_VENDOR_MAX)
		m->vendors[m->n_vendors++] = rest(b);
	return true;
}

static bool
parse_ts_i(struct message *m, struct rbuf *b)
{
	m->ts_i = rest(b);
	return true;
}

static bool
parse_ts_r(struct message *m, struct rbuf *b)
{
	m->ts_r = rest(b);
	return true;
}

/* Those without a row are known, and of no use to us: only that they are there is kept. */
static payload_fn *const parsers[64] = {
	[PAYLOAD_sa] = parse_sa,
	[PAYLOAD_ke] = parse_ke,
	[PAYLOAD_id_i] = parse_id_i,
	[PAYLOAD_id_r] = parse_id_r,
	[PAYLOAD_auth] = parse_auth,
	[PAYLOAD_nonce] = parse_nonce,
	[PAYLOAD_notify] = parse_notify,
	[PAYLOAD_delete] = parse_delete,
	[PAYLOAD_vendor] = parse_vendor,
	[PAYLOAD_ts_i] = parse_ts_i,
	[PAYLOAD_ts_r] = parse_ts_r,
};

static enum wire_fault
payload(struct message *m, uint8_t type, bool critical, struct rbuf *body)
{
	int limit = wire_payload_limit(type, m->hdr.exchange);

	m->bad_payload = type;
	if (limit < 0) {
		m->n_unknown++;
		return critical ? FAULT_critical : FAULT_NONE;
	}
	if (limit == 0)
		return FAULT_misplaced;
	if (limit == 1 && message_has(m, type))
		return FAULT_repeated;
	m->present |= (uint64_t)1 << type;
	if (parsers[type] != NULL && (!parsers[type](m, body) || body->bad))
		return FAULT_payload;
	return FAULT_NONE;
}

/* SK or SKF: its first byte says what is inside, not what follows, for nothing may. */
static enum wire_fault
encrypted(struct message *m, uint8_t type, const uint8_t *start, uint8_t inner, struct rbuf *body)
{
	struct message_encrypted *e = &m->encrypted;

	m->bad_payload = type;
	if (wire_payload_limit(type, m->hdr.exchange) <= 0)
		return FAULT_misplaced;
	e->inner = inner;
	e->is_fragment = type == PAYLOAD_skf;
	if (e->is_fragment) {
		e->number = rbuf_u16(body);
		e->total = rbuf_u16(body);
		if (body->bad || e->number == 0 || e->number > e->total ||
			(e->number > 1 && inner != PAYLOAD_NONE))
			return FAULT_fragment;
	}
	e->payload = (struct span){ .p = start, .len = (size_t)(body->end - start) };
	return FAULT_NONE;
}

/* Runs over a chain; *sealed (NULL: must not come) tells that it ended with an encrypted payload. */
static enum wire_fault
chain(struct message *m, uint8_t type, struct rbuf b, bool *sealed)
{
	m->first = type;
	m->chain = (struct span){ b.p, rbuf_left(&b) };
	while (type != PAYLOAD_NONE) {
		const uint8_t *start = b.p;
		uint8_t next = rbuf_u8(&b);
		bool critical = (rbuf_u8(&b) & CRITICAL) != 0;
		uint16_t len = rbuf_u16(&b);
		struct rbuf body;
		enum wire_fault fault;

		if (b.bad || len < WIRE_PAYLOAD_HDR_LEN)
			return FAULT_chain;
		body = rbuf_sub(&b, len - WIRE_PAYLOAD_HDR_LEN);
		if (b.bad)
			return FAULT_chain;
		if (type == PAYLOAD_sk || type == PAYLOAD_skf) {
			if (sealed == NULL || rbuf_left(&b) > 0)
				return FAULT_misplaced;
			*sealed = true;
			return encrypted(m, type, start, next, &body);
		}
		fault = payload(m, type, critical, &body);
		if (fault != FAULT_NONE)
			return fault;
		type = next;
	}
	m->bad_payload = PAYLOAD_NONE;
	return rbuf_left(&b) > 0 ? FAULT_chain : FAULT_NONE;
}

enum wire_fault
message_parse(const uint8_t *datagram, size_t len, struct message *m)
{
	enum wire_fault fault;
	bool sealed = false;

	memset(m, 0, sizeof(*m));
	fault = wire_hdr_parse(datagram, len, &m->hdr);
	if (fault != FAULT_NONE)
		return fault;
	fault = chain(
		m, m->hdr.next, rbuf_over(datagram + WIRE_HDR_LEN, len - WIRE_HDR_LEN), &sealed);
	if (fault == FAULT_NONE && sealed) {
		const struct wire_hdr hdr = m->hdr;
		const struct message_encrypted e = m->encrypted;

		memset(m, 0, sizeof(*m));
		m->hdr = hdr;
		m->encrypted = e;
	}
	return fault;
}

enum wire_fault
message_parse_inner(struct message *m, uint8_t first, struct span text)
{
	const struct wire_hdr hdr = m->hdr;
	const struct message_encrypted e = m->encrypted;

	memset(m, 0, sizeof(*m));
	m->hdr = hdr;
	m->encrypted = e;
	return chain(m, first, rbuf_over(text.p, text.len), NULL);
}

const struct message_notify *
message_notify_find(const struct message *m, uint16_t type)
{
	for (unsigned int i = 0; i < m->n_notifies; i++)
		if (m->notifies[i].type == type)
			return &m->notifies[i];
	return NULL;
}

const struct message_notify *
message_error_find(const struct message *m)
{
	for (unsigned int i = 0; i < m->n_notifies; i++)
		if (wire_notify_is_error(m->notifies[i].type))
			return &m->notifies[i];
	return NULL;
}

bool
message_delete_next(const struct message *m, struct message_at *at, struct message_delete *out)
{
	struct rbuf b, body;
	uint8_t type;

	if (at->rest.p == NULL)
		*at = (struct message_at){ m->chain, m->first };
	b = rbuf_over(at->rest.p, at->rest.len);
	while ((type = at->type) != PAYLOAD_NONE && rbuf_left(&b) >= WIRE_PAYLOAD_HDR_LEN) {
		at->type = rbuf_u8(&b);
		rbuf_u8(&b);
		body = rbuf_sub(&b, rbuf_u16(&b) - (size_t)WIRE_PAYLOAD_HDR_LEN);
		at->rest = (struct span){ b.p, rbuf_left(&b) };
		if (type == PAYLOAD_delete)
			return !body.bad && read_delete(&body, out);
	}
	return false;
}

uint32_t
message_delete_spi(const struct message_delete *d, unsigned int i)
{
	return be32_get(d->spis.p + (size_t)i * CHILD_SPI_LEN);
}
