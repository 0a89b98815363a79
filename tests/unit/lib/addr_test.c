/*
 * Twin of lib/addr.c.
 */
#include "config.h"

#include "lib/addr.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/unit/lib/suites.h"

static void
numeric_addresses_survive_parse_and_format(void)
{
	static const struct {
		const char *in, *out;
		uint8_t af;
	} rows[] = {
		{ "0.0.0.0", "0.0.0.0", AF_INET },
		{ "10.1.2.3", "10.1.2.3", AF_INET },
		{ "255.255.255.255", "255.255.255.255", AF_INET },
		{ "::", "::", AF_INET6 },
		{ "2001:DB8:0::1", "2001:db8::1", AF_INET6 },
		{ "::ffff:1.2.3.4", "::ffff:1.2.3.4", AF_INET6 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
			"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", AF_INET6 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct addr a;
		char text[ADDR_STRLEN];

		CU_ASSERT_EQUAL(addr_parse(rows[i].in, &a), 0);
		CU_ASSERT_EQUAL(a.af, rows[i].af);
		CU_ASSERT_STRING_EQUAL(addr_format(&a, text), rows[i].out);
	}
}

static void
anything_else_is_not_an_address(void)
{
	static const char *const rows[] = { "", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256",
		"01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "0x1.2.3.4", "-1.2.3.4", "1.2.3.4/8",
		"localhost", ":", ":::", "1::2::3", "fe80::1%eth0", "12345::", "::1.2.3" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct addr a;

		CU_ASSERT_EQUAL(addr_parse(rows[i], &a), -EINVAL);
		CU_ASSERT_EQUAL(a.af, 0);
	}
}

static void
no_address_is_shown_as_a_dash(void)
{
	struct addr none = { 0 };
	struct prefix p = { 0 };
	char text[PREFIX_STRLEN];

	CU_ASSERT_STRING_EQUAL(addr_format(&none, text), "-");
	CU_ASSERT_STRING_EQUAL(prefix_format(&p, text), "-");
	CU_ASSERT_EQUAL(addr_len(&none), 0);
	CU_ASSERT_TRUE(addr_is_unspecified(&none));
}

static void
addresses_compare_by_family_and_bytes(void)
{
	struct addr low = addr_v4(0x0a000001), high = addr_v4(0x0a000002), six;

	CU_ASSERT_EQUAL(addr_parse("::1", &six), 0);
	CU_ASSERT_TRUE(addr_cmp(&low, &high) < 0);
	CU_ASSERT_TRUE(addr_cmp(&high, &low) > 0);
	CU_ASSERT_TRUE(addr_cmp(&low, &six) < 0);
	CU_ASSERT_TRUE(addr_eq(&low, &low));
	CU_ASSERT_FALSE(addr_eq(&low, &high));
	/* bytes behind an IPv4 address mean nothing */
	high = low;
	high.b[4] = 1;
	CU_ASSERT_TRUE(addr_eq(&low, &high));
	CU_ASSERT_EQUAL(addr_u32(&low), 0x0a000001);
	CU_ASSERT_EQUAL(addr_u32(&six), 0);
	CU_ASSERT_FALSE(addr_is_unspecified(&six));
}

static void
prefixes_keep_host_bits_and_give_their_network(void)
{
	static const struct {
		const char *in, *network;
	} rows[] = {
		{ "10.1.2.3/0", "0.0.0.0" },
		{ "10.1.255.3/17", "10.1.128.0" },
		{ "10.1.2.3/24", "10.1.2.0" },
		{ "10.1.2.3/31", "10.1.2.2" },
		{ "10.1.2.3/32", "10.1.2.3" },
		{ "2001:db8::1/0", "::" },
		{ "2001:db8::ff/121", "2001:db8::80" },
		{ "2001:db8::1/128", "2001:db8::1" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct prefix p;
		struct addr network;
		char text[PREFIX_STRLEN];

		CU_ASSERT_EQUAL(prefix_parse(rows[i].in, &p), 0);
		CU_ASSERT_STRING_EQUAL(prefix_format(&p, text), rows[i].in);
		network = prefix_network(&p);
		CU_ASSERT_STRING_EQUAL(addr_format(&network, text), rows[i].network);
		CU_ASSERT_TRUE(prefix_contains(&p, &network));
	}
}

static void
malformed_prefixes_are_refused(void)
{
	static const char *const rows[] = { "", "/", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33",
		"10.0.0.0/-1", "10.0.0.0/+1", "10.0.0.0/024", "10.0.0.0/8 ", "10.0.0.0/8/8", "/8",
		"::/129", "::/4294967296", "10.0.0.0/255.0.0.0",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/8" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct prefix p;

		CU_ASSERT_EQUAL(prefix_parse(rows[i], &p), -EINVAL);
		CU_ASSERT_EQUAL(p.addr.af, 0);
	}
}

static void
prefixes_know_what_they_contain_and_overlap(void)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} rows[] = {
		{ "10.0.0.0/8", "10.255.0.1/32", true },
		{ "10.255.0.1/32", "10.0.0.0/8", true },
		{ "10.0.0.0/9", "10.128.0.0/9", false },
		{ "0.0.0.0/0", "192.0.2.1/24", true },
		{ "0.0.0.0/0", "::/0", false },
		{ "2001:db8::/33", "2001:db8:8000::/33", false },
		{ "2001:db8::/32", "2001:db8:8000::/33", true },
	};
	struct prefix none = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct prefix a, b;

		CU_ASSERT_EQUAL(prefix_parse(rows[i].a, &a), 0);
		CU_ASSERT_EQUAL(prefix_parse(rows[i].b, &b), 0);
		CU_ASSERT_EQUAL(prefix_overlaps(&a, &b), rows[i].overlap);
		CU_ASSERT_FALSE(prefix_overlaps(&a, &none));
	}
}

static void
masks_are_contiguous_bits(void)
{
	static const struct {
		const char *in, *out;
		int bits; /* -1: refused */
	} rows[] = {
		{ "0.0.0.0", "0.0.0.0", 0 },
		{ "0", "0.0.0.0", 0 },
		{ "128.0.0.0", "128.0.0.0", 1 },
		{ "255.255.255.0", "255.255.255.0", 24 },
		{ "24", "255.255.255.0", 24 },
		{ "255.255.255.254", "255.255.255.254", 31 },
		{ "32", "255.255.255.255", 32 },
		{ "255.255.255.255", "255.255.255.255", 32 },
		{ "255.0.255.0", NULL, -1 },
		{ "0.0.0.255", NULL, -1 },
		{ "33", NULL, -1 },
		{ "", NULL, -1 },
		{ "024", NULL, -1 },
		{ "a", NULL, -1 },
		{ "::", NULL, -1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[ADDR_STRLEN];
		uint8_t bits = 99;

		CU_ASSERT_EQUAL(mask_parse(rows[i].in, &bits), rows[i].bits < 0 ? -EINVAL : 0);
		if (rows[i].bits < 0)
			continue;
		CU_ASSERT_EQUAL(bits, rows[i].bits);
		CU_ASSERT_STRING_EQUAL(mask_format(bits, text), rows[i].out);
	}
}

CU_TestInfo addr_tests[] = {
	{ "numeric addresses survive parse and format",
		numeric_addresses_survive_parse_and_format },
	{ "anything else is not an address", anything_else_is_not_an_address },
	{ "no address is shown as a dash", no_address_is_shown_as_a_dash },
	{ "addresses compare by family and bytes", addresses_compare_by_family_and_bytes },
	{ "prefixes keep host bits and give their network",
		prefixes_keep_host_bits_and_give_their_network },
	{ "malformed prefixes are refused", malformed_prefixes_are_refused },
	{ "prefixes know what they contain and overlap",
		prefixes_know_what_they_contain_and_overlap },
	{ "masks are contiguous bits", masks_are_contiguous_bits },
	CU_TEST_INFO_NULL,
};
