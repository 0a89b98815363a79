#ifndef YD_DATAPATH_GRE_H
#define YD_DATAPATH_GRE_H

#include <stdint.h>

#include "datapath/dp.h"
#include "lib/msg.h"

struct err;

/*
 * GRE tunnels over IPv4 (RFC 2784, key and sequence number RFC 2890), each over the TUN port of the
 * same identity. Two tunnels with the same addresses are told apart by their keys.
 */
struct gre_table;

struct gre_table *gre_table_new(void);
void gre_table_free(struct gre_table *t);
/* An equal identity is replaced. 0, -EINVAL (addresses), -EEXIST (another tunnel has the same addresses
 * and key) or -ENOMEM. */
int gre_put(struct gre_table *t, const struct msg_dp_tunnel *m, struct err *e);
/* 0 or -ENOENT */
int gre_del(struct gre_table *t, uint32_t port);

#endif
