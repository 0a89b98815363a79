/*
 * A capture through the datapath: the stages are those of live packets, only the policy is not asked and
 * what comes out of an SA is written to a file. SAs begin when their first packet shows; all are taken
 * for transport mode, since Wireshark's table does not say, and an IP packet inside is then unwrapped
 * here; an ICV that the table says nobody checks is taken off before. Time is the capture's. Refuses to print.
 */
#include "config.h"

#include "datapath/offline/offline.h"

#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/l4.h"
#include "datapath/offline/esp_sa.h"
#include "datapath/offline/port_pcap.h"
#include "datapath/pipeline.h"
#include "datapath/reass.h"
#include "datapath/sadb.h"
#include "datapath/stats.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/loop.h"
#include "lib/sastate.h"
#include "lib/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { PORT_IN = 1, PORT_OUT = 2, N_SLOTS = 4096, WINDOW = 1024, NATT_PORT = 4500, SPI_MIN = 256 };
enum { MARKER_LEN = 4, KEEPALIVE = 0xff, ESP_MIN = 8, SILENCE_MS = 600000 };

struct offline_run {
	struct offline o;
	struct offline_count count;
	struct loop *loop;
	struct dp dp;
	struct pipeline_stage map[STAGE_N];
	struct port_pcap *in, *out;
	uint64_t seen[DROP_N]; /* drops that were told */
	uint64_t now_ms;
	uint32_t n_sas;
	uint8_t icv_len[N_SLOTS]; /* of each SA, that nobody checks */
};

/* An IP packet, whichever version. */
struct look {
	struct addr source, destination;
	uint32_t hdr_len;
	uint32_t len;
	uint8_t protocol;
	bool v6;
};

/* DROP_NONE, or what is wrong with it. */
static enum drop
look_at(const struct pkt *p, struct look *l)
{
	struct ip4 ip4;
	struct ip6 ip6;
	enum drop why;

	memset(l, 0, sizeof(*l));
	l->v6 = p->len > 0 && p->data[0] >> 4 == 6;
	if (l->v6) {
		why = ip6_parse(p->data, p->len, &ip6);
		if (why != DROP_NONE)
			return why;
		l->source.af = l->destination.af = AF_INET6;
		memcpy(l->source.b, ip6.src, IP6_ADDR_LEN);
		memcpy(l->destination.b, ip6.dst, IP6_ADDR_LEN);
		l->len = (uint32_t)IP6_HDR_LEN + ip6.payload_len;
		l->hdr_len = (uint32_t)ip6_transport(p->data, l->len, &l->protocol);
		return l->hdr_len ? DROP_NONE : DROP_ip_short;
	}
	why = ip4_parse(p->data, p->len, &ip4);
	if (why != DROP_NONE)
		return why;
	l->source = addr_v4(ip4.src);
	l->destination = addr_v4(ip4.dst);
	l->len = ip4.total_len;
	l->hdr_len = ip4.hdr_len;
	l->protocol = ip4.protocol;
	return DROP_NONE;
}

/* --- what comes out --------------------------------------------------------------------- */

/* A packet in a packet is unwrapped; false when it is malformed. */
static bool
unwrap(struct pkt *p)
{
	struct look outer, inner;

	if (look_at(p, &outer) != DROP_NONE)
		return true; /* a fragment, perhaps: as it is */
	p->len = outer.len;
	if (outer.protocol != IP_PROTO_IPIP && outer.protocol != IP_PROTO_IPV6)
		return true;
	p->data += outer.hdr_len;
	p->len -= outer.hdr_len;
	if (reass_is_fragment(p->data, p->len))
		return true;
	if (look_at(p, &inner) != DROP_NONE || inner.v6 != (outer.protocol == IP_PROTO_IPV6))
		return false;
	p->len = inner.len;
	return true;
}

/* In the place of spd_in. */
static void
write_stage(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	struct port *out = port_get(dp, PORT_OUT);

	for (unsigned int i = 0; i < n; i++) {
		if (unwrap(pkts[i])) {
			out->ops->tx_batch(out, &pkts[i], 1);
			out->count.out_packets++;
		} else {
			pkt_drop(pkts[i], DROP_esp_inner);
		}
	}
}

/* --- what goes in ----------------------------------------------------------------------- */

static const struct sa *
sa_of(const struct offline_run *r, uint32_t spi, const struct look *l)
{
	const struct sa *sa = sadb_get_inbound(r->dp.sadb, IP_PROTO_ESP, spi, &l->destination);

	return sa && addr_eq(&sa->destination, &l->destination) ? sa : NULL;
}

/* The SA of an ESP packet begins with its first packet. DROP_NONE, or why there can be none. */
static enum drop
sa_begin(struct offline_run *r, const struct pkt *p, const struct look *l)
{
	struct msg_dp_sa m = { .sa = r->n_sas + 1,
		.inbound = true,
		.protocol = IP_PROTO_ESP,
		.mode = MSG_SA_TRANSPORT,
		.replay_window = WINDOW,
		.slot = r->n_sas,
		.encap_local = p->encap_local,
		.encap_remote = p->encap_remote,
		.may_move = p->encap_remote != 0 };
	uint32_t spi = be32_get(p->data + l->hdr_len);
	enum esp_sa_found found;

	if (sa_of(r, spi, l) || spi < SPI_MIN || r->n_sas == N_SLOTS)
		return DROP_NONE;
	found = esp_sa_find(r->o.sas, &l->source, &l->destination, spi, &m, &r->icv_len[r->n_sas]);
	if (found == ESP_SA_FOUND && sadb_put(&r->dp, &m, NULL) == 0)
		r->n_sas++;
	secret_wipe(&m, sizeof(m));
	return found == ESP_SA_UNSUPPORTED ? DROP_table_algorithm : DROP_NONE;
}

/* Takes off what nobody checks. */
static enum drop
icv_strip(struct offline_run *r, struct pkt *p, const struct look *l)
{
	const struct sa *sa = sa_of(r, be32_get(p->data + l->hdr_len), l);
	uint32_t icv_len = sa ? r->icv_len[sa->id - 1] : 0;

	if (icv_len == 0)
		return DROP_NONE;
	if (l->len - l->hdr_len < ESP_MIN + icv_len)
		return DROP_esp_short;
	p->len = l->len - icv_len;
	if (l->v6) {
		be16_put(p->data + 4, (uint16_t)(p->len - IP6_HDR_LEN));
	} else {
		be16_put(p->data + 2, (uint16_t)p->len);
		ip4_checksum_set(p->data, l->hdr_len);
	}
	return DROP_NONE;
}

/* ESP in UDP becomes native ESP (RFC 3948). DROP_NONE, or what ends here; *other: it is something else. */
static enum drop
udp_strip(struct pkt *p, struct look *l, bool *other)
{
	uint8_t *udp = p->data + l->hdr_len;
	uint32_t len = l->len - l->hdr_len;
	uint16_t sport, dport;

	*other = len < UDP_HDR_LEN;
	if (*other)
		return DROP_NONE;
	sport = be16_get(udp);
	dport = be16_get(udp + UDP_DPORT);
	*other = sport != NATT_PORT && dport != NATT_PORT;
	len -= UDP_HDR_LEN;
	if (*other)
		return DROP_NONE;
	if (len == 1 && udp[UDP_HDR_LEN] == KEEPALIVE)
		return DROP_natt_keepalive;
	if (len <= MARKER_LEN)
		return DROP_natt_short;
	if (be32_get(udp + UDP_HDR_LEN) == 0)
		return DROP_natt_ike;
	if (l->v6 && l->hdr_len != IP6_HDR_LEN)
		return DROP_natt_short; /* extension headers do not stand in front of it */
	memmove(p->data + UDP_HDR_LEN, p->data, l->hdr_len);
	p->data += UDP_HDR_LEN;
	p->len = l->len -= UDP_HDR_LEN;
	if (l->v6) {
		be16_put(p->data + 4, (uint16_t)(l->len - IP6_HDR_LEN));
		p->data[6] = IP_PROTO_ESP;
	} else {
		be16_put(p->data + 2, (uint16_t)l->len);
		p->data[9] = IP_PROTO_ESP;
		ip4_checksum_set(p->data, l->hdr_len);
	}
	l->protocol = IP_PROTO_ESP;
	p->encap_local = dport;
	p->encap_remote = sport;
	return DROP_NONE;
}

/* Where a whole packet goes. */
static void
lead(struct offline_run *r, struct pkt *p)
{
	struct look l;
	bool other = false;
	enum drop why = look_at(p, &l);

	if (why == DROP_NONE && l.protocol == IP_PROTO_UDP)
		why = udp_strip(p, &l, &other);
	if (why != DROP_NONE) {
		pkt_drop(p, why);
		return;
	}
	p->next = STAGE_ESP_IN;
	if (other || (l.protocol != IP_PROTO_ESP && l.protocol != IP_PROTO_AH)) {
		r->count.others++;
		pkt_done(p);
	} else if (l.protocol == IP_PROTO_AH) {
		p->next = STAGE_AH_IN;
	} else if (l.len - l.hdr_len >= ESP_MIN) {
		why = sa_begin(r, p, &l);
		if (why == DROP_NONE)
			why = icv_strip(r, p, &l);
		if (why != DROP_NONE)
			pkt_drop(p, why);
	}
}

static void
packet_take(struct offline_run *r, struct pkt *p)
{
	enum drop why = DROP_NONE;

	if (reass_is_fragment(p->data, p->len)) {
		struct pkt *whole = reass_add(r->dp.reass, p->data, p->len, 0, &why);

		if (whole) {
			lead(r, whole);
			pipeline_add(&r->dp, whole);
		}
		pkt_drop(p, why);
	} else {
		lead(r, p);
	}
	pipeline_add(&r->dp, p);
	pipeline_run(&r->dp);
}

/* --- the whole file --------------------------------------------------------------------- */

/* Names what was dropped since the last time. */
static void
tell(struct offline_run *r, uint64_t number)
{
	for (unsigned int i = DROP_NONE + 1; i < DROP_N; i++) {
		uint64_t n = r->dp.stats->drops[i] - r->seen[i];

		if (n == 0)
			continue;
		r->seen[i] += n;
		r->count.dropped += n;
		r->o.dropped(r->o.arg, number, drop_info(i), n);
	}
}

static void
time_move(struct offline_run *r, uint64_t to_ms)
{
	uint64_t by = to_ms > r->now_ms ? to_ms - r->now_ms : 0;

	/* after so long a silence nothing is waited for any more */
	loop_warp(r->loop, by < SILENCE_MS ? by : SILENCE_MS);
	r->now_ms += by;
}

static int
packets_run(struct offline_run *r, struct err *e)
{
	struct port *in = port_get(&r->dp, PORT_IN);
	struct pkt *p;

	do {
		unsigned int n = in->ops->rx_batch(in, &p, 1);
		uint64_t ms = port_pcap_ms(r->in), number = port_pcap_number(r->in);

		if (r->now_ms == 0)
			r->now_ms = ms;
		time_move(r, ms);
		tell(r, number);
		port_pcap_time(r->out, r->in);
		if (n > 0)
			packet_take(r, p);
		tell(r, number);
	} while (in->more);
	/* not to a time: this may be the last there is */
	loop_warp(r->loop, 2 * REASS_TIME_MS);
	tell(r, 0);
	r->count.frames = port_pcap_number(r->in);
	r->count.decapsulated = port_get(&r->dp, PORT_OUT)->count.out_packets;
	if (in->error)
		return err_set(e, -in->error, r->o.in_name,
			"The capture is damaged after packet %llu.",
			(unsigned long long)port_pcap_number(r->in));
	return 0;
}

struct offline_run *
offline_new(const struct offline *o)
{
	struct offline_run *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->o = *o;
	r->loop = loop_new_virtual();
	if (!r->loop || dp_init(&r->dp, r->loop) < 0) {
		loop_free(r->loop);
		free(r);
		return NULL;
	}
	memcpy(r->map, pipeline_map, sizeof(r->map));
	r->map[STAGE_SPD_IN].fn = write_stage;
	pipeline_free(r->dp.pipeline);
	r->dp.pipeline = pipeline_new(r->map);
	r->dp.slots = calloc(N_SLOTS, sizeof(struct sa_slot));
	r->dp.n_slots = N_SLOTS;
	r->dp.unchecked = true;
	if (r->dp.pipeline && r->dp.slots)
		return r;
	offline_free(r);
	return NULL;
}

void
offline_free(struct offline_run *r)
{
	if (!r)
		return;
	free(r->dp.slots);
	r->dp.slots = NULL; /* not a mapping of dp's */
	dp_fini(&r->dp);
	loop_free(r->loop);
	free(r);
}

/* Nothing is known of another capture. */
static void
start_over(struct offline_run *r)
{
	while (r->n_sas > 0)
		sadb_del(&r->dp, r->n_sas--);
	memset(r->dp.slots, 0, N_SLOTS * sizeof(struct sa_slot));
	memset(&r->count, 0, sizeof(r->count));
	r->now_ms = 0;
}

int
offline_go(struct offline_run *r, FILE *in, FILE *out, struct err *e)
{
	int rc = -EINVAL, kept;

	start_over(r);
	r->in = port_pcap_reader(in, r->o.in_name, e);
	r->out = port_pcap_writer(out, r->o.out_name, r->in ? e : NULL);
	if (r->in && r->out) {
		rc = port_pcap_put(&r->dp, r->in, PORT_IN);
		if (rc == 0)
			rc = port_pcap_put(&r->dp, r->out, PORT_OUT);
		rc = rc < 0 ? err_set(e, rc, r->o.in_name, "%s.", strerror(-rc))
			    : packets_run(r, e);
	}
	port_del(&r->dp, PORT_IN);
	port_del(&r->dp, PORT_OUT);
	port_pcap_free(r->in);
	kept = port_pcap_free(r->out);
	if (rc == 0 && kept < 0)
		rc = err_set(e, kept, r->o.out_name, "Not all of it could be written.");
	return rc;
}

const struct offline_count *
offline_count(const struct offline_run *r)
{
	return &r->count;
}
