/*
 * Twin of daemon/session_config.c.
 */
#include "config.h"

#include "daemon/session.h"

#include "lib/memfile.h"
#include "schema/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/daemon/shell.h"
#include "tests/unit/daemon/site.h"
#include "tests/unit/daemon/suites.h"

static void
a_commit_is_answered_with_what_happened_since_its_base(void)
{
	struct msg_catchup catchup = { .since = 1 };
	const void *data;
	size_t len;
	struct shell s;

	shell_init(&s, 0);
	shell_hello(&s);
	CU_ASSERT_EQUAL(shell_commit(&s, SITE_INTERFACES), MSG_committed);
	CU_ASSERT_EQUAL(s.peer.body.committed.since, 0);
	CU_ASSERT_EQUAL(s.peer.body.committed.revision, 1);
	CU_ASSERT_EQUAL(memfile_map_sealed(s.peer.fd, SIZE_MAX, &data, &len), 0);
	CU_ASSERT_TRUE(len > 0);
	memfile_unmap(data, len);
	peer_say(&s.peer, MSG_catchup, 7, &catchup, -1);
	CU_ASSERT_EQUAL(s.peer.type, MSG_committed);
	CU_ASSERT_EQUAL(memfile_map_sealed(s.peer.fd, SIZE_MAX, &data, &len), 0);
	CU_ASSERT_EQUAL(len, 0);
	memfile_unmap(data, len);
	shell_fini(&s);
}

static void
a_contradiction_is_answered_and_stores_nothing(void)
{
	struct shell s;

	shell_init(&s, 0);
	shell_hello(&s);
	CU_ASSERT_EQUAL(shell_commit(&s, SITE_INTERFACES), MSG_committed);
	CU_ASSERT_EQUAL(shell_commit(&s,
				"put ip_address interface=GigabitEthernet0/0/0 "
				"address=198.51.100.9 length=24"),
		MSG_error);
	CU_ASSERT_EQUAL(s.peer.body.error.code, EINVAL);
	CU_ASSERT_EQUAL(store_revision(s.bench.daemon.store), 1);
	shell_fini(&s);
}

static void
garbage_for_a_changeset_is_refused(void)
{
	struct msg_commit m = { .schema = STORE_SCHEMA };
	struct shell s;
	int fd = memfile_sealed("x", "garbage", 7), open_end = memfile_shared("x", 10);

	shell_init(&s, 0);
	shell_hello(&s);
	peer_say(&s.peer, MSG_commit, 2, &m, fd);
	CU_ASSERT_EQUAL(s.peer.type, MSG_error);
	peer_say(&s.peer, MSG_commit, 3, &m, open_end); /* it could still change */
	CU_ASSERT_EQUAL(s.peer.type, MSG_error);
	m.schema++;
	peer_say(&s.peer, MSG_commit, 4, &m, fd);
	CU_ASSERT_EQUAL(s.peer.body.error.code, EPROTO);
	close(fd);
	close(open_end);
	shell_fini(&s);
}

static void
the_saved_text_comes_back_as_it_was_given(void)
{
	static const struct msg_saved_get get;
	struct msg_save save = { .revision = 1 };
	const void *data;
	char path[128];
	struct stat st;
	struct shell s;
	size_t len;
	int fd = memfile_sealed("text", "#\nreturn\n", 9);

	shell_init(&s, 0);
	shell_hello(&s);
	peer_say(&s.peer, MSG_saved_get, 1, &get, -1);
	CU_ASSERT_EQUAL(s.peer.type, MSG_saved);
	CU_ASSERT_EQUAL(memfile_map_sealed(s.peer.fd, SIZE_MAX, &data, &len), 0);
	CU_ASSERT_EQUAL(len, 0);
	memfile_unmap(data, len);
	peer_say(&s.peer, MSG_save, 2, &save, fd);
	CU_ASSERT_EQUAL(s.peer.body.error.code, EINVAL); /* no such revision yet */
	CU_ASSERT_EQUAL(shell_commit(&s, SITE_INTERFACES), MSG_committed);
	peer_say(&s.peer, MSG_save, 3, &save, fd);
	CU_ASSERT_EQUAL(s.peer.type, MSG_done);
	CU_ASSERT_EQUAL(store_saved_revision(s.bench.daemon.store), 1);
	peer_say(&s.peer, MSG_saved_get, 4, &get, -1);
	CU_ASSERT_EQUAL(s.peer.body.saved.revision, 1);
	CU_ASSERT_EQUAL(memfile_map_sealed(s.peer.fd, SIZE_MAX, &data, &len), 0);
	CU_ASSERT_EQUAL(len, 9);
	CU_ASSERT_EQUAL(memcmp(data, "#\nreturn\n", 9), 0);
	memfile_unmap(data, len);
	snprintf(path, sizeof(path), "%s/vrpcfg.cfg", s.bench.dir);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0640);
	close(fd);
	shell_fini(&s);
}

static void
ping_needs_a_router(void)
{
	static const struct msg_ping_open open_ping;
	struct shell s;

	shell_init(&s, 0);
	shell_hello(&s);
	peer_say(&s.peer, MSG_ping_open, 1, &open_ping, -1);
	CU_ASSERT_EQUAL(s.peer.body.error.code, ENOTCONN);
	shell_fini(&s);
}

CU_TestInfo session_config_tests[] = {
	{ "a commit is answered with what happened since its base",
		a_commit_is_answered_with_what_happened_since_its_base },
	{ "a contradiction is answered and stores nothing",
		a_contradiction_is_answered_and_stores_nothing },
	{ "garbage for a changeset is refused", garbage_for_a_changeset_is_refused },
	{ "the saved text comes back as it was given", the_saved_text_comes_back_as_it_was_given },
	{ "ping needs a router", ping_needs_a_router },
	CU_TEST_INFO_NULL,
};
