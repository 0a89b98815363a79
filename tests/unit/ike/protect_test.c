/*
 * Twin of daemon/ike/protect.c: the message of RFC 7634 appendix B, and all lengths.
 */
#include "config.h"

#include "daemon/ike/protect.h"
#include "lib/buf.h"
#include "lib/secret.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/ike/fixture.h"
#include "tests/unit/ike/suites.h"

static const struct wire_hdr hdr = { .spi_i = 0x1111111111111111,
	.spi_r = 0x2222222222222222,
	.exchange = WIRE_INFORMATIONAL,
	.initiator = true,
	.id = 7 };

/* RFC 7634 appendix B: N(SET_WINDOW_SIZE) of 10, SPIs c0…c7 and d0…d7, message 9. */
#define RFC7634_CHAIN "0000000c 0000 4001 0000000a"
static const char rfc7634[] = "c0c1c2c3c4c5c6c7 d0d1d2d3d4d5d6d7 2e202500 00000009 00000045"
			      "29000029 1011121314151617"
			      "610394701f8d017f7c129248 89"
			      "6b71bfe25236efd7cdc670669063 15b2";

static void
the_rfcs_message_is_opened(void)
{
	struct crypt *c = fix_crypt(NULL);
	struct span key =
		fix_hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3");
	struct keys k = { .open = crypt_box_new(c, ALG_CIPHER_chacha20_poly1305, ALG_AUTH_NONE, key,
				  (struct span){ NULL, 0 }, false) };
	struct span wire = fix_hex(rfc7634), text;
	uint8_t p[128];
	struct message m;

	CU_ASSERT_PTR_NOT_NULL_FATAL(k.open);
	CU_ASSERT_EQUAL_FATAL(wire.len, 69);
	memcpy(p, wire.p, wire.len);
	CU_ASSERT_EQUAL(message_parse(p, wire.len, &m), FAULT_NONE);
	CU_ASSERT_EQUAL(m.encrypted.inner, PAYLOAD_notify);
	CU_ASSERT_EQUAL_FATAL(protect_open(&k, p, &m, &text), FAULT_NONE);
	CU_ASSERT(fix_is(text, RFC7634_CHAIN));
	CU_ASSERT_EQUAL(message_parse_inner(&m, m.encrypted.inner, text), FAULT_NONE);
	CU_ASSERT_EQUAL(m.notifies[0].type, NOTIFY_set_window_size);
	CU_ASSERT(fix_is(m.notifies[0].data, "0000000a"));
	keys_fini(&k);
	crypt_free(c);
}

static const struct {
	enum alg_cipher cipher;
	enum alg_auth auth;
} suites[] = {
	{ ALG_CIPHER_aes_cbc_256, ALG_AUTH_hmac_sha2_256_128 },
	{ ALG_CIPHER_3des_cbc, ALG_AUTH_hmac_sha1_96 },
	{ ALG_CIPHER_aes_gcm_256, ALG_AUTH_NONE },
	{ ALG_CIPHER_chacha20_poly1305, ALG_AUTH_NONE },
	{ ALG_CIPHER_aes_ctr_128, ALG_AUTH_hmac_md5_96 },
};
enum { N_SUITES = sizeof(suites) / sizeof(suites[0]) };

static void
all_lengths_are_sealed_and_opened(void)
{
	struct crypt *c = fix_crypt(NULL);
	uint8_t chain[70];

	for (size_t i = 0; i < sizeof(chain); i++)
		chain[i] = (uint8_t)i;
	for (size_t i = 0; i < N_SUITES; i++) {
		struct keys a, b;

		fix_keys(c, suites[i].cipher, suites[i].auth, &a, &b);
		for (size_t len = 0; len <= sizeof(chain); len++) {
			uint8_t room[256];
			struct wbuf w = wbuf_over(room, sizeof(room));
			struct message m;
			struct span text;

			CU_ASSERT_EQUAL(
				protect_seal(&a, &hdr, PAYLOAD_notify, (struct span){ chain, len },
					(struct protect_part){ 0 }, &w),
				0);
			CU_ASSERT_EQUAL(wbuf_len(&w), protect_len(&a, len, false));
			CU_ASSERT_EQUAL(message_parse(room, wbuf_len(&w), &m), FAULT_NONE);
			CU_ASSERT_EQUAL(m.hdr.id, 7);
			CU_ASSERT_EQUAL_FATAL(protect_open(&b, room, &m, &text), FAULT_NONE);
			CU_ASSERT_EQUAL(text.len, len);
			CU_ASSERT_EQUAL(memcmp(text.p, chain, len), 0);
		}
		keys_fini(&a);
		keys_fini(&b);
	}
	crypt_free(c);
}

static void
what_fits_is_known_before(void)
{
	struct crypt *c = fix_crypt(NULL);

	for (size_t i = 0; i < N_SUITES; i++) {
		struct keys a, b;

		fix_keys(c, suites[i].cipher, suites[i].auth, &a, &b);
		for (size_t max = 0; max < 400; max++) {
			for (int fragment = 0; fragment < 2; fragment++) {
				size_t room = protect_room(&a, max, fragment);

				CU_ASSERT(room == 0 || protect_len(&a, room, fragment) <= max);
				CU_ASSERT(protect_len(&a, room + 1, fragment) > max);
			}
		}
		keys_fini(&a);
		keys_fini(&b);
	}
	crypt_free(c);
}

/* A message that is one byte off, at each place: header, payload, text, ICV. */
static void
what_is_changed_is_not_opened(void)
{
	struct crypt *c = fix_crypt(NULL);

	for (size_t i = 0; i < N_SUITES; i++) {
		struct keys a, b;
		uint8_t room[256];
		struct wbuf w = wbuf_over(room, sizeof(room));
		size_t len;

		fix_keys(c, suites[i].cipher, suites[i].auth, &a, &b);
		CU_ASSERT_EQUAL_FATAL(
			protect_seal(&a, &hdr, PAYLOAD_notify, fix_hex("00000008 00004000"),
				(struct protect_part){ 0 }, &w),
			0);
		len = wbuf_len(&w);
		for (size_t at = 0; at < len; at++) {
			uint8_t *p = malloc(len);
			struct message m;
			struct span text;

			CU_ASSERT_PTR_NOT_NULL_FATAL(p);
			memcpy(p, room, len);
			p[at] ^= 1;
			if (message_parse(p, len, &m) == FAULT_NONE &&
				m.encrypted.payload.p != NULL)
				CU_ASSERT_EQUAL(protect_open(&b, p, &m, &text), FAULT_integrity);
			free(p);
		}
		/* nor by the one who sealed it */
		{
			struct message m;
			struct span text;

			CU_ASSERT_EQUAL(message_parse(room, len, &m), FAULT_NONE);
			CU_ASSERT_EQUAL(protect_open(&a, room, &m, &text), FAULT_integrity);
		}
		keys_fini(&a);
		keys_fini(&b);
	}
	crypt_free(c);
}

static void
what_is_too_short_is_not_opened(void)
{
	struct crypt *c = fix_crypt(NULL);

	for (size_t i = 0; i < N_SUITES; i++) {
		struct keys a, b;

		fix_keys(c, suites[i].cipher, suites[i].auth, &a, &b);
		for (size_t len = WIRE_HDR_LEN + WIRE_PAYLOAD_HDR_LEN; len < 120; len++) {
			uint8_t *p = calloc(1, len);
			struct wbuf w = wbuf_over(p, len);
			struct wire_hdr h = hdr;
			struct message m;
			struct span text;

			CU_ASSERT_PTR_NOT_NULL_FATAL(p);
			h.next = PAYLOAD_sk;
			h.len = (uint32_t)len;
			wire_hdr_write(&w, &h);
			wbuf_u32(&w, (uint32_t)(len - WIRE_HDR_LEN));
			CU_ASSERT_EQUAL(message_parse(p, len, &m), FAULT_NONE);
			CU_ASSERT(protect_open(&b, p, &m, &text) != FAULT_NONE);
			free(p);
		}
		keys_fini(&a);
		keys_fini(&b);
	}
	crypt_free(c);
}

/* Seals a text with the padding length given, as a peer with keys may. */
static enum wire_fault
open_padded(struct keys *a, struct keys *b, uint8_t pad_len, struct span *text)
{
	uint8_t p[WIRE_HDR_LEN + 4 + 16 + 32 + 16];
	struct wbuf w = wbuf_over(p, sizeof(p));
	struct wire_hdr h = hdr;
	struct message m;

	h.next = PAYLOAD_sk;
	h.len = sizeof(p);
	wire_hdr_write(&w, &h);
	wbuf_u32(&w, sizeof(p) - WIRE_HDR_LEN);
	memset(w.p, 0x77, sizeof(p) - wbuf_len(&w));
	w.p[16 + 31] = pad_len;
	CU_ASSERT_EQUAL(crypt_box_seal(a->seal, p, WIRE_HDR_LEN + 4, 32), 0);
	CU_ASSERT_EQUAL(message_parse(p, sizeof(p), &m), FAULT_NONE);
	return protect_open(b, p, &m, text);
}

static void
padding_is_taken_as_far_as_it_fits(void)
{
	struct crypt *c = fix_crypt(NULL);
	struct keys a, b;
	struct span text;

	fix_keys(c, ALG_CIPHER_aes_cbc_128, ALG_AUTH_hmac_sha2_256_128, &a, &b);
	CU_ASSERT_EQUAL(open_padded(&a, &b, 0, &text), FAULT_NONE);
	CU_ASSERT_EQUAL(text.len, 31);
	CU_ASSERT_EQUAL(open_padded(&a, &b, 31, &text), FAULT_NONE);
	CU_ASSERT_EQUAL(text.len, 0);
	CU_ASSERT_EQUAL(open_padded(&a, &b, 32, &text), FAULT_padding);
	CU_ASSERT_EQUAL(open_padded(&a, &b, 255, &text), FAULT_padding);
	keys_fini(&a);
	keys_fini(&b);
	crypt_free(c);
}

CU_TestInfo protect_tests[] = {
	{ "the RFC's message is opened", the_rfcs_message_is_opened },
	{ "all lengths are sealed and opened", all_lengths_are_sealed_and_opened },
	{ "what fits is known before", what_fits_is_known_before },
	{ "what is changed is not opened", what_is_changed_is_not_opened },
	{ "what is too short is not opened", what_is_too_short_is_not_opened },
	{ "padding is taken as far as it fits", padding_is_taken_as_far_as_it_fits },
	CU_TEST_INFO_NULL,
};
