/*
 * Twin of daemon/ike/message.c: messages written by hand, after RFC 7296 3.
 */
#include "config.h"

#include "daemon/ike/message.h"
#include "lib/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/ike/fixture.h"
#include "tests/unit/ike/suites.h"

/* nonce payload bodies of the shortest length */
#define NONCE "000102030405060708090a0b0c0d0e0f"

/* A message of an exchange: header and a chain, its length set. From the heap and tight, so that a
 * sanitizer sees each read beyond. The caller frees it. */
static uint8_t *
datagram(uint8_t exchange, uint8_t first, const char *digits, size_t *len)
{
	struct span chain = fix_hex(digits);
	uint8_t *p;

	*len = WIRE_HDR_LEN + chain.len;
	p = malloc(*len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	memcpy(p, fix_hex("1122334455667788 99aabbccddeeff00 00 20 00 08 00000000").p, 24);
	p[16] = first;
	p[18] = exchange;
	be32_put(p + 24, (uint32_t)*len);
	memcpy(p + WIRE_HDR_LEN, chain.p, chain.len);
	return p;
}

static enum wire_fault
parse(uint8_t exchange, uint8_t first, const char *digits)
{
	struct message m;
	size_t len;
	uint8_t *p = datagram(exchange, first, digits, &len);
	enum wire_fault fault = message_parse(p, len, &m);

	free(p);
	return fault;
}

static enum wire_fault
parse_inner(uint8_t exchange, uint8_t first, const char *digits, struct message *m)
{
	struct span s = fix_hex(digits);
	uint8_t *tight = malloc(s.len > 0 ? s.len : 1);
	enum wire_fault fault;

	CU_ASSERT_PTR_NOT_NULL_FATAL(tight);
	memcpy(tight, s.p, s.len);
	memset(m, 0, sizeof(*m));
	m->hdr.exchange = exchange;
	fault = message_parse_inner(m, first, (struct span){ tight, s.len });
	free(tight);
	return fault;
}

static void
payloads_come_in_any_order(void)
{
	static const struct {
		uint8_t first;
		const char *digits;
	} rows[] = {
		{ PAYLOAD_sa,
			"22 00 0006 abcd"
			"28 00 0009 0013 0000 77"
			"00 00 0014" NONCE },
		{ PAYLOAD_nonce,
			"21 00 0014" NONCE "22 00 0006 abcd"
			"00 00 0009 0013 0000 77" },
		{ PAYLOAD_ke,
			"28 00 0009 0013 0000 77"
			"21 00 0014" NONCE "00 00 0006 abcd" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct message m;
		size_t len;
		uint8_t *p = datagram(WIRE_IKE_SA_INIT, rows[i].first, rows[i].digits, &len);

		CU_ASSERT_EQUAL(message_parse(p, len, &m), FAULT_NONE);
		CU_ASSERT(fix_is(m.sa, "abcd"));
		CU_ASSERT_EQUAL(m.ke_group, 19);
		CU_ASSERT(fix_is(m.ke, "77"));
		CU_ASSERT(fix_is(m.nonce, NONCE));
		CU_ASSERT(message_has(&m, PAYLOAD_sa) && message_has(&m, PAYLOAD_nonce));
		CU_ASSERT(!message_has(&m, PAYLOAD_auth));
		CU_ASSERT_EQUAL(m.bad_payload, PAYLOAD_NONE);
		free(p);
	}
}

static void
reserved_bits_and_the_critical_bit_of_known_payloads_do_not_matter(void)
{
	CU_ASSERT_EQUAL(parse(WIRE_IKE_SA_INIT, PAYLOAD_nonce, "00 ff 0014" NONCE), FAULT_NONE);
	CU_ASSERT_EQUAL(parse(WIRE_IKE_SA_INIT, PAYLOAD_nonce, "00 7f 0014" NONCE), FAULT_NONE);
}

static void
an_unknown_payload_is_skipped_unless_critical(void)
{
	struct message m;
	size_t len;
	uint8_t *p;

	CU_ASSERT_EQUAL(parse(WIRE_IKE_SA_INIT, 200,
				"28 00 0005 99"
				"00 00 0014" NONCE),
		FAULT_NONE);
	CU_ASSERT_EQUAL(parse(WIRE_IKE_SA_INIT, 200,
				"28 7f 0005 99"
				"00 00 0014" NONCE),
		FAULT_NONE);
	/* a payload of IKEv1 is an unknown one */
	CU_ASSERT_EQUAL(parse(WIRE_IKE_SA_INIT, 5, "00 80 0004"), FAULT_critical);
	p = datagram(WIRE_IKE_SA_INIT, PAYLOAD_nonce, "c8 00 0014" NONCE "00 80 0005 99", &len);
	CU_ASSERT_EQUAL(message_parse(p, len, &m), FAULT_critical);
	CU_ASSERT_EQUAL(m.bad_payload, 200);
	free(p);
}

static void
a_chain_that_does_not_fill_the_message_is_refused(void)
{
	static const char *const rows[] = {
		"00 00 0014" NONCE "00",		      /* something behind it */
		"00 00 0015" NONCE,			      /* longer */
		"00 00 ffff" NONCE,			      /* much longer */
		"28 00 0014" NONCE,			      /* another is promised */
		"00 00 0003", "00 00 0000", "00 00 00", "00", /* no header */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT_EQUAL(parse(WIRE_IKE_SA_INIT, PAYLOAD_nonce, rows[i]), FAULT_chain);
	CU_ASSERT_EQUAL(parse(WIRE_IKE_SA_INIT, PAYLOAD_NONE, "00"), FAULT_chain);
	CU_ASSERT_EQUAL(parse(WIRE_IKE_SA_INIT, PAYLOAD_NONE, ""), FAULT_NONE);
}

static void
a_payload_that_is_too_short_is_refused(void)
{
	static const struct {
		uint8_t exchange;
		uint8_t first;
		const char *digits;
	} rows[] = {
		{ WIRE_IKE_SA_INIT, PAYLOAD_ke, "00 00 0004" },
		{ WIRE_IKE_SA_INIT, PAYLOAD_ke, "00 00 0007 001300" },
		{ WIRE_IKE_SA_INIT, PAYLOAD_ke, "00 00 0008 00130000" },
		{ WIRE_IKE_SA_INIT, PAYLOAD_nonce, "00 00 0013 000102030405060708090a0b0c0d0e" },
		{ WIRE_IKE_SA_INIT, PAYLOAD_notify, "00 00 0004" },
		{ WIRE_IKE_SA_INIT, PAYLOAD_notify, "00 00 0007 010040" },
		{ WIRE_IKE_SA_INIT, PAYLOAD_notify, "00 00 0008 01044000" },
		{ WIRE_IKE_SA_INIT, PAYLOAD_notify, "00 00 000b 01044000 112233" },
		{ WIRE_IKE_SA_INIT, PAYLOAD_notify, "00 00 0009 01014000 11" },
		{ WIRE_IKE_AUTH, PAYLOAD_id_i, "00 00 0004" },
		{ WIRE_IKE_AUTH, PAYLOAD_id_i, "00 00 0007 010000" },
		{ WIRE_IKE_AUTH, PAYLOAD_id_r, "00 00 0008 01000000" },
		{ WIRE_IKE_AUTH, PAYLOAD_auth, "00 00 0007 020000" },
		{ WIRE_INFORMATIONAL, PAYLOAD_delete, "00 00 0004" },
		{ WIRE_INFORMATIONAL, PAYLOAD_delete, "00 00 0007 030400" },
		{ WIRE_INFORMATIONAL, PAYLOAD_delete, "00 00 000b 03040001 112233" },
		{ WIRE_INFORMATIONAL, PAYLOAD_delete, "00 00 000c 03040002 11223344" },
		{ WIRE_INFORMATIONAL, PAYLOAD_delete, "00 00 000c 03040000 11223344" },
		{ WIRE_INFORMATIONAL, PAYLOAD_delete, "00 00 0008 0304ffff" },
		{ WIRE_INFORMATIONAL, PAYLOAD_delete, "00 00 0010 03080001 1122334455667788" },
		{ WIRE_INFORMATIONAL, PAYLOAD_delete, "00 00 0010 01080001 1122334455667788" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct message m;

		CU_ASSERT_EQUAL(parse_inner(rows[i].exchange, rows[i].first, rows[i].digits, &m),
			FAULT_payload);
		CU_ASSERT_EQUAL(m.bad_payload, rows[i].first);
	}
}

static void
a_nonce_has_16_to_256_bytes(void)
{
	char digits[2 * 300 + 16];

	for (unsigned int n = 255; n <= 257; n++) {
		snprintf(digits, sizeof(digits), "00 00 %04x", n + 4);
		for (unsigned int i = 0; i < n; i++)
			strcat(digits, "aa");
		CU_ASSERT_EQUAL(parse(WIRE_IKE_SA_INIT, PAYLOAD_nonce, digits),
			n <= 256 ? FAULT_NONE : FAULT_payload);
	}
}

static void
what_comes_twice_or_where_it_does_not_belong_is_refused(void)
{
	struct message m;

	CU_ASSERT_EQUAL(
		parse(WIRE_IKE_SA_INIT, PAYLOAD_nonce, "28 00 0014" NONCE "00 00 0014" NONCE),
		FAULT_repeated);
	CU_ASSERT_EQUAL(parse_inner(WIRE_IKE_AUTH, PAYLOAD_auth,
				"27 00 0009 02000000 aa"
				"00 00 0009 02000000 bb",
				&m),
		FAULT_repeated);
	CU_ASSERT_EQUAL(
		parse_inner(WIRE_IKE_AUTH, PAYLOAD_nonce, "00 00 0014" NONCE, &m), FAULT_misplaced);
	CU_ASSERT_EQUAL(m.bad_payload, PAYLOAD_nonce);
	CU_ASSERT_EQUAL(
		parse_inner(WIRE_INFORMATIONAL, PAYLOAD_sa, "00 00 0004", &m), FAULT_misplaced);
	CU_ASSERT_EQUAL(parse_inner(WIRE_CREATE_CHILD_SA, PAYLOAD_auth, "00 00 0008 02000000", &m),
		FAULT_misplaced);
	/* an encrypted payload inside an encrypted one */
	CU_ASSERT_EQUAL(parse_inner(WIRE_IKE_AUTH, PAYLOAD_sk, "00 00 0004", &m), FAULT_misplaced);
}

static void
many_notifications_are_bounded(void)
{
	char digits[(MESSAGE_NOTIFY_MAX + 1) * 32] = "";
	struct message m;

	for (unsigned int i = 1; i < MESSAGE_NOTIFY_MAX; i++)
		strcat(digits, "29 00 0008 00004000");
	strcat(digits, "00 00 0008 00000018");
	CU_ASSERT_EQUAL(parse_inner(WIRE_INFORMATIONAL, PAYLOAD_notify, digits, &m), FAULT_NONE);
	CU_ASSERT_EQUAL(m.n_notifies, MESSAGE_NOTIFY_MAX);
	CU_ASSERT_PTR_EQUAL(message_error_find(&m), &m.notifies[MESSAGE_NOTIFY_MAX - 1]);
	CU_ASSERT_PTR_EQUAL(message_notify_find(&m, NOTIFY_initial_contact), &m.notifies[0]);
	CU_ASSERT_PTR_NULL(message_notify_find(&m, NOTIFY_cookie));
	/* of more the last are ignored */
	memmove(digits + 19, digits, strlen(digits) + 1);
	memcpy(digits, "29 00 0008 00004000", 19);
	CU_ASSERT_EQUAL(parse_inner(WIRE_INFORMATIONAL, PAYLOAD_notify, digits, &m), FAULT_NONE);
	CU_ASSERT_EQUAL(m.n_notifies, MESSAGE_NOTIFY_MAX);
	CU_ASSERT_PTR_NULL(message_error_find(&m));
	/* but have a form all the same */
	memcpy(digits + strlen(digits) - 8, "00010018", 8);
	CU_ASSERT_EQUAL(parse_inner(WIRE_INFORMATIONAL, PAYLOAD_notify, digits, &m), FAULT_payload);
}

/* None of what the peer deletes is lost, in however many payloads it says so. */
static void
many_deletes_are_read(void)
{
	enum { MANY = 260 };
	static char digits[MANY * 40];
	struct message_at at = { .type = PAYLOAD_NONE };
	struct message_delete d;
	struct message m;
	unsigned int n = 0;

	for (unsigned int i = 0; i < MANY; i++)
		snprintf(digits + strlen(digits), 40, "%s 00 000c 03 04 0001 %08x",
			i == MANY - 1 ? "29" : "2a", i);
	strcat(digits, "00 00 0008 00004000");
	memset(&m, 0, sizeof(m));
	m.hdr.exchange = WIRE_INFORMATIONAL;
	CU_ASSERT_EQUAL(message_parse_inner(&m, PAYLOAD_delete, fix_hex(digits)), FAULT_NONE);
	while (message_delete_next(&m, &at, &d)) {
		CU_ASSERT_EQUAL(d.n_spis, 1);
		CU_ASSERT_EQUAL(message_delete_spi(&d, 0), n);
		n++;
	}
	CU_ASSERT_EQUAL(n, MANY);
	CU_ASSERT_EQUAL(m.n_notifies, 1);
}

static void
many_vendors_are_forgotten(void)
{
	char digits[64 * 16] = "";
	struct message m;

	for (unsigned int i = 0; i < 40; i++)
		strcat(digits, "2b 00 0005 aa");
	strcat(digits, "00 00 0005 bb");
	CU_ASSERT_EQUAL(parse_inner(WIRE_INFORMATIONAL, PAYLOAD_vendor, digits, &m), FAULT_NONE);
	CU_ASSERT_EQUAL(m.n_vendors, MESSAGE_VENDOR_MAX);
}

static void
identities_notifications_and_deletes_are_read(void)
{
	struct message_at at = { .type = PAYLOAD_NONE };
	struct message_delete d;
	struct message m;
	struct span text = fix_hex("24 00 000c 02 ffffff 61622e63"
				   "29 00 000c 01 000000 c0000201"
				   "29 00 000e 03 04 4009 11223344 beef"
				   "00 00 0008 00 00 4007");

	memset(&m, 0, sizeof(m));
	m.hdr.exchange = WIRE_IKE_AUTH;
	CU_ASSERT_EQUAL(message_parse_inner(&m, PAYLOAD_id_i, text), FAULT_NONE);
	CU_ASSERT_EQUAL(m.id_i_type, 2);
	CU_ASSERT(fix_is(m.id_i, "61622e63"));
	CU_ASSERT(fix_is(m.id_i_body, "02ffffff61622e63"));
	CU_ASSERT_EQUAL(m.id_r_type, 1);
	CU_ASSERT(fix_is(m.id_r, "c0000201"));
	CU_ASSERT_EQUAL(m.n_notifies, 2);
	CU_ASSERT_EQUAL(m.notifies[0].type, NOTIFY_rekey_sa);
	CU_ASSERT_EQUAL(m.notifies[0].protocol, WIRE_PROTO_ESP);
	CU_ASSERT(fix_is(m.notifies[0].spi, "11223344"));
	CU_ASSERT(fix_is(m.notifies[0].data, "beef"));
	CU_ASSERT_EQUAL(m.notifies[1].data.len, 0);

	m.hdr.exchange = WIRE_INFORMATIONAL;
	text = fix_hex("2a 00 0010 03 04 0002 11223344 55667788 00 00 0008 01 00 0000");
	CU_ASSERT_EQUAL(message_parse_inner(&m, PAYLOAD_delete, text), FAULT_NONE);
	CU_ASSERT_TRUE(message_delete_next(&m, &at, &d));
	CU_ASSERT_EQUAL(d.n_spis, 2);
	CU_ASSERT_EQUAL(message_delete_spi(&d, 1), 0x55667788);
	CU_ASSERT_TRUE(message_delete_next(&m, &at, &d));
	CU_ASSERT_EQUAL(d.protocol, WIRE_PROTO_IKE);
	CU_ASSERT_FALSE(message_delete_next(&m, &at, &d));
}

static void
an_encrypted_payload_ends_the_message(void)
{
	struct message m;
	size_t len;
	uint8_t *p = datagram(WIRE_IKE_AUTH, PAYLOAD_sk, "23 00 0008 aabbccdd", &len);

	CU_ASSERT_EQUAL(message_parse(p, len, &m), FAULT_NONE);
	CU_ASSERT_PTR_EQUAL(m.encrypted.payload.p, p + WIRE_HDR_LEN);
	CU_ASSERT_EQUAL(m.encrypted.payload.len, 8);
	CU_ASSERT_EQUAL(m.encrypted.inner, PAYLOAD_id_i);
	CU_ASSERT(!m.encrypted.is_fragment);
	free(p);

	/* nobody vouches for what stands in front */
	p = datagram(WIRE_INFORMATIONAL, PAYLOAD_notify,
		"2e 00 0008 00000018"
		"00 00 0008 aabbccdd",
		&len);
	CU_ASSERT_EQUAL(message_parse(p, len, &m), FAULT_NONE);
	CU_ASSERT_EQUAL(m.n_notifies, 0);
	CU_ASSERT(!message_has(&m, PAYLOAD_notify));
	CU_ASSERT_EQUAL(m.encrypted.payload.len, 8);
	free(p);

	CU_ASSERT_EQUAL(
		parse(WIRE_IKE_AUTH, PAYLOAD_sk, "23 00 0008 aabbccdd 00"), FAULT_misplaced);
	CU_ASSERT_EQUAL(parse(WIRE_IKE_AUTH, PAYLOAD_sk, "23 00 0009 aabbccdd"), FAULT_chain);
	CU_ASSERT_EQUAL(
		parse(WIRE_IKE_SA_INIT, PAYLOAD_sk, "23 00 0008 aabbccdd"), FAULT_misplaced);
}

static void
fragment_numbers_are_checked(void)
{
	struct message m;
	size_t len;
	uint8_t *p = datagram(WIRE_IKE_AUTH, PAYLOAD_skf, "23 00 000a 0001 0003 aabb", &len);

	CU_ASSERT_EQUAL(message_parse(p, len, &m), FAULT_NONE);
	CU_ASSERT(m.encrypted.is_fragment);
	CU_ASSERT_EQUAL(m.encrypted.number, 1);
	CU_ASSERT_EQUAL(m.encrypted.total, 3);
	CU_ASSERT_EQUAL(m.encrypted.inner, PAYLOAD_id_i);
	free(p);
	CU_ASSERT_EQUAL(parse(WIRE_IKE_AUTH, PAYLOAD_skf, "00 00 000a 0003 0003 aabb"), FAULT_NONE);
	CU_ASSERT_EQUAL(
		parse(WIRE_IKE_AUTH, PAYLOAD_skf, "00 00 000a 0000 0003 aabb"), FAULT_fragment);
	CU_ASSERT_EQUAL(
		parse(WIRE_IKE_AUTH, PAYLOAD_skf, "00 00 000a 0004 0003 aabb"), FAULT_fragment);
	CU_ASSERT_EQUAL(
		parse(WIRE_IKE_AUTH, PAYLOAD_skf, "00 00 000a 0000 0000 aabb"), FAULT_fragment);
	CU_ASSERT_EQUAL(
		parse(WIRE_IKE_AUTH, PAYLOAD_skf, "23 00 000a 0002 0003 aabb"), FAULT_fragment);
	CU_ASSERT_EQUAL(parse(WIRE_IKE_AUTH, PAYLOAD_skf, "23 00 0007 000100"), FAULT_fragment);
}

/* A whole IKE_SA_INIT request, cut at each place: nothing but the whole is good. */
static void
every_truncation_is_refused(void)
{
	size_t len;
	uint8_t *p = datagram(WIRE_IKE_SA_INIT, PAYLOAD_notify,
		"21 00 000c 00004006 01020304"
		"22 00 0008 aabbccdd"
		"28 00 000c 001f 0000 01020304"
		"2b 00 0014" NONCE "00 00 0008 aabbccdd",
		&len);

	for (size_t cut = 0; cut <= len; cut++) {
		struct message m;
		uint8_t *tight = malloc(cut > 0 ? cut : 1);

		CU_ASSERT_PTR_NOT_NULL_FATAL(tight);
		memcpy(tight, p, cut);
		if (cut >= WIRE_HDR_LEN)
			be32_put(tight + 24, (uint32_t)cut);
		CU_ASSERT_EQUAL(message_parse(tight, cut, &m) == FAULT_NONE, cut == len);
		free(tight);
	}
	free(p);
}

CU_TestInfo message_tests[] = {
	{ "payloads come in any order", payloads_come_in_any_order },
	{ "reserved bits and the critical bit of known payloads do not matter",
		reserved_bits_and_the_critical_bit_of_known_payloads_do_not_matter },
	{ "an unknown payload is skipped unless critical",
		an_unknown_payload_is_skipped_unless_critical },
	{ "a chain that does not fill the message is refused",
		a_chain_that_does_not_fill_the_message_is_refused },
	{ "a payload that is too short is refused", a_payload_that_is_too_short_is_refused },
	{ "a nonce has 16 to 256 bytes", a_nonce_has_16_to_256_bytes },
	{ "what comes twice or where it does not belong is refused",
		what_comes_twice_or_where_it_does_not_belong_is_refused },
	{ "many notifications are bounded", many_notifications_are_bounded },
	{ "many deletes are read", many_deletes_are_read },
	{ "many vendors are forgotten", many_vendors_are_forgotten },
	{ "identities, notifications and deletes are read",
		identities_notifications_and_deletes_are_read },
	{ "an encrypted payload ends the message", an_encrypted_payload_ends_the_message },
	{ "fragment numbers are checked", fragment_numbers_are_checked },
	{ "every truncation is refused", every_truncation_is_refused },
	CU_TEST_INFO_NULL,
};
