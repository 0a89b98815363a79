/*
 * IPv6 headers (RFC 8200), as far as a tunnel has to look into them. Refuses to know addresses
 * and to follow what is encrypted or fragmented.
 */
#include "config.h"

#include "datapath/ip6.h"

#include "lib/buf.h"

enum { NEXT_HOP_BY_HOP = 0, NEXT_ROUTING = 43, NEXT_FRAGMENT = 44, NEXT_DESTINATION = 60 };

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
	return (size_t)IP6_HDR_LEN + ip->payload_len > len ? DROP_ip_short : DROP_NONE;
}

size_t
ip6_transport(const uint8_t *p, size_t len, uint8_t *protocol)
{
	size_t off = IP6_HDR_LEN;
	uint8_t next;

	if (len < IP6_HDR_LEN)
		return 0;
	next = p[6];
	while (next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_DESTINATION) {
		if (off + 8 > len)
			return 0;
		next = p[off];
		off += (p[off + 1] + 1u) * 8;
	}
	if (next == NEXT_FRAGMENT || off > len)
		return 0;
	*protocol = next;
	return off;
}
