/*
 * Gluing TCP segments and UDP datagrams of one batch into super-packets for the kernel, under rules
 * strict enough that cutting (gso.c) gives the same bytes again: equal headers, sequence numbers and
 * IPv4 identifications that go on, equal sizes but for the last, checksums that are right, FIN and
 * PSH on the last only, CWR on the first only (RFC 3168 6.1.2), one ECN mark for all. Identifications
 * of packets with DF may also stand still: they mean nothing (RFC 6864 4.1). Refuses to know ports.
 */
#include "config.h"

#include "datapath/gro.h"

#include "datapath/checksum.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/l4.h"
#include "lib/buf.h"

#include <string.h>

enum { UDP_SEGMENTS_MAX = 64, N_BUCKETS = PKT_BATCH };
enum { IP4_ID = 4, IP4_FRAG = 6, IP4_SUM = 10, IP4_ADDRS = 12, IP6_ADDRS = 8 };
enum { IP4_DF = 0x4000 };

/* One packet, looked at. */
struct seen {
	const uint8_t *p;
	uint32_t len;
	uint32_t hash;
	uint16_t hdr_len; /* 0: not of the kind that is glued */
	uint16_t l4_off;
	uint8_t protocol;
	bool v6;
};

/* Where the transport header begins, when there is nothing special about the IP header. */
static bool
ip_read(struct seen *s)
{
	struct ip4 ip4;
	struct ip6 ip6;

	s->v6 = s->len > 0 && s->p[0] >> 4 == 6;
	if (s->v6) {
		if (ip6_parse(s->p, s->len, &ip6) != DROP_NONE ||
			(uint32_t)IP6_HDR_LEN + ip6.payload_len != s->len)
			return false;
		s->l4_off = IP6_HDR_LEN;
		s->protocol = ip6.next_header;
		return true;
	}
	if (ip4_parse(s->p, s->len, &ip4) != DROP_NONE || ip4.hdr_len != IP4_HDR_LEN ||
		ip4.total_len != s->len || (be16_get(s->p + IP4_FRAG) & ~IP4_DF))
		return false;
	s->l4_off = IP4_HDR_LEN;
	s->protocol = ip4.protocol;
	return true;
}

/* Bytes of the transport header; 0 when this packet must go on as it is. */
static uint32_t
l4_len(const struct seen *s, bool udp)
{
	const uint8_t *l4 = s->p + s->l4_off;
	uint32_t room = s->len - s->l4_off, n;

	if (s->protocol == IP_PROTO_UDP)
		return udp && room > UDP_HDR_LEN && be16_get(l4 + UDP_LEN) == room &&
				be16_get(l4 + UDP_CHECKSUM) != 0
			? (uint32_t)UDP_HDR_LEN
			: 0;
	if (s->protocol != IP_PROTO_TCP || room <= TCP_HDR_LEN)
		return 0;
	n = (l4[TCP_DATA_OFF] >> 4) * 4u;
	if (n < TCP_HDR_LEN || n >= room || (l4[TCP_DATA_OFF] & 15))
		return 0;
	if (!(l4[TCP_FLAGS] & TCP_ACK) || (l4[TCP_FLAGS] & (TCP_SYN | TCP_RST | TCP_URG)))
		return 0;
	return n;
}

static bool
checksum_right(const struct seen *s)
{
	uint32_t len = s->len - s->l4_off;
	uint64_t sum = checksum_pseudo(
		s->p + (s->v6 ? IP6_ADDRS : IP4_ADDRS), s->v6 ? 16 : 4, s->protocol, len);

	return checksum_fold(checksum_add(sum, s->p + s->l4_off, len)) == 0;
}

static uint32_t
flow_hash(const struct seen *s)
{
	const uint8_t *p = s->p + (s->v6 ? IP6_ADDRS : IP4_ADDRS);
	uint32_t h = s->protocol;

	for (; p < s->p + s->l4_off + 4; p += 4)
		h = (h ^ be32_get(p)) * 0x9e3779b1u;
	return h >> 16 | 0x10000; /* 0 says: no flow */
}

static void
look(struct seen *s, const struct pkt *p, bool udp)
{
	uint32_t n;

	*s = (struct seen){ .p = p->data, .len = p->len };
	if (!ip_read(s))
		return;
	n = l4_len(s, udp);
	/* a packet that is not glued still ends the run of its flow */
	if (s->protocol == IP_PROTO_TCP || s->protocol == IP_PROTO_UDP)
		s->hash = s->len >= s->l4_off + 4u ? flow_hash(s) : 0;
	if (n > 0 && checksum_right(s))
		s->hdr_len = (uint16_t)(s->l4_off + n);
}

static bool
same(const uint8_t *a, const uint8_t *b, unsigned int from, unsigned int to)
{
	return memcmp(a + from, b + from, to - from) == 0;
}

/* Are two packets of one flow? Both are long enough. */
static bool
same_flow(const uint8_t *a, const struct seen *b)
{
	if (a[0] >> 4 != (b->v6 ? 6 : 4))
		return false;
	return b->v6 ? same(a, b->p, IP6_ADDRS, b->l4_off + 4u)
		     : same(a, b->p, IP4_ADDRS, b->l4_off + 4u) && a[9] == b->p[9];
}

/* Do the IP headers differ in length and identification only? n: how many packets lie between. */
static bool
same_ip(const uint8_t *a, const struct seen *b, uint16_t n)
{
	uint16_t from = be16_get(a + IP4_ID), id = be16_get(b->p + IP4_ID);

	if (b->v6) /* flow, traffic class and version; next header and hop limit */
		return same(a, b->p, 0, 4) && same(a, b->p, 6, 8);
	if (!same(a, b->p, 0, 2) || !same(a, b->p, IP4_FRAG, IP4_SUM))
		return false;
	return id == (uint16_t)(from + n) || (id == from && (be16_get(a + IP4_FRAG) & IP4_DF));
}

static bool
same_tcp(const uint8_t *a, const struct seen *b)
{
	const uint8_t *l4 = b->p + b->l4_off;
	uint8_t may_differ = TCP_FIN | TCP_PSH | TCP_CWR;

	a += b->l4_off;
	return same(a, l4, TCP_ACK_NO, TCP_FLAGS) &&
		!((a[TCP_FLAGS] ^ l4[TCP_FLAGS]) & ~may_differ) && !(l4[TCP_FLAGS] & TCP_CWR) &&
		same(a, l4, TCP_WINDOW, TCP_CHECKSUM) &&
		same(a, l4, TCP_URGENT, b->hdr_len - b->l4_off);
}

/* May this packet be glued to the run, whose first packet is a? */
static bool
fits(const struct gro_run *r, const uint8_t *a, const struct seen *b)
{
	uint32_t payload = b->len - b->hdr_len;

	if (!r->open || b->hdr_len != r->hdr_len || payload > r->size ||
		r->len + payload > GSO_MAX || !same_ip(a, b, r->n))
		return false;
	if (b->protocol == IP_PROTO_UDP)
		return r->n < UDP_SEGMENTS_MAX;
	return be32_get(b->p + b->l4_off + TCP_SEQ) == r->next_seq && same_tcp(a, b);
}

/* May anything follow this packet in its run? */
static bool
stays_open(const struct seen *s, uint16_t size)
{
	if (s->hdr_len == 0 || s->len - s->hdr_len < size)
		return false;
	return s->protocol != IP_PROTO_TCP || !(s->p[s->l4_off + TCP_FLAGS] & (TCP_FIN | TCP_PSH));
}

static void
run_begin(struct gro *g, const struct seen *s, uint16_t i)
{
	uint16_t size = (uint16_t)(s->len - s->hdr_len);
	struct gro_run *r = &g->runs[g->n];

	*r = (struct gro_run){
		.first = i,
		.last = i,
		.n = 1,
		.size = size,
		.hdr_len = s->hdr_len,
		.l4_off = s->l4_off,
		.len = s->len,
		.open = stays_open(s, size),
		.v6 = s->v6,
		.protocol = s->protocol,
	};
	if (r->open && s->protocol == IP_PROTO_TCP)
		r->next_seq = be32_get(s->p + s->l4_off + TCP_SEQ) + size;
	if (s->hash)
		g->buckets[s->hash % N_BUCKETS] = (uint16_t)g->n;
	g->n++;
}

static void
run_extend(struct gro *g, struct gro_run *r, const struct seen *s, uint16_t i)
{
	uint32_t payload = s->len - s->hdr_len;

	g->next[r->last] = i;
	r->last = i;
	r->n++;
	r->len += payload;
	r->next_seq += payload;
	r->open = stays_open(s, r->size);
}

void
gro_runs(struct gro *g, struct pkt **pkts, unsigned int n, bool udp)
{
	g->n = 0;
	memset(g->buckets, 0xff, sizeof(g->buckets));
	for (uint16_t i = 0; i < n; i++) {
		struct gro_run *r = NULL;
		struct seen s;

		look(&s, pkts[i], udp);
		g->next[i] = GRO_NONE;
		if (s.hash && g->buckets[s.hash % N_BUCKETS] != GRO_NONE)
			r = &g->runs[g->buckets[s.hash % N_BUCKETS]];
		if (r && s.hdr_len && same_flow(pkts[r->first]->data, &s) &&
			fits(r, pkts[r->first]->data, &s))
			run_extend(g, r, &s, i);
		else
			run_begin(g, &s, i);
	}
}

static void
host16_put(uint8_t *p, uint16_t v)
{
	memcpy(p, &v, sizeof(v));
}

/* The order by which the run can be cut again. */
static void
order_write(struct gro *g, const struct gro_run *r)
{
	bool tcp = r->protocol == IP_PROTO_TCP;
	uint8_t type = tcp ? (r->v6 ? VNET_TCP6 : VNET_TCP4) : VNET_UDP_L4;

	if (tcp && (g->hdr[r->l4_off + TCP_FLAGS] & TCP_CWR))
		type |= VNET_ECN;
	g->vnet[0] = VNET_NEEDS_CSUM;
	g->vnet[1] = type;
	host16_put(g->vnet + 2, r->hdr_len);
	host16_put(g->vnet + 4, r->size);
	host16_put(g->vnet + 6, r->l4_off);
	host16_put(g->vnet + 8, tcp ? TCP_CHECKSUM : UDP_CHECKSUM);
}

/* The header of the whole: the first packet's, with the lengths of all, the last one's FIN and PSH, and
 * in the checksum field the sum of the pseudo-header, as NEEDS_CSUM wants it. */
static void
header_write(
	struct gro *g, const struct gro_run *r, const struct pkt *first, const struct pkt *last)
{
	bool tcp = r->protocol == IP_PROTO_TCP;
	uint8_t *h = g->hdr, *l4 = h + r->l4_off;
	uint32_t len = r->len - r->l4_off;
	uint64_t sum;

	memcpy(h, first->data, r->hdr_len);
	if (r->v6) {
		be16_put(h + 4, (uint16_t)len);
	} else {
		be16_put(h + 2, (uint16_t)r->len);
		ip4_checksum_set(h, r->l4_off);
	}
	if (tcp)
		l4[TCP_FLAGS] |= last->data[r->l4_off + TCP_FLAGS] & (TCP_FIN | TCP_PSH);
	else
		be16_put(l4 + UDP_LEN, (uint16_t)len);
	sum = checksum_pseudo(
		h + (r->v6 ? IP6_ADDRS : IP4_ADDRS), r->v6 ? 16 : 4, r->protocol, len);
	be16_put(l4 + (tcp ? TCP_CHECKSUM : UDP_CHECKSUM), (uint16_t)~checksum_fold(sum));
}

unsigned int
gro_iov(struct gro *g, const struct gro_run *r, struct pkt **pkts, struct iovec iov[GRO_IOV_MAX])
{
	unsigned int n = 0;

	header_write(g, r, pkts[r->first], pkts[r->last]);
	order_write(g, r);
	iov[n++] = (struct iovec){ g->vnet, GSO_VNET_LEN };
	iov[n++] = (struct iovec){ g->hdr, r->hdr_len };
	for (uint16_t i = r->first; i != GRO_NONE; i = g->next[i])
		iov[n++] = (struct iovec){ pkts[i]->data + r->hdr_len, pkts[i]->len - r->hdr_len };
	return n;
}
