/*
 * ESP inbound (RFC 4303 3.4) in two passes around one batch of the crypto engine: find the SA and ask
 * the replay window; then, for what is authentic, take the number (two copies may be in one
 * batch), strip, and look hard at what came out. Refuses to know policy: spd_in is next.
 */
#include "config.h"

#include "datapath/crypto.h"
#include "datapath/dp.h"
#include "datapath/encap.h"
#include "datapath/esp.h"
#include "datapath/replay.h"
#include "datapath/sadb.h"
#include "lib/buf.h"

struct in {
	struct pkt *pkt;
	struct encap e;
	bool moved; /* it comes from elsewhere than the SA's packets did */
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

/* Does it come from where the SA's peer is? Behind a NAT, and only there, the peer may have another address
 * or port since (RFC 7296 2.23): believed when the packet is authentic. */
static enum drop
source_check(const struct pkt *p, struct in *in)
{
	const struct sa *sa = p->sa;

	if (!addr_eq(&sa->destination, &in->e.destination))
		return DROP_esp_address;
	in->moved =
		!addr_eq(&sa->source, &in->e.source) || p->encap_remote != sa->path.encap_remote;
	if (in->moved && (!sa->path.may_move || p->encap_remote == 0))
		return DROP_esp_address;
	return DROP_NONE;
}

/* Finds the SA (left in p->sa). DROP_NONE or why not. */
static enum drop
sa_find(struct dp *dp, struct pkt *p, struct in *in)
{
	enum drop why = encap_read(p->data, p->len, ESP_PROTOCOL, &in->e);

	p->sa = NULL;
	if (why != DROP_NONE)
		return why;
	if (in->e.hdr_len + ESP_HDR_LEN > in->e.len)
		return DROP_esp_short;
	p->sa = sadb_get_inbound(
		dp->sadb, ESP_PROTOCOL, be32_get(p->data + in->e.hdr_len), &in->e.destination);
	if (p->sa == NULL)
		return DROP_esp_no_sa;
	why = source_check(p, in);
	if (why != DROP_NONE)
		return why;
	return length_fits(p->sa, in->e.len - in->e.hdr_len - ESP_HDR_LEN) ? DROP_NONE
									   : DROP_esp_short;
}

/* Describes the engine's work. DROP_NONE or why there is none. */
static enum drop
packet_prepare(struct dp *dp, struct pkt *p, struct in *in, struct crypto_job *job)
{
	const struct sa *sa;
	uint8_t *esp;
	uint32_t len;
	uint64_t seq;
	enum drop why = sa_find(dp, p, in);

	in->pkt = p;
	if (why != DROP_NONE)
		return why;
	sa = p->sa;
	esp = p->data + in->e.hdr_len;
	len = in->e.len - in->e.hdr_len;
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
 * view on the payload. */
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

static enum drop
packet_finish(struct dp *dp, const struct in *in, const struct crypto_job *job)
{
	struct pkt *p = in->pkt;
	struct sa *sa = p->sa;
	const uint8_t *outer = p->data;
	bool newest = job->seq > sa->slot->seq;
	uint8_t next_header;
	enum drop why;

	if (job->result != CRYPTO_OK)
		return job->result == CRYPTO_AUTH ? DROP_esp_auth : DROP_esp_crypto;
	if (!replay_accept(sa->slot, sa->window, job->seq))
		return DROP_esp_replay;
	if (in->moved && newest && sa->icv_len != 0)
		sadb_moved(dp->sadb, sa, &in->e.source, p->encap_remote);
	p->chain[p->n_chain++] = sa;
	why = trailer_strip(p, job, &next_header);
	if (why == DROP_NONE && next_header == ESP_NEXT_DUMMY)
		why = DROP_esp_dummy;
	return why != DROP_NONE ? why : encap_arrived(dp, p, &in->e, outer, next_header);
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
	for (unsigned int i = 0; i < n_jobs; i++) {
		enum drop why = packet_finish(dp, &ins[i], &jobs[i]);

		if (why != DROP_NONE)
			in_drop(ins[i].pkt, why);
	}
}
