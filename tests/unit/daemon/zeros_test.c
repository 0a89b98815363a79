/*
 * Twin of daemon/zeros.c.
 */
#include "config.h"

#include "daemon/zeros.h"

#include "tests/unit/daemon/suites.h"

static const struct st_interface before = { .name = "GigabitEthernet0/0/0",
	.mtu = 1500,
	.in_packets = 10,
	.in_bytes = 1000,
	.in_errors = 1,
	.out_packets = 20,
	.out_bytes = 2000,
	.out_errors = 2 };

static void
counters_begin_at_zero_and_go_on(void)
{
	struct zeros *z = zeros_new();
	struct st_interface st = before;

	CU_ASSERT_EQUAL(zeros_set(z, "e0", &before), 0);
	zeros_apply(z, "e0", &st);
	CU_ASSERT_TRUE(st.in_packets == 0 && st.in_bytes == 0 && st.in_errors == 0 &&
		st.out_packets == 0 && st.out_bytes == 0 && st.out_errors == 0 && st.mtu == 1500);
	st = before;
	st.in_packets += 3;
	st.out_errors += 4;
	zeros_apply(z, "e0", &st);
	CU_ASSERT_TRUE(st.in_packets == 3 && st.out_errors == 4 && st.out_bytes == 0);
	st = before;
	zeros_apply(z, "e1", &st);
	CU_ASSERT_EQUAL(st.in_packets, 10);
	/* and once more */
	st.in_packets = 15;
	CU_ASSERT_EQUAL(zeros_set(z, "e0", &st), 0);
	st.in_packets = 16;
	zeros_apply(z, "e0", &st);
	CU_ASSERT_EQUAL(st.in_packets, 1);
	zeros_free(z);
}

static void
a_new_device_of_that_name_has_its_own_counters(void)
{
	struct zeros *z = zeros_new();
	struct st_interface st = { .in_packets = 12, .in_bytes = 900 };

	CU_ASSERT_EQUAL(zeros_set(z, "e0", &before), 0);
	zeros_apply(z, "e0", &st);
	CU_ASSERT_TRUE(st.in_packets == 12 && st.in_bytes == 900 && st.out_packets == 0);
	st = before;
	zeros_apply(z, "e0", &st);
	CU_ASSERT_EQUAL(st.in_packets, 10); /* forgotten */
	zeros_free(z);
	zeros_free(NULL);
}

CU_TestInfo zeros_tests[] = {
	{ "counters begin at zero and go on", counters_begin_at_zero_and_go_on },
	{ "a new device of that name has its own counters",
		a_new_device_of_that_name_has_its_own_counters },
	CU_TEST_INFO_NULL,
};
