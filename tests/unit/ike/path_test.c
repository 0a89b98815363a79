/*
 * NATs between the two ends: who is answered where, who is followed, who keeps the mapping, and how often.
 */
#include "config.h"

#include "daemon/ike/path.h"

#include "tests/unit/ike/sim.h"
#include "tests/unit/ike/suites.h"

#include <stdio.h>
#include <string.h>

#define KEEPALIVES "Sent NAT keepalives"

static void
keepalive_interval(struct sim *s, uint32_t seconds)
{
	const struct msg_ike_setup m = { .nat_keepalive_s = seconds };

	for (unsigned int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(ike_command(s->end[i].ike, MSG_ike_setup, 0, &m, NULL), 0);
}

/* Its keepalives of so much time, in which nothing else is sent; the end that is not has none. */
static uint64_t
keepalives(struct sim *s, uint64_t ms)
{
	uint64_t before = sim_statistic(&s->end[0], KEEPALIVES);

	sim_run(s, ms);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], KEEPALIVES), 0);
	return sim_statistic(&s->end[0], KEEPALIVES) - before;
}

static void
test_the_end_behind_a_nat_sends_keepalives_as_configured(void)
{
	struct sim *s = sim_new(1);

	s->end[0].nat_port = 20000;
	sim_peer(&s->end[0], NULL);
	sim_peer(&s->end[1], NULL);
	sim_child(&s->end[1], NULL);
	sim_child(&s->end[0], &(struct sim_child){ .automatic = true });
	sim_run(s, 5000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sim_pair(&s->end[0], 1));
	keepalives(s, 20000); /* in step with them */
	CU_ASSERT_EQUAL(keepalives(s, 100000), 5);
	keepalive_interval(s, 300);
	CU_ASSERT_EQUAL(keepalives(s, 200000), 0);
	keepalive_interval(s, 5); /* at once, and not when the 300 seconds are over */
	CU_ASSERT_EQUAL(keepalives(s, 1000), 1);
	CU_ASSERT_EQUAL(keepalives(s, 50000), 10);
	sim_free(s);
}

static const struct sim_child automatic = { .automatic = true };

/* End 0 behind a NAT, up; by hand from here. */
static struct sim *
behind_a_nat(void)
{
	struct sim *s = sim_new(1);
	char why[256];

	s->end[0].nat_port = 20000;
	for (unsigned int i = 0; i < 2; i++)
		sim_peer(&s->end[i], NULL);
	sim_child(&s->end[1], NULL);
	sim_child(&s->end[0], &automatic);
	sim_run(s, 5000);
	CU_ASSERT_TRUE_FATAL(sim_is_settled(s, 1, why));
	s->by_hand = true;
	sim_expect_no_loss(s);
	return s;
}

/* The NAT has another mapping from now on; nothing comes through the old one. */
static void
remap(struct sim *s)
{
	s->end[0].nat_port += 100;
}

static void
test_a_new_mapping_is_followed(void)
{
	struct sim *s = behind_a_nat();

	remap(s);
	sim_rekey_child(&s->end[0], 1);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_ike(&s->end[1])->path.at.remote_port, s->end[0].nat_port + 1);
	CU_ASSERT_EQUAL(s->end[1].n_moves, 1);
	/* and the answer has come through */
	CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_CREATE_CHILD_SA, true));
	sim_end_settled(s, 1);
}

/* The answer to a retransmission goes where that came from (RFC 7296 2.11), though nobody follows it: it may be
 * an old one that somebody repeats. */
static void
test_a_retransmission_is_answered_where_it_comes_from(void)
{
	struct sim *s = behind_a_nat();
	uint16_t before = sim_ike(&s->end[1])->path.at.remote_port;

	sim_rekey_child(&s->end[0], 1);
	sim_deliver(s, 0);
	CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_CREATE_CHILD_SA, true));
	sim_drop(s, 0);
	remap(s);
	sim_run(s, 2500);
	CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_CREATE_CHILD_SA, false));
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Answered again"), 1);
	CU_ASSERT_EQUAL(sim_ike(&s->end[1])->path.at.remote_port, before);
	CU_ASSERT_EQUAL_FATAL(sim_n_packets(s), 1);
	CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_CREATE_CHILD_SA, true));
	/* what comes next is new: now it is followed */
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_ike(&s->end[1])->path.at.remote_port, s->end[0].nat_port + 1);
	sim_end_settled(s, 1);
}

/* Who is not behind a NAT is not followed, but is answered where it asks from. */
static void
test_without_a_nat_nobody_is_followed(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	struct sim_packet *p;

	sim_rekey_child(&s->end[0], 1);
	p = TAILQ_FIRST(&s->packets);
	p->path.remote_port = 1234;
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_ike(&s->end[1])->path.at.remote_port, 500);
	p = TAILQ_FIRST(&s->packets);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->path.local_port, 1234);
	sim_end_settled(s, 1);
}

/* Keepalives that were off when the SA began, and off again. */
static void
test_keepalives_follow_the_configuration(void)
{
	struct msg_ike_setup off = { .nat_keepalive_s = 0 }, on = { .nat_keepalive_s = 20 };
	struct sim *s = behind_a_nat();
	struct ike *ike = s->end[0].ike;
	const char sent[] = "Sent NAT keepalives";
	uint64_t n;

	s->by_hand = false;
	ike_command(ike, MSG_ike_setup, 0, &off, NULL);
	sim_reset(&s->end[0], false);
	sim_run(s, 60000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sim_ike(&s->end[0]));
	n = sim_statistic(&s->end[0], sent);
	sim_run(s, 100000);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], sent), n);
	ike_command(ike, MSG_ike_setup, 0, &on, NULL);
	sim_run(s, 101000);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], sent), n + 6); /* one at once */
	ike_command(ike, MSG_ike_setup, 0, &off, NULL);
	sim_run(s, 100000);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], sent), n + 6);
	/* who is not behind a NAT keeps none */
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], sent), 0);
	sim_free(s);
}

enum { CONNECTIONS = 8 };

/* End 0 behind a NAT, with so many connections. */
static struct sim *
many_behind_a_nat(uint64_t seed)
{
	static const char *const far[CONNECTIONS] = { "10.2.0.0/24", "10.2.1.0/24", "10.2.2.0/24",
		"10.2.3.0/24", "10.2.4.0/24", "10.2.5.0/24", "10.2.6.0/24", "10.2.7.0/24" };
	struct sim *s = sim_new(seed);
	char why[256];

	s->end[0].nat_port = 20000;
	for (unsigned int i = 0; i < 2; i++)
		sim_peer(&s->end[i], NULL);
	for (unsigned int n = 0; n < CONNECTIONS; n++) {
		struct sim_child c = { .number = n + 1, .policy = n + 1 };

		c.local = far[n];
		c.remote = "10.1.0.0/16";
		sim_child(&s->end[1], &c);
		c.local = "10.1.0.0/16";
		c.remote = far[n];
		c.automatic = true;
		sim_child(&s->end[0], &c);
	}
	sim_run(s, 10000);
	CU_ASSERT_TRUE_FATAL(sim_is_settled(s, CONNECTIONS, why));
	return s;
}

/* End 1's datapath has followed a packet; its speaker hears of it. */
static void
moves(struct sim *s, unsigned int nth, uint16_t port)
{
	struct msg_ike_moved m;

	sim_moves(&s->end[1], nth, port, &m);
	CU_ASSERT_NOT_EQUAL_FATAL(m.sa, 0);
	CU_ASSERT_EQUAL(ike_command(s->end[1].ike, MSG_ike_moved, 0, &m, NULL), 0);
}

static void
test_moves_are_told_twice_a_second_and_then_the_last_one(void)
{
	struct sim *s = many_behind_a_nat(1);
	const struct sim_end *far = &s->end[1];
	char why[256];

	for (unsigned int i = 0; i < 500; i++) {
		s->end[0].nat_port += 2;
		moves(s, i % CONNECTIONS, s->end[0].nat_port + 1);
		CU_ASSERT_EQUAL(sim_ike(far)->path.at.remote_port, s->end[0].nat_port + 1);
		sim_run(s, 4);
		if (i == 25) /* the first two are told at once */
			CU_ASSERT_EQUAL(far->n_moves, 2 * CONNECTIONS);
	}
	CU_ASSERT_TRUE(far->n_moves >= 3 * CONNECTIONS);
	CU_ASSERT_TRUE(far->n_moves <= 5 * CONNECTIONS); /* in two seconds */
	sim_run(s, 1100);
	CU_ASSERT_TRUE(far->n_moves <= 6 * CONNECTIONS);
	CU_ASSERT_TRUE(sim_is_settled(s, CONNECTIONS, why));
	sim_free(s);
}

/* It is back where the others are, and its speaker, before these were told of where it went. */
static void
test_who_comes_back_within_the_second_takes_all_with_it(void)
{
	struct sim *s = many_behind_a_nat(1);
	uint16_t home = s->end[0].nat_port + 1;
	char why[256];

	moves(s, 0, home + 2);
	moves(s, 0, home);
	sim_run(s, 100); /* both have been told, and done */
	moves(s, 1, home + 4);
	moves(s, 2, home + 6);
	moves(s, 2, home);
	sim_run(s, 100);
	CU_ASSERT_FALSE(sim_is_settled(s, CONNECTIONS, why));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "IKE goes elsewhere"));
	sim_run(s, 1000);
	CU_ASSERT_TRUE(sim_is_settled(s, CONNECTIONS, why));
	CU_ASSERT_EQUAL(s->end[1].n_moves, 3 * CONNECTIONS);
	sim_free(s);
}

/* An IKE SA that takes another's place goes where that one went meanwhile, and tells what that one had not. */
static void
test_a_rekeyed_ike_sa_is_where_its_sas_are(void)
{
	char why[256];

	for (unsigned int n_moves = 1; n_moves <= 4; n_moves++) {
		struct sim *s = many_behind_a_nat(1);

		s->by_hand = true;
		sim_rekey_ike(&s->end[1]);
		for (unsigned int i = 0; i < n_moves; i++) {
			/* before it is asked for, or while it is made */
			if (i == n_moves / 2)
				sim_deliver(s, 0);
			s->end[0].nat_port += 2;
			moves(s, i, s->end[0].nat_port + 1);
		}
		s->by_hand = false;
		for (unsigned int n = sim_n_packets(s); n > 0; n--)
			sim_deliver(s, 0);
		sim_run(s, 300000);
		CU_ASSERT_TRUE(sim_statistic(&s->end[1], "IKE SAs rekeyed") > 0);
		CU_ASSERT_TRUE(sim_is_settled(s, CONNECTIONS, why));
		if (why[0] != '\0')
			printf("%s\n", why);
		sim_free(s);
	}
}

/* What the datapath followed, and what of it the speaker has not heard yet. */
struct news {
	struct msg_ike_moved of[64];
	unsigned int first, n;
	bool late; /* some was of an SA that had ended meanwhile */
};

static void
hear(struct sim *s, struct news *w)
{
	if (ike_command(s->end[1].ike, MSG_ike_moved, 0, &w->of[w->first++ % 64], NULL) != 0)
		w->late = true;
	w->n--;
}

static void
something_moves(struct sim *s, struct news *w)
{
	/* a new mapping, or a late packet by one of the last */
	uint16_t port = s->end[0].nat_port + 1;
	unsigned int what = sim_random(s, 12);

	if (what < 4)
		s->end[0].nat_port += 2;
	else if (what == 4)
		sim_rekey_child(&s->end[sim_random(s, 2)], 1 + sim_random(s, CONNECTIONS));
	else if (what == 5)
		sim_rekey_ike(&s->end[sim_random(s, 2)]);
	else if (w->n < 64) {
		struct msg_ike_moved *m = &w->of[(w->first + w->n) % 64];

		sim_moves(&s->end[1], sim_random(s, CONNECTIONS),
			what < 9 ? port : port - 2 * (uint16_t)sim_random(s, 3), m);
		w->n += m->sa != 0;
	}
	while (w->n > 0 && sim_random(s, 2))
		hear(s, w);
	sim_run(s, sim_random(s, 3) ? sim_random(s, 20) : sim_random(s, 700));
}

static void
test_control_and_data_rest_at_one_place_whatever_moved(void)
{
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct sim *s = many_behind_a_nat(seed);
		struct news w = { .n = 0 };
		char why[256];

		for (unsigned int i = 0; i < 150; i++)
			something_moves(s, &w);
		while (w.n > 0)
			hear(s, &w);
		/* the last one of all is by the mapping that there is: else nobody is heard any more */
		if (w.late)
			s->end[0].nat_port += 2;
		moves(s, 0, s->end[0].nat_port + 1);
		sim_run(s, 400000);
		CU_ASSERT_TRUE(sim_is_settled(s, CONNECTIONS, why));
		if (why[0] != '\0')
			printf("seed %u: %s\n", (unsigned int)seed, why);
		CU_ASSERT_EQUAL(s->n_violations, 0);
		sim_free(s);
	}
}

CU_TestInfo path_tests[] = {
	{ "the end behind a NAT sends keepalives as configured",
		test_the_end_behind_a_nat_sends_keepalives_as_configured },
	{ "a new mapping is followed", test_a_new_mapping_is_followed },
	{ "a retransmission is answered where it comes from",
		test_a_retransmission_is_answered_where_it_comes_from },
	{ "without a NAT nobody is followed", test_without_a_nat_nobody_is_followed },
	{ "keepalives follow the configuration", test_keepalives_follow_the_configuration },
	{ "moves are told twice a second, and then the last one",
		test_moves_are_told_twice_a_second_and_then_the_last_one },
	{ "who comes back within the second takes all with it",
		test_who_comes_back_within_the_second_takes_all_with_it },
	{ "a rekeyed IKE SA is where its SAs are", test_a_rekeyed_ike_sa_is_where_its_sas_are },
	{ "control and data rest at one place whatever moved",
		test_control_and_data_rest_at_one_place_whatever_moved },
	CU_TEST_INFO_NULL,
};
