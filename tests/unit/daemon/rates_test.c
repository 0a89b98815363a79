/*
 * Twin of daemon/rates.c.
 */
#include "config.h"

#include "daemon/rates.h"

#include "tests/unit/daemon/suites.h"

static void
round_of(struct rates *r, uint64_t now_ms, uint64_t packets)
{
	struct rates_counters c = { packets, packets * 100, packets / 2, packets * 50 };

	rates_begin(r, now_ms);
	rates_see(r, "e0", &c);
	rates_end(r);
}

static void
a_steady_stream_has_its_rate(void)
{
	struct rates *r = rates_new();
	struct rates_counters c;
	uint64_t t = 0;

	round_of(r, t, 0);
	CU_ASSERT_EQUAL(rates_of(r, "e0").in_packets, 0);
	for (unsigned int i = 1; i < 40; i++) {
		t += RATES_EVERY_MS;
		round_of(r, t, t / 10);
		c = rates_of(r, "e0");
		CU_ASSERT_EQUAL(c.in_packets, 100);
		CU_ASSERT_EQUAL(c.in_bytes, 10000);
		CU_ASSERT_EQUAL(c.out_packets, 50);
		CU_ASSERT_EQUAL(c.out_bytes, 5000);
	}
	rates_free(r);
}

static void
what_was_300_seconds_ago_no_longer_counts(void)
{
	struct rates *r = rates_new();
	uint64_t t = 0;

	round_of(r, t, 0);
	for (unsigned int i = 1; i <= 10; i++) {
		t += RATES_EVERY_MS;
		round_of(r, t, 30000);
	}
	CU_ASSERT_EQUAL(rates_of(r, "e0").in_packets, 100);
	round_of(r, t + RATES_EVERY_MS, 30000);
	CU_ASSERT_EQUAL(rates_of(r, "e0").in_packets, 0);
	rates_free(r);
}

static void
a_device_that_goes_or_starts_again_is_a_new_one(void)
{
	struct rates *r = rates_new();

	round_of(r, 0, 0);
	round_of(r, RATES_EVERY_MS, 3000);
	CU_ASSERT_EQUAL(rates_of(r, "e0").in_packets, 100);
	round_of(r, 2 * RATES_EVERY_MS, 10); /* made anew under the same name */
	CU_ASSERT_EQUAL(rates_of(r, "e0").in_packets, 0);
	round_of(r, 3 * RATES_EVERY_MS, 310);
	CU_ASSERT_EQUAL(rates_of(r, "e0").in_packets, 10);
	rates_begin(r, 4 * RATES_EVERY_MS);
	rates_end(r);
	CU_ASSERT_EQUAL(rates_of(r, "e0").in_packets, 0);
	rates_free(r);
}

CU_TestInfo rates_tests[] = {
	{ "a steady stream has its rate", a_steady_stream_has_its_rate },
	{ "what was 300 seconds ago no longer counts", what_was_300_seconds_ago_no_longer_counts },
	{ "a device that goes or starts again is a new one",
		a_device_that_goes_or_starts_again_is_a_new_one },
	CU_TEST_INFO_NULL,
};
