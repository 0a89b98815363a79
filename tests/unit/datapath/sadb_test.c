/*
 * Twin of datapath/sadb.c.
 */
#include "config.h"

#include "datapath/sadb.h"

#include "lib/alg.h"
#include "lib/drop.h"
#include "lib/err.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/suites.h"

#define AES ALG_CIPHER_aes_cbc_128
#define SHA ALG_AUTH_hmac_sha2_256_128

struct asked {
	unsigned int n;
	uint32_t last;
};

static void
count_ask(void *arg, uint32_t sa)
{
	struct asked *a = arg;

	a->n++;
	a->last = sa;
}

static int
put(struct fix *f, struct msg_dp_sa *m)
{
	struct err err = { 0 };
	int rc = sadb_put(&f->dp, m, &err);

	/* who refuses says why */
	CU_ASSERT_EQUAL(rc != 0, err.text[0] != '\0' && err.object[0] != '\0');
	return rc;
}

static void
what_contradicts_itself_is_refused(void)
{
	static const struct {
		const char *what;
		size_t offset;
		size_t size;
		uint32_t value;
		int rc;
	} rows[] = {
#define ROW(field, value, rc)                                     \
	{ #field " = " #value, offsetof(struct msg_dp_sa, field), \
		sizeof(((struct msg_dp_sa *)0)->field), value, rc }
		ROW(sa, 0, -EINVAL), ROW(spi, 0, -EINVAL), ROW(spi, 255, -EINVAL), ROW(spi, 256, 0),
		ROW(spi, UINT32_MAX, 0), ROW(protocol, 51, -EINVAL), /* with a cipher */
		ROW(protocol, 47, -EINVAL), ROW(mode, MSG_SA_TRANSPORT, 0), ROW(mode, 0, -EINVAL),
		ROW(mode, 3, -EINVAL), ROW(bundle, 2, 0), ROW(bundle, 1, -EINVAL),
		ROW(cipher, 0, -EINVAL), ROW(cipher, ALG_CIPHER_N, -EINVAL),
		ROW(cipher, ALG_CIPHER_aes_cbc_256, -EINVAL), ROW(auth, 0, -EINVAL),
		ROW(auth, ALG_AUTH_N, -EINVAL), ROW(auth, ALG_AUTH_hmac_sha1_96, -EINVAL),
		ROW(cipher_key.len, 15, -EINVAL), ROW(cipher_key.len, 17, -EINVAL),
		ROW(cipher_key.len, 0, -EINVAL), ROW(auth_key.len, 31, -EINVAL),
		ROW(auth_key.len, 33, -EINVAL), ROW(replay_window, 0, 0),
		ROW(replay_window, SASTATE_WINDOW_MAX, 0),
		ROW(replay_window, SASTATE_WINDOW_MAX + 1, -EINVAL), ROW(slot, FIX_SLOTS - 1, 0),
		ROW(slot, FIX_SLOTS, -EINVAL), ROW(slot, UINT32_MAX, -EINVAL),
		ROW(source.af, 10, -EINVAL), ROW(destination.af, 0, -EINVAL),
		ROW(natt_source.af, 2, -EINVAL), /* one address alone */
#undef ROW
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fix f;
		struct msg_dp_sa m;
		int rc;

		fix_init(&f);
		fix_msg(&m, 1, true, AES, SHA);
		memcpy((char *)&m + rows[i].offset, &rows[i].value, rows[i].size);
		rc = put(&f, &m);
		if (rc != rows[i].rc) {
			printf("\n%s: %d\n", rows[i].what, rc);
			CU_FAIL("the table says otherwise");
		}
		CU_ASSERT_EQUAL(sadb_get(f.dp.sadb, m.sa) != NULL, rc == 0);
		fix_fini(&f);
	}
}

static void
neither_encryption_nor_authentication_is_refused(void)
{
	struct fix f;
	struct msg_dp_sa m;

	fix_init(&f);
	fix_msg(&m, 1, false, ALG_CIPHER_null, ALG_AUTH_NONE);
	CU_ASSERT_EQUAL(put(&f, &m), -EINVAL);
	fix_msg(&m, 1, false, ALG_CIPHER_null, SHA);
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	fix_msg(&m, 1, false, AES, ALG_AUTH_NONE);
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	fix_fini(&f);
}

static void
only_sound_pairs_of_algorithms_are_taken(void)
{
	struct fix f;
	struct msg_dp_sa m;

	fix_init(&f);
	for (unsigned int c = 1; c < ALG_CIPHER_N; c++) {
		for (unsigned int a = 0; a < ALG_AUTH_N; a++) {
			fix_msg(&m, 1, false, c, a);
			CU_ASSERT_EQUAL(put(&f, &m), fix_pair(c, a) ? 0 : -EINVAL);
			sadb_del(&f.dp, 1);
		}
	}
	fix_fini(&f);
}

static void
ah_has_authentication_and_no_cipher(void)
{
	struct fix f;
	struct msg_dp_sa m;

	fix_init(&f);
	for (unsigned int a = 0; a < ALG_AUTH_N; a++) {
		fix_msg(&m, 1, false, ALG_CIPHER_NONE, a);
		m.protocol = 51;
		CU_ASSERT_EQUAL(put(&f, &m), a == ALG_AUTH_NONE ? -EINVAL : 0);
		sadb_del(&f.dp, 1);
		m.protocol = 50;
		CU_ASSERT_EQUAL(put(&f, &m), -EINVAL);
		fix_msg(&m, 1, false, ALG_CIPHER_null, a);
		m.protocol = 51;
		CU_ASSERT_EQUAL(put(&f, &m), -EINVAL);
	}
	fix_msg(&m, 1, false, ALG_CIPHER_NONE, SHA);
	m.protocol = 51;
	m.encap_local = m.encap_remote = 4500;
	CU_ASSERT_EQUAL(put(&f, &m), -EINVAL);
	fix_fini(&f);
}

static void
without_the_shared_file_there_are_no_sas(void)
{
	struct fix f;
	struct msg_dp_sa m;

	fix_init(&f);
	f.dp.slots = NULL;
	fix_msg(&m, 0x10, false, AES, SHA);
	CU_ASSERT_EQUAL(put(&f, &m), -EINVAL);
	fix_fini(&f);
}

static void
an_inbound_spi_belongs_to_one_sa(void)
{
	struct fix f;
	struct msg_dp_sa m;

	fix_init(&f);
	fix_msg(&m, 1, true, AES, SHA);
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	fix_msg(&m, 2, true, AES, SHA);
	CU_ASSERT_EQUAL(put(&f, &m), -EEXIST);
	/* another local address, or the other direction, is another matter */
	m.destination = addr_v4(FIX_THEIRS + 1);
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	fix_msg(&m, 3, false, AES, SHA);
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	/* and the SPI is free again afterwards */
	CU_ASSERT_EQUAL(sadb_del(&f.dp, 1), 0);
	fix_msg(&m, 4, true, AES, SHA);
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	fix_fini(&f);
}

static void
a_slot_belongs_to_one_sa(void)
{
	struct fix f;
	struct msg_dp_sa m;

	fix_init(&f);
	fix_msg(&m, 1, false, AES, SHA);
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	fix_msg(&m, 2, false, AES, SHA);
	m.slot = 1;
	CU_ASSERT_EQUAL(put(&f, &m), -EEXIST);
	CU_ASSERT_EQUAL(sadb_del(&f.dp, 1), 0);
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	fix_fini(&f);
}

static void
an_inbound_sa_is_found_by_spi_and_address(void)
{
	struct fix f;
	struct msg_dp_sa m;
	struct addr ours = addr_v4(FIX_THEIRS), second = addr_v4(FIX_THEIRS + 1), none = addr_v4(9);
	struct sa *other;

	fix_init(&f);
	fix_msg(&m, 1, true, AES, SHA);
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	fix_msg(&m, 2, true, AES, SHA);
	m.destination = second;
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	fix_msg(&m, 3, false, AES, SHA);
	m.spi = 999;
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	CU_ASSERT_PTR_EQUAL(
		sadb_get_inbound(f.dp.sadb, 50, FIX_SPI, &ours), sadb_get(f.dp.sadb, 1));
	CU_ASSERT_PTR_EQUAL(
		sadb_get_inbound(f.dp.sadb, 50, FIX_SPI, &second), sadb_get(f.dp.sadb, 2));
	other = sadb_get_inbound(f.dp.sadb, 50, FIX_SPI, &none);
	CU_ASSERT_TRUE(other != NULL && !addr_eq(&other->destination, &none));
	CU_ASSERT_PTR_NULL(sadb_get_inbound(f.dp.sadb, 51, FIX_SPI, &ours));
	CU_ASSERT_PTR_NULL(sadb_get_inbound(f.dp.sadb, 50, 999, &ours));
	CU_ASSERT_PTR_NULL(sadb_get_inbound(f.dp.sadb, 50, FIX_SPI + 1, &ours));
	fix_fini(&f);
}

static void
numbers_count_up_and_stand_in_the_slot_before_use(void)
{
	struct fix f;
	struct sa *sa;
	uint64_t seq = 0;

	fix_init(&f);
	sa = fix_sa(&f, 1, false, AES, SHA);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sa);
	for (uint32_t i = 1; i <= 100; i++) {
		CU_ASSERT_EQUAL(sadb_seq_next(f.dp.sadb, sa, &seq), 0);
		CU_ASSERT_EQUAL(seq, i);
		CU_ASSERT_EQUAL(f.slots[1].seq, i);
	}
	fix_fini(&f);
}

static void
a_new_process_goes_on_behind_what_it_cannot_know(void)
{
	struct fix f;
	struct sa *sa;
	uint64_t seq = 0;

	fix_init(&f);
	f.slots[1].seq = 5000;
	sa = fix_sa(&f, 1, false, AES, SHA);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sa);
	CU_ASSERT_EQUAL(f.slots[1].seq, 5000); /* nothing is used up by starting */
	CU_ASSERT_EQUAL(sadb_seq_next(f.dp.sadb, sa, &seq), 0);
	CU_ASSERT_EQUAL(seq, 5000 + SASTATE_SKIP + 1);
	/* deleted and added: the same as a new process */
	CU_ASSERT_EQUAL(sadb_del(&f.dp, 1), 0);
	sa = fix_sa(&f, 1, false, AES, SHA);
	CU_ASSERT_EQUAL(sadb_seq_next(f.dp.sadb, sa, &seq), 0);
	CU_ASSERT_EQUAL(seq, 5000 + 2 * SASTATE_SKIP + 2);
	fix_fini(&f);
}

static void
a_replacement_with_the_same_keys_goes_on(void)
{
	struct fix f;
	struct msg_dp_sa m;
	struct sa *out, *in;
	uint64_t seq = 0;

	fix_init(&f);
	out = fix_sa(&f, 1, false, AES, SHA);
	in = fix_sa(&f, 2, true, AES, SHA);
	CU_ASSERT_FATAL(out != NULL && in != NULL);
	out->packets = in->packets = 7;
	CU_ASSERT_EQUAL(sadb_seq_next(f.dp.sadb, out, &seq), 0);
	f.slots[2].seq = 44;
	f.slots[2].window[0] = 1;
	fix_msg(&m, 1, false, AES, SHA);
	m.port = 99;
	m.source = addr_v4(1);
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	fix_msg(&m, 2, true, AES, SHA);
	m.replay_window = 1024;
	strcpy(m.policy, "P9-1");
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	CU_ASSERT_PTR_EQUAL(sadb_get(f.dp.sadb, 1), out);
	CU_ASSERT_TRUE(out->packets == 7 && out->port == 99 && addr_u32(&out->source) == 1);
	CU_ASSERT_EQUAL(sadb_seq_next(f.dp.sadb, out, &seq), 0);
	CU_ASSERT_EQUAL(seq, 2);
	CU_ASSERT_TRUE(in->packets == 7 && in->window == 1024 && f.slots[2].window[0] == 1);
	CU_ASSERT_STRING_EQUAL(in->policy, "P9-1");
	fix_fini(&f);
}

static void
a_replacement_with_new_keys_is_another_association(void)
{
	struct fix f;
	struct msg_dp_sa m;
	struct sa *sa;
	uint64_t generation;
	uint64_t seq = 0;

	fix_init(&f);
	sa = fix_sa(&f, 1, false, AES, SHA);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sa);
	sa->packets = 7;
	CU_ASSERT_EQUAL(sadb_seq_next(f.dp.sadb, sa, &seq), 0);
	generation = sadb_generation(f.dp.sadb);
	fix_msg(&m, 1, false, AES, SHA);
	m.cipher_key.data[0] ^= 1;
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	CU_ASSERT_NOT_EQUAL(sadb_generation(f.dp.sadb), generation);
	sa = sadb_get(f.dp.sadb, 1);
	CU_ASSERT_EQUAL(sa->packets, 0);
	/* a number is not used twice even so */
	CU_ASSERT_EQUAL(sadb_seq_next(f.dp.sadb, sa, &seq), 0);
	CU_ASSERT_EQUAL(seq, 2);

	sa = fix_sa(&f, 2, true, AES, SHA);
	f.slots[2].seq = 1000;
	f.slots[2].window[3] = 1;
	fix_msg(&m, 2, true, AES, SHA);
	m.auth_key.data[31] ^= 1;
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	/* the peer begins again at 1 */
	CU_ASSERT_TRUE(f.slots[2].seq == 0 && f.slots[2].window[3] == 0);
	fix_fini(&f);
}

static void
a_refused_replacement_leaves_what_was(void)
{
	struct fix f;
	struct msg_dp_sa m;
	struct sa *sa;

	fix_init(&f);
	sa = fix_sa(&f, 1, true, AES, SHA);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sa);
	fix_msg(&m, 1, true, AES, SHA);
	m.cipher_key.len = 3;
	CU_ASSERT_EQUAL(put(&f, &m), -EINVAL);
	CU_ASSERT_PTR_EQUAL(sadb_get(f.dp.sadb, 1), sa);
	fix_fini(&f);
}

static void
without_authentication_there_is_no_window(void)
{
	struct fix f;
	struct sa *sa;

	fix_init(&f);
	sa = fix_sa(&f, 1, true, AES, ALG_AUTH_NONE);
	CU_ASSERT_FATAL(sa != NULL);
	CU_ASSERT_EQUAL(sa->window, 0);
	fix_fini(&f);
}

static void
more_numbers_are_asked_for_at_half_and_again_when_blocked(void)
{
	struct fix f;
	struct asked asked = { 0 };
	struct msg_dp_seq_limit more = { .sa = 1, .seq_limit = 20 };
	struct msg_dp_sa m;
	struct sa *sa;
	uint64_t seq = 0;

	fix_init(&f);
	sadb_on_seq_need(f.dp.sadb, count_ask, &asked);
	fix_msg(&m, 1, false, AES, SHA);
	m.seq_limit = 10;
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	sa = sadb_get(f.dp.sadb, 1);
	for (uint32_t i = 1; i <= 10; i++) {
		CU_ASSERT_EQUAL(sadb_seq_next(f.dp.sadb, sa, &seq), 0);
		CU_ASSERT_EQUAL(asked.n, i > 5);
	}
	CU_ASSERT_EQUAL(asked.last, 1);
	CU_ASSERT_EQUAL(sadb_seq_next(f.dp.sadb, sa, &seq), DROP_seq_reserve);
	CU_ASSERT_EQUAL(asked.n, 2);
	CU_ASSERT_EQUAL(sadb_seq_next(f.dp.sadb, sa, &seq), DROP_seq_reserve);
	CU_ASSERT_EQUAL(asked.n, 2);
	CU_ASSERT_EQUAL(f.slots[1].seq, 10);
	/* answered late: it goes on without a gap, and asks for the next block at half of this one */
	CU_ASSERT_EQUAL(sadb_seq_limit(&f.dp, &more), 0);
	for (uint32_t i = 11; i <= 20; i++) {
		CU_ASSERT_EQUAL(sadb_seq_next(f.dp.sadb, sa, &seq), 0);
		CU_ASSERT_EQUAL(seq, i);
		CU_ASSERT_EQUAL(asked.n, i > 15 ? 3 : 2);
	}
	/* an answer that never comes is asked for again, not for every packet */
	for (unsigned int i = 0; i < 3000; i++)
		CU_ASSERT_EQUAL(sadb_seq_next(f.dp.sadb, sa, &seq), DROP_seq_reserve);
	CU_ASSERT_EQUAL(asked.n, 3 + 3);
	fix_fini(&f);
}

static void
a_start_behind_the_limit_asks_at_once(void)
{
	struct fix f;
	struct asked asked = { 0 };
	struct msg_dp_sa m;

	fix_init(&f);
	sadb_on_seq_need(f.dp.sadb, count_ask, &asked);
	f.slots[1].seq = 10;
	fix_msg(&m, 1, false, AES, SHA);
	m.seq_limit = 10 + SASTATE_SKIP;
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	CU_ASSERT_EQUAL(asked.n, 1);
	fix_fini(&f);
}

static void
a_limit_is_only_raised_and_only_outbound(void)
{
	struct fix f;
	struct msg_dp_seq_limit m = { .sa = 1, .seq_limit = 999999 };

	fix_init(&f);
	CU_ASSERT_PTR_NOT_NULL(fix_sa(&f, 1, false, AES, SHA));
	CU_ASSERT_PTR_NOT_NULL(fix_sa(&f, 2, true, AES, SHA));
	CU_ASSERT_EQUAL(sadb_seq_limit(&f.dp, &m), -EINVAL);
	m.seq_limit = 1000000;
	CU_ASSERT_EQUAL(sadb_seq_limit(&f.dp, &m), 0);
	m.sa = 2;
	CU_ASSERT_EQUAL(sadb_seq_limit(&f.dp, &m), -EINVAL);
	m.sa = 3;
	CU_ASSERT_EQUAL(sadb_seq_limit(&f.dp, &m), -ENOENT);
	fix_fini(&f);
}

static void
after_the_last_number_nothing_is_sent(void)
{
	struct fix f;
	struct msg_dp_sa m;
	struct sa *sa;
	uint64_t seq = 0;

	fix_init(&f);
	fix_msg(&m, 1, false, AES, SHA);
	m.seq_limit = UINT64_MAX;
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	sa = sadb_get(f.dp.sadb, 1);
	sa->seq = UINT32_MAX - 1ull;
	CU_ASSERT_EQUAL(sadb_seq_next(f.dp.sadb, sa, &seq), 0);
	CU_ASSERT_EQUAL(seq, UINT32_MAX);
	CU_ASSERT_EQUAL(sadb_seq_next(f.dp.sadb, sa, &seq), DROP_seq_exhausted);
	CU_ASSERT_EQUAL(f.slots[1].seq, UINT32_MAX);
	fix_fini(&f);
}

static void
with_esn_the_last_number_is_that_of_64_bits(void)
{
	struct fix f;
	struct msg_dp_sa m;
	struct sa *sa;
	uint64_t seq = 0;

	fix_init(&f);
	fix_msg(&m, 1, false, AES, SHA);
	m.esn = true;
	m.seq_limit = UINT64_MAX;
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	sa = sadb_get(f.dp.sadb, 1);
	sa->seq = UINT32_MAX;
	CU_ASSERT_EQUAL(sadb_seq_next(f.dp.sadb, sa, &seq), 0);
	CU_ASSERT_EQUAL(seq, UINT64_C(1) << 32);
	sa->seq = UINT64_MAX - 1;
	CU_ASSERT_EQUAL(sadb_seq_next(f.dp.sadb, sa, &seq), 0);
	CU_ASSERT_EQUAL(seq, UINT64_MAX);
	CU_ASSERT_EQUAL(sadb_seq_next(f.dp.sadb, sa, &seq), DROP_seq_exhausted);
	CU_ASSERT_EQUAL(f.slots[1].seq, UINT64_MAX);
	/* a new process does not begin again */
	fix_msg(&m, 2, false, AES, SHA);
	m.esn = true;
	f.slots[2].seq = UINT64_MAX - 5;
	CU_ASSERT_EQUAL(put(&f, &m), 0);
	CU_ASSERT_EQUAL(sadb_seq_next(f.dp.sadb, sadb_get(f.dp.sadb, 2), &seq), DROP_seq_exhausted);
	fix_fini(&f);
}

/* A nonce goes out once: not even a replacement that moves the SA starts its numbers again. */
static void
numbers_never_repeat_under_one_key(void)
{
	static const uint32_t ciphers[] = { ALG_CIPHER_aes_gcm_128, ALG_CIPHER_chacha20_poly1305 };

	for (unsigned int i = 0; i < 2; i++) {
		struct fix f;
		struct msg_dp_sa m;
		struct sa *sa;
		uint64_t seq = 0, last = 0;

		fix_init(&f);
		fix_msg(&m, 1, false, ciphers[i], ALG_AUTH_NONE);
		for (uint32_t round = 0; round < 40; round++) {
			m.spi = 0x1000 + round % 3;
			m.slot = round % 5 + 1;
			m.esn = round % 4 == 3;
			CU_ASSERT_EQUAL(put(&f, &m), 0);
			sa = sadb_get(f.dp.sadb, 1);
			for (unsigned int n = 0; n < 3; n++) {
				int rc = sadb_seq_next(f.dp.sadb, sa, &seq);

				if (rc == DROP_seq_reserve) {
					struct msg_dp_seq_limit more = { .sa = 1,
						.seq_limit = sa->seq + 100 };

					CU_ASSERT_EQUAL(sadb_seq_limit(&f.dp, &more), 0);
					continue;
				}
				CU_ASSERT_EQUAL(rc, 0);
				CU_ASSERT_TRUE(seq > last);
				last = seq;
			}
		}
		fix_fini(&f);
	}
}

struct rows {
	unsigned int n;
	struct st_ipsec_sa last;
	bool ordered;
};

static void
take_row(void *arg, const struct st_ipsec_sa *st)
{
	struct rows *r = arg;

	r->ordered = (r->n == 0 || r->ordered) && st->sa > r->last.sa;
	r->last = *st;
	r->n++;
}

static void
many_sas_are_kept_found_shown_in_order_and_deleted(void)
{
	enum { N = 20000 };
	struct fix f;
	struct sa_slot *slots = calloc(N + 1, sizeof(*slots));
	struct rows rows = { 0 };
	struct msg_dp_sa m;
	unsigned int found = 0;

	fix_init(&f);
	f.dp.slots = slots;
	f.dp.n_slots = N + 1;
	for (uint32_t i = N; i >= 1; i--) {
		fix_msg(&m, i, i % 2 == 0, AES, SHA);
		m.spi = 256 + i;
		CU_ASSERT_EQUAL(sadb_put(&f.dp, &m, NULL), 0);
	}
	for (uint32_t i = 1; i <= N; i++) {
		struct addr to = addr_v4(FIX_THEIRS);
		struct sa *sa = sadb_get(f.dp.sadb, i);

		found += sa != NULL && sa->id == i &&
			(i % 2 ? NULL : sa) == sadb_get_inbound(f.dp.sadb, 50, 256 + i, &to);
	}
	CU_ASSERT_EQUAL(found, N);
	sadb_state(&f.dp, take_row, &rows);
	CU_ASSERT_TRUE(
		rows.n == N && rows.ordered && rows.last.sa == N && rows.last.spi == 256 + N);
	for (uint32_t i = 1; i <= N; i++)
		found -= sadb_del(&f.dp, i) == 0;
	CU_ASSERT_EQUAL(found, 0);
	CU_ASSERT_EQUAL(sadb_del(&f.dp, 1), -ENOENT);
	fix_fini(&f);
	free(slots);
}

static void
displays_show_what_is_there_and_counters_go_back_to_zero(void)
{
	struct fix f;
	struct rows rows = { 0 };
	struct sa *sa;
	uint64_t seq;

	fix_init(&f);
	sa = fix_sa(&f, 5, false, AES, SHA);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sa);
	CU_ASSERT_EQUAL(sadb_seq_next(f.dp.sadb, sa, &seq), 0);
	sa->packets = 1;
	sa->bytes = 84;
	sa->dropped = 2;
	sadb_state_reset(&f.dp, "P1-1");
	sadb_state(&f.dp, take_row, &rows);
	CU_ASSERT_EQUAL(rows.n, 1);
	CU_ASSERT_STRING_EQUAL(rows.last.policy, "P1-10");
	CU_ASSERT_TRUE(rows.last.sa == 5 && rows.last.spi == FIX_SPI && rows.last.sequence == 1 &&
		rows.last.packets == 1 && rows.last.bytes == 84 && rows.last.dropped == 2 &&
		rows.last.cipher == AES && rows.last.auth == SHA && !rows.last.inbound);
	sadb_state_reset(&f.dp, "P1-10");
	CU_ASSERT_TRUE(sa->packets == 0 && sa->bytes == 0 && sa->dropped == 0 && sa->seq == 1);
	fix_fini(&f);
}

CU_TestInfo sadb_tests[] = {
	{ "what contradicts itself is refused", what_contradicts_itself_is_refused },
	{ "AH has authentication and no cipher", ah_has_authentication_and_no_cipher },
	{ "only sound pairs of algorithms are taken", only_sound_pairs_of_algorithms_are_taken },
	{ "neither encryption nor authentication is refused",
		neither_encryption_nor_authentication_is_refused },
	{ "without the shared file there are no SAs", without_the_shared_file_there_are_no_sas },
	{ "an inbound SPI belongs to one SA", an_inbound_spi_belongs_to_one_sa },
	{ "a slot belongs to one SA", a_slot_belongs_to_one_sa },
	{ "an inbound SA is found by SPI and address", an_inbound_sa_is_found_by_spi_and_address },
	{ "numbers count up and stand in the slot before use",
		numbers_count_up_and_stand_in_the_slot_before_use },
	{ "a new process goes on behind what it cannot know",
		a_new_process_goes_on_behind_what_it_cannot_know },
	{ "a replacement with the same keys goes on", a_replacement_with_the_same_keys_goes_on },
	{ "a replacement with new keys is another association",
		a_replacement_with_new_keys_is_another_association },
	{ "a refused replacement leaves what was", a_refused_replacement_leaves_what_was },
	{ "without authentication there is no window", without_authentication_there_is_no_window },
	{ "more numbers are asked for at half and again when blocked",
		more_numbers_are_asked_for_at_half_and_again_when_blocked },
	{ "a start behind the limit asks at once", a_start_behind_the_limit_asks_at_once },
	{ "a limit is only raised and only outbound", a_limit_is_only_raised_and_only_outbound },
	{ "after the last number nothing is sent", after_the_last_number_nothing_is_sent },
	{ "many SAs are kept, found, shown in order and deleted",
		many_sas_are_kept_found_shown_in_order_and_deleted },
	{ "with ESN the last number is that of 64 bits",
		with_esn_the_last_number_is_that_of_64_bits },
	{ "numbers never repeat under one key", numbers_never_repeat_under_one_key },
	{ "displays show what is there and counters go back to zero",
		displays_show_what_is_there_and_counters_go_back_to_zero },
	CU_TEST_INFO_NULL,
};
