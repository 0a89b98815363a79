/*
 * Twin of datapath/control.c: the daemon's messages over a socket pair, their answers and errors.
 */
#include "config.h"

#include "datapath/control.h"

#include "datapath/port.h"
#include "datapath/sadb.h"
#include "lib/alg.h"
#include "lib/buf.h"
#include "lib/frame.h"
#include "lib/frame_wire.h"
#include "lib/memfile.h"
#include "lib/sastate.h"
#include "lib/state.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

struct bed {
	struct world w;
	struct control *control;
	struct frame *daemon;
	bool gone;
	/* of the last answer */
	enum msg_type type;
	uint32_t request;
	struct msg_error error;
	unsigned int n_rows;
	struct msg_state_row row;
};

static void
on_answer(
	void *arg, struct frame *f, enum msg_type type, uint32_t request, const void *body, int fd)
{
	struct bed *b = arg;

	CU_ASSERT_EQUAL(fd, -1);
	b->request = request;
	if (type == MSG_state_row) {
		b->n_rows++;
		memcpy(&b->row, body, sizeof(b->row));
		return;
	}
	b->type = type;
	if (type == MSG_error)
		memcpy(&b->error, body, sizeof(b->error));
}

static void
on_gone(void *arg, struct frame *f)
{
}

static void
control_gone(void *arg)
{
	((struct bed *)arg)->gone = true;
}

static void
bed_init(struct bed *b)
{
	int fds[2];

	memset(b, 0, sizeof(*b));
	world_init(&b->w);
	CU_ASSERT_EQUAL_FATAL(frame_pair(fds), 0);
	b->daemon =
		frame_new(b->w.dp.loop, fds[0], MSG_DAEMON, MSG_DATAPATH, on_answer, on_gone, b);
	b->control = control_new(&b->w.dp, fds[1], control_gone, b);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->daemon);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->control);
}

static void
bed_fini(struct bed *b)
{
	control_free(b->control);
	frame_free(b->daemon);
	world_fini(&b->w);
}

/* Sends a message and runs until it is answered. The answer's type. */
static enum msg_type
ask(struct bed *b, enum msg_type type, const void *body, int fd)
{
	static uint32_t request;

	b->type = MSG_NONE;
	b->n_rows = 0;
	request++;
	CU_ASSERT_EQUAL_FATAL(frame_send(b->daemon, type, request, body, fd), 0);
	for (unsigned int i = 0; i < 1000 && b->type == MSG_NONE; i++)
		loop_once(b->w.dp.loop);
	CU_ASSERT_EQUAL(b->request, request);
	return b->type;
}

static void
the_shared_file_is_taken_once(void)
{
	struct msg_dp_setup m = { .n_slots = 8 };
	int fd = memfile_shared("test", 8 * sizeof(struct sa_slot));
	struct bed b;

	bed_init(&b);
	CU_ASSERT_TRUE_FATAL(fd >= 0);
	m.n_slots = 0;
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_setup, &m, fd), MSG_error);
	CU_ASSERT_EQUAL(b.error.code, EINVAL);
	m.n_slots = 8;
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_setup, &m, fd), MSG_done);
	CU_ASSERT_EQUAL(b.w.dp.n_slots, 8);
	b.w.dp.slots[7].seq = 1;
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_setup, &m, fd), MSG_error);
	CU_ASSERT_EQUAL(b.error.code, EALREADY);
	close(fd);
	bed_fini(&b);
}

static void
ports_and_tunnels_come_and_go(void)
{
	struct msg_dp_port port = { .port = 4, .kind = MSG_PORT_RAW_GRE, .name = "gre" };
	struct msg_dp_port_del port_gone = { .port = 4 };
	struct msg_dp_tunnel tunnel = {
		.port = 4, .source = addr_v4(1), .destination = addr_v4(2), .up = true
	};
	struct msg_dp_tunnel_del tunnel_gone = { .port = 4 };
	struct bed b;
	int fds[2];

	bed_init(&b);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_port, &port, fds[0]), MSG_done);
	CU_ASSERT_PTR_NOT_NULL(port_get(&b.w.dp, 4));
	port.kind = 99;
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_port, &port, fds[0]), MSG_error);
	CU_ASSERT_EQUAL(b.error.code, EINVAL);
	CU_ASSERT_NOT_EQUAL(b.error.text[0], '\0');
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_tunnel, &tunnel, -1), MSG_done);
	tunnel.port = 5;
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_tunnel, &tunnel, -1), MSG_error);
	CU_ASSERT_EQUAL(b.error.code, EEXIST);
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_tunnel_del, &tunnel_gone, -1), MSG_done);
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_tunnel_del, &tunnel_gone, -1), MSG_error);
	CU_ASSERT_EQUAL(b.error.code, ENOENT);
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_port_del, &port_gone, -1), MSG_done);
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_port_del, &port_gone, -1), MSG_error);
	close(fds[0]);
	close(fds[1]);
	bed_fini(&b);
}

static void
sas_and_policies_are_forwarded_to_their_tables(void)
{
	struct msg_dp_sa sa = { .sa = 3, .spi = 1 };
	struct msg_dp_sa_del sa_gone = { .sa = 3 };
	struct msg_dp_seq_limit limit = { .sa = 3, .seq_limit = 9 };
	struct msg_dp_spd_begin begin = { .port = 6, .n_rules = 1 };
	struct msg_dp_spd_rule rule = { .port = 6,
		.rule = 5,
		.action = MSG_SPD_BYPASS,
		.source = addr_v4(0),
		.source_wildcard = addr_v4(0xffffffff),
		.destination = addr_v4(0),
		.destination_wildcard = addr_v4(0xffffffff),
		.source_port_high = 65535,
		.destination_port_high = 65535,
		.icmp_type = 0xffff,
		.icmp_code = 0xffff };
	struct msg_dp_spd_end end = { .port = 6 };
	struct msg_dp_spd_del gone = { .port = 6 };
	struct bed b;

	bed_init(&b);
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_sa, &sa, -1), MSG_error); /* no algorithm, no slot */
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_sa_del, &sa_gone, -1), MSG_error);
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_seq_limit, &limit, -1), MSG_error);
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_spd_rule, &rule, -1), MSG_error); /* before begin */
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_spd_begin, &begin, -1), MSG_done);
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_spd_rule, &rule, -1), MSG_done);
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_spd_end, &end, -1), MSG_done);
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_spd_del, &gone, -1), MSG_done);
	CU_ASSERT_EQUAL(ask(&b, MSG_dp_spd_del, &gone, -1), MSG_error);
	bed_fini(&b);
}

static void
drop_rows_stream_and_are_filtered_and_reset(void)
{
	struct msg_state_get get = { .table = "drop" };
	struct msg_state_reset reset = { .table = "ipsec_statistics" };
	const struct state_info *info = state_info(STATE_drop);
	struct st_drop st;
	struct rbuf r;
	struct bed b;

	bed_init(&b);
	b.w.dp.stats->drops[DROP_gre_key] = 17;
	CU_ASSERT_EQUAL(ask(&b, MSG_state_get, &get, -1), MSG_state_done);
	CU_ASSERT_EQUAL(b.n_rows, DROP_N - 1);
	strlcpy(get.filter, "gre_key", sizeof(get.filter));
	CU_ASSERT_EQUAL(ask(&b, MSG_state_get, &get, -1), MSG_state_done);
	CU_ASSERT_EQUAL(b.n_rows, 1);
	r = rbuf_over(b.row.row.data, b.row.row.len);
	CU_ASSERT_EQUAL_FATAL(record_decode(&info->record, &r, &st), 0);
	CU_ASSERT_STRING_EQUAL(st.reason, "gre_key");
	CU_ASSERT_EQUAL(st.packets, 17);
	CU_ASSERT_EQUAL(ask(&b, MSG_state_reset, &reset, -1), MSG_done);
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_gre_key], 0);
	bed_fini(&b);
}

static void
decode_sa(const struct bed *b, struct st_ipsec_sa *st)
{
	struct rbuf r = rbuf_over(b->row.row.data, b->row.row.len);

	CU_ASSERT_EQUAL_FATAL(record_decode(&state_info(STATE_ipsec_sa)->record, &r, st), 0);
}

/* The slots of all but the last SA cannot be read while it is asked for: nobody else's row is made. */
static void
who_asks_for_one_sa_has_no_other_read(void)
{
	enum { SAS = 1000 };
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t others = (SAS * sizeof(struct sa_slot) + page - 1) / page * page;
	struct sa_slot *slots = mmap(
		NULL, others + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t last = (uint32_t)(others / sizeof(struct sa_slot) + 1);
	struct msg_dp_sa m = { .inbound = true,
		.protocol = IP_PROTO_ESP,
		.mode = MSG_SA_TUNNEL,
		.source = addr_v4(1),
		.destination = addr_v4(2),
		.cipher = ALG_CIPHER_null,
		.auth = ALG_AUTH_hmac_sha1_96,
		.auth_key.len = 20,
		.policy = "P1-10" };
	struct msg_state_get get = { .table = "ipsec_sa", .filter = "P1-10" };
	struct st_ipsec_sa st;
	struct bed b;

	CU_ASSERT_PTR_NOT_EQUAL_FATAL(slots, MAP_FAILED);
	bed_init(&b);
	b.w.dp.slots = slots;
	b.w.dp.n_slots = last + 1;
	for (m.sa = 1; m.sa <= SAS; m.sa++) {
		m.spi = 0x1000 + m.sa;
		m.slot = m.sa < SAS ? m.sa - 1 : last;
		CU_ASSERT_EQUAL_FATAL(sadb_put(&b.w.dp, &m, NULL), 0);
	}
	sadb_get(b.w.dp.sadb, SAS)->packets = 7;
	CU_ASSERT_EQUAL(ask(&b, MSG_state_get, &get, -1), MSG_state_done);
	CU_ASSERT_EQUAL(b.n_rows, SAS);
	CU_ASSERT_EQUAL_FATAL(mprotect(slots, others, PROT_NONE), 0);
	strlcpy(get.filter, "sa 1000", sizeof(get.filter));
	CU_ASSERT_EQUAL(ask(&b, MSG_state_get, &get, -1), MSG_state_done);
	CU_ASSERT_EQUAL_FATAL(b.n_rows, 1);
	decode_sa(&b, &st);
	CU_ASSERT_EQUAL(st.sa, SAS);
	CU_ASSERT_EQUAL(st.packets, 7);
	strlcpy(get.filter, "sa 1001", sizeof(get.filter)); /* there is none */
	CU_ASSERT_EQUAL(ask(&b, MSG_state_get, &get, -1), MSG_state_done);
	CU_ASSERT_EQUAL(b.n_rows, 0);
	b.w.dp.slots = NULL;
	bed_fini(&b);
	munmap(slots, others + page);
}

static void
every_table_of_the_datapath_answers_and_no_other(void)
{
	struct bed b;

	bed_init(&b);
	for (unsigned int t = 0; t < STATE_N; t++) {
		struct msg_state_get get = { 0 };
		struct msg_state_reset reset = { 0 };
		bool ours = state_info(t)->owner == MSG_DATAPATH;

		strlcpy(get.table, state_info(t)->record.name, sizeof(get.table));
		strlcpy(reset.table, state_info(t)->record.name, sizeof(reset.table));
		CU_ASSERT_EQUAL(
			ask(&b, MSG_state_get, &get, -1), ours ? MSG_state_done : MSG_error);
		CU_ASSERT_EQUAL(ask(&b, MSG_state_reset, &reset, -1), ours ? MSG_done : MSG_error);
	}
	bed_fini(&b);
}

static void
a_daemon_that_is_gone_ends_the_datapath(void)
{
	struct msg_done done = { 0 };
	struct bed b;

	bed_init(&b);
	CU_ASSERT_EQUAL(frame_send(b.daemon, MSG_done, 1, &done, -1), -EPERM);
	CU_ASSERT_FALSE(b.gone);
	frame_free(b.daemon);
	b.daemon = NULL;
	for (unsigned int i = 0; i < 5; i++)
		loop_once(b.w.dp.loop);
	CU_ASSERT_TRUE(b.gone);
	bed_fini(&b);
}

/* --- what nobody asked for ---------------------------------------------------------- */

/* An SA of a peer that may move, for a daemon that reads nothing. */
static struct sa *
sa_that_moves(struct world *w)
{
	struct msg_dp_sa m = { .sa = 1,
		.inbound = true,
		.spi = 0x1000,
		.protocol = IP_PROTO_ESP,
		.mode = MSG_SA_TUNNEL,
		.source = addr_v4(1),
		.destination = addr_v4(2),
		.cipher = ALG_CIPHER_null,
		.auth = ALG_AUTH_hmac_sha1_96,
		.auth_key.len = 20,
		.encap_local = 4500,
		.encap_remote = 4500,
		.may_move = true };

	CU_ASSERT_EQUAL_FATAL(sadb_put(&w->dp, &m, NULL), 0);
	return sadb_get(w->dp.sadb, 1);
}

static unsigned int
hear(int fd, unsigned int n_of[MSG_N])
{
	static uint8_t rx[FRAME_WIRE_MAX];
	struct frame_arrival a;
	unsigned int n = 0;

	for (; frame_wire_recv(fd, MSG_DAEMON, MSG_DATAPATH, rx, MSG_DONTWAIT, &a) == 1; n++) {
		n_of[a.type]++;
		frame_wire_done(&a);
	}
	return n;
}

static void
a_slow_daemon_costs_hints_and_not_memory(void)
{
	enum { MOVES = 10000 };
	unsigned int taken = 0, n_of[MSG_N] = { 0 };
	const struct addr from = addr_v4(1);
	struct sa_slot slot = { 0 };
	struct control *c;
	struct world w;
	struct sa *sa;
	int fds[2];

	world_init(&w);
	w.dp.slots = &slot;
	w.dp.n_slots = 1;
	CU_ASSERT_EQUAL_FATAL(frame_pair(fds), 0);
	c = control_new(&w.dp, fds[1], control_gone, NULL);
	sa = sa_that_moves(&w);
	for (uint16_t port = 1; port <= MOVES; port++) {
		loop_warp(w.dp.loop, 1000);
		sadb_moved(w.dp.sadb, sa, &from, port);
		taken += sa->path.encap_remote == port;
	}
	CU_ASSERT_TRUE(taken > 1000);
	CU_ASSERT_TRUE(taken < 5000);
	sadb_used(w.dp.sadb, sa); /* is said once, and must arrive */
	while (hear(fds[0], n_of) > 0)
		loop_once(w.dp.loop);
	CU_ASSERT_EQUAL(n_of[MSG_dp_sa_path], taken);
	CU_ASSERT_EQUAL(n_of[MSG_dp_sa_soft], 1);
	/* it has caught up */
	sadb_moved(w.dp.sadb, sa, &from, MOVES + 1);
	CU_ASSERT_EQUAL(hear(fds[0], n_of), 1);
	close(fds[0]);
	control_free(c);
	w.dp.slots = NULL;
	world_fini(&w);
}

CU_TestInfo control_tests[] = {
	{ "the shared file is taken once", the_shared_file_is_taken_once },
	{ "ports and tunnels come and go", ports_and_tunnels_come_and_go },
	{ "SAs and policies are forwarded to their tables",
		sas_and_policies_are_forwarded_to_their_tables },
	{ "drop rows stream and are filtered and reset",
		drop_rows_stream_and_are_filtered_and_reset },
	{ "who asks for one SA has no other read", who_asks_for_one_sa_has_no_other_read },
	{ "every table of the datapath answers, and no other",
		every_table_of_the_datapath_answers_and_no_other },
	{ "a daemon that is gone ends the datapath", a_daemon_that_is_gone_ends_the_datapath },
	{ "a slow daemon costs hints and not memory", a_slow_daemon_costs_hints_and_not_memory },
	CU_TEST_INFO_NULL,
};
