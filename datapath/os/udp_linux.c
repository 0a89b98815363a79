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
udp_setup(int fd, bool v6)
{
	int on = 1, segment;
	socklen_t len = sizeof(segment);

	(void)setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof(on));
	if (v6) {
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof(on));
	} else {
		(void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
		(void)setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on));
	}
	udp_cut(fd, v6, UDP_CUT_PATH);
	return getsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, &len) == 0;
}

static void
meta_read4(const struct cmsghdr *c, struct udp_meta *meta)
{
	struct in_pktinfo to;

	if (c->cmsg_type == IP_PKTINFO) {
		memcpy(&to, CMSG_DATA(c), sizeof(to));
		meta->local = addr_v4(ntohl(to.ipi_addr.s_addr));
	} else if (c->cmsg_type == IP_TOS) {
		meta->tos = *CMSG_DATA(c);
	}
}

static void
meta_read6(const struct cmsghdr *c, struct udp_meta *meta)
{
	struct in6_pktinfo to;
	int tclass;

	if (c->cmsg_type == IPV6_PKTINFO) {
		memcpy(&to, CMSG_DATA(c), sizeof(to));
		meta->local.af = AF_INET6;
		memcpy(meta->local.b, &to.ipi6_addr, sizeof(to.ipi6_addr));
	} else if (c->cmsg_type == IPV6_TCLASS) {
		memcpy(&tclass, CMSG_DATA(c), sizeof(tclass));
		meta->tos = (uint8_t)tclass;
	}
}

struct udp_meta
udp_meta_read(const struct msghdr *msg)
{
	struct msghdr *m = (struct msghdr *)(uintptr_t)msg;
	struct udp_meta meta = { 0 };
	int segment;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP) {
			meta_read4(c, &meta);
		} else if (c->cmsg_level == IPPROTO_IPV6) {
			meta_read6(c, &meta);
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
	struct in_pktinfo from = { .ipi_spec_dst.s_addr = htonl(addr_u32(&meta->local)) };
	struct in6_pktinfo from6 = { 0 };
	struct cmsghdr *at = (struct cmsghdr *)(void *)control;
	bool v6 = meta->local.af == AF_INET6;
	int tos = meta->tos;

	msg->msg_control = control;
	msg->msg_controllen = 0;
	memcpy(&from6.ipi6_addr, meta->local.b, sizeof(from6.ipi6_addr));
	if (v6)
		at = put(msg, at, IPPROTO_IPV6, IPV6_PKTINFO, &from6, sizeof(from6));
	else if (meta->local.af == AF_INET)
		at = put(msg, at, IPPROTO_IP, IP_PKTINFO, &from, sizeof(from));
	at = put(msg, at, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TCLASS : IP_TOS, &tos,
		sizeof(tos));
	if (meta->segment)
		put(msg, at, SOL_UDP, UDP_SEGMENT, &meta->segment, sizeof(meta->segment));
}

/* INTERFACE sets no DF and lets ICMP teach the kernel nothing. PROBE sets it and sends by the device's MTU,
 * whatever the kernel was taught. With an IPv6 socket on INTERFACE no error would reach its queue. */
void
udp_cut(int fd, bool v6, enum udp_cut who)
{
	static const int how[] = { [UDP_CUT_PATH] = IP_PMTUDISC_INTERFACE,
		[UDP_CUT_NEVER] = IP_PMTUDISC_PROBE,
		[UDP_CUT_HERE] = IP_PMTUDISC_OMIT };
	static const int how6[] = { [UDP_CUT_PATH] = IPV6_PMTUDISC_PROBE,
		[UDP_CUT_NEVER] = IPV6_PMTUDISC_PROBE,
		[UDP_CUT_HERE] = IPV6_PMTUDISC_OMIT };

	if (v6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &how6[who], sizeof(int));
	else
		(void)setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &how[who], sizeof(int));
}
