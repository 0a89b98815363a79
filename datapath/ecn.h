#ifndef YD_DATAPATH_ECN_H
#define YD_DATAPATH_ECN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The traffic class of a tunnel's outer header and back (RFC 6040, RFC 2983). */

/* TOS or traffic class byte of a packet whose IPv4 or IPv6 fixed header is there. */
uint8_t ecn_tos(const uint8_t *inner);
/* The outer byte: DSCP and ECN as the inner one has them (normal mode). */
uint8_t ecn_encap(const uint8_t *inner);
/* Brings a congestion mark of the outer byte into the inner packet (figure 4), checksum included.
 * false: the packet must be dropped (DROP_ip_ecn). */
bool ecn_decap(uint8_t *inner, uint8_t outer_tos);

#endif
