/*
 * Twin of daemon/compile/claims.c.
 */
#include "config.h"

#include "daemon/compile/claims.h"

#include "lib/err.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/daemon/suites.h"

static struct want_set *
set_of(const char *owner, const char *prefix, const char *text)
{
	struct want_set *s = want_set_new(owner);
	struct prefix p;

	if (prefix != NULL && prefix_parse(prefix, &p) == 0)
		want_set_claim_prefix(s, owner, &p);
	if (text != NULL)
		want_set_claim_text(s, owner, text, text);
	return s;
}

static void
overlapping_networks_of_two_owners_clash(void)
{
	static const struct {
		const char *held, *asked;
		int rc;
	} rows[] = {
		{ "10.1.1.1/24", "10.1.1.2/24", -EINVAL },
		{ "10.1.1.1/24", "10.1.2.1/24", 0 },
		{ "10.0.0.1/8", "10.200.0.1/30", -EINVAL },
		{ "10.200.0.1/30", "10.0.0.1/8", -EINVAL },
		{ "10.0.0.1/9", "10.128.0.1/9", 0 },
		{ "1.2.3.4/32", "1.2.3.5/32", 0 },
		{ "1.2.3.4/32", "1.2.3.4/32", -EINVAL },
		{ "1.2.3.4/0", "200.1.1.1/32", -EINVAL },
		{ "255.255.255.255/32", "255.255.255.254/32", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct claims *c = claims_new();
		struct want_set *a = set_of("interface A", rows[i].held, NULL);
		struct want_set *b = set_of("interface B", rows[i].asked, NULL);
		struct err e = { 0 };

		CU_ASSERT_EQUAL(claims_add(c, a, &e), 0);
		CU_ASSERT_EQUAL(claims_add(c, b, &e), rows[i].rc);
		CU_ASSERT_EQUAL(e.text[0] != '\0', rows[i].rc != 0);
		claims_remove(c, b);
		claims_remove(c, a);
		CU_ASSERT_EQUAL(claims_add(c, b, &e), 0);
		claims_free(c);
		want_set_unref(a);
		want_set_unref(b);
	}
}

static void
one_owner_may_overlap_itself_and_hide_nobody(void)
{
	struct claims *c = claims_new();
	struct want_set *a = set_of("interface A", "10.0.0.1/8", NULL);
	struct want_set *b = set_of("interface B", "10.2.0.1/16", NULL);
	struct err e = { 0 };
	struct prefix p;

	prefix_parse("10.1.0.1/16", &p);
	want_set_claim_prefix(a, "interface A", &p);
	CU_ASSERT_EQUAL(claims_add(c, a, &e), 0);
	CU_ASSERT_EQUAL(claims_add(c, b, &e), -EINVAL);
	CU_ASSERT_STRING_EQUAL(e.object, "interface B");
	CU_ASSERT_STRING_EQUAL(e.text, "10.2.0.1/16 conflicts with 10.0.0.1/8 of interface A");
	claims_free(c);
	want_set_unref(a);
	want_set_unref(b);
}

static void
a_refused_set_holds_none_of_its_claims(void)
{
	struct claims *c = claims_new();
	struct want_set *a = set_of("a", NULL, "SPI 1");
	struct want_set *b = set_of("b", "10.1.1.1/24", "SPI 1");
	struct want_set *d = set_of("d", "10.1.1.1/24", NULL);
	struct err e = { 0 };

	CU_ASSERT_EQUAL(claims_add(c, a, &e), 0);
	CU_ASSERT_EQUAL(claims_add(c, b, &e), -EINVAL);
	CU_ASSERT_EQUAL(claims_add(c, d, &e), 0);
	claims_remove(c, b); /* has no effect on others' claims */
	CU_ASSERT_EQUAL(claims_add(c, b, &e), -EINVAL);
	claims_free(c);
	want_set_unref(a);
	want_set_unref(b);
	want_set_unref(d);
}

static void
addresses_are_found_by_network_and_by_prefix(void)
{
	struct claims *c = claims_new();
	struct want_set *a = set_of("interface A", "10.1.1.1/24", NULL);
	struct want_set *b = set_of("interface B", "10.9.0.1/16", NULL);
	struct addr asked, got;
	struct prefix p;
	struct err e;

	claims_add(c, a, &e);
	claims_add(c, b, &e);
	addr_parse("10.1.1.77", &asked);
	CU_ASSERT_STRING_EQUAL(claims_owner_of(c, &asked, &p), "interface A");
	CU_ASSERT_EQUAL(p.len, 24);
	addr_parse("10.1.2.77", &asked);
	CU_ASSERT_PTR_NULL(claims_owner_of(c, &asked, &p));
	prefix_parse("10.1.0.0/16", &p);
	CU_ASSERT_TRUE(claims_address_in(c, &p, &got));
	CU_ASSERT_EQUAL(addr_u32(&got), 0x0a010101);
	prefix_parse("10.9.0.0/24", &p); /* narrower than the network */
	CU_ASSERT_TRUE(claims_address_in(c, &p, &got));
	CU_ASSERT_EQUAL(addr_u32(&got), 0x0a090001);
	prefix_parse("10.9.1.0/24", &p);
	CU_ASSERT_FALSE(claims_address_in(c, &p, &got));
	prefix_parse("0.0.0.0/0", &p);
	CU_ASSERT_TRUE(claims_address_in(c, &p, &got));
	claims_free(c);
	want_set_unref(a);
	want_set_unref(b);
}

CU_TestInfo claims_tests[] = {
	{ "overlapping networks of two owners clash", overlapping_networks_of_two_owners_clash },
	{ "one owner may overlap itself and hide nobody",
		one_owner_may_overlap_itself_and_hide_nobody },
	{ "a refused set holds none of its claims", a_refused_set_holds_none_of_its_claims },
	{ "addresses are found by network and by prefix",
		addresses_are_found_by_network_and_by_prefix },
	CU_TEST_INFO_NULL,
};
