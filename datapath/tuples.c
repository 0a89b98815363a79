/*
 * Tuple space search over addresses (Srinivasan, Suri, Varghese 1999). Refuses to know what entries stand
 * for: what else they ask for, `fits` says.
 */
#include "config.h"

#include "datapath/tuples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

struct entry {
	uint64_t value[4]; /* the compared bits only */
	uint32_t tuple;
	uint32_t next; /* in the same bucket, a later entry; or NONE */
};

struct tuple {
	uint64_t care[4];
	uint32_t first; /* its lowest entry: tuples stand in this order */
	uint32_t n;
	uint32_t mask; /* buckets - 1 */
	uint32_t *buckets;
};

struct tuples {
	struct tuple *tuples;
	uint32_t n_tuples;
	uint32_t room;
	uint32_t *by_care; /* hash of tuples while entries are added: 2 * n slots or more */
	uint32_t care_mask;
	uint32_t n;
	uint32_t n_max;
	struct entry entries[];
};

static uint32_t
hash(const uint64_t words[4])
{
	const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t h = 0;

	for (unsigned int i = 0; i < 4; i++)
		h = (h ^ words[i]) * odd ^ h >> 29;
	return (uint32_t)(h * odd >> 32);
}

static uint32_t
power_of_two(uint32_t at_least)
{
	uint32_t n = 1;

	while (n < at_least)
		n *= 2;
	return n;
}

static uint32_t *
slots_new(uint32_t n)
{
	uint32_t *slots = malloc(n * sizeof(*slots));

	if (slots != NULL)
		memset(slots, 0xff, n * sizeof(*slots)); /* NONE */
	return slots;
}

struct tuples *
tuples_new(uint32_t n)
{
	struct tuples *t = calloc(1, sizeof(*t) + n * sizeof(struct entry));
	uint32_t slots = power_of_two(2 * n + 1);

	if (t == NULL)
		return NULL;
	t->n_max = n;
	t->care_mask = slots - 1;
	t->by_care = slots_new(slots);
	if (t->by_care == NULL) {
		free(t);
		return NULL;
	}
	return t;
}

void
tuples_free(struct tuples *t)
{
	if (t == NULL)
		return;
	for (uint32_t i = 0; i < t->n_tuples; i++)
		free(t->tuples[i].buckets);
	free(t->tuples);
	free(t->by_care);
	free(t);
}

/* The slot of the tuple that compares these bits, or the empty one where it belongs. */
static uint32_t *
slot_of(const struct tuples *t, const uint64_t care[4])
{
	uint32_t at = hash(care) & t->care_mask;

	while (t->by_care[at] != NONE &&
		memcmp(t->tuples[t->by_care[at]].care, care, 4 * sizeof(care[0])) != 0)
		at = (at + 1) & t->care_mask;
	return &t->by_care[at];
}

static int
tuple_add(struct tuples *t, uint32_t *slot, const uint64_t care[4])
{
	uint32_t room = t->room != 0 ? 2 * t->room : 8;
	struct tuple *more;

	if (t->n_tuples == t->room) {
		more = reallocarray(t->tuples, room, sizeof(*more));
		if (more == NULL)
			return -ENOMEM;
		t->tuples = more;
		t->room = room;
	}
	t->tuples[t->n_tuples] = (struct tuple){ .first = t->n };
	memcpy(t->tuples[t->n_tuples].care, care, 4 * sizeof(care[0]));
	*slot = t->n_tuples++;
	return 0;
}

int
tuples_add(struct tuples *t, const uint64_t value[4], const uint64_t care[4])
{
	uint32_t *slot = slot_of(t, care);
	struct entry *e;

	if (t->n == t->n_max || (*slot == NONE && tuple_add(t, slot, care) != 0))
		return -ENOMEM;
	e = &t->entries[t->n++];
	e->tuple = *slot;
	e->next = NONE;
	for (unsigned int i = 0; i < 4; i++)
		e->value[i] = value[i] & care[i];
	t->tuples[*slot].n++;
	return 0;
}

int
tuples_done(struct tuples *t)
{
	free(t->by_care);
	t->by_care = NULL;
	for (uint32_t i = 0; i < t->n_tuples; i++) {
		struct tuple *tuple = &t->tuples[i];

		tuple->mask = power_of_two(2 * tuple->n) - 1;
		tuple->buckets = slots_new(tuple->mask + 1);
		if (tuple->buckets == NULL)
			return -ENOMEM;
	}
	/* the last entry first, so that chains are in order */
	for (uint32_t i = t->n; i-- > 0;) {
		struct tuple *tuple = &t->tuples[t->entries[i].tuple];
		uint32_t *bucket = &tuple->buckets[hash(t->entries[i].value) & tuple->mask];

		t->entries[i].next = *bucket;
		*bucket = i;
	}
	return 0;
}

uint32_t
tuples_first(const struct tuples *t, const uint64_t addr[4],
	bool (*fits)(const void *arg, uint32_t entry), const void *arg)
{
	uint32_t best = NONE;

	for (uint32_t i = 0; i < t->n_tuples && t->tuples[i].first < best; i++) {
		const struct tuple *tuple = &t->tuples[i];
		uint64_t key[4];

		for (unsigned int k = 0; k < 4; k++)
			key[k] = addr[k] & tuple->care[k];
		for (uint32_t e = tuple->buckets[hash(key) & tuple->mask]; e < best;
			e = t->entries[e].next) {
			if (memcmp(t->entries[e].value, key, sizeof(key)) == 0 && fits(arg, e))
				best = e;
		}
	}
	return best;
}
