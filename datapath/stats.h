#ifndef YD_DATAPATH_STATS_H
#define YD_DATAPATH_STATS_H

#include <stdint.h>

#include "datapath/pkt.h"
#include "lib/state.h"

/* Of ESP or of AH: packets as they were before, or are after it. */
struct stats_protocol {
	uint64_t in_packets;
	uint64_t in_bytes;
	uint64_t in_dropped;
	uint64_t out_packets;
	uint64_t out_bytes;
	uint64_t out_dropped;
};

/* Counters of the whole datapath; those of a port or an SA are the port's or the SA's. */
struct stats {
	uint64_t drops[DROP_N];
	uint64_t stages[STAGE_N]; /* packets that entered the stage */
	struct stats_protocol esp, ah;
	/* what esp_out and esp_in let pass, in bytes of the protected packet; theirs to count */
	uint64_t ipsec_out_packets;
	uint64_t ipsec_out_bytes;
	uint64_t ipsec_in_packets;
	uint64_t ipsec_in_bytes;
	/* dropped in the stages between; counted by the pipeline */
	uint64_t ipsec_out_dropped;
	uint64_t ipsec_in_dropped;
	uint64_t bypassed;
};

static inline void
stats_drop(struct stats *s, enum drop why)
{
	s->drops[why]++;
}

struct stats *stats_new(void);
void stats_free(struct stats *s);
void stats_reset(struct stats *s);
/* Those of one protocol (50, 51) and the drops that are named after it. */
void stats_reset_protocol(struct stats *s, unsigned int protocol);
/* NULL for other protocols than ESP and AH. */
struct stats_protocol *stats_protocol(struct stats *s, unsigned int protocol);
/* One row a reason, in the order of drop.def. */
void stats_drops(const struct stats *s, void (*row)(void *arg, const struct st_drop *), void *arg);
/* Everything but `tunnels`, which is left 0. */
void stats_ipsec(const struct stats *s, struct st_ipsec_statistics *out);

#endif
