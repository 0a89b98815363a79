/*
 * Records of failures: repeated ones count, strangers' do not take the place of the peers'.
 */
#include "config.h"

#include "tests/unit/ike/sim.h"
#include "tests/unit/ike/suites.h"

#include <string.h>

struct seen {
	unsigned int n;
	unsigned int n_peers; /* of them with a name */
	struct st_ike_error first;
	struct st_ike_error last;
};

static void
look(void *arg, const void *record)
{
	struct seen *s = arg;
	const struct st_ike_error *e = record;

	if (s->n++ == 0)
		s->first = *e;
	s->last = *e;
	s->n_peers += e->peer[0] != '\0';
}

static struct seen
errors(struct sim_end *e)
{
	struct seen s = { 0 };

	ike_state(e->ike, STATE_ike_error, "", look, &s);
	return s;
}

/* A first message from an address, proved to be or not, that fails for a reason of its own. */
static void
begins(struct sim_end *e, uint32_t address, bool proved, const struct peer *p, unsigned int number)
{
	const struct ike_path path = { .remote = addr_v4(address), .remote_port = 500 };
	const struct exchange x = { .ike = e->ike, .path = &path, .proved = proved };

	explain_first(&x, p, EXPLAIN_phase1_proposal, NULL, "for the %u. time", number);
}

static void
fails(struct sim_end *e, uint32_t address, const struct peer *p, unsigned int number)
{
	begins(e, address, p != NULL, p, number);
}

static void
test_the_same_again_counts(void)
{
	struct sim *s = sim_new(1);
	struct sim_end *e = &s->end[0];
	struct seen seen;

	sim_peer(e, NULL);
	for (unsigned int i = 0; i < 6; i++)
		fails(e, 0xcb007101, peer_find(e->ike, 1), i % 2);
	seen = errors(e);
	CU_ASSERT_EQUAL(seen.n, 2);
	/* the newest first */
	CU_ASSERT_STRING_EQUAL(seen.first.detail, "for the 1. time");
	CU_ASSERT_EQUAL(seen.first.times, 3);
	CU_ASSERT_EQUAL(seen.last.times, 3);
	ike_state_reset(e->ike, STATE_ike_error, "");
	CU_ASSERT_EQUAL(errors(e).n, 0);
	fails(e, 0xcb007101, peer_find(e->ike, 1), 1);
	seen = errors(e);
	CU_ASSERT_EQUAL(seen.n, 1);
	CU_ASSERT_EQUAL(seen.first.times, 1);
	sim_free(s);
}

static void
test_the_oldest_makes_room(void)
{
	struct sim *s = sim_new(1);
	struct sim_end *e = &s->end[0];
	struct seen seen;

	sim_peer(e, NULL);
	for (unsigned int i = 0; i < EXPLAIN_KEPT + 10; i++)
		fails(e, 0xcb007101, peer_find(e->ike, 1), i);
	seen = errors(e);
	CU_ASSERT_EQUAL(seen.n, EXPLAIN_KEPT);
	CU_ASSERT_STRING_EQUAL(seen.first.detail, "for the 209. time");
	CU_ASSERT_STRING_EQUAL(seen.last.detail, "for the 10. time");
	CU_ASSERT_EQUAL(seen.first.times, 1);
	sim_free(s);
}

static void
test_strangers_do_not_flush_the_peers(void)
{
	struct sim *s = sim_new(1);
	struct sim_end *e = &s->end[0];
	struct seen seen;

	sim_peer(e, NULL);
	fails(e, 0xcb007101, peer_find(e->ike, 1), 1);
	for (unsigned int i = 0; i < 2 * EXPLAIN_KEPT; i++) {
		sim_run(s, 1000);
		fails(e, 0x01000000 + i, NULL, i);
	}
	seen = errors(e);
	CU_ASSERT_EQUAL(seen.n, EXPLAIN_STRANGERS + 1);
	CU_ASSERT_EQUAL(seen.n_peers, 1);
	CU_ASSERT_STRING_EQUAL(seen.first.detail, "for the 399. time");
	CU_ASSERT_STRING_EQUAL(seen.last.peer, "right");
	sim_free(s);
}

/* Whoever writes a peer's address into its datagrams, which cost nothing. */
static void
test_forged_addresses_do_not_flush_the_peers(void)
{
	struct sim *s = sim_new(1);
	struct sim_end *e = &s->end[0];
	struct seen seen;

	sim_peer(e, NULL);
	begins(e, 0xcb007101, true, peer_find(e->ike, 1), 1000);
	for (unsigned int i = 0; i < 2 * EXPLAIN_KEPT; i++)
		begins(e, 0xcb007101, false, peer_find(e->ike, 1), i);
	begins(e, 0x01000000, false, NULL, 2000);
	seen = errors(e);
	CU_ASSERT_EQUAL(seen.n, 1 + EXPLAIN_CLAIMS + 1);
	CU_ASSERT_STRING_EQUAL(seen.first.detail, "for the 2000. time");
	CU_ASSERT_STRING_EQUAL(seen.last.detail, "for the 1000. time");
	sim_free(s);
}

/* The class of the one failure of end 1 when end 0 begins: with other proposals, with another key, or not at all
 * after its first message. */
static enum explain_who
who(const struct sim_peer *left, bool cookie, unsigned int n_delivered)
{
	struct sim *s = sim_new(1);
	struct ike *ike = s->end[1].ike;
	const struct sim_child automatic = { .automatic = true };
	enum explain_who w;

	sim_peer(&s->end[0], left);
	sim_peer(&s->end[1], NULL);
	sim_child(&s->end[1], NULL);
	sim_child(&s->end[0], &automatic);
	s->by_hand = true;
	sim_run(s, 2000);
	ike->halfopen.n = cookie ? HALFOPEN_COOKIE : 0;
	for (unsigned int i = 0; i < n_delivered; i++)
		sim_deliver(s, 0);
	ike->halfopen.n -= cookie ? HALFOPEN_COOKIE : 0;
	sim_run(s, n_delivered == 1 ? HALFOPEN_TIMEOUT_MS + 1000 : 0);
	CU_ASSERT_FALSE_FATAL(TAILQ_EMPTY(&ike->explain.errors));
	w = TAILQ_FIRST(&ike->explain.errors)->who;
	CU_ASSERT_EQUAL(ike->explain.n_of[w], 1);
	CU_ASSERT_EQUAL(ike->explain.n_places, 1);
	sim_free(s);
	return w;
}

static void
test_a_peer_is_known_by_what_it_proves(void)
{
	const struct sim_peer group = { .dh = { ALG_DH_ecp_256 } }, key = { .psk = "another" };

	CU_ASSERT_EQUAL(who(&group, false, 1), EXPLAIN_CLAIMED);
	CU_ASSERT_EQUAL(who(&group, true, 3), EXPLAIN_KNOWN);
	CU_ASSERT_EQUAL(who(NULL, false, 1), EXPLAIN_CLAIMED);
	CU_ASSERT_EQUAL(who(&key, false, 3), EXPLAIN_KNOWN);
}

static void
test_strangers_do_not_silence_the_peers(void)
{
	struct sim *s = sim_new(1);
	struct sim_end *e = &s->end[0];

	sim_peer(e, NULL);
	for (unsigned int i = 0; i < 10; i++) {
		fails(e, 0x01000000 + i, NULL, i);
		fails(e, 0xcb007101, peer_find(e->ike, 1), i);
	}
	CU_ASSERT_EQUAL(errors(e).n_peers, 10);
	/* of the strangers one a second */
	CU_ASSERT_EQUAL(errors(e).n, 11);
	CU_ASSERT_EQUAL(sim_statistic(e, "Phase1 proposal mismatch"), 20);
	sim_free(s);
}

/* Whose address may be anybody's is a stranger until it is established. */
static void
test_a_peer_from_anywhere_is_a_stranger_at_first(void)
{
	const struct sim_peer anywhere = { .answers_only = true },
			      other = { .answers_only = true, .psk = "another secret" };
	struct sim *s = sim_new(1);
	struct sim_end *e = &s->end[1];
	const struct sim_child child = { .automatic = true };

	sim_peer(&s->end[0], NULL);
	sim_peer(e, &anywhere);
	sim_child(e, NULL);
	sim_child(&s->end[0], &child);
	sim_run(s, 5000);
	CU_ASSERT_EQUAL(explain_who_is(sim_ike(e)), EXPLAIN_KNOWN);
	sim_peer(e, &other);
	sim_run(s, 30000);
	CU_ASSERT_STRING_EQUAL(errors(e).first.reason, "authentication fail");
	CU_ASSERT_EQUAL(e->ike->explain.n_of[EXPLAIN_STRANGER], 1);
	sim_free(s);
}

/* Messages for SPIs that nobody knows, all the time: the peer's failure is recorded all the same. */
static void
test_stray_messages_do_not_silence_the_peers(void)
{
	const struct sim_peer other = { .dh = { ALG_DH_ecp_256 } };
	const struct sim_child child = { .automatic = true };
	uint8_t stray[28] = { 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0x20, 37, 8 };
	const struct ike_path from = { .remote = addr_v4(0x01020304), .remote_port = 500 };
	struct sim *s = sim_new(1);

	stray[27] = sizeof(stray);
	sim_peer(&s->end[0], NULL);
	sim_peer(&s->end[1], &other);
	sim_child(&s->end[1], NULL);
	sim_child(&s->end[0], &child);
	for (unsigned int i = 0; i < 100; i++) {
		ike_input(s->end[1].ike, &from, stray, sizeof(stray));
		sim_run(s, 50);
	}
	CU_ASSERT_EQUAL(errors(&s->end[1]).n_peers, 1);
	/* they are answered, by so many a second */
	CU_ASSERT_TRUE(sim_statistic(&s->end[1], "Sent INVALID_IKE_SPI") >= 40);
	CU_ASSERT_TRUE(sim_statistic(&s->end[1], "Sent INVALID_IKE_SPI") <= 60);
	sim_free(s);
}

CU_TestInfo explain_tests[] = {
	{ "the same again counts", test_the_same_again_counts },
	{ "the oldest makes room", test_the_oldest_makes_room },
	{ "strangers do not flush the peers", test_strangers_do_not_flush_the_peers },
	{ "forged addresses do not flush the peers", test_forged_addresses_do_not_flush_the_peers },
	{ "a peer is known by what it proves", test_a_peer_is_known_by_what_it_proves },
	{ "strangers do not silence the peers", test_strangers_do_not_silence_the_peers },
	{ "a peer from anywhere is a stranger at first",
		test_a_peer_from_anywhere_is_a_stranger_at_first },
	{ "stray messages do not silence the peers", test_stray_messages_do_not_silence_the_peers },
	CU_TEST_INFO_NULL,
};
