#ifndef YD_DATAPATH_GRE_H
#define YD_DATAPATH_GRE_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/dp.h"
#include "lib/msg.h"
#include "lib/state.h"

struct addr;
struct err;

/*
 * GRE tunnels over IPv4 and IPv6 (RFC 2784, 7676; key and sequence number RFC 2890), each over the TUN
 * port of the same identity. Two tunnels with the same addresses are told apart by their keys.
 */
struct gre_table;

/* The header, and each of its fields: checksum, key, sequence number. Bytes. */
enum { GRE_HDR_LEN = 4, GRE_FIELD_LEN = 4, GRE_HDR_MAX = GRE_HDR_LEN + 3 * GRE_FIELD_LEN };

struct gre_table *gre_table_new(struct dp *dp);
void gre_table_free(struct gre_table *t);
/* An equal identity is replaced, and goes on counting; the sequence number of a tunnel that is new here goes
 * on where its slot says. 0, -EINVAL (addresses), -EEXIST (another tunnel has
 * the same addresses and key) or -ENOMEM. */
int gre_put(struct gre_table *t, const struct msg_dp_tunnel *m, struct err *e);
/* 0 or -ENOENT */
int gre_del(struct gre_table *t, uint32_t port);
/* fn is called when keepalives take a tunnel's line protocol down or up again (dp_tunnel_line). */
void gre_on_line(struct gre_table *t, void (*fn)(void *arg, uint32_t port, bool up), void *arg);
/* Is this whole IP packet, as it arrived, between the ends of one of the tunnels, with protocol 47? */
bool gre_is_ours(const struct gre_table *t, const uint8_t *p, uint32_t len);
/* The SA whose packets alone the tunnel over this port accepts; 0 = any, or no such tunnel. */
uint32_t gre_sa_in(const struct gre_table *t, uint32_t port);
/* The view is, about to be protected, a packet of one of our tunnels that is longer than the `room` bytes
 * that fit: the tunnel remembers, and the packet inside goes back to gre_out. false: it is none. */
bool gre_too_big(struct dp *dp, struct pkt *p, uint32_t room);
/* ICMP quotes GRE between these addresses, longer than mtu: the tunnel it belongs to, if any, remembers. */
void gre_quoted(struct dp *dp, const struct addr *source, const struct addr *destination,
	const uint8_t *quote, uint32_t len, uint32_t mtu);
/* The device towards this destination takes mtu bytes: tunnels that are sent as they are remember. */
void gre_path(struct dp *dp, const struct addr *destination, uint32_t mtu);
/* One row a tunnel: its keepalives. */
void gre_state(struct dp *dp, void (*row)(void *arg, const struct st_keepalive *), void *arg);
/* Counters of the keepalives of one device, or ("") of all, back to zero. */
void gre_state_reset(struct dp *dp, const char *name);

#endif
