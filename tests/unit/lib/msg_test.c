/*
 * Twin of lib/msg.c: every message of the catalogue, over the codec.
 */
#include "config.h"

#include "lib/msg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "tests/unit/lib/samples.h"
#include "tests/unit/lib/suites.h"

enum { ALL_PARTIES = MSG_SHELL | MSG_DAEMON | MSG_DATAPATH | MSG_CAPTURE | MSG_IKE };

static void
the_catalogue_is_whole(void)
{
	CU_ASSERT_PTR_NULL(msg_info(MSG_NONE));
	CU_ASSERT_PTR_NULL(msg_info(MSG_N));
	CU_ASSERT_PTR_NULL(msg_info(UINT16_MAX));
	for (unsigned int type = 1; type < MSG_N; type++) {
		const struct msg_info *m = msg_info(type);

		CU_ASSERT_PTR_NOT_NULL_FATAL(m);
		CU_ASSERT_TRUE(m->from && !(m->from & ~ALL_PARTIES));
		CU_ASSERT_TRUE(m->to && !(m->to & ~ALL_PARTIES));
	}
	CU_ASSERT_STRING_EQUAL(msg_info(MSG_dp_sa)->record.name, "dp_sa");
	CU_ASSERT_EQUAL(msg_info(MSG_dp_sa)->from, MSG_DAEMON);
	CU_ASSERT_EQUAL(msg_info(MSG_dp_sa)->to, MSG_DATAPATH);
	CU_ASSERT_TRUE(msg_info(MSG_commit)->fd);
	CU_ASSERT_EQUAL(msg_info(MSG_done)->record.n_fields, 0);
}

static void
round_trip(const struct record *d, uint32_t *seed, bool full)
{
	void *in = malloc(d->size), *out = malloc(d->size);
	struct wbuf w = wbuf_growing();
	struct rbuf r;

	sample_fill(d, in, seed, full);
	CU_ASSERT_EQUAL(record_encode(d, in, &w), 0);
	CU_ASSERT_TRUE(wbuf_len(&w) <= 64 * 1024);
	r = rbuf_over(w.start, wbuf_len(&w));
	memset(out, 0xaa, d->size);
	CU_ASSERT_EQUAL(record_decode(d, &r, out), 0);
	CU_ASSERT_EQUAL(memcmp(in, out, d->size), 0);
	wbuf_fini(&w);
	free(in);
	free(out);
}

static void
every_message_survives_the_wire(void)
{
	uint32_t seed = 1;

	for (unsigned int type = 1; type < MSG_N; type++)
		for (int i = 0; i < 20; i++)
			round_trip(&msg_info(type)->record, &seed, i == 0);
}

/* Decodes len bytes from a buffer of just that size, so that a checker sees any step too far. */
static int
decode_exactly(const struct record *d, const uint8_t *p, size_t len)
{
	void *rec = malloc(d->size);
	uint8_t *copy = malloc(len ? len : 1);
	struct rbuf r = rbuf_over(copy, len);
	int rc;

	memcpy(copy, p, len);
	rc = record_decode(d, &r, rec);
	free(copy);
	free(rec);
	return rc;
}

static void
every_message_cut_or_prolonged_is_refused(void)
{
	uint32_t seed = 2;

	for (unsigned int type = 1; type < MSG_N; type++) {
		const struct record *d = &msg_info(type)->record;
		void *rec = malloc(d->size);
		struct wbuf w = wbuf_growing();
		size_t len, refused = 0;

		sample_fill(d, rec, &seed, false);
		CU_ASSERT_EQUAL(record_encode(d, rec, &w), 0);
		len = wbuf_len(&w);
		for (size_t cut = 0; cut < len; cut++)
			refused += decode_exactly(d, w.start, cut) == -EBADMSG;
		CU_ASSERT_EQUAL(refused, len);
		wbuf_u8(&w, 0);
		CU_ASSERT_EQUAL(decode_exactly(d, w.start, len + 1), -EBADMSG);
		wbuf_fini(&w);
		free(rec);
	}
}

static void
noise_is_read_within_bounds(void)
{
	uint32_t seed = 3;
	uint8_t noise[300];

	for (int round = 0; round < 200; round++) {
		size_t len = sample_u32(&seed) % sizeof(noise);

		/* mostly small numbers, so that lengths are often plausible */
		for (size_t i = 0; i < len; i++)
			noise[i] = (uint8_t)(sample_u32(&seed) % 4 ? 0 : sample_u32(&seed));
		for (unsigned int type = 1; type < MSG_N; type++)
			decode_exactly(&msg_info(type)->record, noise, len);
	}
	CU_PASS("no access out of bounds");
}

static void
keys_are_not_printed(void)
{
	struct msg_dp_sa sa = { .spi = 12345 };
	char text[1024];

	sa.cipher_key.len = 4;
	memcpy(sa.cipher_key.data, "\xde\xad\xbe\xef", 4);
	record_print(&msg_info(MSG_dp_sa)->record, &sa, text, sizeof(text));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "spi=12345"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "cipher_key=***"));
	CU_ASSERT_PTR_NULL(strstr(text, "deadbeef"));
}

CU_TestInfo msg_tests[] = {
	{ "the catalogue is whole", the_catalogue_is_whole },
	{ "every message survives the wire", every_message_survives_the_wire },
	{ "every message cut or prolonged is refused", every_message_cut_or_prolonged_is_refused },
	{ "noise is read within bounds", noise_is_read_within_bounds },
	{ "keys are not printed", keys_are_not_printed },
	CU_TEST_INFO_NULL,
};
