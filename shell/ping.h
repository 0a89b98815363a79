#ifndef YD_SHELL_PING_H
#define YD_SHELL_PING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

struct out;

/*
 * ping in VRP's words, over an ICMP socket that yongd has opened (echo of RFC 792, RFC 4443 4): a datagram socket, whose
 * identifier and checksum are the kernel's.
 */
struct ping {
	int fd; /* connected to the destination */
	struct addr destination;
	unsigned int count;
	unsigned int size; /* data bytes of a request */
	unsigned int timeout_ms;
	unsigned int interval_ms;
	bool (*interrupted)(void *arg); /* Ctrl+C */
	void *arg;
};

/* 0 when something answered, -ENOENT when nothing did, or -errno of the socket. */
int ping_run(const struct ping *p, struct out *o);

struct ping_reply {
	uint16_t sequence;
	size_t bytes; /* of data */
};

/* What came from the socket. 0 when it is an echo reply, -EBADMSG when it is cut
 * short, -EAGAIN when it is something else. */
int ping_parse(uint8_t af, const void *data, size_t len, struct ping_reply *r);

#endif
