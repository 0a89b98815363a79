/*
 * One worker's everything, made and unmade in mirror image. Refuses to know what the parts do.
 */
#include "config.h"

#include "datapath/dp.h"

#include "datapath/gre.h"
#include "datapath/group.h"
#include "datapath/natt.h"
#include "datapath/pipeline.h"
#include "datapath/port.h"
#include "datapath/punt.h"
#include "datapath/reass.h"
#include "datapath/sadb.h"
#include "datapath/spd.h"
#include "datapath/stats.h"
#include "lib/memfile.h"

#include <errno.h>
#include <string.h>

/* A batch of super-packets is cut into what is sent at once, so a few batches suffice. */
enum { N_SMALL = 4 * PKT_BATCH, N_LARGE = PKT_BATCH };
_Static_assert(N_SMALL + N_LARGE <= PKT_POOL_MAX, "what the pipeline has room for");

int
dp_init(struct dp *dp, struct loop *l)
{
	memset(dp, 0, sizeof(*dp));
	dp->loop = l;
	dp->pool = pkt_pool_new(N_SMALL, N_LARGE);
	dp->stats = stats_new();
	dp->pipeline = pipeline_new(pipeline_map);
	dp->ports = port_table_new(dp);
	dp->gre = gre_table_new(dp);
	dp->groups = group_table_new();
	dp->reass = reass_new(dp);
	dp->sadb = sadb_new();
	dp->spd = spd_new();
	dp->natt = dp->sadb ? natt_new(dp) : NULL;
	if (dp->pool && dp->stats && dp->pipeline && dp->ports && dp->gre && dp->groups &&
		dp->natt && dp->reass && dp->sadb && dp->spd)
		return 0;
	dp_fini(dp);
	return -ENOMEM;
}

void
dp_fini(struct dp *dp)
{
	spd_free(dp->spd);
	sadb_free(dp->sadb);
	natt_free(dp->natt);
	reass_free(dp->reass);
	gre_table_free(dp->gre);
	group_table_free(dp->groups);
	punt_free(dp->punt);
	port_table_free(dp->ports);
	pipeline_free(dp->pipeline);
	stats_free(dp->stats);
	pkt_pool_free(dp->pool);
	if (dp->slots)
		memfile_unmap(dp->slots, dp->n_slots * sizeof(*dp->slots));
	memset(dp, 0, sizeof(*dp));
}
