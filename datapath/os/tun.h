#ifndef YD_DATAPATH_OS_TUN_H
#define YD_DATAPATH_OS_TUN_H

#include <stdbool.h>

/* Asks a TUN device for super-packets behind a struct virtio_net_hdr of vnet_len bytes: TCP, and UDP
 * where the kernel can, which *udp then says. 0 or -errno. */
int tun_offload(int fd, int vnet_len, bool *udp);

#endif
