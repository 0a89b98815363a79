/*
 * Twin of datapath/port_udp.c, over the loopback device: one datapath's port and a plain socket.
 */
#include "config.h"

#include "datapath/port.h"

#include "datapath/ip6.h"
#include "datapath/pipeline.h"
#include "lib/buf.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { UDP = 1 };

struct bed {
	struct world w;
	struct port *port;
	int peer;
	uint16_t local, remote; /* ports: the datapath's and the peer's */
	bool v6;
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static union address
loopback(bool v6, uint16_t port)
{
	union address a = { .v4 = { .sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) } };

	if (v6)
		a.v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6,
			.sin6_port = htons(port),
			.sin6_addr = in6addr_loopback };
	return a;
}

static int
socket_make(bool v6, uint16_t *port)
{
	union address a = loopback(v6, 0);
	socklen_t len = sizeof(a);
	/* on a busy machine even the loopback device takes a moment */
	struct timeval patience = { .tv_sec = 30 };
	int s = socket(a.any.sa_family, SOCK_DGRAM, 0);

	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	CU_ASSERT_EQUAL_FATAL(bind(s, &a.any, v6 ? sizeof(a.v6) : sizeof(a.v4)), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(s, &a.any, &len), 0);
	*port = ntohs(v6 ? a.v6.sin6_port : a.v4.sin_port);
	return s;
}

static void
bed_init(struct bed *b, bool v6)
{
	struct msg_dp_port m = { .port = UDP, .kind = MSG_PORT_UDP, .name = "udp" };
	union address to;
	int s, size = 4 << 20;

	world_init(&b->w);
	b->v6 = v6;
	s = socket_make(v6, &b->local);
	setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	CU_ASSERT_EQUAL_FATAL(port_put(&b->w.dp, &m, s, NULL), 0);
	b->port = port_get(&b->w.dp, UDP);
	b->peer = socket_make(v6, &b->remote);
	setsockopt(b->peer, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	to = loopback(v6, b->local);
	CU_ASSERT_EQUAL_FATAL(connect(b->peer, &to.any, v6 ? sizeof(to.v6) : sizeof(to.v4)), 0);
}

static void
bed_fini(struct bed *b)
{
	world_fini(&b->w);
	close(b->peer);
}

/* An ESP packet of the datapath's, for the peer. */
static struct pkt *
packet(struct bed *b, uint32_t payload, uint8_t fill, uint8_t tos)
{
	struct pkt *p = pkt_get(b->w.dp.pool, payload > 1500);
	uint32_t head = b->v6 ? 40 : 20;
	struct ip4 ip = { .total_len = (uint16_t)(20 + payload),
		.tos = tos,
		.id = 1,
		.ttl = 255,
		.protocol = IP_PROTO_ESP,
		.src = INADDR_LOOPBACK,
		.dst = INADDR_LOOPBACK };
	struct ip6 ip6 = { .payload_len = (uint16_t)payload,
		.tclass = tos,
		.next_header = IP_PROTO_ESP,
		.src = in6addr_loopback.s6_addr,
		.dst = in6addr_loopback.s6_addr };

	memset(p->data, fill, head + payload);
	if (b->v6)
		ip6_build(p->data, &ip6);
	else
		ip4_build(p->data, &ip);
	p->len = head + payload;
	p->encap_local = b->local;
	p->encap_remote = b->remote;
	p->next = STAGE_RAW_TX;
	return p;
}

static void
what_is_sent_arrives_datagram_by_datagram_of(bool v6)
{
	static const struct {
		uint32_t len;
		uint8_t tos;
	} rows[] = { { 100, 0 }, { 100, 0 }, { 100, 0 }, { 60, 0 }, { 60, 0 }, { 100, 0 },
		{ 60, 0 }, { 60, 0xb8 }, { 1400, 0 }, { 1400, 0 }, { 30000, 0 }, { 30000, 0 },
		{ 30000, 0 }, { 16, 0 } };
	enum { N = sizeof(rows) / sizeof(rows[0]) };
	static uint8_t got[65536];
	struct bed b;

	bed_init(&b, v6);
	for (uint8_t i = 0; i < N; i++)
		pipeline_add(&b.w.dp, packet(&b, rows[i].len, i, rows[i].tos));
	pipeline_run(&b.w.dp);
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_tx_error], 0);
	for (uint8_t i = 0; i < N; i++) {
		ssize_t n = recv(b.peer, got, sizeof(got), 0);

		CU_ASSERT_EQUAL(n, rows[i].len);
		for (ssize_t k = 0; k < n; k++)
			CU_ASSERT_EQUAL(got[k], i);
	}
	CU_ASSERT_EQUAL(recv(b.peer, got, sizeof(got), MSG_DONTWAIT), -1);
	bed_fini(&b);
}

static void
what_is_sent_arrives_datagram_by_datagram(void)
{
	what_is_sent_arrives_datagram_by_datagram_of(false);
	what_is_sent_arrives_datagram_by_datagram_of(true);
}

static void
a_long_run_goes_out_whole_of(bool v6)
{
	uint8_t got[2000];
	struct bed b;

	bed_init(&b, v6);
	for (unsigned int i = 0; i < 200; i++)
		pipeline_add(&b.w.dp, packet(&b, 1400, (uint8_t)i, 0));
	pipeline_run(&b.w.dp);
	for (unsigned int i = 0; i < 200; i++) {
		CU_ASSERT_EQUAL(recv(b.peer, got, sizeof(got), 0), 1400);
		CU_ASSERT_EQUAL(got[1000], (uint8_t)i);
	}
	bed_fini(&b);
}

static void
a_long_run_goes_out_whole(void)
{
	a_long_run_goes_out_whole_of(false);
	a_long_run_goes_out_whole_of(true);
}

/* Everything that has been sent, as packets. */
static unsigned int
take(struct bed *b, struct pkt **pkts)
{
	struct pollfd arrival = { .fd = b->port->fd, .events = POLLIN };
	unsigned int n = 0;

	CU_ASSERT_EQUAL(poll(&arrival, 1, 30000), 1);
	do {
		n += b->port->ops->rx_batch(b->port, pkts + n, 3); /* few at a time */
	} while (b->port->more);
	return n;
}

/* A sound header from loopback to loopback, announcing ESP. */
static void
expect_header(struct bed *b, const struct pkt *p)
{
	struct ip4 ip;
	struct ip6 ip6;

	if (b->v6) {
		CU_ASSERT_EQUAL(ip6_parse(p->data, p->len, &ip6), DROP_NONE);
		CU_ASSERT_EQUAL(memcmp(ip6.src, in6addr_loopback.s6_addr, 16), 0);
		CU_ASSERT_EQUAL(memcmp(ip6.dst, in6addr_loopback.s6_addr, 16), 0);
		CU_ASSERT_EQUAL(ip6.next_header, IP_PROTO_ESP);
		return;
	}
	CU_ASSERT_EQUAL(ip4_parse(p->data, p->len, &ip), DROP_NONE);
	CU_ASSERT_TRUE(ip.src == INADDR_LOOPBACK && ip.dst == INADDR_LOOPBACK);
	CU_ASSERT_EQUAL(ip.protocol, IP_PROTO_ESP);
}

static void
what_arrives_is_told_apart_of(bool v6)
{
	static const struct {
		const char *data;
		uint32_t len;
		enum drop counted; /* NONE: an ESP packet */
	} rows[] = { { "\xff", 1, DROP_natt_keepalive }, { "\xfe", 1, DROP_natt_short },
		{ "", 0, DROP_natt_short }, { "\1\2\3", 3, DROP_natt_short },
		{ "\1\2\3\4", 4, DROP_natt_short }, { "\0\0\0\0ike", 7, DROP_natt_ike },
		{ "\0\0\0\0", 4, DROP_natt_short }, { "\0\0\0\1\0\0\0\1", 8, DROP_NONE },
		{ "\xff\xff\xff\xff\xff", 5, DROP_NONE } };
	struct pkt *pkts[PKT_BATCH];
	struct bed b;

	bed_init(&b, v6);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned int n, head = v6 ? 40 : 20;

		stats_reset(b.w.dp.stats);
		CU_ASSERT_EQUAL(send(b.peer, rows[i].data, rows[i].len, 0), rows[i].len);
		n = take(&b, pkts);
		CU_ASSERT_EQUAL(n, rows[i].counted == DROP_NONE);
		CU_ASSERT_TRUE(
			rows[i].counted == DROP_NONE || b.w.dp.stats->drops[rows[i].counted] == 1);
		if (n == 0)
			continue;
		expect_header(&b, pkts[0]);
		CU_ASSERT_EQUAL(pkts[0]->len, head + rows[i].len);
		CU_ASSERT_EQUAL(memcmp(pkts[0]->data + head, rows[i].data, rows[i].len), 0);
		CU_ASSERT_EQUAL(pkts[0]->encap_local, b.local);
		CU_ASSERT_EQUAL(pkts[0]->encap_remote, b.remote);
		pkt_put(b.w.dp.pool, pkts[0]);
	}
	bed_fini(&b);
}

static void
what_arrives_is_told_apart(void)
{
	what_arrives_is_told_apart_of(false);
	what_arrives_is_told_apart_of(true);
}

/* One super-datagram of the peer's: ESP, IKE and ESP again, the last one shorter. */
static void
glued_datagrams_are_told_apart_one_by_one_of(bool v6)
{
	enum { SEGMENT = 100, N = 5 };
	uint8_t data[N * SEGMENT - 30];
	struct pkt *pkts[PKT_BATCH];
	int segment = SEGMENT, tos = 0xb9;
	unsigned int n, head = v6 ? 40 : 20;
	struct bed b;

	bed_init(&b, v6);
	for (unsigned int i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i / SEGMENT + 1);
	memset(data + 2 * SEGMENT, 0, 4);
	setsockopt(b.peer, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TCLASS : IP_TOS, &tos,
		sizeof(tos));
	if (setsockopt(b.peer, SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment)) < 0) {
		printf("(skipped: no UDP_SEGMENT) ");
		bed_fini(&b);
		return;
	}
	CU_ASSERT_EQUAL(send(b.peer, data, sizeof(data), 0), sizeof(data));
	n = take(&b, pkts);
	CU_ASSERT_EQUAL(n, N - 1);
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_natt_ike], 1);
	for (unsigned int i = 0; i < n; i++) {
		uint8_t number = (uint8_t)(i < 2 ? i + 1 : i + 2);

		CU_ASSERT_EQUAL(pkts[i]->len, head + (number == N ? SEGMENT - 30 : SEGMENT));
		CU_ASSERT_EQUAL(pkts[i]->data[head], number);
		CU_ASSERT_EQUAL(pkts[i]->data[pkts[i]->len - 1], number);
		CU_ASSERT_EQUAL(
			v6 ? (uint8_t)(be16_get(pkts[i]->data) >> 4) : pkts[i]->data[1], 0xb8 | 1);
		pkt_put(b.w.dp.pool, pkts[i]);
	}
	bed_fini(&b);
}

static void
glued_datagrams_are_told_apart_one_by_one(void)
{
	glued_datagrams_are_told_apart_one_by_one_of(false);
	glued_datagrams_are_told_apart_one_by_one_of(true);
}

static void
without_a_port_nothing_leaves_in_another_way(void)
{
	struct msg_dp_port m = { .port = UDP, .kind = MSG_PORT_RAW_ESP, .name = "esp" };
	int fds[2];
	struct bed b;

	bed_init(&b, false);
	CU_ASSERT_EQUAL(port_del(&b.w.dp, UDP), 0);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
	CU_ASSERT_EQUAL_FATAL(port_put(&b.w.dp, &m, fds[0], NULL), 0);
	pipeline_add(&b.w.dp, packet(&b, 100, 1, 0));
	pipeline_run(&b.w.dp);
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_tx_error], 1);
	bed_fini(&b);
	close(fds[1]);
}

/* 500 and 4500, of both families: what is sent goes by the port that its SA names. */
static void
each_packet_goes_by_the_port_of_its_number_and_family(void)
{
	struct msg_dp_port m = { .kind = MSG_PORT_UDP, .name = "udp" };
	uint16_t locals[4];
	union address from;
	socklen_t len = sizeof(from);
	uint8_t got[100];
	struct bed b;

	bed_init(&b, false);
	for (uint32_t i = 0; i < 4; i++) {
		int s = socket_make(i / 2, &locals[i]);

		m.port = 10 + i;
		CU_ASSERT_EQUAL_FATAL(port_put(&b.w.dp, &m, s, NULL), 0);
	}
	for (unsigned int i = 0; i < 4; i++) {
		struct pkt *p;
		uint16_t remote;
		int peer = socket_make(i / 2, &remote);

		b.v6 = i / 2;
		p = packet(&b, 60, 1, 0);
		p->encap_local = locals[i];
		p->encap_remote = remote;
		pipeline_add(&b.w.dp, p);
		pipeline_run(&b.w.dp);
		CU_ASSERT_EQUAL(recvfrom(peer, got, sizeof(got), 0, &from.any, &len), 60);
		CU_ASSERT_EQUAL(ntohs(i / 2 ? from.v6.sin6_port : from.v4.sin_port), locals[i]);
		close(peer);
	}
	bed_fini(&b);
}

CU_TestInfo port_udp_tests[] = {
	{ "what is sent arrives datagram by datagram", what_is_sent_arrives_datagram_by_datagram },
	{ "a long run goes out whole", a_long_run_goes_out_whole },
	{ "what arrives is told apart", what_arrives_is_told_apart },
	{ "glued datagrams are told apart one by one", glued_datagrams_are_told_apart_one_by_one },
	{ "each packet goes by the port of its number and family",
		each_packet_goes_by_the_port_of_its_number_and_family },
	{ "without a port nothing leaves in another way",
		without_a_port_nothing_leaves_in_another_way },
	CU_TEST_INFO_NULL,
};
