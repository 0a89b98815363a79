/*
 * `tcp adjust-mss`: connections through a tunnel agree on segments that fit. Refuses to know
 * what fits.
 */
#include "config.h"

#include "datapath/mss.h"

#include "datapath/checksum.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/l4.h"
#include "lib/buf.h"

enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_MSS = 2, OPTION_MSS_LEN = 4 };

/* The TCP header of a SYN, with *len up to the end of its options; NULL when it is none. */
static uint8_t *
syn_find(uint8_t *p, uint32_t *len)
{
	uint8_t protocol = 0, *tcp;
	struct ip4 ip;
	size_t off;

	if (*len > 0 && p[0] >> 4 == 6) {
		off = ip6_transport(p, *len, &protocol);
	} else {
		if (ip4_parse(p, *len, &ip) != DROP_NONE || ip.frag_off != 0)
			return NULL;
		off = ip.hdr_len;
		protocol = ip.protocol;
	}
	if (off == 0 || protocol != IP_PROTO_TCP || *len < off + TCP_HDR_LEN)
		return NULL;
	tcp = p + off;
	if (!(tcp[TCP_FLAGS] & TCP_SYN) || (tcp[TCP_DATA_OFF] >> 4) * 4u > *len - off)
		return NULL;
	*len = (tcp[TCP_DATA_OFF] >> 4) * 4u;
	return tcp;
}

/* The checksum after the word at `at` changed; one that begins at an odd byte counts swapped. */
static void
word_change(uint8_t *tcp, uint32_t at, uint16_t to)
{
	uint16_t from = be16_get(tcp + at), sum = be16_get(tcp + TCP_CHECKSUM);

	be16_put(tcp + at, to);
	if (at % 2) {
		from = (uint16_t)(from << 8 | from >> 8);
		to = (uint16_t)(to << 8 | to >> 8);
	}
	be16_put(tcp + TCP_CHECKSUM, checksum_update(sum, from, to));
}

void
mss_clamp(uint8_t *p, uint32_t len, uint16_t mss)
{
	uint8_t *tcp = syn_find(p, &len);

	for (uint32_t i = TCP_HDR_LEN; tcp && i < len && tcp[i] != OPTION_END;) {
		uint32_t one = tcp[i] == OPTION_NOP ? 1 : i + 1 < len ? tcp[i + 1] : 0;

		if (one == 0 || i + one > len || (one == 1 && tcp[i] != OPTION_NOP))
			return;
		if (tcp[i] == OPTION_MSS && one == OPTION_MSS_LEN && be16_get(tcp + i + 2) > mss)
			word_change(tcp, i + 2, mss);
		i += one;
	}
}
