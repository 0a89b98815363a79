/*
 * Fuzzes everything that reads IP headers. The first two octets choose an MTU and a segment size, the third
 * whether lengths and checksum are made right; the rest is the packet. What is cut must be the packet again,
 * what is clamped must keep its checksum's truth, and no reader may point outside.
 */
#include "config.h"

#include "datapath/encap.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/l4.h"
#include "datapath/mss.h"
#include "datapath/reass.h"
#include "datapath/selector.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { PACKET_MAX = 4096, REPAIR = 1 };

/* One fragment: data is copied to where it belongs. Its end in the whole. */
static uint32_t
fragment4(const uint8_t *p, uint32_t len, const struct ip4 *of, uint8_t *whole)
{
	struct ip4 ip;
	uint32_t off, n;

	FUZZ_MUST(ip4_parse(p, len, &ip) == DROP_NONE && ip.total_len == len);
	FUZZ_MUST(ip.hdr_len <= of->hdr_len && ip.frag_off >= of->frag_off);
	FUZZ_MUST(ip.id == of->id && ip.df == of->df && ip.src == of->src && ip.dst == of->dst);
	off = (uint32_t)ip.frag_off - of->frag_off;
	n = len - ip.hdr_len;
	FUZZ_MUST(off + n <= PACKET_MAX && (!ip.mf || of->mf || n % 8 == 0));
	memcpy(whole + off, p + ip.hdr_len, n);
	return off + n;
}

static void
cut4(const uint8_t *p, const struct ip4 *ip, uint32_t mtu)
{
	uint8_t whole[PACKET_MAX], *out = malloc(mtu);
	uint32_t len, end = 0, payload = (uint32_t)ip->total_len - ip->hdr_len;
	struct ip4_frag f;

	if (ip4_frag_init(&f, p, ip, mtu) == 0) {
		while ((len = ip4_frag_next(&f, out)) > 0) {
			FUZZ_MUST(len <= mtu);
			end = fragment4(out, len, ip, whole);
		}
		FUZZ_MUST(end == payload);
		FUZZ_MUST(memcmp(whole, p + ip->hdr_len, payload) == 0);
	}
	free(out);
}

static uint32_t
fragment6(const uint8_t *p, uint32_t len, uint32_t head_len, uint8_t *whole)
{
	struct ip6 ip;
	uint8_t protocol;
	size_t at;
	uint32_t off, n = len - head_len - IP6_FRAG_LEN;

	FUZZ_MUST(ip6_parse(p, len, &ip) == DROP_NONE &&
		(uint32_t)IP6_HDR_LEN + ip.payload_len == len);
	FUZZ_MUST(ip6_fragment_header(p, len, &at) == head_len && p[at] == 44);
	FUZZ_MUST(ip6_transport(p, len, &protocol) == 0 && reass_is_fragment(p, len));
	off = be16_get(p + head_len + 2) & 0xfff8;
	FUZZ_MUST(off + n <= PACKET_MAX && (!(p[head_len + 3] & 1) || n % 8 == 0));
	memcpy(whole + off, p + head_len + IP6_FRAG_LEN, n);
	return off + n;
}

static void
cut6(const uint8_t *p, uint32_t len, uint32_t mtu)
{
	uint8_t whole[PACKET_MAX], *out = malloc(mtu);
	uint32_t n, end = 0;
	struct ip6_frag f;

	if (ip6_frag_init(&f, p, len, mtu, 7) == 0) {
		while ((n = ip6_frag_next(&f, out)) > 0) {
			FUZZ_MUST(n <= mtu);
			end = fragment6(out, n, f.head_len, whole);
		}
		FUZZ_MUST(f.head_len + end == IP6_HDR_LEN + be16_get(p + 4));
		FUZZ_MUST(memcmp(whole, p + f.head_len, end) == 0);
	}
	free(out);
}

static bool
same_sum(uint16_t a, uint16_t b)
{
	return a == b || (a % 0xffff == 0 && b % 0xffff == 0);
}

static void
clamp(const uint8_t *p, uint32_t len, uint16_t mss)
{
	uint8_t *once = fuzz_copy(p, len), *twice;

	mss_clamp(once, len, mss);
	if (memcmp(once, p, len) != 0) {
		uint8_t protocol = 0;
		size_t off = p[0] >> 4 == 6 ? ip6_transport(p, len, &protocol) : (p[0] & 15) * 4u;

		FUZZ_MUST(memcmp(once, p, off + TCP_CHECKSUM) == 0);
		FUZZ_MUST(same_sum(fuzz_sum_l4(p, len, off, IP_PROTO_TCP),
			fuzz_sum_l4(once, len, off, IP_PROTO_TCP)));
	}
	twice = fuzz_copy(once, len);
	mss_clamp(twice, len, mss);
	FUZZ_MUST(memcmp(once, twice, len) == 0);
	free(once);
	free(twice);
}

static void
selectors(const uint8_t *p, uint32_t len)
{
	struct selector s, back;
	enum drop why = selector_read(p, len, false, &s);

	FUZZ_MUST(selector_read(p, len, true, &back) == why);
	if (why != DROP_NONE)
		return;
	FUZZ_MUST(s.seen == back.seen && s.protocol == back.protocol && s.kind == back.kind);
	if (s.kind == SELECTOR_PORTS)
		FUZZ_MUST(s.source_port == back.destination_port &&
			s.destination_port == back.source_port);
}

static void
encaps(const uint8_t *p, uint32_t len)
{
	struct encap e;

	for (unsigned int i = 0; i < 3; i++) {
		enum drop why = i < 2 ? encap_read(p, len, i ? IP_PROTO_AH : IP_PROTO_ESP, &e)
				      : encap_split(p, len, &e);

		if (why == DROP_NONE)
			FUZZ_MUST(e.next_at < e.hdr_len && e.hdr_len <= e.len && e.len <= len);
	}
}

static void
whole_packet(const uint8_t *p, uint32_t len, uint32_t mtu)
{
	struct ip4 ip4;
	struct ip6 ip6;
	uint8_t protocol = 0;
	size_t at, off;

	if (ip4_parse(p, len, &ip4) == DROP_NONE) {
		FUZZ_MUST(ip4.hdr_len >= IP4_HDR_LEN && ip4.hdr_len <= ip4.total_len);
		FUZZ_MUST(ip4.total_len <= len && fuzz_sum(p, ip4.hdr_len, 0) == 0xffff);
		FUZZ_MUST(reass_is_fragment(p, len) == (ip4.mf || ip4.frag_off));
		cut4(p, &ip4, mtu);
	}
	if (ip6_parse(p, len, &ip6) == DROP_NONE) {
		FUZZ_MUST((uint32_t)IP6_HDR_LEN + ip6.payload_len <= len);
		cut6(p, len, mtu);
	}
	off = ip6_transport(p, len, &protocol);
	FUZZ_MUST(off <= len);
	off = ip6_fragment_header(p, len, &at);
	FUZZ_MUST(off == 0 || (off + IP6_FRAG_LEN <= len && at < off));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t len, small;
	uint8_t *p;

	if (size < 3 || size > PACKET_MAX)
		return 0;
	len = (uint32_t)size - 3;
	small = be16_get(data);
	p = fuzz_copy(data + 3, len);
	if (data[2] & REPAIR)
		fuzz_ip_repair(p, len);
	whole_packet(p, len, small % 2048);
	clamp(p, len, (uint16_t)small);
	selectors(p, len);
	encaps(p, len);
	free(p);
	return 0;
}
