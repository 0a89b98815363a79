/*
 * What the fuzz targets of the datapath share.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "datapath/dp.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/stats.h"
#include "lib/loop.h"

#include <stdlib.h>

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
