/*
 * What a packet costs in the datapath without the kernel: ports are queues in memory. Lines are
 * comparable within one run only; the last column is relative to the first line.
 */
#include "config.h"

#include "datapath/dp.h"
#include "datapath/gre.h"
#include "datapath/gso.h"
#include "datapath/ip4.h"
#include "datapath/pipeline.h"
#include "datapath/sadb.h"
#include "datapath/stats.h"
#include "lib/alg.h"
#include "lib/loop.h"
#include "lib/sastate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 400, SUPER_LEN = 65000 };

struct bench {
	struct dp dp;
	struct pkt *batch[PKT_BATCH];
	uint32_t len;
	uint8_t super[SUPER_LEN];
	double first_ns; /* per packet, of the first line */
};

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* A batch of inner packets from TUN 1. */
static void
batch_fill(struct bench *b)
{
	struct ip4 ip = { .total_len = (uint16_t)b->len,
		.id = 1,
		.ttl = 64,
		.protocol = IP_PROTO_UDP,
		.src = 1,
		.dst = 2 };

	for (unsigned int i = 0; i < PKT_BATCH; i++) {
		struct pkt *p = b->batch[i] = pkt_get(b->dp.pool, false);

		ip4_build(p->data, &ip);
		p->len = b->len;
		p->port = 1;
		p->sa = sadb_get(b->dp.sadb, 1);
	}
}

static void
batch_empty(struct bench *b)
{
	for (unsigned int i = 0; i < PKT_BATCH; i++)
		pkt_put(b->dp.pool, b->batch[i]);
}

/* Exchanges the outer addresses, so that what was sent can be received. */
static void
batch_turn(struct bench *b)
{
	for (unsigned int i = 0; i < PKT_BATCH; i++) {
		uint8_t *p = b->batch[i]->data, src[4];

		memcpy(src, p + 12, 4);
		memcpy(p + 12, p + 16, 4);
		memcpy(p + 16, src, 4);
	}
}

/* Each returns the nanoseconds of one batch. */
static uint64_t
run_gre_out(struct bench *b)
{
	uint64_t start;

	batch_fill(b);
	start = now_ns();
	gre_out_stage(&b->dp, b->batch, PKT_BATCH);
	start = now_ns() - start;
	batch_empty(b);
	return start;
}

static uint64_t
run_gre_in(struct bench *b)
{
	uint64_t start;

	batch_fill(b);
	gre_out_stage(&b->dp, b->batch, PKT_BATCH);
	batch_turn(b);
	start = now_ns();
	gre_in_stage(&b->dp, b->batch, PKT_BATCH);
	start = now_ns() - start;
	batch_empty(b);
	return start;
}

static uint64_t
run_esp_out(struct bench *b)
{
	uint64_t start;

	batch_fill(b);
	start = now_ns();
	esp_out_stage(&b->dp, b->batch, PKT_BATCH);
	start = now_ns() - start;
	batch_empty(b);
	return start;
}

/* Without a port to send by, every packet ends in raw_tx: what the pipeline itself costs is the
 * difference to gre_out. */
static uint64_t
run_pipeline(struct bench *b)
{
	uint64_t start;

	batch_fill(b);
	start = now_ns();
	for (unsigned int i = 0; i < PKT_BATCH; i++) {
		b->batch[i]->next = STAGE_GRE_OUT;
		pipeline_add(&b->dp, b->batch[i]);
	}
	pipeline_run(&b->dp);
	return now_ns() - start;
}

/* Super-packets into about PKT_BATCH segments of b->len. */
static uint64_t
run_gso(struct bench *b)
{
	uint16_t words[4] = { 40, (uint16_t)(b->len - 40), 20, 16 };
	uint8_t vnet[GSO_VNET_LEN] = { 1, 1 };
	struct ip4 ip = { .total_len = SUPER_LEN, .id = 1, .ttl = 64, .protocol = IP_PROTO_TCP };
	uint64_t start;

	batch_fill(b);
	ip4_build(b->super, &ip);
	b->super[32] = 0x50;
	memcpy(vnet + 2, words, sizeof(words));
	start = now_ns();
	for (unsigned int n = 0; n < PKT_BATCH;) {
		struct gso g;

		if (gso_init(&g, vnet, b->super, SUPER_LEN) < 0)
			abort();
		while (n < PKT_BATCH && gso_next_len(&g) > 0)
			gso_next(&g, b->batch[n++]->data);
	}
	start = now_ns() - start;
	batch_empty(b);
	return start;
}

static const struct {
	const char *name;
	uint64_t (*run)(struct bench *b);
} lines[] = {
	{ "gre_out", run_gre_out },
	{ "gre_in", run_gre_in },
	{ "pipeline", run_pipeline },
	{ "gso", run_gso },
	{ "esp_out aes-128 sha2-256", run_esp_out },
};

static void
line_print(struct bench *b, unsigned int line)
{
	uint64_t best = UINT64_MAX;
	double ns;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint64_t one = lines[line].run(b);

		best = one < best ? one : best;
	}
	ns = (double)best / PKT_BATCH;
	if (b->first_ns == 0)
		b->first_ns = ns;
	printf("%-26s %5u bytes %8.1f ns/packet %6.2f x\n", lines[line].name, b->len, ns,
		ns / b->first_ns);
}

static int
setup(struct bench *b)
{
	struct msg_dp_tunnel t = { .port = 1,
		.source = addr_v4(0x0a000001),
		.destination = addr_v4(0x0a000002),
		.up = true };
	struct msg_dp_sa sa = { .sa = 1,
		.spi = 0x1000,
		.protocol = IP_PROTO_ESP,
		.mode = MSG_SA_TUNNEL,
		.source = addr_v4(0x0a000001),
		.destination = addr_v4(0x0a000002),
		.cipher = ALG_CIPHER_aes_cbc_128,
		.auth = ALG_AUTH_hmac_sha2_256_128,
		.cipher_key.len = 16,
		.auth_key.len = 32,
		.seq_limit = UINT32_MAX };

	b->dp.n_slots = 1;
	b->dp.slots = calloc(1, sizeof(struct sa_slot));
	return b->dp.slots && gre_put(b->dp.gre, &t, NULL) == 0 && sadb_put(&b->dp, &sa, NULL) == 0
		? 0
		: -1;
}

int
main(void)
{
	static const uint32_t sizes[] = { 64, 1400 };
	struct bench *b = calloc(1, sizeof(*b));
	struct loop *l = loop_new_virtual();

	if (!b || !l || dp_init(&b->dp, l) < 0 || setup(b) < 0)
		return 1;
	for (unsigned int s = 0; s < 2; s++) {
		b->len = sizes[s];
		for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
			line_print(b, i);
	}
	free(b->dp.slots);
	b->dp.slots = NULL; /* not a mapping of dp's */
	dp_fini(&b->dp);
	loop_free(l);
	free(b);
	return 0;
}
