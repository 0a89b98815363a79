/*
 * ESP in UDP (RFC 3948): what arrives is told apart (IKE, keepalive, ESP) and given an IP header again,
 * so that the stages see native ESP; what is sent loses its own to the kernel's. Datagrams of equal
 * size go out and come in many at a time. The kernel computes checksums. A port is of one family, its
 * socket's. Refuses to know SAs.
 */
#include "config.h"

#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/os/udp.h"
#include "datapath/pmtu.h"
#include "datapath/port.h"
#include "datapath/punt.h"
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

enum { N_MSGS = 8, DATAGRAM_MAX = 65535, MARKER_LEN = 4, TTL = 64 };
enum { SEND_MAX = 65507, KEEPALIVE = 0xff, PORT_IKE = 500 };

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct udp {
	bool can_segment;
	enum udp_cut cut;	/* what the socket is set to */
	uint32_t segment_limit; /* segments of so many bytes were refused; 0 = none yet */
	/* received and not yet handed out: from this byte of this message on */
	unsigned int n, at;
	uint32_t done;
	struct mmsghdr msgs[N_MSGS];
	struct iovec iovs[N_MSGS];
	union address from[N_MSGS];
	uint8_t control[N_MSGS][UDP_CONTROL_MAX] __attribute__((aligned(8)));
	uint8_t data[N_MSGS][DATAGRAM_MAX];
};

static int
udp_open(struct port *p, struct err *e)
{
	union address a = { 0 };
	socklen_t len = sizeof(a);
	struct udp *u = calloc(1, sizeof(*u));

	if (!u)
		return err_set(e, -ENOMEM, p->name, "Out of memory.");
	p->priv = u;
	if (getsockname(p->fd, &a.any, &len) == 0) {
		p->v6 = a.any.sa_family == AF_INET6;
		p->local = ntohs(p->v6 ? a.v6.sin6_port : a.v4.sin_port);
	}
	u->can_segment = udp_setup(p->fd, p->v6);
	return 0;
}

static void
udp_close(struct port *p)
{
	free(p->priv);
}

/* --- receiving -------------------------------------------------------------------------- */

static void
receive(struct port *p)
{
	struct udp *u = p->priv;
	int got;

	for (unsigned int i = 0; i < N_MSGS; i++) {
		u->iovs[i] = (struct iovec){ u->data[i], DATAGRAM_MAX };
		u->msgs[i].msg_hdr = (struct msghdr){ .msg_name = &u->from[i],
			.msg_namelen = sizeof(u->from[i]),
			.msg_iov = &u->iovs[i],
			.msg_iovlen = 1,
			.msg_control = u->control[i],
			.msg_controllen = UDP_CONTROL_MAX };
	}
	got = recvmmsg(p->fd, u->msgs, N_MSGS, MSG_DONTWAIT, NULL);
	if (got <= 0) { /* woken by an error, or one is reported before what has come */
		pmtu_read_errors(p, true);
		got = recvmmsg(p->fd, u->msgs, N_MSGS, MSG_DONTWAIT, NULL);
	}
	u->n = got > 0 ? (unsigned int)got : 0;
	u->at = 0;
	u->done = 0;
}

/* Its port, and its address in *a. */
static uint16_t
sender_of(const struct port *p, const union address *from, struct addr *a)
{
	*a = addr_v4(ntohl(from->v4.sin_addr.s_addr));
	if (!p->v6)
		return ntohs(from->v4.sin_port);
	a->af = AF_INET6;
	memcpy(a->b, &from->v6.sin6_addr, sizeof(from->v6.sin6_addr));
	return ntohs(from->v6.sin6_port);
}

/* The IP header that stands for UDP's; its length. */
static uint32_t
header_write(const struct port *p, const struct udp_meta *meta, uint8_t *out, uint32_t len)
{
	const struct udp *u = p->priv;
	const union address *from = &u->from[u->at];
	struct ip4 ip4 = { .tos = meta->tos,
		.ttl = TTL,
		.id = 1,
		.protocol = IP_PROTO_ESP,
		.total_len = (uint16_t)(IP4_HDR_LEN + len),
		.src = ntohl(from->v4.sin_addr.s_addr),
		.dst = addr_u32(&meta->local) };
	struct ip6 ip6 = { .tclass = meta->tos,
		.hop_limit = TTL,
		.next_header = IP_PROTO_ESP,
		.payload_len = (uint16_t)len,
		.src = from->v6.sin6_addr.s6_addr,
		.dst = meta->local.b };

	if (p->v6)
		ip6_build(out, &ip6);
	else
		ip4_build(out, &ip4);
	return p->v6 ? IP6_HDR_LEN : IP4_HDR_LEN;
}

/* One ESP datagram as the native packet that it stands for. */
static struct pkt *
esp_packet(struct port *p, const struct udp_meta *meta, const uint8_t *data, uint32_t len)
{
	const struct udp *u = p->priv;
	struct addr remote;
	struct pkt *pkt;
	uint32_t head;

	if (IP6_HDR_LEN + len > UINT16_MAX) {
		stats_drop(p->dp->stats, DROP_natt_short);
		return NULL;
	}
	pkt = pkt_get(p->dp->pool, IP6_HDR_LEN + len > PKT_SMALL);
	if (!pkt) {
		stats_drop(p->dp->stats, DROP_pool_empty);
		return NULL;
	}
	head = header_write(p, meta, pkt->data, len);
	memcpy(pkt->data + head, data, len);
	pkt->len = head + len;
	pkt->encap_local = p->local;
	pkt->encap_remote = sender_of(p, &u->from[u->at], &remote);
	return pkt;
}

static void
ike_packet(struct port *p, const struct udp_meta *meta, const uint8_t *data, uint32_t len)
{
	const struct udp *u = p->priv;
	struct addr remote;
	uint16_t port = sender_of(p, &u->from[u->at], &remote);

	if (!punt_send(p->dp, &meta->local, p->local, &remote, port, data, len))
		stats_drop(p->dp->stats, DROP_natt_ike);
}

/* What a datagram is (RFC 3948 2.2 to 2.4). NULL for what ends here, counted. */
static struct pkt *
classify(struct port *p, const struct udp_meta *meta, const uint8_t *data, uint32_t len)
{
	struct stats *stats = p->dp->stats;

	if (len == 1 && data[0] == KEEPALIVE)
		stats_drop(stats, DROP_natt_keepalive);
	else if (p->local == PORT_IKE)
		ike_packet(p, meta, data, len);
	else if (len <= MARKER_LEN)
		stats_drop(stats, DROP_natt_short);
	else if (be32_get(data) == 0)
		ike_packet(p, meta, data + MARKER_LEN, len - MARKER_LEN);
	else
		return esp_packet(p, meta, data, len);
	return NULL;
}

static unsigned int
udp_rx_batch(struct port *p, struct pkt **pkts, unsigned int max)
{
	struct udp *u = p->priv;
	unsigned int n = 0;

	if (u->at == u->n)
		receive(p);
	while (n < max && u->at < u->n) {
		uint32_t len = u->msgs[u->at].msg_len, one = len - u->done;
		struct udp_meta meta = udp_meta_read(&u->msgs[u->at].msg_hdr);

		if (meta.segment && meta.segment < one)
			one = meta.segment;
		pkts[n] = classify(p, &meta, u->data[u->at] + u->done, one);
		n += pkts[n] != NULL;
		u->done += one;
		if (u->done >= len) {
			u->at++;
			u->done = 0;
		}
	}
	p->more = u->at < u->n;
	return n;
}

/* --- sending ---------------------------------------------------------------------------- */

/* What the kernel is told instead of the packet's own header. */
struct flow {
	struct addr source;
	struct addr destination;
	uint16_t port; /* of the peer */
	uint8_t tos;
	bool df;
};

/* Packets that one call can send: to one peer, of equal size but for a shorter last one. */
struct run {
	struct flow flow;
	uint32_t len; /* payload of each but the last */
	unsigned int n;
	struct iovec iovs[UDP_SEGMENTS_MAX];
};

/* The length of the packet's header; 0 when it is none that UDP can replace. */
static uint32_t
flow_read(const struct port *p, const struct pkt *pkt, struct flow *f)
{
	struct ip4 ip4;
	struct ip6 ip6;

	memset(f, 0, sizeof(*f));
	f->port = pkt->encap_remote;
	if (!p->v6) {
		if (ip4_parse(pkt->data, pkt->len, &ip4) != DROP_NONE)
			return 0;
		f->source = addr_v4(ip4.src);
		f->destination = addr_v4(ip4.dst);
		f->tos = ip4.tos;
		f->df = ip4.df;
		return ip4.hdr_len;
	}
	if (ip6_parse(pkt->data, pkt->len, &ip6) != DROP_NONE || ip6.next_header != IP_PROTO_ESP)
		return 0;
	f->source.af = f->destination.af = AF_INET6;
	memcpy(f->source.b, ip6.src, IP6_ADDR_LEN);
	memcpy(f->destination.b, ip6.dst, IP6_ADDR_LEN);
	f->tos = ip6.tclass;
	return IP6_HDR_LEN;
}

static bool
joins(const struct run *r, const struct flow *f, uint32_t len, uint32_t total)
{
	return r->n < UDP_SEGMENTS_MAX && r->iovs[r->n - 1].iov_len == r->len && len <= r->len &&
		total + len <= SEND_MAX && memcmp(f, &r->flow, sizeof(*f)) == 0;
}

/* Takes as many packets as go together; 0 when the first one cannot go. */
static void
run_fill(const struct port *p, struct run *r, struct pkt **pkts, unsigned int n)
{
	uint32_t total = 0;

	r->n = 0;
	for (unsigned int i = 0; i < n; i++) {
		struct flow f;
		uint32_t head = flow_read(p, pkts[i], &f), len = pkts[i]->len - head;

		if (head == 0 || (i > 0 && !joins(r, &f, len, total)))
			break;
		if (i == 0) {
			r->flow = f;
			r->len = len;
		}
		r->iovs[r->n++] = (struct iovec){ pkts[i]->data + head, len };
		total += len;
	}
}

static socklen_t
address_of(const struct flow *f, union address *to)
{
	memset(to, 0, sizeof(*to));
	if (f->destination.af == AF_INET6) {
		to->v6.sin6_family = AF_INET6;
		to->v6.sin6_port = htons(f->port);
		memcpy(&to->v6.sin6_addr, f->destination.b, IP6_ADDR_LEN);
		return sizeof(to->v6);
	}
	to->v4.sin_family = AF_INET;
	to->v4.sin_port = htons(f->port);
	to->v4.sin_addr.s_addr = htonl(addr_u32(&f->destination));
	return sizeof(to->v4);
}

/* 0 or -errno */
static int
run_send(struct port *p, struct run *r, unsigned int from, unsigned int n)
{
	uint8_t control[UDP_CONTROL_MAX] __attribute__((aligned(8)));
	struct udp_meta meta = {
		.local = r->flow.source, .tos = r->flow.tos, .segment = n > 1 ? (uint16_t)r->len : 0
	};
	union address to;
	struct msghdr msg = { .msg_name = &to,
		.msg_namelen = address_of(&r->flow, &to),
		.msg_iov = r->iovs + from,
		.msg_iovlen = n };

	udp_meta_write(&msg, control, &meta);
	for (unsigned int tries = 0;; tries++) {
		int why = sendmsg(p->fd, &msg, MSG_DONTWAIT) >= 0 ? 0 : errno;

		if (why == 0 || !resend_again(p, why, tries, true))
			return -why;
	}
}

static void
cut_set(struct port *p, enum udp_cut who)
{
	struct udp *u = p->priv;

	if (u->cut != who)
		udp_cut(p->fd, p->v6, who);
	u->cut = who;
}

/* A datagram that goes alone. What the device does not take whole the kernel cuts, unless it says DF. */
static enum drop
send_alone(struct port *p, struct run *r, unsigned int i)
{
	int rc = run_send(p, r, i, 1);

	if (rc != -EMSGSIZE)
		return resend_verdict(rc);
	if (!r->flow.df) {
		cut_set(p, UDP_CUT_HERE);
		rc = run_send(p, r, i, 1);
		cut_set(p, UDP_CUT_PATH);
	}
	pmtu_read_errors(p, true);
	return resend_verdict(rc);
}

static void
run_deliver(struct port *p, struct run *r, struct pkt **pkts)
{
	struct udp *u = p->priv;
	bool at_once =
		r->n > 1 && u->can_segment && (u->segment_limit == 0 || r->len < u->segment_limit);
	int rc;

	cut_set(p, r->flow.df ? UDP_CUT_NEVER : UDP_CUT_PATH);
	rc = at_once ? run_send(p, r, 0, r->n) : -EINVAL;

	if (at_once && rc == -EIO) /* the device cannot: never again */
		u->can_segment = false;
	if (at_once && rc == -EINVAL) /* longer than the device takes */
		u->segment_limit = r->len;
	for (unsigned int i = 0; i < r->n; i++)
		pkt_drop(pkts[i], rc == 0 ? DROP_NONE : send_alone(p, r, i));
}

static void
udp_tx_batch(struct port *p, struct pkt **pkts, unsigned int n)
{
	struct run r;

	for (unsigned int i = 0; i < n; i += r.n ? r.n : 1) {
		run_fill(p, &r, pkts + i, n - i);
		if (r.n > 0)
			run_deliver(p, &r, pkts + i);
		else
			pkt_drop(pkts[i], DROP_ip_version);
	}
	cut_set(p, UDP_CUT_PATH); /* the speaker sends by this socket, too */
}

const struct port_ops port_udp_ops = {
	.open = udp_open,
	.rx_batch = udp_rx_batch,
	.tx_batch = udp_tx_batch,
	.close = udp_close,
};
