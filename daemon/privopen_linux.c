/*
 * Privileged descriptors on Linux, opened by the daemon and passed on. Whoever gets one may have
 * neither capabilities nor this network namespace, so all that needs them is set here.
 */
#include "config.h"

#include "daemon/privopen.h"

#include "daemon/oscfg/oscfg.h"
#include "lib/err.h"
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
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

static const struct option raw6_options[] = {
	{ SOL_SOCKET, SO_MARK, (int)OSCFG_MARK, true, "mark" },
	{ IPPROTO_IPV6, IPV6_HDRINCL, 1, true, "own header" },
	{ IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_INTERFACE, true, "path MTU discovery" },
	{ IPPROTO_IPV6, IPV6_RECVERR, 1, true, "error queue" },
	{ IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, true, "addresses" },
	{ IPPROTO_IPV6, IPV6_RECVTCLASS, 1, true, "traffic class" },
	{ IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, true, "hop limit" },
	{ SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER, false, "send buffer" },
	{ SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER, false, "receive buffer" },
};

#define N_OPTIONS(a) (sizeof(a) / sizeof((a)[0]))

int
privopen_raw(uint8_t af, uint8_t protocol, struct err *e)
{
	int fd = socket(af, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	int rc;

	if (fd < 0)
		return err_set(
			e, -errno, "socket", "raw IP protocol %u: %s", protocol, strerror(errno));
	rc = af == AF_INET6 ? set_options(fd, raw6_options, N_OPTIONS(raw6_options), e)
			    : set_options(fd, raw_options, N_OPTIONS(raw_options), e);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	return fd;
}

int
privopen_bypass(uint8_t af, struct err *e)
{
	return privopen_raw(af, IPPROTO_RAW, e); /* which receives nothing */
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t
to_sockaddr(const struct addr *a, union address *out)
{
	memset(out, 0, sizeof *out);
	out->any.sa_family = a->af;
	if (a->af == AF_INET6) {
		memcpy(&out->v6.sin6_addr, a->b, sizeof out->v6.sin6_addr);
		return sizeof out->v6;
	}
	memcpy(&out->v4.sin_addr, a->b, sizeof out->v4.sin_addr);
	return sizeof out->v4;
}

static const struct option udp_options[] = {
	{ SOL_SOCKET, SO_MARK, (int)OSCFG_MARK, true, "mark" },
	{ IPPROTO_IP, IP_RECVERR, 1, true, "error queue" },
	{ SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER, false, "send buffer" },
	{ SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER, false, "receive buffer" },
};

static const struct option udp6_options[] = {
	{ SOL_SOCKET, SO_MARK, (int)OSCFG_MARK, true, "mark" },
	{ IPPROTO_IPV6, IPV6_V6ONLY, 1, true, "IPv6 alone" },
	{ IPPROTO_IPV6, IPV6_RECVERR, 1, true, "error queue" },
	{ SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER, false, "send buffer" },
	{ SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER, false, "receive buffer" },
};

int
privopen_udp(uint8_t af, uint16_t port, struct err *e)
{
	struct addr any = { .af = af };
	union address here;
	socklen_t len = to_sockaddr(&any, &here);
	int fd = socket(af, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), rc;

	if (fd < 0)
		return err_set(e, -errno, "socket", "UDP port %u: %s", port, strerror(errno));
	rc = af == AF_INET6 ? set_options(fd, udp6_options, N_OPTIONS(udp6_options), e)
			    : set_options(fd, udp_options, N_OPTIONS(udp_options), e);
	if (af == AF_INET6)
		here.v6.sin6_port = htons(port);
	else
		here.v4.sin_port = htons(port);
	if (rc == 0 && bind(fd, &here.any, len) < 0) {
		rc = -errno;
		err_set(e, rc, "socket", "UDP port %u: %s", port, strerror(-rc));
	}
	if (rc < 0) {
		close(fd);
		return rc;
	}
	return fd;
}

static int
icmp_datagram(uint8_t af)
{
	int protocol = af == AF_INET6 ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP;
	int fd = socket(af, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return -errno;
	return fd;
}

/* Where nobody is granted ICMP datagrams our own group is, for the moment of the opening. A raw socket
 * would do, but whoever gets it could forge any packet with it. */
static int
icmp_datagram_granted(uint8_t af)
{
	static const char path[] = "/proc/sys/net/ipv4/ping_group_range";
	char was[64], ours[32];
	int file = open(path, O_RDWR | O_CLOEXEC), fd;
	ssize_t got = file < 0 ? -1 : read(file, was, sizeof was);
	int len = snprintf(ours, sizeof ours, "%u %u", getegid(), getegid());

	fd = got <= 0 || pwrite(file, ours, (size_t)len, 0) < 0 ? -errno : icmp_datagram(af);
	if (got > 0 && pwrite(file, was, (size_t)got, 0) < 0)
		log_warn("%s: cannot be put back: %s", path, strerror(errno));
	if (file >= 0)
		close(file);
	return fd;
}

static const struct option ping_options[] = {
	{ IPPROTO_IP, IP_RECVERR, 1, true, "error queue" },
	{ IPPROTO_IP, IP_RECVTTL, 1, true, "TTL" },
};

static const struct option ping6_options[] = {
	{ IPPROTO_IPV6, IPV6_RECVERR, 1, true, "error queue" },
	{ IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, true, "hop limit" },
};

int
privopen_ping(const struct addr *destination, const struct addr *source, struct err *e)
{
	bool v6 = destination->af == AF_INET6;
	union address to, from;
	socklen_t to_len = to_sockaddr(destination, &to);
	char text[ADDR_STRLEN];
	int rc, fd;

	addr_format(destination, text);
	if (addr_len(destination) == 0 || (source->af != 0 && source->af != destination->af))
		return err_set(e, -EAFNOSUPPORT, text, "source and destination are of two kinds");
	fd = icmp_datagram(destination->af);
	if (fd == -EACCES)
		fd = icmp_datagram_granted(destination->af);
	if (fd < 0)
		return err_set(e, fd, text, "no ICMP socket: %s", strerror(-fd));
	rc = set_options(fd, v6 ? ping6_options : ping_options, N_OPTIONS(ping_options), e);
	if (rc == 0 && source->af != 0 && bind(fd, &from.any, to_sockaddr(source, &from)) < 0) {
		rc = -errno;
		err_set(e, rc, addr_format(source, text), "not an address of this router");
	}
	/* An unreachable destination is what a ping finds out: its sends will say so. */
	if (rc == 0)
		(void)connect(fd, &to.any, to_len);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	return fd;
}
