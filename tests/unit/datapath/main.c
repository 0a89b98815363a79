/*
 * The unit tests of the datapath: one suite a source.
 */
#include "config.h"

#include "tests/unit/datapath/suites.h"

#include <CUnit/Basic.h>

static CU_SuiteInfo suites[] = {
	{ .pName = "ah", .pTests = ah_tests },
	{ .pName = "ah_in", .pTests = ah_in_tests },
	{ .pName = "ah_out", .pTests = ah_out_tests },
	{ .pName = "capture", .pTests = capture_tests },
	{ .pName = "checksum", .pTests = checksum_tests },
	{ .pName = "control", .pTests = control_tests },
	{ .pName = "crypto_openssl", .pTests = crypto_openssl_tests },
	{ .pName = "ecn", .pTests = ecn_tests },
	{ .pName = "encap", .pTests = encap_tests },
	{ .pName = "esp_in", .pTests = esp_in_tests },
	{ .pName = "esp_out", .pTests = esp_out_tests },
	{ .pName = "gre", .pTests = gre_tests },
	{ .pName = "gro", .pTests = gro_tests },
	{ .pName = "group", .pTests = group_tests },
	{ .pName = "gso", .pTests = gso_tests },
	{ .pName = "gre_table", .pTests = gre_table_tests },
	{ .pName = "keepalive", .pTests = keepalive_tests },
	{ .pName = "mss", .pTests = mss_tests },
	{ .pName = "ip4", .pTests = ip4_tests },
	{ .pName = "ip6", .pTests = ip6_tests },
	{ .pName = "pipeline", .pTests = pipeline_tests },
	{ .pName = "punt", .pTests = punt_tests },
	{ .pName = "quote", .pTests = quote_tests },
	{ .pName = "raw6", .pTests = raw6_tests },
	{ .pName = "reass", .pTests = reass_tests },
	{ .pName = "resend", .pTests = resend_tests },
	{ .pName = "icmp", .pTests = icmp_tests },
	{ .pName = "fit", .pTests = fit_tests },
	{ .pName = "pmtu", .pTests = pmtu_tests },
	{ .pName = "natfix", .pTests = natfix_tests },
	{ .pName = "natt", .pTests = natt_tests },
	{ .pName = "noncekey", .pTests = noncekey_tests },
	{ .pName = "port_udp", .pTests = port_udp_tests },
	{ .pName = "esp_sa", .pTests = esp_sa_tests },
	{ .pName = "offline", .pTests = offline_tests },
	{ .pName = "port_pcap", .pTests = port_pcap_tests },
	{ .pName = "pkt", .pTests = pkt_tests },
	{ .pName = "port", .pTests = port_tests },
	{ .pName = "port_raw", .pTests = port_raw_tests },
	{ .pName = "port_tun", .pTests = port_tun_tests },
	{ .pName = "replay", .pTests = replay_tests },
	{ .pName = "sadb", .pTests = sadb_tests },
	{ .pName = "selector", .pTests = selector_tests },
	{ .pName = "spd", .pTests = spd_tests },
	{ .pName = "spd_icmp", .pTests = spd_icmp_tests },
	{ .pName = "stats", .pTests = stats_tests },
	{ .pName = "super", .pTests = super_tests },
	{ .pName = "tuples", .pTests = tuples_tests },
	CU_SUITE_INFO_NULL,
};

int
main(void)
{
	unsigned int failed;

	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 2;
	CU_basic_set_mode(CU_BRM_NORMAL);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failed ? 1 : 0;
}
