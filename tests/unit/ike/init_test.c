/*
 * The first exchanges between two of our own ends.
 */
#include "config.h"

#include "tests/unit/ike/sim.h"
#include "tests/unit/ike/suites.h"

#include <stdio.h>

static void
assert_settled(struct sim *s, unsigned int n)
{
	char why[256];

	if (!sim_is_settled(s, n, why))
		printf("\n    %s\n", why);
	CU_ASSERT_EQUAL(why[0], '\0');
	CU_ASSERT_EQUAL(s->n_violations, 0);
}

static void
test_an_automatic_child_comes_up(void)
{
	struct sim *s = sim_new(1);
	const struct sim_child automatic = { .automatic = true };

	sim_peer(&s->end[0], NULL);
	sim_peer(&s->end[1], NULL);
	sim_child(&s->end[1], NULL);
	sim_child(&s->end[0], &automatic);
	sim_run(s, 5000);
	assert_settled(s, 1);
	sim_free(s);
}

CU_TestInfo init_tests[] = {
	{ "an automatic child comes up", test_an_automatic_child_comes_up },
	CU_TEST_INFO_NULL,
};
