/*
 * The selectors of a packet (RFC 4301 4.4.1.1): addresses, protocol, ports or ICMP type. Refuses to know
 * policy: what cannot be seen is said, not guessed.
 */
#include "config.h"

#include "datapath/selector.h"

#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "lib/buf.h"

#include <sys/socket.h>

#include <string.h>

enum { PROTO_ICMP = 1, PROTO_DCCP = 33, PROTO_ICMP6 = 58, PROTO_SCTP = 132, PROTO_UDPLITE = 136 };
enum { PORTS_LEN = 4, ICMP_LEN = 2, IP4_OFF_SRC = 12, IP6_OFF_SRC = 8 };

static const uint8_t kinds[256] = {
	[IP_PROTO_TCP] = SELECTOR_PORTS,
	[IP_PROTO_UDP] = SELECTOR_PORTS,
	[PROTO_DCCP] = SELECTOR_PORTS,
	[PROTO_SCTP] = SELECTOR_PORTS,
	[PROTO_UDPLITE] = SELECTOR_PORTS,
	[PROTO_ICMP] = SELECTOR_ICMP,
	[PROTO_ICMP6] = SELECTOR_ICMP,
};

enum selector_kind
selector_kind(uint8_t protocol)
{
	return (enum selector_kind)kinds[protocol];
}

static uint64_t
be64(const uint8_t *p)
{
	return (uint64_t)be32_get(p) << 32 | be32_get(p + 4);
}

void
selector_addr(const struct addr *source, const struct addr *destination, uint64_t out[4])
{
	bool v6 = source->af == AF_INET6 || destination->af == AF_INET6;

	memset(out, 0, 4 * sizeof(out[0]));
	if (!v6) {
		out[0] = (uint64_t)addr_u32(source) << 32 | addr_u32(destination);
		return;
	}
	if (source->af == AF_INET6) {
		out[0] = be64(source->b);
		out[1] = be64(source->b + 8);
	}
	if (destination->af == AF_INET6) {
		out[2] = be64(destination->b);
		out[3] = be64(destination->b + 8);
	}
}

void
selector_ends(struct selector *s, const struct addr *source, const struct addr *destination)
{
	memset(s, 0, sizeof(*s));
	s->af = source->af;
	selector_addr(source, destination, s->addr);
}

void
selector_transport(struct selector *s, uint8_t protocol, const uint8_t *p, uint32_t len)
{
	s->protocol = protocol;
	s->kind = kinds[s->protocol];
	if (s->kind == SELECTOR_PLAIN)
		return;
	if (len < (s->kind == SELECTOR_PORTS ? PORTS_LEN : ICMP_LEN)) {
		s->seen = SELECTOR_NO_PORTS;
	} else if (s->kind == SELECTOR_PORTS) {
		s->source_port = be16_get(p);
		s->destination_port = be16_get(p + 2);
	} else {
		s->source_port = p[0];
		s->destination_port = p[1];
	}
}

static enum drop
read_ip4(const uint8_t *p, uint32_t len, struct selector *s)
{
	struct ip4 ip;
	enum drop why = ip4_parse(p, len, &ip);

	if (why != DROP_NONE)
		return why;
	s->af = AF_INET;
	s->addr[0] = be64(p + IP4_OFF_SRC);
	if (ip.frag_off == 0)
		selector_transport(
			s, ip.protocol, p + ip.hdr_len, (uint32_t)ip.total_len - ip.hdr_len);
	else
		selector_transport(s, ip.protocol, NULL, 0);
	return DROP_NONE;
}

static enum drop
read_ip6(const uint8_t *p, uint32_t len, struct selector *s)
{
	struct ip6 ip;
	uint8_t protocol;
	size_t off;
	enum drop why = ip6_parse(p, len, &ip);

	if (why != DROP_NONE)
		return why;
	s->af = AF_INET6;
	for (unsigned int i = 0; i < 4; i++)
		s->addr[i] = be64(p + IP6_OFF_SRC + 8 * i);
	len = (uint32_t)IP6_HDR_LEN + ip.payload_len;
	off = ip6_transport(p, len, &protocol);
	if (off == 0)
		s->seen = SELECTOR_NO_PROTOCOL;
	else
		selector_transport(s, protocol, p + off, len - (uint32_t)off);
	return DROP_NONE;
}

void
selector_mirror(struct selector *s)
{
	uint64_t high = s->addr[0], low = s->addr[1];

	if (s->af == AF_INET) {
		s->addr[0] = high << 32 | high >> 32;
	} else {
		s->addr[0] = s->addr[2];
		s->addr[1] = s->addr[3];
		s->addr[2] = high;
		s->addr[3] = low;
	}
	if (s->kind == SELECTOR_PORTS) {
		uint16_t port = s->source_port;

		s->source_port = s->destination_port;
		s->destination_port = port;
	}
}

enum drop
selector_read(const uint8_t *p, uint32_t len, bool mirrored, struct selector *s)
{
	enum drop why;

	memset(s, 0, sizeof(*s));
	why = len > 0 && p[0] >> 4 == 6 ? read_ip6(p, len, s) : read_ip4(p, len, s);
	if (why == DROP_NONE && mirrored)
		selector_mirror(s);
	return why;
}
