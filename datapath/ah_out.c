/*
 * AH outbound (RFC 4302 3.3): number, headers, then one batch of work for the crypto engine, which
 * sees the headers as a copy without their mutable fields. Refuses to know policy (spd_out
 * chose the SA), which fields are mutable (ah.c) and where packets go.
 *
 *   IP header(s) | next, length, SPI, sequence | (IV) ICV (padding) | payload
 */
#include "config.h"

#include "datapath/ah.h"

#include "datapath/crypto.h"
#include "datapath/dp.h"
#include "datapath/encap.h"
#include "datapath/ip4.h"
#include "lib/buf.h"

#include <string.h>

enum { IP4_OFF_ID = 4 };

struct out {
	struct pkt *pkt;
	uint32_t len; /* of the packet before */
	uint8_t head[AH_HEAD_MAX];
};

static void
out_drop(struct pkt *p, enum drop why)
{
	p->sa->dropped++;
	pkt_drop(p, why);
}

static void
header_write(const struct sa *sa, uint8_t *ah, uint32_t len, uint8_t next, uint64_t seq)
{
	memset(ah, 0, len);
	ah[0] = next;
	ah[AH_OFF_LEN] = (uint8_t)(len / 4 - 2);
	be32_put(ah + AH_OFF_SPI, sa->spi);
	be32_put(ah + AH_OFF_SEQ, (uint32_t)seq);
}

/* The kernel would set an identification of 0 anew, which AH covers. */
static void
id_set(struct dp *dp, struct pkt *p, uint32_t hdr_len)
{
	if (p->data[0] >> 4 != 4 || be16_get(p->data + IP4_OFF_ID) != 0)
		return;
	be16_put(p->data + IP4_OFF_ID, ip4_next_id(&dp->ip_id));
	ip4_checksum_set(p->data, hdr_len);
}

static enum drop
packet_prepare(struct dp *dp, struct pkt *p, struct out *out, struct crypto_job *job)
{
	struct sa *sa = p->sa;
	struct encap_out o;
	uint32_t len = 0;
	uint64_t seq;
	enum drop why = encap_plan(p, sa, &o);

	out->pkt = p;
	out->len = p->len;
	if (why == DROP_NONE) {
		len = ah_len(sa, o.e.v6);
		why = o.e.hdr_len + len <= AH_HEAD_MAX ? encap_open(p, sa, len, 0, &o)
						       : DROP_ipsec_headers;
	}
	if (why == DROP_NONE)
		why = (enum drop)sadb_seq_next(dp->sadb, sa, &seq);
	if (why != DROP_NONE)
		return why;
	header_write(sa, o.hdr, len, o.next, seq);
	encap_close(dp, p, sa, &o);
	id_set(dp, p, o.e.hdr_len);
	*job = (struct crypto_job){
		.sa = sa->crypto,
		.head = out->head,
		.head_len = o.e.hdr_len + len,
		.aad = o.payload,
		.text = o.payload,
		.text_len = o.len,
		.iv = o.hdr + AH_HDR_LEN,
		.icv = o.hdr + AH_HDR_LEN + sa->iv_len,
		.seq = seq,
	};
	memcpy(out->head, p->data, job->head_len);
	return ah_canonical(out->head, o.e.hdr_len, true);
}

static void
some_out(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	struct crypto_engine *engine = sadb_engine(dp->sadb);
	struct crypto_job jobs[AH_BATCH];
	struct out outs[AH_BATCH];
	unsigned int n_jobs = 0;

	for (unsigned int i = 0; i < n; i++) {
		enum drop why = packet_prepare(dp, pkts[i], &outs[n_jobs], &jobs[n_jobs]);

		if (why != DROP_NONE)
			out_drop(pkts[i], why);
		else
			n_jobs++;
	}
	engine->encrypt_batch(engine, jobs, n_jobs);
	for (unsigned int i = 0; i < n_jobs; i++) {
		if (jobs[i].result != CRYPTO_OK)
			out_drop(outs[i].pkt, DROP_ah_crypto);
		else
			encap_sent(dp, outs[i].pkt, outs[i].len);
	}
}

void
ah_out_stage(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	for (unsigned int i = 0; i < n; i += AH_BATCH)
		some_out(dp, pkts + i, n - i < AH_BATCH ? n - i : AH_BATCH);
}
