/*
 * Twin of lib/record_json.c.
 */
#include "config.h"

#include "lib/record.h"

#include <stdlib.h>
#include <string.h>

#include "lib/msg.h"
#include "lib/state.h"
#include "tests/unit/lib/samples.h"
#include "tests/unit/lib/suites.h"

static void
a_row_is_one_object_with_the_names_of_state_def(void)
{
	struct st_route r = { .destination = "10.0.0.0/8",
		.protocol = "Static",
		.preference = 60,
		.flags = "RD",
		.nexthop = addr_v4(0x0a000001),
		.interface = "Tun\"nel" };
	char *text = record_json(&state_info(STATE_route)->record, &r);

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_STRING_EQUAL(text,
		"{\"destination\":\"10.0.0.0/8\",\"protocol\":\"Static\",\"preference\":60,"
		"\"cost\":0,\"flags\":\"RD\",\"nexthop\":\"10.0.0.1\",\"interface\":"
		"\"Tun\\\"nel\"}");
	free(text);
}

static void
no_address_is_null_and_bytes_are_hexadecimal(void)
{
	struct st_route r = { 0 };
	struct msg_state_row m = { .table = "t", .row = { .len = 2, .data = { 0xca, 0xfe } } };
	char *text = record_json(&state_info(STATE_route)->record, &r);

	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"nexthop\":null"));
	free(text);
	text = record_json(&msg_info(MSG_state_row)->record, &m);
	CU_ASSERT_STRING_EQUAL(text, "{\"table\":\"t\",\"row\":\"cafe\"}");
	free(text);
}

static void
numbers_keep_all_their_digits(void)
{
	struct st_ike_statistic count = { .group = "g", .name = "n", .count = UINT64_MAX };
	struct st_ike_sa sa = { .spi_i = 0xa1b2c3d4e5f60718, .spi_r = 7 };
	char *text = record_json(&state_info(STATE_ike_statistic)->record, &count);

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_STRING_EQUAL(
		text, "{\"group\":\"g\",\"name\":\"n\",\"count\":18446744073709551615}");
	free(text);
	/* as displays show it */
	text = record_json(&state_info(STATE_ike_sa)->record, &sa);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_PTR_NOT_NULL(strstr(
		text, ",\"spi_i\":\"0xa1b2c3d4e5f60718\",\"spi_r\":\"0x0000000000000007\","));
	free(text);
}

static void
text_that_is_not_utf_8_is_masked(void)
{
	struct st_object o = { .name = "caf\xe9 \xe7\x94\xac" };
	char *text = record_json(&state_info(STATE_object)->record, &o);

	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"caf? ???\""));
	free(text);
	memcpy(o.name, "\xe7\x94\xac\xe9\x81\x93", 7);
	text = record_json(&state_info(STATE_object)->record, &o);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"\xe7\x94\xac\xe9\x81\x93\""));
	free(text);
}

static void
every_table_has_a_json_form_on_one_line(void)
{
	uint32_t seed = 1;

	for (unsigned int t = 0; t < STATE_N; t++) {
		const struct record *d = &state_info(t)->record;
		void *rec = malloc(d->size);
		char *text;

		sample_fill(d, rec, &seed, true);
		text = record_json(d, rec);
		CU_ASSERT_PTR_NOT_NULL_FATAL(text);
		CU_ASSERT_PTR_NULL(strchr(text, '\n'));
		free(text);
		free(rec);
	}
}

static void
a_record_with_a_secret_has_none(void)
{
	struct msg_dp_sa sa = { 0 };

	CU_ASSERT_PTR_NULL(record_json(&msg_info(MSG_dp_sa)->record, &sa));
}

CU_TestInfo record_json_tests[] = {
	{ "a row is one object with the names of state.def",
		a_row_is_one_object_with_the_names_of_state_def },
	{ "no address is null and bytes are hexadecimal",
		no_address_is_null_and_bytes_are_hexadecimal },
	{ "numbers keep all their digits", numbers_keep_all_their_digits },
	{ "text that is not UTF-8 is masked", text_that_is_not_utf_8_is_masked },
	{ "every table has a JSON form on one line", every_table_has_a_json_form_on_one_line },
	{ "a record with a secret has none", a_record_with_a_secret_has_none },
	CU_TEST_INFO_NULL,
};
