/*
 * The twin of errqueue_linux.c for systems that keep no errors for a socket.
 */
#include "config.h"

#include "datapath/os/errqueue.h"

bool
errqueue_next(int fd, struct errqueue_report *r)
{
	return false;
}
