/*
 * NATs between the two ends: who is answered where, who is followed, who keeps the mapping, and how often.
 */
#include "config.h"

#include "daemon/ike/path.h"

#include "tests/unit/ike/sim.h"
#include "tests/unit/ike/suites.h"

#define KEEPALIVES "Sent NAT keepalives"

static void
keepalive_interval(struct sim *s, uint32_t seconds)
{
	const struct msg_ike_setup m = { .nat_keepalive_s = seconds };

	for (unsigned int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(ike_command(s->end[i].ike, MSG_ike_setup, 0, &m, NULL), 0);
}

/* Its keepalives of so much time, in which nothing else is sent; the end that is not has none. */
static uint64_t
keepalives(struct sim *s, uint64_t ms)
{
	uint64_t before = sim_statistic(&s->end[0], KEEPALIVES);

	sim_run(s, ms);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], KEEPALIVES), 0);
	return sim_statistic(&s->end[0], KEEPALIVES) - before;
}

static void
test_the_end_behind_a_nat_sends_keepalives_as_configured(void)
{
	struct sim *s = sim_new(1);

	s->end[0].nat_port = 20000;
	sim_peer(&s->end[0], NULL);
	sim_peer(&s->end[1], NULL);
	sim_child(&s->end[1], NULL);
	sim_child(&s->end[0], &(struct sim_child){ .automatic = true });
	sim_run(s, 5000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sim_pair(&s->end[0], 1));
	keepalives(s, 20000); /* in step with them */
	CU_ASSERT_EQUAL(keepalives(s, 100000), 5);
	keepalive_interval(s, 300);
	CU_ASSERT_EQUAL(keepalives(s, 200000), 0);
	keepalive_interval(s, 5); /* at once, and not when the 300 seconds are over */
	CU_ASSERT_EQUAL(keepalives(s, 1000), 1);
	CU_ASSERT_EQUAL(keepalives(s, 50000), 10);
	sim_free(s);
}

static const struct sim_child automatic = { .automatic = true };

/* End 0 behind a NAT, up; by hand from here. */
static struct sim *
behind_a_nat(void)
{
	struct sim *s = sim_new(1);
	char why[256];

	s->end[0].nat_port = 20000;
	for (unsigned int i = 0; i < 2; i++)
		sim_peer(&s->end[i], NULL);
	sim_child(&s->end[1], NULL);
	sim_child(&s->end[0], &automatic);
	sim_run(s, 5000);
	CU_ASSERT_TRUE_FATAL(sim_is_settled(s, 1, why));
	s->by_hand = true;
	sim_expect_no_loss(s);
	return s;
}

/* The NAT has another mapping from now on; nothing comes through the old one. */
static void
remap(struct sim *s)
{
	s->end[0].nat_port += 100;
}

static void
test_a_new_mapping_is_followed(void)
{
	struct sim *s = behind_a_nat();

	remap(s);
	sim_rekey_child(&s->end[0], 1);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_ike(&s->end[1])->path.at.remote_port, s->end[0].nat_port + 1);
	CU_ASSERT_EQUAL(s->end[1].n_moves, 1);
	/* and the answer has come through */
	CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_CREATE_CHILD_SA, true));
	sim_end_settled(s, 1);
}

/* The answer to a retransmission goes where that came from (RFC 7296 2.11), though nobody follows it: it may be
 * an old one that somebody repeats. */
static void
test_a_retransmission_is_answered_where_it_comes_from(void)
{
	struct sim *s = behind_a_nat();
	uint16_t before = sim_ike(&s->end[1])->path.at.remote_port;

	sim_rekey_child(&s->end[0], 1);
	sim_deliver(s, 0);
	CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_CREATE_CHILD_SA, true));
	sim_drop(s, 0);
	remap(s);
	sim_run(s, 2500);
	CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_CREATE_CHILD_SA, false));
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Answered again"), 1);
	CU_ASSERT_EQUAL(sim_ike(&s->end[1])->path.at.remote_port, before);
	CU_ASSERT_EQUAL_FATAL(sim_n_packets(s), 1);
	CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_CREATE_CHILD_SA, true));
	/* what comes next is new: now it is followed */
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_ike(&s->end[1])->path.at.remote_port, s->end[0].nat_port + 1);
	sim_end_settled(s, 1);
}

/* Who is not behind a NAT is not followed, but is answered where it asks from. */
static void
test_without_a_nat_nobody_is_followed(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	struct sim_packet *p;

	sim_rekey_child(&s->end[0], 1);
	p = TAILQ_FIRST(&s->packets);
	p->path.remote_port = 1234;
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_ike(&s->end[1])->path.at.remote_port, 500);
	p = TAILQ_FIRST(&s->packets);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->path.local_port, 1234);
	sim_end_settled(s, 1);
}

/* Keepalives that were off when the SA began, and off again. */
static void
test_keepalives_follow_the_configuration(void)
{
	struct msg_ike_setup off = { .nat_keepalive_s = 0 }, on = { .nat_keepalive_s = 20 };
	struct sim *s = behind_a_nat();
	struct ike *ike = s->end[0].ike;
	const char sent[] = "Sent NAT keepalives";
	uint64_t n;

	s->by_hand = false;
	ike_command(ike, MSG_ike_setup, 0, &off, NULL);
	sim_reset(&s->end[0], false);
	sim_run(s, 60000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sim_ike(&s->end[0]));
	n = sim_statistic(&s->end[0], sent);
	sim_run(s, 100000);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], sent), n);
	ike_command(ike, MSG_ike_setup, 0, &on, NULL);
	sim_run(s, 101000);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], sent), n + 6); /* one at once */
	ike_command(ike, MSG_ike_setup, 0, &off, NULL);
	sim_run(s, 100000);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], sent), n + 6);
	/* who is not behind a NAT keeps none */
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], sent), 0);
	sim_free(s);
}

CU_TestInfo path_tests[] = {
	{ "the end behind a NAT sends keepalives as configured",
		test_the_end_behind_a_nat_sends_keepalives_as_configured },
	{ "a new mapping is followed", test_a_new_mapping_is_followed },
	{ "a retransmission is answered where it comes from",
		test_a_retransmission_is_answered_where_it_comes_from },
	{ "without a NAT nobody is followed", test_without_a_nat_nobody_is_followed },
	{ "keepalives follow the configuration", test_keepalives_follow_the_configuration },
	CU_TEST_INFO_NULL,
};
