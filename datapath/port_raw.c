/*
 * Raw sockets: what is encapsulated goes out and comes in with its IP header; an IPv6 socket keeps
 * that of what arrives to itself, so it is built again of what comes beside it (raw6.c).
 * The kernel reassembles what arrives, but never fragments what has its header already (HDRINCL): a
 * packet that is too long for the path or the device is cut here unless it says DF. Refuses to know
 * what the protocol carries, and to route: the kernel does, by the socket's mark.
 */
#include "config.h"

#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/pmtu.h"
#include "datapath/port.h"
#include "datapath/raw6.h"
#include "datapath/resend.h"
#include "datapath/stats.h"
#include "lib/buf.h"
#include "lib/err.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { RAW_BATCH = 64, RAW_MAX = 65535 };

/* The next lower size to try when nobody says what the path carries (RFC 1191 7.1). */
static const uint16_t plateaus[] = { 17914, 8166, 4352, 2002, 1500, 1492, 1400, 1280, 1006, 576,
	296, 68 };

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct raw {
	bool v6;
	uint8_t protocol; /* v6: of what arrives */
	uint32_t head;	  /* bytes of the header that the kernel keeps for itself */
	uint32_t mtu;	  /* size of fragment that was taken last; 0 = not known */
	uint32_t frag_id; /* v6 */
	struct mmsghdr msgs[RAW_BATCH];
	struct iovec iovs[RAW_BATCH][2];
	union address peers[RAW_BATCH];
	uint8_t control[RAW_BATCH][RAW6_CONTROL_MAX] __attribute__((aligned(8)));
	uint8_t fragment[RAW_MAX];
	uint8_t spill[RAW_BATCH]
		     [RAW_MAX + 1 - PKT_SMALL]; /* of what is longer than a small buffer */
};

/* IPv6 sockets: kind of port, and the protocol whose packets it receives. */
static const uint8_t v6_protocols[] = {
	[MSG_PORT_RAW6_ESP] = IP_PROTO_ESP,
	[MSG_PORT_RAW6_AH] = IP_PROTO_AH,
	[MSG_PORT_RAW6_GRE] = IP_PROTO_GRE,
	[MSG_PORT_RAW6_BYPASS] = IP_PROTO_ESP,
};

static int
raw_open(struct port *p, struct err *e)
{
	struct raw *r = calloc(1, sizeof(*r));

	if (!r)
		return err_set(e, -ENOMEM, p->name, "Out of memory.");
	p->priv = r;
	if (p->kind >= sizeof(v6_protocols) || !v6_protocols[p->kind])
		return 0;
	r->v6 = true;
	r->protocol = v6_protocols[p->kind];
	r->head = IP6_HDR_LEN;
	r->frag_id = arc4random();
	raw6_setup(p->fd);
	return 0;
}

static void
raw_close(struct port *p)
{
	free(p->priv);
}

/* The headers in front of what was received: at most RAW6_HEAD_MAX bytes; 0: counted, they are not known. */
static uint32_t
head_build(struct port *p, unsigned int i, uint8_t *head)
{
	struct raw *r = p->priv;
	const struct msghdr *msg = &r->msgs[i].msg_hdr;
	enum drop why;
	uint32_t len;

	if (!r->v6)
		return 0;
	why = raw6_head(
		msg, r->peers[i].v6.sin6_addr.s6_addr, r->protocol, r->msgs[i].msg_len, head, &len);
	if (why == DROP_NONE)
		return len;
	stats_drop(p->dp->stats, why);
	return 0;
}

/* The packet that was received into small and its spill, whole: NULL (counted) when it cannot be. */
static struct pkt *
receive_whole(struct port *p, struct pkt *small, unsigned int i)
{
	struct raw *r = p->priv;
	uint8_t head[RAW6_HEAD_MAX];
	uint32_t got = r->msgs[i].msg_len, head_len = head_build(p, i, head);
	uint32_t in_small = got < PKT_SMALL - r->head ? got : PKT_SMALL - r->head;
	struct pkt *large = NULL;

	if (r->v6 && head_len == 0) {
		pkt_put(p->dp->pool, small);
		return NULL;
	}
	if (head_len == r->head && in_small == got) { /* as nearly always */
		memcpy(small->data, head, head_len);
		small->len = head_len + got;
		return small;
	}
	if (head_len + got <= PKT_LARGE)
		large = pkt_get(p->dp->pool, true);
	if (large) {
		memcpy(large->data, head, head_len);
		memcpy(large->data + head_len, small->data + r->head, in_small);
		memcpy(large->data + head_len + in_small, r->spill[i], got - in_small);
		large->len = head_len + got;
	} else {
		stats_drop(p->dp->stats, DROP_pool_empty);
	}
	pkt_put(p->dp->pool, small);
	return large;
}

static void
receive_prepare(struct raw *r, unsigned int i, struct pkt *small)
{
	r->iovs[i][0] = (struct iovec){ small->data + r->head, PKT_SMALL - r->head };
	r->iovs[i][1] = (struct iovec){ r->spill[i], sizeof(r->spill[i]) };
	r->msgs[i].msg_hdr = (struct msghdr){ .msg_iov = r->iovs[i], .msg_iovlen = 2 };
	if (!r->v6)
		return;
	r->msgs[i].msg_hdr.msg_name = &r->peers[i];
	r->msgs[i].msg_hdr.msg_namelen = sizeof(r->peers[i]);
	r->msgs[i].msg_hdr.msg_control = r->control[i];
	r->msgs[i].msg_hdr.msg_controllen = RAW6_CONTROL_MAX;
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
		receive_prepare(r, room, pkts[room]);
	}
	got = room > 0 ? recvmmsg(p->fd, r->msgs, room, MSG_DONTWAIT, NULL) : 0;
	if (got <= 0 && room > 0) { /* woken by an error, or one is reported before what has come */
		pmtu_read_errors(p, false);
		got = recvmmsg(p->fd, r->msgs, room, MSG_DONTWAIT, NULL);
	}
	if (got < 0)
		got = 0;
	for (unsigned int i = (unsigned int)got; i < room; i++)
		pkt_put(p->dp->pool, pkts[i]);
	for (unsigned int i = 0; i < (unsigned int)got; i++) {
		struct pkt *whole = receive_whole(p, pkts[i], i);

		if (whole)
			pkts[n++] = whole;
	}
	p->more = false;
	return n;
}

/* Where the packet's own header says; the length of the address. */
static socklen_t
destination_of(const struct raw *r, const uint8_t *packet, union address *to)
{
	memset(to, 0, sizeof(*to));
	if (r->v6) {
		to->v6.sin6_family = AF_INET6;
		memcpy(&to->v6.sin6_addr, packet + 24, IP6_ADDR_LEN);
		return sizeof(to->v6);
	}
	to->v4.sin_family = AF_INET;
	to->v4.sin_addr.s_addr = htonl(be32_get(packet + 16));
	return sizeof(to->v4);
}

/* 0 or -errno */
static int
send_one(struct port *p, const uint8_t *packet, uint32_t len)
{
	union address to;
	socklen_t to_len = destination_of(p->priv, packet, &to);

	for (unsigned int tries = 1;; tries++) {
		int why =
			sendto(p->fd, packet, len, MSG_DONTWAIT, &to.any, to_len) >= 0 ? 0 : errno;

		if (why == 0 || !resend_again(p, why, tries, false))
			return -why;
	}
}

static int
send_fragments4(struct port *p, const struct pkt *pkt, uint32_t mtu)
{
	struct raw *r = p->priv;
	struct ip4_frag f = { 0 };
	struct ip4 ip;
	uint32_t len;
	int rc = -EMSGSIZE;

	if (ip4_parse(pkt->data, pkt->len, &ip) == DROP_NONE && !ip.df)
		rc = ip4_frag_init(&f, pkt->data, &ip, mtu);
	while (rc == 0 && (len = ip4_frag_next(&f, r->fragment)) > 0)
		rc = send_one(p, r->fragment, len);
	return rc;
}

static int
send_fragments6(struct port *p, const struct pkt *pkt, uint32_t mtu)
{
	struct raw *r = p->priv;
	struct ip6_frag f;
	uint32_t len;
	int rc = ip6_frag_init(&f, pkt->data, pkt->len, mtu, ++r->frag_id);

	while (rc == 0 && (len = ip6_frag_next(&f, r->fragment)) > 0)
		rc = send_one(p, r->fragment, len);
	return rc;
}

/* Sends the packet in fragments of mtu bytes. -EMSGSIZE when they are too long still, or not allowed. */
static int
send_fragments(struct port *p, const struct pkt *pkt, uint32_t mtu)
{
	const struct raw *r = p->priv;

	return r->v6 ? send_fragments6(p, pkt, mtu) : send_fragments4(p, pkt, mtu);
}

/* What is longer than its path carries, or what the device refused: in fragments, as long as may be. */
static enum drop
send_too_long(struct port *p, const struct pkt *pkt)
{
	struct raw *r = p->priv;
	int rc = -EMSGSIZE;

	if (pkt->mtu && pkt->mtu < pkt->len)
		rc = send_fragments(p, pkt, pkt->mtu);
	if (rc == -EMSGSIZE && r->mtu && r->mtu < pkt->len)
		rc = send_fragments(p, pkt, r->mtu);
	for (unsigned int i = 0; rc == -EMSGSIZE && i < sizeof(plateaus) / sizeof(plateaus[0]);
		i++) {
		if (plateaus[i] >= pkt->len || (r->mtu && plateaus[i] >= r->mtu))
			continue;
		rc = send_fragments(p, pkt, plateaus[i]);
		if (rc == 0)
			r->mtu = plateaus[i];
	}
	/* -EINVAL: it cannot be cut into pieces so small */
	return resend_verdict(rc == -EINVAL ? -EMSGSIZE : rc);
}

/* The packet at which a sendmmsg stopped with errno `why`, which may be the report of an earlier error. */
static void
send_again(struct port *p, struct pkt *pkt, int why)
{
	int rc;

	(void)resend_again(p, why, 0, false);
	rc = send_one(p, pkt->data, pkt->len);
	if (rc == -EMSGSIZE) {
		pkt_drop(pkt, send_too_long(p, pkt));
		pmtu_read_errors(p, false);
	} else if (rc < 0) {
		pkt_drop(pkt, resend_verdict(rc));
	} else {
		pkt_done(pkt);
	}
}

/* At most RAW_BATCH packets; how many have been dealt with, at least one. */
static unsigned int
send_some(struct port *p, struct pkt **pkts, unsigned int n)
{
	struct raw *r = p->priv;
	int sent;

	for (unsigned int i = 0; i < n; i++) {
		r->iovs[i][0] = (struct iovec){ pkts[i]->data, pkts[i]->len };
		r->msgs[i].msg_hdr = (struct msghdr){ .msg_name = &r->peers[i],
			.msg_namelen = destination_of(r, pkts[i]->data, &r->peers[i]),
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

/* Is it a packet for this socket, to be sent as it is? Otherwise it is dealt with. */
static bool
ready(struct port *p, struct pkt *pkt)
{
	const struct raw *r = p->priv;

	if (pkt->len < (r->v6 ? IP6_HDR_LEN : IP4_HDR_LEN) ||
		pkt->data[0] >> 4 != (r->v6 ? 6 : 4)) {
		pkt_drop(pkt, DROP_ip_version);
		return false;
	}
	if (pkt->mtu && pkt->len > pkt->mtu) {
		pkt_drop(pkt, send_too_long(p, pkt));
		return false;
	}
	return true;
}

static void
raw_tx_batch(struct port *p, struct pkt **pkts, unsigned int n)
{
	for (unsigned int i = 0, run; i < n;) {
		for (run = 0; i + run < n && run < RAW_BATCH && ready(p, pkts[i + run]); run++)
			;
		for (unsigned int done = 0; done < run;)
			done += send_some(p, pkts + i + done, run - done);
		/* what ended the run is dealt with, unless it was the batch's length */
		i += run < RAW_BATCH ? run + 1 : run;
	}
}

const struct port_ops port_raw_ops = {
	.open = raw_open,
	.rx_batch = raw_rx_batch,
	.tx_batch = raw_tx_batch,
	.close = raw_close,
};
