#ifndef YD_TESTS_DAEMON_SUITES_H
#define YD_TESTS_DAEMON_SUITES_H

#include <CUnit/CUnit.h>

/* One table a twin file, ended by CU_TEST_INFO_NULL; main.c lists them. */
extern CU_TestInfo access_tests[], capture_file_tests[], capture_filter_tests[], cfg_tests[],
	childlink_tests[], childlink_tests[], claims_tests[], compile_tests[], control_tests[],
	detach_tests[], dirty_tests[], dpevents_tests[], iface_tests[], ipsec_tests[],
	isakmp_tests[], keys_tests[], kind_dp_tests[], kind_ike_tests[], lines_tests[],
	manual_tests[], narrow_tests[], negotiated_tests[], proc_tests[], rates_tests[],
	reconcile_tests[], route_tests[], sastate_tests[], session_config_tests[],
	session_ike_tests[], session_state_tests[], speaker_tests[], transform_tests[],
	tunnel_tests[], want_tests[], zeros_tests[];

#endif
