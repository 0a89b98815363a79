/*
 * Hears of changes in the kernel. Says that something changed, not what: whoever wants to know asks
 * anew. Our own requests are told by the port they came from.
 */
#include "config.h"

#include "daemon/oscfg/os_monitor.h"

#include "daemon/oscfg/os_decode.h"
#include "lib/err.h"
#include "lib/loop.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BACKLOG = 4 * 1024 * 1024 };

struct os_monitor {
	struct mnl_socket *sock;
	struct watch *watch;
	struct timer *timer;
	uint32_t own_port;
	void (*changed)(void *arg);
	void *arg;
	_Alignas(16) char buf[65536];
};

static const int groups[] = { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
	RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE };

static void
quiet(void *arg)
{
	struct os_monitor *m = arg;

	m->changed(m->arg);
}

/* A connected or local route follows from an address, which is reported itself. */
static bool
is_echo(const struct nlmsghdr *nlh)
{
	struct os_route r;

	return (nlh->nlmsg_type == RTM_NEWROUTE || nlh->nlmsg_type == RTM_DELROUTE) &&
		os_decode_route(nlh, &r) && r.protocol == RTPROT_KERNEL;
}

static bool
is_foreign(const struct os_monitor *m, const char *buf, ssize_t len)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)buf;
	int left = (int)len;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		if (nlh->nlmsg_pid != m->own_port && !is_echo(nlh))
			return true;
	return false;
}

static void
readable(void *arg)
{
	struct os_monitor *m = arg;
	int fd = mnl_socket_get_fd(m->sock);
	bool foreign = false;

	for (;;) {
		ssize_t got = recv(fd, m->buf, sizeof m->buf, MSG_DONTWAIT);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == ENOBUFS) {
			foreign = true; /* some were lost: all may have changed */
			continue;
		}
		if (got <= 0)
			break;
		foreign |= is_foreign(m, m->buf, got);
	}
	if (foreign && !timer_pending(m->timer))
		timer_set(m->timer, OS_MONITOR_QUIET_MS);
}

int
os_monitor_new(struct loop *l, uint32_t own_port, void (*changed)(void *arg), void *arg,
	struct os_monitor **out, struct err *e)
{
	struct os_monitor *m = calloc(1, sizeof *m);
	int rc = 0, size = BACKLOG;

	if (m == NULL)
		return -ENOMEM;
	m->own_port = own_port;
	m->changed = changed;
	m->arg = arg;
	m->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (m->sock == NULL || mnl_socket_bind(m->sock, 0, MNL_SOCKET_AUTOPID) < 0)
		rc = -errno;
	for (size_t i = 0; rc == 0 && i < sizeof groups / sizeof groups[0]; i++) {
		int group = groups[i];

		if (mnl_socket_setsockopt(m->sock, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) <
			0)
			rc = -errno;
	}
	if (rc < 0) {
		os_monitor_free(m);
		return err_set(e, rc, "netlink", "cannot hear of changes: %s", strerror(-rc));
	}
	m->timer = timer_new(l, quiet, m);
	m->watch = watch_fd(l, mnl_socket_get_fd(m->sock), LOOP_READ, readable, m);
	if (m->timer == NULL || m->watch == NULL) {
		os_monitor_free(m);
		return -ENOMEM;
	}
	(void)setsockopt(
		mnl_socket_get_fd(m->sock), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
	*out = m;
	return 0;
}

void
os_monitor_free(struct os_monitor *m)
{
	if (m == NULL)
		return;
	watch_free(m->watch);
	timer_free(m->timer);
	if (m->sock != NULL)
		mnl_socket_close(m->sock);
	free(m);
}
