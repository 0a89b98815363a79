/*
 * Twin of daemon/negotiated.c, conngroup.c and conntable.c: a played IKE speaker and a played datapath,
 * with the daemon between them.
 */
#include "config.h"

#include "daemon/negotiated.h"

#include "daemon/childlink.h"
#include "daemon/kind.h"
#include "daemon/kind_dp.h"
#include "daemon/sastate.h"
#include "daemon/speaker.h"
#include "lib/loop.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/daemon/shell.h"
#include "tests/unit/daemon/suites.h"

enum { POLICY = 7, PORT = 12 };
#define CHILD_ID 0x80000001u
#define OTHER_ID 0x80000002u

struct stand {
	struct shell shell;
	struct peer *dp, *ike;
	struct daemon *d;
	struct msg_ike_child wanted[2];
	struct want want[2];
	uint32_t request;
};

static struct addr
ip(const char *text)
{
	struct addr a;

	CU_ASSERT_EQUAL_FATAL(addr_parse(text, &a), 0);
	return a;
}

static void
child_wanted(struct stand *s, unsigned int i, const char *local, const char *remote)
{
	struct msg_ike_child *c = &s->wanted[i];
	struct want *w = &s->want[i];

	*c = (struct msg_ike_child){ .rule = 5 * (i + 1),
		.lifetime_s = 100,
		.local_port_high = 65535,
		.remote_port_high = 65535 };
	strlcpy(c->name, "P1-10", sizeof(c->name));
	c->local_low = c->local_high = ip(local);
	c->local_high.b[3] = 255;
	c->remote_low = c->remote_high = ip(remote);
	c->remote_high.b[3] = 255;
	*w = (struct want){ .kind = WANT_GROUP, .key = i == 0 ? "ike one" : "ike two" };
	w->group.child = c;
	w->group.policy = "P1-10";
	w->group.mtu = 1500;
	strlcpy(w->group.device, "yp-ge0-0-1", sizeof(w->group.device));
	negotiated_child(s->d, w, CHILD_ID + i, POLICY, PORT);
	peer_hear(s->dp);
}

static void
stand_init(struct stand *s)
{
	memset(s, 0, sizeof(*s));
	shell_init(&s->shell, 0);
	s->d = &s->shell.bench.daemon;
	s->dp = &s->shell.dp;
	s->ike = &s->shell.ike;
	shell_datapath(&s->shell);
	shell_speaker(&s->shell);
	shell_datapath_up(&s->shell);
	shell_speaker_up(&s->shell);
	s->dp->obliging = true;
	child_wanted(s, 0, "10.1.1.0", "10.1.2.0");
	peer_forget(s->dp);
}

static void
stand_fini(struct stand *s)
{
	shell_fini(&s->shell);
}

/* The speaker asks; whatever the datapath is told by that is in dp, and the answer in ike. */
static void
ask(struct stand *s, enum msg_type type, const void *body)
{
	peer_forget(s->dp);
	peer_say(s->ike, type, ++s->request, body, -1);
}

static void
sa_add(struct stand *s, uint32_t sa, uint32_t connection, uint32_t child, bool inbound)
{
	struct msg_ike_sa_add m = { .sa = sa,
		.connection = connection,
		.child = child,
		.inbound = inbound,
		.spi = 0x1000 + sa,
		.protocol = 50,
		.mode = MSG_SA_TUNNEL,
		.source = ip(inbound ? "203.0.113.1" : "198.51.100.1"),
		.destination = ip(inbound ? "198.51.100.1" : "203.0.113.1"),
		.cipher = 4,
		.auth = 3,
		.cipher_key = { 16, "0123456789abcdef" },
		.replay_window = 64,
		.may_move = inbound,
		.soft_bytes = 900,
		.hard_bytes = 1000 };

	ask(s, MSG_ike_sa_add, &m);
}

static void
sa_use(struct stand *s, uint32_t connection, uint32_t sa)
{
	struct msg_ike_sa_use m = { .connection = connection, .sa = sa };

	ask(s, MSG_ike_sa_use, &m);
}

static void
selector(struct stand *s, uint32_t connection, uint32_t child, const char *ll, const char *lh,
	const char *rl, const char *rh)
{
	struct msg_ike_selector m = { .connection = connection,
		.child = child,
		.local_low = ip(ll),
		.local_high = ip(lh),
		.remote_low = ip(rl),
		.remote_high = ip(rh),
		.local_port_high = 65535,
		.remote_port_high = 65535 };

	peer_say(s->ike, MSG_ike_selector, 0, &m, -1);
}

/* Inbound, outbound, and its use: what a speaker does for a new connection. */
static void
connect(struct stand *s, uint32_t sa, uint32_t connection, uint32_t child)
{
	sa_add(s, sa, connection, child, true);
	CU_ASSERT_EQUAL(s->ike->type, MSG_done);
	sa_add(s, sa + 1, connection, child, false);
	CU_ASSERT_EQUAL(s->ike->type, MSG_done);
	sa_use(s, connection, sa + 1);
	CU_ASSERT_EQUAL(s->ike->type, MSG_done);
}

static uint32_t
dp_id(struct stand *s, uint32_t sa)
{
	struct negotiated_sa found = { 0 };

	CU_ASSERT_TRUE(negotiated_by_speaker(s->d->negotiated, sa, &found));
	return found.datapath;
}

static bool
dp_group(struct stand *s, uint32_t group, uint32_t sa, uint32_t same_as)
{
	char text[96];

	snprintf(text, sizeof(text), "dp_group{group=%u sa=%u same_as=%u", group, sa, same_as);
	return peer_heard(s->dp, text);
}

static void
a_child_is_a_group_that_asks_before_there_are_sas(void)
{
	struct stand s;

	stand_init(&s);
	child_wanted(&s, 1, "10.1.3.0", "10.1.4.0");
	CU_ASSERT_TRUE(peer_heard(s.dp, "dp_group{group=2147483650 sa=0 same_as=0 acquire=true}"));
	CU_ASSERT_EQUAL(childlink_sent(s.d->dplink), childlink_answered(s.d->dplink));
	stand_fini(&s);
}

static void
a_pair_goes_to_the_datapath_and_carries_when_it_is_used(void)
{
	struct stand s;

	stand_init(&s);
	sa_add(&s, 1, 9, CHILD_ID, true);
	CU_ASSERT_EQUAL(s.ike->type, MSG_done);
	CU_ASSERT_EQUAL(s.ike->id, s.request);
	CU_ASSERT_TRUE(peer_heard(s.dp, "inbound=true spi=4097 protocol=50"));
	CU_ASSERT_TRUE(peer_heard(s.dp, "cipher_key=*** "));
	CU_ASSERT_TRUE(peer_heard(s.dp, "replay_window=64 "));
	CU_ASSERT_TRUE(peer_heard(s.dp, "port=12 policy=P1-10"));
	CU_ASSERT_TRUE(peer_heard(s.dp, "group=2147483649 soft_bytes=900 hard_bytes=1000"));
	sa_add(&s, 2, 9, CHILD_ID, false);
	CU_ASSERT_TRUE(peer_heard(s.dp, "seq_limit=4294967295"));
	CU_ASSERT_TRUE(peer_heard(s.dp, "mtu=1500"));
	CU_ASSERT_FALSE(dp_group(&s, CHILD_ID, dp_id(&s, 2), 0));
	sa_use(&s, 9, 2);
	CU_ASSERT_EQUAL(s.ike->type, MSG_done);
	CU_ASSERT_TRUE(dp_group(&s, CHILD_ID, dp_id(&s, 2), 0));
	stand_fini(&s);
}

static void
the_speaker_is_answered_when_the_datapath_has_answered(void)
{
	const struct msg_error no = { .code = EINVAL, .object = "SA", .text = "no" };
	static const struct msg_done done;
	struct stand s;

	stand_init(&s);
	s.dp->obliging = false;
	sa_add(&s, 1, 9, CHILD_ID, true);
	CU_ASSERT_EQUAL(s.ike->type, MSG_NONE);
	peer_forget(s.ike);
	peer_say(s.dp, MSG_done, s.dp->id, &done, -1);
	CU_ASSERT_EQUAL(s.ike->type, MSG_done);
	sa_add(&s, 2, 9, CHILD_ID, false);
	peer_forget(s.ike);
	peer_say(s.dp, MSG_error, s.dp->id, &no, -1);
	CU_ASSERT_EQUAL(s.ike->type, MSG_error);
	CU_ASSERT_EQUAL(s.ike->body.error.code, EINVAL);
	CU_ASSERT_STRING_EQUAL(s.ike->body.error.text, "no");
	s.dp->obliging = true;
	sa_use(&s, 9, 2); /* it does not exist */
	CU_ASSERT_EQUAL(s.ike->type, MSG_error);
	stand_fini(&s);
}

static void
over_a_rekey_the_group_stays_and_what_carries_changes(void)
{
	const struct msg_ike_sa_del in = { .sa = 1 }, out = { .sa = 2 };
	struct stand s;
	uint32_t old;

	stand_init(&s);
	connect(&s, 1, 9, CHILD_ID);
	old = dp_id(&s, 2);
	sa_add(&s, 3, 9, CHILD_ID, true);
	sa_add(&s, 4, 9, CHILD_ID, false);
	CU_ASSERT_TRUE(peer_heard(s.dp, "group=2147483649 "));
	sa_use(&s, 9, 4);
	CU_ASSERT_TRUE(dp_group(&s, CHILD_ID, dp_id(&s, 4), 0));
	ask(&s, MSG_ike_sa_del, &out);
	CU_ASSERT_EQUAL(s.ike->type, MSG_done);
	CU_ASSERT_STRING_EQUAL(s.dp->said, "dp_sa_del ");
	ask(&s, MSG_ike_sa_del, &in);
	CU_ASSERT_EQUAL(s.ike->type, MSG_done);
	CU_ASSERT_NOT_EQUAL(dp_id(&s, 4), old);
	ask(&s, MSG_ike_sa_del, &in); /* gone already */
	CU_ASSERT_EQUAL(s.ike->type, MSG_done);
	stand_fini(&s);
}

static void
a_connection_that_ends_leaves_the_group_asking(void)
{
	const struct msg_ike_connection_del del = { .connection = 9 };
	struct stand s;

	stand_init(&s);
	connect(&s, 1, 9, CHILD_ID);
	ask(&s, MSG_ike_connection_del, &del);
	CU_ASSERT_EQUAL(s.ike->type, MSG_done);
	CU_ASSERT_STRING_EQUAL(s.dp->said, "dp_sa_del dp_sa_del dp_group ");
	CU_ASSERT_TRUE(dp_group(&s, CHILD_ID, 0, 0));
	stand_fini(&s);
}

static void
of_two_connections_the_one_used_last_carries_and_the_other_takes_over(void)
{
	const struct msg_ike_connection_del del = { .connection = 10 };
	struct stand s;

	stand_init(&s);
	connect(&s, 1, 9, CHILD_ID);
	connect(&s, 3, 10, CHILD_ID);
	CU_ASSERT_TRUE(dp_group(&s, CHILD_ID, dp_id(&s, 4), 0));
	ask(&s, MSG_ike_connection_del, &del);
	CU_ASSERT_TRUE(dp_group(&s, CHILD_ID, dp_id(&s, 2), 0));
	stand_fini(&s);
}

static void
selectors_of_the_whole_rule_need_no_rules_of_their_own(void)
{
	struct msg_dp_spd_rule rules[4];
	struct stand s;

	stand_init(&s);
	selector(&s, 9, CHILD_ID, "10.1.1.0", "10.1.1.255", "10.1.2.0", "10.1.2.255");
	connect(&s, 1, 9, CHILD_ID);
	CU_ASSERT_TRUE(dp_group(&s, CHILD_ID, dp_id(&s, 2), 0));
	CU_ASSERT_EQUAL(negotiated_rules(s.d->negotiated, CHILD_ID, rules, 4), 0);
	stand_fini(&s);
}

static void
narrower_selectors_get_a_group_and_rules_in_front(void)
{
	const struct msg_ike_connection_del del = { .connection = 9 };
	struct msg_dp_spd_rule rules[4];
	struct addr low = ip("10.1.1.16"), wildcard = ip("0.0.0.15");
	struct stand s;

	stand_init(&s);
	selector(&s, 9, CHILD_ID, "10.1.1.16", "10.1.1.31", "10.1.0.0", "10.1.255.255");
	sa_add(&s, 1, 9, CHILD_ID, true);
	CU_ASSERT_TRUE(peer_heard(s.dp, "group=3221225473 "));
	sa_add(&s, 2, 9, CHILD_ID, false);
	CU_ASSERT_EQUAL(negotiated_rules(s.d->negotiated, CHILD_ID, rules, 4), 0);
	sa_use(&s, 9, 2);
	CU_ASSERT_TRUE(dp_group(&s, 0xc0000001, dp_id(&s, 2), 0));
	CU_ASSERT_TRUE(dp_group(&s, CHILD_ID, 0, 0)); /* the rest still waits */
	CU_ASSERT_EQUAL(negotiated_rules(s.d->negotiated, CHILD_ID, rules, 4), 1);
	CU_ASSERT_TRUE(addr_eq(&rules[0].source, &low));
	CU_ASSERT_TRUE(addr_eq(&rules[0].source_wildcard, &wildcard));
	CU_ASSERT_EQUAL(rules[0].sa_out, 0xc0000001);
	CU_ASSERT_EQUAL(rules[0].sa_in, 0xc0000001);
	CU_ASSERT_EQUAL(rules[0].rule, 5);
	CU_ASSERT_EQUAL(rules[0].action, MSG_SPD_PROTECT);
	/* of the peer's 10.1.0.0/16 no more than the rule has */
	CU_ASSERT_EQUAL(rules[0].destination.b[2], 2);
	ask(&s, MSG_ike_connection_del, &del);
	CU_ASSERT_TRUE(peer_heard(s.dp, "dp_group_del{group=3221225473}"));
	CU_ASSERT_EQUAL(negotiated_rules(s.d->negotiated, CHILD_ID, rules, 4), 0);
	stand_fini(&s);
}

/* A hub whose sites have a host each. */
static void
each_of_many_connections_has_its_rule(void)
{
	enum { N = 1000 };
	struct stand s;
	struct msg_dp_spd_rule rules[2];
	char here[ADDR_STRLEN], there[ADDR_STRLEN];
	const struct msg_ike_connection_del first = { .connection = 100 };

	stand_init(&s);
	for (uint32_t i = 0; i < N; i++) {
		snprintf(here, sizeof(here), "10.1.1.%u", i % 256);
		snprintf(there, sizeof(there), "10.1.2.%u", i / 256);
		selector(&s, 100 + i, CHILD_ID, here, here, there, there);
		connect(&s, 2 * i + 1, 100 + i, CHILD_ID);
		CU_ASSERT_EQUAL_FATAL(s.ike->type, MSG_done);
	}
	CU_ASSERT_EQUAL(negotiated_rules(s.d->negotiated, CHILD_ID, NULL, 0), N);
	CU_ASSERT_EQUAL(negotiated_rules(s.d->negotiated, CHILD_ID, rules, 2), N);
	ask(&s, MSG_ike_connection_del, &first);
	CU_ASSERT_EQUAL(negotiated_rules(s.d->negotiated, CHILD_ID, NULL, 0), N - 1);
	stand_fini(&s);
}

static void
a_child_that_becomes_more_makes_its_connection_narrow(void)
{
	struct msg_dp_spd_rule rules[4];
	struct stand s;

	stand_init(&s);
	selector(&s, 9, CHILD_ID, "10.1.1.0", "10.1.1.255", "10.1.2.0", "10.1.2.255");
	connect(&s, 1, 9, CHILD_ID);
	s.wanted[0].local_high = ip("10.1.255.255");
	peer_forget(s.dp);
	negotiated_child(s.d, &s.want[0], CHILD_ID, POLICY, PORT);
	peer_hear(s.dp);
	CU_ASSERT_TRUE(peer_heard(s.dp, "group=3221225473 "));
	CU_ASSERT_TRUE(dp_group(&s, 0xc0000001, dp_id(&s, 2), 0));
	CU_ASSERT_TRUE(dp_group(&s, CHILD_ID, 0, 0));
	CU_ASSERT_EQUAL(negotiated_rules(s.d->negotiated, CHILD_ID, rules, 4), 1);
	stand_fini(&s);
}

static void
one_pair_serves_all_children_of_its_policy_that_it_holds(void)
{
	const struct msg_ike_connection_del del = { .connection = 9 };
	struct stand s;

	stand_init(&s);
	child_wanted(&s, 1, "10.1.3.0", "10.1.4.0");
	selector(&s, 9, CHILD_ID, "10.1.0.0", "10.1.255.255", "10.1.0.0", "10.1.255.255");
	connect(&s, 1, 9, CHILD_ID);
	CU_ASSERT_TRUE(dp_group(&s, CHILD_ID, dp_id(&s, 2), 0));
	CU_ASSERT_TRUE(dp_group(&s, OTHER_ID, 0, CHILD_ID));
	/* its own SAs are the better ones */
	connect(&s, 3, 10, OTHER_ID);
	CU_ASSERT_TRUE(dp_group(&s, OTHER_ID, dp_id(&s, 4), 0));
	ask(&s, MSG_ike_connection_del, &del);
	CU_ASSERT_TRUE(dp_group(&s, CHILD_ID, 0, 0));
	CU_ASSERT_FALSE(dp_group(&s, OTHER_ID, 0, 0));
	stand_fini(&s);
}

static void
a_tunnel_takes_no_less_than_all(void)
{
	struct stand s;

	stand_init(&s);
	s.want[0].group.whole = true;
	negotiated_child(s.d, &s.want[0], CHILD_ID, POLICY, PORT);
	selector(&s, 9, CHILD_ID, "10.1.1.16", "10.1.1.31", "10.1.2.0", "10.1.2.255");
	sa_add(&s, 1, 9, CHILD_ID, true);
	sa_add(&s, 2, 9, CHILD_ID, false);
	sa_use(&s, 9, 2);
	CU_ASSERT_EQUAL(s.ike->type, MSG_error);
	CU_ASSERT_EQUAL(s.ike->body.error.code, EINVAL);
	stand_fini(&s);
}

static void
a_new_datapath_is_told_all_again(void)
{
	struct reconcile *reconcile;
	struct stand s;
	uint32_t in, out;

	stand_init(&s);
	reconcile = s.d->reconcile;
	connect(&s, 1, 9, CHILD_ID);
	in = dp_id(&s, 1);
	out = dp_id(&s, 2);
	peer_fini(s.dp);
	childlink_down(s.d->dplink);
	s.d->reconcile = NULL; /* who would say that nobody wants the child */
	negotiated_datapath_gone(s.d);
	s.d->reconcile = reconcile;
	sastate_put_all(s.d->sastate);
	/* what the speaker has negotiated meanwhile waits */
	peer_forget(s.ike);
	{
		struct msg_ike_sa_add m = { .sa = 3,
			.connection = 9,
			.child = CHILD_ID,
			.inbound = true,
			.spi = 0x2000,
			.protocol = 50,
			.mode = MSG_SA_TUNNEL,
			.source = ip("203.0.113.1"),
			.destination = ip("198.51.100.1") };

		peer_say(s.ike, MSG_ike_sa_add, ++s.request, &m, -1);
	}
	CU_ASSERT_EQUAL(s.ike->type, MSG_NONE);
	CU_ASSERT_EQUAL(negotiated_child(s.d, &s.want[0], CHILD_ID, POLICY, PORT), -ENOTCONN);
	shell_datapath_up(&s.shell);
	s.dp->obliging = true;
	peer_forget(s.ike);
	CU_ASSERT_EQUAL(negotiated_child(s.d, &s.want[0], CHILD_ID, POLICY, PORT), 0);
	peer_hear(s.dp);
	CU_ASSERT_EQUAL(dp_id(&s, 1), in);
	CU_ASSERT_EQUAL(dp_id(&s, 2), out);
	CU_ASSERT_TRUE(peer_heard(s.dp, "spi=4097 "));
	CU_ASSERT_TRUE(peer_heard(s.dp, "spi=4098 "));
	CU_ASSERT_TRUE(peer_heard(s.dp, "spi=8192 "));
	CU_ASSERT_TRUE(dp_group(&s, CHILD_ID, out, 0));
	CU_ASSERT_EQUAL(s.ike->type, MSG_done);
	CU_ASSERT_EQUAL(s.ike->id, s.request);
	stand_fini(&s);
}

static void
with_the_datapath_goes_what_nobody_wants(void)
{
	struct stand s;
	struct negotiated_sa sa;

	stand_init(&s);
	connect(&s, 1, 9, CHILD_ID);
	childlink_down(s.d->dplink);
	negotiated_datapath_gone(s.d);
	CU_ASSERT_FALSE(negotiated_by_speaker(s.d->negotiated, 1, &sa));
	stand_fini(&s);
}

static void
a_dead_speaker_s_sas_stay_until_the_next_one_has_its_own(void)
{
	struct stand s;
	uint32_t in;

	stand_init(&s);
	connect(&s, 1, 9, CHILD_ID);
	in = dp_id(&s, 1);
	peer_fini(s.ike);
	peer_forget(s.dp);
	speaker_gone(s.d);
	peer_hear(s.dp);
	CU_ASSERT_STRING_EQUAL(s.dp->said, "");
	shell_speaker_up(&s.shell);
	sa_add(&s, 1, 9, CHILD_ID, true); /* the same numbers, other SAs */
	CU_ASSERT_EQUAL(s.ike->type, MSG_done);
	CU_ASSERT_NOT_EQUAL(dp_id(&s, 1), in);
	sa_add(&s, 2, 9, CHILD_ID, false);
	sa_use(&s, 9, 2);
	CU_ASSERT_EQUAL(s.ike->type, MSG_done);
	CU_ASSERT_TRUE(dp_group(&s, CHILD_ID, dp_id(&s, 2), 0));
	CU_ASSERT_PTR_NOT_NULL(strstr(s.dp->said, "dp_sa_del dp_sa_del "));
	stand_fini(&s);
}

static void
a_dead_speaker_s_sas_end_with_their_lifetime(void)
{
	struct stand s;

	stand_init(&s);
	connect(&s, 1, 9, CHILD_ID);
	peer_fini(s.ike);
	peer_forget(s.dp);
	speaker_gone(s.d);
	loop_warp(s.shell.bench.loop, 99000);
	peer_hear(s.dp);
	CU_ASSERT_STRING_EQUAL(s.dp->said, "");
	loop_warp(s.shell.bench.loop, 2000);
	peer_hear(s.dp);
	CU_ASSERT_STRING_EQUAL(s.dp->said, "dp_sa_del dp_sa_del dp_group ");
	CU_ASSERT_TRUE(dp_group(&s, CHILD_ID, 0, 0));
	stand_fini(&s);
}

static void
a_child_that_is_not_wanted_any_more_takes_its_sas_along(void)
{
	struct stand s;

	stand_init(&s);
	connect(&s, 1, 9, CHILD_ID);
	peer_forget(s.dp);
	negotiated_child_gone(s.d, CHILD_ID);
	peer_hear(s.dp);
	CU_ASSERT_STRING_EQUAL(s.dp->said, "dp_sa_del dp_sa_del dp_group_del ");
	sa_add(&s, 5, 9, CHILD_ID, true);
	CU_ASSERT_EQUAL(s.ike->type, MSG_error);
	CU_ASSERT_EQUAL(s.ike->body.error.code, ENOENT);
	stand_fini(&s);
}

static void
a_peer_that_moves_is_followed_in_both_directions(void)
{
	struct msg_ike_sa_move m = { .connection = 9,
		.local = ip("198.51.100.1"),
		.remote = ip("192.0.2.77"),
		.encap_local = 4500,
		.encap_remote = 1027 };
	struct stand s;

	stand_init(&s);
	connect(&s, 1, 9, CHILD_ID);
	ask(&s, MSG_ike_sa_move, &m);
	CU_ASSERT_EQUAL(s.ike->type, MSG_done);
	CU_ASSERT_STRING_EQUAL(s.dp->said, "dp_sa dp_sa ");
	CU_ASSERT_TRUE(peer_heard(s.dp, "source=192.0.2.77 destination=198.51.100.1"));
	CU_ASSERT_TRUE(peer_heard(s.dp, "source=198.51.100.1 destination=192.0.2.77"));
	CU_ASSERT_TRUE(peer_heard(s.dp, "encap_local=4500 encap_remote=1027"));
	CU_ASSERT_TRUE(peer_heard(s.dp, "may_move=true")); /* as before: the datapath may, again */
	CU_ASSERT_TRUE(peer_heard(s.dp, "may_move=false"));
	stand_fini(&s);
}

static void
what_a_child_s_line_says_of_its_sas_reaches_those_that_exist(void)
{
	struct stand s;

	stand_init(&s);
	connect(&s, 1, 9, CHILD_ID);
	s.want[0].group.mtu = 1400;
	s.want[0].group.df = MSG_DF_SET;
	peer_forget(s.dp);
	negotiated_child(s.d, &s.want[0], CHILD_ID, POLICY, PORT);
	peer_hear(s.dp);
	CU_ASSERT_TRUE(peer_heard(s.dp, "df=1 fragment_before=false mtu=1400"));
	CU_ASSERT_TRUE(dp_group(&s, CHILD_ID, dp_id(&s, 2), 0));
	stand_fini(&s);
}

static void
nonsense_of_the_speaker_is_refused(void)
{
	struct msg_ike_sa_add bad = { .sa = 1, .connection = 9, .child = CHILD_ID, .protocol = 50 };
	struct msg_ike_sa_move move = { .connection = 77 };
	struct stand s;

	stand_init(&s);
	ask(&s, MSG_ike_sa_add, &bad); /* no addresses */
	CU_ASSERT_EQUAL(s.ike->body.error.code, EINVAL);
	sa_add(&s, 1, 9, CHILD_ID, true);
	sa_add(&s, 1, 9, CHILD_ID, true); /* twice */
	CU_ASSERT_EQUAL(s.ike->body.error.code, EEXIST);
	sa_use(&s, 9, 1); /* inbound */
	CU_ASSERT_EQUAL(s.ike->body.error.code, ENOENT);
	ask(&s, MSG_ike_sa_move, &move);
	CU_ASSERT_EQUAL(s.ike->body.error.code, ENOENT);
	child_wanted(&s, 1, "10.1.3.0", "10.1.4.0");
	sa_add(&s, 3, 9, OTHER_ID, true); /* another child's connection */
	CU_ASSERT_EQUAL(s.ike->type, MSG_error);
	sa_add(&s, 2, 9, CHILD_ID, false);
	for (unsigned int i = 0; i < 65; i++)
		selector(&s, 9, CHILD_ID, "10.1.1.1", "10.1.1.1", "10.1.2.1", "10.1.2.1");
	sa_use(&s, 9, 2);
	CU_ASSERT_EQUAL(s.ike->body.error.code, E2BIG);
	stand_fini(&s);
}

static void
slots_come_back(void)
{
	struct stand s;

	stand_init(&s);
	for (uint32_t i = 0; i < SASTATE_SLOTS + 10; i++) {
		const struct msg_ike_sa_del del = { .sa = i + 1 };

		sa_add(&s, i + 1, 9, CHILD_ID, true);
		CU_ASSERT_EQUAL_FATAL(s.ike->type, MSG_done);
		ask(&s, MSG_ike_sa_del, &del);
	}
	stand_fini(&s);
}

CU_TestInfo negotiated_tests[] = {
	{ "a child is a group that asks before there are SAs",
		a_child_is_a_group_that_asks_before_there_are_sas },
	{ "a pair goes to the datapath, and carries when it is used",
		a_pair_goes_to_the_datapath_and_carries_when_it_is_used },
	{ "the speaker is answered when the datapath has answered",
		the_speaker_is_answered_when_the_datapath_has_answered },
	{ "over a rekey the group stays, and what carries changes",
		over_a_rekey_the_group_stays_and_what_carries_changes },
	{ "a connection that ends leaves the group asking",
		a_connection_that_ends_leaves_the_group_asking },
	{ "of two connections the one used last carries, and the other takes over",
		of_two_connections_the_one_used_last_carries_and_the_other_takes_over },
	{ "selectors of the whole rule need no rules of their own",
		selectors_of_the_whole_rule_need_no_rules_of_their_own },
	{ "narrower selectors get a group, and rules in front",
		narrower_selectors_get_a_group_and_rules_in_front },
	{ "each of many connections has its rule", each_of_many_connections_has_its_rule },
	{ "a child that becomes more makes its connection narrow",
		a_child_that_becomes_more_makes_its_connection_narrow },
	{ "one pair serves all children of its policy that it holds",
		one_pair_serves_all_children_of_its_policy_that_it_holds },
	{ "a tunnel takes no less than all", a_tunnel_takes_no_less_than_all },
	{ "a new datapath is told all again", a_new_datapath_is_told_all_again },
	{ "with the datapath goes what nobody wants", with_the_datapath_goes_what_nobody_wants },
	{ "a dead speaker's SAs stay until the next one has its own",
		a_dead_speaker_s_sas_stay_until_the_next_one_has_its_own },
	{ "a dead speaker's SAs end with their lifetime",
		a_dead_speaker_s_sas_end_with_their_lifetime },
	{ "a child that is not wanted any more takes its SAs along",
		a_child_that_is_not_wanted_any_more_takes_its_sas_along },
	{ "a peer that moves is followed in both directions",
		a_peer_that_moves_is_followed_in_both_directions },
	{ "what a child's line says of its SAs reaches those that exist",
		what_a_child_s_line_says_of_its_sas_reaches_those_that_exist },
	{ "nonsense of the speaker is refused", nonsense_of_the_speaker_is_refused },
	{ "slots come back", slots_come_back },
	CU_TEST_INFO_NULL,
};
