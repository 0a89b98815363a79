/*
 * SA payloads on the wire (RFC 7296 3.3): parsed into transforms, written of what is configured. What
 * of it suits is decided in proposal_select.c.
 */
#include "config.h"

#include "daemon/ike/proposal.h"

#include "daemon/ike/proposal_kind.h"
#include "lib/buf.h"

#include <stdio.h>
#include <string.h>

enum { LAST = 0, MORE_PROPOSALS = 2, MORE_TRANSFORMS = 3 };
enum { ATTR_SHORT = 0x8000, ATTR_KEY_LENGTH = 14 };
enum { PROPOSAL_HDR_LEN = 8, TRANSFORM_HDR_LEN = 8 };

static bool
attributes_parse(struct rbuf *b, struct proposal_transform *t)
{
	while (rbuf_left(b) > 0) {
		uint16_t type = rbuf_u16(b), value = rbuf_u16(b);

		if (type == (ATTR_SHORT | ATTR_KEY_LENGTH)) {
			t->key_bits = value;
			continue;
		}
		t->unknown = true;
		if (!(type & ATTR_SHORT))
			rbuf_take(b, value);
		if (b->bad)
			return false;
	}
	return !b->bad;
}

/* A substructure's header: is it as the last one says, and how long is it? */
static bool
head_parse(struct rbuf *b, uint8_t more, bool is_last, struct rbuf *body)
{
	uint8_t mark = rbuf_u8(b);
	uint16_t len;

	rbuf_u8(b);
	len = rbuf_u16(b);
	if (b->bad || len < 4 || mark != (is_last ? LAST : more))
		return false;
	*body = rbuf_sub(b, len - 4u);
	return !b->bad;
}

static bool
transform_parse(struct rbuf *b, bool is_last, struct proposal *p)
{
	struct proposal_transform t = { 0 };
	struct rbuf body;

	if (!head_parse(b, MORE_TRANSFORMS, is_last, &body))
		return false;
	t.type = rbuf_u8(&body);
	rbuf_u8(&body);
	t.id = rbuf_u16(&body);
	if (!attributes_parse(&body, &t))
		return false;
	if (p->n_transforms < PROPOSAL_TRANSFORM_MAX)
		p->transforms[p->n_transforms++] = t;
	return true;
}

static bool
spi_len_fits(uint8_t protocol, uint8_t len)
{
	switch (protocol) {
	case WIRE_PROTO_IKE: return len == 0 || len == 8;
	case WIRE_PROTO_AH:
	case WIRE_PROTO_ESP: return len == 4;
	default: return true;
	}
}

static bool
proposal_body_parse(struct rbuf *b, struct proposal *p)
{
	uint8_t spi_len, n;

	p->number = rbuf_u8(b);
	p->protocol = rbuf_u8(b);
	spi_len = rbuf_u8(b);
	n = rbuf_u8(b);
	p->spi = (struct span){ .p = rbuf_take(b, spi_len), .len = spi_len };
	p->n_transforms = 0;
	if (b->bad || !spi_len_fits(p->protocol, spi_len))
		return false;
	for (unsigned int i = 0; i < n; i++)
		if (!transform_parse(b, i + 1u == n, p))
			return false;
	return rbuf_left(b) == 0;
}

enum wire_fault
proposal_parse(struct span body, struct proposal_list *out)
{
	struct rbuf b = rbuf_over(body.p, body.len);
	struct proposal beyond;
	uint8_t number = 0;

	out->n = 0;
	if (body.len == 0)
		return FAULT_payload;
	while (rbuf_left(&b) > 0) {
		struct proposal *p = out->n < PROPOSAL_MAX ? &out->proposals[out->n] : &beyond;
		struct rbuf one, peek = b;
		uint16_t len;

		rbuf_u16(&peek);
		len = rbuf_u16(&peek);
		if (peek.bad || !head_parse(&b, MORE_PROPOSALS, len == rbuf_left(&b), &one) ||
			!proposal_body_parse(&one, p))
			return FAULT_payload;
		if (p->number == 0 || (number != 0 && p->number != number + 1))
			return FAULT_payload;
		number = p->number;
		if (p != &beyond)
			out->n++;
	}
	return FAULT_NONE;
}

static void
transform_write(struct wbuf *w, uint8_t type, const struct kind_value *v)
{
	wbuf_u8(w, MORE_TRANSFORMS);
	wbuf_u8(w, 0);
	wbuf_u16(w, TRANSFORM_HDR_LEN + (v->key_bits > 0 ? 4 : 0));
	wbuf_u8(w, type);
	wbuf_u8(w, 0);
	wbuf_u16(w, v->id);
	if (v->key_bits > 0) {
		wbuf_u16(w, ATTR_SHORT | ATTR_KEY_LENGTH);
		wbuf_u16(w, v->key_bits);
	}
}

/* One proposal: its values of each kind, in the kinds' order. */
static void
proposal_write_one(struct wbuf *w, uint8_t number, uint8_t protocol, struct span spi,
	const struct kind_values values[KIND_N])
{
	size_t start = wbuf_len(w), last = 0;
	unsigned int n = 0;

	wbuf_u32(w, (uint32_t)MORE_PROPOSALS << 24);
	wbuf_u8(w, number);
	wbuf_u8(w, protocol);
	wbuf_u8(w, (uint8_t)spi.len);
	wbuf_u8(w, 0);
	if (spi.len > 0)
		wbuf_put(w, spi.p, spi.len);
	for (unsigned int k = 0; k < KIND_N; k++) {
		for (unsigned int i = 0; i < values[k].n; i++, n++) {
			last = wbuf_len(w);
			transform_write(w, kind_type(k), &values[k].v[i]);
		}
	}
	if (w->bad)
		return;
	be16_put(w->start + start + 2, (uint16_t)(wbuf_len(w) - start));
	w->start[start + PROPOSAL_HDR_LEN - 1] = (uint8_t)n;
	if (n > 0)
		w->start[last] = LAST;
}

void
proposal_write(struct wbuf *w, const struct proposal_config *config, unsigned int n,
	struct span spi, bool with_dh)
{
	struct kind_offer offers[KIND_OFFER_MAX];
	unsigned int n_offers = kind_offers(config, n, offers);
	size_t last = wbuf_len(w);

	for (unsigned int i = 0; i < n_offers; i++) {
		struct kind_values values[KIND_N];

		kind_configured(&offers[i], with_dh, values);
		last = wbuf_len(w);
		proposal_write_one(w, (uint8_t)(i + 1), offers[i].config->protocol, spi, values);
	}
	if (!w->bad && n_offers > 0)
		w->start[last] = LAST;
}

void
proposal_write_choice(struct wbuf *w, const struct proposal_choice *choice, struct span spi)
{
	struct kind_values values[KIND_N];
	size_t start = wbuf_len(w);

	kind_chosen(choice, values);
	proposal_write_one(w, choice->number, choice->protocol, spi, values);
	if (!w->bad)
		w->start[start] = LAST;
}

enum alg_dh
proposal_dh_find(uint16_t iana)
{
	for (unsigned int i = 1; i < ALG_DH_N; i++)
		if (alg_dh(i)->iana == iana)
			return (enum alg_dh)i;
	return ALG_DH_NONE;
}

bool
proposal_has_dh(const struct proposal_config *config, unsigned int n, enum alg_dh dh)
{
	for (unsigned int i = 0; i < n; i++)
		if (config[i].dh.n > 0 && memchr(config[i].dh.id, (int)dh, config[i].dh.n) != NULL)
			return true;
	return false;
}

const char *
proposal_format(const struct proposal *p, char *out, size_t cap)
{
	static const char *const names[] = { "protocol 0", "IKE", "AH", "ESP" };
	size_t at = (size_t)snprintf(
		out, cap, "%s", p->protocol < 4 ? names[p->protocol] : "unknown protocol");

	for (unsigned int i = 0; i < p->n_transforms && at < cap; i++) {
		const struct proposal_transform *t = &p->transforms[i];
		char one[KIND_NAMELEN];

		at += (size_t)snprintf(
			out + at, cap - at, "%c%s", i == 0 ? ' ' : '/', kind_name(t, one));
	}
	return out;
}

const char *
proposal_format_offer(
	const struct proposal_config *config, unsigned int n, bool with_dh, char *out, size_t cap)
{
	static const uint8_t spi[4];
	bool is_ike = n > 0 && config[0].protocol == WIRE_PROTO_IKE;
	struct wbuf w = wbuf_growing();
	struct proposal_list l = { 0 };
	size_t at = 0;

	out[0] = '\0';
	proposal_write(&w, config, n, (struct span){ spi, is_ike ? 0 : sizeof(spi) }, with_dh);
	if (!w.bad)
		(void)proposal_parse((struct span){ w.start, wbuf_len(&w) }, &l);
	for (unsigned int i = 0; i < l.n && at + sizeof("; ") < cap; i++) {
		if (i > 0)
			at += (size_t)snprintf(out + at, cap - at, "; ");
		proposal_format(&l.proposals[i], out + at, cap - at);
		at += strlen(out + at);
	}
	wbuf_fini(&w);
	return out;
}
