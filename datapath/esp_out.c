/*
 * ESP outbound (RFC 4303 3.3): number, headers, padding, then one batch of work for the crypto
 * engine, in place. Refuses to know policy (spd_out chose the SA), what stands in front of ESP
 * (encap.c) and where packets go.
 *
 *   IP header(s) | SPI, sequence | IV | payload | padding | pad length, next header | ICV
 *   `--------- head-room ------------'          `---------- tail-room ------------------'
 */
#include "config.h"

#include "datapath/crypto.h"
#include "datapath/dp.h"
#include "datapath/encap.h"
#include "datapath/esp.h"
#include "datapath/sadb.h"
#include "lib/buf.h"

/* What is known of a packet before the engine works and needed after it. */
struct out {
	struct pkt *pkt;
	uint32_t len; /* before it was protected */
};

static void
out_drop(struct pkt *p, enum drop why)
{
	p->sa->dropped++;
	pkt_drop(p, why);
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

/* Lays the packet out around the payload and describes the engine's work. DROP_NONE or why not. */
static enum drop
packet_prepare(struct dp *dp, struct pkt *p, struct crypto_job *job)
{
	struct sa *sa = p->sa;
	uint32_t pad_len = 0;
	struct encap_out o;
	uint64_t seq;
	enum drop why = encap_plan(p, sa, &o);

	if (why == DROP_NONE) {
		pad_len = esp_pad_len(o.len, sa->block);
		why = encap_open(p, sa, ESP_HDR_LEN + (uint32_t)sa->iv_len,
			pad_len + ESP_TRAILER_LEN + sa->icv_len, &o);
	}
	if (why == DROP_NONE)
		why = (enum drop)sadb_seq_next(dp->sadb, sa, &seq);
	if (why != DROP_NONE)
		return why;
	trailer_write(o.payload + o.len, pad_len, o.next);
	*job = (struct crypto_job){
		.sa = sa->crypto,
		.aad = o.hdr,
		.iv = o.hdr + ESP_HDR_LEN,
		.text = o.payload,
		.text_len = o.len + pad_len + ESP_TRAILER_LEN,
		.icv = o.payload + o.len + pad_len + ESP_TRAILER_LEN,
		.seq = seq,
	};
	be32_put(o.hdr, sa->spi);
	be32_put(o.hdr + 4, (uint32_t)seq);
	encap_close(dp, p, sa, &o);
	return DROP_NONE;
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
		uint32_t len = p->len;
		enum drop why = packet_prepare(dp, p, &jobs[n_jobs]);

		if (why != DROP_NONE)
			out_drop(p, why);
		else
			outs[n_jobs++] = (struct out){ p, len };
	}
	engine->encrypt_batch(engine, jobs, n_jobs);
	for (unsigned int i = 0; i < n_jobs; i++) {
		if (jobs[i].result != CRYPTO_OK)
			out_drop(outs[i].pkt, DROP_esp_crypto);
		else
			encap_sent(dp, outs[i].pkt, outs[i].len);
	}
}
