/*
 * Twin of datapath/group.c: rules and SAs over a rekey, SAs that are asked for, and lifetimes in bytes.
 */
#include "config.h"

#include "datapath/group.h"

#include "datapath/ip4.h"
#include "datapath/spd.h"
#include "lib/alg.h"
#include "lib/err.h"
#include "lib/loop.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/suites.h"

enum { GROUP = 0x80000001, OTHER = 0x80000002 };
#define HERE 0x0a010102u  /* 10.1.1.2 */
#define THERE 0x0a010202u /* 10.1.2.2 */

struct heard {
	unsigned int acquires;
	struct msg_dp_acquire acquire;
	unsigned int soft, hard;
	uint32_t used;
};

static void
on_acquire(void *arg, const struct msg_dp_acquire *m)
{
	struct heard *h = arg;

	h->acquires++;
	h->acquire = *m;
}

static void
on_used(void *arg, uint32_t sa, bool hard)
{
	struct heard *h = arg;

	h->used = sa;
	h->soft += !hard;
	h->hard += hard;
}

/* One rule, everything, protected by GROUP; no SA yet. */
static void
world(struct fix *f, struct heard *h)
{
	const struct msg_dp_spd_begin begin = { .port = FIX_PORT, .n_rules = 1 };
	const struct msg_dp_spd_rule any = { .port = FIX_PORT,
		.rule = 5,
		.action = MSG_SPD_PROTECT,
		.source = addr_v4(0),
		.source_wildcard = addr_v4(UINT32_MAX),
		.destination = addr_v4(0),
		.destination_wildcard = addr_v4(UINT32_MAX),
		.source_port_high = 65535,
		.destination_port_high = 65535,
		.icmp_type = 0xffff,
		.icmp_code = 0xffff,
		.sa_out = GROUP,
		.sa_in = GROUP };

	fix_init(f);
	memset(h, 0, sizeof(*h));
	f->dp.loop = loop_new_virtual();
	CU_ASSERT_EQUAL_FATAL(spd_begin(&f->dp, &begin), 0);
	CU_ASSERT_EQUAL_FATAL(spd_rule(&f->dp, &any), 0);
	CU_ASSERT_EQUAL_FATAL(spd_end(&f->dp, FIX_PORT), 0);
	group_on_acquire(f->dp.groups, on_acquire, h);
	sadb_on_used(f->dp.sadb, on_used, h);
}

static void
world_fini(struct fix *f)
{
	struct loop *l = f->dp.loop;

	fix_fini(f);
	loop_free(l);
}

static struct sa *
add(struct fix *f, uint32_t id, bool inbound, uint64_t soft, uint64_t hard)
{
	struct msg_dp_sa m;
	struct err e = { 0 };

	fix_msg(&m, id, inbound, ALG_CIPHER_null, ALG_AUTH_hmac_sha1_96);
	m.spi = 0x1000 + id;
	m.group = GROUP;
	m.soft_bytes = soft;
	m.hard_bytes = hard;
	m.seq_limit = UINT32_MAX;
	CU_ASSERT_EQUAL_FATAL(sadb_put(&f->dp, &m, &e), 0);
	return sadb_get(f->dp.sadb, id);
}

static void
use(struct fix *f, uint32_t group, uint32_t sa, uint32_t same_as, bool acquire)
{
	const struct msg_dp_group m = {
		.group = group, .sa = sa, .same_as = same_as, .acquire = acquire
	};

	CU_ASSERT_EQUAL_FATAL(group_put(&f->dp, &m), 0);
}

/* The identity of the SA that a packet leaves by, or 0 and the drop. */
static uint32_t
leaving(struct fix *f, const char **drop)
{
	uint8_t bytes[128];
	uint32_t sa, len = fix_ports(bytes, HERE, THERE, 17, 1000, 53, 16);
	struct pkt *p = fix_pkt_tight(bytes, len);

	p->port = FIX_PORT;
	fix_run(f, spd_out_stage, p);
	sa = p->next == STAGE_SA_OUT ? p->sa->id : 0;
	if (drop != NULL)
		*drop = fix_drop(p);
	fix_pkt_free(p);
	return sa;
}

static bool
arrives(struct fix *f, uint32_t sa)
{
	uint8_t bytes[128];
	uint32_t len = fix_ports(bytes, THERE, HERE, 17, 53, 1000, 16);
	struct pkt *p = fix_pkt_tight(bytes, len);
	bool ok;

	p->sa = sadb_get(f->dp.sadb, sa);
	fix_run(f, spd_in_stage, p);
	ok = p->next == STAGE_TUN_TX;
	fix_pkt_free(p);
	return ok;
}

static void
a_rekey_changes_the_sa_and_not_the_rule(void)
{
	struct heard h;
	struct fix f;

	world(&f, &h);
	add(&f, 1, true, 0, 0);
	add(&f, 2, false, 0, 0);
	use(&f, GROUP, 2, 0, true);
	CU_ASSERT_EQUAL(leaving(&f, NULL), 2);
	add(&f, 3, true, 0, 0);
	CU_ASSERT_TRUE(arrives(&f, 1));
	CU_ASSERT_TRUE(arrives(&f, 3));
	add(&f, 4, false, 0, 0);
	CU_ASSERT_EQUAL(leaving(&f, NULL), 2); /* not before it is said */
	use(&f, GROUP, 4, 0, true);
	CU_ASSERT_EQUAL(leaving(&f, NULL), 4);
	CU_ASSERT_EQUAL(sadb_del(&f.dp, 1), 0);
	CU_ASSERT_EQUAL(sadb_del(&f.dp, 2), 0);
	CU_ASSERT_EQUAL(leaving(&f, NULL), 4);
	CU_ASSERT_TRUE(arrives(&f, 3));
	world_fini(&f);
}

static void
an_sa_of_another_group_is_not_good(void)
{
	struct heard h;
	struct msg_dp_sa m;
	struct err e = { 0 };
	struct fix f;

	world(&f, &h);
	add(&f, 2, false, 0, 0);
	use(&f, GROUP, 2, 0, true);
	fix_msg(&m, 5, true, ALG_CIPHER_null, ALG_AUTH_hmac_sha1_96);
	m.group = OTHER;
	CU_ASSERT_EQUAL_FATAL(sadb_put(&f.dp, &m, &e), 0);
	CU_ASSERT_FALSE(arrives(&f, 5));
	/* until it serves this one, too */
	use(&f, GROUP, 0, OTHER, true);
	CU_ASSERT_TRUE(arrives(&f, 5));
	CU_ASSERT_EQUAL(leaving(&f, NULL), 0);
	fix_msg(&m, 6, false, ALG_CIPHER_null, ALG_AUTH_hmac_sha1_96);
	m.group = OTHER;
	CU_ASSERT_EQUAL_FATAL(sadb_put(&f.dp, &m, &e), 0);
	use(&f, OTHER, 6, 0, true);
	CU_ASSERT_EQUAL(leaving(&f, NULL), 6);
	/* an inbound one never carries */
	use(&f, OTHER, 5, 0, true);
	CU_ASSERT_EQUAL(leaving(&f, NULL), 0);
	world_fini(&f);
}

static void
sas_are_asked_for_once_a_second(void)
{
	const char *drop;
	struct heard h;
	struct fix f;

	world(&f, &h);
	CU_ASSERT_EQUAL(leaving(&f, &drop), 0);
	CU_ASSERT_STRING_EQUAL(drop, "spd_incomplete");
	CU_ASSERT_EQUAL(h.acquires, 0);
	use(&f, GROUP, 0, 0, true);
	leaving(&f, &drop);
	leaving(&f, NULL);
	CU_ASSERT_STRING_EQUAL(drop, "sa_pending");
	CU_ASSERT_EQUAL(h.acquires, 1);
	CU_ASSERT_EQUAL(h.acquire.group, GROUP);
	CU_ASSERT_EQUAL(h.acquire.protocol, 17);
	CU_ASSERT_EQUAL(addr_u32(&h.acquire.source), HERE);
	CU_ASSERT_EQUAL(addr_u32(&h.acquire.destination), THERE);
	CU_ASSERT_EQUAL(h.acquire.source_port, 1000);
	CU_ASSERT_EQUAL(h.acquire.destination_port, 53);
	loop_warp(f.dp.loop, 999);
	leaving(&f, NULL);
	CU_ASSERT_EQUAL(h.acquires, 1);
	loop_warp(f.dp.loop, 1);
	leaving(&f, NULL);
	CU_ASSERT_EQUAL(h.acquires, 2);
	use(&f, GROUP, 0, 0, false);
	leaving(&f, &drop);
	CU_ASSERT_STRING_EQUAL(drop, "spd_incomplete");
	CU_ASSERT_EQUAL(h.acquires, 2);
	CU_ASSERT_EQUAL(group_del(&f.dp, GROUP), 0);
	CU_ASSERT_EQUAL(group_del(&f.dp, GROUP), -ENOENT);
	world_fini(&f);
}

static const char *
encrypt(struct fix *f, struct sa *sa)
{
	uint8_t bytes[128];
	uint32_t len = fix_ip4(bytes, HERE, THERE, 17, 80); /* 100 bytes */
	struct pkt *p = fix_pkt(bytes, len);
	const char *drop;

	p->sa = sa;
	p->port = FIX_PORT;
	fix_run(f, esp_out_stage, p);
	drop = fix_drop(p);
	fix_pkt_free(p);
	return drop;
}

static void
bytes_are_told_of_once_and_end_an_sa(void)
{
	struct heard h;
	struct fix f;
	struct sa *sa;

	world(&f, &h);
	sa = add(&f, 2, false, 250, 400);
	encrypt(&f, sa);
	encrypt(&f, sa);
	CU_ASSERT_EQUAL(h.soft, 0);
	sadb_state_reset(&f.dp, ""); /* a display's matter only */
	CU_ASSERT_STRING_EQUAL(encrypt(&f, sa), "");
	CU_ASSERT_EQUAL(h.soft, 1);
	CU_ASSERT_EQUAL(h.used, 2);
	CU_ASSERT_STRING_EQUAL(encrypt(&f, sa), "");
	CU_ASSERT_EQUAL(h.soft, 1);
	CU_ASSERT_EQUAL(h.hard, 1);
	CU_ASSERT_STRING_EQUAL(encrypt(&f, sa), "sa_expired");
	CU_ASSERT_STRING_EQUAL(encrypt(&f, sa), "sa_expired");
	CU_ASSERT_EQUAL(h.hard, 1);
	world_fini(&f);
}

static void
the_last_quarter_of_the_numbers_is_told_of(void)
{
	struct heard h;
	struct fix f;
	struct sa *sa;

	world(&f, &h);
	sa = add(&f, 2, false, 0, 0);
	sa->seq = (UINT64_C(3) << 30) - 2;
	encrypt(&f, sa);
	CU_ASSERT_EQUAL(h.soft, 0);
	encrypt(&f, sa);
	CU_ASSERT_EQUAL(h.soft, 1);
	encrypt(&f, sa);
	CU_ASSERT_EQUAL(h.soft, 1);
	world_fini(&f);
}

static void
a_group_is_not_of_itself(void)
{
	struct msg_dp_group m = { .group = 0, .sa = 1 };
	struct heard h;
	struct fix f;

	world(&f, &h);
	CU_ASSERT_EQUAL(group_put(&f.dp, &m), -EINVAL);
	m = (struct msg_dp_group){ .group = GROUP, .same_as = GROUP };
	CU_ASSERT_EQUAL(group_put(&f.dp, &m), -EINVAL);
	world_fini(&f);
}

CU_TestInfo group_tests[] = {
	{ "a rekey changes the SA and not the rule", a_rekey_changes_the_sa_and_not_the_rule },
	{ "an SA of another group is not good", an_sa_of_another_group_is_not_good },
	{ "SAs are asked for once a second", sas_are_asked_for_once_a_second },
	{ "bytes are told of once and end an SA", bytes_are_told_of_once_and_end_an_sa },
	{ "the last quarter of the numbers is told of",
		the_last_quarter_of_the_numbers_is_told_of },
	{ "a group is not of itself", a_group_is_not_of_itself },
	CU_TEST_INFO_NULL,
};
