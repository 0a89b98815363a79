/*
 * Twin of datapath/encap.c: the six forms of a protected packet (AH, ESP, AH around ESP; transport and
 * tunnel), the headers around them, and which octet is covered by which ICV.
 */
#include "config.h"

#include "datapath/encap.h"

#include "datapath/ah.h"
#include "datapath/esp.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "lib/alg.h"
#include "lib/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/suites.h"

enum { ESP_OUT = 1, ESP_IN, AH_OUT, AH_IN };
enum { CIPHER = ALG_CIPHER_aes_cbc_128, MAC = ALG_AUTH_hmac_sha2_256_128 };
enum { AH_MAC = ALG_AUTH_hmac_sha1_96, AH_LEN = 24 };

/* One of the six forms, in one family. */
struct form {
	bool esp, ah, transport, v6;
};

static const struct form forms[] = {
	{ .ah = true, .transport = true },
	{ .esp = true, .transport = true },
	{ .esp = true, .ah = true, .transport = true },
	{ .ah = true },
	{ .esp = true },
	{ .esp = true, .ah = true },
	{ .ah = true, .transport = true, .v6 = true },
	{ .esp = true, .transport = true, .v6 = true },
	{ .esp = true, .ah = true, .transport = true, .v6 = true },
	{ .ah = true, .v6 = true },
	{ .esp = true, .v6 = true },
	{ .esp = true, .ah = true, .v6 = true },
};
enum { N_FORMS = sizeof(forms) / sizeof(forms[0]) };

static void
put_sa(struct fix *f, const struct form *form, uint32_t id, unsigned int cipher, unsigned int auth)
{
	bool ah = id == AH_OUT || id == AH_IN;
	struct msg_dp_sa m;

	fix_msg(&m, id, id == ESP_IN || id == AH_IN, cipher, auth);
	m.protocol = ah ? IP_PROTO_AH : IP_PROTO_ESP;
	m.mode = form->transport ? MSG_SA_TRANSPORT : MSG_SA_TUNNEL;
	m.bundle = !ah && form->ah ? id + 2 : 0;
	if (form->v6) {
		addr_parse("2001:db8::1", &m.source);
		addr_parse("2001:db8::2", &m.destination);
	}
	if (sadb_put(&f->dp, &m, NULL) != 0)
		abort();
}

static void
form_init(struct fix *f, const struct form *form)
{
	fix_init(f);
	for (uint32_t id = ESP_OUT; id <= AH_IN; id++) {
		if (id < AH_OUT ? form->esp : form->ah)
			put_sa(f, form, id, id < AH_OUT ? CIPHER : ALG_CIPHER_NONE,
				id < AH_OUT ? MAC : AH_MAC);
	}
}

/* A packet that the form can carry: end to end in transport mode. */
static uint32_t
packet_of(const struct form *form, uint8_t *out, uint32_t payload)
{
	if (form->transport && form->v6)
		return fix_ip6(out, 17, payload);
	return fix_ip4(
		out, form->transport ? FIX_OURS : 1, form->transport ? FIX_THEIRS : 2, 17, payload);
}

static void
run(struct fix *f, struct pkt *p, uint8_t first)
{
	static stage_fn *const stages[STAGE_N] = { [STAGE_ESP_OUT] = esp_out_stage,
		[STAGE_AH_OUT] = ah_out_stage,
		[STAGE_ESP_IN] = esp_in_stage,
		[STAGE_AH_IN] = ah_in_stage };

	p->drop = DROP_NONE;
	for (p->next = first; stages[p->next] != NULL;)
		stages[p->next](&f->dp, &p, 1);
}

static struct pkt *
protect(struct fix *f, const struct form *form, const uint8_t *packet, uint32_t len)
{
	struct pkt *p = fix_pkt(packet, len);

	p->sa = sadb_get(f->dp.sadb, form->esp ? ESP_OUT : AH_OUT);
	run(f, p, sa_stage_out(p->sa));
	return p;
}

static void
every_form_brings_the_packet_back(void)
{
	for (unsigned int i = 0; i < N_FORMS; i++) {
		struct fix f;

		form_init(&f, &forms[i]);
		for (uint32_t size = 0; size < 1400; size = size < 20 ? size + 1 : size * 2) {
			uint8_t packet[2048];
			uint32_t len = packet_of(&forms[i], packet, size);
			struct pkt *p = protect(&f, &forms[i], packet, len);

			CU_ASSERT_EQUAL(p->next, STAGE_RAW_TX);
			CU_ASSERT_EQUAL(p->n_chain, forms[i].ah && forms[i].esp);
			p->n_chain = 0;
			run(&f, p, forms[i].ah ? STAGE_AH_IN : STAGE_ESP_IN);
			CU_ASSERT_EQUAL(p->next, STAGE_SPD_IN);
			CU_ASSERT_EQUAL(p->n_chain, forms[i].ah + forms[i].esp);
			CU_ASSERT_PTR_EQUAL(
				p->sa, sadb_get(f.dp.sadb, forms[i].esp ? ESP_IN : AH_IN));
			CU_ASSERT_EQUAL_FATAL(p->len, len);
			CU_ASSERT_EQUAL(memcmp(p->data, packet, len), 0);
			fix_pkt_free(p);
		}
		CU_ASSERT_EQUAL(f.stats.ipsec_out_packets, f.stats.ipsec_in_packets);
		CU_ASSERT_EQUAL(f.stats.ipsec_out_bytes, f.stats.ipsec_in_bytes);
		CU_ASSERT_EQUAL(
			f.stats.esp.in_packets, forms[i].esp ? f.stats.ipsec_in_packets : 0);
		CU_ASSERT_EQUAL(f.stats.ah.in_packets, forms[i].ah ? f.stats.ipsec_in_packets : 0);
		CU_ASSERT_EQUAL(f.stats.esp.out_packets, f.stats.esp.in_packets);
		CU_ASSERT_EQUAL(f.stats.ah.out_packets, f.stats.ah.in_packets);
		CU_ASSERT_TRUE(f.stats.ah.out_bytes == f.stats.ah.in_bytes || forms[i].esp);
		fix_fini(&f);
	}
}

/* --- the matrix -------------------------------------------------------------------------- */

/* What is dropped, and why, when an octet of the outer header changes (of IPv4 with its checksum made
 * right): behind the changed bits, without AH and with it. NULL: the packet is taken as it is. */
struct octet {
	uint8_t bits;
	const char *esp, *ah;
};

static const struct octet header4[IP4_HDR_LEN] = {
	[0] = { 0x01, "ip_short", "ip_short" },
	[1] = { 0x04, NULL, NULL }, /* class: mutable */
	[2] = { 0x10, "ip_short", "ip_short" },
	[3] = { 0x00, "ip_short", "ip_short" }, /* a bit that makes it longer */
	[4] = { 0x01, NULL, "ah_auth" },	/* identification */
	[5] = { 0x02, NULL, "ah_auth" },
	[6] = { 0x40, NULL, NULL }, /* DF: mutable */
	[7] = { 0x01, "ip_fragment", "ip_fragment" },
	[8] = { 0x01, NULL, NULL }, /* TTL: mutable */
	[9] = { 0x04, "ipsec_headers", "ipsec_headers" },
	[10] = { 0x01, "ip_checksum", "ip_checksum" },
	[11] = { 0x01, "ip_checksum", "ip_checksum" },
	[12] = { 0x01, "esp_address", "ah_address" },
	[13] = { 0x01, "esp_address", "ah_address" },
	[14] = { 0x01, "esp_address", "ah_address" },
	[15] = { 0x01, "esp_address", "ah_address" },
	[16] = { 0x01, "esp_address", "ah_address" },
	[17] = { 0x01, "esp_address", "ah_address" },
	[18] = { 0x01, "esp_address", "ah_address" },
	[19] = { 0x01, "esp_address", "ah_address" },
};

/* Of IPv6 the source is octets 8 to 23, the destination 24 to 39. */
static const struct octet header6[8] = {
	[0] = { 0x01, NULL, NULL }, /* class: mutable */
	[1] = { 0x04, NULL, NULL }, /* flow label: mutable */
	[2] = { 0x10, NULL, NULL },
	[3] = { 0x01, NULL, NULL },
	[4] = { 0x10, "ip_short", "ip_short" },
	[5] = { 0x00, "ip_short", "ip_short" }, /* a bit that makes it longer */
	[6] = { 0x04, "ipsec_headers", "ipsec_headers" },
	[7] = { 0x01, NULL, NULL }, /* hop limit: mutable */
};
static const struct octet address6 = { 0x01, "esp_address", "ah_address" };

/* Of AH itself; of ESP. A changed number (bit 1 of each octet) is one the window lets pass. */
static const char *
expected_ah(uint32_t at)
{
	return at == 1 ? "ah_short" : at >= 4 && at < 8 ? "ah_no_sa" : "ah_auth";
}

static const char *
expected_esp(uint32_t at)
{
	return at < 4 ? "esp_no_sa" : "esp_auth";
}

/* Changes octet `at` of a copy and receives it; the drop must be that of `wanted` (NULL: none). */
static void
flip(struct fix *f, const uint8_t *packet, uint32_t len, uint32_t at, uint8_t bits,
	const char *wanted, uint8_t stage)
{
	struct pkt *p = fix_pkt_tight(packet, len);
	struct sa_slot slots[2] = { f->slots[ESP_IN], f->slots[AH_IN] };

	if (bits == 0) /* the lowest bit that is 0 */
		bits = (uint8_t)(~p->data[at] & (p->data[at] + 1));
	p->data[at] ^= bits;
	if (at < IP4_HDR_LEN && packet[0] >> 4 == 4 && at != 10 && at != 11)
		ip4_checksum_set(p->data, IP4_HDR_LEN);
	run(f, p, stage);
	if (wanted == NULL ? p->next != STAGE_SPD_IN : strcmp(fix_drop(p), wanted) != 0) {
		printf("\noctet %u of %u: %s\n", at, len, fix_drop(p));
		CU_FAIL("another check was expected");
	}
	f->slots[ESP_IN] = slots[0];
	f->slots[AH_IN] = slots[1];
	fix_pkt_free(p);
}

static const struct octet *
octet_of(bool v6, uint32_t at)
{
	return !v6 ? &header4[at] : at < 8 ? &header6[at] : &address6;
}

/* Every octet of a packet whose outermost header is that of `ah` or else ESP. */
static void
matrix(struct fix *f, bool ah, const uint8_t *packet, uint32_t len)
{
	bool v6 = packet[0] >> 4 == 6;
	uint32_t hdr_len = v6 ? IP6_HDR_LEN : IP4_HDR_LEN;
	uint8_t stage = ah ? STAGE_AH_IN : STAGE_ESP_IN;

	for (uint32_t at = 0; at < hdr_len; at++) {
		const struct octet *o = octet_of(v6, at);

		flip(f, packet, len, at, o->bits, ah ? o->ah : o->esp, stage);
	}
	for (uint32_t at = hdr_len; at < len; at++) {
		uint32_t in = at - hdr_len;

		flip(f, packet, len, at, 2,
			!ah		      ? expected_esp(in)
				: in < AH_LEN ? expected_ah(in)
					      : "ah_auth",
			stage);
	}
}

/* What AH carries, as if it had come without. The length. */
static uint32_t
ah_take_off(uint8_t *packet, uint32_t len)
{
	bool v6 = packet[0] >> 4 == 6;
	uint32_t hdr_len = v6 ? IP6_HDR_LEN : IP4_HDR_LEN;

	len -= AH_LEN;
	memmove(packet + hdr_len, packet + hdr_len + AH_LEN, len - hdr_len);
	packet[v6 ? 6 : 9] = IP_PROTO_ESP;
	if (v6)
		be16_put(packet + 4, (uint16_t)(len - IP6_HDR_LEN));
	else
		fix_outer(packet, len);
	return len;
}

/* For each form: what AH covers of the whole; and, AH once taken off, what ESP covers. */
static void
each_octet_is_covered_by_the_icv_that_should(void)
{
	for (unsigned int i = 0; i < N_FORMS; i++) {
		uint8_t inner[256], packet[512];
		struct pkt *p;
		struct fix f;
		uint32_t len;

		form_init(&f, &forms[i]);
		len = packet_of(&forms[i], inner, 50);
		p = protect(&f, &forms[i], inner, len);
		CU_ASSERT_EQUAL_FATAL(p->next, STAGE_RAW_TX);
		len = p->len;
		memcpy(packet, p->data, len);
		fix_pkt_free(p);
		matrix(&f, forms[i].ah, packet, len);
		if (forms[i].ah && forms[i].esp) {
			len = ah_take_off(packet, len);
			matrix(&f, false, packet, len);
		}
		fix_fini(&f);
	}
}

/* --- headers ------------------------------------------------------------------------------- */

static void
outer_headers_follow_df_class_and_ttl_rules(void)
{
	static const struct {
		uint8_t policy;
		bool inner_df, inner_v6, df;
	} rows[] = {
		{ MSG_DF_COPY, false, false, false },
		{ MSG_DF_COPY, true, false, true },
		{ MSG_DF_COPY, false, true, false },
		{ MSG_DF_SET, false, false, true },
		{ MSG_DF_SET, true, false, true },
		{ MSG_DF_SET, false, true, true },
		{ MSG_DF_CLEAR, false, false, false },
		{ MSG_DF_CLEAR, true, false, false },
		{ MSG_DF_CLEAR, false, true, false },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned int form = 3; form < N_FORMS; form++) {
			uint8_t inner[256], copy[256];
			uint32_t len = rows[i].inner_v6 ? fix_ip6(inner, 17, 40)
							: fix_ip4(inner, 1, 2, 17, 40);
			struct pkt *p;
			struct ip4 ip4;
			struct ip6 ip6;
			struct fix f;

			if (forms[form].transport)
				continue;
			inner[1] = rows[i].inner_v6 ? 0x5f : 0xb9; /* v6: flow label, too */
			if (rows[i].inner_v6)
				inner[0] = 0x6b;
			else
				inner[6] = rows[i].inner_df ? 0x40 : 0;
			if (!rows[i].inner_v6)
				ip4_checksum_set(inner, IP4_HDR_LEN);
			memcpy(copy, inner, len);
			form_init(&f, &forms[form]);
			for (uint32_t id = ESP_OUT; id <= AH_OUT; id += 2)
				if (sadb_get(f.dp.sadb, id) != NULL)
					sadb_get(f.dp.sadb, id)->path.df = rows[i].policy;
			p = protect(&f, &forms[form], inner, len);
			CU_ASSERT_EQUAL_FATAL(p->next, STAGE_RAW_TX);
			if (forms[form].v6) {
				CU_ASSERT_EQUAL(ip6_parse(p->data, p->len, &ip6), DROP_NONE);
				CU_ASSERT_EQUAL(ip6.tclass, rows[i].inner_v6 ? 0xb5 : 0xb9);
				CU_ASSERT_EQUAL(ip6.hop_limit, 64);
				CU_ASSERT_EQUAL(be32_get(p->data) & 0xfffff, 0);
				CU_ASSERT_EQUAL(p->len, 40u + ip6.payload_len);
			} else {
				CU_ASSERT_EQUAL(ip4_parse(p->data, p->len, &ip4), DROP_NONE);
				CU_ASSERT_EQUAL(ip4.tos, rows[i].inner_v6 ? 0xb5 : 0xb9);
				CU_ASSERT_EQUAL(ip4.ttl, 255);
				CU_ASSERT_EQUAL(ip4.df, rows[i].df);
				CU_ASSERT_TRUE(ip4.id != 0 && p->len == ip4.total_len);
			}
			p->n_chain = 0;
			run(&f, p, forms[form].ah ? STAGE_AH_IN : STAGE_ESP_IN);
			CU_ASSERT_EQUAL(p->next, STAGE_SPD_IN);
			CU_ASSERT_TRUE(p->len == len && memcmp(p->data, copy, len) == 0);
			fix_pkt_free(p);
			fix_fini(&f);
		}
	}
}

static uint8_t
class_get(const uint8_t *p)
{
	return p[0] >> 4 == 6 ? (uint8_t)(be16_get(p) >> 4) : p[1];
}

static void
class_put(uint8_t *p, uint8_t tclass)
{
	if (p[0] >> 4 == 6) {
		be16_put(p, (uint16_t)(0x6000 | tclass << 4 | (p[1] & 0xf)));
		return;
	}
	p[1] = tclass;
	ip4_checksum_set(p, IP4_HDR_LEN);
}

/* A mark on the way is brought in, in tunnel mode (RFC 6040); in transport mode it is the packet's. */
static void
congestion_on_the_way_is_told_inside(void)
{
	for (unsigned int i = 0; i < N_FORMS; i++) {
		for (unsigned int ecn = 0; ecn < 4; ecn++) {
			uint8_t inner[128];
			uint32_t len = packet_of(&forms[i], inner, 20);
			bool dropped = ecn == 0 && !forms[i].transport;
			struct pkt *p;
			struct fix f;

			class_put(inner, (uint8_t)(0x20 | ecn));
			form_init(&f, &forms[i]);
			p = protect(&f, &forms[i], inner, len);
			class_put(p->data, class_get(p->data) | 3);
			p->n_chain = 0;
			run(&f, p, forms[i].ah ? STAGE_AH_IN : STAGE_ESP_IN);
			CU_ASSERT_STRING_EQUAL(fix_drop(p), dropped ? "ip_ecn" : "");
			if (!dropped)
				CU_ASSERT_EQUAL(class_get(p->data), 0x23);
			fix_pkt_free(p);
			fix_fini(&f);
		}
	}
}

#define FIXED6                             \
	"60000000"                         \
	"0100"                             \
	"%s"                               \
	"40"                               \
	"20010db8000000000000000000000001" \
	"20010db8000000000000000000000002"

static void
transport_mode_goes_where_the_rfc_says(void)
{
	static const struct {
		const char *what, *next, *rest;
		uint32_t hdr_len, next_at;
		const char *drop;
	} rows[] = {
		{ "no extension", "11", "", 40, 6, NULL },
		{ "hop-by-hop", "00", "1100010400000000", 48, 40, NULL },
		{ "final destination", "3c", "1100010400000000", 40, 6, NULL },
		{ "hop-by-hop, final destination", "00",
			"3c00010400000000"
			"1100010400000000",
			48, 40, NULL },
		{ "destination on the route, routing", "3c",
			"2b00010400000000"
			"1100090000000000",
			56, 48, NULL },
		{ "routing, final destination", "2b",
			"3c00090000000000"
			"1100010400000000",
			48, 40, NULL },
		{ "atomic fragment", "2c", "1100000000000001", 48, 40, NULL },
		{ "first fragment", "2c", "1100000100000001", 0, 0, "ip_fragment" },
		{ "later fragment", "2c", "1100000800000001", 0, 0, "ip_fragment" },
		{ "a header longer than the packet", "00", "1120010400000000", 0, 0,
			"ipsec_headers" },
		{ "nine headers", "3c",
			"3c00010400000000"
			"3c00010400000000"
			"3c00010400000000"
			"3c00010400000000"
			"3c00010400000000"
			"3c00010400000000"
			"3c00010400000000"
			"3c00010400000000"
			"1100010400000000",
			0, 0, "ipsec_headers" },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t packet[512] = { 0 };
		char head[128];
		struct encap e;
		enum drop why;

		snprintf(head, sizeof(head), FIXED6, rows[i].next);
		fix_hex(head, packet);
		fix_hex(rows[i].rest, packet + 40);
		be16_put(packet + 4, 0x60);
		why = encap_split(packet, sizeof(packet), &e);
		if (rows[i].drop != NULL) {
			CU_ASSERT_NOT_EQUAL_FATAL(why, DROP_NONE);
			CU_ASSERT_STRING_EQUAL(drop_info(why)->id, rows[i].drop);
			continue;
		}
		CU_ASSERT_EQUAL(why, DROP_NONE);
		if (e.hdr_len != rows[i].hdr_len || e.next_at != rows[i].next_at) {
			printf("\n%s: %u, %u\n", rows[i].what, e.hdr_len, e.next_at);
			CU_FAIL("another place was expected");
		}
	}
}

static void
transport_mode_refuses_fragments_and_strangers(void)
{
	for (unsigned int i = 0; i < 3; i++) {
		uint8_t packet[256];
		uint32_t len = packet_of(&forms[i], packet, 40);
		struct pkt *p;
		struct fix f;

		form_init(&f, &forms[i]);
		packet[6] = 0x20;
		ip4_checksum_set(packet, IP4_HDR_LEN);
		p = protect(&f, &forms[i], packet, len);
		CU_ASSERT_STRING_EQUAL(fix_drop(p), "ip_fragment");
		fix_pkt_free(p);
		len = fix_ip4(packet, 1, FIX_THEIRS, 17, 40);
		p = protect(&f, &forms[i], packet, len);
		CU_ASSERT_STRING_EQUAL(fix_drop(p), forms[i].esp ? "esp_address" : "ah_address");
		fix_pkt_free(p);
		CU_ASSERT_EQUAL(sadb_get(f.dp.sadb, forms[i].esp ? ESP_OUT : AH_OUT)->dropped, 2);
		fix_fini(&f);
	}
}

static void
a_bundle_without_its_outer_sa_sends_nothing(void)
{
	static const struct form form = { .esp = true, .ah = true };
	uint8_t packet[128];
	uint32_t len = packet_of(&form, packet, 10);
	struct pkt *p;
	struct fix f;

	form_init(&f, &form);
	sadb_del(&f.dp, AH_OUT);
	p = protect(&f, &form, packet, len);
	CU_ASSERT_STRING_EQUAL(fix_drop(p), "spd_incomplete");
	fix_pkt_free(p);
	/* it comes back, and then it is around itself by way of another */
	put_sa(&f, &form, AH_OUT, ALG_CIPHER_NONE, AH_MAC);
	p = protect(&f, &form, packet, len);
	CU_ASSERT_EQUAL(p->next, STAGE_RAW_TX);
	fix_pkt_free(p);
	sadb_get(f.dp.sadb, AH_OUT)->bundle = ESP_OUT;
	sadb_get(f.dp.sadb, AH_OUT)->outer_generation = 0;
	p = protect(&f, &form, packet, len);
	CU_ASSERT_STRING_EQUAL(fix_drop(p), "spd_incomplete");
	fix_pkt_free(p);
	fix_fini(&f);
}

/* What encap_room promises is exact: as long as that fits, one byte more does not. */
static void
the_room_in_an_mtu_is_exact_for_every_form_and_cipher(void)
{
	for (unsigned int cipher = 1; cipher < ALG_CIPHER_N; cipher++) {
		for (unsigned int i = 0; i < N_FORMS; i++) {
			unsigned int auth = fix_pair(cipher, MAC) ? MAC : ALG_AUTH_NONE;
			uint8_t packet[2048];
			uint32_t len = packet_of(&forms[i], packet, 100);
			struct fix f;

			form_init(&f, &forms[i]);
			for (uint32_t id = ESP_OUT; id <= ESP_IN && forms[i].esp; id++) {
				sadb_del(&f.dp, id);
				put_sa(&f, &forms[i], id, cipher, auth);
			}
			for (uint32_t mtu = 576; mtu < 1500; mtu += 37) {
				struct sa *sa =
					sadb_get(f.dp.sadb, forms[i].esp ? ESP_OUT : AH_OUT);
				uint32_t room = encap_room(&f.dp, sa, packet, len, mtu);
				uint32_t head = forms[i].transport && forms[i].v6 ? 40 : 20;
				uint8_t whole[2048];

				for (uint32_t more = 0; more < 2; more++) {
					struct pkt *p = protect(&f, &forms[i], whole,
						packet_of(&forms[i], whole, room - head + more));

					CU_ASSERT_EQUAL(p->next, STAGE_RAW_TX);
					CU_ASSERT_EQUAL(p->len <= mtu, more == 0);
					fix_pkt_free(p);
				}
			}
			CU_ASSERT_EQUAL(
				encap_room(&f.dp,
					sadb_get(f.dp.sadb, forms[i].esp ? ESP_OUT : AH_OUT),
					packet, len, 40),
				0);
			fix_fini(&f);
		}
	}
}

/* The length of a packet of len bytes when it is protected; 0: it cannot be. */
static uint32_t
protected_len(struct fix *f, const struct form *form, uint32_t len)
{
	static uint8_t packet[UINT16_MAX + 64];
	uint32_t head = form->transport && form->v6 ? 40 : 20, sent;
	struct pkt *p;

	packet_of(form, packet, len - head);
	p = protect(f, form, packet, len);
	sent = p->next == STAGE_RAW_TX ? p->len : 0;
	fix_pkt_free(p);
	return sent;
}

/* The oracle is to protect such a packet, and one that is a byte longer. */
static void
what_is_said_to_fit_is_the_most_that_fits(void)
{
	for (unsigned int i = 0; i < N_FORMS; i++) {
		uint32_t least = forms[i].transport && forms[i].v6 ? 40 : 20;
		uint8_t packet[128];
		struct sa *sa;
		struct fix f;

		form_init(&f, &forms[i]);
		sa = sadb_get(f.dp.sadb, forms[i].esp ? ESP_OUT : AH_OUT);
		packet_of(&forms[i], packet, 40);
		for (uint32_t mtu = 0; mtu <= UINT16_MAX;
			mtu = mtu < 600 ? mtu + 1 : mtu * 2 + 77) {
			uint32_t room = encap_room(&f.dp, sa, packet, least + 40, mtu), len;

			CU_ASSERT_TRUE(room < mtu || room == 0);
			if (room >= least)
				CU_ASSERT_TRUE(protected_len(&f, &forms[i], room) <= mtu);
			len = protected_len(&f, &forms[i], room >= least ? room + 1 : least + 1);
			CU_ASSERT_TRUE(len > mtu);
		}
		fix_fini(&f);
	}
}

static void
what_has_no_room_in_the_buffer_is_refused_whole(void)
{
	for (unsigned int i = 0; i < N_FORMS; i++) {
		uint8_t packet[128];
		uint32_t len = packet_of(&forms[i], packet, 11);
		struct pkt *p = fix_pkt_tight(packet, len);
		struct fix f;

		form_init(&f, &forms[i]);
		p->sa = sadb_get(f.dp.sadb, forms[i].esp ? ESP_OUT : AH_OUT);
		run(&f, p, sa_stage_out(p->sa));
		CU_ASSERT_STRING_EQUAL(fix_drop(p), forms[i].esp ? "esp_too_long" : "ah_too_long");
		CU_ASSERT_TRUE(p->len == len && memcmp(p->data, packet, len) == 0);
		CU_ASSERT_EQUAL(p->sa->seq, 0);
		fix_pkt_free(p);
		fix_fini(&f);
	}
}

CU_TestInfo encap_tests[] = {
	{ "every form brings the packet back", every_form_brings_the_packet_back },
	{ "each octet is covered by the ICV that should",
		each_octet_is_covered_by_the_icv_that_should },
	{ "outer headers follow DF, class and TTL rules",
		outer_headers_follow_df_class_and_ttl_rules },
	{ "congestion on the way is told inside", congestion_on_the_way_is_told_inside },
	{ "transport mode goes where the RFC says", transport_mode_goes_where_the_rfc_says },
	{ "transport mode refuses fragments and strangers",
		transport_mode_refuses_fragments_and_strangers },
	{ "a bundle without its outer SA sends nothing",
		a_bundle_without_its_outer_sa_sends_nothing },
	{ "the room in an MTU is exact for every form and cipher",
		the_room_in_an_mtu_is_exact_for_every_form_and_cipher },
	{ "what is said to fit is the most that fits", what_is_said_to_fit_is_the_most_that_fits },
	{ "what has no room in the buffer is refused whole",
		what_has_no_room_in_the_buffer_is_refused_whole },
	CU_TEST_INFO_NULL,
};
