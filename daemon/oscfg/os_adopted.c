/*
 * Foreign objects that we use as if they were ours: equal ones that were there before. They are
 * shown in dumps, so that reconcile does not miss them, and never removed. Kept in memory only: the
 * next daemon adopts them anew.
 */
#include "config.h"

#include "daemon/oscfg/os.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct os_adopted {
	LIST_ENTRY(os_adopted) node;
	struct want want;
};

static bool
same_addr(const struct want_addr *a, const struct want_addr *b)
{
	return strcmp(a->device, b->device) == 0 && a->prefix.len == b->prefix.len &&
		addr_eq(&a->prefix.addr, &b->prefix.addr);
}

/* The device is compared where both name one. */
static bool
same_route(const struct want_route *a, const struct want_route *b)
{
	struct addr to_a = prefix_network(&a->destination), to_b = prefix_network(&b->destination);

	return a->type == b->type && a->table == b->table && a->metric == b->metric &&
		a->destination.len == b->destination.len && addr_eq(&to_a, &to_b) &&
		addr_eq(&a->nexthop, &b->nexthop) &&
		(a->device[0] == '\0' || b->device[0] == '\0' || strcmp(a->device, b->device) == 0);
}

static bool
same(const struct want *a, const struct want *b)
{
	if (a->kind != b->kind)
		return false;
	return a->kind == WANT_ADDR ? same_addr(&a->addr, &b->addr)
				    : same_route(&a->route, &b->route);
}

const struct want *
os_adopted_find(const struct oscfg *o, const struct want *w)
{
	struct os_adopted *a;

	LIST_FOREACH (a, &o->adopted, node)
		if (same(&a->want, w))
			return &a->want;
	return NULL;
}

int
os_adopt(struct oscfg *o, const struct want *w)
{
	struct os_adopted *a;

	if (os_adopted_find(o, w) != NULL)
		return 0;
	a = calloc(1, sizeof *a);
	if (a == NULL)
		return -ENOMEM;
	a->want = *w;
	LIST_INSERT_HEAD(&o->adopted, a, node);
	return 0;
}

void
os_adopted_drop(struct oscfg *o, const struct want *w)
{
	struct os_adopted *a;

	LIST_FOREACH (a, &o->adopted, node) {
		if (!same(&a->want, w))
			continue;
		LIST_REMOVE(a, node);
		free(a);
		return;
	}
}

void
os_adopted_drop_all(struct oscfg *o)
{
	struct os_adopted *a;

	while ((a = LIST_FIRST(&o->adopted)) != NULL) {
		LIST_REMOVE(a, node);
		free(a);
	}
}
