/*
 * Addresses in a real kernel.
 */
#include "config.h"

#include "tests/scenario/oscfg/bed.h"
#include "tests/scenario/oscfg/suites.h"

#include "daemon/oscfg/os.h"

#include <string.h>
#include <sys/socket.h>

static void
an_address_is_set_tagged_and_removed(void)
{
	struct bed b;
	struct want w = want_address("wan", "198.51.100.1/24");

	bed_open(&b);
	ADD(&b, &w);
	ADD(&b, &w); /* again: nothing happens */
	CU_ASSERT_TRUE(sh_says("198.51.100.1/24 brd 198.51.100.255", "ip addr show wan"));
	bed_crash(&b);
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&b, &w));
	DEL(&b, &w);
	DEL(&b, &w);
	CU_ASSERT_FALSE(sh_says("198.51.100.1", "ip addr show wan"));
	CU_ASSERT_PTR_NULL(bed_dumped(&b, &w));
	bed_close(&b);
}

static void
an_equal_foreign_address_is_adopted_and_stays(void)
{
	struct bed b;
	struct want w = want_address("wan", "198.51.100.1/24");

	bed_open(&b);
	sh("ip addr add 198.51.100.1/24 dev wan");
	CU_ASSERT_PTR_NULL(bed_dumped(&b, &w));
	ADD(&b, &w);
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&b, &w)); /* in use */
	DEL(&b, &w);
	CU_ASSERT_PTR_NULL(bed_dumped(&b, &w));
	CU_ASSERT_TRUE(sh_says("198.51.100.1/24", "ip addr show wan"));
	ADD(&b, &w);
	sh("ip addr del 198.51.100.1/24 dev wan");
	CU_ASSERT_PTR_NULL(bed_dumped(&b, &w));
	ADD(&b, &w); /* now ours */
	DEL(&b, &w);
	CU_ASSERT_FALSE(sh_says("198.51.100.1/24", "ip addr show wan"));
	bed_close(&b);
}

static void
a_foreign_secondary_survives_its_primary(void)
{
	struct bed b;
	struct want w = want_address("wan", "198.51.100.1/24");

	bed_open(&b);
	ADD(&b, &w);
	sh("ip addr add 198.51.100.9/24 dev wan");
	CU_ASSERT_TRUE(sh_says("secondary", "ip addr show wan"));
	DEL(&b, &w);
	CU_ASSERT_TRUE(sh_says("198.51.100.9/24", "ip addr show wan"));
	CU_ASSERT_TRUE(sh_says("= 0", "sysctl net.ipv4.conf.wan.promote_secondaries"));
	bed_close(&b);
}

static void
the_primary_comes_first_whenever_it_is_added(void)
{
	struct bed b;
	struct want sub = want_address("wan", "198.51.100.9/24");
	struct want primary = want_address("wan", "198.51.100.1/24");
	struct addr first;
	char text[ADDR_STRLEN];

	sub.addr.secondary = true;
	bed_open(&b);
	ADD(&b, &sub);
	ADD(&b, &primary);
	CU_ASSERT_EQUAL(oscfg_device_addr(b.o, "wan", AF_INET, &first), 0);
	CU_ASSERT_STRING_EQUAL(addr_format(&first, text), "198.51.100.1");
	sub.addr.secondary = false;
	primary.addr.secondary = true;
	CHANGE(&b, &primary);
	CHANGE(&b, &sub);
	CU_ASSERT_EQUAL(oscfg_device_addr(b.o, "wan", AF_INET, &first), 0);
	CU_ASSERT_STRING_EQUAL(addr_format(&first, text), "198.51.100.9");
	CU_ASSERT_TRUE(sh_says("198.51.100.1/24", "ip addr show wan"));
	bed_close(&b);
}

static void
a_device_that_is_gone_took_its_addresses(void)
{
	struct bed b;
	struct want w = want_address("wan", "198.51.100.1/24");

	bed_open(&b);
	ADD(&b, &w);
	sh("ip link del wan");
	DEL(&b, &w);
	CU_ASSERT_TRUE(oscfg_add(b.o, &w, &b.err) < 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(b.err.text, "wan"));
	bed_close(&b);
}

static void
an_old_kernel_keeps_the_tag_in_a_label(void)
{
	struct bed b;
	struct want w = want_address("wan", "198.51.100.1/24");

	bed_open(&b);
	b.o->addr_tag = false;
	ADD(&b, &w);
	CU_ASSERT_TRUE(sh_says("198.51.100.1/24", "ip addr show label wan:yd"));
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&b, &w));
	DEL(&b, &w);
	CU_ASSERT_FALSE(sh_says("198.51.100.1/24", "ip addr show wan"));
	bed_close(&b);
}

CU_TestInfo os_addr_tests[] = {
	{ "an address is set, tagged and removed", an_address_is_set_tagged_and_removed },
	{ "an equal foreign address is adopted and stays",
		an_equal_foreign_address_is_adopted_and_stays },
	{ "a foreign secondary survives its primary", a_foreign_secondary_survives_its_primary },
	{ "the primary comes first whenever it is added",
		the_primary_comes_first_whenever_it_is_added },
	{ "a device that is gone took its addresses", a_device_that_is_gone_took_its_addresses },
	{ "an old kernel keeps the tag in a label", an_old_kernel_keeps_the_tag_in_a_label },
	CU_TEST_INFO_NULL,
};
