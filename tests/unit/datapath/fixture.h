#ifndef YD_TESTS_DATAPATH_FIXTURE_H
#define YD_TESTS_DATAPATH_FIXTURE_H

#include "datapath/dp.h"
#include "datapath/ip4.h"
#include "datapath/stats.h"
#include "lib/loop.h"

/* A datapath on a virtual loop, and packets to put into it. */
struct world {
	struct dp dp;
};

void world_init(struct world *w);
/* Asserts that no buffer was lost. */
void world_fini(struct world *w);

/* Repeatable numbers (xorshift); state is never 0. */
uint32_t dice(uint64_t *state);
/* An IPv4 packet of len bytes (header 20) with a payload of dice; returns len. */
uint32_t packet_ip4(uint8_t *p, uint32_t len, uint8_t protocol, uint64_t *state);
/* Sum of the 16-bit words, the slow way. */
uint16_t naive_checksum(const uint8_t *p, uint32_t len, uint32_t sum);
/* The checksum of a TCP or UDP packet is right (IPv4 or IPv6, l4 at off). */
bool naive_transport_ok(const uint8_t *p, uint32_t len, uint32_t off, uint8_t protocol);

#endif
