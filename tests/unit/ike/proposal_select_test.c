/*
 * Twin of daemon/ike/proposal_select.c.
 */
#include "config.h"

#include "daemon/ike/proposal.h"
#include "lib/buf.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/ike/fixture.h"
#include "tests/unit/ike/suites.h"

static const struct proposal_config strong = { .protocol = WIRE_PROTO_IKE,
	.encryption = { 2, { ALG_CIPHER_aes_cbc_256, ALG_CIPHER_aes_cbc_128 } },
	.integrity = { 1, { ALG_AUTH_hmac_sha2_256_128 } },
	.prf = { 2, { ALG_PRF_hmac_sha2_512, ALG_PRF_hmac_sha2_256 } },
	.dh = { 2, { ALG_DH_x25519, ALG_DH_modp_2048 } } };
static const struct proposal_config weak = { .protocol = WIRE_PROTO_IKE,
	.encryption = { 1, { ALG_CIPHER_3des_cbc } },
	.integrity = { 1, { ALG_AUTH_hmac_sha1_96 } },
	.prf = { 1, { ALG_PRF_hmac_sha1 } },
	.dh = { 1, { ALG_DH_modp_1024 } } };
static const struct proposal_config esp = { .protocol = WIRE_PROTO_ESP,
	.encryption = { 2, { ALG_CIPHER_aes_cbc_128, ALG_CIPHER_aes_gcm_128 } },
	.integrity = { 1, { ALG_AUTH_hmac_sha1_96 } },
	.dh = { 1, { ALG_DH_modp_2048 } } };

/* What configurations look like to the other end; bytes live until the next call. */
static void
offer(const struct proposal_config *config, unsigned int n, struct span spi, bool with_dh,
	struct proposal_list *l)
{
	static uint8_t room[4096];
	struct wbuf w = wbuf_over(room, sizeof(room));

	proposal_write(&w, config, n, spi, with_dh);
	CU_ASSERT_EQUAL_FATAL(proposal_parse((struct span){ room, wbuf_len(&w) }, l), FAULT_NONE);
}

static void
the_first_of_ours_is_chosen(void)
{
	const struct proposal_config theirs[] = { weak, strong };
	const struct proposal_config mine[] = { strong, weak };
	struct proposal_list l;
	struct proposal_choice c;

	offer(theirs, 2, (struct span){ NULL, 0 }, true, &l);
	CU_ASSERT_EQUAL(proposal_select(mine, 2, &l, 0, true, &c, NULL), 0);
	CU_ASSERT_EQUAL(c.config, 0);
	CU_ASSERT_EQUAL(c.number, 2);
	CU_ASSERT_EQUAL(c.protocol, WIRE_PROTO_IKE);
	CU_ASSERT_EQUAL(c.cipher, ALG_CIPHER_aes_cbc_256);
	CU_ASSERT_EQUAL(c.auth, ALG_AUTH_hmac_sha2_256_128);
	CU_ASSERT_EQUAL(c.prf, ALG_PRF_hmac_sha2_512);
	CU_ASSERT_EQUAL(c.dh, ALG_DH_x25519);
	CU_ASSERT_EQUAL(c.spi_len, 0);
	CU_ASSERT_EQUAL(proposal_select(mine + 1, 1, &l, 0, true, &c, NULL), 0);
	CU_ASSERT_EQUAL(c.number, 1);
	CU_ASSERT_EQUAL(c.dh, ALG_DH_modp_1024);
}

static void
a_group_that_is_there_already_is_taken(void)
{
	struct proposal_list l;
	struct proposal_choice c;

	offer(&strong, 1, (struct span){ NULL, 0 }, true, &l);
	CU_ASSERT_EQUAL(proposal_select(&strong, 1, &l, 14, true, &c, NULL), 0);
	CU_ASSERT_EQUAL(c.dh, ALG_DH_modp_2048);
	/* a group that is not offered, or not ours, changes nothing */
	CU_ASSERT_EQUAL(proposal_select(&strong, 1, &l, 2, true, &c, NULL), 0);
	CU_ASSERT_EQUAL(c.dh, ALG_DH_x25519);
}

static void
key_lengths_must_be_the_same(void)
{
	struct proposal_config theirs = strong;
	struct proposal_list l;
	struct proposal_choice c;
	struct proposal_why why;

	theirs.encryption = (struct proposal_algs){ 1, { ALG_CIPHER_aes_cbc_192 } };
	offer(&theirs, 1, (struct span){ NULL, 0 }, true, &l);
	CU_ASSERT_EQUAL(proposal_select(&strong, 1, &l, 0, true, &c, &why), -ENOENT);
	CU_ASSERT_EQUAL(why.type, TRANSFORM_ENCR);
	CU_ASSERT_STRING_EQUAL(why.detail, "no encryption algorithm in common");
	CU_ASSERT_STRING_EQUAL(why.offered, "AES-192");
	CU_ASSERT_STRING_EQUAL(why.configured, "AES-256, AES-128");
}

static void
the_first_kind_without_overlap_is_named(void)
{
	struct proposal_config theirs[] = { weak, strong, strong };
	struct proposal_list l;
	struct proposal_choice c;
	struct proposal_why why;

	theirs[1].dh = (struct proposal_algs){ 1, { ALG_DH_ecp_256 } };
	theirs[2].dh = (struct proposal_algs){ 2, { ALG_DH_ecp_384, ALG_DH_ecp_256 } };
	offer(theirs, 3, (struct span){ NULL, 0 }, true, &l);
	CU_ASSERT_EQUAL(proposal_select(&strong, 1, &l, 19, true, &c, &why), -ENOENT);
	CU_ASSERT_EQUAL(why.type, TRANSFORM_DH);
	CU_ASSERT_STRING_EQUAL(why.detail, "no Diffie-Hellman group in common");
	CU_ASSERT_STRING_EQUAL(why.offered, "ECP-256, ECP-384");
	CU_ASSERT_STRING_EQUAL(why.configured, "Curve25519, MODP-2048");

	theirs[1] = strong;
	theirs[1].prf = weak.prf;
	offer(theirs + 1, 1, (struct span){ NULL, 0 }, true, &l);
	CU_ASSERT_EQUAL(proposal_select(&strong, 1, &l, 0, true, &c, &why), -ENOENT);
	CU_ASSERT_STRING_EQUAL(why.detail, "no pseudo-random function in common");
	CU_ASSERT_STRING_EQUAL(why.offered, "HMAC-SHA1");
}

static void
nothing_of_the_protocol_is_said_so(void)
{
	struct proposal_config ah = { .protocol = WIRE_PROTO_AH,
		.integrity = { 1, { ALG_AUTH_hmac_sha1_96 } } };
	struct proposal_list l;
	struct proposal_choice c;
	struct proposal_why why;

	offer(&ah, 1, fix_hex("00000100"), true, &l);
	CU_ASSERT_EQUAL(proposal_select(&esp, 1, &l, 0, true, &c, &why), -ENOENT);
	CU_ASSERT_EQUAL(why.type, 0);
	CU_ASSERT_STRING_EQUAL(why.detail, "no proposal for this protocol");
	CU_ASSERT_EQUAL(proposal_select(&esp, 0, &l, 0, true, &c, &why), -ENOENT);
}

static void
an_aead_goes_without_integrity(void)
{
	struct proposal_list l;
	struct proposal_choice c;
	struct proposal_config theirs = esp;

	theirs.encryption = (struct proposal_algs){ 1, { ALG_CIPHER_aes_gcm_128 } };
	offer(&theirs, 1, fix_hex("0a0b0c0d"), false, &l);
	CU_ASSERT_EQUAL(proposal_select(&esp, 1, &l, 0, false, &c, NULL), 0);
	CU_ASSERT_EQUAL(c.cipher, ALG_CIPHER_aes_gcm_128);
	CU_ASSERT_EQUAL(c.auth, ALG_AUTH_NONE);
	CU_ASSERT_EQUAL(c.dh, ALG_DH_NONE);
	CU_ASSERT_EQUAL(c.spi_len, 4);
	CU_ASSERT_EQUAL(memcmp(c.spi, "\x0a\x0b\x0c\x0d", 4), 0);

	/* that there is none may be said */
	CU_ASSERT_EQUAL_FATAL(proposal_parse(fix_hex("00 00 0028 01 03 04 03 0a0b0c0d"
						     "03 00 000c 01 00 0014 800e0080"
						     "03 00 0008 03 00 0000"
						     "00 00 0008 05 00 0000"),
				      &l),
		FAULT_NONE);
	CU_ASSERT_EQUAL(proposal_select(&esp, 1, &l, 0, false, &c, NULL), 0);
	/* an AEAD and an HMAC together are none of ours */
	CU_ASSERT_EQUAL_FATAL(proposal_parse(fix_hex("00 00 0028 01 03 04 03 0a0b0c0d"
						     "03 00 000c 01 00 0014 800e0080"
						     "03 00 0008 03 00 0002"
						     "00 00 0008 05 00 0000"),
				      &l),
		FAULT_NONE);
	CU_ASSERT_EQUAL(proposal_select(&esp, 1, &l, 0, false, &c, NULL), -ENOENT);
}

static void
a_transform_that_is_not_understood_spoils_its_proposal(void)
{
	struct proposal_list l;
	struct proposal_choice c;

	/* an unknown type, an unknown attribute */
	CU_ASSERT_EQUAL_FATAL(proposal_parse(fix_hex("02 00 0028 01 03 04 03 0a0b0c0d"
						     "03 00 000c 01 00 0014 800e0080"
						     "03 00 0008 06 00 0001"
						     "00 00 0008 05 00 0000"
						     "00 00 0024 02 03 04 02 0a0b0c0d"
						     "03 00 0010 01 00 0014 800e0080 80110001"
						     "00 00 0008 05 00 0000"),
				      &l),
		FAULT_NONE);
	CU_ASSERT_EQUAL(proposal_select(&esp, 1, &l, 0, false, &c, NULL), -ENOENT);
}

static void
sequence_numbers_are_chosen(void)
{
	static const struct {
		bool mine_esn, mine_only, theirs_esn, theirs_only;
		int rc;
		bool esn;
	} rows[] = {
		{ false, false, false, false, 0, false },
		{ true, false, false, false, 0, false },
		{ false, false, true, false, 0, false },
		{ true, false, true, false, 0, true },
		{ true, true, true, false, 0, true },
		{ true, true, false, false, -ENOENT, false },
		{ false, false, true, true, -ENOENT, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct proposal_config mine = esp, theirs = esp;
		struct proposal_list l;
		struct proposal_choice c = { 0 };

		mine.esn = rows[i].mine_esn;
		mine.esn_only = rows[i].mine_only;
		theirs.esn = rows[i].theirs_esn;
		theirs.esn_only = rows[i].theirs_only;
		offer(&theirs, 1, fix_hex("00000100"), true, &l);
		CU_ASSERT_EQUAL(proposal_select(&mine, 1, &l, 14, true, &c, NULL), rows[i].rc);
		CU_ASSERT_EQUAL(c.esn, rows[i].esn);
	}
}

static void
no_word_about_sequence_numbers_means_32_bits(void)
{
	struct proposal_list l;
	struct proposal_choice c;

	CU_ASSERT_EQUAL_FATAL(proposal_parse(fix_hex("00 00 0018 01 03 04 01 0a0b0c0d"
						     "00 00 000c 01 00 0014 800e0080"),
				      &l),
		FAULT_NONE);
	CU_ASSERT_EQUAL(proposal_select(&esp, 1, &l, 0, false, &c, NULL), 0);
	CU_ASSERT(!c.esn);
}

static void
pfs_is_all_or_nothing(void)
{
	struct proposal_config without = esp;
	struct proposal_list l;
	struct proposal_choice c;
	struct proposal_why why;

	without.dh.n = 0;
	offer(&without, 1, fix_hex("00000100"), true, &l);
	CU_ASSERT_EQUAL(proposal_select(&esp, 1, &l, 0, true, &c, &why), -ENOENT);
	CU_ASSERT_EQUAL(why.type, TRANSFORM_DH);
	CU_ASSERT_STRING_EQUAL(why.offered, "none");
	CU_ASSERT_STRING_EQUAL(why.configured, "MODP-2048");
	offer(&esp, 1, fix_hex("00000100"), true, &l);
	CU_ASSERT_EQUAL(proposal_select(&without, 1, &l, 14, true, &c, &why), -ENOENT);
	CU_ASSERT_STRING_EQUAL(why.configured, "none");
	/* in IKE_AUTH it does not matter */
	CU_ASSERT_EQUAL(proposal_select(&without, 1, &l, 0, false, &c, NULL), 0);
	CU_ASSERT_EQUAL(c.dh, ALG_DH_NONE);
}

static void
an_answer_is_checked(void)
{
	/* { answer to `esp`, is it good? } : number 1 is CBC, 2 is GCM */
	static const struct {
		const char *digits;
		bool good;
	} rows[] = {
		{ "00 00 0030 01 03 04 04 0a0b0c0d"
		  "03 00 000c 01 00 000c 800e0080 03 00 0008 03 00 0002"
		  "03 00 0008 04 00 000e 00 00 0008 05 00 0000",
			true },
		{ "00 00 0030 02 03 04 04 0a0b0c0d" /* the other's number */
		  "03 00 000c 01 00 000c 800e0080 03 00 0008 03 00 0002"
		  "03 00 0008 04 00 000e 00 00 0008 05 00 0000",
			false },
		{ "00 00 0030 03 03 04 04 0a0b0c0d" /* no such number */
		  "03 00 000c 01 00 000c 800e0080 03 00 0008 03 00 0002"
		  "03 00 0008 04 00 000e 00 00 0008 05 00 0000",
			false },
		{ "00 00 0030 01 03 04 04 0a0b0c0d" /* another key length */
		  "03 00 000c 01 00 000c 800e0100 03 00 0008 03 00 0002"
		  "03 00 0008 04 00 000e 00 00 0008 05 00 0000",
			false },
		{ "00 00 0030 01 02 04 04 0a0b0c0d" /* another protocol */
		  "03 00 000c 01 00 000c 800e0080 03 00 0008 03 00 0002"
		  "03 00 0008 04 00 000e 00 00 0008 05 00 0000",
			false },
		{ "00 00 0030 01 03 04 04 0a0b0c0d" /* two of a kind */
		  "03 00 000c 01 00 000c 800e0080 03 00 0008 03 00 0002"
		  "03 00 0008 05 00 0000 00 00 0008 05 00 0000",
			false },
		{ "00 00 0028 01 03 04 03 0a0b0c0d" /* no group */
		  "03 00 000c 01 00 000c 800e0080 03 00 0008 03 00 0002"
		  "00 00 0008 05 00 0000",
			false },
		{ "00 00 0028 02 03 04 03 0a0b0c0d"
		  "03 00 000c 01 00 0014 800e0080 03 00 0008 04 00 000e"
		  "00 00 0008 05 00 0000",
			true },
	};
	struct proposal_choice c;
	struct proposal_why why;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct proposal_list l;

		CU_ASSERT_EQUAL_FATAL(proposal_parse(fix_hex(rows[i].digits), &l), FAULT_NONE);
		CU_ASSERT_EQUAL(
			proposal_check(&esp, 1, &l, true, &c, &why), rows[i].good ? 0 : -EBADMSG);
		CU_ASSERT_EQUAL(why.detail[0] != '\0' || rows[i].good, true);
	}
	CU_ASSERT_EQUAL(c.cipher, ALG_CIPHER_aes_gcm_128);
	CU_ASSERT_EQUAL(c.dh, ALG_DH_modp_2048);
	CU_ASSERT_EQUAL(c.number, 2);
}

static void
an_answer_without_dh_must_not_have_one(void)
{
	struct proposal_list l;
	struct proposal_choice c;

	CU_ASSERT_EQUAL_FATAL(proposal_parse(fix_hex("00 00 0028 02 03 04 03 0a0b0c0d"
						     "03 00 000c 01 00 0014 800e0080"
						     "03 00 0008 04 00 000e"
						     "00 00 0008 05 00 0000"),
				      &l),
		FAULT_NONE);
	CU_ASSERT_EQUAL(proposal_check(&esp, 1, &l, false, &c, NULL), -EBADMSG);
	l.proposals[0].transforms[1].id = 0;
	CU_ASSERT_EQUAL(proposal_check(&esp, 1, &l, false, &c, NULL), 0);
	CU_ASSERT_EQUAL(c.dh, ALG_DH_NONE);
}

static void
two_proposals_are_no_answer(void)
{
	struct proposal_list l;
	struct proposal_choice c;
	struct proposal_why why;

	offer(&esp, 1, fix_hex("0a0b0c0d"), true, &l);
	CU_ASSERT_EQUAL(l.n, 2);
	CU_ASSERT_EQUAL(proposal_check(&esp, 1, &l, true, &c, &why), -EBADMSG);
	CU_ASSERT_STRING_EQUAL(why.detail, "the peer's answer is not one proposal");
	CU_ASSERT_STRING_EQUAL(
		why.offered, "ESP AES-128/SHA1-HMAC-96/MODP-2048/32-bit sequence numbers");
}

/* Whatever is chosen is an answer that its initiator takes. */
static void
a_choice_passes_the_check(void)
{
	const struct proposal_config theirs[] = { esp, esp };
	struct proposal_list l;
	struct proposal_choice c, again;
	uint8_t room[256];
	struct wbuf w = wbuf_over(room, sizeof(room));

	offer(theirs, 2, fix_hex("0a0b0c0d"), true, &l);
	CU_ASSERT_EQUAL(proposal_select(&esp, 1, &l, 14, true, &c, NULL), 0);
	proposal_write_choice(&w, &c, fix_hex("01020304"));
	CU_ASSERT_EQUAL_FATAL(proposal_parse((struct span){ room, wbuf_len(&w) }, &l), FAULT_NONE);
	CU_ASSERT_EQUAL(proposal_check(theirs, 2, &l, true, &again, NULL), 0);
	CU_ASSERT_EQUAL(again.cipher, c.cipher);
	CU_ASSERT_EQUAL(again.auth, c.auth);
	CU_ASSERT_EQUAL(again.dh, c.dh);
	CU_ASSERT_EQUAL(memcmp(again.spi, "\1\2\3\4", 4), 0);
}

CU_TestInfo proposal_select_tests[] = {
	{ "the first of ours is chosen", the_first_of_ours_is_chosen },
	{ "a group that is there already is taken", a_group_that_is_there_already_is_taken },
	{ "key lengths must be the same", key_lengths_must_be_the_same },
	{ "the first kind without overlap is named", the_first_kind_without_overlap_is_named },
	{ "nothing of the protocol is said so", nothing_of_the_protocol_is_said_so },
	{ "an AEAD goes without integrity", an_aead_goes_without_integrity },
	{ "a transform that is not understood spoils its proposal",
		a_transform_that_is_not_understood_spoils_its_proposal },
	{ "sequence numbers are chosen", sequence_numbers_are_chosen },
	{ "no word about sequence numbers means 32 bits",
		no_word_about_sequence_numbers_means_32_bits },
	{ "PFS is all or nothing", pfs_is_all_or_nothing },
	{ "an answer is checked", an_answer_is_checked },
	{ "an answer without DH must not have one", an_answer_without_dh_must_not_have_one },
	{ "two proposals are no answer", two_proposals_are_no_answer },
	{ "a choice passes the check", a_choice_passes_the_check },
	CU_TEST_INFO_NULL,
};
