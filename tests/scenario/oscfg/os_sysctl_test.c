/*
 * Kernel settings in a real kernel.
 */
#include "config.h"

#include "tests/scenario/oscfg/bed.h"
#include "tests/scenario/oscfg/suites.h"

#include "daemon/kind.h"

#include <errno.h>

static void
a_setting_is_put_back_also_by_the_next_daemon(void)
{
	struct bed b;
	struct want w = want_setting("net/ipv4/ip_forward", "1");
	const struct want *found;

	bed_open(&b);
	sh("sysctl -qw net.ipv4.ip_forward=0");
	ADD(&b, &w);
	CU_ASSERT_TRUE(sh_says("= 1", "sysctl net.ipv4.ip_forward"));
	bed_crash(&b);
	found = bed_dumped(&b, &w);
	CU_ASSERT_PTR_NOT_NULL_FATAL(found);
	CU_ASSERT_TRUE(kind_sysctl.equal(found, &w));
	ADD(&b, &w);
	bed_crash(&b);
	DEL(&b, &w);
	CU_ASSERT_TRUE(sh_says("= 0", "sysctl net.ipv4.ip_forward"));
	CU_ASSERT_PTR_NULL(bed_dumped(&b, &w));
	bed_close(&b);
}

static void
a_setting_that_was_so_already_is_not_ours(void)
{
	struct bed b;
	struct want w = want_setting("net/ipv4/ip_forward", "1");

	bed_open(&b);
	sh("sysctl -qw net.ipv4.ip_forward=1");
	ADD(&b, &w);
	CU_ASSERT_PTR_NULL(bed_dumped(&b, &w));
	DEL(&b, &w);
	CU_ASSERT_TRUE(sh_says("= 1", "sysctl net.ipv4.ip_forward"));
	bed_close(&b);
}

static void
a_setting_changed_by_the_operator_stays(void)
{
	struct bed b;
	struct want w = want_setting("net/ipv4/conf/all/rp_filter", "2");

	bed_open(&b);
	sh("sysctl -qw net.ipv4.conf.all.rp_filter=0");
	ADD(&b, &w);
	sh("sysctl -qw net.ipv4.conf.all.rp_filter=1");
	DEL(&b, &w);
	CU_ASSERT_TRUE(sh_says("= 1", "sysctl net.ipv4.conf.all.rp_filter"));
	bed_close(&b);
}

static void
a_vanished_devices_setting_is_forgotten(void)
{
	struct bed b;
	struct want w = want_setting("net/ipv4/conf/wan/send_redirects", "0");

	bed_open(&b);
	ADD(&b, &w);
	sh("ip link del wan");
	CU_ASSERT_PTR_NULL(bed_dumped(&b, &w));
	DEL(&b, &w);
	CU_ASSERT_EQUAL(oscfg_add(b.o, &w, &b.err), -ENOENT);
	bed_close(&b);
}

static void
what_forwarding_changes_beside_it_is_put_back_too(void)
{
	struct bed b;
	struct want w = want_setting("net/ipv4/ip_forward", "1");

	bed_open(&b);
	sh("sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.wan.forwarding=1 "
	   "net.ipv4.conf.all.accept_redirects=0");
	ADD(&b, &w);
	CU_ASSERT_TRUE(sh_says("= 1", "sysctl net.ipv4.conf.lan.forwarding"));
	bed_crash(&b);
	DEL(&b, &w);
	CU_ASSERT_TRUE(sh_says("= 0", "sysctl net.ipv4.conf.lan.forwarding"));
	CU_ASSERT_TRUE(sh_says("= 1", "sysctl net.ipv4.conf.wan.forwarding"));
	CU_ASSERT_TRUE(sh_says("= 0", "sysctl net.ipv4.conf.all.accept_redirects"));
	bed_close(&b);
}

static void
only_the_networks_settings_are_touched(void)
{
	struct bed b;
	struct want up = want_setting("net/../kernel/printk", "1");
	struct want other = want_setting("kernel/printk", "1");

	bed_open(&b);
	CU_ASSERT_EQUAL(oscfg_add(b.o, &up, &b.err), -EINVAL);
	CU_ASSERT_EQUAL(oscfg_add(b.o, &other, &b.err), -EINVAL);
	bed_close(&b);
}

CU_TestInfo os_sysctl_tests[] = {
	{ "a setting is put back, also by the next daemon",
		a_setting_is_put_back_also_by_the_next_daemon },
	{ "a setting that was so already is not ours", a_setting_that_was_so_already_is_not_ours },
	{ "a setting changed by the operator stays", a_setting_changed_by_the_operator_stays },
	{ "a vanished device's setting is forgotten", a_vanished_devices_setting_is_forgotten },
	{ "what forwarding changes beside it is put back too",
		what_forwarding_changes_beside_it_is_put_back_too },
	{ "only the network's settings are touched", only_the_networks_settings_are_touched },
	CU_TEST_INFO_NULL,
};
