/*
 * Privileged descriptors on systems that nobody has taught us yet: refused with a reason.
 */
#include "config.h"

#include "daemon/privopen.h"

#include "lib/err.h"

#include <errno.h>

static int
refuse(struct err *e, const char *what)
{
	return err_set(e, -ENOTSUP, what, "not supported on this operating system");
}

int
privopen_tun(const char *device, struct err *e)
{
	return refuse(e, device);
}

int
privopen_raw(uint8_t af, uint8_t protocol, struct err *e)
{
	return refuse(e, "raw socket");
}

int
privopen_bypass(uint8_t af, struct err *e)
{
	return refuse(e, "raw socket");
}

int
privopen_ping(const struct addr *destination, const struct addr *source, struct err *e)
{
	return refuse(e, "ICMP socket");
}

int
privopen_udp(uint8_t af, uint16_t port, struct err *e)
{
	return refuse(e, "UDP socket");
}
