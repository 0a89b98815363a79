#ifndef YD_TESTS_UNIT_LIB_SAMPLES_H
#define YD_TESTS_UNIT_LIB_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/record.h"

/* Pseudo-random, the same in every run. */
uint32_t sample_u32(uint32_t *seed);
/* Fills rec with valid contents; full: every length the greatest, every integer all ones. */
void sample_fill(const struct record *d, void *rec, uint32_t *seed, bool full);

#endif
