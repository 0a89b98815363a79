#ifndef YD_TESTS_UNIT_SHELL_SUITES_H
#define YD_TESTS_UNIT_SHELL_SUITES_H

#include <CUnit/CUnit.h>

/* One table a twin file, ended by CU_TEST_INFO_NULL; main.c lists them. */
extern CU_TestInfo syntax_tests[], match_tests[], cli_tests[], cli_help_tests[], cli_render_tests[],
	vrp_tests[], vrp_ike_tests[], vrp_rule_tests[], grammar_tests[];

/* The front end. */
extern CU_TestInfo out_tests[], pager_tests[], layout_tests[], recall_tests[], ping_tests[],
	session_tests[], batch_tests[], blame_tests[], display_tests[], contract_tests[];

#endif
