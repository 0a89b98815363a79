#ifndef YD_TESTS_UNIT_LIB_SUITES_H
#define YD_TESTS_UNIT_LIB_SUITES_H

#include <CUnit/CUnit.h>

/* One table a twin file, ended by CU_TEST_INFO_NULL; main.c lists them. */
extern CU_TestInfo addr_tests[], alg_tests[], arena_tests[], buf_tests[], drop_tests[], err_tests[],
	frame_call_tests[], frame_tests[], frame_wire_tests[], log_tests[], loop_tests[],
	memfile_tests[], msg_tests[], priv_tests[], record_json_tests[], record_tests[],
	secret_tests[], state_tests[];

#endif
