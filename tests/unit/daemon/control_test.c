/*
 * Twin of daemon/control.c: who may do what, in which order, and shells that leave.
 */
#include "config.h"

#include "daemon/control.h"

#include "lib/frame.h"
#include "lib/loop.h"
#include "lib/memfile.h"
#include "schema/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/daemon/bench.h"
#include "tests/unit/daemon/shell.h"
#include "tests/unit/daemon/site.h"
#include "tests/unit/daemon/suites.h"

static void
hello_comes_first_and_is_answered_with_who_one_is(void)
{
	static const struct msg_image_get get;
	struct shell s;

	shell_init(&s, 0);
	peer_say(&s.peer, MSG_image_get, 1, &get, -1);
	CU_ASSERT_EQUAL(s.peer.type, MSG_error);
	CU_ASSERT_EQUAL(s.peer.body.error.code, EPROTO);
	shell_hello(&s);
	CU_ASSERT_EQUAL(s.peer.type, MSG_welcome);
	CU_ASSERT_TRUE(s.peer.body.welcome.may_configure);
	CU_ASSERT_STRING_EQUAL(s.peer.body.welcome.user, "root");
	CU_ASSERT_EQUAL(s.peer.body.welcome.revision, 0);
	shell_fini(&s);
}

static void
a_shell_of_another_protocol_is_refused(void)
{
	struct msg_hello hello = { .protocol = MSG_PROTOCOL + 1, .schema = STORE_SCHEMA };
	struct shell s;

	shell_init(&s, 0);
	peer_say(&s.peer, MSG_hello, 1, &hello, -1);
	CU_ASSERT_EQUAL(s.peer.type, MSG_error);
	CU_ASSERT_EQUAL(s.peer.body.error.code, EPROTO);
	shell_fini(&s);
}

static void
others_may_look_and_not_configure(void)
{
	static const struct msg_image_get get;
	static const struct msg_state_reset reset = { .table = "drop" };
	struct msg_save save = { 0 };
	struct shell s;
	int fd = memfile_sealed("text", "#\n", 2);

	shell_init(&s, 54321);
	shell_hello(&s);
	CU_ASSERT_FALSE(s.peer.body.welcome.may_configure);
	CU_ASSERT_STRING_EQUAL(s.peer.body.welcome.user, "uid 54321");
	peer_say(&s.peer, MSG_image_get, 2, &get, -1);
	CU_ASSERT_EQUAL(s.peer.type, MSG_image);
	CU_ASSERT_EQUAL(shell_commit(&s, "set system 1 sysname=X"), MSG_error);
	CU_ASSERT_EQUAL(s.peer.body.error.code, EPERM);
	CU_ASSERT_EQUAL(store_revision(s.bench.daemon.store), 0);
	peer_say(&s.peer, MSG_save, 3, &save, fd);
	CU_ASSERT_EQUAL(s.peer.body.error.code, EPERM);
	peer_say(&s.peer, MSG_state_reset, 4, &reset, -1);
	CU_ASSERT_EQUAL(s.peer.body.error.code, EPERM);
	close(fd);
	shell_fini(&s);
}

static void
without_a_datapath_of_its_own_a_commit_is_applied_at_once(void)
{
	struct msg_applied_wait wait = { .revision = 1 };
	struct shell s;

	shell_init(&s, 0);
	shell_hello(&s);
	CU_ASSERT_EQUAL(shell_commit(&s, SITE_INTERFACES), MSG_committed);
	peer_say(&s.peer, MSG_applied_wait, 9, &wait, -1);
	CU_ASSERT_EQUAL(s.peer.type, MSG_applied);
	CU_ASSERT_EQUAL(s.peer.id, 9);
	CU_ASSERT_EQUAL(s.peer.body.applied.revision, 1);
	CU_ASSERT_EQUAL(s.peer.body.applied.failed, 0);
	wait.revision = 2;
	peer_say(&s.peer, MSG_applied_wait, 10, &wait, -1);
	CU_ASSERT_EQUAL(s.peer.body.error.code, EINVAL);
	shell_fini(&s);
}

static void
who_waits_for_the_datapath_is_answered_when_it_has_answered_or_told_that_it_is_late(void)
{
	struct msg_applied_wait wait = { .revision = 1 };
	struct shell s;

	shell_init(&s, 0);
	shell_datapath(&s);
	shell_hello(&s);
	CU_ASSERT_EQUAL(shell_commit(&s, SITE_INTERFACES), MSG_committed);
	peer_say(&s.peer, MSG_applied_wait, 9, &wait, -1);
	CU_ASSERT_EQUAL(s.peer.type, MSG_NONE); /* no datapath is connected */
	loop_warp(s.bench.loop, 15000);
	peer_hear(&s.peer);
	CU_ASSERT_EQUAL(s.peer.type, MSG_error);
	CU_ASSERT_EQUAL(s.peer.body.error.code, ETIMEDOUT);
	peer_say(&s.peer, MSG_applied_wait, 10, &wait, -1);
	CU_ASSERT_EQUAL(s.peer.type, MSG_NONE);
	shell_datapath_up(&s);
	control_datapath_changed(s.bench.daemon.control);
	control_progress(s.bench.daemon.control);
	peer_hear(&s.peer);
	CU_ASSERT_EQUAL(s.peer.type, MSG_applied);
	shell_fini(&s);
}

static void
a_shell_that_leaves_while_it_waits_hurts_nobody(void)
{
	struct msg_applied_wait wait = { .revision = 1 };
	struct msg_state_get get = { .table = "port" };
	struct shell s;

	shell_init(&s, 0);
	shell_datapath(&s);
	shell_datapath_up(&s);
	shell_hello(&s);
	CU_ASSERT_EQUAL(shell_commit(&s, SITE_INTERFACES), MSG_committed);
	peer_say(&s.peer, MSG_state_get, 8, &get, -1);
	CU_ASSERT_EQUAL(s.dp.type, MSG_state_get);
	childlink_down(s.bench.daemon.dplink);
	peer_say(&s.peer, MSG_applied_wait, 9, &wait, -1);
	shell_datapath_up(&s);
	peer_say(&s.peer, MSG_state_get, 10, &get, -1);
	peer_fini(&s.peer);
	for (unsigned int i = 0; i < 5; i++)
		loop_once(s.bench.loop);
	CU_ASSERT_TRUE(s.left);
	shell_answer_rows(&s, 3);
	control_progress(s.bench.daemon.control);
	loop_warp(s.bench.loop, 20000);
	shell_fini(&s);
}

static void
the_socket_is_everybody_s_and_goes_with_the_daemon(void)
{
	struct bench b;
	struct stat st;
	char path[128];

	bench_init(&b);
	snprintf(path, sizeof(path), "%s/control.sock", b.dir);
	CU_ASSERT_EQUAL(control_new(&b.daemon, &b.daemon.control, &b.err), 0);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0666);
	control_free(b.daemon.control);
	b.daemon.control = NULL;
	CU_ASSERT_EQUAL(stat(path, &st), -1);
	bench_fini(&b);
}

CU_TestInfo control_tests[] = {
	{ "hello comes first and is answered with who one is",
		hello_comes_first_and_is_answered_with_who_one_is },
	{ "a shell of another protocol is refused", a_shell_of_another_protocol_is_refused },
	{ "others may look and not configure", others_may_look_and_not_configure },
	{ "without a datapath of its own a commit is applied at once",
		without_a_datapath_of_its_own_a_commit_is_applied_at_once },
	{ "who waits for the datapath is answered when it has, or told that it is late",
		who_waits_for_the_datapath_is_answered_when_it_has_answered_or_told_that_it_is_late },
	{ "a shell that leaves while it waits hurts nobody",
		a_shell_that_leaves_while_it_waits_hurts_nobody },
	{ "the socket is everybody's and goes with the daemon",
		the_socket_is_everybody_s_and_goes_with_the_daemon },
	CU_TEST_INFO_NULL,
};
