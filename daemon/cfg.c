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

enum { MOST_BINDS = 24 };

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

static const struct bind system_binds[] = { TEXT(cfg_system, sysname) };

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
};

static const struct bind ip_address_binds[] = {
	TEXT(cfg_ip_address, interface),
	ADDR(cfg_ip_address, address),
	INT(cfg_ip_address, length),
	INT(cfg_ip_address, sub),
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

static const struct bind ipsec_proposal_binds[] = {
	TEXT(cfg_ipsec_proposal, name),
	TEXT(cfg_ipsec_proposal, transform),
	TEXT(cfg_ipsec_proposal, encapsulation_mode),
	TEXT(cfg_ipsec_proposal, esp_authentication),
	TEXT(cfg_ipsec_proposal, esp_encryption),
};

static const struct bind ipsec_policy_binds[] = {
	TEXT(cfg_ipsec_policy, name),
	INT(cfg_ipsec_policy, sequence),
	INT(cfg_ipsec_policy, acl),
	TEXT(cfg_ipsec_policy, proposal),
	ADDR(cfg_ipsec_policy, tunnel_local),
	ADDR(cfg_ipsec_policy, tunnel_remote),
	INT_AS(cfg_ipsec_policy, in_esp_spi, in_esp.spi),
	INT_AS(cfg_ipsec_policy, out_esp_spi, out_esp.spi),
	TEXT_AS(cfg_ipsec_policy, in_esp_string_key, in_esp.string_key),
	TEXT_AS(cfg_ipsec_policy, out_esp_string_key, out_esp.string_key),
	TEXT_AS(cfg_ipsec_policy, in_esp_authentication_key, in_esp.authentication_key),
	TEXT_AS(cfg_ipsec_policy, out_esp_authentication_key, out_esp.authentication_key),
	TEXT_AS(cfg_ipsec_policy, in_esp_encryption_key, in_esp.encryption_key),
	TEXT_AS(cfg_ipsec_policy, out_esp_encryption_key, out_esp.encryption_key),
};

#define SHAPE(name)                                                                     \
	const struct cfg_shape cfg_##name = { &model_##name, sizeof(struct cfg_##name), \
		name##_binds, sizeof(name##_binds) / sizeof(name##_binds[0]) }

SHAPE(system);
SHAPE(interface);
SHAPE(ip_address);
SHAPE(route_static);
SHAPE(acl_rule);
SHAPE(ipsec_proposal);
SHAPE(ipsec_policy);

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
