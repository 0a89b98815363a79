#ifndef YD_IKE_ENGINE_H
#define YD_IKE_ENGINE_H

#include <stdint.h>

#include "daemon/ike/call.h"
#include "daemon/ike/child.h"
#include "daemon/ike/child_sa.h"
#include "daemon/ike/connection.h"
#include "daemon/ike/explain.h"
#include "daemon/ike/halfopen.h"
#include "daemon/ike/ike.h"
#include "daemon/ike/ike_sa.h"
#include "daemon/ike/peer.h"
#include "daemon/ike/statistics.h"

struct crypt;
struct loop;
struct timer;

/* All there is to an IKE speaker: what the files of the engine share. */
struct ike {
	struct loop *loop;
	struct ike_ops ops;
	struct crypt *crypt;
	char local_name[64];
	uint32_t nat_keepalive_s;
	struct peer_tree peers;
	struct peer_place_tree places;
	uint64_t last_turn;
	struct peer *staged_peer;   /* between ike_peer and ike_peer_end */
	struct child_tree children; /* by number */
	struct child_peer_tree by_peer;
	struct child_policy_tree by_policy;
	struct child *staged_child;
	struct ike_sa_tree sas;	    /* by our SPI */
	struct ike_sa_list sa_list; /* oldest first */
	unsigned int n_sas;
	struct ike_sa_list half_open; /* oldest first */
	struct ike_sa_half_open_tree half_open_tree;
	struct ike_sa_list dead; /* freed by the reaper: nothing on the stack refers to them then */
	struct child_sa_tree pairs; /* by our identities */
	struct child_sa_spi_tree by_spi;
	struct child_sa_list dead_pairs;
	struct connection_tree connections;
	struct connection_selectors_tree by_selectors;
	struct call_tree calls;
	struct call_list no_owner;
	struct timer *reaper;
	struct halfopen halfopen;
	struct explain explain;
	struct statistics statistics;
	uint32_t debug_mask;
	struct addr debug_remote;
	uint64_t n_made; /* IKE SAs */
	uint32_t last_call;
	uint32_t last_connection;
	uint32_t last_sa;
};

/* A number of 0 … below - 1. */
uint32_t engine_random(struct ike *ike, uint32_t below);
/* A connection's number, as displayed. */
uint32_t engine_connection(struct ike *ike);
/* Frees what has died, soon. */
void engine_reap(struct ike *ike);

#endif
