/*
 * What the fuzz targets share: properties, copies that ASan watches, a datapath, and plain arithmetic
 * to compare with.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "datapath/dp.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/stats.h"
#include "lib/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATTERN_LEN = 65536, PATTERN_STRIDE = 977 };

void
fuzz_found(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

uint8_t *
fuzz_copy(const void *data, size_t size)
{
	uint8_t *p = malloc(size);

	if (!p)
		abort();
	if (size)
		memcpy(p, data, size);
	return p;
}

struct rbuf
fuzz_piece(struct rbuf *in)
{
	size_t len = rbuf_u16(in);

	return rbuf_sub(in, len < rbuf_left(in) ? len : rbuf_left(in));
}

struct dp *
fuzz_dp(void)
{
	static struct dp dp;

	if (!dp.loop && dp_init(&dp, loop_new_virtual()) != 0)
		abort();
	return &dp;
}

uint64_t
fuzz_drops(const struct dp *dp)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < DROP_N; i++)
		n += dp->stats->drops[i];
	return n;
}

void
fuzz_view(const struct pkt *p)
{
	FUZZ_MUST(p->room_start <= p->data);
	FUZZ_MUST(p->data + p->len <= p->room_end);
}

uint16_t
fuzz_sum(const uint8_t *p, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++) {
		sum += i % 2 ? p[i] : p[i] * 256u;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

uint16_t
fuzz_sum_l4(const uint8_t *p, size_t len, size_t off, uint8_t protocol)
{
	bool v6 = p[0] >> 4 == 6;
	uint16_t sum = fuzz_sum(p + (v6 ? 8 : 12), v6 ? 32 : 8, protocol);

	return fuzz_sum(p + off, len - off, sum + (uint32_t)(len - off));
}

/* len bytes, at most PATTERN_LEN. */
static const uint8_t *
pattern(size_t len, size_t off, uint32_t salt)
{
	static uint8_t table[2 * PATTERN_LEN];

	if (len > PATTERN_LEN)
		abort();
	for (size_t i = 0; table[1] == 0 && i < sizeof(table); i++)
		table[i] = (uint8_t)(i % PATTERN_LEN * 31 + (i >> 8) * 7);
	return table + (off + salt * (size_t)PATTERN_STRIDE) % PATTERN_LEN;
}

void
fuzz_pattern(uint8_t *p, size_t len, size_t off, uint32_t salt)
{
	memcpy(p, pattern(len, off, salt), len);
}

bool
fuzz_is_pattern(const uint8_t *p, size_t len, size_t off, uint32_t salt)
{
	return memcmp(p, pattern(len, off, salt), len) == 0;
}

bool
fuzz_is_zero(const uint8_t *p, size_t len)
{
	size_t i = 0;

	while (i < len && p[i] == 0)
		i++;
	return i == len;
}

void
fuzz_ip_repair(uint8_t *p, uint32_t len)
{
	uint32_t hdr_len;

	if (len >= IP6_HDR_LEN && p[0] >> 4 == 6) {
		be16_put(p + 4, (uint16_t)(len - IP6_HDR_LEN));
	} else if (len >= IP4_HDR_LEN && p[0] >> 4 == 4) {
		hdr_len = (p[0] & 15) * 4u;
		be16_put(p + 2, (uint16_t)len);
		if (hdr_len >= IP4_HDR_LEN && hdr_len <= len)
			ip4_checksum_set(p, hdr_len);
	}
}
