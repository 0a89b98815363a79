/*
 * Twin of datapath/noncekey.c, through the SADB that asks it: no key counts twice.
 */
#include "config.h"

#include "datapath/noncekey.h"

#include "datapath/crypto.h"
#include "datapath/ip4.h"
#include "lib/alg.h"
#include "lib/err.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/suites.h"

enum { GCM = ALG_CIPHER_aes_gcm_128, CTR = ALG_CIPHER_aes_ctr_128, SHA = ALG_AUTH_hmac_sha1_96 };

static struct msg_dp_sa
msg(uint32_t id, unsigned int cipher, unsigned int auth)
{
	struct msg_dp_sa m;

	fix_msg(&m, id, false, cipher, auth);
	m.spi = FIX_SPI + id;
	if (cipher == ALG_CIPHER_NONE) {
		m.protocol = IP_PROTO_AH;
		m.mode = MSG_SA_TRANSPORT;
	}
	memset(m.cipher_key.data, 7, m.cipher_key.len);
	memset(m.auth_key.data, 7, m.auth_key.len);
	return m;
}

static int
put(struct fix *f, const struct msg_dp_sa *m)
{
	struct err e = { 0 };
	int rc = sadb_put(&f->dp, m, &e);

	CU_ASSERT_TRUE(rc != -EEXIST || strstr(e.text, "key is in use by SA 1") != NULL);
	return rc;
}

static uint64_t
next(struct fix *f, uint32_t id)
{
	uint64_t seq = 0;

	CU_ASSERT_EQUAL(sadb_seq_next(f->dp.sadb, sadb_get(f->dp.sadb, id), &seq), 0);
	return seq;
}

static void
a_second_outbound_sa_with_a_key_that_counts_is_refused(void)
{
	for (unsigned int cipher = 0; cipher < ALG_CIPHER_N; cipher++) {
		for (unsigned int auth = 0; auth < ALG_AUTH_N; auth++) {
			const struct alg_cipher_info *c = alg_cipher(cipher);
			const struct alg_auth_info *a = alg_auth(auth);
			bool ah = c == NULL && a != NULL;
			bool counts = c != NULL ? c->kind == ALG_KIND_ctr ||
					c->kind == ALG_KIND_aead || c->kind == ALG_KIND_gmac
						: a != NULL && a->kind == ALG_KIND_gmac;
			struct msg_dp_sa m = msg(1, cipher, auth);
			struct fix f;

			if (!ah && (c == NULL || !fix_pair(cipher, auth)))
				continue;
			fix_init(&f);
			CU_ASSERT_EQUAL(put(&f, &m), 0);
			m = msg(2, cipher, auth);
			CU_ASSERT_EQUAL(put(&f, &m), counts ? -EEXIST : 0);
			m = msg(3, cipher, auth); /* the other direction has keys of its own sort */
			m.inbound = true;
			CU_ASSERT_EQUAL(put(&f, &m), 0);
			m = msg(4, cipher, auth);
			m.cipher_key.data[0] ^= 1;
			m.auth_key.data[0] ^= 1;
			CU_ASSERT_EQUAL(put(&f, &m), 0);
			fix_fini(&f);
		}
	}
}

/* Another tag length, another mode, another salt: the key streams would be the same. */
static void
neither_algorithm_nor_salt_excuse_it(void)
{
	static const struct {
		unsigned int cipher, auth;
	} others[] = { { GCM, ALG_AUTH_NONE }, { ALG_CIPHER_aes_gcm_128_8, ALG_AUTH_NONE },
		{ CTR, SHA }, { ALG_CIPHER_aes_gmac_128, ALG_AUTH_NONE },
		{ ALG_CIPHER_NONE, ALG_AUTH_aes_gmac_128 } };
	struct msg_dp_sa m = msg(1, GCM, ALG_AUTH_NONE);
	struct fix f;

	fix_init(&f);
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	for (unsigned int i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		m = msg(2, others[i].cipher, others[i].auth);
		CU_ASSERT_EQUAL(put(&f, &m), -EEXIST);
		memset(m.cipher_key.data + 16, 9, 4);
		CU_ASSERT_EQUAL(put(&f, &m), -EEXIST);
	}
	m = msg(2, ALG_CIPHER_aes_gcm_256, ALG_AUTH_NONE); /* it only begins alike */
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	fix_fini(&f);
}

static void
an_sa_that_is_replaced_goes_on_counting_under_its_key(void)
{
	struct msg_dp_sa m = msg(1, CTR, SHA);
	struct fix f;

	fix_init(&f);
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	CU_ASSERT_EQUAL(next(&f, 1), 1);
	CU_ASSERT_EQUAL(next(&f, 1), 2);
	m.spi++;
	m.slot = 9;
	m.auth_key.data[0] ^= 1; /* another SA, but for the key that counts */
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	CU_ASSERT_EQUAL(next(&f, 1), 3);
	m = msg(1, GCM, ALG_AUTH_NONE);
	m.slot = 10;
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	CU_ASSERT_EQUAL(next(&f, 1), 4);
	m.slot = 11;
	m.cipher_key.data[3] ^= 1;
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	CU_ASSERT_EQUAL(next(&f, 1), 1);
	fix_fini(&f);
}

static void
an_sa_that_is_gone_is_remembered(void)
{
	struct msg_dp_sa m = msg(1, GCM, ALG_AUTH_NONE), other;
	struct fix f;

	fix_init(&f);
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	for (unsigned int i = 0; i < 5; i++)
		next(&f, 1);
	CU_ASSERT_EQUAL(sadb_del(&f.dp, 1), 0);
	for (uint32_t i = 0; i < 1000; i++) { /* keys come and go */
		other = msg(3, GCM, ALG_AUTH_NONE);
		memcpy(other.cipher_key.data, &i, sizeof(i));
		CU_ASSERT_EQUAL(put(&f, &other), 0);
		next(&f, 3);
		CU_ASSERT_EQUAL(sadb_del(&f.dp, 3), 0);
		f.slots[3].seq = 0;
	}
	m.sa = 2;
	m.slot = 12; /* a new one, zero */
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	CU_ASSERT_EQUAL(next(&f, 2), 6);
	fix_fini(&f);
}

static void
marks_are_equal_for_equal_keys_of_one_process(void)
{
	struct crypto_engine *a = crypto_openssl_new(NULL), *b = crypto_openssl_new(NULL);
	const uint8_t key[3] = { 1, 2, 3 };

	CU_ASSERT_FATAL(a != NULL && b != NULL);
	CU_ASSERT_EQUAL(a->mark(a, key, 3), a->mark(a, key, 3));
	CU_ASSERT_NOT_EQUAL(a->mark(a, key, 3), a->mark(a, key, 2));
	CU_ASSERT_NOT_EQUAL(a->mark(a, key, 3), b->mark(b, key, 3));
	CU_ASSERT_NOT_EQUAL(a->mark(a, key, 0), 0);
	a->free(a);
	b->free(b);
}

CU_TestInfo noncekey_tests[] = {
	{ "a second outbound SA with a key that counts is refused",
		a_second_outbound_sa_with_a_key_that_counts_is_refused },
	{ "neither algorithm nor salt excuse it", neither_algorithm_nor_salt_excuse_it },
	{ "an SA that is replaced goes on counting under its key",
		an_sa_that_is_replaced_goes_on_counting_under_its_key },
	{ "an SA that is gone is remembered", an_sa_that_is_gone_is_remembered },
	{ "marks are equal for equal keys of one process",
		marks_are_equal_for_equal_keys_of_one_process },
	CU_TEST_INFO_NULL,
};
