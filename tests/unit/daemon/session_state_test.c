/*
 * Twin of daemon/session_state.c and daemon/status.c.
 */
#include "config.h"

#include "daemon/session.h"

#include "lib/buf.h"
#include "lib/state.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/daemon/shell.h"
#include "tests/unit/daemon/site.h"
#include "tests/unit/daemon/suites.h"

static void
get(struct shell *s, const char *table, const char *filter)
{
	struct msg_state_get m = { 0 };

	strlcpy(m.table, table, sizeof(m.table));
	strlcpy(m.filter, filter, sizeof(m.filter));
	peer_say(&s->peer, MSG_state_get, ++s->id, &m, -1);
}

static void
last_row(const struct shell *s, enum state_table t, void *out)
{
	const struct msg_state_row *m = &s->peer.last_row;
	struct rbuf b = rbuf_over(m->row.data, m->row.len);

	CU_ASSERT_STRING_EQUAL(m->table, state_info(t)->record.name);
	CU_ASSERT_EQUAL(record_decode(&state_info(t)->record, &b, out), 0);
}

static void
own_tables_are_answered_at_once(void)
{
	struct st_interface i;
	struct st_system sys;
	struct st_object o;
	struct shell s;

	shell_init(&s, 0);
	shell_hello(&s);
	shell_commit(&s,
		SITE_INTERFACES SITE_TUNNEL "set system 1 sysname=RTA\n"
					    "set interface Tunnel0/0/1 destination=\n");
	get(&s, "system", "");
	CU_ASSERT_STRING_EQUAL(s.peer.said, "state_row state_done ");
	last_row(&s, STATE_system, &sys);
	CU_ASSERT_STRING_EQUAL(sys.sysname, "RTA");
	CU_ASSERT_EQUAL(sys.revision, 1);
	CU_ASSERT_FALSE(sys.datapath_up);
	get(&s, "object", "");
	CU_ASSERT_EQUAL(s.peer.n_rows, 1);
	last_row(&s, STATE_object, &o);
	CU_ASSERT_STRING_EQUAL(o.name, "Tunnel0/0/1");
	CU_ASSERT_STRING_EQUAL(o.status, "incomplete");
	CU_ASSERT_STRING_EQUAL(o.reason, "no destination");
	get(&s, "interface", "");
	CU_ASSERT_EQUAL(s.peer.n_rows, 3);
	get(&s, "interface", "Tunnel0/0/1");
	CU_ASSERT_EQUAL(s.peer.n_rows, 1);
	last_row(&s, STATE_interface, &i);
	CU_ASSERT_STRING_EQUAL(i.device, "Tunnel0-0-1");
	CU_ASSERT_STRING_EQUAL(i.address, "172.16.40.1/24");
	CU_ASSERT_STRING_EQUAL(i.incomplete, "no destination");
	CU_ASSERT_TRUE(i.has_key && i.checksum && i.key == 12345);
	CU_ASSERT_FALSE(i.proto_up);
	get(&s, "interface", "Tunnel0/0/9");
	CU_ASSERT_STRING_EQUAL(s.peer.said, "state_done ");
	get(&s, "route", "");
	CU_ASSERT_STRING_EQUAL(s.peer.said, "state_done ");
	shell_fini(&s);
}

static void
what_does_not_exist_or_does_not_run_is_an_error(void)
{
	struct shell s;

	shell_init(&s, 0);
	shell_hello(&s);
	get(&s, "nonsense", "");
	CU_ASSERT_EQUAL(s.peer.body.error.code, ENOENT);
	get(&s, "ipsec_sa", "");
	CU_ASSERT_EQUAL(s.peer.body.error.code, ENOTCONN);
	shell_datapath(&s);
	get(&s, "ipsec_sa", "");
	CU_ASSERT_EQUAL(s.peer.body.error.code, ENOTCONN);
	shell_fini(&s);
}

static void
the_datapath_s_rows_are_relayed(void)
{
	struct shell s;

	shell_init(&s, 0);
	shell_datapath(&s);
	shell_datapath_up(&s);
	shell_hello(&s);
	get(&s, "port", "e0");
	CU_ASSERT_EQUAL(s.dp.type, MSG_state_get);
	CU_ASSERT_STRING_EQUAL(s.dp.body.state_get.filter, "e0");
	CU_ASSERT_EQUAL(s.peer.type, MSG_NONE);
	shell_answer_rows(&s, 3);
	CU_ASSERT_STRING_EQUAL(s.peer.said, "state_row state_row state_row state_done ");
	CU_ASSERT_EQUAL(s.peer.id, s.id);
	shell_fini(&s);
}

static void
interfaces_take_over_the_counters_of_their_ports(void)
{
	struct st_interface i;
	struct shell s;

	shell_init(&s, 0);
	shell_datapath(&s);
	shell_datapath_up(&s);
	shell_hello(&s);
	shell_commit(&s, SITE_INTERFACES SITE_TUNNEL);
	get(&s, "interface", "Tunnel0/0/1");
	CU_ASSERT_STRING_EQUAL(s.dp.body.state_get.table, "port");
	shell_answer_rows(&s, 1);
	CU_ASSERT_STRING_EQUAL(s.peer.said, "state_row state_done ");
	last_row(&s, STATE_interface, &i);
	CU_ASSERT_EQUAL(i.in_packets, 7);
	CU_ASSERT_EQUAL(i.out_bytes, 99);
	shell_fini(&s);
}

static void
reset(struct shell *s, const char *table, const char *filter)
{
	struct msg_state_reset m = { 0 };

	strlcpy(m.table, table, sizeof(m.table));
	strlcpy(m.filter, filter, sizeof(m.filter));
	peer_say(&s->peer, MSG_state_reset, ++s->id, &m, -1);
}

/* The datapath knows devices; the kernel's counters begin anew without it. */
static void
counters_of_interfaces_are_reset_on_both_sides(void)
{
	struct shell s;

	shell_init(&s, 0);
	shell_hello(&s);
	shell_commit(&s, SITE_INTERFACES SITE_TUNNEL);
	reset(&s, "interface", "");
	CU_ASSERT_EQUAL(s.peer.type, MSG_done);
	reset(&s, "interface", "Tunnel0/0/9");
	CU_ASSERT_EQUAL(s.peer.body.error.code, ENODEV);
	reset(&s, "ipsec_sa", "");
	CU_ASSERT_EQUAL(s.peer.body.error.code, ENOTCONN);
	shell_datapath(&s);
	shell_datapath_up(&s);
	reset(&s, "interface", "Tunnel0/0/1");
	CU_ASSERT_EQUAL(s.dp.type, MSG_state_reset);
	CU_ASSERT_STRING_EQUAL(s.dp.body.state_reset.table, "port");
	CU_ASSERT_STRING_EQUAL(s.dp.body.state_reset.filter, "Tunnel0-0-1");
	reset(&s, "spd_rule", "acl 3001");
	CU_ASSERT_STRING_EQUAL(s.dp.body.state_reset.table, "spd_rule");
	CU_ASSERT_STRING_EQUAL(s.dp.body.state_reset.filter, "acl 3001");
	shell_fini(&s);
}

static void
when_the_datapath_dies_meanwhile_interfaces_come_all_the_same(void)
{
	struct shell s;

	shell_init(&s, 0);
	shell_datapath(&s);
	shell_datapath_up(&s);
	shell_hello(&s);
	shell_commit(&s, SITE_INTERFACES);
	get(&s, "interface", "");
	get(&s, "drop", "");
	childlink_down(s.bench.daemon.dplink);
	peer_hear(&s.peer);
	CU_ASSERT_STRING_EQUAL(s.peer.said, "state_row state_row state_done error ");
	shell_fini(&s);
}

CU_TestInfo session_state_tests[] = {
	{ "own tables are answered at once", own_tables_are_answered_at_once },
	{ "what does not exist or does not run is an error",
		what_does_not_exist_or_does_not_run_is_an_error },
	{ "the datapath's rows are relayed", the_datapath_s_rows_are_relayed },
	{ "interfaces take over the counters of their ports",
		interfaces_take_over_the_counters_of_their_ports },
	{ "counters of interfaces are reset on both sides",
		counters_of_interfaces_are_reset_on_both_sides },
	{ "when the datapath dies meanwhile, interfaces come all the same",
		when_the_datapath_dies_meanwhile_interfaces_come_all_the_same },
	CU_TEST_INFO_NULL,
};
