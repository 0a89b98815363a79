/*
 * The stage sa_out: what an SA is about to protect must fit, protected, into what its path carries
 * (RFC 4301 8). What does not is cut before or will be cut after, or its sender is told. Refuses to
 * know how packets are protected, and how a path's MTU shows.
 */
#include "config.h"

#include "datapath/fit.h"

#include "datapath/encap.h"
#include "datapath/gre.h"
#include "datapath/icmp.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/l4.h"
#include "datapath/pipeline.h"
#include "datapath/sadb.h"
#include "lib/loop.h"

#include <string.h>
#include <sys/socket.h>

/* One packet that is too long, looked at. */
struct subject {
	bool v6;
	bool df; /* its sender wants to be told (always, with IPv6) */
	bool tunnel;
	uint32_t room; /* what would fit */
};

bool
fit_learn(struct dp *dp, struct sa *sa, uint32_t mtu)
{
	struct sa_path *path = &sa->path;
	bool news = path->mtu == 0 || mtu < path->mtu;

	if (!news)
		return false;
	path->mtu = (uint16_t)mtu;
	path->mtu_until_ms = loop_now_ms(dp->loop) + FIT_LEARNED_MS;
	return true;
}

/* The MTU of the SA's path, 0 when it is not known. What was learned long ago is forgotten. */
static uint32_t
path_mtu(struct dp *dp, struct sa *sa)
{
	struct sa_path *path = &sa->path;

	if (path->mtu_until_ms != 0 && loop_now_ms(dp->loop) >= path->mtu_until_ms) {
		path->mtu = path->mtu_told;
		path->mtu_until_ms = 0;
	}
	return path->mtu;
}

static struct pkt *
piece_get(struct dp *dp, const struct pkt *p, uint32_t mtu, enum stage next)
{
	struct pkt *piece = pkt_get(dp->pool, mtu > PKT_SMALL);

	if (!piece)
		return NULL;
	pkt_inherit(piece, p);
	piece->next = (uint8_t)next;
	return piece;
}

static enum drop
cut4(struct dp *dp, struct pkt *p, uint32_t mtu, enum stage next)
{
	struct ip4_frag f;
	struct ip4 ip;

	if (ip4_parse(p->data, p->len, &ip) != DROP_NONE ||
		ip4_frag_init(&f, p->data, &ip, mtu) < 0)
		return DROP_pkt_too_big;
	for (;;) {
		struct pkt *piece = piece_get(dp, p, mtu, next);

		if (!piece)
			return DROP_pool_empty;
		piece->len = ip4_frag_next(&f, piece->data);
		if (piece->len == 0) {
			pkt_put(dp->pool, piece);
			return DROP_NONE;
		}
		pipeline_push(dp, piece);
	}
}

void
fit_cut(struct dp *dp, struct pkt *p, uint32_t mtu, enum stage next)
{
	pkt_drop(p, p->data[0] >> 4 == 4 ? cut4(dp, p, mtu, next) : DROP_pkt_too_big);
}

/* May the packet be cut after it was protected, seeing what the outer header will say? */
static bool
may_cut_after(const struct sa *sa, const struct subject *s)
{
	/* in UDP it is the kernel that cuts, and it knows the device alone: a router cuts no IPv6 */
	if (sa->destination.af == AF_INET6)
		return !sa->path.encap_remote && (!s->df || sa->path.df == MSG_DF_CLEAR);
	switch (sa->path.df) {
	case MSG_DF_CLEAR: return true;
	case MSG_DF_SET: return false;
	default: return s->v6 || !s->df; /* an IPv6 packet has no DF to copy */
	}
}

/* Does its sender want to be told rather than have it cut? */
static bool
wants_telling(const struct sa *sa, const struct subject *s)
{
	if (!s->df || sa->path.df == MSG_DF_CLEAR)
		return false;
	return !s->v6 || s->room >= IP6_MTU_MIN; /* less than that an IPv6 sender cannot do */
}

static void
too_long(struct dp *dp, struct pkt *p, const struct subject *s)
{
	struct sa *sa = p->sa;

	/* a tunnel's packets: the one inside has to become shorter */
	if (gre_too_big(dp, p, s->room))
		return;
	if (wants_telling(sa, s)) {
		sa->dropped++;
		icmp_too_big(dp, p, s->room);
		return;
	}
	if (!s->v6 && s->tunnel && (sa->path.fragment_before || !may_cut_after(sa, s))) {
		fit_cut(dp, p, s->room, sa_stage_out(sa));
		return;
	}
	p->next = (uint8_t)sa_stage_out(sa);
	if (!may_cut_after(sa, s))
		pkt_drop(p, DROP_pkt_too_big);
}

static void
fit(struct dp *dp, struct pkt *p)
{
	struct sa *sa = p->sa;
	uint32_t mtu = path_mtu(dp, sa);
	uint32_t udp = sa->path.encap_remote ? UDP_HDR_LEN : 0;
	struct subject s = { .tunnel = sa->mode == MSG_SA_TUNNEL };

	p->encap_local = sa->path.encap_local;
	p->encap_remote = sa->path.encap_remote;
	p->mtu = (uint16_t)mtu;
	p->n_chain = 0;
	p->next = (uint8_t)sa_stage_out(sa);
	if (mtu == 0)
		return;
	s.room = mtu > udp ? encap_room(dp, sa, p->data, p->len, mtu - udp) : 0;
	if (p->len <= s.room)
		return;
	s.v6 = p->data[0] >> 4 == 6;
	s.df = s.v6 || (p->len > 6 && (p->data[6] & 0x40));
	too_long(dp, p, &s);
}

void
sa_out_stage(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		fit(dp, pkts[i]);
}
