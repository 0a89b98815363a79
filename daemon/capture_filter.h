#ifndef YD_DAEMON_CAPTURE_FILTER_H
#define YD_DAEMON_CAPTURE_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/cfg.h"

struct err;

/* Room for any filter that a capture takes. */
enum { CAPTURE_FILTER_MAX = 60 * 1024 };

/*
 * What an ACL permits (v6: an IPv6 ACL, whose prefixes are given as wildcards), as a filter expression of
 * libpcap, see pcap-filter(7). The first rule that matches a packet decides, what matches none is not
 * captured. A rule with ports or an ICMP type matches no later fragment, one with a protocol no IPv6
 * packet with extension headers; a packet that ends before what a rule looks at is not captured. 0,
 * -ENOENT when nothing is permitted, -EMSGSIZE when it does not fit; with err.
 */
int capture_filter(
	const struct cfg_acl_rule *rules, size_t n, bool v6, char *out, size_t cap, struct err *e);

#endif
