/*
 * Twin of daemon/compile/manual.c.
 */
#include "config.h"

#include "daemon/compile/manual.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/daemon/bench.h"
#include "tests/unit/daemon/site.h"
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
	static const struct cfg_keying none;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct manual m = { .keying = &none,
			.proposal = { .transform = rows[i].transform,
				.encapsulation_mode = rows[i].mode,
				.esp_encryption = rows[i].cipher,
				.esp_authentication = rows[i].esp_auth,
				.ah_authentication = rows[i].ah_auth } };

		addr_parse(rows[i].remote, &m.remote);
		CU_ASSERT_EQUAL(manual_inner_mtu(&m, rows[i].path), rows[i].inner);
	}
}

static void
hex_keys_are_taken_and_refused_as_typed(void)
{
	static const struct {
		const char *rows, *text; /* NULL: accepted */
	} rows[] = {
		{ "set ipsec_policy P1,10 out_esp_string_key= "
		  "out_esp_authentication_key=000102030405060708090a0b0c0d0e0f"
		  "101112131415161718191a1b1c1d1e1f "
		  "out_esp_encryption_key=000102030405060708090a0b0c0d0e0f",
			NULL },
		{ "set ipsec_policy P1,10 out_esp_string_key= "
		  "out_esp_authentication_key=000102030405060708090a0b0c0d0e0f "
		  "out_esp_encryption_key=000102030405060708090a0b0c0d0e0f",
			"outbound ESP SA, authentication key: SHA2-HMAC-256 takes a key of 64 "
			"hexadecimal digits, not 32" },
		{ "set ipsec_policy P1,10 "
		  "in_esp_encryption_key=000102030405060708090a0b0c0d0e0f",
			"the inbound ESP SA has a string key and hexadecimal keys: undo one of "
			"them" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b;

		bench_init(&b);
		CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_IPSEC), 0);
		CU_ASSERT_EQUAL(bench_commit(&b, rows[i].rows), rows[i].text != NULL ? -EINVAL : 0);
		if (rows[i].text != NULL) {
			CU_ASSERT_STRING_EQUAL(b.err.object, "IPSec policy P1 10");
			CU_ASSERT_STRING_EQUAL(b.err.text, rows[i].text);
		}
		bench_fini(&b);
	}
}

static void
an_encryption_key_may_lack_only_where_none_is_needed(void)
{
	static const char hex[] = "set ipsec_policy P1,10 in_esp_string_key= "
				  "in_esp_authentication_key=000102030405060708090a0b0c0d0e0f"
				  "101112131415161718191a1b1c1d1e1f";
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_IPSEC), 0);
	CU_ASSERT_EQUAL(bench_commit(&b, hex), 0);
	CU_ASSERT_STRING_EQUAL(
		bench_notes(&b), "IPSec policy P1 10: no keys for the inbound ESP SA\n");
	CU_ASSERT_EQUAL(bench_commit(&b, "set ipsec_proposal tran1 esp_encryption=null"), 0);
	CU_ASSERT_STRING_EQUAL(bench_notes(&b), "");
	bench_fini(&b);
}

CU_TestInfo manual_tests[] = {
	{ "the largest inner packet just fits the path",
		the_largest_inner_packet_just_fits_the_path },
	{ "hex keys are taken and refused as typed", hex_keys_are_taken_and_refused_as_typed },
	{ "an encryption key may lack only where none is needed",
		an_encryption_key_may_lack_only_where_none_is_needed },
	CU_TEST_INFO_NULL,
};
