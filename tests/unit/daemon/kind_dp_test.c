/*
 * Twin of daemon/kind_dp.c: what may be compared without a kernel. Ports of TUN devices need one, and are
 * seen in the scenarios.
 */
#include "config.h"

#include "daemon/kind.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/daemon.h"
#include "daemon/kind_dp.h"
#include "daemon/sastate.h"
#include "tests/unit/daemon/shell.h"
#include "tests/unit/daemon/suites.h"

static void
equality_looks_at_everything_the_datapath_is_told(void)
{
	struct msg_dp_spd_rule rule_a = { .rule = 5 }, rule_b = rule_a;
	const char *key_a[] = { "one" }, *key_b[] = { "one" }, *key_c[] = { "two" },
		   *none[] = { NULL };
	struct want a = { .kind = WANT_SPD }, b;

	a.spd = (struct want_spd){
		.rules = &rule_a, .sa_out_key = key_a, .sa_in_key = none, .n_rules = 1
	};
	b = a;
	b.spd.rules = &rule_b;
	b.spd.sa_out_key = key_b;
	CU_ASSERT_TRUE(kind_spd.equal(&a, &b));
	b.spd.sa_out_key = key_c; /* another key: another SA, another number */
	CU_ASSERT_FALSE(kind_spd.equal(&a, &b));
	b.spd.sa_out_key = none;
	CU_ASSERT_FALSE(kind_spd.equal(&a, &b));
	b = a;
	b.spd.rules = &rule_b;
	rule_b.icmp_code = 1;
	CU_ASSERT_FALSE(kind_spd.equal(&a, &b));
	rule_b = rule_a;
	rule_b.acl = 3001; /* whose counters are whose? */
	CU_ASSERT_FALSE(kind_spd.equal(&a, &b));
	b.spd.n_rules = 0;
	CU_ASSERT_FALSE(kind_spd.equal(&a, &b));
}

static void
without_a_datapath_steps_wait_for_it(void)
{
	struct daemon d = { .kind_dp = kind_dp_new() };
	struct want w = { .kind = WANT_PORT, .key = "4 ", .port.kind = MSG_PORT_RAW_GRE };
	struct err *e = NULL;

	CU_ASSERT_EQUAL(kind_port.add(&d, &w, e), -ENOTCONN);
	w = (struct want){ .kind = WANT_SA, .key = "x" };
	CU_ASSERT_EQUAL(kind_sa.add(&d, &w, e), -ENOTCONN);
	CU_ASSERT_EQUAL(kind_sa.del(&d, &w, e), 0);
	w = (struct want){ .kind = WANT_SPD, .key = "x" };
	CU_ASSERT_EQUAL(kind_spd.add(&d, &w, e), -ENOTCONN);
	kind_dp_free(d.kind_dp);
}

static void
a_new_datapath_is_given_the_shared_file_first(void)
{
	struct shell s;
	struct stat st;

	shell_init(&s, 0);
	shell_datapath(&s);
	shell_datapath_up(&s);
	CU_ASSERT_EQUAL(s.dp.body.dp_setup.n_slots, SASTATE_SLOTS);
	CU_ASSERT_EQUAL(fstat(s.dp.fd, &st), 0);
	CU_ASSERT_TRUE(S_ISREG(st.st_mode));
	shell_fini(&s);
}

static void
asked_for_numbers_it_reserves_and_tells(void)
{
	static const uint8_t id[SASTATE_ID_LEN] = { 9 };
	struct daemon *d;
	struct shell s;
	uint64_t limit;
	uint32_t slot;

	shell_init(&s, 0);
	d = &s.bench.daemon;
	shell_datapath(&s);
	shell_datapath_up(&s);
	sastate_take(d->sastate, id, false, &slot, &limit, NULL);
	peer_forget(&s.dp);
	kind_dp_seq_need(d, slot + 1);
	peer_hear(&s.dp);
	CU_ASSERT_EQUAL(s.dp.type, MSG_dp_seq_limit);
	CU_ASSERT_EQUAL(s.dp.id, 0);
	CU_ASSERT_EQUAL(s.dp.body.dp_seq_limit.seq_limit, limit + SASTATE_BLOCK);
	peer_forget(&s.dp);
	kind_dp_seq_need(d, 0); /* nobody's; it is logged */
	peer_hear(&s.dp);
	CU_ASSERT_EQUAL(s.dp.type, MSG_NONE);
	shell_fini(&s);
}

CU_TestInfo kind_dp_tests[] = {
	{ "a new datapath is given the shared file first",
		a_new_datapath_is_given_the_shared_file_first },
	{ "asked for numbers it reserves and tells", asked_for_numbers_it_reserves_and_tells },
	{ "equality looks at everything the datapath is told",
		equality_looks_at_everything_the_datapath_is_told },
	{ "without a datapath, steps wait for it", without_a_datapath_steps_wait_for_it },
	CU_TEST_INFO_NULL,
};
