/*
 * INFORMATIONAL between two of our own ends: what the peer may say at any time.
 */
#include "config.h"

#include "daemon/ike/compose.h"
#include "lib/loop.h"
#include "tests/unit/ike/sim.h"
#include "tests/unit/ike/suites.h"

/* End 1 says a number to end 0. */
static void
tell(struct sim *s, uint16_t notify, uint32_t value)
{
	struct ike_sa *sa = sim_ike(&s->end[1]);
	uint8_t data[4];
	struct compose c;

	be32_put(data, value);
	compose_inner(&c);
	compose_notify(&c, notify, (struct span){ data, sizeof(data) });
	sim_say(sa, WIRE_INFORMATIONAL, false, sa->window.next_id++, &c);
	sim_deliver(s, 0);
	CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_INFORMATIONAL, true));
	sim_drop(s, 0);
}

/* RFC 4478 3: whatever was said in IKE_AUTH, and whatever is configured. */
static void
test_the_peer_wants_us_to_authenticate_anew(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	struct ike_sa *sa = sim_ike(&s->end[0]);
	uint64_t now = loop_now_ms(s->loop), spi = sa->spi_local;

	tell(s, NOTIFY_auth_lifetime, 600);
	CU_ASSERT_TRUE(sa->reauth_ms > now + 400000);
	CU_ASSERT_TRUE(sa->reauth_ms < now + 600000);
	/* more time does not put it off */
	now = sa->reauth_ms;
	tell(s, NOTIFY_auth_lifetime, 60000);
	CU_ASSERT_EQUAL(sa->reauth_ms, now);
	s->by_hand = false;
	for (unsigned int i = 0; i < 620; i++) {
		sim_run(s, 1000);
		sim_esp(&s->end[i % 2]);
	}
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], "IKE SAs reauthenticated"), 1);
	CU_ASSERT_NOT_EQUAL(sim_ike(&s->end[0])->spi_local, spi);
	sim_end_settled(s, 1);
}

static void
test_the_peers_window_grows(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	struct ike_sa *sa = sim_ike(&s->end[0]);

	CU_ASSERT_EQUAL(sa->window.peer_size, WINDOW_SIZE);
	tell(s, NOTIFY_set_window_size, 7);
	CU_ASSERT_EQUAL(sa->window.peer_size, 7);
	tell(s, NOTIFY_set_window_size, 1000);
	CU_ASSERT_EQUAL(sa->window.peer_size, WINDOW_PEER);
	/* none is no size */
	tell(s, NOTIFY_set_window_size, 0);
	CU_ASSERT_EQUAL(sa->window.peer_size, WINDOW_PEER);
	sim_free(s);
}

CU_TestInfo x_info_tests[] = {
	{ "the peer wants us to authenticate anew", test_the_peer_wants_us_to_authenticate_anew },
	{ "the peer's window grows", test_the_peers_window_grows },
	CU_TEST_INFO_NULL,
};
