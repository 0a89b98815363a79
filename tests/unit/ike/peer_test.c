/*
 * Twin of daemon/ike/peer.c: who may be at an address, whose turn it is, and who is found without a walk.
 */
#include "config.h"

#include "tests/unit/ike/sim.h"
#include "tests/unit/ike/suites.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

static uint8_t remote_id_type; /* of who is configured */
static const char *remote_id = "";

static void
configure(struct sim *s, uint32_t number, unsigned int n, const char *const *addresses)
{
	struct msg_ike_peer m = { .peer = number, .versions = 2, .remote_id_type = remote_id_type };
	struct msg_ike_peer_address at = { .peer = number };
	const struct msg_ike_peer_end end = { .peer = number };

	snprintf(m.name, sizeof(m.name), "peer-%u", number);
	snprintf(m.remote_id, sizeof(m.remote_id), "%s", remote_id);
	CU_ASSERT_EQUAL_FATAL(ike_command(s->end[0].ike, MSG_ike_peer, 0, &m, NULL), 0);
	for (unsigned int i = 0; i < n; i++) {
		CU_ASSERT_EQUAL_FATAL(addr_parse(addresses[i], &at.remote), 0);
		ike_command(s->end[0].ike, MSG_ike_peer_address, 0, &at, NULL);
	}
	CU_ASSERT_EQUAL_FATAL(ike_command(s->end[0].ike, MSG_ike_peer_end, 0, &end, NULL), 0);
}

static void
delete_peer(struct sim *s, unsigned int end, uint32_t number)
{
	const struct msg_ike_peer_del m = { .peer = number };

	CU_ASSERT_EQUAL(ike_command(s->end[end].ike, MSG_ike_peer_del, 0, &m, NULL), 0);
}

static void delete (struct sim *s, uint32_t number)
{
	delete_peer(s, 0, number);
}

/* "2 1": the numbers of who may be there, in their order. */
static const char *
at(struct sim *s, const char *address)
{
	static char text[64];
	struct peer *found[4];
	struct addr a;
	size_t len = 0;
	unsigned int n;

	CU_ASSERT_EQUAL_FATAL(addr_parse(address, &a), 0);
	n = peer_candidates(s->end[0].ike, &a, found, 4);
	text[0] = '\0';
	for (unsigned int i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%u", i > 0 ? " " : "",
			found[i]->cfg.peer);
	return text;
}

static void
test_who_is_named_comes_before_who_may_be_anywhere(void)
{
	static const char *const one[] = { "203.0.113.1" };
	struct sim *s = sim_new(1);

	configure(s, 3, 0, NULL);
	configure(s, 1, 1, one);
	CU_ASSERT_STRING_EQUAL(at(s, "203.0.113.1"), "1 3");
	CU_ASSERT_STRING_EQUAL(at(s, "203.0.113.2"), "3");
	CU_ASSERT_STRING_EQUAL(at(s, "2001:db8::1"), "3");
	sim_free(s);
}

static void
test_the_first_configured_comes_first_and_stays_so(void)
{
	static const char *const one[] = { "203.0.113.1" };
	struct sim *s = sim_new(1);

	configure(s, 2, 1, one);
	configure(s, 1, 1, one);
	CU_ASSERT_STRING_EQUAL(at(s, "203.0.113.1"), "2 1");
	/* another configuration of it is still the same peer */
	configure(s, 2, 0, NULL);
	CU_ASSERT_STRING_EQUAL(at(s, "203.0.113.1"), "1 2");
	configure(s, 2, 1, one);
	CU_ASSERT_STRING_EQUAL(at(s, "203.0.113.1"), "2 1");
	delete (s, 2);
	configure(s, 2, 1, one);
	CU_ASSERT_STRING_EQUAL(at(s, "203.0.113.1"), "1 2");
	sim_free(s);
}

static void
test_a_peer_is_found_at_each_of_its_addresses(void)
{
	static const char *const many[] = { "203.0.113.1", "2001:db8::1", "203.0.113.1" };
	struct sim *s = sim_new(1);

	configure(s, 1, 3, many);
	CU_ASSERT_STRING_EQUAL(at(s, "203.0.113.1"), "1");
	CU_ASSERT_STRING_EQUAL(at(s, "2001:db8::1"), "1");
	CU_ASSERT_STRING_EQUAL(at(s, "203.0.113.2"), "");
	delete (s, 1);
	CU_ASSERT_STRING_EQUAL(at(s, "203.0.113.1"), "");
	CU_ASSERT_PTR_NULL(peer_find(s->end[0].ike, 1));
	sim_free(s);
}

/* So many peers "site-1" …, at these addresses or anywhere, the last half with what end 0 proposes. */
static void
many(struct sim_end *e, unsigned int n, const struct addr *at)
{
	struct msg_ike_peer m = { .versions = 2, .remote_id_type = MSG_IKE_ID_FQDN };
	struct msg_ike_peer_address address = { .remote = at ? *at : addr_v4(0) };
	struct msg_ike_peer_proposal q = { .encryption = { 1, { ALG_CIPHER_aes_gcm_128 } },
		.prf = { 1, { ALG_PRF_hmac_sha2_256 } },
		.dh = { 1, { ALG_DH_ecp_256 } } };
	struct msg_ike_peer_end end;

	m.pre_shared_key.len = 23;
	memcpy(m.pre_shared_key.data, "a secret that both know", 23);
	for (uint32_t i = 1; i <= n; i++) {
		m.peer = address.peer = q.peer = end.peer = q.number = i;
		snprintf(m.name, sizeof(m.name), "peer-%u", i);
		snprintf(m.remote_id, sizeof(m.remote_id), "site-%u", i);
		q.dh.data[0] = i > n / 2 ? ALG_DH_x25519 : ALG_DH_ecp_256;
		q.lifetime_s = 3600 + i;
		CU_ASSERT_EQUAL_FATAL(ike_command(e->ike, MSG_ike_peer, 0, &m, NULL), 0);
		if (at)
			ike_command(e->ike, MSG_ike_peer_address, 0, &address, NULL);
		ike_command(e->ike, MSG_ike_peer_proposal, 0, &q, NULL);
		CU_ASSERT_EQUAL_FATAL(ike_command(e->ike, MSG_ike_peer_end, 0, &end, NULL), 0);
	}
}

static bool
count(void *arg, struct peer *p)
{
	++*(unsigned int *)arg;
	return false;
}

static void
test_the_last_of_a_thousand_peers_gets_in(void)
{
	const struct sim_peer last = { .local_id_type = MSG_IKE_ID_FQDN, .local_id = "Site-1000" };
	const struct sim_child automatic = { .automatic = true };

	for (unsigned int i = 0; i < 2; i++) {
		struct sim *s = sim_new(1);
		const struct ike_sa *sa;

		sim_peer(&s->end[0], &last);
		many(&s->end[1], 1000, i == 0 ? NULL : &s->end[0].addr);
		sim_child(&s->end[0], &automatic);
		sim_run(s, 5000);
		sa = sim_ike(&s->end[1]);
		CU_ASSERT_PTR_NOT_NULL_FATAL(sa);
		CU_ASSERT_STRING_EQUAL(sa->peer->cfg.name, "peer-1000");
		sim_free(s);
	}
}

/* Whoever sends first messages makes us look at what differs, and not at each. */
static void
test_peers_with_equal_proposals_are_judged_once(void)
{
	struct sim *s = sim_new(1);
	struct ike *ike = s->end[1].ike;
	const struct addr from = addr_v4(0x01020304);
	unsigned int judged = 0;
	struct identity id;

	many(&s->end[1], 1000, NULL);
	CU_ASSERT_PTR_NULL(peer_choose(ike, &from, count, &judged));
	CU_ASSERT_EQUAL(judged, 2);
	judged = 0;
	identity_parse(MSG_IKE_ID_FQDN, "site-700", &id);
	CU_ASSERT_PTR_NULL(peer_choose_id(ike, &from, &id, count, &judged));
	CU_ASSERT_EQUAL(judged, 1);
	judged = 0;
	identity_parse(MSG_IKE_ID_FQDN, "nobody", &id);
	CU_ASSERT_PTR_NULL(peer_choose_id(ike, &from, &id, count, &judged));
	CU_ASSERT_EQUAL(judged, 0);
	/* they are again when all of one kind are gone */
	for (uint32_t i = 1; i <= 500; i++)
		delete_peer(s, 1, i);
	CU_ASSERT_PTR_NULL(peer_choose(ike, &from, count, &judged));
	CU_ASSERT_EQUAL(judged, 1);
	sim_free(s);
}

static bool
fits(void *arg, struct peer *p)
{
	return true;
}

/* The number of the peer of this identity at 203.0.113.1; 0: none. */
static uint32_t
who(struct sim *s, uint8_t type, const char *text)
{
	const struct addr from = addr_v4(0xcb007101);
	struct identity id;
	const struct peer *p;

	CU_ASSERT_EQUAL_FATAL(identity_parse(type, text, &id), 0);
	p = peer_choose_id(s->end[0].ike, &from, &id, fits, NULL);
	return p ? p->cfg.peer : 0;
}

static void
configure_id(struct sim *s, uint32_t number, uint8_t type, const char *id, unsigned int n,
	const char *const *addresses)
{
	remote_id_type = type;
	remote_id = id;
	configure(s, number, n, addresses);
	remote_id_type = 0;
	remote_id = "";
}

static void
test_who_names_an_identity_comes_before_who_takes_any(void)
{
	static const char *const here[] = { "203.0.113.1" },
				 *const two[] = { "203.0.113.1", "203.0.113.2" };
	struct sim *s = sim_new(1);

	configure_id(s, 1, 0, "", 0, NULL);
	configure_id(s, 2, MSG_IKE_ID_IPV4, "", 0, NULL);
	configure_id(s, 3, MSG_IKE_ID_FQDN, "three.example", 0, NULL);
	configure_id(s, 4, MSG_IKE_ID_FQDN, "three.example", 0, NULL);
	CU_ASSERT_EQUAL(who(s, MSG_IKE_ID_FQDN, "THREE.example"), 3);
	CU_ASSERT_EQUAL(who(s, MSG_IKE_ID_IPV4, "192.0.2.7"), 2);
	CU_ASSERT_EQUAL(who(s, MSG_IKE_ID_USER_FQDN, "three.example"), 1);
	/* an address of its own, whichever it is at; whose address it is comes first of all */
	configure_id(s, 5, MSG_IKE_ID_IPV4, "", 2, two);
	CU_ASSERT_EQUAL(who(s, MSG_IKE_ID_IPV4, "203.0.113.1"), 5);
	CU_ASSERT_EQUAL(who(s, MSG_IKE_ID_IPV4, "203.0.113.2"), 5);
	CU_ASSERT_EQUAL(who(s, MSG_IKE_ID_IPV4, "203.0.113.3"), 2);
	CU_ASSERT_EQUAL(who(s, MSG_IKE_ID_FQDN, "three.example"), 3);
	configure_id(s, 6, 0, "", 1, here);
	CU_ASSERT_EQUAL(who(s, MSG_IKE_ID_FQDN, "three.example"), 6);
	/* who cannot be named is nobody */
	delete (s, 6);
	delete (s, 1);
	configure_id(s, 7, MSG_IKE_ID_IPV4, "not an address", 1, here);
	CU_ASSERT_EQUAL(who(s, MSG_IKE_ID_FQDN, "seven"), 0);
	sim_free(s);
}

CU_TestInfo peer_tests[] = {
	{ "who is named comes before who may be anywhere",
		test_who_is_named_comes_before_who_may_be_anywhere },
	{ "the first configured comes first and stays so",
		test_the_first_configured_comes_first_and_stays_so },
	{ "a peer is found at each of its addresses",
		test_a_peer_is_found_at_each_of_its_addresses },
	{ "the last of a thousand peers gets in", test_the_last_of_a_thousand_peers_gets_in },
	{ "peers with equal proposals are judged once",
		test_peers_with_equal_proposals_are_judged_once },
	{ "who names an identity comes before who takes any",
		test_who_names_an_identity_comes_before_who_takes_any },
	CU_TEST_INFO_NULL,
};
