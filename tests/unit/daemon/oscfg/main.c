/*
 * The operating system's side, as far as it needs neither root nor a kernel: decoding, text, journal.
 */
#include "config.h"

#include "tests/unit/daemon/oscfg/suites.h"

#include <CUnit/Basic.h>

static CU_SuiteInfo suites[] = {
	{ "decode", NULL, NULL, NULL, NULL, os_decode_tests },
	{ "filter_text", NULL, NULL, NULL, NULL, os_filter_text_tests },
	{ "found", NULL, NULL, NULL, NULL, os_found_tests },
	{ "kinds", NULL, NULL, NULL, NULL, kinds_tests },
	CU_SUITE_INFO_NULL,
};

int
main(void)
{
	unsigned int failed;

	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failed == 0 ? 0 : 1;
}
