/*
 * IKE_SA_INIT between two of our own ends: what is agreed, what is retried, what is refused.
 */
#include "config.h"

#include "tests/unit/ike/sim.h"
#include "tests/unit/ike/suites.h"

#include "daemon/ike/handshake.h"

#include <stdio.h>
#include <string.h>

static const struct sim_child automatic = { .automatic = true };

static struct sim *
begin(const struct sim_peer *left, const struct sim_peer *right)
{
	struct sim *s = sim_new(1);

	sim_peer(&s->end[0], left);
	sim_peer(&s->end[1], right);
	sim_child(&s->end[1], NULL);
	sim_child(&s->end[0], &automatic);
	return s;
}

static void
test_an_automatic_child_comes_up(void)
{
	struct sim *s = begin(NULL, NULL);

	sim_run(s, 5000);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), 1);
	CU_ASSERT_EQUAL(sim_ike(&s->end[0])->suite.cipher, ALG_CIPHER_aes_gcm_128);
	CU_ASSERT_TRUE(sim_ike(&s->end[0])->fragmentation);
	CU_ASSERT_EQUAL(sim_ike(&s->end[0])->window.peer_size, WINDOW_SIZE);
	CU_ASSERT_PTR_NULL(sim_ike(&s->end[0])->handshake);
	sim_end_settled(s, 1);
}

static void
test_every_kind_of_suite(void)
{
	static const struct sim_peer suites[] = {
		{ .cipher = ALG_CIPHER_aes_cbc_256,
			.auth = ALG_AUTH_hmac_sha2_512_256,
			.prf = ALG_PRF_hmac_sha2_512,
			.dh = { ALG_DH_ecp_384 } },
		{ .cipher = ALG_CIPHER_chacha20_poly1305, .dh = { ALG_DH_x448 } },
		{ .cipher = ALG_CIPHER_3des_cbc,
			.auth = ALG_AUTH_hmac_md5_96,
			.prf = ALG_PRF_hmac_md5,
			.dh = { ALG_DH_modp_768 } },
		{ .cipher = ALG_CIPHER_aes_ctr_128,
			.auth = ALG_AUTH_hmac_sha1_96,
			.prf = ALG_PRF_hmac_sha1,
			.dh = { ALG_DH_modp_1024 } },
	};

	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		struct sim *s = begin(&suites[i], &suites[i]);

		sim_run(s, 10000);
		sim_end_settled(s, 1);
	}
}

static void
test_the_responders_group_is_tried(void)
{
	const struct sim_peer left = { .dh = { ALG_DH_x25519, ALG_DH_ecp_256 } },
			      right = { .dh = { ALG_DH_ecp_256 } };
	struct sim *s = begin(&left, &right);

	sim_run(s, 5000);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], "Received INVALID_KE_PAYLOAD"), 1);
	CU_ASSERT_EQUAL(sim_ike(&s->end[0])->suite.dh, ALG_DH_ecp_256);
	sim_end_settled(s, 1);
}

static void
test_no_proposal_in_common_is_explained(void)
{
	const struct sim_peer right = { .dh = { ALG_DH_ecp_256 } };
	struct sim *s = begin(NULL, &right);
	struct st_ike_error e;

	sim_run(s, 10000);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "phase1 proposal mismatch");
	CU_ASSERT_TRUE(e.by_peer);
	CU_ASSERT_TRUE(e.initiator);
	CU_ASSERT_STRING_EQUAL(e.peer, "right");
	CU_ASSERT_STRING_EQUAL(e.offered, "IKE AES-GCM-128/HMAC-SHA2-256/Curve25519");
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "phase1 proposal mismatch");
	CU_ASSERT_FALSE(e.by_peer);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.offered, "Curve25519"));
	CU_ASSERT_PTR_NOT_NULL(strstr(e.configured, "ECP-256"));
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 0);
	sim_free(s);
}

/* A forged refusal does not stop the true answer. */
static void
test_one_refusal_is_not_believed(void)
{
	struct sim *s = begin(NULL, NULL);
	struct sim_packet *p;
	uint8_t forged[36] = { 0 };
	struct ike_path path;

	s->by_hand = true;
	sim_run(s, 2000);
	p = TAILQ_FIRST(&s->packets);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	memcpy(forged, p->data, 16);
	forged[16] = PAYLOAD_notify;
	forged[17] = 0x20;
	forged[18] = WIRE_IKE_SA_INIT;
	forged[19] = WIRE_RESPONSE;
	forged[27] = 36;
	forged[31] = 8;
	forged[35] = NOTIFY_no_proposal_chosen;
	path = (struct ike_path){ .local = s->end[0].addr,
		.remote = s->end[1].addr,
		.local_port = 500,
		.remote_port = 500 };
	ike_input(s->end[0].ike, &path, forged, sizeof(forged));
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "negotiating"), 1);
	s->by_hand = false;
	sim_deliver(s, 0);
	sim_run(s, 1000);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), 1);
	sim_end_settled(s, 1);
}

static void
test_nobody_there_is_explained_and_tried_again(void)
{
	struct sim *s = begin(NULL, NULL);
	struct st_ike_error e;

	s->outage = true;
	sim_run(s, 60000);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "peer does not answer");
	CU_ASSERT_FALSE(e.by_peer);
	CU_ASSERT_TRUE(e.unanswered);
	s->outage = false;
	sim_run(s, 60000);
	sim_end_settled(s, 1);
}

static void
test_the_next_address_is_tried(void)
{
	struct sim *s = sim_new(1);
	const struct addr nobody = addr_v4(0x01020304);
	const struct sim_peer two = { .remotes = { &nobody, &s->end[1].addr } };

	sim_peer(&s->end[0], &two);
	sim_peer(&s->end[1], NULL);
	sim_child(&s->end[1], NULL);
	sim_child(&s->end[0], &automatic);
	sim_run(s, 50000);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), 1);
	/* once it is up, the next negotiation begins with the first again */
	CU_ASSERT_EQUAL(peer_find(s->end[0].ike, 1)->next_address, 0);
	sim_end_settled(s, 1);
}

static void
test_no_way_to_the_peer_is_our_failure(void)
{
	struct sim *s = begin(NULL, NULL);
	struct st_ike_error e;

	s->end[0].no_route = true;
	sim_run(s, 5000);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "route limit");
	CU_ASSERT_FALSE(e.by_peer);
	CU_ASSERT_TRUE(e.times > 1);
	s->end[0].no_route = false;
	sim_run(s, 60000);
	sim_end_settled(s, 1);
}

static void
test_strangers_are_refused(void)
{
	struct sim *s = sim_new(1);
	const struct addr somebody = addr_v4(0x01020304);
	const struct sim_peer other = { .remotes = { &somebody } };
	struct st_ike_error e;

	sim_peer(&s->end[0], NULL);
	sim_peer(&s->end[1], &other);
	sim_child(&s->end[1], NULL);
	sim_child(&s->end[0], &automatic);
	sim_run(s, 5000);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "peer address mismatch");
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 0);
	sim_free(s);
}

static void
test_a_cookie_is_asked_for_under_load(void)
{
	struct sim *s = begin(NULL, NULL);

	/* as if so many were half-open */
	s->end[1].ike->halfopen.n = HALFOPEN_COOKIE;
	sim_run(s, 5000);
	s->end[1].ike->halfopen.n -= HALFOPEN_COOKIE;
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Cookies asked for"), 1);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], "Received COOKIE"), 1);
	CU_ASSERT_EQUAL(s->end[1].ike->halfopen.n, 0);
	sim_end_settled(s, 1);
}

static void
test_a_cookie_and_another_group(void)
{
	const struct sim_peer left = { .dh = { ALG_DH_x25519, ALG_DH_ecp_256 } },
			      right = { .dh = { ALG_DH_ecp_256 } };
	struct sim *s = begin(&left, &right);

	s->end[1].ike->halfopen.n = HALFOPEN_COOKIE;
	sim_run(s, 5000);
	s->end[1].ike->halfopen.n -= HALFOPEN_COOKIE;
	sim_end_settled(s, 1);
}

/* The same request is answered by the same answer, and makes no second SA. */
static void
test_a_doubled_request_is_answered_again(void)
{
	struct sim *s = begin(NULL, NULL);

	s->by_hand = true;
	sim_run(s, 2000);
	s->twice = 1000;
	sim_deliver(s, 0);
	s->twice = 0;
	sim_run(s, 2500);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 1);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], "established"), 1);
	sim_end_settled(s, 1);
}

static void
test_a_half_open_sa_expires(void)
{
	struct sim *s = begin(NULL, NULL);
	struct st_ike_error e;

	s->by_hand = true;
	sim_run(s, 2000);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(s->end[1].ike->halfopen.n, 1);
	sim_run(s, HALFOPEN_TIMEOUT_MS + 1000);
	CU_ASSERT_EQUAL(s->end[1].ike->halfopen.n, 0);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 0);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Half-open SAs expired"), 1);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "peer does not answer");
	CU_ASSERT_STRING_EQUAL(e.peer, "left");
	CU_ASSERT_STRING_EQUAL(e.detail, "IKE_SA_INIT was answered, but IKE_AUTH did not come");
	sim_free(s);
}

static void
test_what_one_end_has_sent_the_other_has_received(void)
{
	static const char *const names[] = { "NAT_DETECTION_SOURCE_IP",
		"NAT_DETECTION_DESTINATION_IP", "IKEV2_FRAGMENTATION_SUPPORTED", "INITIAL_CONTACT",
		"SET_WINDOW_SIZE", "CHILDLESS_IKEV2_SUPPORTED" };
	struct sim *s = sim_up(1, NULL, NULL);
	uint64_t all = 0;

	for (unsigned int end = 0; end < 2; end++)
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			char sent[64], received[64];
			uint64_t n;

			snprintf(sent, sizeof(sent), "Sent %s", names[i]);
			snprintf(received, sizeof(received), "Received %s", names[i]);
			n = sim_statistic(&s->end[end], sent);
			CU_ASSERT_EQUAL(n, sim_statistic(&s->end[!end], received));
			all += n;
		}
	CU_ASSERT(all >= 8);
	sim_free(s);
}

/* From anywhere, so that it is not known by its address. */
static void
test_work_for_the_authentic_is_given_back(void)
{
	const struct sim_peer right = { .answers_only = true }, wrong = { .psk = "not the same" };
	struct sim *s = begin(NULL, &right);

	sim_run(s, 5000);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], "established"), 1);
	CU_ASSERT_EQUAL(s->end[1].ike->halfopen.work.left, HALFOPEN_WORK_PER_S);
	sim_end_settled(s, 1);
	s = begin(&wrong, &right);
	sim_run(s, 2000);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], "established"), 0);
	CU_ASSERT_TRUE(s->end[1].ike->halfopen.work.left < HALFOPEN_WORK_PER_S);
	sim_free(s);
}

/* Both begin at the same time: one IKE SA and one pair remain, and nothing is lost. */
static void
test_both_begin(void)
{
	uint64_t settled = 0;

	for (unsigned int seed = 1; seed < 9; seed++) {
		struct sim *s = sim_new(seed);

		for (unsigned int i = 0; i < 2; i++) {
			sim_peer(&s->end[i], NULL);
			sim_child(&s->end[i], NULL);
		}
		sim_acquire(&s->end[0], 1);
		sim_acquire(&s->end[1], 1);
		sim_run(s, 2000);
		settled += sim_statistic(&s->end[0], "IKE SA collisions settled");
		sim_expect_no_loss(s);
		for (unsigned int i = 0; i < 100; i++) {
			sim_run(s, 50);
			sim_esp(&s->end[i % 2]);
		}
		sim_end_settled(s, 1);
	}
	CU_ASSERT_TRUE(settled > 0);
}

static void
test_keys_are_there_when_they_are_asked_for(void)
{
	struct sim *s = begin(NULL, NULL);
	struct ike_sa *sa;

	s->by_hand = true;
	sim_run(s, 2000);
	sim_deliver(s, 0);
	sa = TAILQ_FIRST(&s->end[1].ike->sa_list);
	/* the responder has not worked for them yet: nobody has shown that he is there */
	CU_ASSERT_PTR_NULL(sa->keys.open);
	sim_deliver(s, 0);
	sim_deliver(s, 0);
	CU_ASSERT_PTR_NOT_NULL(sa->keys.open);
	sim_end_settled(s, 1);
}

CU_TestInfo x_init_tests[] = {
	{ "what one end has sent the other has received",
		test_what_one_end_has_sent_the_other_has_received },
	{ "an automatic child comes up", test_an_automatic_child_comes_up },
	{ "every kind of suite", test_every_kind_of_suite },
	{ "the responder's group is tried", test_the_responders_group_is_tried },
	{ "no proposal in common is explained", test_no_proposal_in_common_is_explained },
	{ "one refusal is not believed", test_one_refusal_is_not_believed },
	{ "nobody there is explained and tried again",
		test_nobody_there_is_explained_and_tried_again },
	{ "the next address is tried", test_the_next_address_is_tried },
	{ "no way to the peer is our failure", test_no_way_to_the_peer_is_our_failure },
	{ "strangers are refused", test_strangers_are_refused },
	{ "a cookie is asked for under load", test_a_cookie_is_asked_for_under_load },
	{ "a cookie and another group", test_a_cookie_and_another_group },
	{ "a doubled request is answered again", test_a_doubled_request_is_answered_again },
	{ "a half-open SA expires", test_a_half_open_sa_expires },
	{ "work for the authentic is given back", test_work_for_the_authentic_is_given_back },
	{ "both begin", test_both_begin },
	{ "keys are there when they are asked for", test_keys_are_there_when_they_are_asked_for },
	CU_TEST_INFO_NULL,
};
