/*
 * Identities of desired objects. Two objects with one key are the same object, perhaps with other
 * contents; the contents are compared by the kinds. Knows nothing of how objects come into being.
 */
#include "config.h"

#include "daemon/want.h"

#include "lib/arena.h"

#include <sys/socket.h>

static const char *
route_key(const struct want_route *r, struct arena *a)
{
	char dst[PREFIX_STRLEN], hop[ADDR_STRLEN];
	struct prefix p = { .addr = prefix_network(&r->destination), .len = r->destination.len };

	prefix_format(&p, dst);
	if (r->type == WANT_ROUTE_BLACKHOLE)
		return arena_printf(a, "%u %s %u blackhole", r->table, dst, r->metric);
	if (r->nexthop.af != 0)
		return arena_printf(a, "%u %s %u via %s", r->table, dst, r->metric,
			addr_format(&r->nexthop, hop));
	return arena_printf(a, "%u %s %u dev %s", r->table, dst, r->metric, r->device);
}

static const char *
port_key(const struct want_port *p, struct arena *a)
{
	if (p->kind != MSG_PORT_UDP)
		return arena_printf(a, "%d %s", (int)p->kind, p->device);
	return arena_printf(a, "%d %u%s", (int)p->kind, p->udp, p->af == AF_INET6 ? " ipv6" : "");
}

static const char *
sa_key(const struct want_sa *s, struct arena *a)
{
	char dst[ADDR_STRLEN];

	return arena_printf(a, "%s %s %u %u %s %016llx", s->sa.policy, s->sa.inbound ? "in" : "out",
		s->sa.protocol, s->sa.spi, addr_format(&s->sa.destination, dst),
		(unsigned long long)s->fingerprint);
}

const char *
want_key(const struct want *w, struct arena *a)
{
	char text[PREFIX_STRLEN];

	switch (w->kind) {
	case WANT_SYSCTL: return arena_strdup(a, w->sysctl.path);
	case WANT_FILTER: return arena_strdup(a, w->filter.device);
	case WANT_MSS: return arena_strdup(a, w->mss.device);
	case WANT_LINK: return arena_strdup(a, w->link.device);
	case WANT_PORT: return port_key(&w->port, a);
	case WANT_TUNNEL: return arena_strdup(a, w->tunnel.device);
	case WANT_SA: return sa_key(&w->sa, a);
	case WANT_GROUP: return arena_printf(a, WANT_NEGOTIATED "%s", w->group.name);
	case WANT_IKE: return "ike";
	case WANT_IKE_PEER: return arena_strdup(a, w->ike_peer.name);
	case WANT_IKE_CHILD: return arena_printf(a, WANT_NEGOTIATED "%s", w->ike_child.group.name);
	case WANT_SPD: return arena_strdup(a, w->spd.device);
	case WANT_ADDR:
		return arena_printf(
			a, "%s %s", w->addr.device, prefix_format(&w->addr.prefix, text));
	case WANT_ROUTE: return route_key(&w->route, a);
	case WANT_RULE:
		return arena_printf(a, w->rule.af == AF_INET6 ? "ipv6 %u" : "%u", w->rule.priority);
	case WANT_N_KINDS: break;
	}
	return "";
}
