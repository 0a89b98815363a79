/*
 * ESP in UDP (RFC 3948): what arrives is told apart (IKE, keepalive, ESP) and given an IP header again,
 * so that the stages see native ESP; what is sent loses its own to the kernel's. Datagrams of equal
 * size go out and come in many at a time. The kernel computes checksums. Refuses to know SAs. IPv4.
 */
#include "config.h"

#include "datapath/ip4.h"
#include "datapath/os/udp.h"
#include "datapath/pmtu.h"
#include "datapath/port.h"
#include "datapath/punt.h"
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

enum { N_MSGS = 8, DATAGRAM_MAX = 65535, WAIT_MS = 2, MARKER_LEN = 4, TTL = 64 };
enum { SEND_MAX = 65507, KEEPALIVE = 0xff, PORT_IKE = 500 };

struct udp {
	uint16_t local; /* our port */
	bool can_segment;
	uint32_t segment_limit; /* segments of so many bytes were refused; 0 = none yet */
	/* received and not yet handed out: from this byte of this message on */
	unsigned int n, at;
	uint32_t done;
	struct mmsghdr msgs[N_MSGS];
	struct iovec iovs[N_MSGS];
	struct sockaddr_in from[N_MSGS];
	uint8_t control[N_MSGS][UDP_CONTROL_MAX] __attribute__((aligned(8)));
	uint8_t data[N_MSGS][DATAGRAM_MAX];
};

static int
udp_open(struct port *p, struct err *e)
{
	struct sockaddr_in a = { 0 };
	socklen_t len = sizeof(a);
	struct udp *u = calloc(1, sizeof(*u));

	if (!u)
		return err_set(e, -ENOMEM, p->name, "Out of memory.");
	p->priv = u;
	u->can_segment = udp_setup(p->fd);
	if (getsockname(p->fd, (struct sockaddr *)&a, &len) == 0 && a.sin_family == AF_INET)
		u->local = ntohs(a.sin_port);
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

/* One ESP datagram as the native packet that it stands for. */
static struct pkt *
esp_packet(struct port *p, const struct udp_meta *meta, const uint8_t *data, uint32_t len)
{
	struct udp *u = p->priv;
	const struct sockaddr_in *from = &u->from[u->at];
	struct ip4 ip = { .tos = meta->tos,
		.ttl = TTL,
		.id = 1,
		.protocol = IP_PROTO_ESP,
		.total_len = (uint16_t)(IP4_HDR_LEN + len),
		.src = ntohl(from->sin_addr.s_addr),
		.dst = meta->local };
	struct pkt *pkt;

	if (IP4_HDR_LEN + len > UINT16_MAX) {
		stats_drop(p->dp->stats, DROP_natt_short);
		return NULL;
	}
	pkt = pkt_get(p->dp->pool, IP4_HDR_LEN + len > PKT_SMALL);
	if (!pkt) {
		stats_drop(p->dp->stats, DROP_pool_empty);
		return NULL;
	}
	ip4_build(pkt->data, &ip);
	memcpy(pkt->data + IP4_HDR_LEN, data, len);
	pkt->len = IP4_HDR_LEN + len;
	pkt->encap_local = u->local;
	pkt->encap_remote = ntohs(from->sin_port);
	return pkt;
}

static void
ike_packet(struct port *p, const struct udp_meta *meta, const uint8_t *data, uint32_t len)
{
	const struct udp *u = p->priv;
	const struct sockaddr_in *from = &u->from[u->at];
	struct addr local = addr_v4(meta->local), remote = addr_v4(ntohl(from->sin_addr.s_addr));

	if (!punt_send(p->dp, &local, u->local, &remote, ntohs(from->sin_port), data, len))
		stats_drop(p->dp->stats, DROP_natt_ike);
}

/* What a datagram is (RFC 3948 2.2 to 2.4). NULL for what ends here, counted. */
static struct pkt *
classify(struct port *p, const struct udp_meta *meta, const uint8_t *data, uint32_t len)
{
	struct stats *stats = p->dp->stats;
	const struct udp *u = p->priv;

	if (len == 1 && data[0] == KEEPALIVE)
		stats_drop(stats, DROP_natt_keepalive);
	else if (u->local == PORT_IKE)
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

/* Packets that one call can send: to one peer, of equal size but for a shorter last one. */
struct run {
	struct ip4 ip; /* of the first */
	uint32_t len;  /* payload of each but the last */
	unsigned int n;
	struct iovec iovs[UDP_SEGMENTS_MAX];
};

static bool
joins(const struct run *r, const struct pkt *first, const struct pkt *next, uint32_t total)
{
	const uint8_t *a = first->data, *b = next->data;
	uint32_t len = next->len - (uint32_t)(b[0] & 15) * 4;

	return b[0] >> 4 == 4 && r->n < UDP_SEGMENTS_MAX && r->iovs[r->n - 1].iov_len == r->len &&
		len <= r->len && total + len <= SEND_MAX && a[1] == b[1] &&
		memcmp(a + 12, b + 12, 8) == 0 && first->encap_remote == next->encap_remote;
}

static void
run_add(struct run *r, const struct pkt *p)
{
	uint32_t hdr_len = (uint32_t)(p->data[0] & 15) * 4;

	r->iovs[r->n++] = (struct iovec){ p->data + hdr_len, p->len - hdr_len };
}

/* 0 or -errno */
static int
run_send(struct port *p, struct run *r, uint16_t remote, unsigned int from, unsigned int n)
{
	uint8_t control[UDP_CONTROL_MAX] __attribute__((aligned(8)));
	struct udp_meta meta = {
		.local = r->ip.src, .tos = r->ip.tos, .segment = n > 1 ? (uint16_t)r->len : 0
	};
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(remote),
		.sin_addr.s_addr = htonl(r->ip.dst) };
	struct msghdr msg = { .msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = r->iovs + from,
		.msg_iovlen = n };
	struct pollfd room = { .fd = p->fd, .events = POLLOUT };

	udp_meta_write(&msg, control, &meta);
	for (unsigned int tries = 0; tries < 2; tries++) {
		if (sendmsg(p->fd, &msg, MSG_DONTWAIT) >= 0)
			return 0;
		/* other errors may be the report of an earlier one */
		if (errno == EAGAIN && poll(&room, 1, WAIT_MS) <= 0)
			break;
	}
	return -errno;
}

/* A datagram that goes alone. What the device does not take whole the kernel cuts. */
static enum drop
send_alone(struct port *p, struct run *r, uint16_t remote, unsigned int i)
{
	int rc = run_send(p, r, remote, i, 1);

	if (rc == -EMSGSIZE) {
		udp_may_fragment(p->fd, true);
		rc = run_send(p, r, remote, i, 1);
		udp_may_fragment(p->fd, false);
		pmtu_read_errors(p, true);
	}
	return rc == 0 ? DROP_NONE : rc == -EMSGSIZE ? DROP_pkt_too_big : DROP_tx_error;
}

static void
run_deliver(struct port *p, struct run *r, struct pkt **pkts)
{
	struct udp *u = p->priv;
	uint16_t remote = pkts[0]->encap_remote;
	bool at_once =
		r->n > 1 && u->can_segment && (u->segment_limit == 0 || r->len < u->segment_limit);
	int rc = at_once ? run_send(p, r, remote, 0, r->n) : -EINVAL;

	if (at_once && rc == -EIO) /* the device cannot: never again */
		u->can_segment = false;
	if (at_once && rc == -EINVAL) /* longer than the device takes */
		u->segment_limit = r->len;
	for (unsigned int i = 0; i < r->n; i++)
		pkt_drop(pkts[i], rc == 0 ? DROP_NONE : send_alone(p, r, remote, i));
}

static void
udp_tx_batch(struct port *p, struct pkt **pkts, unsigned int n)
{
	struct run r;

	for (unsigned int i = 0; i < n; i += r.n ? r.n : 1) {
		uint32_t total;

		r.n = 0;
		if (ip4_parse(pkts[i]->data, pkts[i]->len, &r.ip) != DROP_NONE) {
			pkt_drop(pkts[i], DROP_ip_version);
			continue;
		}
		run_add(&r, pkts[i]);
		r.len = total = (uint32_t)r.iovs[0].iov_len;
		while (i + r.n < n && joins(&r, pkts[i], pkts[i + r.n], total)) {
			run_add(&r, pkts[i + r.n]);
			total += (uint32_t)r.iovs[r.n - 1].iov_len;
		}
		run_deliver(p, &r, pkts + i);
	}
}

const struct port_ops port_udp_ops = {
	.open = udp_open,
	.rx_batch = udp_rx_batch,
	.tx_batch = udp_tx_batch,
	.close = udp_close,
};
