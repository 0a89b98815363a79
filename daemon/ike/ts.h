#ifndef YD_IKE_TS_H
#define YD_IKE_TS_H

#include <stdbool.h>

#include "daemon/ike/wire.h"
#include "lib/addr.h"

/*
 * Traffic selectors (RFC 7296 3.13, 2.9) and their algebra: parse, build, narrow. A selector is a range
 * of addresses, a protocol and a range of ports; for ICMP the port is type × 256 + code, for
 * Mobile IPv6 the type × 256. OPAQUE ports (low 65535, high 0) mean packets whose ports cannot be
 * seen; ANY (0–65535) includes OPAQUE.
 */
enum { TS_MAX = 32, TS_STRLEN = 128 };

struct ts {
	struct addr low; /* both of one family */
	struct addr high;
	uint8_t protocol; /* 0 = any */
	uint16_t port_low;
	uint16_t port_high;
};

struct ts_list {
	unsigned int n;
	bool cut; /* there were more than there is room for */
	struct ts ts[TS_MAX];
};

/* Body of a TSi or TSr payload. FAULT_payload when a length, a range or the number is wrong;
 * selectors of types we do not know (3.13.1: TS_FC_ADDR_RANGE …) are left out, so that n may be 0; those beyond
 * TS_MAX too, and the list is cut: a request is narrowed, an answer is not what was asked for. */
enum wire_fault ts_parse(struct span body, struct ts_list *out);
/* Writes such a body. */
void ts_write(struct wbuf *w, const struct ts_list *l);

/* A copy that has room for what is in it and no more: to be read, and freed by free(). NULL: memory is short. */
struct ts_list *ts_list_dup(const struct ts_list *l);

/* The whole of a prefix, every protocol and port. */
struct ts ts_of_prefix(const struct prefix *p);
bool ts_eq(const struct ts *a, const struct ts *b);
/* Everything a selects, b selects as well. */
bool ts_subset(const struct ts *a, const struct ts *b);
/* What both select into *out (which may be NULL); false when nothing. */
bool ts_intersect(const struct ts *a, const struct ts *b, struct ts *out);
/* One address. */
bool ts_is_host(const struct ts *t);
/* Each selector of a lies in one of b. */
bool ts_list_subset(const struct ts_list *a, const struct ts_list *b);
/* The same selectors, in any order. */
bool ts_list_eq(const struct ts_list *a, const struct ts_list *b);
/* The same for lists that are equal. */
uint32_t ts_list_hash(const struct ts_list *l);
/* The selector of the packet that triggered it: the first, when it is smaller than one that follows
 * and inside it (2.9). NULL when the initiator named none. */
const struct ts *ts_trigger(const struct ts_list *offered);
/*
 * The responder's answer: what of the offered ones `mine` allows, in the order offered (so that what
 * contains the trigger comes first), selectors inside others left out. -ENOENT when nothing (then
 * TS_UNACCEPTABLE). *narrowed (may be NULL): it is less than was offered.
 */
int ts_narrow(const struct ts_list *offered, const struct ts_list *mine, struct ts_list *out,
	bool *narrowed);

/* "10.1.1.0/255.255.255.0 6/80-80"; a range that is no prefix "10.1.1.1-10.1.1.9 …". Returns out. */
const char *ts_format(const struct ts *t, char out[TS_STRLEN]);
/* Several, separated by "; ", "…" when there is no room for more. Returns out. */
const char *ts_list_format(const struct ts_list *l, char *out, size_t cap);

#endif
