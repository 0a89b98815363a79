/*
 * IKE_AUTH between two of our own ends: who is who, who may, and the first child.
 */
#include "config.h"

#include "daemon/ike/auth.h"
#include "daemon/ike/compose.h"
#include "daemon/ike/engine.h"
#include "daemon/ike/handshake.h"
#include "daemon/ike/message.h"
#include "daemon/ike/offer.h"
#include "daemon/ike/request.h"
#include "daemon/ike/seal.h"
#include "daemon/ike/x.h"
#include "tests/unit/ike/sim.h"
#include "tests/unit/ike/suites.h"

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
test_a_wrong_key_is_told_to_both_operators(void)
{
	const struct sim_peer other = { .psk = "another secret" };
	struct sim *s = begin(NULL, &other);
	struct st_ike_error e;

	sim_run(s, 10000);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "authentication fail");
	CU_ASSERT_TRUE(e.by_peer);
	CU_ASSERT_STRING_EQUAL(e.offered, "198.51.100.1");
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "authentication fail");
	CU_ASSERT_FALSE(e.by_peer);
	CU_ASSERT_STRING_EQUAL(e.peer, "left");
	CU_ASSERT_STRING_EQUAL(e.offered, "198.51.100.1");
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), 0);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], "established"), 0);
	CU_ASSERT_TRUE(TAILQ_EMPTY(&s->end[1].sas));
	/* with the right one it comes up at the next try */
	sim_peer(&s->end[1], NULL);
	sim_run(s, 120000);
	sim_end_settled(s, 1);
}

static void
test_a_key_that_is_missing_is_our_failure(void)
{
	const struct sim_peer none = { .psk = "" };
	struct sim *s = begin(&none, NULL);
	struct st_ike_error e;

	sim_run(s, 3000);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "local failure");
	CU_ASSERT_FALSE(e.by_peer);
	sim_free(s);
}

static void
test_a_key_that_is_missing_here_is_not_told_as_the_peers_failure(void)
{
	const struct sim_peer none = { .psk = "" };
	struct sim *s = begin(NULL, &none);
	struct st_ike_error e;

	sim_run(s, 3000);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "local failure");
	CU_ASSERT_FALSE(e.by_peer);
	CU_ASSERT_STRING_EQUAL(e.detail, "the ike peer has no pre-shared key");
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "authentication fail");
	CU_ASSERT_TRUE(e.by_peer);
	sim_free(s);
}

static void
test_names_are_identities(void)
{
	const struct sim_peer left = { .local_id_type = MSG_IKE_ID_FQDN,
		.local_id = "left.example",
		.remote_id_type = MSG_IKE_ID_USER_FQDN,
		.remote_id = "Right@example" },
			      right = { .local_id_type = MSG_IKE_ID_USER_FQDN,
				      .local_id = "right@example",
				      .remote_id_type = MSG_IKE_ID_FQDN,
				      .remote_id = "LEFT.example",
				      .answers_only = true };
	struct sim *s = begin(&left, &right);

	sim_run(s, 5000);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), 1);
	sim_end_settled(s, 1);
}

static void
test_another_identity_than_configured_is_refused(void)
{
	const struct sim_peer left = { .local_id_type = MSG_IKE_ID_FQDN, .local_id = "somebody" },
			      right = { .remote_id_type = MSG_IKE_ID_FQDN, .remote_id = "left" };
	struct sim *s = begin(&left, &right);
	struct st_ike_error e;

	sim_run(s, 10000);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "config ID mismatch");
	CU_ASSERT_STRING_EQUAL(e.offered, "somebody");
	CU_ASSERT_STRING_EQUAL(e.configured, "left");
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "authentication fail");
	CU_ASSERT_TRUE(e.by_peer);
	sim_free(s);
}

/* The initiator does not believe the responder: it says so, and nothing stays up. */
static void
test_the_responder_is_not_who_it_should_be(void)
{
	const struct sim_peer left = { .remote_id_type = MSG_IKE_ID_FQDN, .remote_id = "right" },
			      right = { .local_id_type = MSG_IKE_ID_FQDN, .local_id = "wrong" };
	struct sim *s = begin(&left, &right);
	struct st_ike_error e;

	sim_run(s, 2000);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "config ID mismatch");
	CU_ASSERT_STRING_EQUAL(e.offered, "wrong");
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "authentication fail");
	CU_ASSERT_TRUE(e.by_peer);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], "established"), 0);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), 0);
	CU_ASSERT_TRUE(TAILQ_EMPTY(&s->end[1].sas));
	sim_free(s);
}

/* RFC 4478: the responder says in IKE_AUTH how long it believes; the shorter of that and the configuration holds. */
static void
test_the_responder_says_how_long_it_believes(void)
{
	static const uint8_t hour[] = { 0, 0, 0x0e, 0x10 };
	const struct sim_peer day = { .reauth_s = 86400 };
	struct sim *s = begin(&day, NULL);
	struct message m = { .n_notifies = 1,
		.notifies = { { .type = NOTIFY_auth_lifetime, .data = { hour, sizeof(hour) } } } };
	struct ike_sa *sa;

	s->by_hand = true;
	sim_run(s, 2000);
	for (unsigned int i = 0; i < 3; i++)
		sim_deliver(s, 0);
	/* as if its answer had it */
	sa = TAILQ_FIRST(&s->end[0].ike->sa_list);
	x_auth_heed_notifies(sa, &m);
	CU_ASSERT_EQUAL(sa->reauth_s, 3600);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL_FATAL(sa->state, EXCHANGE_established);
	CU_ASSERT_TRUE(sa->reauth_ms > sa->established_ms + 2800000);
	CU_ASSERT_TRUE(sa->reauth_ms < sa->established_ms + 3600000);
	sim_end_settled(s, 1);
}

/* Others only notify, without a Delete (RFC 7296 2.21.2): it ends all the same. */
static void
test_a_responder_that_is_not_believed_ends(void)
{
	struct sim *s = sim_up(1, NULL, NULL);
	struct ike_sa *sa = sim_ike(&s->end[0]);
	struct st_ike_error e;
	struct compose c;

	compose_inner(&c);
	compose_notify(&c, NOTIFY_authentication_failed, (struct span){ 0 });
	sim_say(sa, WIRE_INFORMATIONAL, false, sa->window.next_id++, &c);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 0);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "authentication fail");
	CU_ASSERT_TRUE(e.by_peer);
	CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_INFORMATIONAL, true));
	sim_free(s);
}

/* End 1 gets a second peer before its first one: "other", of that name, from anywhere, with this key. */
static void
other_peer(struct sim *s, const struct sim_peer *right, const char *psk)
{
	struct msg_ike_peer other = { .peer = 7,
		.name = "other",
		.versions = 2,
		.remote_id_type = MSG_IKE_ID_FQDN,
		.remote_id = "other" };
	struct msg_ike_peer_proposal proposal;
	struct msg_ike_peer_end end = { .peer = 7 };
	struct msg_ike_peer_del gone = { .peer = 1 };

	other.pre_shared_key.len = (uint32_t)strlen(psk);
	memcpy(other.pre_shared_key.data, psk, strlen(psk));
	sim_peer(&s->end[1], right);
	proposal = peer_find(s->end[1].ike, 1)->proposals[0];
	proposal.peer = 7;
	ike_command(s->end[1].ike, MSG_ike_peer, 0, &other, NULL);
	ike_command(s->end[1].ike, MSG_ike_peer_proposal, 0, &proposal, NULL);
	ike_command(s->end[1].ike, MSG_ike_peer_end, 0, &end, NULL);
	ike_command(s->end[1].ike, MSG_ike_peer_del, 0, &gone, NULL);
	sim_peer(&s->end[1], right);
}

static const struct sim_peer named_left = {
	.remote_id_type = MSG_IKE_ID_FQDN, .remote_id = "left", .answers_only = true
};

/* Two peers from anywhere, told apart by their names. */
static void
test_the_identity_chooses_the_peer(void)
{
	const struct sim_peer left = { .local_id_type = MSG_IKE_ID_FQDN, .local_id = "left" };
	struct sim *s = sim_new(1);

	sim_peer(&s->end[0], &left);
	other_peer(s, &named_left, "");
	sim_child(&s->end[1], NULL);
	sim_child(&s->end[0], &automatic);
	sim_run(s, 5000);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], "established"), 1);
	CU_ASSERT_STRING_EQUAL(sim_ike(&s->end[1])->peer->cfg.name, "left");
	sim_end_settled(s, 1);
}

/* Who has the key that they share is one of them by name, and gets what that one may have. */
static void
test_one_key_of_several_peers_makes_nobody_another(void)
{
	static const struct {
		const char *name, *peer, *reason;
		unsigned int n_pairs;
	} rows[] = {
		{ "left", "left", "", 1 }, { "other", "other", "flow mismatch", 0 },
		{ "third", NULL, "config ID mismatch", 0 },
		{ "", NULL, "config ID mismatch", 0 }, /* an address */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim_peer p = { .local_id = rows[i].name };
		struct sim *s = sim_new(1);
		struct st_ike_error e;

		p.local_id_type = rows[i].name[0] ? MSG_IKE_ID_FQDN : 0;
		sim_peer(&s->end[0], &p);
		other_peer(s, &named_left, "a secret that both know");
		sim_child(&s->end[1], NULL);
		sim_child(&s->end[0], &automatic);
		sim_run(s, 5000);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], "established"), rows[i].n_pairs);
		CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), rows[i].reason);
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], "established"), rows[i].peer != NULL);
		if (rows[i].peer) {
			CU_ASSERT_STRING_EQUAL(sim_ike(&s->end[1])->peer->cfg.name, rows[i].peer);
		} else {
			CU_ASSERT_STRING_EQUAL(
				e.offered, rows[i].name[0] ? rows[i].name : "198.51.100.1");
		}
		sim_free(s);
	}
}

/* The first child fails: the IKE SA stays, and what was wrong is said on both sides. */
static void
test_the_child_fails_alone(void)
{
	const struct sim_child gcm = { .automatic = true, .cipher = ALG_CIPHER_aes_gcm_256 };
	struct sim *s = begin(NULL, NULL);
	struct st_ike_error e;

	sim_child(&s->end[0], &gcm);
	sim_run(s, 10000);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), 1);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], "established"), 1);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], NULL), 0);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "phase2 proposal or pfs mismatch");
	CU_ASSERT_TRUE(e.by_peer);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.offered, "ESP AES-GCM-256"));
	CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "tells no more"));
	CU_ASSERT_EQUAL(e.phase, 2);
	/* counted in whichever exchange it was refused */
	CU_ASSERT_TRUE(e.times > 1);
	for (unsigned int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(sim_statistic(&s->end[i], "CHILD SA negotiations failed"), e.times);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "phase2 proposal or pfs mismatch");
	CU_ASSERT_PTR_NOT_NULL(strstr(e.offered, "AES-GCM-256"));
	CU_ASSERT_PTR_NOT_NULL(strstr(e.configured, "AES-GCM-128"));
	/* mended at one end: the next try goes by the IKE SA that is there */
	sim_child(&s->end[0], &automatic);
	sim_run(s, 120000);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], "IKE SAs negotiated as initiator"), 1);
	sim_end_settled(s, 1);
}

static void
test_flows_that_do_not_match_are_explained(void)
{
	const struct sim_child elsewhere = { .automatic = true, .remote = "10.9.9.0/24" };
	struct sim *s = begin(NULL, NULL);
	struct st_ike_error e;

	sim_child(&s->end[0], &elsewhere);
	sim_run(s, 10000);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "flow mismatch");
	CU_ASSERT_TRUE(e.by_peer);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.offered, "10.9.9.0/255.255.255.0"));
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "flow mismatch");
	CU_ASSERT_PTR_NOT_NULL(strstr(e.offered, "10.9.9.0/255.255.255.0"));
	sim_free(s);
}

/* The datapath of the responder refuses: NO_ADDITIONAL_SAS, and the failure is told as its own. */
static void
test_what_the_responder_cannot_install_is_its_failure(void)
{
	struct sim *s = begin(NULL, NULL);
	struct st_ike_error e;

	s->end[1].refuse = 1;
	sim_run(s, 3000);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "local failure");
	CU_ASSERT_FALSE(e.by_peer);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "license or specification limited");
	CU_ASSERT_TRUE(e.by_peer);
	sim_run(s, 60000);
	sim_end_settled(s, 1);
}

static void
test_what_the_initiator_cannot_install_is_deleted_at_the_peer(void)
{
	struct sim *s = begin(NULL, NULL);
	struct st_ike_error e;

	s->end[0].refuse = 1;
	sim_run(s, 1500);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "local failure");
	CU_ASSERT_FALSE(e.by_peer);
	sim_run(s, 60000);
	sim_end_settled(s, 1);
}

/* What it takes and does not use is no SA either, at either end. */
static void
test_what_cannot_be_used_is_deleted_at_the_peer(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct sim *s = begin(NULL, NULL);
		struct st_ike_error e;

		s->end[i].refuse_use = 3;
		sim_run(s, 1500);
		CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[i], &e), "local failure");
		CU_ASSERT_FALSE(e.by_peer);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[i], "established"), 0);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[!i], "established"), 0);
		/* each try of ours later than the one before */
		sim_run(s, 2000);
		CU_ASSERT_TRUE(i == 1 || s->end[i].refuse_use > 0);
		sim_run(s, 60000);
		sim_end_settled(s, 1);
	}
}

/* Who has been restarted says so, and what it no longer knows goes at the peer. */
static void
test_initial_contact_removes_what_is_stale(void)
{
	struct sim *s = begin(NULL, NULL);

	sim_run(s, 5000);
	sim_restart(&s->end[0]);
	sim_peer(&s->end[0], NULL);
	sim_child(&s->end[0], &automatic);
	sim_run(s, 5000);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Received INITIAL_CONTACT"), 2);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 1);
	sim_end_settled(s, 1);
}

/* The peer does not know of what is deleted: that must not keep anybody waiting. */
static void
test_a_reset_does_not_wait_for_a_peer_that_has_lost_its_sa(void)
{
	struct sim *s;

	for (unsigned int i = 0; i < 2; i++) {
		s = begin(NULL, NULL);
		sim_run(s, 5000);
		/* i == 1: only when a packet asks */
		if (i == 1)
			sim_child(&s->end[0], NULL);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], "established"), 1);
		sim_restart(&s->end[1]);
		sim_peer(&s->end[1], NULL);
		sim_child(&s->end[1], NULL);
		sim_reset(&s->end[0], false);
		sim_run(s, i == 0 ? 2000 : 15000);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], "established"), i == 0);
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), i == 0);
		if (i == 1)
			CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], NULL), 0);
		sim_acquire(&s->end[0], 1);
		sim_end_settled(s, 1);
	}
}

/* A large message goes in fragments; one that is lost is sent again with the others. */
static void
test_fragments(void)
{
	const struct sim_child many = { .automatic = true, .n_more = 10 };
	struct sim *s = begin(NULL, NULL);

	sim_child(&s->end[0], &many);
	s->loss = 300;
	sim_run(s, 60000);
	s->loss = 0;
	CU_ASSERT_TRUE(sim_statistic(&s->end[1], "Received fragments") > 2);
	sim_run(s, 60000);
	sim_end_settled(s, 1);
}

/* By hand until end 0 sends IKE_AUTH; then another in its place, with an SA but no selectors, or neither. */
static void
send_another_auth(struct sim *s, bool with_sa)
{
	struct datagrams d = { 0 };
	struct ike_sa *sa;
	struct request *r;
	struct compose c;

	s->by_hand = true;
	while (sim_n_packets(s) == 0)
		sim_run(s, 10);
	sim_deliver(s, 0);
	sim_deliver(s, 0);
	CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_IKE_AUTH, false));
	sim_drop(s, 0);
	sa = TAILQ_FIRST(&peer_find(s->end[0].ike, 1)->sas);
	r = request_of(sa, REQUEST_auth, NULL);

	compose_inner(&c);
	compose_id(&c, PAYLOAD_id_i, sa->local_id.type,
		(struct span){ sa->local_id.value, sa->local_id.len });
	compose_auth(
		&c, auth_method(sa), (struct span){ sa->handshake->auth, sa->handshake->auth_len });
	if (with_sa)
		offer_write_sa(r->made, r->child, &c, false);
	CU_ASSERT_EQUAL(seal_message(sa, WIRE_IKE_AUTH, false, 1, &c, &d), 0);
	seal_send(sa, &sa->path.at, &d);
	datagrams_clear(&d);
}

/* RFC 6023: an IKE SA without a CHILD SA is one, and those that follow are made on it. */
static void
test_the_first_child_may_come_later(void)
{
	struct sim *s = begin(NULL, NULL);
	struct st_ike_error e;

	send_another_auth(s, false);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], "established"), 1);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], NULL), 0);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "");
	s->by_hand = false;
	sim_run(s, 60000);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], "IKE SAs negotiated as initiator"), 1);
	sim_end_settled(s, 1);
}

/* RFC 7296 2.21.3: INVALID_SYNTAX ends the IKE SA at both ends, and both operators know of it. */
static void
test_half_a_child_is_the_end(void)
{
	struct sim *s = begin(NULL, NULL);
	struct st_ike_error e;

	send_another_auth(s, true);
	sim_deliver(s, 0);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "malformed payload");
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], "established"), 0);
	CU_ASSERT_TRUE(sim_is(s, 0, 0, WIRE_IKE_AUTH, true));
	sim_deliver(s, 0);
	CU_ASSERT_PTR_NOT_NULL(sim_reason(&s->end[0], &e));
	CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "INVALID_SYNTAX"));
	CU_ASSERT_TRUE(e.by_peer);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], NULL), 0);
	s->by_hand = false;
	sim_run(s, 60000);
	sim_end_settled(s, 1);
}

/* RFC 4478: the responder says how long it believes. */
static void
test_the_initiator_is_told_when_to_authenticate_again(void)
{
	const struct sim_peer hourly = { .reauth_s = 3600 };
	struct sim *s = begin(NULL, &hourly);
	uint64_t spi;

	sim_run(s, 5000);
	CU_ASSERT_EQUAL(sim_ike(&s->end[0])->reauth_s, 3600);
	spi = sim_ike(&s->end[0])->spi_local;
	sim_run(s, 3600000);
	CU_ASSERT_NOT_EQUAL(sim_ike(&s->end[0])->spi_local, spi);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], "IKE SAs reauthenticated"), 1);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "IKE SAs reauthenticated"), 0);
	sim_end_settled(s, 1);
}

static void
test_a_changed_key_begins_anew(void)
{
	const struct sim_peer other = { .psk = "another secret" };
	struct sim *s = begin(NULL, NULL);
	uint64_t spi;

	sim_run(s, 5000);
	spi = sim_ike(&s->end[0])->spi_local;
	/* the same again changes nothing */
	sim_peer(&s->end[0], NULL);
	sim_run(s, 5000);
	CU_ASSERT_EQUAL(sim_ike(&s->end[0])->spi_local, spi);
	sim_peer(&s->end[0], &other);
	sim_peer(&s->end[1], &other);
	sim_run(s, 60000);
	CU_ASSERT_NOT_EQUAL(sim_ike(&s->end[0])->spi_local, spi);
	sim_end_settled(s, 1);
}

/* An address that answers IKE_SA_INIT and then fails, whichever way, is not tried for ever. */
static void
test_the_next_address_after_a_failure_of_ike_auth(void)
{
	const struct sim_peer usual = { 0 }, other_key = { .psk = "another secret" },
			      other_name = { .local_id_type = MSG_IKE_ID_FQDN, .local_id = "x" };
	const struct sim_peer *const first[] = { &other_key, &other_name, &usual };

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		struct sim *s = sim_new(1);
		struct addr there[2] = { s->end[1].addr, s->end[1].nat_addr };
		const struct sim_peer left = { .remote_id_type = MSG_IKE_ID_IPV4,
			.remotes = { &there[0], &there[1] } };

		sim_peer(&s->end[0], &left);
		sim_peer(&s->end[1], first[i]);
		sim_child(&s->end[1], NULL);
		sim_child(&s->end[0], &automatic);
		s->by_hand = true;
		sim_run(s, 1500);
		while (!sim_is(s, 0, 1, WIRE_IKE_AUTH, false))
			sim_deliver(s, 0);
		if (first[i] == &usual) {
			sim_drop(s, 0);
			s->outage = true;
			sim_run(s, 50000);
			s->outage = false;
		} else {
			sim_deliver(s, 0);
			while (sim_n_packets(s) > 0 && !sim_is(s, 0, 1, WIRE_IKE_SA_INIT, false))
				sim_deliver(s, 0);
		}
		/* now it is at its other address */
		s->end[1].addr = there[1];
		sim_peer(&s->end[1], NULL);
		s->by_hand = false;
		sim_deliver_all(s);
		sim_run(s, 10000);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], "established"), 1);
		sim_end_settled(s, 1);
	}
}

CU_TestInfo x_auth_tests[] = {
	{ "a wrong key is told to both operators", test_a_wrong_key_is_told_to_both_operators },
	{ "a key that is missing is our failure", test_a_key_that_is_missing_is_our_failure },
	{ "a key that is missing here is not told as the peer's failure",
		test_a_key_that_is_missing_here_is_not_told_as_the_peers_failure },
	{ "names are identities", test_names_are_identities },
	{ "another identity than configured is refused",
		test_another_identity_than_configured_is_refused },
	{ "the responder is not who it should be", test_the_responder_is_not_who_it_should_be },
	{ "the responder says how long it believes", test_the_responder_says_how_long_it_believes },
	{ "a responder that is not believed ends", test_a_responder_that_is_not_believed_ends },
	{ "the identity chooses the peer", test_the_identity_chooses_the_peer },
	{ "one key of several peers makes nobody another",
		test_one_key_of_several_peers_makes_nobody_another },
	{ "the child fails alone", test_the_child_fails_alone },
	{ "flows that do not match are explained", test_flows_that_do_not_match_are_explained },
	{ "what the responder cannot install is its failure",
		test_what_the_responder_cannot_install_is_its_failure },
	{ "what the initiator cannot install is deleted at the peer",
		test_what_the_initiator_cannot_install_is_deleted_at_the_peer },
	{ "what cannot be used is deleted at the peer",
		test_what_cannot_be_used_is_deleted_at_the_peer },
	{ "the next address after a failure of IKE_AUTH",
		test_the_next_address_after_a_failure_of_ike_auth },
	{ "INITIAL_CONTACT removes what is stale", test_initial_contact_removes_what_is_stale },
	{ "a reset does not wait for a peer that has lost its SA",
		test_a_reset_does_not_wait_for_a_peer_that_has_lost_its_sa },
	{ "fragments", test_fragments },
	{ "the first child may come later", test_the_first_child_may_come_later },
	{ "half a child is the end", test_half_a_child_is_the_end },
	{ "the initiator is told when to authenticate again",
		test_the_initiator_is_told_when_to_authenticate_again },
	{ "a changed key begins anew", test_a_changed_key_begins_anew },
	CU_TEST_INFO_NULL,
};
