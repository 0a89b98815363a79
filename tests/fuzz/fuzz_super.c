/*
 * Fuzzes super-packets both ways. The first octet chooses: an order (struct virtio_net_hdr) and a packet
 * that is cut; or a batch of packets that are glued. What is cut must have right checksums and, glued and
 * cut again, be the same; what is glued must, cut, be the same packets, in the order of their flows.
 */
#include "config.h"

#include "datapath/checksum.h"
#include "datapath/gro.h"
#include "datapath/gso.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/l4.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { GLUE = 1, REPAIR = 2, SAME_FLOW = 4, BATCH_MAX = 64, CUTS_MAX = 70000 };
enum { IP4_ID = 4, IP4_FRAG = 6, IP4_SUM = 10, IP4_DF = 0x40 };

struct batch {
	unsigned int n;
	struct pkt pkts[PKT_BATCH];
	struct pkt *ptrs[PKT_BATCH];
};

static void
batch_add(struct batch *b, uint8_t *packet, uint32_t len)
{
	struct pkt *p = &b->pkts[b->n];

	*p = (struct pkt){ .data = packet, .len = len };
	b->ptrs[b->n++] = p;
}

static void
batch_fini(struct batch *b)
{
	for (unsigned int i = 0; i < b->n; i++)
		free(b->pkts[i].data);
}

/* Where the transport header of a packet that is not malformed stands. */
static size_t
l4_of(const uint8_t *p, uint32_t len, uint8_t *protocol)
{
	if (p[0] >> 4 == 6)
		return ip6_transport(p, len, protocol);
	*protocol = p[9];
	return (p[0] & 15) * 4u;
}

/* --- glued --------------------------------------------------------------------------------- */

/* Identifications of packets with DF mean nothing, and may come out as others. */
static bool
same(const uint8_t *a, const uint8_t *b, uint32_t len)
{
	if (memcmp(a, b, len) == 0)
		return true;
	return a[0] >> 4 == 4 && (a[IP4_FRAG] & IP4_DF) && memcmp(a, b, IP4_ID) == 0 &&
		memcmp(a + IP4_FRAG, b + IP4_FRAG, IP4_SUM - IP4_FRAG) == 0 &&
		memcmp(a + IP4_SUM + 2, b + IP4_SUM + 2, len - IP4_SUM - 2) == 0 &&
		fuzz_sum(a, IP4_HDR_LEN, 0) == 0xffff && fuzz_sum(b, IP4_HDR_LEN, 0) == 0xffff;
}

/* A run as one packet, cut again. */
static void
run_check(struct gro *g, const struct gro_run *r, struct batch *b)
{
	struct iovec iov[GRO_IOV_MAX];
	unsigned int n = gro_iov(g, r, b->ptrs, iov);
	uint8_t *p = malloc(r->len), *at = p;
	struct gso cut;
	uint16_t i = r->first;

	FUZZ_MUST(p && n == r->n + 2u && iov[0].iov_len == GSO_VNET_LEN && r->len <= GSO_MAX);
	for (unsigned int k = 1; k < n; k++) {
		FUZZ_MUST(at + iov[k].iov_len <= p + r->len);
		memcpy(at, iov[k].iov_base, iov[k].iov_len);
		at += iov[k].iov_len;
	}
	FUZZ_MUST(at == p + r->len && gso_init(&cut, iov[0].iov_base, p, r->len) == 0);
	for (; i != GRO_NONE; i = g->next[i]) {
		uint32_t len = gso_next_len(&cut);
		uint8_t *out = malloc(len ? len : 1);

		FUZZ_MUST(out && len == b->ptrs[i]->len);
		gso_next(&cut, out);
		FUZZ_MUST(same(b->ptrs[i]->data, out, len));
		free(out);
	}
	FUZZ_MUST(gso_next_len(&cut) == 0);
	free(p);
}

static bool
same_flow(const struct pkt *a, const struct pkt *b)
{
	uint8_t pa = 0, pb = 0;
	size_t from = a->data[0] >> 4 == 6 ? 8 : 12, oa, ob;
	struct ip4 ip;

	if (a->data[0] >> 4 != b->data[0] >> 4)
		return false;
	if (from == 12 &&
		(ip4_parse(a->data, a->len, &ip) != DROP_NONE || ip.hdr_len != IP4_HDR_LEN ||
			ip4_parse(b->data, b->len, &ip) != DROP_NONE || ip.hdr_len != IP4_HDR_LEN))
		return false;
	oa = l4_of(a->data, a->len, &pa);
	ob = l4_of(b->data, b->len, &pb);
	return oa == ob && oa > 0 && oa + 4 <= a->len && ob + 4 <= b->len && pa == pb &&
		memcmp(a->data + from, b->data + from, oa + 4 - from) == 0;
}

/* Every packet is in one run, and those of a flow come out in their order. */
static void
order_check(const struct gro *g, const struct batch *b)
{
	uint16_t place[PKT_BATCH], n = 0;

	memset(place, 0xff, sizeof(place));
	for (unsigned int r = 0; r < g->n; r++) {
		uint16_t in_run = 0;

		for (uint16_t i = g->runs[r].first; i != GRO_NONE; i = g->next[i]) {
			FUZZ_MUST(i < b->n && place[i] == 0xffff);
			place[i] = n++;
			in_run++;
		}
		FUZZ_MUST(in_run == g->runs[r].n);
	}
	FUZZ_MUST(n == b->n);
	for (unsigned int i = 0; i < b->n; i++)
		for (unsigned int k = i + 1; k < b->n && k < BATCH_MAX; k++)
			FUZZ_MUST(place[i] < place[k] || !same_flow(b->ptrs[i], b->ptrs[k]));
}

static void
glue(struct batch *b)
{
	struct gro *g = malloc(sizeof(*g));

	if (!g)
		abort();
	gro_runs(g, b->ptrs, b->n, true);
	order_check(g, b);
	for (unsigned int r = 0; r < g->n; r++)
		if (g->runs[r].n > 1)
			run_check(g, &g->runs[r], b);
	free(g);
}

/* Lengths and checksums as they must be for anything to be glued. */
static void
repair(uint8_t *p, uint32_t len)
{
	uint8_t protocol = 0;
	size_t off, field;

	fuzz_ip_repair(p, len);
	if (len < IP4_HDR_LEN || (p[0] >> 4 == 6 && len < IP6_HDR_LEN))
		return;
	off = l4_of(p, len, &protocol);
	field = off + (protocol == IP_PROTO_TCP ? TCP_CHECKSUM : UDP_CHECKSUM);
	if (off < IP4_HDR_LEN || field + 2 > len ||
		(protocol != IP_PROTO_TCP && protocol != IP_PROTO_UDP))
		return;
	if (protocol == IP_PROTO_UDP)
		be16_put(p + off + UDP_LEN, (uint16_t)(len - off));
	be16_put(p + field, 0);
	be16_put(p + field, (uint16_t)~fuzz_sum_l4(p, len, off, protocol));
}

/* The n-th packet goes on where the first one is: the flow, the numbers. */
static void
follow(uint8_t *p, uint32_t len, const uint8_t *first, uint32_t first_len, unsigned int n)
{
	uint8_t protocol = 0;
	size_t off = first_len >= IP6_HDR_LEN ? l4_of(first, first_len, &protocol) : 0;

	if (off == 0 || off + TCP_HDR_LEN > first_len || off + TCP_HDR_LEN > len)
		return;
	memcpy(p, first, off + (protocol == IP_PROTO_TCP ? TCP_CHECKSUM : 4));
	if (p[0] >> 4 == 4)
		be16_put(p + IP4_ID, (uint16_t)(be16_get(p + IP4_ID) + n));
	if (protocol == IP_PROTO_TCP)
		be32_put(p + off + TCP_SEQ,
			be32_get(p + off + TCP_SEQ) +
				n *
					(first_len - (uint32_t)off -
						(first[off + TCP_DATA_OFF] >> 4) * 4u));
}

static void
glue_input(struct rbuf *in, uint8_t mode)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (!b)
		abort();
	while (rbuf_left(in) > 2 && b->n < BATCH_MAX) {
		struct rbuf piece = fuzz_piece(in);
		uint32_t len = (uint32_t)rbuf_left(&piece);
		uint8_t *p = fuzz_copy(piece.p, len);

		if (len == 0) {
			free(p);
			continue;
		}
		if ((mode & SAME_FLOW) && b->n)
			follow(p, len, b->ptrs[0]->data, b->ptrs[0]->len, b->n);
		if (mode & REPAIR)
			repair(p, len);
		batch_add(b, p, len);
	}
	glue(b);
	batch_fini(b);
	free(b);
}

/* --- cut ----------------------------------------------------------------------------------- */

static void
segment_check(const struct gso *g, const uint8_t *out, uint32_t len)
{
	uint8_t protocol = 0;
	size_t off = l4_of(out, len, &protocol);

	FUZZ_MUST(len <= g->hdr_len + g->size && len > g->hdr_len);
	FUZZ_MUST(off == g->l4_off && protocol == g->protocol);
	FUZZ_MUST(out[0] >> 4 == 6 || fuzz_sum(out, off, 0) == 0xffff);
	FUZZ_MUST(fuzz_sum_l4(out, len, off, protocol) == 0xffff);
	FUZZ_MUST(protocol == IP_PROTO_TCP || be16_get(out + off + UDP_CHECKSUM) != 0);
}

static void
cut(struct gso *g, const uint8_t *p, uint32_t len)
{
	struct batch *b = calloc(1, sizeof(*b));
	uint32_t one, done = 0;
	unsigned int n = 0;

	if (!b)
		abort();
	while ((one = gso_next_len(g)) > 0) {
		uint8_t *out = malloc(one);

		FUZZ_MUST(out && n++ < CUTS_MAX);
		gso_next(g, out);
		if (g->size == 0) {
			FUZZ_MUST(one == len && memcmp(out, p, len) == 0);
			free(out);
			continue;
		}
		segment_check(g, out, one);
		FUZZ_MUST(memcmp(out + g->hdr_len, p + g->hdr_len + done, one - g->hdr_len) == 0);
		done += one - g->hdr_len;
		if (b->n < PKT_BATCH)
			batch_add(b, out, one);
		else
			free(out);
	}
	FUZZ_MUST(g->size == 0 || g->hdr_len + done == len);
	glue(b);
	batch_fini(b);
	free(b);
}

static void
cut_input(struct rbuf *in, uint8_t mode)
{
	uint8_t vnet[GSO_VNET_LEN];
	uint32_t len;
	struct gso g;
	uint8_t *p;

	rbuf_copy(in, vnet, sizeof(vnet));
	len = (uint32_t)rbuf_left(in);
	p = fuzz_copy(in->p, len);
	if (mode & REPAIR)
		fuzz_ip_repair(p, len);
	if (!in->bad && gso_init(&g, vnet, p, len) == 0)
		cut(&g, p, len);
	free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rbuf in = rbuf_over(data, size);
	uint8_t mode = rbuf_u8(&in);

	if (mode & GLUE)
		glue_input(&in, mode);
	else
		cut_input(&in, mode);
	return 0;
}
