/*
 * The one ICMP error that a tunnel has to send itself: the packet does not fit. Refuses to know
 * what fits. RFC 792, RFC 1122 3.2.2, RFC 1191 4, RFC 4443 2.4 and 3.2.
 */
#include "config.h"

#include "datapath/icmp.h"

#include "datapath/checksum.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/port.h"
#include "datapath/stats.h"
#include "lib/buf.h"
#include "lib/loop.h"

#include <string.h>

enum { PER_S = 100, BURST = 50 };
enum { IP4_MTU_MIN = 68 }; /* nobody can be told less (RFC 791 3.2) */
enum { ICMP_HDR_LEN = 8, ICMP_CHECKSUM = 2, ICMP_MTU = 4 };
enum { PROTO_ICMP = 1, PROTO_ICMP6 = 58, ICMP6_FIRST_QUERY = 128 };
enum { UNREACHABLE = 3, FRAG_NEEDED = 4, TOO_BIG6 = 2, IP4_ERROR_MAX = 576, TTL = 64 };

/* Queries and what is no ICMP may be answered by errors, errors not. */
static bool
is_error4(uint8_t type)
{
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static bool
is_told4(const struct pkt *p, const struct ip4 *ip)
{
	uint8_t first = (uint8_t)(ip->src >> 24);

	if (ip->frag_off != 0 || ip->dst >> 28 >= 14 || ip->src == 0 || first == 127 ||
		first >= 224)
		return false;
	return ip->protocol != PROTO_ICMP || ip->total_len <= ip->hdr_len ||
		!is_error4(p->data[ip->hdr_len]);
}

/* The error about the packet in the view, in front of as much of it as may be. */
static void
error4(struct dp *dp, struct pkt *p, const struct ip4 *ip, uint32_t mtu)
{
	struct ip4 out = { .tos = 0xc0,
		.ttl = TTL,
		.id = ip4_next_id(&dp->ip_id),
		.protocol = PROTO_ICMP,
		.src = ip->dst,
		.dst = ip->src };
	uint32_t quote = IP4_ERROR_MAX - IP4_HDR_LEN - ICMP_HDR_LEN;
	uint8_t *icmp;

	p->len = ip->total_len < quote ? ip->total_len : quote;
	p->data -= IP4_HDR_LEN + ICMP_HDR_LEN;
	p->len += IP4_HDR_LEN + ICMP_HDR_LEN;
	icmp = p->data + IP4_HDR_LEN;
	memset(icmp, 0, ICMP_HDR_LEN);
	icmp[0] = UNREACHABLE;
	icmp[1] = FRAG_NEEDED;
	be16_put(icmp + ICMP_MTU + 2, (uint16_t)mtu);
	be16_put(icmp + ICMP_CHECKSUM, checksum(icmp, p->len - IP4_HDR_LEN));
	out.total_len = (uint16_t)p->len;
	ip4_build(p->data, &out);
}

static bool
is_told6(const struct pkt *p, const struct ip6 *ip)
{
	static const uint8_t none[IP6_ADDR_LEN];
	uint8_t protocol = 0;
	size_t off = ip6_transport(p->data, p->len, &protocol);

	/* also when it was multicast (RFC 4443 2.4 e.3) */
	if (ip->src[0] == 0xff || memcmp(ip->src, none, sizeof(none)) == 0)
		return false;
	return off == 0 || protocol != PROTO_ICMP6 || off >= p->len ||
		p->data[off] >= ICMP6_FIRST_QUERY;
}

static void
error6(struct pkt *p, const struct ip6 *ip, uint32_t mtu)
{
	uint8_t addrs[2 * IP6_ADDR_LEN]; /* of the answer */
	struct ip6 out = { .next_header = PROTO_ICMP6,
		.hop_limit = TTL,
		.src = addrs,
		.dst = addrs + IP6_ADDR_LEN };
	uint32_t quote = IP6_MTU_MIN - IP6_HDR_LEN - ICMP_HDR_LEN;
	uint32_t whole = (uint32_t)IP6_HDR_LEN + ip->payload_len, len;
	uint8_t *icmp;

	/* a multicast address sends nothing: then the sender itself stands in */
	memcpy(addrs, ip->dst[0] == 0xff ? ip->src : ip->dst, IP6_ADDR_LEN);
	memcpy(addrs + IP6_ADDR_LEN, ip->src, IP6_ADDR_LEN);
	len = ICMP_HDR_LEN + (whole < quote ? whole : quote);
	p->data -= IP6_HDR_LEN + ICMP_HDR_LEN;
	p->len = IP6_HDR_LEN + len;
	icmp = p->data + IP6_HDR_LEN;
	memset(icmp, 0, ICMP_HDR_LEN);
	icmp[0] = TOO_BIG6;
	be32_put(icmp + ICMP_MTU, mtu);
	out.payload_len = (uint16_t)len;
	ip6_build(p->data, &out);
	be16_put(icmp + ICMP_CHECKSUM,
		checksum_fold(checksum_add(
			checksum_pseudo(addrs, IP6_ADDR_LEN, PROTO_ICMP6, len), icmp, len)));
}

static bool
answer(struct dp *dp, struct pkt *p, uint32_t mtu)
{
	struct ip4 ip4;
	struct ip6 ip6;

	if (pkt_headroom(p) < IP6_HDR_LEN + ICMP_HDR_LEN || p->len == 0)
		return false;
	if (p->data[0] >> 4 == 6) {
		if (ip6_parse(p->data, p->len, &ip6) != DROP_NONE || !is_told6(p, &ip6) ||
			!limit_take(&dp->icmp_out, loop_now_ms(dp->loop), PER_S, BURST))
			return false;
		error6(p, &ip6, mtu);
		return true;
	}
	if (ip4_parse(p->data, p->len, &ip4) != DROP_NONE || mtu < IP4_MTU_MIN ||
		!is_told4(p, &ip4) ||
		!limit_take(&dp->icmp_out, loop_now_ms(dp->loop), PER_S, BURST))
		return false;
	error4(dp, p, &ip4, mtu);
	return true;
}

void
icmp_too_big(struct dp *dp, struct pkt *p, uint32_t mtu)
{
	if (!answer(dp, p, mtu)) {
		pkt_drop(p, DROP_pkt_too_big);
		return;
	}
	stats_drop(dp->stats, DROP_pkt_too_big);
	port_count_drop(dp, p, false);
	p->sa = NULL;
	p->next = STAGE_TUN_TX;
}
