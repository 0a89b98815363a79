/*
 * Twin of datapath/port_raw.c: receiving from a socket pair; sending in a network namespace of
 * the test's own, where the system grants one.
 */
#include "config.h"

#include "datapath/port.h"

#include "datapath/ip6.h"
#include "datapath/pipeline.h"
#include "lib/buf.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GRE = 1, MTU = 600, MTU6 = 1300, NO_NAMESPACE = 77 };

static void
datagrams_of_every_size_come_in_whole(void)
{
	static const uint32_t sizes[] = { 20, 2048, 2049, 65000 };
	static uint8_t p[65000];
	struct msg_dp_port m = { .port = GRE, .kind = MSG_PORT_RAW_GRE, .name = "gre" };
	uint64_t d = 5;
	struct world w;
	int fds[2];

	world_init(&w);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
	CU_ASSERT_EQUAL_FATAL(port_put(&w.dp, &m, fds[0], NULL), 0);
	for (unsigned int i = 0; i < 4; i++) {
		packet_ip4(p, sizes[i], 47, &d);
		CU_ASSERT_EQUAL(send(fds[1], p, sizes[i], 0), sizes[i]);
	}
	loop_once(w.dp.loop);
	CU_ASSERT_EQUAL(w.dp.stats->stages[STAGE_GRE_IN], 4);
	CU_ASSERT_EQUAL(w.dp.stats->drops[DROP_ip_short], 0);
	CU_ASSERT_EQUAL(w.dp.stats->drops[DROP_ip_checksum], 0);
	world_fini(&w);
	close(fds[1]);
}

static void
more_than_one_receive_takes_is_received_in_turns(void)
{
	struct msg_dp_port m = { .port = GRE, .kind = MSG_PORT_RAW_GRE, .name = "gre" };
	uint8_t p[40];
	uint64_t d = 5;
	unsigned int sent = 0;
	struct world w;
	int fds[2];

	world_init(&w);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	CU_ASSERT_EQUAL_FATAL(port_put(&w.dp, &m, fds[0], NULL), 0);
	packet_ip4(p, sizeof(p), 47, &d);
	while (sent < 200 && send(fds[1], p, sizeof(p), MSG_DONTWAIT) > 0)
		sent++;
	for (unsigned int i = 0; i < 10; i++)
		loop_once(w.dp.loop);
	CU_ASSERT_EQUAL(w.dp.stats->stages[STAGE_GRE_IN], sent);
	world_fini(&w);
	close(fds[1]);
}

/* A namespace with nothing in it but a loopback device that is up, with a small MTU. */
static int
namespace_enter(int lo_mtu)
{
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_LOOPBACK };
	struct ifreq mtu = { .ifr_name = "lo", .ifr_mtu = lo_mtu };
	int s, r;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return -errno;
	s = socket(AF_INET, SOCK_DGRAM, 0);
	r = ioctl(s, SIOCSIFMTU, &mtu) < 0 || ioctl(s, SIOCSIFFLAGS, &up) < 0 ? -errno : 0;
	close(s);
	return r;
}

static int
raw_socket(void)
{
	int s = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_GRE), on = 1;

	setsockopt(s, IPPROTO_IP, IP_HDRINCL, &on, sizeof(on));
	return s;
}

/* Sends 600, 601 and 3000 bytes to ourselves, with or without DF, and an IPv6 packet. */
static int
send_in_namespace(void)
{
	static const uint32_t sizes[] = { MTU, MTU + 1, 3000 };
	struct msg_dp_port m = { .port = GRE, .kind = MSG_PORT_RAW_GRE, .name = "gre" };
	unsigned int failures = CU_get_number_of_failures();
	uint8_t got[4000];
	struct world w;
	int s;

	if (namespace_enter(MTU) < 0)
		return NO_NAMESPACE;
	world_init(&w);
	s = raw_socket();
	if (s < 0 || port_put(&w.dp, &m, raw_socket(), NULL) < 0)
		return NO_NAMESPACE;
	for (unsigned int i = 0; i < 6; i++) {
		struct pkt *p = pkt_get(w.dp.pool, true);
		struct ip4 ip = { .total_len = (uint16_t)sizes[i % 3],
			.id = (uint16_t)(i + 1),
			.df = i >= 3,
			.ttl = 9,
			.protocol = 47,
			.src = INADDR_LOOPBACK,
			.dst = INADDR_LOOPBACK };

		memset(p->data, (int)i, sizes[i % 3]);
		ip4_build(p->data, &ip);
		p->len = ip.total_len;
		p->next = STAGE_RAW_TX;
		pipeline_add(&w.dp, p);
	}
	pipeline_run(&w.dp);
	CU_ASSERT_EQUAL(w.dp.stats->drops[DROP_pkt_too_big], 2);
	CU_ASSERT_EQUAL(w.dp.stats->drops[DROP_tx_error], 0);
	/* the kernel puts them together again: three without DF, and the short one with */
	for (unsigned int i = 0; i < 4; i++) {
		ssize_t n = recv(s, got, sizeof(got), 0);

		CU_ASSERT_EQUAL(n, sizes[i % 3]);
		for (ssize_t k = 20; k < n; k++)
			CU_ASSERT_EQUAL(got[k], i);
	}
	CU_ASSERT_EQUAL(recv(s, got, sizeof(got), 0), -1);
	world_fini(&w);
	return CU_get_number_of_failures() == failures ? 0 : 1;
}

static struct pkt *
packet6_make(struct world *w, uint32_t len, uint8_t fill)
{
	struct pkt *p = pkt_get(w->dp.pool, true);
	struct ip6 ip = { .payload_len = (uint16_t)(len - 40),
		.tclass = 0xb8,
		.hop_limit = 9,
		.next_header = 47,
		.src = in6addr_loopback.s6_addr,
		.dst = in6addr_loopback.s6_addr };

	memset(p->data, fill, len);
	ip6_build(p->data, &ip);
	p->len = len;
	p->next = STAGE_RAW_TX;
	return p;
}

/* The same over IPv6: what we send we receive, headers built again by the port. */
static int
send6_in_namespace(void)
{
	static const uint32_t sizes[] = { 100, MTU6, MTU6 + 1, 3000, 60000 };
	struct msg_dp_port m = { .port = GRE, .kind = MSG_PORT_RAW6_GRE, .name = "gre6" };
	unsigned int failures = CU_get_number_of_failures(), n = 0;
	struct pkt *got[PKT_BATCH];
	struct port *port;
	struct world w;

	if (namespace_enter(MTU6) < 0)
		return NO_NAMESPACE;
	world_init(&w);
	if (port_put(&w.dp, &m, socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_GRE), NULL) < 0)
		return NO_NAMESPACE;
	port = port_get(&w.dp, GRE);
	for (uint8_t i = 0; i < 5; i++)
		pipeline_add(&w.dp, packet6_make(&w, sizes[i], i));
	pipeline_run(&w.dp);
	CU_ASSERT_EQUAL(w.dp.stats->drops[DROP_pkt_too_big], 0);
	CU_ASSERT_EQUAL(w.dp.stats->drops[DROP_tx_error], 0);
	for (uint16_t mtu = 1; mtu < 40 + 8 + 8; mtu++) { /* no fragment is so small */
		struct pkt *p = packet6_make(&w, 100, 0);

		p->mtu = mtu;
		pipeline_add(&w.dp, p);
		pipeline_run(&w.dp);
		CU_ASSERT_EQUAL(w.dp.stats->drops[DROP_pkt_too_big], mtu);
	}
	n = port->ops->rx_batch(port, got, PKT_BATCH);
	CU_ASSERT_EQUAL(n, 5);
	for (uint8_t i = 0; i < n; i++) {
		struct pkt *p = packet6_make(&w, sizes[i], i);

		CU_ASSERT_EQUAL(got[i]->len, p->len);
		CU_ASSERT_EQUAL(memcmp(got[i]->data, p->data, p->len), 0);
		CU_ASSERT_TRUE(pkt_headroom(got[i]) >= PKT_HEADROOM);
		CU_ASSERT_TRUE(pkt_tailroom(got[i]) >= PKT_TAILROOM);
		pkt_put(w.dp.pool, p);
		pkt_put(w.dp.pool, got[i]);
	}
	world_fini(&w);
	return CU_get_number_of_failures() == failures ? 0 : 1;
}

/* AH of `payload` bytes behind these extension headers, each of 16 bytes; routing headers have arrived. */
static struct pkt *
packet_ext_make(struct world *w, const uint8_t *kinds, uint32_t n, uint32_t payload)
{
	struct pkt *p = packet6_make(w, 40 + 16 * n + payload, 0x5a);
	uint8_t *next = p->data + 6;

	for (uint32_t i = 0; i < n; i++) {
		uint8_t *h = p->data + 40 + 16 * i;

		*next = kinds[i];
		memset(h, 0, 16);
		h[1] = 1;
		if (kinds[i] != 43) { /* an option to be skipped, padding */
			memcpy(h + 2, "\x1e\x08skipped.\x01\x02", 12);
		} else {
			h[2] = 253; /* an experiment */
		}
		next = h;
	}
	*next = IP_PROTO_AH;
	return p;
}

/* What AH covers comes in as it went out, whatever the kernel has taken off. */
static int
extensions_in_namespace(void)
{
	static const struct {
		uint8_t kinds[3];
		uint32_t n, payload;
	} rows[] = { { { 0 }, 0, 100 }, { { 0 }, 1, 100 }, { { 60 }, 1, 100 }, { { 43 }, 1, 100 },
		{ { 0, 60 }, 2, 100 }, { { 0, 60, 43 }, 3, 1200 }, { { 0, 43, 60 }, 3, 1200 },
		{ { 60, 43, 60 }, 3, 1 }, { { 0, 60, 43 }, 3, 1950 }, { { 0, 60 }, 2, 30000 } };
	enum { N = sizeof(rows) / sizeof(rows[0]) };
	struct msg_dp_port m = { .port = GRE, .kind = MSG_PORT_RAW6_AH, .name = "ah6" };
	unsigned int failures = CU_get_number_of_failures(), n;
	struct pkt *got[PKT_BATCH];
	struct port *port;
	struct world w;

	if (namespace_enter(MTU6) < 0)
		return NO_NAMESPACE;
	world_init(&w);
	if (port_put(&w.dp, &m, socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_AH), NULL) < 0)
		return NO_NAMESPACE;
	port = port_get(&w.dp, GRE);
	for (uint8_t i = 0; i < N; i++) {
		struct pkt *p = packet_ext_make(&w, rows[i].kinds, rows[i].n, rows[i].payload);
		struct pkt *sent = packet_ext_make(&w, rows[i].kinds, rows[i].n, rows[i].payload);

		pipeline_add(&w.dp, p);
		pipeline_run(&w.dp);
		n = port->ops->rx_batch(port, got, PKT_BATCH);
		CU_ASSERT_EQUAL(n, 1);
		if (n == 1) {
			CU_ASSERT_EQUAL(got[0]->len, sent->len);
			CU_ASSERT_EQUAL(memcmp(got[0]->data, sent->data, sent->len), 0);
			pkt_put(w.dp.pool, got[0]);
		} else {
			printf("row %u ", i);
		}
		pkt_put(w.dp.pool, sent);
	}
	CU_ASSERT_EQUAL(w.dp.stats->drops[DROP_ip6_headers], 0);
	world_fini(&w);
	return CU_get_number_of_failures() == failures ? 0 : 1;
}

/* In a process of its own, which may leave this one's namespace. */
static void
apart(int (*test)(void))
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(test());
	CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_NAMESPACE)
		printf("(skipped: no network namespace) ");
	else
		CU_ASSERT_EQUAL(status, 0);
}

static void
what_is_longer_than_the_device_goes_in_fragments_unless_df(void)
{
	apart(send_in_namespace);
}

static void
ipv6_goes_out_and_comes_in_with_its_header(void)
{
	apart(send6_in_namespace);
}

static void
extension_headers_come_in_as_they_went_out(void)
{
	apart(extensions_in_namespace);
}

static void
ipv6_past_the_policy_is_refused(void)
{
	struct msg_dp_port m = { .port = GRE, .kind = MSG_PORT_RAW_BYPASS, .name = "by" };
	struct world w;
	int fds[2];

	world_init(&w);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
	CU_ASSERT_EQUAL_FATAL(port_put(&w.dp, &m, fds[0], NULL), 0);
	for (unsigned int i = 0; i < 3; i++) {
		struct pkt *p = pkt_get(w.dp.pool, false);

		memset(p->data, 0, 40);
		p->data[0] = 0x60;
		p->len = i == 0 ? 40 : 10;
		p->next = STAGE_BYPASS_TX;
		pipeline_add(&w.dp, p);
	}
	pipeline_run(&w.dp);
	CU_ASSERT_EQUAL(w.dp.stats->drops[DROP_ip_version], 3);
	CU_ASSERT_EQUAL(w.dp.stats->bypassed, 0);
	world_fini(&w);
	close(fds[1]);
}

CU_TestInfo port_raw_tests[] = {
	{ "datagrams of every size come in whole", datagrams_of_every_size_come_in_whole },
	{ "more than one receive takes is received in turns",
		more_than_one_receive_takes_is_received_in_turns },
	{ "what is longer than the device goes in fragments, unless DF",
		what_is_longer_than_the_device_goes_in_fragments_unless_df },
	{ "extension headers come in as they went out",
		extension_headers_come_in_as_they_went_out },
	{ "IPv6 goes out and comes in with its header",
		ipv6_goes_out_and_comes_in_with_its_header },
	{ "IPv6 past the policy is refused", ipv6_past_the_policy_is_refused },
	CU_TEST_INFO_NULL,
};
