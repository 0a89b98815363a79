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
/* Raw socket of a family that receives `protocol` and sends with its own header, marked past the
 * steering, PMTUDISC_INTERFACE, RECVERR. Of IPv6 the kernel keeps the header of what arrives, so that
 * addresses, traffic class and hop limit come as control messages. */
int privopen_raw(uint8_t af, uint8_t protocol, struct err *e);
/* Send-only raw socket for bypassed packets, marked. */
int privopen_bypass(uint8_t af, struct err *e);
/* UDP socket of a family on a port, any address, for IKE and for ESP in UDP: marked past the steering, with
 * room for bursts. What else it needs its users may set. */
int privopen_udp(uint8_t af, uint16_t port, struct err *e);
/*
 * ICMP datagram socket for ping, connected to destination, bound to source when its af is not 0
 * (-EADDRNOTAVAIL: not ours). The kernel sets the ICMP identifier and checksum, takes echo requests
 * alone, and hands over their replies alone. An unreachable destination is no error here: the sends
 * fail. RECVERR and RECVTTL (IPv6: RECVHOPLIMIT) are on.
 */
int privopen_ping(const struct addr *destination, const struct addr *source, struct err *e);

#endif
