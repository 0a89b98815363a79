/*
 * Twin of datapath/replay.c: a table of arrivals, as WireGuard's selftest has one, and a comparison
 * with a model that remembers every number.
 */
#include "config.h"

#include "datapath/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/suites.h"

#define W SASTATE_WINDOW_MAX

struct step {
	uint64_t seq;
	bool accepted;
};

static void
walk(const char *name, uint32_t window, const struct step *steps, unsigned int n)
{
	struct sa_slot slot = { 0 };

	for (unsigned int i = 0; i < n; i++) {
		bool check = replay_check(&slot, window, steps[i].seq);
		bool accept = replay_accept(&slot, window, steps[i].seq);

		if (check != steps[i].accepted || accept != check) {
			printf("\n%s, window %u, row %u, number %llu\n", name, window, i,
				(unsigned long long)steps[i].seq);
			CU_FAIL("the table says otherwise");
		}
	}
}

#define WALK(window, ...)                                                        \
	do {                                                                     \
		const struct step steps[] = { __VA_ARGS__ };                     \
		walk(__func__, window, steps, sizeof(steps) / sizeof(steps[0])); \
	} while (0)
#define OK(n)             \
	{                 \
		(n), true \
	}
#define NO(n)              \
	{                  \
		(n), false \
	}

static void
zero_is_never_accepted_and_one_is_the_first(void)
{
	WALK(32, NO(0), OK(1), NO(1), NO(0), OK(2), NO(1), NO(2));
	WALK(W, NO(0), OK(1), NO(1), NO(0), OK(2), NO(1), NO(2));
}

static void
the_lower_edge_of_the_window_is_exact(void)
{
	static const uint32_t windows[] = { 1, 2, 31, 32, 63, 64, 65, 127, 128, 1024, W - 1, W };

	for (unsigned int i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		uint64_t w = windows[i], top = 3 * W + 17;

		if (w == 1)
			WALK(1, OK(top), NO(top), NO(top - 1), OK(top + 1));
		else
			WALK((uint32_t)w, OK(top), NO(top - w), OK(top - w + 1), NO(top - w + 1),
				NO(top - w - 1), OK(top + 1), NO(top - w + 1), NO(top - w),
				OK(top + 1 + w), NO(top + 1),
				w == 2 ? (struct step)OK(top + 2 + w) : (struct step)OK(top + 3));
	}
}

static void
words_are_cleared_as_the_window_moves(void)
{
	/* each jump reuses ring words that still carry the bits of before */
	WALK(W, OK(1), OK(64), OK(W), OK(W + 1), NO(1), NO(64), OK(65), OK(2 * W), NO(W + 1), NO(W),
		OK(W + 2), OK(SASTATE_WORDS * 64 + W), OK(SASTATE_WORDS * 64 + W - 1),
		NO(SASTATE_WORDS * 64 + W), OK(10 * W), OK(10 * W - W + 1), NO(10 * W - W),
		OK(10 * W - 1), OK(9 * W + 2), NO(9 * W + 2));
	WALK(W, OK(63), OK(64), OK(65), NO(63), NO(64), NO(65), OK(127), OK(128), NO(127), OK(66));
}

static void
going_backwards_fills_the_window_once(void)
{
	struct sa_slot slot = { 0 };

	CU_ASSERT_TRUE(replay_accept(&slot, W, 2 * W));
	for (uint64_t seq = 2 * W - 1; seq > W; seq--)
		CU_ASSERT_TRUE(replay_accept(&slot, W, seq));
	CU_ASSERT_FALSE(replay_accept(&slot, W, W));
	for (uint64_t seq = W + 1; seq <= 2 * W; seq++)
		CU_ASSERT_FALSE(replay_accept(&slot, W, seq));
	CU_ASSERT_EQUAL(slot.seq, 2 * W);
}

static void
the_last_number_ends_it(void)
{
	WALK(64, OK(UINT32_MAX - 1), OK(UINT32_MAX), NO(UINT32_MAX), NO(UINT32_MAX - 1), NO(0),
		NO(1));
	WALK(64, OK(UINT64_MAX), NO(UINT64_MAX), OK(UINT64_MAX - 63), NO(UINT64_MAX - 64));
}

static void
a_check_changes_nothing(void)
{
	struct sa_slot slot = { 0 }, before;

	replay_accept(&slot, 64, 100);
	before = slot;
	CU_ASSERT_TRUE(replay_check(&slot, 64, 5000));
	CU_ASSERT_TRUE(replay_check(&slot, 64, 99));
	CU_ASSERT_FALSE(replay_check(&slot, 64, 100));
	CU_ASSERT_EQUAL(memcmp(&slot, &before, sizeof(slot)), 0);
}

static void
without_a_window_everything_passes_and_the_highest_is_kept(void)
{
	WALK(0, OK(5), OK(5), OK(0), OK(1), OK(900), OK(5));
}

static void
a_window_made_larger_knows_what_was_before(void)
{
	struct sa_slot slot = { 0 };

	for (uint64_t seq = 1; seq <= 300; seq++)
		CU_ASSERT_TRUE(replay_accept(&slot, 32, seq));
	for (uint64_t seq = 1; seq <= 300; seq++)
		CU_ASSERT_FALSE(replay_accept(&slot, W, seq));
}

static void
a_window_switched_on_again_knows_what_came_without_it(void)
{
	struct sa_slot slot = { 0 };

	for (uint64_t seq = 1; seq <= 100; seq++)
		CU_ASSERT_TRUE(replay_accept(&slot, 64, seq));
	for (uint64_t seq = 101; seq <= 3 * W; seq += 2)
		CU_ASSERT_TRUE(replay_accept(&slot, 0, seq));
	CU_ASSERT_TRUE(replay_accept(&slot, 0, 2 * W - 1)); /* once more */
	CU_ASSERT_TRUE(replay_accept(&slot, 0, 8)); /* too old for the ring, where 8328 would be */
	for (uint64_t seq = 2 * W; seq <= 3 * W; seq++)
		CU_ASSERT_EQUAL(replay_accept(&slot, W, seq), seq % 2 == 0);
}

/* The model: every number ever accepted, and the rule of RFC 4303 3.4.3 in words. */
static void
any_order_gives_what_a_perfect_memory_gives(void)
{
	static const uint32_t windows[] = { 1, 32, 64, 100, 128, 1024, W };
	enum { SPACE = 1 << 17, N = 30000 };
	uint8_t *seen = malloc(SPACE);
	uint32_t random = 4303;

	CU_ASSERT_PTR_NOT_NULL_FATAL(seen);
	for (unsigned int i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		struct sa_slot slot = { 0 };
		uint32_t w = windows[i], highest = 0, wrong = 0;

		memset(seen, 0, SPACE);
		for (unsigned int j = 0; j < N; j++) {
			uint32_t r = fix_random(&random), spread = r % 64 == 0 ? 3 * W : 2 * w + 8;
			uint32_t low = highest > 2 * w ? highest - 2 * w : 0;
			uint32_t seq =
				(low + fix_random(&random) % (spread + (r % 8 == 0 ? 2 * w : 0))) %
				SPACE;
			bool fresh = seq != 0 && !seen[seq] && (seq > highest || highest - seq < w);

			wrong += replay_check(&slot, w, seq) != fresh;
			wrong += replay_accept(&slot, w, seq) != fresh;
			if (fresh) {
				seen[seq] = 1;
				highest = seq > highest ? seq : highest;
			}
		}
		CU_ASSERT_EQUAL(wrong, 0);
		CU_ASSERT_EQUAL(slot.seq, highest);
	}
	free(seen);
}

/* RFC 4303 A2.1, at every edge: T is the highest number so far. */
static void
the_high_half_is_inferred_as_the_rfc_has_it(void)
{
	const uint64_t G = UINT64_C(1) << 32;
	const struct {
		uint64_t top;
		uint32_t window;
		uint32_t low;
		uint64_t seq;
	} rows[] = {
		/* case A: the window lies within one subspace */
		{ 5 * G + 1000, 64, 1000, 5 * G + 1000 },
		{ 5 * G + 1000, 64, 1001, 5 * G + 1001 },
		{ 5 * G + 1000, 64, 937, 5 * G + 937 },
		{ 5 * G + 1000, 64, 936, 6 * G + 936 },
		{ 5 * G + 1000, 64, 0, 6 * G },
		{ 5 * G + 1000, 64, UINT32_MAX, 5 * G + UINT32_MAX },
		{ 5 * G + 63, 64, 0, 5 * G },
		{ 5 * G + UINT32_MAX, 64, 0, 6 * G },
		{ 5 * G + UINT32_MAX, 64, UINT32_MAX - 63, 5 * G + UINT32_MAX - 63 },
		{ 5 * G + UINT32_MAX, 64, UINT32_MAX - 64, 6 * G + UINT32_MAX - 64 },
		{ 5 * G + 4095, 4096, 0, 5 * G },
		/* case B: it reaches back into the subspace before */
		{ 5 * G + 62, 64, 0, 5 * G },
		{ 5 * G + 62, 64, UINT32_MAX, 4 * G + UINT32_MAX },
		{ 5 * G + 62, 64, UINT32_MAX - 1, 5 * G + UINT32_MAX - 1 },
		{ 5 * G, 64, UINT32_MAX - 62, 4 * G + UINT32_MAX - 62 },
		{ 5 * G, 64, UINT32_MAX - 63, 5 * G + UINT32_MAX - 63 },
		{ 5 * G, 32, 1, 5 * G + 1 },
		{ 5 * G + 4094, 4096, UINT32_MAX, 4 * G + UINT32_MAX },
		{ 5 * G + 4094, 4096, UINT32_MAX - 1, 5 * G + UINT32_MAX - 1 },
		{ 5 * G, 1, 0, 5 * G },
		{ 5 * G, 1, UINT32_MAX, 5 * G + UINT32_MAX },
		/* nothing is before the first number and behind the last */
		{ 0, 64, 1, 1 },
		{ 0, 64, UINT32_MAX, UINT32_MAX },
		{ 62, 4096, UINT32_MAX - 5, UINT32_MAX - 5 },
		{ UINT64_MAX, 64, UINT32_MAX, UINT64_MAX },
		{ UINT64_MAX, 64, 0, 0 },
		{ UINT64_MAX - 10, 64, 5, 5 },
		/* without a window the nearer one */
		{ 5 * G, 0, 0x7fffffff, 5 * G + 0x7fffffff },
		{ 5 * G, 0, 0x80000001, 4 * G + 0x80000001 },
		{ 5 * G + 0x80000000, 0, 0, 6 * G },
		{ 5 * G + 0x80000000, 0, 1, 5 * G + 1 },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sa_slot slot = { .seq = rows[i].top };

		CU_ASSERT_EQUAL(replay_infer(&slot, rows[i].window, rows[i].low), rows[i].seq);
	}
}

/* Whatever is not further than the window behind, nor 2^32 - window ahead, is recognised. */
static void
inference_finds_every_number_near_the_window(void)
{
	static const uint32_t windows[] = { 1, 32, 64, 1024, W };
	uint32_t random = 41;
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < 200000; i++) {
		uint32_t w = windows[i % 5], near = fix_random(&random) % (2 * W);
		uint64_t top = ((uint64_t)(1 + fix_random(&random) % 3) << 32) + near - W;
		struct sa_slot slot = { .seq = top };
		uint64_t ahead = i % 2 ? fix_random(&random) % 8192 : fix_random(&random);
		uint64_t seq = top - (w - 1) + ahead;

		wrong += replay_infer(&slot, w, (uint32_t)seq) != seq;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

CU_TestInfo replay_tests[] = {
	{ "zero is never accepted and one is the first",
		zero_is_never_accepted_and_one_is_the_first },
	{ "the lower edge of the window is exact", the_lower_edge_of_the_window_is_exact },
	{ "words are cleared as the window moves", words_are_cleared_as_the_window_moves },
	{ "going backwards fills the window once", going_backwards_fills_the_window_once },
	{ "the last number ends it", the_last_number_ends_it },
	{ "a check changes nothing", a_check_changes_nothing },
	{ "without a window everything passes and the highest is kept",
		without_a_window_everything_passes_and_the_highest_is_kept },
	{ "a window switched on again knows what came without it",
		a_window_switched_on_again_knows_what_came_without_it },
	{ "a window made larger knows what was before",
		a_window_made_larger_knows_what_was_before },
	{ "the high half is inferred as the RFC has it",
		the_high_half_is_inferred_as_the_rfc_has_it },
	{ "inference finds every number near the window",
		inference_finds_every_number_near_the_window },
	{ "any order gives what a perfect memory gives",
		any_order_gives_what_a_perfect_memory_gives },
	CU_TEST_INFO_NULL,
};
