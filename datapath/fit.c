/*
 * The stage sa_out: what an SA is about to protect must fit, protected, into what its path carries.
 * Refuses to know how a path's MTU is learned and how packets are protected.
 */
#include "config.h"

#include "datapath/dp.h"
#include "datapath/sadb.h"

void
sa_out_stage(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct pkt *p = pkts[i];

		p->encap_local = p->sa->path.encap_local;
		p->encap_remote = p->sa->path.encap_remote;
		p->n_chain = 0;
		p->next = sa_stage_out(p->sa);
	}
}
