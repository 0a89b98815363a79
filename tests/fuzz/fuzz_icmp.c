/*
 * Fuzzes ICMP both ways. The first octet chooses: a packet that does not fit and whose sender is told, or
 * what the network quotes of a packet of ours. An answer must be well-formed, to the sender, about that
 * packet; and a quote is believed only when it names an SA of ours and a sensible size.
 */
#include "config.h"

#include "datapath/icmp.h"

#include "datapath/gre.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/pmtu.h"
#include "datapath/sadb.h"
#include "lib/alg.h"
#include "lib/loop.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/datapath/esp_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { PACKET_MAX = 2048, N_SAS = 4, IP4_MIN = 576, ICMP4_MAX = 576, ICMP_LEN = 8, TICK_MS = 1000 };
enum { MODE_QUOTED = 1, MODE_QUOTED_UDP = 2, MODE_LOCAL = 4, REPAIR = 0x80 };
enum { PROTO_ICMP = 1, PROTO_ICMP6 = 58 };

/* Outbound: ESP and AH, IPv4 and IPv6; and a tunnel. */
static struct dp *
world(void)
{
	static struct sa_slot slots[N_SAS + 1];
	struct dp *dp = fuzz_dp();
	struct msg_dp_tunnel tunnel = { .port = 1,
		.source = addr_v4(FIX_OURS),
		.destination = addr_v4(FIX_THEIRS),
		.mtu = 1476,
		.up = true };
	struct msg_dp_sa m;

	if (dp->slots)
		return dp;
	dp->slots = slots;
	dp->n_slots = N_SAS + 1;
	for (uint32_t i = 0; i < N_SAS; i++) {
		fix_msg(&m, i + 1, false, i % 2 ? ALG_CIPHER_NONE : ALG_CIPHER_null,
			ALG_AUTH_hmac_md5_96);
		m.protocol = i % 2 ? IP_PROTO_AH : IP_PROTO_ESP;
		if (i >= 2) {
			addr_parse("2001:db8::1", &m.source);
			addr_parse("2001:db8::2", &m.destination);
		}
		if (sadb_put(dp, &m, NULL) != 0)
			abort();
	}
	if (gre_put(dp->gre, &tunnel, NULL) != 0)
		abort();
	return dp;
}

/* An answer about the packet `was`. */
static void
answer4(const struct pkt *p, const uint8_t *was, uint32_t was_len, uint32_t mtu)
{
	const uint8_t *icmp = p->data + IP4_HDR_LEN;
	struct ip4 ip, about;

	FUZZ_MUST(ip4_parse(p->data, p->len, &ip) == DROP_NONE && ip.total_len == p->len);
	FUZZ_MUST(ip4_parse(was, was_len, &about) == DROP_NONE);
	FUZZ_MUST(ip.dst == about.src && ip.src == about.dst && ip.protocol == PROTO_ICMP);
	FUZZ_MUST(about.frag_off == 0 && p->len <= ICMP4_MAX && p->len >= IP4_HDR_LEN + ICMP_LEN);
	FUZZ_MUST(fuzz_sum(icmp, p->len - IP4_HDR_LEN, 0) == 0xffff);
	FUZZ_MUST(icmp[0] == 3 && icmp[1] == 4 && be16_get(icmp + 6) == (uint16_t)mtu);
	FUZZ_MUST(memcmp(icmp + ICMP_LEN, was, p->len - IP4_HDR_LEN - ICMP_LEN) == 0);
}

static void
answer6(const struct pkt *p, const uint8_t *was, uint32_t was_len, uint32_t mtu)
{
	const uint8_t *icmp = p->data + IP6_HDR_LEN;
	struct ip6 ip;

	FUZZ_MUST(ip6_parse(p->data, p->len, &ip) == DROP_NONE);
	FUZZ_MUST((uint32_t)IP6_HDR_LEN + ip.payload_len == p->len && p->len <= IP6_MTU_MIN);
	FUZZ_MUST(p->len >= IP6_HDR_LEN + ICMP_LEN && ip.next_header == PROTO_ICMP6);
	FUZZ_MUST(memcmp(ip.dst, was + 8, IP6_ADDR_LEN) == 0 && ip.src[0] != 0xff);
	FUZZ_MUST(fuzz_sum_l4(p->data, p->len, IP6_HDR_LEN, PROTO_ICMP6) == 0xffff);
	FUZZ_MUST(icmp[0] == 2 && icmp[1] == 0 && be32_get(icmp + 4) == mtu);
	FUZZ_MUST(memcmp(icmp + ICMP_LEN, was, p->len - IP6_HDR_LEN - ICMP_LEN) == 0);
}

static void
told(struct dp *dp, const uint8_t *packet, uint32_t len, uint32_t mtu)
{
	struct pkt *p = fix_pkt(packet, len);
	uint64_t drops = fuzz_drops(dp);

	icmp_too_big(dp, p, mtu);
	fuzz_view(p);
	if (p->next == STAGE_TUN_TX) {
		FUZZ_MUST(fuzz_drops(dp) == drops + 1);
		(p->data[0] >> 4 == 6 ? answer6 : answer4)(p, packet, len, mtu);
	} else {
		FUZZ_MUST(p->next == STAGE_DROP && p->drop == DROP_pkt_too_big && p->len == len);
	}
	fix_pkt_free(p);
}

/* Does the quote hold this SPI where its protocol has it? */
static bool
names(const struct sa *sa, const uint8_t *p, uint32_t len)
{
	uint32_t at = p[0] >> 4 == 6 ? IP6_HDR_LEN : (p[0] & 15) * 4u;

	at += sa->protocol == IP_PROTO_AH ? 4 : 0;
	return at + 4 <= len && be32_get(p + at) == sa->spi;
}

static void
quoted(struct dp *dp, const uint8_t *quote, uint32_t len, uint32_t mtu, uint8_t mode)
{
	uint8_t *p = fuzz_copy(quote, len);
	struct addr to = addr_v4(FIX_THEIRS);

	if (mode & MODE_LOCAL)
		pmtu_local(dp, &to, mtu);
	else if (mode & MODE_QUOTED_UDP)
		pmtu_quoted_esp(dp, &to, p, len, mtu);
	else
		pmtu_quoted(dp, p, len, mtu);
	for (uint32_t i = 1; i <= N_SAS; i++) {
		struct sa *sa = sadb_get(dp->sadb, i);

		if (sa->path.mtu == 0)
			continue;
		FUZZ_MUST(sa->path.mtu == mtu && mtu <= UINT16_MAX);
		FUZZ_MUST(mtu >= (sa->destination.af == AF_INET6 ? (uint32_t)IP6_MTU_MIN
								 : (uint32_t)IP4_MIN));
		if (mode & MODE_LOCAL)
			FUZZ_MUST(addr_eq(&sa->destination, &to));
		else if (mode & MODE_QUOTED_UDP)
			FUZZ_MUST(len >= 4 && be32_get(p) == sa->spi);
		else
			FUZZ_MUST(names(sa, p, len));
		sa->path.mtu = 0;
	}
	free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dp *dp = world();
	uint8_t packet[PACKET_MAX];
	uint32_t len, mtu;

	if (size < 5 || size > PACKET_MAX)
		return 0;
	mtu = data[1] ? be32_get(data + 1) : be16_get(data + 3);
	len = (uint32_t)size - 5;
	memcpy(packet, data + 5, len);
	if (data[0] & REPAIR)
		fuzz_ip_repair(packet, len);
	loop_warp(dp->loop, TICK_MS); /* so many a second */
	if (data[0] & (MODE_QUOTED | MODE_QUOTED_UDP | MODE_LOCAL))
		quoted(dp, packet, len, mtu, data[0]);
	else
		told(dp, packet, len, mtu);
	return 0;
}
