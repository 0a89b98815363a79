#ifndef YD_DATAPATH_RESEND_H
#define YD_DATAPATH_RESEND_H

#include <stdbool.h>

#include "lib/drop.h"

struct port;

/*
 * A socket did not take a packet: is that said of this packet, or did the call report what an earlier one
 * met (an ICMP error makes the next call fail, whoever it is for), or is there only no room yet?
 */

/* A call on the port's socket failed with errno why, after so many tries that had failed before. Waits
 * for room (2 ms at most) or takes the reports off the error queue; whether to try again. udp: as for
 * pmtu_read_errors. */
bool resend_again(struct port *p, int why, unsigned int tries, bool udp);
/* What a packet is counted as for which the last try gave -errno. */
enum drop resend_verdict(int rc);

#endif
