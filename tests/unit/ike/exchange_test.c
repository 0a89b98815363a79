/*
 * The state table: every state × every message has one row, and what is refused is counted under its name
 * and changes nothing.
 */
#include "config.h"

#include "daemon/ike/compose.h"
#include "tests/unit/ike/sim.h"
#include "tests/unit/ike/suites.h"

static void
test_every_message_has_a_row_in_every_state(void)
{
	for (unsigned int state = 0; state < EXCHANGE_STATE_N; state++)
		for (unsigned int m = 0; m < EXCHANGE_MESSAGE_N; m++)
			CU_ASSERT_TRUE(exchange_has_row(
				(enum exchange_state)state, (enum exchange_message)m));
}

static void
test_each_refusal_is_counted_by_its_name(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	struct sim_end *e = &s->end[0];
	struct ike_sa *sa = sim_ike(e);

	for (unsigned int state = 0; state < EXCHANGE_STATE_N; state++)
		for (unsigned int m = 0; m < EXCHANGE_MESSAGE_N; m++) {
			struct exchange x = { .ike = e->ike,
				.message = (enum exchange_message)m,
				.path = &sa->path.at };
			const char *why = exchange_refusal((enum exchange_state)state, x.message);
			uint64_t before;

			if (!why)
				continue;
			before = sim_statistic(e, why);
			sa->state = (enum exchange_state)state;
			exchange_dispatch(state == EXCHANGE_none ? NULL : sa, &x);
			CU_ASSERT_EQUAL(sim_statistic(e, why), before + 1);
			CU_ASSERT_EQUAL(sa->state, (enum exchange_state)state);
		}
	sa->state = EXCHANGE_established;
	CU_ASSERT_EQUAL(sim_n_packets(s), 0);
	sim_end_settled(s, 1);
}

/* An authentic IKE_AUTH by this SA, and its answer. */
static void
authenticate_again(struct sim *s, struct ike_sa *sa)
{
	struct compose c;

	compose_inner(&c);
	sim_say(sa, WIRE_IKE_AUTH, false, sa->window.next_id++, &c);
	sim_deliver(s, 0);
}

/* It is answered by nothing, once and again: the next request has room. */
static void
test_what_is_refused_takes_its_place_in_the_window(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	struct ike_sa *sa = sim_ike(&s->end[0]), *far = sim_ike(&s->end[1]);
	uint32_t low = far->window.low;

	for (uint32_t i = 1; i <= 2 * WINDOW_SIZE; i++) {
		authenticate_again(s, sa);
		CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "IKE_AUTH for an established SA"), i);
		CU_ASSERT_EQUAL(far->window.low, low + i);
		CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_IKE_AUTH, true));
		sim_deliver(s, 0);
		CU_ASSERT_EQUAL(sim_statistic(&s->end[0], "Responses without request"), i);
	}
	sim_rekey_child(&s->end[0], 1);
	sim_deliver_all(s);
	sim_end_settled(s, 1);
}

static void
test_a_rekeyed_sa_refuses(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	struct ike_sa *sa = sim_ike(&s->end[0]);

	sim_rekey_ike(&s->end[0]);
	sim_deliver(s, 0);
	sim_drop(s, 0);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], "rekeyed"), 1);
	authenticate_again(s, sa);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "IKE_AUTH for a rekeyed SA"), 1);
	CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_IKE_AUTH, true));
	sim_run(s, 3000);
	sim_end_settled(s, 1);
}

static void
test_an_sa_that_ends_refuses(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	struct ike_sa *sa = sim_ike(&s->end[0]);

	s->lossless = false;
	sim_reset(&s->end[1], false);
	sim_drop(s, 0);
	authenticate_again(s, sa);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "IKE_AUTH for an SA that ends"), 1);
	sim_run(s, 3000);
	sim_end_settled(s, 1);
}

/* The peer, which has answered, asks before its answer is here: refused, and welcome when that has come. */
static void
test_a_request_before_the_answer_comes_again(void)
{
	const struct sim_child automatic = { .automatic = true };
	struct sim *s = sim_new(1);
	struct compose c;

	sim_peer(&s->end[0], NULL);
	sim_peer(&s->end[1], NULL);
	sim_child(&s->end[1], NULL);
	sim_child(&s->end[0], &automatic);
	s->by_hand = true;
	sim_run(s, 2000);
	for (unsigned int i = 0; i < 3; i++)
		sim_deliver(s, 0);
	CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_IKE_AUTH, true));
	for (unsigned int i = 0; i < 2; i++) {
		compose_inner(&c);
		sim_say(sim_ike(&s->end[1]), WIRE_INFORMATIONAL, false, 0, &c);
	}
	sim_deliver(s, 1);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], "INFORMATIONAL before IKE_AUTH's response"), 1);
	CU_ASSERT_EQUAL(sim_n_packets(s), 2);
	sim_deliver(s, 0);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), 1);
	CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_INFORMATIONAL, true));
	sim_free(s);
}

CU_TestInfo exchange_tests[] = {
	{ "every message has a row in every state", test_every_message_has_a_row_in_every_state },
	{ "each refusal is counted by its name", test_each_refusal_is_counted_by_its_name },
	{ "what is refused takes its place in the window",
		test_what_is_refused_takes_its_place_in_the_window },
	{ "a rekeyed SA refuses", test_a_rekeyed_sa_refuses },
	{ "an SA that ends refuses", test_an_sa_that_ends_refuses },
	{ "a request before the answer comes again", test_a_request_before_the_answer_comes_again },
	CU_TEST_INFO_NULL,
};
