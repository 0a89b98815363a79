/*
 * Systems where nobody has said yet how a datagram's source is chosen: the system chooses.
 */
#include "config.h"

#include "daemon/ike/sender_from.h"

void
sender_from(struct msghdr *msg, uint8_t *control, const struct addr *local)
{
	(void)msg;
	(void)control;
	(void)local;
}
