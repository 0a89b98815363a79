/*
 * Twin of datapath/pipeline.c, with a map of the test's own.
 */
#include "config.h"

#include "datapath/pipeline.h"

#include "datapath/gre.h"
#include "datapath/port_mem.h"
#include "datapath/sadb.h"
#include "lib/alg.h"
#include "lib/sastate.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <string.h>
#include <sys/socket.h>

/* Stages write themselves into the packet: data[0] counts, then the trail. */
static void
trail(struct pkt *p, uint8_t stage, enum stage next)
{
	p->data[++p->data[0]] = stage;
	p->next = (uint8_t)next;
}

static void
encrypt(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	CU_ASSERT_TRUE(n > 0 && n <= PKT_BATCH);
	for (unsigned int i = 0; i < n; i++)
		trail(pkts[i], 'e', STAGE_RAW_TX);
}

/* Every third packet is not protected, every seventh has no policy. */
static void
policy(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		trail(pkts[i], 'p', pkts[i]->len % 3 ? STAGE_ESP_OUT : STAGE_BYPASS_TX);
		if (pkts[i]->len % 7 == 0)
			pkt_drop(pkts[i], DROP_spd_none);
	}
}

static void
send_protected(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(memcmp(pkts[i]->data, "\2pe", 3), 0);
		pkt_done(pkts[i]);
	}
}

static void
send_clear(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(memcmp(pkts[i]->data, "\1p", 2), 0);
		pkt_done(pkts[i]);
	}
}

static void
refuse(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		pkt_drop(pkts[i], DROP_esp_auth);
}

/* A stage later in the order sends back to one before: esp_in → gre_in */
static void
back(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		trail(pkts[i], 'b', STAGE_SPD_OUT);
}

static const struct pipeline_stage map[STAGE_N] = {
	[STAGE_DROP] = { .name = "drop" },
	[STAGE_GRE_OUT] = { .name = "nothing behind" },
	[STAGE_SPD_OUT] = { "policy", policy, .ipsec = true },
	[STAGE_ESP_OUT] = { "encrypt", encrypt, .ipsec = true },
	[STAGE_ESP_IN] = { "refuse", refuse, .inbound = true, .ipsec = true },
	[STAGE_SPD_IN] = { "back", back },
	[STAGE_RAW_TX] = { "send", send_protected },
	[STAGE_BYPASS_TX] = { "clear", send_clear },
};

static void
test_world(struct world *w)
{
	world_init(w);
	pipeline_free(w->dp.pipeline);
	w->dp.pipeline = pipeline_new(map);
}

static void
add(struct world *w, enum stage stage, uint32_t len)
{
	struct pkt *p = pkt_get(w->dp.pool, false);

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	p->len = len;
	p->data[0] = 0;
	p->next = (uint8_t)stage;
	pipeline_add(&w->dp, p);
}

static void
packets_go_where_each_stage_says(void)
{
	struct world w;
	const struct stats *s;

	test_world(&w);
	s = w.dp.stats;
	for (uint32_t i = 1; i <= 42; i++)
		add(&w, STAGE_SPD_OUT, i);
	CU_ASSERT_EQUAL(pkt_pool_used(w.dp.pool), 42);
	pipeline_run(&w.dp);
	CU_ASSERT_EQUAL(s->stages[STAGE_SPD_OUT], 42);
	CU_ASSERT_EQUAL(s->drops[DROP_spd_none], 6);
	CU_ASSERT_EQUAL(s->stages[STAGE_BYPASS_TX], 12);
	CU_ASSERT_EQUAL(s->stages[STAGE_ESP_OUT], 24);
	CU_ASSERT_EQUAL(s->stages[STAGE_RAW_TX], 24);
	CU_ASSERT_EQUAL(s->ipsec_out_dropped, 6);
	CU_ASSERT_EQUAL(s->ipsec_in_dropped, 0);
	world_fini(&w);
}

static void
more_than_a_batch_runs_before_it_is_full(void)
{
	struct world w;

	test_world(&w);
	for (uint32_t i = 0; i < 3 * PKT_BATCH + 5; i++) {
		add(&w, STAGE_ESP_IN, 1);
		CU_ASSERT_TRUE(pkt_pool_used(w.dp.pool) <= PKT_BATCH);
	}
	pipeline_run(&w.dp);
	CU_ASSERT_EQUAL(w.dp.stats->drops[DROP_esp_auth], 3 * PKT_BATCH + 5);
	CU_ASSERT_EQUAL(w.dp.stats->ipsec_in_dropped, 3 * PKT_BATCH + 5);
	world_fini(&w);
}

static void
a_stage_may_send_to_an_earlier_one(void)
{
	struct world w;

	test_world(&w);
	add(&w, STAGE_SPD_IN, 7);
	pipeline_run(&w.dp);
	CU_ASSERT_EQUAL(w.dp.stats->stages[STAGE_SPD_IN], 1);
	CU_ASSERT_EQUAL(w.dp.stats->stages[STAGE_SPD_OUT], 1);
	CU_ASSERT_EQUAL(w.dp.stats->drops[DROP_spd_none], 1);
	world_fini(&w);
}

static void
where_no_stage_is_packets_end(void)
{
	struct world w;

	test_world(&w);
	add(&w, STAGE_GRE_OUT, 1);
	add(&w, STAGE_DROP, 1);
	CU_ASSERT_EQUAL(pkt_pool_used(w.dp.pool), 0);
	pipeline_run(&w.dp);
	world_fini(&w);
}

static void
a_drop_counts_with_the_packets_port(void)
{
	struct port_mem *m = port_mem_new();
	struct world w;

	test_world(&w);
	CU_ASSERT_EQUAL_FATAL(port_mem_put(&w.dp, m, 5, MSG_PORT_TUN_PROTECTED), 0);
	for (uint32_t len = 100; len < 107; len++) {
		uint8_t packet[200] = { 0 };

		port_mem_inject(m, packet, len);
	}
	port_rx(port_get(&w.dp, 5));
	CU_ASSERT_EQUAL(port_get(&w.dp, 5)->count.out_packets, 7);
	CU_ASSERT_EQUAL(port_get(&w.dp, 5)->count.out_bytes, 721);
	CU_ASSERT_EQUAL(port_get(&w.dp, 5)->count.out_dropped, 1);
	CU_ASSERT_EQUAL(port_get(&w.dp, 5)->count.in_dropped, 0);
	world_fini(&w);
	port_mem_free(m);
}

static void
the_map_names_every_stage(void)
{
	for (unsigned int i = 0; i < STAGE_N; i++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(pipeline_map[i].name);
		CU_ASSERT_EQUAL(pipeline_map[i].fn == NULL, i == STAGE_DROP);
	}
}

/* With the real map, and packets that no SA is for. */
static void
drops_count_as_those_of_their_protocol(void)
{
	static const struct {
		enum stage stage;
		enum drop why;
		uint64_t esp_in, ah_in;
	} rows[] = { { STAGE_ESP_IN, DROP_esp_no_sa, 1, 0 }, { STAGE_AH_IN, DROP_ah_no_sa, 1, 1 },
		{ STAGE_AH_IN, DROP_ah_no_sa, 1, 2 }, { STAGE_SPD_OUT, DROP_spd_none, 1, 2 } };
	struct world w;

	world_init(&w);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pkt *p = pkt_get(w.dp.pool, false);
		uint64_t dice_state = 1;

		p->len = packet_ip4(
			p->data, 60, rows[i].stage == STAGE_AH_IN ? 51 : 50, &dice_state);
		p->next = (uint8_t)rows[i].stage;
		pipeline_add(&w.dp, p);
		pipeline_run(&w.dp);
		CU_ASSERT_NOT_EQUAL(w.dp.stats->drops[rows[i].why], 0);
		CU_ASSERT_EQUAL(w.dp.stats->esp.in_dropped, rows[i].esp_in);
		CU_ASSERT_EQUAL(w.dp.stats->ah.in_dropped, rows[i].ah_in);
	}
	CU_ASSERT_EQUAL(w.dp.stats->ipsec_in_dropped, 3);
	CU_ASSERT_EQUAL(w.dp.stats->ipsec_out_dropped, 1);
	CU_ASSERT_EQUAL(w.dp.stats->esp.out_dropped + w.dp.stats->ah.out_dropped, 0);
	world_fini(&w);
}

/* --- room --------------------------------------------------------------------------------- */

enum { N_SLOTS = 3, TUN = 1, RAW = 2, RAW6 = 3, DATA_LEN = 100 };

/* One way to protect a GRE tunnel by profile; the longest algorithms. */
struct form {
	bool gre6;   /* IPv6 around GRE */
	bool fields; /* key, checksum and sequence number */
	bool esp, ah;
	bool tunnel; /* mode; else transport */
	bool sa6;    /* IPv6 outside, in tunnel mode */
};

static struct addr
end_of(bool v6, uint8_t host)
{
	struct addr a = { .af = AF_INET6, .b = { 0x20, 0x01, 0x0d, 0xb8, [15] = host } };

	return v6 ? a : addr_v4(0xcb007100 + host);
}

static void
form_sa(struct world *w, const struct form *f, bool ah, uint32_t id)
{
	bool v6 = f->tunnel ? f->sa6 : f->gre6, around = ah && f->esp;
	struct msg_dp_sa m = { .sa = id,
		.spi = 0x1000 + id,
		.protocol = ah ? IP_PROTO_AH : IP_PROTO_ESP,
		.mode = f->tunnel && !around ? MSG_SA_TUNNEL : MSG_SA_TRANSPORT,
		.source = end_of(v6, 1),
		.destination = end_of(v6, 2),
		.cipher = ah ? ALG_CIPHER_NONE : ALG_CIPHER_aes_cbc_256,
		.cipher_key.len = ah ? 0 : 32,
		.auth = ALG_AUTH_hmac_sha2_512_256,
		.auth_key.len = 64,
		.slot = id,
		.bundle = f->esp && f->ah && !ah ? id + 1 : 0,
		.seq_limit = UINT32_MAX };

	m.auth_key.data[0] = (uint8_t)id;
	m.cipher_key.data[0] = (uint8_t)id;
	CU_ASSERT_EQUAL_FATAL(sadb_put(&w->dp, &m, NULL), 0);
}

/* Data through the tunnel and a keepalive of its own. */
static void
form_sends(const struct form *f)
{
	struct msg_dp_tunnel m = { .port = TUN,
		.source = end_of(f->gre6, 1),
		.destination = end_of(f->gre6, 2),
		.has_key = f->fields,
		.checksum = f->fields,
		.sequence = f->fields,
		.up = true,
		.keepalive = true,
		.keepalive_period_ms = 1000,
		.keepalive_retries = 3,
		.sa_out = 1 };
	struct port_mem *tun = port_mem_new(), *raw = port_mem_new(), *raw6 = port_mem_new();
	struct sa_slot slots[N_SLOTS] = { 0 };
	uint64_t dice_state = 1;
	uint8_t data[DATA_LEN];
	struct world w;

	world_init(&w);
	w.dp.slots = slots;
	w.dp.n_slots = N_SLOTS;
	port_mem_put(&w.dp, tun, TUN, MSG_PORT_TUN_TUNNEL);
	port_mem_put(&w.dp, raw, RAW, MSG_PORT_RAW_BYPASS);
	port_mem_put(&w.dp, raw6, RAW6, MSG_PORT_RAW6_BYPASS);
	if (f->esp)
		form_sa(&w, f, false, 1);
	if (f->ah)
		form_sa(&w, f, true, f->esp ? 2 : 1);
	CU_ASSERT_EQUAL_FATAL(gre_put(w.dp.gre, &m, NULL), 0);
	packet_ip4(data, sizeof(data), 17, &dice_state);
	port_mem_inject(tun, data, sizeof(data));
	port_rx(port_get(&w.dp, TUN));
	CU_ASSERT_EQUAL(port_mem_n_sent(raw) + port_mem_n_sent(raw6), 1);
	loop_warp(w.dp.loop, 0);
	CU_ASSERT_EQUAL(port_mem_n_sent(raw) + port_mem_n_sent(raw6), 2);
	world_fini(&w);
	port_mem_free(tun);
	port_mem_free(raw);
	port_mem_free(raw6);
}

static void
the_headers_of_every_form_fit(void)
{
	unsigned int n = 0;

	for (unsigned int bits = 0; bits < 64; bits++) {
		struct form f = { .gre6 = bits & 1,
			.fields = bits & 2,
			.esp = bits & 4,
			.ah = bits & 8,
			.tunnel = bits & 16,
			.sa6 = bits & 32 };

		if ((!f.esp && !f.ah) || (!f.tunnel && f.sa6))
			continue;
		form_sends(&f);
		n++;
	}
	CU_ASSERT_EQUAL(n, 36);
}

CU_TestInfo pipeline_tests[] = {
	{ "packets go where each stage says", packets_go_where_each_stage_says },
	{ "more than a batch runs before it is full", more_than_a_batch_runs_before_it_is_full },
	{ "a stage may send to an earlier one", a_stage_may_send_to_an_earlier_one },
	{ "where no stage is, packets end", where_no_stage_is_packets_end },
	{ "a drop counts with the packet's port", a_drop_counts_with_the_packets_port },
	{ "the map names every stage", the_map_names_every_stage },
	{ "drops count as those of their protocol", drops_count_as_those_of_their_protocol },
	{ "the headers of every form fit", the_headers_of_every_form_fit },
	CU_TEST_INFO_NULL,
};
