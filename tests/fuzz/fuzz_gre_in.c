/*
 * Fuzzes gre_in: the input is what follows the outer header; its first octet chooses the tunnel (plain, with
 * key, with checksum, with sequence numbers, over IPv6, in all combinations of table below) and whether a
 * checksum is made right, its second whether time passes. What gets through is a whole IP packet for the
 * tunnel's TUN, or a keepalive on its way back to where it came from.
 */
#include "config.h"

#include "datapath/gre.h"

#include "datapath/checksum.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "lib/loop.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/datapath/esp_fixture.h"

#include <stdlib.h>
#include <string.h>

enum { N_TUNNELS = 8, GRE_MAX = 1900, CHECKSUM_PRESENT = 0x80, REMOTE = 0x0a000001, MSS = 1000 };
enum { REPAIR = 0x80, REPAIR_INNER = 0x40 };

static bool
is_v6(uint32_t i)
{
	return i == 5 || i == 6;
}

static struct dp *
world(void)
{
	static bool ready;
	struct dp *dp = fuzz_dp();

	for (uint32_t i = 0; !ready && i < N_TUNNELS; i++) {
		struct msg_dp_tunnel m = { .port = i + 1,
			.source = addr_v4(FIX_OURS),
			.destination = addr_v4(REMOTE + i),
			.has_key = i > 0,
			.key = i,
			.checksum = i == 2 || i == 6,
			.sequence = i == 3 || i == 6,
			.mss = i == 4 ? MSS : 0,
			.mtu = 1476,
			.keepalive = i == 1 || i == 5,
			.keepalive_period_ms = 5000,
			.keepalive_retries = 3,
			.up = i != 7 };

		if (is_v6(i)) {
			addr_parse("2001:db8::2", &m.source);
			addr_parse("2001:db8::1", &m.destination);
		}
		if (gre_put(dp->gre, &m, NULL) != 0)
			abort();
	}
	ready = true;
	return dp;
}

/* The outer header; its length. */
static uint32_t
outer(uint8_t *packet, uint32_t i, uint32_t len)
{
	if (is_v6(i))
		return fix_ip6(packet, IP_PROTO_GRE, len) - len;
	return fix_ip4(packet, REMOTE + i, FIX_OURS, IP_PROTO_GRE, len) - len;
}

static void
repair(uint8_t *gre, uint32_t len, uint8_t how)
{
	uint32_t hdr_len = 4;

	for (unsigned int bit = 4; len > 0 && bit < 8; bit++)
		if (bit != 6 && (gre[0] >> bit & 1))
			hdr_len += 4;
	if ((how & REPAIR_INNER) && hdr_len < len)
		fuzz_ip_repair(gre + hdr_len, len - hdr_len);
	if ((how & REPAIR) && len >= 8 && (gre[0] & CHECKSUM_PRESENT)) {
		be16_put(gre + 4, 0);
		be16_put(gre + 4, checksum(gre, len));
	}
}

static void
delivered(const struct pkt *p)
{
	struct ip4 ip4;
	struct ip6 ip6;

	FUZZ_MUST(p->port > 0 && p->port < N_TUNNELS);
	if (p->data[0] >> 4 == 6) {
		FUZZ_MUST(ip6_parse(p->data, p->len, &ip6) == DROP_NONE);
		FUZZ_MUST((uint32_t)IP6_HDR_LEN + ip6.payload_len == p->len);
	} else {
		FUZZ_MUST(ip4_parse(p->data, p->len, &ip4) == DROP_NONE);
		FUZZ_MUST(ip4.total_len == p->len);
	}
}

/* The inner packet of a keepalive goes, as the other end made it, or put into our own header. */
static void
answered(const struct pkt *p)
{
	uint8_t protocol = 0;
	struct ip4 ip4;

	if (p->data[0] >> 4 == 6)
		FUZZ_MUST(ip6_transport(p->data, p->len, &protocol) > 0);
	else
		FUZZ_MUST(ip4_parse(p->data, p->len, &ip4) == DROP_NONE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dp *dp = world();
	uint8_t packet[IP6_HDR_LEN + GRE_MAX];
	uint32_t len, hdr_len, i;
	struct pkt *p;

	if (size < 2 || size > GRE_MAX)
		return 0;
	len = (uint32_t)size - 2;
	i = data[0] % N_TUNNELS;
	hdr_len = outer(packet, i, len);
	memcpy(packet + hdr_len, data + 2, len);
	repair(packet + hdr_len, len, data[0]);
	loop_warp(dp->loop, data[1] * 200u);
	p = fix_pkt_tight(packet, hdr_len + len);
	p->next = STAGE_N;
	gre_in_stage(dp, &p, 1);
	fuzz_view(p);
	if (p->next == STAGE_TUN_TX)
		delivered(p);
	else if (p->next == STAGE_RAW_TX)
		answered(p);
	else
		FUZZ_MUST(p->next == STAGE_DROP);
	fix_pkt_free(p);
	FUZZ_MUST(pkt_pool_used(dp->pool) == 0);
	return 0;
}
