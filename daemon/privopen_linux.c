/*
 * Privileged descriptors on Linux, opened by the daemon and passed on. Whoever gets one may have
 * neither capabilities nor this network namespace, so all that needs them is set here.
 */
#include "config.h"

#include "daemon/privopen.h"

#include "daemon/oscfg/oscfg.h"
#include "lib/err.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/icmp.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKET_BUFFER = 8 * 1024 * 1024, VNET_HDR_LEN = 10 };

struct option {
	int level, name;
	int value;
	bool needed;
	const char *what;
};

static int
set_options(int fd, const struct option *options, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		const struct option *x = &options[i];
		int rc;

		if (setsockopt(fd, x->level, x->name, &x->value, sizeof x->value) == 0)
			continue;
		rc = -errno;
		if (x->needed)
			return err_set(e, rc, "socket", "%s: %s", x->what, strerror(-rc));
	}
	return 0;
}

int
privopen_tun(const char *device, struct err *e)
{
	struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR };
	int header = VNET_HDR_LEN, rc = 0;
	const char *step = "open";
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		rc = -errno;
		goto out;
	}
	if (snprintf(r.ifr_name, sizeof r.ifr_name, "%s", device) >= (int)sizeof r.ifr_name) {
		rc = -ENAMETOOLONG;
		goto out;
	}
	step = "attach";
	if (ioctl(fd, TUNSETIFF, &r) < 0)
		rc = -errno;
	step = "configure";
	if (rc == 0 && ioctl(fd, TUNSETVNETHDRSZ, &header) < 0)
		rc = -errno;
	if (rc == 0 && ioctl(fd, TUNSETPERSIST, 1) < 0)
		rc = -errno;
out:
	if (rc == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return err_set(e, rc, device, "TUN device: %s: %s", step, strerror(-rc));
}

/* What every socket that bears encapsulated or bypassed packets needs. The path MTU is ours to know:
 * forged ICMP must not shrink it, and errors are read from the queue. */
static const struct option raw_options[] = {
	{ SOL_SOCKET, SO_MARK, (int)OSCFG_MARK, true, "mark" },
	{ IPPROTO_IP, IP_HDRINCL, 1, true, "own header" },
	{ IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_INTERFACE, true, "path MTU discovery" },
	{ IPPROTO_IP, IP_RECVERR, 1, true, "error queue" },
	{ SOL_SOCKET, SO_BROADCAST, 1, false, "broadcast" },
	{ SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER, false, "send buffer" },
	{ SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER, false, "receive buffer" },
};

int
privopen_raw(uint8_t protocol, struct err *e)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	int rc;

	if (fd < 0)
		return err_set(
			e, -errno, "socket", "raw IP protocol %u: %s", protocol, strerror(errno));
	rc = set_options(fd, raw_options, sizeof raw_options / sizeof raw_options[0], e);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	return fd;
}

int
privopen_bypass(struct err *e)
{
	return privopen_raw(IPPROTO_RAW, e); /* which receives nothing */
}

static int
to_sockaddr(const struct addr *a, struct sockaddr_in *out)
{
	memset(out, 0, sizeof *out);
	if (a->af != AF_INET)
		return -EAFNOSUPPORT;
	out->sin_family = AF_INET;
	memcpy(&out->sin_addr, a->b, sizeof out->sin_addr);
	return 0;
}

/* A raw socket that hears echo replies only, where the kernel grants nobody ICMP datagrams. */
static int
open_raw_icmp(void)
{
	struct icmp_filter only = { ~(1u << ICMP_ECHOREPLY) };
	int fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
	int rc;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_RAW, ICMP_FILTER, &only, sizeof only) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

static const struct option ping_options[] = {
	{ IPPROTO_IP, IP_RECVERR, 1, true, "error queue" },
	{ IPPROTO_IP, IP_RECVTTL, 1, true, "TTL" },
};

int
privopen_ping(const struct addr *destination, const struct addr *source, struct err *e)
{
	struct sockaddr_in to, from;
	char text[ADDR_STRLEN];
	int rc = 0, fd;

	addr_format(destination, text);
	if (to_sockaddr(destination, &to) < 0 ||
		(source->af != 0 && to_sockaddr(source, &from) < 0))
		return err_set(e, -EAFNOSUPPORT, text, "only IPv4 addresses can be pinged");
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
	if (fd < 0)
		fd = open_raw_icmp();
	if (fd < 0)
		return err_set(e, fd, text, "no ICMP socket: %s", strerror(-fd));
	rc = set_options(fd, ping_options, sizeof ping_options / sizeof ping_options[0], e);
	if (rc == 0 && source->af != 0 && bind(fd, (struct sockaddr *)&from, sizeof from) < 0) {
		rc = -errno;
		err_set(e, rc, addr_format(source, text), "not an address of this router");
	}
	/* An unreachable destination is what a ping finds out: its sends will say so. */
	if (rc == 0)
		(void)connect(fd, (struct sockaddr *)&to, sizeof to);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	return fd;
}
