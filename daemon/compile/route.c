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

static bool
is_tunnel(const char *interface)
{
	return strncmp(interface, "Tunnel", strlen("Tunnel")) == 0;
}

/* --- recursion ------------------------------------------------------------------------ */

struct leads {
	struct compile_job *job;
	const char *interface;
	unsigned int nested; /* tunnels that carry what is asked about */
	bool into;
	bool elsewhere;
};

/* The interface whose network (by the configuration) holds the address, and its length; or NULL. */
static const char *
connected(struct compile_job *j, const struct addr *a, int *len)
{
	static const char owner[] = "interface ";
	struct prefix p;
	const char *who = claims_owner_of(j->claims, a, &p);

	if (who == NULL || strncmp(who, owner, sizeof(owner) - 1) != 0)
		return NULL;
	*len = p.len;
	return who + sizeof(owner) - 1;
}

static bool leads_into(struct leads *l, const struct addr *destination);

/* Does this interface lead there: is it the one, or a tunnel that the one carries? */
static bool
carries(const struct leads *l, const char *via)
{
	struct leads inner = { .job = l->job, .interface = l->interface, .nested = l->nested + 1 };
	struct cfg_interface i;

	if (strcmp(via, l->interface) == 0)
		return true;
	return inner.nested < TUNNELS_NESTED && is_tunnel(via) && iface_get(l->job, via, &i) == 0 &&
		i.destination.af != 0 && leads_into(&inner, &i.destination);
}

static int
on_candidate(void *arg, const void *cfg)
{
	struct leads *l = arg;
	const struct cfg_route_static *r = cfg;
	const char *via = r->interface;
	int len;

	if (via == NULL && r->nexthop.af != 0) {
		via = connected(l->job, &r->nexthop, &len);
		if (via == NULL)
			return 0;
	}
	if (via != NULL && carries(l, via))
		l->into = true;
	else
		l->elsewhere = true;
	return 0;
}

static bool
leads_into(struct leads *l, const struct addr *destination)
{
	int connected_len = -1;
	const char *own = connected(l->job, destination, &connected_len);

	for (int len = (int)addr_len(destination) * 8; len >= 0; len--) {
		struct prefix p = { .addr = *destination, .len = (uint8_t)len };
		char network[ADDR_STRLEN];
		struct value key[2];

		if (len == connected_len)
			return carries(l, own);
		p.addr = prefix_network(&p);
		key[0] = VALUE_OF_TEXT(addr_format(&p.addr, network));
		key[1] = VALUE_OF_INT(len);
		cfg_each(l->job->store, table_of(key), key, 2, l->job->set->arena, on_candidate, l);
		if (l->into || l->elsewhere)
			return l->into && !l->elsewhere;
	}
	return false;
}

bool
route_leads_into(struct compile_job *j, const struct addr *destination, const char *interface)
{
	struct leads l = { .job = j, .interface = interface };

	return leads_into(&l, destination);
}

/* --- a route -------------------------------------------------------------------------- */

/* The interface that the route leads into, by itself or to its next hop; NULL: none of ours. */
static const char *
route_interface(struct compile_job *j, const struct cfg_route_static *r)
{
	int len;

	return r->interface != NULL ? r->interface : connected(j, &r->nexthop, &len);
}

/* Would it lead a tunnel's packets into that tunnel? */
static int
route_check(
	struct compile_job *j, const struct cfg_route_static *r, const char *object, struct err *e)
{
	const char *via = route_interface(j, r);
	struct cfg_interface i;
	char text[ADDR_STRLEN];

	if (via == NULL || !is_tunnel(via) || iface_get(j, via, &i) != 0 || i.destination.af == 0 ||
		!route_leads_into(j, &i.destination, via))
		return 0;
	return err_set(e, -EINVAL, object,
		"recursive: it would lead to the destination %s of %s through %s itself",
		addr_format(&i.destination, text), via, via);
}

/* "" when it names no interface, or one without a device. */
static int
route_device(struct compile_job *j, const struct cfg_route_static *r, char device[16])
{
	struct cfg_interface i;
	int rc;

	device[0] = '\0';
	if (r->interface == NULL)
		return 0;
	rc = iface_get(j, r->interface, &i);
	if (rc == 0)
		iface_device(&i, device);
	return rc;
}

/* Of the tunnel that the route leads into: withdrawn while it is down. */
static bool
line_is_up(struct compile_job *j, const struct cfg_route_static *r)
{
	const char *via = route_interface(j, r);
	struct cfg_interface i;
	char device[16];

	if (via == NULL || !is_tunnel(via) || iface_get(j, via, &i) != 0)
		return true;
	iface_device(&i, device);
	return job_line(j, device);
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
	rc = route_device(j, &r, w.route.device);
	if (rc == 0 && r.interface != NULL && w.route.device[0] == '\0')
		want_set_note(j->set, object, "%s has no device", r.interface);
	else if (rc == 0)
		rc = route_check(j, &r, object, e);
	if (rc != 0 || (r.interface != NULL && w.route.device[0] == '\0') || !line_is_up(j, &r))
		return rc;
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
