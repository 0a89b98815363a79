/*
 * Twin of daemon/session_ike.c, and of what session_state.c relays to the IKE speaker.
 */
#include "config.h"

#include "daemon/session.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/daemon/shell.h"
#include "tests/unit/daemon/suites.h"

static const struct msg_done done;
static const struct msg_state_done end;

static void
stand_init(struct shell *s)
{
	shell_init(s, 0);
	shell_hello(s);
	shell_speaker(s);
}

static void
ask(struct shell *s, enum msg_type type, const void *body)
{
	peer_forget(&s->ike);
	peer_say(&s->peer, type, ++s->id, body, -1);
}

static void
tables_and_resets_are_the_speaker_s(void)
{
	struct msg_state_get get = { .table = "ike_sa", .filter = "203.0.113.1" };
	struct msg_state_reset reset = { .table = "ike_statistic" };
	const struct msg_state_row row = { .table = "ike_sa" };
	struct shell s;

	stand_init(&s);
	shell_speaker_up(&s);
	ask(&s, MSG_state_get, &get);
	CU_ASSERT_TRUE(peer_heard(&s.ike, "state_get{table=ike_sa filter=203.0.113.1}"));
	peer_forget(&s.peer);
	peer_say(&s.ike, MSG_state_row, s.ike.id, &row, -1);
	CU_ASSERT_EQUAL(s.peer.n_rows, 1);
	ask(&s, MSG_state_reset, &reset); /* the answer to the first one is still out */
	CU_ASSERT_TRUE(peer_heard(&s.ike, "state_reset{table=ike_statistic"));
	peer_forget(&s.peer);
	peer_say(&s.ike, MSG_state_done, s.ike.id - 1, &end, -1);
	CU_ASSERT_STRING_EQUAL(s.peer.said, "state_done ");
	peer_forget(&s.peer);
	peer_say(&s.ike, MSG_done, s.ike.id + 2, &done, -1);
	CU_ASSERT_STRING_EQUAL(s.peer.said, "");
	shell_fini(&s);
}

static void
without_a_speaker_there_is_nothing_to_see_or_to_reset(void)
{
	struct msg_state_get get = { .table = "ike_sa" };
	struct msg_state_reset reset = { .table = "ike_statistic" };
	struct msg_ike_reset all = { .connection = 0 };
	struct shell s;

	stand_init(&s);
	ask(&s, MSG_state_get, &get);
	CU_ASSERT_STRING_EQUAL(s.peer.said, "state_done ");
	ask(&s, MSG_state_reset, &reset);
	CU_ASSERT_STRING_EQUAL(s.peer.said, "done ");
	ask(&s, MSG_ike_reset, &all);
	CU_ASSERT_STRING_EQUAL(s.peer.said, "done ");
	shell_fini(&s);
}

static void
a_reset_goes_to_the_speaker_and_its_answer_back(void)
{
	struct msg_ike_reset m = { .children_only = true, .name = "P1" };
	const struct msg_error no = { .code = ENOENT, .text = "none" };
	struct shell s;

	stand_init(&s);
	shell_speaker_up(&s);
	ask(&s, MSG_ike_reset, &m);
	CU_ASSERT_TRUE(peer_heard(&s.ike, "ike_reset{children_only=true connection=0"));
	peer_forget(&s.peer);
	peer_say(&s.ike, MSG_error, s.ike.id, &no, -1);
	CU_ASSERT_EQUAL(s.peer.type, MSG_error);
	CU_ASSERT_EQUAL(s.peer.id, s.id);
	CU_ASSERT_EQUAL(s.peer.body.error.code, ENOENT);
	shell_fini(&s);
}

static void
who_may_not_configure_may_neither_reset_nor_debug(void)
{
	struct msg_ike_reset reset = { .connection = 0 };
	struct msg_ike_debugging debugging = { .mask = 1 };
	struct shell s;

	shell_init(&s, 65534);
	shell_hello(&s);
	shell_speaker(&s);
	ask(&s, MSG_ike_reset, &reset);
	CU_ASSERT_EQUAL(s.peer.body.error.code, EPERM);
	ask(&s, MSG_ike_debugging, &debugging);
	CU_ASSERT_EQUAL(s.peer.body.error.code, EPERM);
	shell_fini(&s);
}

static void
lines_of_debugging_reach_the_shell_that_wants_them(void)
{
	struct msg_ike_debugging m = { .mask = MSG_IKE_DEBUG_EVENT };
	struct msg_ike_debug line = { .topic = MSG_IKE_DEBUG_EVENT, .text = "hello" };
	struct shell s;

	stand_init(&s);
	addr_parse("203.0.113.1", &m.remote);
	ask(&s, MSG_ike_debugging, &m); /* before there is a speaker */
	CU_ASSERT_STRING_EQUAL(s.peer.said, "done ");
	shell_speaker_up(&s);
	ask(&s, MSG_ike_debugging, &m);
	CU_ASSERT_TRUE(peer_heard(&s.ike, "ike_debugging{mask=2 remote=203.0.113.1}"));
	line.remote = m.remote;
	peer_forget(&s.peer);
	peer_say(&s.ike, MSG_ike_debug, 0, &line, -1);
	CU_ASSERT_TRUE(peer_heard(&s.peer, "text=hello"));
	CU_ASSERT_EQUAL(s.peer.id, s.id);
	peer_forget(&s.peer);
	line.topic = MSG_IKE_DEBUG_PACKET; /* another topic */
	peer_say(&s.ike, MSG_ike_debug, 0, &line, -1);
	line.topic = MSG_IKE_DEBUG_EVENT;
	line.remote.b[3]++; /* another peer */
	peer_say(&s.ike, MSG_ike_debug, 0, &line, -1);
	CU_ASSERT_STRING_EQUAL(s.peer.said, "");
	peer_forget(&s.ike);
	peer_fini(&s.peer); /* gone, and with it what it wanted */
	peer_hear(&s.ike);
	CU_ASSERT_TRUE(peer_heard(&s.ike, "ike_debugging{mask=0 "));
	shell_fini(&s);
}

CU_TestInfo session_ike_tests[] = {
	{ "tables and resets are the speaker's", tables_and_resets_are_the_speaker_s },
	{ "without a speaker there is nothing to see or to reset",
		without_a_speaker_there_is_nothing_to_see_or_to_reset },
	{ "a reset goes to the speaker, and its answer back",
		a_reset_goes_to_the_speaker_and_its_answer_back },
	{ "who may not configure may neither reset nor debug",
		who_may_not_configure_may_neither_reset_nor_debug },
	{ "lines of debugging reach the shell that wants them",
		lines_of_debugging_reach_the_shell_that_wants_them },
	CU_TEST_INFO_NULL,
};
