/*
 * Twin of daemon/want.c and daemon/want_set.c.
 */
#include "config.h"

#include "daemon/want_set.h"

#include <string.h>

#include "tests/unit/daemon/suites.h"

static struct prefix
prefix(const char *text)
{
	struct prefix p = { 0 };

	prefix_parse(text, &p);
	return p;
}

static void
equal_identities_have_equal_keys(void)
{
	struct want_set *s = want_set_new("owner");
	struct want route = { .kind = WANT_ROUTE };
	const char *via;

	route.route.table = 254;
	route.route.metric = 60;
	route.route.destination = prefix("10.1.2.3/24");
	addr_parse("192.0.2.1", &route.route.nexthop);
	via = want_set_add(s, &route)->key;
	CU_ASSERT_STRING_EQUAL(via, "254 10.1.2.0/24 60 via 192.0.2.1");
	strlcpy(route.route.device, "e1", sizeof(route.route.device)); /* the kernel resolved it */
	CU_ASSERT_STRING_EQUAL(want_set_add(s, &route)->key, via);
	route.route.nexthop.af = 0;
	CU_ASSERT_STRING_EQUAL(want_set_add(s, &route)->key, "254 10.1.2.0/24 60 dev e1");
	route.route.type = WANT_ROUTE_BLACKHOLE;
	CU_ASSERT_STRING_EQUAL(want_set_add(s, &route)->key, "254 10.1.2.0/24 60 blackhole");
	want_set_unref(s);
}

static void
another_fingerprint_is_another_sa(void)
{
	struct want_set *s = want_set_new("owner");
	struct want a = { .kind = WANT_SA };
	const char *one, *two;

	a.sa.sa.spi = 300;
	one = want_set_add(s, &a)->key;
	a.sa.fingerprint = 1;
	two = want_set_add(s, &a)->key;
	CU_ASSERT_STRING_NOT_EQUAL(one, two);
	want_set_unref(s);
}

static void
a_set_lives_as_long_as_its_last_reference(void)
{
	struct want_set *s = want_set_new("interface X"), *again = want_set_ref(s);
	struct want w = { .kind = WANT_LINK };

	strlcpy(w.link.device, "e0", sizeof(w.link.device));
	want_set_add(s, &w);
	want_set_note(s, "X", "because of %d things", 3);
	want_set_unref(s);
	CU_ASSERT_STRING_EQUAL(STAILQ_FIRST(&again->items)->want.owner, "interface X");
	CU_ASSERT_STRING_EQUAL(STAILQ_FIRST(&again->notes)->reason, "because of 3 things");
	want_set_unref(again);
	want_set_unref(NULL);
}

CU_TestInfo want_tests[] = {
	{ "equal identities have equal keys", equal_identities_have_equal_keys },
	{ "another fingerprint is another SA", another_fingerprint_is_another_sa },
	{ "a set lives as long as its last reference", a_set_lives_as_long_as_its_last_reference },
	CU_TEST_INFO_NULL,
};
