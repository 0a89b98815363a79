/*
 * The map of the datapath. Ports put what they receive into the stage their kind stands for
 * (port.c); each stage says for every packet where it goes next:
 *
 *   TUN of a tunnel ──► gre_out ────────────────────────► raw_tx
 *   protected TUN ────► spd_out ──► sa_out ──► esp_out ──► raw_tx     (esp_out, ah_out or one
 *                          │                     ah_out                  after the other)
 *                          └──────────────────────────────► bypass_tx
 *   raw GRE ──────────► gre_in ─────────────────────────► tun_tx
 *   raw ESP, raw AH ──► esp_in ──► spd_in ────────────────► tun_tx     (ah_in, then esp_in)
 *                       ah_in         └► gre_in
 *
 * Packets wait in front of a stage and go through it as one batch. Refuses to know what any
 * stage does; takes no memory while packets move.
 */
#include "config.h"

#include "datapath/pipeline.h"

#include "datapath/ah.h"
#include "datapath/esp.h"
#include "datapath/gre.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/port.h"
#include "datapath/sadb.h"
#include "datapath/stats.h"

#include <stdlib.h>
#include <string.h>

const struct pipeline_stage pipeline_map[STAGE_N] = {
	[STAGE_DROP] = { .name = "drop" },
	[STAGE_GRE_OUT] = { "gre_out", gre_out_stage, .inbound = false },
	[STAGE_GRE_IN] = { "gre_in", gre_in_stage, .inbound = true },
	[STAGE_REASS_OUT] = { "reass_out", reass_stage, .inbound = false },
	[STAGE_SPD_OUT] = { "spd_out", spd_out_stage, .inbound = false, .ipsec = true },
	[STAGE_SA_OUT] = { "sa_out", sa_out_stage, .inbound = false, .ipsec = true,
		.protocol = PIPELINE_SA },
	[STAGE_ESP_OUT] = { "esp_out", esp_out_stage, .inbound = false, .ipsec = true,
		.protocol = ESP_PROTOCOL },
	[STAGE_AH_OUT] = { "ah_out", ah_out_stage, .inbound = false, .ipsec = true,
		.protocol = IP_PROTO_AH },
	[STAGE_ESP_IN] = { "esp_in", esp_in_stage, .inbound = true, .ipsec = true,
		.protocol = ESP_PROTOCOL },
	[STAGE_AH_IN] = { "ah_in", ah_in_stage, .inbound = true, .ipsec = true,
		.protocol = IP_PROTO_AH },
	[STAGE_REASS_IN] = { "reass_in", reass_stage, .inbound = true },
	[STAGE_SPD_IN] = { "spd_in", spd_in_stage, .inbound = true, .ipsec = true },
	[STAGE_TUN_TX] = { "tun_tx", tun_tx_stage, .inbound = true },
	[STAGE_RAW_TX] = { "raw_tx", raw_tx_stage, .inbound = false },
	[STAGE_BYPASS_TX] = { "bypass_tx", bypass_tx_stage, .inbound = false },
};

/* All that may come to stand in front of a packet on its way through the map, and behind it. */
enum {
	ROOM_KEEPALIVE = IP6_HDR_LEN + GRE_HDR_MAX - GRE_FIELD_LEN, /* the answer: not numbered */
	ROOM_GRE = IP6_HDR_LEN + GRE_HDR_MAX,
	ROOM_ESP = IP6_HDR_LEN + ESP_HDR_LEN + ESP_IV_MAX,
	ROOM_AH = AH_LEN_MAX, /* around ESP; alone in tunnel mode it has ESP's */
	ROOM_BEHIND = ESP_BLOCK_MAX - 1 + ESP_TRAILER_LEN + ESP_ICV_MAX,
};
_Static_assert(PKT_HEADROOM >= ROOM_KEEPALIVE + ROOM_GRE + ROOM_ESP + ROOM_AH, "head-room");
_Static_assert(PKT_TAILROOM >= ROOM_BEHIND, "tail-room");
#define ALG_CIPHER(id, iana, keyword, display, weak, manual, kind, key_len, salt_len, block,    \
	iv_len, icv_len, openssl)                                                               \
	_Static_assert(                                                                         \
		(iv_len) <= ESP_IV_MAX && (block) <= ESP_BLOCK_MAX && (icv_len) <= ESP_ICV_MAX, \
		#id);
#define ALG_AUTH(id, iana, keyword, display, weak, manual, offered, kind, key_len, salt_len, \
	iv_len, icv_len, openssl)                                                            \
	_Static_assert((icv_len) <= ESP_ICV_MAX && (iv_len) + (icv_len) <= AH_ICV_MAX, #id);
#include "lib/alg.def"
#undef ALG_CIPHER
#undef ALG_AUTH

/* Stages may make packets: no more wait than the pool has. */
struct waiting {
	struct pkt *pkts[PKT_POOL_MAX];
	unsigned int n;
};

struct pipeline {
	const struct pipeline_stage *map;
	unsigned int under_way; /* packets in all stages */
	struct waiting stages[STAGE_N];
	struct pkt *batch[PKT_BATCH]; /* in the stage that runs */
};

struct pipeline *
pipeline_new(const struct pipeline_stage *map)
{
	struct pipeline *pl = calloc(1, sizeof(*pl));

	if (pl)
		pl->map = map;
	return pl;
}

void
pipeline_free(struct pipeline *pl)
{
	free(pl);
}

static void
ipsec_drop(struct stats *s, const struct pkt *p, const struct pipeline_stage *at)
{
	bool of_sa = at->protocol == PIPELINE_SA && p->sa != NULL;
	struct stats_protocol *of = stats_protocol(s, of_sa ? p->sa->protocol : at->protocol);

	s->ipsec_in_dropped += at->inbound;
	s->ipsec_out_dropped += !at->inbound;
	if (of != NULL) {
		of->in_dropped += at->inbound;
		of->out_dropped += !at->inbound;
	}
}

/* The packet's way ends, in or before the stage `at`. */
static void
finish(struct dp *dp, struct pkt *p, const struct pipeline_stage *at)
{
	if (p->drop != DROP_NONE) {
		stats_drop(dp->stats, (enum drop)p->drop);
		if (at->ipsec)
			ipsec_drop(dp->stats, p, at);
		port_count_drop(dp, p, at->inbound);
	} else if (p->arrivals) {
		++*p->arrivals;
	}
	pkt_put(dp->pool, p);
	dp->pipeline->under_way--;
}

static void
queue(struct dp *dp, struct pkt *p, const struct pipeline_stage *at)
{
	struct waiting *w = &dp->pipeline->stages[p->next];

	if (dp->pipeline->map[p->next].fn)
		w->pkts[w->n++] = p;
	else
		finish(dp, p, at);
}

void
pipeline_add(struct dp *dp, struct pkt *p)
{
	struct pipeline *pl = dp->pipeline;

	if (pl->under_way >= PKT_BATCH)
		pipeline_run(dp);
	pipeline_push(dp, p);
}

void
pipeline_push(struct dp *dp, struct pkt *p)
{
	struct pipeline *pl = dp->pipeline;

	pl->under_way++;
	queue(dp, p, &pl->map[p->next]);
}

static void
stage_run(struct dp *dp, enum stage stage)
{
	struct pipeline *pl = dp->pipeline;
	struct waiting *w = &pl->stages[stage];
	const struct pipeline_stage *at = &pl->map[stage];
	unsigned int n = w->n < PKT_BATCH ? w->n : PKT_BATCH;

	memcpy(pl->batch, w->pkts, n * sizeof(w->pkts[0]));
	w->n -= n;
	memmove(w->pkts, w->pkts + n, w->n * sizeof(w->pkts[0]));
	dp->stats->stages[stage] += n;
	at->fn(dp, pl->batch, n);
	for (unsigned int i = 0; i < n; i++)
		queue(dp, pl->batch[i], at);
}

void
pipeline_run(struct dp *dp)
{
	struct pipeline *pl = dp->pipeline;

	while (pl->under_way > 0) {
		for (unsigned int s = 0; s < STAGE_N; s++) {
			if (pl->stages[s].n > 0)
				stage_run(dp, (enum stage)s);
		}
	}
}
