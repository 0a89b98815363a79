#ifndef YD_TESTS_DAEMON_DISK_H
#define YD_TESTS_DAEMON_DISK_H

#include <stdint.h>

/*
 * A disk under one file, which fails and forgets as disks do: what was written counts when fdatasync has
 * returned 0 after it; a failed write leaves anything; what was pending when fdatasync failed is not
 * written by a later one (the kernel holds it for clean).
 */

/* From now on for the file at path; percent of the writes and of the waits fail. */
void disk_begin(const char *path, uint64_t seed, unsigned int percent);
void disk_fail(unsigned int percent);
/* Each part that does not count is the former one, the written one, or a mixture. */
void disk_lose_power(void);
void disk_end(void);
/* Times that the disk was waited for since the beginning. */
unsigned int disk_n_waits(void);
uint32_t disk_random(uint32_t below);

#endif
