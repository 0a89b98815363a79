/*
 * Twin of daemon/ike/ts.c: RFC 7296 3.13, and the cases of 2.9.
 */
#include "config.h"

#include "daemon/ike/ts.h"
#include "lib/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/ike/fixture.h"
#include "tests/unit/ike/suites.h"

#define ANY 0, 65535
#define OPAQUE 65535, 0

/* "10.0.0.0-10.0.0.255", protocol, ports. */
static struct ts
ts_of(const char *low, const char *high, uint8_t protocol, uint16_t port_low, uint16_t port_high)
{
	struct ts t = { .protocol = protocol, .port_low = port_low, .port_high = port_high };

	CU_ASSERT_EQUAL_FATAL(addr_parse(low, &t.low), 0);
	CU_ASSERT_EQUAL_FATAL(addr_parse(high, &t.high), 0);
	return t;
}

static struct ts
net_of(const char *prefix)
{
	struct prefix p;

	CU_ASSERT_EQUAL_FATAL(prefix_parse(prefix, &p), 0);
	return ts_of_prefix(&p);
}

static enum wire_fault
parse(const char *digits, struct ts_list *l)
{
	return ts_parse(fix_hex(digits), l);
}

static void
selectors_are_read_and_written(void)
{
	static const char body[] = "02 000000"
				   "07 06 0010 0050 01bb 0a010100 0a0101ff"
				   "08 00 0028 0000 ffff 20010db8000000000000000000000000"
				   "20010db8ffffffffffffffffffffffff";
	uint8_t room[256];
	struct wbuf w = wbuf_over(room, sizeof(room));
	struct ts_list l;
	char text[TS_STRLEN];

	CU_ASSERT_EQUAL(parse(body, &l), FAULT_NONE);
	CU_ASSERT_EQUAL(l.n, 2);
	CU_ASSERT_STRING_EQUAL(ts_format(&l.ts[0], text), "10.1.1.0/255.255.255.0 6/80-443");
	CU_ASSERT_STRING_EQUAL(ts_format(&l.ts[1], text), "2001:db8::/32 0/0-65535");
	ts_write(&w, &l);
	CU_ASSERT(fix_is((struct span){ room, wbuf_len(&w) }, body));
}

static void
malformed_selectors_are_refused(void)
{
	static const char *const rows[] = {
		"",
		"01",
		"01 000000",
		"00 000000",
		"01 000000 07 00 0010 0000 ffff 0a010100 0a0101",      /* short */
		"01 000000 07 00 0010 0000 ffff 0a010100 0a0101ff 00", /* long */
		"02 000000 07 00 0010 0000 ffff 0a010100 0a0101ff",    /* one promised */
		"01 000000 07 00 0007 0000 ffff 0a010100 0a0101ff",    /* its length */
		"01 000000 07 00 0000 0000 ffff 0a010100 0a0101ff",
		"01 000000 07 00 0011 0000 ffff 0a010100 0a0101ff 00",
		"01 000000 07 00 0028 0000 ffff 0a010100 0a0101ff",
		"01 000000 07 00 0010 0000 ffff 0a0101ff 0a010100", /* backwards */
		"01 000000 07 00 0010 0051 0050 0a010100 0a0101ff",
		"01 000000 07 00 0010 ffff 0001 0a010100 0a0101ff", /* not quite OPAQUE */
		"01 000000 09 00 0003",
	};
	struct ts_list l;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT_EQUAL(parse(rows[i], &l), FAULT_payload);
}

static void
selectors_of_unknown_types_are_left_out(void)
{
	struct ts_list l;

	CU_ASSERT_EQUAL(parse("02 000000 09 00 000c 0102030405060708"
			      "07 00 0010 0000 ffff 0a010100 0a0101ff",
				&l),
		FAULT_NONE);
	CU_ASSERT_EQUAL(l.n, 1);
	CU_ASSERT_EQUAL(parse("01 000000 09 00 000c 0102030405060708", &l), FAULT_NONE);
	CU_ASSERT_EQUAL(l.n, 0);
}

static void
more_than_there_is_room_for_is_left_out(void)
{
	uint8_t room[4 + (TS_MAX + 1) * 16];
	struct ts_list l = { .n = TS_MAX }, mine = { .n = 1, .ts = { net_of("10.0.0.0/8") } }, out;
	bool narrowed = false;
	struct wbuf w = wbuf_over(room, sizeof(room));

	for (unsigned int i = 0; i < TS_MAX; i++)
		l.ts[i] = net_of("10.0.0.0/8");
	ts_write(&w, &l);
	CU_ASSERT_EQUAL(ts_parse((struct span){ room, wbuf_len(&w) }, &l), FAULT_NONE);
	CU_ASSERT_EQUAL(l.n, TS_MAX);
	CU_ASSERT_FALSE(l.cut);
	wbuf_put(&w, room + 4, 16);
	room[0]++;
	CU_ASSERT_EQUAL(ts_parse((struct span){ room, wbuf_len(&w) }, &l), FAULT_NONE);
	CU_ASSERT_EQUAL(l.n, TS_MAX);
	CU_ASSERT_TRUE(l.cut);
	CU_ASSERT_EQUAL(ts_narrow(&l, &mine, &out, &narrowed), 0);
	CU_ASSERT_TRUE(narrowed);
	CU_ASSERT_FALSE(out.cut);
	/* but has a form all the same: its lowest address is above the highest */
	room[4 + TS_MAX * 16 + 8] = 11;
	CU_ASSERT_EQUAL(ts_parse((struct span){ room, wbuf_len(&w) }, &l), FAULT_payload);
}

static void
sets_are_compared(void)
{
	const struct {
		struct ts a, b;
		bool subset; /* a of b */
		bool common;
	} rows[] = {
		{ net_of("10.1.1.0/24"), net_of("10.1.0.0/16"), true, true },
		{ net_of("10.1.0.0/16"), net_of("10.1.1.0/24"), false, true },
		{ net_of("10.1.1.0/24"), net_of("10.1.1.0/24"), true, true },
		{ net_of("10.1.1.0/24"), net_of("10.1.2.0/24"), false, false },
		{ net_of("0.0.0.0/0"), net_of("::/0"), false, false },
		{ net_of("2001:db8:1::/48"), net_of("2001:db8::/32"), true, true },
		{ ts_of("10.0.0.1", "10.0.0.9", 6, 80, 90),
			ts_of("10.0.0.0", "10.0.0.9", 6, 80, 99), true, true },
		{ ts_of("10.0.0.1", "10.0.0.9", 6, 80, 90),
			ts_of("10.0.0.0", "10.0.0.9", 17, 80, 99), false, false },
		{ ts_of("10.0.0.1", "10.0.0.9", 0, ANY), ts_of("10.0.0.0", "10.0.0.9", 6, ANY),
			false, true },
		{ ts_of("10.0.0.1", "10.0.0.9", 6, 80, 80),
			ts_of("10.0.0.0", "10.0.0.9", 6, 81, 81), false, false },
		/* OPAQUE is part of ANY, and of nothing else */
		{ ts_of("10.0.0.1", "10.0.0.1", 6, OPAQUE), ts_of("10.0.0.1", "10.0.0.1", 6, ANY),
			true, true },
		{ ts_of("10.0.0.1", "10.0.0.1", 6, ANY), ts_of("10.0.0.1", "10.0.0.1", 6, OPAQUE),
			false, true },
		{ ts_of("10.0.0.1", "10.0.0.1", 6, OPAQUE),
			ts_of("10.0.0.1", "10.0.0.1", 6, OPAQUE), true, true },
		{ ts_of("10.0.0.1", "10.0.0.1", 6, OPAQUE), ts_of("10.0.0.1", "10.0.0.1", 6, 0, 80),
			false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ts both, again;

		CU_ASSERT_EQUAL(ts_subset(&rows[i].a, &rows[i].b), rows[i].subset);
		CU_ASSERT_EQUAL(ts_intersect(&rows[i].a, &rows[i].b, &both), rows[i].common);
		CU_ASSERT_EQUAL(ts_intersect(&rows[i].b, &rows[i].a, &again), rows[i].common);
		if (!rows[i].common)
			continue;
		CU_ASSERT(ts_eq(&both, &again));
		CU_ASSERT(ts_subset(&both, &rows[i].a) && ts_subset(&both, &rows[i].b));
		CU_ASSERT_EQUAL(ts_eq(&both, &rows[i].a), rows[i].subset);
	}
}

static void
icmp_types_are_ports(void)
{
	/* echo request, any code; and everything of ICMP */
	struct ts echo = ts_of("10.0.0.0", "10.0.0.255", 1, 0x0800, 0x08ff);
	struct ts all = ts_of("10.0.0.0", "10.0.0.255", 1, ANY);

	CU_ASSERT(ts_subset(&echo, &all));
	CU_ASSERT(!ts_subset(&all, &echo));
}

static void
narrowing_keeps_what_both_want(void)
{
	struct ts_list offered = { .n = 1, .ts = { net_of("10.0.0.0/8") } };
	struct ts_list mine = { .n = 1, .ts = { net_of("10.1.1.0/24") } };
	struct ts_list out;
	bool narrowed;

	CU_ASSERT_EQUAL(ts_narrow(&offered, &mine, &out, &narrowed), 0);
	CU_ASSERT(ts_list_eq(&out, &mine));
	CU_ASSERT(narrowed);
	CU_ASSERT_EQUAL(ts_narrow(&mine, &offered, &out, &narrowed), 0);
	CU_ASSERT(ts_list_eq(&out, &mine));
	CU_ASSERT(!narrowed);
	offered.ts[0] = net_of("192.0.2.0/24");
	CU_ASSERT_EQUAL(ts_narrow(&offered, &mine, &out, NULL), -ENOENT);
}

static void
the_packet_that_asked_is_served_first(void)
{
	struct ts_list offered = { .n = 2,
		.ts = { ts_of("10.2.2.7", "10.2.2.7", 6, 80, 80), net_of("10.0.0.0/8") } };
	struct ts_list mine = { .n = 2, .ts = { net_of("10.1.1.0/24"), net_of("10.2.2.0/24") } };
	const struct ts_list plain = { .n = 2,
		.ts = { net_of("10.1.1.0/24"), net_of("10.2.2.0/24") } };
	struct ts_list out;

	CU_ASSERT_PTR_EQUAL(ts_trigger(&offered), &offered.ts[0]);
	CU_ASSERT_PTR_NULL(ts_trigger(&plain));
	CU_ASSERT_EQUAL(ts_narrow(&offered, &mine, &out, NULL), 0);
	CU_ASSERT_EQUAL(out.n, 2);
	CU_ASSERT(ts_eq(&out.ts[0], &mine.ts[1]));
	CU_ASSERT(ts_eq(&out.ts[1], &mine.ts[0]));
	/* the same selector twice names no packet */
	offered.ts[1] = offered.ts[0];
	CU_ASSERT_PTR_NULL(ts_trigger(&offered));
}

static void
many_selectors_stay_within_bounds(void)
{
	struct ts_list offered = { .n = TS_MAX }, mine = { .n = TS_MAX }, out;
	bool narrowed;

	/* every pair has something of its own in common: 32 × 32 of them */
	for (unsigned int i = 0; i < TS_MAX; i++) {
		offered.ts[i] = ts_of(
			"10.0.0.0", "10.0.0.255", 6, (uint16_t)(i * 64), (uint16_t)(i * 64 + 63));
		mine.ts[i] = ts_of("10.0.0.0", "10.0.0.255", 6, 0, 65535);
		mine.ts[i].low.b[3] = mine.ts[i].high.b[3] = (uint8_t)i;
	}
	CU_ASSERT_EQUAL(ts_narrow(&offered, &mine, &out, &narrowed), 0);
	CU_ASSERT_EQUAL(out.n, TS_MAX);
	CU_ASSERT(narrowed);
}

static void
lists_are_compared_without_their_order(void)
{
	struct ts_list *copy;
	const struct ts_list a = { .n = 2, .ts = { net_of("10.1.1.0/24"), net_of("::/0") } };
	const struct ts_list b = { .n = 2, .ts = { net_of("::/0"), net_of("10.1.1.0/24") } };
	const struct ts_list c = { .n = 1, .ts = { net_of("10.1.1.0/24") } };
	const struct ts_list twice = { .n = 2,
		.ts = { net_of("10.1.1.0/24"), net_of("10.1.1.0/24") } };

	CU_ASSERT(ts_list_eq(&a, &b));
	CU_ASSERT(!ts_list_eq(&a, &c) && !ts_list_eq(&c, &a));
	CU_ASSERT(ts_list_subset(&c, &a) && !ts_list_subset(&a, &c));
	CU_ASSERT_EQUAL(ts_list_hash(&a), ts_list_hash(&b));
	CU_ASSERT(ts_list_eq(&c, &twice));
	CU_ASSERT_EQUAL(ts_list_hash(&c), ts_list_hash(&twice));
	CU_ASSERT_NOT_EQUAL(ts_list_hash(&a), ts_list_hash(&c));
	copy = ts_list_dup(&a);
	CU_ASSERT(copy && ts_list_eq(copy, &b));
	free(copy);
}

static void
selectors_are_shown(void)
{
	const struct ts_list two = { .n = 2,
		.ts = { net_of("10.1.1.0/24"), ts_of("10.0.0.1", "10.0.0.9", 17, 53, 53) } };
	struct ts_list many = { .n = TS_MAX };
	char text[128];

	CU_ASSERT_STRING_EQUAL(ts_list_format(&two, text, sizeof(text)),
		"10.1.1.0/255.255.255.0 0/0-65535; 10.0.0.1-10.0.0.9 17/53-53");
	for (unsigned int i = 0; i < TS_MAX; i++)
		many.ts[i] = net_of("10.1.1.0/24");
	ts_list_format(&many, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text,
		"10.1.1.0/255.255.255.0 0/0-65535; 10.1.1.0/255.255.255.0 0/0-65535; "
		"10.1.1.0/255.255.255.0 0/0-65535; …");
	CU_ASSERT_STRING_EQUAL(ts_format(&(struct ts){ net_of("10.0.0.1/32").low,
						 net_of("10.0.0.1/32").high, 47, ANY },
				       text),
		"10.0.0.1/255.255.255.255 47/0-65535");
}

CU_TestInfo ts_tests[] = {
	{ "selectors are read and written", selectors_are_read_and_written },
	{ "malformed selectors are refused", malformed_selectors_are_refused },
	{ "selectors of unknown types are left out", selectors_of_unknown_types_are_left_out },
	{ "more than there is room for is left out", more_than_there_is_room_for_is_left_out },
	{ "sets are compared", sets_are_compared },
	{ "ICMP types are ports", icmp_types_are_ports },
	{ "narrowing keeps what both want", narrowing_keeps_what_both_want },
	{ "the packet that asked is served first", the_packet_that_asked_is_served_first },
	{ "many selectors stay within bounds", many_selectors_stay_within_bounds },
	{ "lists are compared without their order", lists_are_compared_without_their_order },
	{ "selectors are shown", selectors_are_shown },
	CU_TEST_INFO_NULL,
};
