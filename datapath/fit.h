#ifndef YD_DATAPATH_FIT_H
#define YD_DATAPATH_FIT_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/dp.h"

struct sa;

/* Cuts an IP packet into fragments of at most mtu bytes, which go to the stage `next` with what p says
 * of port, SA and UDP ports. p ends; when it cannot be cut or the pool is empty it says why. */
void fit_cut(struct dp *dp, struct pkt *p, uint32_t mtu, enum stage next);
/* The path of this SA carries at most mtu bytes: remembered for ten minutes. Says if that is news. */
bool fit_learn(struct dp *dp, struct sa *sa, uint32_t mtu);

/* How long what was learned of a path is believed (RFC 1191 6.3). */
enum { FIT_LEARNED_MS = 600000 };

#endif
