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

enum { INPUT_MAX = 1900, FORMS = 8, BUNDLES = 2, RUNS_MAX = 4 };
enum { FORM_AH = 1, FORM_TRANSPORT = 2, FORM_V6 = 4, FORM_MASK = 0x3f, NO_NEXT = 59 };

/* One form of protection. Identities: outbound, inbound the next. */
struct way {
	unsigned int form;
	uint32_t id;	/* that a packet is given to */
	uint32_t outer; /* of AH around it; 0 = none */
};

static struct way
way_of(uint8_t choice)
{
	unsigned int n = (choice & FORM_MASK) % (FORMS + BUNDLES), bundle = n - FORMS;

	if (n < FORMS)
		return (struct way){ .form = n, .id = 1 + 2 * n };
	return (struct way){ .form = bundle ? FORM_TRANSPORT | FORM_V6 : 0,
		.id = 2 * FORMS + 3 + 4 * bundle,
		.outer = 2 * FORMS + 1 + 4 * bundle };
}

static void
put(struct fix *f, unsigned int form, uint32_t id, bool inbound, uint32_t bundle)
{
	bool ah = form & FORM_AH;
	struct msg_dp_sa m;

	fix_msg(&m, id + inbound, inbound, ah ? ALG_CIPHER_NONE : ALG_CIPHER_aes_gcm_128,
		ah ? ALG_AUTH_hmac_md5_96 : ALG_AUTH_NONE);
	m.protocol = ah ? IP_PROTO_AH : IP_PROTO_ESP;
	m.mode = form & FORM_TRANSPORT ? MSG_SA_TRANSPORT : MSG_SA_TUNNEL;
	m.spi = 0x1000 + id;
	m.esn = form & FORM_TRANSPORT;
	m.bundle = bundle ? bundle + inbound : 0;
	if (!ah)
		m.cipher_key.data[0] ^= (uint8_t)id; /* no key counts twice */
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
	for (uint8_t i = 0; i < FORMS + BUNDLES; i++) {
		struct way w = way_of(i);

		for (unsigned int inbound = 0; inbound < 2; inbound++) {
			if (w.outer)
				put(&f, FORM_AH | FORM_TRANSPORT | (w.form & FORM_V6), w.outer,
					inbound, 0);
			put(&f, w.form, w.id, inbound, w.outer);
		}
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

/* The numbers of what comes next, so that it is not late. */
static void
renumber(struct fix *f, uint32_t id)
{
	f->slots[id + 1].seq = sadb_get(f->dp.sadb, id)->seq - 1;
}

/* May what transport mode took be dropped by the other end all the same? A source route makes it another
 * packet there, protection inside is somebody else's, and nothing inside is a dummy to ESP. */
static bool
is_special(const uint8_t *packet, uint32_t len)
{
	struct encap e;
	uint8_t next;

	if (encap_split(packet, len, &e) != DROP_NONE ||
		e.hdr_len > (e.v6 ? IP6_HDR_LEN : IP4_HDR_LEN))
		return true;
	next = packet[e.next_at];
	return next == IP_PROTO_ESP || next == IP_PROTO_AH || next == NO_NEXT;
}

/* An identification of 0 AH cannot leave: the kernel would put another one. */
static bool
same(const struct pkt *p, const uint8_t *packet, uint32_t len)
{
	return p->len <= len &&
		(memcmp(p->data, packet, p->len) == 0 ||
			(packet[0] >> 4 == 4 && be16_get(packet + 4) == 0));
}

/* Through our own SAs, then back: what was taken comes back as it was. (In a tunnel anything is taken.) */
static void
there_and_back(struct fix *f, const struct way *w, const uint8_t *packet, uint32_t len)
{
	struct sa *out = sadb_get(f->dp.sadb, w->id);
	struct pkt *p = fix_pkt(packet, len);

	p->sa = out;
	run(f, p, sa_stage_out(out));
	if (p->next == STAGE_RAW_TX) {
		renumber(f, w->id);
		if (w->outer)
			renumber(f, w->outer);
		p->n_chain = 0;
		run(f, p, w->outer || (w->form & FORM_AH) ? STAGE_AH_IN : STAGE_ESP_IN);
		FUZZ_MUST(p->next == STAGE_SPD_IN || !(w->form & FORM_TRANSPORT) ||
			is_special(packet, len));
		FUZZ_MUST(p->next != STAGE_SPD_IN || same(p, packet, len));
	}
	fix_pkt_free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fix *f = world();
	uint8_t packet[INPUT_MAX];
	struct way w;
	struct pkt *p;
	uint32_t len;

	if (size < 2 || size > INPUT_MAX)
		return 0;
	w = way_of(data[0]);
	len = (uint32_t)size - 1;
	memcpy(packet, data + 1, len);
	if (data[0] & 0x40)
		repair(packet, len, w.form & FORM_V6);
	if (data[0] & 0x80) { /* from outside */
		p = fix_pkt_tight(packet, len);
		run(f, p, w.outer || (w.form & FORM_AH) ? STAGE_AH_IN : STAGE_ESP_IN);
		fix_pkt_free(p);
	} else {
		there_and_back(f, &w, packet, len);
	}
	return 0;
}
