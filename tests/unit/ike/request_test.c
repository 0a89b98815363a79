/*
 * Our own requests: what may be on its way at once, and when it is given up.
 */
#include "config.h"

#include "daemon/ike/child_sa.h"
#include "tests/unit/ike/sim.h"
#include "tests/unit/ike/suites.h"

enum { CHILDREN = 6 };

/* Both ends with so many children, all up. */
static struct sim *
many_children(void)
{
	struct sim *s = sim_up(1, NULL, NULL);

	s->by_hand = false;
	for (uint32_t n = 2; n <= CHILDREN; n++) {
		const struct sim_child c = { .number = n };

		sim_child(&s->end[0], &c);
		sim_child(&s->end[1], &c);
		sim_acquire(&s->end[0], n);
	}
	sim_run(s, 10000);
	s->by_hand = true;
	for (uint32_t n = 1; n <= CHILDREN; n++)
		sim_rekey_child(&s->end[0], n);
	return s;
}

static void
test_the_peers_window_is_filled(void)
{
	struct sim *s = many_children();

	CU_ASSERT_EQUAL(sim_n_packets(s), WINDOW_SIZE);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Requests outside the window"), 0);
	sim_end_settled(s, CHILDREN);
}

/* The window begins with the oldest that is not answered, not with how many are: RFC 7296 2.3. */
static void
test_a_lost_request_holds_the_window(void)
{
	struct sim *s = many_children();

	CU_ASSERT_EQUAL_FATAL(sim_n_packets(s), WINDOW_SIZE);
	sim_drop(s, 0);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Requests outside the window"), 0);
	/* the three others have been answered, and nothing more was asked */
	CU_ASSERT_EQUAL(
		sim_ike(&s->end[0])->window.next_id, sim_ike(&s->end[1])->window.low + WINDOW_SIZE);
	/* the lost one again: then it goes on */
	sim_run(s, 3000);
	CU_ASSERT_EQUAL(sim_n_packets(s), 1);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Requests outside the window"), 0);
	sim_end_settled(s, CHILDREN);
}

CU_TestInfo request_tests[] = {
	{ "the peer's window is filled", test_the_peers_window_is_filled },
	{ "a lost request holds the window", test_a_lost_request_holds_the_window },
	CU_TEST_INFO_NULL,
};
