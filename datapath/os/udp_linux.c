/*
 * UDP sockets of Linux: UDP_SEGMENT (4.18) and UDP_GRO (5.0), addresses and TOS as control messages.
 * Refuses to know what the datagrams carry.
 */
#include "config.h"

#include "datapath/os/udp.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

bool
udp_setup(int fd)
{
	int on = 1, segment;
	socklen_t len = sizeof(segment);

	(void)setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on));
	udp_may_fragment(fd, false);
	return getsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, &len) == 0;
}

struct udp_meta
udp_meta_read(const struct msghdr *msg)
{
	struct msghdr *m = (struct msghdr *)(uintptr_t)msg;
	struct udp_meta meta = { 0 };
	struct in_pktinfo to;
	int segment;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&to, CMSG_DATA(c), sizeof(to));
			meta.local = ntohl(to.ipi_addr.s_addr);
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
			meta.tos = *CMSG_DATA(c);
		} else if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
			memcpy(&segment, CMSG_DATA(c), sizeof(segment));
			meta.segment = segment > 0 ? (uint16_t)segment : 0;
		}
	}
	return meta;
}

static struct cmsghdr *
put(struct msghdr *msg, struct cmsghdr *at, int level, int type, const void *data, size_t len)
{
	at->cmsg_level = level;
	at->cmsg_type = type;
	at->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(at), data, len);
	msg->msg_controllen += CMSG_SPACE(len);
	return (struct cmsghdr *)(void *)((uint8_t *)at + CMSG_SPACE(len));
}

void
udp_meta_write(struct msghdr *msg, uint8_t *control, const struct udp_meta *meta)
{
	struct in_pktinfo from = { .ipi_spec_dst.s_addr = htonl(meta->local) };
	struct cmsghdr *at = (struct cmsghdr *)(void *)control;
	int tos = meta->tos;

	msg->msg_control = control;
	msg->msg_controllen = 0;
	if (meta->local)
		at = put(msg, at, IPPROTO_IP, IP_PKTINFO, &from, sizeof(from));
	at = put(msg, at, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	if (meta->segment)
		put(msg, at, SOL_UDP, UDP_SEGMENT, &meta->segment, sizeof(meta->segment));
}

void
udp_may_fragment(int fd, bool may)
{
	int how = may ? IP_PMTUDISC_OMIT : IP_PMTUDISC_INTERFACE;

	(void)setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &how, sizeof(how));
}
