/*
 * rtnetlink messages, whole, cut short at every length, and with every byte wrong.
 */
#include "config.h"

#include "tests/unit/daemon/oscfg/suites.h"

#include "daemon/oscfg/os_decode.h"
#include "daemon/oscfg/oscfg.h"

#include <CUnit/CUnit.h>
#include <arpa/inet.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_MAX = 2048 };

struct message {
	_Alignas(16) char data[MESSAGE_MAX];
};

static struct nlmsghdr *
begin(struct message *m, uint16_t type, size_t header_len, void *header)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(m->data);

	nlh->nlmsg_type = type;
	*(void **)header = mnl_nlmsg_put_extra_header(nlh, header_len);
	return nlh;
}

static struct nlmsghdr *
a_link(struct message *m)
{
	static const uint8_t mac[6] = { 0, 0x11, 0x22, 0x33, 0x44, 0x55 };
	uint64_t stats[24] = { 1, 2, 3, 4, 5, 6 };
	struct ifinfomsg *i;
	struct nlmsghdr *nlh = begin(m, RTM_NEWLINK, sizeof *i, &i);
	struct nlattr *info;

	i->ifi_index = 7;
	i->ifi_type = ARPHRD_ETHER;
	i->ifi_flags = 0x1003;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, "Tunnel0-0-1");
	mnl_attr_put_strz(nlh, IFLA_IFALIAS, "Tunnel0/0/1");
	mnl_attr_put_u32(nlh, IFLA_MTU, 1476);
	mnl_attr_put_u32(nlh, IFLA_GROUP, OSCFG_GROUP_PROTECTED);
	mnl_attr_put_u8(nlh, IFLA_OPERSTATE, 6);
	mnl_attr_put(nlh, IFLA_ADDRESS, sizeof mac, mac);
	mnl_attr_put(nlh, IFLA_STATS64, sizeof stats, stats);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "tun");
	mnl_attr_nest_end(nlh, info);
	return nlh;
}

static struct nlmsghdr *
an_address(struct message *m)
{
	struct ifaddrmsg *i;
	struct nlmsghdr *nlh = begin(m, RTM_NEWADDR, sizeof *i, &i);

	i->ifa_family = AF_INET;
	i->ifa_prefixlen = 30;
	i->ifa_index = 7;
	mnl_attr_put_u32(nlh, IFA_ADDRESS, htonl(0x0a000002));
	mnl_attr_put_u32(nlh, IFA_LOCAL, htonl(0x0a000001));
	mnl_attr_put_u32(nlh, IFA_FLAGS, IFA_F_SECONDARY | 0x100);
	mnl_attr_put_u8(nlh, IFA_PROTO, OSCFG_TAG);
	mnl_attr_put_strz(nlh, IFA_LABEL, "wan:yd");
	return nlh;
}

static struct nlmsghdr *
a_route(struct message *m)
{
	struct rtmsg *r;
	struct nlmsghdr *nlh = begin(m, RTM_NEWROUTE, sizeof *r, &r);
	struct nlattr *metrics;

	r->rtm_family = AF_INET;
	r->rtm_dst_len = 24;
	r->rtm_protocol = OSCFG_TAG;
	r->rtm_type = RTN_UNICAST;
	mnl_attr_put_u32(nlh, RTA_TABLE, OSCFG_TABLE);
	mnl_attr_put_u32(nlh, RTA_DST, htonl(0x0a010200));
	mnl_attr_put_u32(nlh, RTA_GATEWAY, htonl(0xc63364fe));
	mnl_attr_put_u32(nlh, RTA_OIF, 3);
	mnl_attr_put_u32(nlh, RTA_PRIORITY, 60);
	mnl_attr_put_u32(nlh, RTA_PREFSRC, htonl(0x0a010101));
	metrics = mnl_attr_nest_start(nlh, RTA_METRICS);
	mnl_attr_put_u32(nlh, RTAX_MTU, 1400);
	mnl_attr_nest_end(nlh, metrics);
	return nlh;
}

static void
put_hop(struct nlmsghdr *nlh, int index, uint32_t gateway)
{
	struct rtnexthop *hop = mnl_nlmsg_get_payload_tail(nlh);
	uint32_t start = nlh->nlmsg_len;

	memset(hop, 0, sizeof *hop);
	hop->rtnh_ifindex = index;
	nlh->nlmsg_len += sizeof *hop;
	mnl_attr_put_u32(nlh, RTA_GATEWAY, htonl(gateway));
	hop->rtnh_len = (uint16_t)(nlh->nlmsg_len - start);
}

static struct nlmsghdr *
a_multipath_route(struct message *m)
{
	struct rtmsg *r;
	struct nlmsghdr *nlh = begin(m, RTM_NEWROUTE, sizeof *r, &r);
	struct nlattr *paths;

	r->rtm_family = AF_INET;
	r->rtm_table = RT_TABLE_MAIN;
	paths = mnl_attr_nest_start(nlh, RTA_MULTIPATH);
	for (int i = 0; i < OS_HOPS_MAX + 4; i++)
		put_hop(nlh, i + 1, 0xc6336401u + (uint32_t)i);
	mnl_attr_nest_end(nlh, paths);
	return nlh;
}

static struct nlmsghdr *
a_rule(struct message *m)
{
	struct fib_rule_hdr *r;
	struct nlmsghdr *nlh = begin(m, RTM_NEWRULE, sizeof *r, &r);

	r->family = AF_INET;
	r->action = FR_ACT_TO_TBL;
	mnl_attr_put_u32(nlh, FRA_PRIORITY, OSCFG_RULE_STEER);
	mnl_attr_put_u32(nlh, FRA_TABLE, OSCFG_TABLE);
	mnl_attr_put_u8(nlh, FRA_PROTOCOL, OSCFG_TAG);
	return nlh;
}

static void
a_link_is_read(void)
{
	struct message m;
	struct os_link l;

	CU_ASSERT_TRUE(os_decode_link(a_link(&m), &l));
	CU_ASSERT_EQUAL(l.index, 7);
	CU_ASSERT_STRING_EQUAL(l.name, "Tunnel0-0-1");
	CU_ASSERT_STRING_EQUAL(l.alias, "Tunnel0/0/1");
	CU_ASSERT_STRING_EQUAL(l.kind, "tun");
	CU_ASSERT_EQUAL(l.mtu, 1476);
	CU_ASSERT_EQUAL(l.group, OSCFG_GROUP_PROTECTED);
	CU_ASSERT_EQUAL(l.operstate, 6);
	CU_ASSERT_TRUE(l.has_mac && l.mac[5] == 0x55);
	CU_ASSERT_EQUAL(l.in_packets, 1);
	CU_ASSERT_EQUAL(l.out_packets, 2);
	CU_ASSERT_EQUAL(l.in_bytes, 3);
	CU_ASSERT_EQUAL(l.out_errors, 6);
}

static void
an_address_is_read(void)
{
	struct message m;
	struct os_addr a;
	char text[PREFIX_STRLEN];

	CU_ASSERT_TRUE(os_decode_addr(an_address(&m), &a));
	CU_ASSERT_STRING_EQUAL(prefix_format(&a.prefix, text), "10.0.0.1/30");
	CU_ASSERT_EQUAL(a.flags, IFA_F_SECONDARY | 0x100);
	CU_ASSERT_EQUAL(a.protocol, OSCFG_TAG);
	CU_ASSERT_STRING_EQUAL(a.label, "wan:yd");
}

static void
a_route_is_read(void)
{
	struct message m;
	struct os_route r;
	char text[PREFIX_STRLEN];

	CU_ASSERT_TRUE(os_decode_route(a_route(&m), &r));
	CU_ASSERT_STRING_EQUAL(prefix_format(&r.destination, text), "10.1.2.0/24");
	CU_ASSERT_EQUAL(r.table, OSCFG_TABLE);
	CU_ASSERT_EQUAL(r.metric, 60);
	CU_ASSERT_EQUAL(r.mtu, 1400);
	CU_ASSERT_EQUAL(r.n_hops, 1);
	CU_ASSERT_EQUAL(r.hops[0].index, 3);
	CU_ASSERT_STRING_EQUAL(addr_format(&r.hops[0].gateway, text), "198.51.100.254");
	CU_ASSERT_STRING_EQUAL(addr_format(&r.preferred_source, text), "10.1.1.1");
}

static void
as_many_hops_as_fit_are_kept(void)
{
	struct message m;
	struct os_route r;
	char text[ADDR_STRLEN];

	CU_ASSERT_TRUE(os_decode_route(a_multipath_route(&m), &r));
	CU_ASSERT_EQUAL(r.n_hops, OS_HOPS_MAX);
	CU_ASSERT_EQUAL(r.hops[1].index, 2);
	CU_ASSERT_STRING_EQUAL(addr_format(&r.hops[1].gateway, text), "198.51.100.2");
	CU_ASSERT_EQUAL(r.destination.len, 0);
	CU_ASSERT_EQUAL(r.destination.addr.af, AF_INET);
}

static void
a_rule_is_read(void)
{
	struct message m;
	struct os_rule r;

	CU_ASSERT_TRUE(os_decode_rule(a_rule(&m), &r));
	CU_ASSERT_EQUAL(r.priority, OSCFG_RULE_STEER);
	CU_ASSERT_EQUAL(r.table, OSCFG_TABLE);
	CU_ASSERT_EQUAL(r.protocol, OSCFG_TAG);
}

static struct nlmsghdr *
a_counter(struct message *m)
{
	struct nfgenmsg *g;
	struct nlmsghdr *nlh = begin(m, 0, sizeof *g, &g);
	struct nlattr *data;

	mnl_attr_put_strz(nlh, NFTA_OBJ_NAME, "cleartext");
	data = mnl_attr_nest_start(nlh, NFTA_OBJ_DATA);
	mnl_attr_put_u64(nlh, NFTA_COUNTER_BYTES, htobe64(9000));
	mnl_attr_put_u64(nlh, NFTA_COUNTER_PACKETS, htobe64(7));
	mnl_attr_nest_end(nlh, data);
	return nlh;
}

static void
a_counter_is_read(void)
{
	struct message m;
	uint64_t n = 0;

	CU_ASSERT_EQUAL(os_decode_counter(&n, a_counter(&m)), 0);
	CU_ASSERT_EQUAL(n, 7);
}

static void
decode_all(const struct nlmsghdr *nlh)
{
	struct os_link l;
	struct os_addr a;
	struct os_route r;
	struct os_rule u;
	uint64_t n;

	(void)os_decode_counter(&n, nlh);
	(void)os_decode_link(nlh, &l);
	(void)os_decode_addr(nlh, &a);
	(void)os_decode_route(nlh, &r);
	(void)os_decode_rule(nlh, &u);
}

static struct nlmsghdr *(*const messages[])(
	struct message *) = { a_link, an_address, a_route, a_multipath_route, a_rule, a_counter };

/* Each copy is exactly as long as it says, so that the sanitizer sees a byte too far. */
static void
a_message_cut_anywhere_is_read_within_its_bounds(void)
{
	struct message m;
	struct os_link l;

	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
		const struct nlmsghdr *whole = messages[i](&m);

		for (uint32_t len = sizeof *whole; len < whole->nlmsg_len; len++) {
			struct nlmsghdr *cut = malloc(len);

			CU_ASSERT_PTR_NOT_NULL_FATAL(cut);
			memcpy(cut, whole, len);
			cut->nlmsg_len = len;
			decode_all(cut);
			if (len < sizeof *whole + sizeof(struct ifinfomsg))
				CU_ASSERT_FALSE(os_decode_link(cut, &l));
			free(cut);
		}
	}
}

static void
a_message_with_any_wrong_byte_is_read_within_its_bounds(void)
{
	static const uint8_t wrong[] = { 0x00, 0x01, 0x03, 0x7f, 0x80, 0xff };
	struct message m;

	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
		uint32_t len = messages[i](&m)->nlmsg_len;

		for (uint32_t at = sizeof(struct nlmsghdr); at < len; at++) {
			for (size_t k = 0; k < sizeof wrong; k++) {
				struct nlmsghdr *copy = malloc(len);

				CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
				memcpy(copy, m.data, len);
				((uint8_t *)copy)[at] = wrong[k];
				decode_all(copy);
				free(copy);
			}
		}
	}
}

static void
a_name_without_its_end_is_bounded(void)
{
	char name[40];
	struct message m;
	struct ifinfomsg *i;
	struct nlmsghdr *nlh = begin(&m, RTM_NEWLINK, sizeof *i, &i);
	struct os_link l;

	memset(name, 'x', sizeof name);
	mnl_attr_put(nlh, IFLA_IFNAME, sizeof name, name);
	CU_ASSERT_TRUE(os_decode_link(nlh, &l));
	CU_ASSERT_EQUAL(strlen(l.name), sizeof l.name - 1);
}

CU_TestInfo os_decode_tests[] = {
	{ "a link is read", a_link_is_read },
	{ "an address is read", an_address_is_read },
	{ "a route is read", a_route_is_read },
	{ "as many hops as fit are kept", as_many_hops_as_fit_are_kept },
	{ "a rule is read", a_rule_is_read },
	{ "a counter is read", a_counter_is_read },
	{ "a message cut anywhere is read within its bounds",
		a_message_cut_anywhere_is_read_within_its_bounds },
	{ "a message with any wrong byte is read within its bounds",
		a_message_with_any_wrong_byte_is_read_within_its_bounds },
	{ "a name without its end is bounded", a_name_without_its_end_is_bounded },
	CU_TEST_INFO_NULL,
};
