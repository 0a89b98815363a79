/*
 * What follows a send that failed (resend.h). Refuses to know what is in the packets.
 */
#include "config.h"

#include "datapath/resend.h"

#include "datapath/pmtu.h"
#include "datapath/port.h"

#include <errno.h>
#include <poll.h>

/* Reports of other packets may come in between two tries, but not for ever. */
enum { RESEND_MAX = 4, ROOM_WAIT_MS = 2 };

bool
resend_again(struct port *p, int why, unsigned int tries, bool udp)
{
	struct pollfd room = { .fd = p->fd, .events = POLLOUT };

	if (tries + 1 >= RESEND_MAX)
		return false;
	switch (why) {
	case EAGAIN: /* backpressure, instead of a hole in a burst */
		return poll(&room, 1, ROOM_WAIT_MS) > 0;
	case EMSGSIZE: return tries == 0; /* the caller makes smaller ones of it */
	default: pmtu_read_errors(p, udp); return true;
	}
}

enum drop
resend_verdict(int rc)
{
	switch (rc) {
	case 0: return DROP_NONE;
	case -EMSGSIZE: return DROP_pkt_too_big;
	case -EAGAIN: return DROP_tx_full;
	default: return DROP_tx_error;
	}
}
