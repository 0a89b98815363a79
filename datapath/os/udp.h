#ifndef YD_DATAPATH_OS_UDP_H
#define YD_DATAPATH_OS_UDP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/addr.h"

/* What goes with datagrams of a UDP socket beside address and payload. */
struct udp_meta {
	struct addr local; /* our address; af 0 = not known */
	uint8_t tos;
	uint16_t
		segment; /* the payload is datagrams of so many bytes, the last may be shorter; 0 = one */
};

enum { UDP_CONTROL_MAX = 128, UDP_SEGMENTS_MAX = 64 };

/* Asks for glued datagrams and for what udp_meta_read tells; other kinds of socket (tests) refuse, which
 * costs nothing. Says whether several datagrams can be sent at once. */
bool udp_setup(int fd, bool v6);
struct udp_meta udp_meta_read(const struct msghdr *msg);
/* Adds it as control messages, in control (UDP_CONTROL_MAX bytes, aligned). */
void udp_meta_write(struct msghdr *msg, uint8_t *control, const struct udp_meta *meta);

/* Who may cut what is sent next. Whatever it is, what ICMP says of the path changes nothing in the kernel's
 * sends: it is for us to judge (pmtu.c). */
enum udp_cut {
	UDP_CUT_PATH,  /* routers (DF 0; of IPv6: nobody) */
	UDP_CUT_NEVER, /* nobody (DF 1) */
	UDP_CUT_HERE   /* routers, and the kernel to what the device takes */
};
void udp_cut(int fd, bool v6, enum udp_cut who);

#endif
