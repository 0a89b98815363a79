/*
 * Twin of daemon/speaker.c: setup, and what is relayed between a played speaker and a played datapath.
 */
#include "config.h"

#include "daemon/speaker.h"

#include "daemon/childlink.h"
#include "daemon/kind.h"
#include "daemon/negotiated.h"
#include "lib/buf.h"
#include "lib/loop.h"
#include "lib/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/daemon/shell.h"
#include "tests/unit/daemon/suites.h"

enum { POLICY = 1, PORT = 12 };
#define CHILD_ID 0x80000001u

static const struct msg_ike_setup setup = { .local_name = "RTA", .nat_keepalive_s = 20 };

/* With one outbound SA, number 2 at the speaker; its identity in the datapath is *sa. */
static void
stand_init(struct shell *s, uint32_t *sa)
{
	static const struct msg_ike_child child = { .name = "P1-10" };
	struct want w = { .kind = WANT_GROUP,
		.key = "ike one",
		.group = { .child = &child, .policy = "P1-10" } };
	struct msg_ike_sa_add m = {
		.sa = 2, .connection = 9, .child = CHILD_ID, .spi = 4097, .protocol = 50, .mode = 2
	};
	struct negotiated_sa found = { 0 };

	shell_init(s, 0);
	shell_hello(s);
	shell_datapath(s);
	shell_speaker(s);
	shell_datapath_up(s);
	shell_speaker_up(s);
	s->dp.obliging = true;
	negotiated_child(&s->bench.daemon, &w, CHILD_ID, POLICY, PORT);
	addr_parse("198.51.100.1", &m.source);
	addr_parse("203.0.113.1", &m.destination);
	peer_say(&s->ike, MSG_ike_sa_add, 1, &m, -1);
	CU_ASSERT_TRUE(negotiated_by_speaker(s->bench.daemon.negotiated, 2, &found));
	*sa = found.datapath;
	s->dp.obliging = false;
	peer_forget(&s->dp);
	peer_forget(&s->ike);
}

static void
setup_joins_the_speaker_with_the_datapath(void)
{
	struct want w = { .kind = WANT_IKE, .key = "ike", .ike.setup = &setup };
	struct shell s;
	struct stat st;
	uint32_t sa;

	stand_init(&s, &sa);
	CU_ASSERT_EQUAL(kind_ike.add(&s.bench.daemon, &w, NULL), 0);
	peer_hear(&s.ike);
	CU_ASSERT_TRUE(peer_heard(&s.ike, "ike_setup{local_name=RTA nat_keepalive_s=20"));
	CU_ASSERT_STRING_EQUAL(s.dp.said, "dp_punt ");
	CU_ASSERT_EQUAL(fstat(s.ike.fd, &st), 0);
	CU_ASSERT_TRUE(S_ISSOCK(st.st_mode));
	CU_ASSERT_EQUAL(write(s.dp.fd, "x", 1), 1); /* they are the two ends */
	CU_ASSERT_EQUAL(read(s.ike.fd, &st, 1), 1);
	shell_fini(&s);
}

static void
what_the_datapath_tells_goes_to_the_speaker_under_its_numbers(void)
{
	struct msg_dp_acquire acquire = { .group = CHILD_ID, .protocol = 6, .source_port = 99 };
	struct msg_dp_sa_path path = { .encap_remote = 1027 };
	struct msg_dp_sa_soft soft;
	struct shell s;
	uint32_t sa;

	stand_init(&s, &sa);
	speaker_acquire(&s.bench.daemon, &acquire);
	peer_hear(&s.ike);
	CU_ASSERT_TRUE(peer_heard(&s.ike, "ike_acquire{child=2147483649 protocol=6"));
	soft = (struct msg_dp_sa_soft){ .sa = sa, .hard = true };
	speaker_used(&s.bench.daemon, &soft);
	soft.sa = sa + 1; /* somebody else's: keyed by hand */
	speaker_used(&s.bench.daemon, &soft);
	peer_hear(&s.ike);
	CU_ASSERT_TRUE(peer_heard(&s.ike, "ike_sa_used{sa=2 hard=true}"));
	CU_ASSERT_STRING_EQUAL(s.ike.said, "ike_acquire ike_sa_used ");
	path.sa = sa;
	speaker_moved(&s.bench.daemon, &path); /* only the MTU: it is not told */
	addr_parse("192.0.2.7", &path.destination);
	speaker_moved(&s.bench.daemon, &path);
	peer_hear(&s.ike);
	CU_ASSERT_TRUE(peer_heard(&s.ike, "ike_moved{sa=2 remote=192.0.2.7 remote_port=1027}"));
	CU_ASSERT_STRING_EQUAL(s.ike.said, "ike_acquire ike_sa_used ike_moved ");
	shell_fini(&s);
}

static void
usage_is_what_the_datapath_has_counted(void)
{
	static const struct msg_state_done end;
	const struct record *rec = &state_info(STATE_ipsec_sa)->record;
	struct msg_ike_usage_get get = { .sa = 2 };
	struct msg_state_row m = { .table = "ipsec_sa" };
	struct st_ipsec_sa row = { .policy = "P1-10", .packets = 7, .bytes = 900 };
	struct wbuf b = wbuf_over(m.row.data, sizeof(m.row.data));
	struct shell s;
	char one[16];
	uint32_t id;

	stand_init(&s, &row.sa);
	CU_ASSERT_EQUAL(record_encode(rec, &row, &b), 0);
	m.row.len = (uint32_t)wbuf_len(&b);
	peer_say(&s.ike, MSG_ike_usage_get, 5, &get, -1);
	CU_ASSERT_EQUAL(s.dp.type, MSG_state_get);
	snprintf(one, sizeof(one), "sa %u", row.sa);
	CU_ASSERT_STRING_EQUAL(s.dp.body.state_get.filter, one);
	id = s.dp.id;
	peer_say(&s.dp, MSG_state_row, id, &m, -1);
	peer_forget(&s.ike);
	peer_say(&s.dp, MSG_state_done, id, &end, -1);
	CU_ASSERT_EQUAL(s.ike.type, MSG_ike_usage);
	CU_ASSERT_EQUAL(s.ike.id, 5);
	CU_ASSERT_EQUAL(s.ike.body.ike_usage.packets, 7);
	CU_ASSERT_EQUAL(s.ike.body.ike_usage.bytes, 900);
	get.sa = 77; /* there is none: nothing came in */
	peer_say(&s.ike, MSG_ike_usage_get, 6, &get, -1);
	CU_ASSERT_EQUAL(s.ike.id, 6);
	CU_ASSERT_EQUAL(s.ike.body.ike_usage.packets, 0);
	shell_fini(&s);
}

static void
the_way_to_a_peer_is_the_kernel_s(void)
{
	struct msg_ike_route_get get = { .destination = { 0 } };
	struct addr here;
	struct shell s;
	uint32_t sa;

	stand_init(&s, &sa);
	addr_parse("203.0.113.1", &get.destination);
	addr_parse("198.51.100.1", &here);
	peer_say(&s.ike, MSG_ike_route_get, 5, &get, -1);
	CU_ASSERT_EQUAL(s.ike.type, MSG_ike_route);
	CU_ASSERT_TRUE(addr_eq(&s.ike.body.ike_route.source, &here));
	s.bench.path_mtu = 0; /* no route */
	peer_say(&s.ike, MSG_ike_route_get, 6, &get, -1);
	CU_ASSERT_EQUAL(s.ike.id, 6);
	CU_ASSERT_EQUAL(s.ike.body.ike_route.source.af, 0);
	shell_fini(&s);
}

static void
without_a_speaker_nobody_is_told(void)
{
	struct msg_dp_acquire acquire = { .group = CHILD_ID };
	struct want w = { .kind = WANT_IKE, .key = "ike", .ike.setup = &setup };
	struct shell s;
	uint32_t sa;

	stand_init(&s, &sa);
	peer_fini(&s.ike);
	speaker_gone(&s.bench.daemon);
	speaker_acquire(&s.bench.daemon, &acquire);
	CU_ASSERT_EQUAL(kind_ike.add(&s.bench.daemon, &w, NULL), -ENOTCONN);
	CU_ASSERT_EQUAL(speaker_restarts(s.bench.daemon.speaker), 0);
	CU_ASSERT_TRUE(speaker_socket(&s.bench.daemon, AF_INET, 501, NULL) < 0);
	shell_fini(&s);
}

CU_TestInfo speaker_tests[] = {
	{ "setup joins the speaker with the datapath", setup_joins_the_speaker_with_the_datapath },
	{ "what the datapath tells goes to the speaker under its numbers",
		what_the_datapath_tells_goes_to_the_speaker_under_its_numbers },
	{ "usage is what the datapath has counted", usage_is_what_the_datapath_has_counted },
	{ "the way to a peer is the kernel's", the_way_to_a_peer_is_the_kernel_s },
	{ "without a speaker nobody is told", without_a_speaker_nobody_is_told },
	CU_TEST_INFO_NULL,
};
