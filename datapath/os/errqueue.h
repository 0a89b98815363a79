#ifndef YD_DATAPATH_OS_ERRQUEUE_H
#define YD_DATAPATH_OS_ERRQUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

enum { ERRQUEUE_QUOTE_MAX = 256 };

/* A packet of a socket's was too long. */
struct errqueue_report {
	bool local;   /* for the device; otherwise ICMP said so */
	uint32_t mtu; /* what would have fit, bytes */
	struct addr destination;
	uint8_t quote[ERRQUEUE_QUOTE_MAX]; /* the beginning of the packet */
	uint32_t quote_len;
};

/* The next such report that the kernel keeps for the socket; other errors are passed over. false when there
 * is none, or after very many. */
bool errqueue_next(int fd, struct errqueue_report *r);

#endif
