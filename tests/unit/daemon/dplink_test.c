/*
 * Twin of daemon/dplink.c, with a played datapath.
 */
#include "config.h"

#include "daemon/dplink.h"

#include "daemon/sastate.h"
#include "lib/err.h"
#include "lib/frame.h"
#include "lib/loop.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/daemon/bench.h"
#include "tests/unit/daemon/peer.h"
#include "tests/unit/daemon/suites.h"

struct stand {
	char dir[64];
	struct loop *loop;
	struct sastate *sastate;
	struct dplink *link;
	struct peer dp;
	unsigned int n_refused, n_progress, n_broken, n_rows, n_done;
	char refused[64];
	uint32_t done_code;
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
stand_connect(struct stand *s)
{
	int fds[2];

	CU_ASSERT_EQUAL_FATAL(frame_pair(fds), 0);
	peer_init(&s->dp, s->loop, fds[1], MSG_DATAPATH, MSG_DAEMON);
	CU_ASSERT_EQUAL(dplink_up(s->link, fds[0]), 0);
	peer_hear(&s->dp);
}

static void
stand_init(struct stand *s)
{
	const struct dplink_ops ops = { on_refused, on_progress, on_broken, s };

	memset(s, 0, sizeof(*s));
	bench_dir(s->dir);
	s->loop = loop_new_virtual();
	CU_ASSERT_EQUAL_FATAL(sastate_open(s->dir, "boot", &s->sastate, NULL), 0);
	s->link = dplink_new(s->loop, s->sastate, &ops);
}

static void
stand_fini(struct stand *s)
{
	dplink_free(s->link);
	peer_fini(&s->dp);
	sastate_close(s->sastate);
	loop_free(s->loop);
	bench_dir_remove(s->dir);
}

static const struct msg_done done;

static void
a_new_datapath_is_given_the_shared_file_first(void)
{
	struct stand s;
	struct stat st;

	stand_init(&s);
	stand_connect(&s);
	CU_ASSERT_EQUAL(s.dp.type, MSG_dp_setup);
	CU_ASSERT_EQUAL(s.dp.body.dp_setup.n_slots, SASTATE_SLOTS);
	CU_ASSERT_EQUAL(fstat(s.dp.fd, &st), 0);
	CU_ASSERT_TRUE(S_ISREG(st.st_mode));
	stand_fini(&s);
}

static void
steps_are_counted_until_they_are_answered(void)
{
	struct msg_dp_port_del m = { .port = 1 };
	struct msg_error no = { .code = EINVAL, .text = "no" };
	struct stand s;

	stand_init(&s);
	CU_ASSERT_EQUAL(dplink_send(s.link, MSG_dp_port_del, &m, -1, WANT_PORT, "one"), -ENOTCONN);
	stand_connect(&s);
	peer_say(&s.dp, MSG_done, s.dp.id, &done, -1);
	CU_ASSERT_EQUAL(dplink_send(s.link, MSG_dp_port_del, &m, -1, WANT_PORT, "one"), 0);
	CU_ASSERT_EQUAL(dplink_send(s.link, MSG_dp_port_del, &m, -1, WANT_PORT, "two"), 0);
	peer_hear(&s.dp);
	CU_ASSERT_EQUAL(dplink_sent(s.link) - dplink_answered(s.link), 2);
	peer_say(&s.dp, MSG_done, s.dp.id - 1, &done, -1);
	CU_ASSERT_EQUAL(dplink_sent(s.link) - dplink_answered(s.link), 1);
	peer_say(&s.dp, MSG_error, s.dp.id, &no, -1);
	CU_ASSERT_EQUAL(dplink_sent(s.link), dplink_answered(s.link));
	CU_ASSERT_EQUAL(s.n_refused, 1);
	CU_ASSERT_STRING_EQUAL(s.refused, "two");
	stand_fini(&s);
}

static void
questions_are_streamed_and_end(void)
{
	const struct dplink_ask ask = { on_row, on_done, NULL };
	static const struct msg_state_row row = { .table = "port" };
	static const struct msg_state_done end;
	struct dplink_ask mine = ask;
	struct stand s;

	stand_init(&s);
	mine.arg = &s;
	dplink_get(s.link, "port", "", &mine); /* nobody there */
	CU_ASSERT_EQUAL(s.n_done, 1);
	CU_ASSERT_EQUAL(s.done_code, ENOTCONN);
	stand_connect(&s);
	peer_say(&s.dp, MSG_done, s.dp.id, &done, -1);
	dplink_get(s.link, "port", "e0", &mine);
	peer_hear(&s.dp);
	CU_ASSERT_STRING_EQUAL(s.dp.body.state_get.filter, "e0");
	peer_say(&s.dp, MSG_state_row, s.dp.id, &row, -1);
	peer_say(&s.dp, MSG_state_row, s.dp.id, &row, -1);
	CU_ASSERT_EQUAL(s.n_rows, 2);
	CU_ASSERT_EQUAL(s.n_done, 1);
	peer_say(&s.dp, MSG_state_done, s.dp.id, &end, -1);
	CU_ASSERT_EQUAL(s.n_done, 2);
	CU_ASSERT_EQUAL(s.done_code, 0);
	CU_ASSERT_EQUAL(s.n_refused, 0);
	stand_fini(&s);
}

static void
when_the_datapath_dies_who_asked_is_told_and_steps_are_not_waited_for(void)
{
	struct msg_dp_port_del m = { .port = 1 };
	struct dplink_ask ask = { on_row, on_done, NULL };
	struct stand s;

	stand_init(&s);
	stand_connect(&s);
	ask.arg = &s;
	dplink_send(s.link, MSG_dp_port_del, &m, -1, WANT_PORT, "one");
	dplink_get(s.link, "port", "", &ask);
	peer_fini(&s.dp);
	for (unsigned int i = 0; i < 5; i++)
		loop_once(s.loop);
	CU_ASSERT_EQUAL(s.n_broken, 1);
	dplink_down(s.link);
	CU_ASSERT_EQUAL(s.n_done, 1);
	CU_ASSERT_EQUAL(s.done_code, ENOTCONN);
	CU_ASSERT_EQUAL(dplink_sent(s.link), dplink_answered(s.link));
	CU_ASSERT_FALSE(dplink_is_up(s.link));
	stand_connect(&s);
	CU_ASSERT_TRUE(dplink_is_up(s.link));
	CU_ASSERT_EQUAL(s.dp.type, MSG_dp_setup);
	stand_fini(&s);
}

static void
asked_for_numbers_it_reserves_and_tells(void)
{
	static const uint8_t id[SASTATE_ID_LEN] = { 9 };
	struct msg_dp_seq_need need;
	struct stand s;
	uint64_t limit;
	uint32_t slot;

	stand_init(&s);
	stand_connect(&s);
	sastate_take(s.sastate, id, false, &slot, &limit, NULL);
	need.sa = slot + 1;
	peer_say(&s.dp, MSG_dp_seq_need, 0, &need, -1);
	CU_ASSERT_EQUAL(s.dp.type, MSG_dp_seq_limit);
	CU_ASSERT_EQUAL(s.dp.id, 0);
	CU_ASSERT_EQUAL(s.dp.body.dp_seq_limit.seq_limit, limit + SASTATE_BLOCK);
	need.sa = 0; /* nobody's; it is logged */
	peer_say(&s.dp, MSG_dp_seq_need, 0, &need, -1);
	CU_ASSERT_EQUAL(s.dp.type, MSG_NONE);
	stand_fini(&s);
}

CU_TestInfo dplink_tests[] = {
	{ "a new datapath is given the shared file first",
		a_new_datapath_is_given_the_shared_file_first },
	{ "steps are counted until they are answered", steps_are_counted_until_they_are_answered },
	{ "questions are streamed and end", questions_are_streamed_and_end },
	{ "when the datapath dies who asked is told and steps are not waited for",
		when_the_datapath_dies_who_asked_is_told_and_steps_are_not_waited_for },
	{ "asked for numbers it reserves and tells", asked_for_numbers_it_reserves_and_tells },
	CU_TEST_INFO_NULL,
};
