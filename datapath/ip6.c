/*
 * IPv6 headers (RFC 8200), as far as a tunnel has to look into them: reading, writing, cutting into
 * fragments. Refuses to know where packets go and to follow what is encrypted or fragmented.
 */
#include "config.h"

#include "datapath/ip6.h"

#include "lib/buf.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum { OFF_PAYLOAD_LEN = 4, OFF_NEXT = 6, OFF_HOP_LIMIT = 7, OFF_SRC = 8, OFF_DST = 24 };
enum { NEXT_HOP_BY_HOP = 0, NEXT_ROUTING = 43, NEXT_FRAGMENT = 44, NEXT_DESTINATION = 60 };
enum { FRAG_OFFSET = 0xfff8 };

enum drop
ip6_parse(const uint8_t *p, size_t len, struct ip6 *ip)
{
	if (len < 1)
		return DROP_ip_short;
	if (p[0] >> 4 != 6)
		return DROP_ip_version;
	if (len < IP6_HDR_LEN)
		return DROP_ip_short;
	ip->tclass = (uint8_t)(be16_get(p) >> 4);
	ip->payload_len = be16_get(p + 4);
	ip->next_header = p[6];
	ip->hop_limit = p[7];
	ip->src = p + OFF_SRC;
	ip->dst = p + OFF_DST;
	return (size_t)IP6_HDR_LEN + ip->payload_len > len ? DROP_ip_short : DROP_NONE;
}

/* The length of the extension header of this kind at h; 0: a fragment that nobody wants. */
static size_t
extension_len(uint8_t kind, const uint8_t *h, bool first_fragment)
{
	if (kind != NEXT_FRAGMENT)
		return (h[1] + 1u) * 8;
	return first_fragment && (be16_get(h + 2) & FRAG_OFFSET) == 0 ? IP6_FRAG_LEN : 0;
}

/* first_fragment: the first one of several will do. Ends, since each step takes 8 bytes or more. */
static size_t
transport(const uint8_t *p, size_t len, bool first_fragment, uint8_t *protocol)
{
	size_t off = IP6_HDR_LEN, step;
	uint8_t next;

	if (len < IP6_HDR_LEN)
		return 0;
	next = p[OFF_NEXT];
	while (next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_DESTINATION ||
		next == NEXT_FRAGMENT) {
		if (off + 8 > len)
			return 0;
		step = extension_len(next, p + off, first_fragment);
		if (step == 0)
			return 0;
		next = p[off];
		off += step;
	}
	if (off > len)
		return 0;
	*protocol = next;
	return off;
}

size_t
ip6_transport(const uint8_t *p, size_t len, uint8_t *protocol)
{
	return transport(p, len, false, protocol);
}

size_t
ip6_transport_quoted(const uint8_t *p, size_t len, uint8_t *protocol)
{
	return transport(p, len, true, protocol);
}

void
ip6_build(uint8_t *p, const struct ip6 *ip)
{
	be32_put(p, 6u << 28 | (uint32_t)ip->tclass << 20);
	be16_put(p + OFF_PAYLOAD_LEN, ip->payload_len);
	p[OFF_NEXT] = ip->next_header;
	p[OFF_HOP_LIMIT] = ip->hop_limit;
	memcpy(p + OFF_SRC, ip->src, IP6_ADDR_LEN);
	memcpy(p + OFF_DST, ip->dst, IP6_ADDR_LEN);
}

size_t
ip6_fragment_header(const uint8_t *p, size_t len, size_t *at)
{
	size_t off = IP6_HDR_LEN;

	*at = OFF_NEXT;
	if (len < IP6_HDR_LEN)
		return 0;
	while (off + 8 <= len) {
		uint8_t next = p[*at];

		if (next == NEXT_FRAGMENT)
			return off;
		if (next != NEXT_HOP_BY_HOP && next != NEXT_ROUTING && next != NEXT_DESTINATION)
			return 0;
		*at = off;
		off += (p[off + 1] + 1u) * 8;
	}
	return 0;
}

/* Finds the end of the per-fragment headers: hop-by-hop options, and all up to a routing header. */
static int
head_find(struct ip6_frag *f)
{
	uint32_t off = IP6_HDR_LEN, at = OFF_NEXT;

	f->head_len = off;
	f->next_at = at;
	while (f->p[at] == NEXT_HOP_BY_HOP || f->p[at] == NEXT_ROUTING ||
		f->p[at] == NEXT_DESTINATION) {
		uint8_t kind = f->p[at];

		if (off + 8 > f->len)
			return -EINVAL;
		at = off;
		off += (f->p[off + 1] + 1u) * 8;
		if (off > f->len)
			return -EINVAL;
		if (kind != NEXT_DESTINATION) {
			f->head_len = off;
			f->next_at = at;
		}
	}
	return f->p[f->next_at] == NEXT_FRAGMENT || f->p[at] == NEXT_FRAGMENT ? -EINVAL : 0;
}

int
ip6_frag_init(struct ip6_frag *f, const uint8_t *p, uint32_t len, uint32_t mtu, uint32_t id)
{
	struct ip6 ip;

	*f = (struct ip6_frag){ .p = p, .len = len, .mtu = mtu, .id = id };
	if (ip6_parse(p, len, &ip) != DROP_NONE || head_find(f) < 0)
		return -EINVAL;
	f->len = (uint32_t)IP6_HDR_LEN + ip.payload_len;
	return f->len > f->head_len && mtu >= f->head_len + IP6_FRAG_LEN + 8 ? 0 : -EINVAL;
}

uint32_t
ip6_frag_next(struct ip6_frag *f, uint8_t *out)
{
	uint32_t left = f->len - f->head_len - f->done;
	uint32_t room = f->mtu - f->head_len - IP6_FRAG_LEN;
	bool last = left <= room;
	uint32_t n = last ? left : room / 8 * 8;
	uint8_t *frag = out + f->head_len;

	if (left == 0)
		return 0;
	memcpy(out, f->p, f->head_len);
	frag[0] = f->p[f->next_at];
	frag[1] = 0;
	be16_put(frag + 2, (uint16_t)(f->done | !last));
	be32_put(frag + 4, f->id);
	out[f->next_at] = NEXT_FRAGMENT;
	be16_put(out + OFF_PAYLOAD_LEN, (uint16_t)(f->head_len - IP6_HDR_LEN + IP6_FRAG_LEN + n));
	memcpy(frag + IP6_FRAG_LEN, f->p + f->head_len + f->done, n);
	f->done += n;
	return f->head_len + IP6_FRAG_LEN + n;
}
