/*
 * Static routes, and the question whether a tunnel would carry its own outer packets. Knows the
 * configuration only: what routing protocols say is the kernel's.
 */
#include "config.h"

#include "daemon/compile/owner.h"

#include "daemon/compile/claims.h"
#include "lib/arena.h"
#include "lib/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { TABLE_MAIN = 254 };

/* The key's columns, separated by blanks; "-" for an empty one. */
const char *
route_name(char *out, size_t cap, const struct value key[4])
{
	const char *hop = key[2].s, *iface = key[3].s;

	snprintf(out, cap, "%s %lld %s %s", key[0].s, (long long)key[1].i,
		hop == NULL || hop[0] == '\0' ? "-" : hop,
		iface == NULL || iface[0] == '\0' ? "-" : iface);
	return out;
}

/* Back to the key, whose texts point into name. */
static int
route_key(char *name, struct value key[4])
{
	char *words[4];

	for (unsigned int i = 0; i < 4; i++) {
		words[i] = strsep(&name, " ");
		if (words[i] == NULL)
			return -EINVAL;
		if (strcmp(words[i], "-") == 0)
			words[i][0] = '\0';
	}
	key[0] = VALUE_OF_TEXT(words[0]);
	key[1] = VALUE_OF_INT(atoi(words[1]));
	key[2] = VALUE_OF_TEXT(words[2]);
	key[3] = VALUE_OF_TEXT(words[3]);
	return 0;
}

static const struct cfg_shape *
table_of(const struct value key[])
{
	return strchr(key[0].s, ':') != NULL ? &cfg_ipv6_route_static : &cfg_route_static;
}

/* --- recursion ------------------------------------------------------------------------ */

struct leads {
	struct compile_job *job;
	const char *interface;
	bool into;
	bool elsewhere;
};

static int
on_candidate(void *arg, const void *cfg)
{
	struct leads *l = arg;
	const struct cfg_route_static *r = cfg;
	char owner[OWNER_MAX];
	struct prefix on;
	const char *via = r->interface;

	if (via == NULL && r->nexthop.af != 0) {
		via = claims_owner_of(l->job->claims, &r->nexthop, &on);
		if (via == NULL)
			return 0;
		owner_name(owner, sizeof(owner), "interface", l->interface);
		if (strcmp(via, owner) == 0)
			l->into = true;
		else
			l->elsewhere = true;
		return 0;
	}
	if (via != NULL && strcmp(via, l->interface) == 0)
		l->into = true;
	else
		l->elsewhere = true;
	return 0;
}

/* Length of the connected network (by the configuration) that holds the address, -1 when none does.
 * *own: it is this interface's. */
static int
connected_len(struct compile_job *j, const struct addr *a, const char *interface, bool *own)
{
	char owner[OWNER_MAX];
	struct prefix p;
	const char *who = claims_owner_of(j->claims, a, &p);

	owner_name(owner, sizeof(owner), "interface", interface);
	*own = who != NULL && strcmp(who, owner) == 0;
	return who != NULL ? p.len : -1;
}

bool
route_leads_into(struct compile_job *j, const struct addr *destination, const char *interface)
{
	bool own;
	int connected = connected_len(j, destination, interface, &own);

	for (int len = (int)addr_len(destination) * 8; len >= 0; len--) {
		struct prefix p = { .addr = *destination, .len = (uint8_t)len };
		struct leads l = { .job = j, .interface = interface };
		char network[ADDR_STRLEN];
		struct value key[2];

		if (len == connected)
			return own;
		p.addr = prefix_network(&p);
		key[0] = VALUE_OF_TEXT(addr_format(&p.addr, network));
		key[1] = VALUE_OF_INT(len);
		cfg_each(j->store, table_of(key), key, 2, j->set->arena, on_candidate, &l);
		if (l.into || l.elsewhere)
			return l.into && !l.elsewhere;
	}
	return false;
}

/* --- a route -------------------------------------------------------------------------- */

static int
route_device(struct compile_job *j, const struct cfg_route_static *r, const char *object,
	char device[16], struct err *e)
{
	struct cfg_interface i;
	char text[ADDR_STRLEN];
	int rc;

	device[0] = '\0';
	if (r->interface == NULL)
		return 0;
	rc = iface_get(j, r->interface, &i);
	if (rc != 0)
		return rc;
	iface_device(&i, device);
	if (device[0] == '\0')
		want_set_note(j->set, object, "%s has no device", r->interface);
	if (i.destination.af != 0 && route_leads_into(j, &i.destination, r->interface))
		return err_set(e, -EINVAL, object,
			"recursive: it would lead to the destination %s of %s through %s itself",
			addr_format(&i.destination, text), r->interface, r->interface);
	return 0;
}

/* Of the tunnel that the route leads into, by itself or to its next hop: withdrawn while it is down. */
static bool
line_is_up(struct compile_job *j, const struct cfg_route_static *r, const char *device)
{
	static const char tunnel[] = "interface Tunnel";
	const char *owner;
	struct cfg_interface i;
	struct prefix on;
	char name[16];

	if (r->interface != NULL)
		return strncmp(r->interface, tunnel + 10, 6) != 0 || job_line(j, device);
	owner = claims_owner_of(j->claims, &r->nexthop, &on);
	if (owner == NULL || strncmp(owner, tunnel, sizeof(tunnel) - 1) != 0 ||
		iface_get(j, owner + 10, &i) != 0)
		return true;
	iface_device(&i, name);
	return job_line(j, name);
}

int
route_compile(struct compile_job *j, const char *name, struct err *e)
{
	struct want w = { .kind = WANT_ROUTE };
	struct cfg_route_static r;
	bool v6 = strchr(name, ':') != NULL;
	char *object = arena_printf(j->set->arena, "%s route-static %s", v6 ? "ipv6" : "ip", name);
	struct value key[4];
	int rc = route_key(arena_strdup(j->set->arena, name), key);

	if (rc == 0)
		rc = cfg_get(j->store, table_of(key), key, j->set->arena, &r);
	if (rc != 0)
		return rc == -ENOENT ? 0 : rc;
	rc = route_device(j, &r, object, w.route.device, e);
	if (rc != 0 || (r.interface != NULL && w.route.device[0] == '\0'))
		return rc;
	if (!line_is_up(j, &r, w.route.device))
		return 0;
	w.route.type = WANT_ROUTE_UNICAST;
	w.route.table = TABLE_MAIN;
	w.route.destination = (struct prefix){ .addr = r.destination, .len = (uint8_t)r.length };
	w.route.destination.addr = prefix_network(&w.route.destination);
	w.route.nexthop = r.nexthop;
	w.route.metric = (uint32_t)r.preference;
	/* the same way twice, by name and by address of what it leads over */
	want_set_claim_text(j->set, object, "this route", want_set_add(j->set, &w)->key);
	return 0;
}
