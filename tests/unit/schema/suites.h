#ifndef YD_TESTS_SCHEMA_SUITES_H
#define YD_TESTS_SCHEMA_SUITES_H

#include <CUnit/CUnit.h>

/* One table of tests a source file. */
extern CU_TestInfo changes_tests[];
extern CU_TestInfo changeset_tests[];
extern CU_TestInfo commit_tests[];
extern CU_TestInfo commit_kill_tests[];
extern CU_TestInfo image_tests[];
extern CU_TestInfo model_tests[];
extern CU_TestInfo row_tests[];
extern CU_TestInfo seal_tests[];
extern CU_TestInfo store_tests[];
extern CU_TestInfo type_tests[];

#endif
