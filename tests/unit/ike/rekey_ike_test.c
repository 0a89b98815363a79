/*
 * Rekeying IKE SAs, message by message: the cases of RFC 7296 2.8.2 and 2.25.2, by the names that
 * strongSwan's tests give them. Where nonces decide, several seeds see both outcomes.
 */
#include "config.h"

#include "daemon/ike/child_sa.h"
#include "daemon/ike/lifetime.h"
#include "daemon/ike/migrate.h"
#include "tests/unit/ike/sim.h"
#include "tests/unit/ike/suites.h"

#include <string.h>

enum { SEEDS = 8 };

static void
test_regular(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	uint64_t spi = sim_ike(&s->end[0])->spi_local;
	uint32_t pair = sim_pair(&s->end[0], 1)->spi_in;

	sim_rekey_ike(&s->end[0]);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], "rekeyed"), 1);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], "established"), 1);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "deleting"), 1);
	CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_INFORMATIONAL, false));
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], NULL), 1);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 1);
	CU_ASSERT_NOT_EQUAL(sim_ike(&s->end[0])->spi_local, spi);
	/* the child is the same */
	CU_ASSERT_EQUAL(sim_pair(&s->end[0], 1)->spi_in, pair);
	CU_ASSERT_PTR_EQUAL(sim_pair(&s->end[0], 1)->ike_sa, sim_ike(&s->end[0]));
	/* and the new IKE SA works */
	sim_rekey_child(&s->end[1], 1);
	sim_deliver_all(s);
	CU_ASSERT_NOT_EQUAL(sim_pair(&s->end[0], 1)->spi_in, pair);
	sim_end_settled(s, 1);
}

static const struct sim_peer first = { .dh = { ALG_DH_x25519, ALG_DH_ecp_256 } };
static const struct sim_peer second = { .dh = { ALG_DH_ecp_256, ALG_DH_x25519 } };

static void
test_ke_invalid(void)
{
	struct sim *s = sim_up(1, &first, NULL);

	/* what the responder would take now; the SA itself stays */
	sim_ike(&s->end[0])->suite.dh = ALG_DH_NONE;
	peer_find(s->end[1].ike, 1)->proposals[0].dh.data[0] = ALG_DH_ecp_256;
	peer_find(s->end[1].ike, 1)->proposals[0].dh.len = 1;
	sim_rekey_ike(&s->end[0]);
	sim_deliver(s, 0);
	sim_deliver(s, 0);
	CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_CREATE_CHILD_SA, false));
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Sent INVALID_KE_PAYLOAD"), 1);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_ike(&s->end[0])->suite.dh, ALG_DH_ecp_256);
	sim_end_settled(s, 1);
}

static void
test_collision(void)
{
	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		struct sim *s = sim_up(seed, NULL, NULL);

		sim_rekey_ike(&s->end[0]);
		sim_rekey_ike(&s->end[1]);
		sim_deliver(s, 0);
		sim_deliver(s, 0);
		sim_deliver(s, 0);
		sim_deliver(s, 0);
		CU_ASSERT_EQUAL(sim_statistic(&s->end[0], "IKE SA collisions settled"), 1);
		CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "IKE SA collisions settled"), 1);
		sim_deliver_all(s);
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], NULL), 1);
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 1);
		CU_ASSERT_EQUAL(sim_ike(&s->end[0])->spi_local, sim_ike(&s->end[1])->spi_remote);
		sim_end_settled(s, 1);
	}
}

static void
test_collision_ke_invalid(void)
{
	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		struct sim *s = sim_up(seed, &first, NULL);

		sim_peer(&s->end[1], &second);
		sim_ike(&s->end[0])->suite.dh = sim_ike(&s->end[1])->suite.dh = ALG_DH_NONE;
		sim_rekey_ike(&s->end[0]);
		sim_rekey_ike(&s->end[1]);
		sim_deliver_all(s);
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], NULL), 1);
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 1);
		sim_end_settled(s, 1);
	}
}

static void
test_collision_ke_invalid_delayed_retry(void)
{
	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		struct sim *s = sim_up(seed, &first, NULL);

		peer_find(s->end[1].ike, 1)->proposals[0].dh.data[0] = ALG_DH_ecp_256;
		peer_find(s->end[1].ike, 1)->proposals[0].dh.len = 1;
		sim_rekey_ike(&s->end[0]);
		sim_deliver(s, 0);
		sim_deliver(s, 0);
		sim_rekey_ike(&s->end[1]);
		while (sim_n_packets(s) > 1)
			sim_deliver(s, 1);
		sim_deliver_all(s);
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], NULL), 1);
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 1);
		sim_end_settled(s, 1);
	}
}

static void
test_collision_delayed_response(void)
{
	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		struct sim *s = sim_up(seed, NULL, NULL);

		sim_rekey_ike(&s->end[0]);
		sim_rekey_ike(&s->end[1]);
		sim_deliver(s, 0);
		sim_deliver(s, 0);
		sim_deliver(s, 1);
		while (sim_n_packets(s) > 1)
			sim_deliver(s, 1);
		sim_deliver_all(s);
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], NULL), 1);
		/* end 0 may never learn of the one that it was to delete: it fades at end 1 */
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], "established"), 1);
		sim_end_settled(s, 1);
	}
}

/* The winner of a collision is used before the loser's end has got its own answer. */
static void
test_collision_delayed_response_and_use(void)
{
	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		struct sim *s = sim_up(seed, NULL, NULL);

		sim_rekey_ike(&s->end[0]);
		sim_rekey_ike(&s->end[1]);
		sim_deliver(s, 0);
		sim_deliver(s, 0);
		sim_deliver(s, 1);
		sim_rekey_child(&s->end[1], 1);
		while (sim_n_packets(s) > 1)
			sim_deliver(s, 1);
		sim_deliver_all(s);
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], NULL), 1);
		/* end 0 may never learn of the one that it was to delete: it fades at end 1 */
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], "established"), 1);
		sim_end_settled(s, 1);
	}
}

static void
test_collision_delayed_request(void)
{
	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		struct sim *s = sim_up(seed, NULL, NULL);

		sim_rekey_ike(&s->end[0]);
		sim_rekey_ike(&s->end[1]);
		sim_deliver(s, 1);
		sim_deliver(s, 1);
		/* end 1 has its new one and deletes the old: end 0's request finds it ending */
		sim_deliver(s, 0);
		CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Sent TEMPORARY_FAILURE"), 1);
		sim_deliver_all(s);
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], NULL), 1);
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 1);
		sim_end_settled(s, 1);
	}
}

static void
test_collision_delayed_request_and_delete(void)
{
	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		struct sim *s = sim_up(seed, NULL, NULL);

		sim_rekey_ike(&s->end[0]);
		sim_rekey_ike(&s->end[1]);
		sim_deliver(s, 1);
		while (sim_n_packets(s) > 1)
			sim_deliver(s, 1);
		/* the old one is gone at both ends; the request is nobody's */
		sim_deliver_all(s);
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], NULL), 1);
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 1);
		sim_end_settled(s, 1);
	}
}

static void
test_collision_dropped_request(void)
{
	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		struct sim *s = sim_up(seed, NULL, NULL);

		sim_rekey_ike(&s->end[0]);
		sim_rekey_ike(&s->end[1]);
		sim_drop(s, 0);
		sim_deliver(s, 0);
		sim_deliver(s, 0);
		sim_drop(s, 0);
		/* sent again: request of end 0, delete of end 1 */
		sim_run(s, 3000);
		sim_deliver_all(s);
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], NULL), 1);
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 1);
		sim_end_settled(s, 1);
	}
}

/* --- against a delete --------------------------------------------------------------------- */

static struct sim *
rekey_and_delete(unsigned int seed)
{
	struct sim *s = sim_up(seed, NULL, NULL);

	s->lossless = false;
	sim_rekey_ike(&s->end[0]);
	sim_reset(&s->end[1], false);
	CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_CREATE_CHILD_SA, false));
	CU_ASSERT_TRUE(sim_is(s, 1, 0, WIRE_INFORMATIONAL, false));
	return s;
}

static void
test_collision_delete(void)
{
	struct sim *s = rekey_and_delete(1);

	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Sent TEMPORARY_FAILURE"), 1);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], NULL), 0);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 0);
	sim_end_settled(s, 1);
}

static void
test_collision_delete_first(void)
{
	struct sim *s = rekey_and_delete(1);

	sim_deliver(s, 1);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], NULL), 0);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 0);
	sim_end_settled(s, 1);
}

static void
test_collision_delete_drop_delete(void)
{
	struct sim *s = rekey_and_delete(1);

	sim_drop(s, 1);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), 1);
	sim_run(s, 3000);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), 0);
	sim_end_settled(s, 1);
}

static void
test_both_delete(void)
{
	struct sim *s = sim_up(1, NULL, NULL);

	s->lossless = false;
	sim_reset(&s->end[0], false);
	sim_reset(&s->end[1], false);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], NULL), 0);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 0);
	sim_end_settled(s, 1);
}

/* --- against children --------------------------------------------------------------------- */

static void
test_collision_child_create(void)
{
	const struct sim_child second_child = { .number = 2 };
	struct sim *s = sim_up(1, NULL, NULL);

	sim_child(&s->end[0], &second_child);
	sim_child(&s->end[1], &second_child);
	sim_acquire(&s->end[1], 2);
	sim_rekey_ike(&s->end[0]);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], "Sent TEMPORARY_FAILURE"), 1);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Sent TEMPORARY_FAILURE"), 1);
	/* the packet is sent again some time */
	s->by_hand = false;
	sim_run(s, 45000);
	sim_acquire(&s->end[1], 2);
	sim_run(s, 5000);
	sim_end_settled(s, 2);
}

static void
test_collision_child_rekey(void)
{
	struct sim *s = sim_up(1, NULL, NULL);

	sim_rekey_ike(&s->end[0]);
	sim_rekey_child(&s->end[1], 1);
	sim_deliver_all(s);
	CU_ASSERT_TRUE(sim_statistic(&s->end[0], "Sent TEMPORARY_FAILURE") +
			sim_statistic(&s->end[1], "Sent TEMPORARY_FAILURE") >
		0);
	sim_run(s, 45000);
	sim_end_settled(s, 1);
}

/* --- anew ----------------------------------------------------------------------------------- */

static void
test_reauthentication_makes_before_it_breaks(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	uint64_t spi = sim_ike(&s->end[0])->spi_local;
	uint32_t connection = sim_pair(&s->end[0], 1)->connection->number;

	s->by_hand = false;
	sim_reauth(&s->end[0]);
	for (unsigned int i = 0; i < 300; i++) {
		sim_run(s, 100);
		sim_esp(&s->end[i % 2]);
	}
	CU_ASSERT_NOT_EQUAL(sim_ike(&s->end[0])->spi_local, spi);
	CU_ASSERT_EQUAL(sim_pair(&s->end[0], 1)->connection->number, connection);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], "IKE SAs reauthenticated"), 1);
	sim_end_settled(s, 1);
}

/* Both authenticate anew at once, one a little later: one IKE SA remains at both ends, whichever loses. */
static void
test_both_reauthenticate(void)
{
	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		struct sim *s = sim_up(seed, NULL, NULL);

		sim_reauth(&s->end[0]);
		sim_reauth(&s->end[1]);
		sim_deliver(s, 0);
		sim_deliver(s, 1);
		sim_deliver(s, 1);
		sim_deliver(s, 1);
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), 1);
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "fading"), 1);
		sim_end_settled(s, 1);
	}
}

/* The peer has authenticated anew, but its Delete of the old one did not get through: when it is our turn there is
 * one already. */
static void
test_reauthentication_is_not_done_twice(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	struct ike_sa *old = sim_ike(&s->end[1]);

	sim_reauth(&s->end[0]);
	while (sim_n_packets(s) > 0 || sim_n_ike(&s->end[0], NULL) > 1) {
		if (sim_n_packets(s) == 0)
			sim_run(s, 1000);
		else if (sim_is(s, 0, 1, WIRE_INFORMATIONAL, false))
			sim_drop(s, 0);
		else
			sim_deliver(s, 0);
	}
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], "established"), 2);
	s->by_hand = false;
	lifetime_reauthenticate(old, 60);
	sim_run(s, 120000);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "IKE SAs reauthenticated"), 0);
	sim_end_settled(s, 1);
}

/* A peer that never rekeys IKE SAs is authenticated anew. */
static void
test_reauthentication_replaces_rekeying(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	uint64_t spi = sim_ike(&s->end[0])->spi_local;
	struct st_ike_error e;

	/* NO_PROPOSAL_CHOSEN for this once */
	peer_find(s->end[1].ike, 1)->proposals[0].prf.data[0] = ALG_PRF_hmac_sha1;
	sim_rekey_ike(&s->end[0]);
	sim_deliver(s, 0);
	peer_find(s->end[1].ike, 1)->proposals[0].prf.data[0] = ALG_PRF_hmac_sha2_256;
	sim_deliver(s, 0);
	CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_IKE_SA_INIT, false));
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "phase1 proposal mismatch");
	CU_ASSERT_PTR_NOT_NULL(strstr(e.offered, "IKE AES-GCM-128"));
	s->by_hand = false;
	sim_run(s, 10000);
	CU_ASSERT_NOT_EQUAL(sim_ike(&s->end[0])->spi_local, spi);
	sim_end_settled(s, 1);
}

/* End 0 begins another IKE SA for a child, next to what it has: no INITIAL_CONTACT. */
static struct ike_sa *
begin_another(struct sim *s, uint32_t child)
{
	struct ike_sa *old = sim_ike(&s->end[0]);
	struct child *c = child_find(s->end[0].ike, child);

	CU_ASSERT_EQUAL(ike_sa_initiate(c, old->peer, &s->end[0].addr, &s->end[1].addr), 0);
	sim_run(s, 200);
	return old;
}

/* It has forgotten the old one, and comes again and again. */
static void
test_what_the_peer_has_forgotten_goes(void)
{
	struct sim *s = sim_up(1, NULL, NULL);

	s->by_hand = false;
	s->lossless = false;
	for (unsigned int i = 0; i < 3; i++)
		ike_sa_kill(begin_another(s, 1), NULL);
	sim_run(s, 1000);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), 1);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], "established"), 4);
	for (unsigned int i = 0; i < 12; i++) {
		sim_esp(&s->end[0]);
		sim_run(s, 60000);
	}
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "IKE SAs that their peer has begun anew"), 3);
	sim_end_settled(s, 1);
}

/* It wants one for each child. */
static void
test_what_the_peer_wants_several_of_stays(void)
{
	const struct sim_child other = { .number = 2 };
	struct sim *s = sim_up(1, NULL, NULL);

	s->by_hand = false;
	sim_child(&s->end[0], &other);
	sim_child(&s->end[1], &other);
	begin_another(s, 2);
	sim_run(s, 20 * 60000);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), 2);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], "established"), 2);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], "established"), 2);
	sim_free(s);
}

static void
test_one_peer_has_so_many_at_most(void)
{
	struct sim *s = sim_up(1, NULL, NULL);

	s->by_hand = false;
	s->lossless = false;
	for (unsigned int i = 0; i < IKE_SAS_OF_PEER + 10; i++)
		ike_sa_kill(begin_another(s, 1), NULL);
	CU_ASSERT_TRUE(sim_n_ike(&s->end[1], "established") <= IKE_SAS_OF_PEER);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Too many IKE SAs of one peer"), 11);
	sim_run(s, 12 * 60000);
	sim_end_settled(s, 1);
}

static void
test_there_are_so_many_at_most(void)
{
	struct sim *s = sim_up(1, NULL, NULL);

	s->by_hand = false;
	s->end[1].ike->n_sas += IKE_SAS_MOST - 1;
	begin_another(s, 1);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 1);
	CU_ASSERT_TRUE(sim_statistic(&s->end[1], "Too many IKE SAs") > 0);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Out of memory"), 0);
	s->end[1].ike->n_sas -= IKE_SAS_MOST - 1;
	sim_free(s);
}

CU_TestInfo rekey_ike_tests[] = {
	{ "regular", test_regular },
	{ "ke_invalid", test_ke_invalid },
	{ "what the peer has forgotten goes", test_what_the_peer_has_forgotten_goes },
	{ "what the peer wants several of stays", test_what_the_peer_wants_several_of_stays },
	{ "one peer has so many at most", test_one_peer_has_so_many_at_most },
	{ "there are so many at most", test_there_are_so_many_at_most },
	{ "collision", test_collision },
	{ "collision, ke_invalid", test_collision_ke_invalid },
	{ "collision, ke_invalid_delayed_retry", test_collision_ke_invalid_delayed_retry },
	{ "collision, delayed_response", test_collision_delayed_response },
	{ "collision, delayed_response and use", test_collision_delayed_response_and_use },
	{ "collision, delayed_request", test_collision_delayed_request },
	{ "collision, delayed_request_and_delete", test_collision_delayed_request_and_delete },
	{ "collision, dropped_request", test_collision_dropped_request },
	{ "collision with delete", test_collision_delete },
	{ "collision with delete, delete first", test_collision_delete_first },
	{ "collision with delete, drop_delete", test_collision_delete_drop_delete },
	{ "both delete", test_both_delete },
	{ "collision with a new child", test_collision_child_create },
	{ "collision with a child rekey", test_collision_child_rekey },
	{ "reauthentication makes before it breaks", test_reauthentication_makes_before_it_breaks },
	{ "both reauthenticate", test_both_reauthenticate },
	{ "reauthentication is not done twice", test_reauthentication_is_not_done_twice },
	{ "reauthentication replaces a rekeying that is refused",
		test_reauthentication_replaces_rekeying },
	CU_TEST_INFO_NULL,
};
