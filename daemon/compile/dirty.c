/*
 * From a changed row to the owners that must be compiled again: one function a table, which follow the
 * foreign keys from what is referred to towards who refers to it. Knows nothing of what owners want.
 */
#include "config.h"

#include "daemon/compile/dirty.h"

#include "daemon/cfg.h"
#include "daemon/compile/owner.h"

struct dirty {
	struct store *store;
	struct arena *arena;
	dirty_fn *fn;
	void *arg;
};

static int
on_route(void *arg, const void *cfg)
{
	struct dirty *d = arg;
	const struct cfg_route_static *r = cfg;
	char name[OWNER_MAX], dst[ADDR_STRLEN], hop[ADDR_STRLEN] = "";
	struct value key[4];

	if (r->nexthop.af != 0)
		addr_format(&r->nexthop, hop);
	key[0] = VALUE_OF_TEXT(addr_format(&r->destination, dst));
	key[1] = VALUE_OF_INT(r->length);
	key[2] = VALUE_OF_TEXT(hop);
	key[3] = VALUE_OF_TEXT(r->interface);
	d->fn(d->arg, OWNER_ROUTE, route_name(name, sizeof(name), key));
	return 0;
}

static int
on_sourced_tunnel(void *arg, const void *cfg)
{
	struct dirty *d = arg;

	d->fn(d->arg, OWNER_INTERFACE, ((const struct cfg_interface *)cfg)->name);
	return 0;
}

static int
on_protected(void *arg, const void *cfg)
{
	struct dirty *d = arg;

	d->fn(d->arg, OWNER_PROTECTION, ((const struct cfg_interface *)cfg)->name);
	return 0;
}

static int
tunnels_from(struct dirty *d, struct value interface)
{
	return cfg_each_where(d->store, &cfg_interface, "source_interface", interface, d->arena,
		on_sourced_tunnel, d);
}

static int
tunnels_with(struct dirty *d, struct value profile)
{
	return cfg_each_where(
		d->store, &cfg_interface, "ipsec_profile", profile, d->arena, on_sourced_tunnel, d);
}

static int
group_dirty(struct dirty *d, struct value group)
{
	return cfg_each_where(
		d->store, &cfg_interface, "ipsec_policy", group, d->arena, on_protected, d);
}

static int
on_policy(void *arg, const void *cfg)
{
	return group_dirty(arg, VALUE_OF_TEXT(((const struct cfg_ipsec_policy *)cfg)->name));
}

static int
on_policy_proposal(void *arg, const void *cfg)
{
	return group_dirty(arg, VALUE_OF_TEXT(((const struct cfg_proposal_ref *)cfg)->name));
}

static int
on_profile_proposal(void *arg, const void *cfg)
{
	return tunnels_with(arg, VALUE_OF_TEXT(((const struct cfg_proposal_ref *)cfg)->name));
}

static int
on_any_keyed(void *arg, const void *cfg)
{
	const struct cfg_interface *i = cfg;

	if (i->ipsec_profile != NULL)
		on_sourced_tunnel(arg, cfg);
	return i->ipsec_policy != NULL ? on_protected(arg, cfg) : 0;
}

static int
on_any_protected(void *arg, const void *cfg)
{
	return ((const struct cfg_interface *)cfg)->ipsec_policy != NULL ? on_protected(arg, cfg)
									 : 0;
}

static const struct cfg_shape *const route_tables[] = { &cfg_route_static, &cfg_ipv6_route_static };

/* --- one function a table ----------------------------------------------------------------- */

static int
interface_dirty(struct dirty *d, const struct value *key)
{
	int rc;

	d->fn(d->arg, OWNER_INTERFACE, key[0].s);
	d->fn(d->arg, OWNER_PROTECTION, key[0].s);
	rc = tunnels_from(d, key[0]);
	for (unsigned int i = 0; rc == 0 && i < 2; i++)
		rc = cfg_each_where(
			d->store, route_tables[i], "interface", key[0], d->arena, on_route, d);
	return rc;
}

/* Protections, too: the router's own packets get an address that a policy protects. */
static int
address_dirty(struct dirty *d, const struct value *key)
{
	int rc = tunnels_from(d, key[0]);

	d->fn(d->arg, OWNER_INTERFACE, key[0].s);
	return rc != 0 ? rc
		       : cfg_each(d->store, &cfg_interface, NULL, 0, d->arena, on_any_protected, d);
}

static int
route_dirty(struct dirty *d, const struct value *key)
{
	char name[OWNER_MAX];

	d->fn(d->arg, OWNER_ROUTE, route_name(name, sizeof(name), key));
	return 0;
}

static int
acl_dirty(struct dirty *d, const struct value *key)
{
	return cfg_each_where(d->store, &cfg_ipsec_policy, "acl", key[0], d->arena, on_policy, d);
}

static int
acl6_dirty(struct dirty *d, const struct value *key)
{
	return cfg_each_where(d->store, &cfg_ipsec_policy, "acl6", key[0], d->arena, on_policy, d);
}

static int
proposal_dirty(struct dirty *d, const struct value *key)
{
	int rc = cfg_each_where(d->store, &cfg_ipsec_policy_proposal, "proposal", key[0], d->arena,
		on_policy_proposal, d);

	return rc != 0 ? rc
		       : cfg_each_where(d->store, &cfg_ipsec_profile_proposal, "proposal", key[0],
				 d->arena, on_profile_proposal, d);
}

static int
profile_dirty(struct dirty *d, const struct value *key)
{
	return tunnels_with(d, key[0]);
}

static int
global_dirty(struct dirty *d, const struct value *key)
{
	return cfg_each(d->store, &cfg_interface, NULL, 0, d->arena, on_any_keyed, d);
}

static int
on_keyed_profile(void *arg, const void *cfg)
{
	return tunnels_with(arg, VALUE_OF_TEXT(((const struct cfg_ipsec_profile *)cfg)->name));
}

static int
ike_peer_dirty(struct dirty *d, const struct value *key)
{
	int rc = cfg_each_where(
		d->store, &cfg_ipsec_policy, "ike_peer", key[0], d->arena, on_policy, d);

	return rc != 0 ? rc
		       : cfg_each_where(d->store, &cfg_ipsec_profile, "ike_peer", key[0], d->arena,
				 on_keyed_profile, d);
}

static int
on_ike_peer(void *arg, const void *cfg)
{
	struct value key = VALUE_OF_TEXT(((const struct cfg_ike_peer *)cfg)->name);

	return ike_peer_dirty(arg, &key);
}

static int
ike_proposal_dirty(struct dirty *d, const struct value *key)
{
	return cfg_each_where(
		d->store, &cfg_ike_peer, "ike_proposal", key[0], d->arena, on_ike_peer, d);
}

/* What holds for all: also the router's own. */
static int
ike_global_dirty(struct dirty *d, const struct value *key)
{
	d->fn(d->arg, OWNER_ROUTER, "");
	return global_dirty(d, key);
}

static int
system_dirty(struct dirty *d, const struct value *key)
{
	d->fn(d->arg, OWNER_ROUTER, "");
	return 0;
}

static int
policy_dirty(struct dirty *d, const struct value *key)
{
	return group_dirty(d, key[0]);
}

static const struct {
	const struct table *table;
	int (*dirty)(struct dirty *d, const struct value *key);
} tables[] = {
	{ &model_system, system_dirty },
	{ &model_interface, interface_dirty },
	{ &model_ip_address, address_dirty },
	{ &model_ipv6_address, address_dirty },
	{ &model_route_static, route_dirty },
	{ &model_ipv6_route_static, route_dirty },
	{ &model_acl, acl_dirty },
	{ &model_acl_rule, acl_dirty },
	{ &model_acl6, acl6_dirty },
	{ &model_acl6_rule, acl6_dirty },
	{ &model_ipsec_global, global_dirty },
	{ &model_ipsec_profile, profile_dirty },
	{ &model_ipsec_profile_proposal, profile_dirty },
	{ &model_ipsec_proposal, proposal_dirty },
	{ &model_ipsec_policy_group, policy_dirty },
	{ &model_ipsec_policy, policy_dirty },
	{ &model_ipsec_policy_proposal, policy_dirty },
	{ &model_ike_global, ike_global_dirty },
	{ &model_ike_proposal, ike_proposal_dirty },
	{ &model_ike_peer, ike_peer_dirty },
	{ &model_ike_peer_address, ike_peer_dirty },
};

int
dirty_change(struct store *s, const struct change *c, struct arena *a, dirty_fn *fn, void *arg)
{
	struct dirty d = { .store = s, .arena = a, .fn = fn, .arg = arg };

	for (unsigned int i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (tables[i].table == c->table)
			return tables[i].dirty(&d, c->key);
	return 0;
}

/* --- everything ------------------------------------------------------------------------- */

static int
on_interface(void *arg, const void *cfg)
{
	struct dirty *d = arg;
	const struct cfg_interface *i = cfg;

	d->fn(d->arg, OWNER_INTERFACE, i->name);
	return on_any_protected(d, i);
}

int
dirty_all(struct store *s, struct arena *a, dirty_fn *fn, void *arg)
{
	struct dirty d = { .store = s, .arena = a, .fn = fn, .arg = arg };
	int rc = cfg_each(s, &cfg_interface, NULL, 0, a, on_interface, &d);

	for (unsigned int i = 0; rc == 0 && i < 2; i++)
		rc = cfg_each(s, route_tables[i], NULL, 0, a, on_route, &d);
	return rc;
}
