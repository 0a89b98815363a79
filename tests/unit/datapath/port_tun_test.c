/*
 * Twin of datapath/port_tun.c, with a socket pair in the place of the device.
 */
#include "config.h"

#include "datapath/port.h"

#include "datapath/gre.h"
#include "datapath/gso.h"
#include "datapath/port_mem.h"
#include "lib/buf.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TUN = 1, RAW = 2 };

struct bed {
	struct world w;
	struct port_mem *raw;
	int kernel; /* the other end of the device */
};

static void
bed_init(struct bed *b)
{
	struct msg_dp_port m = { .port = TUN, .kind = MSG_PORT_TUN_TUNNEL, .name = "tun" };
	struct msg_dp_tunnel t = { .port = TUN,
		.source = addr_v4(0xcb007101),
		.destination = addr_v4(0xc6336401),
		.up = true };
	int fds[2];

	world_init(&b->w);
	b->raw = port_mem_new();
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	CU_ASSERT_EQUAL_FATAL(port_put(&b->w.dp, &m, fds[0], NULL), 0);
	port_get(&b->w.dp, TUN)->vnet_hdr = true; /* a socket could not be asked for it */
	CU_ASSERT_EQUAL_FATAL(gre_put(b->w.dp.gre, &t, NULL), 0);
	port_mem_put(&b->w.dp, b->raw, RAW, MSG_PORT_RAW_GRE);
	b->kernel = fds[1];
}

static void
bed_fini(struct bed *b)
{
	world_fini(&b->w);
	port_mem_free(b->raw);
	close(b->kernel);
}

/* The kernel sends a packet with this order into the device. */
static void
kernel_sends(struct bed *b, const uint8_t vnet[GSO_VNET_LEN], const uint8_t *p, uint32_t len)
{
	static uint8_t frame[GSO_VNET_LEN + 70000];

	memcpy(frame, vnet, GSO_VNET_LEN);
	memcpy(frame + GSO_VNET_LEN, p, len);
	CU_ASSERT_EQUAL_FATAL(send(b->kernel, frame, GSO_VNET_LEN + len, 0), GSO_VNET_LEN + len);
	loop_once(b->w.dp.loop);
}

static const uint8_t no_order[GSO_VNET_LEN];

static void
packets_of_every_size_come_in_whole(void)
{
	static const uint32_t sizes[] = { 20, 1476, 2047, 2048, 2049, 9000, 65000 };
	static uint8_t p[65000];
	uint64_t d = 5;
	struct bed b;

	bed_init(&b);
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const uint8_t *out;
		uint32_t len;

		packet_ip4(p, sizes[i], 17, &d);
		kernel_sends(&b, no_order, p, sizes[i]);
		out = port_mem_sent(b.raw, &len);
		CU_ASSERT_PTR_NOT_NULL_FATAL(out);
		CU_ASSERT_EQUAL(len, sizes[i] + 24);
		CU_ASSERT_EQUAL(memcmp(out + 24, p, sizes[i]), 0);
	}
	CU_ASSERT_EQUAL(port_get(&b.w.dp, TUN)->count.out_packets, 7);
	bed_fini(&b);
}

/* A TCP super-packet over IPv4, 40 bytes of header. */
static void
super_make(uint8_t *p, uint32_t len, uint8_t vnet[GSO_VNET_LEN], uint16_t size)
{
	static const uint16_t words[4] = { 40, 0, 20, 16 };
	uint64_t d = 6;

	packet_ip4(p, len, 6, &d);
	p[32] = 0x50;
	vnet[0] = 1;
	vnet[1] = 1;
	memcpy(vnet + 2, words, 8);
	memcpy(vnet + 4, &size, 2);
}

static void
super_packets_are_cut_whatever_their_size(void)
{
	static const struct {
		uint32_t len;
		uint16_t size;
		unsigned int want;
	} rows[] = { { 1500, 700, 3 }, { 2048, 1400, 2 }, { 2049, 1400, 2 }, { 65000, 1436, 46 },
		{ 65000, 100, 650 }, { 60000, 9000, 7 } };
	static uint8_t p[65000];
	struct bed b;

	bed_init(&b);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t vnet[GSO_VNET_LEN] = { 0 };
		uint32_t len, done = 0;
		const uint8_t *out;

		super_make(p, rows[i].len, vnet, rows[i].size);
		kernel_sends(&b, vnet, p, rows[i].len);
		CU_ASSERT_EQUAL(port_mem_n_sent(b.raw), rows[i].want);
		while ((out = port_mem_sent(b.raw, &len))) {
			CU_ASSERT_TRUE(naive_transport_ok(out + 24, len - 24, 20, 6));
			CU_ASSERT_EQUAL(be32_get(out + 24 + 24), be32_get(p + 24) + done);
			CU_ASSERT_EQUAL(memcmp(out + 64, p + 40 + done, len - 64), 0);
			done += len - 64;
		}
		CU_ASSERT_EQUAL(done, rows[i].len - 40);
	}
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_pool_empty], 0);
	bed_fini(&b);
}

static void
a_malformed_order_is_counted_and_the_next_packet_lives(void)
{
	uint8_t p[3000], vnet[GSO_VNET_LEN] = { 0 };
	uint64_t d = 6;
	struct bed b;

	bed_init(&b);
	super_make(p, sizeof(p), vnet, 1400);
	vnet[6] = 21;
	kernel_sends(&b, vnet, p, sizeof(p)); /* beyond a small buffer … */
	kernel_sends(&b, vnet, p, 1000);      /* … and within */
	kernel_sends(&b, no_order, p, 0);
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_tun_vnet], 3);
	CU_ASSERT_EQUAL(port_get(&b.w.dp, TUN)->count.out_dropped, 3);
	packet_ip4(p, 100, 17, &d);
	kernel_sends(&b, no_order, p, 100);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.raw), 1);
	bed_fini(&b);
}

static void
what_goes_to_the_kernel_has_an_empty_order(void)
{
	uint8_t p[100], wire[124] = { 0 }, got[200];
	struct ip4 outer = {
		.total_len = 124, .ttl = 9, .protocol = 47, .src = 0xc6336401, .dst = 0xcb007101
	};
	uint64_t d = 6;
	struct bed b;

	bed_init(&b);
	packet_ip4(p, sizeof(p), 17, &d);
	ip4_build(wire, &outer);
	wire[22] = 8;
	memcpy(wire + 24, p, sizeof(p));
	port_mem_inject(b.raw, wire, sizeof(wire));
	port_rx(port_get(&b.w.dp, RAW));
	CU_ASSERT_EQUAL_FATAL(recv(b.kernel, got, sizeof(got), MSG_DONTWAIT), 110);
	CU_ASSERT_EQUAL(memcmp(got, no_order, 10), 0);
	CU_ASSERT_EQUAL(memcmp(got + 10, p, 100), 0);
	bed_fini(&b);
}

/* Segments of one stream in GRE, as they come from the wire, in one batch. */
static void
segments_go_to_the_kernel_as_one_super_packet(void)
{
	enum { N = 5, PAYLOAD = 1000, SEGMENT = 40 + PAYLOAD };
	static uint8_t p[40 + N * PAYLOAD], got[70000];
	uint8_t vnet[GSO_VNET_LEN] = { 0 }, wire[24 + SEGMENT] = { 0 };
	struct ip4 outer = { .total_len = 24 + SEGMENT,
		.ttl = 9,
		.protocol = 47,
		.src = 0xc6336401,
		.dst = 0xcb007101 };
	struct gso g;
	struct bed b;

	bed_init(&b);
	super_make(p, sizeof(p), vnet, PAYLOAD);
	p[33] = 0x10;
	CU_ASSERT_EQUAL_FATAL(gso_init(&g, vnet, p, sizeof(p)), 0);
	ip4_build(wire, &outer);
	wire[22] = 8;
	for (unsigned int i = 0; i < N; i++) {
		gso_next(&g, wire + 24);
		port_mem_inject(b.raw, wire, sizeof(wire));
	}
	port_rx(port_get(&b.w.dp, RAW));
	CU_ASSERT_EQUAL_FATAL(recv(b.kernel, got, sizeof(got), MSG_DONTWAIT), 10 + sizeof(p));
	CU_ASSERT_EQUAL(memcmp(got, vnet, 10), 0);
	CU_ASSERT_EQUAL(memcmp(got + 10 + 40, p + 40, sizeof(p) - 40), 0);
	CU_ASSERT_EQUAL(port_get(&b.w.dp, TUN)->count.in_packets, N);
	CU_ASSERT_EQUAL(port_get(&b.w.dp, TUN)->count.in_bytes, N * SEGMENT);
	bed_fini(&b);
}

static void
an_empty_pool_loses_packets_and_nothing_else(void)
{
	static uint8_t p[65000];
	uint8_t vnet[GSO_VNET_LEN] = { 0 };
	struct pkt *held[4 * PKT_BATCH];
	unsigned int n = 0;
	struct bed b;

	bed_init(&b);
	super_make(p, sizeof(p), vnet, 1400);
	while (n < 4 * PKT_BATCH && (held[n] = pkt_get(b.w.dp.pool, false)))
		n++;
	kernel_sends(&b, vnet, p, sizeof(p));
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_pool_empty], 1);
	/* five buffers: the first is read into and comes back, then segments until none is left */
	for (unsigned int i = 0; i < 5; i++)
		pkt_put(b.w.dp.pool, held[--n]);
	kernel_sends(&b, vnet, p, sizeof(p));
	CU_ASSERT_EQUAL(b.w.dp.stats->drops[DROP_pool_empty], 2);
	CU_ASSERT_EQUAL(port_mem_n_sent(b.raw), 5);
	while (n > 0)
		pkt_put(b.w.dp.pool, held[--n]);
	bed_fini(&b);
}

static void
a_device_that_is_gone_is_not_read_any_more(void)
{
	struct bed b;

	bed_init(&b);
	shutdown(b.kernel, SHUT_RDWR);
	loop_once(b.w.dp.loop);
	CU_ASSERT_NOT_EQUAL(port_get(&b.w.dp, TUN)->error, 0);
	CU_ASSERT_PTR_NULL(port_get(&b.w.dp, TUN)->watch);
	bed_fini(&b);
}

CU_TestInfo port_tun_tests[] = {
	{ "packets of every size come in whole", packets_of_every_size_come_in_whole },
	{ "super-packets are cut whatever their size", super_packets_are_cut_whatever_their_size },
	{ "a malformed order is counted and the next packet lives",
		a_malformed_order_is_counted_and_the_next_packet_lives },
	{ "what goes to the kernel has an empty order",
		what_goes_to_the_kernel_has_an_empty_order },
	{ "segments go to the kernel as one super-packet",
		segments_go_to_the_kernel_as_one_super_packet },
	{ "an empty pool loses packets and nothing else",
		an_empty_pool_loses_packets_and_nothing_else },
	{ "a device that is gone is not read any more",
		a_device_that_is_gone_is_not_read_any_more },
	CU_TEST_INFO_NULL,
};
