/*
 * Objects of the operating system as kinds for reconcile.c: each step goes to oscfg; equality is
 * decided here, so that what the kernel dumps compares with what compile wants.
 */
#include "config.h"

#include "daemon/kind.h"

#include "daemon/daemon.h"
#include "daemon/oscfg/oscfg.h"

#include <string.h>

static int
step_add(struct daemon *d, const struct want *w, struct err *e)
{
	return oscfg_add(d->os, w, e);
}

static int
step_change(struct daemon *d, const struct want *old, const struct want *w, struct err *e)
{
	return oscfg_change(d->os, old, w, e);
}

static int
step_del(struct daemon *d, const struct want *w, struct err *e)
{
	return oscfg_del(d->os, w, e);
}

static bool
sysctl_equal(const struct want *a, const struct want *b)
{
	return strcmp(a->sysctl.value, b->sysctl.value) == 0;
}

static bool
filter_rule_equal(const struct want_filter_rule *a, const struct want_filter_rule *b)
{
	return a->drop == b->drop && a->protocol == b->protocol &&
		addr_eq(&a->source, &b->source) &&
		addr_eq(&a->source_wildcard, &b->source_wildcard) &&
		addr_eq(&a->destination, &b->destination) &&
		addr_eq(&a->destination_wildcard, &b->destination_wildcard) &&
		a->source_port_low == b->source_port_low &&
		a->source_port_high == b->source_port_high &&
		a->destination_port_low == b->destination_port_low &&
		a->destination_port_high == b->destination_port_high &&
		a->icmp_type == b->icmp_type && a->icmp_code == b->icmp_code;
}

/* A filter that a dump has found has no rules that could be compared: it is put in place anew. */
static bool
filter_equal(const struct want *a, const struct want *b)
{
	if (a->filter.rules == NULL || b->filter.rules == NULL ||
		a->filter.n_rules != b->filter.n_rules)
		return false;
	for (size_t i = 0; i < a->filter.n_rules; i++)
		if (!filter_rule_equal(&a->filter.rules[i], &b->filter.rules[i]))
			return false;
	return true;
}

static bool
mss_equal(const struct want *a, const struct want *b)
{
	return a->mss.mss == b->mss.mss;
}

/* The name of a physical device is not kept in the kernel. */
static bool
link_equal(const struct want *a, const struct want *b)
{
	const struct want_link *x = &a->link, *y = &b->link;

	return x->kind == y->kind && x->mtu == y->mtu && x->up == y->up && x->group == y->group &&
		x->ipv6 == y->ipv6 &&
		(x->kind == WANT_LINK_PHYSICAL || strcmp(x->vrp_name, y->vrp_name) == 0);
}

static bool
addr_equal(const struct want *a, const struct want *b)
{
	return a->addr.secondary == b->addr.secondary;
}

/* The device of a next hop is the kernel's finding unless both name one. */
static bool
route_equal(const struct want *a, const struct want *b)
{
	const struct want_route *x = &a->route, *y = &b->route;
	bool device = strcmp(x->device, y->device) == 0 ||
		(x->nexthop.af != 0 && (x->device[0] == '\0' || y->device[0] == '\0'));

	return x->type == y->type && device && x->mtu == y->mtu &&
		addr_eq(&x->preferred_source, &y->preferred_source);
}

static bool
rule_equal(const struct want *a, const struct want *b)
{
	return a->rule.type == b->rule.type && a->rule.af == b->rule.af;
}

#define KIND(noun)                            \
	const struct kind_ops kind_##noun = { \
		.name = #noun,                \
		.equal = noun##_equal,        \
		.add = step_add,              \
		.change = step_change,        \
		.del = step_del,              \
	}

KIND(sysctl);
KIND(filter);
KIND(link);
KIND(addr);
KIND(route);
KIND(rule);
KIND(mss);
