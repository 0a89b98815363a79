/*
 * Twin of daemon/ike/peer.c: who may be at an address, and whose turn it is.
 */
#include "config.h"

#include "tests/unit/ike/sim.h"
#include "tests/unit/ike/suites.h"

#include <CUnit/CUnit.h>
#include <stdio.h>

static void
configure(struct sim *s, uint32_t number, unsigned int n, const char *const *addresses)
{
	struct msg_ike_peer m = { .peer = number, .versions = 2 };
	struct msg_ike_peer_address at = { .peer = number };
	const struct msg_ike_peer_end end = { .peer = number };

	snprintf(m.name, sizeof(m.name), "peer-%u", number);
	CU_ASSERT_EQUAL_FATAL(ike_command(s->end[0].ike, MSG_ike_peer, 0, &m, NULL), 0);
	for (unsigned int i = 0; i < n; i++) {
		CU_ASSERT_EQUAL_FATAL(addr_parse(addresses[i], &at.remote), 0);
		ike_command(s->end[0].ike, MSG_ike_peer_address, 0, &at, NULL);
	}
	CU_ASSERT_EQUAL_FATAL(ike_command(s->end[0].ike, MSG_ike_peer_end, 0, &end, NULL), 0);
}

static void delete (struct sim *s, uint32_t number)
{
	const struct msg_ike_peer_del m = { .peer = number };

	CU_ASSERT_EQUAL(ike_command(s->end[0].ike, MSG_ike_peer_del, 0, &m, NULL), 0);
}

/* "2 1": the numbers of who may be there, in their order. */
static const char *
at(struct sim *s, const char *address)
{
	static char text[64];
	struct peer *found[4];
	struct addr a;
	size_t len = 0;
	unsigned int n;

	CU_ASSERT_EQUAL_FATAL(addr_parse(address, &a), 0);
	n = peer_candidates(s->end[0].ike, &a, found, 4);
	text[0] = '\0';
	for (unsigned int i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%u", i > 0 ? " " : "",
			found[i]->cfg.peer);
	return text;
}

static void
test_who_is_named_comes_before_who_may_be_anywhere(void)
{
	static const char *const one[] = { "203.0.113.1" };
	struct sim *s = sim_new(1);

	configure(s, 3, 0, NULL);
	configure(s, 1, 1, one);
	CU_ASSERT_STRING_EQUAL(at(s, "203.0.113.1"), "1 3");
	CU_ASSERT_STRING_EQUAL(at(s, "203.0.113.2"), "3");
	CU_ASSERT_STRING_EQUAL(at(s, "2001:db8::1"), "3");
	sim_free(s);
}

static void
test_the_first_configured_comes_first_and_stays_so(void)
{
	static const char *const one[] = { "203.0.113.1" };
	struct sim *s = sim_new(1);

	configure(s, 2, 1, one);
	configure(s, 1, 1, one);
	CU_ASSERT_STRING_EQUAL(at(s, "203.0.113.1"), "2 1");
	/* another configuration of it is still the same peer */
	configure(s, 2, 0, NULL);
	CU_ASSERT_STRING_EQUAL(at(s, "203.0.113.1"), "1 2");
	configure(s, 2, 1, one);
	CU_ASSERT_STRING_EQUAL(at(s, "203.0.113.1"), "2 1");
	delete (s, 2);
	configure(s, 2, 1, one);
	CU_ASSERT_STRING_EQUAL(at(s, "203.0.113.1"), "1 2");
	sim_free(s);
}

static void
test_a_peer_is_found_at_each_of_its_addresses(void)
{
	static const char *const many[] = { "203.0.113.1", "2001:db8::1", "203.0.113.1" };
	struct sim *s = sim_new(1);

	configure(s, 1, 3, many);
	CU_ASSERT_STRING_EQUAL(at(s, "203.0.113.1"), "1");
	CU_ASSERT_STRING_EQUAL(at(s, "2001:db8::1"), "1");
	CU_ASSERT_STRING_EQUAL(at(s, "203.0.113.2"), "");
	delete (s, 1);
	CU_ASSERT_STRING_EQUAL(at(s, "203.0.113.1"), "");
	CU_ASSERT_PTR_NULL(peer_find(s->end[0].ike, 1));
	sim_free(s);
}

CU_TestInfo peer_tests[] = {
	{ "who is named comes before who may be anywhere",
		test_who_is_named_comes_before_who_may_be_anywhere },
	{ "the first configured comes first and stays so",
		test_the_first_configured_comes_first_and_stays_so },
	{ "a peer is found at each of its addresses",
		test_a_peer_is_found_at_each_of_its_addresses },
	CU_TEST_INFO_NULL,
};
