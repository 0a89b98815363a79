#ifndef YD_DATAPATH_IP4_H
#define YD_DATAPATH_IP4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/drop.h"

/* IPv4 headers (RFC 791). */
enum { IP4_HDR_LEN = 20, IP4_HDR_MAX = 60, IP4_TTL = 255 };
enum { IP_PROTO_IPIP = 4, IP_PROTO_TCP = 6, IP_PROTO_UDP = 17, IP_PROTO_IPV6 = 41 };
enum { IP_PROTO_GRE = 47, IP_PROTO_ESP = 50, IP_PROTO_AH = 51 };

struct ip4 {
	uint8_t hdr_len; /* bytes, with options */
	uint8_t tos;	 /* DSCP and ECN */
	uint8_t ttl;
	uint8_t protocol;
	uint16_t total_len; /* bytes */
	uint16_t id;
	uint16_t frag_off; /* bytes */
	bool df;
	bool mf;
	uint32_t src; /* host order */
	uint32_t dst;
};

/* Reads and checks the header of a packet of len bytes: version, lengths, checksum. total_len may be
 * less than len (padding behind). DROP_NONE, or why it is no good: ip_short, ip_version, ip_checksum. */
enum drop ip4_parse(const uint8_t *p, size_t len, struct ip4 *ip);
/* Writes a header without options and its checksum into IP4_HDR_LEN bytes; ip->hdr_len is not read. */
void ip4_build(uint8_t *p, const struct ip4 *ip);
/* The next identification, from the counter dp->ip_id; never 0 (the kernel would replace that). */
uint16_t ip4_next_id(uint16_t *counter);
/* Makes the checksum of a header of hdr_len bytes right again. */
void ip4_checksum_set(uint8_t *p, size_t hdr_len);

/*
 * Cuts a packet into fragments, one ip4_frag_next after the other. Options without the copy bit
 * stay on the first (RFC 791 3.2). Fragments can be cut again.
 */
struct ip4_frag {
	const uint8_t *p;
	struct ip4 ip;
	uint32_t mtu;
	uint32_t done; /* bytes of the payload that are out */
};

/* p (a parsed, whole packet, borrowed) is to go out in pieces of at most mtu bytes. Does not look at DF.
 * 0, or -EINVAL when the header and 8 bytes do not fit into mtu, or the packet is a fragment that reaches
 * beyond 65535 bytes. */
int ip4_frag_init(struct ip4_frag *f, const uint8_t *p, const struct ip4 *ip, uint32_t mtu);
/* Writes the next fragment to out (room for mtu bytes). Its length; 0 when there are no more. */
uint32_t ip4_frag_next(struct ip4_frag *f, uint8_t *out);

#endif
