/*
 * Twin of daemon/lines.c.
 */
#include "config.h"

#include "daemon/lines.h"

#include "tests/unit/daemon/suites.h"

static void
the_time_is_that_of_the_last_coming_up(void)
{
	struct lines *l = lines_new();

	CU_ASSERT_EQUAL(lines_last_up(l, "Tunnel0/0/1"), 0);
	lines_see(l, "Tunnel0/0/1", false, 10);
	CU_ASSERT_EQUAL(lines_last_up(l, "Tunnel0/0/1"), 0);
	lines_see(l, "Tunnel0/0/1", true, 20);
	lines_see(l, "Tunnel0/0/1", true, 30);
	CU_ASSERT_EQUAL(lines_last_up(l, "Tunnel0/0/1"), 20);
	lines_see(l, "Tunnel0/0/1", false, 40);
	CU_ASSERT_EQUAL(lines_last_up(l, "Tunnel0/0/1"), 20);
	lines_see(l, "Tunnel0/0/1", true, 50);
	lines_see(l, "LoopBack0", true, 60);
	CU_ASSERT_EQUAL(lines_last_up(l, "Tunnel0/0/1"), 50);
	CU_ASSERT_EQUAL(lines_last_up(l, "LoopBack0"), 60);
	lines_free(l);
	lines_free(NULL);
}

CU_TestInfo lines_tests[] = {
	{ "the time is that of the last coming up", the_time_is_that_of_the_last_coming_up },
	CU_TEST_INFO_NULL,
};
