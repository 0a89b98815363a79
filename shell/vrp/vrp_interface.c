/*
 * Views of interfaces: GigabitEthernet, LoopBack, Tunnel. What they share is written once.
 */
#include "config.h"

#include "shell/vrp/vrp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/addr.h"
#include "schema/row.h"
#include "schema/type.h"
#include "schema/type_interface.h"
#include "shell/cli/typed.h"

int
vrp_interface_bind(struct typed *ty)
{
	struct interface_name name;

	if (ty->undo)
		return 0;
	if (interface_name_parse(typed_get(ty, "name").s, &name))
		return typed_refuse(ty, "The interface name is invalid.");
	typed_set(ty, "kind", VALUE_OF_TEXT(name.kind));
	typed_set(ty, "position", VALUE_OF_INT(name.position));
	return 0;
}

int
vrp_interface_check(struct typed *ty)
{
	struct interface_name name;
	int device = model_column(ty->table, "device");

	if (!ty->undo || ty->old[device].kind == VALUE_NULL)
		return 0;
	if (interface_name_parse(typed_get(ty, "name").s, &name) || !name.physical)
		return 0;
	return typed_refuse(ty, "The physical interface %s cannot be deleted.", name.name);
}

enum { ADDRESS_INTERFACE, ADDRESS_ADDRESS, ADDRESS_LENGTH, ADDRESS_SUB };

struct addresses {
	struct value primary[2]; /* its key */
	bool has_primary;
	size_t n_sub;
};

static int
look_at_address(void *arg, const struct row *r)
{
	struct addresses *a = arg;

	if (r->v[ADDRESS_SUB].i) {
		a->n_sub++;
		return 0;
	}
	a->primary[ADDRESS_INTERFACE] = r->v[ADDRESS_INTERFACE];
	a->primary[ADDRESS_ADDRESS] = r->v[ADDRESS_ADDRESS];
	a->has_primary = true;
	return 0;
}

/* An interface has one primary address: a new one takes the old one's place; secondary ones need it. */
static int
check_address(struct typed *ty)
{
	struct addresses a = { 0 };
	int err = row_each(ty->store, ty->table, ty->v, 1, ty->arena, look_at_address, &a);
	bool same;

	if (err)
		return err;
	if (ty->undo) {
		if (!ty->old[ADDRESS_SUB].i && a.n_sub)
			return typed_refuse(ty, "Please delete the sub addresses first.");
		return 0;
	}
	same = a.has_primary && !strcmp(a.primary[ADDRESS_ADDRESS].s, ty->v[ADDRESS_ADDRESS].s);
	if (ty->v[ADDRESS_SUB].i) {
		if (!a.has_primary || same)
			return typed_refuse(ty, "Please configure the primary address first.");
		return 0;
	}
	return a.has_primary && !same ? row_delete(ty->store, ty->table, a.primary) : 0;
}

/* "A/L" typed in one word. */
int
vrp_prefix_bind(struct typed *ty)
{
	const char *text = cli_arg_text(ty->match, "prefix", NULL);
	struct value host;
	struct prefix p;
	char address[ADDR_STRLEN];

	if (!text || prefix_parse(text, &p))
		return 0;
	addr_format(&p.addr, address);
	if (type_ipv6_host.parse(&type_ipv6_host, address, ty->arena, &host))
		return typed_refuse(ty, "The address %s is not one of a host.", address);
	typed_set(ty, "address", host);
	typed_set(ty, "length", VALUE_OF_INT(p.len));
	return 0;
}

static size_t
render_address6(const struct row *r, char *out, size_t cap)
{
	int len = snprintf(out, cap, "ipv6 address %s/%lld",
		r->v[model_column(r->table, "address")].s,
		(long long)r->v[model_column(r->table, "length")].i);

	return len > 0 && (size_t)len < cap ? (size_t)len : 0;
}

static int
check_source(struct typed *ty)
{
	struct value source = typed_get(ty, "source_interface");

	if (source.kind == VALUE_TEXT && !strcmp(source.s, typed_get(ty, "name").s))
		return typed_refuse(ty, "The source of a tunnel cannot be the tunnel itself.");
	return 0;
}

static const struct line description[] = {
	{ "description{Specify interface description} <description>" },
	{ 0 },
};

static const struct line mtu[] = {
	{ "mtu{Specify MTU of the interface} <mtu>" },
	{ 0 },
};

static const struct line common[] = {
	{ "shutdown{Shutdown the interface}=shutdown" },
	{ "ip{Specify IP configurations for the system} "
	  "address{Set the IP address of an interface} "
	  "<address> <length> [ sub{Indicate a subordinate address}=sub ]",
		.table = &model_ip_address, .check = check_address },
	{ "ipv6{Specify IPv6 configurations for the interface} "
	  "enable{Enable IPv6 on the interface}=ipv6_enable" },
	{ "ipv6{Specify IPv6 configurations for the interface} "
	  "address{Set the IPv6 address of an interface} "
	  "{ <prefix:ipv6-prefix>{IPv6 address and prefix length} | <address> <length> }",
		.table = &model_ipv6_address, .bind = vrp_prefix_bind, .render = render_address6 },
	{ 0 },
};

static const struct line forwarding[] = {
	{ "tcp{Specify TCP configurations for the interface} "
	  "adjust-mss{Set the MSS of TCP connections through the interface} <tcp_mss>" },
	{ 0 },
};

static const struct line physical[] = {
	{ "device{Bind the interface to a network device of the host} <device>" },
	{ 0 },
};

static const struct line policy[] = {
	{ "ipsec{Specify IPSec(IP Security) configuration information} "
	  "policy{Apply an IPSec policy to the interface} <ipsec_policy>" },
	{ 0 },
};

static const struct line tunnel[] = {
	{ "tunnel-protocol{Specify tunnel protocol} <tunnel_protocol>" },
	{ "keepalive{Keepalive function}=keepalive "
	  "[ period{Period of keepalive packets} <keepalive_period> "
	  "[ retry-times{Times before the tunnel is down} <keepalive_retries> ] ]" },
	{ "source{Specify tunnel source} { <source_address> | <source_interface> }",
		.check = check_source },
	{ "destination{Specify tunnel destination} <destination>" },
	{ "gre{Specify the Generic Routing Encapsulation (GRE)} key{Specify the key of the tunnel} "
	  "[ plain{Specify the key in plain text} ] <gre_key>" },
	{ "gre{Specify the Generic Routing Encapsulation (GRE)} "
	  "checksum{Verify checksums from end to end}=gre_checksum" },
	{ "gre{Specify the Generic Routing Encapsulation (GRE)} "
	  "sequence-number{Number packets and drop those that come late}=gre_sequence" },
	{ "ipsec{Specify IPSec(IP Security) configuration information} "
	  "profile{Apply an IPSec profile to the tunnel} <ipsec_profile>" },
	{ 0 },
};

static const struct line *const ethernet_lines[] = { description, mtu, common, forwarding, physical,
	policy, NULL };
static const struct line *const loopback_lines[] = { description, common, NULL };
static const struct line *const tunnel_lines[] = { description, mtu, common, forwarding, tunnel,
	policy, NULL };

static bool
is_kind(const struct row *r, const char *kind)
{
	return !strcmp(r->v[model_column(r->table, "kind")].s, kind);
}

static bool
is_ethernet(const struct row *r)
{
	return is_kind(r, "GigabitEthernet");
}

static bool
is_loopback(const struct row *r)
{
	return is_kind(r, "LoopBack");
}

static bool
is_tunnel(const struct row *r)
{
	return is_kind(r, "Tunnel");
}

const struct view vrp_interface_views[] = {
	{ "<name>", "GigabitEthernet interface view commands:", is_ethernet, ethernet_lines },
	{ "<name>", "LoopBack interface view commands:", is_loopback, loopback_lines },
	{ "<name>", "Tunnel interface view commands:", is_tunnel, tunnel_lines },
	{ 0 },
};
