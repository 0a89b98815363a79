/*
 * Routes: ours carry the tag as their protocol, in the main table and in the steering table. An equal
 * foreign route is adopted. Routes by a device vanish in the kernel with it, without a word: whoever
 * hears of a change of devices takes a new dump.
 */
#include "config.h"

#include "daemon/oscfg/os.h"

#include "daemon/oscfg/os_decode.h"
#include "daemon/oscfg/os_multipath.h"
#include "daemon/oscfg/oscfg.h"
#include "lib/err.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* The part that identifies it, for adding and removing. */
static struct nlmsghdr *
request(struct oscfg *o, uint16_t type, uint16_t flags, const struct want_route *r, uint32_t index)
{
	struct rtmsg *m;
	struct nlmsghdr *nlh = os_netlink_begin(&o->nl, type, flags, sizeof *m, &m);
	struct addr network = prefix_network(&r->destination);
	size_t len = addr_len(&network);

	m->rtm_family = network.af;
	m->rtm_dst_len = r->destination.len;
	m->rtm_protocol = OSCFG_TAG;
	m->rtm_type = r->type == WANT_ROUTE_BLACKHOLE ? RTN_BLACKHOLE : RTN_UNICAST;
	m->rtm_scope = RT_SCOPE_UNIVERSE;
	if (type == RTM_DELROUTE)
		m->rtm_scope = RT_SCOPE_NOWHERE; /* any */
	else if (r->type == WANT_ROUTE_UNICAST && r->nexthop.af == 0)
		m->rtm_scope = RT_SCOPE_LINK;
	mnl_attr_put_u32(nlh, RTA_TABLE, r->table);
	mnl_attr_put(nlh, RTA_DST, len, network.b);
	if (r->metric != 0)
		mnl_attr_put_u32(nlh, RTA_PRIORITY, r->metric);
	if (r->nexthop.af != 0)
		mnl_attr_put(nlh, RTA_GATEWAY, addr_len(&r->nexthop), r->nexthop.b);
	if (index != 0)
		mnl_attr_put_u32(nlh, RTA_OIF, index);
	return nlh;
}

static int
send_new(struct oscfg *o, uint16_t flags, const struct want_route *r, uint32_t index)
{
	struct nlmsghdr *nlh = request(o, RTM_NEWROUTE, flags | NLM_F_CREATE, r, index);
	struct nlattr *metrics;

	if (r->preferred_source.af != 0)
		mnl_attr_put(
			nlh, RTA_PREFSRC, addr_len(&r->preferred_source), r->preferred_source.b);
	if (r->mtu != 0) {
		metrics = mnl_attr_nest_start(nlh, RTA_METRICS);
		mnl_attr_put_u32(nlh, RTAX_MTU, r->mtu);
		mnl_attr_nest_end(nlh, metrics);
	}
	return os_netlink_run(&o->nl, nlh);
}

int
os_route_append(struct oscfg *o, const struct want_route *r, uint32_t index)
{
	return send_new(o, NLM_F_APPEND, r, index);
}

static struct nlmsghdr *
list_table(struct oscfg *o, uint8_t af, uint32_t table)
{
	struct rtmsg *m;
	struct nlmsghdr *nlh = os_netlink_begin(&o->nl, RTM_GETROUTE, 0, sizeof *m, &m);

	m->rtm_family = af;
	if (table != 0)
		mnl_attr_put_u32(nlh, RTA_TABLE, table);
	return nlh;
}

static int
route_add(struct oscfg *o, const struct want *w, struct err *e)
{
	const struct want_route *r = &w->route;
	uint32_t index = r->device[0] != '\0' ? oscfg_index(o, r->device) : 0;
	char text[PREFIX_STRLEN];
	int rc;

	prefix_format(&r->destination, text);
	if (r->device[0] != '\0' && index == 0)
		return err_set(e, -ENODEV, text, "there is no device %s", r->device);
	os_adopted_drop(o, w);
	rc = send_new(o, NLM_F_EXCL, r, index);
	if (rc == -EEXIST)
		rc = os_multipath_join(o, w, index);
	if (rc == -EHOSTUNREACH || (rc == -EINVAL && r->preferred_source.af == AF_INET6))
		rc = -ENETUNREACH; /* IPv6: the next hop's network, or the source, is not there yet */
	return rc < 0 ? os_refused(o, e, rc, text, "route cannot be set") : 0;
}

static int
route_del(struct oscfg *o, const struct want *w, struct err *e)
{
	const struct want_route *r = &w->route;
	uint32_t index = r->device[0] != '\0' ? oscfg_index(o, r->device) : 0;
	char text[PREFIX_STRLEN];
	int rc;

	os_adopted_drop(o, w);
	if (r->device[0] != '\0' && index == 0)
		return 0; /* went with its device */
	rc = os_multipath_has(o, r) ? os_multipath_leave(o, r, index)
				    : os_netlink_run(&o->nl, request(o, RTM_DELROUTE, 0, r, index));
	if (rc < 0 && rc != -ESRCH && rc != -ENOENT)
		return os_refused(
			o, e, rc, prefix_format(&r->destination, text), "route cannot be removed");
	return 0;
}

/* A device's name, remembered from one route to the next. */
struct dumping {
	struct oscfg *o;
	struct os_dump *d;
	uint32_t index;
	char device[IF_NAMESIZE];
};

static void
dump_hop(struct dumping *x, const struct os_route *r, const struct os_hop *hop)
{
	struct want w = { .kind = WANT_ROUTE };
	const struct want *known = &w;

	w.route.type = r->type == RTN_BLACKHOLE ? WANT_ROUTE_BLACKHOLE : WANT_ROUTE_UNICAST;
	w.route.table = r->table;
	w.route.destination = r->destination;
	w.route.metric = r->metric;
	w.route.mtu = r->mtu;
	w.route.preferred_source = r->preferred_source;
	if (r->type == RTN_UNICAST) {
		if (hop->index != x->index) {
			x->index = hop->index;
			if (if_indextoname(x->index, x->device) == NULL)
				x->device[0] = '\0';
		}
		w.route.nexthop = hop->gateway;
		snprintf(w.route.device, sizeof w.route.device, "%s", x->device);
	}
	if (r->protocol != OSCFG_TAG)
		known = os_adopted_find(x->o, &w);
	if (known != NULL)
		os_dump_add(x->d, known);
}

static int
dump_one(void *arg, const struct nlmsghdr *nlh)
{
	struct dumping *x = arg;
	struct os_route r;

	if (nlh->nlmsg_type != RTM_NEWROUTE || !os_decode_route(nlh, &r))
		return 0;
	if ((r.flags & RTM_F_CLONED) != 0 || (r.type != RTN_UNICAST && r.type != RTN_BLACKHOLE))
		return 0;
	os_multipath_see(x->o, &r);
	for (unsigned int i = 0; i < r.n_hops; i++)
		if (!r.hops[i].dead)
			dump_hop(x, &r, &r.hops[i]);
	return 0;
}

static int
route_dump(struct oscfg *o, struct os_dump *d, struct err *e)
{
	struct dumping x = { .o = o, .d = d };
	struct rtmsg *m;
	struct nlmsghdr *nlh = list_table(o, AF_UNSPEC, 0);
	int rc;

	m = mnl_nlmsg_get_payload(nlh);
	if (LIST_EMPTY(&o->adopted))
		m->rtm_protocol = OSCFG_TAG; /* newer kernels filter by it */
	rc = os_netlink_dump(&o->nl, nlh, dump_one, &x);
	return rc < 0 ? os_refused(o, e, rc, "routes", "cannot be listed") : 0;
}

const struct os_ops os_route_ops = {
	.add = route_add,
	.del = route_del,
	.dump = route_dump,
};
