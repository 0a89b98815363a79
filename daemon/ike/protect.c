/*
 * The encrypted payload: RFC 7296 3.14, RFC 5282 3, RFC 7383 2.5. Behind the generic header (and the numbers of a
 * fragment) stand IV, text, padding, its length, ICV; the ICV covers the message from its header on.
 */
#include "config.h"

#include "daemon/ike/protect.h"

#include "daemon/ike/keys.h"
#include "lib/buf.h"

#include <errno.h>
#include <string.h>

enum { FRAGMENT_HDR_LEN = 4, PAYLOAD_LEN_MAX = 65535 };

/* From the start of the message to the IV. */
static size_t
front_len(bool is_fragment)
{
	return WIRE_HDR_LEN + WIRE_PAYLOAD_HDR_LEN + (is_fragment ? FRAGMENT_HDR_LEN : 0u);
}

/* Text, padding and the byte that tells its length. */
static size_t
padded(const struct keys *k, size_t text_len)
{
	size_t block = crypt_box_block(k->seal);

	return (text_len + 1 + block - 1) / block * block;
}

static size_t
around(const struct keys *k, bool is_fragment)
{
	return front_len(is_fragment) + crypt_box_iv_len(k->seal) + crypt_box_icv_len(k->seal);
}

size_t
protect_len(const struct keys *k, size_t text_len, bool is_fragment)
{
	return around(k, is_fragment) + padded(k, text_len);
}

size_t
protect_room(const struct keys *k, size_t len, bool is_fragment)
{
	size_t block = crypt_box_block(k->seal), outside = around(k, is_fragment);

	return len >= outside + block ? (len - outside) / block * block - 1 : 0;
}

int
protect_seal(const struct keys *k, const struct wire_hdr *h, uint8_t first, struct span text,
	struct protect_part part, struct wbuf *w)
{
	bool is_fragment = part.total > 0;
	size_t text_len = padded(k, text.len), iv_len = crypt_box_iv_len(k->seal);
	size_t len = protect_len(k, text.len, is_fragment);
	struct wire_hdr hdr = *h;
	struct wbuf m;
	uint8_t *p;

	if (text.len > WIRE_DATAGRAM_MAX || len > WIRE_DATAGRAM_MAX)
		return -EMSGSIZE;
	p = wbuf_reserve(w, len);
	if (p == NULL)
		return -ENOMEM;
	hdr.next = is_fragment ? PAYLOAD_skf : PAYLOAD_sk;
	hdr.len = (uint32_t)len;
	m = wbuf_over(p, len);
	wire_hdr_write(&m, &hdr);
	wbuf_u8(&m, first);
	wbuf_u8(&m, 0);
	wbuf_u16(&m, (uint16_t)(len - WIRE_HDR_LEN));
	if (is_fragment) {
		wbuf_u16(&m, part.number);
		wbuf_u16(&m, part.total);
	}
	memset(m.p, 0, iv_len + text_len);
	if (text.len > 0)
		memcpy(m.p + iv_len, text.p, text.len);
	m.p[iv_len + text_len - 1] = (uint8_t)(text_len - text.len - 1);
	return crypt_box_seal(k->seal, p, wbuf_len(&m), text_len);
}

enum wire_fault
protect_open(const struct keys *k, uint8_t *datagram, const struct message *m, struct span *text)
{
	const struct message_encrypted *e = &m->encrypted;
	size_t fixed = WIRE_PAYLOAD_HDR_LEN + (e->is_fragment ? FRAGMENT_HDR_LEN : 0u);
	size_t iv_len = crypt_box_iv_len(k->open), icv_len = crypt_box_icv_len(k->open);
	size_t aad_len, text_len;
	uint8_t *p;

	if (e->payload.p == NULL || e->payload.len < fixed + iv_len + icv_len + 1)
		return FAULT_integrity;
	text_len = e->payload.len - fixed - iv_len - icv_len;
	if (text_len % crypt_box_block(k->open) != 0)
		return FAULT_integrity;
	aad_len = (size_t)(e->payload.p - datagram) + fixed;
	if (crypt_box_open(k->open, datagram, aad_len, text_len) != 0)
		return FAULT_integrity;
	p = datagram + aad_len + iv_len;
	if ((size_t)p[text_len - 1] + 1 > text_len)
		return FAULT_padding;
	*text = (struct span){ p, text_len - p[text_len - 1] - 1 };
	return FAULT_NONE;
}
