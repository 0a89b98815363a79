/*
 * Fuzzes reassembly with sequences of fragments in virtual time. A step begins with an octet that says:
 * let time pass, a fragment as the input has it, or one of few packets' that is made here, whose every byte
 * follows from where it stands; then what comes out whole must be right. Bounds hold after each step, and
 * in the end time gives everything back.
 */
#include "config.h"

#include "datapath/reass.h"

#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "lib/loop.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { STEP_TIME = 0x80, STEP_RAW = 0x40, STEP_BAD = 0x20, STEP_TAG = 0x10, STEP_MF = 8 };
enum { STEP_V6 = 4, STEP_ID = 3, PACKET_MAX = 65535, STEPS_MAX = 2048 };
enum { MADE_MAX = REASS_BYTES + (1 << 20) }; /* bytes: enough to reach the bound */

struct made {
	uint32_t id;
	uint32_t off;
	uint32_t len;
	bool mf;
	bool v6;
	bool bad; /* some of its bytes are wrong */
	uint8_t tos;
};

/* What the bytes of a packet are made from. */
static uint32_t
salt(const struct made *m)
{
	return m->id * 57 + m->v6 * 13;
}

static uint32_t
write4(const struct made *m, uint8_t *p)
{
	const struct ip4 ip = { .total_len = (uint16_t)(IP4_HDR_LEN + m->len),
		.tos = m->tos,
		.id = (uint16_t)m->id,
		.frag_off = (uint16_t)m->off,
		.mf = m->mf,
		.ttl = 9,
		.protocol = IP_PROTO_UDP,
		.src = 0x0a000001,
		.dst = 0x0a000002 };

	ip4_build(p, &ip);
	return IP4_HDR_LEN;
}

static uint32_t
write6(const struct made *m, uint8_t *p)
{
	static const uint8_t addrs[2 * IP6_ADDR_LEN] = { 0xfd, [31] = 1 };
	const struct ip6 ip = { .payload_len = (uint16_t)(IP6_FRAG_LEN + m->len),
		.tclass = m->tos,
		.next_header = 44,
		.hop_limit = 9,
		.src = addrs,
		.dst = addrs + IP6_ADDR_LEN };

	ip6_build(p, &ip);
	p += IP6_HDR_LEN;
	be16_put(p, IP_PROTO_UDP << 8);
	be16_put(p + 2, (uint16_t)(m->off | m->mf));
	be32_put(p + 4, m->id);
	return IP6_HDR_LEN + IP6_FRAG_LEN;
}

static void
bounds(const struct reass *r, const struct dp *dp)
{
	FUZZ_MUST(reass_n(r) <= REASS_PACKETS && reass_bytes(r) <= REASS_BYTES);
	FUZZ_MUST(pkt_pool_used(dp->pool) == 0);
}

/* A packet has come out. m: made of such fragments only, all of them good; else NULL. */
static void
whole(struct dp *dp, struct pkt *p, const struct made *m)
{
	struct ip4 ip4;
	struct ip6 ip6;
	uint32_t off = IP4_HDR_LEN;

	fuzz_view(p);
	if (p->data[0] >> 4 == 6) {
		FUZZ_MUST(ip6_parse(p->data, p->len, &ip6) == DROP_NONE);
		FUZZ_MUST((uint32_t)IP6_HDR_LEN + ip6.payload_len == p->len);
		off = IP6_HDR_LEN;
	} else {
		FUZZ_MUST(ip4_parse(p->data, p->len, &ip4) == DROP_NONE);
		FUZZ_MUST(ip4.total_len == p->len && !ip4.mf && ip4.frag_off == 0);
	}
	FUZZ_MUST(!m || fuzz_is_pattern(p->data + off, p->len - off, 0, salt(m)));
	pkt_put(dp->pool, p);
}

static void
add(struct dp *dp, struct reass *r, const uint8_t *p, uint32_t len, uint64_t tag,
	const struct made *m)
{
	enum drop why = DROP_N;
	struct pkt *out = reass_add(r, p, len, tag, &why);

	FUZZ_MUST(why < DROP_N);
	FUZZ_MUST(reass_is_fragment(p, len) || (!out && why == DROP_reass_malformed));
	FUZZ_MUST(!out || why == DROP_NONE);
	if (out)
		whole(dp, out, m);
	bounds(r, dp);
}

/* What an input has made until now. */
struct progress {
	bool bad;	/* some of it was wrong */
	uint32_t bytes; /* made */
};

static void
add_made(struct dp *dp, struct reass *r, struct rbuf *in, uint8_t step, struct progress *now)
{
	struct made m = { .id = step & STEP_ID,
		.off = rbuf_u8(in) * 8u,
		.len = rbuf_u8(in),
		.mf = step & STEP_MF,
		.v6 = step & STEP_V6,
		.bad = step & STEP_BAD };
	uint8_t how = rbuf_u8(in), *p;
	uint32_t head;

	m.tos = how & 3;
	if (how & 4)
		m.off = m.off * 32 & 0xfff8;
	if (how & 8)
		m.len = m.len * 256;
	if (how & 16)
		m.len &= ~7u;
	if (how & 32)
		m.id |= (uint32_t)(how >> 6) << 8 | rbuf_u8(in) << 2;
	else
		m.off += (how >> 6) * 2048u;
	if (m.len > PACKET_MAX - IP6_HDR_LEN - IP6_FRAG_LEN)
		m.len = PACKET_MAX - IP6_HDR_LEN - IP6_FRAG_LEN;
	now->bytes += m.len;
	p = malloc(IP6_HDR_LEN + IP6_FRAG_LEN + m.len);
	if (!p)
		abort();
	head = m.v6 ? write6(&m, p) : write4(&m, p);
	fuzz_pattern(p + head, m.len, m.off, salt(&m));
	if (m.bad && m.len > 0)
		p[head + how % m.len] ^= 1;
	now->bad |= m.bad;
	add(dp, r, p, head + m.len, step & STEP_TAG ? 1 : 0, now->bad ? NULL : &m);
	free(p);
}

static void
add_raw(struct dp *dp, struct reass *r, struct rbuf *in, uint8_t step, struct progress *now)
{
	struct rbuf piece = fuzz_piece(in);
	uint32_t len = (uint32_t)rbuf_left(&piece);
	uint8_t *p = fuzz_copy(piece.p, len);

	now->bad = true;
	if (step & STEP_MF)
		fuzz_ip_repair(p, len);
	add(dp, r, p, len, step & STEP_TAG ? 1 : 0, NULL);
	free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dp *dp = fuzz_dp();
	struct reass *r = reass_new(dp);
	struct rbuf in = rbuf_over(data, size);
	struct progress now = { 0 };

	if (!r)
		abort();
	for (unsigned int i = 0; i < STEPS_MAX && now.bytes < MADE_MAX && !in.bad && rbuf_left(&in);
		i++) {
		uint8_t step = rbuf_u8(&in);

		if (step & STEP_TIME)
			loop_warp(dp->loop, (step & 0x7fu) * 500);
		else if (step & STEP_RAW)
			add_raw(dp, r, &in, step, &now);
		else
			add_made(dp, r, &in, step, &now);
	}
	loop_warp(dp->loop, REASS_TIME_MS);
	FUZZ_MUST(reass_n(r) == 0 && reass_bytes(r) == 0);
	reass_free(r);
	return 0;
}
