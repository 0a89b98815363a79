/*
 * ESP inbound (RFC 4303 3.4), tunnel mode, in two passes around one batch of the crypto engine:
 * find the SA and ask the replay window; then, for what is authentic, take the number (two copies may
 * be in one batch), strip, and look hard at what came out. Refuses to know policy: spd_in is next.
 */
#include "config.h"

#include "datapath/crypto.h"
#include "datapath/dp.h"
#include "datapath/ecn.h"
#include "datapath/esp.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/replay.h"
#include "datapath/sadb.h"
#include "datapath/stats.h"
#include "lib/buf.h"

struct in {
	struct pkt *pkt;
	uint8_t tos; /* of the outer header */
};

static void
in_drop(struct pkt *p, enum drop why)
{
	if (p->sa != NULL)
		p->sa->dropped++;
	pkt_drop(p, why);
}

/* Is the length behind SPI and number possible for this SA? (RFC 4303 3.4.4.1) */
static bool
length_fits(const struct sa *sa, uint32_t len)
{
	uint32_t fixed = (uint32_t)sa->iv_len + sa->icv_len;

	return len >= fixed + sa->block && (len - fixed) % sa->block == 0;
}

/* Finds the SA (left in p->sa) and describes the engine's work. DROP_NONE or why not. */
static enum drop
packet_prepare(struct dp *dp, struct pkt *p, struct in *in, struct crypto_job *job)
{
	struct ip4 ip;
	struct addr destination;
	struct sa *sa;
	uint8_t *esp;
	uint32_t len;
	uint64_t seq;
	enum drop why = ip4_parse(p->data, p->len, &ip);

	p->sa = NULL;
	if (why != DROP_NONE)
		return why;
	if (ip.mf || ip.frag_off != 0)
		return DROP_ip_fragment;
	esp = p->data + ip.hdr_len;
	len = (uint32_t)(ip.total_len - ip.hdr_len);
	if (len < ESP_HDR_LEN)
		return DROP_esp_short;
	destination = addr_v4(ip.dst);
	sa = sadb_get_inbound(dp->sadb, ESP_PROTOCOL, be32_get(esp), &destination);
	if (sa == NULL)
		return DROP_esp_no_sa;
	p->sa = sa;
	if (addr_u32(&sa->source) != ip.src || addr_u32(&sa->destination) != ip.dst)
		return DROP_esp_address;
	if (!length_fits(sa, len - ESP_HDR_LEN))
		return DROP_esp_short;
	*in = (struct in){ .pkt = p, .tos = ip.tos };
	seq = sadb_seq_infer(sa, be32_get(esp + 4));
	if (!replay_check(sa->slot, sa->window, seq))
		return DROP_esp_replay;
	*job = (struct crypto_job){
		.sa = sa->crypto,
		.aad = esp,
		.iv = esp + ESP_HDR_LEN,
		.text = esp + ESP_HDR_LEN + sa->iv_len,
		.text_len = len - ESP_HDR_LEN - sa->iv_len - sa->icv_len,
		.icv = esp + len - sa->icv_len,
		.seq = seq,
	};
	return DROP_NONE;
}

/* The padding must be 1, 2, 3 … (RFC 4303 2.4): a wrong key shows here when there is no ICV. Leaves the
 * view on the inner packet, which may have more padding behind it (TFC, 2.7). */
static enum drop
trailer_strip(struct pkt *p, const struct crypto_job *job, uint8_t *next_header)
{
	const uint8_t *end = job->text + job->text_len - ESP_TRAILER_LEN;
	uint32_t pad_len = end[0];

	*next_header = end[1];
	if (pad_len + ESP_TRAILER_LEN > job->text_len)
		return DROP_esp_pad;
	for (uint32_t i = 0; i < pad_len; i++) {
		if (end[(int32_t)i - (int32_t)pad_len] != i + 1)
			return DROP_esp_pad;
	}
	p->data = job->text;
	p->len = job->text_len - ESP_TRAILER_LEN - pad_len;
	return DROP_NONE;
}

/* Is there a sound packet of the version announced? Cuts what is behind its own length off. */
static enum drop
inner_check(struct pkt *p, uint8_t next_header)
{
	struct ip4 ip4;
	struct ip6 ip6;

	switch (next_header) {
	case ESP_NEXT_IPV4:
		if (ip4_parse(p->data, p->len, &ip4) != DROP_NONE)
			return DROP_esp_inner;
		p->len = ip4.total_len;
		return DROP_NONE;
	case ESP_NEXT_IPV6:
		if (ip6_parse(p->data, p->len, &ip6) != DROP_NONE)
			return DROP_esp_inner;
		p->len = (uint32_t)IP6_HDR_LEN + ip6.payload_len;
		return DROP_NONE;
	case ESP_NEXT_DUMMY: return DROP_esp_dummy;
	default: return DROP_esp_next_header;
	}
}

static enum drop
packet_open(const struct in *in, const struct crypto_job *job)
{
	struct pkt *p = in->pkt;
	struct sa *sa = p->sa;
	uint8_t next_header;
	enum drop why;

	if (job->result != CRYPTO_OK)
		return job->result == CRYPTO_AUTH ? DROP_esp_auth : DROP_esp_crypto;
	if (!replay_accept(sa->slot, sa->window, job->seq))
		return DROP_esp_replay;
	why = trailer_strip(p, job, &next_header);
	if (why == DROP_NONE)
		why = inner_check(p, next_header);
	if (why == DROP_NONE && !ecn_decap(p->data, in->tos))
		why = DROP_ip_ecn;
	return why;
}

static void
packet_finish(struct dp *dp, const struct in *in, const struct crypto_job *job)
{
	struct pkt *p = in->pkt;
	enum drop why = packet_open(in, job);

	if (why != DROP_NONE) {
		in_drop(p, why);
		return;
	}
	p->sa->packets++;
	p->sa->bytes += p->len;
	dp->stats->ipsec_in_packets++;
	dp->stats->ipsec_in_bytes += p->len;
	p->port = p->sa->port;
	p->next = STAGE_SPD_IN;
}

void
esp_in_stage(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	struct crypto_engine *engine = sadb_engine(dp->sadb);
	struct crypto_job jobs[PKT_BATCH];
	struct in ins[PKT_BATCH];
	unsigned int n_jobs = 0;

	for (unsigned int i = 0; i < n; i++) {
		enum drop why = packet_prepare(dp, pkts[i], &ins[n_jobs], &jobs[n_jobs]);

		if (why != DROP_NONE)
			in_drop(pkts[i], why);
		else
			n_jobs++;
	}
	engine->decrypt_batch(engine, jobs, n_jobs);
	for (unsigned int i = 0; i < n_jobs; i++)
		packet_finish(dp, &ins[i], &jobs[i]);
}
