/*
 * The headers of what a raw IPv6 socket receives, built again of control messages (RFC 3542). Nothing is
 * guessed: where the chain of "next header" fields does not lead from one header that was told to the
 * next, the packet is not passed on. Refuses to know what the headers are for.
 */
#include "config.h"

#include "datapath/raw6.h"

#include "datapath/ip6.h"
#include "lib/buf.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

enum { OFF_NEXT = 6, NEXT_FRAGMENT = 44 };

/* Control messages that are an extension header, as it was. */
static const struct {
	int type;
	uint8_t header;
} kinds[] = {
	{ IPV6_HOPOPTS, 0 },
	{ IPV6_RTHDR, 43 },
	{ IPV6_DSTOPTS, 60 },
};

void
raw6_setup(int fd)
{
	static const int names[] = { IPV6_HDRINCL, IPV6_RECVPKTINFO, IPV6_RECVTCLASS,
		IPV6_RECVHOPLIMIT, IPV6_RECVHOPOPTS, IPV6_RECVRTHDR, IPV6_RECVDSTOPTS };
	int on = 1;

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)setsockopt(fd, IPPROTO_IPV6, names[i], &on, sizeof(on));
}

/* Headers under construction. */
struct head {
	uint8_t *p;
	uint32_t len;
	uint32_t next_at; /* where the last one says what follows */
	bool bad;
};

/* What follows the last header is this one. A fragment header that the system has dealt with is not there
 * any more; it may be named still, when it was the only fragment. */
static void
follows(struct head *h, uint8_t next)
{
	uint8_t named = h->p[h->next_at];

	if (h->next_at != OFF_NEXT && named != next && named != NEXT_FRAGMENT)
		h->bad = true;
	h->p[h->next_at] = next;
}

static void
header_add(struct head *h, uint8_t kind, const uint8_t *data, size_t len)
{
	if (len < 8 || len != (data[1] + 1u) * 8 || h->len + len > RAW6_HEAD_MAX) {
		h->bad = true;
		return;
	}
	follows(h, kind);
	memcpy(h->p + h->len, data, len);
	h->next_at = h->len;
	h->len += (uint32_t)len;
}

static void
message_read(const struct cmsghdr *c, struct head *h, struct ip6 *ip, uint8_t destination[16])
{
	const uint8_t *data = CMSG_DATA(c);
	size_t len = c->cmsg_len - CMSG_LEN(0);
	int value = 0;

	memcpy(&value, data, len < sizeof(value) ? len : sizeof(value));
	switch (c->cmsg_type) {
	case IPV6_PKTINFO:
		if (len >= IP6_ADDR_LEN)
			memcpy(destination, data, IP6_ADDR_LEN);
		return;
	case IPV6_TCLASS: ip->tclass = (uint8_t)value; return;
	case IPV6_HOPLIMIT: ip->hop_limit = (uint8_t)value; return;
	default: break;
	}
	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].type == c->cmsg_type)
			header_add(h, kinds[i].header, data, len);
	}
}

enum drop
raw6_head(const struct msghdr *msg, const uint8_t source[16], uint8_t protocol,
	uint32_t payload_len, uint8_t *out, uint32_t *len)
{
	uint8_t destination[IP6_ADDR_LEN] = { 0 };
	struct ip6 ip = { .src = source, .dst = destination };
	struct head h = { .p = out,
		.len = IP6_HDR_LEN,
		.next_at = OFF_NEXT,
		.bad = msg->msg_flags & MSG_CTRUNC };

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c;
		c = CMSG_NXTHDR((struct msghdr *)(uintptr_t)msg, c)) {
		if (c->cmsg_level == IPPROTO_IPV6)
			message_read(c, &h, &ip, destination);
	}
	follows(&h, protocol); /* also into out[OFF_NEXT], when there is no other header */
	*len = h.len;
	if (h.bad || h.len - IP6_HDR_LEN + payload_len > UINT16_MAX)
		return DROP_ip6_headers;
	ip.payload_len = (uint16_t)(h.len - IP6_HDR_LEN + payload_len);
	ip.next_header = out[OFF_NEXT];
	ip6_build(out, &ip);
	return DROP_NONE;
}
