/*
 * Twin of lib/state.c.
 */
#include "config.h"

#include "lib/state.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "tests/unit/lib/samples.h"
#include "tests/unit/lib/suites.h"

static void
every_table_is_found_by_its_name(void)
{
	for (unsigned int t = 0; t < STATE_N; t++) {
		const struct state_info *s = state_info(t);

		CU_ASSERT_PTR_NOT_NULL_FATAL(s);
		CU_ASSERT_PTR_EQUAL(state_find(s->record.name), s);
		CU_ASSERT_TRUE(
			s->owner == MSG_DAEMON || s->owner == MSG_DATAPATH || s->owner == MSG_IKE);
		CU_ASSERT_TRUE(s->record.n_fields > 0);
	}
	CU_ASSERT_PTR_NULL(state_info(STATE_N));
	CU_ASSERT_PTR_NULL(state_find(""));
	CU_ASSERT_PTR_NULL(state_find("no such table"));
	CU_ASSERT_EQUAL(state_find("ipsec_sa")->owner, MSG_DATAPATH);
}

static void
names_and_rows_fit_their_messages(void)
{
	uint32_t seed = 1;

	for (unsigned int t = 0; t < STATE_N; t++) {
		const struct record *d = &state_info(t)->record;
		struct msg_state_row row;
		struct wbuf w = wbuf_over(row.row.data, sizeof(row.row.data));
		void *rec = malloc(d->size);

		CU_ASSERT_TRUE(strlen(d->name) < sizeof(row.table));
		sample_fill(d, rec, &seed, true);
		CU_ASSERT_EQUAL(record_encode(d, rec, &w), 0);
		free(rec);
	}
}

static void
rows_survive_the_wire(void)
{
	uint32_t seed = 2;

	for (unsigned int t = 0; t < STATE_N; t++) {
		const struct record *d = &state_info(t)->record;
		void *in = malloc(d->size), *out = malloc(d->size);
		struct wbuf w = wbuf_growing();
		struct rbuf r;

		sample_fill(d, in, &seed, false);
		CU_ASSERT_EQUAL(record_encode(d, in, &w), 0);
		r = rbuf_over(w.start, wbuf_len(&w));
		CU_ASSERT_EQUAL(record_decode(d, &r, out), 0);
		CU_ASSERT_EQUAL(memcmp(in, out, d->size), 0);
		wbuf_fini(&w);
		free(in);
		free(out);
	}
}

CU_TestInfo state_tests[] = {
	{ "every table is found by its name", every_table_is_found_by_its_name },
	{ "names and rows fit their messages", names_and_rows_fit_their_messages },
	{ "rows survive the wire", rows_survive_the_wire },
	CU_TEST_INFO_NULL,
};
