/*
 * Routes of ours that share destination and metric, see os_multipath.h. What the kernel holds is asked
 * each time: it declares next hops dead by itself. What is kept is only which destinations have
 * several, so that the others need not be asked for.
 */
#include "config.h"

#include "daemon/oscfg/os_multipath.h"

#include "daemon/oscfg/os.h"
#include "daemon/oscfg/os_decode.h"
#include "daemon/oscfg/oscfg.h"
#include "daemon/tree.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct shared {
	RB_ENTRY(shared) entry;
	uint32_t table, metric;
	struct prefix destination; /* without host bits */
};

static int
shared_cmp(struct shared *a, struct shared *b)
{
	int d = addr_cmp(&a->destination.addr, &b->destination.addr);

	if (d == 0)
		d = (int)a->destination.len - (int)b->destination.len;
	if (d == 0 && a->table != b->table)
		d = a->table < b->table ? -1 : 1;
	if (d == 0 && a->metric != b->metric)
		d = a->metric < b->metric ? -1 : 1;
	return d;
}

RB_HEAD(shared_tree, shared);
TREE_STATIC(shared_tree, shared, entry, shared_cmp)

struct os_multipath {
	struct shared_tree tree;
};

struct os_multipath *
os_multipath_new(void)
{
	return calloc(1, sizeof(struct os_multipath));
}

static void
forget(struct os_multipath *m, struct shared *s)
{
	if (s == NULL)
		return;
	RB_REMOVE(shared_tree, &m->tree, s);
	free(s);
}

void
os_multipath_free(struct os_multipath *m)
{
	struct shared *s;

	if (m == NULL)
		return;
	while ((s = RB_ROOT(&m->tree)) != NULL)
		forget(m, s);
	free(m);
}

static struct shared
shared_of(const struct want_route *r)
{
	return (struct shared){ .table = r->table,
		.metric = r->metric,
		.destination = { prefix_network(&r->destination), r->destination.len } };
}

static struct shared *
find(const struct oscfg *o, const struct want_route *r)
{
	struct shared probe = shared_of(r);

	return RB_FIND(shared_tree, &o->multipath->tree, &probe);
}

static int
remember(struct oscfg *o, const struct want_route *r)
{
	struct shared *s = find(o, r);

	if (s != NULL)
		return 0;
	s = malloc(sizeof *s);
	if (s == NULL)
		return -ENOMEM;
	*s = shared_of(r);
	RB_INSERT(shared_tree, &o->multipath->tree, s);
	return 0;
}

bool
os_multipath_has(const struct oscfg *o, const struct want_route *r)
{
	return r->type == WANT_ROUTE_UNICAST && find(o, r) != NULL;
}

void
os_multipath_see(struct oscfg *o, const struct os_route *r)
{
	const struct want_route w = {
		.table = r->table, .metric = r->metric, .destination = r->destination
	};

	if (r->protocol == OSCFG_TAG && r->n_hops > 1 && r->destination.addr.af == AF_INET)
		(void)remember(o, &w); /* without memory: it is found out when one is added */
}

/* --- what the kernel holds --------------------------------------------------------------- */

/* Everything of one destination, table and metric. */
struct present {
	const struct want_route *want;
	uint32_t index;
	bool foreign;	    /* somebody else's is there, too */
	bool equal_foreign; /* and is the wanted one */
	bool equal;	    /* it is among ours */
	unsigned int n;	    /* of ours, alive */
	struct os_hop hops[OS_HOPS_MAX];
};

static bool
is_hop(const struct present *p, const struct os_hop *hop)
{
	return addr_eq(&hop->gateway, &p->want->nexthop) &&
		(p->index == 0 || hop->index == p->index);
}

static void
take_ours(struct present *p, const struct os_route *r)
{
	for (unsigned int i = 0; i < r->n_hops; i++) {
		if (r->hops[i].dead)
			continue;
		p->equal |= is_hop(p, &r->hops[i]);
		if (p->n < OS_HOPS_MAX)
			p->hops[p->n++] = r->hops[i];
	}
}

static void
take_foreign(struct present *p, const struct os_route *r)
{
	p->foreign = true;
	if (r->n_hops != 1 && r->destination.addr.af == AF_INET)
		return; /* more than what is wanted */
	for (unsigned int i = 0; i < r->n_hops; i++)
		p->equal_foreign |= is_hop(p, &r->hops[i]);
}

static int
take(void *arg, const struct nlmsghdr *nlh)
{
	struct present *p = arg;
	const struct want_route *w = p->want;
	struct addr network = prefix_network(&w->destination);
	struct os_route r;

	if (nlh->nlmsg_type != RTM_NEWROUTE || !os_decode_route(nlh, &r))
		return 0;
	if (r.table != w->table || r.destination.len != w->destination.len ||
		!addr_eq(&r.destination.addr, &network) || r.metric != w->metric)
		return 0;
	if (w->type == WANT_ROUTE_BLACKHOLE) {
		p->equal |= r.type == RTN_BLACKHOLE;
		p->equal_foreign |= r.type == RTN_BLACKHOLE && r.protocol != OSCFG_TAG;
	} else if (r.type == RTN_UNICAST) {
		(r.protocol == OSCFG_TAG ? take_ours : take_foreign)(p, &r);
	}
	return 0;
}

static int
look(struct oscfg *o, const struct want_route *r, uint32_t index, struct present *p)
{
	struct rtmsg *m;
	struct nlmsghdr *nlh = os_netlink_begin(&o->nl, RTM_GETROUTE, 0, sizeof *m, &m);

	*p = (struct present){ .want = r, .index = index };
	m->rtm_family = r->destination.addr.af;
	mnl_attr_put_u32(nlh, RTA_TABLE, r->table);
	return os_netlink_dump(&o->nl, nlh, take, p);
}

/* --- changing it ------------------------------------------------------------------------- */

static struct nlmsghdr *
begin(struct oscfg *o, uint16_t type, uint16_t flags, const struct want_route *r, uint8_t scope)
{
	struct rtmsg *m;
	struct nlmsghdr *nlh = os_netlink_begin(&o->nl, type, flags, sizeof *m, &m);
	struct addr network = prefix_network(&r->destination);

	m->rtm_family = network.af;
	m->rtm_dst_len = r->destination.len;
	m->rtm_protocol = OSCFG_TAG;
	m->rtm_type = RTN_UNICAST;
	m->rtm_scope = scope;
	mnl_attr_put_u32(nlh, RTA_TABLE, r->table);
	mnl_attr_put(nlh, RTA_DST, addr_len(&network), network.b);
	if (r->metric != 0)
		mnl_attr_put_u32(nlh, RTA_PRIORITY, r->metric);
	return nlh;
}

static void
put_hops(struct nlmsghdr *nlh, const struct present *p)
{
	struct nlattr *all = mnl_attr_nest_start(nlh, RTA_MULTIPATH);

	for (unsigned int i = 0; i < p->n; i++) {
		const struct os_hop *hop = &p->hops[i];
		struct rtnexthop *h = mnl_nlmsg_put_extra_header(nlh, sizeof *h);

		h->rtnh_ifindex = (int)hop->index;
		if (hop->gateway.af != 0)
			mnl_attr_put(nlh, RTA_GATEWAY, addr_len(&hop->gateway), hop->gateway.b);
		h->rtnh_len = (unsigned short)((char *)mnl_nlmsg_get_payload_tail(nlh) - (char *)h);
	}
	mnl_attr_nest_end(nlh, all);
}

static int
delete_ours(struct oscfg *o, const struct want_route *r)
{
	return os_netlink_run(&o->nl, begin(o, RTM_DELROUTE, 0, r, RT_SCOPE_NOWHERE));
}

/* Ours becomes the hops in p, at once; behind somebody else's it has to go and come again, since the
 * kernel replaces the first one. */
static int
set_hops(struct oscfg *o, const struct want_route *r, const struct present *p)
{
	uint16_t how = p->foreign ? NLM_F_APPEND : NLM_F_REPLACE;
	struct nlmsghdr *nlh;
	int rc = p->foreign ? delete_ours(o, r) : 0;

	if (rc < 0 && rc != -ESRCH)
		return rc;
	nlh = begin(o, RTM_NEWROUTE, (uint16_t)(NLM_F_CREATE | how), r, RT_SCOPE_UNIVERSE);
	put_hops(nlh, p);
	return os_netlink_run(&o->nl, nlh);
}

static int
add_hop(struct oscfg *o, const struct want_route *r, uint32_t index, struct present *p)
{
	int rc;

	if (p->n == OS_HOPS_MAX)
		return -ENOSPC;
	p->hops[p->n++] = (struct os_hop){ .gateway = r->nexthop, .index = index };
	rc = remember(o, r);
	return rc < 0 ? rc : set_hops(o, r, p);
}

int
os_multipath_join(struct oscfg *o, const struct want *w, uint32_t index)
{
	const struct want_route *r = &w->route;
	struct present p;
	int rc = look(o, r, index, &p);

	if (rc < 0)
		return rc;
	if (p.equal_foreign)
		return os_adopt(o, w);
	if (p.equal)
		return 0;
	if (r->type == WANT_ROUTE_UNICAST && r->destination.addr.af == AF_INET && p.n > 0)
		return add_hop(o, r, index, &p);
	rc = os_route_append(o, r, index);
	return rc == -EEXIST ? 0 : rc;
}

int
os_multipath_leave(struct oscfg *o, const struct want_route *r, uint32_t index)
{
	struct present p;
	unsigned int n = 0;
	int rc = look(o, r, index, &p);

	if (rc < 0)
		return rc;
	for (unsigned int i = 0; i < p.n; i++)
		if (!is_hop(&p, &p.hops[i]))
			p.hops[n++] = p.hops[i];
	p.n = n;
	if (n < 2)
		forget(o->multipath, find(o, r));
	return n > 0 ? set_hops(o, r, &p) : delete_ours(o, r);
}
