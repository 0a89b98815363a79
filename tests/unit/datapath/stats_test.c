/*
 * Twin of datapath/stats.c.
 */
#include "config.h"

#include "datapath/stats.h"

#include "tests/unit/datapath/suites.h"

#include <string.h>

static void
check_row(void *arg, const struct st_drop *st)
{
	unsigned int *i = arg;

	CU_ASSERT_STRING_EQUAL(st->reason, drop_info(*i)->id);
	CU_ASSERT_STRING_EQUAL(st->group, drop_info(*i)->group);
	CU_ASSERT_STRING_EQUAL(st->text, drop_info(*i)->text);
	CU_ASSERT_EQUAL(st->packets, *i * 10);
	++*i;
}

static void
each_reason_has_a_row_in_the_order_of_drop_def(void)
{
	struct stats *s = stats_new();
	unsigned int i = 1;

	for (unsigned int why = 1; why < DROP_N; why++)
		s->drops[why] = why * 10;
	stats_drops(s, check_row, &i);
	CU_ASSERT_EQUAL(i, DROP_N);
	stats_free(s);
}

static void
totals_are_told_and_reset(void)
{
	struct st_ipsec_statistics st;
	struct stats *s = stats_new();

	*s = (struct stats){ .ipsec_out_packets = 1,
		.ipsec_out_bytes = 2,
		.ipsec_in_packets = 3,
		.ipsec_in_bytes = 4,
		.ipsec_out_dropped = 5,
		.ipsec_in_dropped = 6,
		.bypassed = 7 };
	stats_ipsec(s, &st);
	CU_ASSERT_EQUAL(st.out_packets, 1);
	CU_ASSERT_EQUAL(st.out_bytes, 2);
	CU_ASSERT_EQUAL(st.in_packets, 3);
	CU_ASSERT_EQUAL(st.in_bytes, 4);
	CU_ASSERT_EQUAL(st.out_dropped, 5);
	CU_ASSERT_EQUAL(st.in_dropped, 6);
	CU_ASSERT_EQUAL(st.bypassed, 7);
	stats_reset(s);
	stats_ipsec(s, &st);
	CU_ASSERT_EQUAL(st.out_packets + st.in_bytes + st.bypassed, 0);
	stats_free(s);
	stats_free(NULL);
}

CU_TestInfo stats_tests[] = {
	{ "each reason has a row in the order of drop.def",
		each_reason_has_a_row_in_the_order_of_drop_def },
	{ "totals are told and reset", totals_are_told_and_reset },
	CU_TEST_INFO_NULL,
};
