/*
 * AH inbound (RFC 4302 3.4) in two passes around one batch of the crypto engine: find the SA and ask
 * the replay window; then, for what is authentic, take the number and remove the header. What is
 * inside may be ESP again. Refuses to know policy (spd_in) and which fields are mutable (ah.c).
 */
#include "config.h"

#include "datapath/ah.h"

#include "datapath/crypto.h"
#include "datapath/dp.h"
#include "datapath/encap.h"
#include "datapath/ip4.h"
#include "datapath/replay.h"
#include "lib/buf.h"

#include <string.h>

struct in {
	struct pkt *pkt;
	struct encap e;
	uint32_t len; /* of AH */
	uint8_t head[AH_HEAD_MAX];
};

static void
in_drop(struct pkt *p, enum drop why)
{
	if (p->sa != NULL)
		p->sa->dropped++;
	pkt_drop(p, why);
}

/* Is the announced length one that this SA's AH can have? Some pad it to 8 octets in IPv4, too. */
static bool
length_fits(const struct sa *sa, const struct encap *e, uint32_t len)
{
	return (len == ah_len(sa, e->v6) || len == ah_len(sa, true)) && e->hdr_len + len <= e->len;
}

/* Finds the SA (left in p->sa). DROP_NONE or why not. */
static enum drop
sa_find(struct dp *dp, struct pkt *p, struct in *in)
{
	const uint8_t *ah;
	struct sa *sa;
	enum drop why = encap_read(p->data, p->len, IP_PROTO_AH, &in->e);

	p->sa = NULL;
	if (why != DROP_NONE)
		return why;
	ah = p->data + in->e.hdr_len;
	if (in->e.hdr_len + AH_HDR_LEN > in->e.len)
		return DROP_ah_short;
	sa = sadb_get_inbound(dp->sadb, IP_PROTO_AH, be32_get(ah + AH_OFF_SPI), &in->e.destination);
	if (sa == NULL)
		return DROP_ah_no_sa;
	p->sa = sa;
	in->len = (ah[AH_OFF_LEN] + 2u) * 4;
	if (!addr_eq(&sa->source, &in->e.source) || !addr_eq(&sa->destination, &in->e.destination))
		return DROP_ah_address;
	return length_fits(sa, &in->e, in->len) ? DROP_NONE : DROP_ah_short;
}

static enum drop
packet_prepare(struct dp *dp, struct pkt *p, struct in *in, struct crypto_job *job)
{
	uint8_t *ah;
	uint64_t seq;
	enum drop why = sa_find(dp, p, in);

	in->pkt = p;
	if (why != DROP_NONE)
		return why;
	ah = p->data + in->e.hdr_len;
	seq = sadb_seq_infer(p->sa, be32_get(ah + AH_OFF_SEQ));
	if (!replay_check(p->sa->slot, p->sa->window, seq))
		return DROP_ah_replay;
	if (in->e.hdr_len + in->len > AH_HEAD_MAX)
		return DROP_ipsec_headers;
	*job = (struct crypto_job){
		.sa = p->sa->crypto,
		.head = in->head,
		.head_len = in->e.hdr_len + in->len,
		.aad = ah + in->len,
		.text = ah + in->len,
		.text_len = in->e.len - in->e.hdr_len - in->len,
		.iv = ah + AH_HDR_LEN,
		.icv = ah + AH_HDR_LEN + p->sa->iv_len,
		.seq = seq,
	};
	memcpy(in->head, p->data, job->head_len);
	memset(in->head + in->e.hdr_len + AH_HDR_LEN, 0, (size_t)p->sa->iv_len + p->sa->icv_len);
	return ah_canonical(in->head, in->e.hdr_len, false);
}

static enum drop
packet_finish(struct dp *dp, const struct in *in, const struct crypto_job *job)
{
	struct pkt *p = in->pkt;
	const uint8_t *outer = p->data;

	if (job->result != CRYPTO_OK)
		return job->result == CRYPTO_AUTH ? DROP_ah_auth : DROP_ah_crypto;
	if (!replay_accept(p->sa->slot, p->sa->window, job->seq))
		return DROP_ah_replay;
	p->chain[p->n_chain++] = p->sa;
	p->data = job->text;
	p->len = job->text_len;
	return encap_arrived(dp, p, &in->e, outer, outer[in->e.hdr_len]);
}

static void
some_in(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	struct crypto_engine *engine = sadb_engine(dp->sadb);
	struct crypto_job jobs[AH_BATCH];
	struct in ins[AH_BATCH];
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

void
ah_in_stage(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i += AH_BATCH)
		some_in(dp, pkts + i, n - i < AH_BATCH ? n - i : AH_BATCH);
}
