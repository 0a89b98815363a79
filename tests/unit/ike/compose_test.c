/*
 * Twin of daemon/ike/compose.c: bytes against RFC 7296 3, and through message.h.
 */
#include "config.h"

#include "daemon/ike/compose.h"
#include "daemon/ike/message.h"

#include "tests/unit/ike/fixture.h"
#include "tests/unit/ike/suites.h"

static const struct wire_hdr init_hdr = {
	.spi_i = 0x1122334455667788, .exchange = WIRE_IKE_SA_INIT, .initiator = true
};

static void
a_message_is_chained_and_counted(void)
{
	struct compose c;

	compose_message(&c, &init_hdr);
	compose_notify(&c, NOTIFY_cookie, fix_hex("c0ffee"));
	wbuf_u32(compose_payload(&c, PAYLOAD_sa), 0xaabbccdd);
	compose_ke(&c, 31, fix_hex("0102"));
	compose_nonce(&c, fix_hex("000102030405060708090a0b0c0d0e0f"));
	compose_vendor(&c, fix_text("yo"));
	CU_ASSERT_EQUAL(compose_end(&c), 0);
	CU_ASSERT(fix_is(compose_span(&c),
		"1122334455667788 0000000000000000 29 20 22 08 00000000 00000053"
		"21 00 000b 00 00 4006 c0ffee"
		"22 00 0008 aabbccdd"
		"28 00 000a 001f 0000 0102"
		"2b 00 0014 000102030405060708090a0b0c0d0e0f"
		"00 00 0006 796f"));
	compose_fini(&c);
}

static void
an_inner_chain_has_no_header(void)
{
	const uint32_t spis[] = { 0x11223344, 0x55667788 };
	struct compose c;

	compose_inner(&c);
	compose_id(&c, PAYLOAD_id_i, 2, fix_text("a.b"));
	compose_auth(&c, WIRE_AUTH_PSK, fix_hex("dead"));
	compose_notify_spi(&c, NOTIFY_rekey_sa, WIRE_PROTO_ESP, 0x01020304);
	compose_delete(&c, WIRE_PROTO_ESP, spis, 2);
	compose_delete_ike(&c);
	CU_ASSERT_EQUAL(compose_end(&c), 0);
	CU_ASSERT_EQUAL(c.first, PAYLOAD_id_i);
	CU_ASSERT(fix_is(compose_span(&c),
		"27 00 000b 02 000000 612e62"
		"29 00 000a 02 000000 dead"
		"2a 00 000c 03 04 4009 01020304"
		"2a 00 0010 03 04 0002 11223344 55667788"
		"00 00 0008 01 00 0000"));
	compose_fini(&c);
}

static void
nothing_is_a_chain_too(void)
{
	struct compose c;
	struct message m;

	compose_inner(&c);
	CU_ASSERT_EQUAL(compose_end(&c), 0);
	CU_ASSERT_EQUAL(c.first, PAYLOAD_NONE);
	CU_ASSERT_EQUAL(compose_span(&c).len, 0);
	compose_fini(&c);
	compose_message(&c, &init_hdr);
	CU_ASSERT_EQUAL(compose_end(&c), 0);
	CU_ASSERT_EQUAL(message_parse(compose_span(&c).p, compose_span(&c).len, &m), FAULT_NONE);
	compose_fini(&c);
}

static void
what_is_composed_is_taken_apart(void)
{
	struct compose c;
	struct message m;

	compose_message(&c, &init_hdr);
	compose_nonce(&c, fix_hex("000102030405060708090a0b0c0d0e0f"));
	compose_notify(&c, NOTIFY_fragmentation_supported, (struct span){ NULL, 0 });
	compose_ke(&c, 14, fix_hex("ff"));
	CU_ASSERT_EQUAL(compose_end(&c), 0);
	CU_ASSERT_EQUAL(message_parse(compose_span(&c).p, compose_span(&c).len, &m), FAULT_NONE);
	CU_ASSERT_EQUAL(m.hdr.spi_i, init_hdr.spi_i);
	CU_ASSERT_EQUAL(m.nonce.len, 16);
	CU_ASSERT_EQUAL(m.ke_group, 14);
	CU_ASSERT_PTR_NOT_NULL(message_notify_find(&m, NOTIFY_fragmentation_supported));
	compose_fini(&c);
}

static void
what_is_too_long_is_refused(void)
{
	static const uint8_t much[66000];
	struct compose c;

	compose_inner(&c);
	compose_nonce(&c, (struct span){ much, 65532 });
	CU_ASSERT(compose_end(&c) < 0);
	compose_fini(&c);
	compose_inner(&c);
	compose_nonce(&c, (struct span){ much, 40000 });
	compose_nonce(&c, (struct span){ much, 40000 });
	CU_ASSERT(compose_end(&c) < 0);
	compose_fini(&c);
}

CU_TestInfo compose_tests[] = {
	{ "a message is chained and counted", a_message_is_chained_and_counted },
	{ "an inner chain has no header", an_inner_chain_has_no_header },
	{ "nothing is a chain, too", nothing_is_a_chain_too },
	{ "what is composed is taken apart", what_is_composed_is_taken_apart },
	{ "what is too long is refused", what_is_too_long_is_refused },
	CU_TEST_INFO_NULL,
};
