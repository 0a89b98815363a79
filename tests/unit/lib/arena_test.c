/*
 * Twin of lib/arena.c.
 */
#include "config.h"

#include "lib/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/lib/suites.h"

static bool
all_zero(const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i])
			return false;
	return true;
}

static void
pieces_are_zeroed_aligned_and_apart(void)
{
	enum { N = 2000 };
	static unsigned char *pieces[N];
	struct arena *a = arena_new();
	bool good = true;

	for (size_t i = 0; i < N; i++) {
		size_t len = i * 37 % 700;

		pieces[i] = arena_alloc(a, len);
		good &= (uintptr_t)pieces[i] % _Alignof(max_align_t) == 0;
		good &= all_zero(pieces[i], len);
		memset(pieces[i], (int)(i % 255) + 1, len);
	}
	for (size_t i = 0; i < N; i++)
		for (size_t k = 0; k < i * 37 % 700; k++)
			good &= pieces[i][k] == i % 255 + 1;
	CU_ASSERT_TRUE(good);
	arena_free(a);
}

static void
a_large_piece_does_not_waste_the_current_chunk(void)
{
	struct arena *a = arena_new();
	char *first = arena_alloc(a, 16), *large = arena_alloc(a, 1 << 20), *next;

	memset(large, 1, 1 << 20);
	next = arena_alloc(a, 16);
	CU_ASSERT_PTR_EQUAL(next, first + 16);
	arena_free(a);
}

static void
strings_and_bytes_are_copied(void)
{
	struct arena *a = arena_new();
	char text[] = "Tunnel0/0/1", *copy = arena_strdup(a, text);

	text[0] = 'x';
	CU_ASSERT_STRING_EQUAL(copy, "Tunnel0/0/1");
	CU_ASSERT_STRING_EQUAL(arena_strdup(a, ""), "");
	CU_ASSERT_EQUAL(memcmp(arena_memdup(a, "a\0b", 3), "a\0b", 3), 0);
	CU_ASSERT_PTR_NOT_NULL(arena_memdup(a, NULL, 0));
	CU_ASSERT_STRING_EQUAL(arena_printf(a, "%s-%d", "P1", 10), "P1-10");
	CU_ASSERT_EQUAL(strlen(arena_printf(a, "%5000s", "x")), 5000);
	arena_free(a);
}

static void
wiping_zeroes_every_piece(void)
{
	struct arena *a = arena_new();
	char *small = arena_strdup(a, "secret");
	char *large = arena_printf(a, "%5000s", "secret");

	arena_wipe(a);
	CU_ASSERT_EQUAL(memcmp(small, "\0\0\0\0\0\0", 6), 0);
	CU_ASSERT_EQUAL(memcmp(large + 4994, "\0\0\0\0\0\0", 6), 0);
	arena_free(a);
}

static void
freeing_nothing_is_legal(void)
{
	arena_free(NULL);
	arena_free(arena_new());
}

CU_TestInfo arena_tests[] = {
	{ "pieces are zeroed, aligned and apart", pieces_are_zeroed_aligned_and_apart },
	{ "a large piece does not waste the current chunk",
		a_large_piece_does_not_waste_the_current_chunk },
	{ "strings and bytes are copied", strings_and_bytes_are_copied },
	{ "wiping zeroes every piece", wiping_zeroes_every_piece },
	{ "freeing nothing is legal", freeing_nothing_is_legal },
	CU_TEST_INFO_NULL,
};
