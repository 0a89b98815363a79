/*
 * Connections between our processes, for programs with a loop: receives, queues what the socket
 * does not take, and survives being freed by its own handlers. What goes over the wire is
 * frame_wire's business; knows nothing of what messages mean.
 */
#include "config.h"

#include "lib/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/frame_wire.h"
#include "lib/log.h"
#include "lib/loop.h"

enum { BURST = 64 }; /* messages handled before others get their turn */

STAILQ_HEAD(packet_list, frame_packet);

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
	uint8_t rx[FRAME_WIRE_MAX];
};

static void
queue_drop(struct frame *f)
{
	struct frame_packet *p;

	while ((p = STAILQ_FIRST(&f->queue))) {
		STAILQ_REMOVE_HEAD(&f->queue, next);
		frame_wire_free(p);
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
	struct frame_packet *p;
	int rc;

	if (STAILQ_EMPTY(&f->queue))
		return;
	while ((p = STAILQ_FIRST(&f->queue))) {
		rc = frame_wire_send(f->fd, p, p->fd, MSG_DONTWAIT);
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
		frame_wire_free(p);
	}
	watch_set(f->watch, LOOP_READ);
	if (f->on_drained)
		f->on_drained(f->arg, f);
}

/* Handles one arrival. False: no more to read now. */
static bool
receive(struct frame *f)
{
	struct frame_arrival a;
	int rc = frame_wire_recv(f->fd, f->self, f->peer, f->rx, MSG_DONTWAIT, &a);
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
	frame_wire_done(&a);
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
	struct frame_packet *p;
	int rc = frame_wire_encode(f->self, f->peer, type, request, body, fd, &p);

	if (rc)
		return rc;
	if (f->fd < 0 || f->broken) {
		rc = -EPIPE;
		goto out;
	}
	rc = STAILQ_EMPTY(&f->queue) ? frame_wire_send(f->fd, p, fd, MSG_DONTWAIT) : -EAGAIN;
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
	frame_wire_free(p);
	return rc;
}

void
frame_answer(struct frame *f, uint32_t request, enum msg_type asked, enum msg_type ok, int rc,
	const struct err *e)
{
	static const struct msg_done done; /* nor do the others that may be ok have fields */
	struct msg_error error = { .code = rc < 0 ? (uint32_t)-rc : 0 };

	if (rc < 0) {
		strlcpy(error.object,
			e->object[0] != '\0' ? e->object : msg_info(asked)->record.name,
			sizeof(error.object));
		strlcpy(error.text, e->text[0] != '\0' ? e->text : strerror(-rc),
			sizeof(error.text));
		log_debug("%s: %s", error.object, error.text);
		ok = MSG_error;
	}
	rc = frame_send(f, ok, request, ok == MSG_error ? (const void *)&error : &done, -1);
	if (rc != 0)
		log_warn("answer to the other end: %s", strerror(-rc));
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
