#ifndef YD_TESTS_UNIT_OSCFG_SUITES_H
#define YD_TESTS_UNIT_OSCFG_SUITES_H

#include <CUnit/CUnit.h>

extern CU_TestInfo kinds_tests[];
extern CU_TestInfo os_decode_tests[];
extern CU_TestInfo os_filter_text_tests[];
extern CU_TestInfo os_found_tests[];

#endif
