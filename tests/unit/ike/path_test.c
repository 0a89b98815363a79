/*
 * Twin of daemon/ike/path.c: who keeps a NAT's mapping, and how often.
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

CU_TestInfo path_tests[] = {
	{ "the end behind a NAT sends keepalives as configured",
		test_the_end_behind_a_nat_sends_keepalives_as_configured },
	CU_TEST_INFO_NULL,
};
