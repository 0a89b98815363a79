/*
 * Twin of daemon/ike/link.c, with the engine behind it: what the daemon says and asks over one socket pair,
 * datagrams over another.
 */
#include "config.h"

#include "daemon/ike/link.h"
#include "lib/buf.h"
#include "lib/frame.h"
#include "lib/loop.h"
#include "lib/state.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/ike/fixture.h"
#include "tests/unit/ike/suites.h"

struct bed {
	struct loop *loop;
	struct link *link;
	struct frame *daemon;
	struct frame *datapath;
	bool gone;
	bool datapath_gone;
	/* of the last answer */
	enum msg_type type;
	uint32_t request;
	struct msg_error error;
	unsigned int n_answers;
	unsigned int n_rows;
	uint64_t received; /* the statistic of received packets */
};

static void
on_answer(
	void *arg, struct frame *f, enum msg_type type, uint32_t request, const void *body, int fd)
{
	struct bed *b = arg;
	const struct msg_state_row *m = body;
	struct st_ike_statistic row;
	struct rbuf r;

	CU_ASSERT_EQUAL(fd, -1);
	if (type == MSG_state_row) {
		b->n_rows++;
		r = rbuf_over(m->row.data, m->row.len);
		if (strcmp(m->table, "ike_statistic") == 0 &&
			record_decode(&state_info(STATE_ike_statistic)->record, &r, &row) == 0 &&
			strcmp(row.name, "Received packets") == 0)
			b->received = row.count;
		return;
	}
	b->n_answers++;
	b->type = type;
	b->request = request;
	if (type == MSG_error)
		memcpy(&b->error, body, sizeof(b->error));
}

static void
on_gone(void *arg, struct frame *f)
{
	((struct bed *)arg)->datapath_gone = true;
}

static void
link_gone(void *arg)
{
	((struct bed *)arg)->gone = true;
}

static void
turn(struct bed *b)
{
	for (int i = 0; i < 8; i++)
		loop_once(b->loop);
}

/* Says something; its answer is in b. */
static void
ask(struct bed *b, enum msg_type type, const void *body, int fd)
{
	static uint32_t request;
	unsigned int n = b->n_answers;

	b->n_rows = 0;
	CU_ASSERT_EQUAL_FATAL(frame_send(b->daemon, type, ++request, body, fd), 0);
	turn(b);
	CU_ASSERT_EQUAL(b->n_answers, n + 1);
	CU_ASSERT_EQUAL(b->request, request);
}

static void
datapath_connect(struct bed *b)
{
	const struct msg_ike_setup setup = { .local_name = "rta", .nat_keepalive_s = 20 };
	int fds[2];

	CU_ASSERT_EQUAL_FATAL(frame_pair(fds), 0);
	b->datapath = frame_new(b->loop, fds[0], MSG_DATAPATH, MSG_IKE, on_answer, on_gone, b);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->datapath);
	ask(b, MSG_ike_setup, &setup, fds[1]);
	close(fds[1]);
	CU_ASSERT_EQUAL(b->type, MSG_done);
}

static void
bed_init(struct bed *b)
{
	int fds[2];

	memset(b, 0, sizeof(*b));
	b->loop = loop_new_virtual();
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->loop);
	CU_ASSERT_EQUAL_FATAL(frame_pair(fds), 0);
	b->daemon = frame_new(b->loop, fds[0], MSG_DAEMON, MSG_IKE, on_answer, on_gone, b);
	b->link = link_new(b->loop, link_gone, b, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->daemon);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->link);
	CU_ASSERT_EQUAL(link_open(b->link, fds[1]), 0);
	datapath_connect(b);
}

static void
bed_fini(struct bed *b)
{
	link_free(b->link);
	frame_free(b->daemon);
	frame_free(b->datapath);
	loop_free(b->loop);
}

static void
punt(struct bed *b)
{
	static struct msg_punt m;

	m.local_port = m.remote_port = 500;
	m.local = addr_v4(0xc0000201);
	m.remote = addr_v4(0xc0000202);
	m.datagram.len = 3;
	memcpy(m.datagram.data, "abc", 3);
	CU_ASSERT_EQUAL(frame_send(b->datapath, MSG_punt, 0, &m, -1), 0);
	turn(b);
}

static void
datagrams_reach_the_engine(void)
{
	const struct msg_state_get get = { .table = "ike_statistic", .filter = "packet" };
	struct bed b;

	bed_init(&b);
	punt(&b);
	punt(&b);
	ask(&b, MSG_state_get, &get, -1);
	CU_ASSERT_EQUAL(b.type, MSG_state_done);
	CU_ASSERT_EQUAL(b.received, 2);
	bed_fini(&b);
}

static void
a_new_datapath_is_listened_to(void)
{
	const struct msg_state_get get = { .table = "ike_statistic", .filter = "" };
	struct bed b;

	bed_init(&b);
	punt(&b);
	frame_free(b.datapath);
	turn(&b);
	datapath_connect(&b);
	punt(&b);
	ask(&b, MSG_state_get, &get, -1);
	CU_ASSERT_EQUAL(b.received, 2);
	/* another replaces one that is still there */
	{
		struct frame *old = b.datapath;

		datapath_connect(&b);
		turn(&b);
		CU_ASSERT(b.datapath_gone);
		frame_free(old);
	}
	punt(&b);
	ask(&b, MSG_state_get, &get, -1);
	CU_ASSERT_EQUAL(b.received, 3);
	bed_fini(&b);
}

static void
tables_are_shown_and_reset(void)
{
	static const char *const tables[] = { "ike_sa", "ike_child", "ike_error", "ike_offline" };
	struct msg_state_get get = { .table = "ike_statistic" };
	struct msg_state_reset reset = { .table = "ike_statistic" };
	struct bed b;

	bed_init(&b);
	punt(&b);
	ask(&b, MSG_state_get, &get, -1);
	CU_ASSERT(b.n_rows > 10);
	CU_ASSERT_EQUAL(b.received, 1);
	ask(&b, MSG_state_reset, &reset, -1);
	CU_ASSERT_EQUAL(b.type, MSG_done);
	ask(&b, MSG_state_get, &get, -1);
	CU_ASSERT_EQUAL(b.received, 0);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		strlcpy(get.table, tables[i], sizeof(get.table));
		ask(&b, MSG_state_get, &get, -1);
		CU_ASSERT_EQUAL(b.type, MSG_state_done);
	}
	strlcpy(get.table, "ipsec_sa", sizeof(get.table));
	ask(&b, MSG_state_get, &get, -1);
	CU_ASSERT_EQUAL(b.type, MSG_error);
	CU_ASSERT_EQUAL(b.error.code, ENOENT);
	bed_fini(&b);
}

static void
sockets_are_taken(void)
{
	struct msg_ike_socket m = { .af = AF_INET, .port = 500 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct bed b;

	bed_init(&b);
	ask(&b, MSG_ike_socket, &m, fd);
	CU_ASSERT_EQUAL(b.type, MSG_done);
	m.af = 77;
	ask(&b, MSG_ike_socket, &m, fd);
	CU_ASSERT_EQUAL(b.type, MSG_error);
	CU_ASSERT_EQUAL(b.error.code, EINVAL);
	close(fd);
	bed_fini(&b);
}

static void
what_the_engine_refuses_is_an_error(void)
{
	const struct msg_ike_peer_end end = { .peer = 7 };
	const struct msg_ike_peer_address address = { .peer = 7, .remote = addr_v4(1) };
	const struct msg_done done = { 0 };
	struct bed b;
	unsigned int n;

	bed_init(&b);
	ask(&b, MSG_ike_peer_address, &address, -1);
	CU_ASSERT_EQUAL(b.type, MSG_error);
	CU_ASSERT(b.error.code != 0);
	CU_ASSERT(b.error.text[0] != '\0');
	ask(&b, MSG_ike_peer_end, &end, -1);
	CU_ASSERT_EQUAL(b.type, MSG_error);
	/* an answer, be it to nothing, is not answered */
	n = b.n_answers;
	CU_ASSERT_EQUAL(frame_send(b.daemon, MSG_done, 99, &done, -1), 0);
	turn(&b);
	CU_ASSERT_EQUAL(b.n_answers, n);
	bed_fini(&b);
}

static void
the_daemons_end_is_noticed(void)
{
	struct bed b;

	bed_init(&b);
	CU_ASSERT(!b.gone);
	frame_free(b.daemon);
	b.daemon = NULL;
	turn(&b);
	CU_ASSERT(b.gone);
	bed_fini(&b);
}

CU_TestInfo link_tests[] = {
	{ "datagrams reach the engine", datagrams_reach_the_engine },
	{ "a new datapath is listened to", a_new_datapath_is_listened_to },
	{ "tables are shown and reset", tables_are_shown_and_reset },
	{ "sockets are taken", sockets_are_taken },
	{ "what the engine refuses is an error", what_the_engine_refuses_is_an_error },
	{ "the daemon's end is noticed", the_daemons_end_is_noticed },
	CU_TEST_INFO_NULL,
};
