/*
 * GRE over IPv4: the table of tunnels and the stages gre_out and gre_in. RFC 2784, with key and
 * sequence number of RFC 2890: a checksum is verified where one is present, sequence numbers are
 * passed over. Payloads are IPv4 and IPv6. Refuses to know sockets, routes and policies.
 */
#include "config.h"

#include "datapath/gre.h"

#include "datapath/checksum.h"
#include "datapath/ecn.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "lib/buf.h"
#include "lib/err.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

/* The first 16 bits; bits 1, 4 and 5 are RFC 1701's and refused, 6 to 12 are ignored. */
enum { GRE_C = 0x8000, GRE_K = 0x2000, GRE_S = 0x1000, GRE_REFUSED = 0x4c00, GRE_VERSION = 7 };
enum { GRE_HDR_LEN = 4, GRE_FIELD_LEN = 4 };
enum { GRE_IP4 = 0x0800, GRE_IP6 = 0x86dd };
enum { N_BUCKETS = 1024 };

struct gre_tunnel {
	struct gre_tunnel *port_next, *flow_next, *pair_next; /* in the three hashes */
	uint32_t port;
	uint32_t src; /* ours, host order */
	uint32_t dst;
	uint32_t key;
	bool has_key;
	bool checksum;
	bool up;
};

struct gre_table {
	struct gre_tunnel *ports[N_BUCKETS];
	struct gre_tunnel *flows[N_BUCKETS]; /* by addresses and key */
	struct gre_tunnel *pairs[N_BUCKETS]; /* by addresses: tells a wrong key from no tunnel */
};

static unsigned int
hash(uint32_t a, uint32_t b, uint32_t c)
{
	uint64_t h = a * 0x9e3779b97f4a7c15u + b;

	h = (h ^ h >> 32) * 0x9e3779b97f4a7c15u + c;
	h = (h ^ h >> 32) * 0x9e3779b97f4a7c15u;
	return (unsigned int)(h >> 54);
}
_Static_assert(N_BUCKETS == 1 << 10, "hash takes 10 bits");

struct gre_table *
gre_table_new(void)
{
	return calloc(1, sizeof(struct gre_table));
}

static struct gre_tunnel *
find_port(const struct gre_table *t, uint32_t port)
{
	struct gre_tunnel *g = t->ports[hash(port, 0, 0)];

	while (g && g->port != port)
		g = g->port_next;
	return g;
}

static struct gre_tunnel *
find_flow(const struct gre_table *t, uint32_t src, uint32_t dst, bool has_key, uint32_t key)
{
	struct gre_tunnel *g = t->flows[hash(src, dst, key)];

	while (g && (g->src != src || g->dst != dst || g->has_key != has_key || g->key != key))
		g = g->flow_next;
	return g;
}

static bool
pair_exists(const struct gre_table *t, uint32_t src, uint32_t dst)
{
	const struct gre_tunnel *g = t->pairs[hash(src, dst, 0)];

	while (g && (g->src != src || g->dst != dst))
		g = g->pair_next;
	return g;
}

static void
insert(struct gre_table *t, struct gre_tunnel *g)
{
	struct gre_tunnel **port = &t->ports[hash(g->port, 0, 0)];
	struct gre_tunnel **flow = &t->flows[hash(g->src, g->dst, g->key)];
	struct gre_tunnel **pair = &t->pairs[hash(g->src, g->dst, 0)];

	g->port_next = *port;
	g->flow_next = *flow;
	g->pair_next = *pair;
	*port = *flow = *pair = g;
}

static void
detach(struct gre_table *t, struct gre_tunnel *g)
{
	struct gre_tunnel **p;

	for (p = &t->ports[hash(g->port, 0, 0)]; *p != g; p = &(*p)->port_next)
		;
	*p = g->port_next;
	for (p = &t->flows[hash(g->src, g->dst, g->key)]; *p != g; p = &(*p)->flow_next)
		;
	*p = g->flow_next;
	for (p = &t->pairs[hash(g->src, g->dst, 0)]; *p != g; p = &(*p)->pair_next)
		;
	*p = g->pair_next;
}

void
gre_table_free(struct gre_table *t)
{
	if (!t)
		return;
	for (unsigned int i = 0; i < N_BUCKETS; i++) {
		for (struct gre_tunnel *g = t->ports[i], *next; g; g = next) {
			next = g->port_next;
			free(g);
		}
	}
	free(t);
}

int
gre_put(struct gre_table *t, const struct msg_dp_tunnel *m, struct err *e)
{
	uint32_t key = m->has_key ? m->key : 0;
	uint32_t src = addr_u32(&m->source), dst = addr_u32(&m->destination);
	struct gre_tunnel *g = find_port(t, m->port), *same;

	if (m->source.af != AF_INET || m->destination.af != AF_INET || !src || !dst)
		return err_set(e, -EINVAL, "tunnel", "GRE needs two IPv4 addresses.");
	same = find_flow(t, src, dst, m->has_key, key);
	if (same && same != g)
		return err_set(e, -EEXIST, "tunnel",
			"Another tunnel has the same addresses and key; give one a gre key.");
	if (g)
		detach(t, g);
	else if (!(g = calloc(1, sizeof(*g))))
		return err_set(e, -ENOMEM, "tunnel", "Out of memory.");
	g->port = m->port;
	g->src = src;
	g->dst = dst;
	g->has_key = m->has_key;
	g->key = key;
	g->checksum = m->checksum;
	g->up = m->up;
	insert(t, g);
	return 0;
}

int
gre_del(struct gre_table *t, uint32_t port)
{
	struct gre_tunnel *g = find_port(t, port);

	if (!g)
		return -ENOENT;
	detach(t, g);
	free(g);
	return 0;
}

/* Length of the IP packet at p, and its protocol type; 0 when it is not one. */
static uint32_t
inner_read(const uint8_t *p, uint32_t len, uint16_t *type, bool *df)
{
	struct ip4 ip4;
	struct ip6 ip6;

	if (len > 0 && p[0] >> 4 == 6) {
		*type = GRE_IP6;
		*df = false;
		return ip6_parse(p, len, &ip6) == DROP_NONE
			? (uint32_t)IP6_HDR_LEN + ip6.payload_len
			: 0;
	}
	*type = GRE_IP4;
	if (ip4_parse(p, len, &ip4) != DROP_NONE)
		return 0;
	*df = ip4.df;
	return ip4.total_len;
}

/* Writes the GRE header in front of the payload, which p shows. */
static void
header_push(const struct gre_tunnel *g, struct pkt *p, uint16_t type)
{
	uint32_t len = GRE_HDR_LEN + (g->checksum + g->has_key) * GRE_FIELD_LEN;
	uint8_t *h = p->data - len, *field = h + GRE_HDR_LEN;

	p->data = h;
	p->len += len;
	be16_put(h, (uint16_t)((g->checksum ? GRE_C : 0) | (g->has_key ? GRE_K : 0)));
	be16_put(h + 2, type);
	if (g->checksum) {
		be32_put(field, 0);
		field += GRE_FIELD_LEN;
	}
	if (g->has_key)
		be32_put(field, g->key);
	if (g->checksum)
		be16_put(h + GRE_HDR_LEN, checksum(h, p->len));
}

static void
encapsulate(struct dp *dp, const struct gre_tunnel *g, struct pkt *p)
{
	uint32_t overhead = IP4_HDR_LEN + GRE_HDR_LEN + 2 * GRE_FIELD_LEN;
	struct ip4 outer;
	uint16_t type;
	bool df;

	p->len = inner_read(p->data, p->len, &type, &df);
	if (p->len == 0) {
		pkt_drop(p, DROP_gre_inner);
		return;
	}
	if (p->len + overhead > UINT16_MAX || pkt_headroom(p) < overhead) {
		pkt_drop(p, DROP_pkt_too_big);
		return;
	}
	outer = (struct ip4){ .tos = ecn_encap(p->data),
		.ttl = IP4_TTL,
		.protocol = IP_PROTO_GRE,
		.id = ip4_next_id(&dp->ip_id),
		.df = df,
		.src = g->src,
		.dst = g->dst };
	header_push(g, p, type);
	p->data -= IP4_HDR_LEN;
	p->len += IP4_HDR_LEN;
	outer.total_len = (uint16_t)p->len;
	ip4_build(p->data, &outer);
	p->next = STAGE_RAW_TX;
}

void
gre_out_stage(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	const struct gre_tunnel *g = NULL;

	for (unsigned int i = 0; i < n; i++) {
		struct pkt *p = pkts[i];

		if (!g || g->port != p->port)
			g = find_port(dp->gre, p->port);
		if (!g)
			pkt_drop(p, DROP_gre_no_tunnel);
		else if (!g->up)
			pkt_drop(p, DROP_gre_down);
		else
			encapsulate(dp, g, p);
	}
}

/* What a GRE header says. */
struct gre_hdr {
	uint32_t len; /* bytes */
	uint16_t type;
	uint32_t key;
	bool has_checksum;
	bool has_key;
};

static enum drop
header_read(const uint8_t *p, uint32_t len, struct gre_hdr *h)
{
	struct rbuf b = rbuf_over(p, len);
	uint16_t flags = rbuf_u16(&b);

	h->type = rbuf_u16(&b);
	if (b.bad)
		return DROP_gre_short;
	if (flags & GRE_VERSION)
		return DROP_gre_version;
	if (flags & GRE_REFUSED)
		return DROP_gre_flags;
	h->has_checksum = flags & GRE_C;
	h->has_key = flags & GRE_K;
	if (h->has_checksum)
		rbuf_u32(&b);
	h->key = h->has_key ? rbuf_u32(&b) : 0;
	if (flags & GRE_S)
		rbuf_u32(&b);
	h->len = (uint32_t)(b.p - p);
	return b.bad ? DROP_gre_short : DROP_NONE;
}

/* Takes the payload out; p shows the GRE header and what is behind. */
static enum drop
decapsulate(const struct gre_tunnel *g, const struct gre_hdr *h, uint8_t outer_tos, struct pkt *p)
{
	uint16_t type;
	uint32_t len;
	bool df;

	p->port = g->port;
	if (!g->up)
		return DROP_gre_down;
	if (h->has_checksum && checksum(p->data, p->len) != 0)
		return DROP_gre_checksum;
	if (h->type != GRE_IP4 && h->type != GRE_IP6)
		return DROP_gre_protocol;
	len = inner_read(p->data + h->len, p->len - h->len, &type, &df);
	if (len == 0 || type != h->type)
		return DROP_gre_inner;
	p->data += h->len;
	p->len = len;
	if (!ecn_decap(p->data, outer_tos))
		return DROP_ip_ecn;
	p->next = STAGE_TUN_TX;
	return DROP_NONE;
}

static enum drop
receive(struct dp *dp, struct pkt *p)
{
	const struct gre_tunnel *g;
	struct gre_hdr h;
	struct ip4 outer;
	enum drop why = ip4_parse(p->data, p->len, &outer);

	if (why != DROP_NONE)
		return why;
	if (outer.mf || outer.frag_off)
		return DROP_ip_fragment;
	p->data += outer.hdr_len;
	p->len = (uint32_t)outer.total_len - outer.hdr_len;
	why = header_read(p->data, p->len, &h);
	if (why != DROP_NONE)
		return why;
	g = find_flow(dp->gre, outer.dst, outer.src, h.has_key, h.key);
	if (!g)
		return pair_exists(dp->gre, outer.dst, outer.src) ? DROP_gre_key
								  : DROP_gre_no_tunnel;
	return decapsulate(g, &h, outer.tos, p);
}

void
gre_in_stage(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		enum drop why = receive(dp, pkts[i]);

		if (why != DROP_NONE)
			pkt_drop(pkts[i], why);
	}
}
