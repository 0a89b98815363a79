/*
 * IPv4 headers: reading, writing, cutting into fragments (RFC 791). Refuses to know what is inside
 * and where packets go.
 */
#include "config.h"

#include "datapath/ip4.h"

#include "datapath/checksum.h"
#include "lib/buf.h"

#include <errno.h>
#include <string.h>

/* Where the fields are, in bytes. */
enum {
	OFF_TOS = 1,
	OFF_TOTAL_LEN = 2,
	OFF_ID = 4,
	OFF_FRAG = 6,
	OFF_TTL = 8,
	OFF_PROTOCOL = 9,
	OFF_CHECKSUM = 10,
	OFF_SRC = 12,
	OFF_DST = 16
};
enum { FRAG_DF = 0x4000, FRAG_MF = 0x2000, FRAG_OFFSET = 0x1fff };
enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_COPY = 0x80 };

enum drop
ip4_parse(const uint8_t *p, size_t len, struct ip4 *ip)
{
	uint16_t frag;

	if (len < 1)
		return DROP_ip_short;
	if (p[0] >> 4 != 4)
		return DROP_ip_version;
	ip->hdr_len = (uint8_t)((p[0] & 15) * 4);
	if (ip->hdr_len < IP4_HDR_LEN || len < ip->hdr_len)
		return DROP_ip_short;
	ip->total_len = be16_get(p + OFF_TOTAL_LEN);
	if (ip->total_len < ip->hdr_len || ip->total_len > len)
		return DROP_ip_short;
	if (checksum(p, ip->hdr_len) != 0)
		return DROP_ip_checksum;
	ip->tos = p[OFF_TOS];
	ip->id = be16_get(p + OFF_ID);
	frag = be16_get(p + OFF_FRAG);
	ip->df = frag & FRAG_DF;
	ip->mf = frag & FRAG_MF;
	ip->frag_off = (uint16_t)((frag & FRAG_OFFSET) * 8);
	ip->ttl = p[OFF_TTL];
	ip->protocol = p[OFF_PROTOCOL];
	ip->src = be32_get(p + OFF_SRC);
	ip->dst = be32_get(p + OFF_DST);
	return DROP_NONE;
}

static uint16_t
frag_word(bool df, bool mf, uint32_t offset)
{
	return (uint16_t)((df ? FRAG_DF : 0) | (mf ? FRAG_MF : 0) | offset / 8);
}

void
ip4_build(uint8_t *p, const struct ip4 *ip)
{
	p[0] = 0x45;
	p[OFF_TOS] = ip->tos;
	be16_put(p + OFF_TOTAL_LEN, ip->total_len);
	be16_put(p + OFF_ID, ip->id);
	be16_put(p + OFF_FRAG, frag_word(ip->df, ip->mf, ip->frag_off));
	p[OFF_TTL] = ip->ttl;
	p[OFF_PROTOCOL] = ip->protocol;
	be32_put(p + OFF_SRC, ip->src);
	be32_put(p + OFF_DST, ip->dst);
	ip4_checksum_set(p, IP4_HDR_LEN);
}

uint16_t
ip4_next_id(uint16_t *counter)
{
	if (++*counter == 0)
		++*counter;
	return *counter;
}

void
ip4_checksum_set(uint8_t *p, size_t hdr_len)
{
	be16_put(p + OFF_CHECKSUM, 0);
	be16_put(p + OFF_CHECKSUM, checksum(p, hdr_len));
}

/* The options of later fragments: those with the copy bit, padded. Writes at most 40 bytes. */
static uint8_t
options_copied(const uint8_t *p, size_t len, uint8_t *out)
{
	uint8_t n = 0;

	for (size_t i = 0; i < len && p[i] != OPTION_END;) {
		size_t one = p[i] == OPTION_NOP ? 1 : i + 1 < len ? p[i + 1] : 0;

		if (one == 0 || i + one > len || (one == 1 && p[i] != OPTION_NOP))
			break; /* malformed: nothing behind it can be told apart */
		if (p[i] & OPTION_COPY) {
			memcpy(out + n, p + i, one);
			n = (uint8_t)(n + one);
		}
		i += one;
	}
	while (n % 4)
		out[n++] = OPTION_END;
	return n;
}

int
ip4_frag_init(struct ip4_frag *f, const uint8_t *p, const struct ip4 *ip, uint32_t mtu)
{
	uint32_t end = (uint32_t)ip->frag_off + ip->total_len - ip->hdr_len;

	/* what reaches beyond the longest packet has offsets for which there is no room */
	if (mtu < ip->hdr_len + 8u || end > UINT16_MAX)
		return -EINVAL;
	*f = (struct ip4_frag){ .p = p, .ip = *ip, .mtu = mtu };
	return 0;
}

uint32_t
ip4_frag_next(struct ip4_frag *f, uint8_t *out)
{
	uint32_t payload = f->ip.total_len - f->ip.hdr_len;
	uint32_t left = payload - f->done;
	uint32_t hdr_len = f->ip.hdr_len, n;
	bool last;

	if (left == 0)
		return 0;
	memcpy(out, f->p, hdr_len);
	if (f->done > 0) {
		hdr_len = IP4_HDR_LEN +
			options_copied(
				f->p + IP4_HDR_LEN, f->ip.hdr_len - IP4_HDR_LEN, out + IP4_HDR_LEN);
		out[0] = (uint8_t)(0x40 | hdr_len / 4);
	}
	last = left <= f->mtu - hdr_len;
	n = last ? left : (f->mtu - hdr_len) / 8 * 8;
	memcpy(out + hdr_len, f->p + f->ip.hdr_len + f->done, n);
	be16_put(out + OFF_TOTAL_LEN, (uint16_t)(hdr_len + n));
	be16_put(out + OFF_FRAG, frag_word(f->ip.df, !last || f->ip.mf, f->ip.frag_off + f->done));
	ip4_checksum_set(out, hdr_len);
	f->done += n;
	return hdr_len + n;
}
