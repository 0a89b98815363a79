/*
 * The unit tests of IKE: one suite a source.
 */
#include "config.h"

#include "tests/unit/ike/suites.h"

#include <CUnit/Basic.h>

static CU_SuiteInfo suites[] = {
	{ .pName = "compose", .pTests = compose_tests },
	{ .pName = "cookie", .pTests = cookie_tests },
	{ .pName = "crypt_dh", .pTests = crypt_dh_tests },
	{ .pName = "crypt_openssl", .pTests = crypt_openssl_tests },
	{ .pName = "dpd", .pTests = dpd_tests },
	{ .pName = "exchange", .pTests = exchange_tests },
	{ .pName = "explain", .pTests = explain_tests },
	{ .pName = "fragment", .pTests = fragment_tests },
	{ .pName = "halfopen", .pTests = halfopen_tests },
	{ .pName = "input", .pTests = input_tests },
	{ .pName = "x_auth", .pTests = x_auth_tests },
	{ .pName = "x_init", .pTests = x_init_tests },
	{ .pName = "keys", .pTests = keys_tests },
	{ .pName = "link", .pTests = link_tests },
	{ .pName = "message", .pTests = message_tests },
	{ .pName = "natd", .pTests = natd_tests },
	{ .pName = "offer", .pTests = offer_tests },
	{ .pName = "path", .pTests = path_tests },
	{ .pName = "peer", .pTests = peer_tests },
	{ .pName = "proposal", .pTests = proposal_tests },
	{ .pName = "proposal_select", .pTests = proposal_select_tests },
	{ .pName = "protect", .pTests = protect_tests },
	{ .pName = "sandbox", .pTests = sandbox_tests },
	{ .pName = "sender", .pTests = sender_tests },
	{ .pName = "rekey_child", .pTests = rekey_child_tests },
	{ .pName = "rekey_ike", .pTests = rekey_ike_tests },
	{ .pName = "request", .pTests = request_tests },
	{ .pName = "sim", .pTests = sim_tests },
	{ .pName = "ts", .pTests = ts_tests },
	{ .pName = "wire", .pTests = wire_tests },
	{ .pName = "x_info", .pTests = x_info_tests },
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
