/*
 * Moving peers of SAs in UDP (RFC 7296 2.23). Refuses to know sockets, and who is behind a NAT: who may move is
 * told, and the NAT's mapping is kept by the IKE speaker (daemon/ike/path.c), whose it is too.
 */
#include "config.h"

#include "datapath/natt.h"

#include "datapath/group.h"
#include "datapath/sadb.h"
#include "lib/loop.h"

#include <stdlib.h>

/* Who can send genuine packets from two places could have us go to and fro with each of them. */
enum { MOVES_PER_S = 2 };

struct natt {
	struct dp *dp;
	natt_moved_fn *moved;
	void *moved_arg;
};

struct natt *
natt_new(struct dp *dp)
{
	struct natt *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->dp = dp;
	sadb_on_moved(dp->sadb, natt_moved, n);
	return n;
}

void
natt_free(struct natt *n)
{
	free(n);
}

void
natt_on_moved(struct natt *n, natt_moved_fn *fn, void *arg)
{
	n->moved = fn;
	n->moved_arg = arg;
}

void
natt_moved(void *arg, struct sa *sa, const struct addr *source, uint16_t port)
{
	struct natt *n = arg;
	struct sa *out = group_out(n->dp, sa->group);

	if (!sa->path.may_move || port == 0 ||
		!limit_take(&sa->moves, loop_now_ms(n->dp->loop), MOVES_PER_S, MOVES_PER_S))
		return;
	if (n->moved && !n->moved(n->moved_arg, sa->id, source, port))
		return;
	sa->source = *source;
	sa->path.encap_remote = port;
	if (out && out->path.encap_remote != 0) {
		out->destination = *source;
		out->path.encap_remote = port;
	}
}
