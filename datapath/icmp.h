#ifndef YD_DATAPATH_ICMP_H
#define YD_DATAPATH_ICMP_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/dp.h"

/*
 * Turns a packet that does not fit into the answer to its sender: ICMP "fragmentation needed" (RFC 792,
 * 1191) or ICMPv6 "packet too big" (RFC 4443 3.2), as if from the packet's own destination. The kernel
 * would take no other source for one of ours, or for spoofed. The packet counts as dropped; p->next is
 * set: to the kernel by p->port, or nowhere when nobody may be told (RFC 1122 3.2.2) or too many were.
 */
void icmp_too_big(struct dp *dp, struct pkt *p, uint32_t mtu);

#endif
