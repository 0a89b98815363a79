#ifndef YD_TESTS_FUZZ_FUZZ_H
#define YD_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

/* What the targets share. */

struct dp;
struct pkt;

/* What libFuzzer calls: one input. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property; what does not hold is a finding. */
#define FUZZ_MUST(what) ((what) ? (void)0 : fuzz_found(#what, __FILE__, __LINE__))
_Noreturn void fuzz_found(const char *what, const char *file, int line);

/* A copy in memory of its own, so that a byte beyond is seen by ASan. */
uint8_t *fuzz_copy(const void *data, size_t size);
/* The next piece of the input, whose length stands in front of it in two bytes; shorter at the end. */
struct rbuf fuzz_piece(struct rbuf *in);

/* A whole datapath on a virtual loop, without ports; made once, for the whole run. */
struct dp *fuzz_dp(void);
/* All drops that were counted. */
uint64_t fuzz_drops(const struct dp *dp);
/* The view is within its room. */
void fuzz_view(const struct pkt *p);

/* The 16-bit ones' complement sum of the words, slowly: 0xffff when a checksum within is right. */
uint16_t fuzz_sum(const uint8_t *p, size_t len, uint32_t sum);
/* The same of the transport header at off and all behind it, with the pseudo-header. */
uint16_t fuzz_sum_l4(const uint8_t *p, size_t len, size_t off, uint8_t protocol);

/* Bytes that follow from their offsets, as those of a packet of which this piece begins at off. */
void fuzz_pattern(uint8_t *p, size_t len, size_t off, uint32_t salt);
bool fuzz_is_pattern(const uint8_t *p, size_t len, size_t off, uint32_t salt);
bool fuzz_is_zero(const uint8_t *p, size_t len);

/* Makes an IPv4 header's checksum right, or an IPv6 payload's length; else nothing random gets far. */
void fuzz_ip_repair(uint8_t *p, uint32_t len);

#endif
