#ifndef YD_DATAPATH_LIMIT_H
#define YD_DATAPATH_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* A token bucket, for what an attacker could have us do often. All zero is a full bucket. */
struct limit {
	uint64_t at_ms; /* when it was looked at last */
	uint32_t used;	/* thousandths of a token */
};

/* May it be done once more, per_s times a second and `burst` times at once? */
static inline bool
limit_take(struct limit *l, uint64_t now_ms, uint32_t per_s, uint32_t burst)
{
	uint64_t back = (now_ms - l->at_ms) * per_s;

	l->used = back >= l->used ? 0 : l->used - (uint32_t)back;
	l->at_ms = now_ms;
	if (l->used + 1000 > burst * 1000)
		return false;
	l->used += 1000;
	return true;
}

#endif
