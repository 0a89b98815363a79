/*
 * Twin of datapath/port.c (and port_mem.c): the table, and who sends what.
 */
#include "config.h"

#include "datapath/port.h"

#include "datapath/pipeline.h"
#include "datapath/port_mem.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct pkt *
packet(struct world *w, enum stage stage, uint32_t port, uint8_t protocol)
{
	struct pkt *p = pkt_get(w->dp.pool, false);
	uint64_t d = 1;

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	p->len = packet_ip4(p->data, 60, protocol, &d);
	p->next = (uint8_t)stage;
	p->port = port;
	return p;
}

static void
packets_leave_by_the_port_they_name(void)
{
	struct port_mem *m[3] = { port_mem_new(), port_mem_new(), port_mem_new() };
	struct world w;

	world_init(&w);
	for (uint32_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL_FATAL(port_mem_put(&w.dp, m[i], i + 1,
					      i == 2 ? MSG_PORT_RAW_ESP : MSG_PORT_TUN_TUNNEL),
			0);
	for (unsigned int i = 0; i < 30; i++)
		pipeline_add(&w.dp, packet(&w, STAGE_TUN_TX, i % 10 < 7 ? 1 : 2, 17));
	pipeline_add(&w.dp, packet(&w, STAGE_TUN_TX, 99, 17)); /* nobody */
	pipeline_add(&w.dp, packet(&w, STAGE_TUN_TX, 3, 17));  /* not a TUN */
	pipeline_run(&w.dp);
	CU_ASSERT_EQUAL(port_mem_n_sent(m[0]), 21);
	CU_ASSERT_EQUAL(port_mem_n_sent(m[1]), 9);
	CU_ASSERT_EQUAL(port_mem_n_sent(m[2]), 0);
	CU_ASSERT_EQUAL(w.dp.stats->drops[DROP_tx_error], 2);
	CU_ASSERT_EQUAL(port_get(&w.dp, 1)->count.in_packets, 21);
	CU_ASSERT_EQUAL(port_get(&w.dp, 1)->count.in_bytes, 21 * 60);
	world_fini(&w);
	for (unsigned int i = 0; i < 3; i++)
		port_mem_free(m[i]);
}

static void
the_protocol_chooses_the_raw_socket(void)
{
	struct port_mem *esp = port_mem_new(), *gre = port_mem_new(), *bypass = port_mem_new();
	struct world w;

	world_init(&w);
	for (unsigned int i = 0; i < 2; i++) { /* without a socket, and with */
		for (unsigned int k = 0; k < 10; k++)
			pipeline_add(&w.dp, packet(&w, STAGE_RAW_TX, 0, k % 5 < 2 ? 47 : 50));
		pipeline_add(&w.dp, packet(&w, STAGE_BYPASS_TX, 0, 6));
		pipeline_run(&w.dp);
		port_mem_put(&w.dp, esp, 1, MSG_PORT_RAW_ESP);
		port_mem_put(&w.dp, gre, 2, MSG_PORT_RAW_GRE);
		port_mem_put(&w.dp, bypass, 3, MSG_PORT_RAW_BYPASS);
	}
	CU_ASSERT_EQUAL(w.dp.stats->drops[DROP_tx_error], 11);
	CU_ASSERT_EQUAL(port_mem_n_sent(gre), 4);
	CU_ASSERT_EQUAL(port_mem_n_sent(esp), 6);
	CU_ASSERT_EQUAL(port_mem_n_sent(bypass), 1);
	CU_ASSERT_EQUAL(w.dp.stats->bypassed, 1);
	world_fini(&w);
	port_mem_free(esp);
	port_mem_free(gre);
	port_mem_free(bypass);
}

static void
an_equal_identity_replaces_and_keeps_its_counters(void)
{
	struct port_mem *a = port_mem_new(), *b = port_mem_new();
	struct world w;

	world_init(&w);
	port_mem_put(&w.dp, a, 1, MSG_PORT_TUN_TUNNEL);
	pipeline_add(&w.dp, packet(&w, STAGE_TUN_TX, 1, 17));
	pipeline_run(&w.dp);
	port_mem_put(&w.dp, b, 1, MSG_PORT_TUN_TUNNEL);
	pipeline_add(&w.dp, packet(&w, STAGE_TUN_TX, 1, 17));
	pipeline_run(&w.dp);
	CU_ASSERT_EQUAL(port_mem_n_sent(a), 1);
	CU_ASSERT_EQUAL(port_mem_n_sent(b), 1);
	CU_ASSERT_EQUAL(port_get(&w.dp, 1)->count.in_packets, 2);
	CU_ASSERT_EQUAL(port_del(&w.dp, 1), 0);
	CU_ASSERT_EQUAL(port_del(&w.dp, 1), -ENOENT);
	CU_ASSERT_PTR_NULL(port_get(&w.dp, 1));
	world_fini(&w);
	port_mem_free(a);
	port_mem_free(b);
}

static void
a_port_that_is_gone_sends_no_more(void)
{
	struct port_mem *a = port_mem_new();
	struct world w;

	world_init(&w);
	port_mem_put(&w.dp, a, 1, MSG_PORT_RAW_GRE);
	CU_ASSERT_PTR_EQUAL(port_of_kind(&w.dp, MSG_PORT_RAW_GRE), port_get(&w.dp, 1));
	port_del(&w.dp, 1);
	CU_ASSERT_PTR_NULL(port_of_kind(&w.dp, MSG_PORT_RAW_GRE));
	world_fini(&w);
	port_mem_free(a);
}

static void
a_bad_port_message_is_refused_and_its_descriptor_closed(void)
{
	static const struct {
		uint32_t port;
		uint8_t kind;
		bool vnet;
		int want;
	} rows[] = {
		{ 1, 0, false, -EINVAL }, { 1, MSG_PORT_UDP + 1, false, -EINVAL },
		{ 0, MSG_PORT_RAW_ESP, false, -EINVAL },
		{ 1, MSG_PORT_TUN_TUNNEL, true, -ENOTTY }, /* a socket knows no offloads */
	};
	struct world w;

	world_init(&w);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_dp_port m = { .port = rows[i].port,
			.kind = rows[i].kind,
			.vnet_hdr = rows[i].vnet,
			.name = "x" };
		int fds[2];

		CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
		CU_ASSERT_EQUAL(port_put(&w.dp, &m, fds[0], NULL), rows[i].want);
		CU_ASSERT_EQUAL(fcntl(fds[0], F_GETFD), -1);
		CU_ASSERT_PTR_NULL(port_get(&w.dp, rows[i].port));
		close(fds[1]);
	}
	world_fini(&w);
}

static void
count_row(void *arg, const struct st_port *st)
{
	unsigned int *n = arg;

	CU_ASSERT_EQUAL(st->port, 1);
	CU_ASSERT_STRING_EQUAL(st->name, "mem");
	*n += (unsigned int)st->in_packets;
}

static void
only_tun_ports_have_rows_and_they_can_be_reset(void)
{
	struct port_mem *a = port_mem_new(), *b = port_mem_new();
	unsigned int n = 0;
	struct world w;

	world_init(&w);
	port_mem_put(&w.dp, a, 1, MSG_PORT_TUN_PROTECTED);
	port_mem_put(&w.dp, b, 2, MSG_PORT_RAW_GRE);
	pipeline_add(&w.dp, packet(&w, STAGE_TUN_TX, 1, 17));
	pipeline_run(&w.dp);
	port_state(&w.dp, count_row, &n);
	CU_ASSERT_EQUAL(n, 1);
	port_count_reset(&w.dp, "other");
	port_state(&w.dp, count_row, &n);
	CU_ASSERT_EQUAL(n, 2);
	port_count_reset(&w.dp, "");
	port_state(&w.dp, count_row, &n);
	CU_ASSERT_EQUAL(n, 2);
	world_fini(&w);
	port_mem_free(a);
	port_mem_free(b);
}

static void
an_empty_pool_is_counted_and_survived(void)
{
	struct port_mem *a = port_mem_new();
	struct pkt *held[4 * PKT_BATCH];
	uint8_t p[60];
	uint64_t d = 1;
	unsigned int n = 0;
	struct world w;

	world_init(&w);
	port_mem_put(&w.dp, a, 1, MSG_PORT_TUN_TUNNEL);
	while (n < 4 * PKT_BATCH && (held[n] = pkt_get(w.dp.pool, false)))
		n++;
	packet_ip4(p, sizeof(p), 17, &d);
	for (unsigned int i = 0; i < 5; i++)
		port_mem_inject(a, p, sizeof(p));
	port_rx(port_get(&w.dp, 1));
	CU_ASSERT_EQUAL(w.dp.stats->drops[DROP_pool_empty], 5);
	while (n > 0)
		pkt_put(w.dp.pool, held[--n]);
	world_fini(&w);
	port_mem_free(a);
}

CU_TestInfo port_tests[] = {
	{ "packets leave by the port they name", packets_leave_by_the_port_they_name },
	{ "the protocol chooses the raw socket", the_protocol_chooses_the_raw_socket },
	{ "an equal identity replaces and keeps its counters",
		an_equal_identity_replaces_and_keeps_its_counters },
	{ "a port that is gone sends no more", a_port_that_is_gone_sends_no_more },
	{ "a bad port message is refused and its descriptor closed",
		a_bad_port_message_is_refused_and_its_descriptor_closed },
	{ "only TUN ports have rows and they can be reset",
		only_tun_ports_have_rows_and_they_can_be_reset },
	{ "an empty pool is counted and survived", an_empty_pool_is_counted_and_survived },
	CU_TEST_INFO_NULL,
};
