/*
 * The operating system's side on Linux: the map from kinds of objects to the files that do them.
 */
#include "config.h"

#include "daemon/oscfg/oscfg.h"

#include "daemon/oscfg/os.h"
#include "daemon/oscfg/os_filter.h"
#include "daemon/oscfg/os_found.h"
#include "daemon/oscfg/os_monitor.h"
#include "daemon/oscfg/os_multipath.h"
#include "lib/arena.h"
#include "lib/err.h"
#include "lib/log.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

static const struct os_ops *const ops[WANT_N_KINDS] = {
	[WANT_SYSCTL] = &os_sysctl_ops,
	[WANT_FILTER] = &os_filter_ops,
	[WANT_MSS] = &os_mss_ops,
	[WANT_LINK] = &os_link_ops,
	[WANT_ADDR] = &os_addr_ops,
	[WANT_ROUTE] = &os_route_ops,
	[WANT_RULE] = &os_rule_ops,
};

/* IFA_PROTO came with 5.18; older kernels ignore it without a word. */
static bool
kernel_tags_addresses(void)
{
	struct utsname u;
	int major = 0, minor = 0;

	if (uname(&u) < 0 || sscanf(u.release, "%d.%d", &major, &minor) != 2)
		return false;
	return major > 5 || (major == 5 && minor >= 18);
}

/* Kernel modules that answer or consume packets which are the datapath's. */
static void
warn_of_rivals(void)
{
	static const struct {
		const char *module, *does;
	} rivals[] = {
		{ "ip_gre", "answers GRE packets of unknown tunnels with ICMP errors" },
		{ "esp4", "consumes ESP packets" },
		{ "ah4", "consumes AH packets" },
	};
	char path[64];

	for (size_t i = 0; i < sizeof rivals / sizeof rivals[0]; i++) {
		snprintf(path, sizeof path, "/sys/module/%s", rivals[i].module);
		if (access(path, F_OK) == 0)
			log_warn("the kernel module %s is loaded: it %s; unload it (rmmod %s)",
				rivals[i].module, rivals[i].does, rivals[i].module);
	}
}

int
oscfg_new(struct loop *l, const char *state_dir, void (*changed)(void *arg), void *arg,
	struct oscfg **out, struct err *e)
{
	struct oscfg *o = calloc(1, sizeof *o);
	int rc;

	*out = NULL;
	if (o == NULL)
		return -ENOMEM;
	o->loop = l;
	o->addr_tag = kernel_tags_addresses();
	LIST_INIT(&o->tuns);
	LIST_INIT(&o->adopted);
	o->multipath = os_multipath_new();
	rc = o->multipath != NULL ? os_netlink_open(&o->nl, NETLINK_ROUTE, e) : -ENOMEM;
	if (rc == 0)
		rc = os_found_open(state_dir, &o->found, e);
	if (rc == 0)
		rc = os_filter_new(&o->filter, e);
	LIST_INIT(&o->clamped);
	if (rc == 0)
		rc = os_monitor_new(l, o->nl.portid, changed, arg, &o->monitor, e);
	if (rc < 0) {
		oscfg_free(o);
		return rc;
	}
	warn_of_rivals();
	*out = o;
	return 0;
}

void
oscfg_free(struct oscfg *o)
{
	if (o == NULL)
		return;
	os_monitor_free(o->monitor);
	os_mss_forget(o);
	os_filter_free(o->filter);
	os_found_close(o->found);
	os_adopted_drop_all(o);
	os_multipath_free(o->multipath);
	os_link_close_all(o);
	os_netlink_close(&o->nl);
	free(o);
}

int
os_refused(struct oscfg *o, struct err *e, int rc, const char *object, const char *tried)
{
	const char *why = o->nl.text[0] != '\0' ? o->nl.text : strerror(-rc);

	return err_set(e, rc, object, "%s: %s", tried, why);
}

void
os_dump_add(struct os_dump *d, const struct want *w)
{
	struct want *mine;

	if (d->n == d->cap) {
		size_t cap = d->cap * 2 + 64;
		struct want *wants = arena_alloc(d->arena, cap * sizeof *wants);

		if (d->n > 0)
			memcpy(wants, d->wants, d->n * sizeof *wants);
		d->wants = wants;
		d->cap = cap;
	}
	mine = &d->wants[d->n++];
	*mine = *w;
	mine->key = want_key(w, d->arena);
	mine->owner = "";
}

int
oscfg_dump(struct oscfg *o, struct arena *a, struct want **out, size_t *n, struct err *e)
{
	struct os_dump d = { .arena = a };
	int rc = 0;

	for (unsigned int k = 0; k < WANT_N_KINDS && rc == 0; k++)
		if (ops[k] != NULL)
			rc = ops[k]->dump(o, &d, e);
	*out = d.wants;
	*n = d.n;
	return rc;
}

int
oscfg_add(struct oscfg *o, const struct want *w, struct err *e)
{
	if (w->kind >= WANT_N_KINDS || ops[w->kind] == NULL)
		return -ENOTSUP;
	return ops[w->kind]->add(o, w, e);
}

int
oscfg_change(struct oscfg *o, const struct want *old, const struct want *w, struct err *e)
{
	if (w->kind >= WANT_N_KINDS || ops[w->kind] == NULL || ops[w->kind]->change == NULL)
		return -ENOTSUP;
	return ops[w->kind]->change(o, old, w, e);
}

int
oscfg_del(struct oscfg *o, const struct want *w, struct err *e)
{
	if (w->kind >= WANT_N_KINDS || ops[w->kind] == NULL)
		return -ENOTSUP;
	return ops[w->kind]->del(o, w, e);
}

uint32_t
oscfg_index(struct oscfg *o, const char *device)
{
	struct ifreq r;

	/* if_nametoindex opens a socket each time, and every SA asks; rtnetlink's one will do */
	memset(&r, 0, sizeof r);
	strlcpy(r.ifr_name, device, sizeof r.ifr_name);
	if (ioctl(mnl_socket_get_fd(o->nl.sock), SIOCGIFINDEX, &r) != 0)
		return 0;
	return (uint32_t)r.ifr_ifindex;
}

int
oscfg_device(struct oscfg *o, uint32_t index, char device[16])
{
	char name[IF_NAMESIZE];

	if (if_indextoname(index, name) == NULL)
		return -ENODEV;
	memcpy(device, name, sizeof name);
	return 0;
}

int
oscfg_carrier(struct oscfg *o, const char *device, bool up)
{
	struct os_tun *t = os_link_tun(o, device);
	int on = up;

	if (t == NULL)
		return -ENOENT;
	return ioctl(t->fd, TUNSETCARRIER, &on) < 0 ? -errno : 0;
}

int
oscfg_tun_fd(struct oscfg *o, const char *device)
{
	struct os_tun *t = os_link_tun(o, device);

	return t != NULL ? t->fd : -ENOENT;
}

uint64_t
oscfg_filter_drops(struct oscfg *o)
{
	return os_filter_drops(o->filter);
}
