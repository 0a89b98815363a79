/*
 * Lines of the system view: the host's name, IPv6 as a whole, and static routes of both families.
 */
#include "config.h"

#include "shell/vrp/vrp.h"

#include "lib/addr.h"
#include "lib/arena.h"
#include "shell/cli/typed.h"

const struct line vrp_system_lines[] = {
	{ "sysname{Specify the host name} <sysname>", .indented = true, .always = true },
	{ 0 },
};

const struct line vrp_ipv6_lines[] = {
	{ "ipv6{Specify IPv6 configurations for the system}=ipv6" },
	{ 0 },
};

#define ROUTE                                           \
	"ip{Specify IP configurations for the system} " \
	"route-static{Establish a static route} <destination> <length> "
#define ROUTE6                                              \
	"ipv6{Specify IPv6 configurations for the system} " \
	"route-static{Establish a static route} <destination> <length> "
#define ROUTE_VIA "{ <nexthop> | <interface> [ <nexthop> ] } "
#define ROUTE_OPTIONS                                                       \
	"( preference{Specify the preference of the route} <preference> | " \
	"tag{Specify the tag of the route} <tag> | "                        \
	"description{Add a description for the route} <description> )"

/* The destination without its host bits; and the key's copy of the interface. */
static int
bind_route(struct typed *ty)
{
	struct addr a;
	struct prefix p;
	struct value interface = typed_get(ty, "interface");
	char text[ADDR_STRLEN];

	if (addr_parse(typed_get(ty, "destination").s, &a))
		return typed_refuse(ty, "The destination address is invalid.");
	p = (struct prefix){ .addr = a, .len = (uint8_t)typed_get(ty, "length").i };
	a = prefix_network(&p);
	addr_format(&a, text);
	typed_set(ty, "destination", VALUE_OF_TEXT(arena_strdup(ty->arena, text)));
	if (interface.kind == VALUE_TEXT)
		typed_set(ty, "interface_name", interface);
	return 0;
}

const struct line vrp_route_lines[] = {
	{ ROUTE ROUTE_VIA ROUTE_OPTIONS, .undo = ROUTE "[ " ROUTE_VIA ROUTE_OPTIONS " ]",
		.table = &model_route_static, .bind = bind_route },
	{ 0 },
};

const struct line vrp_route6_lines[] = {
	{ ROUTE6 ROUTE_VIA ROUTE_OPTIONS, .undo = ROUTE6 "[ " ROUTE_VIA ROUTE_OPTIONS " ]",
		.table = &model_ipv6_route_static, .bind = bind_route },
	{ 0 },
};
