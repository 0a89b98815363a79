/*
 * Unit tests of lib/: lists the suites and runs them.
 */
#include "config.h"

#include "lib/log.h"

#include <CUnit/Basic.h>

#include "tests/unit/lib/suites.h"

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ .pName = "addr", .pTests = addr_tests },
		{ .pName = "alg", .pTests = alg_tests },
		{ .pName = "arena", .pTests = arena_tests },
		{ .pName = "buf", .pTests = buf_tests },
		{ .pName = "drop", .pTests = drop_tests },
		{ .pName = "err", .pTests = err_tests },
		{ .pName = "frame", .pTests = frame_tests },
		{ .pName = "frame_call", .pTests = frame_call_tests },
		{ .pName = "frame_wire", .pTests = frame_wire_tests },
		{ .pName = "log", .pTests = log_tests },
		{ .pName = "loop", .pTests = loop_tests },
		{ .pName = "memfile", .pTests = memfile_tests },
		{ .pName = "msg", .pTests = msg_tests },
		{ .pName = "priv", .pTests = priv_tests },
		{ .pName = "record", .pTests = record_tests },
		{ .pName = "record_json", .pTests = record_json_tests },
		{ .pName = "secret", .pTests = secret_tests },
		{ .pName = "state", .pTests = state_tests },
		CU_SUITE_INFO_NULL,
	};
	unsigned int failures;

	log_init("test_lib", 1, LOG_LV_ERROR);
	if (CU_initialize_registry() || CU_register_suites(suites))
		return 1;
	CU_basic_run_tests();
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures != 0;
}
