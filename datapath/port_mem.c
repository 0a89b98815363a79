/*
 * A port without a kernel, for tests and benchmarks: two queues of packets.
 */
#include "config.h"

#include "datapath/port_mem.h"

#include "datapath/stats.h"
#include "lib/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct cell {
	struct cell *next;
	uint32_t len;
	uint8_t data[];
};

struct fifo {
	struct cell *first;
	struct cell **last;
	unsigned int n;
};

struct port_mem {
	struct fifo in;	 /* to be received */
	struct fifo out; /* was sent */
	struct cell *shown;
};

static void
fifo_push(struct fifo *f, const void *data, uint32_t len)
{
	struct cell *c = malloc(sizeof(*c) + len);

	if (!c)
		return;
	c->next = NULL;
	c->len = len;
	memcpy(c->data, data, len);
	*f->last = c;
	f->last = &c->next;
	f->n++;
}

static struct cell *
fifo_pop(struct fifo *f)
{
	struct cell *c = f->first;

	if (!c)
		return NULL;
	f->first = c->next;
	if (!f->first)
		f->last = &f->first;
	f->n--;
	return c;
}

static void
fifo_empty(struct fifo *f)
{
	for (struct cell *c; (c = fifo_pop(f));)
		free(c);
}

struct port_mem *
port_mem_new(void)
{
	struct port_mem *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->in.last = &m->in.first;
	m->out.last = &m->out.first;
	return m;
}

void
port_mem_free(struct port_mem *m)
{
	if (!m)
		return;
	fifo_empty(&m->in);
	fifo_empty(&m->out);
	free(m->shown);
	free(m);
}

void
port_mem_inject(struct port_mem *m, const void *packet, uint32_t len)
{
	fifo_push(&m->in, packet, len);
}

const uint8_t *
port_mem_sent(struct port_mem *m, uint32_t *len)
{
	free(m->shown);
	m->shown = fifo_pop(&m->out);
	if (!m->shown)
		return NULL;
	*len = m->shown->len;
	return m->shown->data;
}

unsigned int
port_mem_n_sent(const struct port_mem *m)
{
	return m->out.n;
}

static int
mem_open(struct port *p, struct err *e)
{
	return p->priv ? 0 : err_set(e, -EINVAL, p->name, "No queues.");
}

static void
mem_close(struct port *p)
{
}

static unsigned int
mem_rx_batch(struct port *p, struct pkt **pkts, unsigned int max)
{
	struct port_mem *m = p->priv;
	unsigned int n = 0;

	while (n < max && m->in.n > 0) {
		struct cell *c = fifo_pop(&m->in);
		struct pkt *pkt =
			c->len <= PKT_LARGE ? pkt_get(p->dp->pool, c->len > PKT_SMALL) : NULL;

		if (pkt) {
			memcpy(pkt->data, c->data, c->len);
			pkt->len = c->len;
			pkts[n++] = pkt;
		} else {
			stats_drop(p->dp->stats, DROP_pool_empty);
		}
		free(c);
	}
	p->more = m->in.n > 0;
	return n;
}

static void
mem_tx_batch(struct port *p, struct pkt **pkts, unsigned int n)
{
	struct port_mem *m = p->priv;

	for (unsigned int i = 0; i < n; i++) {
		fifo_push(&m->out, pkts[i]->data, pkts[i]->len);
		pkt_done(pkts[i]);
	}
}

static const struct port_ops mem_ops = {
	.open = mem_open,
	.rx_batch = mem_rx_batch,
	.tx_batch = mem_tx_batch,
	.close = mem_close,
};

int
port_mem_put(struct dp *dp, struct port_mem *m, uint32_t id, enum msg_port_kind kind)
{
	struct msg_dp_port msg = { .port = id, .kind = (uint8_t)kind, .name = "mem" };

	return port_put_ops(dp, &msg, -1, &mem_ops, m, NULL);
}
