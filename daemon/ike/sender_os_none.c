/*
 * Systems where nobody has said yet how a datagram's source is chosen and what is cut: the system chooses.
 */
#include "config.h"

#include "daemon/ike/sender_os.h"

void
sender_os_from(struct msghdr *msg, uint8_t *control, const struct addr *local)
{
	(void)msg;
	(void)control;
	(void)local;
}

void
sender_os_fragment(int fd, uint8_t af, bool may)
{
	(void)fd;
	(void)af;
	(void)may;
}
