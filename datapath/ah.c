/*
 * What AH leaves out of its ICV: the fields of IP headers that routers change (RFC 4302 3.3.3.1 and
 * appendix A). Works on a copy; refuses to know packets, SAs and ciphers. Options it does not know
 * count as mutable in IPv4; in IPv6 they say it themselves.
 */
#include "config.h"

#include "datapath/ah.h"

#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "lib/buf.h"

#include <string.h>

enum {
	IP4_OFF_TOS = 1,
	IP4_OFF_FRAG = 6,
	IP4_OFF_TTL = 8,
	IP4_OFF_CHECKSUM = 10,
	IP4_OFF_DST = 16
};
enum { OPT_END = 0, OPT_NOP = 1, OPT_LSRR = 131, OPT_SSRR = 137, OPT_ADDR_LEN = 4 };
enum { IP6_OFF_NEXT = 6, IP6_OFF_HOP_LIMIT = 7, IP6_OFF_DST = 24 };
enum { NEXT_HOP_BY_HOP = 0, NEXT_ROUTING = 43, NEXT_FRAGMENT = 44, NEXT_DESTINATION = 60 };
enum { OPT6_PAD1 = 0, OPT6_MUTABLE = 0x20 };
enum { ROUTING_SOURCE = 0, ROUTING_HOME = 2, ROUTING_FIXED_LEN = 8 };

/* Appendix A1: options that stay as they are. */
static const uint8_t immutable[] = {
	130, /* Security */
	133, /* Extended Security */
	134, /* Commercial Security */
	148, /* Router Alert */
	149, /* Sender Directed Multi-Destination Delivery */
};

static bool
is_immutable(uint8_t type)
{
	for (unsigned int i = 0; i < sizeof(immutable); i++)
		if (immutable[i] == type)
			return true;
	return false;
}

/* The last address of a source route, while it is not reached, is the destination that AH covers. */
static void
route4(uint8_t *headers, const uint8_t *option, uint32_t len)
{
	if (len >= 3 + OPT_ADDR_LEN && option[2] <= len - OPT_ADDR_LEN + 1)
		memcpy(headers + IP4_OFF_DST, option + len - OPT_ADDR_LEN, OPT_ADDR_LEN);
}

static enum drop
options4(uint8_t *headers, uint32_t len, bool sending)
{
	for (uint32_t at = IP4_HDR_LEN, one; at < len && headers[at] != OPT_END; at += one) {
		uint8_t *option = headers + at;

		one = option[0] == OPT_NOP ? 1 : at + 1 < len ? option[1] : 0;
		if (one == 0 || at + one > len || (one == 1 && option[0] != OPT_NOP))
			return DROP_ipsec_headers;
		if (option[0] == OPT_NOP || is_immutable(option[0]))
			continue;
		if (sending && (option[0] == OPT_LSRR || option[0] == OPT_SSRR))
			route4(headers, option, one);
		memset(option, 0, one);
	}
	return DROP_NONE;
}

static enum drop
canonical4(uint8_t *headers, uint32_t len, bool sending)
{
	headers[IP4_OFF_TOS] = 0;
	be16_put(headers + IP4_OFF_FRAG, 0);
	headers[IP4_OFF_TTL] = 0;
	be16_put(headers + IP4_OFF_CHECKSUM, 0);
	return options4(headers, len, sending);
}

/* Options of a hop-by-hop or destination header: an option says by a bit that it is mutable. */
static enum drop
options6(uint8_t *h, uint32_t len)
{
	for (uint32_t at = 2, one; at < len; at += one) {
		if (h[at] == OPT6_PAD1) {
			one = 1;
			continue;
		}
		one = at + 1 < len ? h[at + 1] + 2u : len;
		if (at + one > len)
			return DROP_ipsec_headers;
		if (h[at] & OPT6_MUTABLE)
			memset(h + at + 2, 0, one - 2);
	}
	return DROP_NONE;
}

/* A routing header as its last hop will see it: every address one step on, the last one the
 * destination. Kinds we do not know are taken to be immutable. */
static enum drop
route6(uint8_t *headers, uint8_t *h, uint32_t len)
{
	uint32_t n = (len - ROUTING_FIXED_LEN) / IP6_ADDR_LEN, left = h[3];
	uint8_t *addr = h + ROUTING_FIXED_LEN, final[IP6_ADDR_LEN];

	if ((h[2] != ROUTING_SOURCE && h[2] != ROUTING_HOME) || left == 0)
		return DROP_NONE;
	if (left > n)
		return DROP_ipsec_headers;
	memcpy(final, addr + (n - 1) * IP6_ADDR_LEN, IP6_ADDR_LEN);
	addr += (n - left) * IP6_ADDR_LEN;
	memmove(addr + IP6_ADDR_LEN, addr, (left - 1) * IP6_ADDR_LEN);
	memcpy(addr, headers + IP6_OFF_DST, IP6_ADDR_LEN);
	memcpy(headers + IP6_OFF_DST, final, IP6_ADDR_LEN);
	h[3] = 0;
	return DROP_NONE;
}

static enum drop
canonical6(uint8_t *headers, uint32_t len, bool sending)
{
	uint32_t at = IP6_HDR_LEN, one;
	uint8_t next = headers[IP6_OFF_NEXT];
	enum drop why = DROP_NONE;

	be32_put(headers, 6u << 28);
	headers[IP6_OFF_HOP_LIMIT] = 0;
	for (; why == DROP_NONE && at < len; at += one) {
		uint8_t *h = headers + at;

		one = at + 8 > len ? len : next == NEXT_FRAGMENT ? 8 : (h[1] + 1u) * 8;
		if (at + one > len)
			return DROP_ipsec_headers;
		if (next == NEXT_HOP_BY_HOP || next == NEXT_DESTINATION)
			why = options6(h, one);
		else if (next == NEXT_ROUTING && sending)
			why = route6(headers, h, one);
		next = h[0];
	}
	return why;
}

enum drop
ah_canonical(uint8_t *headers, uint32_t len, bool sending)
{
	return headers[0] >> 4 == 6 ? canonical6(headers, len, sending)
				    : canonical4(headers, len, sending);
}
