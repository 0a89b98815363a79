/*
 * Unit tests of shell/: lists the suites and runs them.
 */
#include "config.h"

#include "lib/log.h"
#include "tests/unit/shell/suites.h"

#include <CUnit/Basic.h>

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ .pName = "syntax", .pTests = syntax_tests },
		{ .pName = "match", .pTests = match_tests },
		{ .pName = "cli", .pTests = cli_tests },
		{ .pName = "cli_help", .pTests = cli_help_tests },
		{ .pName = "cli_render", .pTests = cli_render_tests },
		{ .pName = "vrp", .pTests = vrp_tests },
		{ .pName = "vrp_ike", .pTests = vrp_ike_tests },
		{ .pName = "vrp_rule", .pTests = vrp_rule_tests },
		{ .pName = "grammar", .pTests = grammar_tests },
		{ .pName = "out", .pTests = out_tests },
		{ .pName = "pager", .pTests = pager_tests },
		{ .pName = "layout", .pTests = layout_tests },
		{ .pName = "recall", .pTests = recall_tests },
		{ .pName = "ping", .pTests = ping_tests },
		{ .pName = "session", .pTests = session_tests },
		{ .pName = "batch", .pTests = batch_tests },
		{ .pName = "blame", .pTests = blame_tests },
		{ .pName = "display", .pTests = display_tests },
		{ .pName = "contract", .pTests = contract_tests },
		CU_SUITE_INFO_NULL,
	};
	unsigned int failures;

	log_init("test_shell", 1, LOG_LV_ERROR);
	if (CU_initialize_registry() || CU_register_suites(suites))
		return 1;
	CU_basic_run_tests();
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures != 0;
}
