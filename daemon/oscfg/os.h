#ifndef YD_DAEMON_OSCFG_OS_H
#define YD_DAEMON_OSCFG_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "daemon/oscfg/os_netlink.h"
#include "daemon/want.h"

struct arena;
struct err;
struct loop;
struct os_adopted;
struct os_clamped;
struct os_filter;
struct os_found;
struct os_link;
struct os_monitor;
struct os_multipath;

/* What the files of the Linux side share. */

struct os_tun {
	LIST_ENTRY(os_tun) node;
	char device[16];
	int fd;
};

struct oscfg {
	struct loop *loop;
	struct os_netlink nl;
	struct os_found *found;
	struct os_filter *filter;
	LIST_HEAD(, os_clamped) clamped; /* devices with an MSS */
	struct os_monitor *monitor;
	LIST_HEAD(, os_tun)
	tuns; /* our own ends of the TUN devices: a device lives without a datapath */
	LIST_HEAD(, os_adopted) adopted;
	struct os_multipath *multipath;
	bool addr_tag; /* the kernel keeps the tag of an address */
};

/* Where dumps gather: objects in an arena. */
struct os_dump {
	struct arena *arena;
	struct want *wants;
	size_t n, cap;
};

/* Appends a copy, keyed, without an owner. */
void os_dump_add(struct os_dump *d, const struct want *w);

/* One kind of object. dump appends what carries our tag. change may be NULL. */
struct os_ops {
	int (*add)(struct oscfg *o, const struct want *w, struct err *e);
	int (*change)(struct oscfg *o, const struct want *old, const struct want *w, struct err *e);
	int (*del)(struct oscfg *o, const struct want *w, struct err *e);
	int (*dump)(struct oscfg *o, struct os_dump *d, struct err *e);
};

extern const struct os_ops os_sysctl_ops, os_filter_ops, os_link_ops, os_addr_ops, os_route_ops,
	os_rule_ops, os_mss_ops;

/* rc as an operator reads it: what was tried, then the kernel's own words or the error's. */
int os_refused(struct oscfg *o, struct err *e, int rc, const char *object, const char *tried);

/* A device by name: 0 or -ENODEV. */
int os_link_get(struct oscfg *o, const char *device, struct os_link *out);
/* The open TUN of that name, or NULL. */
struct os_tun *os_link_tun(struct oscfg *o, const char *device);
void os_link_close_all(struct oscfg *o);
/* Frees what is remembered; the kernel's rules stay. */
void os_mss_forget(struct oscfg *o);

/* A route behind others of its destination and metric: 0 or -errno. */
int os_route_append(struct oscfg *o, const struct want_route *r, uint32_t index);

/* Foreign addresses and routes in our use. os_adopt keeps a copy (0 or -ENOMEM); find borrows it. */
int os_adopt(struct oscfg *o, const struct want *w);
const struct want *os_adopted_find(const struct oscfg *o, const struct want *w);
void os_adopted_drop(struct oscfg *o, const struct want *w);
void os_adopted_drop_all(struct oscfg *o);

#endif
