/*
 * The offloads of a Linux TUN device. Refuses to know how packets look.
 */
#include "config.h"

#include "datapath/os/tun.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <stddef.h>
#include <sys/ioctl.h>

/* Since Linux 6.2; older headers lack them, older kernels answer EINVAL. */
enum { OFFLOAD_USO4 = 0x20, OFFLOAD_USO6 = 0x40 };
enum { OFFLOAD_TCP = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN };

/* Best first. */
static const unsigned int offloads[] = {
	OFFLOAD_TCP | OFFLOAD_USO4 | OFFLOAD_USO6,
	OFFLOAD_TCP,
	TUN_F_CSUM,
	0,
};

int
tun_offload(int fd, int vnet_len, bool *udp)
{
	if (ioctl(fd, TUNSETVNETHDRSZ, &vnet_len) < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(offloads) / sizeof(offloads[0]); i++) {
		if (ioctl(fd, TUNSETOFFLOAD, (unsigned long)offloads[i]) < 0)
			continue;
		*udp = offloads[i] & OFFLOAD_USO4;
		return 0;
	}
	return -errno;
}
