/*
 * The history: what is kept, and that secrets are not.
 */
#include "config.h"

#include "shell/recall.h"

#include "tests/unit/shell/suites.h"

#include <stdio.h>

static void
test_last_ten(void)
{
	struct recall r;
	char line[32];

	recall_init(&r);
	for (int i = 0; i < 15; i++) {
		snprintf(line, sizeof(line), "line %d", i);
		recall_add(&r, line);
		recall_add(&r, line);
	}
	recall_add(&r, "");
	recall_add(&r, "   ");
	CU_ASSERT_EQUAL(r.n, 10);
	CU_ASSERT_STRING_EQUAL(r.line[0], "line 5");
	CU_ASSERT_STRING_EQUAL(r.line[9], "line 14");
	recall_fini(&r);
}

static void
test_mask(void)
{
	static const struct {
		const char *line, *expect;
	} cases[] = {
		{ "", "" },
		{ "display version", "display version" },
		{ "sa string-key inbound esp simple huawei",
			"sa string-key inbound esp simple ******" },
		{ "sa string-key inbound esp cipher huawei",
			"sa string-key inbound esp cipher ******" },
		{ "sa st in esp SIM x", "sa st in esp SIM ******" },
		{ "not a command cipher  a b", "not a command cipher  ****** b" },
		{ "simple", "simple" },
		{ "si x", "si x" },
	};
	char text[128], small[8];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		recall_mask(cases[i].line, text, sizeof(text));
		CU_ASSERT_STRING_EQUAL(text, cases[i].expect);
		recall_mask(cases[i].line, small, sizeof(small));
		CU_ASSERT_NSTRING_EQUAL(small, cases[i].expect, 7);
	}
}

CU_TestInfo recall_tests[] = {
	{ "the last ten lines are kept, repeated ones once", test_last_ten },
	{ "secrets are masked, whether the line is a command or not", test_mask },
	CU_TEST_INFO_NULL,
};
