#ifndef YD_DATAPATH_PMTU_H
#define YD_DATAPATH_PMTU_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/dp.h"
#include "lib/addr.h"

struct port;

/*
 * What the network says about the size of our packets (RFC 4301 8.2). Anyone can send such a message: it
 * is believed only when it quotes a packet that an SA or a tunnel of ours may have sent, and when the
 * size makes sense; and only so many a second are looked at.
 */

/* fn is called when the path of an SA (dp_sa_path) or, sa being 0, of a tunnel that is sent as it is (dp_path)
 * turned out smaller. */
void pmtu_on_learned(struct dp *dp,
	void (*fn)(void *arg, uint32_t sa, const struct addr *destination, uint32_t mtu),
	void *arg);
/* Calls that. */
void pmtu_tell(struct dp *dp, uint32_t sa, const struct addr *destination, uint32_t mtu);
/* ICMP quotes (the beginning of) an IP packet of ours that is longer than mtu bytes. */
void pmtu_quoted(struct dp *dp, const uint8_t *quote, uint32_t len, uint32_t mtu);
/* The same for ESP in UDP: quote begins behind the UDP header. */
void pmtu_quoted_esp(struct dp *dp, const struct addr *destination, const uint8_t *quote,
	uint32_t len, uint32_t mtu);
/* The device towards this destination takes mtu bytes. */
void pmtu_local(struct dp *dp, const struct addr *destination, uint32_t mtu);
/* Reads the error queue of a port's socket, which a failed call announces. udp: a quote begins behind the
 * UDP header. */
void pmtu_read_errors(struct port *p, bool udp);

#endif
