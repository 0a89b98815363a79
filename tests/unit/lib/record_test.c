/*
 * Twin of lib/record.c: one record with a field of each kind, byte by byte.
 */
#include "config.h"

#include "lib/record.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/buf.h"
#include "tests/unit/lib/suites.h"

struct one {
	uint8_t u8;
	bool flag;
	struct addr addr;
	char str[4];
	RECORD_BYTES(4) bytes;
	RECORD_BYTES(4) secret;
};

#define FIELD(f, kind)                                                          \
	{                                                                       \
#f, kind, offsetof(struct one, f), sizeof(((struct one *)0)->f) \
	}
static const struct field fields[] = {
	FIELD(u8, FIELD_U8),
	FIELD(flag, FIELD_BOOL),
	FIELD(addr, FIELD_ADDR),
	FIELD(str, FIELD_STR),
	FIELD(bytes, FIELD_BYTES),
	FIELD(secret, FIELD_SECRET),
};
static const struct record one = { "one", sizeof(struct one), fields, 6 };

static const struct one sample = { .u8 = 9,
	.flag = true,
	.addr = { .af = AF_INET, .b = { 10, 0, 0, 1 } },
	.str = "abc",
	.bytes = { .len = 2, .data = { 0xca, 0xfe } },
	.secret = { .len = 1, .data = { 's' } } };

static void
the_wire_form_is_as_documented(void)
{
	static const uint8_t wire[] = { 9, 1, 4, 10, 0, 0, 1, 0, 3, 'a', 'b', 'c', 0, 0, 0, 2, 0xca,
		0xfe, 0, 0, 0, 1, 's' };
	uint8_t room[64];
	struct wbuf w = wbuf_over(room, sizeof(room));

	CU_ASSERT_EQUAL(record_encode(&one, &sample, &w), 0);
	CU_ASSERT_EQUAL(wbuf_len(&w), sizeof(wire));
	CU_ASSERT_EQUAL(memcmp(room, wire, sizeof(wire)), 0);
}

static void
malformed_bytes_are_refused_and_leave_nothing(void)
{
	static const struct {
		const char *what;
		uint8_t len;
		uint8_t wire[32];
	} rows[] = {
		{ "bool 2", 15, { 9, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
		{ "family 5", 17, { 9, 1, 5, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
		{ "string without room for its end", 17,
			{ 9, 1, 0, 0, 4, 'a', 'b', 'c', 'd', 0, 0, 0, 0, 0, 0, 0, 0 } },
		{ "string with NUL", 15, { 9, 1, 0, 0, 2, 'a', 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
		{ "bytes too long", 18, { 9, 1, 0, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0, 0 } },
		{ "length of all ones", 13, { 9, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0 } },
		{ "one byte too many", 14, { 9, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
		{ "nothing", 0, { 0 } },
	};
	static const struct one zero;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rbuf r = rbuf_over(rows[i].wire, rows[i].len);
		struct one rec = sample;

		CU_ASSERT_EQUAL(record_decode(&one, &r, &rec), -EBADMSG);
		CU_ASSERT_EQUAL(memcmp(&rec, &zero, sizeof(rec)), 0);
	}
}

static void
the_smallest_record_is_read(void)
{
	static const uint8_t wire[13] = { 9, 1 };
	struct rbuf r = rbuf_over(wire, sizeof(wire));
	struct one rec;

	CU_ASSERT_EQUAL(record_decode(&one, &r, &rec), 0);
	CU_ASSERT_EQUAL(rec.u8, 9);
	CU_ASSERT_STRING_EQUAL(rec.str, "");
}

static void
what_is_beyond_its_field_is_not_written(void)
{
	struct one rec;
	struct wbuf w = wbuf_growing();
	uint8_t small[8];
	struct wbuf full = wbuf_over(small, sizeof(small));

	rec = sample;
	rec.str[3] = 'd';
	CU_ASSERT_EQUAL(record_encode(&one, &rec, &w), -EMSGSIZE);
	rec = sample;
	rec.bytes.len = 5;
	CU_ASSERT_EQUAL(record_encode(&one, &rec, &w), -EMSGSIZE);
	rec = sample;
	rec.addr.af = 99;
	CU_ASSERT_EQUAL(record_encode(&one, &rec, &w), -EMSGSIZE);
	CU_ASSERT_EQUAL(record_encode(&one, &sample, &full), -EMSGSIZE);
	wbuf_fini(&w);
}

static void
printing_masks_secrets_and_stays_within_its_room(void)
{
	static const char whole[] =
		"one{u8=9 flag=true addr=10.0.0.1 str=abc bytes=cafe secret=***}";
	char text[80];

	CU_ASSERT_EQUAL(record_print(&one, &sample, text, sizeof(text)), sizeof(whole) - 1);
	CU_ASSERT_STRING_EQUAL(text, whole);
	for (size_t cap = 1; cap < sizeof(whole); cap++) {
		memset(text, 'x', sizeof(text));
		CU_ASSERT_EQUAL(record_print(&one, &sample, text, cap), cap - 1);
		CU_ASSERT_EQUAL(strlen(text), cap - 1);
		CU_ASSERT_EQUAL(text[cap], 'x');
	}
	CU_ASSERT_EQUAL(record_print(&one, &sample, text, 0), 0);
}

static void
fields_are_found_by_name(void)
{
	char text[16];

	CU_ASSERT_PTR_EQUAL(record_field(&one, "secret"), &fields[5]);
	CU_ASSERT_PTR_NULL(record_field(&one, "secre"));
	CU_ASSERT_STRING_EQUAL(record_field_text(&fields[4], &sample, text, sizeof(text)), "cafe");
	CU_ASSERT_STRING_EQUAL(record_field_text(&fields[4], &sample, text, 4), "caf");
}

static void
wiping_leaves_zeros(void)
{
	static const struct one zero;
	struct one rec = sample;

	record_wipe(&one, &rec);
	CU_ASSERT_EQUAL(memcmp(&rec, &zero, sizeof(rec)), 0);
}

CU_TestInfo record_tests[] = {
	{ "the wire form is as documented", the_wire_form_is_as_documented },
	{ "malformed bytes are refused and leave nothing",
		malformed_bytes_are_refused_and_leave_nothing },
	{ "the smallest record is read", the_smallest_record_is_read },
	{ "what is beyond its field is not written", what_is_beyond_its_field_is_not_written },
	{ "printing masks secrets and stays within its room",
		printing_masks_secrets_and_stays_within_its_room },
	{ "fields are found by name", fields_are_found_by_name },
	{ "wiping leaves zeros", wiping_leaves_zeros },
	CU_TEST_INFO_NULL,
};
