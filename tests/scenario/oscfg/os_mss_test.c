/*
 * TCP's segment sizes in a real kernel: the rules, and what is left of them.
 */
#include "config.h"

#include "tests/scenario/oscfg/bed.h"
#include "tests/scenario/oscfg/suites.h"

#include <CUnit/CUnit.h>
#include <stdio.h>

static struct want
want_mss(const char *device, uint16_t mss)
{
	struct want w = { .kind = WANT_MSS, .owner = "", .mss.mss = mss };

	snprintf(w.mss.device, sizeof w.mss.device, "%s", device);
	return w;
}

static void
each_device_has_its_own_size_both_ways(void)
{
	static const char list[] = "nft list table inet yongdao-mss";
	struct want wan = want_mss("wan", 1300), lan = want_mss("lan", 1200);
	struct bed b;

	bed_open(&b);
	ADD(&b, &wan);
	ADD(&b, &lan);
	CU_ASSERT_TRUE(sh_says("iifname \"wan\"", "%s", list));
	CU_ASSERT_TRUE(sh_says("oifname \"wan\"", "%s", list));
	CU_ASSERT_TRUE(sh_says("maxseg size set 1300", "%s", list));
	CU_ASSERT_TRUE(sh_says("maxseg size set 1200", "%s", list));
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&b, &wan));
	wan.mss.mss = 1000;
	CHANGE(&b, &wan);
	CU_ASSERT_FALSE(sh_says("maxseg size set 1300", "%s", list));
	CU_ASSERT_TRUE(sh_says("maxseg size set 1000", "%s", list));
	DEL(&b, &lan);
	CU_ASSERT_FALSE(sh_says("lan", "%s", list));
	DEL(&b, &wan);
	CU_ASSERT_FALSE(sh_says("yongdao", "nft list tables"));
	bed_close(&b);
}

static void
a_killed_daemons_rules_do_not_stay(void)
{
	struct want wan = want_mss("wan", 1300);
	struct bed b;

	bed_open(&b);
	ADD(&b, &wan);
	bed_crash(&b);
	CU_ASSERT_PTR_NULL(bed_dumped(&b, &wan));
	CU_ASSERT_FALSE(sh_says("yongdao", "nft list tables"));
	bed_close(&b);
}

static void
a_name_that_nft_would_misread_is_refused(void)
{
	struct want odd = want_mss("wan*", 1300);
	struct bed b;

	bed_open(&b);
	CU_ASSERT_TRUE(oscfg_add(b.o, &odd, &b.err) < 0);
	CU_ASSERT_STRING_EQUAL(b.err.object, "wan*");
	bed_close(&b);
}

CU_TestInfo os_mss_tests[] = {
	{ "each device has its own size, both ways", each_device_has_its_own_size_both_ways },
	{ "a killed daemon's rules do not stay", a_killed_daemons_rules_do_not_stay },
	{ "a name that nft would misread is refused", a_name_that_nft_would_misread_is_refused },
	CU_TEST_INFO_NULL,
};
