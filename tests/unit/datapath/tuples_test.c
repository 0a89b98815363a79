/*
 * Twin of datapath/tuples.c: the index says what a walk through all entries says.
 */
#include "config.h"

#include "datapath/tuples.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/suites.h"

enum { N = 400 };

struct world {
	uint64_t value[N][4], care[N][4];
	uint32_t refused; /* entries divisible by it are not agreed to; 0: all are */
};

static bool
fits(const void *arg, uint32_t entry)
{
	const struct world *w = arg;

	return w->refused == 0 || entry % w->refused != 0;
}

static uint32_t
walk(const struct world *w, uint32_t n, const uint64_t addr[4])
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t differs = 0;

		for (unsigned int k = 0; k < 4; k++)
			differs |= (addr[k] ^ w->value[i][k]) & w->care[i][k];
		if (differs == 0 && fits(w, i))
			return i;
	}
	return UINT32_MAX;
}

static void
the_index_says_what_a_walk_says(void)
{
	struct world *w = calloc(1, sizeof(*w));
	uint32_t random = 5, wrong = 0, found = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	for (uint32_t n = 0; n <= N; n = n < 4 ? n + 1 : n * 3 / 2) {
		struct tuples *t = tuples_new(n);

		CU_ASSERT_PTR_NOT_NULL_FATAL(t);
		w->refused = n % 3 == 2 ? 3 : 0;
		for (uint32_t i = 0; i < n; i++) {
			for (unsigned int k = 0; k < 4; k++) { /* few bits, few masks: many hits */
				w->value[i][k] = fix_random(&random) % 8;
				w->care[i][k] = fix_random(&random) % (i % 5 ? 4 : 16);
			}
			CU_ASSERT_EQUAL(tuples_add(t, w->value[i], w->care[i]), 0);
		}
		CU_ASSERT_EQUAL(tuples_done(t), 0);
		for (uint32_t i = 0; i < 3000; i++) {
			uint64_t addr[4];
			uint32_t first;

			for (unsigned int k = 0; k < 4; k++)
				addr[k] = fix_random(&random) % 8;
			first = tuples_first(t, addr, fits, w);
			wrong += first != walk(w, n, addr);
			found += first != UINT32_MAX;
		}
		tuples_free(t);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_TRUE(found > 1000);
	free(w);
}

static void
more_than_announced_is_refused(void)
{
	const uint64_t none[4] = { 0 };
	struct tuples *t = tuples_new(1);

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT_EQUAL(tuples_add(t, none, none), 0);
	CU_ASSERT_NOT_EQUAL(tuples_add(t, none, none), 0);
	tuples_free(t);
	tuples_free(NULL);
}

CU_TestInfo tuples_tests[] = {
	{ "the index says what a walk says", the_index_says_what_a_walk_says },
	{ "more than announced is refused", more_than_announced_is_refused },
	CU_TEST_INFO_NULL,
};
