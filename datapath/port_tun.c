/*
 * TUN devices: packets from and to the kernel of this host. With a struct virtio_net_hdr in front
 * of each packet one read brings up to 64 KB, which is cut here (gso.c), and what goes to the kernel
 * is glued again (gro.c). Refuses to know what the interface is for.
 */
#include "config.h"

#include "datapath/gro.h"
#include "datapath/gso.h"
#include "datapath/os/tun.h"
#include "datapath/port.h"
#include "datapath/stats.h"
#include "lib/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

struct tun {
	struct gso gso;
	struct gro gro;
	bool cutting;		    /* gso is not finished */
	bool udp;		    /* the kernel takes UDP super-packets */
	uint8_t super[GSO_MAX + 1]; /* what gso cuts; one byte more shows what is too long */
};

static int
tun_open(struct port *p, struct err *e)
{
	struct tun *t = calloc(1, sizeof(*t));
	int r = 0;

	if (!t)
		return err_set(e, -ENOMEM, p->name, "Out of memory.");
	if (p->vnet_hdr)
		r = tun_offload(p->fd, GSO_VNET_LEN, &t->udp);
	if (r < 0) {
		free(t);
		return err_set(
			e, r, p->name, "The TUN device refuses its offloads: %s.", strerror(-r));
	}
	p->priv = t;
	return 0;
}

static void
tun_close(struct port *p)
{
	free(p->priv);
}

/* A packet read before it could be cut or handed on is lost. */
static void
lose(struct port *p, enum drop why)
{
	stats_drop(p->dp->stats, why);
	p->count.out_dropped++;
}

/* The next segment of the super-packet; NULL when the pool is empty, and the rest is lost. */
static struct pkt *
segment_next(struct port *p)
{
	struct tun *t = p->priv;
	uint32_t len = gso_next_len(&t->gso);
	struct pkt *out = pkt_get(p->dp->pool, len > PKT_SMALL);

	if (!out) {
		lose(p, DROP_pool_empty);
		t->cutting = false;
		return NULL;
	}
	out->len = len;
	gso_next(&t->gso, out->data);
	t->cutting = !t->gso.finished;
	return out;
}

/*
 * Reads one packet, straight into `first` as far as that reaches. Returns its length without the
 * vnet header, 0 for what has to be passed over, -errno when there is nothing.
 */
static int
tun_read(struct port *p, uint8_t vnet[GSO_VNET_LEN], struct pkt *first)
{
	struct tun *t = p->priv;
	size_t vnet_len = p->vnet_hdr ? GSO_VNET_LEN : 0;
	struct iovec iov[3] = {
		{ vnet, vnet_len },
		{ first->data, PKT_SMALL },
		{ t->super + PKT_SMALL, sizeof(t->super) - PKT_SMALL },
	};
	ssize_t n = readv(p->fd, iov, 3);

	if (n < 0) {
		p->error = errno == EAGAIN || errno == EINTR ? 0 : errno;
		return -errno;
	}
	if ((size_t)n <= vnet_len || (size_t)n - vnet_len > GSO_MAX) {
		lose(p, DROP_tun_vnet);
		p->error = n == 0 ? EIO : 0;
		return -p->error;
	}
	return (int)((size_t)n - vnet_len);
}

/* What was read is in first, or reaches beyond into `super`. Says if first is the packet itself;
 * otherwise the gso in p->priv has been set up, or the packet was lost. */
static bool
tun_accept(struct port *p, const uint8_t vnet[GSO_VNET_LEN], struct pkt *first, uint32_t len)
{
	struct tun *t = p->priv;

	if (len <= PKT_SMALL) {
		if (gso_init(&t->gso, vnet, first->data, len) < 0) {
			lose(p, DROP_tun_vnet);
			return false;
		}
		if (t->gso.size == 0) {
			first->len = len;
			return true;
		}
		t->gso.p = t->super;
	}
	memcpy(t->super, first->data, len < PKT_SMALL ? len : PKT_SMALL);
	if (len > PKT_SMALL && gso_init(&t->gso, vnet, t->super, len) < 0) {
		lose(p, DROP_tun_vnet);
		return false;
	}
	t->cutting = true;
	return false;
}

/* Passes one packet of the kernel's over, so that an empty pool does not stop the loop. */
static bool
tun_skip(struct port *p)
{
	struct tun *t = p->priv;
	struct iovec iov = { t->super, sizeof(t->super) };

	if (readv(p->fd, &iov, 1) < 0)
		return false;
	lose(p, DROP_pool_empty);
	return true;
}

static unsigned int
tun_rx_batch(struct port *p, struct pkt **pkts, unsigned int max)
{
	struct tun *t = p->priv;
	unsigned int n = 0;

	/* the number of reads is bounded too, whatever becomes of what is read */
	for (unsigned int reads = 0; n < max && (t->cutting || reads < max);) {
		uint8_t vnet[GSO_VNET_LEN] = { 0 };
		struct pkt *first;
		int len;

		if (t->cutting) {
			pkts[n] = segment_next(p);
			n += pkts[n] != NULL;
			continue;
		}
		reads++;
		first = pkt_get(p->dp->pool, false);
		if (!first) {
			if (!tun_skip(p))
				break;
			continue;
		}
		len = tun_read(p, vnet, first);
		if (len > 0 && tun_accept(p, vnet, first, (uint32_t)len))
			pkts[n++] = first;
		else
			pkt_put(p->dp->pool, first);
		if (len < 0)
			break;
	}
	p->more = t->cutting;
	return n;
}

static void
write_one(struct port *p, struct pkt *pkt)
{
	static const uint8_t no_order[GSO_VNET_LEN];
	struct iovec iov[2] = {
		{ (void *)(uintptr_t)no_order, p->vnet_hdr ? GSO_VNET_LEN : 0 },
		{ pkt->data, pkt->len },
	};

	if (writev(p->fd, iov, 2) < 0)
		pkt_drop(pkt, DROP_tx_error);
	else
		pkt_done(pkt);
}

/* Packets that were glued and are not taken that way are written one by one. */
static void
write_run(struct port *p, const struct gro_run *r, struct pkt **pkts)
{
	struct tun *t = p->priv;
	struct iovec iov[GRO_IOV_MAX];
	bool glued = r->n > 1 && writev(p->fd, iov, (int)gro_iov(&t->gro, r, pkts, iov)) >= 0;

	for (uint16_t i = r->first; i != GRO_NONE; i = t->gro.next[i]) {
		if (glued)
			pkt_done(pkts[i]);
		else
			write_one(p, pkts[i]);
	}
}

static void
tun_tx_batch(struct port *p, struct pkt **pkts, unsigned int n)
{
	struct tun *t = p->priv;

	if (!p->vnet_hdr) {
		for (unsigned int i = 0; i < n; i++)
			write_one(p, pkts[i]);
		return;
	}
	gro_runs(&t->gro, pkts, n, t->udp);
	for (unsigned int i = 0; i < t->gro.n; i++)
		write_run(p, &t->gro.runs[i], pkts);
}

const struct port_ops port_tun_ops = {
	.open = tun_open,
	.rx_batch = tun_rx_batch,
	.tx_batch = tun_tx_batch,
	.close = tun_close,
};
