#ifndef YD_DATAPATH_RAW6_H
#define YD_DATAPATH_RAW6_H

#include <stdint.h>
#include <sys/socket.h>

#include "lib/drop.h"

/*
 * The headers of what a raw IPv6 socket receives. The system takes them off and tells of them beside the
 * data (RFC 3542 4 to 6): addresses, class, hop limit, and each extension header but the fragment
 * header, since it has put fragments together (AH comes after that: RFC 4302 3.4.1). The flow
 * label is lost; nobody's ICV covers it.
 */
enum { RAW6_CONTROL_MAX = 1024, RAW6_HEAD_MAX = 512 };

/* Asks a socket to tell. One of another kind (in tests) refuses, which costs nothing. Also IPV6_HDRINCL. */
void raw6_setup(int fd);
/* Writes the headers of a message that was received, payload_len bytes of that protocol: RAW6_HEAD_MAX bytes at
 * head, their length in *len. DROP_NONE, or ip6_headers when not all of them are known. */
enum drop raw6_head(const struct msghdr *msg, const uint8_t source[16], uint8_t protocol,
	uint32_t payload_len, uint8_t *head, uint32_t *len);

#endif
