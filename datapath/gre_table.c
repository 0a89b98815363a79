/*
 * The GRE tunnels: by port, by ends and key, by ends alone. Refuses to know packets.
 */
#include "config.h"

#include "datapath/gre_tunnel.h"
#include "datapath/pmtu.h"
#include "datapath/port.h"
#include "datapath/sadb.h"
#include "datapath/selector.h"
#include "lib/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { N_BUCKETS = 1024 };

struct gre_table {
	struct dp *dp;
	struct gre_tunnel *ports[N_BUCKETS];
	struct gre_tunnel *flows[N_BUCKETS]; /* by ends and key */
	struct gre_tunnel *pairs[N_BUCKETS]; /* by ends: tells a wrong key from no tunnel */
	void (*line)(void *arg, uint32_t port, bool up);
	void *line_arg;
};

struct gre_ends
gre_ends(const struct addr *src, const struct addr *dst)
{
	struct gre_ends ends = { .af = src->af };

	selector_addr(src, dst, ends.addr);
	return ends;
}

bool
gre_ends_eq(const struct gre_ends *a, const struct gre_ends *b)
{
	return a->af == b->af && memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
}

static unsigned int
hash_port(uint32_t port)
{
	return port * 0x9e3779b1u >> 22;
}

static unsigned int
hash_ends(const struct gre_ends *ends, uint32_t key)
{
	uint64_t h = key;

	for (unsigned int i = 0; i < 4; i++)
		h = (h ^ ends->addr[i] ^ h >> 32) * 0x9e3779b97f4a7c15u;
	return (unsigned int)(h >> 54);
}
_Static_assert(N_BUCKETS == 1 << 10, "the hashes take 10 bits");

struct gre_table *
gre_table_new(struct dp *dp)
{
	struct gre_table *t = calloc(1, sizeof(*t));

	if (t)
		t->dp = dp;
	return t;
}

struct dp *
gre_dp(const struct gre_table *t)
{
	return t->dp;
}

struct gre_tunnel *
gre_find_port(const struct gre_table *t, uint32_t port)
{
	struct gre_tunnel *g = t->ports[hash_port(port)];

	while (g && g->port != port)
		g = g->port_next;
	return g;
}

struct gre_tunnel *
gre_find_flow(const struct gre_table *t, const struct gre_ends *ends, bool has_key, uint32_t key)
{
	struct gre_tunnel *g = t->flows[hash_ends(ends, key)];

	while (g && (!gre_ends_eq(&g->ends, ends) || g->has_key != has_key || g->key != key))
		g = g->flow_next;
	return g;
}

bool
gre_pair_exists(const struct gre_table *t, const struct gre_ends *ends)
{
	const struct gre_tunnel *g = t->pairs[hash_ends(ends, 0)];

	while (g && !gre_ends_eq(&g->ends, ends))
		g = g->pair_next;
	return g;
}

static void
insert(struct gre_table *t, struct gre_tunnel *g)
{
	struct gre_tunnel **port = &t->ports[hash_port(g->port)];
	struct gre_tunnel **flow = &t->flows[hash_ends(&g->ends, g->key)];
	struct gre_tunnel **pair = &t->pairs[hash_ends(&g->ends, 0)];

	g->port_next = *port;
	g->flow_next = *flow;
	g->pair_next = *pair;
	*port = *flow = *pair = g;
}

static void
detach(struct gre_table *t, struct gre_tunnel *g)
{
	struct gre_tunnel **p;

	for (p = &t->ports[hash_port(g->port)]; *p != g; p = &(*p)->port_next)
		;
	*p = g->port_next;
	for (p = &t->flows[hash_ends(&g->ends, g->key)]; *p != g; p = &(*p)->flow_next)
		;
	*p = g->flow_next;
	for (p = &t->pairs[hash_ends(&g->ends, 0)]; *p != g; p = &(*p)->pair_next)
		;
	*p = g->pair_next;
}

static void
tunnel_free(struct gre_tunnel *g)
{
	keepalive_stop(g);
	free(g);
}

void
gre_table_free(struct gre_table *t)
{
	if (!t)
		return;
	t->line = NULL;
	for (unsigned int i = 0; i < N_BUCKETS; i++) {
		for (struct gre_tunnel *g = t->ports[i], *next; g; g = next) {
			next = g->port_next;
			tunnel_free(g);
		}
	}
	free(t);
}

void
gre_seq_set(struct gre_tunnel *g, uint64_t next)
{
	g->next_seq = next;
	if (g->slot)
		__atomic_store_n(&g->slot->seq, next, __ATOMIC_RELEASE);
}

/* Where the numbers go on: a tunnel that we did not have where another datapath left off. */
static void
seq_begin(struct gre_tunnel *g, struct sa_slot *slot, bool new_peer)
{
	bool is_new = g->ends.af == 0;

	g->slot = slot;
	if (is_new)
		g->next_seq = slot ? __atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE) : 0;
	else
		gre_seq_set(g, new_peer ? 0 : g->next_seq);
}

/* A tunnel whose far end changes has a new peer, whose numbers begin again. */
static void
fill(struct gre_tunnel *g, const struct msg_dp_tunnel *m, const struct gre_ends *ends)
{
	struct sa_slot *slots = g->table->dp->slots;
	bool new_peer = !gre_ends_eq(&g->ends, ends);

	seq_begin(g, m->slot ? &slots[m->slot - 1] : NULL, new_peer);
	if (new_peer) {
		g->last_seq_ms = 0;
		g->mtu = 0;
	}
	g->ends = *ends;
	g->src = m->source;
	g->dst = m->destination;
	g->has_key = m->has_key;
	g->key = m->has_key ? m->key : 0;
	g->checksum = m->checksum;
	g->sequence = m->sequence;
	g->up = m->up;
	g->mss = m->mss;
	g->spd_port = m->spd_port;
	g->sa_out = m->sa_out;
	g->sa_in = m->sa_in;
	g->out_generation = UINT64_MAX;
}

/* slot: plus one, 0 = none */
static bool
slot_is_free(const struct dp *dp, uint32_t slot)
{
	return slot == 0 ||
		(dp->slots && slot <= dp->n_slots && !sadb_has_slot(dp->sadb, slot - 1));
}

int
gre_put(struct gre_table *t, const struct msg_dp_tunnel *m, struct err *e)
{
	struct gre_ends ends = gre_ends(&m->source, &m->destination);
	struct gre_tunnel *g = gre_find_port(t, m->port), *same;

	if (m->source.af == 0 || m->source.af != m->destination.af ||
		addr_is_unspecified(&m->source) || addr_is_unspecified(&m->destination))
		return err_set(e, -EINVAL, "tunnel", "GRE needs two addresses of one family.");
	same = gre_find_flow(t, &ends, m->has_key, m->has_key ? m->key : 0);
	if (same && same != g)
		return err_set(e, -EEXIST, "tunnel",
			"Another tunnel has the same addresses and key; give one a gre key.");
	if (!slot_is_free(t->dp, m->slot))
		return err_set(e, -EINVAL, "tunnel", "slot %u is not for it", m->slot);
	if (g)
		detach(t, g);
	else if (!(g = calloc(1, sizeof(*g))))
		return err_set(e, -ENOMEM, "tunnel", "Out of memory.");
	g->table = t;
	g->port = m->port;
	fill(g, m, &ends);
	insert(t, g);
	return keepalive_set(g, m) == 0 ? 0 : err_set(e, -ENOMEM, "tunnel", "Out of memory.");
}

int
gre_del(struct gre_table *t, uint32_t port)
{
	struct gre_tunnel *g = gre_find_port(t, port);

	if (!g)
		return -ENOENT;
	detach(t, g);
	tunnel_free(g);
	return 0;
}

void
gre_path(struct dp *dp, const struct addr *destination, uint32_t mtu)
{
	for (unsigned int i = 0; i < N_BUCKETS; i++) {
		for (struct gre_tunnel *g = dp->gre->ports[i]; g; g = g->port_next) {
			if (addr_eq(&g->dst, destination) && g->sa_out == 0 && g->spd_port == 0 &&
				gre_learn(dp, g, mtu))
				pmtu_tell(dp, 0, &g->dst, mtu);
		}
	}
}

uint32_t
gre_sa_in(const struct gre_table *t, uint32_t port)
{
	const struct gre_tunnel *g = gre_find_port(t, port);

	return g ? g->sa_in : 0;
}

void
gre_on_line(struct gre_table *t, void (*fn)(void *arg, uint32_t port, bool up), void *arg)
{
	t->line = fn;
	t->line_arg = arg;
}

void
gre_line_changed(const struct gre_tunnel *g, bool up)
{
	if (g->table->line)
		g->table->line(g->table->line_arg, g->port, up);
}

/* --- displays -------------------------------------------------------------------- */

static const char *
device_of(struct dp *dp, const struct gre_tunnel *g)
{
	const struct port *p = port_get(dp, g->port);

	return p ? p->name : "";
}

static void
keepalive_row(struct dp *dp, const struct gre_tunnel *g, struct st_keepalive *st)
{
	const struct keepalive *k = &g->keepalive;

	*st = (struct st_keepalive){
		.port = g->port,
		.enabled = k->probe,
		.period_ms = k->period_ms,
		.retries = k->retries,
		.line_up = !k->line_down,
		.unanswered = k->unanswered,
		.sent_requests = k->sent_requests,
		.sent_answers = k->sent_answers,
		.received_requests = k->received_requests,
		.received_answers = k->received_answers,
	};
	strlcpy(st->name, device_of(dp, g), sizeof(st->name));
}

void
gre_state(struct dp *dp, void (*row)(void *arg, const struct st_keepalive *), void *arg)
{
	for (unsigned int i = 0; i < N_BUCKETS; i++) {
		for (const struct gre_tunnel *g = dp->gre->ports[i]; g; g = g->port_next) {
			struct st_keepalive st;

			keepalive_row(dp, g, &st);
			row(arg, &st);
		}
	}
}

void
gre_state_reset(struct dp *dp, const char *name)
{
	for (unsigned int i = 0; i < N_BUCKETS; i++) {
		for (struct gre_tunnel *g = dp->gre->ports[i]; g; g = g->port_next) {
			struct keepalive *k = &g->keepalive;

			if (name[0] != '\0' && strcmp(name, device_of(dp, g)) != 0)
				continue;
			k->sent_requests = k->sent_answers = 0;
			k->received_requests = k->received_answers = 0;
		}
	}
}
