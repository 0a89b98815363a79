#ifndef YD_TESTS_IKE_SIM_YEAR_H
#define YD_TESTS_IKE_SIM_YEAR_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A year in the life of two ends, chosen by a seed: lifetimes that run out, rekeying by either or both, resets,
 * changes of configuration, restarts, outages, a network that loses, doubles and reorders. True when
 * both ends always came back to exactly the SAs that policy asks for, and no packet was lost over a
 * rekey; else why (256 bytes) says what was wrong.
 */
bool sim_year(uint64_t seed, char *why);

#endif
