/*
 * What ICMP errors quote of the packet that they are about (RFC 792, RFC 1812 4.3.2.3, RFC 4443 2.4 c): whose it
 * was (RFC 4301 6.2). Anybody may have written a quote. Refuses to know what is done about the error.
 */
#include "config.h"

#include "datapath/quote.h"

#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/reass.h"
#include "lib/buf.h"

#include <string.h>
#include <sys/socket.h>

enum {
	IP4_OFF_LEN = 2,
	IP4_OFF_FRAG = 6,
	IP4_OFF_PROTOCOL = 9,
	IP4_OFF_SRC = 12,
	IP4_OFF_DST = 16
};
enum { IP6_OFF_LEN = 4, IP6_OFF_SRC = 8, IP6_OFF_DST = 24 };
enum { IP4_FRAG_OFFSET = 0x1fff, ICMP_HDR_LEN = 8, PROTO_ICMP = 1, PROTO_ICMP6 = 58 };
/* All headers are within these bytes of a quote, or are not seen: an error of IPv6 is not longer. */
enum { QUOTE_MAX = IP6_MTU_MIN };

/* RFC 792, and RFC 4443 2.1: those that quote. A redirect (5) is for the next hop alone. */
enum { UNREACHABLE = 3, QUENCH = 4, REDIRECT = 5, TIME_EXCEEDED = 11, PARAMETER_PROBLEM = 12 };
enum { UNREACHABLE6 = 1, PARAMETER_PROBLEM6 = 4, FIRST_QUERY6 = 128 };

static bool
read4(const uint8_t *p, uint32_t len, struct quote *q)
{
	bool first = (be16_get(p + IP4_OFF_FRAG) & IP4_FRAG_OFFSET) == 0;
	uint32_t hdr_len = (p[0] & 15) * 4u;

	q->source = addr_v4(be32_get(p + IP4_OFF_SRC));
	q->destination = addr_v4(be32_get(p + IP4_OFF_DST));
	q->hdr_len = first ? hdr_len : 0;
	q->total_len = be16_get(p + IP4_OFF_LEN);
	q->protocol = p[IP4_OFF_PROTOCOL];
	return hdr_len >= IP4_HDR_LEN && hdr_len <= len;
}

static void
read6(const uint8_t *p, uint32_t len, struct quote *q)
{
	q->source.af = q->destination.af = AF_INET6;
	memcpy(q->source.b, p + IP6_OFF_SRC, IP6_ADDR_LEN);
	memcpy(q->destination.b, p + IP6_OFF_DST, IP6_ADDR_LEN);
	q->hdr_len = (uint32_t)ip6_transport_quoted(p, len, &q->protocol);
	q->total_len = (uint32_t)IP6_HDR_LEN + be16_get(p + IP6_OFF_LEN);
}

bool
quote_read(const uint8_t *p, uint32_t len, struct quote *q)
{
	memset(q, 0, sizeof(*q));
	if (len > QUOTE_MAX)
		len = QUOTE_MAX;
	if (len >= IP6_HDR_LEN && p[0] >> 4 == 6) {
		read6(p, len, q);
		return true;
	}
	return len >= IP4_HDR_LEN && p[0] >> 4 == 4 && read4(p, len, q);
}

/* --- the error around it ------------------------------------------------------------------ */

bool
quote_is_in(const struct selector *s)
{
	if (s->kind != SELECTOR_ICMP || s->seen != SELECTOR_ALL)
		return false;
	if (s->af == AF_INET6)
		return s->protocol == PROTO_ICMP6 && s->source_port >= UNREACHABLE6 &&
			s->source_port <= PARAMETER_PROBLEM6;
	return s->protocol == PROTO_ICMP &&
		(s->source_port == UNREACHABLE || s->source_port == QUENCH ||
			s->source_port == TIME_EXCEEDED || s->source_port == PARAMETER_PROBLEM);
}

bool
quote_is_cut(const uint8_t *p, uint32_t len)
{
	return len >= IP4_HDR_LEN && p[0] >> 4 == 4 && p[IP4_OFF_PROTOCOL] == PROTO_ICMP &&
		reass_is_fragment(p, len);
}

/* No error is ever sent about an error (RFC 1122 3.2.2, RFC 4443 2.4 e): also not about those that nobody
 * knows yet. */
static bool
is_about_error(const struct selector *s)
{
	if (s->kind != SELECTOR_ICMP || s->seen != SELECTOR_ALL)
		return false;
	return s->protocol == PROTO_ICMP6 ? s->source_port < FIRST_QUERY6
					  : s->source_port == REDIRECT || quote_is_in(s);
}

/* The ICMP error's receiver, and where its quote begins; 0: nowhere. */
static uint32_t
quote_at(const uint8_t *p, uint32_t *len, struct addr *receiver)
{
	uint8_t protocol;
	struct quote q;

	if (!quote_read(p, *len, &q) || q.hdr_len == 0)
		return 0;
	*receiver = q.destination;
	protocol = q.source.af == AF_INET6 ? PROTO_ICMP6 : PROTO_ICMP;
	if (q.total_len < *len)
		*len = q.total_len;
	return q.protocol == protocol && q.hdr_len + ICMP_HDR_LEN <= *len ? q.hdr_len + ICMP_HDR_LEN
									  : 0;
}

bool
quote_selector(const uint8_t *p, uint32_t len, bool mirrored, struct selector *s)
{
	struct addr receiver;
	struct quote q;
	uint32_t at = quote_at(p, &len, &receiver);

	if (at == 0 || !quote_read(p + at, len - at, &q) || !addr_eq(&q.source, &receiver))
		return false;
	p += at;
	len -= at;
	/* what its sender filled up is not its own */
	if (q.total_len >= q.hdr_len && q.total_len < len)
		len = q.total_len;
	selector_ends(s, &q.source, &q.destination);
	if (q.hdr_len != 0)
		selector_transport(s, q.protocol, p + q.hdr_len, len - q.hdr_len);
	else if (q.source.af == AF_INET)
		selector_transport(s, q.protocol, NULL, 0);
	else
		s->seen = SELECTOR_NO_PROTOCOL;
	if (mirrored)
		selector_mirror(s);
	return !is_about_error(s);
}
