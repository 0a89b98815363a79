#ifndef YD_DATAPATH_NATFIX_H
#define YD_DATAPATH_NATFIX_H

#include <stdint.h>

struct sa;

/*
 * A packet of a transport-mode SA that came through a NAT: its TCP, UDP or ICMPv6 checksum covers addresses
 * that it does not have any more (RFC 3948 3.1.2). p is the whole packet, authentic, as it will be
 * passed on. Where the SA knows the addresses that the sender saw (natt_source, natt_destination),
 * the checksum is changed by the difference, so that an error of the sender's stays one;
 * otherwise it is computed anew.
 */
void natfix_checksum(const struct sa *sa, uint8_t *p, uint32_t len);

#endif
