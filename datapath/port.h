#ifndef YD_DATAPATH_PORT_H
#define YD_DATAPATH_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/dp.h"
#include "lib/msg.h"
#include "lib/state.h"

struct err;
struct port;
struct watch;

/* What a kind of port can do. State of its own hangs off port->priv. */
struct port_ops {
	/* Prepares port->fd. 0 or -errno. */
	int (*open)(struct port *p, struct err *e);
	/* Takes up to max packets in, from dp->pool; the caller sets next and port. Sets p->more when
	 * what it has read already is not all handed out. */
	unsigned int (*rx_batch)(struct port *p, struct pkt **pkts, unsigned int max);
	/* Sends n packets; each ends in pkt_done or pkt_drop. */
	void (*tx_batch)(struct port *p, struct pkt **pkts, unsigned int n);
	void (*close)(struct port *p);
};

struct port {
	struct dp *dp;
	const struct port_ops *ops;
	void *priv; /* of the ops */
	int fd;	    /* owned; -1 in tests */
	struct watch *watch;
	struct port *next;	/* in the table */
	struct port *next_kind; /* an older one of this kind */
	uint32_t id;
	uint8_t kind;	  /* enum msg_port_kind */
	uint8_t rx_stage; /* where what arrives goes */
	bool vnet_hdr;
	bool more;
	bool v6;	/* UDP: of the socket */
	uint16_t local; /* UDP: its port */
	int error;	/* errno after which the port is dead (its device is gone); 0 = none */
	char name[16];
	struct st_port count; /* packets and bytes; in = towards the kernel */
};

extern const struct port_ops port_tun_ops, port_raw_ops, port_udp_ops;

struct port_table;

struct port_table *port_table_new(struct dp *dp);
/* Closes every port. */
void port_table_free(struct port_table *t);
/* Opens what the message says on the descriptor fd, which is taken, also on failure. An equal identity
 * is replaced and keeps its counters. 0 or -errno. */
int port_put(struct dp *dp, const struct msg_dp_port *m, int fd, struct err *e);
/* The same with ops of the caller's choice (tests); priv goes to ops->open in port->priv. */
int port_put_ops(struct dp *dp, const struct msg_dp_port *m, int fd, const struct port_ops *ops,
	void *priv, struct err *e);
/* 0 or -ENOENT */
int port_del(struct dp *dp, uint32_t id);
/* Borrowed; NULL when there is none. */
struct port *port_get(struct dp *dp, uint32_t id);
/* The port that sends this kind: the last one put that is left; NULL when there is none. */
struct port *port_of_kind(struct dp *dp, enum msg_port_kind kind);
/* One turn of receiving: at most PKT_BATCH packets and what a super-packet has left, run to completion. */
void port_rx(struct port *p);
/* One row a TUN port. */
void port_state(struct dp *dp, void (*row)(void *arg, const struct st_port *), void *arg);
/* Of one device, or ("") of all. */
void port_count_reset(struct dp *dp, const char *name);
/* Counts a drop with the TUN port the packet belongs to, if there is one. */
void port_count_drop(struct dp *dp, const struct pkt *p, bool inbound);

#endif
