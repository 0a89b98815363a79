/*
 * The IP headers around ESP and AH. Out: a new header in tunnel mode, with DSCP and ECN as inside (RFC
 * 2983, 6040), DF as the SA says, flow label 0; in transport mode the packet's own, changed in
 * protocol, length and checksum. In: the way back. Refuses to know what is protected and how.
 */
#include "config.h"

#include "datapath/encap.h"

#include "datapath/ah.h"
#include "datapath/dp.h"
#include "datapath/ecn.h"
#include "datapath/esp.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/natfix.h"
#include "datapath/sadb.h"
#include "datapath/stats.h"
#include "lib/buf.h"

#include <sys/socket.h>

#include <string.h>

enum { IP4_OFF_FRAG = 6, IP4_OFF_PROTOCOL = 9, IP4_FLAG_DF = 0x40, IP4_TOTAL_MAX = 65535 };
enum { IP6_OFF_NEXT = 6, IP6_TOTAL_MAX = IP6_HDR_LEN + 65535 };
enum { NEXT_HOP_BY_HOP = 0, NEXT_ROUTING = 43, NEXT_FRAGMENT = 44, NEXT_DESTINATION = 60 };
enum { EXTENSIONS_MAX = 8, FRAG_OFFSET_AND_MORE = 0xfff9 };

/* --- reading headers --------------------------------------------------------------------- */

static enum drop
read4(const uint8_t *p, uint32_t len, struct encap *e)
{
	struct ip4 ip;
	enum drop why = ip4_parse(p, len, &ip);

	if (why != DROP_NONE)
		return why;
	*e = (struct encap){ .source = addr_v4(ip.src),
		.destination = addr_v4(ip.dst),
		.len = ip.total_len,
		.hdr_len = ip.hdr_len,
		.next_at = IP4_OFF_PROTOCOL,
		.tos = ip.tos };
	return ip.mf || ip.frag_off != 0 ? DROP_ip_fragment : DROP_NONE;
}

static bool
is_extension(uint8_t next)
{
	return next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_FRAGMENT ||
		next == NEXT_DESTINATION;
}

/* Steps over the extension header at e->hdr_len. */
static enum drop
step6(const uint8_t *p, struct encap *e)
{
	const uint8_t *h = p + e->hdr_len;
	bool fragment = p[e->next_at] == NEXT_FRAGMENT;

	if (e->hdr_len + IP6_FRAG_LEN > e->len)
		return DROP_ipsec_headers;
	if (fragment && (be16_get(h + 2) & FRAG_OFFSET_AND_MORE) != 0)
		return DROP_ip_fragment;
	e->next_at = e->hdr_len;
	e->hdr_len += fragment ? IP6_FRAG_LEN : (h[1] + 1u) * 8;
	return e->hdr_len <= e->len ? DROP_NONE : DROP_ipsec_headers;
}

static enum drop
read6(const uint8_t *p, uint32_t len, struct encap *e)
{
	struct ip6 ip;
	enum drop why = ip6_parse(p, len, &ip);

	if (why != DROP_NONE)
		return why;
	*e = (struct encap){ .source.af = AF_INET6,
		.destination.af = AF_INET6,
		.len = (uint32_t)IP6_HDR_LEN + ip.payload_len,
		.hdr_len = IP6_HDR_LEN,
		.next_at = IP6_OFF_NEXT,
		.tos = ip.tclass,
		.v6 = true };
	memcpy(e->source.b, ip.src, IP6_ADDR_LEN);
	memcpy(e->destination.b, ip.dst, IP6_ADDR_LEN);
	return DROP_NONE;
}

enum drop
encap_read(const uint8_t *p, uint32_t len, uint8_t protocol, struct encap *e)
{
	bool v6 = len > 0 && p[0] >> 4 == 6;
	enum drop why = v6 ? read6(p, len, e) : read4(p, len, e);

	for (unsigned int i = 0; v6 && why == DROP_NONE && is_extension(p[e->next_at]); i++)
		why = i < EXTENSIONS_MAX ? step6(p, e) : DROP_ipsec_headers;
	if (why == DROP_NONE && p[e->next_at] != protocol)
		why = DROP_ipsec_headers;
	return why;
}

/* Destination options are everybody's along a routing header, when one comes later, else the final
 * node's: then ESP or AH goes in front of them. */
static enum drop
split6(const uint8_t *p, struct encap *e)
{
	struct encap at = *e;
	enum drop why = DROP_NONE;

	for (unsigned int i = 0; why == DROP_NONE && is_extension(p[at.next_at]); i++) {
		bool final = p[at.next_at] == NEXT_DESTINATION;

		why = i < EXTENSIONS_MAX ? step6(p, &at) : DROP_ipsec_headers;
		if (why == DROP_NONE && !final)
			*e = at;
	}
	return why;
}

enum drop
encap_split(const uint8_t *p, uint32_t len, struct encap *e)
{
	enum drop why;

	if (len == 0 || p[0] >> 4 != 6)
		return read4(p, len, e);
	why = read6(p, len, e);
	return why == DROP_NONE ? split6(p, e) : why;
}

/* --- out ---------------------------------------------------------------------------------- */

bool
encap_is_transport(const struct pkt *p, const struct sa *sa)
{
	return sa->mode == MSG_SA_TRANSPORT || p->n_chain > 0;
}

/* The drop reason of the SA's own protocol. */
static enum drop
of_protocol(const struct sa *sa, enum drop esp, enum drop ah)
{
	return sa->protocol == IP_PROTO_AH ? ah : esp;
}

/* Tunnel mode: the whole packet is the payload. */
static enum drop
whole(const struct pkt *p, const struct sa *sa, struct encap_out *o)
{
	uint8_t version = p->len > 0 ? p->data[0] >> 4 : 0;

	if (version != 4 && version != 6)
		return DROP_ip_version;
	if (p->len < (version == 4 ? IP4_HDR_LEN : IP6_HDR_LEN))
		return DROP_ip_short;
	o->payload = p->data;
	o->len = p->len;
	o->next = version == 4 ? ESP_NEXT_IPV4 : ESP_NEXT_IPV6;
	o->e.v6 = sa->destination.af == AF_INET6;
	o->e.hdr_len = o->e.v6 ? IP6_HDR_LEN : IP4_HDR_LEN;
	o->e.tos = ecn_encap(p->data);
	return DROP_NONE;
}

/* Transport mode is for what goes from end to end. (With a source route the end is not what the
 * header's destination says.) */
static bool
ends_are(const struct encap *e, const struct sa *sa)
{
	return e->hdr_len > (e->v6 ? IP6_HDR_LEN : IP4_HDR_LEN) ||
		(addr_eq(&e->source, &sa->source) && addr_eq(&e->destination, &sa->destination));
}

enum drop
encap_plan(const struct pkt *p, const struct sa *sa, struct encap_out *o)
{
	enum drop why;

	*o = (struct encap_out){ .transport = encap_is_transport(p, sa) };
	if (!o->transport)
		return whole(p, sa, o);
	why = encap_split(p->data, p->len, &o->e);
	if (why == DROP_NONE && !ends_are(&o->e, sa))
		why = of_protocol(sa, DROP_esp_address, DROP_ah_address);
	if (why != DROP_NONE)
		return why;
	o->payload = p->data + o->e.hdr_len;
	o->len = o->e.len - o->e.hdr_len;
	o->next = p->data[o->e.next_at];
	return DROP_NONE;
}

enum drop
encap_open(struct pkt *p, const struct sa *sa, uint32_t head_len, uint32_t tail_len,
	struct encap_out *o)
{
	uint32_t room = head_len + (o->transport ? 0 : o->e.hdr_len);
	uint32_t len = o->e.hdr_len + head_len + o->len + tail_len;

	if (pkt_headroom(p) < room || (uint32_t)(p->room_end - (o->payload + o->len)) < tail_len ||
		len > (o->e.v6 ? IP6_TOTAL_MAX : IP4_TOTAL_MAX))
		return of_protocol(sa, DROP_esp_too_long, DROP_ah_too_long);
	if (o->transport)
		memmove(p->data - head_len, p->data, o->e.hdr_len);
	o->hdr = o->payload - head_len;
	p->data = o->hdr - o->e.hdr_len;
	p->len = len;
	return DROP_NONE;
}

/* The packet's own headers say what follows, and how long all is. */
static void
headers_change(uint8_t *p, const struct encap *e, uint32_t len, uint8_t next)
{
	p[e->next_at] = next;
	if (e->v6) {
		be16_put(p + 4, (uint16_t)(len - IP6_HDR_LEN));
		return;
	}
	be16_put(p + 2, (uint16_t)len);
	ip4_checksum_set(p, e->hdr_len);
}

/* An IPv6 packet's outer IPv4 header may be fragmented unless the operator says otherwise, since nobody
 * would learn of the drop. */
static bool
df_of(const struct sa *sa, const uint8_t *inner)
{
	if (sa->path.df != MSG_DF_COPY)
		return sa->path.df == MSG_DF_SET;
	return inner[0] >> 4 == 4 && (inner[IP4_OFF_FRAG] & IP4_FLAG_DF);
}

static void
tunnel_write(struct dp *dp, struct pkt *p, const struct sa *sa, const struct encap_out *o)
{
	struct ip4 ip4 = { .tos = o->e.tos,
		.ttl = IP4_TTL,
		.protocol = sa->protocol,
		.total_len = (uint16_t)p->len,
		.src = addr_u32(&sa->source),
		.dst = addr_u32(&sa->destination) };
	struct ip6 ip6 = { .tclass = o->e.tos,
		.next_header = sa->protocol,
		.hop_limit = IP6_HOP_LIMIT,
		.payload_len = (uint16_t)(p->len - IP6_HDR_LEN),
		.src = sa->source.b,
		.dst = sa->destination.b };

	if (o->e.v6) {
		ip6_build(p->data, &ip6);
		return;
	}
	ip4.id = ip4_next_id(&dp->ip_id);
	ip4.df = df_of(sa, o->payload);
	ip4_build(p->data, &ip4);
}

void
encap_close(struct dp *dp, struct pkt *p, const struct sa *sa, const struct encap_out *o)
{
	if (o->transport)
		headers_change(p->data, &o->e, p->len, sa->protocol);
	else
		tunnel_write(dp, p, sa, o);
}

void
encap_sent(struct dp *dp, struct pkt *p, uint32_t len)
{
	struct sa *sa = p->sa, *outer;
	struct stats_protocol *of = stats_protocol(dp->stats, sa->protocol);

	sa->packets++;
	sa->bytes += len;
	if (sa->bytes >= sa->soft_at)
		sadb_used(dp->sadb, sa);
	of->out_packets++;
	of->out_bytes += len;
	if (p->n_chain == 0) {
		dp->stats->ipsec_out_packets++;
		dp->stats->ipsec_out_bytes += len;
	}
	p->next = STAGE_RAW_TX;
	if (sa->bundle == 0)
		return;
	outer = sadb_outer(dp->sadb, sa);
	if (outer == NULL || outer->inbound || p->n_chain + 1 >= PKT_CHAIN) {
		sa->dropped++;
		pkt_drop(p, DROP_spd_incomplete);
		return;
	}
	p->chain[p->n_chain++] = sa;
	p->sa = outer;
	p->next = sa_stage_out(outer);
}

/* Bytes that an SA may protect with headers of hdr_len in front, so that all is not longer than mtu. */
static uint32_t
payload_room(const struct sa *sa, bool v6, uint32_t hdr_len, uint32_t mtu)
{
	uint32_t around = hdr_len + sa->icv_len;

	if (sa->protocol == IP_PROTO_AH)
		around = hdr_len + ah_len(sa, v6);
	else
		around += ESP_HDR_LEN + (uint32_t)sa->iv_len;
	if (mtu < around)
		return 0;
	if (sa->protocol == IP_PROTO_AH)
		return mtu - around;
	mtu = (mtu - around) / sa->block * sa->block;
	return mtu > ESP_TRAILER_LEN ? mtu - ESP_TRAILER_LEN : 0;
}

uint32_t
encap_room(struct dp *dp, struct sa *sa, const uint8_t *p, uint32_t len, uint32_t mtu)
{
	struct encap e = { .v6 = sa->destination.af == AF_INET6 };
	struct sa *outer = sa->bundle != 0 ? sadb_outer(dp->sadb, sa) : NULL;
	bool transport = sa->mode == MSG_SA_TRANSPORT;
	uint32_t room;

	e.hdr_len = e.v6 ? IP6_HDR_LEN : IP4_HDR_LEN;
	if (transport && encap_split(p, len, &e) != DROP_NONE)
		return 0;
	if (outer != NULL) {
		mtu = payload_room(outer, e.v6, e.hdr_len, mtu);
		mtu = mtu > 0 ? mtu + e.hdr_len : 0;
	}
	room = payload_room(sa, e.v6, e.hdr_len, mtu);
	return room > 0 && transport ? room + e.hdr_len : room;
}

bool
encap_chain_is_whole(const struct pkt *p)
{
	if (p->sa->bundle == 0)
		return p->n_chain <= 1;
	return p->n_chain == 2 && p->chain[0]->id == p->sa->bundle;
}

/* --- in ----------------------------------------------------------------------------------- */

/* Tunnel mode: is there a sound packet of the version announced? Cuts what is behind its own length off:
 * there may be padding (RFC 4303 2.7). */
static enum drop
inner_check(struct pkt *p, const struct sa *sa, uint8_t next)
{
	struct ip4 ip4;
	struct ip6 ip6;

	if (next == ESP_NEXT_IPV4 && ip4_parse(p->data, p->len, &ip4) == DROP_NONE)
		p->len = ip4.total_len;
	else if (next == ESP_NEXT_IPV6 && ip6_parse(p->data, p->len, &ip6) == DROP_NONE)
		p->len = (uint32_t)IP6_HDR_LEN + ip6.payload_len;
	else
		return next == ESP_NEXT_IPV4 || next == ESP_NEXT_IPV6
			? of_protocol(sa, DROP_esp_inner, DROP_ah_inner)
			: of_protocol(sa, DROP_esp_next_header, DROP_ah_next_header);
	return DROP_NONE;
}

enum drop
encap_arrived(
	struct dp *dp, struct pkt *p, const struct encap *e, const uint8_t *outer, uint8_t next)
{
	struct sa *sa = p->sa;
	bool nested = (next == IP_PROTO_ESP || next == IP_PROTO_AH) &&
		(sa->mode == MSG_SA_TRANSPORT || sa->protocol == IP_PROTO_AH);
	struct stats_protocol *of = stats_protocol(dp->stats, sa->protocol);
	enum drop why;

	if (nested && p->n_chain >= PKT_CHAIN)
		return of_protocol(sa, DROP_esp_next_header, DROP_ah_next_header);
	if (sa->mode == MSG_SA_TUNNEL && !nested) {
		why = inner_check(p, sa, next);
		if (why != DROP_NONE)
			return why;
		if (!ecn_decap(p->data, e->tos))
			return DROP_ip_ecn;
	} else {
		memmove(p->data - e->hdr_len, outer, e->hdr_len);
		p->data -= e->hdr_len;
		p->len += e->hdr_len;
		headers_change(p->data, e, p->len, next);
		if (p->encap_remote != 0 && !nested)
			natfix_checksum(sa, p->data, p->len);
	}
	if (sa->bytes >= sa->hard_at)
		return DROP_sa_expired;
	sa->packets++;
	sa->bytes += p->len;
	if (sa->bytes >= sa->soft_at)
		sadb_used(dp->sadb, sa);
	of->in_packets++;
	of->in_bytes += p->len;
	p->port = sa->port;
	p->next = !nested ? STAGE_SPD_IN : next == IP_PROTO_ESP ? STAGE_ESP_IN : STAGE_AH_IN;
	if (!nested) {
		dp->stats->ipsec_in_packets++;
		dp->stats->ipsec_in_bytes += p->len;
	}
	return DROP_NONE;
}
