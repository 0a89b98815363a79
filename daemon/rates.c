/*
 * Means over the last 300 seconds, see rates.h. Knows neither clock nor where counters come from.
 */
#include "config.h"

#include "daemon/rates.h"

#include "daemon/tree.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { N_SAMPLES = RATES_OVER_MS / RATES_EVERY_MS + 1 };

struct sample {
	uint64_t at_ms;
	struct rates_counters counters;
};

struct device {
	RB_ENTRY(device) entry;
	char name[16];
	struct sample samples[N_SAMPLES]; /* a ring */
	unsigned int n;			  /* taken so far */
	bool seen;
};

static int
device_cmp(struct device *a, struct device *b)
{
	return strcmp(a->name, b->name);
}

RB_HEAD(device_tree, device);
TREE_STATIC(device_tree, device, entry, device_cmp)

struct rates {
	struct device_tree devices;
	uint64_t now_ms;
};

struct rates *
rates_new(void)
{
	return calloc(1, sizeof(struct rates));
}

static void
forget(struct rates *r, struct device *d)
{
	RB_REMOVE(device_tree, &r->devices, d);
	free(d);
}

void
rates_free(struct rates *r)
{
	struct device *d;

	if (r == NULL)
		return;
	while ((d = RB_ROOT(&r->devices)) != NULL)
		forget(r, d);
	free(r);
}

static struct device *
find(const struct rates *r, const char *name)
{
	struct device probe;

	strlcpy(probe.name, name, sizeof(probe.name));
	return RB_FIND(device_tree, (struct device_tree *)(uintptr_t)&r->devices, &probe);
}

void
rates_begin(struct rates *r, uint64_t now_ms)
{
	struct device *d;

	r->now_ms = now_ms;
	RB_FOREACH (d, device_tree, &r->devices)
		d->seen = false;
}

static const struct sample *
latest(const struct device *d)
{
	return &d->samples[(d->n - 1) % N_SAMPLES];
}

static const struct sample *
oldest(const struct device *d)
{
	return &d->samples[d->n > N_SAMPLES ? d->n % N_SAMPLES : 0];
}

void
rates_see(struct rates *r, const char *device, const struct rates_counters *c)
{
	struct device *d = find(r, device);

	if (d == NULL) {
		d = calloc(1, sizeof(*d));
		if (d == NULL)
			return;
		strlcpy(d->name, device, sizeof(d->name));
		RB_INSERT(device_tree, &r->devices, d);
	}
	/* counters that went back are another device's of that name */
	if (d->n > 0 &&
		(c->in_bytes < latest(d)->counters.in_bytes ||
			c->out_bytes < latest(d)->counters.out_bytes))
		d->n = 0;
	d->samples[d->n++ % N_SAMPLES] = (struct sample){ r->now_ms, *c };
	if (d->n == 2 * N_SAMPLES)
		d->n = N_SAMPLES;
	d->seen = true;
}

void
rates_end(struct rates *r)
{
	struct device *d, *next;

	RB_FOREACH_SAFE (d, device_tree, &r->devices, next)
		if (!d->seen)
			forget(r, d);
}

static uint64_t
per_second(uint64_t from, uint64_t to, uint64_t ms)
{
	return to > from ? ((to - from) * 1000 + ms / 2) / ms : 0;
}

struct rates_counters
rates_of(const struct rates *r, const char *device)
{
	const struct device *d = find(r, device);
	const struct rates_counters *a, *b;
	uint64_t ms;

	if (d == NULL || d->n < 2)
		return (struct rates_counters){ 0 };
	a = &oldest(d)->counters;
	b = &latest(d)->counters;
	ms = latest(d)->at_ms - oldest(d)->at_ms;
	if (ms == 0)
		return (struct rates_counters){ 0 };
	return (struct rates_counters){
		per_second(a->in_packets, b->in_packets, ms),
		per_second(a->in_bytes, b->in_bytes, ms),
		per_second(a->out_packets, b->out_packets, ms),
		per_second(a->out_bytes, b->out_bytes, ms),
	};
}
