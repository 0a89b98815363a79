/*
 * Whether the peer is still there: who is asked, and who is not.
 */
#include "config.h"

#include "daemon/ike/compose.h"
#include "tests/unit/ike/sim.h"
#include "tests/unit/ike/suites.h"

#include <string.h>

enum { IDLE_MS = 30000 };

static const char checks[] = "Sent liveness checks";

/* Up, end 0 with this kind of DPD, by itself. */
static struct sim *
up(uint8_t dpd)
{
	const struct sim_peer p = { .dpd = dpd };
	struct sim *s = sim_up(1, NULL, NULL);

	s->by_hand = false;
	sim_peer(&s->end[0], &p);
	/* what is there keeps its ways: anew */
	sim_reset(&s->end[0], false);
	sim_run(s, 5000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sim_ike(&s->end[0]));
	return s;
}

static void
last_end(void *arg, const void *record)
{
	struct st_ike_offline *out = arg;

	if (out->reason[0] == '\0')
		*out = *(const struct st_ike_offline *)record;
}

static const char *
reason_of_end(struct sim_end *e, struct st_ike_offline *out)
{
	memset(out, 0, sizeof(*out));
	ike_state(e->ike, STATE_ike_offline, "", last_end, out);
	return out->reason;
}

static void
test_a_quiet_peer_is_asked_periodically(void)
{
	struct sim *s = up(MSG_IKE_DPD_PERIODIC);

	for (unsigned int i = 1; i < 4; i++) {
		sim_run(s, IDLE_MS + 1000);
		CU_ASSERT_EQUAL(sim_statistic(&s->end[0], checks), i);
	}
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), 1);
	sim_free(s);
}

static void
test_a_peer_whose_packets_come_is_not_asked(void)
{
	struct sim *s = up(MSG_IKE_DPD_PERIODIC);

	for (unsigned int i = 0; i < 20; i++) {
		sim_run(s, IDLE_MS / 3);
		sim_esp(&s->end[1]);
	}
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], checks), 0);
	sim_free(s);
}

/* On demand: only when packets go out and none come in. */
static void
test_on_demand_only_who_is_needed_is_asked(void)
{
	struct sim *s = up(MSG_IKE_DPD_ON_DEMAND);

	sim_run(s, 10 * IDLE_MS);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], checks), 0);
	sim_esp(&s->end[0]);
	sim_run(s, IDLE_MS + 1000);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], checks), 1);
	sim_run(s, 10 * IDLE_MS);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], checks), 1);
	sim_free(s);
}

static void
test_a_dead_peer_is_given_up(void)
{
	for (uint8_t dpd = MSG_IKE_DPD_ON_DEMAND; dpd <= MSG_IKE_DPD_PERIODIC; dpd++) {
		struct sim *s = up(dpd);
		struct st_ike_offline o;

		s->outage = true;
		sim_esp(&s->end[0]);
		/* it is asked once and three times again, 15 s apart */
		sim_run(s, 2 * IDLE_MS + 60000);
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), 0);
		CU_ASSERT_STRING_EQUAL(reason_of_end(&s->end[0], &o), "dpd-timeout");
		s->outage = false;
		sim_run(s, 10 * 60000);
		sim_end_settled(s, 1);
	}
}

static void
test_off_nobody_is_asked(void)
{
	struct sim *s = up(MSG_IKE_DPD_OFF);

	s->outage = true;
	for (unsigned int i = 0; i < 20; i++) {
		sim_esp(&s->end[0]);
		sim_run(s, IDLE_MS);
	}
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], checks), 0);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), 1);
	sim_free(s);
}

/* Somebody says in clear that there is no such SA (RFC 7296 2.4): the peer is asked, once in a while, not believed. */
static void
test_who_is_said_to_be_gone_is_asked(void)
{
	struct sim *s = up(MSG_IKE_DPD_OFF);
	struct ike_sa *sa = sim_ike(&s->end[0]);
	struct wire_hdr h = { .spi_i = ike_sa_spi_i(sa),
		.spi_r = ike_sa_spi_r(sa),
		.exchange = WIRE_INFORMATIONAL,
		.initiator = !sa->initiator,
		.response = true };
	struct compose c;

	compose_message(&c, &h);
	compose_notify(&c, NOTIFY_invalid_ike_spi, (struct span){ 0 });
	CU_ASSERT_EQUAL_FATAL(compose_end(&c), 0);
	for (unsigned int i = 0; i < 10; i++)
		ike_input(s->end[0].ike, &sa->path.at, compose_span(&c).p, compose_span(&c).len);
	compose_fini(&c);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], checks), 1);
	sim_run(s, 1000);
	CU_ASSERT_PTR_EQUAL(sim_ike(&s->end[0]), sa);
	sim_free(s);
}

CU_TestInfo dpd_tests[] = {
	{ "a quiet peer is asked periodically", test_a_quiet_peer_is_asked_periodically },
	{ "a peer whose packets come is not asked", test_a_peer_whose_packets_come_is_not_asked },
	{ "on demand only who is needed is asked", test_on_demand_only_who_is_needed_is_asked },
	{ "a dead peer is given up", test_a_dead_peer_is_given_up },
	{ "off, nobody is asked", test_off_nobody_is_asked },
	{ "who is said to be gone is asked", test_who_is_said_to_be_gone_is_asked },
	CU_TEST_INFO_NULL,
};
