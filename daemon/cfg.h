#ifndef YD_DAEMON_CFG_H
#define YD_DAEMON_CFG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"
#include "schema/model.h"

struct arena;
struct store;

/*
 * Configuration rows as structs. Texts are in the caller's arena, NULL where the store has NULL;
 * an integer that is NULL reads as CFG_NONE, an address as af 0.
 */
#define CFG_NONE (-1)

struct cfg_interface {
	const char *name;
	const char *kind;
	int64_t position;
	const char *device;
	const char *description;
	int64_t mtu;
	int64_t shutdown;
	const char *tunnel_protocol;
	struct addr source_address;
	const char *source_interface;
	struct addr destination;
	int64_t gre_key;
	int64_t gre_checksum;
	int64_t keepalive;
	int64_t keepalive_period;
	int64_t keepalive_retries;
	const char *ipsec_policy;
	const char *ipsec_profile;
	int64_t ipv6_enable;
	int64_t tcp_mss;
	int64_t gre_sequence;
};

struct cfg_ip_address {
	const char *interface;
	struct addr address;
	int64_t length;
	int64_t sub;
};

struct cfg_ipv6_address {
	const char *interface;
	struct addr address;
	int64_t length;
};

/* Of both families: the tables have the same columns. */
struct cfg_route_static {
	struct addr destination;
	int64_t length;
	struct addr nexthop;
	const char *interface;
	int64_t preference;
};

struct cfg_acl_rule {
	int64_t acl;
	int64_t id;
	const char *action;
	int64_t protocol;
	struct addr source;
	struct addr source_wildcard;
	int64_t source_port_low;
	int64_t source_port_high;
	struct addr destination;
	struct addr destination_wildcard;
	int64_t destination_port_low;
	int64_t destination_port_high;
	int64_t icmp_type;
	int64_t icmp_code;
};

struct cfg_acl6_rule {
	int64_t acl;
	int64_t id;
	const char *action;
	int64_t protocol;
	struct addr source;
	int64_t source_length;
	int64_t source_port_low;
	int64_t source_port_high;
	struct addr destination;
	int64_t destination_length;
	int64_t destination_port_low;
	int64_t destination_port_high;
	int64_t icmp_type;
	int64_t icmp_code;
};

struct cfg_ipsec_global {
	int64_t sha2_compatible;
	int64_t anti_replay;
	int64_t anti_replay_window;
	int64_t fragmentation_before;
	const char *df_bit;
	int64_t sa_duration_time;    /* seconds */
	int64_t sa_duration_traffic; /* kilobytes; 0 = none */
};

struct cfg_ipsec_proposal {
	const char *name;
	const char *transform;
	const char *encapsulation_mode;
	const char *ah_authentication;
	const char *esp_authentication;
	const char *esp_encryption;
	int64_t esn;
};

/* The columns of one SA; AH has no encryption key. Keys are sealed. */
struct cfg_manual_sa {
	int64_t spi;
	const char *string_key;
	const char *authentication_key;
	const char *encryption_key;
};

/* What policies and profiles are keyed with. */
struct cfg_keying {
	struct cfg_manual_sa in_esp;
	struct cfg_manual_sa out_esp;
	struct cfg_manual_sa in_ah;
	struct cfg_manual_sa out_ah;
	int64_t anti_replay_window;
};

/* What policies and profiles negotiate with; without a peer they do not. */
struct cfg_negotiation {
	const char *ike_peer;
	const char *pfs;
	int64_t sa_duration_time; /* as in cfg_ipsec_global, which counts when there is none */
	int64_t sa_duration_traffic;
};

struct cfg_ipsec_policy {
	const char *name;
	int64_t sequence;
	const char *mode;
	int64_t enabled;
	int64_t acl;
	int64_t acl6;
	struct addr tunnel_local;
	int64_t tunnel_local_interface;
	struct addr tunnel_remote;
	const char *sa_trigger_mode;
	struct cfg_negotiation negotiation;
	struct cfg_keying keying;
};

/* One of the proposals of a policy or a profile; read in order by the beginning of their key. */
struct cfg_proposal_ref {
	const char *name; /* of the policy or profile */
	const char *proposal;
};

struct cfg_ipsec_policy_group {
	const char *name;
};

struct cfg_ipsec_profile {
	const char *name;
	struct cfg_negotiation negotiation;
	struct cfg_keying keying;
};

/* Of dead peer detection, of all peers or of one. */
struct cfg_dpd {
	const char *type;
	int64_t idle;
	int64_t interval;
	int64_t retries;
};

struct cfg_ike_global {
	const char *local_name;
	int64_t nat_keepalive; /* seconds */
	struct cfg_dpd dpd;
};

/* Lists are keywords of alg.def, separated by blanks, the most wanted first. */
struct cfg_ike_proposal {
	int64_t number;
	const char *encryption;
	const char *dh;
	const char *integrity;
	const char *prf;
	int64_t duration; /* seconds */
};

struct cfg_ike_peer {
	const char *name;
	int64_t version_1;
	int64_t version_2;
	const char *pre_shared_key; /* sealed */
	int64_t ike_proposal;
	struct addr local_address;
	const char *local_id_type;
	const char *local_id;
	const char *remote_id_type;
	const char *remote_id;
	int64_t nat_traversal;
	struct cfg_dpd dpd;
	int64_t reauthentication; /* seconds */
};

struct cfg_ike_peer_address {
	const char *peer;
	struct addr address;
};

struct cfg_system {
	const char *sysname;
	int64_t ipv6;
};

/* Which struct a table's rows become. */
struct cfg_shape;

extern const struct cfg_shape cfg_system, cfg_interface, cfg_ip_address, cfg_route_static,
	cfg_acl_rule, cfg_ipsec_proposal, cfg_ipsec_policy, cfg_ipsec_profile, cfg_ipsec_global,
	cfg_ipsec_policy_group, cfg_ipsec_policy_proposal, cfg_ipsec_profile_proposal,
	cfg_ipv6_address, cfg_ipv6_route_static, cfg_acl6_rule, cfg_ike_global, cfg_ike_proposal,
	cfg_ike_peer, cfg_ike_peer_address;

typedef int cfg_fn(void *arg, const void *cfg);

/* -ENOENT when there is no such row. */
int cfg_get(struct store *s, const struct cfg_shape *shape, const struct value *key,
	struct arena *a, void *out);
/* What a new row of the table says: its SQL defaults. */
int cfg_defaults(struct store *s, const struct cfg_shape *shape, struct arena *a, void *out);
/* Rows with this key prefix, in the table's order; stops when fn returns non-zero and returns that. */
int cfg_each(struct store *s, const struct cfg_shape *shape, const struct value *prefix,
	unsigned int n_prefix, struct arena *a, cfg_fn *fn, void *arg);
/* Rows that have this value in a column: who refers to it? */
int cfg_each_where(struct store *s, const struct cfg_shape *shape, const char *column,
	struct value v, struct arena *a, cfg_fn *fn, void *arg);

#endif
