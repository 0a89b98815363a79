/*
 * Twin of datapath/offline/port_pcap.c, with captures in memory.
 */
#include "config.h"

#include "datapath/offline/port_pcap.h"

#include "lib/buf.h"
#include "lib/err.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <string.h>

enum { FILE_HDR = 24, FRAME_HDR = 16, IN = 1, OUT = 2 };

static void
host32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, 4);
}

/* A capture of this link type with one frame; its length. */
static uint32_t
capture_make(uint8_t *file, uint32_t link, const void *frame, uint32_t len)
{
	memset(file, 0, FILE_HDR + FRAME_HDR);
	host32(file, 0xa1b2c3d4);
	file[4] = 2;
	file[6] = 4;
	host32(file + 16, 65535);
	host32(file + 20, link);
	host32(file + 24, 77);
	host32(file + 28, 5000);
	host32(file + 32, len);
	host32(file + 36, len);
	memcpy(file + 40, frame, len);
	return FILE_HDR + FRAME_HDR + len;
}

static struct port_pcap *
reader(uint8_t *file, uint32_t len, struct err *e)
{
	FILE *f = fmemopen(file, len, "r");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	return port_pcap_reader(f, "test", e);
}

/* The packet behind this link-layer header is found, or the frame is passed over. */
static void
link_check(uint32_t link, const char *head, uint32_t head_len, bool found)
{
	uint8_t file[200], frame[100];
	struct pkt *pkt = NULL;
	struct port_pcap *pp;
	uint64_t d = 3;
	unsigned int n;
	struct world w;

	world_init(&w);
	memcpy(frame, head, head_len);
	packet_ip4(frame + head_len, 40, 17, &d);
	pp = reader(file, capture_make(file, link, frame, head_len + 40), NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pp);
	CU_ASSERT_EQUAL_FATAL(port_pcap_put(&w.dp, pp, IN), 0);
	n = port_get(&w.dp, IN)->ops->rx_batch(port_get(&w.dp, IN), &pkt, 1);
	CU_ASSERT_EQUAL(n, found);
	CU_ASSERT_EQUAL(port_pcap_number(pp), 1);
	CU_ASSERT_EQUAL(port_pcap_ms(pp), 77005);
	if (n) {
		CU_ASSERT_TRUE(pkt->len == 40 && memcmp(pkt->data, frame + head_len, 40) == 0);
		pkt_put(w.dp.pool, pkt);
	}
	world_fini(&w);
	port_pcap_free(pp);
}

static void
the_ip_packet_is_found_behind_every_kind_of_header(void)
{
	link_check(1, "\1\1\1\1\1\1\2\2\2\2\2\2\x08\0", 14, true);
	link_check(1, "\1\1\1\1\1\1\2\2\2\2\2\2\x81\0\0\5\x08\0", 18, true);
	link_check(1, "\1\1\1\1\1\1\2\2\2\2\2\2\x88\xa8\0\5\x81\0\0\5\x08\0", 22, true);
	link_check(1, "\1\1\1\1\1\1\2\2\2\2\2\2\x08\6", 14, false); /* ARP */
	link_check(101, "", 0, true);
	link_check(228, "", 0, true);
	link_check(113, "\0\0\0\1\0\6\1\1\1\1\1\1\0\0\x08\0", 16, true);
	link_check(113, "\0\0\0\1\0\6\1\1\1\1\1\1\0\0\x88\xcc", 16, false);
	link_check(276, "\x08\0\0\0\0\0\0\1\0\1\0\6\1\1\1\1\1\1\0\0", 20, true);
	link_check(0, "\2\0\0\0", 4, true);
	link_check(108, "\0\0\0\2", 4, true);
}

static void
a_frame_cut_at_every_length_does_no_harm(void)
{
	static const uint32_t links[] = { 1, 101, 113, 276, 0 };

	for (unsigned int i = 0; i < 5; i++) {
		for (uint32_t len = 0; len < 60; len++) {
			uint8_t file[200], frame[60];
			struct pkt *pkt = NULL;
			struct port_pcap *pp;
			struct world w;

			memset(frame, i == 0 ? 0x81 : 0x45, sizeof(frame));
			world_init(&w);
			pp = reader(file, capture_make(file, links[i], frame, len), NULL);
			CU_ASSERT_PTR_NOT_NULL_FATAL(pp);
			port_pcap_put(&w.dp, pp, IN);
			if (port_get(&w.dp, IN)->ops->rx_batch(port_get(&w.dp, IN), &pkt, 1))
				pkt_put(w.dp.pool, pkt);
			world_fini(&w);
			port_pcap_free(pp);
		}
	}
}

static void
what_is_no_capture_is_refused(void)
{
	uint8_t file[200];
	struct err e = { 0 };
	uint32_t len = capture_make(file, 147, "x", 1);

	CU_ASSERT_PTR_NULL(reader(file, len, &e)); /* a private link type */
	CU_ASSERT_STRING_EQUAL(e.text, "Link type 147 is not known.");
	file[0] ^= 1;
	CU_ASSERT_PTR_NULL(reader(file, len, &e));
	CU_ASSERT_EQUAL(strncmp(e.text, "Not a capture", 13), 0);
	CU_ASSERT_PTR_NULL(reader(file, 3, &e));
}

static void
what_is_written_can_be_read_again(void)
{
	uint8_t file[400], in[200];
	FILE *f = fmemopen(file, sizeof(file), "w");
	struct port_pcap *out = port_pcap_writer(f, "out", NULL), *pp;
	struct pkt *p;
	struct world w;
	uint64_t d = 6;

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	world_init(&w);
	packet_ip4(in, 60, 17, &d);
	pp = reader(in + 60, capture_make(in + 60, 101, in, 60), NULL);
	port_pcap_put(&w.dp, pp, IN);
	port_pcap_put(&w.dp, out, OUT);
	CU_ASSERT_EQUAL_FATAL(port_get(&w.dp, IN)->ops->rx_batch(port_get(&w.dp, IN), &p, 1), 1);
	port_pcap_time(out, pp);
	port_get(&w.dp, OUT)->ops->tx_batch(port_get(&w.dp, OUT), &p, 1);
	CU_ASSERT_EQUAL(p->drop, DROP_NONE);
	pkt_put(w.dp.pool, p);
	CU_ASSERT_EQUAL(port_pcap_free(out), 0);
	port_pcap_free(pp);
	pp = reader(file, FILE_HDR + FRAME_HDR + 60, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pp);
	port_del(&w.dp, OUT);
	port_pcap_put(&w.dp, pp, IN);
	CU_ASSERT_EQUAL_FATAL(port_get(&w.dp, IN)->ops->rx_batch(port_get(&w.dp, IN), &p, 1), 1);
	CU_ASSERT_TRUE(p->len == 60 && memcmp(p->data, in, 60) == 0);
	CU_ASSERT_EQUAL(port_pcap_ms(pp), 77005);
	pkt_put(w.dp.pool, p);
	world_fini(&w);
	port_pcap_free(pp);
}

CU_TestInfo port_pcap_tests[] = {
	{ "the IP packet is found behind every kind of header",
		the_ip_packet_is_found_behind_every_kind_of_header },
	{ "a frame cut at every length does no harm", a_frame_cut_at_every_length_does_no_harm },
	{ "what is no capture is refused", what_is_no_capture_is_refused },
	{ "what is written can be read again", what_is_written_can_be_read_again },
	CU_TEST_INFO_NULL,
};
