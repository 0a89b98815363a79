#ifndef YD_DATAPATH_IP6_H
#define YD_DATAPATH_IP6_H

#include <stddef.h>
#include <stdint.h>

#include "lib/drop.h"

/* IPv6 headers (RFC 8200), as far as a tunnel has to look into them. */
enum { IP6_HDR_LEN = 40 };

struct ip6 {
	uint8_t tclass; /* DSCP and ECN */
	uint8_t next_header;
	uint8_t hop_limit;
	uint16_t payload_len; /* bytes behind the fixed header */
};

/* Reads and checks the fixed header. DROP_NONE, ip_short or ip_version. */
enum drop ip6_parse(const uint8_t *p, size_t len, struct ip6 *ip);
/* Finds the transport header behind hop-by-hop, routing and destination options. Its offset, with the
 * protocol in *protocol; 0 when the packet is a fragment or malformed. */
size_t ip6_transport(const uint8_t *p, size_t len, uint8_t *protocol);

#endif
