/*
 * Devices in a real kernel.
 */
#include "config.h"

#include "tests/scenario/oscfg/bed.h"
#include "tests/scenario/oscfg/suites.h"

#include "daemon/kind.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static void
a_physical_device_is_set_and_put_back_as_found(void)
{
	struct bed b;
	struct want w = want_physical("wan", 1400, OSCFG_GROUP_PROTECTED, true);

	bed_open(&b);
	sh("ip link set wan down mtu 1300");
	ADD(&b, &w);
	CU_ASSERT_TRUE(sh_says("mtu 1400", "ip link show wan"));
	CU_ASSERT_TRUE(sh_says("group 22863", "ip link show wan"));
	CU_ASSERT_TRUE(sh_says(",UP", "ip link show wan"));
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&b, &w));
	bed_crash(&b);
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&b, &w));
	w.link.mtu = 0;
	CHANGE(&b, &w);
	CU_ASSERT_TRUE(sh_says("mtu 1300", "ip link show wan"));
	DEL(&b, &w);
	CU_ASSERT_TRUE(sh_says("mtu 1300", "ip link show wan"));
	CU_ASSERT_TRUE(sh_says("group default", "ip link show wan"));
	CU_ASSERT_FALSE(sh_says(",UP", "ip link show wan"));
	CU_ASSERT_PTR_NULL(bed_dumped(&b, &w));
	bed_close(&b);
}

static void
a_device_that_took_the_name_is_not_restored(void)
{
	struct bed b;
	struct want w = want_physical("wan", 1400, 0, true);

	bed_open(&b);
	ADD(&b, &w);
	sh("ip link del wan; ip link add wan mtu 1350 type veth peer name wan-peer");
	CU_ASSERT_PTR_NULL(bed_dumped(&b, &w));
	DEL(&b, &w);
	CU_ASSERT_TRUE(sh_says("mtu 1350", "ip link show wan"));
	bed_close(&b);
}

static void
a_missing_device_is_refused_with_its_name(void)
{
	struct bed b;
	struct want w = want_physical("eth77", 0, 0, true);

	bed_open(&b);
	CU_ASSERT_EQUAL(oscfg_add(b.o, &w, &b.err), -ENODEV);
	CU_ASSERT_STRING_EQUAL(b.err.object, "eth77");
	DEL(&b, &w);
	bed_close(&b);
}

static void
a_tunnel_is_made_kept_over_a_crash_and_removed(void)
{
	struct bed b;
	struct want w = want_made(WANT_LINK_TUNNEL, "Tunnel0-0-1", "Tunnel0/0/1", 1476);
	const struct want *found;

	bed_open(&b);
	ADD(&b, &w);
	CU_ASSERT_TRUE(oscfg_tun_fd(b.o, "Tunnel0-0-1") >= 0);
	CU_ASSERT_TRUE(sh_says("mtu 1476", "ip link show Tunnel0-0-1"));
	CU_ASSERT_TRUE(sh_says("alias Tunnel0/0/1", "ip link show Tunnel0-0-1"));
	CU_ASSERT_TRUE(sh_says("LOWER_UP", "ip link show Tunnel0-0-1"));
	CU_ASSERT_TRUE(sh_says(
		"tun type tun pi off vnet_hdr on persist on", "ip -d link show Tunnel0-0-1"));
	bed_crash(&b);
	found = bed_dumped(&b, &w);
	CU_ASSERT_PTR_NOT_NULL_FATAL(found);
	CU_ASSERT_TRUE(kind_link.equal(found, &w));
	CU_ASSERT_TRUE(oscfg_tun_fd(b.o, "Tunnel0-0-1") >= 0);
	w.link.mtu = 1400;
	w.link.up = false;
	CHANGE(&b, &w);
	CU_ASSERT_TRUE(sh_says("mtu 1400", "ip link show Tunnel0-0-1"));
	CU_ASSERT_FALSE(sh_says(",UP", "ip link show Tunnel0-0-1"));
	DEL(&b, &w);
	CU_ASSERT_NOT_EQUAL(sh("ip link show Tunnel0-0-1"), 0);
	CU_ASSERT_EQUAL(oscfg_tun_fd(b.o, "Tunnel0-0-1"), -ENOENT);
	CU_ASSERT_PTR_NULL(bed_dumped(&b, &w));
	bed_close(&b);
}

static void
a_tunnel_goes_although_the_datapath_still_holds_it(void)
{
	struct bed b;
	struct want w = want_made(WANT_LINK_TUNNEL, "Tunnel0-0-2", "Tunnel0/0/2", 1476);
	int fd;

	bed_open(&b);
	ADD(&b, &w);
	fd = dup(oscfg_tun_fd(b.o, "Tunnel0-0-2"));
	DEL(&b, &w);
	CU_ASSERT_NOT_EQUAL(sh("ip link show Tunnel0-0-2"), 0);
	close(fd);
	bed_close(&b);
}

static void
an_operators_device_is_never_taken(void)
{
	struct bed b;
	struct want w = want_made(WANT_LINK_TUNNEL, "Tunnel0-0-3", "Tunnel0/0/3", 1476);

	bed_open(&b);
	sh("ip tuntap add mode tun name Tunnel0-0-3");
	CU_ASSERT_EQUAL(oscfg_add(b.o, &w, &b.err), -EEXIST);
	CU_ASSERT_PTR_NULL(bed_dumped(&b, &w));
	DEL(&b, &w);
	CU_ASSERT_EQUAL(sh("ip link show Tunnel0-0-3"), 0);
	bed_close(&b);
}

static void
a_loopback_is_up_also_where_the_kernel_has_no_dummy(void)
{
	struct bed b;
	struct want w = want_made(WANT_LINK_DUMMY, "LoopBack0", "LoopBack0", 0);
	struct want a = want_address("LoopBack0", "192.0.2.1/32");
	struct st_interface st = { .mtu = 0 };

	bed_open(&b);
	ADD(&b, &w);
	ADD(&b, &a);
	CU_ASSERT_EQUAL(sh("ping -n -c 1 -W 1 192.0.2.1"), 0);
	bed_crash(&b);
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&b, &w));
	CU_ASSERT_EQUAL(oscfg_interface_state(b.o, "LoopBack0", &st), 0);
	CU_ASSERT_TRUE(st.admin_up && st.phys_up && st.proto_up);
	CU_ASSERT_STRING_EQUAL(st.address, "192.0.2.1/32");
	CU_ASSERT_STRING_EQUAL(st.mac, "");
	DEL(&b, &a);
	DEL(&b, &w);
	CU_ASSERT_NOT_EQUAL(sh("ip link show LoopBack0"), 0);
	bed_close(&b);
}

static void
another_kernels_journal_is_void(void)
{
	struct bed b;
	struct want w = want_physical("wan", 1400, 0, true);
	struct bed other;

	bed_open(&b);
	ADD(&b, &w);
	bed_open(&other); /* another namespace */
	sh("cp %s/kernel.found %s/", b.dir, other.dir);
	bed_crash(&other);
	CU_ASSERT_PTR_NULL(bed_dumped(&other, &w));
	bed_close(&other);
	bed_close(&b);
}

CU_TestInfo os_link_tests[] = {
	{ "a physical device is set, and put back as found",
		a_physical_device_is_set_and_put_back_as_found },
	{ "a device that took the name is not restored",
		a_device_that_took_the_name_is_not_restored },
	{ "a missing device is refused with its name", a_missing_device_is_refused_with_its_name },
	{ "a tunnel is made, kept over a crash, and removed",
		a_tunnel_is_made_kept_over_a_crash_and_removed },
	{ "a tunnel goes although the datapath still holds it",
		a_tunnel_goes_although_the_datapath_still_holds_it },
	{ "an operator's device is never taken", an_operators_device_is_never_taken },
	{ "a loopback is up also where the kernel has no dummy",
		a_loopback_is_up_also_where_the_kernel_has_no_dummy },
	{ "another kernel's journal is void", another_kernels_journal_is_void },
	CU_TEST_INFO_NULL,
};
