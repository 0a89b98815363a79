/*
 * Connections between our processes: one packet a message over AF_UNIX SOCK_SEQPACKET,
 * u16 type, u16 protocol version, u32 request, then the body. Decides by msg.def alone what may
 * be sent and received; knows nothing of what messages mean.
 */
#include "config.h"

#include "lib/frame.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/secret.h"

enum {
	HEADER_LEN = 8,
	BODY_MAX = 64 * 1024,
	BURST = 64,  /* messages handled before others get their turn */
	FDS_ROOM = 8 /* descriptors received in order to be refused */
};

struct packet {
	STAILQ_ENTRY(packet) next;
	size_t len;
	int fd; /* ours, or -1 */
	uint8_t data[];
};

STAILQ_HEAD(packet_list, packet);

struct frame {
	struct loop *loop;
	int fd; /* -1: gone */
	enum msg_party self;
	enum msg_party peer;
	frame_msg_fn *on_msg;
	frame_gone_fn *on_gone;
	frame_gone_fn *on_drained;
	void *arg;
	struct watch *watch;
	struct packet_list queue;
	size_t queued; /* bytes */
	bool broken;   /* the peer takes nothing more; what it has said may still be read */
	bool freed;    /* by a handler: the outermost callback frees the memory */
	int depth;     /* of callbacks */
	int peer_rc;
	uid_t uid;
	gid_t gid;
	pid_t pid;
	uint8_t rx[HEADER_LEN + BODY_MAX];
};

/* One received message. */
struct arrival {
	const struct msg_info *info;
	enum msg_type type;
	uint32_t request;
	void *body; /* malloc'd */
	int fd;
};

static void
packet_free(struct packet *p)
{
	if (!p)
		return;
	if (p->fd >= 0)
		close(p->fd);
	secret_wipe(p->data, p->len);
	free(p);
}

/* Encodes a message that self may send to peer. 0 or -errno. */
static int
packet_new(enum msg_party self, enum msg_party peer, enum msg_type type, uint32_t request,
	const void *body, int fd, struct packet **out)
{
	const struct msg_info *info = msg_info(type);
	struct wbuf b = wbuf_growing();
	struct packet *p = NULL;
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
	assert(wbuf_len(&b) <= HEADER_LEN + BODY_MAX);
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

/* Hands one packet to the kernel. 0 or -errno. */
static int
packet_send(int sock, const struct packet *p, int fd, int flags)
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
	struct arrival *a)
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

static void
arrival_fini(struct arrival *a)
{
	if (a->body)
		record_wipe(&a->info->record, a->body);
	free(a->body);
	if (a->fd >= 0)
		close(a->fd);
	*a = (struct arrival){ .fd = -1 };
}

/* Receives one message. 1, 0 at the end of the connection, or -errno (-EBADMSG: refused, logged). */
static int
arrival_recv(int sock, enum msg_party self, enum msg_party peer, uint8_t *rx, int flags,
	struct arrival *a)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * FDS_ROOM)];
	} control;
	struct iovec iov = { .iov_base = rx, .iov_len = HEADER_LEN + BODY_MAX };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	const char *why;
	ssize_t n;
	int n_fds;

	*a = (struct arrival){ .fd = -1 };
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
	arrival_fini(a);
	return -EBADMSG;
}

static void
queue_drop(struct frame *f)
{
	struct packet *p;

	while ((p = STAILQ_FIRST(&f->queue))) {
		STAILQ_REMOVE_HEAD(&f->queue, next);
		packet_free(p);
	}
	f->queued = 0;
}

/* Lets go of the socket; the peer sees the end at once. */
static void
disconnect(struct frame *f)
{
	queue_drop(f);
	watch_free(f->watch);
	f->watch = NULL;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

static void
enter(struct frame *f)
{
	f->depth++;
}

static void
leave(struct frame *f)
{
	if (--f->depth == 0 && f->freed)
		free(f);
}

static void
gone(struct frame *f)
{
	if (f->fd < 0)
		return;
	disconnect(f);
	if (f->on_gone)
		f->on_gone(f->arg, f);
}

/* Sends what is queued, as far as the socket takes it. */
static void
flush(struct frame *f)
{
	struct packet *p;
	int rc;

	if (STAILQ_EMPTY(&f->queue))
		return;
	while ((p = STAILQ_FIRST(&f->queue))) {
		rc = packet_send(f->fd, p, p->fd, MSG_DONTWAIT);
		if (rc == -EAGAIN)
			return;
		if (rc) {
			f->broken = true;
			queue_drop(f);
			watch_set(f->watch, LOOP_READ);
			/* a peer that closed is noticed when all it said has been read */
			if (rc != -EPIPE && rc != -ECONNRESET)
				gone(f);
			return;
		}
		STAILQ_REMOVE_HEAD(&f->queue, next);
		f->queued -= p->len;
		packet_free(p);
	}
	watch_set(f->watch, LOOP_READ);
	if (f->on_drained)
		f->on_drained(f->arg, f);
}

/* Handles one arrival. False: no more to read now. */
static bool
receive(struct frame *f)
{
	struct arrival a;
	int rc = arrival_recv(f->fd, f->self, f->peer, f->rx, MSG_DONTWAIT, &a);
	int fd;

	if (rc == -EAGAIN)
		return false;
	if (rc <= 0) {
		gone(f);
		return false;
	}
	fd = a.fd;
	a.fd = -1;
	f->on_msg(f->arg, f, a.type, a.request, a.body, fd);
	arrival_fini(&a);
	return f->fd >= 0;
}

static void
ready(void *arg)
{
	struct frame *f = arg;

	enter(f);
	flush(f);
	for (int i = 0; f->fd >= 0 && i < BURST && receive(f); i++)
		;
	leave(f);
}

static int
credentials(int fd, uid_t *uid, gid_t *gid, pid_t *pid)
{
#ifdef SO_PEERCRED
	struct ucred c;
	socklen_t len = sizeof(c);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &len))
		return -errno;
	*uid = c.uid;
	*gid = c.gid;
	*pid = c.pid;
	return 0;
#else
	*pid = -1;
	return getpeereid(fd, uid, gid) ? -errno : 0;
#endif
}

struct frame *
frame_new(struct loop *l, int fd, enum msg_party self, enum msg_party peer, frame_msg_fn *on_msg,
	frame_gone_fn *on_gone, void *arg)
{
	struct frame *f = calloc(1, sizeof(*f));

	if (!f) {
		close(fd);
		return NULL;
	}
	STAILQ_INIT(&f->queue);
	f->loop = l;
	f->fd = fd;
	f->self = self;
	f->peer = peer;
	f->on_msg = on_msg;
	f->on_gone = on_gone;
	f->arg = arg;
	f->peer_rc = credentials(fd, &f->uid, &f->gid, &f->pid);
	f->watch = watch_fd(l, fd, LOOP_READ, ready, f);
	if (!f->watch) {
		frame_free(f);
		return NULL;
	}
	return f;
}

void
frame_free(struct frame *f)
{
	if (!f || f->freed)
		return;
	disconnect(f);
	f->freed = true;
	if (!f->depth)
		free(f);
}

int
frame_send(struct frame *f, enum msg_type type, uint32_t request, const void *body, int fd)
{
	struct packet *p;
	int rc = packet_new(f->self, f->peer, type, request, body, fd, &p);

	if (rc)
		return rc;
	if (f->fd < 0 || f->broken) {
		rc = -EPIPE;
		goto out;
	}
	rc = STAILQ_EMPTY(&f->queue) ? packet_send(f->fd, p, fd, MSG_DONTWAIT) : -EAGAIN;
	if (rc == -EPIPE || rc == -ECONNRESET) {
		f->broken = true;
		rc = -EPIPE;
	}
	if (rc != -EAGAIN)
		goto out;
	if (fd >= 0) {
		p->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (p->fd < 0) {
			rc = -errno;
			goto out;
		}
	}
	STAILQ_INSERT_TAIL(&f->queue, p, next);
	f->queued += p->len;
	watch_set(f->watch, LOOP_READ | LOOP_WRITE);
	return 0;
out:
	packet_free(p);
	return rc;
}

size_t
frame_queued(const struct frame *f)
{
	return f->queued;
}

void
frame_on_drained(struct frame *f, frame_gone_fn *fn)
{
	f->on_drained = fn;
}

int
frame_peer(const struct frame *f, uid_t *uid, gid_t *gid, pid_t *pid)
{
	if (f->peer_rc)
		return f->peer_rc;
	*uid = f->uid;
	*gid = f->gid;
	*pid = f->pid;
	return 0;
}

/* Waits until a socket that may be non-blocking is ready for events. */
static void
wait_for(int sock, short events)
{
	struct pollfd p = { .fd = sock, .events = events };

	poll(&p, 1, -1);
}

int
frame_call(int sock, enum msg_party self, enum msg_party peer, enum msg_type type, uint32_t request,
	const void *body, int fd, enum msg_type *answer, void **answer_body, int *fd_out)
{
	struct packet *p;
	int rc = packet_new(self, peer, type, request, body, fd, &p);

	*answer = MSG_NONE;
	*answer_body = NULL;
	*fd_out = -1;
	if (rc)
		return rc;
	while ((rc = packet_send(sock, p, fd, 0)) == -EAGAIN)
		wait_for(sock, POLLOUT);
	packet_free(p);
	/* the peer may have said why before it closed */
	if (rc && rc != -EPIPE && rc != -ECONNRESET)
		return rc;
	return frame_next(sock, self, peer, request, answer, answer_body, fd_out);
}

int
frame_next(int sock, enum msg_party self, enum msg_party peer, uint32_t request,
	enum msg_type *answer, void **answer_body, int *fd_out)
{
	uint8_t *rx = malloc(HEADER_LEN + BODY_MAX);
	struct arrival a = { .fd = -1 };
	int rc;

	*answer = MSG_NONE;
	*answer_body = NULL;
	*fd_out = -1;
	if (!rx)
		return -ENOMEM;
	for (;;) {
		rc = arrival_recv(sock, self, peer, rx, 0, &a);
		if (rc == -EAGAIN)
			wait_for(sock, POLLIN);
		else if (rc == 1 && (int32_t)(a.request - request) < 0)
			arrival_fini(&a); /* the rest of a stream that was abandoned */
		else
			break;
	}
	free(rx);
	if (rc == 0 || rc == -ECONNRESET)
		return -EPIPE;
	if (rc < 0)
		return rc;
	if (a.request != request) {
		arrival_fini(&a);
		return -EPROTO;
	}
	*answer = a.type;
	*answer_body = a.body;
	*fd_out = a.fd;
	return 0;
}

static int
path_fill(struct sockaddr_un *sa, const char *path)
{
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlcpy(sa->sun_path, path, sizeof(sa->sun_path)) >= sizeof(sa->sun_path))
		return -ENAMETOOLONG;
	return 0;
}

/* Binds with exactly that mode, with no moment at which it is wider. */
static int
bind_mode(int fd, const struct sockaddr_un *sa, mode_t mode)
{
	mode_t old = umask(~mode & 0777);
	int rc = bind(fd, (const struct sockaddr *)sa, sizeof(*sa)) ? -errno : 0;

	umask(old);
	return rc;
}

/* A socket at path that nobody listens on any more. */
static bool
is_stale(const char *path)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) || !S_ISSOCK(st.st_mode))
		return false;
	fd = frame_connect(path);
	if (fd >= 0)
		close(fd);
	return fd == -ECONNREFUSED;
}

int
frame_listen(const char *path, mode_t mode)
{
	struct sockaddr_un sa;
	int fd, rc = path_fill(&sa, path);

	if (rc)
		return rc;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	rc = bind_mode(fd, &sa, mode);
	if (rc == -EADDRINUSE && is_stale(path) && !unlink(path))
		rc = bind_mode(fd, &sa, mode);
	if (!rc && listen(fd, 64))
		rc = -errno;
	if (rc) {
		close(fd);
		return rc;
	}
	return fd;
}

int
frame_connect(const char *path)
{
	struct sockaddr_un sa;
	int fd, rc = path_fill(&sa, path);

	if (rc)
		return rc;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

int
frame_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

int
frame_pair(int fds[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	if (fcntl(fds[1], F_SETFD, 0)) {
		int rc = -errno;

		close(fds[0]);
		close(fds[1]);
		return rc;
	}
	return 0;
}
