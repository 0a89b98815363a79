/*
 * Twin of datapath/gre_table.c.
 */
#include "config.h"

#include "datapath/gre.h"

#include "lib/alg.h"
#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <errno.h>
#include <sys/socket.h>

enum { A = 0xcb007101, B = 0xc6336401 };

static struct msg_dp_tunnel
tunnel_msg(void)
{
	return (struct msg_dp_tunnel){ .port = 2,
		.source = addr_v4(A),
		.destination = addr_v4(B),
		.has_key = true,
		.key = 0x01020304,
		.mtu = 1476,
		.up = true };
}

static void
the_table_refuses_what_is_ambiguous(void)
{
	struct msg_dp_tunnel m = tunnel_msg(), other;
	struct gre_table *t;
	struct world w;

	world_init(&w);
	t = gre_table_new(&w.dp);

	CU_ASSERT_EQUAL(gre_put(t, &m, NULL), 0);
	CU_ASSERT_EQUAL(gre_put(t, &m, NULL), 0); /* replaces itself */
	other = m;
	other.port = 9;
	CU_ASSERT_EQUAL(gre_put(t, &other, NULL), -EEXIST);
	other.key++;
	CU_ASSERT_EQUAL(gre_put(t, &other, NULL), 0);
	other.key--;
	CU_ASSERT_EQUAL(gre_put(t, &other, NULL), -EEXIST);
	CU_ASSERT_EQUAL(gre_del(t, m.port), 0);
	CU_ASSERT_EQUAL(gre_del(t, m.port), -ENOENT);
	CU_ASSERT_EQUAL(gre_put(t, &other, NULL), 0);
	other.destination = (struct addr){ 0 };
	CU_ASSERT_EQUAL(gre_put(t, &other, NULL), -EINVAL);
	gre_table_free(t);
	gre_table_free(NULL);
	world_fini(&w);
}

static void
ten_thousand_tunnels_are_found_and_removed(void)
{
	struct gre_table *t;
	struct world w;

	world_init(&w);
	t = gre_table_new(&w.dp);
	for (uint32_t i = 1; i <= 10000; i++) {
		struct msg_dp_tunnel m = tunnel_msg();

		m.port = i;
		m.key = i / 100;
		m.destination = addr_v4(B + i % 100);
		CU_ASSERT_EQUAL(gre_put(t, &m, NULL), 0);
	}
	for (uint32_t i = 1; i <= 10000; i += 2)
		CU_ASSERT_EQUAL(gre_del(t, i), 0);
	for (uint32_t i = 1; i <= 10000; i++)
		CU_ASSERT_EQUAL(gre_del(t, i), i % 2 ? -ENOENT : 0);
	gre_table_free(t);
	world_fini(&w);
}

static void
both_ends_are_of_one_family(void)
{
	struct msg_dp_tunnel m = tunnel_msg();
	struct world w;

	world_init(&w);
	m.source.af = AF_INET6;
	CU_ASSERT_EQUAL(gre_put(w.dp.gre, &m, NULL), -EINVAL);
	m.destination.af = AF_INET6;
	CU_ASSERT_EQUAL(gre_put(w.dp.gre, &m, NULL), 0);
	m.destination = (struct addr){ .af = AF_INET6 };
	CU_ASSERT_EQUAL(gre_put(w.dp.gre, &m, NULL), -EINVAL);
	world_fini(&w);
}

static void
an_sas_slot_is_not_for_a_tunnel(void)
{
	struct msg_dp_tunnel m = tunnel_msg();
	struct fix f;

	fix_init(&f);
	CU_ASSERT_PTR_NOT_NULL(
		fix_sa(&f, 2, false, ALG_CIPHER_null, ALG_AUTH_hmac_sha1_96)); /* slot 2 */
	m.slot = 3;
	CU_ASSERT_EQUAL(gre_put(f.dp.gre, &m, NULL), -EINVAL);
	m.slot = 4;
	CU_ASSERT_EQUAL(gre_put(f.dp.gre, &m, NULL), 0);
	fix_fini(&f);
}

CU_TestInfo gre_table_tests[] = {
	{ "the table refuses what is ambiguous", the_table_refuses_what_is_ambiguous },
	{ "an SA's slot is not for a tunnel", an_sas_slot_is_not_for_a_tunnel },
	{ "both ends are of one family", both_ends_are_of_one_family },
	{ "ten thousand tunnels are found and removed",
		ten_thousand_tunnels_are_found_and_removed },
	CU_TEST_INFO_NULL,
};
