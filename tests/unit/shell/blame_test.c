/*
 * Twin of shell/blame.c.
 */
#include "config.h"

#include "shell/blame.h"

#include "lib/err.h"
#include "tests/unit/shell/suites.h"

#include <errno.h>

static const struct value tunnel1 = VALUE_OF_TEXT("Tunnel0/0/1");
static const struct value tunnel10 = VALUE_OF_TEXT("Tunnel0/0/10");
static const struct value policy10[] = { VALUE_OF_TEXT("P1"), VALUE_OF_INT(10) };
static const struct value profile[] = { VALUE_OF_TEXT("10") };

static const struct {
	const char *text;
	const struct table *table;
	const struct value *key;
} lines[] = {
	/*  1 */ { "acl 3001", &model_acl, &VALUE_OF_INT(3001) },
	/*  2 */ { " rule 5 permit ip source 10.1.1.0 0.0.0.255", &model_acl, &VALUE_OF_INT(3001) },
	/*  3 */ { "ipsec policy P1 10 manual", &model_ipsec_policy, policy10 },
	/*  4 */ { " proposal tran9", &model_ipsec_policy, policy10 },
	/*  5 */ { " sa authentication-hex outbound esp 0102", &model_ipsec_policy, policy10 },
	/*  6 */ { " tunnel remote 203.0.113.1", &model_ipsec_policy, policy10 },
	/*  7 */ { "interface Tunnel 0/0/1", &model_interface, &tunnel1 },
	/*  8 */ { "  ip address 10.1.1.1 24", &model_interface, &tunnel1 },
	/*  9 */ { " ip address 10.1.2.1 24 sub", &model_interface, &tunnel1 },
	/* 10 */ { " mtu 1400", &model_interface, &tunnel1 },
	/* 11 */ { "interface Tunnel 0/0/10", &model_interface, &tunnel10 },
	/* 12 */ { "ip route-static 10.8.0.0 255.255.0.0 Tunnel 0/0/1", NULL, NULL },
	/* 13 */ { "ip route-static 10.9.0.0 255.255.0.0 Tunnel 0/0/1", NULL, NULL },
	/* 14 */ { "undo acl 3002", NULL, NULL },
	/* 15 */ { "ipsec profile 10", &model_ipsec_profile, profile },
	/* 16 */ { "sysname RTA", NULL, NULL },
};

static void
a_refusal_leads_to_the_line_it_is_about(void)
{
	static const struct {
		const char *object, *text;
		unsigned int line;
		size_t column;
	} cases[] = {
		{ "Tunnel0/0/1", "address 10.1.1.1/24 conflicts with address 10.1.1.2/24 of X", 8,
			2 },
		{ "Tunnel0/0/1", "10.1.2.1/24 is not the address of a host", 9, 1 },
		/* no word of it was typed: the last line of the object */
		{ "Tunnel0/0/1", "recursive", 10, 1 },
		{ "Tunnel0/0/10", "recursive", 11, 0 },
		{ "IPSec policy P1 10",
			"outbound ESP SA, authentication key: SHA2-HMAC-256 takes a key of 64 "
			"hexadecimal digits, not 4",
			5, 1 },
		{ "IPSec policy P1 10",
			"The IPSec proposal tran9 does not exist; IPSec policy P1 10 refers to it.",
			4, 1 },
		{ "ip route-static 10.9.0.0 16 - Tunnel0/0/1",
			"recursive: it would lead to the destination 10.9.0.1 of Tunnel0/0/1 "
			"through Tunnel0/0/1 itself",
			13, 0 },
		{ "ACL 3002", "The ACL 3002 is referenced by IPSec policy P1 10.", 14, 0 },
		/* what nobody typed */
		{ "Tunnel0/0/2", "recursive", 0, 0 },
		{ "ip route-static 10.7.0.0 16 - Tunnel0/0/1", "no way", 0, 0 },
		{ "", "The name is refused.", 0, 0 },
	};
	struct blame *b = blame_new();
	struct err e;

	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		blame_note(b, i + 1, lines[i].text, lines[i].table, lines[i].key);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t column = 0;

		err_set(&e, -EINVAL, cases[i].object, "%s", cases[i].text);
		CU_ASSERT_EQUAL(blame_find(b, &e, &column), cases[i].line);
		CU_ASSERT_EQUAL(column, cases[i].column);
	}
	blame_free(b);
}

static void
an_empty_batch_is_not_to_blame(void)
{
	struct blame *b = blame_new();
	size_t column;
	struct err e;

	err_set(&e, -EINVAL, "Tunnel0/0/1", "recursive");
	CU_ASSERT_EQUAL(blame_find(b, &e, &column), 0);
	blame_free(b);
	blame_free(NULL);
}

CU_TestInfo blame_tests[] = {
	{ "a refusal leads to the line it is about", a_refusal_leads_to_the_line_it_is_about },
	{ "an empty batch is not to blame", an_empty_batch_is_not_to_blame },
	CU_TEST_INFO_NULL,
};
