/*
 * The operating system's side against a real kernel, in network namespaces of its own: needs root,
 * else it is skipped (77).
 */
#include "config.h"

#include "tests/scenario/oscfg/bed.h"
#include "tests/scenario/oscfg/suites.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static CU_SuiteInfo suites[] = {
	{ "link", NULL, NULL, NULL, NULL, os_link_tests },
	{ "addr", NULL, NULL, NULL, NULL, os_addr_tests },
	{ "route", NULL, NULL, NULL, NULL, os_route_tests },
	{ "ipv6", NULL, NULL, NULL, NULL, os_ipv6_tests },
	{ "rule", NULL, NULL, NULL, NULL, os_rule_tests },
	{ "filter", NULL, NULL, NULL, NULL, os_filter_tests },
	{ "mss", NULL, NULL, NULL, NULL, os_mss_tests },
	{ "sysctl", NULL, NULL, NULL, NULL, os_sysctl_tests },
	{ "monitor", NULL, NULL, NULL, NULL, os_monitor_tests },
	{ "query", NULL, NULL, NULL, NULL, os_query_tests },
	{ "privopen", NULL, NULL, NULL, NULL, privopen_linux_tests },
	CU_SUITE_INFO_NULL,
};

int
main(void)
{
	unsigned int failed;

	if (geteuid() != 0) {
		printf("SKIP: network namespaces need root\n");
		return 77;
	}
	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	netns_remove_all();
	return failed == 0 ? 0 : 1;
}
