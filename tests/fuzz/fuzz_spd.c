/*
 * Fuzzes the SPD: a list of rules and a packet, both from the input. The answer of the cache must be the
 * answer of the list, and a later fragment must never leave in clear where a rule for ports would
 * have protected it.
 */
#include "config.h"

#include "datapath/ip4.h"
#include "datapath/selector.h"
#include "datapath/spd.h"
#include "lib/alg.h"
#include "lib/buf.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/datapath/esp_fixture.h"

#include <stdlib.h>
#include <string.h>

enum { OUT = 1, RULES_MAX = 8 };

static struct fix *
world(void)
{
	static struct fix f;
	static bool ready;

	if (!ready) {
		fix_init(&f);
		if (fix_sa(&f, OUT, false, ALG_CIPHER_null, ALG_AUTH_hmac_md5_96) == NULL)
			abort();
		ready = true;
	}
	return &f;
}

static struct msg_dp_spd_rule
rule_from(struct rbuf *b)
{
	uint8_t shape = rbuf_u8(b);
	struct msg_dp_spd_rule r = { .port = FIX_PORT,
		.action = shape % 3,
		.protocol = shape & 0x80 ? rbuf_u8(b) : 0,
		.source_port_high = 65535,
		.destination_port_high = 65535,
		.icmp_type = 0xffff,
		.icmp_code = 0xffff,
		.sa_out = OUT };

	r.source = addr_v4(rbuf_u32(b));
	r.source_wildcard = addr_v4(shape & 0x40 ? rbuf_u32(b) : UINT32_MAX);
	r.destination = addr_v4(rbuf_u32(b));
	r.destination_wildcard = addr_v4(shape & 0x20 ? rbuf_u32(b) : UINT32_MAX);
	if (shape & 0x10) {
		r.destination_port_low = rbuf_u16(b);
		r.destination_port_high = rbuf_u16(b);
	} else if (shape & 8) {
		r.icmp_type = rbuf_u8(b);
	}
	return r;
}

static uint8_t
answer(struct fix *f, const uint8_t *packet, uint32_t len)
{
	struct pkt *p = fix_pkt_tight(packet, len);
	uint8_t next;

	p->port = FIX_PORT;
	fix_run(f, spd_out_stage, p);
	next = p->next;
	fix_pkt_free(p);
	return next;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fix *f = world();
	struct rbuf b = rbuf_over(data, size);
	struct msg_dp_spd_begin begin = { .port = FIX_PORT,
		.n_rules = rbuf_u8(&b) % (RULES_MAX + 1) };
	struct selector s, back;
	uint8_t packet[256], first;
	uint32_t len;

	if (spd_begin(&f->dp, &begin) != 0)
		abort();
	for (uint32_t i = 0; i < begin.n_rules; i++) {
		struct msg_dp_spd_rule r = rule_from(&b);

		if (spd_rule(&f->dp, &r) != 0)
			return 0;
	}
	if (spd_end(&f->dp, FIX_PORT) != 0)
		abort();
	len = (uint32_t)(rbuf_left(&b) < sizeof(packet) ? rbuf_left(&b) : sizeof(packet));
	rbuf_copy(&b, packet, len);
	if (len >= IP4_HDR_LEN && packet[0] == 0x45)
		fix_outer(packet, len);
	first = answer(f, packet, len);
	if (first != answer(f, packet, len))
		abort();
	if (selector_read(packet, len, false, &s) != DROP_NONE)
		return first == STAGE_DROP ? 0 : (abort(), 0);
	if (selector_read(packet, len, true, &back) != DROP_NONE || back.seen != s.seen)
		abort();
	if (first == STAGE_ESP_OUT && s.af == 2 && packet[0] == 0x45) {
		be16_put(packet + 6, 1); /* now it is a later fragment */
		fix_outer(packet, len);
		if (answer(f, packet, len) == STAGE_BYPASS_TX)
			abort();
	}
	return 0;
}
