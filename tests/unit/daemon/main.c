/*
 * Unit tests of daemon/: lists the suites and runs them.
 */
#include "config.h"

#include "lib/log.h"

#include <CUnit/Basic.h>
#include <signal.h>

#include "tests/unit/daemon/suites.h"

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ .pName = "access", .pTests = access_tests },
		{ .pName = "capture_file", .pTests = capture_file_tests },
		{ .pName = "capture_filter", .pTests = capture_filter_tests },
		{ .pName = "cfg", .pTests = cfg_tests },
		{ .pName = "childlink", .pTests = childlink_tests },
		{ .pName = "claims", .pTests = claims_tests },
		{ .pName = "compile", .pTests = compile_tests },
		{ .pName = "control", .pTests = control_tests },
		{ .pName = "detach", .pTests = detach_tests },
		{ .pName = "dirty", .pTests = dirty_tests },
		{ .pName = "dpevents", .pTests = dpevents_tests },
		{ .pName = "iface", .pTests = iface_tests },
		{ .pName = "ipsec", .pTests = ipsec_tests },
		{ .pName = "isakmp", .pTests = isakmp_tests },
		{ .pName = "keys", .pTests = keys_tests },
		{ .pName = "kind_dp", .pTests = kind_dp_tests },
		{ .pName = "kind_ike", .pTests = kind_ike_tests },
		{ .pName = "lines", .pTests = lines_tests },
		{ .pName = "manual", .pTests = manual_tests },
		{ .pName = "narrow", .pTests = narrow_tests },
		{ .pName = "negotiated", .pTests = negotiated_tests },
		{ .pName = "proc", .pTests = proc_tests },
		{ .pName = "rates", .pTests = rates_tests },
		{ .pName = "reconcile", .pTests = reconcile_tests },
		{ .pName = "route", .pTests = route_tests },
		{ .pName = "sastate", .pTests = sastate_tests },
		{ .pName = "session_config", .pTests = session_config_tests },
		{ .pName = "session_ike", .pTests = session_ike_tests },
		{ .pName = "session_state", .pTests = session_state_tests },
		{ .pName = "speaker", .pTests = speaker_tests },
		{ .pName = "transform", .pTests = transform_tests },
		{ .pName = "tunnel", .pTests = tunnel_tests },
		{ .pName = "want", .pTests = want_tests },
		{ .pName = "zeros", .pTests = zeros_tests },
		CU_SUITE_INFO_NULL,
	};
	unsigned int failures;

	signal(SIGPIPE, SIG_IGN);
	log_init("test_daemon", 1, LOG_LV_ERROR);
	if (CU_initialize_registry() || CU_register_suites(suites))
		return 1;
	CU_basic_run_tests();
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures != 0;
}
