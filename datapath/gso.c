/*
 * Cutting TUN super-packets into segments, and completing checksums, as a network card would
 * (virtio 1.1, 5.1.6.2): sequence numbers go on, CWR stays on the first segment (RFC 3168 6.1.2),
 * FIN and PSH on the last. The order is checked against the packet, so that nothing behind can be
 * surprised. Refuses to know ports and pools.
 */
#include "config.h"

#include "datapath/gso.h"

#include "datapath/checksum.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/l4.h"
#include "lib/buf.h"

#include <errno.h>
#include <string.h>

struct order {
	uint8_t flags;
	uint8_t type;
	uint16_t size;
	uint16_t csum_start;
	uint16_t csum_offset;
};

enum { IP4_TOTAL_LEN = 2, IP4_ID = 4, IP4_ADDRS = 12, IP6_PAYLOAD_LEN = 4, IP6_ADDRS = 8 };

static uint16_t
host16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static struct order
order_read(const uint8_t vnet[GSO_VNET_LEN])
{
	return (struct order){
		.flags = vnet[0],
		.type = vnet[1],
		.size = host16(vnet + 4),
		.csum_start = host16(vnet + 6),
		.csum_offset = host16(vnet + 8),
	};
}

/* The part that the device left out: the field holds the sum of the pseudo-header. */
static int
checksum_complete(const struct order *o, uint8_t *p, uint32_t len)
{
	uint32_t field = (uint32_t)o->csum_start + o->csum_offset;
	uint16_t sum;

	if (o->csum_start < IP4_HDR_LEN || field + 2 > len)
		return -EBADMSG;
	sum = checksum(p + o->csum_start, len - o->csum_start);
	be16_put(p + field, sum ? sum : 0xffff);
	return 0;
}

/* Where the transport header is and what it is. */
static int
ip_read(struct gso *g)
{
	struct ip4 ip4;
	struct ip6 ip6;

	if (g->v6) {
		if (ip6_parse(g->p, g->len, &ip6) != DROP_NONE ||
			(uint32_t)IP6_HDR_LEN + ip6.payload_len != g->len)
			return -EBADMSG;
		g->l4_off = (uint32_t)ip6_transport(g->p, g->len, &g->protocol);
		return g->l4_off ? 0 : -EBADMSG;
	}
	if (ip4_parse(g->p, g->len, &ip4) != DROP_NONE || ip4.total_len != g->len || ip4.mf ||
		ip4.frag_off)
		return -EBADMSG;
	g->l4_off = ip4.hdr_len;
	g->protocol = ip4.protocol;
	return 0;
}

static int
transport_read(struct gso *g)
{
	uint32_t room = g->len - g->l4_off;
	uint32_t l4_len = UDP_HDR_LEN;

	if (g->protocol == IP_PROTO_TCP) {
		if (room < TCP_HDR_LEN)
			return -EBADMSG;
		l4_len = (g->p[g->l4_off + TCP_DATA_OFF] >> 4) * 4u;
		if (l4_len < TCP_HDR_LEN)
			return -EBADMSG;
	}
	if (l4_len >= room) /* a super-packet carries something */
		return -EBADMSG;
	g->hdr_len = g->l4_off + l4_len;
	return 0;
}

int
gso_init(struct gso *g, const uint8_t vnet[GSO_VNET_LEN], uint8_t *p, uint32_t len)
{
	struct order o = order_read(vnet);
	unsigned int type = o.type & ~VNET_ECN;
	bool tcp = type == VNET_TCP4 || type == VNET_TCP6;

	*g = (struct gso){ .p = p, .len = len, .size = o.size };
	if (len == 0 || len > GSO_MAX || (o.flags & ~(VNET_NEEDS_CSUM | VNET_DATA_VALID)))
		return -EBADMSG;
	if (o.type == VNET_NONE) {
		g->size = 0;
		return o.flags & VNET_NEEDS_CSUM ? checksum_complete(&o, p, len) : 0;
	}
	if ((!tcp && o.type != VNET_UDP_L4) || o.size == 0 || !(o.flags & VNET_NEEDS_CSUM))
		return -EBADMSG;
	g->v6 = p[0] >> 4 == 6;
	if (tcp && g->v6 != (type == VNET_TCP6))
		return -EBADMSG;
	if (ip_read(g) < 0 || g->protocol != (tcp ? IP_PROTO_TCP : IP_PROTO_UDP))
		return -EBADMSG;
	if (o.csum_start != g->l4_off || o.csum_offset != (tcp ? TCP_CHECKSUM : UDP_CHECKSUM))
		return -EBADMSG;
	return transport_read(g);
}

uint32_t
gso_next_len(const struct gso *g)
{
	uint32_t left;

	if (g->finished)
		return 0;
	if (g->size == 0)
		return g->len;
	left = g->len - g->hdr_len - g->done;
	return g->hdr_len + (left < g->size ? left : g->size);
}

static void
ip_write(const struct gso *g, uint8_t *out, uint32_t len)
{
	if (g->v6) {
		be16_put(out + IP6_PAYLOAD_LEN, (uint16_t)(len - IP6_HDR_LEN));
		return;
	}
	be16_put(out + IP4_TOTAL_LEN, (uint16_t)len);
	be16_put(out + IP4_ID, (uint16_t)(be16_get(g->p + IP4_ID) + g->n));
	ip4_checksum_set(out, g->l4_off);
}

static void
transport_write(const struct gso *g, uint8_t *out, uint32_t len, bool last)
{
	bool tcp = g->protocol == IP_PROTO_TCP;
	uint8_t *l4 = out + g->l4_off;
	uint8_t *field = l4 + (tcp ? TCP_CHECKSUM : UDP_CHECKSUM);
	uint32_t l4_len = len - g->l4_off;
	uint64_t sum;

	if (tcp) {
		be32_put(l4 + TCP_SEQ, be32_get(l4 + TCP_SEQ) + g->done);
		if (!last)
			l4[TCP_FLAGS] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
		if (g->n > 0)
			l4[TCP_FLAGS] &= (uint8_t)~TCP_CWR;
	} else {
		be16_put(l4 + UDP_LEN, (uint16_t)l4_len);
	}
	be16_put(field, 0);
	sum = checksum_pseudo(
		out + (g->v6 ? IP6_ADDRS : IP4_ADDRS), g->v6 ? 16 : 4, g->protocol, l4_len);
	sum = checksum_fold(checksum_add(sum, l4, l4_len));
	be16_put(field, sum == 0 && !tcp ? 0xffff : (uint16_t)sum);
}

void
gso_next(struct gso *g, uint8_t *out)
{
	uint32_t len = gso_next_len(g), payload = len - g->hdr_len;
	bool last;

	if (g->size == 0) {
		memcpy(out, g->p, len);
		g->finished = true;
		return;
	}
	last = g->hdr_len + g->done + payload == g->len;
	memcpy(out, g->p, g->hdr_len);
	memcpy(out + g->hdr_len, g->p + g->hdr_len + g->done, payload);
	ip_write(g, out, len);
	transport_write(g, out, len, last);
	g->done += payload;
	g->n++;
	g->finished = last;
}
