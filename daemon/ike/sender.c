/*
 * The way out of IKE datagrams: RFC 3948 2.2 for the marker. Refuses to know what is in them, and opens
 * no socket: it has those it was given.
 */
#include "config.h"

#include "daemon/ike/sender.h"

#include "daemon/ike/ike.h"
#include "daemon/ike/sender_os.h"
#include "lib/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SOCKETS_MAX = 16, PORT_NATT = 4500, KEEPALIVE = 0xff };

struct outlet {
	uint8_t af;
	uint16_t port;
	int fd;
};

struct sender {
	unsigned int n_outlets;
	struct outlet outlets[SOCKETS_MAX];
	struct sender_count count;
};

struct sender *
sender_new(void)
{
	return calloc(1, sizeof(struct sender));
}

void
sender_free(struct sender *s)
{
	if (s == NULL)
		return;
	for (unsigned int i = 0; i < s->n_outlets; i++)
		close(s->outlets[i].fd);
	free(s);
}

static struct outlet *
outlet_find(struct sender *s, uint8_t af, uint16_t port)
{
	for (unsigned int i = 0; i < s->n_outlets; i++)
		if (s->outlets[i].af == af && s->outlets[i].port == port)
			return &s->outlets[i];
	return NULL;
}

int
sender_put(struct sender *s, uint8_t af, uint16_t port, int fd)
{
	struct outlet *o = outlet_find(s, af, port);
	int rc = 0;

	if (fd < 0 || (af != AF_INET && af != AF_INET6))
		rc = -EINVAL;
	else if (o == NULL && s->n_outlets == SOCKETS_MAX)
		rc = -ENOSPC;
	if (rc != 0) {
		if (fd >= 0)
			close(fd);
		return rc;
	}
	if (o != NULL)
		close(o->fd);
	else
		o = &s->outlets[s->n_outlets++];
	*o = (struct outlet){ af, port, fd };
	return 0;
}

/* Bytes of the socket address. */
static socklen_t
address_of(const struct addr *a, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	out->ss_family = a->af;
	if (a->af == AF_INET) {
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, a->b, sizeof(in->sin_addr));
		return sizeof(*in);
	}
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, a->b, sizeof(in6->sin6_addr));
	return sizeof(*in6);
}

/* The kernel tells of an ICMP error that came before by refusing the next datagram, once. */
static ssize_t
send_twice(int fd, const struct msghdr *msg)
{
	ssize_t n = sendmsg(fd, msg, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && (errno == ECONNREFUSED || errno == EINTR))
		n = sendmsg(fd, msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	return n;
}

/* The socket is the datapath's, and so refuses what the device does not take whole: a message of IKE goes
 * in pieces then (first ones cannot be cut by RFC 7383). */
static bool
deliver(const struct outlet *o, const struct msghdr *msg)
{
	ssize_t n = send_twice(o->fd, msg);

	if (n < 0 && errno == EMSGSIZE) {
		sender_os_fragment(o->fd, o->af, true);
		n = send_twice(o->fd, msg);
		sender_os_fragment(o->fd, o->af, false);
	}
	return n >= 0;
}

void
sender_send(struct sender *s, const struct ike_path *path, const uint8_t *data, size_t len)
{
	static const uint8_t marker[4];
	const struct outlet *o = outlet_find(s, path->remote.af, path->local_port);
	bool marked = path->local_port == PORT_NATT && !(len == 1 && data[0] == KEEPALIVE);
	_Alignas(struct cmsghdr) uint8_t control[SENDER_OS_CONTROL_MAX];
	struct sockaddr_storage to;
	struct iovec parts[2] = { { .iov_base = (void *)(uintptr_t)marker,
					  .iov_len = marked ? sizeof(marker) : 0 },
		{ .iov_base = (void *)(uintptr_t)data, .iov_len = len } };
	struct msghdr msg = { .msg_name = &to, .msg_iov = parts, .msg_iovlen = 2 };
	char text[ADDR_STRLEN];

	if (o == NULL) {
		s->count.no_socket++;
		log_debug("no socket to send from port %u to %s", path->local_port,
			addr_format(&path->remote, text));
		return;
	}
	msg.msg_namelen = address_of(&path->remote, path->remote_port, &to);
	sender_os_from(&msg, control, &path->local);
	if (deliver(o, &msg)) {
		s->count.sent++;
		return;
	}
	s->count.failed++;
	log_debug("%zu bytes to %s: %s", len, addr_format(&path->remote, text), strerror(errno));
}

struct sender_count
sender_count(const struct sender *s)
{
	return s->count;
}

void
sender_count_reset(struct sender *s)
{
	memset(&s->count, 0, sizeof(s->count));
}
