#ifndef YD_DATAPATH_GRO_H
#define YD_DATAPATH_GRO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "datapath/gso.h"
#include "datapath/pkt.h"

/*
 * Gluing: segments of one flow that lie in order in a batch become one super-packet again, with
 * the order (struct virtio_net_hdr) by which gso.c or a card would cut it into just those segments.
 */
enum { GRO_HDR_MAX = 128, GRO_IOV_MAX = PKT_BATCH + 2, GRO_NONE = 0xffff };

/* Packets that go to the kernel in one write; alone, or glued. */
struct gro_run {
	uint16_t first; /* index in the batch; the others by gro->next */
	uint16_t last;
	uint16_t n;
	uint16_t size;	  /* payload of each but the last */
	uint16_t hdr_len; /* 0: cannot be glued to anything */
	uint16_t l4_off;
	uint32_t len;	   /* bytes of the whole, one header */
	uint32_t next_seq; /* TCP: sequence number of what would follow */
	bool open;
	bool v6;
	uint8_t protocol;
};

struct gro {
	unsigned int n; /* runs */
	struct gro_run runs[PKT_BATCH];
	uint16_t next[PKT_BATCH];
	uint16_t buckets[PKT_BATCH]; /* the run of a flow that was begun last */
	uint8_t hdr[GRO_HDR_MAX];    /* of the super-packet that gro_iov showed last */
	uint8_t vnet[GSO_VNET_LEN];
};

/* Arranges n ≤ PKT_BATCH packets in gro->runs; the segments of a flow stay in their order. The packets
 * are not touched. udp: also glue UDP datagrams. */
void gro_runs(struct gro *g, struct pkt **pkts, unsigned int n, bool udp);
/* What to write for a run of more than one packet: its order, and the super-packet in pieces. Good until
 * the next call. Returns the number of pieces, iov[0] being the order. */
unsigned int gro_iov(
	struct gro *g, const struct gro_run *r, struct pkt **pkts, struct iovec iov[GRO_IOV_MAX]);

#endif
