/*
 * Twin of daemon/narrow.c: what was negotiated against what is wanted.
 */
#include "config.h"

#include "daemon/narrow.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/daemon/suites.h"

/* "PROTOCOL LOW-HIGH:PORT-PORT LOW-HIGH:PORT-PORT" */
static struct msg_ike_selector
pair(const char *text)
{
	struct msg_ike_selector s = { 0 };
	char a[4][48];
	unsigned int protocol, p[4];

	CU_ASSERT_EQUAL_FATAL(
		sscanf(text, "%u %47[^-]-%47[^/]/%u-%u %47[^-]-%47[^/]/%u-%u", &protocol, a[0],
			a[1], &p[0], &p[1], a[2], a[3], &p[2], &p[3]),
		9);
	s.protocol = (uint8_t)protocol;
	addr_parse(a[0], &s.local_low);
	addr_parse(a[1], &s.local_high);
	addr_parse(a[2], &s.remote_low);
	addr_parse(a[3], &s.remote_high);
	s.local_port_low = (uint16_t)p[0];
	s.local_port_high = (uint16_t)p[1];
	s.remote_port_low = (uint16_t)p[2];
	s.remote_port_high = (uint16_t)p[3];
	return s;
}

static struct msg_ike_child
child(const char *text)
{
	struct msg_ike_selector s = pair(text);

	return (struct msg_ike_child){ .protocol = s.protocol,
		.local_low = s.local_low,
		.local_high = s.local_high,
		.remote_low = s.remote_low,
		.remote_high = s.remote_high,
		.local_port_low = s.local_port_low,
		.local_port_high = s.local_port_high,
		.remote_port_low = s.remote_port_low,
		.remote_port_high = s.remote_port_high };
}

#define NET "0 10.1.1.0-10.1.1.255/0-65535 10.1.2.0-10.1.2.255/0-65535"

static void
a_pair_covers_meets_or_misses_a_child(void)
{
	static const struct {
		const char *pair, *child, *both; /* NULL: nothing; "": it covers */
	} rows[] = {
		{ NET, NET, "" },
		{ "0 10.1.0.0-10.1.255.255/0-65535 10.1.0.0-10.1.255.255/0-65535", NET, "" },
		{ "0 10.1.1.5-10.1.1.5/0-65535 10.1.2.0-10.1.2.255/0-65535", NET,
			"0 10.1.1.5-10.1.1.5/0-65535 10.1.2.0-10.1.2.255/0-65535" },
		{ "0 10.1.0.0-10.1.1.127/0-65535 10.1.2.128-10.1.9.0/0-65535", NET,
			"0 10.1.1.0-10.1.1.127/0-65535 10.1.2.128-10.1.2.255/0-65535" },
		{ "6 10.1.1.0-10.1.1.255/0-65535 10.1.2.0-10.1.2.255/443-443", NET,
			"6 10.1.1.0-10.1.1.255/0-65535 10.1.2.0-10.1.2.255/443-443" },
		{ NET, "6 10.1.1.0-10.1.1.255/0-65535 10.1.2.0-10.1.2.255/443-443", "" },
		{ "6 10.1.1.0-10.1.1.255/0-65535 10.1.2.0-10.1.2.255/0-65535",
			"17 10.1.1.0-10.1.1.255/0-65535 10.1.2.0-10.1.2.255/0-65535", NULL },
		{ "6 10.1.1.0-10.1.1.255/0-80 10.1.2.0-10.1.2.255/0-65535",
			"6 10.1.1.0-10.1.1.255/81-90 10.1.2.0-10.1.2.255/0-65535", NULL },
		{ "0 10.1.3.0-10.1.3.255/0-65535 10.1.2.0-10.1.2.255/0-65535", NET, NULL },
		{ "0 fd00::-fd00::ff/0-65535 fd01::-fd01::ff/0-65535", NET, NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_ike_selector p = pair(rows[i].pair), both, want;
		struct msg_ike_child c = child(rows[i].child);
		bool covers = rows[i].both != NULL && rows[i].both[0] == '\0';

		CU_ASSERT_EQUAL(narrow_covers(&p, &c), covers);
		CU_ASSERT_EQUAL(narrow_meet(&p, &c, &both), rows[i].both != NULL);
		if (rows[i].both == NULL)
			continue;
		want = pair(covers ? rows[i].child : rows[i].both);
		CU_ASSERT_EQUAL(both.protocol, want.protocol);
		CU_ASSERT_TRUE(addr_eq(&both.local_low, &want.local_low));
		CU_ASSERT_TRUE(addr_eq(&both.local_high, &want.local_high));
		CU_ASSERT_TRUE(addr_eq(&both.remote_low, &want.remote_low));
		CU_ASSERT_TRUE(addr_eq(&both.remote_high, &want.remote_high));
		CU_ASSERT_EQUAL(both.remote_port_low, want.remote_port_low);
		CU_ASSERT_EQUAL(both.remote_port_high, want.remote_port_high);
	}
}

/* Inclusive, and counted by hand. */
static void
a_range_becomes_the_fewest_prefixes(void)
{
	static const struct {
		const char *local;
		size_t n;
		const char *first, *wildcard;
	} rows[] = {
		{ "10.1.1.0-10.1.1.255", 1, "10.1.1.0", "0.0.0.255" },
		{ "10.1.1.7-10.1.1.7", 1, "10.1.1.7", "0.0.0.0" },
		{ "0.0.0.0-255.255.255.255", 1, "0.0.0.0", "255.255.255.255" },
		{ "10.1.1.1-10.1.1.4", 3, "10.1.1.1", "0.0.0.0" },
		{ "0.0.0.1-255.255.255.254", 62, "0.0.0.1", "0.0.0.0" },
		{ "255.255.255.254-255.255.255.255", 1, "255.255.255.254", "0.0.0.1" },
		{ "fd00::-fd00::ffff", 1, "fd00::", "::ffff" },
		{ "::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 254, "::1", "::" },
	};
	static struct msg_dp_spd_rule out[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[200];
		struct msg_ike_selector p;
		struct addr a;

		snprintf(text, sizeof(text), "0 %s/0-65535 10.1.2.1-10.1.2.1/0-65535",
			rows[i].local);
		p = pair(text);
		CU_ASSERT_EQUAL(narrow_rules(&p, out, 512), rows[i].n);
		addr_parse(rows[i].first, &a);
		CU_ASSERT_TRUE(addr_eq(&out[0].source, &a));
		addr_parse(rows[i].wildcard, &a);
		CU_ASSERT_TRUE(addr_eq(&out[0].source_wildcard, &a));
		CU_ASSERT_EQUAL(narrow_rules(&p, NULL, 0), rows[i].n);
	}
}

static void
rules_carry_ports_and_types_of_icmp(void)
{
	struct msg_ike_selector tcp = pair("6 10.1.1.1-10.1.1.2/0-65535 10.1.2.1-10.1.2.2/80-90");
	struct msg_ike_selector echo =
		pair("1 10.1.1.1-10.1.1.1/2048-2048 10.1.2.1-10.1.2.1/2048-2048");
	struct msg_ike_selector type =
		pair("1 10.1.1.1-10.1.1.1/768-1023 10.1.2.1-10.1.2.1/768-1023");
	struct msg_ike_selector odd = pair("1 10.1.1.1-10.1.1.1/768-900 10.1.2.1-10.1.2.1/768-900");
	struct msg_dp_spd_rule out[8];

	CU_ASSERT_EQUAL(narrow_rules(&tcp, out, 8), 4);
	CU_ASSERT_EQUAL(out[3].protocol, 6);
	CU_ASSERT_EQUAL(out[3].action, MSG_SPD_PROTECT);
	CU_ASSERT_EQUAL(out[3].destination_port_low, 80);
	CU_ASSERT_EQUAL(out[3].destination_port_high, 90);
	CU_ASSERT_EQUAL(out[3].source_port_high, 65535);
	CU_ASSERT_EQUAL(out[3].icmp_type, 0xffff);
	CU_ASSERT_EQUAL(narrow_rules(&echo, out, 8), 1);
	CU_ASSERT_EQUAL(out[0].icmp_type, 8);
	CU_ASSERT_EQUAL(out[0].icmp_code, 0);
	CU_ASSERT_EQUAL(out[0].source_port_high, 65535);
	CU_ASSERT_EQUAL(narrow_rules(&type, out, 8), 1);
	CU_ASSERT_EQUAL(out[0].icmp_type, 3);
	CU_ASSERT_EQUAL(out[0].icmp_code, 0xffff);
	CU_ASSERT_EQUAL(narrow_rules(&odd, out, 8), 0);
}

CU_TestInfo narrow_tests[] = {
	{ "a pair covers, meets or misses a child", a_pair_covers_meets_or_misses_a_child },
	{ "a range becomes the fewest prefixes", a_range_becomes_the_fewest_prefixes },
	{ "rules carry ports and types of ICMP", rules_carry_ports_and_types_of_icmp },
	CU_TEST_INFO_NULL,
};
