#ifndef YD_DAEMON_NARROW_H
#define YD_DAEMON_NARROW_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/msg.h"

/*
 * Traffic selectors that were negotiated (RFC 7296 2.9) against what the configuration wants protected:
 * they may be less than it, and then rules of the SPD must be.
 */

/* Is everything that the child protects in the pair? */
bool narrow_covers(const struct msg_ike_selector *pair, const struct msg_ike_child *child);
/* What is in both; false when nothing is. */
bool narrow_meet(const struct msg_ike_selector *pair, const struct msg_ike_child *child,
	struct msg_ike_selector *out);
/* The selectors of rules that together select exactly a pair, as many as there is room for. Returns how
 * many there are, 0 for what rules cannot say (parts of the codes of ICMP). */
size_t narrow_rules(const struct msg_ike_selector *pair, struct msg_dp_spd_rule *out, size_t room);

#endif
