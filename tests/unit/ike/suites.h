#ifndef YD_TESTS_IKE_SUITES_H
#define YD_TESTS_IKE_SUITES_H

#include <CUnit/CUnit.h>

/* One array a twin file, ended by CU_TEST_INFO_NULL. The list that runs is in main.c. */
extern CU_TestInfo compose_tests[];
extern CU_TestInfo cookie_tests[];
extern CU_TestInfo crypt_dh_tests[];
extern CU_TestInfo crypt_openssl_tests[];
extern CU_TestInfo dpd_tests[];
extern CU_TestInfo exchange_tests[];
extern CU_TestInfo explain_tests[];
extern CU_TestInfo fragment_tests[];
extern CU_TestInfo halfopen_tests[];
extern CU_TestInfo input_tests[];
extern CU_TestInfo keys_tests[];
extern CU_TestInfo link_tests[];
extern CU_TestInfo message_tests[];
extern CU_TestInfo natd_tests[];
extern CU_TestInfo offer_tests[];
extern CU_TestInfo path_tests[];
extern CU_TestInfo peer_tests[];
extern CU_TestInfo proposal_select_tests[];
extern CU_TestInfo proposal_tests[];
extern CU_TestInfo protect_tests[];
extern CU_TestInfo rekey_child_tests[];
extern CU_TestInfo rekey_ike_tests[];
extern CU_TestInfo request_tests[];
extern CU_TestInfo sandbox_tests[];
extern CU_TestInfo sender_tests[];
extern CU_TestInfo sim_tests[];
extern CU_TestInfo ts_tests[];
extern CU_TestInfo wire_tests[];
extern CU_TestInfo x_info_tests[];
extern CU_TestInfo x_auth_tests[];
extern CU_TestInfo x_init_tests[];

#endif
