/*
 * Twin of datapath/ah.c: which octets of headers AH leaves out, by table (RFC 4302 appendix A).
 */
#include "config.h"

#include "datapath/ah.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/suites.h"

/* Headers as they are and as the ICV sees them, in hex. */
struct row {
	const char *what;
	bool sending;
	const char *is;
	const char *seen; /* NULL: refused */
};

static void
check(const struct row *rows, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		uint8_t is[512], seen[512];
		uint32_t len = fix_hex(rows[i].is, is);
		enum drop why = ah_canonical(is, len, rows[i].sending);

		if (rows[i].seen == NULL ? why != DROP_ipsec_headers
					 : why != DROP_NONE || fix_hex(rows[i].seen, seen) != len ||
					memcmp(is, seen, len) != 0) {
			printf("\n%s\n", rows[i].what);
			CU_FAIL("the table says otherwise");
		}
	}
}

#define ADDRS4 "0a0000010a000002"

static void
of_ipv4_class_flags_offset_ttl_and_checksum_are_left_out(void)
{
	static const struct row rows[] = {
		{ "no options", true,
			"45"
			"ff"
			"0054"
			"1234"
			"6007"
			"40"
			"33"
			"abcd" ADDRS4,
			"45"
			"00"
			"0054"
			"1234"
			"0000"
			"00"
			"33"
			"0000" ADDRS4 },
		{ "the same at the destination", false,
			"45"
			"ff"
			"0054"
			"1234"
			"6007"
			"40"
			"33"
			"abcd" ADDRS4,
			"45"
			"00"
			"0054"
			"1234"
			"0000"
			"00"
			"33"
			"0000" ADDRS4 },
	};

	check(rows, 2);
}

#define IS(options)        \
	"4f00005412340000" \
	"4033"             \
	"abcd" ADDRS4 options
#define SEEN(options)      \
	"4f00005412340000" \
	"0033"             \
	"0000" ADDRS4 options
#define ROUTED(options)    \
	"4f00005412340000" \
	"0033"             \
	"0000"             \
	"0a000001"         \
	"0c0c0c0c" options

static void
of_ipv4_options_only_the_immutable_stay(void)
{
	static const struct row rows[] = {
		{ "end, and what is behind it", true, IS("00112233"), SEEN("00112233") },
		{ "no operation", true, IS("01010101"), SEEN("01010101") },
		{ "security", true, IS("8204aabb"), SEEN("8204aabb") },
		{ "extended security", true, IS("8504aabb"), SEEN("8504aabb") },
		{ "commercial security", true, IS("8604aabb"), SEEN("8604aabb") },
		{ "router alert", true, IS("94040000"), SEEN("94040000") },
		{ "sender directed delivery", true, IS("9504aabb"), SEEN("9504aabb") },
		{ "record route", true, IS("0707040909090900"), SEEN("0000000000000000") },
		{ "timestamp", true, IS("4408050011223344"), SEEN("0000000000000000") },
		{ "unknown", true, IS("de03aa01"), SEEN("00000001") },
		{ "unknown, then router alert", true,
			IS("de0401029404"
			   "0000"),
			SEEN("000000009404"
			     "0000") },
		{ "loose route under way", true,
			IS("830b04"
			   "0b0b0b0b"
			   "0c0c0c0c"
			   "00"),
			ROUTED("000000"
			       "00000000"
			       "00000000"
			       "00") },
		{ "strict route, one hop left", true,
			IS("890b08"
			   "0b0b0b0b"
			   "0c0c0c0c"
			   "00"),
			ROUTED("000000"
			       "00000000"
			       "00000000"
			       "00") },
		{ "loose route at its end", true,
			IS("830b0c"
			   "0b0b0b0b"
			   "0c0c0c0c"
			   "00"),
			SEEN("000000"
			     "00000000"
			     "00000000"
			     "00") },
		{ "loose route as received", false,
			IS("830b04"
			   "0b0b0b0b"
			   "0c0c0c0c"
			   "00"),
			SEEN("000000"
			     "00000000"
			     "00000000"
			     "00") },
		{ "a route without addresses", true, IS("83030400"), SEEN("00000000") },
		{ "length 0", true, IS("07000000"), NULL },
		{ "length 1", true, IS("07010000"), NULL },
		{ "longer than the header", true, IS("0705aabb"), NULL },
		{ "no room for a length", true, IS("01010107"), NULL },
	};

	check(rows, sizeof(rows) / sizeof(rows[0]));
}

#define A6 "20010db8000000000000000000000001"
#define B6 "20010db8000000000000000000000002"
#define C6 "20010db80000000000000000000000cc"
#define D6 "20010db80000000000000000000000dd"
#define IS6(next, rest) \
	"6abcdef1"      \
	"0040" next "40" A6 B6 rest
#define SEEN6(next, rest) \
	"60000000"        \
	"0040" next "00" A6 B6 rest
#define ROUTED6(next, rest) \
	"60000000"          \
	"0040" next "00" A6 D6 rest

static void
of_ipv6_class_label_hop_limit_and_mutable_options_are_left_out(void)
{
	static const struct row rows[] = {
		{ "no extension", true, IS6("33", ""), SEEN6("33", "") },
		{ "hop-by-hop, router alert", true, IS6("00", "3300050200000100"),
			SEEN6("00", "3300050200000100") },
		{ "hop-by-hop, a mutable option", true, IS6("00", "33003e04aabbccdd"),
			SEEN6("00", "33003e0400000000") },
		{ "destination, mutable, padding, immutable", true,
			IS6("3c",
				"33013e02aabb"
				"0102ffff"
				"00"
				"1e03aabbcc"),
			SEEN6("3c",
				"33013e020000"
				"0102ffff"
				"00"
				"1e03aabbcc") },
		{ "an option too long", true, IS6("00", "33003e05aabbccdd"), NULL },
		{ "an option without length", true,
			IS6("00",
				"3300010300"
				"00003e"),
			NULL },
		{ "a header too long", true, IS6("00", "3301050200000100"), NULL },
		{ "a header cut", true, IS6("00", "33000502"), NULL },
		{ "an atomic fragment", true, IS6("2c", "3300000012345678"),
			SEEN6("2c", "3300000012345678") },
		{ "a route with two hops to go", true,
			IS6("2b",
				"33040002"
				"00000000" C6 D6),
			ROUTED6("2b",
				"33040000"
				"00000000" B6 C6) },
		{ "a route with one hop to go", true,
			IS6("2b",
				"33040001"
				"00000000" C6 D6),
			ROUTED6("2b",
				"33040000"
				"00000000" C6 B6) },
		{ "a route at its end", true,
			IS6("2b",
				"33040000"
				"00000000" C6 D6),
			SEEN6("2b",
				"33040000"
				"00000000" C6 D6) },
		{ "as received", false,
			IS6("2b",
				"33040001"
				"00000000" C6 D6),
			SEEN6("2b",
				"33040001"
				"00000000" C6 D6) },
		{ "more hops than addresses", true,
			IS6("2b",
				"33040003"
				"00000000" C6 D6),
			NULL },
		{ "another kind of route", true,
			IS6("2b",
				"33000409"
				"00000000"),
			SEEN6("2b",
				"33000409"
				"00000000") },
		{ "options, then a route", true,
			IS6("00",
				"2b003e04aabbccdd"
				"33020001"
				"00000000" D6),
			ROUTED6("00",
				"2b003e0400000000"
				"33020000"
				"00000000" B6) },
	};

	check(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
the_length_of_ah_is_a_multiple_of_the_familys_unit(void)
{
	static const struct {
		uint8_t iv_len, icv_len, v4, v6;
	} rows[] = { { 0, 12, 24, 24 }, { 0, 16, 28, 32 }, { 0, 24, 36, 40 }, { 0, 32, 44, 48 },
		{ 8, 16, 36, 40 } };

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct sa sa = { .iv_len = rows[i].iv_len, .icv_len = rows[i].icv_len };

		CU_ASSERT_EQUAL(ah_len(&sa, false), rows[i].v4);
		CU_ASSERT_EQUAL(ah_len(&sa, true), rows[i].v6);
	}
}

CU_TestInfo ah_tests[] = {
	{ "of IPv4 class, flags, offset, TTL and checksum are left out",
		of_ipv4_class_flags_offset_ttl_and_checksum_are_left_out },
	{ "of IPv4 options only the immutable stay", of_ipv4_options_only_the_immutable_stay },
	{ "of IPv6 class, label, hop limit and mutable options are left out",
		of_ipv6_class_label_hop_limit_and_mutable_options_are_left_out },
	{ "the length of AH is a multiple of the family's unit",
		the_length_of_ah_is_a_multiple_of_the_familys_unit },
	CU_TEST_INFO_NULL,
};
