/*
 * Twin of daemon/compile/transform.c.
 */
#include "config.h"

#include "daemon/compile/transform.h"

#include <string.h>

#include "tests/unit/daemon/suites.h"

/* Of RFC 4303: outer header 20, SPI and number 8, IV, padding to the block, 2, ICV. Of RFC 4302: 12, ICV,
 * aligned to 4 or (IPv6) 8. In transport mode the header is the packet's own. */
static void
the_largest_inner_packet_just_fits_the_path(void)
{
	static const struct {
		const char *transform, *mode, *remote, *cipher, *esp_auth, *ah_auth;
		uint32_t path, inner;
	} rows[] = {
		{ "esp", "tunnel", "203.0.113.1", "aes-128", "sha2-256", "md5", 1500, 1438 },
		{ "esp", "tunnel", "203.0.113.1", "aes-256", "sha2-512", "md5", 1500, 1422 },
		{ "esp", "tunnel", "203.0.113.1", "3des", "md5", "md5", 1500, 1446 },
		{ "esp", "tunnel", "203.0.113.1", "null", "sha1", "md5", 1500, 1458 },
		{ "esp", "tunnel", "203.0.113.1", "aes-128", "sha2-256", "md5", 1499, 1422 },
		{ "esp", "tunnel", "203.0.113.1", "aes-128", "sha2-256", "md5", 1516, 1454 },
		{ "esp", "tunnel", "203.0.113.1", "aes-128", "sha2-256", "md5", 70, 0 },
		{ "esp", "tunnel", "203.0.113.1", "aes-128", "sha2-256", "md5", 76, 14 },
		{ "esp", "transport", "203.0.113.1", "aes-128", "sha2-256", "md5", 1500, 1458 },
		{ "esp", "transport", "203.0.113.1", "aes-128", "sha2-256", "md5", 70, 0 },
		{ "esp", "tunnel", "2001:db8::1", "aes-128", "sha2-256", "md5", 1500, 1406 },
		{ "esp", "tunnel", "203.0.113.1", "aes-gcm-128", "sha2-256", "md5", 1500, 1446 },
		{ "ah", "tunnel", "203.0.113.1", "des", "md5", "sha2-256", 1500, 1452 },
		{ "ah", "transport", "203.0.113.1", "des", "md5", "sha2-256", 1500, 1472 },
		{ "ah", "tunnel", "2001:db8::1", "des", "md5", "sha2-256", 1500, 1428 },
		{ "ah", "tunnel", "203.0.113.1", "des", "md5", "sha1", 40, 0 },
		{ "ah-esp", "tunnel", "203.0.113.1", "3des", "sha1", "sha1", 1500, 1422 },
		{ "ah-esp", "transport", "203.0.113.1", "3des", "sha1", "sha1", 1500, 1442 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct cfg_ipsec_global g = { .sha2_compatible = 0 };
		const struct cfg_ipsec_proposal p = { .transform = rows[i].transform,
			.encapsulation_mode = rows[i].mode,
			.esp_encryption = rows[i].cipher,
			.esp_authentication = rows[i].esp_auth,
			.ah_authentication = rows[i].ah_auth };
		struct addr remote;

		addr_parse(rows[i].remote, &remote);
		CU_ASSERT_EQUAL(
			transform_inner_mtu(&p, &g, remote.af, rows[i].path), rows[i].inner);
	}
}

static void
a_proposal_is_its_protocols_the_outermost_first(void)
{
	struct cfg_ipsec_global g = { .sha2_compatible = 0 };
	struct cfg_ipsec_proposal p = { .transform = "ah-esp",
		.encapsulation_mode = "tunnel",
		.esp_encryption = "aes-128",
		.esp_authentication = "sha2-256",
		.ah_authentication = "sha1" };
	struct transform t[TRANSFORMS_MOST];

	CU_ASSERT_EQUAL(transform_of(&p, &g, t), 2);
	CU_ASSERT_EQUAL(t[0].protocol, 51);
	CU_ASSERT_EQUAL(t[0].auth, ALG_AUTH_hmac_sha1_96);
	CU_ASSERT_EQUAL(t[1].protocol, 50);
	CU_ASSERT_EQUAL(t[1].auth, ALG_AUTH_hmac_sha2_256_128);
	CU_ASSERT_TRUE(transform_runs(&t[0]) && transform_runs(&t[1]));
	g.sha2_compatible = 1;
	p.transform = "esp";
	CU_ASSERT_EQUAL(transform_of(&p, &g, t), 1);
	CU_ASSERT_EQUAL(t[0].auth, ALG_AUTH_hmac_sha2_256_96);
	p.esp_encryption = "rot13";
	transform_of(&p, &g, t);
	CU_ASSERT_FALSE(transform_runs(&t[0]));
}

CU_TestInfo transform_tests[] = {
	{ "the largest inner packet just fits the path",
		the_largest_inner_packet_just_fits_the_path },
	{ "a proposal is its protocols, the outermost first",
		a_proposal_is_its_protocols_the_outermost_first },
	CU_TEST_INFO_NULL,
};
