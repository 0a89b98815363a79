#ifndef YD_DATAPATH_DP_H
#define YD_DATAPATH_DP_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/limit.h"
#include "datapath/pkt.h"

struct addr;
struct crypto_engine;
struct gre_table;
struct group_table;
struct loop;
struct natt;
struct pipeline;
struct port_table;
struct punt;
struct reass;
struct sadb;
struct spd;
struct sa_slot;
struct stats;

/* Everything a worker owns; there are no globals. One worker today. */
struct dp {
	struct loop *loop;
	struct pkt_pool *pool;
	struct pipeline *pipeline;
	struct port_table *ports;
	struct gre_table *gre;
	struct group_table *groups;
	struct natt *natt;
	struct punt *punt; /* NULL until there is an IKE speaker */
	struct reass *reass;
	struct sadb *sadb;
	struct spd *spd;
	struct stats *stats;
	struct sa_slot *slots; /* the daemon's shared file, NULL until dp_setup */
	uint32_t n_slots;
	struct limit icmp_out; /* errors we send */
	struct limit icmp_in;  /* errors about our packets that we look at */
	/* pmtu_on_learned */
	void (*path_news)(void *arg, uint32_t sa, const struct addr *destination, uint32_t mtu);
	void *path_news_arg;
	uint16_t ip_id; /* of the last outer header built; ip4_next_id() */
	bool unchecked; /* any ESP SA may lack authentication: of use only to look at a capture */
};

/* Fills dp with empty tables; the loop is borrowed. 0 or -ENOMEM. */
int dp_init(struct dp *dp, struct loop *l);
void dp_fini(struct dp *dp);

/* A stage works on up to PKT_BATCH packets, sets `next` on each (and `drop` with STAGE_DROP), and keeps none. */
typedef void stage_fn(struct dp *dp, struct pkt **pkts, unsigned int n);

stage_fn gre_out_stage, gre_in_stage;
stage_fn spd_out_stage, spd_in_stage;
stage_fn sa_out_stage, reass_stage;
stage_fn esp_out_stage, esp_in_stage, ah_out_stage, ah_in_stage;
stage_fn tun_tx_stage, raw_tx_stage, bypass_tx_stage;

#endif
