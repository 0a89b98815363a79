/*
 * Fuzzes esp_in and spd_in. The first byte chooses: the rest is a packet from the network as it is, or the
 * text inside an authentic one (the NULL cipher, sealed here), with a proper trailer or without.
 * What an attacker without keys can reach, and what a peer with keys can.
 */
#include "config.h"

#include "datapath/esp.h"
#include "datapath/ip4.h"
#include "datapath/spd.h"
#include "lib/alg.h"
#include "lib/buf.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/datapath/esp_fixture.h"

#include <stdlib.h>
#include <string.h>

enum { OUT = 1, IN = 2, TEXT_MAX = 1900 };

static struct fix *
world(void)
{
	static struct fix f;
	static bool ready;
	const struct msg_dp_spd_begin begin = { .port = FIX_PORT, .n_rules = 1 };
	const struct msg_dp_spd_rule rule = { .port = FIX_PORT,
		.rule = 5,
		.action = MSG_SPD_PROTECT,
		.source = addr_v4(0),
		.source_wildcard = addr_v4(UINT32_MAX),
		.destination = addr_v4(0),
		.destination_wildcard = addr_v4(0x7fffffff),
		.source_port_high = 65535,
		.destination_port_low = 80,
		.destination_port_high = 65535,
		.icmp_type = 0xffff,
		.icmp_code = 0xffff,
		.sa_out = OUT,
		.sa_in = IN };

	if (ready)
		return &f;
	fix_init(&f);
	if (fix_sa(&f, OUT, false, ALG_CIPHER_null, ALG_AUTH_hmac_md5_96) == NULL ||
		fix_sa(&f, IN, true, ALG_CIPHER_null, ALG_AUTH_hmac_md5_96) == NULL ||
		spd_begin(&f.dp, &begin) != 0 || spd_rule(&f.dp, &rule) != 0 ||
		spd_end(&f.dp, FIX_PORT) != 0)
		abort();
	sadb_get(f.dp.sadb, IN)->window = 0;
	ready = true;
	return &f;
}

/* A random header's checksum is never right: without this little would be seen of what is behind. The
 * addresses too, so that a packet from outside finds its SA. */
static void
header_repair(uint8_t *p, uint32_t len, bool addresses)
{
	uint32_t hdr_len = len > 0 && p[0] >> 4 == 4 ? (p[0] & 15) * 4u : 0;

	if (hdr_len < IP4_HDR_LEN || len < hdr_len)
		return;
	if (addresses) {
		be32_put(p + 12, FIX_OURS);
		be32_put(p + 16, FIX_THEIRS);
	}
	ip4_checksum_set(p, hdr_len);
}

/* What may be said of any packet that got through. */
static void
check(const struct pkt *p)
{
	struct ip4 ip;

	if (p->data < p->room_start || p->data + p->len > p->room_end)
		abort();
	if (p->data[0] >> 4 == 4 &&
		(ip4_parse(p->data, p->len, &ip) != DROP_NONE || ip.total_len != p->len))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fix *f = world();
	struct sa *out = sadb_get(f->dp.sadb, OUT);
	uint8_t packet[2048], text[TEXT_MAX + 4];
	uint32_t len;
	struct pkt *p;

	if (size < 2 || size > TEXT_MAX)
		return 0;
	len = (uint32_t)size - 1;
	memcpy(text, data + 1, len);
	header_repair(text, len, data[0] & 0x80);
	switch (data[0] % 3) {
	case 0: p = fix_pkt_tight(text, len); break;
	case 1:
		memset(text + len, 0, 4);
		p = fix_pkt_tight(packet, fix_seal(f, out, 1, text, (len + 3) / 4 * 4, packet));
		break;
	default: p = fix_pkt_tight(packet, fix_seal_packet(f, out, 1, text, len, packet)); break;
	}
	fix_run(f, esp_in_stage, p);
	if (p->next == STAGE_SPD_IN) {
		check(p);
		fix_run(f, spd_in_stage, p);
		/* the rule asks for ports: a fragment is made whole first */
		if (p->next != STAGE_DROP && p->next != STAGE_TUN_TX && p->next != STAGE_REASS_IN)
			abort();
	} else if (p->next != STAGE_DROP || p->drop == DROP_NONE) {
		abort();
	}
	fix_pkt_free(p);
	return 0;
}
