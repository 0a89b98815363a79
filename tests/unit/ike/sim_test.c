/*
 * Years chosen at random. YONGDAO_SEED=N runs that one, YONGDAO_YEARS=N so many, from that one on;
 * `make check-ike-long` runs 10,000.
 */
#include "config.h"

#include "tests/unit/ike/sim_year.h"
#include "tests/unit/ike/suites.h"

#include <stdio.h>
#include <stdlib.h>

enum { YEARS = 200, YEARS_SHORT = 10, TOLD = 500 };

static unsigned long
asked_for(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 10) : otherwise;
}

static void
test_years_end_with_what_policy_asks_for(void)
{
	unsigned long first = asked_for("YONGDAO_SEED", 1);
	unsigned long usual = getenv("YONGDAO_SHORT") ? YEARS_SHORT : YEARS;
	unsigned long n = asked_for("YONGDAO_YEARS", getenv("YONGDAO_SEED") ? 1 : usual);
	unsigned int failed = 0;
	char why[256];

	for (unsigned long seed = first; seed < first + n && failed < 10; seed++) {
		if (seed > first && (seed - first) % TOLD == 0) {
			printf("\n    %lu years, %u bad", seed - first, failed);
			fflush(stdout);
		}
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
