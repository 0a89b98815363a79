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

static void
each_protocol_is_told_and_reset_for_itself(void)
{
	const struct stats_protocol esp = { 1, 2, 3, 4, 5, 6 }, ah = { 11, 12, 13, 14, 15, 16 };
	struct st_ipsec_statistics st;
	struct stats *s = stats_new();

	s->esp = esp;
	s->ah = ah;
	for (unsigned int why = 1; why < DROP_N; why++)
		s->drops[why] = 1;
	stats_ipsec(s, &st);
	CU_ASSERT_TRUE(st.esp_in_packets == 1 && st.esp_in_bytes == 2 && st.esp_in_dropped == 3);
	CU_ASSERT_TRUE(st.esp_out_packets == 4 && st.esp_out_bytes == 5 && st.esp_out_dropped == 6);
	CU_ASSERT_TRUE(st.ah_in_packets == 11 && st.ah_in_bytes == 12 && st.ah_in_dropped == 13);
	CU_ASSERT_TRUE(st.ah_out_packets == 14 && st.ah_out_bytes == 15 && st.ah_out_dropped == 16);
	stats_reset_protocol(s, 51);
	stats_ipsec(s, &st);
	CU_ASSERT_EQUAL(st.ah_in_packets + st.ah_in_dropped + st.ah_out_bytes, 0);
	CU_ASSERT_EQUAL(st.esp_out_dropped, 6);
	CU_ASSERT_EQUAL(s->drops[DROP_ah_auth], 0);
	CU_ASSERT_EQUAL(s->drops[DROP_esp_auth], 1);
	CU_ASSERT_EQUAL(s->drops[DROP_spd_none], 1);
	stats_reset_protocol(s, 50);
	stats_reset_protocol(s, 47); /* neither */
	CU_ASSERT_EQUAL(s->esp.out_dropped + s->drops[DROP_esp_auth], 0);
	CU_ASSERT_EQUAL(s->drops[DROP_gre_key], 1);
	stats_free(s);
}

CU_TestInfo stats_tests[] = {
	{ "each reason has a row in the order of drop.def",
		each_reason_has_a_row_in_the_order_of_drop_def },
	{ "totals are told and reset", totals_are_told_and_reset },
	{ "each protocol is told and reset for itself",
		each_protocol_is_told_and_reset_for_itself },
	CU_TEST_INFO_NULL,
};
