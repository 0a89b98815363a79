/*
 * Privileged descriptors from a real kernel.
 */
#include "config.h"

#include "tests/scenario/oscfg/bed.h"
#include "tests/scenario/oscfg/suites.h"

#include "daemon/privopen.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int
option(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int v = -1;

	CU_ASSERT_EQUAL(getsockopt(fd, level, name, &v, &len), 0);
	return v;
}

static void
raw_sockets_have_what_a_sandbox_may_not_set(void)
{
	struct bed b;
	int fd;

	bed_open(&b);
	fd = privopen_raw(AF_INET, 50, &b.err);
	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL((uint32_t)option(fd, SOL_SOCKET, SO_MARK), OSCFG_MARK);
	CU_ASSERT_TRUE(option(fd, SOL_SOCKET, SO_RCVBUF) >= 8 * 1024 * 1024);
	CU_ASSERT_TRUE(option(fd, SOL_SOCKET, SO_SNDBUF) >= 8 * 1024 * 1024);
	CU_ASSERT_EQUAL(option(fd, IPPROTO_IP, IP_HDRINCL), 1);
	CU_ASSERT_EQUAL(option(fd, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_INTERFACE);
	CU_ASSERT_EQUAL(option(fd, IPPROTO_IP, IP_RECVERR), 1);
	CU_ASSERT_EQUAL(option(fd, SOL_SOCKET, SO_PROTOCOL), 50);
	CU_ASSERT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
	CU_ASSERT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	bed_close(&b);
}

static void
a_busy_tun_is_refused(void)
{
	struct bed b;
	int fd, again;

	bed_open(&b);
	fd = privopen_tun("yp0", &b.err);
	CU_ASSERT_TRUE(fd >= 0);
	again = privopen_tun("yp0", &b.err);
	CU_ASSERT_EQUAL(again, -EBUSY);
	CU_ASSERT_STRING_EQUAL(b.err.object, "yp0");
	close(fd);
	bed_close(&b);
}

/* Sends an echo request and waits for the answer. */
static bool
echo(int fd)
{
	uint8_t request[16] = { 8, 0, 0, 0, 0x12, 0x34, 0, 1 }, got[128];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	if (option(fd, SOL_SOCKET, SO_DOMAIN) == AF_INET6)
		request[0] = 128;
	if (send(fd, request, sizeof request, 0) != sizeof request || poll(&p, 1, 1000) != 1)
		return false;
	n = recv(fd, got, sizeof got, 0);
	return n == 16 && got[0] == (request[0] == 8 ? 0 : 129);
}

static void
a_ping_socket_is_never_raw_and_the_group_range_stays(void)
{
	static const char *const ranges[] = { "1 0", "0 2147483647" };
	struct addr to = addr_v4(0x7f000001), from = addr_v4(0x7f000002), none = { .af = 0 };
	struct addr six;
	struct bed b;
	int fd;

	bed_open(&b);
	addr_parse("::1", &six);
	for (size_t i = 0; i < 2; i++) {
		sh("sysctl -w net.ipv4.ping_group_range='%s'", ranges[i]);
		fd = privopen_ping(&to, &none, &b.err);
		CU_ASSERT_TRUE_FATAL(fd >= 0);
		CU_ASSERT_EQUAL(option(fd, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
		CU_ASSERT_TRUE(echo(fd));
		close(fd);
		fd = privopen_ping(&to, &from, &b.err);
		CU_ASSERT_TRUE_FATAL(fd >= 0);
		CU_ASSERT_TRUE(echo(fd));
		close(fd);
		fd = privopen_ping(&six, &none, &b.err);
		CU_ASSERT_TRUE_FATAL(fd >= 0);
		CU_ASSERT_EQUAL(option(fd, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
		close(fd);
		CU_ASSERT_EQUAL(
			sh("test \"$(sysctl -n net.ipv4.ping_group_range | tr '\\t' ' ')\" = '%s'",
				ranges[i]),
			0);
	}
	bed_close(&b);
}

static void
a_ping_from_a_foreign_address_is_refused_an_unreachable_one_is_not(void)
{
	struct addr to = addr_v4(0xc0000201), from = addr_v4(0xc0000202), none = { .af = 0 };
	struct bed b;
	int fd;

	bed_open(&b);
	CU_ASSERT_EQUAL(privopen_ping(&to, &from, &b.err), -EADDRNOTAVAIL);
	CU_ASSERT_STRING_EQUAL(b.err.object, "192.0.2.2");
	fd = privopen_ping(&to, &none, &b.err);
	CU_ASSERT_TRUE(fd >= 0);
	close(fd);
	bed_close(&b);
}

CU_TestInfo privopen_linux_tests[] = {
	{ "raw sockets have what a sandbox may not set",
		raw_sockets_have_what_a_sandbox_may_not_set },
	{ "a busy TUN is refused", a_busy_tun_is_refused },
	{ "a ping socket is never raw, and the group range stays",
		a_ping_socket_is_never_raw_and_the_group_range_stays },
	{ "a ping from a foreign address is refused, an unreachable one is not",
		a_ping_from_a_foreign_address_is_refused_an_unreachable_one_is_not },
	CU_TEST_INFO_NULL,
};
