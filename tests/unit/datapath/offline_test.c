/*
 * Twin of datapath/offline/offline.c, with captures (pcapng) in memory.
 */
#include "config.h"

#include "datapath/offline/offline.h"

#include "datapath/ip4.h"
#include "datapath/offline/esp_sa.h"
#include "lib/buf.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <stdlib.h>
#include <string.h>

enum { FRAME_LEN = 60, DLT_RAW_IP = 101 };

struct bed {
	struct esp_sa *sas;
	struct offline_run *run;
	uint64_t n_timeouts;
	uint64_t n_others;
};

static void
dropped(void *arg, uint64_t number, const struct drop_info *why, uint64_t n)
{
	struct bed *b = arg;

	if (strcmp(why->id, "reass_timeout") == 0)
		b->n_timeouts += n;
	else
		b->n_others += n;
}

static void
bed_init(struct bed *b)
{
	char none[] = "# none\n";
	FILE *f = fmemopen(none, sizeof(none) - 1, "r");
	struct offline o = { .in_name = "in", .out_name = "out", .dropped = dropped, .arg = b };

	memset(b, 0, sizeof(*b));
	b->sas = esp_sa_read(f, "esp_sa", NULL);
	fclose(f);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->sas);
	o.sas = b->sas;
	b->run = offline_new(&o);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->run);
}

static void
bed_fini(struct bed *b)
{
	offline_free(b->run);
	esp_sa_free(b->sas);
}

static void
host(struct wbuf *b, uint64_t v, size_t len)
{
	wbuf_put(b, &v, len);
}

/* A first fragment in a pcapng file, whose clock begins at this second. */
static void
capture_write(struct wbuf *b, int64_t second)
{
	struct ip4 ip = { .total_len = FRAME_LEN, .mf = true, .ttl = 9, .protocol = IP_PROTO_UDP };
	uint8_t frame[FRAME_LEN] = { 0 };

	ip4_build(frame, &ip);
	host(b, 0x0a0d0d0a, 4); /* section header */
	host(b, 28, 4);
	host(b, 0x1a2b3c4d, 4);
	host(b, 1, 4);
	host(b, UINT64_MAX, 8);
	host(b, 28, 4);
	host(b, 1, 4); /* interface, with the option if_tsoffset */
	host(b, 36, 4);
	host(b, DLT_RAW_IP, 4);
	host(b, 65535, 4);
	host(b, 14 | 8 << 16, 4);
	host(b, (uint64_t)second, 8);
	host(b, 0, 4);
	host(b, 36, 4);
	host(b, 6, 4); /* packet */
	host(b, 32 + FRAME_LEN, 4);
	host(b, 0, 4);
	host(b, 0, 8);
	host(b, FRAME_LEN, 4);
	host(b, FRAME_LEN, 4);
	wbuf_put(b, frame, FRAME_LEN);
	host(b, 32 + FRAME_LEN, 4);
}

static void
replay(struct bed *b, int64_t second)
{
	struct wbuf file = wbuf_growing();
	char *out = NULL;
	size_t out_len = 0;

	capture_write(&file, second);
	CU_ASSERT_EQUAL(offline_go(b->run, fmemopen(file.start, wbuf_len(&file), "r"),
				open_memstream(&out, &out_len), NULL),
		0);
	CU_ASSERT_EQUAL(offline_count(b->run)->frames, 1);
	wbuf_fini(&file);
	free(out);
}

/* Milliseconds of such seconds are at the end of what 64 bits can count. */
static void
a_fragment_alone_times_out_whenever_it_was_captured(void)
{
	static const int64_t seconds[] = { 0, 1, 1700000000, -1, -30, INT64_MAX, INT64_MIN };

	for (unsigned int i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		struct bed b;

		bed_init(&b);
		replay(&b, seconds[i]);
		CU_ASSERT_EQUAL(b.n_timeouts, 1);
		CU_ASSERT_EQUAL(b.n_others, 0);
		bed_fini(&b);
	}
}

static void
one_capture_after_another_is_counted_anew(void)
{
	struct bed b;

	bed_init(&b);
	for (unsigned int i = 1; i <= 3; i++) {
		replay(&b, 100);
		CU_ASSERT_EQUAL(b.n_timeouts, i);
		CU_ASSERT_EQUAL(offline_count(b.run)->dropped, 1);
	}
	bed_fini(&b);
}

CU_TestInfo offline_tests[] = {
	{ "a fragment alone times out whenever it was captured",
		a_fragment_alone_times_out_whenever_it_was_captured },
	{ "one capture after another is counted anew", one_capture_after_another_is_counted_anew },
	CU_TEST_INFO_NULL,
};
