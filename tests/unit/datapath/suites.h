#ifndef YD_TESTS_DATAPATH_SUITES_H
#define YD_TESTS_DATAPATH_SUITES_H

#include <CUnit/CUnit.h>

/* One array a twin file, ended by CU_TEST_INFO_NULL. The list that runs is in main.c. */
extern CU_TestInfo ah_tests[];
extern CU_TestInfo ah_in_tests[];
extern CU_TestInfo ah_out_tests[];
extern CU_TestInfo capture_tests[];
extern CU_TestInfo checksum_tests[];
extern CU_TestInfo control_tests[];
extern CU_TestInfo crypto_openssl_tests[];
extern CU_TestInfo ecn_tests[];
extern CU_TestInfo encap_tests[];
extern CU_TestInfo esp_in_tests[];
extern CU_TestInfo esp_out_tests[];
extern CU_TestInfo gre_tests[];
extern CU_TestInfo gro_tests[];
extern CU_TestInfo group_tests[];
extern CU_TestInfo gso_tests[];
extern CU_TestInfo gre_table_tests[];
extern CU_TestInfo keepalive_tests[];
extern CU_TestInfo mss_tests[];
extern CU_TestInfo ip4_tests[];
extern CU_TestInfo ip6_tests[];
extern CU_TestInfo pipeline_tests[];
extern CU_TestInfo punt_tests[];
extern CU_TestInfo quote_tests[];
extern CU_TestInfo spd_icmp_tests[];
extern CU_TestInfo raw6_tests[];
extern CU_TestInfo reass_tests[];
extern CU_TestInfo resend_tests[];
extern CU_TestInfo icmp_tests[];
extern CU_TestInfo fit_tests[];
extern CU_TestInfo pmtu_tests[];
extern CU_TestInfo natfix_tests[];
extern CU_TestInfo natt_tests[];
extern CU_TestInfo noncekey_tests[];
extern CU_TestInfo port_udp_tests[];
extern CU_TestInfo esp_sa_tests[];
extern CU_TestInfo offline_tests[];
extern CU_TestInfo port_pcap_tests[];
extern CU_TestInfo pkt_tests[];
extern CU_TestInfo port_tests[];
extern CU_TestInfo port_raw_tests[];
extern CU_TestInfo port_tun_tests[];
extern CU_TestInfo replay_tests[];
extern CU_TestInfo sadb_tests[];
extern CU_TestInfo selector_tests[];
extern CU_TestInfo spd_tests[];
extern CU_TestInfo stats_tests[];
extern CU_TestInfo super_tests[];
extern CU_TestInfo tuples_tests[];

#endif
