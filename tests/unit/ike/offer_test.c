/*
 * CHILD SAs between two of our own ends: narrowing, several rules by one pair, modes, protocols.
 */
#include "config.h"

#include "daemon/ike/child_sa.h"
#include "daemon/ike/compose.h"
#include "daemon/ike/offer.h"
#include "daemon/ike/seal.h"
#include "tests/unit/ike/sim.h"
#include "tests/unit/ike/suites.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static struct sim *
begin(const struct sim_child *left, const struct sim_child *right)
{
	struct sim *s = sim_new(1);
	struct sim_child automatic = *left;

	automatic.automatic = true;
	sim_peer(&s->end[0], NULL);
	sim_peer(&s->end[1], NULL);
	sim_child(&s->end[1], right);
	sim_child(&s->end[0], &automatic);
	sim_run(s, 5000);
	return s;
}

static void
assert_flow(const struct sim_end *e, const char *local, const char *remote)
{
	const struct child_sa *pair = sim_pair(e, 1);
	char text[128];

	CU_ASSERT_PTR_NOT_NULL_FATAL(pair);
	CU_ASSERT_STRING_EQUAL(ts_list_format(pair->connection->local, text, sizeof(text)), local);
	CU_ASSERT_STRING_EQUAL(
		ts_list_format(pair->connection->remote, text, sizeof(text)), remote);
}

static void
test_the_responder_narrows(void)
{
	const struct sim_child wide = { .local = "10.1.0.0/16", .remote = "10.2.0.0/16" };
	const struct sim_child narrow = { .local = "10.2.7.0/24", .remote = "10.1.0.0/16" };
	struct sim *s = begin(&wide, &narrow);

	assert_flow(
		&s->end[0], "10.1.0.0/255.255.0.0 0/0-65535", "10.2.7.0/255.255.255.0 0/0-65535");
	assert_flow(
		&s->end[1], "10.2.7.0/255.255.255.0 0/0-65535", "10.1.0.0/255.255.0.0 0/0-65535");
	/* rekeyed by either end, it stays what it was */
	sim_rekey_child(&s->end[0], 1);
	sim_run(s, 5000);
	sim_rekey_child(&s->end[1], 1);
	sim_run(s, 5000);
	assert_flow(
		&s->end[0], "10.1.0.0/255.255.0.0 0/0-65535", "10.2.7.0/255.255.255.0 0/0-65535");
	CU_ASSERT_EQUAL(s->end[0].connections.tqh_first->number,
		sim_pair(&s->end[0], 1)->connection->number);
	sim_end_settled(s, 1);
}

static void
test_a_narrow_initiator_gets_what_it_asks_for(void)
{
	const struct sim_child wide = { .local = "10.2.0.0/16", .remote = "10.1.0.0/16" };
	const struct sim_child narrow = { .local = "10.1.7.0/24", .remote = "10.2.9.0/24" };
	struct sim *s = begin(&narrow, &wide);

	assert_flow(
		&s->end[1], "10.2.9.0/255.255.255.0 0/0-65535", "10.1.7.0/255.255.255.0 0/0-65535");
	sim_end_settled(s, 1);
}

/* The initiator's one rule covers two of the responder's policy: one pair serves both. */
static void
test_one_pair_serves_several_rules(void)
{
	const struct sim_child wide = { .local = "10.1.0.0/16", .remote = "10.2.0.0/23" };
	const struct sim_child one = {
		.local = "10.2.0.0/24", .remote = "10.1.0.0/16", .policy = 9
	};
	const struct sim_child two = {
		.number = 2, .local = "10.2.1.0/24", .remote = "10.1.0.0/16", .policy = 9
	};
	struct sim *s = sim_new(1);
	struct sim_child automatic = wide;

	automatic.automatic = true;
	sim_peer(&s->end[0], NULL);
	sim_peer(&s->end[1], NULL);
	sim_child(&s->end[1], &one);
	sim_child(&s->end[1], &two);
	sim_child(&s->end[0], &automatic);
	sim_run(s, 5000);
	CU_ASSERT_EQUAL(sim_pair(&s->end[0], 1)->connection->remote->n, 2);
	CU_ASSERT_TRUE(child_sa_serves(child_find(s->end[1].ike, 1)));
	CU_ASSERT_TRUE(child_sa_serves(child_find(s->end[1].ike, 2)));
	/* a packet for the second asks for nothing more */
	sim_acquire(&s->end[1], 2);
	sim_run(s, 5000);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], NULL), 1);
	sim_end_settled(s, 1);
}

/* Rules that are no product of sources and destinations must not be joined. */
static void
test_rules_that_do_not_multiply_are_not_joined(void)
{
	const struct sim_child wide = { .local = "10.1.0.0/23", .remote = "10.2.0.0/23" };
	const struct sim_child one = {
		.local = "10.2.0.0/24", .remote = "10.1.0.0/24", .policy = 9
	};
	const struct sim_child two = {
		.number = 2, .local = "10.2.1.0/24", .remote = "10.1.1.0/24", .policy = 9
	};
	struct sim *s = sim_new(1);
	struct sim_child automatic = wide;

	automatic.automatic = true;
	sim_peer(&s->end[0], NULL);
	sim_peer(&s->end[1], NULL);
	sim_child(&s->end[1], &one);
	sim_child(&s->end[1], &two);
	sim_child(&s->end[0], &automatic);
	sim_run(s, 5000);
	CU_ASSERT_EQUAL(sim_pair(&s->end[0], 1)->connection->remote->n, 1);
	CU_ASSERT_EQUAL(sim_pair(&s->end[0], 1)->connection->local->n, 1);
	sim_end_settled(s, 1);
}

/* A packet of TCP from 10.1.1.5 to 10.2.NET.5, for the first child of end 0. */
static void
acquire(struct sim *s, uint8_t net)
{
	struct msg_ike_acquire m = { .child = 1,
		.protocol = 6,
		.source = addr_v4(0x0a010105),
		.destination = addr_v4(0x0a020005U | (uint32_t)net << 8),
		.source_port = 1024,
		.destination_port = 80 };

	CU_ASSERT_EQUAL(ike_command(s->end[0].ike, MSG_ike_acquire, 0, &m, NULL), 0);
}

/* End 0 has one rule, 10.1.0.0/16 to 10.2.0.0/16; end 1 one for each of so many 10.2.N.0/24, of policies of
 * their own. */
static struct sim *
begin_in_parts(uint64_t seed, uint32_t n)
{
	const struct sim_child wide = { .local = "10.1.0.0/16", .remote = "10.2.0.0/16" };
	struct sim *s = sim_new(seed);
	char local[32];

	sim_peer(&s->end[0], NULL);
	sim_peer(&s->end[1], NULL);
	for (uint32_t i = 1; i <= n; i++) {
		const struct sim_child part = {
			.number = i, .local = local, .remote = "10.1.0.0/16"
		};

		snprintf(local, sizeof(local), "10.2.%u.0/24", i);
		sim_child(&s->end[1], &part);
	}
	sim_child(&s->end[0], &wide);
	return s;
}

/* The packet that asks comes first, and decides which of the responder's rules it is. */
static void
test_the_packet_decides(void)
{
	struct sim *s = begin_in_parts(1, 2);

	acquire(s, 2);
	sim_run(s, 5000);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], "established"), 1);
	assert_flow(
		&s->end[0], "10.1.0.0/255.255.0.0 0/0-65535", "10.2.2.0/255.255.255.0 0/0-65535");
	sim_free(s);
}

/* The rest of a rule of which the peer allows a part at a time (2.9). */
static void
test_each_part_of_a_rule_gets_a_pair_of_its_own(void)
{
	struct sim *s = begin_in_parts(1, 2);

	acquire(s, 2);
	sim_run(s, 5000);
	acquire(s, 1);
	sim_run(s, 5000);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], "established"), 2);
	/* nothing more for what there is */
	acquire(s, 1);
	acquire(s, 2);
	sim_run(s, 5000);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], "CHILD SAs negotiated as initiator"), 2);
	sim_rekey_child(&s->end[0], 1);
	sim_run(s, 5000);
	sim_end_settled(s, 2);
}

/* Both ends with an IKE SA and no rule in common yet; by hand from here. */
static struct sim *
begin_by_hand(void)
{
	struct sim *s = begin_in_parts(1, 0);

	acquire(s, 2);
	sim_run(s, 20000);
	CU_ASSERT_EQUAL_FATAL(sim_n_ike(&s->end[0], "established"), 1);
	s->by_hand = true;
	return s;
}

/* What end 0 asks for now is answered by this alone. */
static void
answer_with(struct sim *s, uint16_t notify, struct span data)
{
	struct ike_sa *sa = sim_ike(&s->end[1]);
	uint32_t id = sa->window.low;

	CU_ASSERT_EQUAL_FATAL(sim_n_packets(s), 1);
	CU_ASSERT_TRUE(sim_is(s, 0, 1, WIRE_CREATE_CHILD_SA, false));
	sim_drop(s, 0);
	window_accept(&sa->window, id, &sa->path.at);
	seal_reply_notify(sa, WIRE_CREATE_CHILD_SA, id, notify, data);
	CU_ASSERT_EQUAL_FATAL(sim_n_packets(s), 1);
	sim_deliver(s, 0);
}

static void
answer(struct sim *s, uint16_t notify)
{
	answer_with(s, notify, (struct span){ 0 });
}

/* Some take one selector only, the one they have. */
static void
test_without_the_packet_when_the_peer_does_not_take_both(void)
{
	struct sim *s = begin_by_hand();

	acquire(s, 2);
	answer(s, NOTIFY_ts_unacceptable);
	/* at once, and without the packet the first that fits is it */
	for (uint32_t i = 1; i <= 2; i++) {
		const struct sim_child part = { .number = i,
			.local = i == 1 ? "10.2.1.0/24" : "10.2.2.0/24",
			.remote = "10.1.0.0/16" };

		sim_child(&s->end[1], &part);
	}
	CU_ASSERT_EQUAL(sim_n_packets(s), 1);
	sim_deliver_all(s);
	assert_flow(
		&s->end[0], "10.1.0.0/255.255.0.0 0/0-65535", "10.2.1.0/255.255.255.0 0/0-65535");
	sim_free(s);
	/* once more is enough */
	s = begin_by_hand();
	acquire(s, 2);
	answer(s, NOTIFY_ts_unacceptable);
	answer(s, NOTIFY_ts_unacceptable);
	CU_ASSERT_EQUAL(sim_n_packets(s), 0);
	sim_free(s);
}

/* There is nothing to leave out. */
static void
test_a_packet_that_is_the_whole_rule_is_asked_for_once(void)
{
	static const uint16_t refusals[] = { NOTIFY_ts_unacceptable, NOTIFY_single_pair_required };

	for (unsigned int i = 0; i < 2; i++) {
		const struct sim_child host = { .local = "10.1.1.5/32", .remote = "10.2.2.5/32" };
		struct sim *s = begin_by_hand();
		struct child *c;

		sim_child(&s->end[0], &host);
		c = child_find(s->end[0].ike, 1);
		c->cfg.protocol = IPPROTO_TCP;
		c->cfg.local_port_low = c->cfg.local_port_high = 1024;
		c->cfg.remote_port_low = c->cfg.remote_port_high = 80;
		acquire(s, 2);
		answer(s, refusals[i]);
		CU_ASSERT_EQUAL(sim_n_packets(s), 0);
		sim_free(s);
	}
}

/* Groups that were asked for before the form changed count. */
static void
test_another_form_does_not_begin_anew_with_groups(void)
{
	static const uint8_t ecp[] = { 0, 19 }, x25519[] = { 0, 31 };
	const struct sim_child wide = {
		.local = "10.1.0.0/16",
		.remote = "10.2.0.0/16",
		.dh = { ALG_DH_x25519, ALG_DH_ecp_256 },
	};
	struct sim *s = begin_by_hand();

	sim_child(&s->end[0], &wide);
	acquire(s, 2);
	answer_with(s, NOTIFY_invalid_ke_payload, (struct span){ ecp, sizeof(ecp) });
	answer_with(s, NOTIFY_invalid_ke_payload, (struct span){ x25519, sizeof(x25519) });
	answer(s, NOTIFY_ts_unacceptable);
	answer_with(s, NOTIFY_invalid_ke_payload, (struct span){ ecp, sizeof(ecp) });
	CU_ASSERT_EQUAL(sim_n_packets(s), 0);
	sim_free(s);
}

static void
test_the_packet_alone_when_the_peer_wants_single_pairs(void)
{
	const struct sim_child all = { .local = "10.2.0.0/16", .remote = "10.1.0.0/16" };
	struct sim *s = begin_by_hand();
	struct connection *c = NULL;

	acquire(s, 2);
	answer(s, NOTIFY_single_pair_required);
	sim_child(&s->end[1], &all);
	sim_deliver_all(s);
	assert_flow(&s->end[0], "10.1.1.5/255.255.255.255 6/1024-1024",
		"10.2.2.5/255.255.255.255 6/80-80");
	/* the next one is asked for so from the start */
	acquire(s, 3);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], "established"), 2);
	while ((c = connection_next(s->end[0].ike, 1, c)))
		CU_ASSERT_TRUE(ts_is_host(&c->remote->ts[0]));
	sim_end_settled(s, 2);
}

/* The same in IKE_AUTH, which has made the IKE SA nevertheless. */
static void
test_without_the_packet_after_ike_auth(void)
{
	struct sim *s = begin_in_parts(1, 0);
	const struct sim_child part = { .local = "10.2.1.0/24", .remote = "10.1.0.0/16" };

	s->by_hand = true;
	acquire(s, 2);
	sim_run(s, 10);
	while (!sim_is(s, 0, 0, WIRE_IKE_AUTH, true))
		sim_deliver(s, 0);
	sim_child(&s->end[1], &part);
	sim_deliver_all(s);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], "established"), 1);
	sim_end_settled(s, 1);
}

/* Whoever has made the part that there is: another of the same is not kept, and the operator hears why. */
static void
test_a_part_that_the_peer_does_not_allow(void)
{
	struct st_ike_error e;

	for (unsigned int i = 0; i < 16; i++) {
		const struct sim_child automatic = {
			.automatic = true, .local = "10.2.1.0/24", .remote = "10.1.0.0/16"
		};
		struct sim *s = begin_in_parts(i, 1);

		if (i % 2)
			sim_child(&s->end[1], &automatic);
		else
			acquire(s, 1);
		sim_run(s, 5000);
		CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], "established"), 1);
		acquire(s, 3);
		sim_run(s, 20000);
		CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "flow mismatch");
		CU_ASSERT_TRUE(e.by_peer);
		CU_ASSERT_PTR_NOT_NULL(strstr(e.offered, "10.2.3.5"));
		CU_ASSERT_PTR_NOT_NULL(strstr(e.configured, "10.2.0.0/255.255.0.0"));
		sim_end_settled(s, 1);
	}
}

/* It must not keep those waiting that there are, whatever they ask for. */
/* The same when it is asked for by IKE_AUTH. */
static void
test_a_first_part_that_the_peer_does_not_allow(void)
{
	struct sim *s = begin_in_parts(1, 1);
	struct st_ike_error e;

	acquire(s, 3);
	sim_run(s, 5000);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], "established"), 1);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "flow mismatch");
	CU_ASSERT_TRUE(e.by_peer);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.offered, "10.2.3.5"));
	sim_end_settled(s, 1);
}

static void
test_a_part_that_cannot_be_had_does_not_hinder_another(void)
{
	struct sim *s = begin_in_parts(1, 2);

	acquire(s, 1);
	sim_run(s, 5000);
	for (unsigned int i = 0; i < 100; i++) {
		acquire(s, 3);
		sim_run(s, 1000);
	}
	CU_ASSERT_TRUE(sim_statistic(&s->end[0], "Flow mismatch") < 20);
	acquire(s, 2);
	sim_run(s, 9000);
	sim_end_settled(s, 2);
}

/* A part that comes later gets a pair of its own. Together it would be {first, later}, and each end would have to
 * choose between two pairs for the first. */
static void
test_parts_of_one_policy_do_not_overlap(void)
{
	const struct sim_child first = {
		.local = "10.2.1.0/24", .remote = "10.1.0.0/16", .policy = 9
	};
	const struct sim_child later = {
		.number = 2, .local = "10.2.2.0/24", .remote = "10.1.0.0/16", .policy = 9
	};
	struct sim *s = begin_in_parts(1, 0);
	struct connection *c = NULL;

	sim_child(&s->end[1], &first);
	acquire(s, 1);
	sim_run(s, 5000);
	sim_child(&s->end[1], &later);
	acquire(s, 2);
	sim_run(s, 5000);
	while ((c = connection_next(s->end[0].ike, 1, c))) {
		CU_ASSERT_EQUAL(c->local->n, 1);
		CU_ASSERT_EQUAL(c->remote->n, 1);
	}
	sim_end_settled(s, 2);
}

/* Nine networks here to each of nine there would be more than a connection can have. */
static void
test_no_more_selectors_than_can_be_used(void)
{
	struct sim *s = begin_in_parts(1, 0);
	const struct connection *c;

	for (unsigned int i = 0; i < 81; i++) {
		char local[32], remote[32];
		const struct sim_child part = {
			.number = i + 1, .policy = 9, .local = local, .remote = remote
		};

		/* the diagonal first */
		snprintf(local, sizeof(local), "10.2.%u.0/24", i % 9);
		snprintf(remote, sizeof(remote), "10.1.%u.0/24", (i % 9 + i / 9) % 9);
		sim_child(&s->end[1], &part);
	}
	acquire(s, 1);
	sim_run(s, 5000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sim_pair(&s->end[0], 1));
	c = sim_pair(&s->end[0], 1)->connection;
	CU_ASSERT_EQUAL(c->local->n * c->remote->n, MSG_IKE_SELECTORS_MOST);
	sim_free(s);
}

static void
test_a_rule_has_so_many_parts_at_most(void)
{
	struct sim *s = begin_in_parts(1, 66);
	struct st_ike_error e;

	for (uint8_t i = 1; i <= 66; i++) {
		acquire(s, i);
		sim_run(s, 5000);
	}
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], "established"), 64);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "license or specification limited");
	CU_ASSERT_FALSE(e.by_peer);
	sim_free(s);
}

/* An echo request is of a rule for echo requests: type and code are one number, the same at both ends. */
static void
test_an_icmp_packet_is_its_type_and_code(void)
{
	const struct sim_child any = { .local = "10.1.0.0/16", .remote = "10.2.0.0/16" };
	const struct sim_child echo = { .local = "10.2.0.0/16", .remote = "10.1.0.0/16" };
	struct msg_ike_acquire m = { .child = 1,
		.protocol = IPPROTO_ICMP,
		.source = addr_v4(0x0a010105),
		.destination = addr_v4(0x0a020205),
		.source_port = 8 };
	struct sim *s = sim_new(1);
	struct child *c;

	sim_peer(&s->end[0], NULL);
	sim_peer(&s->end[1], NULL);
	sim_child(&s->end[1], &echo);
	sim_child(&s->end[0], &any);
	c = child_find(s->end[1].ike, 1);
	c->cfg.protocol = IPPROTO_ICMP;
	c->cfg.local_port_low = c->cfg.remote_port_low = 8 << 8;
	c->cfg.local_port_high = c->cfg.remote_port_high = 8 << 8;
	ike_command(s->end[0].ike, MSG_ike_acquire, 0, &m, NULL);
	sim_run(s, 5000);
	assert_flow(
		&s->end[0], "10.1.0.0/255.255.0.0 1/2048-2048", "10.2.0.0/255.255.0.0 1/2048-2048");
	sim_free(s);
}

static void
test_transport_mode(void)
{
	const struct sim_child left = { .mode = MSG_SA_TRANSPORT,
		.local = "198.51.100.1/32",
		.remote = "203.0.113.1/32" },
			       right = { .mode = MSG_SA_TRANSPORT,
				       .local = "203.0.113.1/32",
				       .remote = "198.51.100.1/32" };
	struct sim *s = begin(&left, &right);

	CU_ASSERT_EQUAL(sim_pair(&s->end[0], 1)->mode, MSG_SA_TRANSPORT);
	CU_ASSERT_EQUAL(sim_pair(&s->end[1], 1)->mode, MSG_SA_TRANSPORT);
	CU_ASSERT_EQUAL(s->end[0].sas.tqh_first->m.natt_source.af, 0);
	sim_end_settled(s, 1);
}

static void
test_transport_mode_behind_a_nat(void)
{
	const struct sim_child left = { .mode = MSG_SA_TRANSPORT,
		.local = "198.51.100.1/32",
		.remote = "203.0.113.1/32" },
			       right = { .mode = MSG_SA_TRANSPORT,
				       .local = "203.0.113.1/32",
				       .remote = "192.0.2.1/32" };
	struct sim *s = sim_new(1);
	struct sim_child automatic = left;
	const struct sim_sa *sa;

	s->end[0].nat_port = 20000;
	automatic.automatic = true;
	sim_peer(&s->end[0], NULL);
	sim_peer(&s->end[1], NULL);
	sim_child(&s->end[1], &right);
	sim_child(&s->end[0], &automatic);
	sim_run(s, 5000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sim_pair(&s->end[1], 1));
	assert_flow(&s->end[1], "203.0.113.1/255.255.255.255 0/0-65535",
		"192.0.2.1/255.255.255.255 0/0-65535");
	assert_flow(&s->end[0], "198.51.100.1/255.255.255.255 0/0-65535",
		"203.0.113.1/255.255.255.255 0/0-65535");
	/* for checksums: what the initiator thinks it sends from */
	sa = s->end[1].sas.tqh_first;
	CU_ASSERT_TRUE(sa->m.inbound);
	CU_ASSERT_TRUE(addr_eq(&sa->m.natt_source, &s->end[0].addr));
	CU_ASSERT_TRUE(addr_eq(&sa->m.source, &s->end[0].nat_addr));
	CU_ASSERT_EQUAL(sa->m.encap_local, 4500);
	CU_ASSERT_EQUAL(sa->m.encap_remote, 20001);
	CU_ASSERT_TRUE(sa->m.may_move); /* it is behind a NAT, the other is not */
	CU_ASSERT_FALSE(s->end[0].sas.tqh_first->m.may_move);
	/* and what the responder is seen to send to */
	sa = s->end[0].sas.tqh_first;
	CU_ASSERT_TRUE(addr_eq(&sa->m.natt_destination, &s->end[0].nat_addr));
	sim_free(s);
}

static void
test_modes_that_differ_are_explained(void)
{
	const struct sim_child transport = { .mode = MSG_SA_TRANSPORT };
	const struct sim_child tunnel = { .mode = MSG_SA_TUNNEL };
	struct sim *s = begin(&transport, &tunnel);
	struct st_ike_error e;

	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "encapsulation mode mismatch");
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], "established"), 0);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], "established"), 0);
	sim_free(s);
	s = begin(&tunnel, &transport);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "encapsulation mode mismatch");
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], NULL), 0);
	sim_free(s);
}

static void
test_authentication_headers(void)
{
	const struct sim_child ah = { .protocol = 51 };
	struct sim *s = begin(&ah, &ah);

	CU_ASSERT_EQUAL(sim_pair(&s->end[0], 1)->protocol, 51);
	CU_ASSERT_EQUAL(s->end[0].sas.tqh_first->m.cipher, ALG_CIPHER_NONE);
	CU_ASSERT_EQUAL(s->end[0].sas.tqh_first->m.auth, ALG_AUTH_hmac_sha2_256_128);
	sim_rekey_child(&s->end[0], 1);
	sim_run(s, 20000);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], "CHILD SAs rekeyed"), 1);
	sim_end_settled(s, 1);
}

static void
test_sequence_numbers_of_64_bits(void)
{
	static const struct {
		struct sim_child left;
		struct sim_child right;
		int esn; /* -1: nothing comes up */
	} rows[] = {
		{ { .esn = true }, { .esn = true }, 1 },
		{ { .esn = true }, { .esn = false }, 0 },
		{ { .esn = false }, { .esn = true }, 0 },
		{ { .esn_only = true }, { .esn = true }, 1 },
		{ { .esn_only = true }, { .esn = false }, -1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim *s = begin(&rows[i].left, &rows[i].right);

		if (rows[i].esn < 0) {
			CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], NULL), 0);
			sim_free(s);
			continue;
		}
		CU_ASSERT_EQUAL(s->end[0].sas.tqh_first->m.esn, rows[i].esn);
		sim_end_settled(s, 1);
	}
}

static void
test_perfect_forward_secrecy_must_match(void)
{
	const struct sim_child with = { .dh = { ALG_DH_x25519 } }, without = { .dh = { 0 } };
	struct sim *s = begin(&with, &without);
	struct st_ike_error e;

	/* the first pair has no exchange of its own: it comes up, and cannot be rekeyed */
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], "established"), 1);
	sim_rekey_child(&s->end[0], 1);
	sim_run(s, 5000);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "phase2 proposal or pfs mismatch");
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[0], &e), "phase2 proposal or pfs mismatch");
	CU_ASSERT_TRUE(e.by_peer);
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[0], "established"), 1);
	sim_free(s);
}

static void
test_several_children_by_one_ike_sa(void)
{
	struct sim *s = sim_new(1);
	char why[256];

	sim_peer(&s->end[0], NULL);
	sim_peer(&s->end[1], NULL);
	for (uint32_t i = 1; i <= 20; i++) {
		const struct sim_child passive = { .number = i, .policy = 1 };
		const struct sim_child active = { .number = i, .policy = 1, .automatic = true };

		sim_child(&s->end[1], &passive);
		sim_child(&s->end[0], &active);
	}
	sim_run(s, 5000);
	CU_ASSERT_TRUE(sim_is_settled(s, 20, why));
	CU_ASSERT_EQUAL(sim_statistic(&s->end[0], "IKE SAs negotiated as initiator"), 1);
	sim_free(s);
}

static void
test_lifetimes_in_bytes(void)
{
	const struct sim_child bytes = { .lifetime_bytes = 1000000 };
	struct sim *s = begin(&bytes, &bytes);
	const struct sim_sa *sa = s->end[0].sas.tqh_first;

	CU_ASSERT_EQUAL(sa->m.hard_bytes, 1000000);
	CU_ASSERT_TRUE(sa->m.soft_bytes >= 850000 && sa->m.soft_bytes < 950000);
	sim_end_settled(s, 1);
}

/* A selector of a protocol. */
static struct ts
of_protocol(const char *address, uint8_t protocol)
{
	struct ts t = { .protocol = protocol, .port_high = UINT16_MAX };

	CU_ASSERT_EQUAL_FATAL(addr_parse(address, &t.low), 0);
	t.high = t.low;
	return t;
}

/* TCP from one end to UDP at the other: nothing could go by such a pair of SAs. */
static void
test_selectors_that_make_no_pair_are_refused(void)
{
	const struct sim_child usual = { .number = 1 };
	const struct ts_list tcp = { .n = 1, .ts = { of_protocol("10.1.1.5", IPPROTO_TCP) } },
			     udp = { .n = 1, .ts = { of_protocol("10.2.1.5", IPPROTO_UDP) } };
	struct sim *s = sim_up(1, NULL, &usual);
	struct ike_sa *sa = sim_ike(&s->end[0]);
	uint8_t nonce[32] = { 1 };
	struct st_ike_error e;
	struct compose c;

	compose_inner(&c);
	offer_write_sa(sim_pair(&s->end[0], 1), child_find(s->end[0].ike, 1), &c, true);
	compose_nonce(&c, (struct span){ nonce, sizeof(nonce) });
	ts_write(compose_payload(&c, PAYLOAD_ts_i), &tcp);
	ts_write(compose_payload(&c, PAYLOAD_ts_r), &udp);
	sim_say(sa, WIRE_CREATE_CHILD_SA, false, sa->window.next_id++, &c);
	sim_deliver(s, 0);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Sent TS_UNACCEPTABLE"), 1);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "flow mismatch");
	CU_ASSERT_PTR_NOT_NULL(strstr(e.offered, "10.2.1.5"));
	CU_ASSERT_EQUAL(sim_n_pairs(&s->end[1], NULL), 1);
	sim_end_settled(s, 1);
}

CU_TestInfo offer_tests[] = {
	{ "the responder narrows", test_the_responder_narrows },
	{ "a narrow initiator gets what it asks for",
		test_a_narrow_initiator_gets_what_it_asks_for },
	{ "one pair serves several rules", test_one_pair_serves_several_rules },
	{ "rules that do not multiply are not joined",
		test_rules_that_do_not_multiply_are_not_joined },
	{ "the packet decides", test_the_packet_decides },
	{ "each part of a rule gets a pair of its own",
		test_each_part_of_a_rule_gets_a_pair_of_its_own },
	{ "without the packet, when the peer does not take both",
		test_without_the_packet_when_the_peer_does_not_take_both },
	{ "a packet that is the whole rule is asked for once",
		test_a_packet_that_is_the_whole_rule_is_asked_for_once },
	{ "another form does not begin anew with groups",
		test_another_form_does_not_begin_anew_with_groups },
	{ "the packet alone, when the peer wants single pairs",
		test_the_packet_alone_when_the_peer_wants_single_pairs },
	{ "without the packet, after IKE_AUTH", test_without_the_packet_after_ike_auth },
	{ "a part that the peer does not allow", test_a_part_that_the_peer_does_not_allow },
	{ "a first part that the peer does not allow",
		test_a_first_part_that_the_peer_does_not_allow },
	{ "a part that cannot be had does not hinder another",
		test_a_part_that_cannot_be_had_does_not_hinder_another },
	{ "selectors that make no pair are refused", test_selectors_that_make_no_pair_are_refused },
	{ "a rule has so many parts at most", test_a_rule_has_so_many_parts_at_most },
	{ "parts of one policy do not overlap", test_parts_of_one_policy_do_not_overlap },
	{ "no more selectors than can be used", test_no_more_selectors_than_can_be_used },
	{ "an ICMP packet is its type and code", test_an_icmp_packet_is_its_type_and_code },
	{ "transport mode", test_transport_mode },
	{ "transport mode behind a NAT", test_transport_mode_behind_a_nat },
	{ "modes that differ are explained", test_modes_that_differ_are_explained },
	{ "authentication headers", test_authentication_headers },
	{ "sequence numbers of 64 bits", test_sequence_numbers_of_64_bits },
	{ "perfect forward secrecy must match", test_perfect_forward_secrecy_must_match },
	{ "several children by one IKE SA", test_several_children_by_one_ike_sa },
	{ "lifetimes in bytes", test_lifetimes_in_bytes },
	CU_TEST_INFO_NULL,
};
