/*
 * Twin of lib/frame.c: two frames, or one and a raw socket that misbehaves, in a virtual loop.
 */
#include "config.h"

#include "lib/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/loop.h"
#include "lib/memfile.h"
#include "tests/unit/lib/suites.h"

struct side {
	struct frame *f;
	uint32_t n_msgs;
	uint32_t disorder; /* messages whose request is not their number */
	uint32_t n_gone;
	uint32_t n_drained;
	enum msg_type last;
	char object[96];
	int fd;
	bool free_on_msg;
	bool free_on_gone;
};

struct pair {
	struct loop *loop;
	struct side daemon;
	struct side shell; /* f is NULL: the test speaks on raw */
	int raw;
};

static void
on_msg(void *arg, struct frame *f, enum msg_type type, uint32_t request, const void *body, int fd)
{
	struct side *s = arg;

	s->disorder += request != s->n_msgs;
	s->n_msgs++;
	s->last = type;
	if (type == MSG_error)
		strlcpy(s->object, ((const struct msg_error *)body)->object, sizeof(s->object));
	if (s->fd >= 0)
		close(s->fd);
	s->fd = fd;
	if (s->free_on_msg) {
		frame_free(f);
		s->f = NULL;
		/* the borrowed body outlives the frame */
		if (type == MSG_hello)
			CU_ASSERT_STRING_EQUAL(((const struct msg_hello *)body)->terminal, "vty0");
	}
}

static void
on_gone(void *arg, struct frame *f)
{
	struct side *s = arg;

	s->n_gone++;
	if (s->free_on_gone) {
		frame_free(f);
		s->f = NULL;
	}
}

static void
on_drained(void *arg, struct frame *f)
{
	((struct side *)arg)->n_drained++;
}

static void
on_drained_free(void *arg, struct frame *f)
{
	struct side *s = arg;

	s->n_drained++;
	frame_free(f);
	s->f = NULL;
}

static void
pair_init(struct pair *p, bool raw)
{
	int fds[2];

	*p = (struct pair){ .loop = loop_new_virtual(), .raw = -1 };
	p->daemon.fd = p->shell.fd = -1;
	CU_ASSERT_EQUAL_FATAL(frame_pair(fds), 0);
	p->daemon.f =
		frame_new(p->loop, fds[0], MSG_DAEMON, MSG_SHELL, on_msg, on_gone, &p->daemon);
	if (raw)
		p->raw = fds[1];
	else
		p->shell.f = frame_new(
			p->loop, fds[1], MSG_SHELL, MSG_DAEMON, on_msg, on_gone, &p->shell);
}

static void
pair_fini(struct pair *p)
{
	frame_free(p->daemon.f);
	frame_free(p->shell.f);
	if (p->raw >= 0)
		close(p->raw);
	if (p->daemon.fd >= 0)
		close(p->daemon.fd);
	if (p->shell.fd >= 0)
		close(p->shell.fd);
	loop_free(p->loop);
}

static int
n_open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

static const struct msg_hello hello = { .protocol = MSG_PROTOCOL, .terminal = "vty0" };

static void
messages_arrive_in_order_in_both_directions(void)
{
	struct pair p;
	struct msg_error e = { .code = EINVAL, .object = "Tunnel0/0/1", .text = "no" };

	pair_init(&p, false);
	for (uint32_t i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(frame_send(p.shell.f, MSG_hello, i, &hello, -1), 0);
	CU_ASSERT_EQUAL(frame_send(p.daemon.f, MSG_error, 0, &e, -1), 0);
	CU_ASSERT_EQUAL(frame_send(p.daemon.f, MSG_done, 1, NULL, -1), 0);
	for (int i = 0; i < 3; i++)
		loop_once(p.loop);
	CU_ASSERT_EQUAL(p.daemon.n_msgs, 100);
	CU_ASSERT_EQUAL(p.daemon.disorder, 0);
	CU_ASSERT_EQUAL(p.shell.n_msgs, 2);
	CU_ASSERT_EQUAL(p.shell.last, MSG_done);
	CU_ASSERT_STRING_EQUAL(p.shell.object, "Tunnel0/0/1");
	pair_fini(&p);
}

static void
what_was_asked_is_answered_by_done_or_by_why_not(void)
{
	struct pair p;
	struct err said, nothing = { 0 };

	pair_init(&p, false);
	err_set(&said, -EINVAL, "Tunnel0/0/1", "no");
	frame_answer(p.daemon.f, 0, MSG_hello, MSG_done, 0, &nothing);
	loop_once(p.loop);
	CU_ASSERT_EQUAL(p.shell.last, MSG_done);
	frame_answer(p.daemon.f, 1, MSG_hello, MSG_done, -EINVAL, &said);
	loop_once(p.loop);
	CU_ASSERT_EQUAL(p.shell.last, MSG_error);
	CU_ASSERT_STRING_EQUAL(p.shell.object, "Tunnel0/0/1");
	/* who says nothing is named by what was asked */
	frame_answer(p.daemon.f, 2, MSG_hello, MSG_done, -EINVAL, &nothing);
	loop_once(p.loop);
	CU_ASSERT_STRING_EQUAL(p.shell.object, "hello");
	CU_ASSERT_EQUAL(p.shell.disorder, 0);
	pair_fini(&p);
}

static void
a_descriptor_comes_along(void)
{
	struct pair p;
	struct msg_image image = { .revision = 7 };
	int fd = memfile_sealed("unit", "abc", 3), before = n_open_fds();
	const void *data;
	size_t len;

	pair_init(&p, false);
	CU_ASSERT_EQUAL(frame_send(p.daemon.f, MSG_image, 0, &image, fd), 0);
	close(fd);
	loop_once(p.loop);
	CU_ASSERT_EQUAL(p.shell.last, MSG_image);
	CU_ASSERT_EQUAL(fcntl(p.shell.fd, F_GETFD), FD_CLOEXEC);
	CU_ASSERT_EQUAL(memfile_map_sealed(p.shell.fd, 3, &data, &len), 0);
	CU_ASSERT_EQUAL(memcmp(data, "abc", 3), 0);
	memfile_unmap(data, len);
	pair_fini(&p);
	CU_ASSERT_EQUAL(n_open_fds(), before - 1);
}

static void
sending_what_is_not_ours_is_refused(void)
{
	struct pair p;
	struct msg_welcome welcome = { 0 };
	struct msg_image image = { 0 };
	struct msg_hello bad;

	pair_init(&p, false);
	memset(&bad, 'x', sizeof(bad));
	CU_ASSERT_EQUAL(frame_send(p.shell.f, MSG_welcome, 0, &welcome, -1), -EPERM);
	CU_ASSERT_EQUAL(frame_send(p.daemon.f, MSG_dp_sa, 0, &welcome, -1), -EPERM);
	CU_ASSERT_EQUAL(frame_send(p.shell.f, MSG_NONE, 0, NULL, -1), -EPERM);
	CU_ASSERT_EQUAL(frame_send(p.shell.f, MSG_N, 0, NULL, -1), -EPERM);
	CU_ASSERT_EQUAL(frame_send(p.daemon.f, MSG_image, 0, &image, -1), -EINVAL);
	CU_ASSERT_EQUAL(frame_send(p.daemon.f, MSG_welcome, 0, &welcome, 0), -EINVAL);
	CU_ASSERT_EQUAL(frame_send(p.shell.f, MSG_hello, 0, &bad, -1), -EMSGSIZE);
	loop_once(p.loop);
	CU_ASSERT_EQUAL(p.daemon.n_msgs + p.daemon.n_gone + p.shell.n_msgs + p.shell.n_gone, 0);
	pair_fini(&p);
}

/* Sends bytes with n_fds descriptors past all checks. */
static void
raw_send(int sock, const void *bytes, size_t len, int n_fds)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * 16)];
	} control = { .room = { 0 } };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n_fds) {
		struct cmsghdr *c = &control.align;

		m.msg_control = control.room;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n_fds);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n_fds); /* descriptors 0, 0, … */
	}
	CU_ASSERT_EQUAL(sendmsg(sock, &m, MSG_NOSIGNAL), (ssize_t)len);
}

/* A daemon that receives these bytes closes the connection, handles nothing and leaks nothing. */
static void
assert_refused(const void *bytes, size_t len, int n_fds)
{
	int before = n_open_fds();
	struct pair p;
	char c;

	pair_init(&p, true);
	raw_send(p.raw, bytes, len, n_fds);
	loop_once(p.loop);
	CU_ASSERT_EQUAL(p.daemon.n_msgs, 0);
	CU_ASSERT_EQUAL(p.daemon.n_gone, 1);
	CU_ASSERT_EQUAL(recv(p.raw, &c, 1, MSG_DONTWAIT), 0);
	CU_ASSERT_EQUAL(frame_send(p.daemon.f, MSG_done, 0, NULL, -1), -EPIPE);
	pair_fini(&p);
	CU_ASSERT_EQUAL(n_open_fds(), before);
}

/* A packet; body may be NULL for none. */
static size_t
packet(uint8_t *out, size_t cap, unsigned int type, unsigned int version, const void *body)
{
	struct wbuf w = wbuf_over(out, cap);

	wbuf_u16(&w, (uint16_t)type);
	wbuf_u16(&w, (uint16_t)version);
	wbuf_u32(&w, 0);
	if (body)
		record_encode(&msg_info(type)->record, body, &w);
	return wbuf_len(&w);
}

static void
what_the_sender_may_not_send_closes_the_connection(void)
{
	static const struct msg_welcome welcome;
	static const struct msg_commit commit;
	uint8_t b[2048];

	assert_refused(b, packet(b, sizeof(b), MSG_welcome, MSG_PROTOCOL, &welcome), 0);
	assert_refused(b, packet(b, sizeof(b), MSG_NONE, MSG_PROTOCOL, NULL), 0);
	assert_refused(b, packet(b, sizeof(b), MSG_N, MSG_PROTOCOL, NULL), 0);
	assert_refused(b, packet(b, sizeof(b), 0xffff, MSG_PROTOCOL, NULL), 0);
	assert_refused(b, packet(b, sizeof(b), MSG_hello, MSG_PROTOCOL + 1, &hello), 0);
	assert_refused(b, packet(b, sizeof(b), MSG_hello, MSG_PROTOCOL, &hello), 1);
	assert_refused(b, packet(b, sizeof(b), MSG_commit, MSG_PROTOCOL, &commit), 0);
	assert_refused(b, packet(b, sizeof(b), MSG_commit, MSG_PROTOCOL, &commit), 2);
	assert_refused(b, packet(b, sizeof(b), MSG_commit, MSG_PROTOCOL, &commit), 16);
}

static void
a_packet_cut_anywhere_or_far_too_long_closes_the_connection(void)
{
	uint8_t b[128] = { 0 }, *big = calloc(1, 100000);
	size_t len = packet(b, sizeof(b), MSG_hello, MSG_PROTOCOL, &hello);

	for (size_t cut = 1; cut < len; cut++)
		assert_refused(b, cut, 0);
	assert_refused(b, len + 1, 0);
	packet(big, 128, MSG_hello, MSG_PROTOCOL, &hello);
	assert_refused(big, 100000, 0);
	/* descriptors with what looks like the end of the connection */
	assert_refused(b, 0, 1);
	free(big);
}

static void
what_the_socket_does_not_take_waits_in_order(void)
{
	enum { N = 5000 };
	struct pair p;
	struct msg_state_row row = { .table = "drop", .row = { .len = 2048 } };
	uint32_t sent = 0;

	pair_init(&p, false);
	frame_on_drained(p.daemon.f, on_drained);
	while (sent < N)
		CU_ASSERT_EQUAL(frame_send(p.daemon.f, MSG_state_row, sent++, &row, -1), 0);
	CU_ASSERT_TRUE(frame_queued(p.daemon.f) > 1000000);
	CU_ASSERT_EQUAL(p.daemon.n_drained, 0);
	for (int i = 0; i < N && p.shell.n_msgs < N; i++)
		loop_once(p.loop);
	CU_ASSERT_EQUAL(p.shell.n_msgs, N);
	CU_ASSERT_EQUAL(p.shell.disorder, 0);
	CU_ASSERT_EQUAL(frame_queued(p.daemon.f), 0);
	CU_ASSERT_EQUAL(p.daemon.n_drained, 1);
	pair_fini(&p);
}

static void
queued_descriptors_are_kept_and_not_leaked(void)
{
	int before = n_open_fds(), fd = memfile_sealed("unit", "abc", 3);
	struct pair p;
	struct msg_state_row row = { .row = { .len = 2048 } };
	struct msg_image image = { .revision = 1 };

	pair_init(&p, false);
	while (!frame_queued(p.daemon.f))
		CU_ASSERT_EQUAL(frame_send(p.daemon.f, MSG_state_row, 0, &row, -1), 0);
	CU_ASSERT_EQUAL(frame_send(p.daemon.f, MSG_image, 0, &image, fd), 0);
	CU_ASSERT_EQUAL(frame_send(p.daemon.f, MSG_image, 0, &image, fd), 0);
	close(fd);
	for (int i = 0; i < 1000 && frame_queued(p.daemon.f); i++)
		loop_once(p.loop);
	loop_once(p.loop);
	CU_ASSERT_EQUAL(p.shell.last, MSG_image);
	CU_ASSERT_TRUE(p.shell.fd >= 0);
	/* and once more, freed with a full queue */
	while (!frame_queued(p.daemon.f))
		frame_send(p.daemon.f, MSG_state_row, 0, &row, -1);
	frame_send(p.daemon.f, MSG_image, 0, &image, p.shell.fd);
	pair_fini(&p);
	CU_ASSERT_EQUAL(n_open_fds(), before);
}

static void
a_frame_may_be_freed_in_every_handler(void)
{
	struct pair p;
	struct msg_state_row row = { .row = { .len = 2048 } };

	pair_init(&p, false);
	p.daemon.free_on_msg = true;
	p.shell.free_on_gone = true;
	frame_send(p.shell.f, MSG_hello, 0, &hello, -1);
	frame_send(p.shell.f, MSG_hello, 1, &hello, -1);
	for (int i = 0; i < 3; i++)
		loop_once(p.loop);
	CU_ASSERT_EQUAL(p.daemon.n_msgs, 1);
	CU_ASSERT_PTR_NULL(p.daemon.f);
	CU_ASSERT_EQUAL(p.shell.n_gone, 1);
	CU_ASSERT_PTR_NULL(p.shell.f);
	pair_fini(&p);

	pair_init(&p, false);
	frame_on_drained(p.daemon.f, on_drained_free);
	while (!frame_queued(p.daemon.f))
		frame_send(p.daemon.f, MSG_state_row, 0, &row, -1);
	for (int i = 0; i < 1000 && p.daemon.f; i++)
		loop_once(p.loop);
	CU_ASSERT_EQUAL(p.daemon.n_drained, 1);
	CU_ASSERT_PTR_NULL(p.daemon.f);
	pair_fini(&p);
}

static void
last_words_of_a_peer_are_heard(void)
{
	struct pair p;

	pair_init(&p, false);
	frame_send(p.shell.f, MSG_hello, 0, &hello, -1);
	frame_free(p.shell.f);
	p.shell.f = NULL;
	CU_ASSERT_EQUAL(frame_send(p.daemon.f, MSG_done, 0, NULL, -1), -EPIPE);
	CU_ASSERT_EQUAL(frame_send(p.daemon.f, MSG_done, 0, NULL, -1), -EPIPE);
	CU_ASSERT_EQUAL(p.daemon.n_gone, 0);
	loop_once(p.loop);
	CU_ASSERT_EQUAL(p.daemon.n_msgs, 1);
	CU_ASSERT_EQUAL(p.daemon.n_gone, 1);
	loop_once(p.loop);
	CU_ASSERT_EQUAL(p.daemon.n_gone, 1);
	pair_fini(&p);
}

static void
the_kernel_says_who_the_peer_is(void)
{
	struct pair p;
	uid_t uid;
	gid_t gid;
	pid_t pid;

	pair_init(&p, false);
	CU_ASSERT_EQUAL(frame_peer(p.daemon.f, &uid, &gid, &pid), 0);
	CU_ASSERT_EQUAL(uid, geteuid());
	CU_ASSERT_EQUAL(gid, getegid());
	CU_ASSERT_EQUAL(pid, getpid());
	pair_fini(&p);
}

CU_TestInfo frame_tests[] = {
	{ "messages arrive in order in both directions",
		messages_arrive_in_order_in_both_directions },
	{ "what was asked is answered by done, or by why not",
		what_was_asked_is_answered_by_done_or_by_why_not },
	{ "a descriptor comes along", a_descriptor_comes_along },
	{ "sending what is not ours is refused", sending_what_is_not_ours_is_refused },
	{ "what the sender may not send closes the connection",
		what_the_sender_may_not_send_closes_the_connection },
	{ "a packet cut anywhere or far too long closes the connection",
		a_packet_cut_anywhere_or_far_too_long_closes_the_connection },
	{ "what the socket does not take waits in order",
		what_the_socket_does_not_take_waits_in_order },
	{ "queued descriptors are kept and not leaked",
		queued_descriptors_are_kept_and_not_leaked },
	{ "a frame may be freed in every handler", a_frame_may_be_freed_in_every_handler },
	{ "last words of a peer are heard", last_words_of_a_peer_are_heard },
	{ "the kernel says who the peer is", the_kernel_says_who_the_peer_is },
	CU_TEST_INFO_NULL,
};
