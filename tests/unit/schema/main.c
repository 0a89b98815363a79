/* The unit tests of the schema room. */
#include "config.h"

#include "tests/unit/schema/suites.h"

#include <CUnit/Basic.h>
#include <stdio.h>

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "changes", NULL, NULL, NULL, NULL, changes_tests },
		{ "changeset", NULL, NULL, NULL, NULL, changeset_tests },
		{ "commit", NULL, NULL, NULL, NULL, commit_tests },
		{ "commit, killed", NULL, NULL, NULL, NULL, commit_kill_tests },
		{ "image", NULL, NULL, NULL, NULL, image_tests },
		{ "model", NULL, NULL, NULL, NULL, model_tests },
		{ "row", NULL, NULL, NULL, NULL, row_tests },
		{ "seal", NULL, NULL, NULL, NULL, seal_tests },
		{ "store", NULL, NULL, NULL, NULL, store_tests },
		{ "type", NULL, NULL, NULL, NULL, type_tests },
		CU_SUITE_INFO_NULL,
	};
	unsigned int failed;

	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0); /* shows where it was when a test crashes */
	CU_basic_set_mode(CU_BRM_NORMAL);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failed > 0;
}
