/*
 * Twin of datapath/pkt.c.
 */
#include "config.h"

#include "datapath/pkt.h"

#include "tests/unit/datapath/suites.h"

#include <string.h>

static void
an_empty_pool_gives_nothing_until_something_comes_back(void)
{
	struct pkt_pool *pool = pkt_pool_new(3, 1);
	struct pkt *p[3], *large;

	for (unsigned int i = 0; i < 3; i++) {
		p[i] = pkt_get(pool, false);
		CU_ASSERT_PTR_NOT_NULL_FATAL(p[i]);
	}
	CU_ASSERT_PTR_NULL(pkt_get(pool, false));
	large = pkt_get(pool, true);
	CU_ASSERT_PTR_NOT_NULL_FATAL(large);
	CU_ASSERT_PTR_NULL(pkt_get(pool, true));
	CU_ASSERT_EQUAL(pkt_pool_used(pool), 4);
	pkt_put(pool, p[1]);
	CU_ASSERT_PTR_EQUAL(pkt_get(pool, false), p[1]);
	CU_ASSERT_PTR_NULL(pkt_get(pool, false));
	for (unsigned int i = 0; i < 3; i++)
		pkt_put(pool, p[i]);
	pkt_put(pool, large);
	CU_ASSERT_EQUAL(pkt_pool_used(pool), 0);
	pkt_pool_free(pool);
}

static void
every_buffer_has_its_room_in_front_and_behind(void)
{
	struct pkt_pool *pool = pkt_pool_new(2, 2);

	for (int large = 0; large < 2; large++) {
		struct pkt *p = pkt_get(pool, large);

		CU_ASSERT_EQUAL(pkt_headroom(p), PKT_HEADROOM);
		p->len = large ? PKT_LARGE : PKT_SMALL;
		CU_ASSERT_EQUAL(pkt_tailroom(p), PKT_TAILROOM);
		/* the sanitizers watch that all of it is ours */
		memset(p->room_start, 0xa5, (size_t)(p->room_end - p->room_start));
		pkt_put(pool, p);
	}
	pkt_pool_free(pool);
}

static void
a_buffer_that_comes_back_is_as_new(void)
{
	struct pkt_pool *pool = pkt_pool_new(1, 0);
	struct pkt *p = pkt_get(pool, false);

	p->data += 40;
	p->len = 99;
	p->port = 7;
	pkt_drop(p, DROP_ip_short);
	pkt_put(pool, p);
	p = pkt_get(pool, false);
	CU_ASSERT_EQUAL(pkt_headroom(p), PKT_HEADROOM);
	CU_ASSERT_EQUAL(p->len, 0);
	CU_ASSERT_EQUAL(p->port, 0);
	CU_ASSERT_EQUAL(p->drop, DROP_NONE);
	pkt_put(pool, p);
	pkt_pool_free(pool);
}

static void
a_pool_of_nothing_and_no_pool_are_legal(void)
{
	struct pkt_pool *pool = pkt_pool_new(0, 0);

	CU_ASSERT_PTR_NULL(pkt_get(pool, false));
	CU_ASSERT_PTR_NULL(pkt_get(pool, true));
	pkt_pool_free(pool);
	pkt_pool_free(NULL);
}

CU_TestInfo pkt_tests[] = {
	{ "an empty pool gives nothing until something comes back",
		an_empty_pool_gives_nothing_until_something_comes_back },
	{ "every buffer has its room in front and behind",
		every_buffer_has_its_room_in_front_and_behind },
	{ "a buffer that comes back is as new", a_buffer_that_comes_back_is_as_new },
	{ "a pool of nothing and no pool are legal", a_pool_of_nothing_and_no_pool_are_legal },
	CU_TEST_INFO_NULL,
};
