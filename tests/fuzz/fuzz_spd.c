/*
 * Fuzzes the SPD: a list of rules and a packet, both from the input. The answer of the cache must be the
 * answer of the list, and a later fragment must never leave in clear where a rule for ports would
 * have protected it. An ICMP error must go where the answer to the packet that it quotes would go, in nothing
 * less when it is cut short, and nothing else gets in by its quote.
 */
#include "config.h"

#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/quote.h"
#include "datapath/selector.h"
#include "datapath/spd.h"
#include "lib/alg.h"
#include "lib/buf.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/datapath/esp_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { OUT = 1, IN = 2, RULES_MAX = 8, PACKET_MAX = 512, ICMP_HDR_LEN = 8 };
enum { SHAPE_PROTOCOL = 0x80, SHAPE_SOURCE = 0x40, SHAPE_DESTINATION = 0x20, SHAPE_PORTS = 0x10 };
enum { SHAPE_ICMP = 8, SHAPE_V6 = 4, ERROR_MADE = 0x80 };

static struct fix *
world(void)
{
	static struct fix f;
	static bool ready;

	if (!ready) {
		fix_init(&f);
		if (fix_sa(&f, OUT, false, ALG_CIPHER_null, ALG_AUTH_hmac_md5_96) == NULL ||
			fix_sa(&f, IN, true, ALG_CIPHER_null, ALG_AUTH_hmac_md5_96) == NULL)
			abort();
		ready = true;
	}
	return &f;
}

/* An address and the bits of it that do not count: all, where the shape says so. */
static void
address_from(struct rbuf *b, bool v6, bool counts, struct addr *a, struct addr *wildcard)
{
	*a = v6 ? (struct addr){ .af = AF_INET6 } : addr_v4(0);
	*wildcard = *a;
	rbuf_copy(b, a->b, addr_len(a));
	memset(wildcard->b, 0xff, addr_len(a));
	if (counts)
		rbuf_copy(b, wildcard->b, addr_len(a));
}

static struct msg_dp_spd_rule
rule_from(struct rbuf *b)
{
	uint8_t shape = rbuf_u8(b);
	bool v6 = shape & SHAPE_V6;
	struct msg_dp_spd_rule r = { .port = FIX_PORT,
		.action = shape % 3,
		.protocol = shape & SHAPE_PROTOCOL ? rbuf_u8(b) : 0,
		.source_port_high = 65535,
		.destination_port_high = 65535,
		.icmp_type = 0xffff,
		.icmp_code = 0xffff,
		.sa_out = OUT,
		.sa_in = IN };

	address_from(b, v6, shape & SHAPE_SOURCE, &r.source, &r.source_wildcard);
	address_from(b, v6, shape & SHAPE_DESTINATION, &r.destination, &r.destination_wildcard);
	if (shape & SHAPE_PORTS) {
		r.destination_port_low = rbuf_u16(b);
		r.destination_port_high = rbuf_u16(b);
	} else if (shape & SHAPE_ICMP) {
		r.icmp_type = rbuf_u8(b);
	}
	return r;
}

static uint8_t
leaving(struct fix *f, const uint8_t *packet, uint32_t len)
{
	struct pkt *p = fix_pkt_tight(packet, len);
	uint8_t next;

	p->port = FIX_PORT;
	fix_run(f, spd_out_stage, p);
	next = p->next;
	fix_pkt_free(p);
	return next;
}

static uint8_t
arriving(struct fix *f, const uint8_t *packet, uint32_t len)
{
	struct pkt *p = fix_pkt_tight(packet, len);
	uint8_t next;

	p->sa = sadb_get(f->dp.sadb, IN);
	fix_run(f, spd_in_stage, p);
	next = p->next;
	fix_pkt_free(p);
	return next;
}

/* Lengths and checksum as they should be: of a packet cut to len. */
static void
outer(uint8_t *p, uint32_t len)
{
	if (p[0] >> 4 == 6) {
		be16_put(p + 4, (uint16_t)(len - IP6_HDR_LEN));
		return;
	}
	be16_put(p + 2, (uint16_t)len);
	ip4_checksum_set(p, (p[0] & 15) * 4u);
}

/* Is there a header whose lengths can be made right? */
static bool
is_packet(const uint8_t *p, uint32_t len)
{
	if (len >= IP6_HDR_LEN && p[0] >> 4 == 6)
		return true;
	return len >= IP4_HDR_LEN && p[0] >> 4 == 4 && (p[0] & 15) >= 5 && (p[0] & 15) * 4u <= len;
}

/* --- ICMP errors ---------------------------------------------------------------------------- */

/* Puts an error about the packet in front of it, from an address of the input to the packet's sender. */
static uint32_t
error_around(uint8_t *packet, uint32_t len, uint8_t salt)
{
	bool v6 = packet[0] >> 4 == 6;
	uint32_t head = (v6 ? IP6_HDR_LEN : IP4_HDR_LEN) + ICMP_HDR_LEN;
	uint8_t *quote = packet + head;

	memmove(quote, packet, len);
	memset(packet, 0, head);
	packet[0] = v6 ? 0x60 : 0x45;
	packet[v6 ? 6 : 9] = v6 ? 58 : 1;
	packet[v6 ? 8 : 12] = salt;
	memcpy(packet + (v6 ? 24 : 16), quote + (v6 ? 8 : 12), v6 ? IP6_ADDR_LEN : 4);
	packet[head - ICMP_HDR_LEN] = v6 ? 1 + salt % 4 : 11 + salt % 2;
	outer(packet, head + len);
	return head + len;
}

/* The answer to a quoted UDP or TCP packet without options: made of it by hand. 0: it is none such. */
static uint32_t
answer_to(const uint8_t *quote, uint32_t len, uint8_t *out)
{
	bool v6 = quote[0] >> 4 == 6;
	uint32_t hdr = v6 ? IP6_HDR_LEN : IP4_HDR_LEN, addr = v6 ? IP6_ADDR_LEN : 4;
	uint32_t at = v6 ? 8 : 12;
	uint8_t protocol;

	if (len < hdr + 4 || (!v6 && (quote[0] != 0x45 || (be16_get(quote + 6) & 0x3fff) != 0)))
		return 0;
	protocol = quote[v6 ? 6 : 9];
	if ((protocol != IP_PROTO_TCP && protocol != IP_PROTO_UDP) ||
		(be16_get(quote + (v6 ? 4 : 2)) < (v6 ? 4 : 24)))
		return 0;
	memcpy(out, quote, hdr + 4);
	memcpy(out + at, quote + at + addr, addr);
	memcpy(out + at + addr, quote + at, addr);
	be16_put(out + hdr, be16_get(quote + hdr + 2));
	be16_put(out + hdr + 2, be16_get(quote + hdr));
	outer(out, hdr + 4);
	return hdr + 4;
}

/* The error is in packet, its quote begins at head. */
static void
judged(struct fix *f, uint8_t *packet, uint32_t len, uint32_t head)
{
	uint8_t answer[PACKET_MAX], back[PACKET_MAX], by_itself, out, in;
	uint32_t n = answer_to(packet + head, len - head, answer);
	bool enters_by_itself;

	out = leaving(f, packet, len);
	in = arriving(f, packet, len);
	/* the same error without a quote that can be read */
	memcpy(back, packet, len);
	back[head] = 0;
	by_itself = leaving(f, back, len);
	enters_by_itself = arriving(f, back, len) == STAGE_TUN_TX;
	if (n != 0 && leaving(f, answer, n) != STAGE_BYPASS_TX)
		FUZZ_MUST(out != STAGE_BYPASS_TX);
	/* what is quoted must have left by the SA that the error comes from */
	if (n != 0 && in == STAGE_TUN_TX && !enters_by_itself) {
		FUZZ_MUST(answer_to(answer, n, back) == n);
		FUZZ_MUST(leaving(f, back, n) == STAGE_SA_OUT);
	}
	if (out != STAGE_SA_OUT || by_itself == STAGE_SA_OUT)
		return;
	for (uint32_t cut = len; cut-- > head - ICMP_HDR_LEN + 2;) {
		outer(packet, cut);
		FUZZ_MUST(leaving(f, packet, cut) != STAGE_BYPASS_TX);
	}
}

/* --- all others ----------------------------------------------------------------------------- */

static void
as_it_is(struct fix *f, uint8_t *packet, uint32_t len)
{
	struct selector s, back, quoted;
	uint8_t first;

	first = leaving(f, packet, len);
	FUZZ_MUST(first == leaving(f, packet, len));
	FUZZ_MUST(arriving(f, packet, len) == arriving(f, packet, len));
	if (selector_read(packet, len, false, &s) != DROP_NONE) {
		FUZZ_MUST(first == STAGE_DROP);
		return;
	}
	FUZZ_MUST(selector_read(packet, len, true, &back) == DROP_NONE && back.seen == s.seen);
	if (quote_selector(packet, len, false, &quoted)) {
		FUZZ_MUST(quoted.af == s.af && !quote_is_in(&quoted));
		FUZZ_MUST(quote_selector(packet, len, true, &back) && back.seen == quoted.seen);
	}
	if (first == STAGE_SA_OUT && s.af == AF_INET && packet[0] == 0x45) {
		be16_put(packet + 6, 1); /* now it is a later fragment */
		fix_outer(packet, len);
		FUZZ_MUST(leaving(f, packet, len) != STAGE_BYPASS_TX);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fix *f = world();
	struct rbuf b = rbuf_over(data, size);
	uint8_t how = rbuf_u8(&b), packet[PACKET_MAX];
	struct msg_dp_spd_begin begin = { .port = FIX_PORT, .n_rules = how % (RULES_MAX + 1) };
	uint32_t len, made;

	FUZZ_MUST(spd_begin(&f->dp, &begin) == 0);
	for (uint32_t i = 0; i < begin.n_rules; i++) {
		struct msg_dp_spd_rule r = rule_from(&b);

		if (spd_rule(&f->dp, &r) != 0)
			return 0;
	}
	FUZZ_MUST(spd_end(&f->dp, FIX_PORT) == 0);
	len = (uint32_t)(rbuf_left(&b) < PACKET_MAX / 2 ? rbuf_left(&b) : PACKET_MAX / 2);
	rbuf_copy(&b, packet, len);
	if (!(how & ERROR_MADE) || !is_packet(packet, len)) {
		if (len >= IP4_HDR_LEN && packet[0] == 0x45)
			fix_outer(packet, len);
		as_it_is(f, packet, len);
		return 0;
	}
	made = error_around(packet, len, how);
	judged(f, packet, made, made - len);
	return 0;
}
