/*
 * What comes for an established SA and is not as it should be: who vouches for it decides.
 */
#include "config.h"

#include "daemon/ike/compose.h"
#include "daemon/ike/engine.h"
#include "tests/unit/ike/sim.h"
#include "tests/unit/ike/suites.h"

#include <string.h>

/* To end 1, whose SA is sa, from where end 0 is: a header of end 0 and that much more, of which nobody vouches for
 * anything. */
static void
forge(struct sim *s, const struct ike_sa *sa, uint8_t next, size_t more)
{
	const struct ike_path path = { .local = s->end[1].addr,
		.remote = s->end[0].addr,
		.local_port = 500,
		.remote_port = 500 };
	struct wire_hdr h = { .spi_i = ike_sa_spi_i(sa),
		.spi_r = ike_sa_spi_r(sa),
		.next = next,
		.exchange = WIRE_INFORMATIONAL,
		.initiator = !sa->initiator,
		.id = sa->window.low,
		.len = (uint32_t)(WIRE_HDR_LEN + more) };
	uint8_t datagram[256] = { 0 };
	struct wbuf w = wbuf_over(datagram, sizeof(datagram));

	wire_hdr_write(&w, &h);
	wbuf_u16(&w, 0);
	wbuf_u16(&w, (uint16_t)more);
	ike_input(s->end[1].ike, &path, datagram, h.len);
}

/* A peer with another version is told so, if that is newer, and its operator's colleague here why it does not
 * connect. */
static void
test_another_version_is_explained(void)
{
	for (unsigned int major = 1; major < 4; major += 2) {
		struct sim *s = sim_up(1, NULL, NULL);
		uint8_t datagram[28] = { 1, 2, 3, 4, 5, 6, 7, 8 };
		const struct ike_path path = { .local = s->end[1].addr,
			.remote = s->end[0].addr,
			.local_port = 500,
			.remote_port = 500 };
		struct st_ike_error e;

		datagram[17] = (uint8_t)(major << 4);
		datagram[18] = 2;
		datagram[27] = sizeof(datagram);
		ike_input(s->end[1].ike, &path, datagram, sizeof(datagram));
		ike_input(s->end[1].ike, &path, datagram, sizeof(datagram));
		CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "unsupported version");
		CU_ASSERT_STRING_EQUAL(e.peer, "left");
		CU_ASSERT_EQUAL(e.times, 2);
		CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Version error"), 2);
		CU_ASSERT_EQUAL(sim_n_packets(s), major > 2 ? 2 : 0);
		sim_free(s);
	}
}

/* However short it is, it takes no place in the window and is not answered. */
static void
test_what_is_too_short_to_be_authentic_changes_nothing(void)
{
	for (size_t more = WIRE_PAYLOAD_HDR_LEN; more < 80; more++) {
		struct sim *s = sim_up(1, NULL, NULL);
		struct ike_sa *sa = sim_ike(&s->end[1]);
		uint32_t low = sa->window.low;

		forge(s, sa, PAYLOAD_sk, more);
		CU_ASSERT_EQUAL(sa->window.low, low);
		CU_ASSERT_EQUAL(sim_n_packets(s), 0);
		CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Integrity check fail"), 1);
		CU_ASSERT_PTR_EQUAL(sim_ike(&s->end[1]), sa);
		sim_free(s);
	}
}

/* 2,000 bytes that nobody reads. */
static void
say_much(struct sim_end *e)
{
	static const uint8_t much[2000];
	struct ike_sa *sa = sim_ike(e);
	struct compose c;

	compose_inner(&c);
	compose_vendor(&c, (struct span){ much, sizeof(much) });
	sim_say(sa, WIRE_INFORMATIONAL, false, sa->window.next_id++, &c);
}

static void
test_fragments_are_for_who_has_agreed_to_them(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	uint32_t low = sim_ike(&s->end[1])->window.low;

	say_much(&s->end[0]);
	CU_ASSERT_TRUE(sim_n_packets(s) > 3);
	sim_ike(&s->end[1])->fragmentation = false;
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Received fragments"), 0);
	sim_ike(&s->end[1])->fragmentation = true;
	sim_deliver_all(s);
	/* one is missing */
	CU_ASSERT_EQUAL(sim_ike(&s->end[1])->window.low, low);
	CU_ASSERT_TRUE(sim_statistic(&s->end[1], "Received fragments") > 2);
	sim_free(s);
}

/* It is answered with its type, and the SA goes on (RFC 7296 2.5). */
static void
test_a_critical_payload_that_is_not_known_is_refused(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	struct ike_sa *sa = sim_ike(&s->end[0]);
	struct compose c;

	compose_inner(&c);
	compose_payload(&c, 200);
	c.w.start[c.start_at + 1] = 0x80;
	sim_say(sa, WIRE_INFORMATIONAL, false, sa->window.next_id++, &c);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Sent UNSUPPORTED_CRITICAL_PAYLOAD"), 1);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Critical drop"), 1);
	CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_INFORMATIONAL, true));
	sim_deliver_all(s);
	sim_rekey_child(&s->end[0], 1);
	sim_deliver_all(s);
	sim_end_settled(s, 1);
}

/* It is passed over (RFC 7296 2.5), in clear and inside, and counted. */
static void
test_an_uncritical_payload_that_is_not_known_is_counted(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	struct ike_sa *sa = sim_ike(&s->end[0]);
	const struct ike_path path = { .remote = addr_v4(0x01020304), .remote_port = 500 };
	const struct wire_hdr h = {
		.spi_i = 1, .major = 2, .exchange = WIRE_IKE_SA_INIT, .initiator = true
	};
	struct compose c;

	compose_inner(&c);
	compose_payload(&c, 200);
	compose_payload(&c, 201);
	sim_say(sa, WIRE_INFORMATIONAL, false, sa->window.next_id++, &c);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Uncritical drop"), 2);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Critical drop"), 0);
	CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_INFORMATIONAL, true));
	compose_message(&c, &h);
	compose_payload(&c, 200);
	CU_ASSERT_EQUAL_FATAL(compose_end(&c), 0);
	ike_input(s->end[1].ike, &path, compose_span(&c).p, compose_span(&c).len);
	compose_fini(&c);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Uncritical drop"), 3);
	sim_end_settled(s, 1);
}

/* Both ends drop the IKE SA without a Delete, and begin anew (RFC 7296 2.21.3). */
static void
test_bad_syntax_ends_the_ike_sa_at_both_ends(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	struct ike_sa *sa = sim_ike(&s->end[0]);
	struct st_ike_error e;
	struct compose c;

	/* instead of what it asks */
	sim_rekey_child(&s->end[0], 1);
	sim_drop(s, 0);
	compose_inner(&c);
	wbuf_u8(compose_payload(&c, PAYLOAD_notify), 0);
	sim_say(sa, WIRE_CREATE_CHILD_SA, false, sa->window.next_id - 1, &c);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Sent INVALID_SYNTAX"), 1);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Malformed payload"), 1);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 0);
	CU_ASSERT_TRUE(TAILQ_EMPTY(&s->end[1].sas));
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "malformed payload");
	CU_ASSERT_FALSE(e.by_peer);
	CU_ASSERT_FALSE(e.initiator);
	CU_ASSERT_EQUAL_FATAL(sim_n_packets(s), 1);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), 0);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "malformed message");
	CU_ASSERT_TRUE(e.by_peer);
	sim_end_settled(s, 1);
}

/* An IKE SA without KE: what is missing is bad syntax too. */
static void
test_a_request_that_lacks_a_payload_ends_the_ike_sa(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	struct ike_sa *sa = sim_ike(&s->end[0]);
	struct st_ike_error e;
	struct compose c;

	sim_rekey_ike(&s->end[0]);
	sim_drop(s, 0);
	compose_inner(&c);
	proposal_write_choice(compose_payload(&c, PAYLOAD_sa), &sa->suite,
		(struct span){ (const uint8_t *)"12345678", 8 });
	sim_say(sa, WIRE_CREATE_CHILD_SA, false, sa->window.next_id - 1, &c);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Sent INVALID_SYNTAX"), 1);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 0);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "malformed message");
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), 0);
	sim_end_settled(s, 1);
}

/* What makes no keys is no public value: small order (RFC 7748 6.1). */
static void
test_a_public_value_that_is_none_ends_the_ike_sa(void)
{
	static const uint8_t zero[32], nonce[32] = { 1 };
	struct sim *s = sim_up(1, NULL, NULL);
	struct ike_sa *sa = sim_ike(&s->end[0]);
	struct st_ike_error e;
	struct compose c;

	compose_inner(&c);
	proposal_write_choice(compose_payload(&c, PAYLOAD_sa), &sa->suite,
		(struct span){ (const uint8_t *)"12345678", 8 });
	compose_nonce(&c, (struct span){ nonce, sizeof(nonce) });
	compose_ke(&c, 31, (struct span){ zero, sizeof(zero) });
	sim_say(sa, WIRE_CREATE_CHILD_SA, false, sa->window.next_id++, &c);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Sent INVALID_SYNTAX"), 1);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "malformed payload");
	CU_ASSERT_STRING_EQUAL(e.detail, "the peer's KE value or SPI is not valid");
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 0);
	sim_free(s);
}

/* The answer for a new pair comes when its IKE SA is about to end: the child is asked for on the next one. */
static void
test_an_answer_that_comes_too_late_is_none(void)
{
	const struct sim_child second = { .number = 2 },
			       automatic = { .number = 2, .automatic = true };
	struct sim *s = sim_up(1, NULL, NULL);

	sim_child(&s->end[0], &second);
	sim_child(&s->end[1], &automatic);
	while (sim_n_packets(s) == 0)
		sim_run(s, 10);
	CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_CREATE_CHILD_SA, false));
	sim_deliver(s, 0);
	CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_CREATE_CHILD_SA, true));
	s->lossless = false;
	sim_reset(&s->end[1], false);
	sim_run(s, 3000); /* the child would begin anew, but it is asked for already */
	sim_deliver(s, 0);
	sim_end_settled(s, 2);
}

CU_TestInfo input_tests[] = {
	{ "another version is explained", test_another_version_is_explained },
	{ "what is too short to be authentic changes nothing",
		test_what_is_too_short_to_be_authentic_changes_nothing },
	{ "fragments are for who has agreed to them",
		test_fragments_are_for_who_has_agreed_to_them },
	{ "an uncritical payload that is not known is counted",
		test_an_uncritical_payload_that_is_not_known_is_counted },
	{ "a critical payload that is not known is refused",
		test_a_critical_payload_that_is_not_known_is_refused },
	{ "bad syntax ends the IKE SA at both ends", test_bad_syntax_ends_the_ike_sa_at_both_ends },
	{ "a request that lacks a payload ends the IKE SA",
		test_a_request_that_lacks_a_payload_ends_the_ike_sa },
	{ "a public value that is none ends the IKE SA",
		test_a_public_value_that_is_none_ends_the_ike_sa },
	{ "an answer that comes too late is none", test_an_answer_that_comes_too_late_is_none },
	CU_TEST_INFO_NULL,
};
