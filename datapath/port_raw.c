/*
 * Raw IPv4 sockets: what is encapsulated goes out and comes in with its IP header. The kernel
 * reassembles what arrives, but never fragments what has its header already (IP_HDRINCL): a
 * packet that the device refuses as too long is cut here unless it says DF. Refuses to know what
 * the protocol carries, and to route: the kernel does, by the socket's mark.
 */
#include "config.h"

#include "datapath/ip4.h"
#include "datapath/port.h"
#include "datapath/stats.h"
#include "lib/buf.h"
#include "lib/err.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { RAW_BATCH = 64, RAW_MAX = 65535, RAW_WAIT_MS = 2 };

/* The next lower size to try when nobody says what the path carries (RFC 1191 7.1). */
static const uint16_t plateaus[] = { 17914, 8166, 4352, 2002, 1500, 1492, 1400, 1280, 1006, 576,
	296, 68 };

struct raw {
	uint32_t mtu; /* size of fragment that was taken last; 0 = not known */
	struct mmsghdr msgs[RAW_BATCH];
	struct iovec iovs[RAW_BATCH][2];
	struct sockaddr_in to[RAW_BATCH];
	uint8_t fragment[RAW_MAX];
	uint8_t spill[RAW_BATCH]
		     [RAW_MAX + 1 - PKT_SMALL]; /* of what is longer than a small buffer */
};

static int
raw_open(struct port *p, struct err *e)
{
	p->priv = calloc(1, sizeof(struct raw));
	return p->priv ? 0 : err_set(e, -ENOMEM, p->name, "Out of memory.");
}

static void
raw_close(struct port *p)
{
	free(p->priv);
}

/* The packet that was received into small and its spill, whole: NULL (counted) when there is no room. */
static struct pkt *
receive_whole(struct port *p, struct pkt *small, const uint8_t *spill, uint32_t len)
{
	struct pkt *large;

	if (len <= PKT_SMALL) {
		small->len = len;
		return small;
	}
	large = pkt_get(p->dp->pool, true);
	if (large) {
		memcpy(large->data, small->data, PKT_SMALL);
		memcpy(large->data + PKT_SMALL, spill, len - PKT_SMALL);
		large->len = len;
	} else {
		stats_drop(p->dp->stats, DROP_pool_empty);
	}
	pkt_put(p->dp->pool, small);
	return large;
}

static unsigned int
raw_rx_batch(struct port *p, struct pkt **pkts, unsigned int max)
{
	struct raw *r = p->priv;
	unsigned int room, n = 0;
	int got;

	for (room = 0; room < max && room < RAW_BATCH; room++) {
		pkts[room] = pkt_get(p->dp->pool, false);
		if (!pkts[room])
			break;
		r->iovs[room][0] = (struct iovec){ pkts[room]->data, PKT_SMALL };
		r->iovs[room][1] = (struct iovec){ r->spill[room], sizeof(r->spill[room]) };
		r->msgs[room].msg_hdr =
			(struct msghdr){ .msg_iov = r->iovs[room], .msg_iovlen = 2 };
	}
	got = room > 0 ? recvmmsg(p->fd, r->msgs, room, MSG_DONTWAIT, NULL) : 0;
	if (got < 0)
		got = 0;
	for (unsigned int i = (unsigned int)got; i < room; i++)
		pkt_put(p->dp->pool, pkts[i]);
	for (int i = 0; i < got; i++) {
		struct pkt *whole = receive_whole(p, pkts[i], r->spill[i], r->msgs[i].msg_len);

		if (whole)
			pkts[n++] = whole;
	}
	p->more = false;
	return n;
}

static struct sockaddr_in
destination_of(const uint8_t *packet)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(be32_get(packet + 16)) };
}

/* Waits a moment for room in the socket's buffer: backpressure, instead of a hole in a burst. */
static bool
wait_for_room(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };

	return poll(&pfd, 1, RAW_WAIT_MS) > 0;
}

/* 0 or -errno */
static int
send_one(int fd, const uint8_t *packet, uint32_t len)
{
	struct sockaddr_in to = destination_of(packet);

	for (int tries = 0; tries < 2; tries++) {
		if (sendto(fd, packet, len, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to)) >= 0)
			return 0;
		if (errno != EAGAIN || !wait_for_room(fd))
			break;
	}
	return -errno;
}

/* Sends the packet in fragments of mtu bytes. -EMSGSIZE when the first one is too long still. */
static int
send_fragments(struct port *p, const uint8_t *packet, const struct ip4 *ip, uint32_t mtu)
{
	struct raw *r = p->priv;
	struct ip4_frag f;
	uint32_t len;
	int rc = ip4_frag_init(&f, packet, ip, mtu);

	while (rc == 0 && (len = ip4_frag_next(&f, r->fragment)) > 0)
		rc = send_one(p->fd, r->fragment, len);
	return rc;
}

/* What the device refused as too long: in fragments, as long as they may be. */
static enum drop
send_too_long(struct port *p, const struct pkt *pkt)
{
	struct raw *r = p->priv;
	struct ip4 ip;
	int rc = -EMSGSIZE;

	if (ip4_parse(pkt->data, pkt->len, &ip) != DROP_NONE || ip.df)
		return DROP_pkt_too_big;
	if (r->mtu && r->mtu < pkt->len)
		rc = send_fragments(p, pkt->data, &ip, r->mtu);
	for (unsigned int i = 0; rc == -EMSGSIZE && i < sizeof(plateaus) / sizeof(plateaus[0]);
		i++) {
		if (plateaus[i] >= pkt->len || (r->mtu && plateaus[i] >= r->mtu))
			continue;
		rc = send_fragments(p, pkt->data, &ip, plateaus[i]);
		if (rc == 0)
			r->mtu = plateaus[i];
	}
	return rc == 0 ? DROP_NONE : rc == -EMSGSIZE ? DROP_pkt_too_big : DROP_tx_error;
}

/* The packet that stopped a sendmmsg with errno `why`. */
static void
send_again(struct port *p, struct pkt *pkt, int why)
{
	if (why == EMSGSIZE)
		pkt_drop(pkt, send_too_long(p, pkt));
	else if (why == EAGAIN && wait_for_room(p->fd) && send_one(p->fd, pkt->data, pkt->len) == 0)
		pkt_done(pkt);
	else
		pkt_drop(pkt, DROP_tx_error);
}

/* At most RAW_BATCH packets; how many have been dealt with, at least one. */
static unsigned int
send_some(struct port *p, struct pkt **pkts, unsigned int n)
{
	struct raw *r = p->priv;
	int sent;

	for (unsigned int i = 0; i < n; i++) {
		r->to[i] = destination_of(pkts[i]->data);
		r->iovs[i][0] = (struct iovec){ pkts[i]->data, pkts[i]->len };
		r->msgs[i].msg_hdr = (struct msghdr){ .msg_name = &r->to[i],
			.msg_namelen = sizeof(r->to[i]),
			.msg_iov = r->iovs[i],
			.msg_iovlen = 1 };
	}
	sent = sendmmsg(p->fd, r->msgs, n, MSG_DONTWAIT);
	for (int i = 0; i < sent; i++)
		pkt_done(pkts[i]);
	if (sent > 0)
		return (unsigned int)sent;
	send_again(p, pkts[0], errno);
	return 1;
}

static void
raw_tx_batch(struct port *p, struct pkt **pkts, unsigned int n)
{
	unsigned int ready = 0;

	/* a bypassed packet may be IPv6, for which there is no socket */
	for (unsigned int i = 0; i < n; i++) {
		if (pkts[i]->len < IP4_HDR_LEN || pkts[i]->data[0] >> 4 != 4) {
			pkt_drop(pkts[i], DROP_ip_version);
			continue;
		}
		struct pkt *p4 = pkts[i];
		pkts[i] = pkts[ready];
		pkts[ready++] = p4;
	}
	for (unsigned int i = 0; i < ready;) {
		unsigned int most = ready - i < RAW_BATCH ? ready - i : RAW_BATCH;

		i += send_some(p, pkts + i, most);
	}
}

const struct port_ops port_raw_ops = {
	.open = raw_open,
	.rx_batch = raw_rx_batch,
	.tx_batch = raw_tx_batch,
	.close = raw_close,
};
