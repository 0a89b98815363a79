/*
 * What follows a send that failed: on real sockets of the loopback device.
 */
#include "config.h"

#include "datapath/port.h"
#include "datapath/resend.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* A UDP socket of which a first datagram came back as an ICMP error. */
static int
socket_with_a_report(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int on = 1, fd = socket(AF_INET, SOCK_DGRAM, 0), gone = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t len = sizeof(a);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CU_ASSERT_EQUAL_FATAL(bind(gone, (struct sockaddr *)&a, sizeof(a)), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(gone, (struct sockaddr *)&a, &len), 0);
	close(gone);
	setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	CU_ASSERT_EQUAL(sendto(fd, "x", 1, 0, (struct sockaddr *)&a, sizeof(a)), 1);
	return fd;
}

static void
reports_of_earlier_packets_do_not_cost_later_ones(void)
{
	struct world w;
	struct port p = { .dp = &w.dp };
	int error = 0;
	socklen_t len = sizeof(error);

	world_init(&w);
	p.fd = socket_with_a_report();
	CU_ASSERT_TRUE(resend_again(&p, ECONNREFUSED, 0, true));
	/* and they are all read */
	CU_ASSERT_EQUAL(getsockopt(p.fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	CU_ASSERT_EQUAL(error, 0);
	CU_ASSERT_TRUE(resend_again(&p, ECONNREFUSED, 1, true));
	CU_ASSERT_TRUE(resend_again(&p, ECONNREFUSED, 2, true));
	CU_ASSERT_FALSE(resend_again(&p, ECONNREFUSED, 3, true));
	close(p.fd);
	world_fini(&w);
}

static void
no_room_is_waited_for_only_a_moment(void)
{
	struct world w;
	struct port p = { .dp = &w.dp };
	char dgram[1024] = "";
	int fds[2];

	world_init(&w);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
	p.fd = fds[0];
	CU_ASSERT_TRUE(resend_again(&p, EAGAIN, 0, false));
	while (send(p.fd, dgram, sizeof(dgram), MSG_DONTWAIT) >= 0)
		;
	CU_ASSERT_EQUAL(errno, EAGAIN);
	CU_ASSERT_FALSE(resend_again(&p, EAGAIN, 0, false));
	close(fds[0]);
	close(fds[1]);
	world_fini(&w);
}

static void
what_is_too_long_is_tried_once_more(void)
{
	struct world w;
	struct port p = { .dp = &w.dp, .fd = -1 };

	world_init(&w);
	CU_ASSERT_TRUE(resend_again(&p, EMSGSIZE, 0, false));
	CU_ASSERT_FALSE(resend_again(&p, EMSGSIZE, 1, false));
	world_fini(&w);
}

static void
each_reason_has_its_name(void)
{
	CU_ASSERT_EQUAL(resend_verdict(0), DROP_NONE);
	CU_ASSERT_EQUAL(resend_verdict(-EMSGSIZE), DROP_pkt_too_big);
	CU_ASSERT_EQUAL(resend_verdict(-EAGAIN), DROP_tx_full);
	CU_ASSERT_EQUAL(resend_verdict(-ENETUNREACH), DROP_tx_error);
}

CU_TestInfo resend_tests[] = {
	{ "reports of earlier packets do not cost later ones",
		reports_of_earlier_packets_do_not_cost_later_ones },
	{ "no room is waited for only a moment", no_room_is_waited_for_only_a_moment },
	{ "what is too long is tried once more", what_is_too_long_is_tried_once_more },
	{ "each reason has its name", each_reason_has_its_name },
	CU_TEST_INFO_NULL,
};
