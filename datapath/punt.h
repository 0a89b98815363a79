#ifndef YD_DATAPATH_PUNT_H
#define YD_DATAPATH_PUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/msg.h"

struct dp;

/*
 * The way of IKE datagrams to the speaker: a socket of its own, so that a flood of them does not stand in the
 * way of the daemon's messages. What the speaker does not take in time is dropped.
 */
struct punt;

/* fd (taken) replaces the socket in use. 0 or -ENOMEM. */
int punt_open(struct dp *dp, int fd);
void punt_free(struct punt *p);
/* One datagram as it came, without marker; borrowed, at most UINT16_MAX bytes. False: nobody takes it. */
bool punt_send(struct dp *dp, const struct addr *local, uint16_t local_port,
	const struct addr *remote, uint16_t remote_port, const uint8_t *data, uint32_t len);

#endif
