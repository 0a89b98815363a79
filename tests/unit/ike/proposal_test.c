/*
 * Twin of daemon/ike/proposal.c: the bytes of SA payloads, after RFC 7296 3.3.
 */
#include "config.h"

#include "daemon/ike/proposal.h"
#include "lib/buf.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/ike/fixture.h"
#include "tests/unit/ike/suites.h"

#define AES_CBC_128 "00 000c 01 00 000c 800e0080"

static const struct proposal_config ike_config = { .protocol = WIRE_PROTO_IKE,
	.encryption = { 2, { ALG_CIPHER_aes_cbc_256, ALG_CIPHER_3des_cbc } },
	.integrity = { 1, { ALG_AUTH_hmac_sha2_256_128 } },
	.prf = { 1, { ALG_PRF_hmac_sha2_256 } },
	.dh = { 1, { ALG_DH_modp_2048 } } };

static enum wire_fault
parse(const char *digits, struct proposal_list *l)
{
	struct span s = fix_hex(digits);
	uint8_t *tight = malloc(s.len > 0 ? s.len : 1);
	enum wire_fault fault;

	CU_ASSERT_PTR_NOT_NULL_FATAL(tight);
	memcpy(tight, s.p, s.len);
	fault = proposal_parse((struct span){ tight, s.len }, l);
	free(tight);
	return fault;
}

static void
an_offer_is_written(void)
{
	uint8_t room[256];
	struct wbuf w = wbuf_over(room, sizeof(room));

	proposal_write(&w, &ike_config, 1, (struct span){ NULL, 0 }, true);
	CU_ASSERT(fix_is((struct span){ room, wbuf_len(&w) },
		"00 00 0034 01 01 00 05"
		"03 00 000c 01 00 000c 800e0100"
		"03 00 0008 01 00 0003"
		"03 00 0008 02 00 0005"
		"03 00 0008 03 00 000c"
		"00 00 0008 04 00 000e"));
}

static void
an_aead_stands_in_a_proposal_of_its_own(void)
{
	const struct proposal_config config = { .protocol = WIRE_PROTO_ESP,
		.encryption = { 2, { ALG_CIPHER_aes_gcm_256, ALG_CIPHER_aes_cbc_128 } },
		.integrity = { 1, { ALG_AUTH_hmac_sha1_96 } },
		.dh = { 1, { ALG_DH_x25519 } },
		.esn = true };
	uint8_t room[256];
	struct wbuf w = wbuf_over(room, sizeof(room));

	proposal_write(&w, &config, 1, fix_hex("c0000001"), false);
	CU_ASSERT(fix_is((struct span){ room, wbuf_len(&w) },
		"02 00 0028 01 03 04 03 c0000001"
		"03 00 000c 01 00 0014 800e0100"
		"03 00 0008 05 00 0001"
		"00 00 0008 05 00 0000"
		"00 00 0030 02 03 04 04 c0000001"
		"03 00 000c 01 00 000c 800e0080"
		"03 00 0008 03 00 0002"
		"03 00 0008 05 00 0001"
		"00 00 0008 05 00 0000"));
}

static void
ah_has_no_cipher(void)
{
	const struct proposal_config config = { .protocol = WIRE_PROTO_AH,
		.integrity = { 1, { ALG_AUTH_hmac_sha2_256_128 } },
		.dh = { 1, { ALG_DH_ecp_256 } },
		.esn_only = true };
	uint8_t room[256];
	struct wbuf w = wbuf_over(room, sizeof(room));

	proposal_write(&w, &config, 1, fix_hex("c0000001"), true);
	CU_ASSERT(fix_is((struct span){ room, wbuf_len(&w) },
		"00 00 0024 01 02 04 03 c0000001"
		"03 00 0008 03 00 000c"
		"03 00 0008 04 00 0013"
		"00 00 0008 05 00 0001"));
}

static void
a_choice_is_written(void)
{
	const struct proposal_choice choice = { .number = 3,
		.protocol = WIRE_PROTO_ESP,
		.cipher = ALG_CIPHER_chacha20_poly1305,
		.dh = ALG_DH_x25519 };
	uint8_t room[256];
	struct wbuf w = wbuf_over(room, sizeof(room));

	proposal_write_choice(&w, &choice, fix_hex("0badcafe"));
	CU_ASSERT(fix_is((struct span){ room, wbuf_len(&w) },
		"00 00 0024 03 03 04 03 0badcafe"
		"03 00 0008 01 00 001c"
		"03 00 0008 04 00 001f"
		"00 00 0008 05 00 0000"));
}

static void
an_offer_is_read(void)
{
	struct proposal_list l;

	CU_ASSERT_EQUAL(parse("02 00 0014 01 01 00 01" AES_CBC_128 "00 00 0028 02 03 04 02 c0000001"
			      "03 00 0014 01 00 000c 800e0100 0011 0004 01020304"
			      "00 00 0008 05 00 0000",
				&l),
		FAULT_payload);
	CU_ASSERT_EQUAL(parse("02 00 0014 01 01 00 01"
			      "00 00 000c 01 00 000c 800e0080"
			      "00 00 0028 02 03 04 02 c0000001"
			      "03 00 0014 01 00 000c 800e0100 0011 0004 01020304"
			      "00 00 0008 05 00 0000",
				&l),
		FAULT_NONE);
	CU_ASSERT_EQUAL(l.n, 2);
	CU_ASSERT_EQUAL(l.proposals[0].protocol, WIRE_PROTO_IKE);
	CU_ASSERT_EQUAL(l.proposals[0].n_transforms, 1);
	CU_ASSERT_EQUAL(l.proposals[0].transforms[0].key_bits, 128);
	CU_ASSERT(!l.proposals[0].transforms[0].unknown);
	CU_ASSERT_EQUAL(l.proposals[1].number, 2);
	CU_ASSERT_EQUAL(l.proposals[1].spi.len, 4);
	CU_ASSERT(l.proposals[1].transforms[0].unknown);
	CU_ASSERT_EQUAL(l.proposals[1].transforms[1].type, TRANSFORM_ESN);
}

static void
malformed_offers_are_refused(void)
{
	static const char *const rows[] = {
		"",
		"00",
		"00 00 0008 01 01 00",
		"00 00 0007 01 01 00",
		"00 00 0000 01 01 00 00",
		"02 00 0008 01 01 00 00",    /* another is promised */
		"00 00 0008 00 01 00 00",    /* number 0 */
		"01 00 0008 01 01 00 00",    /* neither last nor not */
		"00 00 0009 01 01 00 00",    /* longer than it is */
		"00 00 0008 01 01 00 01",    /* a transform is missing */
		"00 00 0009 01 01 00 00 00", /* something behind it */
		"00 00 0009 01 01 01 00 00", /* SPI lengths */
		"00 00 0008 01 03 00 00",
		"00 00 0010 01 03 08 00 0102030405060708",
		"00 00 000c 01 01 04 00 01020304",
		"00 00 0008 01 03 ff 00",
		"02 00 0008 01 01 00 00 00 00 0008 03 01 00 00", /* numbers */
		"02 00 0008 01 01 00 00 00 00 0008 01 01 00 00",
		"00 00 0010 01 01 00 01 03 00 0008 02 00 0005", /* the last promises another */
		"00 00 0018 01 01 00 02 00 00 0008 02 00 0005 00 00 0008 02 00 0005",
		"00 00 0010 01 01 00 01 00 00 0007 02 00 0005", /* transform lengths */
		"00 00 0010 01 01 00 01 00 00 0009 02 00 0005",
		"00 00 0010 01 01 00 01 00 00 0000 02 00 0005",
		"00 00 0012 01 01 00 01 00 00 000a 01 00 000c 800e", /* attributes */
		"00 00 0014 01 01 00 01 00 00 000c 01 00 000c 000e 0001",
		"00 00 0014 01 01 00 01 00 00 000c 01 00 000c 000e ffff",
	};
	struct proposal_list l;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT_EQUAL(parse(rows[i], &l), FAULT_payload);
}

static void
more_than_there_is_room_for_is_not_looked_at(void)
{
	static struct proposal_list l;
	static uint8_t room[65536];
	struct wbuf w = wbuf_over(room, sizeof(room));

	for (unsigned int i = 1; i <= 40; i++) {
		wbuf_u32(&w, i < 40 ? 0x02000008 + 200 * 8 : 0x00000008 + 200 * 8);
		wbuf_u32(&w, i << 24 | 0x0100c8);
		for (unsigned int t = 1; t <= 200; t++) {
			wbuf_u32(&w, t < 200 ? 0x03000008 : 0x00000008);
			wbuf_u32(&w, 0x02000005);
		}
	}
	CU_ASSERT_EQUAL_FATAL(w.bad, false);
	CU_ASSERT_EQUAL(proposal_parse((struct span){ room, wbuf_len(&w) }, &l), FAULT_NONE);
	CU_ASSERT_EQUAL(l.n, PROPOSAL_MAX);
	CU_ASSERT_EQUAL(l.proposals[0].n_transforms, PROPOSAL_TRANSFORM_MAX);
}

static void
groups_are_found_by_number(void)
{
	CU_ASSERT_EQUAL(proposal_dh_find(14), ALG_DH_modp_2048);
	CU_ASSERT_EQUAL(proposal_dh_find(31), ALG_DH_x25519);
	CU_ASSERT_EQUAL(proposal_dh_find(0), ALG_DH_NONE);
	CU_ASSERT_EQUAL(proposal_dh_find(22), ALG_DH_NONE);
	CU_ASSERT(proposal_has_dh(&ike_config, 1, ALG_DH_modp_2048));
	CU_ASSERT(!proposal_has_dh(&ike_config, 1, ALG_DH_x25519));
	CU_ASSERT(!proposal_has_dh(&ike_config, 0, ALG_DH_modp_2048));
}

static void
an_offer_is_shown(void)
{
	struct proposal_list l;
	char text[PROPOSAL_TEXT_MAX], little[8];

	CU_ASSERT_EQUAL(parse("00 00 002c 01 03 04 04 c0000001"
			      "03 00 000c 01 00 000c 800e0100"
			      "03 00 0008 03 00 000c"
			      "03 00 0008 04 00 0016"
			      "00 00 0008 05 00 0000",
				&l),
		FAULT_payload);
	CU_ASSERT_EQUAL(parse("00 00 0030 01 03 04 04 c0000001"
			      "03 00 000c 01 00 000c 800e0100"
			      "03 00 0008 03 00 000c"
			      "03 00 0008 04 00 0016"
			      "00 00 0008 05 00 0000",
				&l),
		FAULT_NONE);
	CU_ASSERT_STRING_EQUAL(proposal_format(&l.proposals[0], text, sizeof(text)),
		"ESP AES-256/SHA2-HMAC-256/type 4 number 22/32-bit sequence numbers");
	proposal_format(&l.proposals[0], little, sizeof(little));
	CU_ASSERT_STRING_EQUAL(little, "ESP AES");
}

static void
all_that_is_offered_is_shown(void)
{
	const struct proposal_config config[] = {
		{ .protocol = WIRE_PROTO_ESP,
			.encryption = { 2, { ALG_CIPHER_aes_gcm_128, ALG_CIPHER_aes_cbc_256 } },
			.integrity = { 1, { ALG_AUTH_hmac_sha2_256_128 } },
			.dh = { 1, { ALG_DH_x25519 } } },
	};
	char text[PROPOSAL_TEXT_MAX], little[24];

	CU_ASSERT_STRING_EQUAL(proposal_format_offer(config, 1, true, text, sizeof(text)),
		"ESP AES-GCM-128/Curve25519/32-bit sequence numbers; "
		"ESP AES-256/SHA2-HMAC-256/Curve25519/32-bit sequence numbers");
	CU_ASSERT_PTR_NULL(
		strstr(proposal_format_offer(config, 1, false, text, sizeof(text)), "25519"));
	CU_ASSERT_TRUE(strlen(proposal_format_offer(config, 1, true, little, sizeof(little))) <
		sizeof(little));
	CU_ASSERT_STRING_EQUAL(proposal_format_offer(config, 0, true, text, sizeof(text)), "");
}

CU_TestInfo proposal_tests[] = {
	{ "an offer is written", an_offer_is_written },
	{ "an AEAD stands in a proposal of its own", an_aead_stands_in_a_proposal_of_its_own },
	{ "AH has no cipher", ah_has_no_cipher },
	{ "a choice is written", a_choice_is_written },
	{ "an offer is read", an_offer_is_read },
	{ "malformed offers are refused", malformed_offers_are_refused },
	{ "more than there is room for is not looked at",
		more_than_there_is_room_for_is_not_looked_at },
	{ "groups are found by number", groups_are_found_by_number },
	{ "an offer is shown", an_offer_is_shown },
	{ "all that is offered is shown", all_that_is_offered_is_shown },
	CU_TEST_INFO_NULL,
};
