/*
 * What the kernel knows, for displays and for compile: devices, the state of an interface, the path
 * to a destination. Changes nothing. Routes are in os_rib.c.
 */
#include "config.h"

#include "daemon/oscfg/oscfg.h"

#include "daemon/oscfg/os.h"
#include "daemon/oscfg/os_decode.h"
#include "daemon/oscfg/os_found.h"
#include "daemon/rates.h"
#include "lib/arena.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Kinds of devices that stand for a port; "" is hardware. Others are somebody's tunnel or bridge. */
static const char *const port_kinds[] = { "", "veth", "macvlan", "ipvlan", "bond", "netdevsim" };

struct devices {
	struct oscfg *o;
	struct arena *arena;
	struct oscfg_device *rows;
	size_t n, cap;
};

static bool
is_port(const struct oscfg *o, const struct os_link *l)
{
	if (l->type != ARPHRD_ETHER || l->master != 0)
		return false;
	if (os_found_get(o->found, "made", l->name) != NULL)
		return false;
	for (size_t i = 0; i < sizeof port_kinds / sizeof port_kinds[0]; i++)
		if (strcmp(l->kind, port_kinds[i]) == 0)
			return true;
	return false;
}

static int
take_device(void *arg, const struct nlmsghdr *nlh)
{
	struct devices *d = arg;
	struct oscfg_device *row;
	struct os_link l;

	if (nlh->nlmsg_type != RTM_NEWLINK || !os_decode_link(nlh, &l) || !is_port(d->o, &l))
		return 0;
	if (d->n == d->cap) {
		size_t cap = d->cap * 2 + 16;
		struct oscfg_device *rows = arena_alloc(d->arena, cap * sizeof *rows);

		if (d->n > 0)
			memcpy(rows, d->rows, d->n * sizeof *rows);
		d->rows = rows;
		d->cap = cap;
	}
	row = &d->rows[d->n++];
	snprintf(row->name, sizeof row->name, "%s", l.name);
	row->index = l.index;
	return 0;
}

static int
device_cmp(const void *a, const void *b)
{
	const struct oscfg_device *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

int
oscfg_devices(struct oscfg *o, struct arena *a, struct oscfg_device **out, size_t *n)
{
	struct devices d = { .o = o, .arena = a };
	struct ifinfomsg *m;
	struct nlmsghdr *nlh = os_netlink_begin(&o->nl, RTM_GETLINK, 0, sizeof *m, &m);
	int rc = os_netlink_dump(&o->nl, nlh, take_device, &d);

	if (rc == 0 && d.n > 0)
		qsort(d.rows, d.n, sizeof *d.rows, device_cmp);
	*out = d.rows;
	*n = d.n;
	return rc;
}

static int
take_route(void *arg, const struct nlmsghdr *nlh)
{
	if (nlh->nlmsg_type == RTM_NEWROUTE && !os_decode_route(nlh, arg))
		return -EBADMSG;
	return 0;
}

struct by_index {
	struct os_link link;
};

static int
take_link(void *arg, const struct nlmsghdr *nlh)
{
	struct by_index *x = arg;

	if (nlh->nlmsg_type == RTM_NEWLINK && !os_decode_link(nlh, &x->link))
		return -EBADMSG;
	return 0;
}

/* The route as it is used now, or (RTM_F_FIB_MATCH) as somebody made it. */
static int
route_get(struct oscfg *o, const struct addr *destination, uint32_t flags, struct os_route *r)
{
	struct rtmsg *m;
	struct nlmsghdr *nlh = os_netlink_begin(&o->nl, RTM_GETROUTE, 0, sizeof *m, &m);
	size_t len = addr_len(destination);

	m->rtm_family = destination->af;
	m->rtm_dst_len = (uint8_t)(len * 8);
	m->rtm_flags = flags;
	mnl_attr_put(nlh, RTA_DST, len, destination->b);
	mnl_attr_put_u32(nlh, RTA_MARK, OSCFG_MARK); /* as the datapath's packets go */
	return os_netlink_get(&o->nl, nlh, take_route, r);
}

int
oscfg_path(struct oscfg *o, const struct addr *destination, uint32_t *mtu, struct addr *source,
	char device[16])
{
	struct os_route r = { .n_hops = 0 }, made = { .n_hops = 0 };
	struct by_index x;
	struct ifinfomsg *im;
	struct nlmsghdr *nlh;
	int rc = route_get(o, destination, 0, &r);

	if (rc < 0)
		return rc;
	/* IPv6 tells of a missing route as of one into the loopback */
	if (r.n_hops == 0 || r.hops[0].index == 0 ||
		(r.type != RTN_UNICAST && r.type != RTN_LOCAL && r.type != RTN_MULTICAST &&
			r.type != RTN_BROADCAST))
		return -ENETUNREACH;
	/* The kernel may have its MTU from an ICMP message, which anybody can send (the datapath judges what comes
	 * of its own packets): what counts is configured. */
	if (r.mtu != 0)
		rc = route_get(o, destination, RTM_F_FIB_MATCH, &made);
	if (rc < 0)
		return rc;
	memset(&x, 0, sizeof x);
	nlh = os_netlink_begin(&o->nl, RTM_GETLINK, 0, sizeof *im, &im);
	im->ifi_index = (int)r.hops[0].index;
	rc = os_netlink_get(&o->nl, nlh, take_link, &x);
	if (rc < 0)
		return rc;
	*mtu = made.mtu != 0 && made.mtu < x.link.mtu ? made.mtu : x.link.mtu;
	*source = r.preferred_source;
	snprintf(device, 16, "%s", x.link.name);
	return 0;
}

struct counting {
	void (*fn)(void *arg, const char *device, const struct rates_counters *c);
	void *arg;
};

static int
count_one(void *arg, const struct nlmsghdr *nlh)
{
	const struct counting *x = arg;
	struct rates_counters c;
	struct os_link l;

	if (nlh->nlmsg_type != RTM_NEWLINK || !os_decode_link(nlh, &l))
		return 0;
	c = (struct rates_counters){ l.in_packets, l.in_bytes, l.out_packets, l.out_bytes };
	x->fn(x->arg, l.name, &c);
	return 0;
}

int
oscfg_counters(struct oscfg *o,
	void (*fn)(void *arg, const char *device, const struct rates_counters *c), void *arg)
{
	struct counting x = { fn, arg };
	struct ifinfomsg *m;
	struct nlmsghdr *nlh = os_netlink_begin(&o->nl, RTM_GETLINK, 0, sizeof *m, &m);

	return os_netlink_dump(&o->nl, nlh, count_one, &x);
}

/* The addresses of one device, the first on its own. */
struct addresses {
	uint32_t index;
	uint8_t af;
	struct addr first;
	char prefix[PREFIX_STRLEN];
	char others[256];
};

static int
take_address(void *arg, const struct nlmsghdr *nlh)
{
	struct addresses *x = arg;
	char text[PREFIX_STRLEN];
	struct os_addr a;
	size_t used;

	if (nlh->nlmsg_type != RTM_NEWADDR || !os_decode_addr(nlh, &a) || a.index != x->index ||
		a.prefix.addr.af != x->af || (x->af == AF_INET6 && a.scope != RT_SCOPE_UNIVERSE))
		return 0;
	prefix_format(&a.prefix, text);
	if (x->first.af == 0) {
		x->first = a.prefix.addr;
		snprintf(x->prefix, sizeof x->prefix, "%s", text);
		return 0;
	}
	used = strlen(x->others);
	if (used + strlen(text) + 2 <= sizeof x->others)
		snprintf(x->others + used, sizeof x->others - used, "%s%s", used > 0 ? " " : "",
			text);
	return 0;
}

static int
list_addresses(struct oscfg *o, uint32_t index, uint8_t af, struct addresses *x)
{
	struct ifaddrmsg *m;
	struct nlmsghdr *nlh = os_netlink_begin(&o->nl, RTM_GETADDR, 0, sizeof *m, &m);

	m->ifa_family = af;
	m->ifa_index = index;
	memset(x, 0, sizeof *x);
	x->index = index;
	x->af = af;
	return os_netlink_dump(&o->nl, nlh, take_address, x);
}

int
oscfg_device_addr(struct oscfg *o, const char *device, uint8_t af, struct addr *out)
{
	uint32_t index = oscfg_index(o, device);
	struct addresses x;
	int rc;

	if (index == 0)
		return -ENODEV;
	rc = list_addresses(o, index, af, &x);
	if (rc == 0 && x.first.af == 0)
		rc = -ENOENT;
	if (rc == 0)
		*out = x.first;
	return rc;
}

int
oscfg_interface_state(struct oscfg *o, const char *device, struct st_interface *st)
{
	struct addresses x;
	struct os_link l;
	int rc = os_link_get(o, device, &l);

	if (rc < 0)
		return rc;
	rc = list_addresses(o, l.index, AF_INET, &x);
	if (rc < 0)
		return rc;
	snprintf(st->device, sizeof st->device, "%s", l.name);
	st->admin_up = l.flags & IFF_UP;
	/* Devices without a carrier to lose (dummy) say UNKNOWN: up as soon as they are switched on. */
	st->phys_up = st->admin_up &&
		(l.operstate == IF_OPER_UP ||
			(l.operstate == IF_OPER_UNKNOWN && (l.flags & IFF_LOWER_UP)));
	st->proto_up = st->phys_up && x.first.af != 0;
	st->mtu = l.mtu;
	snprintf(st->address, sizeof st->address, "%s", x.prefix);
	snprintf(st->address_sub, sizeof st->address_sub, "%s", x.others);
	if (l.has_mac && l.type == ARPHRD_ETHER)
		snprintf(st->mac, sizeof st->mac, "%02x%02x-%02x%02x-%02x%02x", l.mac[0], l.mac[1],
			l.mac[2], l.mac[3], l.mac[4], l.mac[5]);
	st->in_packets = l.in_packets;
	st->in_bytes = l.in_bytes;
	st->in_errors = l.in_errors;
	st->out_packets = l.out_packets;
	st->out_bytes = l.out_bytes;
	st->out_errors = l.out_errors;
	return 0;
}
