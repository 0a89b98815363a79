/*
 * The layout engine: templates, formats, columns, JSON.
 */
#include "config.h"

#include "shell/layout.h"

#include "lib/state.h"
#include "shell/out.h"
#include "tests/unit/shell/suites.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static size_t
shout(const void *obj, char *out, size_t cap)
{
	return strlcpy(out, "HEY", cap);
}

static const struct layout_value values[] = { { "shout", shout }, { 0 } };

static const struct st_ipsec_sa sa = {
	.policy = "P1-10",
	.inbound = true,
	.spi = 54321,
	.protocol = 50,
	.mode = 2,
	.source = { .af = AF_INET, .b = { 10, 0, 0, 1 } },
	.cipher = 6,
	.auth = 3,
};

static void
test_templates(void)
{
	static const struct {
		const char *text, *expect;
	} cases[] = {
		{ "plain", "plain" },
		{ "", "" },
		{ "{policy}", "P1-10" },
		{ "<{policy:8}>", "<   P1-10>" },
		{ "<{policy:-8}>", "<P1-10   >" },
		{ "<{policy:2}>", "<P1-10>" },
		{ "{spi} ({spi!hex})", "54321 (0xd431)" },
		{ "{spi!hex:8}", "  0xd431" },
		{ "{source}|{destination}", "10.0.0.1|-" },
		{ "{inbound!UPDOWN} {inbound!enabled}", "UP enabled" },
		{ "{protocol!protocol} {mode!mode}", "ESP Tunnel" },
		{ "{cipher!cipher} {auth!auth}", "AES-256 SHA2-HMAC-256" },
		{ "{cipher!CIPHER} {auth!AUTH}", "AES-256 SHA2-256-128" },
		{ "{shout}{shout!dash}", "HEYHEY" },
		{ "{nonsense}.", "." },
		{ "{now!time}", "2026-01-01 00:10:00" },
		{ "{policy", "" },
	};
	const struct layout l = { .record = &state_info(STATE_ipsec_sa)->record, .values = values };

	setenv("TZ", "UTC", 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[128];

		layout_text(&l, cases[i].text, &sa, 1767226200, text, sizeof(text));
		CU_ASSERT_STRING_EQUAL(text, cases[i].expect);
	}
}

static void
test_small_room(void)
{
	const struct layout l = { .record = &state_info(STATE_ipsec_sa)->record };
	char text[8];

	for (size_t cap = 1; cap <= sizeof(text); cap++) {
		memset(text, 'x', sizeof(text));
		CU_ASSERT_EQUAL(layout_text(&l, "ab{policy:7}", &sa, 0, text, cap), cap - 1);
		CU_ASSERT_EQUAL(strlen(text), cap - 1);
	}
}

static void
test_columns(void)
{
	static const struct layout_column columns[] = { { 0, "Name", "{policy}" },
		{ 4, "SPI", "{spi}" }, { 20, "From", "{source}" }, { 0 } };
	const struct layout l = { .record = &state_info(STATE_ipsec_sa)->record,
		.columns = columns };
	char *text;
	size_t len;
	FILE *stream = open_memstream(&text, &len);
	struct out *o = out_new(stream, stderr, NULL);

	layout_header(o, &l);
	layout_row(o, &l, &sa);
	fflush(stream);
	/* a cell that is too long moves the next one */
	CU_ASSERT_STRING_EQUAL(text,
		"Name SPI            From\n"
		"P1-10 54321         10.0.0.1\n");
	out_free(o);
	fclose(stream);
	free(text);
}

static void
test_uptime(void)
{
	static const struct {
		unsigned long long s;
		const char *expect;
	} cases[] = {
		{ 0, "0 week, 0 day, 0 hour, 0 minute" },
		{ 59, "0 week, 0 day, 0 hour, 0 minute" },
		{ 55000, "0 week, 0 day, 15 hours, 16 minutes" },
		{ 604800 * 2 + 86400 + 3600 + 60, "2 weeks, 1 day, 1 hour, 1 minute" },
	};
	const struct layout_format *f = layout_format_find("uptime", 6);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64];

		f->number(cases[i].s, text, sizeof(text));
		CU_ASSERT_STRING_EQUAL(text, cases[i].expect);
	}
	CU_ASSERT_PTR_NULL(layout_format_find("up", 2));
}

CU_TestInfo layout_tests[] = {
	{ "templates are filled in", test_templates },
	{ "a text never leaves its room", test_small_room },
	{ "columns stand where they should", test_columns },
	{ "times that the router has run", test_uptime },
	CU_TEST_INFO_NULL,
};
