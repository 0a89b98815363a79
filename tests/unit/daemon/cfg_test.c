/*
 * Twin of daemon/cfg.c.
 */
#include "config.h"

#include "daemon/cfg.h"

#include "lib/arena.h"
#include "lib/err.h"
#include "schema/store.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/daemon/rows.h"
#include "tests/unit/daemon/site.h"
#include "tests/unit/daemon/suites.h"

struct stand {
	struct store *store;
	struct arena *arena;
	unsigned int n;
	int64_t last;
};

static void
stand_init(struct stand *s, const char *rows)
{
	struct err e;

	memset(s, 0, sizeof(*s));
	s->arena = arena_new();
	CU_ASSERT_EQUAL_FATAL(store_new_memory(&s->store, &e), 0);
	CU_ASSERT_EQUAL_FATAL(rows_text(s->store, rows, s->arena), 0);
}

static void
stand_fini(struct stand *s)
{
	store_close(s->store);
	arena_free(s->arena);
}

static void
absent_values_read_as_nothing(void)
{
	struct value key = VALUE_OF_TEXT("Tunnel0/0/1");
	struct cfg_interface i;
	struct stand s;

	stand_init(&s, "put interface name=Tunnel0/0/1 kind=Tunnel position=1\n");
	CU_ASSERT_EQUAL(cfg_get(s.store, &cfg_interface, &key, s.arena, &i), 0);
	CU_ASSERT_STRING_EQUAL(i.name, "Tunnel0/0/1");
	CU_ASSERT_EQUAL(i.mtu, CFG_NONE);
	CU_ASSERT_EQUAL(i.gre_key, CFG_NONE);
	CU_ASSERT_EQUAL(i.destination.af, 0);
	CU_ASSERT_PTR_NULL(i.device);
	CU_ASSERT_PTR_NULL(i.ipsec_policy);
	key = VALUE_OF_TEXT("Tunnel0/0/2");
	CU_ASSERT_EQUAL(cfg_get(s.store, &cfg_interface, &key, s.arena, &i), -ENOENT);
	stand_fini(&s);
}

static int
on_rule(void *arg, const void *cfg)
{
	struct stand *s = arg;

	s->n++;
	s->last = ((const struct cfg_acl_rule *)cfg)->id;
	return s->last == 20 ? -ECANCELED : 0;
}

static void
rows_come_in_order_until_somebody_has_enough(void)
{
	struct value acl = VALUE_OF_INT(3001);
	struct stand s;

	stand_init(&s,
		SITE_ACL "put acl_rule acl=3001 id=30 action=deny\n"
			 "put acl_rule acl=3001 id=20 action=deny\n"
			 "put acl number=3002\nput acl_rule acl=3002 id=1 action=deny\n");
	CU_ASSERT_EQUAL(
		cfg_each(s.store, &cfg_acl_rule, &acl, 1, s.arena, on_rule, &s), -ECANCELED);
	CU_ASSERT_EQUAL(s.n, 2);
	CU_ASSERT_EQUAL(s.last, 20);
	stand_fini(&s);
}

static void
who_refers_to_it_is_found_by_column(void)
{
	struct stand s;

	stand_init(&s, SITE_ACL);
	CU_ASSERT_EQUAL(cfg_each_where(s.store, &cfg_acl_rule, "action", VALUE_OF_TEXT("permit"),
				s.arena, on_rule, &s),
		0);
	CU_ASSERT_EQUAL(s.n, 1);
	CU_ASSERT_EQUAL(cfg_each_where(s.store, &cfg_acl_rule, "nonsense", VALUE_OF_TEXT("permit"),
				s.arena, on_rule, &s),
		-ENOKEY);
	stand_fini(&s);
}

CU_TestInfo cfg_tests[] = {
	{ "absent values read as nothing", absent_values_read_as_nothing },
	{ "rows come in order until somebody has enough",
		rows_come_in_order_until_somebody_has_enough },
	{ "who refers to it is found by column", who_refers_to_it_is_found_by_column },
	CU_TEST_INFO_NULL,
};
