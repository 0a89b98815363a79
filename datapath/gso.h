#ifndef YD_DATAPATH_GSO_H
#define YD_DATAPATH_GSO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a TUN device leaves undone: checksums to complete, and super-packets to cut into segments
 * as the kernel or a card would do it. The order comes in a struct virtio_net_hdr before each packet
 * (virtio 1.1, 5.1.6; host byte order).
 */
enum { GSO_VNET_LEN = 10, GSO_MAX = 65535 };
/* Its fields flags and gso_type. */
enum { VNET_NEEDS_CSUM = 1, VNET_DATA_VALID = 2 };
enum { VNET_NONE = 0, VNET_TCP4 = 1, VNET_TCP6 = 4, VNET_UDP_L4 = 5, VNET_ECN = 0x80 };

/* A packet being cut. p is borrowed until the last segment is out. */
struct gso {
	const uint8_t *p;
	uint32_t len;
	uint32_t hdr_len; /* IP and transport header */
	uint32_t l4_off;  /* of the transport header */
	uint32_t done;	  /* bytes of payload that are out */
	uint16_t size;	  /* payload of a segment; 0: the packet goes out as it is */
	uint16_t n;	  /* segments that are out */
	uint8_t protocol;
	bool v6;
	bool finished;
};

/* Checks the order against the packet, strictly; completes the checksum of a packet that is not to be
 * cut in place (so p is written to). 0, or -EBADMSG: DROP_tun_vnet. */
int gso_init(struct gso *g, const uint8_t vnet[GSO_VNET_LEN], uint8_t *p, uint32_t len);
/* Bytes of the next segment; 0 when all are out. */
uint32_t gso_next_len(const struct gso *g);
/* Writes the next segment to out (room for gso_next_len bytes). */
void gso_next(struct gso *g, uint8_t *out);

#endif
