/*
 * From rows of the store to the structs of cfg.h: one list of (column, member) a table. Knows neither
 * SQL nor what the values mean.
 */
#include "config.h"

#include "daemon/cfg.h"

#include "lib/arena.h"
#include "schema/row.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

enum bind_kind { BIND_TEXT, BIND_INT, BIND_ADDR };

enum { MOST_BINDS = 32 };

struct bind {
	const char *column;
	enum bind_kind kind;
	size_t offset;
};

struct cfg_shape {
	const struct table *table;
	size_t size;
	const struct bind *binds;
	unsigned int n_binds;
};

#define TEXT(s, f)                                   \
	{                                            \
#f, BIND_TEXT, offsetof(struct s, f) \
	}
#define INT(s, f)                                   \
	{                                           \
#f, BIND_INT, offsetof(struct s, f) \
	}
#define ADDR(s, f)                                   \
	{                                            \
#f, BIND_ADDR, offsetof(struct s, f) \
	}
#define TEXT_AS(s, column, f)                             \
	{                                                 \
#column, BIND_TEXT, offsetof(struct s, f) \
	}
#define INT_AS(s, column, f)                             \
	{                                                \
#column, BIND_INT, offsetof(struct s, f) \
	}

static const struct bind system_binds[] = { TEXT(cfg_system, sysname), INT(cfg_system, ipv6) };

static const struct bind interface_binds[] = {
	TEXT(cfg_interface, name),
	TEXT(cfg_interface, kind),
	INT(cfg_interface, position),
	TEXT(cfg_interface, device),
	TEXT(cfg_interface, description),
	INT(cfg_interface, mtu),
	INT(cfg_interface, shutdown),
	TEXT(cfg_interface, tunnel_protocol),
	ADDR(cfg_interface, source_address),
	TEXT(cfg_interface, source_interface),
	ADDR(cfg_interface, destination),
	INT(cfg_interface, gre_key),
	INT(cfg_interface, gre_checksum),
	INT(cfg_interface, keepalive),
	INT(cfg_interface, keepalive_period),
	INT(cfg_interface, keepalive_retries),
	TEXT(cfg_interface, ipsec_policy),
	TEXT(cfg_interface, ipsec_profile),
	INT(cfg_interface, ipv6_enable),
	INT(cfg_interface, tcp_mss),
	INT(cfg_interface, gre_sequence),
};

static const struct bind ip_address_binds[] = {
	TEXT(cfg_ip_address, interface),
	ADDR(cfg_ip_address, address),
	INT(cfg_ip_address, length),
	INT(cfg_ip_address, sub),
};

static const struct bind ipv6_address_binds[] = {
	TEXT(cfg_ipv6_address, interface),
	ADDR(cfg_ipv6_address, address),
	INT(cfg_ipv6_address, length),
};

static const struct bind route_static_binds[] = {
	ADDR(cfg_route_static, destination),
	INT(cfg_route_static, length),
	ADDR(cfg_route_static, nexthop),
	TEXT(cfg_route_static, interface),
	INT(cfg_route_static, preference),
};

static const struct bind acl_rule_binds[] = {
	INT(cfg_acl_rule, acl),
	INT(cfg_acl_rule, id),
	TEXT(cfg_acl_rule, action),
	INT(cfg_acl_rule, protocol),
	ADDR(cfg_acl_rule, source),
	ADDR(cfg_acl_rule, source_wildcard),
	INT(cfg_acl_rule, source_port_low),
	INT(cfg_acl_rule, source_port_high),
	ADDR(cfg_acl_rule, destination),
	ADDR(cfg_acl_rule, destination_wildcard),
	INT(cfg_acl_rule, destination_port_low),
	INT(cfg_acl_rule, destination_port_high),
	INT(cfg_acl_rule, icmp_type),
	INT(cfg_acl_rule, icmp_code),
};

static const struct bind acl6_rule_binds[] = {
	INT(cfg_acl6_rule, acl),
	INT(cfg_acl6_rule, id),
	TEXT(cfg_acl6_rule, action),
	INT(cfg_acl6_rule, protocol),
	ADDR(cfg_acl6_rule, source),
	INT(cfg_acl6_rule, source_length),
	INT(cfg_acl6_rule, source_port_low),
	INT(cfg_acl6_rule, source_port_high),
	ADDR(cfg_acl6_rule, destination),
	INT(cfg_acl6_rule, destination_length),
	INT(cfg_acl6_rule, destination_port_low),
	INT(cfg_acl6_rule, destination_port_high),
	INT(cfg_acl6_rule, icmp_type),
	INT(cfg_acl6_rule, icmp_code),
};

static const struct bind ipsec_global_binds[] = {
	INT(cfg_ipsec_global, sha2_compatible),
	INT(cfg_ipsec_global, anti_replay),
	INT(cfg_ipsec_global, anti_replay_window),
	INT(cfg_ipsec_global, fragmentation_before),
	TEXT(cfg_ipsec_global, df_bit),
	INT(cfg_ipsec_global, sa_duration_time),
	INT(cfg_ipsec_global, sa_duration_traffic),
};

static const struct bind ipsec_proposal_binds[] = {
	TEXT(cfg_ipsec_proposal, name),
	TEXT(cfg_ipsec_proposal, transform),
	TEXT(cfg_ipsec_proposal, encapsulation_mode),
	TEXT(cfg_ipsec_proposal, ah_authentication),
	TEXT(cfg_ipsec_proposal, esp_authentication),
	TEXT(cfg_ipsec_proposal, esp_encryption),
	INT(cfg_ipsec_proposal, esn),
};

/* The columns of cfg_keying, which policies and profiles share. */
#define SA_BINDS(s, way)                                                                           \
	INT_AS(s, way##_spi, keying.way.spi), TEXT_AS(s, way##_string_key, keying.way.string_key), \
		TEXT_AS(s, way##_authentication_key, keying.way.authentication_key)

#define KEYING_BINDS(s)                                                                     \
	SA_BINDS(s, in_esp), SA_BINDS(s, out_esp), SA_BINDS(s, in_ah), SA_BINDS(s, out_ah), \
		TEXT_AS(s, in_esp_encryption_key, keying.in_esp.encryption_key),            \
		TEXT_AS(s, out_esp_encryption_key, keying.out_esp.encryption_key),          \
		INT_AS(s, anti_replay_window, keying.anti_replay_window)

#define NEGOTIATION_BINDS(s)                                                          \
	TEXT_AS(s, ike_peer, negotiation.ike_peer), TEXT_AS(s, pfs, negotiation.pfs), \
		INT_AS(s, sa_duration_time, negotiation.sa_duration_time),            \
		INT_AS(s, sa_duration_traffic, negotiation.sa_duration_traffic)

static const struct bind ipsec_policy_binds[] = {
	TEXT(cfg_ipsec_policy, name),
	INT(cfg_ipsec_policy, sequence),
	TEXT(cfg_ipsec_policy, mode),
	INT(cfg_ipsec_policy, enabled),
	INT(cfg_ipsec_policy, tunnel_local_interface),
	TEXT(cfg_ipsec_policy, sa_trigger_mode),
	NEGOTIATION_BINDS(cfg_ipsec_policy),
	INT(cfg_ipsec_policy, acl),
	INT(cfg_ipsec_policy, acl6),
	ADDR(cfg_ipsec_policy, tunnel_local),
	ADDR(cfg_ipsec_policy, tunnel_remote),
	KEYING_BINDS(cfg_ipsec_policy),
};

static const struct bind ipsec_policy_group_binds[] = { TEXT(cfg_ipsec_policy_group, name) };

static const struct bind ipsec_profile_binds[] = {
	TEXT(cfg_ipsec_profile, name),
	NEGOTIATION_BINDS(cfg_ipsec_profile),
	KEYING_BINDS(cfg_ipsec_profile),
};

static const struct bind ipsec_policy_proposal_binds[] = {
	TEXT(cfg_proposal_ref, name),
	TEXT(cfg_proposal_ref, proposal),
};

static const struct bind ipsec_profile_proposal_binds[] = {
	TEXT_AS(cfg_proposal_ref, profile, name),
	TEXT(cfg_proposal_ref, proposal),
};

#define DPD_BINDS(s)                                                   \
	TEXT_AS(s, dpd_type, dpd.type), INT_AS(s, dpd_idle, dpd.idle), \
		INT_AS(s, dpd_interval, dpd.interval), INT_AS(s, dpd_retries, dpd.retries)

static const struct bind ike_global_binds[] = {
	TEXT(cfg_ike_global, local_name),
	INT(cfg_ike_global, nat_keepalive),
	DPD_BINDS(cfg_ike_global),
};

static const struct bind ike_proposal_binds[] = {
	INT(cfg_ike_proposal, number),
	TEXT(cfg_ike_proposal, encryption),
	TEXT(cfg_ike_proposal, dh),
	TEXT(cfg_ike_proposal, integrity),
	TEXT(cfg_ike_proposal, prf),
	INT(cfg_ike_proposal, duration),
};

static const struct bind ike_peer_binds[] = {
	TEXT(cfg_ike_peer, name),
	INT(cfg_ike_peer, version_1),
	INT(cfg_ike_peer, version_2),
	TEXT(cfg_ike_peer, pre_shared_key),
	INT(cfg_ike_peer, ike_proposal),
	ADDR(cfg_ike_peer, local_address),
	TEXT(cfg_ike_peer, local_id_type),
	TEXT(cfg_ike_peer, local_id),
	TEXT(cfg_ike_peer, remote_id_type),
	TEXT(cfg_ike_peer, remote_id),
	INT(cfg_ike_peer, nat_traversal),
	DPD_BINDS(cfg_ike_peer),
	INT(cfg_ike_peer, reauthentication),
};

static const struct bind ike_peer_address_binds[] = {
	TEXT(cfg_ike_peer_address, peer),
	ADDR(cfg_ike_peer_address, address),
};

#define SHAPE_OF(table, shape, binds)                                                      \
	const struct cfg_shape cfg_##table = { &model_##table, sizeof(struct cfg_##shape), \
		binds##_binds, sizeof(binds##_binds) / sizeof(binds##_binds[0]) }
#define SHAPE_AS(table, shape) SHAPE_OF(table, shape, shape)
#define SHAPE(name) SHAPE_OF(name, name, name)

SHAPE(system);
SHAPE(interface);
SHAPE(ip_address);
SHAPE(ipv6_address);
SHAPE(route_static);
SHAPE_AS(ipv6_route_static, route_static);
SHAPE(acl_rule);
SHAPE(acl6_rule);
SHAPE(ipsec_global);
SHAPE(ipsec_proposal);
SHAPE(ipsec_policy);
SHAPE(ipsec_policy_group);
SHAPE(ipsec_profile);
SHAPE(ike_global);
SHAPE(ike_proposal);
SHAPE(ike_peer);
SHAPE(ike_peer_address);
SHAPE_OF(ipsec_policy_proposal, proposal_ref, ipsec_policy_proposal);
SHAPE_OF(ipsec_profile_proposal, proposal_ref, ipsec_profile_proposal);

/* A shape with its columns looked up once for many rows. */
struct reader {
	const struct cfg_shape *shape;
	struct arena *arena;
	int column[MOST_BINDS];
	cfg_fn *fn;
	void *arg;
};

static int
reader_init(struct reader *r, const struct cfg_shape *shape, struct arena *a)
{
	r->shape = shape;
	r->arena = a;
	for (unsigned int i = 0; i < shape->n_binds; i++) {
		r->column[i] = model_column(shape->table, shape->binds[i].column);
		if (r->column[i] < 0)
			return -ENOKEY;
	}
	return 0;
}

static int
read_value(const struct bind *b, const struct value *v, void *member)
{
	switch (b->kind) {
	case BIND_TEXT: *(const char **)member = v->kind == VALUE_TEXT ? v->s : NULL; break;
	case BIND_INT: *(int64_t *)member = v->kind == VALUE_INT ? v->i : CFG_NONE; break;
	case BIND_ADDR:
		memset(member, 0, sizeof(struct addr));
		if (v->kind == VALUE_TEXT && v->s[0] != '\0')
			return addr_parse(v->s, member);
		break;
	}
	return 0;
}

static int
read_row(const struct reader *r, const struct row *row, void *out)
{
	int rc = 0;

	for (unsigned int i = 0; i < r->shape->n_binds && rc == 0; i++)
		rc = read_value(&r->shape->binds[i], &row->v[r->column[i]],
			(char *)out + r->shape->binds[i].offset);
	return rc;
}

static int
on_row(void *arg, const struct row *row)
{
	const struct reader *r = arg;
	void *cfg = arena_alloc(r->arena, r->shape->size);
	int rc = read_row(r, row, cfg);

	return rc != 0 ? rc : r->fn(r->arg, cfg);
}

int
cfg_get(struct store *s, const struct cfg_shape *shape, const struct value *key, struct arena *a,
	void *out)
{
	struct reader r = { 0 };
	struct row row = { 0 };
	int rc = reader_init(&r, shape, a);

	if (rc == 0)
		rc = row_get(s, shape->table, key, a, &row);
	return rc != 0 ? rc : read_row(&r, &row, out);
}

int
cfg_defaults(struct store *s, const struct cfg_shape *shape, struct arena *a, void *out)
{
	struct reader r = { 0 };
	struct value v;
	int rc = reader_init(&r, shape, a);

	for (unsigned int i = 0; i < shape->n_binds && rc == 0; i++) {
		rc = row_default(s, shape->table, (unsigned int)r.column[i], a, &v);
		if (rc == 0)
			rc = read_value(&shape->binds[i], &v, (char *)out + shape->binds[i].offset);
	}
	return rc;
}

int
cfg_each(struct store *s, const struct cfg_shape *shape, const struct value *prefix,
	unsigned int n_prefix, struct arena *a, cfg_fn *fn, void *arg)
{
	struct reader r = { .fn = fn, .arg = arg };
	int rc = reader_init(&r, shape, a);

	return rc != 0 ? rc : row_each(s, shape->table, prefix, n_prefix, a, on_row, &r);
}

int
cfg_each_where(struct store *s, const struct cfg_shape *shape, const char *column, struct value v,
	struct arena *a, cfg_fn *fn, void *arg)
{
	struct reader r = { .fn = fn, .arg = arg };
	int i = model_column(shape->table, column);
	int rc = reader_init(&r, shape, a);

	if (rc == 0 && i < 0)
		rc = -ENOKEY;
	return rc != 0 ? rc : row_each_where(s, shape->table, (unsigned int)i, &v, a, on_row, &r);
}
