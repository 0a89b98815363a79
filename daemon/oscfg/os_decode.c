/*
 * Reads netlink messages (RFC 3549). Every attribute is bounded by the message and checked for
 * its own length; what is missing stays zero. Knows nothing of who asked.
 */
#include "config.h"

#include "daemon/oscfg/os_decode.h"

#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

enum { ATTR_MAX = 80 };

struct attrs {
	const struct nlattr *at[ATTR_MAX];
};

/* Attributes of a region, the last of each type. */
static void
scan(const char *p, size_t len, struct attrs *out)
{
	memset(out, 0, sizeof *out);
	while (mnl_attr_ok((const struct nlattr *)p, (int)len)) {
		const struct nlattr *a = (const struct nlattr *)p;
		size_t step = MNL_ALIGN(a->nla_len);

		if (mnl_attr_get_type(a) < ATTR_MAX)
			out->at[mnl_attr_get_type(a)] = a;
		if (step >= len)
			break;
		p += step;
		len -= step;
	}
}

/* The fixed part of a message, or NULL when it is short; its attributes in *out. */
static const void *
open_msg(const struct nlmsghdr *nlh, size_t fixed, struct attrs *out)
{
	size_t len, skip = MNL_ALIGN(fixed);

	if (nlh->nlmsg_len < MNL_NLMSG_HDRLEN)
		return NULL;
	len = nlh->nlmsg_len - MNL_NLMSG_HDRLEN;
	if (len < fixed)
		return NULL;
	memset(out, 0, sizeof *out);
	if (len > skip)
		scan((const char *)nlh + MNL_NLMSG_HDRLEN + skip, len - skip, out);
	return (const char *)nlh + MNL_NLMSG_HDRLEN;
}

static void
nested(const struct nlattr *a, struct attrs *out)
{
	memset(out, 0, sizeof *out);
	if (a != NULL)
		scan(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a), out);
}

/* Copies an attribute's first len bytes. False: absent or short. */
static bool
copy(const struct nlattr *a, void *out, size_t len)
{
	if (a == NULL || mnl_attr_get_payload_len(a) < len)
		return false;
	memcpy(out, mnl_attr_get_payload(a), len);
	return true;
}

static uint32_t
u32(const struct nlattr *a, uint32_t otherwise)
{
	uint32_t v;

	return copy(a, &v, sizeof v) ? v : otherwise;
}

static uint8_t
u8(const struct nlattr *a)
{
	uint8_t v;

	return copy(a, &v, sizeof v) ? v : 0;
}

static void
text(const struct nlattr *a, char *out, size_t cap)
{
	size_t len;

	out[0] = '\0';
	if (a == NULL)
		return;
	len = strnlen(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a));
	if (len >= cap)
		len = cap - 1;
	memcpy(out, mnl_attr_get_payload(a), len);
	out[len] = '\0';
}

static struct addr
address(const struct nlattr *a, uint8_t af)
{
	struct addr out = { .af = af };

	if (!copy(a, out.b, af == AF_INET6 ? 16 : 4))
		memset(&out, 0, sizeof out);
	return out;
}

static void
link_stats(const struct nlattr *a, struct os_link *out)
{
	/* the head of rtnl_link_stats64, whose size differs between kernels */
	uint64_t s[6];

	if (!copy(a, s, sizeof s))
		return;
	out->in_packets = s[0];
	out->out_packets = s[1];
	out->in_bytes = s[2];
	out->out_bytes = s[3];
	out->in_errors = s[4];
	out->out_errors = s[5];
}

bool
os_decode_link(const struct nlmsghdr *nlh, struct os_link *out)
{
	struct attrs t, info;
	struct ifinfomsg m;
	const void *fixed = open_msg(nlh, sizeof m, &t);

	memset(out, 0, sizeof *out);
	if (fixed == NULL || t.at[IFLA_IFNAME] == NULL)
		return false;
	memcpy(&m, fixed, sizeof m);
	out->index = (uint32_t)m.ifi_index;
	out->type = m.ifi_type;
	out->flags = m.ifi_flags;
	text(t.at[IFLA_IFNAME], out->name, sizeof out->name);
	text(t.at[IFLA_IFALIAS], out->alias, sizeof out->alias);
	nested(t.at[IFLA_LINKINFO], &info);
	text(info.at[IFLA_INFO_KIND], out->kind, sizeof out->kind);
	out->mtu = u32(t.at[IFLA_MTU], 0);
	out->group = u32(t.at[IFLA_GROUP], 0);
	out->queue_len = u32(t.at[IFLA_TXQLEN], 0);
	out->master = u32(t.at[IFLA_MASTER], 0);
	out->operstate = u8(t.at[IFLA_OPERSTATE]);
	out->has_mac = copy(t.at[IFLA_ADDRESS], out->mac, sizeof out->mac);
	link_stats(t.at[IFLA_STATS64], out);
	return out->name[0] != '\0';
}

bool
os_decode_addr(const struct nlmsghdr *nlh, struct os_addr *out)
{
	struct attrs t;
	struct ifaddrmsg m;
	const void *fixed = open_msg(nlh, sizeof m, &t);
	const struct nlattr *own;

	memset(out, 0, sizeof *out);
	if (fixed == NULL)
		return false;
	memcpy(&m, fixed, sizeof m);
	if (m.ifa_family != AF_INET && m.ifa_family != AF_INET6)
		return false;
	own = t.at[IFA_LOCAL] != NULL ? t.at[IFA_LOCAL] : t.at[IFA_ADDRESS];
	out->index = m.ifa_index;
	out->scope = m.ifa_scope;
	out->flags = u32(t.at[IFA_FLAGS], m.ifa_flags);
	out->prefix.addr = address(own, m.ifa_family);
	out->prefix.len = m.ifa_prefixlen;
	out->protocol = u8(t.at[IFA_PROTO]);
	text(t.at[IFA_LABEL], out->label, sizeof out->label);
	return out->prefix.addr.af != 0;
}

static void
add_hop(struct os_route *r, struct addr gateway, uint32_t index, unsigned int flags)
{
	if (r->n_hops < OS_HOPS_MAX)
		r->hops[r->n_hops++] = (struct os_hop){
			.gateway = gateway, .index = index, .dead = flags & RTNH_F_DEAD
		};
}

static void
multipath(const struct nlattr *a, uint8_t af, struct os_route *out)
{
	const char *p = mnl_attr_get_payload(a);
	size_t len = mnl_attr_get_payload_len(a);
	struct rtnexthop hop;

	while (len >= sizeof hop) {
		struct attrs t = { { NULL } };
		size_t step;

		memcpy(&hop, p, sizeof hop);
		if (hop.rtnh_len < sizeof hop || hop.rtnh_len > len)
			return;
		if (hop.rtnh_len > sizeof hop)
			scan(p + sizeof hop, hop.rtnh_len - sizeof hop, &t);
		add_hop(out, address(t.at[RTA_GATEWAY], af), (uint32_t)hop.rtnh_ifindex,
			hop.rtnh_flags);
		step = MNL_ALIGN(hop.rtnh_len);
		if (step >= len)
			return;
		p += step;
		len -= step;
	}
}

bool
os_decode_route(const struct nlmsghdr *nlh, struct os_route *out)
{
	struct attrs t, metrics;
	struct rtmsg m;
	const void *fixed = open_msg(nlh, sizeof m, &t);

	memset(out, 0, sizeof *out);
	if (fixed == NULL)
		return false;
	memcpy(&m, fixed, sizeof m);
	if (m.rtm_family != AF_INET && m.rtm_family != AF_INET6)
		return false;
	out->table = u32(t.at[RTA_TABLE], m.rtm_table);
	out->destination.addr = address(t.at[RTA_DST], m.rtm_family);
	out->destination.addr.af = m.rtm_family;
	out->destination.len = m.rtm_dst_len;
	out->protocol = m.rtm_protocol;
	out->type = m.rtm_type;
	out->scope = m.rtm_scope;
	out->flags = m.rtm_flags;
	out->metric = u32(t.at[RTA_PRIORITY], 0);
	out->preferred_source = address(t.at[RTA_PREFSRC], m.rtm_family);
	nested(t.at[RTA_METRICS], &metrics);
	out->mtu = u32(metrics.at[RTAX_MTU], 0);
	if (t.at[RTA_MULTIPATH] != NULL)
		multipath(t.at[RTA_MULTIPATH], m.rtm_family, out);
	else
		add_hop(out, address(t.at[RTA_GATEWAY], m.rtm_family), u32(t.at[RTA_OIF], 0),
			m.rtm_flags);
	return true;
}

bool
os_decode_rule(const struct nlmsghdr *nlh, struct os_rule *out)
{
	struct attrs t;
	struct fib_rule_hdr m;
	const void *fixed = open_msg(nlh, sizeof m, &t);

	memset(out, 0, sizeof *out);
	if (fixed == NULL)
		return false;
	memcpy(&m, fixed, sizeof m);
	out->priority = u32(t.at[FRA_PRIORITY], 0);
	out->action = m.action;
	out->table = u32(t.at[FRA_TABLE], m.table);
	out->protocol = u8(t.at[FRA_PROTOCOL]);
	return true;
}

int
os_decode_counter(void *packets, const struct nlmsghdr *nlh)
{
	struct attrs t, data;
	uint64_t *n = packets;
	uint64_t wire;

	if (open_msg(nlh, sizeof(struct nfgenmsg), &t) == NULL)
		return -EBADMSG;
	nested(t.at[NFTA_OBJ_DATA], &data);
	if (copy(data.at[NFTA_COUNTER_PACKETS], &wire, sizeof wire))
		*n = be64toh(wire);
	return 0;
}
