#ifndef YD_DAEMON_OSCFG_OS_DECODE_H
#define YD_DAEMON_OSCFG_OS_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

struct nlmsghdr;

/* What the kernel says about devices, addresses, routes and rules, as plain structs. */

struct os_link {
	uint32_t index;
	char name[16];
	char alias[64];
	char kind[16];	/* "tun", "dummy", "veth", …; "" = hardware */
	uint16_t type;	/* ARPHRD_… */
	uint32_t flags; /* IFF_… */
	uint32_t mtu;
	uint32_t group;
	uint32_t queue_len; /* packets */
	uint32_t master;
	uint8_t operstate; /* IF_OPER_… */
	bool has_mac;
	uint8_t mac[6];
	uint64_t in_packets, in_bytes, in_errors;
	uint64_t out_packets, out_bytes, out_errors;
};

struct os_addr {
	uint32_t index;
	struct prefix prefix; /* our end of the link, with host bits */
	uint32_t flags;	      /* IFA_F_… */
	uint8_t protocol;     /* who set it; 0 = unknown */
	uint8_t scope;
	char label[16];
};

enum { OS_HOPS_MAX = 16 };

struct os_hop {
	struct addr gateway; /* af 0 = none */
	uint32_t index;	     /* 0 = none */
	bool dead;	     /* its device is down or gone */
};

struct os_route {
	uint32_t table;
	struct prefix destination;
	uint8_t protocol;
	uint8_t type; /* RTN_… */
	uint8_t scope;
	uint32_t flags; /* RTM_F_… */
	uint32_t metric;
	uint32_t mtu; /* 0 = none */
	struct addr preferred_source;
	unsigned int n_hops;
	struct os_hop hops[OS_HOPS_MAX]; /* further ones are not kept */
};

struct os_rule {
	uint32_t priority;
	uint8_t action; /* FR_ACT_… */
	uint8_t protocol;
	uint32_t table;
};

/* Each returns false when the message is too short for its fixed part or lacks what identifies the
 * object; attributes that are too short are taken as absent. nlmsg_len bytes are readable. */
bool os_decode_link(const struct nlmsghdr *nlh, struct os_link *out);
bool os_decode_addr(const struct nlmsghdr *nlh, struct os_addr *out);
bool os_decode_route(const struct nlmsghdr *nlh, struct os_route *out);
bool os_decode_rule(const struct nlmsghdr *nlh, struct os_rule *out);

/* An os_netlink_fn: the packets of an nftables counter object into *packets, a uint64_t. */
int os_decode_counter(void *packets, const struct nlmsghdr *nlh);

#endif
