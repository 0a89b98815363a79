/*
 * Transport checksums behind a NAT (RFC 3948 3.1.2). Refuses to know which packets need it. A UDP
 * checksum of zero in IPv4 says that there is none, and stays.
 */
#include "config.h"

#include "datapath/natfix.h"

#include "datapath/checksum.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/l4.h"
#include "datapath/sadb.h"
#include "lib/buf.h"

#include <string.h>

enum { PROTO_ICMP6 = 58, ICMP6_CHECKSUM = 2, ICMP6_HDR_LEN = 4 };

/* Whose checksum covers the addresses, and where it is. */
static const struct transport {
	uint8_t protocol;
	uint8_t at;
	uint8_t hdr_len;
} transports[] = {
	{ IP_PROTO_TCP, TCP_CHECKSUM, TCP_HDR_LEN },
	{ IP_PROTO_UDP, UDP_CHECKSUM, UDP_HDR_LEN },
	{ PROTO_ICMP6, ICMP6_CHECKSUM, ICMP6_HDR_LEN },
};

/* The two addresses of a packet as they stand in it. */
struct ends {
	const uint8_t *addrs;
	uint32_t len; /* of one */
};

static const struct transport *
transport_find(uint8_t protocol)
{
	for (unsigned int i = 0; i < sizeof(transports) / sizeof(transports[0]); i++) {
		if (transports[i].protocol == protocol)
			return &transports[i];
	}
	return NULL;
}

/* The change of the sum when the sender's addresses became those of the packet. */
static uint16_t
changed(const struct sa *sa, const struct ends *e, uint16_t sum)
{
	uint64_t from = checksum_add(0, sa->path.natt_source.b, e->len);

	from = checksum_add(from, sa->path.natt_destination.b, e->len);
	return checksum_update(sum, (uint16_t)~checksum_fold(from),
		(uint16_t)~checksum(e->addrs, 2 * (size_t)e->len));
}

static uint16_t
anew(const struct ends *e, uint8_t protocol, uint8_t *l4, uint32_t len, uint32_t at)
{
	be16_put(l4 + at, 0);
	return checksum_fold(
		checksum_add(checksum_pseudo(e->addrs, e->len, protocol, len), l4, len));
}

void
natfix_checksum(const struct sa *sa, uint8_t *p, uint32_t len)
{
	bool v6 = p[0] >> 4 == 6;
	struct ends e = { p + (v6 ? 8 : 12), v6 ? IP6_ADDR_LEN : 4 };
	uint8_t protocol = v6 ? 0 : p[9];
	uint32_t off = v6 ? (uint32_t)ip6_transport(p, len, &protocol) : (p[0] & 15) * 4u;
	const struct transport *t = transport_find(protocol);
	uint16_t sum;

	if (off == 0 || t == NULL || off + t->hdr_len > len)
		return;
	sum = be16_get(p + off + t->at);
	if (protocol == IP_PROTO_UDP && sum == 0)
		return;
	sum = sa->path.natt_source.af != 0 ? changed(sa, &e, sum)
					   : anew(&e, protocol, p + off, len - off, t->at);
	if (protocol == IP_PROTO_UDP && sum == 0)
		sum = 0xffff;
	be16_put(p + off + t->at, sum);
}
