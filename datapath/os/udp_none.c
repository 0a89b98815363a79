/*
 * The twin of udp_linux.c for systems without any of that: one datagram at a time, from whatever address
 * the system chooses.
 */
#include "config.h"

#include "datapath/os/udp.h"

#include <stddef.h>

bool
udp_setup(int fd, bool v6)
{
	return false;
}

struct udp_meta
udp_meta_read(const struct msghdr *msg)
{
	return (struct udp_meta){ 0 };
}

void
udp_meta_write(struct msghdr *msg, uint8_t *control, const struct udp_meta *meta)
{
	msg->msg_control = NULL;
	msg->msg_controllen = 0;
}

void
udp_cut(int fd, bool v6, enum udp_cut who)
{
}
