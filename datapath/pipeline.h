#ifndef YD_DATAPATH_PIPELINE_H
#define YD_DATAPATH_PIPELINE_H

#include "datapath/dp.h"

/* One stage of the map: what the packets that wait in it go through. */
struct pipeline_stage {
	const char *name;
	stage_fn *fn;	  /* NULL: packets end here */
	bool inbound;	  /* which counters of the port a drop belongs to */
	bool ipsec;	  /* drops count as IPsec's too */
	uint8_t protocol; /* … and as those of this one (50, 51), or of pkt->sa's (PIPELINE_SA) */
};

enum { PIPELINE_SA = 255 };

/* The map, by enum stage. */
extern const struct pipeline_stage pipeline_map[STAGE_N];

struct pipeline;

/* map has STAGE_N rows and is borrowed: pipeline_map, or a test's own. NULL when memory is short. */
struct pipeline *pipeline_new(const struct pipeline_stage *map);
void pipeline_free(struct pipeline *pl);
/* Queues a packet in its stage p->next; runs the pipeline first when PKT_BATCH packets are under way. */
void pipeline_add(struct dp *dp, struct pkt *p);
/* The same for a packet that a stage has made, from within that stage. */
void pipeline_push(struct dp *dp, struct pkt *p);
/* Runs every stage until no packet is left. Drops are counted, buffers given back to dp->pool. */
void pipeline_run(struct dp *dp);

#endif
