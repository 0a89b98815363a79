/*
 * Addresses of devices. Ours carry the tag (or, on kernels before 5.18, a label); an equal one that
 * is there already is adopted: used, never removed. Keeps VRP's order, the primary address first,
 * and sees to it that removing one of ours takes no other with it.
 */
#include "config.h"

#include "daemon/oscfg/os.h"

#include "daemon/oscfg/os_decode.h"
#include "daemon/oscfg/oscfg.h"
#include "lib/err.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LABEL_SUFFIX ":yd"

/* The addresses of one device. */
struct listing {
	uint32_t index; /* 0 = of all */
	struct os_addr *rows;
	size_t n, cap;
};

static int
list_one(void *arg, const struct nlmsghdr *nlh)
{
	struct listing *l = arg;
	struct os_addr a;

	if (nlh->nlmsg_type != RTM_NEWADDR || !os_decode_addr(nlh, &a))
		return 0;
	if (l->index != 0 && a.index != l->index)
		return 0;
	if (l->n == l->cap) {
		size_t cap = l->cap * 2 + 8;
		struct os_addr *rows = reallocarray(l->rows, cap, sizeof *rows);

		if (rows == NULL)
			return -ENOMEM;
		l->rows = rows;
		l->cap = cap;
	}
	l->rows[l->n++] = a;
	return 0;
}

/* The caller frees rows. */
static int
list_addresses(struct oscfg *o, uint32_t index, uint8_t af, struct listing *l)
{
	struct ifaddrmsg *m;
	struct nlmsghdr *nlh = os_netlink_begin(&o->nl, RTM_GETADDR, 0, sizeof *m, &m);

	m->ifa_family = af;
	m->ifa_index = index; /* newer kernels filter by it, older ones ignore it */
	*l = (struct listing){ .index = index };
	return os_netlink_dump(&o->nl, nlh, list_one, l);
}

static bool
tagged(const struct oscfg *o, const struct os_addr *a)
{
	size_t len = strlen(a->label), suffix = strlen(LABEL_SUFFIX);

	if (o->addr_tag)
		return a->protocol == OSCFG_TAG;
	return len > suffix && strcmp(a->label + len - suffix, LABEL_SUFFIX) == 0;
}

static bool
same_prefix(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && addr_eq(&a->addr, &b->addr);
}

static bool
same_subnet(const struct prefix *a, const struct prefix *b)
{
	struct addr net_a = prefix_network(a), net_b = prefix_network(b);

	return a->len == b->len && addr_eq(&net_a, &net_b);
}

static const struct os_addr *
find(const struct listing *l, const struct prefix *p)
{
	for (size_t i = 0; i < l->n; i++)
		if (same_prefix(&l->rows[i].prefix, p))
			return &l->rows[i];
	return NULL;
}

static int
send_addr(
	struct oscfg *o, uint16_t type, uint32_t index, const char *device, const struct prefix *p)
{
	struct ifaddrmsg *m;
	uint16_t flags = type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_EXCL : 0;
	struct nlmsghdr *nlh = os_netlink_begin(&o->nl, type, flags, sizeof *m, &m);
	size_t len = addr_len(&p->addr);
	char label[IFNAMSIZ];

	m->ifa_family = p->addr.af;
	m->ifa_prefixlen = p->len;
	m->ifa_index = index;
	mnl_attr_put(nlh, IFA_LOCAL, len, p->addr.b);
	mnl_attr_put(nlh, IFA_ADDRESS, len, p->addr.b);
	if (type == RTM_DELADDR)
		return os_netlink_run(&o->nl, nlh);
	if (p->addr.af == AF_INET && p->len < 31) {
		uint32_t host = p->len == 0 ? UINT32_MAX : (1u << (32 - p->len)) - 1;

		mnl_attr_put_u32(nlh, IFA_BROADCAST, htonl(addr_u32(&p->addr) | host));
	}
	if (o->addr_tag)
		mnl_attr_put_u8(nlh, IFA_PROTO, OSCFG_TAG);
	else if (p->addr.af == AF_INET &&
		snprintf(label, sizeof label, "%s" LABEL_SUFFIX, device) < (int)sizeof label)
		mnl_attr_put_strz(nlh, IFA_LABEL, label);
	return os_netlink_run(&o->nl, nlh);
}

/* Lets the others of its subnet live on when a primary address goes: the setting as it was, or ""
 * when it need not be touched. */
static void
promote(const char *device, const char *value, char was[8])
{
	char path[128];
	ssize_t got;
	int fd;

	snprintf(path, sizeof path, "/proc/sys/net/ipv4/conf/%s/promote_secondaries", device);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	got = read(fd, was, 7);
	was[got > 0 ? got : 0] = '\0';
	if (was[0] != value[0])
		(void)!pwrite(fd, value, 1, 0);
	close(fd);
}

/* Removes an address and no other with it. */
static int
remove_alone(struct oscfg *o, const char *device, uint32_t index, const struct prefix *p)
{
	char was[8] = "", now[8];
	int rc;

	if (p->addr.af != AF_INET)
		return send_addr(o, RTM_DELADDR, index, device, p);
	promote(device, "1", was);
	rc = send_addr(o, RTM_DELADDR, index, device, p);
	if (was[0] == '0')
		promote(device, "0", now);
	return rc;
}

/* The kernel takes the first address of a subnet as its primary one: when that is one of our own
 * secondaries it has to step back behind the new one. */
static int
step_back(struct oscfg *o, const char *device, const struct listing *before, const struct prefix *p)
{
	int rc = 0;

	for (size_t i = 0; i < before->n && rc == 0; i++) {
		const struct os_addr *a = &before->rows[i];

		if (!tagged(o, a) || !same_subnet(&a->prefix, p) || same_prefix(&a->prefix, p))
			continue;
		rc = remove_alone(o, device, a->index, &a->prefix);
		if (rc == 0)
			rc = send_addr(o, RTM_NEWADDR, a->index, device, &a->prefix);
	}
	return rc;
}

static int
addr_add(struct oscfg *o, const struct want *w, struct err *e)
{
	const struct want_addr *a = &w->addr;
	uint32_t index = oscfg_index(o, a->device);
	char text[PREFIX_STRLEN];
	const struct os_addr *there;
	struct listing before;
	int rc;

	prefix_format(&a->prefix, text);
	if (index == 0)
		return err_set(e, -ENODEV, text, "there is no device %s", a->device);
	os_adopted_drop(o, w);
	rc = list_addresses(o, index, a->prefix.addr.af, &before);
	there = rc == 0 ? find(&before, &a->prefix) : NULL;
	if (there != NULL && !tagged(o, there))
		rc = os_adopt(o, w);
	if (rc < 0 || there != NULL)
		goto out;
	rc = send_addr(o, RTM_NEWADDR, index, a->device, &a->prefix);
	if (rc == 0 && !a->secondary && a->prefix.addr.af == AF_INET)
		rc = step_back(o, a->device, &before, &a->prefix);
out:
	free(before.rows);
	return rc < 0 ? os_refused(o, e, rc, text, "address cannot be set") : 0;
}

/* Nothing but its place in the order can change. */
static int
addr_change(struct oscfg *o, const struct want *old, const struct want *w, struct err *e)
{
	const struct want_addr *a = &w->addr;
	uint32_t index = oscfg_index(o, a->device);
	const struct os_addr *there;
	char text[PREFIX_STRLEN];
	struct listing l;
	int rc;

	if (a->secondary || a->prefix.addr.af != AF_INET)
		return 0;
	if (index == 0)
		return err_set(e, -ENODEV, a->device, "there is no such device");
	rc = list_addresses(o, index, a->prefix.addr.af, &l);
	there = rc == 0 ? find(&l, &a->prefix) : NULL;
	if (there != NULL && (there->flags & IFA_F_SECONDARY))
		rc = step_back(o, a->device, &l, &a->prefix);
	free(l.rows);
	if (rc < 0)
		return os_refused(o, e, rc, prefix_format(&a->prefix, text), "address order");
	return 0;
}

static int
addr_del(struct oscfg *o, const struct want *w, struct err *e)
{
	const struct want_addr *a = &w->addr;
	uint32_t index = oscfg_index(o, a->device);
	char text[PREFIX_STRLEN];
	const struct os_addr *there;
	struct listing l;
	int rc;

	os_adopted_drop(o, w);
	if (index == 0)
		return 0; /* went with its device */
	rc = list_addresses(o, index, a->prefix.addr.af, &l);
	there = rc == 0 ? find(&l, &a->prefix) : NULL;
	if (there != NULL && tagged(o, there))
		rc = remove_alone(o, a->device, index, &a->prefix);
	free(l.rows);
	if (rc < 0 && rc != -EADDRNOTAVAIL && rc != -ENODEV)
		return os_refused(
			o, e, rc, prefix_format(&a->prefix, text), "address cannot be removed");
	return 0;
}

static int
addr_dump(struct oscfg *o, struct os_dump *d, struct err *e)
{
	struct listing l;
	int rc = list_addresses(o, 0, AF_UNSPEC, &l);

	for (size_t i = 0; i < l.n && rc == 0; i++) {
		const struct os_addr *a = &l.rows[i];
		struct want w = { .kind = WANT_ADDR };
		const struct want *known = &w;

		if (if_indextoname(a->index, w.addr.device) == NULL)
			continue;
		w.addr.prefix = a->prefix;
		/* of IPv6 that bit means a temporary address */
		w.addr.secondary = a->prefix.addr.af == AF_INET && (a->flags & IFA_F_SECONDARY);
		if (!tagged(o, a))
			known = os_adopted_find(o, &w);
		if (known != NULL)
			os_dump_add(d, known);
	}
	free(l.rows);
	return rc < 0 ? os_refused(o, e, rc, "addresses", "cannot be listed") : 0;
}

const struct os_ops os_addr_ops = {
	.add = addr_add,
	.change = addr_change,
	.del = addr_del,
	.dump = addr_dump,
};
