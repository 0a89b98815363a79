/*
 * Network devices. Physical ones are set up and put back as found, never made; loopbacks are dummy
 * devices, or TUN where the kernel has no dummy; tunnels and what policies protect are TUN devices
 * whose descriptor stays open here, so that they outlive the datapath. Devices of ours are known
 * by the journal, and by their alias, the VRP name.
 */
#include "config.h"

#include "daemon/oscfg/os.h"

#include "daemon/oscfg/os_decode.h"
#include "daemon/oscfg/os_found.h"
#include "daemon/oscfg/oscfg.h"
#include "daemon/privopen.h"
#include "lib/err.h"
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	TUN_QUEUE_LEN = 1000, /* packets */
	BUSY_TRIES = 50,      /* while the datapath of a killed daemon still holds the device */
	BUSY_PAUSE_MS = 20,
};

/* What the journal calls the kinds of devices we make. */
static const char *const made_as[] = {
	[WANT_LINK_DUMMY] = "dummy",
	[WANT_LINK_TUNNEL] = "tunnel",
	[WANT_LINK_PROTECTED] = "protected",
};

/* A physical device as it was found. */
struct was {
	uint32_t index, mtu, group;
	bool up;
};

static int
take_link(void *arg, const struct nlmsghdr *nlh)
{
	if (nlh->nlmsg_type == RTM_NEWLINK && !os_decode_link(nlh, arg))
		return -EBADMSG;
	return 0;
}

int
os_link_get(struct oscfg *o, const char *device, struct os_link *out)
{
	struct ifinfomsg *m;
	struct nlmsghdr *nlh = os_netlink_begin(&o->nl, RTM_GETLINK, 0, sizeof *m, &m);

	memset(out, 0, sizeof *out);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, device);
	return os_netlink_get(&o->nl, nlh, take_link, out);
}

struct os_tun *
os_link_tun(struct oscfg *o, const char *device)
{
	struct os_tun *t;

	LIST_FOREACH (t, &o->tuns, node)
		if (strcmp(t->device, device) == 0)
			return t;
	return NULL;
}

static void
close_tun(struct os_tun *t)
{
	LIST_REMOVE(t, node);
	close(t->fd);
	free(t);
}

void
os_link_close_all(struct oscfg *o)
{
	while (!LIST_EMPTY(&o->tuns))
		close_tun(LIST_FIRST(&o->tuns));
}

/* Opens (and so perhaps makes) the device. */
static int
open_tun(struct oscfg *o, const char *device, struct err *e)
{
	struct os_tun *t;
	int fd;

	if (os_link_tun(o, device) != NULL)
		return 0;
	fd = privopen_tun(device, e);
	for (int i = 0; fd == -EBUSY && i < BUSY_TRIES; i++) {
		poll(NULL, 0, BUSY_PAUSE_MS);
		fd = privopen_tun(device, e);
	}
	if (fd < 0)
		return fd;
	t = calloc(1, sizeof *t);
	if (t == NULL) {
		close(fd);
		return -ENOMEM;
	}
	snprintf(t->device, sizeof t->device, "%s", device);
	t->fd = fd;
	LIST_INSERT_HEAD(&o->tuns, t, node);
	return 0;
}

/* A setting of a device of ours; there is nothing to put back. */
static void
device_setting(const char *family, const char *device, const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof path, "/proc/sys/net/%s/conf/%s/%s", family, device, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return; /* a kernel without that family */
	if (write(fd, value, strlen(value)) < 0)
		log_warn("%s: %s", path, strerror(errno));
	close(fd);
}

static bool
has_ipv6(const char *device)
{
	char path[128], disabled = '1';
	int fd;

	snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/disable_ipv6", device);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	(void)!read(fd, &disabled, 1);
	close(fd);
	return disabled == '0';
}

/* Brings the device from what it is to what is wanted; sends only what differs. */
static int
adjust(struct oscfg *o, const struct os_link *now, const struct os_link *to, struct err *e)
{
	struct ifinfomsg *m;
	struct nlmsghdr *nlh = os_netlink_begin(&o->nl, RTM_NEWLINK, 0, sizeof *m, &m);
	uint32_t empty = nlh->nlmsg_len;
	int rc;

	m->ifi_index = (int)now->index;
	m->ifi_change = (now->flags ^ to->flags) & IFF_UP;
	/* with no change asked for the kernel takes the flags as they stand: then none may be named */
	m->ifi_flags = to->flags & m->ifi_change;
	if (to->mtu != now->mtu)
		mnl_attr_put_u32(nlh, IFLA_MTU, to->mtu);
	if (to->group != now->group)
		mnl_attr_put_u32(nlh, IFLA_GROUP, to->group);
	if (to->queue_len != now->queue_len)
		mnl_attr_put_u32(nlh, IFLA_TXQLEN, to->queue_len);
	if (strcmp(to->alias, now->alias) != 0)
		mnl_attr_put_strz(nlh, IFLA_IFALIAS, to->alias);
	if (nlh->nlmsg_len == empty && m->ifi_change == 0)
		return 0;
	rc = os_netlink_run(&o->nl, nlh);
	return rc < 0 ? os_refused(o, e, rc, now->name, "cannot be configured") : 0;
}

static bool
was_found(const struct oscfg *o, const struct os_link *now, struct was *out)
{
	const char *text = os_found_get(o->found, "device", now->name);
	unsigned int up;

	if (text == NULL ||
		sscanf(text, "%" SCNu32 " %" SCNu32 " %" SCNu32 " %u", &out->index, &out->mtu,
			&out->group, &up) != 4)
		return false;
	out->up = up != 0;
	return out->index == now->index; /* else another device has taken the name */
}

static int
physical_set(struct oscfg *o, const struct want_link *w, struct err *e)
{
	struct os_link now, to;
	struct was was;
	char text[64];
	int rc = os_link_get(o, w->device, &now);

	if (rc < 0)
		return err_set(e, rc, w->device, "there is no such device");
	if (!was_found(o, &now, &was)) {
		was = (struct was){ now.index, now.mtu, now.group, now.flags & IFF_UP };
		snprintf(text, sizeof text, "%" PRIu32 " %" PRIu32 " %" PRIu32 " %u", was.index,
			was.mtu, was.group, was.up);
		rc = os_found_put(o->found, "device", w->device, text, e);
		if (rc < 0)
			return rc;
	}
	to = now;
	to.mtu = w->mtu != 0 ? w->mtu : was.mtu;
	to.group = w->group != 0 ? w->group : was.group;
	to.flags = w->up ? now.flags | IFF_UP : now.flags & ~(uint32_t)IFF_UP;
	return adjust(o, &now, &to, e);
}

static int
physical_restore(struct oscfg *o, const struct want_link *w, struct err *e)
{
	struct os_link now, to;
	struct was was;
	int rc = os_link_get(o, w->device, &now);

	if (rc == 0 && was_found(o, &now, &was)) {
		to = now;
		to.mtu = was.mtu;
		to.group = was.group;
		to.flags = was.up ? now.flags | IFF_UP : now.flags & ~(uint32_t)IFF_UP;
		rc = adjust(o, &now, &to, e);
	}
	if (rc < 0 && rc != -ENODEV)
		return rc;
	os_found_drop(o->found, "device", w->device);
	return 0;
}

static bool
is_made_kind(const struct os_link *l)
{
	return strcmp(l->kind, "tun") == 0 || strcmp(l->kind, "dummy") == 0;
}

static bool
is_ours(const struct oscfg *o, const struct want_link *w, const struct os_link *l)
{
	if (!is_made_kind(l))
		return false;
	return os_found_get(o->found, "made", l->name) != NULL ||
		strcmp(l->alias, w->vrp_name) == 0;
}

static int
make_dummy(struct oscfg *o, const struct want_link *w, struct err *e)
{
	struct ifinfomsg *m;
	struct nlmsghdr *nlh =
		os_netlink_begin(&o->nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof *m, &m);
	struct nlattr *info;
	int rc;

	mnl_attr_put_strz(nlh, IFLA_IFNAME, w->device);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_str(nlh, IFLA_INFO_KIND, "dummy");
	mnl_attr_nest_end(nlh, info);
	rc = os_netlink_run(&o->nl, nlh);
	if (rc == -EOPNOTSUPP)
		return open_tun(o, w->device, e);
	return rc < 0 ? os_refused(o, e, rc, w->device, "cannot be made") : 0;
}

static int
remove_made(struct oscfg *o, const struct want_link *w, struct err *e)
{
	struct os_tun *t = os_link_tun(o, w->device);
	struct os_link now;
	struct ifinfomsg *m;
	struct nlmsghdr *nlh;
	int rc = os_link_get(o, w->device, &now);

	if (t != NULL)
		close_tun(t);
	if (rc == 0 && is_ours(o, w, &now)) {
		nlh = os_netlink_begin(&o->nl, RTM_DELLINK, 0, sizeof *m, &m);
		m->ifi_index = (int)now.index;
		rc = os_netlink_run(&o->nl, nlh);
	}
	if (rc < 0 && rc != -ENODEV)
		return os_refused(o, e, rc, w->device, "cannot be removed");
	os_found_drop(o->found, "made", w->device);
	return 0;
}

/* The kernel's habits that a device of ours must not have. */
static void
quieten(const struct want_link *w)
{
	if (w->ipv6 &&
		w->kind == WANT_LINK_PROTECTED) /* without an address it says nothing itself */
		device_setting("ipv6", w->device, "addr_gen_mode", "1");
	device_setting("ipv6", w->device, "disable_ipv6", w->ipv6 ? "0" : "1");
	if (w->kind != WANT_LINK_PROTECTED)
		return;
	device_setting("ipv4", w->device, "send_redirects", "0");
	/* policy has checked where it is from: a router's error has its way back elsewhere */
	device_setting("ipv4", w->device, "rp_filter", "0");
}

static int
made_adjust(struct oscfg *o, const struct want_link *w, struct err *e)
{
	struct os_link now, to;
	int rc = os_link_get(o, w->device, &now);

	if (rc < 0)
		return err_set(e, rc, w->device, "the device is gone");
	to = now;
	if (w->mtu != 0)
		to.mtu = w->mtu;
	to.group = w->group;
	if (strcmp(now.kind, "tun") == 0)
		to.queue_len = TUN_QUEUE_LEN;
	snprintf(to.alias, sizeof to.alias, "%s", w->vrp_name);
	to.flags = w->up ? now.flags | IFF_UP : now.flags & ~(uint32_t)IFF_UP;
	return adjust(o, &now, &to, e);
}

static int
make(struct oscfg *o, const struct want_link *w, struct err *e)
{
	struct os_link now;
	int rc = os_link_get(o, w->device, &now);
	bool exists = rc == 0;

	if (rc < 0 && rc != -ENODEV)
		return os_refused(o, e, rc, w->device, "cannot be looked up");
	if (exists && !is_ours(o, w, &now))
		return err_set(e, -EEXIST, w->device, "a device of that name is there already");
	rc = os_found_put(o->found, "made", w->device, made_as[w->kind], e);
	if (rc < 0)
		return rc;
	if (w->kind != WANT_LINK_DUMMY || (exists && strcmp(now.kind, "tun") == 0))
		rc = open_tun(o, w->device, e);
	else if (!exists)
		rc = make_dummy(o, w, e);
	if (rc == 0) {
		quieten(w);
		rc = made_adjust(o, w, e);
	}
	if (rc < 0 && !exists)
		(void)remove_made(o, w, NULL);
	return rc;
}

static int
link_add(struct oscfg *o, const struct want *w, struct err *e)
{
	if (w->link.kind == WANT_LINK_PHYSICAL)
		return physical_set(o, &w->link, e);
	return make(o, &w->link, e);
}

/* The same step as add: what exists is adopted. */
static int
link_change(struct oscfg *o, const struct want *old, const struct want *w, struct err *e)
{
	if (old->link.kind != w->link.kind)
		return -ENOTSUP;
	return link_add(o, w, e);
}

static int
link_del(struct oscfg *o, const struct want *w, struct err *e)
{
	if (w->link.kind == WANT_LINK_PHYSICAL)
		return physical_restore(o, &w->link, e);
	return remove_made(o, &w->link, e);
}

struct dumping {
	struct oscfg *o;
	struct os_dump *d;
};

static int
dump_one(void *arg, const struct nlmsghdr *nlh)
{
	struct dumping *x = arg;
	struct want w = { .kind = WANT_LINK };
	const char *made;
	struct os_link l;
	struct was was;

	if (nlh->nlmsg_type != RTM_NEWLINK || !os_decode_link(nlh, &l))
		return 0;
	w.link.mtu = l.mtu;
	w.link.group = l.group;
	w.link.up = l.flags & IFF_UP;
	snprintf(w.link.device, sizeof w.link.device, "%s", l.name);
	snprintf(w.link.vrp_name, sizeof w.link.vrp_name, "%.31s", l.alias);
	made = is_made_kind(&l) ? os_found_get(x->o->found, "made", l.name) : NULL;
	if (made != NULL) {
		for (unsigned int k = WANT_LINK_DUMMY; k <= WANT_LINK_PROTECTED; k++)
			if (strcmp(made, made_as[k]) == 0)
				w.link.kind = k;
		w.link.ipv6 = has_ipv6(l.name);
		/* one that cannot be opened is not listed: it will be added, and fail with a reason */
		if (w.link.kind != WANT_LINK_PHYSICAL &&
			(strcmp(l.kind, "tun") != 0 || open_tun(x->o, l.name, NULL) == 0))
			os_dump_add(x->d, &w);
	} else if (was_found(x->o, &l, &was)) {
		w.link.kind = WANT_LINK_PHYSICAL;
		if (l.mtu == was.mtu)
			w.link.mtu = 0;
		if (l.group == was.group)
			w.link.group = 0;
		os_dump_add(x->d, &w);
	}
	return 0;
}

static int
link_dump(struct oscfg *o, struct os_dump *d, struct err *e)
{
	struct dumping x = { o, d };
	struct ifinfomsg *m;
	struct nlmsghdr *nlh = os_netlink_begin(&o->nl, RTM_GETLINK, 0, sizeof *m, &m);
	int rc = os_netlink_dump(&o->nl, nlh, dump_one, &x);

	return rc < 0 ? os_refused(o, e, rc, "devices", "cannot be listed") : 0;
}

const struct os_ops os_link_ops = {
	.add = link_add,
	.change = link_change,
	.del = link_del,
	.dump = link_dump,
};
