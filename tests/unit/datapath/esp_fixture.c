/*
 * What the tests of SADB, SPD and ESP share.
 */
#include "config.h"

#include "tests/unit/datapath/esp_fixture.h"

#include "datapath/crypto.h"
#include "datapath/esp.h"
#include "datapath/gre.h"
#include "datapath/group.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/spd.h"
#include "lib/alg.h"
#include "lib/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
fix_init(struct fix *f)
{
	memset(f, 0, sizeof(*f));
	f->dp.sadb = sadb_new();
	f->dp.spd = spd_new();
	f->dp.groups = group_table_new();
	f->dp.gre = gre_table_new(&f->dp);
	f->dp.stats = &f->stats;
	f->dp.slots = f->slots;
	f->dp.n_slots = FIX_SLOTS;
	if (f->dp.sadb == NULL || f->dp.spd == NULL || f->dp.gre == NULL || f->dp.groups == NULL)
		abort();
}

void
fix_fini(struct fix *f)
{
	gre_table_free(f->dp.gre);
	spd_free(f->dp.spd);
	group_table_free(f->dp.groups);
	sadb_free(f->dp.sadb);
}

void
fix_msg(struct msg_dp_sa *m, uint32_t id, bool inbound, unsigned int cipher, unsigned int auth)
{
	const struct alg_cipher_info *c = alg_cipher(cipher);
	const struct alg_auth_info *a = alg_auth(auth);

	*m = (struct msg_dp_sa){
		.sa = id,
		.inbound = inbound,
		.spi = FIX_SPI,
		.protocol = 50,
		.mode = MSG_SA_TUNNEL,
		.source = addr_v4(FIX_OURS),
		.destination = addr_v4(FIX_THEIRS),
		.cipher = (uint16_t)cipher,
		.auth = (uint16_t)auth,
		.replay_window = 64,
		.slot = id,
		.seq_limit = 1000000,
		.port = FIX_PORT,
		.policy = "P1-10",
	};
	m->cipher_key.len = alg_cipher_keymat(c);
	m->auth_key.len = alg_auth_keymat(a);
	for (uint32_t i = 0; i < m->cipher_key.len; i++)
		m->cipher_key.data[i] = (uint8_t)(cipher * 16 + i * 7);
	for (uint32_t i = 0; i < m->auth_key.len; i++)
		m->auth_key.data[i] = (uint8_t)(auth * 32 + i * 5);
}

struct sa *
fix_sa(struct fix *f, uint32_t id, bool inbound, unsigned int cipher, unsigned int auth)
{
	struct msg_dp_sa m;

	fix_msg(&m, id, inbound, cipher, auth);
	return sadb_put(&f->dp, &m, NULL) == 0 ? sadb_get(f->dp.sadb, id) : NULL;
}

bool
fix_pair(unsigned int cipher, unsigned int auth)
{
	const struct alg_cipher_info *c = alg_cipher(cipher);
	const struct alg_auth_info *a = alg_auth(auth);

	if (a != NULL)
		return c->icv_len == 0 && a->kind == ALG_KIND_hmac;
	return c->kind != ALG_KIND_null && c->kind != ALG_KIND_ctr;
}

static struct pkt *
pkt_make(const void *data, uint32_t len, uint32_t head, uint32_t tail)
{
	struct pkt *p = calloc(1, sizeof(*p));
	uint8_t *room = malloc(head + len + tail);

	if (p == NULL || room == NULL)
		abort();
	p->room_start = room;
	p->data = room + head;
	p->len = len;
	p->room_end = room + head + len + tail;
	memcpy(p->data, data, len);
	return p;
}

struct pkt *
fix_pkt(const void *data, uint32_t len)
{
	return pkt_make(data, len, PKT_HEADROOM, PKT_TAILROOM);
}

struct pkt *
fix_pkt_tight(const void *data, uint32_t len)
{
	return pkt_make(data, len, 0, 0);
}

void
fix_pkt_free(struct pkt *p)
{
	free(p->room_start);
	free(p);
}

static void
count_up(uint8_t *out, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		out[i] = (uint8_t)i;
}

uint32_t
fix_ip4(uint8_t *out, uint32_t src, uint32_t dst, uint8_t protocol, uint32_t payload_len)
{
	const struct ip4 ip = {
		.ttl = 63,
		.protocol = protocol,
		.total_len = (uint16_t)(IP4_HDR_LEN + payload_len),
		.id = 1,
		.src = src,
		.dst = dst,
	};

	ip4_build(out, &ip);
	count_up(out + IP4_HDR_LEN, payload_len);
	return IP4_HDR_LEN + payload_len;
}

uint32_t
fix_ports(uint8_t *out, uint32_t src, uint32_t dst, uint8_t protocol, uint16_t sport,
	uint16_t dport, uint32_t payload_len)
{
	uint32_t len = fix_ip4(out, src, dst, protocol, payload_len);

	be16_put(out + IP4_HDR_LEN, sport);
	be16_put(out + IP4_HDR_LEN + 2, dport);
	return len;
}

uint32_t
fix_ip6(uint8_t *out, uint8_t next_header, uint32_t payload_len)
{
	memset(out, 0, IP6_HDR_LEN);
	out[0] = 0x60;
	be16_put(out + 4, (uint16_t)payload_len);
	out[6] = next_header;
	out[7] = 63;
	for (unsigned int i = 0; i < 2; i++) {
		be32_put(out + 8 + 16 * i, 0x20010db8);
		out[8 + 16 * i + 15] = (uint8_t)(i + 1);
	}
	count_up(out + IP6_HDR_LEN, payload_len);
	return IP6_HDR_LEN + payload_len;
}

void
fix_outer(uint8_t *packet, uint32_t len)
{
	be16_put(packet + 2, (uint16_t)len);
	ip4_checksum_set(packet, IP4_HDR_LEN);
}

uint32_t
fix_seal(struct fix *f, struct sa *sa, uint64_t seq, const void *text, uint32_t text_len,
	uint8_t *out)
{
	struct crypto_engine *e = sadb_engine(f->dp.sadb);
	uint32_t esp_len = (uint32_t)(ESP_HDR_LEN + sa->iv_len + text_len + sa->icv_len);
	struct crypto_job job = {
		.sa = sa->crypto,
		.aad = out + IP4_HDR_LEN,
		.iv = out + IP4_HDR_LEN + ESP_HDR_LEN,
		.text = out + IP4_HDR_LEN + ESP_HDR_LEN + sa->iv_len,
		.text_len = text_len,
		.icv = out + IP4_HDR_LEN + esp_len - sa->icv_len,
		.seq = seq,
	};

	fix_ip4(out, addr_u32(&sa->source), addr_u32(&sa->destination), ESP_PROTOCOL, esp_len);
	be32_put(job.aad, sa->spi);
	be32_put(job.aad + 4, (uint32_t)seq);
	memcpy(job.text, text, text_len);
	e->encrypt_batch(e, &job, 1);
	if (job.result != CRYPTO_OK)
		abort();
	return IP4_HDR_LEN + esp_len;
}

uint32_t
fix_seal_packet(
	struct fix *f, struct sa *sa, uint64_t seq, const void *inner, uint32_t len, uint8_t *out)
{
	uint8_t text[2048];
	uint32_t pad_len = esp_pad_len(len, sa->block);

	memcpy(text, inner, len);
	for (uint32_t i = 0; i < pad_len; i++)
		text[len + i] = (uint8_t)(i + 1);
	text[len + pad_len] = (uint8_t)pad_len;
	text[len + pad_len + 1] = *(const uint8_t *)inner >> 4 == 6 ? ESP_NEXT_IPV6 : ESP_NEXT_IPV4;
	return fix_seal(f, sa, seq, text, len + pad_len + ESP_TRAILER_LEN, out);
}

void
fix_run(struct fix *f, stage_fn *stage, struct pkt *p)
{
	p->next = STAGE_N;
	p->drop = DROP_NONE;
	stage(&f->dp, &p, 1);
}

const char *
fix_drop(const struct pkt *p)
{
	const struct drop_info *info = drop_info(p->drop);

	return p->next == STAGE_DROP && info != NULL ? info->id : "";
}

uint32_t
fix_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

uint32_t
fix_hex(const char *hex, uint8_t *out)
{
	uint32_t n = 0;
	unsigned int byte;

	for (; sscanf(hex + 2 * n, "%2x", &byte) == 1; n++)
		out[n] = (uint8_t)byte;
	return n;
}

void
fix_spd_load(struct fix *f, const struct msg_dp_spd_rule *rules, uint32_t n)
{
	const struct msg_dp_spd_begin begin = { .port = FIX_PORT, .n_rules = n };
	int rc = spd_begin(&f->dp, &begin);

	for (uint32_t i = 0; i < n && rc == 0; i++)
		rc = spd_rule(&f->dp, &rules[i]);
	if (rc != 0 || spd_end(&f->dp, FIX_PORT) != 0)
		abort();
}
