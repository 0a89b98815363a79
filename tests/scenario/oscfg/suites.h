#ifndef YD_TESTS_SCENARIO_OSCFG_SUITES_H
#define YD_TESTS_SCENARIO_OSCFG_SUITES_H

#include <CUnit/CUnit.h>

extern CU_TestInfo os_addr_tests[];
extern CU_TestInfo os_filter_tests[];
extern CU_TestInfo os_ipv6_tests[];
extern CU_TestInfo os_link_tests[];
extern CU_TestInfo os_monitor_tests[];
extern CU_TestInfo os_mss_tests[];
extern CU_TestInfo os_query_tests[];
extern CU_TestInfo os_route_tests[];
extern CU_TestInfo os_rule_tests[];
extern CU_TestInfo os_sysctl_tests[];
extern CU_TestInfo privopen_linux_tests[];

#endif
