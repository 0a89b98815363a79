/*
 * Twin of daemon/childlink.c, with a played datapath.
 */
#include "config.h"

#include "daemon/childlink.h"

#include "lib/err.h"
#include "lib/frame.h"
#include "lib/loop.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/daemon/peer.h"
#include "tests/unit/daemon/suites.h"

struct stand {
	struct loop *loop;
	struct childlink *link;
	struct peer child;
	unsigned int n_refused, n_progress, n_broken, n_rows, n_done;
	char refused[64];
	uint32_t done_code;
	enum msg_type heard;
	uint32_t heard_request, heard_sa;
};

static void
on_refused(void *arg, enum want_kind kind, const char *key, const struct err *e)
{
	struct stand *s = arg;

	s->n_refused++;
	strlcpy(s->refused, key, sizeof(s->refused));
}

static void
on_progress(void *arg)
{
	((struct stand *)arg)->n_progress++;
}

static void
on_broken(void *arg)
{
	((struct stand *)arg)->n_broken++;
}

static void
on_row(void *arg, const struct msg_state_row *row)
{
	((struct stand *)arg)->n_rows++;
}

static void
on_done(void *arg, const struct msg_error *e)
{
	struct stand *s = arg;

	s->n_done++;
	s->done_code = e != NULL ? e->code : 0;
}

static void
on_heard(void *arg, enum msg_type type, uint32_t request, const void *body)
{
	struct stand *s = arg;

	s->heard = type;
	s->heard_request = request;
	s->heard_sa = ((const struct msg_dp_sa_soft *)body)->sa;
}

static void
stand_connect(struct stand *s)
{
	int fds[2];

	CU_ASSERT_EQUAL_FATAL(frame_pair(fds), 0);
	peer_init(&s->child, s->loop, fds[1], MSG_DATAPATH, MSG_DAEMON);
	CU_ASSERT_EQUAL(childlink_up(s->link, fds[0]), 0);
	peer_hear(&s->child);
}

static void
stand_init(struct stand *s)
{
	const struct childlink_ops ops = { on_refused, on_progress, on_broken, s, on_heard };

	memset(s, 0, sizeof(*s));
	s->loop = loop_new_virtual();
	s->link = childlink_new(s->loop, "datapath", MSG_DATAPATH, &ops);
}

static void
stand_fini(struct stand *s)
{
	childlink_free(s->link);
	peer_fini(&s->child);
	loop_free(s->loop);
}

static const struct msg_done done;

static void
steps_are_counted_until_they_are_answered(void)
{
	struct msg_dp_port_del m = { .port = 1 };
	struct msg_error no = { .code = EINVAL, .text = "no" };
	struct stand s;

	stand_init(&s);
	CU_ASSERT_EQUAL(
		childlink_step(s.link, MSG_dp_port_del, &m, -1, WANT_PORT, "one"), -ENOTCONN);
	stand_connect(&s);
	CU_ASSERT_EQUAL(childlink_step(s.link, MSG_dp_port_del, &m, -1, WANT_PORT, "one"), 0);
	CU_ASSERT_EQUAL(childlink_step(s.link, MSG_dp_port_del, &m, -1, WANT_PORT, "two"), 0);
	peer_hear(&s.child);
	CU_ASSERT_EQUAL(childlink_sent(s.link) - childlink_answered(s.link), 2);
	peer_say(&s.child, MSG_done, s.child.id - 1, &done, -1);
	CU_ASSERT_EQUAL(childlink_sent(s.link) - childlink_answered(s.link), 1);
	peer_say(&s.child, MSG_error, s.child.id, &no, -1);
	CU_ASSERT_EQUAL(childlink_sent(s.link), childlink_answered(s.link));
	CU_ASSERT_EQUAL(s.n_refused, 1);
	CU_ASSERT_STRING_EQUAL(s.refused, "two");
	stand_fini(&s);
}

static void
questions_are_streamed_and_end(void)
{
	const struct childlink_ask ask = { on_row, on_done, NULL };
	static const struct msg_state_row row = { .table = "port" };
	static const struct msg_state_done end;
	struct childlink_ask mine = ask;
	struct stand s;

	stand_init(&s);
	mine.arg = &s;
	childlink_get(s.link, "port", "", &mine); /* nobody there */
	CU_ASSERT_EQUAL(s.n_done, 1);
	CU_ASSERT_EQUAL(s.done_code, ENOTCONN);
	stand_connect(&s);
	childlink_get(s.link, "port", "e0", &mine);
	peer_hear(&s.child);
	CU_ASSERT_STRING_EQUAL(s.child.body.state_get.filter, "e0");
	peer_say(&s.child, MSG_state_row, s.child.id, &row, -1);
	peer_say(&s.child, MSG_state_row, s.child.id, &row, -1);
	CU_ASSERT_EQUAL(s.n_rows, 2);
	CU_ASSERT_EQUAL(s.n_done, 1);
	peer_say(&s.child, MSG_state_done, s.child.id, &end, -1);
	CU_ASSERT_EQUAL(s.n_done, 2);
	CU_ASSERT_EQUAL(s.done_code, 0);
	CU_ASSERT_EQUAL(s.n_refused, 0);
	stand_fini(&s);
}

static void
when_the_datapath_dies_who_asked_is_told_and_steps_are_not_waited_for(void)
{
	struct msg_dp_port_del m = { .port = 1 };
	struct childlink_ask ask = { on_row, on_done, NULL };
	struct stand s;

	stand_init(&s);
	stand_connect(&s);
	ask.arg = &s;
	childlink_step(s.link, MSG_dp_port_del, &m, -1, WANT_PORT, "one");
	childlink_get(s.link, "port", "", &ask);
	peer_fini(&s.child);
	for (unsigned int i = 0; i < 5; i++)
		loop_once(s.loop);
	CU_ASSERT_EQUAL(s.n_broken, 1);
	childlink_down(s.link);
	CU_ASSERT_EQUAL(s.n_done, 1);
	CU_ASSERT_EQUAL(s.done_code, ENOTCONN);
	CU_ASSERT_EQUAL(childlink_sent(s.link), childlink_answered(s.link));
	CU_ASSERT_FALSE(childlink_is_up(s.link));
	stand_connect(&s);
	CU_ASSERT_TRUE(childlink_is_up(s.link));
	stand_fini(&s);
}

static void
what_the_child_says_by_itself_is_heard_and_can_be_answered(void)
{
	const struct msg_dp_sa_soft soft = { .sa = 7 };
	const struct msg_dp_seq_limit limit = { .sa = 7 };
	struct stand s;

	stand_init(&s);
	CU_ASSERT_EQUAL(childlink_tell(s.link, MSG_dp_seq_limit, 0, &limit), -ENOTCONN);
	stand_connect(&s);
	peer_say(&s.child, MSG_dp_sa_soft, 0, &soft, -1);
	CU_ASSERT_EQUAL(s.heard, MSG_dp_sa_soft);
	CU_ASSERT_EQUAL(s.heard_request, 0);
	CU_ASSERT_EQUAL(s.heard_sa, 7);
	CU_ASSERT_EQUAL(childlink_tell(s.link, MSG_dp_seq_limit, 0, &limit), 0);
	peer_hear(&s.child);
	CU_ASSERT_EQUAL(s.child.type, MSG_dp_seq_limit);
	stand_fini(&s);
}

static void
an_asker_hears_its_own_answer_and_steps_do_not_count_it(void)
{
	struct msg_dp_port_del m = { .port = 1 };
	struct msg_error no = { .code = EINVAL, .text = "no" };
	struct childlink_ask ask = { .done = on_done };
	struct stand s;

	stand_init(&s);
	ask.arg = &s;
	stand_connect(&s);
	childlink_ask(s.link, MSG_dp_port_del, &m, -1, &ask);
	peer_hear(&s.child);
	CU_ASSERT_EQUAL(childlink_sent(s.link), 0);
	CU_ASSERT_EQUAL(s.n_done, 0);
	peer_say(&s.child, MSG_error, s.child.id, &no, -1);
	CU_ASSERT_EQUAL(s.n_done, 1);
	CU_ASSERT_EQUAL(s.done_code, EINVAL);
	CU_ASSERT_EQUAL(s.n_refused, 0);
	stand_fini(&s);
}

CU_TestInfo childlink_tests[] = {
	{ "steps are counted until they are answered", steps_are_counted_until_they_are_answered },
	{ "questions are streamed and end", questions_are_streamed_and_end },
	{ "when the datapath dies who asked is told and steps are not waited for",
		when_the_datapath_dies_who_asked_is_told_and_steps_are_not_waited_for },
	{ "what the child says by itself is heard and can be answered",
		what_the_child_says_by_itself_is_heard_and_can_be_answered },
	{ "an asker hears its own answer, and steps do not count it",
		an_asker_hears_its_own_answer_and_steps_do_not_count_it },
	CU_TEST_INFO_NULL,
};
