/*
 * Twin of daemon/kind_ike.c: what the speaker is told of peers and children, and when that is another.
 */
#include "config.h"

#include "daemon/kind_ike.h"

#include "daemon/childlink.h"
#include "daemon/kind.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/daemon/shell.h"
#include "tests/unit/daemon/suites.h"

struct peer_want {
	struct msg_ike_peer peer;
	struct addr remotes[2];
	struct msg_ike_peer_proposal proposal;
	struct want want;
};

static void
peer_want_init(struct peer_want *p)
{
	memset(p, 0, sizeof(*p));
	strlcpy(p->peer.name, "hub", sizeof(p->peer.name));
	p->peer.pre_shared_key.len = 6;
	memcpy(p->peer.pre_shared_key.data, "secret", 6);
	addr_parse("203.0.113.1", &p->remotes[0]);
	addr_parse("203.0.113.2", &p->remotes[1]);
	p->proposal.number = 10;
	p->want = (struct want){ .kind = WANT_IKE_PEER, .key = "hub" };
	p->want.ike_peer = (struct want_ike_peer){ .name = "hub",
		.peer = &p->peer,
		.remotes = p->remotes,
		.n_remotes = 2,
		.proposals = &p->proposal,
		.n_proposals = 1 };
}

static void
a_peer_is_sent_whole_and_its_key_is_nobody_else_s(void)
{
	struct peer_want p;
	struct shell s;
	struct daemon *d = &s.bench.daemon;
	struct err *e = NULL;

	peer_want_init(&p);
	shell_init(&s, 0);
	shell_speaker(&s);
	CU_ASSERT_EQUAL(kind_ike_peer.add(d, &p.want, e), -ENOTCONN);
	shell_speaker_up(&s);
	s.ike.obliging = true;
	peer_forget(&s.ike);
	CU_ASSERT_EQUAL(kind_ike_peer.add(d, &p.want, e), 0);
	peer_hear(&s.ike);
	CU_ASSERT_STRING_EQUAL(s.ike.said,
		"ike_peer ike_peer_address ike_peer_address ike_peer_proposal ike_peer_end ");
	CU_ASSERT_TRUE(peer_heard(&s.ike, "pre_shared_key=***"));
	CU_ASSERT_TRUE(peer_heard(&s.ike, "ike_peer_address{peer=1 remote=203.0.113.2}"));
	CU_ASSERT_EQUAL(childlink_sent(d->ikelink), childlink_answered(d->ikelink));
	peer_forget(&s.ike);
	CU_ASSERT_EQUAL(kind_ike_peer.change(d, &p.want, &p.want, e), 0);
	CU_ASSERT_EQUAL(kind_ike_peer.del(d, &p.want, e), 0);
	peer_hear(&s.ike);
	CU_ASSERT_TRUE(peer_heard(&s.ike, "ike_peer{peer=1 "));
	CU_ASSERT_TRUE(peer_heard(&s.ike, "ike_peer_del{peer=1}"));
	shell_fini(&s);
}

static void
equality_of_peers_looks_at_everything_the_speaker_is_told(void)
{
	struct peer_want a, b;

	peer_want_init(&a);
	peer_want_init(&b);
	CU_ASSERT_TRUE(kind_ike_peer.equal(&a.want, &b.want));
	b.peer.pre_shared_key.data[5]++;
	CU_ASSERT_FALSE(kind_ike_peer.equal(&a.want, &b.want));
	peer_want_init(&b);
	b.remotes[1].b[3]++;
	CU_ASSERT_FALSE(kind_ike_peer.equal(&a.want, &b.want));
	peer_want_init(&b);
	b.want.ike_peer.n_remotes = 1;
	CU_ASSERT_FALSE(kind_ike_peer.equal(&a.want, &b.want));
	peer_want_init(&b);
	b.proposal.lifetime_s = 5;
	CU_ASSERT_FALSE(kind_ike_peer.equal(&a.want, &b.want));
	peer_want_init(&b);
	b.peer.dpd = 1;
	CU_ASSERT_FALSE(kind_ike_peer.equal(&a.want, &b.want));
}

static void
equality_of_children_and_groups_tells_their_halves_apart(void)
{
	struct msg_ike_child child = { .rule = 5 }, other = { .rule = 6 };
	struct msg_ike_child_proposal p = { .protocol = 50 }, q = { .protocol = 51 };
	struct want a = { .kind = WANT_IKE_CHILD, .key = "ike x" }, b;

	a.ike_child = (struct want_ike_child){ .group = { .policy = "P", .child = &child },
		.peer = "hub",
		.proposals = &p,
		.n_proposals = 1 };
	b = a;
	CU_ASSERT_TRUE(kind_ike_child.equal(&a, &b));
	b.ike_child.group.mtu = 1400; /* the datapath's business */
	CU_ASSERT_TRUE(kind_ike_child.equal(&a, &b));
	CU_ASSERT_FALSE(kind_group.equal(&(struct want){ .group = a.ike_child.group },
		&(struct want){ .group = b.ike_child.group }));
	b = a;
	b.ike_child.proposals = &q; /* the speaker's */
	CU_ASSERT_FALSE(kind_ike_child.equal(&a, &b));
	b = a;
	b.ike_child.peer = "other";
	CU_ASSERT_FALSE(kind_ike_child.equal(&a, &b));
	b = a;
	b.ike_child.group.child = &other;
	CU_ASSERT_FALSE(kind_ike_child.equal(&a, &b));
	CU_ASSERT_FALSE(kind_group.equal(&(struct want){ .group = a.ike_child.group },
		&(struct want){ .group = b.ike_child.group }));
}

static void
a_number_once_given_is_never_another_s(void)
{
	struct kind_ike *k = kind_ike_new();
	uint32_t one = kind_ike_child_number(k, "ike one");

	CU_ASSERT_TRUE(one >= 0x80000000u);
	CU_ASSERT_NOT_EQUAL(kind_ike_child_number(k, "ike two"), one);
	CU_ASSERT_EQUAL(kind_ike_child_number(k, "ike one"), one);
	kind_ike_free(k);
}

CU_TestInfo kind_ike_tests[] = {
	{ "a peer is sent whole, and its key is nobody else's",
		a_peer_is_sent_whole_and_its_key_is_nobody_else_s },
	{ "equality of peers looks at everything the speaker is told",
		equality_of_peers_looks_at_everything_the_speaker_is_told },
	{ "equality of children and groups tells their halves apart",
		equality_of_children_and_groups_tells_their_halves_apart },
	{ "a number, once given, is never another's", a_number_once_given_is_never_another_s },
	CU_TEST_INFO_NULL,
};
