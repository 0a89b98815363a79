/*
 * Fuzzes ah_in and esp_in with everything that may stand around them. The first octet chooses: bytes from
 * the network as they are; or IPv4 options or IPv6 extension headers (from the input) in front of an
 * authentic AH or AEAD packet in transport or tunnel mode. What an attacker without keys can
 * reach, and what a peer with keys can. Outbound the same headers go through transport mode.
 */
#include "config.h"

#include "datapath/ah.h"
#include "datapath/encap.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "lib/alg.h"
#include "lib/buf.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/datapath/esp_fixture.h"

#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX = 1900, FORMS = 8, RUNS_MAX = 4 };
enum { FORM_AH = 1, FORM_TRANSPORT = 2, FORM_V6 = 4 };

/* Identities: outbound 1 + 2 * form, inbound the next. */
static void
put(struct fix *f, unsigned int form, bool inbound)
{
	bool ah = form & FORM_AH;
	struct msg_dp_sa m;

	fix_msg(&m, 1 + 2 * form + inbound, inbound, ah ? ALG_CIPHER_NONE : ALG_CIPHER_aes_gcm_128,
		ah ? ALG_AUTH_hmac_md5_96 : ALG_AUTH_NONE);
	m.protocol = ah ? IP_PROTO_AH : IP_PROTO_ESP;
	m.mode = form & FORM_TRANSPORT ? MSG_SA_TRANSPORT : MSG_SA_TUNNEL;
	m.spi = 0x1000 + form;
	m.esn = form & FORM_TRANSPORT;
	m.seq_limit = UINT32_MAX;
	if (form & FORM_V6) {
		addr_parse("2001:db8::1", &m.source);
		addr_parse("2001:db8::2", &m.destination);
	}
	if (sadb_put(&f->dp, &m, NULL) != 0)
		abort();
}

static struct fix *
world(void)
{
	static struct fix f;
	static bool ready;

	if (ready)
		return &f;
	fix_init(&f);
	for (unsigned int form = 0; form < FORMS; form++) {
		put(&f, form, false);
		put(&f, form, true);
	}
	ready = true;
	return &f;
}

static void
check(const struct pkt *p)
{
	struct encap e;

	if (p->next == STAGE_DROP ? p->drop == DROP_NONE
				  : p->next != STAGE_SPD_IN && p->next != STAGE_RAW_TX)
		abort();
	if (p->data < p->room_start || p->data + p->len > p->room_end || p->n_chain > PKT_CHAIN)
		abort();
	/* what we say is ours to send must be readable as such */
	if (p->next == STAGE_RAW_TX &&
		encap_read(p->data, p->len, p->sa->protocol, &e) != DROP_NONE)
		abort();
}

static void
run(struct fix *f, struct pkt *p, uint8_t first)
{
	static stage_fn *const stages[STAGE_N] = { [STAGE_ESP_OUT] = esp_out_stage,
		[STAGE_AH_OUT] = ah_out_stage,
		[STAGE_ESP_IN] = esp_in_stage,
		[STAGE_AH_IN] = ah_in_stage };
	unsigned int n = 0;

	p->drop = DROP_NONE;
	for (p->next = first; stages[p->next] != NULL;) {
		if (n++ == RUNS_MAX)
			abort();
		stages[p->next](&f->dp, &p, 1);
	}
	check(p);
}

/* Lengths, addresses and checksum as they must be for anything behind them to be looked at. */
static void
repair(uint8_t *p, uint32_t len, bool v6)
{
	uint32_t hdr_len;

	if (v6 && len >= IP6_HDR_LEN) {
		p[0] = (uint8_t)(0x60 | (p[0] & 15));
		be16_put(p + 4, (uint16_t)(len - IP6_HDR_LEN));
		memset(p + 8, 0, 32);
		be32_put(p + 8, 0x20010db8);
		be32_put(p + 24, 0x20010db8);
		p[23] = 1;
		p[39] = 2;
	} else if (!v6 && len >= IP4_HDR_LEN) {
		hdr_len = (p[0] & 15) * 4u;
		p[0] = (uint8_t)(0x40 | (p[0] & 15));
		be16_put(p + 2, (uint16_t)len);
		be32_put(p + 12, FIX_OURS);
		be32_put(p + 16, FIX_THEIRS);
		if (hdr_len >= IP4_HDR_LEN && hdr_len <= len)
			ip4_checksum_set(p, hdr_len);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fix *f = world();
	uint8_t packet[INPUT_MAX];
	unsigned int form;
	struct sa *out;
	struct pkt *p;
	uint32_t len;

	if (size < 2 || size > INPUT_MAX)
		return 0;
	form = data[0] % FORMS;
	len = (uint32_t)size - 1;
	memcpy(packet, data + 1, len);
	if (data[0] & 0x40)
		repair(packet, len, form & FORM_V6);
	if (data[0] & 0x80) { /* from outside */
		p = fix_pkt_tight(packet, len);
		run(f, p, form & FORM_AH ? STAGE_AH_IN : STAGE_ESP_IN);
		fix_pkt_free(p);
		return 0;
	}
	/* through our own SA, then back: what was taken must come back as it was */
	out = sadb_get(f->dp.sadb, 1 + 2 * form);
	p = fix_pkt(packet, len);
	p->sa = out;
	run(f, p, sa_stage_out(out));
	if (p->next == STAGE_RAW_TX) {
		f->slots[2 + 2 * form].seq = out->seq - 1;
		p->n_chain = 0;
		run(f, p, form & FORM_AH ? STAGE_AH_IN : STAGE_ESP_IN);
	}
	fix_pkt_free(p);
	return 0;
}
