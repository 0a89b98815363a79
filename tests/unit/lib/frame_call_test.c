/*
 * Twin of lib/frame_call.c. Answers are laid ready before the question.
 */
#include "config.h"

#include "lib/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/loop.h"
#include "tests/unit/lib/suites.h"

struct call {
	struct loop *loop;
	struct frame *daemon;
	int sock;
	uint32_t n_asked;
};

static void
asked(void *arg, struct frame *f, enum msg_type type, uint32_t request, const void *body, int fd)
{
	((struct call *)arg)->n_asked++;
}

static void
call_init(struct call *c)
{
	int fds[2];

	CU_ASSERT_EQUAL_FATAL(frame_pair(fds), 0);
	*c = (struct call){ .loop = loop_new_virtual(), .sock = fds[1] };
	c->daemon = frame_new(c->loop, fds[0], MSG_DAEMON, MSG_SHELL, asked, NULL, c);
}

static void
call_fini(struct call *c)
{
	frame_free(c->daemon);
	if (c->sock >= 0)
		close(c->sock);
	loop_free(c->loop);
}

static int
ask(struct call *c, uint32_t request, enum msg_type *answer, void **body, int *fd)
{
	struct msg_state_get get = { .table = "route" };

	return frame_call(
		c->sock, MSG_SHELL, MSG_DAEMON, MSG_state_get, request, &get, -1, answer, body, fd);
}

static void
an_answer_and_its_stream_are_read(void)
{
	struct call c;
	struct msg_state_row row = { .table = "route" };
	enum msg_type answer;
	void *body;
	int fd;

	call_init(&c);
	frame_send(c.daemon, MSG_state_row, 5, &row, -1);
	frame_send(c.daemon, MSG_state_done, 5, NULL, -1);
	CU_ASSERT_EQUAL(ask(&c, 5, &answer, &body, &fd), 0);
	CU_ASSERT_EQUAL(answer, MSG_state_row);
	CU_ASSERT_EQUAL(fd, -1);
	CU_ASSERT_STRING_EQUAL(((struct msg_state_row *)body)->table, "route");
	free(body);
	CU_ASSERT_EQUAL(frame_next(c.sock, MSG_SHELL, MSG_DAEMON, 5, &answer, &body, &fd), 0);
	CU_ASSERT_EQUAL(answer, MSG_state_done);
	CU_ASSERT_PTR_NOT_NULL(body);
	free(body);
	loop_once(c.loop);
	CU_ASSERT_EQUAL(c.n_asked, 1);
	call_fini(&c);
}

static void
older_answers_are_discarded_and_newer_are_errors(void)
{
	struct call c;
	struct msg_image image = { 0 };
	enum msg_type answer;
	void *body;
	int fd, null = open("/dev/null", O_RDONLY);

	call_init(&c);
	frame_send(c.daemon, MSG_done, 4, NULL, -1);
	frame_send(c.daemon, MSG_image, UINT32_MAX, &image, null);
	frame_send(c.daemon, MSG_image, 5, &image, null);
	frame_send(c.daemon, MSG_done, 7, NULL, -1);
	close(null);
	CU_ASSERT_EQUAL(ask(&c, 5, &answer, &body, &fd), 0);
	CU_ASSERT_EQUAL(answer, MSG_image);
	CU_ASSERT_TRUE(fd >= 0);
	close(fd);
	free(body);
	CU_ASSERT_EQUAL(ask(&c, 6, &answer, &body, &fd), -EPROTO);
	CU_ASSERT_PTR_NULL(body);
	call_fini(&c);
}

static void
a_peer_that_is_gone_is_reported_after_its_last_words(void)
{
	struct call c;
	struct msg_error e = { .code = EPERM };
	enum msg_type answer;
	void *body;
	int fd;

	call_init(&c);
	frame_send(c.daemon, MSG_error, 1, &e, -1);
	frame_free(c.daemon);
	c.daemon = NULL;
	CU_ASSERT_EQUAL(ask(&c, 1, &answer, &body, &fd), 0);
	CU_ASSERT_EQUAL(answer, MSG_error);
	free(body);
	CU_ASSERT_EQUAL(ask(&c, 2, &answer, &body, &fd), -EPIPE);
	call_fini(&c);
}

static void
what_may_not_be_asked_or_answered_is_an_error(void)
{
	struct call c;
	struct msg_welcome w = { 0 };
	enum msg_type answer;
	void *body;
	int fd;

	call_init(&c);
	CU_ASSERT_EQUAL(frame_call(c.sock, MSG_SHELL, MSG_DAEMON, MSG_welcome, 1, &w, -1, &answer,
				&body, &fd),
		-EPERM);
	CU_ASSERT_EQUAL(write(c.sock, "", 0), 0);
	CU_ASSERT_EQUAL(frame_send(c.daemon, MSG_welcome, 1, &w, -1), 0);
	/* read as somebody to whom it is not addressed */
	CU_ASSERT_EQUAL(
		frame_next(c.sock, MSG_DATAPATH, MSG_DAEMON, 1, &answer, &body, &fd), -EBADMSG);
	call_fini(&c);
}

static void
sockets_are_listened_on_and_stale_ones_replaced(void)
{
	char dir[] = "/tmp/yongdao-unit-XXXXXX", path[64];
	struct stat st;
	int first, second, client, server;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sock", dir);
	CU_ASSERT_EQUAL(frame_connect(path), -ENOENT);
	first = frame_listen(path, 0620);
	CU_ASSERT_TRUE(first >= 0);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0620);
	CU_ASSERT_EQUAL(frame_accept(first), -EAGAIN);
	client = frame_connect(path);
	CU_ASSERT_TRUE(client >= 0);
	CU_ASSERT_EQUAL(fcntl(client, F_GETFD), FD_CLOEXEC);
	server = frame_accept(first);
	CU_ASSERT_EQUAL(fcntl(server, F_GETFD), FD_CLOEXEC);
	CU_ASSERT_TRUE(fcntl(server, F_GETFL) & O_NONBLOCK);
	close(client);
	close(server);
	/* a living one is not */
	CU_ASSERT_EQUAL(frame_listen(path, 0620), -EADDRINUSE);
	close(first);
	CU_ASSERT_EQUAL(frame_connect(path), -ECONNREFUSED);
	second = frame_listen(path, 0600);
	CU_ASSERT_TRUE(second >= 0);
	close(second);
	unlink(path);
	rmdir(dir);
}

static void
what_is_not_a_socket_is_not_replaced(void)
{
	char path[] = "/tmp/yongdao-unit-XXXXXX", name[300];
	int fd = mkstemp(path);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	close(fd);
	CU_ASSERT_TRUE(frame_listen(path, 0600) < 0);
	CU_ASSERT_EQUAL(access(path, F_OK), 0);
	unlink(path);
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	CU_ASSERT_EQUAL(frame_listen(name, 0600), -ENAMETOOLONG);
	CU_ASSERT_EQUAL(frame_connect(name), -ENAMETOOLONG);
}

static void
one_end_of_a_pair_is_for_the_child(void)
{
	int fds[2];

	CU_ASSERT_EQUAL(frame_pair(fds), 0);
	CU_ASSERT_EQUAL(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	CU_ASSERT_EQUAL(fcntl(fds[1], F_GETFD), 0);
	close(fds[0]);
	close(fds[1]);
}

CU_TestInfo frame_call_tests[] = {
	{ "an answer and its stream are read", an_answer_and_its_stream_are_read },
	{ "older answers are discarded and newer are errors",
		older_answers_are_discarded_and_newer_are_errors },
	{ "a peer that is gone is reported after its last words",
		a_peer_that_is_gone_is_reported_after_its_last_words },
	{ "what may not be asked or answered is an error",
		what_may_not_be_asked_or_answered_is_an_error },
	{ "sockets are listened on and stale ones replaced",
		sockets_are_listened_on_and_stale_ones_replaced },
	{ "what is not a socket is not replaced", what_is_not_a_socket_is_not_replaced },
	{ "one end of a pair is for the child", one_end_of_a_pair_is_for_the_child },
	CU_TEST_INFO_NULL,
};
