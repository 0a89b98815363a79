#ifndef YD_DATAPATH_CHECKSUM_H
#define YD_DATAPATH_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * The Internet checksum (RFC 1071). A sum is a number to add to, in host order; the words
 * of the packet are big-endian. Start with 0, add, then checksum_fold, write with be16_put.
 */

/* Adds len bytes. Only the last piece of a sum may be odd (it is padded with a zero byte). */
uint64_t checksum_add(uint64_t sum, const void *p, size_t len);
/* The complement, ready for the header. A header whose own checksum is right folds to 0. */
uint16_t checksum_fold(uint64_t sum);
/* add and fold of one piece */
uint16_t checksum(const void *p, size_t len);
/* The checksum after one 16-bit word changed from `from` to `to` (RFC 1624, eqn. 3). */
uint16_t checksum_update(uint16_t sum, uint16_t from, uint16_t to);
/* The sum of the TCP/UDP pseudo-header. addrs: source and destination as they stand in the
 * IP header, addr_len bytes each (4 or 16); len: bytes of the transport header and payload. */
uint64_t checksum_pseudo(const uint8_t *addrs, size_t addr_len, uint8_t protocol, uint32_t len);

#endif
