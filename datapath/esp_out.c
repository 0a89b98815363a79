/*
 * ESP outbound (RFC 4303 3.3), tunnel mode: number, outer header, padding, then one batch of work for
 * the crypto engine, in place. Refuses to know policy (spd_out chose the SA) and where packets go.
 *
 *   outer IPv4 | SPI, sequence | IV | inner packet | padding | pad length, next header | ICV
 *   `--------- head-room ----------'                `---------- tail-room ----------------'
 */
#include "config.h"

#include "datapath/crypto.h"
#include "datapath/dp.h"
#include "datapath/ecn.h"
#include "datapath/esp.h"
#include "datapath/ip4.h"
#include "datapath/sadb.h"
#include "datapath/stats.h"
#include "lib/buf.h"

enum { IP4_TOTAL_MAX = 65535, IP4_OFF_FRAG = 6, IP4_FLAG_DF = 0x40 };

/* What is known of a packet before the engine works and needed after it. */
struct out {
	struct pkt *pkt;
	uint32_t inner_len;
};

static void
out_drop(struct pkt *p, enum drop why)
{
	p->sa->dropped++;
	pkt_drop(p, why);
}

/* The outer header of tunnel mode (RFC 4301 5.1.2): DSCP and ECN as inside, DF as inside when that is
 * IPv4; an IPv6 packet's outer header may be fragmented, since nobody would learn of the drop. */
static void
outer_write(struct dp *dp, const struct sa *sa, const uint8_t *inner, uint8_t *outer, uint16_t len)
{
	const struct ip4 ip = {
		.tos = ecn_encap(inner),
		.ttl = IP4_TTL,
		.protocol = ESP_PROTOCOL,
		.total_len = len,
		.id = ip4_next_id(&dp->ip_id),
		.df = inner[0] >> 4 == 4 && (inner[IP4_OFF_FRAG] & IP4_FLAG_DF),
		.src = addr_u32(&sa->source),
		.dst = addr_u32(&sa->destination),
	};

	ip4_build(outer, &ip);
}

/* Padding 1, 2, 3 … (RFC 4303 2.4), pad length, next header. */
static void
trailer_write(uint8_t *p, uint32_t pad_len, uint8_t next_header)
{
	for (uint32_t i = 0; i < pad_len; i++)
		p[i] = (uint8_t)(i + 1);
	p[pad_len] = (uint8_t)pad_len;
	p[pad_len + 1] = next_header;
}

/* Lays the packet out around the inner one and describes the engine's work. DROP_NONE or why not. */
static enum drop
packet_prepare(struct dp *dp, struct pkt *p, struct crypto_job *job)
{
	struct sa *sa = p->sa;
	uint8_t *inner = p->data;
	uint8_t version = p->len > 0 ? inner[0] >> 4 : 0;
	uint32_t pad_len = esp_pad_len(p->len, sa->block);
	uint32_t head_len = (uint32_t)(IP4_HDR_LEN + ESP_HDR_LEN + sa->iv_len);
	uint32_t tail_len = pad_len + ESP_TRAILER_LEN + sa->icv_len;
	uint64_t seq;
	int why;

	if (version != 4 && version != 6)
		return DROP_ip_version;
	if (p->len < IP4_HDR_LEN)
		return DROP_ip_short;
	if (pkt_headroom(p) < head_len || pkt_tailroom(p) < tail_len ||
		p->len + head_len + tail_len > IP4_TOTAL_MAX)
		return DROP_esp_too_long;
	why = sadb_seq_next(dp->sadb, sa, &seq);
	if (why != 0)
		return (enum drop)why;
	trailer_write(inner + p->len, pad_len, version == 4 ? ESP_NEXT_IPV4 : ESP_NEXT_IPV6);
	*job = (struct crypto_job){
		.sa = sa->crypto,
		.aad = inner - sa->iv_len - ESP_HDR_LEN,
		.iv = inner - sa->iv_len,
		.text = inner,
		.text_len = p->len + pad_len + ESP_TRAILER_LEN,
		.icv = inner + p->len + pad_len + ESP_TRAILER_LEN,
		.seq = seq,
	};
	be32_put(job->aad, sa->spi);
	be32_put(job->aad + 4, (uint32_t)seq);
	p->data -= head_len;
	p->len += head_len + tail_len;
	outer_write(dp, sa, inner, p->data, (uint16_t)p->len);
	return DROP_NONE;
}

static void
packet_finish(struct dp *dp, const struct out *out, const struct crypto_job *job)
{
	struct sa *sa = out->pkt->sa;

	if (job->result != CRYPTO_OK) {
		out_drop(out->pkt, DROP_esp_crypto);
		return;
	}
	sa->packets++;
	sa->bytes += out->inner_len;
	dp->stats->ipsec_out_packets++;
	dp->stats->ipsec_out_bytes += out->inner_len;
	out->pkt->next = STAGE_RAW_TX;
}

void
esp_out_stage(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	struct crypto_engine *engine = sadb_engine(dp->sadb);
	struct crypto_job jobs[PKT_BATCH];
	struct out outs[PKT_BATCH];
	unsigned int n_jobs = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct pkt *p = pkts[i];
		uint32_t inner_len = p->len;
		enum drop why = packet_prepare(dp, p, &jobs[n_jobs]);

		if (why != DROP_NONE)
			out_drop(p, why);
		else
			outs[n_jobs++] = (struct out){ p, inner_len };
	}
	engine->encrypt_batch(engine, jobs, n_jobs);
	for (unsigned int i = 0; i < n_jobs; i++)
		packet_finish(dp, &outs[i], &jobs[i]);
}
