/*
 * The routing tables as VRP shows them: the kernel's main ones, and the rows that follow from the
 * addresses (the connected subnet, the own host route, loopback), which the kernel keeps elsewhere.
 */
#include "config.h"

#include "daemon/oscfg/oscfg.h"

#include "daemon/oscfg/os.h"
#include "daemon/oscfg/os_decode.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LOOPBACK_NAME "InLoopBack0"
#define NULL_NAME "NULL0"

/* How the protocols of rtnetlink are called, and VRP's preference of them. */
static const struct {
	uint8_t protocol;
	const char *name;
	uint32_t preference;
} protocols[] = {
	{ RTPROT_KERNEL, "Direct", 0 },
	{ RTPROT_BOOT, "Static", 60 },
	{ RTPROT_STATIC, "Static", 60 },
	{ RTPROT_RA, "RA", 60 },
	{ RTPROT_DHCP, "DHCP", 60 },
	{ RTPROT_ZEBRA, "Zebra", 60 },
	{ RTPROT_BIRD, "BIRD", 60 },
	{ RTPROT_OSPF, "OSPF", 10 },
	{ RTPROT_ISIS, "ISIS", 15 },
	{ RTPROT_RIP, "RIP", 100 },
	{ RTPROT_EIGRP, "EIGRP", 90 },
	{ RTPROT_BABEL, "Babel", 100 },
	{ RTPROT_BGP, "BGP", 255 },
};

struct device {
	uint32_t index;
	bool loopback, up;
	char name[16];
};

struct row {
	struct prefix destination;
	struct addr nexthop;
	uint32_t preference, cost, index;
	const char *protocol, *flags;
	bool loopback, null; /* leads to the pseudo-interfaces */
};

struct rib {
	struct row *rows;
	size_t n, cap;
	size_t n_own; /* the rows of addresses come first until they are sorted */
	struct device *devices;
	size_t n_devices, cap_devices;
	bool link_local; /* some device has a link-local address */
};

static size_t
bits_of(const struct addr *a)
{
	return addr_len(a) * 8;
}

static int
push(struct rib *t, const struct row *r)
{
	if (t->n == t->cap) {
		size_t cap = t->cap * 2 + 64;
		struct row *rows = reallocarray(t->rows, cap, sizeof *rows);

		if (rows == NULL)
			return -ENOMEM;
		t->rows = rows;
		t->cap = cap;
	}
	t->rows[t->n++] = *r;
	return 0;
}

static const struct device *
device_by(const struct rib *t, uint32_t index)
{
	for (size_t i = 0; i < t->n_devices; i++)
		if (t->devices[i].index == index)
			return &t->devices[i];
	return NULL;
}

static int
take_link(void *arg, const struct nlmsghdr *nlh)
{
	struct rib *t = arg;
	struct device *d;
	struct os_link l;

	if (nlh->nlmsg_type != RTM_NEWLINK || !os_decode_link(nlh, &l))
		return 0;
	if (t->n_devices == t->cap_devices) {
		size_t cap = t->cap_devices * 2 + 16;

		d = reallocarray(t->devices, cap, sizeof *d);
		if (d == NULL)
			return -ENOMEM;
		t->devices = d;
		t->cap_devices = cap;
	}
	d = &t->devices[t->n_devices++];
	*d = (struct device){ .index = l.index,
		.loopback = l.flags & IFF_LOOPBACK,
		.up = (l.flags & IFF_UP) && (l.flags & IFF_LOWER_UP) };
	memcpy(d->name, l.name, sizeof d->name);
	return 0;
}

static bool
is_link_local(const struct addr *a)
{
	return a->af == AF_INET6 && a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

/* 127.0.0.1, ::1 */
static struct addr
own_host(uint8_t af)
{
	return af == AF_INET ? addr_v4(0x7f000001) : (struct addr){ .af = af, .b = { [15] = 1 } };
}

static bool
is_loopback(const struct addr *a)
{
	struct addr own = own_host(a->af);

	return a->af == AF_INET ? a->b[0] == 127 : addr_eq(a, &own);
}

/* Host route and subnet of one address. */
static int
take_addr(void *arg, const struct nlmsghdr *nlh)
{
	struct rib *t = arg;
	const struct device *d;
	struct os_addr a;
	struct row r = { .protocol = "Direct", .flags = "D" };
	uint8_t bits;
	int rc;

	if (nlh->nlmsg_type != RTM_NEWADDR || !os_decode_addr(nlh, &a))
		return 0;
	d = device_by(t, a.index);
	if (d == NULL || !d->up)
		return 0;
	if (is_link_local(&a.prefix.addr)) {
		t->link_local = true;
		return 0;
	}
	bits = (uint8_t)bits_of(&a.prefix.addr);
	r.index = a.index;
	r.loopback = d->loopback && is_loopback(&a.prefix.addr);
	r.destination = (struct prefix){ a.prefix.addr, bits };
	r.nexthop = own_host(a.prefix.addr.af);
	rc = push(t, &r);
	if (rc < 0 || a.prefix.len == bits)
		return rc;
	r.destination = (struct prefix){ prefix_network(&a.prefix), a.prefix.len };
	if (!d->loopback)
		r.nexthop = a.prefix.addr;
	return push(t, &r);
}

static void
describe(const struct os_route *k, struct row *r)
{
	r->protocol = "Other";
	r->preference = 60;
	r->cost = k->metric;
	for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
		if (protocols[i].protocol == k->protocol) {
			r->protocol = protocols[i].name;
			r->preference = protocols[i].preference;
		}
	}
	if (k->protocol == OSCFG_TAG) {
		r->protocol = "Static";
		r->preference = k->metric;
		r->cost = 0;
	}
}

static int
take_route(void *arg, const struct nlmsghdr *nlh)
{
	struct rib *t = arg;
	struct os_route k;
	int rc = 0;

	if (nlh->nlmsg_type != RTM_NEWROUTE || !os_decode_route(nlh, &k))
		return 0;
	if (k.table != RT_TABLE_MAIN || (k.flags & RTM_F_CLONED) || k.type == RTN_BROADCAST ||
		k.type == RTN_MULTICAST || k.type == RTN_LOCAL || k.type == RTN_ANYCAST)
		return 0;
	if (k.protocol == RTPROT_KERNEL && k.type == RTN_UNICAST)
		return 0; /* shown with its address */
	for (unsigned int i = 0; i < k.n_hops && rc == 0; i++) {
		struct row r = { .destination = k.destination,
			.index = k.hops[i].index,
			.nexthop = k.hops[i].gateway,
			.flags = "D" };

		if (k.hops[i].dead)
			continue;
		describe(&k, &r);
		r.null = k.type != RTN_UNICAST;
		if (r.nexthop.af != 0 && strcmp(r.protocol, "Static") == 0)
			r.flags = "RD";
		if (r.nexthop.af == 0)
			r.nexthop = k.preferred_source.af != 0
				? k.preferred_source
				: (struct addr){ .af = k.destination.addr.af };
		rc = push(t, &r);
	}
	return rc;
}

static int
row_cmp(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int d = addr_cmp(&x->destination.addr, &y->destination.addr);

	if (d == 0)
		d = x->destination.len - y->destination.len;
	if (d == 0 && x->preference != y->preference)
		d = x->preference < y->preference ? -1 : 1;
	return d != 0 ? d : addr_cmp(&x->nexthop, &y->nexthop);
}

/* Of all links together. */
static int
push_link_local(struct rib *t)
{
	static const struct row r = { .destination = { { .af = AF_INET6, .b = { 0xfe, 0x80 } },
					      10 },
		.nexthop = { .af = AF_INET6 },
		.protocol = "Direct",
		.flags = "D",
		.null = true };

	return t->link_local ? push(t, &r) : 0;
}

static int
gather_routes(struct oscfg *o, struct rib *t, uint8_t af)
{
	struct rtmsg *route;
	struct nlmsghdr *nlh = os_netlink_begin(&o->nl, RTM_GETROUTE, 0, sizeof *route, &route);

	route->rtm_family = af;
	mnl_attr_put_u32(nlh, RTA_TABLE, RT_TABLE_MAIN);
	return os_netlink_dump(&o->nl, nlh, take_route, t);
}

static int
gather(struct oscfg *o, struct rib *t)
{
	struct ifinfomsg *link;
	struct ifaddrmsg *addr;
	struct nlmsghdr *nlh = os_netlink_begin(&o->nl, RTM_GETLINK, 0, sizeof *link, &link);
	int rc = os_netlink_dump(&o->nl, nlh, take_link, t);

	if (rc < 0)
		return rc;
	nlh = os_netlink_begin(&o->nl, RTM_GETADDR, 0, sizeof *addr, &addr);
	addr->ifa_family = AF_UNSPEC;
	rc = os_netlink_dump(&o->nl, nlh, take_addr, t);
	if (rc < 0)
		return rc;
	t->n_own = t->n;
	rc = gather_routes(o, t, AF_INET);
	if (rc == 0)
		rc = gather_routes(o, t, AF_INET6);
	return rc < 0 ? rc : push_link_local(t);
}

/* Our own tunnels and loopbacks know their next hop: the interface's address (VRP's manner). */
static void
fill_nexthops(struct rib *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct row *r = &t->rows[i];

		if (r->null || !addr_is_unspecified(&r->nexthop))
			continue;
		for (size_t j = 0; j < t->n_own; j++) {
			const struct prefix *own = &t->rows[j].destination;

			if (t->rows[j].index == r->index && own->addr.af == r->nexthop.af &&
				own->len == bits_of(&own->addr)) {
				r->nexthop = own->addr;
				break;
			}
		}
	}
}

static void
emit(const struct rib *t, const struct row *r,
	const char *(*vrp_name)(void *arg, const char *device), void *arg, struct st_route *st)
{
	const struct device *d = device_by(t, r->index);
	const char *name = d != NULL ? vrp_name(arg, d->name) : NULL;

	if (name == NULL)
		name = d != NULL ? d->name : "";
	if (r->loopback)
		name = LOOPBACK_NAME;
	if (r->null)
		name = NULL_NAME;
	memset(st, 0, sizeof *st);
	prefix_format(&r->destination, st->destination);
	snprintf(st->protocol, sizeof st->protocol, "%s", r->protocol);
	snprintf(st->flags, sizeof st->flags, "%s", r->flags);
	snprintf(st->interface, sizeof st->interface, "%s", name);
	st->preference = r->preference;
	st->cost = r->cost;
	st->nexthop = r->nexthop;
}

int
oscfg_routes(struct oscfg *o, const char *(*vrp_name)(void *arg, const char *device), void *arg,
	void (*row)(void *row_arg, const struct st_route *r), void *row_arg)
{
	struct rib t = { .rows = NULL };
	struct st_route st;
	int rc = gather(o, &t);

	if (rc == 0) {
		fill_nexthops(&t);
		if (t.n > 0)
			qsort(t.rows, t.n, sizeof *t.rows, row_cmp);
		for (size_t i = 0; i < t.n; i++) {
			emit(&t, &t.rows[i], vrp_name, arg, &st);
			row(row_arg, &st);
		}
	}
	free(t.rows);
	free(t.devices);
	return rc;
}
