#ifndef YD_DAEMON_PRIVOPEN_H
#define YD_DAEMON_PRIVOPEN_H

#include <stdint.h>

#include "lib/addr.h"

struct err;

/*
 * The only place where privileged descriptors are opened. All are close-on-exec and non-blocking;
 * fd or -errno with err. Options that a sandboxed process may not set (marks, buffer sizes) are set here.
 */

/* Attaches to (or makes) a persistent TUN device with IFF_NO_PI | IFF_VNET_HDR (10-byte header). */
int privopen_tun(const char *device, struct err *e);
/* Raw IPv4 socket that receives `protocol` and sends with its own header, marked past the steering,
 * IP_PMTUDISC_INTERFACE, IP_RECVERR. */
int privopen_raw(uint8_t protocol, struct err *e);
/* Send-only raw socket for bypassed packets, marked. */
int privopen_bypass(struct err *e);
/*
 * ICMP socket for ping, connected to destination, bound to source when its af is not 0
 * (-EADDRNOTAVAIL: not ours). Of two forms, told apart by SO_TYPE: SOCK_DGRAM where the kernel's
 * ping_group_range allows it: it sets the ICMP identifier and checksum itself and receives the
 * ICMP message alone; otherwise SOCK_RAW, which sends a complete ICMP message (identifier and checksum
 * are the sender's to choose) and receives every echo reply of the destination with its IP header
 * before it. An unreachable destination is no error here: the sends fail. IP_RECVERR and IP_RECVTTL are on.
 */
int privopen_ping(const struct addr *destination, const struct addr *source, struct err *e);

#endif
