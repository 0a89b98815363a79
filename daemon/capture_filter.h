#ifndef YD_DAEMON_CAPTURE_FILTER_H
#define YD_DAEMON_CAPTURE_FILTER_H

#include <stddef.h>

#include "daemon/cfg.h"

struct err;

/* Room for any filter that a capture takes. */
enum { CAPTURE_FILTER_MAX = 60 * 1024 };

/*
 * What an ACL permits, as a filter expression of libpcap (pcap-filter(7)): the first rule that matches a
 * packet decides, what matches none is not captured. A rule with ports or an ICMP type matches no later
 * fragment; a packet that ends before what a rule looks at is not captured. 0, -ENOENT when nothing is permitted, -EMSGSIZE when it does not fit; with err.
 */
int capture_filter(
	const struct cfg_acl_rule *rules, size_t n, char *out, size_t cap, struct err *e);

#endif
