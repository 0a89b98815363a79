/*
 * Twin of datapath/natt.c.
 */
#include "config.h"

#include "datapath/natt.h"

#include "datapath/group.h"
#include "datapath/sadb.h"
#include "lib/alg.h"
#include "lib/sastate.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <string.h>

enum { US = 0x0a000001, PEER = 0x0a000002, N_SLOTS = 8, GROUP = 50 };

struct bed {
	struct world w;
	struct sa_slot slots[N_SLOTS];
	uint32_t group; /* of the SAs that come */
	bool deaf;
	unsigned int n_moved;
	uint32_t moved_sa;
	uint16_t moved_port;
};

static void
sa_put(struct bed *b, uint32_t id, bool inbound, uint32_t port, uint16_t encap)
{
	struct msg_dp_sa m = { .sa = id,
		.inbound = inbound,
		.spi = 0x1000 + id,
		.protocol = IP_PROTO_ESP,
		.mode = MSG_SA_TUNNEL,
		.source = addr_v4(inbound ? PEER : US),
		.destination = addr_v4(inbound ? US : PEER),
		.cipher = ALG_CIPHER_null,
		.auth = ALG_AUTH_hmac_sha1_96,
		.auth_key.len = 20,
		.slot = id,
		.port = port,
		.group = b->group,
		.encap_local = encap ? 4500 : 0,
		.encap_remote = encap,
		.may_move = true,
		.seq_limit = UINT32_MAX };

	CU_ASSERT_EQUAL_FATAL(sadb_put(&b->w.dp, &m, NULL), 0);
}

static bool
on_moved(void *arg, uint32_t sa, const struct addr *source, uint16_t port)
{
	struct bed *b = arg;

	CU_ASSERT_EQUAL(addr_u32(source), PEER + 9);
	b->n_moved += !b->deaf;
	b->moved_sa = sa;
	b->moved_port = port;
	return !b->deaf;
}

static void
bed_init(struct bed *b)
{
	memset(b, 0, sizeof(*b));
	world_init(&b->w);
	b->w.dp.slots = b->slots;
	b->w.dp.n_slots = N_SLOTS;
	natt_on_moved(b->w.dp.natt, on_moved, b);
}

static void
bed_fini(struct bed *b)
{
	b->w.dp.slots = NULL;
	world_fini(&b->w);
}

static void
take_ports(void *arg, const struct st_ipsec_sa *st)
{
	uint16_t *remote = arg;

	remote[st->sa] = st->encap_local == 4500 ? st->encap_remote : 0;
}

/* An inbound SA, 1, and an outbound one, 2, of one group; 3 is another group's, to the same peer. */
static void
groups_put(struct bed *b)
{
	struct msg_dp_group m = { .group = GROUP, .sa = 2 };

	b->group = GROUP;
	sa_put(b, 1, true, 1, 4500);
	sa_put(b, 2, false, 1, 4500);
	b->group = GROUP + 1;
	sa_put(b, 3, false, 1, 4500);
	CU_ASSERT_EQUAL(group_put(&b->w.dp, &m), 0);
}

static void
the_groups_outbound_sa_follows_a_peer_that_moved(void)
{
	struct addr to = addr_v4(PEER + 9);
	uint16_t shown[6] = { 0 };
	struct bed b;

	bed_init(&b);
	groups_put(&b);
	natt_moved(b.w.dp.natt, sadb_get(b.w.dp.sadb, 1), &to, 33333);
	CU_ASSERT_EQUAL(b.n_moved, 1);
	CU_ASSERT_EQUAL(b.moved_sa, 1);
	CU_ASSERT_EQUAL(b.moved_port, 33333);
	CU_ASSERT_EQUAL(addr_u32(&sadb_get(b.w.dp.sadb, 1)->source), PEER + 9);
	CU_ASSERT_EQUAL(sadb_get(b.w.dp.sadb, 1)->path.encap_remote, 33333);
	CU_ASSERT_EQUAL(addr_u32(&sadb_get(b.w.dp.sadb, 2)->destination), PEER + 9);
	CU_ASSERT_EQUAL(sadb_get(b.w.dp.sadb, 2)->path.encap_remote, 33333);
	CU_ASSERT_EQUAL(addr_u32(&sadb_get(b.w.dp.sadb, 3)->destination), PEER);
	sadb_state(&b.w.dp, take_ports, shown);
	CU_ASSERT_TRUE(shown[2] == 33333 && shown[3] == 4500);
	bed_fini(&b);
}

static void
a_peer_is_followed_twice_a_second_at_most(void)
{
	struct addr to = addr_v4(PEER + 9);
	struct bed b;
	struct sa *in;

	bed_init(&b);
	groups_put(&b);
	in = sadb_get(b.w.dp.sadb, 1);
	for (uint16_t i = 0; i < 1000; i++)
		natt_moved(b.w.dp.natt, in, &to, 1000 + i);
	CU_ASSERT_EQUAL(b.n_moved, 2);
	CU_ASSERT_EQUAL(in->path.encap_remote, 1001);
	b.group = GROUP;
	sa_put(&b, 1, true, 1, 4500); /* what the daemon says in between gives no more of them */
	natt_moved(b.w.dp.natt, in, &to, 5000);
	CU_ASSERT_EQUAL(b.n_moved, 2);
	loop_warp(b.w.dp.loop, 500);
	for (uint16_t i = 0; i < 1000; i++)
		natt_moved(b.w.dp.natt, in, &to, 6000 + i);
	CU_ASSERT_EQUAL(b.n_moved, 3);
	CU_ASSERT_EQUAL(in->path.encap_remote, 6000);
	bed_fini(&b);
}

static void
a_move_that_cannot_be_told_is_not_made(void)
{
	struct addr to = addr_v4(PEER + 9);
	struct bed b;

	bed_init(&b);
	groups_put(&b);
	b.deaf = true;
	natt_moved(b.w.dp.natt, sadb_get(b.w.dp.sadb, 1), &to, 33333);
	CU_ASSERT_EQUAL(addr_u32(&sadb_get(b.w.dp.sadb, 1)->source), PEER);
	CU_ASSERT_EQUAL(sadb_get(b.w.dp.sadb, 2)->path.encap_remote, 4500);
	b.deaf = false;
	natt_moved(b.w.dp.natt, sadb_get(b.w.dp.sadb, 1), &to, 33333);
	CU_ASSERT_EQUAL(sadb_get(b.w.dp.sadb, 2)->path.encap_remote, 33333);
	bed_fini(&b);
}

static void
an_sa_that_is_not_in_udp_stays(void)
{
	struct addr to = addr_v4(PEER + 9);
	struct bed b;

	bed_init(&b);
	sa_put(&b, 1, true, 1, 0);
	sa_put(&b, 2, false, 1, 0);
	natt_moved(b.w.dp.natt, sadb_get(b.w.dp.sadb, 1), &to, 33333);
	natt_moved(b.w.dp.natt, sadb_get(b.w.dp.sadb, 2), &to, 33333);
	CU_ASSERT_EQUAL(b.n_moved, 0);
	CU_ASSERT_EQUAL(addr_u32(&sadb_get(b.w.dp.sadb, 1)->source), PEER);
	bed_fini(&b);
}

CU_TestInfo natt_tests[] = {
	{ "the group's outbound SA follows a peer that moved",
		the_groups_outbound_sa_follows_a_peer_that_moved },
	{ "a peer is followed twice a second at most", a_peer_is_followed_twice_a_second_at_most },
	{ "a move that cannot be told is not made", a_move_that_cannot_be_told_is_not_made },
	{ "an SA that is not in UDP stays", an_sa_that_is_not_in_udp_stays },
	CU_TEST_INFO_NULL,
};
