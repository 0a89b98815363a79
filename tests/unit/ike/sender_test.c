/*
 * Twin of daemon/ike/sender.c, over the loopback device.
 */
#include "config.h"

#include "daemon/ike/ike.h"
#include "daemon/ike/sender.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/ike/fixture.h"
#include "tests/unit/ike/suites.h"

/* The ports the engine knows are not those the sockets have: nobody here may bind them. */
struct bed {
	struct sender *s;
	int peer;
	struct ike_path path;
};

static int
socket_make(uint32_t address, uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(address) };
	socklen_t len = sizeof(a);
	/* on a busy machine even the loopback device takes a moment */
	struct timeval patience = { .tv_sec = 30 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	CU_ASSERT_FATAL(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static void
bed_init(struct bed *b)
{
	uint16_t unused;

	*b = (struct bed){ .s = sender_new(),
		.path = { .remote = addr_v4(INADDR_LOOPBACK), .local_port = 500 } };
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->s);
	b->peer = socket_make(INADDR_LOOPBACK, &b->path.remote_port);
	CU_ASSERT_EQUAL(sender_put(b->s, AF_INET, 500, socket_make(INADDR_ANY, &unused)), 0);
	CU_ASSERT_EQUAL(sender_put(b->s, AF_INET, 4500, socket_make(INADDR_ANY, &unused)), 0);
}

static void
bed_fini(struct bed *b)
{
	close(b->peer);
	sender_free(b->s);
}

/* What has come, and from where. */
static bool
came(struct bed *b, const char *digits, uint32_t from)
{
	uint8_t p[256];
	struct sockaddr_in a = { 0 };
	socklen_t len = sizeof(a);
	ssize_t n = recvfrom(b->peer, p, sizeof(p), 0, (struct sockaddr *)&a, &len);

	return n >= 0 && fix_is((struct span){ p, (size_t)n }, digits) &&
		ntohl(a.sin_addr.s_addr) == from;
}

static void
a_datagram_goes_by_the_socket_of_its_port(void)
{
	struct bed b;

	bed_init(&b);
	sender_send(b.s, &b.path, (const uint8_t *)"\x01\x02", 2);
	CU_ASSERT(came(&b, "0102", INADDR_LOOPBACK));
	b.path.local_port = 4500;
	sender_send(b.s, &b.path, (const uint8_t *)"\x01\x02", 2);
	CU_ASSERT(came(&b, "000000000102", INADDR_LOOPBACK));
	CU_ASSERT_EQUAL(sender_count(b.s).sent, 2);
	bed_fini(&b);
}

static void
a_keepalive_has_no_marker(void)
{
	struct bed b;

	bed_init(&b);
	b.path.local_port = 4500;
	sender_send(b.s, &b.path, (const uint8_t *)"\xff", 1);
	CU_ASSERT(came(&b, "ff", INADDR_LOOPBACK));
	sender_send(b.s, &b.path, (const uint8_t *)"\xff\xff", 2);
	CU_ASSERT(came(&b, "00000000ffff", INADDR_LOOPBACK));
	bed_fini(&b);
}

static void
the_source_is_what_was_asked_for(void)
{
	struct bed b;

	bed_init(&b);
	b.path.local = addr_v4(INADDR_LOOPBACK + 6);
	sender_send(b.s, &b.path, (const uint8_t *)"\x01", 1);
	CU_ASSERT(came(&b, "01", INADDR_LOOPBACK + 6));
	bed_fini(&b);
}

static void
what_cannot_be_sent_is_counted(void)
{
	static const uint8_t much[65536];
	struct bed b;

	bed_init(&b);
	b.path.local_port = 501;
	sender_send(b.s, &b.path, (const uint8_t *)"\x01", 1);
	CU_ASSERT_EQUAL(sender_count(b.s).no_socket, 1);
	b.path.local_port = 500;
	sender_send(b.s, &b.path, much, sizeof(much));
	CU_ASSERT_EQUAL(sender_count(b.s).failed, 1);
	/* an address that is not ours */
	b.path.local = addr_v4(0xc0000201);
	sender_send(b.s, &b.path, (const uint8_t *)"\x01", 1);
	CU_ASSERT_EQUAL(sender_count(b.s).failed, 2);
	CU_ASSERT_EQUAL(sender_count(b.s).sent, 0);
	sender_count_reset(b.s);
	CU_ASSERT_EQUAL(sender_count(b.s).failed, 0);
	bed_fini(&b);
}

static void
an_error_that_came_before_costs_nothing(void)
{
	struct bed b;
	uint16_t port;
	int silent = socket_make(INADDR_LOOPBACK, &port);

	bed_init(&b);
	close(silent);
	b.path.remote_port = port;
	for (int i = 0; i < 3; i++)
		sender_send(b.s, &b.path, (const uint8_t *)"\x01", 1);
	CU_ASSERT_EQUAL(sender_count(b.s).sent, 3);
	bed_fini(&b);
}

/* In a network of its own whose loopback device takes 1400 bytes; 77 when there is none to be had. */
static int
large(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_mtu = 1400 };
	static uint8_t sent[4000], got[4000];
	struct ike_path path = { .remote = addr_v4(INADDR_LOOPBACK), .local_port = 500 };
	struct sender *s = sender_new();
	int how = IP_PMTUDISC_INTERFACE, peer, fd, any;
	uint16_t unused;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return 77;
	any = socket(AF_INET, SOCK_DGRAM, 0);
	if (ioctl(any, SIOCSIFMTU, &ifr) != 0)
		return 77;
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(any, SIOCSIFFLAGS, &ifr) != 0)
		return 77;
	close(any);
	peer = socket_make(INADDR_LOOPBACK, &path.remote_port);
	fd = socket_make(INADDR_ANY, &unused);
	if (setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &how, sizeof(how)) != 0 ||
		sender_put(s, AF_INET, 500, fd) != 0)
		return 1;
	memset(sent, 0x5a, sizeof(sent));
	sender_send(s, &path, sent, sizeof(sent));
	if (recv(peer, got, sizeof(got), 0) != (ssize_t)sizeof(got) ||
		memcmp(sent, got, sizeof(got)) != 0)
		return 2;
	/* the socket is as it was */
	return send(fd, sent, 0, 0) < 0 &&
			getsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &how,
				&(socklen_t){ sizeof(how) }) == 0 &&
			how == IP_PMTUDISC_INTERFACE
		? 0
		: 3;
}

static void
what_the_device_does_not_take_whole_goes_in_pieces(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(large());
	CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT(WIFEXITED(status));
	if (WEXITSTATUS(status) != 77)
		CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

static void
sockets_are_replaced_and_bounded(void)
{
	struct bed b;
	uint16_t port;
	int rc = 0;

	bed_init(&b);
	CU_ASSERT_EQUAL(sender_put(b.s, AF_INET, 500, socket_make(INADDR_LOOPBACK + 8, &port)), 0);
	sender_send(b.s, &b.path, (const uint8_t *)"\x05", 1);
	CU_ASSERT(came(&b, "05", INADDR_LOOPBACK + 8));
	CU_ASSERT_EQUAL(sender_put(b.s, AF_UNIX, 500, socket_make(INADDR_ANY, &port)), -EINVAL);
	CU_ASSERT_EQUAL(sender_put(b.s, AF_INET, 500, -1), -EINVAL);
	for (uint16_t i = 1; i < 100 && rc == 0; i++)
		rc = sender_put(b.s, AF_INET6, i, socket_make(INADDR_ANY, &port));
	CU_ASSERT_EQUAL(rc, -ENOSPC);
	bed_fini(&b);
}

CU_TestInfo sender_tests[] = {
	{ "a datagram goes by the socket of its port", a_datagram_goes_by_the_socket_of_its_port },
	{ "a keepalive has no marker", a_keepalive_has_no_marker },
	{ "the source is what was asked for", the_source_is_what_was_asked_for },
	{ "what cannot be sent is counted", what_cannot_be_sent_is_counted },
	{ "an error that came before costs nothing", an_error_that_came_before_costs_nothing },
	{ "what the device does not take whole goes in pieces",
		what_the_device_does_not_take_whole_goes_in_pieces },
	{ "sockets are replaced and bounded", sockets_are_replaced_and_bounded },
	CU_TEST_INFO_NULL,
};
