/*
 * The twin of tun_linux.c for systems whose TUN devices know no super-packets.
 */
#include "config.h"

#include "datapath/os/tun.h"

#include <errno.h>

int
tun_offload(int fd, int vnet_len, bool *udp)
{
	return -ENOTSUP;
}
