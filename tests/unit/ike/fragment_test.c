/*
 * Twin of daemon/ike/fragment.c: RFC 7383 2.5 and 2.6.
 */
#include "config.h"

#include "daemon/ike/fragment.h"
#include "daemon/ike/keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/ike/fixture.h"
#include "tests/unit/ike/suites.h"

enum { DATAGRAMS_MAX = 80, CHAIN_LEN = 5000 };

static const struct wire_hdr hdr = { .spi_i = 1, .spi_r = 2, .exchange = WIRE_IKE_AUTH, .id = 1 };

struct sent {
	unsigned int n;
	size_t len[DATAGRAMS_MAX];
	uint8_t p[DATAGRAMS_MAX][1500];
};

static void
emit(void *arg, const uint8_t *datagram, size_t len)
{
	struct sent *s = arg;

	CU_ASSERT_FATAL(s->n < DATAGRAMS_MAX && len <= 1500);
	s->len[s->n] = len;
	memcpy(s->p[s->n++], datagram, len);
}

/* Two ends and a long chain. */
struct world {
	struct crypt *crypt;
	struct keys a, b;
	uint8_t chain[CHAIN_LEN];
	struct sent sent;
	struct fragments f;
};

static struct world *
world_new(enum alg_cipher cipher, enum alg_auth auth)
{
	struct world *w = calloc(1, sizeof(*w));

	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	w->crypt = fix_crypt(NULL);
	fix_keys(w->crypt, cipher, auth, &w->a, &w->b);
	for (size_t i = 0; i < CHAIN_LEN; i++)
		w->chain[i] = (uint8_t)(i * 7);
	return w;
}

static void
world_free(struct world *w)
{
	fragment_clear(&w->f);
	keys_fini(&w->a);
	keys_fini(&w->b);
	crypt_free(w->crypt);
	free(w);
}

static int
seal(struct world *w, uint32_t id, size_t len, size_t max)
{
	struct wire_hdr h = hdr;

	h.id = id;
	w->sent.n = 0;
	return fragment_seal(
		&w->a, &h, PAYLOAD_id_i, (struct span){ w->chain, len }, max, emit, &w->sent);
}

/* Opens the i-th datagram (a copy) and adds it. */
static enum fragment_state
add(struct world *w, unsigned int i, uint8_t *first, struct span *whole)
{
	uint8_t p[1500];
	struct message m;
	struct span text;

	memcpy(p, w->sent.p[i], w->sent.len[i]);
	CU_ASSERT_EQUAL_FATAL(message_parse(p, w->sent.len[i], &m), FAULT_NONE);
	CU_ASSERT_EQUAL_FATAL(protect_open(&w->b, p, &m, &text), FAULT_NONE);
	return fragment_add(&w->f, &m, text, first, whole);
}

static void
a_long_message_goes_in_pieces_in_any_order(void)
{
	static const struct {
		enum alg_cipher cipher;
		enum alg_auth auth;
	} suites[] = {
		{ ALG_CIPHER_aes_cbc_128, ALG_AUTH_hmac_sha2_256_128 },
		{ ALG_CIPHER_aes_gcm_128, ALG_AUTH_NONE },
	};

	for (size_t i = 0; i < 2; i++) {
		struct world *w = world_new(suites[i].cipher, suites[i].auth);
		struct span whole;
		uint8_t first = 0;

		CU_ASSERT_EQUAL(seal(w, 1, CHAIN_LEN, FRAGMENT_DATAGRAM_V4), 0);
		CU_ASSERT(w->sent.n > 9);
		for (unsigned int n = w->sent.n; n > 0; n--) {
			CU_ASSERT(w->sent.len[n - 1] <= FRAGMENT_DATAGRAM_V4);
			CU_ASSERT_EQUAL(add(w, n - 1, &first, &whole),
				n > 1 ? FRAGMENT_MORE : FRAGMENT_WHOLE);
		}
		CU_ASSERT_EQUAL(first, PAYLOAD_id_i);
		CU_ASSERT_EQUAL(whole.len, CHAIN_LEN);
		CU_ASSERT_EQUAL(memcmp(whole.p, w->chain, CHAIN_LEN), 0);
		world_free(w);
	}
}

static void
a_short_message_goes_whole(void)
{
	struct world *w = world_new(ALG_CIPHER_aes_gcm_128, ALG_AUTH_NONE);
	size_t room = protect_room(&w->a, FRAGMENT_DATAGRAM_V4, false);
	struct message m;

	CU_ASSERT_EQUAL(seal(w, 1, room, FRAGMENT_DATAGRAM_V4), 0);
	CU_ASSERT_EQUAL(w->sent.n, 1);
	CU_ASSERT_EQUAL(message_parse(w->sent.p[0], w->sent.len[0], &m), FAULT_NONE);
	CU_ASSERT(!m.encrypted.is_fragment);
	CU_ASSERT_EQUAL(seal(w, 1, room + 1, FRAGMENT_DATAGRAM_V4), 0);
	CU_ASSERT_EQUAL(w->sent.n, 2);
	CU_ASSERT_EQUAL(message_parse(w->sent.p[1], w->sent.len[1], &m), FAULT_NONE);
	CU_ASSERT(m.encrypted.is_fragment);
	CU_ASSERT_EQUAL(m.encrypted.inner, PAYLOAD_NONE);
	CU_ASSERT_EQUAL(seal(w, 1, 1400, 0), 0);
	CU_ASSERT_EQUAL(w->sent.n, 1);
	world_free(w);
}

static void
what_cannot_be_cut_is_refused(void)
{
	struct world *w = world_new(ALG_CIPHER_aes_gcm_128, ALG_AUTH_NONE);

	CU_ASSERT_EQUAL(seal(w, 1, 100, 60), -EMSGSIZE);
	CU_ASSERT_EQUAL(seal(w, 1, CHAIN_LEN, 100), -EMSGSIZE);
	CU_ASSERT_EQUAL(w->sent.n, 0);
	world_free(w);
}

static void
a_fragment_that_comes_twice_is_ignored(void)
{
	struct world *w = world_new(ALG_CIPHER_aes_gcm_128, ALG_AUTH_NONE);
	struct span whole;
	uint8_t first;

	CU_ASSERT_EQUAL(seal(w, 1, 1200, FRAGMENT_DATAGRAM_V4), 0);
	CU_ASSERT_EQUAL_FATAL(w->sent.n, 3);
	CU_ASSERT_EQUAL(add(w, 0, &first, &whole), FRAGMENT_MORE);
	CU_ASSERT_EQUAL(add(w, 0, &first, &whole), FRAGMENT_IGNORED);
	CU_ASSERT_EQUAL(add(w, 1, &first, &whole), FRAGMENT_MORE);
	CU_ASSERT_EQUAL(add(w, 2, &first, &whole), FRAGMENT_WHOLE);
	CU_ASSERT_EQUAL(whole.len, 1200);
	/* a retransmission begins anew */
	CU_ASSERT_EQUAL(add(w, 2, &first, &whole), FRAGMENT_MORE);
	world_free(w);
}

/* 2.5.2: a sender that learns of a smaller MTU cuts again, into more. */
static void
a_larger_total_replaces_a_smaller_one(void)
{
	struct world *w = world_new(ALG_CIPHER_aes_gcm_128, ALG_AUTH_NONE);
	struct span whole;
	uint8_t first;

	CU_ASSERT_EQUAL(seal(w, 1, 1200, FRAGMENT_DATAGRAM_V4), 0);
	CU_ASSERT_EQUAL(add(w, 0, &first, &whole), FRAGMENT_MORE);
	CU_ASSERT_EQUAL(seal(w, 1, 1200, 300), 0);
	CU_ASSERT(w->sent.n > 3);
	for (unsigned int i = 0; i + 1 < w->sent.n; i++)
		CU_ASSERT_EQUAL(add(w, i, &first, &whole), FRAGMENT_MORE);
	CU_ASSERT_EQUAL(seal(w, 1, 1200, FRAGMENT_DATAGRAM_V4), 0);
	CU_ASSERT_EQUAL(add(w, 1, &first, &whole), FRAGMENT_IGNORED);
	CU_ASSERT_EQUAL(seal(w, 1, 1200, 300), 0);
	CU_ASSERT_EQUAL(add(w, w->sent.n - 1, &first, &whole), FRAGMENT_WHOLE);
	CU_ASSERT_EQUAL(memcmp(whole.p, w->chain, 1200), 0);
	world_free(w);
}

static void
another_message_replaces_one_that_is_not_whole(void)
{
	struct world *w = world_new(ALG_CIPHER_aes_gcm_128, ALG_AUTH_NONE);
	struct span whole;
	uint8_t first;

	CU_ASSERT_EQUAL(seal(w, 1, 1200, FRAGMENT_DATAGRAM_V4), 0);
	CU_ASSERT_EQUAL(add(w, 0, &first, &whole), FRAGMENT_MORE);
	CU_ASSERT_EQUAL(seal(w, 2, 700, FRAGMENT_DATAGRAM_V4), 0);
	CU_ASSERT_EQUAL_FATAL(w->sent.n, 2);
	CU_ASSERT_EQUAL(add(w, 0, &first, &whole), FRAGMENT_MORE);
	CU_ASSERT_EQUAL(add(w, 1, &first, &whole), FRAGMENT_WHOLE);
	CU_ASSERT_EQUAL(whole.len, 700);
	world_free(w);
}

static void
memory_is_bounded(void)
{
	static uint8_t much[40000];
	struct fragments f = { 0 };
	struct message m = { .encrypted = { .is_fragment = true, .number = 1, .total = 64 } };
	struct span whole;
	uint8_t first;

	CU_ASSERT_EQUAL(fragment_add(&f, &m, (struct span){ much, sizeof(much) }, &first, &whole),
		FRAGMENT_MORE);
	m.encrypted.number = 2;
	CU_ASSERT_EQUAL(fragment_add(&f, &m, (struct span){ much, sizeof(much) }, &first, &whole),
		FRAGMENT_IGNORED);
	CU_ASSERT_EQUAL(
		fragment_add(&f, &m, (struct span){ much, 0 }, &first, &whole), FRAGMENT_IGNORED);
	m.encrypted.total = 65;
	CU_ASSERT_EQUAL(
		fragment_add(&f, &m, (struct span){ much, 1 }, &first, &whole), FRAGMENT_IGNORED);
	m.encrypted.total = 1;
	CU_ASSERT_EQUAL(
		fragment_add(&f, &m, (struct span){ much, 1 }, &first, &whole), FRAGMENT_IGNORED);
	m.encrypted.is_fragment = false;
	m.encrypted.number = 1;
	CU_ASSERT_EQUAL(
		fragment_add(&f, &m, (struct span){ much, 1 }, &first, &whole), FRAGMENT_IGNORED);
	fragment_clear(&f);
	fragment_clear(&f);
}

CU_TestInfo fragment_tests[] = {
	{ "a long message goes in pieces, in any order",
		a_long_message_goes_in_pieces_in_any_order },
	{ "a short message goes whole", a_short_message_goes_whole },
	{ "what cannot be cut is refused", what_cannot_be_cut_is_refused },
	{ "a fragment that comes twice is ignored", a_fragment_that_comes_twice_is_ignored },
	{ "a larger total replaces a smaller one", a_larger_total_replaces_a_smaller_one },
	{ "another message replaces one that is not whole",
		another_message_replaces_one_that_is_not_whole },
	{ "memory is bounded", memory_is_bounded },
	CU_TEST_INFO_NULL,
};
