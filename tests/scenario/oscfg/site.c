/*
 * The router with its hosts, for the tests that need real traffic.
 */
#include "config.h"

#include "tests/scenario/oscfg/site.h"

#include "lib/buf.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { VNET_HDR_LEN = 10 };

static void
open_wire(struct site *s)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };

	at.sll_ifindex = (int)if_nametoindex("wan");
	s->wire = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
	CU_ASSERT_EQUAL_FATAL(bind(s->wire, (struct sockaddr *)&at, sizeof at), 0);
}

void
site_open(struct site *s)
{
	struct want addresses[] = { want_address("wan", "198.51.100.1/24"),
		want_address("lan", "10.1.1.1/24"), want_address("lan2", "10.1.3.1/24"),
		want_path(254, "0.0.0.0/0", "198.51.100.254", NULL, 60),
		want_setting("net/ipv4/ip_forward", "1") };

	bed_open(&s->bed);
	s->host = netns_make("host");
	s->desk = netns_make("desk");
	s->inet = netns_make("inet");
	CU_ASSERT_EQUAL_FATAL(
		sh("set -e; ip link add lan2 type veth peer name lan2-peer; ip link set lan2 up;"
		   "ip link set lan-peer netns %s; ip link set lan2-peer netns %s;"
		   "ip link set wan-peer netns %s; ip -n %s link set lan-peer up;"
		   "ip -n %s link set lan2-peer up; ip -n %s link set wan-peer up;"
		   "ip -n %s addr add 10.1.1.2/24 dev lan-peer;"
		   "ip -n %s route add default via 10.1.1.1;",
			s->host, s->desk, s->inet, s->host, s->desk, s->inet, s->host, s->host),
		0);
	CU_ASSERT_EQUAL_FATAL(
		sh("set -e; ip -n %s addr add 10.1.3.2/24 dev lan2-peer;"
		   "ip -n %s route add default via 10.1.3.1;"
		   "ip -n %s addr add 198.51.100.254/24 dev wan-peer;"
		   "ip -n %s addr add 203.0.113.9/32 dev lo; ip -n %s addr add 10.1.2.2/32 dev lo;"
		   "ip -n %s route add 10.1.1.0/24 via 198.51.100.1",
			s->desk, s->desk, s->inet, s->inet, s->inet, s->inet),
		0);
	for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++)
		ADD(&s->bed, &addresses[i]);
	open_wire(s);
}

void
site_close(struct site *s)
{
	close(s->wire);
	free(s->host);
	free(s->desk);
	free(s->inet);
	bed_close(&s->bed);
}

bool
site_ping(struct site *s, const char *from, const char *to, const char *options)
{
	const char *ns = from[0] != '\0' ? "ip netns exec " : "";

	return sh("%s%s ping -n -c 1 -W 0.2 %s %s", ns, from, options, to) == 0;
}

static struct addr
v4(const uint8_t *p)
{
	return addr_v4(be32_get(p));
}

unsigned int
site_left_for(struct site *s, const char *to)
{
	struct sockaddr_ll from;
	socklen_t len = sizeof from;
	struct addr want, destination;
	uint8_t p[2048];
	unsigned int n = 0;
	ssize_t got;

	CU_ASSERT_EQUAL(addr_parse(to, &want), 0);
	while ((got = recvfrom(s->wire, p, sizeof p, 0, (struct sockaddr *)&from, &len)) > 0) {
		if (from.sll_pkttype != PACKET_OUTGOING || from.sll_protocol != htons(ETH_P_IP) ||
			got < 20)
			continue;
		destination = v4(p + 16);
		n += addr_eq(&destination, &want);
	}
	return n;
}

unsigned int
site_steered_to(struct site *s, const char *device, const char *to, struct addr *source)
{
	int fd = oscfg_tun_fd(s->bed.o, device);
	struct addr want, destination;
	uint8_t p[65600];
	unsigned int n = 0;
	ssize_t got;

	CU_ASSERT_EQUAL(addr_parse(to, &want), 0);
	memset(source, 0, sizeof *source);
	while ((got = read(fd, p, sizeof p)) > 0) {
		if (got < VNET_HDR_LEN + 20)
			continue;
		destination = v4(p + VNET_HDR_LEN + 16);
		if (!addr_eq(&destination, &want))
			continue;
		*source = v4(p + VNET_HDR_LEN + 12);
		n++;
	}
	return n;
}

static uint16_t
checksum(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += be16_get(p + i);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t) ~(sum + (sum >> 16));
}

void
site_packet(uint8_t out[28], const char *source, const char *destination, uint8_t ttl)
{
	struct addr from, to;

	memset(out, 0, 28);
	CU_ASSERT_EQUAL(addr_parse(source, &from), 0);
	CU_ASSERT_EQUAL(addr_parse(destination, &to), 0);
	out[0] = 0x45;
	be16_put(out + 2, 28);
	be16_put(out + 4, 4711);
	out[8] = ttl;
	out[9] = IPPROTO_ICMP;
	memcpy(out + 12, from.b, 4);
	memcpy(out + 16, to.b, 4);
	be16_put(out + 10, checksum(out, 20));
	out[20] = 8;
	be16_put(out + 22, checksum(out + 20, 8));
}
