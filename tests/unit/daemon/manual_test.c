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
	{ "hex keys are taken and refused as typed", hex_keys_are_taken_and_refused_as_typed },
	{ "an encryption key may lack only where none is needed",
		an_encryption_key_may_lack_only_where_none_is_needed },
	CU_TEST_INFO_NULL,
};
