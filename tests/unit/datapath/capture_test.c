/*
 * Twin of datapath/capture/capture.c: packets from one file into another, with limits.
 */
#include "config.h"

#include "datapath/capture/capture.h"

#include "lib/err.h"
#include "tests/unit/datapath/suites.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { N_PACKETS = 5, PACKET_LEN = 100, RECORD_LEN = 16 + PACKET_LEN, HEADER_LEN = 24 };

static FILE *
temporary(void)
{
	FILE *f = tmpfile();

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	return f;
}

/* A file of five packets, open for reading. */
static pcap_t *
source(void)
{
	pcap_t *dead = pcap_open_dead(DLT_RAW, 262144), *p;
	FILE *f = temporary(), *copy = fdopen(dup(fileno(f)), "w");
	pcap_dumper_t *d = pcap_dump_fopen(dead, copy);
	char text[PCAP_ERRBUF_SIZE];

	for (int i = 0; i < N_PACKETS; i++) {
		struct pcap_pkthdr h = { .caplen = PACKET_LEN, .len = 1500 };
		u_char data[PACKET_LEN] = { (u_char)i };

		h.ts.tv_sec = 1000 + i;
		pcap_dump((u_char *)d, &h, data);
	}
	pcap_dump_close(d);
	pcap_close(dead);
	rewind(f);
	p = pcap_fopen_offline(f, text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	return p;
}

/* Captures with limits; out is what was written. Returns what capture_read returned. */
static int
run(uint32_t packets, uint64_t bytes, enum msg_capture_end *end, FILE *out,
	struct msg_capture_progress *count)
{
	struct capture *c;
	struct err e;
	int rc;

	CU_ASSERT_EQUAL_FATAL(capture_new(source(), dup(fileno(out)), packets, bytes, &c, &e), 0);
	rc = capture_read(c, end, &e);
	CU_ASSERT_EQUAL(capture_close(c, count, &e), 0);
	return rc;
}

static int
count_packets(FILE *f)
{
	char text[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const u_char *data;
	pcap_t *p;
	int n = 0;

	rewind(f);
	p = pcap_fopen_offline(f, text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(pcap_datalink(p), DLT_RAW);
	for (; pcap_next_ex(p, &h, &data) == 1; n++) {
		CU_ASSERT_EQUAL(h->caplen, PACKET_LEN);
		CU_ASSERT_EQUAL(h->len, 1500);
		CU_ASSERT_EQUAL(h->ts.tv_sec, 1000 + n);
		CU_ASSERT_EQUAL(data[0], n);
	}
	pcap_close(p);
	return n;
}

static void
each_limit_ends_it_and_none_is_crossed(void)
{
	static const struct {
		uint32_t packets;
		uint64_t bytes;
		int rc;
		enum msg_capture_end end;
		int n;
	} rows[] = {
		{ 100, 1 << 20, 0, 0, 5 },
		{ 6, 1 << 20, 0, 0, 5 },
		{ 5, 1 << 20, 1, MSG_CAPTURE_PACKETS, 5 },
		{ 1, 1 << 20, 1, MSG_CAPTURE_PACKETS, 1 },
		{ 0, 1 << 20, 1, MSG_CAPTURE_PACKETS, 0 },
		{ 100, HEADER_LEN + 5 * RECORD_LEN, 0, 0, 5 },
		{ 100, HEADER_LEN + 5 * RECORD_LEN - 1, 1, MSG_CAPTURE_BYTES, 4 },
		{ 100, HEADER_LEN + RECORD_LEN, 1, MSG_CAPTURE_BYTES, 1 },
		{ 100, HEADER_LEN + RECORD_LEN - 1, 1, MSG_CAPTURE_BYTES, 0 },
		{ 2, HEADER_LEN + RECORD_LEN, 1, MSG_CAPTURE_BYTES, 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_capture_progress count;
		enum msg_capture_end end = 0;
		FILE *out = temporary();
		struct stat st;

		CU_ASSERT_EQUAL(run(rows[i].packets, rows[i].bytes, &end, out, &count), rows[i].rc);
		CU_ASSERT_EQUAL(end, rows[i].end);
		CU_ASSERT_EQUAL(count.packets, (uint64_t)rows[i].n);
		CU_ASSERT_EQUAL(fstat(fileno(out), &st), 0);
		CU_ASSERT_EQUAL(count.bytes, (uint64_t)st.st_size);
		CU_ASSERT_TRUE(count.bytes <= rows[i].bytes);
		CU_ASSERT_EQUAL(count_packets(out), rows[i].n); /* closes it */
	}
}

static void
what_was_flushed_can_be_read_while_it_runs(void)
{
	FILE *out = temporary();
	enum msg_capture_end end;
	struct capture *c;
	struct err e;
	struct stat st;

	CU_ASSERT_EQUAL_FATAL(capture_new(source(), dup(fileno(out)), 100, 1 << 20, &c, &e), 0);
	CU_ASSERT_EQUAL(capture_flush(c, &e), 0);
	CU_ASSERT_EQUAL(fstat(fileno(out), &st), 0);
	CU_ASSERT_EQUAL(st.st_size, HEADER_LEN);
	CU_ASSERT_EQUAL(capture_read(c, &end, &e), 0);
	CU_ASSERT_EQUAL(capture_flush(c, &e), 0);
	CU_ASSERT_EQUAL(fstat(fileno(out), &st), 0);
	CU_ASSERT_EQUAL(st.st_size, HEADER_LEN + 5 * RECORD_LEN);
	CU_ASSERT_EQUAL(capture_close(c, NULL, &e), 0);
	fclose(out);
}

static void
a_full_disk_is_said(void)
{
	int fd = open("/dev/full", O_WRONLY);
	struct capture *c;
	struct err e = { 0 };

	if (fd < 0)
		return;
	CU_ASSERT_EQUAL_FATAL(capture_new(source(), fd, 100, 1 << 20, &c, &e), 0);
	CU_ASSERT_EQUAL(capture_flush(c, &e), -ENOSPC);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "cannot be written"));
	capture_close(c, NULL, &e);
}

CU_TestInfo capture_tests[] = {
	{ "each limit ends it and none is crossed", each_limit_ends_it_and_none_is_crossed },
	{ "what was flushed can be read while it runs",
		what_was_flushed_can_be_read_while_it_runs },
	{ "a full disk is said", a_full_disk_is_said },
	CU_TEST_INFO_NULL,
};
