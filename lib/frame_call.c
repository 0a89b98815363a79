/*
 * The half of frame.h for programs that talk one request at a time, and the making of sockets.
 */
#include "config.h"

#include "lib/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/frame_wire.h"

/* Waits until a socket that may be non-blocking is ready for events. */
static void
wait_for(int sock, short events)
{
	struct pollfd p = { .fd = sock, .events = events };

	poll(&p, 1, -1);
}

int
frame_post(int sock, enum msg_party self, enum msg_party peer, enum msg_type type, uint32_t request,
	const void *body, int fd)
{
	struct frame_packet *p;
	int rc = frame_wire_encode(self, peer, type, request, body, fd, &p);

	if (rc)
		return rc;
	while ((rc = frame_wire_send(sock, p, fd, 0)) == -EAGAIN)
		wait_for(sock, POLLOUT);
	frame_wire_free(p);
	/* the peer may have said why before it closed */
	return rc == -EPIPE || rc == -ECONNRESET ? 0 : rc;
}

int
frame_call(int sock, enum msg_party self, enum msg_party peer, enum msg_type type, uint32_t request,
	const void *body, int fd, enum msg_type *answer, void **answer_body, int *fd_out)
{
	int rc = frame_post(sock, self, peer, type, request, body, fd);

	*answer = MSG_NONE;
	*answer_body = NULL;
	*fd_out = -1;
	return rc ? rc : frame_next(sock, self, peer, request, answer, answer_body, fd_out);
}

int
frame_next(int sock, enum msg_party self, enum msg_party peer, uint32_t request,
	enum msg_type *answer, void **answer_body, int *fd_out)
{
	uint8_t *rx = malloc(FRAME_WIRE_MAX);
	struct frame_arrival a = { .fd = -1 };
	int rc;

	*answer = MSG_NONE;
	*answer_body = NULL;
	*fd_out = -1;
	if (!rx)
		return -ENOMEM;
	for (;;) {
		rc = frame_wire_recv(sock, self, peer, rx, 0, &a);
		if (rc == -EAGAIN)
			wait_for(sock, POLLIN);
		else if (rc == 1 && (int32_t)(a.request - request) < 0)
			frame_wire_done(&a); /* the rest of a stream that was abandoned */
		else
			break;
	}
	free(rx);
	if (rc == 0 || rc == -ECONNRESET)
		return -EPIPE;
	if (rc < 0)
		return rc;
	if (a.request != request) {
		frame_wire_done(&a);
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
