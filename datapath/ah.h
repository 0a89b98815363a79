#ifndef YD_DATAPATH_AH_H
#define YD_DATAPATH_AH_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/sadb.h"
#include "lib/drop.h"

/* The wire format of AH (RFC 4302 section 2), for the two stages that write and read it. */
enum { AH_HDR_LEN = 12, AH_OFF_LEN = 1, AH_OFF_SPI = 4, AH_OFF_SEQ = 8 };
/* The longest IV with its ICV, and AH with it (ah_len). */
enum { AH_ICV_MAX = 32, AH_LEN_MAX = (AH_HDR_LEN + AH_ICV_MAX + 7) / 8 * 8 };
/* The longest headers, AH's included, that are authenticated; and packets worked on at once. */
enum { AH_HEAD_MAX = 512, AH_BATCH = 64 };

/* Bytes of AH with IV and ICV: a multiple of 4 in IPv4, of 8 in IPv6 (2.6). */
static inline uint32_t
ah_len(const struct sa *sa, bool v6)
{
	uint32_t len = AH_HDR_LEN + (uint32_t)sa->iv_len + sa->icv_len;

	return v6 ? (len + 7) / 8 * 8 : (len + 3) / 4 * 4;
}

/*
 * Makes a copy of a packet's IP headers as the ICV sees them (3.3.3.1, appendix A): mutable fields are zero,
 * predictable ones as they will be at the destination. sending: routing headers and source
 * routes still have a way to go. DROP_NONE, or ipsec_headers when options are malformed.
 */
enum drop ah_canonical(uint8_t *headers, uint32_t len, bool sending);

#endif
