/*
 * Twin of lib/buf.c.
 */
#include "config.h"

#include "lib/buf.h"

#include <string.h>

#include "tests/unit/lib/suites.h"

static const uint8_t wire[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

static void
integers_are_read_in_network_order(void)
{
	struct rbuf b = rbuf_over(wire, sizeof(wire));

	CU_ASSERT_EQUAL(rbuf_u8(&b), 0x01);
	CU_ASSERT_EQUAL(rbuf_u16(&b), 0x0203);
	CU_ASSERT_EQUAL(rbuf_u32(&b), 0x04050607);
	CU_ASSERT_EQUAL(rbuf_u64(&b), 0x08090a0b0c0d0e0f);
	CU_ASSERT_EQUAL(rbuf_left(&b), 0);
	CU_ASSERT_FALSE(b.bad);
}

static void
reading_past_the_end_yields_zeros_and_stays_bad(void)
{
	for (size_t len = 0; len < 8; len++) {
		struct rbuf b = rbuf_over(wire, len);
		uint8_t copy[9];

		CU_ASSERT_EQUAL(rbuf_u64(&b), 0);
		CU_ASSERT_TRUE(b.bad);
		/* although a byte is there */
		CU_ASSERT_EQUAL(rbuf_u8(&b), 0);
		CU_ASSERT_PTR_NULL(rbuf_take(&b, 0));
		memset(copy, 0xaa, sizeof(copy));
		rbuf_copy(&b, copy, 8);
		CU_ASSERT_EQUAL(memcmp(copy, "\0\0\0\0\0\0\0\0\xaa", 9), 0);
	}
}

static void
lengths_that_wrap_around_are_refused(void)
{
	struct rbuf b = rbuf_over(wire, sizeof(wire));
	uint8_t room[4];
	struct wbuf w = wbuf_over(room, sizeof(room)), g = wbuf_growing();

	CU_ASSERT_PTR_NULL(rbuf_take(&b, SIZE_MAX));
	CU_ASSERT_PTR_NULL(wbuf_reserve(&w, SIZE_MAX));
	CU_ASSERT_PTR_NULL(wbuf_reserve(&g, SIZE_MAX));
	CU_ASSERT_TRUE(b.bad && w.bad && g.bad);
	wbuf_fini(&g);
}

static void
a_part_is_read_within_its_own_bounds(void)
{
	struct rbuf b = rbuf_over(wire, 4), part = rbuf_sub(&b, 3), none, wide;

	CU_ASSERT_EQUAL(rbuf_left(&part), 3);
	CU_ASSERT_EQUAL(rbuf_u32(&part), 0);
	CU_ASSERT_TRUE(part.bad);
	CU_ASSERT_FALSE(b.bad);
	none = rbuf_sub(&b, 0);
	CU_ASSERT_FALSE(none.bad);
	CU_ASSERT_EQUAL(rbuf_left(&none), 0);
	wide = rbuf_sub(&b, 2);
	CU_ASSERT_TRUE(wide.bad && b.bad);
	CU_ASSERT_EQUAL(rbuf_left(&wide), 0);
}

static void
an_empty_reader_is_not_bad_until_it_is_read(void)
{
	struct rbuf b = rbuf_over(NULL, 0), sub = rbuf_sub(&b, 0);

	rbuf_copy(&b, NULL, 0);
	CU_ASSERT_FALSE(b.bad || sub.bad);
	rbuf_u8(&b);
	CU_ASSERT_TRUE(b.bad);
}

static void
what_is_written_can_be_read(void)
{
	uint8_t room[15];
	struct wbuf w = wbuf_over(room, sizeof(room));

	wbuf_u8(&w, 0x01);
	wbuf_u16(&w, 0x0203);
	wbuf_u32(&w, 0x04050607);
	wbuf_u64(&w, 0x08090a0b0c0d0e0f);
	CU_ASSERT_FALSE(w.bad);
	CU_ASSERT_EQUAL(wbuf_len(&w), sizeof(wire));
	CU_ASSERT_EQUAL(memcmp(room, wire, sizeof(wire)), 0);
	wbuf_put(&w, NULL, 0);
	CU_ASSERT_FALSE(w.bad);
	wbuf_u8(&w, 0);
	CU_ASSERT_TRUE(w.bad);
	CU_ASSERT_EQUAL(wbuf_len(&w), sizeof(wire));
}

static void
a_write_that_does_not_fit_writes_nothing(void)
{
	uint8_t room[8];

	for (size_t cap = 0; cap < 8; cap++) {
		struct wbuf w = wbuf_over(room, cap);

		memset(room, 0xaa, sizeof(room));
		wbuf_u64(&w, 0);
		CU_ASSERT_TRUE(w.bad);
		CU_ASSERT_EQUAL(wbuf_len(&w), 0);
		wbuf_u8(&w, 0);
		CU_ASSERT_EQUAL(memcmp(room, "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa", 8), 0);
	}
}

static void
a_growing_writer_takes_everything(void)
{
	struct wbuf w = wbuf_growing();
	struct rbuf r;
	bool good = true;

	for (uint32_t i = 0; i < 100000; i++)
		wbuf_u32(&w, i);
	CU_ASSERT_FALSE(w.bad);
	CU_ASSERT_EQUAL(wbuf_len(&w), 400000);
	r = rbuf_over(w.start, wbuf_len(&w));
	for (uint32_t i = 0; i < 100000; i++)
		good &= rbuf_u32(&r) == i;
	CU_ASSERT_TRUE(good);
	wbuf_fini(&w);
	wbuf_u8(&w, 0);
	CU_ASSERT_TRUE(w.bad);
	wbuf_fini(&w);
}

static void
single_fields_are_big_endian(void)
{
	uint8_t p[4];

	be16_put(p, 0x8001);
	CU_ASSERT_EQUAL(p[0], 0x80);
	CU_ASSERT_EQUAL(be16_get(p), 0x8001);
	be32_put(p, 0xfffefdfc);
	CU_ASSERT_EQUAL(p[3], 0xfc);
	CU_ASSERT_EQUAL(be32_get(p), 0xfffefdfc);
}

CU_TestInfo buf_tests[] = {
	{ "integers are read in network order", integers_are_read_in_network_order },
	{ "reading past the end yields zeros and stays bad",
		reading_past_the_end_yields_zeros_and_stays_bad },
	{ "lengths that wrap around are refused", lengths_that_wrap_around_are_refused },
	{ "a part is read within its own bounds", a_part_is_read_within_its_own_bounds },
	{ "an empty reader is not bad until it is read",
		an_empty_reader_is_not_bad_until_it_is_read },
	{ "what is written can be read", what_is_written_can_be_read },
	{ "a write that does not fit writes nothing", a_write_that_does_not_fit_writes_nothing },
	{ "a growing writer takes everything", a_growing_writer_takes_everything },
	{ "single fields are big-endian", single_fields_are_big_endian },
	CU_TEST_INFO_NULL,
};
