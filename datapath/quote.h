#ifndef YD_DATAPATH_QUOTE_H
#define YD_DATAPATH_QUOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/selector.h"
#include "lib/addr.h"

/* The beginning of a packet, as ICMP errors quote it (RFC 792, RFC 4443 2.4 c). */
struct quote {
	struct addr source;
	struct addr destination;
	uint32_t hdr_len;   /* where its transport header begins; 0: that cannot be seen */
	uint32_t total_len; /* as it says itself */
	uint8_t protocol;   /* IPv6: good only when hdr_len is */
};

/* A quote is cut short and may have been changed on the way: no checksum, no lengths are asked for. False when
 * its addresses cannot be read. */
bool quote_read(const uint8_t *p, uint32_t len, struct quote *q);

/* Are these the selectors of an error about a packet that is quoted behind the ICMP header? */
bool quote_is_in(const struct selector *s);
/* A fragment of IPv4's ICMP: whether it is an error, only the whole can tell. (IPv6's errors are not longer than
 * what every link carries.) */
bool quote_is_cut(const uint8_t *p, uint32_t len);
/* The selectors of the packet that the ICMP error p is about; mirrored: of the way back, source and destination
 * exchanged. False when there is none to read: it is cut too short, another family's, an error itself, or was
 * not sent by the one whom the error goes to. */
bool quote_selector(const uint8_t *p, uint32_t len, bool mirrored, struct selector *s);

#endif
