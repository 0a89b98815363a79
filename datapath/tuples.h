#ifndef YD_DATAPATH_TUPLES_H
#define YD_DATAPATH_TUPLES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Finds the first of many entries whose compared bits a packet's addresses have. Entries that compare
 * the same bits are one tuple with a hash of its own (tuple space search): the cost follows the
 * number of different masks, not of entries. Made once, then only read.
 */
struct tuples;

/* Room for n entries; NULL when memory is short. */
struct tuples *tuples_new(uint32_t n);
void tuples_free(struct tuples *t);
/* The next entry, in order: the first one is 0. At most n. 0 or -ENOMEM. */
int tuples_add(struct tuples *t, const uint64_t value[4], const uint64_t care[4]);
/* Call when all are added, before the first question. 0 or -ENOMEM. */
int tuples_done(struct tuples *t);
/* The lowest entry that the addresses fit and `fits` agrees to; UINT32_MAX when there is none. */
uint32_t tuples_first(const struct tuples *t, const uint64_t addr[4],
	bool (*fits)(const void *arg, uint32_t entry), const void *arg);

#endif
