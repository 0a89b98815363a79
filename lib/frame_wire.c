/*
 * Messages as packets over AF_UNIX SOCK_SEQPACKET. Decides by msg.def alone what may be sent and
 * received; knows neither loops nor what messages mean.
 */
#include "config.h"

#include "lib/frame_wire.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/log.h"
#include "lib/secret.h"

enum { FDS_ROOM = 8 }; /* descriptors received in order to be refused */

void
frame_wire_free(struct frame_packet *p)
{
	if (!p)
		return;
	if (p->fd >= 0)
		close(p->fd);
	secret_wipe(p->data, p->len);
	free(p);
}

int
frame_wire_encode(enum msg_party self, enum msg_party peer, enum msg_type type, uint32_t request,
	const void *body, int fd, struct frame_packet **out)
{
	const struct msg_info *info = msg_info(type);
	struct wbuf b = wbuf_growing();
	struct frame_packet *p = NULL;
	int rc = 0;

	*out = NULL;
	if (!info || !(info->from & self) || !(info->to & peer))
		return -EPERM;
	if (info->fd != (fd >= 0))
		return -EINVAL;
	wbuf_u16(&b, (uint16_t)type);
	wbuf_u16(&b, MSG_PROTOCOL);
	wbuf_u32(&b, request);
	if (info->record.n_fields)
		rc = record_encode(&info->record, body, &b);
	if (rc || b.bad) {
		rc = rc ? rc : -ENOMEM;
		goto out;
	}
	assert(wbuf_len(&b) <= FRAME_WIRE_MAX);
	p = malloc(sizeof(*p) + wbuf_len(&b));
	if (!p) {
		rc = -ENOMEM;
		goto out;
	}
	p->fd = -1;
	p->len = wbuf_len(&b);
	memcpy(p->data, b.start, p->len);
	*out = p;
out:
	wbuf_fini(&b);
	return rc;
}

int
frame_wire_send(int sock, const struct frame_packet *p, int fd, int flags)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)p->data, .iov_len = p->len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (fd >= 0) {
		m.msg_control = control.room;
		m.msg_controllen = sizeof(control.room);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	while (sendmsg(sock, &m, flags | MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* Takes the descriptors out of m: the first to *fd, all others closed. Returns how many there were. */
static int
fds_take(struct msghdr *m, int *fd)
{
	int n = 0, one;

	*fd = -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = CMSG_LEN(0); at + sizeof(int) <= c->cmsg_len; at += sizeof(int)) {
			memcpy(&one, (char *)c + at, sizeof(one));
			if (n++)
				close(one);
			else
				*fd = one;
		}
	}
	return n;
}

/* Checks and decodes what came from the peer. NULL, or why it is refused. */
static const char *
arrival_parse(enum msg_party self, enum msg_party peer, const uint8_t *data, size_t len, int n_fds,
	struct frame_arrival *a)
{
	struct rbuf b = rbuf_over(data, len);
	uint16_t version;

	a->type = rbuf_u16(&b);
	version = rbuf_u16(&b);
	a->request = rbuf_u32(&b);
	a->info = msg_info(a->type);
	if (b.bad)
		return "short header";
	if (version != MSG_PROTOCOL)
		return "another protocol version";
	if (!a->info)
		return "unknown type";
	if (!(a->info->from & peer) || !(a->info->to & self))
		return "not the sender's to send";
	if (n_fds > 1)
		return "more than one descriptor";
	if (a->info->fd != (n_fds == 1))
		return a->info->fd ? "descriptor missing" : "unexpected descriptor";
	a->body = calloc(1, a->info->record.size);
	if (!a->body)
		return "memory is short";
	if (record_decode(&a->info->record, &b, a->body))
		return "malformed body";
	return NULL;
}

void
frame_wire_done(struct frame_arrival *a)
{
	if (a->body)
		record_wipe(&a->info->record, a->body);
	free(a->body);
	if (a->fd >= 0)
		close(a->fd);
	*a = (struct frame_arrival){ .fd = -1 };
}

int
frame_wire_recv(int sock, enum msg_party self, enum msg_party peer, uint8_t *rx, int flags,
	struct frame_arrival *a)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * FDS_ROOM)];
	} control;
	struct iovec iov = { .iov_base = rx, .iov_len = FRAME_WIRE_MAX };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	const char *why;
	ssize_t n;
	int n_fds;

	*a = (struct frame_arrival){ .fd = -1 };
	while ((n = recvmsg(sock, &m, flags | MSG_CMSG_CLOEXEC)) < 0)
		if (errno != EINTR)
			return -errno;
	if (n == 0 && m.msg_controllen == 0)
		return 0;
	n_fds = fds_take(&m, &a->fd);
	if (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		why = "truncated";
	else
		why = arrival_parse(self, peer, rx, (size_t)n, n_fds, a);
	secret_wipe(rx, (size_t)n);
	if (!why)
		return 1;
	log_warn("message %s refused: %s", a->info ? a->info->record.name : "?", why);
	frame_wire_done(a);
	return -EBADMSG;
}
