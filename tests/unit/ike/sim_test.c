/*
 * Years chosen at random: YONGDAO_SEED=N runs one of them, YONGDAO_YEARS=N so many (make check-ike-long).
 */
#include "config.h"

#include "tests/unit/ike/sim_year.h"
#include "tests/unit/ike/suites.h"

#include <stdio.h>
#include <stdlib.h>

enum { YEARS = 200 };

static void
test_years_end_with_what_policy_asks_for(void)
{
	const char *one = getenv("YONGDAO_SEED"), *many = getenv("YONGDAO_YEARS");
	unsigned long first = one ? strtoul(one, NULL, 10) : 1;
	unsigned long n = one ? 1 : many ? strtoul(many, NULL, 10) : YEARS;
	unsigned int failed = 0;
	char why[256];

	for (unsigned long seed = first; seed < first + n && failed < 10; seed++) {
		if (sim_year(seed, why))
			continue;
		failed++;
		printf("\n    YONGDAO_SEED=%lu: %s", seed, why);
	}
	CU_ASSERT_EQUAL(failed, 0);
}

CU_TestInfo sim_tests[] = {
	{ "years of accidents end with what policy asks for",
		test_years_end_with_what_policy_asks_for },
	CU_TEST_INFO_NULL,
};
