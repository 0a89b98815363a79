/*
 * The address a datagram is sent from (IP_PKTINFO, and RFC 3542 6.2), and whether it may be cut.
 */
#include "config.h"

#include "daemon/ike/sender_os.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static void
put(struct msghdr *msg, uint8_t *control, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)(void *)control;

	memset(control, 0, SENDER_OS_CONTROL_MAX);
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	msg->msg_control = control;
	msg->msg_controllen = CMSG_SPACE(len);
}

void
sender_os_from(struct msghdr *msg, uint8_t *control, const struct addr *local)
{
	struct in_pktinfo from = { .ipi_spec_dst.s_addr = htonl(addr_u32(local)) };
	struct in6_pktinfo from6 = { 0 };

	_Static_assert(CMSG_SPACE(sizeof(from6)) <= SENDER_OS_CONTROL_MAX, "it fits");
	memcpy(&from6.ipi6_addr, local->b, sizeof(from6.ipi6_addr));
	if (local->af == AF_INET)
		put(msg, control, IPPROTO_IP, IP_PKTINFO, &from, sizeof(from));
	else if (local->af == AF_INET6)
		put(msg, control, IPPROTO_IPV6, IPV6_PKTINFO, &from6, sizeof(from6));
}

void
sender_os_fragment(int fd, uint8_t af, bool may)
{
	int how = may ? IP_PMTUDISC_OMIT : IP_PMTUDISC_INTERFACE;
	int how6 = may ? IPV6_PMTUDISC_OMIT : IPV6_PMTUDISC_INTERFACE;

	if (af == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &how6, sizeof(how6));
	else
		(void)setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &how, sizeof(how));
}
