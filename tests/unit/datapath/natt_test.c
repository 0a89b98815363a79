/*
 * Twin of datapath/natt.c.
 */
#include "config.h"

#include "datapath/natt.h"

#include "datapath/port_mem.h"
#include "datapath/sadb.h"
#include "lib/alg.h"
#include "lib/buf.h"
#include "lib/sastate.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <string.h>

enum { US = 0x0a000001, PEER = 0x0a000002, N_SLOTS = 8 };

struct bed {
	struct world w;
	struct sa_slot slots[N_SLOTS];
	struct port_mem *udp;
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
		.encap_local = encap ? 4500 : 0,
		.encap_remote = encap,
		.may_move = true,
		.seq_limit = UINT32_MAX };

	CU_ASSERT_EQUAL_FATAL(sadb_put(&b->w.dp, &m, NULL), 0);
}

static void
on_moved(void *arg, uint32_t sa, const struct addr *destination, uint16_t port)
{
	struct bed *b = arg;

	CU_ASSERT_EQUAL(addr_u32(destination), PEER + 9);
	b->n_moved++;
	b->moved_sa = sa;
	b->moved_port = port;
}

static void
bed_init(struct bed *b)
{
	memset(b, 0, sizeof(*b));
	world_init(&b->w);
	b->w.dp.slots = b->slots;
	b->w.dp.n_slots = N_SLOTS;
	b->udp = port_mem_new();
	port_mem_put(&b->w.dp, b->udp, 9, MSG_PORT_UDP);
	natt_on_moved(b->w.dp.natt, on_moved, b);
}

static void
bed_fini(struct bed *b)
{
	b->w.dp.slots = NULL;
	world_fini(&b->w);
	port_mem_free(b->udp);
}

static void
an_idle_peer_gets_a_keepalive_every_twenty_seconds(void)
{
	const uint8_t *p;
	uint32_t len;
	struct bed b;

	bed_init(&b);
	sa_put(&b, 1, false, 1, 4500);
	sa_put(&b, 2, false, 1, 4500); /* the same peer: one keepalive */
	sa_put(&b, 3, false, 1, 40000);
	sa_put(&b, 4, false, 1, 0); /* not in UDP */
	sa_put(&b, 5, true, 1, 4500);
	loop_warp(b.w.dp.loop, NATT_KEEPALIVE_MS - 1);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.udp), 0);
	loop_warp(b.w.dp.loop, 1);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.udp), 2);
	p = port_mem_sent(b.udp, &len);
	CU_ASSERT_EQUAL(len, 21); /* an IP header, which the port takes off */
	CU_ASSERT_EQUAL(p[20], 0xff);
	CU_ASSERT_EQUAL(be32_get(p + 16), PEER);
	loop_warp(b.w.dp.loop, NATT_KEEPALIVE_MS);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.udp), 3);
	/* who had something sent needs none */
	sadb_get(b.w.dp.sadb, 3)->seq++;
	loop_warp(b.w.dp.loop, NATT_KEEPALIVE_MS);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.udp), 4);
	loop_warp(b.w.dp.loop, NATT_KEEPALIVE_MS);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.udp), 6);
	bed_fini(&b);
}

static void
a_peer_with_ipv6_gets_its_keepalive(void)
{
	struct msg_dp_sa m = { .sa = 1,
		.spi = 0x1000,
		.protocol = IP_PROTO_ESP,
		.mode = MSG_SA_TUNNEL,
		.cipher = ALG_CIPHER_null,
		.auth = ALG_AUTH_hmac_sha1_96,
		.auth_key.len = 20,
		.slot = 1,
		.encap_local = 4500,
		.encap_remote = 4500,
		.seq_limit = UINT32_MAX };
	const uint8_t *p;
	struct bed b;
	uint32_t len;

	bed_init(&b);
	port_get(&b.w.dp, 9)->v6 = true;
	addr_parse("2001:db8::1", &m.source);
	addr_parse("2001:db8::2", &m.destination);
	CU_ASSERT_EQUAL_FATAL(sadb_put(&b.w.dp, &m, NULL), 0);
	m.sa = m.slot = 2;
	addr_parse("2001:db8::3", &m.destination);
	CU_ASSERT_EQUAL_FATAL(sadb_put(&b.w.dp, &m, NULL), 0);
	loop_warp(b.w.dp.loop, NATT_KEEPALIVE_MS);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.udp), 2);
	while ((p = port_mem_sent(b.udp, &len))) {
		CU_ASSERT_EQUAL(len, 41);
		CU_ASSERT_EQUAL(p[6], IP_PROTO_ESP);
		CU_ASSERT_TRUE(p[39] == 2 || p[39] == 3);
		CU_ASSERT_EQUAL(p[40], 0xff);
	}
	bed_fini(&b);
}

static void
take_ports(void *arg, const struct st_ipsec_sa *st)
{
	uint16_t *remote = arg;

	remote[st->sa] = st->encap_local == 4500 ? st->encap_remote : 0;
}

static void
outbound_sas_follow_a_peer_that_moved(void)
{
	struct addr to = addr_v4(PEER + 9);
	uint16_t shown[6] = { 0 };
	struct bed b;

	bed_init(&b);
	sa_put(&b, 1, true, 1, 4500);
	sa_put(&b, 2, false, 1, 4500);
	sa_put(&b, 3, false, 2, 4500);	/* of another port */
	sa_put(&b, 4, false, 1, 40000); /* another peer behind the same NAT */
	sa_put(&b, 5, false, 1, 0);
	natt_moved(b.w.dp.natt, sadb_get(b.w.dp.sadb, 1), &to, 33333);
	CU_ASSERT_EQUAL(b.n_moved, 1);
	CU_ASSERT_EQUAL(b.moved_sa, 2);
	CU_ASSERT_EQUAL(b.moved_port, 33333);
	CU_ASSERT_EQUAL(addr_u32(&sadb_get(b.w.dp.sadb, 1)->source), PEER + 9);
	CU_ASSERT_EQUAL(sadb_get(b.w.dp.sadb, 1)->path.encap_remote, 33333);
	CU_ASSERT_EQUAL(addr_u32(&sadb_get(b.w.dp.sadb, 2)->destination), PEER + 9);
	CU_ASSERT_EQUAL(sadb_get(b.w.dp.sadb, 2)->path.encap_remote, 33333);
	sadb_state(&b.w.dp, take_ports, shown);
	CU_ASSERT_TRUE(shown[2] == 33333 && shown[4] == 40000 && shown[5] == 0);
	for (uint32_t id = 3; id <= 5; id++)
		CU_ASSERT_EQUAL(addr_u32(&sadb_get(b.w.dp.sadb, id)->destination), PEER);
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
	{ "an idle peer gets a keepalive every twenty seconds",
		an_idle_peer_gets_a_keepalive_every_twenty_seconds },
	{ "a peer with IPv6 gets its keepalive", a_peer_with_ipv6_gets_its_keepalive },
	{ "outbound SAs follow a peer that moved", outbound_sas_follow_a_peer_that_moved },
	{ "an SA that is not in UDP stays", an_sa_that_is_not_in_udp_stays },
	CU_TEST_INFO_NULL,
};
