#ifndef YD_DATAPATH_MSS_H
#define YD_DATAPATH_MSS_H

#include <stdint.h>

/* Lowers the maximum segment size that a TCP SYN of a whole IPv4 or IPv6 packet announces (RFC 9293
 * 3.7.1) to mss bytes, checksum included. Leaves everything else alone, malformed packets too. */
void mss_clamp(uint8_t *p, uint32_t len, uint16_t mss);

#endif
