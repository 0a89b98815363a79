/*
 * Twin of daemon/ike/wire.c.
 */
#include "config.h"

#include "daemon/ike/wire.h"
#include "lib/buf.h"

#include <string.h>

#include "tests/unit/ike/fixture.h"
#include "tests/unit/ike/suites.h"

#define SPIS "1122334455667788 99aabbccddeeff00 "

static enum wire_fault
parse(const char *digits, struct wire_hdr *h)
{
	struct span s = fix_hex(digits);

	return wire_hdr_parse(s.p, s.len, h);
}

static void
a_header_is_read(void)
{
	struct wire_hdr h;

	CU_ASSERT_EQUAL(parse(SPIS "21 20 25 28 00000007 0000001c", &h), FAULT_NONE);
	CU_ASSERT_EQUAL(h.spi_i, 0x1122334455667788);
	CU_ASSERT_EQUAL(h.spi_r, 0x99aabbccddeeff00);
	CU_ASSERT_EQUAL(h.next, PAYLOAD_sa);
	CU_ASSERT_EQUAL(h.major, 2);
	CU_ASSERT_EQUAL(h.exchange, WIRE_INFORMATIONAL);
	CU_ASSERT(h.initiator && h.response);
	CU_ASSERT_EQUAL(h.id, 7);
}

static void
reserved_flags_and_the_minor_version_do_not_matter(void)
{
	struct wire_hdr h;

	CU_ASSERT_EQUAL(parse(SPIS "21 2f 25 d7 00000007 0000001c", &h), FAULT_NONE);
	CU_ASSERT(!h.initiator && !h.response);
	CU_ASSERT_EQUAL(h.minor, 15);
}

static void
what_is_written_is_read_back(void)
{
	const struct wire_hdr h = { .spi_i = 1,
		.spi_r = 2,
		.next = PAYLOAD_sk,
		.exchange = WIRE_IKE_AUTH,
		.initiator = true,
		.id = 1,
		.len = 28 };
	uint8_t p[WIRE_HDR_LEN];
	struct wbuf w = wbuf_over(p, sizeof(p));
	struct wire_hdr back;

	wire_hdr_write(&w, &h);
	CU_ASSERT(fix_is((struct span){ p, wbuf_len(&w) },
		"0000000000000001 0000000000000002 2e 20 23 08 00000001 0000001c"));
	CU_ASSERT_EQUAL(wire_hdr_parse(p, sizeof(p), &back), FAULT_NONE);
	CU_ASSERT_EQUAL(back.next, h.next);
	CU_ASSERT(back.initiator && !back.response);
}

static void
faults_are_told_apart(void)
{
	static const struct {
		const char *digits;
		enum wire_fault fault;
	} rows[] = {
		{ "", FAULT_short },
		{ SPIS "21 20 25 28 00000007 000000", FAULT_short },
		{ SPIS "21 10 25 28 00000007 0000001c", FAULT_version },
		{ SPIS "21 30 25 28 00000007 0000001c", FAULT_version },
		{ SPIS "21 20 25 28 00000007 0000001d", FAULT_length },
		{ SPIS "21 20 25 28 00000007 0000001b", FAULT_length },
		{ SPIS "21 20 25 28 00000007 ffffffff", FAULT_length },
		{ SPIS "21 20 25 28 00000007 0000001c 00", FAULT_length },
		{ SPIS "21 20 21 28 00000007 0000001c", FAULT_exchange },
		{ SPIS "21 20 26 28 00000007 0000001c", FAULT_exchange },
		{ "0000000000000000 99aabbccddeeff00 21 20 25 28 00000007 0000001c", FAULT_cookie },
		{ "1122334455667788 0000000000000000 21 20 23 08 00000001 0000001c", FAULT_cookie },
		{ "1122334455667788 0000000000000000 21 20 22 08 00000000 0000001c", FAULT_NONE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire_hdr h;

		CU_ASSERT_EQUAL(parse(rows[i].digits, &h), rows[i].fault);
	}
}

static void
numbers_have_names(void)
{
	CU_ASSERT_STRING_EQUAL(wire_notify_name(14), "NO_PROPOSAL_CHOSEN");
	CU_ASSERT_PTR_NULL(wire_notify_name(12345));
	CU_ASSERT_STRING_EQUAL(wire_exchange_name(36), "CREATE_CHILD_SA");
	CU_ASSERT_PTR_NULL(wire_exchange_name(33));
	CU_ASSERT_PTR_NULL(wire_exchange_name(38));
	CU_ASSERT_STRING_EQUAL(wire_payload_name(46), "SK");
	CU_ASSERT_PTR_NULL(wire_payload_name(32));
	CU_ASSERT_PTR_NULL(wire_payload_name(255));
	CU_ASSERT_STRING_EQUAL(wire_fault(FAULT_critical)->reason, "critical drop");
	CU_ASSERT_EQUAL(wire_fault(FAULT_critical)->notify, NOTIFY_unsupported_critical_payload);
	CU_ASSERT(wire_notify_is_error(NOTIFY_invalid_syntax));
	CU_ASSERT(!wire_notify_is_error(NOTIFY_initial_contact));
}

static void
each_exchange_has_its_payloads(void)
{
	CU_ASSERT_EQUAL(wire_payload_limit(PAYLOAD_ke, WIRE_IKE_SA_INIT), 1);
	CU_ASSERT_EQUAL(wire_payload_limit(PAYLOAD_ke, WIRE_IKE_AUTH), 0);
	CU_ASSERT_EQUAL(wire_payload_limit(PAYLOAD_sk, WIRE_IKE_SA_INIT), 0);
	CU_ASSERT_EQUAL(wire_payload_limit(PAYLOAD_delete, WIRE_CREATE_CHILD_SA), 0);
	CU_ASSERT(wire_payload_limit(PAYLOAD_delete, WIRE_INFORMATIONAL) > 1);
	CU_ASSERT_EQUAL(wire_payload_limit(200, WIRE_IKE_AUTH), -1);
	CU_ASSERT_EQUAL(wire_payload_limit(1, WIRE_IKE_AUTH), -1);
	CU_ASSERT_EQUAL(wire_payload_limit(PAYLOAD_sa, 99), 0);
}

CU_TestInfo wire_tests[] = {
	{ "a header is read", a_header_is_read },
	{ "reserved flags and the minor version do not matter",
		reserved_flags_and_the_minor_version_do_not_matter },
	{ "what is written is read back", what_is_written_is_read_back },
	{ "faults are told apart", faults_are_told_apart },
	{ "numbers have names", numbers_have_names },
	{ "each exchange has its payloads", each_exchange_has_its_payloads },
	CU_TEST_INFO_NULL,
};
