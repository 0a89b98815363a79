/*
 * Counters that begin anew, see zeros.h. Knows neither the kernel nor who counts what.
 */
#include "config.h"

#include "daemon/zeros.h"

#include "daemon/tree.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const size_t counters[] = {
	offsetof(struct st_interface, in_packets),
	offsetof(struct st_interface, in_bytes),
	offsetof(struct st_interface, in_errors),
	offsetof(struct st_interface, out_packets),
	offsetof(struct st_interface, out_bytes),
	offsetof(struct st_interface, out_errors),
};

enum { N_COUNTERS = sizeof(counters) / sizeof(counters[0]) };

struct zero {
	RB_ENTRY(zero) entry;
	char device[16];
	uint64_t was[N_COUNTERS];
};

static int
zero_cmp(struct zero *a, struct zero *b)
{
	return strcmp(a->device, b->device);
}

RB_HEAD(zero_tree, zero);
TREE_STATIC(zero_tree, zero, entry, zero_cmp)

struct zeros {
	struct zero_tree tree;
};

struct zeros *
zeros_new(void)
{
	return calloc(1, sizeof(struct zeros));
}

static void
forget(struct zeros *z, struct zero *of)
{
	RB_REMOVE(zero_tree, &z->tree, of);
	free(of);
}

void
zeros_free(struct zeros *z)
{
	struct zero *of;

	if (z == NULL)
		return;
	while ((of = RB_ROOT(&z->tree)) != NULL)
		forget(z, of);
	free(z);
}

static struct zero *
find(struct zeros *z, const char *device)
{
	struct zero probe;

	strlcpy(probe.device, device, sizeof(probe.device));
	return RB_FIND(zero_tree, &z->tree, &probe);
}

static uint64_t *
counter(struct st_interface *st, unsigned int i)
{
	return (uint64_t *)(void *)((char *)st + counters[i]);
}

int
zeros_set(struct zeros *z, const char *device, const struct st_interface *st)
{
	struct zero *of = find(z, device);
	struct st_interface now = *st;

	if (of == NULL) {
		of = calloc(1, sizeof(*of));
		if (of == NULL)
			return -ENOMEM;
		strlcpy(of->device, device, sizeof(of->device));
		RB_INSERT(zero_tree, &z->tree, of);
	}
	for (unsigned int i = 0; i < N_COUNTERS; i++)
		of->was[i] = *counter(&now, i);
	return 0;
}

void
zeros_apply(struct zeros *z, const char *device, struct st_interface *st)
{
	struct zero *of = find(z, device);

	if (of == NULL)
		return;
	for (unsigned int i = 0; i < N_COUNTERS; i++) {
		if (*counter(st, i) < of->was[i]) {
			forget(z, of); /* another device of that name, which has counted itself */
			return;
		}
	}
	for (unsigned int i = 0; i < N_COUNTERS; i++)
		*counter(st, i) -= of->was[i];
}
