/*
 * Twin of datapath/esp_in.c: what esp_out and the RFCs made is understood, and whatever was done to a
 * packet on its way is dropped under its own name.
 */
#include "config.h"

#include "datapath/esp.h"
#include "datapath/ip4.h"
#include "lib/alg.h"
#include "lib/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/suites.h"

#define NUL ALG_CIPHER_null
#define AES ALG_CIPHER_aes_cbc_128
#define SHA ALG_AUTH_hmac_sha2_256_128

/* A datapath with an SA to seal with and the one that opens. */
struct pair {
	struct fix f;
	struct sa *out;
	struct sa *in;
};

static void
pair_init(struct pair *x, unsigned int cipher, unsigned int auth)
{
	fix_init(&x->f);
	x->out = fix_sa(&x->f, 1, false, cipher, auth);
	x->in = fix_sa(&x->f, 2, true, cipher, auth);
	if (x->out == NULL || x->in == NULL)
		abort();
}

/* Receives a packet; the drop, "" when it went on to spd_in. */
static const char *
received(struct pair *x, const uint8_t *packet, uint32_t len)
{
	struct pkt *p = fix_pkt_tight(packet, len);
	const char *drop;

	fix_run(&x->f, esp_in_stage, p);
	drop = fix_drop(p);
	CU_ASSERT_TRUE(p->next == STAGE_DROP || p->next == STAGE_SPD_IN);
	fix_pkt_free(p);
	return drop;
}

/* RFC 3602 section 4, cases 7 and 8 (tunnel mode): SPI 0x8765, without ICV. */
static const struct {
	const char *iv, *text, *plain;
	uint32_t seq, inner_len;
} tunnels[] = {
	{ "f4e765244f6407adf13dc1380f673f37",
		"773b5241a4c449225e4f3ce5ed611b0c237ca96cf74a93013c1b0ea1a0cf70f8e4ecaec78ac53aad7a"
		"0f022b"
		"859243c647752e94a859352b8a4d4d2decd136e5c177f132ad3fbfb2201ac9904c74ee0a109e0ca1e4"
		"dfe9d5"
		"a100b842f1c22f0d",
		"45000054090400004001f988c0a87b03c0a87bc808009f76a90a0100b49c083d02a2040008090a0b0c"
		"0d0e0f"
		"101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637",
		2, 84 },
	{ "85d47224b5f3dd5d2101d4ea8dffab22",
		"15b92683819596a8047232cc00f7048fe45318e11f8a0f62ede3c3fc61203bb50f980a08c9843fd3a1"
		"b06d5c"
		"07ff9639b7eb7dfb3512e5de435e7207ed971ef3d2726d9b5ef6affc6d17a0decbb13892",
		"45000044090c00004001f990c0a87b03c0a87bc80800d63caa0a0200c69c083da3de0300ffffffffff"
		"ffffff"
		"ffffffffffffffffffffffffffffffffffffffffffffffff",
		5, 68 },
};

static void
the_tunnel_packets_of_rfc_3602_are_opened(void)
{
	struct fix f;
	struct msg_dp_sa m;

	fix_init(&f);
	fix_msg(&m, 1, true, AES, ALG_AUTH_NONE);
	m.spi = 0x8765;
	fix_hex("0123456789abcdef0123456789abcdef", m.cipher_key.data);
	CU_ASSERT_EQUAL(sadb_put(&f.dp, &m, NULL), 0);
	for (unsigned int i = 0; i < 2; i++) {
		uint8_t packet[256], plain[256];
		uint32_t text_len = fix_hex(tunnels[i].text, packet + 20 + 8 + 16);
		struct pkt *p;

		fix_ip4(packet, FIX_OURS, FIX_THEIRS, 50, 0);
		be32_put(packet + 20, 0x8765);
		be32_put(packet + 24, tunnels[i].seq);
		fix_hex(tunnels[i].iv, packet + 28);
		fix_outer(packet, 44 + text_len);
		p = fix_pkt_tight(packet, 44 + text_len);
		fix_run(&f, esp_in_stage, p);
		CU_ASSERT_STRING_EQUAL(fix_drop(p), "");
		CU_ASSERT_EQUAL_FATAL(p->len, tunnels[i].inner_len);
		CU_ASSERT_EQUAL(fix_hex(tunnels[i].plain, plain), p->len);
		CU_ASSERT_EQUAL(memcmp(p->data, plain, p->len), 0);
		fix_pkt_free(p);
	}
	fix_fini(&f);
}

static void
what_esp_out_made_comes_out_again_for_every_pair_of_algorithms(void)
{
	for (unsigned int cipher = 1; cipher < ALG_CIPHER_N; cipher++) {
		for (unsigned int auth = 0; auth < ALG_AUTH_N; auth++) {
			struct pair x;
			uint64_t bytes = 0;
			uint32_t n = 0;

			if (!fix_pair(cipher, auth))
				continue;
			pair_init(&x, cipher, auth);
			for (uint32_t size = 0; size < 1400;
				size = size < 40 ? size + 1 : size * 3) {
				uint8_t inner[2048];
				uint32_t len = n % 4 == 3 ? fix_ip6(inner, 59, size)
							  : fix_ip4(inner, 1, 2, 17, size);
				struct pkt *p = fix_pkt(inner, len);

				p->sa = x.out;
				fix_run(&x.f, esp_out_stage, p);
				CU_ASSERT_EQUAL(p->next, STAGE_RAW_TX);
				p->sa = NULL;
				fix_run(&x.f, esp_in_stage, p);
				CU_ASSERT_EQUAL_FATAL(p->next, STAGE_SPD_IN);
				CU_ASSERT_TRUE(p->sa == x.in && p->port == FIX_PORT);
				CU_ASSERT_TRUE(p->len == len && memcmp(p->data, inner, len) == 0);
				fix_pkt_free(p);
				bytes += len;
				n++;
			}
			CU_ASSERT_TRUE(
				x.in->packets == n && x.in->bytes == bytes && x.in->dropped == 0);
			CU_ASSERT_TRUE(x.f.stats.ipsec_in_packets == n &&
				x.f.stats.ipsec_in_bytes == bytes);
			fix_fini(&x.f);
		}
	}
}

static void
a_packet_cut_at_any_length_is_dropped(void)
{
	struct pair x;
	uint8_t inner[128], packet[512], cut[512];
	uint32_t len;

	pair_init(&x, AES, SHA);
	len = fix_seal_packet(&x.f, x.out, 1, inner, fix_ip4(inner, 1, 2, 17, 60), packet);
	for (uint32_t n = 0; n < len; n++) {
		uint32_t esp = n < 20 ? 0 : n - 20;
		const char *expected = "esp_auth";

		/* as it would arrive: the outer header knows of nothing, */
		CU_ASSERT_STRING_EQUAL(received(&x, packet, n), "ip_short");
		/* or it was cut by somebody who repairs that */
		if (n < 20)
			continue;
		memcpy(cut, packet, n);
		fix_outer(cut, n);
		if (esp < 8 + 16 + 16 + 16 || (esp - 8) % 16 != 0)
			expected = "esp_short";
		CU_ASSERT_STRING_EQUAL(received(&x, cut, n), expected);
	}
	CU_ASSERT_STRING_EQUAL(received(&x, packet, len), "");
	fix_fini(&x.f);
}

/* What a flipped bit must lead to, by the byte it is in; the outer header's checksum is repaired. */
static const char *
expected_for_flip(const uint8_t *packet, uint32_t bit)
{
	uint32_t byte = bit / 8;

	if (byte >= 28)
		return "esp_auth";
	if (byte >= 24) /* number 1 becomes 0, or another */
		return be32_get(packet + 24) == 0 ? "esp_replay" : "esp_auth";
	if (byte >= 20)
		return "esp_no_sa";
	if (byte >= 12)
		return "esp_address";
	return NULL;
}

static void
every_flipped_bit_is_noticed(void)
{
	static const unsigned int ciphers[] = { AES, ALG_CIPHER_3des_cbc, NUL };

	for (unsigned int i = 0; i < 3; i++) {
		struct pair x;
		uint8_t inner[128], packet[512], bad[512];
		uint32_t len;

		pair_init(&x, ciphers[i], SHA);
		len = fix_seal_packet(&x.f, x.out, 1, inner, fix_ip4(inner, 1, 2, 17, 60), packet);
		for (uint32_t bit = 0; bit < len * 8; bit++) {
			const char *drop;

			memcpy(bad, packet, len);
			bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
			if (bit < 20 * 8) {
				/* IHL, version, length are looked at before the checksum */
				drop = received(&x, bad, len);
				CU_ASSERT_TRUE(strncmp(drop, "ip", 2) == 0);
				if (bit < 12 * 8)
					continue;
				ip4_checksum_set(bad, 20);
			}
			drop = received(&x, bad, len);
			if (strcmp(drop, expected_for_flip(bad, bit)) != 0) {
				printf("\nbit %u of byte %u: %s\n", bit % 8, bit / 8, drop);
				CU_FAIL("another drop was expected");
			}
			CU_ASSERT_EQUAL(x.in->slot->seq, 0); /* no forger moves the window */
		}
		CU_ASSERT_STRING_EQUAL(received(&x, packet, len), "");
		fix_fini(&x.f);
	}
}

static void
outer_fields_that_change_on_the_way_do_no_harm(void)
{
	static const struct {
		unsigned int byte;
		uint8_t value;
		const char *drop;
	} rows[] = {
		{ 1, 0xb8, "" },	    /* DSCP */
		{ 4, 0x12, "" },	    /* identification */
		{ 8, 1, "" },		    /* TTL */
		{ 6, 0x40, "" },	    /* DF */
		{ 6, 0x20, "ip_fragment" }, /* MF */
		{ 7, 1, "ip_fragment" },    /* a later fragment */
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair x;
		uint8_t inner[128], packet[512];
		uint32_t len;

		pair_init(&x, AES, SHA);
		len = fix_seal_packet(&x.f, x.out, 1, inner, fix_ip4(inner, 1, 2, 17, 60), packet);
		packet[rows[i].byte] = rows[i].value;
		ip4_checksum_set(packet, 20);
		CU_ASSERT_STRING_EQUAL(received(&x, packet, len), rows[i].drop);
		fix_fini(&x.f);
	}
}

static void
bytes_behind_the_outer_packet_are_ignored(void)
{
	struct pair x;
	uint8_t inner[128], packet[512] = { 0 };
	uint32_t len;

	pair_init(&x, AES, SHA);
	len = fix_seal_packet(&x.f, x.out, 1, inner, fix_ip4(inner, 1, 2, 17, 60), packet);
	CU_ASSERT_STRING_EQUAL(received(&x, packet, len + 13), "");
	fix_fini(&x.f);
}

static void
outer_options_are_stepped_over(void)
{
	struct pair x;
	uint8_t inner[128], packet[512], with[512];
	uint32_t len;

	pair_init(&x, AES, SHA);
	len = fix_seal_packet(&x.f, x.out, 1, inner, fix_ip4(inner, 1, 2, 17, 60), packet);
	memcpy(with, packet, 20);
	memset(with + 20, 1, 4); /* four NOPs */
	memcpy(with + 24, packet + 20, len - 20);
	with[0] = 0x46;
	be16_put(with + 2, (uint16_t)(len + 4));
	ip4_checksum_set(with, 24);
	CU_ASSERT_STRING_EQUAL(received(&x, with, len + 4), "");
	fix_fini(&x.f);
}

static void
a_packet_seen_before_is_a_replay(void)
{
	struct pair x;
	uint8_t inner[128], packet[2][512];
	uint32_t inner_len = fix_ip4(inner, 1, 2, 17, 60), len;
	struct pkt *twice[2];

	pair_init(&x, AES, SHA);
	len = fix_seal_packet(&x.f, x.out, 1, inner, inner_len, packet[0]);
	CU_ASSERT_STRING_EQUAL(received(&x, packet[0], len), "");
	CU_ASSERT_STRING_EQUAL(received(&x, packet[0], len), "esp_replay");
	/* far ahead; then what has fallen out of the window of 64 */
	fix_seal_packet(&x.f, x.out, 101, inner, inner_len, packet[0]);
	CU_ASSERT_STRING_EQUAL(received(&x, packet[0], len), "");
	fix_seal_packet(&x.f, x.out, 37, inner, inner_len, packet[0]);
	CU_ASSERT_STRING_EQUAL(received(&x, packet[0], len), "esp_replay");
	fix_seal_packet(&x.f, x.out, 38, inner, inner_len, packet[0]);
	CU_ASSERT_STRING_EQUAL(received(&x, packet[0], len), "");
	/* both copies in one batch: the window is asked again behind the ICV */
	fix_seal_packet(&x.f, x.out, 200, inner, inner_len, packet[0]);
	for (unsigned int i = 0; i < 2; i++)
		twice[i] = fix_pkt_tight(packet[0], len);
	esp_in_stage(&x.f.dp, twice, 2);
	CU_ASSERT_EQUAL(twice[0]->next, STAGE_SPD_IN);
	CU_ASSERT_STRING_EQUAL(fix_drop(twice[1]), "esp_replay");
	CU_ASSERT_EQUAL(x.in->dropped, 3);
	for (unsigned int i = 0; i < 2; i++)
		fix_pkt_free(twice[i]);
	fix_fini(&x.f);
}

static void
with_the_window_off_a_packet_may_come_again(void)
{
	struct pair x;
	uint8_t inner[128], packet[512];
	uint32_t len;

	pair_init(&x, AES, SHA);
	x.in->window = 0;
	len = fix_seal_packet(&x.f, x.out, 9, inner, fix_ip4(inner, 1, 2, 17, 60), packet);
	CU_ASSERT_STRING_EQUAL(received(&x, packet, len), "");
	CU_ASSERT_STRING_EQUAL(received(&x, packet, len), "");
	fix_fini(&x.f);
}

/* One text of the NULL cipher, authentic but odd. inner: an IPv4 packet of 28 bytes in front. */
static void
authentic_but_odd_texts_are_dropped_by_name(void)
{
	static const struct {
		const char *what;
		bool inner;
		const char *rest;
		const char *drop;
	} rows[] = {
		{ "as it should be", true, "01020204", "" },
		{ "no padding, two bytes of traffic flow padding", true, "45000004", "" },
		{ "padding of zeros", true, "00000204", "esp_pad" },
		{ "padding that counts from 0", true, "00010204", "esp_pad" },
		{ "padding backwards", true, "02010204", "esp_pad" },
		{ "the last pad byte wrong", true, "0102030405ff0604", "esp_pad" },
		{ "pad length one too many", true, "01020304", "esp_pad" },
		{ "pad length to the first byte", false, "01020204", "esp_inner" },
		{ "pad length before the first byte", false, "01020304", "esp_pad" },
		{ "pad length 255", true, "0102ff04", "esp_pad" },
		{ "next header 6", true, "01020206", "esp_next_header" },
		{ "next header 0", true, "01020200", "esp_next_header" },
		{ "next header 50", true, "01020232", "esp_next_header" },
		{ "IPv4 announced as IPv6", true, "01020229", "esp_inner" },
		{ "a dummy packet", true, "0102023b", "esp_dummy" },
		{ "traffic flow padding", true, "a5a5a5a5a5a5a5a501020204", "" },
		{ "nothing inside", false, "01020204", "esp_inner" },
		{ "nothing inside, dummy", false, "0102023b", "esp_dummy" },
		{ "a header and no more", false,
			"4500001400000000401166d70000000100000002"
			"01020204",
			"" },
		{ "a header less one byte", false,
			"45000014000000004011bae700000001000000"
			"0102030304",
			"esp_inner" },
		{ "total length beyond the text", false,
			"45000016000000004011bad50000000100000002"
			"01020204",
			"esp_inner" },
		{ "IPv6, payload beyond the text", false,
			"6000000000013b4000000000000000000000000000000001"
			"00000000000000000000000000000002"
			"01020229",
			"esp_inner" },
		{ "IPv6 without payload", false,
			"6000000000003b4000000000000000000000000000000001"
			"00000000000000000000000000000002"
			"01020229",
			"" },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair x;
		uint8_t text[256], packet[512];
		uint32_t inner_len = rows[i].inner ? fix_ip4(text, 1, 2, 17, 8) : 0, len;
		const char *drop;

		pair_init(&x, NUL, SHA);
		len = inner_len + fix_hex(rows[i].rest, text + inner_len);
		if (!rows[i].inner && text[0] == 0x45 && strcmp(rows[i].drop, "esp_inner") != 0)
			ip4_checksum_set(text, 20);
		len = fix_seal(&x.f, x.out, 1, text, len, packet);
		drop = received(&x, packet, len);
		if (strcmp(drop, rows[i].drop) != 0) {
			printf("\n%s: %s\n", rows[i].what, drop);
			CU_FAIL("another drop was expected");
		}
		fix_fini(&x.f);
	}
}

static void
an_inner_header_that_is_damaged_is_dropped(void)
{
	struct pair x;
	uint8_t inner[128], packet[512];
	uint32_t inner_len = fix_ip4(inner, 1, 2, 17, 60), len;

	pair_init(&x, AES, SHA);
	for (uint32_t byte = 0; byte < 20; byte++) {
		uint8_t was = inner[byte];

		inner[byte] ^= 0x11;
		len = fix_seal_packet(&x.f, x.out, byte + 1, inner, inner_len, packet);
		CU_ASSERT_STRING_EQUAL(received(&x, packet, len), "esp_inner");
		inner[byte] = was;
	}
	fix_fini(&x.f);
}

/* RFC 6040 figure 4, for the cells that change something. */
static void
congestion_marks_of_the_outside_come_inside(void)
{
	static const struct {
		uint8_t inner, outer, result;
		const char *drop;
	} rows[] = {
		{ 0, 0, 0, "" },
		{ 0, 3, 0, "ip_ecn" },
		{ 2, 3, 3, "" },
		{ 1, 3, 3, "" },
		{ 2, 1, 1, "" },
		{ 3, 0, 3, "" },
		{ 0xb8, 0, 0xb8, "" },
		{ 0xba, 0x03, 0xbb, "" },
	};
	struct pair x;
	struct ip4 ip;

	pair_init(&x, AES, SHA);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t inner[128], packet[512];
		uint32_t inner_len = fix_ip4(inner, 1, 2, 17, 60), len;
		struct pkt *p;

		inner[1] = rows[i].inner;
		ip4_checksum_set(inner, 20);
		len = fix_seal_packet(&x.f, x.out, i + 1, inner, inner_len, packet);
		packet[1] = rows[i].outer;
		ip4_checksum_set(packet, 20);
		p = fix_pkt_tight(packet, len);
		fix_run(&x.f, esp_in_stage, p);
		CU_ASSERT_STRING_EQUAL(fix_drop(p), rows[i].drop);
		if (rows[i].drop[0] == '\0') {
			CU_ASSERT_EQUAL(ip4_parse(p->data, p->len, &ip), DROP_NONE);
			CU_ASSERT_EQUAL(ip.tos, rows[i].result);
		}
		fix_pkt_free(p);
	}
	fix_fini(&x.f);
}

static void
a_wrong_key_without_icv_is_seen_in_the_padding(void)
{
	struct pair x;
	struct msg_dp_sa m;
	uint8_t inner[128], packet[512];
	uint32_t len;

	pair_init(&x, AES, ALG_AUTH_NONE);
	fix_msg(&m, 2, true, AES, ALG_AUTH_NONE);
	m.cipher_key.data[3] ^= 1;
	CU_ASSERT_EQUAL(sadb_put(&x.f.dp, &m, NULL), 0);
	x.in = sadb_get(x.f.dp.sadb, 2);
	len = fix_seal_packet(&x.f, x.out, 1, inner, fix_ip4(inner, 1, 2, 17, 60), packet);
	CU_ASSERT_STRING_NOT_EQUAL(received(&x, packet, len), "");
	fix_fini(&x.f);
}

static void
drops_are_counted_at_the_sa_they_belong_to(void)
{
	struct pair x;
	uint8_t inner[128], packet[512];
	uint32_t len;

	pair_init(&x, AES, SHA);
	len = fix_seal_packet(&x.f, x.out, 1, inner, fix_ip4(inner, 1, 2, 17, 60), packet);
	packet[len - 1] ^= 1;
	CU_ASSERT_STRING_EQUAL(received(&x, packet, len), "esp_auth");
	CU_ASSERT_EQUAL(x.in->dropped, 1);
	packet[20] ^= 1;
	CU_ASSERT_STRING_EQUAL(received(&x, packet, len), "esp_no_sa");
	CU_ASSERT_TRUE(x.in->dropped == 1 && x.in->packets == 0 && x.f.stats.ipsec_in_packets == 0);
	fix_fini(&x.f);
}

/* Packets in any order around 2^32, as seen by a receiver with each window: what the model of 64-bit
 * numbers says, though only 32 bits travel. */
static void
esn_crosses_every_boundary_with_every_window(void)
{
	static const uint32_t windows[] = { 32, 64, 1024, 4096 };
	static const unsigned int ciphers[] = { AES, ALG_CIPHER_aes_gcm_128,
		ALG_CIPHER_aes_gmac_128 };
	enum { N = 60, BASE_BACK = 30 };
	uint8_t inner[64], packet[256];
	uint32_t len = fix_ip4(inner, 1, 2, 17, 8);

	for (unsigned int i = 0; i < 12; i++) {
		unsigned int cipher = ciphers[i % 3];
		uint32_t window = windows[i / 3], random = 99 + i;
		uint64_t base = (UINT64_C(3) << 32) - BASE_BACK - window / 2, highest = 0;
		bool seen[2 * 4096] = { false };
		struct msg_dp_sa m;
		struct pair x;

		memset(&x, 0, sizeof(x));
		fix_init(&x.f);
		fix_msg(&m, 1, false, cipher, fix_pair(cipher, SHA) ? SHA : ALG_AUTH_NONE);
		m.esn = true;
		CU_ASSERT_EQUAL(sadb_put(&x.f.dp, &m, NULL), 0);
		m.sa = m.slot = 2;
		m.inbound = true;
		m.replay_window = window;
		CU_ASSERT_EQUAL(sadb_put(&x.f.dp, &m, NULL), 0);
		x.out = sadb_get(x.f.dp.sadb, 1);
		x.f.slots[2].seq = base - 1;
		highest = base - 1;
		for (unsigned int j = 0; j < N * 4; j++) {
			uint32_t step = fix_random(&random) % (window + N);
			uint64_t seq = base + step;
			bool fresh = !seen[step] && (seq > highest || highest - seq < window);
			const char *drop;

			drop = received(
				&x, packet, fix_seal_packet(&x.f, x.out, seq, inner, len, packet));
			CU_ASSERT_STRING_EQUAL(drop, fresh ? "" : drop);
			if (!fresh) /* too old: taken for a number of the next 2^32, which it is not */
				CU_ASSERT_TRUE(strcmp(drop, "esp_replay") == 0 ||
					strcmp(drop, "esp_auth") == 0);
			if (fresh) {
				seen[step] = true;
				highest = seq > highest ? seq : highest;
			}
		}
		CU_ASSERT_EQUAL(x.f.slots[2].seq, highest);
		fix_fini(&x.f);
	}
}

struct move {
	unsigned int n;
	uint32_t source;
	uint16_t port;
};

static void
on_moved(void *arg, struct sa *sa, const struct addr *source, uint16_t port)
{
	struct move *m = arg;

	m->n++;
	m->source = addr_u32(source);
	m->port = port;
}

/* Behind a NAT the peer's address and port may change; only its newest authentic packet says so. */
static void
a_peer_behind_a_nat_is_seen_to_move(void)
{
	static const struct {
		const char *what;
		uint32_t source, seq;
		uint16_t sa_port, port;
		bool may_move, forged;
		const char *drop;
		unsigned int moves;
	} rows[] = {
		{ "where it was", FIX_OURS, 10, 4500, 4500, true, false, "", 0 },
		{ "another port", FIX_OURS, 10, 4500, 1024, true, false, "", 1 },
		{ "another address", FIX_OURS + 9, 10, 4500, 4500, true, false, "", 1 },
		{ "another address, not the newest", FIX_OURS + 9, 4, 4500, 4500, true, false, "",
			0 },
		{ "another address, forged", FIX_OURS + 9, 10, 4500, 4500, true, true, "esp_auth",
			0 },
		{ "another address, a replay", FIX_OURS + 9, 5, 4500, 4500, true, false,
			"esp_replay", 0 },
		{ "another address, but not in UDP", FIX_OURS + 9, 10, 4500, 0, true, false,
			"esp_address", 0 },
		{ "another address, an SA not in UDP", FIX_OURS + 9, 10, 0, 0, true, false,
			"esp_address", 0 },
		{ "in UDP, an SA not in UDP", FIX_OURS, 10, 0, 4500, true, false, "esp_address",
			0 },
		{ "only we are behind a NAT: where it was", FIX_OURS, 10, 4500, 4500, false, false,
			"", 0 },
		{ "only we are behind a NAT: another port", FIX_OURS, 10, 4500, 1024, false, false,
			"esp_address", 0 },
		{ "only we are behind a NAT: another address", FIX_OURS + 9, 10, 4500, 4500, false,
			false, "esp_address", 0 },
	};
	uint8_t inner[128], packet[512];
	uint32_t inner_len = fix_ip4(inner, 1, 2, 17, 40);

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct move move = { 0 };
		struct msg_dp_sa m;
		struct pair x;
		struct pkt *p;
		uint32_t len;

		pair_init(&x, AES, SHA);
		sadb_on_moved(x.f.dp.sadb, on_moved, &move);
		CU_ASSERT_STRING_EQUAL(
			received(&x, packet,
				fix_seal_packet(&x.f, x.out, 5, inner, inner_len, packet)),
			"");
		fix_msg(&m, x.in->id, true, AES, SHA);
		m.encap_local = m.encap_remote = rows[i].sa_port;
		m.may_move = rows[i].may_move;
		CU_ASSERT_EQUAL(sadb_put(&x.f.dp, &m, NULL), 0); /* the same, told again */
		len = fix_seal_packet(&x.f, x.out, rows[i].seq, inner, inner_len, packet);
		packet[len - 1] ^= rows[i].forged;
		be32_put(packet + 12, rows[i].source);
		fix_outer(packet, len);
		p = fix_pkt_tight(packet, len);
		p->encap_remote = rows[i].port;
		fix_run(&x.f, esp_in_stage, p);
		if (strcmp(fix_drop(p), rows[i].drop) != 0 || move.n != rows[i].moves) {
			printf("\n%s: %s, %u\n", rows[i].what, fix_drop(p), move.n);
			CU_FAIL("the table says otherwise");
		}
		if (move.n != 0)
			CU_ASSERT_TRUE(move.source == rows[i].source && move.port == rows[i].port);
		fix_pkt_free(p);
		fix_fini(&x.f);
	}
}

CU_TestInfo esp_in_tests[] = {
	{ "the tunnel packets of RFC 3602 are opened", the_tunnel_packets_of_rfc_3602_are_opened },
	{ "what esp_out made comes out again for every pair of algorithms",
		what_esp_out_made_comes_out_again_for_every_pair_of_algorithms },
	{ "a packet cut at any length is dropped", a_packet_cut_at_any_length_is_dropped },
	{ "every flipped bit is noticed", every_flipped_bit_is_noticed },
	{ "outer fields that change on the way do no harm",
		outer_fields_that_change_on_the_way_do_no_harm },
	{ "bytes behind the outer packet are ignored", bytes_behind_the_outer_packet_are_ignored },
	{ "outer options are stepped over", outer_options_are_stepped_over },
	{ "a packet seen before is a replay", a_packet_seen_before_is_a_replay },
	{ "with the window off a packet may come again",
		with_the_window_off_a_packet_may_come_again },
	{ "authentic but odd texts are dropped by name",
		authentic_but_odd_texts_are_dropped_by_name },
	{ "an inner header that is damaged is dropped",
		an_inner_header_that_is_damaged_is_dropped },
	{ "congestion marks of the outside come inside",
		congestion_marks_of_the_outside_come_inside },
	{ "a wrong key without ICV is seen in the padding",
		a_wrong_key_without_icv_is_seen_in_the_padding },
	{ "drops are counted at the SA they belong to",
		drops_are_counted_at_the_sa_they_belong_to },
	{ "ESN crosses every boundary with every window",
		esn_crosses_every_boundary_with_every_window },
	{ "a peer behind a NAT is seen to move", a_peer_behind_a_nat_is_seen_to_move },
	CU_TEST_INFO_NULL,
};
