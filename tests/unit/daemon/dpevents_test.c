/*
 * Twin of daemon/dpevents.c.
 */
#include "config.h"

#include "daemon/dpevents.h"

#include <stddef.h>

#include "lib/loop.h"
#include "tests/unit/daemon/suites.h"

static void
on_changed(void *arg)
{
	++*(int *)arg;
}

static void
a_line_that_changes_is_news_once(void)
{
	struct loop *l = loop_new_virtual();
	int n = 0;
	struct dpevents *ev = dpevents_new(l, on_changed, &n);
	char device[16];

	CU_ASSERT_FALSE(dpevents_line(ev, "Tunnel0-0-1", true));
	CU_ASSERT_TRUE(dpevents_line(ev, "Tunnel0-0-1", false));
	CU_ASSERT_FALSE(dpevents_line(ev, "Tunnel0-0-1", false));
	CU_ASSERT_TRUE(dpevents_is_down(ev, "Tunnel0-0-1"));
	CU_ASSERT_FALSE(dpevents_is_down(ev, "Tunnel0-0-2"));
	CU_ASSERT_TRUE(dpevents_line(ev, "Tunnel0-0-1", true));
	CU_ASSERT_EQUAL(n, 2);
	CU_ASSERT_TRUE(dpevents_line(ev, "Tunnel0-0-2", false));
	CU_ASSERT_TRUE(dpevents_take_down(ev, device));
	CU_ASSERT_STRING_EQUAL(device, "Tunnel0-0-2");
	CU_ASSERT_FALSE(dpevents_take_down(ev, device));
	dpevents_free(ev);
	loop_free(l);
}

static void
what_a_path_carries_is_forgotten_after_ten_minutes(void)
{
	struct loop *l = loop_new_virtual();
	int n = 0;
	struct dpevents *ev = dpevents_new(l, on_changed, &n);
	struct addr a = addr_v4(0xcb007101), b = addr_v4(0xcb007102);

	dpevents_path(ev, &a, 1400);
	loop_warp(l, 60 * 1000);
	dpevents_path(ev, &a, 1400);
	dpevents_path(ev, &b, 1300);
	CU_ASSERT_EQUAL(n, 2);
	loop_warp(l, 599 * 1000);
	CU_ASSERT_EQUAL(dpevents_path_mtu(ev, &a), 1400);
	CU_ASSERT_EQUAL(dpevents_path_mtu(ev, &b), 1300);
	loop_warp(l, 2 * 1000);
	CU_ASSERT_EQUAL(dpevents_path_mtu(ev, &a), 0);
	CU_ASSERT_EQUAL(dpevents_path_mtu(ev, &b), 0);
	for (unsigned int i = 0; i < 3000; i++) {
		struct addr one = addr_v4(0x0a000000 + i);

		dpevents_path(ev, &one, 1200);
	}
	a = addr_v4(0x0a000000);
	CU_ASSERT_EQUAL(dpevents_path_mtu(ev, &a), 0);
	dpevents_free(ev);
	loop_free(l);
}

CU_TestInfo dpevents_tests[] = {
	{ "a line that changes is news, once", a_line_that_changes_is_news_once },
	{ "what a path carries is forgotten after ten minutes",
		what_a_path_carries_is_forgotten_after_ten_minutes },
	CU_TEST_INFO_NULL,
};
