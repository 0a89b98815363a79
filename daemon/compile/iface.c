/*
 * An interface: its device, its addresses and, for a tunnel, its GRE parameters (RFC 2784, 2890).
 * Refuses to know IPsec but for the group that marks a protected device.
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

enum { IP_HDR_LEN = 20, GRE_HDR_LEN = 4, GRE_FIELD_LEN = 4 };

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

/* --- tunnels -------------------------------------------------------------------------- */

static int
on_source_address(void *arg, const void *cfg)
{
	*(struct addr *)arg = ((const struct cfg_ip_address *)cfg)->address;
	return 1; /* the first one is the primary */
}

/* The source of a tunnel: typed, or the first address of the source interface. af 0: none. */
static int
tunnel_source(
	struct compile_job *j, const struct cfg_interface *i, struct addr *source, struct err *e)
{
	struct value key = VALUE_OF_TEXT(i->source_interface);
	struct cfg_interface from;
	char device[16];

	*source = i->source_address;
	if (i->source_interface == NULL)
		return 0;
	if (strcmp(i->source_interface, i->name) == 0)
		return err_set(e, -EINVAL, i->name, "a tunnel cannot be its own source interface");
	if (cfg_each(j->store, &cfg_ip_address, &key, 1, j->set->arena, on_source_address, source) >
		0)
		return 0;
	if (iface_get(j, i->source_interface, &from) != 0)
		return 0;
	iface_device(&from, device);
	if (device[0] == '\0' || job_device_addr(j, device, source) != 0)
		source->af = 0;
	return 0;
}

static uint32_t
gre_overhead(const struct cfg_interface *i)
{
	return IP_HDR_LEN + GRE_HDR_LEN + (i->gre_checksum > 0 ? GRE_FIELD_LEN : 0) +
		(i->gre_key != CFG_NONE ? GRE_FIELD_LEN : 0);
}

static uint32_t
tunnel_mtu(struct compile_job *j, const struct cfg_interface *i)
{
	if (i->mtu != CFG_NONE)
		return (uint32_t)i->mtu;
	return job_path_mtu(j, &i->destination) - gre_overhead(i);
}

static void
claim_tunnel(struct compile_job *j, const struct cfg_interface *i, const struct addr *source)
{
	char s[ADDR_STRLEN], d[ADDR_STRLEN], text[160], key[32] = "no key";

	if (i->gre_key != CFG_NONE)
		snprintf(key, sizeof(key), "key %u", (unsigned int)i->gre_key);
	snprintf(text, sizeof(text), "gre source %s destination %s %s", addr_format(source, s),
		addr_format(&i->destination, d), key);
	want_set_claim_text(j->set, i->name, text + strlen("gre "), text);
}

/* What keeps the tunnel from running, or NULL. */
static const char *
tunnel_lacks(const struct cfg_interface *i, const struct addr *source)
{
	if (i->tunnel_protocol == NULL || strcmp(i->tunnel_protocol, "gre") != 0)
		return "no tunnel protocol";
	if (source->af == 0)
		return i->source_interface != NULL ? "the source interface has no address"
						   : "no source";
	return i->destination.af == 0 ? "no destination" : NULL;
}

/* By what the kernel knows besides the configuration. While it is so, nothing is sent, and the device
 * stays up: taking it down would withdraw the route, and bring the tunnel up again. */
static bool
leads_into_itself(struct compile_job *j, const struct cfg_interface *i, const char *device)
{
	struct want_answer a;

	return job_path(j, &i->destination, &a) == 0 && strcmp(a.device, device) == 0;
}

static int
compile_tunnel(
	struct compile_job *j, const struct cfg_interface *i, struct want *link, struct err *e)
{
	struct want w = { .kind = WANT_TUNNEL };
	struct want port = { .kind = WANT_PORT, .port.kind = MSG_PORT_TUN_TUNNEL };
	struct msg_dp_tunnel *t = &w.tunnel.tunnel;
	const char *lacks;
	int rc = tunnel_source(j, i, &t->source, e);

	if (rc != 0)
		return rc;
	strlcpy(port.port.device, link->link.device, sizeof(port.port.device));
	want_set_add(j->set, &port);
	lacks = tunnel_lacks(i, &t->source);
	if (lacks == NULL && leads_into_itself(j, i, link->link.device))
		lacks = "recursive: the kernel's route to the destination leads into the tunnel "
			"itself";
	if (lacks != NULL) {
		want_set_note(j->set, i->name, "%s", lacks);
		return 0;
	}
	strlcpy(w.tunnel.device, link->link.device, sizeof(w.tunnel.device));
	t->destination = i->destination;
	t->has_key = i->gre_key != CFG_NONE;
	t->key = t->has_key ? (uint32_t)i->gre_key : 0;
	t->checksum = i->gre_checksum > 0;
	t->mtu = link->link.mtu = tunnel_mtu(j, i);
	t->up = i->shutdown == 0;
	claim_tunnel(j, i, &t->source);
	want_set_add(j->set, &w);
	j->set->tunnel = true;
	return 0;
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
	}
	if (w.link.kind == WANT_LINK_TUNNEL)
		rc = compile_tunnel(j, &i, &w, e);
	if (rc == 0 && w.link.device[0] != '\0')
		want_set_add(j->set, &w);
	return rc != 0 ? rc : compile_addresses(j, &i, w.link.device, e);
}

int
iface_check(struct compile_job *j, const char *name, struct err *e)
{
	struct want_item *i;
	char text[ADDR_STRLEN];

	STAILQ_FOREACH (i, &j->set->items, link) {
		const struct addr *to = &i->want.tunnel.tunnel.destination;

		if (i->want.kind == WANT_TUNNEL && route_leads_into(j, to, name))
			return err_set(e, -EINVAL, name,
				"recursive: the route to the tunnel's destination %s leads into "
				"the tunnel itself",
				addr_format(to, text));
	}
	return 0;
}
