/*
 * Hearing of changes in a real kernel, on a virtual clock.
 */
#include "config.h"

#include "tests/scenario/oscfg/bed.h"
#include "tests/scenario/oscfg/suites.h"

#include "daemon/oscfg/os_monitor.h"
#include "lib/loop.h"

static void
settle(struct bed *b)
{
	loop_once(b->loop);
	loop_warp(b->loop, OS_MONITOR_QUIET_MS);
}

static void
a_burst_of_foreign_changes_is_one_call(void)
{
	struct bed b;

	bed_open(&b);
	sh("for i in 1 2 3 4 5 6 7 8 9; do ip addr add 192.0.2.$i/32 dev wan; done");
	sh("ip link set lan down");
	CU_ASSERT_EQUAL(b.n_changed, 0);
	settle(&b);
	CU_ASSERT_EQUAL(b.n_changed, 1);
	settle(&b);
	CU_ASSERT_EQUAL(b.n_changed, 1);
	sh("ip route add 10.0.0.0/8 dev wan");
	settle(&b);
	CU_ASSERT_EQUAL(b.n_changed, 2);
	bed_close(&b);
}

/* The kernel tells of new devices that they are up when it finds time. */
static void
wait_until_up(const char *device)
{
	for (int i = 0; i < 500 && !sh_says("state UP", "ip link show dev %s", device); i++)
		;
}

static void
our_own_changes_are_not_reported(void)
{
	struct bed b;
	struct want w = want_address("wan", "198.51.100.1/24");
	struct want r = want_path(254, "10.9.0.0/16", "198.51.100.254", NULL, 60);
	struct want p = want_physical("lan", 1400, 0, true);

	bed_open(&b);
	wait_until_up("wan");
	wait_until_up("lan");
	settle(&b);
	b.n_changed = 0;
	ADD(&b, &w);
	ADD(&b, &r);
	DEL(&b, &r);
	DEL(&b, &w);
	settle(&b);
	CU_ASSERT_EQUAL(b.n_changed, 0);
	ADD(&b, &p);
	settle(&b);
	CU_ASSERT_TRUE(b.n_changed <= 1); /* kernels before 6.1 do not say who changed a device */
	bed_close(&b);
}

CU_TestInfo os_monitor_tests[] = {
	{ "a burst of foreign changes is one call", a_burst_of_foreign_changes_is_one_call },
	{ "our own changes are not reported", our_own_changes_are_not_reported },
	CU_TEST_INFO_NULL,
};
