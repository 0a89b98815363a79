/*
 * Keepalives and moving peers of SAs in UDP (RFC 3948 4; RFC 7296 2.23 for peers that move). Refuses to
 * know sockets, and who is behind a NAT: every SA in UDP is kept alive.
 */
#include "config.h"

#include "datapath/natt.h"

#include "datapath/group.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/pipeline.h"
#include "datapath/sadb.h"
#include "lib/loop.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { KEEPALIVE = 0xff, N_PEERS = 512 };
/* Who can send genuine packets from two places could have us go to and fro with each of them. */
enum { MOVES_PER_S = 2 };

/* Who has had a keepalive in this round; of two peers in one place the first is forgotten. */
struct peer {
	struct addr addr;
	uint16_t port;
};

struct natt {
	struct dp *dp;
	struct timer *timer;
	natt_moved_fn *moved;
	void *moved_arg;
	struct peer peers[N_PEERS];
};

/* --- keepalives ------------------------------------------------------------------------- */

static bool
is_new_peer(struct natt *n, const struct addr *addr, uint16_t port)
{
	uint32_t h = port;
	struct peer *p;

	for (unsigned int i = 0; i < sizeof(addr->b); i++)
		h = (h ^ addr->b[i]) * 0x9e3779b1u;
	p = &n->peers[(h >> 16) % N_PEERS];
	if (addr_eq(&p->addr, addr) && p->port == port)
		return false;
	*p = (struct peer){ *addr, port };
	return true;
}

/* The header that the port takes off again; its length. */
static uint32_t
header_write(struct dp *dp, const struct sa *sa, uint8_t *out)
{
	struct ip4 ip4 = { .total_len = IP4_HDR_LEN + 1,
		.id = ip4_next_id(&dp->ip_id),
		.ttl = IP4_TTL,
		.protocol = IP_PROTO_ESP,
		.src = addr_u32(&sa->source),
		.dst = addr_u32(&sa->destination) };
	struct ip6 ip6 = { .payload_len = 1,
		.hop_limit = IP6_HOP_LIMIT,
		.next_header = IP_PROTO_ESP,
		.src = sa->source.b,
		.dst = sa->destination.b };

	if (sa->destination.af == AF_INET6) {
		ip6_build(out, &ip6);
		return IP6_HDR_LEN;
	}
	ip4_build(out, &ip4);
	return IP4_HDR_LEN;
}

static void
keepalive_send(struct dp *dp, const struct sa *sa)
{
	struct pkt *p = pkt_get(dp->pool, false);

	if (!p)
		return;
	p->len = header_write(dp, sa, p->data);
	p->data[p->len++] = KEEPALIVE;
	p->encap_local = sa->path.encap_local;
	p->encap_remote = sa->path.encap_remote;
	p->next = STAGE_RAW_TX;
	pipeline_add(dp, p);
}

static void
keep_alive(void *arg, struct sa *sa)
{
	struct natt *n = arg;
	bool idle = sa->path.seq_seen == sa->seq;

	sa->path.seq_seen = sa->seq;
	if (sa->inbound || !sa->path.encap_remote || !idle)
		return;
	if (is_new_peer(n, &sa->destination, sa->path.encap_remote))
		keepalive_send(n->dp, sa);
}

static void
round_begin(void *arg)
{
	struct natt *n = arg;

	timer_set(n->timer, NATT_KEEPALIVE_MS);
	memset(n->peers, 0, sizeof(n->peers));
	sadb_each(n->dp->sadb, keep_alive, n);
	pipeline_run(n->dp);
}

struct natt *
natt_new(struct dp *dp)
{
	struct natt *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->dp = dp;
	n->timer = timer_new(dp->loop, round_begin, n);
	if (!n->timer) {
		free(n);
		return NULL;
	}
	timer_set(n->timer, NATT_KEEPALIVE_MS);
	sadb_on_moved(dp->sadb, natt_moved, n);
	return n;
}

void
natt_free(struct natt *n)
{
	if (!n)
		return;
	timer_free(n->timer);
	free(n);
}

/* --- peers that move ---------------------------------------------------------------------- */

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
