/*
 * Twin of datapath/checksum.c: against the plain sum of RFC 1071.
 */
#include "config.h"

#include "datapath/checksum.h"

#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

static void
every_length_and_alignment_agrees_with_the_naive_sum(void)
{
	uint8_t b[300];
	uint64_t d = 1;

	for (unsigned int i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)dice(&d);
	for (unsigned int at = 0; at < 9; at++) {
		for (unsigned int len = 0; at + len <= sizeof(b); len++)
			CU_ASSERT_EQUAL(checksum(b + at, len), naive_checksum(b + at, len, 0));
	}
}

static void
the_example_of_rfc_1071_gives_its_result(void)
{
	static const uint8_t words[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	CU_ASSERT_EQUAL(checksum(words, sizeof(words)), (uint16_t)~0xddf2);
}

static void
carries_of_all_ones_are_added_back(void)
{
	uint8_t b[64];

	for (unsigned int i = 0; i < sizeof(b); i++)
		b[i] = 0xff;
	for (unsigned int len = 0; len <= sizeof(b); len++)
		CU_ASSERT_EQUAL(checksum(b, len), naive_checksum(b, len, 0));
}

static void
a_sum_can_be_taken_in_even_pieces(void)
{
	uint8_t b[100];
	uint64_t d = 7;

	for (unsigned int i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)dice(&d);
	for (unsigned int cut = 0; cut <= sizeof(b); cut += 2) {
		uint64_t sum = checksum_add(checksum_add(0, b, cut), b + cut, sizeof(b) - cut);

		CU_ASSERT_EQUAL(checksum_fold(sum), checksum(b, sizeof(b)));
	}
}

static void
one_changed_word_updates_the_sum(void)
{
	uint8_t b[20];
	uint64_t d = 9;

	for (unsigned int round = 0; round < 2000; round++) {
		uint16_t sum, from, to;

		for (unsigned int i = 0; i < sizeof(b); i++)
			b[i] = (uint8_t)dice(&d);
		sum = checksum(b, sizeof(b));
		from = (uint16_t)(b[6] << 8 | b[7]);
		to = round % 3 ? (uint16_t)dice(&d) : 0xffff;
		b[6] = (uint8_t)(to >> 8);
		b[7] = (uint8_t)to;
		CU_ASSERT_EQUAL(checksum_update(sum, from, to), checksum(b, sizeof(b)));
	}
}

CU_TestInfo checksum_tests[] = {
	{ "every length and alignment agrees with the naive sum",
		every_length_and_alignment_agrees_with_the_naive_sum },
	{ "the example of RFC 1071 gives its result", the_example_of_rfc_1071_gives_its_result },
	{ "carries of all ones are added back", carries_of_all_ones_are_added_back },
	{ "a sum can be taken in even pieces", a_sum_can_be_taken_in_even_pieces },
	{ "one changed word updates the sum", one_changed_word_updates_the_sum },
	CU_TEST_INFO_NULL,
};
