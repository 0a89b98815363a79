/*
 * The error queue of a Linux socket with IP_RECVERR or IPV6_RECVERR. Refuses to know what is believed.
 */
#include "config.h"

#include "datapath/os/errqueue.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/errqueue.h> /* needs struct timespec */

enum { CONTROL_MAX = 256, ERRORS_MAX = 64 };
enum { ICMP_UNREACHABLE = 3, ICMP_FRAG_NEEDED = 4, ICMP6_TOO_BIG = 2 };

static struct addr
addr_of(const struct sockaddr_storage *s)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)s;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)s;
	struct addr a = { 0 };

	if (s->ss_family == AF_INET)
		return addr_v4(ntohl(v4->sin_addr.s_addr));
	if (s->ss_family == AF_INET6) {
		a.af = AF_INET6;
		memcpy(a.b, &v6->sin6_addr, sizeof(v6->sin6_addr));
	}
	return a;
}

static bool
is_too_long(const struct sock_extended_err *e)
{
	switch (e->ee_origin) {
	case SO_EE_ORIGIN_LOCAL: return e->ee_errno == EMSGSIZE;
	case SO_EE_ORIGIN_ICMP:
		return e->ee_type == ICMP_UNREACHABLE && e->ee_code == ICMP_FRAG_NEEDED;
	case SO_EE_ORIGIN_ICMP6: return e->ee_type == ICMP6_TOO_BIG;
	default: return false;
	}
}

/* 1: a report, 0: another error, -1: no more */
static int
report_read(int fd, struct errqueue_report *r)
{
	struct sockaddr_storage about = { 0 };
	struct sock_extended_err e = { 0 };
	uint8_t control[CONTROL_MAX] __attribute__((aligned(8)));
	struct iovec iov = { r->quote, sizeof(r->quote) };
	struct msghdr msg = { .msg_name = &about,
		.msg_namelen = sizeof(about),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT);

	if (n < 0)
		return -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
			(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
			memcpy(&e, CMSG_DATA(c), sizeof(e));
	}
	r->local = e.ee_origin == SO_EE_ORIGIN_LOCAL;
	r->mtu = e.ee_info;
	r->quote_len = (uint32_t)n;
	r->destination = addr_of(&about);
	return is_too_long(&e);
}

bool
errqueue_next(int fd, struct errqueue_report *r)
{
	int got = 0;

	for (unsigned int i = 0; got == 0 && i < ERRORS_MAX; i++)
		got = report_read(fd, r);
	return got == 1;
}
