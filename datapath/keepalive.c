/*
 * Keepalives of GRE tunnels in the manner of VRP and Cisco: a request is a packet of the tunnel that
 * carries, ready made, the answer: an empty GRE packet of protocol type 0 from the far end to us,
 * which the far end need only forward. Both are sent like any packet of the tunnel, through its SA or
 * policy. Here a request is answered only when its inside is exactly that, so that nobody can have
 * us send anything to anyone else. Refuses to know who is told of a line that is down.
 */
#include "config.h"

#include "datapath/checksum.h"
#include "datapath/gre_tunnel.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/pipeline.h"
#include "lib/buf.h"
#include "lib/loop.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { TOS = 0xc0, OFF4_TTL = 8, OFF4_CHECKSUM = 10, OFF6_HOP_LIMIT = 7 };

/* --- requests ----------------------------------------------------------------------- */

/* The answer that the far end is to send: from it to us, GRE of type 0 and nothing in it. */
static void
answer_write(struct dp *dp, const struct gre_tunnel *g, struct pkt *p)
{
	bool v6 = g->ends.af == AF_INET6;
	uint32_t len = v6 ? IP6_HDR_LEN : IP4_HDR_LEN;
	struct ip4 ip4 = { .tos = TOS,
		.ttl = IP4_TTL,
		.protocol = IP_PROTO_GRE,
		.src = addr_u32(&g->dst),
		.dst = addr_u32(&g->src) };
	struct ip6 ip6 = { .tclass = TOS,
		.hop_limit = IP4_TTL,
		.next_header = IP_PROTO_GRE,
		.src = g->dst.b,
		.dst = g->src.b };

	gre_hdr_push(g, p, 0, NULL);
	ip6.payload_len = (uint16_t)p->len;
	ip4.total_len = (uint16_t)(p->len + len);
	p->data -= len;
	p->len += len;
	if (v6) {
		ip6_build(p->data, &ip6);
		return;
	}
	ip4.id = ip4_next_id(&dp->ip_id);
	ip4_build(p->data, &ip4);
}

static void
probe(void *arg)
{
	struct gre_tunnel *g = arg;
	struct dp *dp = gre_dp(g->table);
	struct pkt *p = pkt_get(dp->pool, false);

	timer_set(g->keepalive.probe, g->keepalive.period_ms);
	g->keepalive.unanswered++;
	if (!p)
		return;
	p->port = g->port;
	p->arrivals = &g->keepalive.sent_requests;
	answer_write(dp, g, p);
	gre_encapsulate(dp, g, p);
	pipeline_add(dp, p);
	pipeline_run(dp);
}

static void
line_set(struct gre_tunnel *g, bool up)
{
	if (g->keepalive.line_down == !up)
		return;
	g->keepalive.line_down = !up;
	gre_line_changed(g, up);
}

static void
give_up(void *arg)
{
	line_set(arg, false);
}

/* So long may an answer take. A single try has to wait for its answer a little longer. */
static void
deadline_set(struct keepalive *k)
{
	uint64_t grace = k->retries == 1 ? k->period_ms / 2 : 0;

	timer_set(k->deadline, (uint64_t)k->period_ms * k->retries + grace);
}

int
keepalive_set(struct gre_tunnel *g, const struct msg_dp_tunnel *m)
{
	struct keepalive *k = &g->keepalive;
	struct loop *l = gre_dp(g->table)->loop;
	bool on = m->keepalive && m->up && m->keepalive_period_ms > 0 && m->keepalive_retries > 0;
	bool same = k->probe && k->period_ms == m->keepalive_period_ms &&
		k->retries == m->keepalive_retries;

	k->period_ms = m->keepalive_period_ms;
	k->retries = m->keepalive_retries;
	if (on && same)
		return 0;
	keepalive_stop(g);
	if (!on) {
		line_set(g, true);
		return 0;
	}
	k->probe = timer_new(l, probe, g);
	k->deadline = timer_new(l, give_up, g);
	if (!k->probe || !k->deadline) {
		keepalive_stop(g);
		return -ENOMEM;
	}
	timer_set(k->probe, 0);
	deadline_set(k);
	return 0;
}

void
keepalive_stop(struct gre_tunnel *g)
{
	timer_free(g->keepalive.probe);
	timer_free(g->keepalive.deadline);
	g->keepalive.probe = g->keepalive.deadline = NULL;
	g->keepalive.unanswered = 0;
}

void
keepalive_answered(struct gre_tunnel *g)
{
	struct keepalive *k = &g->keepalive;

	k->received_answers++;
	if (!k->probe)
		return;
	k->unanswered = 0;
	deadline_set(k);
	line_set(g, true);
}

/* --- answers ------------------------------------------------------------------------- */

/* Between the tunnel's ends, from us to the other, without options and not a fragment? */
static uint32_t
headers4(const struct gre_tunnel *g, const struct pkt *p)
{
	struct ip4 ip;

	if (g->ends.af != AF_INET || ip4_parse(p->data, p->len, &ip) != DROP_NONE ||
		ip.hdr_len != IP4_HDR_LEN || ip.mf || ip.frag_off || ip.protocol != IP_PROTO_GRE)
		return 0;
	return ip.src == addr_u32(&g->src) && ip.dst == addr_u32(&g->dst) && ip.ttl > 1
		? IP4_HDR_LEN
		: 0;
}

static uint32_t
headers6(const struct gre_tunnel *g, const struct pkt *p)
{
	struct ip6 ip;

	if (g->ends.af != AF_INET6 || ip6_parse(p->data, p->len, &ip) != DROP_NONE ||
		ip.next_header != IP_PROTO_GRE || ip.hop_limit <= 1)
		return 0;
	return memcmp(ip.src, g->src.b, IP6_ADDR_LEN) == 0 &&
			memcmp(ip.dst, g->dst.b, IP6_ADDR_LEN) == 0
		? IP6_HDR_LEN
		: 0;
}

static bool
is_request(const struct gre_tunnel *g, const struct pkt *p)
{
	bool v6 = p->data[0] >> 4 == 6;
	uint32_t head = v6 ? headers6(g, p) : headers4(g, p);
	struct gre_hdr h;

	if (head == 0 || gre_hdr_read(p->data + head, p->len - head, &h) != DROP_NONE)
		return false;
	if (h.has_checksum && checksum(p->data + head, p->len - head) != 0)
		return false;
	return h.type == 0 && head + h.len == p->len && h.has_key == g->has_key && h.key == g->key;
}

bool
keepalive_answer(struct dp *dp, struct gre_tunnel *g, struct pkt *p)
{
	uint16_t from = be16_get(p->data + OFF4_TTL);

	if (!is_request(g, p))
		return false;
	g->keepalive.received_requests++;
	if (g->ends.af == AF_INET6) {
		p->data[OFF6_HOP_LIMIT]--;
	} else {
		p->data[OFF4_TTL]--;
		be16_put(p->data + OFF4_CHECKSUM,
			checksum_update(be16_get(p->data + OFF4_CHECKSUM), from,
				be16_get(p->data + OFF4_TTL)));
	}
	p->sa = NULL;
	p->encap_local = p->encap_remote = 0;
	p->arrivals = &g->keepalive.sent_answers;
	gre_send(dp, g, p);
	return true;
}
