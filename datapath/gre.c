/*
 * GRE over IPv4 and IPv6: the stages gre_out and gre_in. RFC 2784 and 7676, key and sequence number
 * of RFC 2890: a checksum is verified where one is present, packets with late numbers are dropped where
 * the tunnel asks for it. Payloads are IPv4 and IPv6. Refuses to know sockets, routes and how
 * policies decide.
 */
#include "config.h"

#include "datapath/gre.h"

#include "datapath/checksum.h"
#include "datapath/ecn.h"
#include "datapath/encap.h"
#include "datapath/fit.h"
#include "datapath/gre_tunnel.h"
#include "datapath/group.h"
#include "datapath/icmp.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/mss.h"
#include "datapath/pmtu.h"
#include "datapath/sadb.h"
#include "datapath/spd.h"
#include "lib/buf.h"
#include "lib/loop.h"

#include <string.h>
#include <sys/socket.h>

/* The first 16 bits; bits 1, 4 and 5 are RFC 1701's and refused, 6 to 12 are ignored. */
enum { GRE_C = 0x8000, GRE_K = 0x2000, GRE_S = 0x1000, GRE_REFUSED = 0x4c00, GRE_VERSION = 7 };
enum { GRE_IP4 = 0x0800, GRE_IP6 = 0x86dd, GRE_KEEPALIVE = 0 };
/* A peer that was silent for so long and then sends low numbers has begun anew. */
enum { SEQ_FORGET_MS = 30000 };

/* An outer header, as far as the tunnel cares. */
struct outer {
	struct gre_ends ends; /* as the tunnel sees them: ours first */
	uint32_t hdr_len;     /* bytes */
	uint32_t len;	      /* of the whole packet */
	uint8_t tos;
};

/* The ends of a packet whose fixed header is there, ours first: it arrived, or it is to go out. */
static struct gre_ends
ends_of(const uint8_t *p, bool arrived)
{
	bool v6 = p[0] >> 4 == 6;
	struct addr a = { .af = v6 ? AF_INET6 : AF_INET }, b = a;

	memcpy(a.b, p + (v6 ? 8 : 12), v6 ? IP6_ADDR_LEN : 4);
	memcpy(b.b, p + (v6 ? 24 : 16), v6 ? IP6_ADDR_LEN : 4);
	return arrived ? gre_ends(&b, &a) : gre_ends(&a, &b);
}

static bool
is_gre(const uint8_t *p, uint32_t len)
{
	bool v6 = len > 0 && p[0] >> 4 == 6;

	return len >= (v6 ? IP6_HDR_LEN : IP4_HDR_LEN) && p[v6 ? 6 : 9] == IP_PROTO_GRE;
}

/* Is it GRE between the ends of one of our tunnels? */
static bool
is_own_flow(const struct gre_table *t, const uint8_t *p, uint32_t len, bool arrived)
{
	struct gre_ends ends;

	if (!is_gre(p, len))
		return false;
	ends = ends_of(p, arrived);
	return gre_pair_exists(t, &ends);
}

/* Would the tunnel carry its own packets? Another tunnel's are welcome. */
static bool
carries_itself(const struct gre_tunnel *g, const uint8_t *p, uint32_t len)
{
	struct gre_ends ends;

	if (!is_gre(p, len))
		return false;
	ends = ends_of(p, false);
	return gre_ends_eq(&g->ends, &ends);
}

bool
gre_is_ours(const struct gre_table *t, const uint8_t *p, uint32_t len)
{
	return is_own_flow(t, p, len, true);
}

/* --- out ---------------------------------------------------------------------------- */

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

void
gre_hdr_push(const struct gre_tunnel *g, struct pkt *p, uint16_t type, const uint32_t *seq)
{
	uint32_t fields = (uint32_t)g->checksum + g->has_key + (seq != NULL);
	uint32_t len = GRE_HDR_LEN + fields * GRE_FIELD_LEN;
	uint8_t *h = p->data - len, *field = h + GRE_HDR_LEN;

	p->data = h;
	p->len += len;
	be16_put(h,
		(uint16_t)((g->checksum ? GRE_C : 0) | (g->has_key ? GRE_K : 0) |
			(seq ? GRE_S : 0)));
	be16_put(h + 2, type);
	if (g->checksum) {
		be32_put(field, 0);
		field += GRE_FIELD_LEN;
	}
	if (g->has_key) {
		be32_put(field, g->key);
		field += GRE_FIELD_LEN;
	}
	if (seq)
		be32_put(field, *seq);
	if (g->checksum)
		be16_put(h + GRE_HDR_LEN, checksum(h, p->len));
}

static void
outer_push(struct dp *dp, const struct gre_tunnel *g, struct pkt *p, uint8_t tos, bool df)
{
	struct ip6 ip6 = { .tclass = tos,
		.payload_len = (uint16_t)p->len,
		.next_header = IP_PROTO_GRE,
		.hop_limit = IP4_TTL,
		.src = g->src.b,
		.dst = g->dst.b };
	struct ip4 ip4 = { .tos = tos,
		.ttl = IP4_TTL,
		.protocol = IP_PROTO_GRE,
		.df = df,
		.total_len = (uint16_t)(p->len + IP4_HDR_LEN),
		.src = addr_u32(&g->src),
		.dst = addr_u32(&g->dst) };
	uint32_t len = g->ends.af == AF_INET6 ? IP6_HDR_LEN : IP4_HDR_LEN;

	p->data -= len;
	p->len += len;
	if (g->ends.af == AF_INET6) {
		ip6_build(p->data, &ip6);
		return;
	}
	ip4.id = ip4_next_id(&dp->ip_id);
	ip4_build(p->data, &ip4);
}

void
gre_send(struct dp *dp, struct gre_tunnel *g, struct pkt *p)
{
	uint64_t generation = sadb_generation(dp->sadb);

	p->next = STAGE_RAW_TX;
	if (g->sa_out != 0) {
		if (g->out_generation != generation) {
			g->out = group_out(dp, g->sa_out);
			g->out_generation = generation;
		}
		p->sa = g->out;
		p->next = STAGE_SA_OUT;
		if (!g->out)
			pkt_drop(p, group_missed(dp, g->sa_out, p));
	} else if (g->spd_port != 0) {
		p->port = g->spd_port;
		p->next = STAGE_SPD_OUT;
	}
}

/* What fits into the tunnel, seeing what was learned of its path; 0 = not known. */
static uint32_t
room_of(struct dp *dp, struct gre_tunnel *g)
{
	uint32_t around = (g->ends.af == AF_INET6 ? IP6_HDR_LEN : IP4_HDR_LEN) + GRE_HDR_LEN +
		((uint32_t)g->checksum + g->has_key + g->sequence) * GRE_FIELD_LEN;

	if (g->mtu != 0 && loop_now_ms(dp->loop) >= g->mtu_until_ms)
		g->mtu = 0;
	return g->mtu > around ? g->mtu - around : 0;
}

/* A packet that is too long is cut here, or its sender told: false, and p has its way. IPv6 cannot be
 * made shorter than its least MTU: then what is around it is cut. */
static bool
fits(struct dp *dp, struct gre_tunnel *g, struct pkt *p, bool df)
{
	uint32_t room = room_of(dp, g);
	bool v6 = p->data[0] >> 4 == 6;

	p->mtu = g->mtu;
	if (room == 0 || p->len <= room || (v6 && room < IP6_MTU_MIN))
		return true;
	if (v6 || df)
		icmp_too_big(dp, p, room);
	else
		fit_cut(dp, p, room, STAGE_GRE_OUT);
	return false;
}

bool
gre_too_big(struct dp *dp, struct pkt *p, uint32_t room)
{
	bool v6 = p->data[0] >> 4 == 6;
	uint32_t off = v6 ? IP6_HDR_LEN : IP4_HDR_LEN;
	struct gre_ends ends;
	struct gre_tunnel *g;
	struct gre_hdr h;

	if (room == 0 || !is_own_flow(dp->gre, p->data, p->len, false) ||
		gre_hdr_read(p->data + off, p->len - off, &h) != DROP_NONE)
		return false;
	ends = ends_of(p->data, false);
	g = gre_find_flow(dp->gre, &ends, h.has_key, h.key);
	if (!g || (g->mtu != 0 && g->mtu <= room))
		return false; /* it knows, and could not help it */
	gre_learn(dp, g, room);
	p->data += off + h.len;
	p->len -= off + h.len;
	p->port = g->port;
	p->sa = NULL;
	p->next = STAGE_GRE_OUT;
	return true;
}

void
gre_quoted(struct dp *dp, const struct addr *source, const struct addr *destination,
	const uint8_t *quote, uint32_t len, uint32_t mtu)
{
	struct gre_ends ends = gre_ends(source, destination);
	struct gre_tunnel *g = NULL;
	struct gre_hdr h;

	if (gre_hdr_read(quote, len, &h) == DROP_NONE)
		g = gre_find_flow(dp->gre, &ends, h.has_key, h.key);
	if (g && g->sa_out == 0 && gre_learn(dp, g, mtu))
		pmtu_tell(dp, 0, &g->dst, mtu);
}

bool
gre_learn(struct dp *dp, struct gre_tunnel *g, uint32_t mtu)
{
	if (g->mtu != 0 && g->mtu <= mtu)
		return false;
	g->mtu = (uint16_t)mtu;
	g->mtu_until_ms = loop_now_ms(dp->loop) + FIT_LEARNED_MS;
	return true;
}

void
gre_encapsulate(struct dp *dp, struct gre_tunnel *g, struct pkt *p)
{
	uint32_t overhead = IP6_HDR_LEN + GRE_HDR_MAX;
	uint32_t seq = (uint32_t)g->next_seq;
	uint16_t type;
	uint8_t tos;
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
	if (!fits(dp, g, p, df))
		return;
	tos = ecn_encap(p->data);
	if (g->sequence)
		gre_seq_set(g, g->next_seq + 1);
	gre_hdr_push(g, p, type, g->sequence ? &seq : NULL);
	outer_push(dp, g, p, tos, df);
	gre_send(dp, g, p);
}

static void
take_in(struct dp *dp, struct gre_tunnel *g, struct pkt *p)
{
	if (!g->up) {
		pkt_drop(p, DROP_gre_down);
		return;
	}
	if (carries_itself(g, p->data, p->len)) {
		pkt_drop(p, DROP_gre_recursion);
		return;
	}
	if (g->mss)
		mss_clamp(p->data, p->len, g->mss);
	gre_encapsulate(dp, g, p);
}

void
gre_out_stage(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	struct gre_tunnel *g = NULL;

	for (unsigned int i = 0; i < n; i++) {
		struct pkt *p = pkts[i];

		if (!g || g->port != p->port)
			g = gre_find_port(dp->gre, p->port);
		if (g)
			take_in(dp, g, p);
		else
			pkt_drop(p, DROP_gre_no_tunnel);
	}
}

/* --- in ----------------------------------------------------------------------------- */

enum drop
gre_hdr_read(const uint8_t *p, uint32_t len, struct gre_hdr *h)
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
	h->has_seq = flags & GRE_S;
	if (h->has_checksum)
		rbuf_u32(&b);
	h->key = h->has_key ? rbuf_u32(&b) : 0;
	h->seq = h->has_seq ? rbuf_u32(&b) : 0;
	h->len = (uint32_t)(b.p - p);
	return b.bad ? DROP_gre_short : DROP_NONE;
}

static enum drop
outer_read(const struct pkt *p, struct outer *o)
{
	struct ip4 ip4;
	struct ip6 ip6;
	uint8_t protocol = 0;
	enum drop why;

	if (p->len > 0 && p->data[0] >> 4 == 6) {
		why = ip6_parse(p->data, p->len, &ip6);
		if (why != DROP_NONE)
			return why;
		o->len = (uint32_t)IP6_HDR_LEN + ip6.payload_len;
		o->hdr_len = (uint32_t)ip6_transport(p->data, o->len, &protocol);
		o->tos = ip6.tclass;
		if (o->hdr_len == 0 || protocol != IP_PROTO_GRE)
			return DROP_ip_fragment;
	} else {
		why = ip4_parse(p->data, p->len, &ip4);
		if (why != DROP_NONE)
			return why;
		if (ip4.mf || ip4.frag_off)
			return DROP_ip_fragment;
		o->len = ip4.total_len;
		o->hdr_len = ip4.hdr_len;
		o->tos = ip4.tos;
	}
	o->ends = ends_of(p->data, true);
	return DROP_NONE;
}

/* RFC 2890 2.2: a number that is not after the last one is late, unless the peer began anew. */
static bool
is_late(struct dp *dp, struct gre_tunnel *g, const struct gre_hdr *h)
{
	uint64_t now;

	if (!g->sequence || !h->has_seq)
		return false;
	now = loop_now_ms(dp->loop) + 1; /* never 0 */
	if (g->last_seq_ms != 0 && now - g->last_seq_ms < SEQ_FORGET_MS &&
		(int32_t)(h->seq - g->last_seq) <= 0)
		return true;
	g->last_seq = h->seq;
	g->last_seq_ms = now;
	return false;
}

/* Did the packet come the way that the tunnel's packets must come? whole: as it arrived. */
static bool
is_entitled(struct dp *dp, const struct gre_tunnel *g, const struct pkt *p, const uint8_t *whole,
	uint32_t len)
{
	if (g->sa_in != 0)
		return p->sa && p->sa->group == group_serving(dp, g->sa_in) &&
			encap_chain_is_whole(p);
	if (g->spd_port != 0 && !p->sa)
		return !spd_protects(dp, g->spd_port, whole, len);
	return true;
}

/* Takes the payload out; p shows the GRE header and what is behind. */
static enum drop
decapsulate(struct dp *dp, struct gre_tunnel *g, const struct gre_hdr *h, uint8_t outer_tos,
	struct pkt *p)
{
	uint16_t type;
	uint32_t len;
	bool df;

	if (h->has_checksum && checksum(p->data, p->len) != 0)
		return DROP_gre_checksum;
	if (h->type == GRE_KEEPALIVE && p->len == h->len) {
		keepalive_answered(g);
		pkt_done(p);
		return DROP_NONE;
	}
	if (h->type != GRE_IP4 && h->type != GRE_IP6)
		return DROP_gre_protocol;
	if (is_late(dp, g, h))
		return DROP_gre_sequence;
	len = inner_read(p->data + h->len, p->len - h->len, &type, &df);
	if (len == 0 || type != h->type)
		return DROP_gre_inner;
	p->data += h->len;
	p->len = len;
	if (keepalive_answer(dp, g, p))
		return DROP_NONE;
	if (carries_itself(g, p->data, p->len))
		return DROP_gre_recursion;
	if (!ecn_decap(p->data, outer_tos))
		return DROP_ip_ecn;
	if (g->mss)
		mss_clamp(p->data, p->len, g->mss);
	p->next = STAGE_TUN_TX;
	return DROP_NONE;
}

static enum drop
receive(struct dp *dp, struct pkt *p)
{
	const uint8_t *whole = p->data;
	struct gre_tunnel *g;
	struct gre_hdr h;
	struct outer o;
	enum drop why = outer_read(p, &o);

	if (why != DROP_NONE)
		return why;
	p->data += o.hdr_len;
	p->len = o.len - o.hdr_len;
	why = gre_hdr_read(p->data, p->len, &h);
	if (why != DROP_NONE)
		return why;
	g = gre_find_flow(dp->gre, &o.ends, h.has_key, h.key);
	if (!g)
		return gre_pair_exists(dp->gre, &o.ends) ? DROP_gre_key : DROP_gre_no_tunnel;
	p->port = g->port;
	if (!is_entitled(dp, g, p, whole, o.len))
		return DROP_spd_cleartext;
	return g->up ? decapsulate(dp, g, &h, o.tos, p) : DROP_gre_down;
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
