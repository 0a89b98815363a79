/*
 * What policy costs a packet with 1, 100 and 10,000 rules: the first of a flow and those after it, and
 * what 10,000 rules with 20,000 SAs take to load. No ports, no crypto.
 */
#include "config.h"

#include "datapath/dp.h"
#include "datapath/ip4.h"
#include "datapath/sadb.h"
#include "datapath/spd.h"
#include "lib/alg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/datapath/esp_fixture.h"

enum { N_SAS = 20000, ROUNDS = 400, PORT = FIX_PORT, NET = 0x0a000000 };

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Rule i: from 10.i.i.0/24 (or longer and shorter prefixes) to 172.16/12. */
static void
rules_load(struct dp *dp, uint32_t n)
{
	const struct msg_dp_spd_begin begin = { .port = PORT, .n_rules = n };

	if (spd_begin(dp, &begin) != 0)
		abort();
	for (uint32_t i = 0; i < n; i++) {
		const struct msg_dp_spd_rule r = { .port = PORT,
			.rule = i + 1,
			.action = MSG_SPD_PROTECT,
			.source = addr_v4(NET + (i << 8)),
			.source_wildcard = addr_v4(i % 8 == 0 ? 127
					: i % 3 == 0	      ? 63
							      : 255),
			.destination = addr_v4(0xac100000),
			.destination_wildcard = addr_v4(0x000fffff),
			.source_port_high = 65535,
			.destination_port_high = 65535,
			.icmp_type = 0xffff,
			.icmp_code = 0xffff,
			.sa_out = 2 * (i % (N_SAS / 2)) + 1,
			.sa_in = 2 * (i % (N_SAS / 2)) + 2 };

		if (spd_rule(dp, &r) != 0)
			abort();
	}
	if (spd_end(dp, PORT) != 0)
		abort();
}

/* ns per packet; fresh: every packet is the first of its flow. */
static double
ask(struct dp *dp, uint32_t n_rules, bool fresh)
{
	static uint8_t room[PKT_BATCH][64];
	struct pkt pkts[PKT_BATCH], *batch[PKT_BATCH];
	uint32_t random = 1, flow = 0;
	double ns = 0;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (unsigned int i = 0; i < PKT_BATCH; i++) {
			uint32_t rule = fresh ? fix_random(&random) % n_rules : (i % 16) % n_rules;

			flow += fresh;
			fix_ports(room[i], NET + (rule << 8) + 1, 0xac100001, 17,
				(uint16_t)(flow & 0xffff), (uint16_t)(flow >> 16), 8);
			pkts[i] = (struct pkt){ .data = room[i], .len = 28, .port = PORT };
			batch[i] = &pkts[i];
		}
		ns -= now_ns();
		spd_out_stage(dp, batch, PKT_BATCH);
		ns += now_ns();
		for (unsigned int i = 0; i < PKT_BATCH; i++)
			if (pkts[i].next != STAGE_SA_OUT)
				abort();
	}
	return ns / ROUNDS / PKT_BATCH;
}

int
main(void)
{
	static const uint32_t sizes[] = { 1, 100, 10000 };
	static struct fix f;
	struct sa_slot *slots = calloc(N_SAS + 1, sizeof(*slots));
	double start;

	fix_init(&f);
	if (slots == NULL)
		return 1;
	f.dp.slots = slots;
	f.dp.n_slots = N_SAS + 1;
	start = now_ns();
	for (uint32_t id = 1; id <= N_SAS; id++) {
		struct msg_dp_sa m;

		fix_msg(&m, id, id % 2 == 0, ALG_CIPHER_aes_gcm_128, ALG_AUTH_NONE);
		m.spi = 0x1000 + id;
		memcpy(m.cipher_key.data, &id, sizeof(id)); /* no key counts twice */
		m.port = PORT;
		if (sadb_put(&f.dp, &m, NULL) != 0)
			return 1;
	}
	printf("%u SAs loaded in %.0f ms\n", N_SAS, (now_ns() - start) / 1e6);
	printf("%10s %16s %16s %12s\n", "rules", "known flow, ns", "first packet, ns", "load, ms");
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		double load;

		start = now_ns();
		rules_load(&f.dp, sizes[i]);
		load = (now_ns() - start) / 1e6;
		ask(&f.dp, sizes[i], false);
		printf("%10u %16.0f %16.0f %12.1f\n", sizes[i], ask(&f.dp, sizes[i], false),
			ask(&f.dp, sizes[i], true), load);
	}
	fix_fini(&f);
	free(slots);
	return 0;
}
