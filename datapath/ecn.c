/*
 * What a tunnel does with the traffic class: the DSCP is copied out and the inner one kept
 * (RFC 2983 uniform out, pipe in), ECN is copied out and merged back (RFC 6040).
 */
#include "config.h"

#include "datapath/ecn.h"

#include "datapath/checksum.h"
#include "lib/buf.h"

enum { ECN_NOT_ECT = 0, ECN_ECT1 = 1, ECN_ECT0 = 2, ECN_CE = 3, ECN_MASK = 3 };
enum { ECN_DROP = 4 };

/* RFC 6040 figure 4: [inner][outer] */
static const uint8_t merged[4][4] = {
	[ECN_NOT_ECT] = { ECN_NOT_ECT, ECN_NOT_ECT, ECN_NOT_ECT, ECN_DROP },
	[ECN_ECT1] = { ECN_ECT1, ECN_ECT1, ECN_ECT1, ECN_CE },
	[ECN_ECT0] = { ECN_ECT0, ECN_ECT1, ECN_ECT0, ECN_CE },
	[ECN_CE] = { ECN_CE, ECN_CE, ECN_CE, ECN_CE },
};

uint8_t
ecn_tos(const uint8_t *inner)
{
	return inner[0] >> 4 == 6 ? (uint8_t)(be16_get(inner) >> 4) : inner[1];
}

uint8_t
ecn_encap(const uint8_t *inner)
{
	return ecn_tos(inner);
}

bool
ecn_decap(uint8_t *inner, uint8_t outer_tos)
{
	uint8_t tos = ecn_tos(inner);
	uint8_t ecn = merged[tos & ECN_MASK][outer_tos & ECN_MASK];
	uint16_t from = be16_get(inner), to;

	if (ecn == ECN_DROP)
		return false;
	if (ecn == (tos & ECN_MASK))
		return true;
	if (inner[0] >> 4 == 6) {
		be16_put(inner, (uint16_t)((from & ~(ECN_MASK << 4)) | ecn << 4));
		return true;
	}
	to = (uint16_t)((from & ~ECN_MASK) | ecn);
	be16_put(inner, to);
	be16_put(inner + 10, checksum_update(be16_get(inner + 10), from, to));
	return true;
}
