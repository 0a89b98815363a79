/*
 * Rekeying CHILD SAs, message by message: the cases of RFC 7296 2.8.1 and 2.25.1, by the names that
 * strongSwan's tests give them. Where nonces decide, several seeds see both outcomes.
 */
#include "config.h"

#include "daemon/ike/child_sa.h"
#include "lib/loop.h"
#include "tests/unit/ike/sim.h"
#include "tests/unit/ike/suites.h"

enum { SEEDS = 8 };

static const struct sim_child pfs = { .dh = { ALG_DH_x25519 } };

/* End 0 gives up what it asks for. */
static void
forget_request(struct sim *s)
{
	struct request *r = TAILQ_FIRST(&sim_ike(&s->end[0])->out);

	request_answered(r);
	request_free(r);
}

/* End 0 rekeys, and all goes well. */
static void
test_regular(void)
{
	struct sim *s = sim_up(1, NULL, &pfs);
	uint32_t spi = sim_pair(&s->end[0], 1)->spi_in;
	uint32_t connection = sim_pair(&s->end[0], 1)->connection->number;

	sim_rekey_child(&s->end[0], 1);
	CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_CREATE_CHILD_SA, false));
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], "rekeyed"), 1);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], "established"), 1);
	/* the responder sends by the old one until the initiator shows that it has the new one */
	CU_ASSERT_EQUAL(sim_pair(&s->end[1], 1)->spi_out, spi);
	CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_CREATE_CHILD_SA, true));
	sim_deliver(s, 0);
	CU_ASSERT_NOT_EQUAL(sim_pair(&s->end[0], 1)->spi_in, spi);
	CU_ASSERT_EQUAL(sim_pair(&s->end[0], 1)->connection->number, connection);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], "deleting"), 1);
	CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_INFORMATIONAL, false));
	sim_deliver(s, 0);
	CU_ASSERT_NOT_EQUAL(sim_pair(&s->end[1], 1)->spi_out, spi);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], NULL), 1);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], NULL), 1);
	sim_end_settled(s, 1);
}

/* The first packet on the new pair is proof enough for the responder. */
static void
test_first_packet_switches(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	uint32_t spi = sim_pair(&s->end[1], 1)->spi_out;

	sim_rekey_child(&s->end[0], 1);
	sim_deliver(s, 0);
	sim_deliver(s, 0);
	sim_drop(s, 0);
	CU_ASSERT_EQUAL(sim_pair(&s->end[1], 1)->spi_out, spi);
	sim_esp(&s->end[0]);
	sim_run(s, 1000);
	CU_ASSERT_NOT_EQUAL(sim_pair(&s->end[1], 1)->spi_out, spi);
	sim_end_settled(s, 1);
}

/* The group that is tried first is not the responder's. */
static void
test_ke_invalid(void)
{
	const struct sim_child two = { .dh = { ALG_DH_x25519, ALG_DH_ecp_256 } },
			       one = { .dh = { ALG_DH_ecp_256 } };
	struct sim *s = sim_up(1, NULL, &two);

	sim_child(&s->end[1], &one);
	sim_deliver_all(s);
	sim_rekey_child(&s->end[0], 1);
	sim_deliver(s, 0);
	CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_CREATE_CHILD_SA, true));
	sim_deliver(s, 0);
	CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_CREATE_CHILD_SA, false));
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], NULL), 1);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_pair(&s->end[0], 1)->suite.dh, ALG_DH_ecp_256);
	sim_end_settled(s, 1);
}

/* The responder deletes the old pair while it is being rekeyed. */
static void
test_responder_delete(void)
{
	struct sim *s = sim_up(1, NULL, NULL);

	sim_rekey_child(&s->end[0], 1);
	sim_deliver(s, 0);
	/* as a peer would that does it instead of the initiator */
	child_sa_delete(child_sa_find(s->end[1].ike,
		TAILQ_LAST(&sim_pair(&s->end[1], 1)->connection->pairs, child_sa_pairs)->replaces));
	CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_CREATE_CHILD_SA, true));
	sim_deliver(s, 0);
	CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_INFORMATIONAL, false));
	sim_end_settled(s, 1);
}

/* The responder has lost the pair: a new one is made. */
static void
test_lost_sa(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	uint32_t spi = sim_pair(&s->end[0], 1)->spi_in;

	child_sa_end(sim_pair(&s->end[1], 1), false);
	sim_rekey_child(&s->end[0], 1);
	sim_deliver(s, 0);
	CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_CREATE_CHILD_SA, true));
	sim_deliver(s, 0);
	CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_CREATE_CHILD_SA, false));
	sim_deliver_all(s);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sim_pair(&s->end[0], 1));
	CU_ASSERT_NOT_EQUAL(sim_pair(&s->end[0], 1)->spi_in, spi);
	sim_end_settled(s, 1);
}

/* The responder deletes the pair that was just made, instead of waiting for the old one's delete. */
static void
test_incorrect_delete(void)
{
	struct sim *s = sim_up(1, NULL, NULL);

	sim_rekey_child(&s->end[0], 1);
	sim_deliver(s, 0);
	child_sa_delete(TAILQ_LAST(&sim_pair(&s->end[1], 1)->connection->pairs, child_sa_pairs));
	s->lossless = false;
	sim_end_settled(s, 1);
}

/* The initiator never deletes the old pair: the responder does, some time. */
static void
test_delete_timeout(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	struct child_sa *old;

	sim_rekey_child(&s->end[0], 1);
	sim_deliver(s, 0);
	sim_deliver(s, 0);
	sim_drop(s, 0);
	/* it forgets */
	old = child_sa_find(s->end[0].ike, sim_pair(&s->end[0], 1)->replaces);
	CU_ASSERT_PTR_NOT_NULL_FATAL(old);
	child_sa_end(old, true);
	forget_request(s);
	sim_run(s, 125000);
	CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_INFORMATIONAL, false));
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], "deleting"), 1);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], NULL), 1);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], NULL), 1);
	sim_free(s);
}

/* Both rekey; the messages in this order: requests, then answers. */
static void
test_collision(void)
{
	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		struct sim *s = sim_up(seed, NULL, &pfs);

		sim_rekey_child(&s->end[0], 1);
		sim_rekey_child(&s->end[1], 1);
		sim_deliver(s, 0);
		sim_deliver(s, 0);
		CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_CREATE_CHILD_SA, true));
		CU_ASSERT_TRUE(sim_is(s, 1, 1, WIRE_CREATE_CHILD_SA, true));
		sim_deliver(s, 0);
		sim_deliver(s, 0);
		CU_ASSERT_EQUAL(sim_statistic(&s->end[0], "CHILD SA collisions settled"), 1);
		CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "CHILD SA collisions settled"), 1);
		sim_deliver_all(s);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], NULL), 1);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], NULL), 1);
		sim_end_settled(s, 1);
	}
}

/* One end's answer comes long after the other's, whose delete comes first. */
static void
test_collision_delayed_response(void)
{
	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		struct sim *s = sim_up(seed, NULL, NULL);

		sim_rekey_child(&s->end[0], 1);
		sim_rekey_child(&s->end[1], 1);
		sim_deliver(s, 0);
		sim_deliver(s, 0);
		/* end 1 gets its answer, and acts on it; end 0's waits */
		sim_deliver(s, 1);
		while (sim_n_packets(s) > 1)
			sim_deliver(s, 1);
		sim_deliver_all(s);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], NULL), 1);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], NULL), 1);
		sim_end_settled(s, 1);
	}
}

/* One request comes when the other exchange is over and the old pair is being deleted. */
static void
test_collision_delayed_request(void)
{
	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		struct sim *s = sim_up(seed, NULL, NULL);

		sim_rekey_child(&s->end[0], 1);
		sim_rekey_child(&s->end[1], 1);
		/* end 0's request waits; end 1's goes through, but for its delete */
		sim_deliver(s, 1);
		sim_deliver(s, 1);
		CU_ASSERT_TRUE(sim_is(s, 1, 0, WIRE_INFORMATIONAL, false));
		sim_deliver(s, 0);
		/* refused: the old pair is on its way out */
		CU_ASSERT_TRUE(sim_is(s, 1, 0, WIRE_CREATE_CHILD_SA, true));
		sim_deliver(s, 1);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], "rekeyed"), 1);
		sim_deliver_all(s);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], NULL), 1);
		sim_end_settled(s, 1);
	}
}

/* … and after that delete. */
static void
test_collision_delayed_request_and_delete(void)
{
	struct sim *s = sim_up(1, NULL, NULL);

	sim_rekey_child(&s->end[0], 1);
	sim_rekey_child(&s->end[1], 1);
	sim_deliver(s, 1);
	while (sim_n_packets(s) > 1)
		sim_deliver(s, 1);
	CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_CREATE_CHILD_SA, false));
	sim_deliver(s, 0);
	/* CHILD_SA_NOT_FOUND: what was to be rekeyed has a successor */
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_n_packets(s), 0);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], NULL), 1);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], NULL), 1);
	sim_end_settled(s, 1);
}

/* … and twice: the other end has rekeyed again meanwhile. */
static void
test_collision_delayed_request_more(void)
{
	struct sim *s = sim_up(1, NULL, NULL);

	sim_rekey_child(&s->end[0], 1);
	sim_rekey_child(&s->end[1], 1);
	sim_deliver(s, 1);
	while (sim_n_packets(s) > 1)
		sim_deliver(s, 1);
	sim_rekey_child(&s->end[1], 1);
	while (sim_n_packets(s) > 1)
		sim_deliver(s, 1);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], NULL), 1);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], NULL), 1);
	sim_end_settled(s, 1);
}

/* One request is lost, and sent again when all is over. */
static void
test_collision_dropped_request(void)
{
	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		struct sim *s = sim_up(seed, NULL, NULL);

		sim_rekey_child(&s->end[0], 1);
		sim_rekey_child(&s->end[1], 1);
		sim_drop(s, 0);
		sim_deliver_all(s);
		sim_run(s, 3000);
		CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_CREATE_CHILD_SA, false));
		sim_deliver_all(s);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], NULL), 1);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], NULL), 1);
		sim_end_settled(s, 1);
	}
}

/* Both first try a group the other does not want. */
static void
test_collision_ke_invalid(void)
{
	const struct sim_child first = { .dh = { ALG_DH_x25519, ALG_DH_ecp_256 } },
			       second = { .dh = { ALG_DH_ecp_256, ALG_DH_x25519 } };

	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		struct sim *s = sim_up(seed, NULL, &first);

		sim_child(&s->end[1], &second);
		sim_deliver_all(s);
		sim_rekey_child(&s->end[0], 1);
		sim_rekey_child(&s->end[1], 1);
		sim_deliver_all(s);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], NULL), 1);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], NULL), 1);
		sim_end_settled(s, 1);
	}
}

/* One of the new tries comes late. */
static void
test_collision_ke_invalid_delayed_retry(void)
{
	const struct sim_child two = { .dh = { ALG_DH_x25519, ALG_DH_ecp_256 } },
			       one = { .dh = { ALG_DH_ecp_256 } };

	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		struct sim *s = sim_up(seed, NULL, &two);

		sim_child(&s->end[1], &one);
		sim_deliver_all(s);
		sim_rekey_child(&s->end[0], 1);
		sim_deliver(s, 0);
		sim_deliver(s, 0);
		/* the second try waits, while end 1 rekeys */
		sim_rekey_child(&s->end[1], 1);
		while (sim_n_packets(s) > 1)
			sim_deliver(s, 1);
		sim_deliver_all(s);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], NULL), 1);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], NULL), 1);
		sim_end_settled(s, 1);
	}
}

/* --- against a delete --------------------------------------------------------------------- */

/* End 0 rekeys what end 1 deletes: requests cross. */
static struct sim *
rekey_and_delete(unsigned int seed)
{
	struct sim *s = sim_up(seed, NULL, NULL);

	s->lossless = false;
	sim_rekey_child(&s->end[0], 1);
	sim_reset(&s->end[1], true);
	CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_CREATE_CHILD_SA, false));
	CU_ASSERT_TRUE(sim_is(s, 1, 0, WIRE_INFORMATIONAL, false));
	return s;
}

static void
test_collision_delete(void)
{
	struct sim *s = rekey_and_delete(1);

	sim_deliver(s, 0);
	/* TEMPORARY_FAILURE */
	CU_ASSERT_TRUE(sim_is(s, 1, 0, WIRE_CREATE_CHILD_SA, true));
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], NULL), 0);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], NULL), 0);
	sim_end_settled(s, 1);
}

static void
test_collision_delete_delayed_response(void)
{
	struct sim *s = rekey_and_delete(1);

	sim_deliver(s, 0);
	sim_deliver(s, 1);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], "established"), 1);
	sim_deliver_all(s);
	sim_end_settled(s, 1);
}

static void
test_collision_delete_drop_delete(void)
{
	struct sim *s = rekey_and_delete(1);

	sim_drop(s, 1);
	sim_deliver(s, 0);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], "established"), 1);
	sim_run(s, 3000);
	sim_deliver_all(s);
	sim_end_settled(s, 1);
}

static void
test_collision_delete_drop_rekey(void)
{
	struct sim *s = rekey_and_delete(1);

	sim_drop(s, 0);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], NULL), 0);
	/* the rekeying is sent again: there is nothing to be rekeyed */
	sim_run(s, 3000);
	sim_deliver_all(s);
	sim_end_settled(s, 1);
}

/* --- against the IKE SA ------------------------------------------------------------------- */

static void
test_collision_ike_rekey(void)
{
	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		struct sim *s = sim_up(seed, NULL, NULL);

		sim_rekey_child(&s->end[0], 1);
		sim_rekey_ike(&s->end[1]);
		sim_deliver(s, 0);
		sim_deliver(s, 0);
		/* both are told TEMPORARY_FAILURE, and try again */
		sim_deliver_all(s);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], "established"), 1);
		sim_run(s, 45000);
		sim_end_settled(s, 1);
	}
}

static void
test_collision_ike_delete(void)
{
	struct sim *s = sim_up(1, NULL, NULL);

	s->lossless = false;
	sim_rekey_child(&s->end[0], 1);
	sim_reset(&s->end[1], false);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], NULL), 0);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], NULL), 0);
	sim_end_settled(s, 1);
}

/* A peer rekeys the same pair a second time before it has deleted it. */
static void
test_rekeyed_twice(void)
{
	struct sim *s = sim_up(1, NULL, NULL);

	sim_rekey_child(&s->end[0], 1);
	sim_deliver(s, 0);
	sim_drop(s, 0);
	forget_request(s);
	sim_rekey_child(&s->end[0], 1);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], NULL), 2);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Sent TEMPORARY_FAILURE"), 1);
	sim_free(s);
}

/* The old pair is deleted while the responder's datapath is still about to get the new one. */
static void
test_deleted_before_the_next_is_installed(void)
{
	struct sim *s = sim_up(1, NULL, NULL);

	s->lossless = false;
	sim_rekey_child(&s->end[0], 1);
	timer_set(s->end[1].worker, 1000);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], "installing"), 1);
	sim_reset(&s->end[0], true);
	CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_INFORMATIONAL, false));
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], "installing"), 1);
	sim_run(s, 1000);
	sim_end_settled(s, 1);
}

/* Both delete the same pair at once (RFC 7296 2.25.1): each is answered, and one new pair takes its place. */
static void
test_both_delete(void)
{
	struct sim *s = sim_up(1, NULL, NULL);

	s->lossless = false;
	sim_reset(&s->end[0], true);
	sim_reset(&s->end[1], true);
	CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_INFORMATIONAL, false));
	CU_ASSERT_TRUE(sim_is(s, 1, 0, WIRE_INFORMATIONAL, false));
	for (unsigned int i = 0; i < 4; i++)
		sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], "established"), 0);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], "established"), 0);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], "CHILD SAs deleted"), 1);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "CHILD SAs deleted"), 1);
	sim_end_settled(s, 1);
}

/* Both ask for a new pair at once, and what the peer asked for last is gone when our answer comes: one pair stays. */
static void
test_both_ask_and_the_peer_more_than_once(void)
{
	for (unsigned int seed = 1; seed <= 8; seed++) {
		const struct sim_child second = { .number = 2 };
		struct sim *s = sim_up(seed, NULL, NULL);
		struct child *c;

		sim_child(&s->end[0], &second);
		sim_child(&s->end[1], &second);
		sim_acquire(&s->end[0], 2);
		sim_acquire(&s->end[1], 2);
		CU_ASSERT_TRUE(sim_is(s, 1, 0, WIRE_CREATE_CHILD_SA, false));
		sim_deliver(s, 1);
		c = child_find(s->end[0].ike, 2);
		CU_ASSERT_PTR_NOT_NULL_FATAL(c->request);
		CU_ASSERT_NOT_EQUAL(c->request->theirs, 0);
		c->request->theirs = 0;
		/* the peer has its answer before our request comes */
		sim_deliver(s, 1);
		sim_end_settled(s, 2);
	}
}

CU_TestInfo rekey_child_tests[] = {
	{ "regular", test_regular },
	{ "the first packet of the initiator switches the responder", test_first_packet_switches },
	{ "the old one is deleted before the next is installed",
		test_deleted_before_the_next_is_installed },
	{ "ke_invalid", test_ke_invalid },
	{ "responder_delete", test_responder_delete },
	{ "lost_sa", test_lost_sa },
	{ "incorrect_delete", test_incorrect_delete },
	{ "delete_timeout", test_delete_timeout },
	{ "both delete", test_both_delete },
	{ "both ask, and the peer more than once", test_both_ask_and_the_peer_more_than_once },
	{ "collision", test_collision },
	{ "collision, delayed_response", test_collision_delayed_response },
	{ "collision, delayed_request", test_collision_delayed_request },
	{ "collision, delayed_request_and_delete", test_collision_delayed_request_and_delete },
	{ "collision, delayed_request_more", test_collision_delayed_request_more },
	{ "collision, dropped_request", test_collision_dropped_request },
	{ "collision, ke_invalid", test_collision_ke_invalid },
	{ "collision, ke_invalid_delayed_retry", test_collision_ke_invalid_delayed_retry },
	{ "collision with delete", test_collision_delete },
	{ "collision with delete, delayed_response", test_collision_delete_delayed_response },
	{ "collision with delete, drop_delete", test_collision_delete_drop_delete },
	{ "collision with delete, drop_rekey", test_collision_delete_drop_rekey },
	{ "collision with an IKE rekey", test_collision_ike_rekey },
	{ "collision with an IKE delete", test_collision_ike_delete },
	{ "a pair is rekeyed by its peer once", test_rekeyed_twice },
	CU_TEST_INFO_NULL,
};
