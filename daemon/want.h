#ifndef YD_DAEMON_WANT_H
#define YD_DAEMON_WANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/msg.h"

struct arena;

/*
 * What the router should be running: the objects that compile/ makes from the configuration and that
 * reconcile.c turns into steps. An object belongs to one owner (the configuration object it was
 * compiled from, "interface Tunnel0/0/1"), has a key that is unique within its kind, and plain data.
 */

/*
 * In the order in which they are added; deletes go the other way round, and all before any add. What
 * steers and drops comes before what reaches anybody, and forwarding last: first started or stopped,
 * the router sends nothing in clear that it should protect.
 */
enum want_kind {
	WANT_FILTER, /* what the kernel must drop: cleartext that policy wants protected (nftables) */
	WANT_LINK,   /* a network device: physical (adopted), dummy, TUN */
	WANT_PORT,   /* a TUN, raw or UDP socket of the datapath */
	WANT_SA,     /* a security association, in the datapath */
	WANT_GROUP,  /* what is to be negotiated, in the datapath: rules and tunnels name it */
	WANT_SPD,    /* the policy list of one protected TUN, in the datapath */
	WANT_TUNNEL, /* GRE parameters of a tunnel TUN, in the datapath; may name SAs and an SPD */
	WANT_RULE,   /* routing policy rules of the steering scheme */
	WANT_ADDR,
	WANT_ROUTE, /* main table, or the steering table */
	WANT_IKE,   /* what holds for all peers, at the IKE speaker */
	WANT_IKE_PEER,
	WANT_IKE_CHILD, /* the same as WANT_GROUP, at the IKE speaker */
	WANT_MSS,	/* what TCP may announce across a device (nftables) */
	WANT_SYSCTL,	/* a kernel setting, restored when nobody wants it any more */
	WANT_N_KINDS
};

enum want_link_kind {
	WANT_LINK_PHYSICAL, /* exists already; never deleted, only set up/down, MTU and group */
	WANT_LINK_DUMMY,    /* LoopBackN */
	WANT_LINK_TUNNEL,   /* TUN of a tunnel interface */
	WANT_LINK_PROTECTED /* TUN that what an interface's policy protects is steered into */
};

struct want_sysctl {
	char path[96]; /* below /proc/sys, "net/ipv4/ip_forward" */
	char value[16];
};

/* One selector of cleartext to be dropped, or let through, on arrival by a protected device. */
struct want_filter_rule {
	bool drop;	  /* false: accepted (deny rule of the ACL: not protected) */
	uint8_t protocol; /* 0 = any */
	struct addr source,
		source_wildcard; /* as seen inbound; 1 bits of a wildcard are not compared */
	struct addr destination, destination_wildcard;
	uint16_t source_port_low, source_port_high; /* 0–65535 = any */
	uint16_t destination_port_low, destination_port_high;
	uint16_t icmp_type, icmp_code; /* 0xffff = any */
};

struct want_filter {
	char device[16]; /* the protected physical device */
	const struct want_filter_rule *rules;
	size_t n_rules;
};

struct want_mss {
	char device[16];
	uint16_t mss; /* bytes */
};

struct want_link {
	enum want_link_kind kind;
	char device[16];
	char vrp_name[32]; /* kept as the device's alias */
	uint32_t mtu;	   /* bytes; 0 = leave */
	bool up;
	uint32_t group; /* OSCFG_GROUP_PROTECTED for protected interfaces, else 0 */
	bool ipv6;	/* switched on, on a device of ours */
};

struct want_port {
	enum msg_port_kind kind;
	char device[16]; /* the TUN, "" for the others */
	uint8_t af;	 /* of a UDP socket */
	uint16_t udp;	 /* its port */
};

struct want_tunnel {
	char device[16];
	struct msg_dp_tunnel
		tunnel;		/* port, sa_out, sa_in, spd_port are filled in when it is sent */
	const char *sa_out_key; /* by profile: keys of WANT_SA or WANT_GROUP objects, or NULL */
	const char *sa_in_key;
	char spd_device[16]; /* protected TUN of the interface it leaves by, "" = none */
};

struct want_sa {
	char device[16];      /* the protected TUN */
	uint64_t fingerprint; /* of what it is cryptographically; another one is another SA */
	struct msg_dp_sa
		sa; /* identity, slot, seq_limit and bundle are filled in when it is sent */
	const char *bundle_key; /* of the SA around this one, or NULL */
};

struct want_spd {
	char device[16];	       /* the protected TUN */
	struct msg_dp_spd_rule *rules; /* sa_out, sa_in hold 0; see keys */
	const char **sa_out_key; /* keys of WANT_SA or WANT_GROUP objects, or NULL, a rule each */
	const char **sa_in_key;
	size_t n_rules;
	uint16_t mss; /* of TCP, bytes; 0 = off */
};

/* Texts and lists of these are in the arena of their set; keys begin with WANT_NEGOTIATED, which no key of
 * an SA does. */
#define WANT_NEGOTIATED "ike "

struct want_group {
	const char *name; /* the key: of policy or profile, of the interface, of the rule */
	char device[16];  /* the TUN of the protected packets */
	/* what is protected, and how; child, peer, policy and port are filled in when it is sent */
	const struct msg_ike_child *child;
	const char *policy; /* of one name are the children that one pair of SAs may serve */
	/* what SAs get beside what is negotiated */
	uint32_t mtu; /* of the path, bytes; 0 = not known */
	uint8_t df;   /* enum msg_df */
	bool fragment_before;
	bool whole; /* what is negotiated may not be less: a tunnel names it */
};

struct want_ike {
	const struct msg_ike_setup *setup;
};

struct want_ike_peer {
	const char *name;	   /* the key: one peer may be wanted at several destinations */
	struct msg_ike_peer *peer; /* with the key; peer is filled in when it is sent */
	const struct addr *remotes;
	size_t n_remotes;
	const struct msg_ike_peer_proposal *proposals;
	size_t n_proposals;
};

struct want_ike_child {
	struct want_group group; /* the object in the datapath */
	const char *peer;	 /* key of its WANT_IKE_PEER */
	const struct msg_ike_child_proposal *proposals;
	size_t n_proposals;
};

struct want_addr {
	char device[16];
	struct prefix prefix; /* with host bits */
	bool secondary;
};

enum want_route_type { WANT_ROUTE_UNICAST, WANT_ROUTE_BLACKHOLE };

struct want_route {
	enum want_route_type type;
	uint32_t table; /* kernel table; 254 = main */
	struct prefix destination;
	struct addr nexthop;	      /* af 0 = none */
	char device[16];	      /* "" = none */
	struct addr preferred_source; /* af 0 = none */
	uint32_t metric;
	uint32_t mtu; /* 0 = none */
};

enum want_rule_type {
	WANT_RULE_BYPASS, /* marked packets go past our rules */
	WANT_RULE_MAIN,	  /* main table, suppressed when it would leave by the protected group */
	WANT_RULE_STEER	  /* the steering table */
};

struct want_rule {
	enum want_rule_type type;
	uint8_t af;
	uint32_t priority;
};

struct want {
	enum want_kind kind;
	const char *key;   /* want_key */
	const char *owner; /* "" in what oscfg_dump finds */
	union {
		struct want_sysctl sysctl;
		struct want_filter filter;
		struct want_mss mss;
		struct want_link link;
		struct want_port port;
		struct want_tunnel tunnel;
		struct want_sa sa;
		struct want_group group;
		struct want_ike ike;
		struct want_ike_peer ike_peer;
		struct want_ike_child ike_child;
		struct want_spd spd;
		struct want_addr addr;
		struct want_route route;
		struct want_rule rule;
	};
};

/*
 * The key that an object's identity makes, in the arena: what compile wants and what the kernel dumps
 * meet by it. A route by a next hop is the same whatever device the kernel resolved.
 */
const char *want_key(const struct want *w, struct arena *a);

#endif
