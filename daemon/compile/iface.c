/*
 * An interface: its device and its addresses. Refuses to know IPsec but for the group that marks a
 * protected device.
 */
#include "config.h"

#include "daemon/compile/owner.h"

#include "daemon/compile/claims.h"
#include "daemon/oscfg/oscfg.h"
#include "lib/arena.h"
#include "lib/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Short forms for device names that must fit 15 characters. */
static const struct {
	const char *kind;
	const char *brief;
	enum want_link_kind link;
} kinds[] = {
	{ "GigabitEthernet", "ge", WANT_LINK_PHYSICAL },
	{ "LoopBack", "lo", WANT_LINK_DUMMY },
	{ "Tunnel", "tu", WANT_LINK_TUNNEL },
};

static int
kind_of(const char *name)
{
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		if (strncmp(name, kinds[k].kind, strlen(kinds[k].kind)) == 0)
			return (int)k;
	return -1;
}

static void
slashes_to_dashes(char *s)
{
	for (; *s != '\0'; s++)
		if (*s == '/')
			*s = '-';
}

void
iface_device(const struct cfg_interface *i, char out[16])
{
	int k = kind_of(i->name);

	if (k >= 0 && kinds[k].link == WANT_LINK_PHYSICAL) {
		strlcpy(out, i->device != NULL ? i->device : "", 16);
		return;
	}
	strlcpy(out, i->name, 16);
	slashes_to_dashes(out);
}

uint32_t
iface_rank(const struct cfg_interface *i)
{
	return (uint32_t)(kind_of(i->name) + 1) << 16 | ((uint32_t)i->position & 0xffff);
}

void
iface_protected_device(const char *interface, char out[16])
{
	int k = kind_of(interface);

	snprintf(out, 16, "yp-%s%s", k >= 0 ? kinds[k].brief : "",
		k >= 0 ? interface + strlen(kinds[k].kind) : interface);
	slashes_to_dashes(out);
}

uint16_t
iface_mss(const struct cfg_interface *i)
{
	return i->tcp_mss != CFG_NONE ? (uint16_t)i->tcp_mss : 0;
}

int
iface_get(struct compile_job *j, const char *name, struct cfg_interface *out)
{
	struct value key = VALUE_OF_TEXT(name);

	return cfg_get(j->store, &cfg_interface, &key, j->set->arena, out);
}

/* --- addresses ------------------------------------------------------------------------ */

struct addresses {
	struct compile_job *job;
	const struct cfg_interface *iface;
	const char *device;
	struct err *err;
};

/* 0 in the first byte, loopback, multicast and reserved ones are nobody's; nor are, in a network of
 * more than two, its own address and its broadcast address. */
static bool
is_host_address(uint32_t a, int64_t len)
{
	uint32_t host_bits = len >= 31 ? 0 : ~0u >> len;

	if (a >> 24 == 0 || a >> 24 == 127 || a >> 28 >= 14)
		return false;
	return host_bits == 0 || ((a & host_bits) != 0 && (a & host_bits) != host_bits);
}

static int
on_address(void *arg, const void *cfg)
{
	struct addresses *as = arg;
	const struct cfg_ip_address *a = cfg;
	struct want w = { .kind = WANT_ADDR };
	char text[PREFIX_STRLEN];

	w.addr.prefix = (struct prefix){ .addr = a->address, .len = (uint8_t)a->length };
	w.addr.secondary = a->sub != 0;
	strlcpy(w.addr.device, as->device, sizeof(w.addr.device));
	if (!is_host_address(addr_u32(&a->address), a->length))
		return err_set(as->err, -EINVAL, as->iface->name, "%s is not the address of a host",
			prefix_format(&w.addr.prefix, text));
	want_set_claim_prefix(as->job->set, as->iface->name, &w.addr.prefix);
	if (as->device[0] != '\0')
		want_set_add(as->job->set, &w);
	return 0;
}

static int
compile_addresses(
	struct compile_job *j, const struct cfg_interface *i, const char *device, struct err *e)
{
	struct addresses as = { .job = j, .iface = i, .device = device, .err = e };
	struct value key = VALUE_OF_TEXT(i->name);

	return cfg_each(j->store, &cfg_ip_address, &key, 1, j->set->arena, on_address, &as);
}

static int
on_address6(void *arg, const void *cfg)
{
	struct addresses *as = arg;
	const struct cfg_ipv6_address *a = cfg;
	struct want w = { .kind = WANT_ADDR };
	char text[PREFIX_STRLEN];

	w.addr.prefix = (struct prefix){ .addr = a->address, .len = (uint8_t)a->length };
	strlcpy(w.addr.device, as->device, sizeof(w.addr.device));
	if (addr_is_unspecified(&a->address) || a->address.b[0] == 0xff)
		return err_set(as->err, -EINVAL, as->iface->name, "%s is not the address of a host",
			prefix_format(&w.addr.prefix, text));
	if (a->address.b[0] != 0xfe || (a->address.b[1] & 0xc0) != 0x80) /* of each link, its own */
		want_set_claim_prefix(as->job->set, as->iface->name, &w.addr.prefix);
	if (as->device[0] != '\0' && as->iface->ipv6_enable > 0)
		want_set_add(as->job->set, &w);
	else if (as->device[0] != '\0')
		want_set_note(as->job->set, as->iface->name, "ipv6 is not enabled");
	return 0;
}

static int
compile_addresses6(
	struct compile_job *j, const struct cfg_interface *i, const char *device, struct err *e)
{
	struct addresses as = { .job = j, .iface = i, .device = device, .err = e };
	struct value key = VALUE_OF_TEXT(i->name);
	struct want w = { .kind = WANT_SYSCTL, .sysctl.value = "0" };

	snprintf(w.sysctl.path, sizeof(w.sysctl.path), "net/ipv6/conf/%s/disable_ipv6", device);
	if (i->ipv6_enable > 0 && device[0] != '\0' && strcmp(i->kind, "GigabitEthernet") == 0)
		want_set_add(j->set, &w);
	return cfg_each(j->store, &cfg_ipv6_address, &key, 1, j->set->arena, on_address6, &as);
}

static int
on_first(void *arg, const void *cfg)
{
	*(struct addr *)arg = ((const struct cfg_ip_address *)cfg)->address;
	return 1; /* the first one is the primary */
}

static int
on_first6(void *arg, const void *cfg)
{
	const struct cfg_ipv6_address *a = cfg;

	if (a->address.b[0] == 0xfe)
		return 0; /* reaches no other link */
	*(struct addr *)arg = a->address;
	return 1;
}

int
iface_address(struct compile_job *j, const char *name, uint8_t af, struct addr *out)
{
	struct value key = VALUE_OF_TEXT(name);
	bool v6 = af == AF_INET6;
	struct cfg_interface i;
	char device[16];
	int rc = cfg_each(j->store, v6 ? &cfg_ipv6_address : &cfg_ip_address, &key, 1,
		j->set->arena, v6 ? on_first6 : on_first, out);

	if (rc != 0)
		return rc > 0 ? 0 : rc;
	rc = iface_get(j, name, &i);
	if (rc != 0)
		return rc;
	iface_device(&i, device);
	return device[0] != '\0' ? job_device_addr(j, device, af, out) : -ENOENT;
}

/* --- the interface -------------------------------------------------------------------- */

static void
note_device(struct compile_job *j, const struct cfg_interface *i, const char *device)
{
	if (device[0] == '\0')
		want_set_note(j->set, i->name, "no device");
	else if (job_device(j, device) == -ENODEV)
		want_set_note(j->set, i->name, "there is no device %s", device);
}

static void
want_mss(struct compile_job *j, const struct cfg_interface *i, const char *device)
{
	struct want w = { .kind = WANT_MSS, .mss.mss = iface_mss(i) };

	if (w.mss.mss == 0 || device[0] == '\0')
		return;
	strlcpy(w.mss.device, device, sizeof(w.mss.device));
	want_set_add(j->set, &w);
}

int
iface_compile(struct compile_job *j, const char *name, struct err *e)
{
	struct want w = { .kind = WANT_LINK };
	struct cfg_interface i;
	int k = kind_of(name), rc = iface_get(j, name, &i);

	if (rc != 0 || k < 0)
		return rc == -ENOENT ? 0 : rc;
	iface_device(&i, w.link.device);
	w.link.kind = kinds[k].link;
	w.link.mtu = i.mtu != CFG_NONE ? (uint32_t)i.mtu : 0;
	w.link.up = i.shutdown == 0;
	w.link.group = i.ipsec_policy != NULL ? OSCFG_GROUP_PROTECTED : 0;
	strlcpy(w.link.vrp_name, i.name, sizeof(w.link.vrp_name));
	if (w.link.kind == WANT_LINK_PHYSICAL) {
		note_device(j, &i, w.link.device);
		if (w.link.device[0] != '\0')
			want_set_claim_text(j->set, i.name,
				arena_printf(j->set->arena, "device %s", w.link.device),
				arena_printf(j->set->arena, "device %s", w.link.device));
		want_mss(j, &i, w.link.device);
	}
	w.link.ipv6 = i.ipv6_enable > 0 && w.link.kind != WANT_LINK_PHYSICAL;
	if (w.link.kind == WANT_LINK_TUNNEL)
		rc = tunnel_compile(j, &i, &w, e);
	if (rc == 0 && w.link.device[0] != '\0') {
		want_set_add(j->set, &w);
		want_set_need(j->set, WANT_NEED_ROUTER, AF_INET);
	}
	if (rc == 0)
		rc = compile_addresses(j, &i, w.link.device, e);
	return rc != 0 ? rc : compile_addresses6(j, &i, w.link.device, e);
}

int
iface_check(struct compile_job *j, const char *name, struct err *e)
{
	struct cfg_interface cfg;
	struct want_item *i;
	char text[ADDR_STRLEN];

	STAILQ_FOREACH (i, &j->set->items, link)
		if (i->want.kind == WANT_TUNNEL || i->want.kind == WANT_SPD)
			break;
	if (i == NULL || iface_get(j, name, &cfg) != 0 ||
		!route_leads_into(j, &cfg.destination, name))
		return 0;
	return err_set(e, -EINVAL, name,
		"recursive: the route to the tunnel's destination %s leads into the tunnel itself",
		addr_format(&cfg.destination, text));
}
