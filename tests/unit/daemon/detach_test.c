/*
 * Twin of daemon/detach.c.
 */
#include "config.h"

#include "daemon/detach.h"

#include "lib/err.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/daemon/suites.h"

enum end { END_WELL, END_BADLY, END_SILENTLY };

/* What the parent learns of a child that ends like this. */
static int
learn(enum end end, struct err *e)
{
	int report, rc = detach(&report, e);

	if (rc == 0) {
		struct err why = { .object = "store", .text = "it is broken" };

		if (end != END_SILENTLY)
			detach_report(&report, end == END_WELL ? NULL : &why);
		_exit(0);
	}
	while (waitpid(-1, NULL, 0) < 0 && errno == EINTR)
		;
	return rc;
}

static void
who_starts_us_learns_that_we_run_or_why_not(void)
{
	struct err e = { 0 };

	CU_ASSERT_EQUAL(learn(END_WELL, &e), 1);
	CU_ASSERT_STRING_EQUAL(e.text, "");
	CU_ASSERT_EQUAL(learn(END_BADLY, &e), 2);
	CU_ASSERT_STRING_EQUAL(e.text, "store: it is broken");
	CU_ASSERT_EQUAL(learn(END_SILENTLY, &e), 2);
	CU_ASSERT_STRING_EQUAL(e.text, "it ended while it started");
}

static void
in_the_foreground_nobody_is_told(void)
{
	int report = -1;

	detach_report(&report, NULL);
	CU_ASSERT_EQUAL(report, -1);
}

CU_TestInfo detach_tests[] = {
	{ "who starts us learns that we run, or why not",
		who_starts_us_learns_that_we_run_or_why_not },
	{ "in the foreground nobody is told", in_the_foreground_nobody_is_told },
	CU_TEST_INFO_NULL,
};
