/*
 * Our own requests: what may be on its way at once, and when it is given up.
 */
#include "config.h"

#include "daemon/ike/child_sa.h"
#include "tests/unit/ike/sim.h"
#include "tests/unit/ike/suites.h"

enum { CHILDREN = 6 };

/* Both ends with so many children, all up. */
static struct sim *
many_children(void)
{
	struct sim *s = sim_up(1, NULL, NULL);

	s->by_hand = false;
	for (uint32_t n = 2; n <= CHILDREN; n++) {
		const struct sim_child c = { .number = n };

		sim_child(&s->end[0], &c);
		sim_child(&s->end[1], &c);
		sim_acquire(&s->end[0], n);
	}
	sim_run(s, 10000);
	s->by_hand = true;
	for (uint32_t n = 1; n <= CHILDREN; n++)
		sim_rekey_child(&s->end[0], n);
	return s;
}

static void
test_the_peers_window_is_filled(void)
{
	struct sim *s = many_children();

	CU_ASSERT_EQUAL(sim_n_packets(s), WINDOW_SIZE);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Requests outside the window"), 0);
	sim_end_settled(s, CHILDREN);
}

/* The window begins with the oldest that is not answered, not with how many are: RFC 7296 2.3. */
static void
test_a_lost_request_holds_the_window(void)
{
	struct sim *s = many_children();

	CU_ASSERT_EQUAL_FATAL(sim_n_packets(s), WINDOW_SIZE);
	sim_drop(s, 0);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Requests outside the window"), 0);
	/* the three others have been answered, and nothing more was asked */
	CU_ASSERT_EQUAL(
		sim_ike(&s->end[0])->window.next_id, sim_ike(&s->end[1])->window.low + WINDOW_SIZE);
	/* the lost one again: then it goes on */
	sim_run(s, 3000);
	CU_ASSERT_EQUAL(sim_n_packets(s), 1);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Requests outside the window"), 0);
	sim_end_settled(s, CHILDREN);
}

/* The peer wants another group whichever it gets: the number of requests until we have had enough. */
static unsigned int
rounds(struct sim *s, uint8_t *wanted)
{
	unsigned int n = 0;

	for (; sim_is(s, 0, 1, WIRE_CREATE_CHILD_SA, false) && n < 10; n++) {
		*wanted = n % 2 ? ALG_DH_x25519 : ALG_DH_ecp_256;
		sim_deliver(s, 0);
		CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Sent INVALID_KE_PAYLOAD"), n + 1);
		sim_deliver(s, 0);
	}
	return n;
}

static void
test_a_peer_that_wants_ever_other_groups_for_a_child(void)
{
	const struct sim_child both = { .dh = { ALG_DH_x25519, ALG_DH_ecp_256 } };
	struct sim *s = sim_up(1, NULL, &both);
	struct msg_ike_child_proposal *p = &child_find(s->end[1].ike, 1)->proposals[0];
	struct st_ike_error e;

	p->dh.len = 1;
	sim_rekey_child(&s->end[0], 1);
	CU_ASSERT_EQUAL(rounds(s, &p->dh.data[0]), 3);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "responder dh mismatch");
	CU_ASSERT_TRUE(e.by_peer);
	p->dh.data[0] = ALG_DH_x25519;
	sim_end_settled(s, 1);
}

static void
test_a_peer_that_wants_ever_other_groups_for_the_ike_sa(void)
{
	const struct sim_peer both = { .dh = { ALG_DH_x25519, ALG_DH_ecp_256 } };
	struct sim *s = sim_up(1, &both, NULL);
	struct msg_ike_peer_proposal *p = &peer_find(s->end[1].ike, 1)->proposals[0];
	struct st_ike_error e;

	p->dh.len = 1;
	sim_rekey_ike(&s->end[0]);
	CU_ASSERT_EQUAL(rounds(s, &p->dh.data[0]), 3);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "responder dh mismatch");
	p->dh.data[0] = ALG_DH_x25519;
	sim_end_settled(s, 1);
}

/* Whether end 0 still asks that an IKE SA of it may end. */
static bool
deletes(const struct sim *s)
{
	const struct ike_sa *sa;

	TAILQ_FOREACH (sa, &s->end[0].ike->sa_list, link)
		if (sa->state == EXCHANGE_deleting)
			return true;
	return false;
}

/* Who need only hear that we go is told three times: one that is not believed, one that is reset. */
static void
test_who_goes_for_good_does_not_wait_long(void)
{
	const struct sim_peer left = { .remote_id_type = MSG_IKE_ID_FQDN, .remote_id = "right" };
	const struct sim_child automatic = { .automatic = true };
	struct sim *s = sim_new(1);

	sim_peer(&s->end[0], &left);
	sim_peer(&s->end[1], NULL);
	sim_child(&s->end[1], NULL);
	sim_child(&s->end[0], &automatic);
	s->by_hand = true;
	sim_run(s, 2000);
	while (!deletes(s))
		sim_deliver(s, 0);
	sim_run(s, 8000);
	CU_ASSERT_TRUE(deletes(s));
	sim_run(s, 7000);
	CU_ASSERT_FALSE(deletes(s));
	sim_free(s);
	s = sim_up(1, NULL, NULL);
	sim_reset(&s->end[0], false);
	sim_run(s, 8000);
	CU_ASSERT_TRUE(deletes(s));
	sim_run(s, 7000);
	CU_ASSERT_FALSE(deletes(s));
	sim_free(s);
}

/* One whose children are another's now: the peer would keep it. */
static void
test_who_was_rekeyed_is_ended_with_patience(void)
{
	struct sim *s = sim_up(1, NULL, NULL);

	sim_rekey_ike(&s->end[0]);
	sim_deliver(s, 0);
	sim_deliver(s, 0);
	CU_ASSERT_TRUE(deletes(s));
	sim_run(s, 60000);
	CU_ASSERT_TRUE(deletes(s));
	sim_end_settled(s, 1);
}

CU_TestInfo request_tests[] = {
	{ "the peer's window is filled", test_the_peers_window_is_filled },
	{ "a lost request holds the window", test_a_lost_request_holds_the_window },
	{ "a peer that wants ever other groups for a child",
		test_a_peer_that_wants_ever_other_groups_for_a_child },
	{ "a peer that wants ever other groups for the IKE SA",
		test_a_peer_that_wants_ever_other_groups_for_the_ike_sa },
	{ "who goes for good does not wait long", test_who_goes_for_good_does_not_wait_long },
	{ "who was rekeyed is ended with patience", test_who_was_rekeyed_is_ended_with_patience },
	CU_TEST_INFO_NULL,
};
