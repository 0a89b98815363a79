/*
 * The ports: where packets come from and go to, by the identities the daemon gave them, and the
 * stages that send. Each kind of port is a row of `kinds`; how a kind reads and writes is in
 * port_*.c. Refuses to know what packets hold, but for the protocol that chooses a raw socket.
 */
#include "config.h"

#include "datapath/port.h"

#include "datapath/ip4.h"
#include "datapath/pipeline.h"
#include "datapath/stats.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N_BUCKETS = 1024, N_KINDS = MSG_PORT_UDP + 1 };

static const struct {
	const struct port_ops *ops;
	enum stage rx_stage; /* STAGE_DROP: only sends */
	bool tun;	     /* has counters, its packets are marked with its identity */
} kinds[N_KINDS] = {
	[MSG_PORT_TUN_TUNNEL] = { &port_tun_ops, STAGE_GRE_OUT, true },
	[MSG_PORT_TUN_PROTECTED] = { &port_tun_ops, STAGE_SPD_OUT, true },
	[MSG_PORT_RAW_ESP] = { &port_raw_ops, STAGE_ESP_IN, false },
	[MSG_PORT_RAW_AH] = { &port_raw_ops, STAGE_AH_IN, false },
	[MSG_PORT_RAW_GRE] = { &port_raw_ops, STAGE_GRE_IN, false },
	[MSG_PORT_RAW_BYPASS] = { &port_raw_ops, STAGE_DROP, false },
	[MSG_PORT_RAW6_ESP] = { &port_raw_ops, STAGE_ESP_IN, false },
	[MSG_PORT_RAW6_AH] = { &port_raw_ops, STAGE_AH_IN, false },
	[MSG_PORT_RAW6_GRE] = { &port_raw_ops, STAGE_GRE_IN, false },
	[MSG_PORT_UDP] = { &port_udp_ops, STAGE_ESP_IN, false },
	[MSG_PORT_RAW6_BYPASS] = { &port_raw_ops, STAGE_DROP, false },
};

struct port_table {
	struct dp *dp;
	struct port *buckets[N_BUCKETS];
	struct port *of_kind[N_KINDS];
};

struct port_table *
port_table_new(struct dp *dp)
{
	struct port_table *t = calloc(1, sizeof(*t));

	if (t)
		t->dp = dp;
	return t;
}

static struct port **
bucket(struct port_table *t, uint32_t id)
{
	return &t->buckets[(id * 0x9e3779b1u) >> 22];
}
_Static_assert(N_BUCKETS == 1 << 10, "bucket() takes 10 bits");

static void
port_free(struct port *p)
{
	if (!p)
		return;
	watch_free(p->watch);
	if (p->ops)
		p->ops->close(p);
	if (p->fd >= 0)
		close(p->fd);
	free(p);
}

/* Takes the port out of the table. */
static struct port *
port_take(struct port_table *t, uint32_t id)
{
	struct port **at = bucket(t, id), *p;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	p = *at;
	if (!p)
		return NULL;
	*at = p->next;
	for (at = &t->of_kind[p->kind]; *at != p; at = &(*at)->next_kind)
		;
	*at = p->next_kind;
	return p;
}

void
port_table_free(struct port_table *t)
{
	if (!t)
		return;
	for (unsigned int i = 0; i < N_BUCKETS; i++) {
		for (struct port *p = t->buckets[i], *next; p; p = next) {
			next = p->next;
			port_free(p);
		}
	}
	free(t);
}

static void
port_ready(void *arg)
{
	port_rx(arg);
}

/* A port that is open and not yet in the table. */
static int
port_open(struct port *p, struct err *e)
{
	int flags, r = p->ops->open(p, e);

	if (r < 0) {
		p->ops = NULL; /* nothing to close */
		return r;
	}
	if (p->fd < 0)
		return 0;
	flags = fcntl(p->fd, F_GETFL);
	if (flags < 0 || fcntl(p->fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return err_set(e, -errno, p->name, "The descriptor cannot be made non-blocking.");
	if (p->rx_stage == STAGE_DROP)
		return 0;
	p->watch = watch_fd(p->dp->loop, p->fd, LOOP_READ, port_ready, p);
	return p->watch ? 0 : err_set(e, -ENOMEM, p->name, "The descriptor cannot be watched.");
}

int
port_put_ops(struct dp *dp, const struct msg_dp_port *m, int fd, const struct port_ops *ops,
	void *priv, struct err *e)
{
	struct port *p = calloc(1, sizeof(*p)), *old;
	int r;

	if (!p) {
		if (fd >= 0)
			close(fd);
		return err_set(e, -ENOMEM, m->name, "Out of memory.");
	}
	p->dp = dp;
	p->ops = ops;
	p->priv = priv;
	p->fd = fd;
	p->id = m->port;
	p->kind = m->kind;
	p->rx_stage = (uint8_t)kinds[m->kind].rx_stage;
	p->vnet_hdr = m->vnet_hdr;
	strlcpy(p->name, m->name, sizeof(p->name));
	r = port_open(p, e);
	if (r < 0) {
		port_free(p);
		return r;
	}
	old = port_take(dp->ports, m->port);
	if (old)
		p->count = old->count;
	port_free(old);
	p->next = *bucket(dp->ports, p->id);
	*bucket(dp->ports, p->id) = p;
	p->next_kind = dp->ports->of_kind[p->kind];
	dp->ports->of_kind[p->kind] = p;
	return 0;
}

int
port_put(struct dp *dp, const struct msg_dp_port *m, int fd, struct err *e)
{
	if (m->kind >= N_KINDS || !kinds[m->kind].ops || m->port == 0) {
		close(fd);
		return err_set(e, -EINVAL, m->name, "No such kind of port.");
	}
	return port_put_ops(dp, m, fd, kinds[m->kind].ops, NULL, e);
}

int
port_del(struct dp *dp, uint32_t id)
{
	struct port *p = port_take(dp->ports, id);

	port_free(p);
	return p ? 0 : -ENOENT;
}

struct port *
port_get(struct dp *dp, uint32_t id)
{
	struct port *p = *bucket(dp->ports, id);

	while (p && p->id != id)
		p = p->next;
	return p;
}

struct port *
port_of_kind(struct dp *dp, enum msg_port_kind kind)
{
	return dp->ports->of_kind[kind];
}

void
port_rx(struct port *p)
{
	struct pkt *pkts[PKT_BATCH];
	struct dp *dp = p->dp;
	bool tun = kinds[p->kind].tun;

	do {
		unsigned int n = p->ops->rx_batch(p, pkts, PKT_BATCH);

		for (unsigned int i = 0; i < n; i++) {
			pkts[i]->next = p->rx_stage;
			pkts[i]->port = tun ? p->id : 0;
			p->count.out_packets += tun;
			p->count.out_bytes += tun ? pkts[i]->len : 0;
			pipeline_add(dp, pkts[i]);
		}
		pipeline_run(dp);
	} while (p->more);
	if (p->error) {
		log_warn("%s: %s; nothing is received from it any more", p->name,
			strerror(p->error));
		watch_free(p->watch);
		p->watch = NULL;
	}
}

void
port_state(struct dp *dp, void (*row)(void *arg, const struct st_port *), void *arg)
{
	for (unsigned int i = 0; i < N_BUCKETS; i++) {
		for (const struct port *p = dp->ports->buckets[i]; p; p = p->next) {
			struct st_port st = p->count;

			if (!kinds[p->kind].tun)
				continue;
			strlcpy(st.name, p->name, sizeof(st.name));
			st.port = p->id;
			row(arg, &st);
		}
	}
}

void
port_count_reset(struct dp *dp, const char *name)
{
	for (unsigned int i = 0; i < N_BUCKETS; i++) {
		for (struct port *p = dp->ports->buckets[i]; p; p = p->next) {
			if (name[0] == '\0' || strcmp(p->name, name) == 0)
				memset(&p->count, 0, sizeof(p->count));
		}
	}
}

void
port_count_drop(struct dp *dp, const struct pkt *p, bool inbound)
{
	struct port *port = p->port ? port_get(dp, p->port) : NULL;

	if (!port)
		return;
	port->count.in_dropped += inbound;
	port->count.out_dropped += !inbound;
}

static void
drop_all(struct pkt **pkts, unsigned int n, enum drop why)
{
	for (unsigned int i = 0; i < n; i++)
		pkt_drop(pkts[i], why);
}

void
tun_tx_stage(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	for (unsigned int i = 0, run; i < n; i += run) {
		struct port *port = port_get(dp, pkts[i]->port);

		for (run = 1; i + run < n && pkts[i + run]->port == pkts[i]->port; run++)
			;
		if (!port || !kinds[port->kind].tun) {
			drop_all(pkts + i, run, DROP_tx_error);
			continue;
		}
		port->ops->tx_batch(port, pkts + i, run);
		for (unsigned int k = i; k < i + run; k++) {
			bool sent = pkts[k]->drop == DROP_NONE;

			port->count.in_packets += sent;
			port->count.in_bytes += sent ? pkts[k]->len : 0;
		}
	}
}

/* Which sockets send a complete packet that a stage has built, the best first. Each has a header of the
 * packet's own, so any will do. */
static const struct {
	uint8_t protocol;
	uint8_t kinds[2]; /* IPv4, IPv6 */
} senders[] = {
	{ IP_PROTO_ESP, { MSG_PORT_RAW_ESP, MSG_PORT_RAW6_ESP } },
	{ IP_PROTO_AH, { MSG_PORT_RAW_AH, MSG_PORT_RAW6_AH } },
	{ IP_PROTO_GRE, { MSG_PORT_RAW_GRE, MSG_PORT_RAW6_GRE } },
	{ 0, { MSG_PORT_RAW_BYPASS, MSG_PORT_RAW6_BYPASS } },
};
enum { N_SENDERS = sizeof(senders) / sizeof(senders[0]), ANY_PROTOCOL = N_SENDERS - 1 };

/* What decides which port sends: UDP or not, version, and protocol or the UDP port. */
enum { SORT_UDP = 0x200, SORT_V6 = 0x100, SORT_LOCAL = 16 };

static uint32_t
sort_of(const struct pkt *p)
{
	uint32_t v6 = p->data[0] >> 4 == 6 ? SORT_V6 : 0;

	if (p->encap_remote)
		return SORT_UDP | v6 | (uint32_t)p->encap_local << SORT_LOCAL;
	return v6 | p->data[v6 ? 6 : 9];
}

/* The UDP port of this family and number; failing the number, another one. */
static struct port *
udp_sender(struct dp *dp, bool v6, uint16_t local)
{
	struct port *other = NULL;

	for (struct port *p = port_of_kind(dp, MSG_PORT_UDP); p; p = p->next_kind) {
		if (p->v6 != v6)
			continue;
		if (p->local == local)
			return p;
		other = other ? other : p;
	}
	return other;
}

static struct port *
sender(struct dp *dp, uint32_t sort, unsigned int best)
{
	bool v6 = sort & SORT_V6;
	struct port *port;

	if (sort & SORT_UDP)
		return udp_sender(dp, v6, (uint16_t)(sort >> SORT_LOCAL));
	port = port_of_kind(dp, senders[best].kinds[v6]);
	for (unsigned int i = 1; !port && i <= N_SENDERS; i++)
		port = port_of_kind(dp, senders[N_SENDERS - i].kinds[v6]);
	return port;
}

static void
send_by(struct port *port, bool v6, struct pkt **pkts, unsigned int n)
{
	if (port)
		port->ops->tx_batch(port, pkts, n);
	else
		drop_all(pkts, n, v6 ? DROP_ip_version : DROP_tx_error);
}

void
raw_tx_stage(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	for (unsigned int i = 0, run; i < n; i += run) {
		uint32_t sort = sort_of(pkts[i]);
		unsigned int best = 0;

		while (best < ANY_PROTOCOL && senders[best].protocol != (sort & 0xff))
			best++;
		for (run = 1; i + run < n && sort_of(pkts[i + run]) == sort; run++)
			;
		send_by(sender(dp, sort, best), sort & SORT_V6, pkts + i, run);
	}
}

void
bypass_tx_stage(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	for (unsigned int i = 0, run; i < n; i += run) {
		bool v6 = pkts[i]->data[0] >> 4 == 6;

		for (run = 1; i + run < n && (pkts[i + run]->data[0] >> 4 == 6) == v6; run++)
			;
		send_by(sender(dp, v6 ? SORT_V6 : 0, ANY_PROTOCOL), v6, pkts + i, run);
	}
	for (unsigned int i = 0; i < n; i++)
		dp->stats->bypassed += pkts[i]->drop == DROP_NONE;
}
