#ifndef YD_DATAPATH_IP6_H
#define YD_DATAPATH_IP6_H

#include <stddef.h>
#include <stdint.h>

#include "lib/drop.h"

/* IPv6 headers (RFC 8200), as far as a tunnel has to look into them. */
enum {
	IP6_HDR_LEN = 40,
	IP6_ADDR_LEN = 16,
	IP6_HOP_LIMIT = 64,
	IP6_FRAG_LEN = 8,
	IP6_MTU_MIN = 1280
};

struct ip6 {
	uint8_t tclass; /* DSCP and ECN */
	uint8_t next_header;
	uint8_t hop_limit;
	uint16_t payload_len; /* bytes behind the fixed header */
	const uint8_t *src;   /* borrowed */
	const uint8_t *dst;
};

/* Reads and checks the fixed header. DROP_NONE, ip_short or ip_version. */
enum drop ip6_parse(const uint8_t *p, size_t len, struct ip6 *ip);
/* Writes a fixed header, flow label 0. */
void ip6_build(uint8_t *p, const struct ip6 *ip);
/* Finds the transport header behind hop-by-hop, routing and destination options. Its offset, with the
 * protocol in *protocol; 0 when the packet is a fragment or malformed. */
size_t ip6_transport(const uint8_t *p, size_t len, uint8_t *protocol);

/* The same in the beginning of a packet: of a fragment too, if it is the first one. */
size_t ip6_transport_quoted(const uint8_t *p, size_t len, uint8_t *protocol);

/* Finds the fragment header. Its offset, and in *at where the header before says that it follows; 0 when
 * there is none, or not all of it. */
size_t ip6_fragment_header(const uint8_t *p, size_t len, size_t *at);

/*
 * Cuts a packet into fragments (RFC 8200 4.5), one ip6_frag_next after the other.
 */
struct ip6_frag {
	const uint8_t *p;
	uint32_t len;
	uint32_t head_len; /* bytes of the headers that every fragment has */
	uint32_t next_at;  /* where the last of them says what follows */
	uint32_t mtu;
	uint32_t id;
	uint32_t done; /* bytes of the rest that are out */
};

/* p (a whole packet of len bytes, borrowed) is to go out in pieces of at most mtu bytes. 0, or -EINVAL
 * when it is malformed, a fragment already, or its headers and 8 bytes do not fit into mtu. */
int ip6_frag_init(struct ip6_frag *f, const uint8_t *p, uint32_t len, uint32_t mtu, uint32_t id);
/* Writes the next fragment to out (room for mtu bytes). Its length; 0 when there are no more. */
uint32_t ip6_frag_next(struct ip6_frag *f, uint8_t *out);

#endif
