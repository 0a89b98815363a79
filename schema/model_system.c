/*
 * The router as a whole: its name, its static routes.
 */
#include "config.h"

#include "schema/model.h"
#include "schema/type.h"

static const struct type type_preference = TYPE_INTEGER("preference", 1, 255);
static const struct type type_tag = TYPE_INTEGER("tag", 1, 4294967295);

static const struct column system_columns[] = {
	{ .name = "id", .type = &type_one },
	{ .name = "sysname", .type = &type_sysname, .help = "Host name" },
	{ .name = "ipv6", .type = &type_on },
};

const struct table model_system = {
	.name = "system",
	.label = "system",
	.columns = system_columns,
	.n_columns = sizeof(system_columns) / sizeof(system_columns[0]),
	.n_key = 1,
	.order = "id",
};

static const struct column route_columns[] = {
	{ .name = "destination", .type = &type_ipv4_network, .help = "Destination IP address" },
	{ .name = "length", .type = &type_mask, .help = "IP address mask" },
	{ .name = "nexthop", .type = &type_ipv4_host, .help = "Gateway address" },
	{ .name = "interface_name", .type = &type_word },
	{ .name = "interface",
		.type = &type_interface,
		.help = "Outgoing interface",
		.ref = &model_interface },
	{ .name = "preference", .type = &type_preference, .help = "Preference value" },
	{ .name = "tag", .type = &type_tag, .help = "Tag value" },
	{ .name = "description", .type = &type_description, .help = "Description of the route" },
};

const struct table model_route_static = {
	.name = "route_static",
	.label = "static route",
	.columns = route_columns,
	.n_columns = sizeof(route_columns) / sizeof(route_columns[0]),
	.n_key = 4,
	.order = "destination, length, nexthop, interface_name",
};

static const struct column route6_columns[] = {
	{ .name = "destination", .type = &type_ipv6_network, .help = "Destination IPv6 address" },
	{ .name = "length", .type = &type_ipv6_length, .help = "IPv6 prefix length" },
	{ .name = "nexthop", .type = &type_ipv6_host, .help = "Gateway address" },
	{ .name = "interface_name", .type = &type_word },
	{ .name = "interface",
		.type = &type_interface,
		.help = "Outgoing interface",
		.ref = &model_interface },
	{ .name = "preference", .type = &type_preference, .help = "Preference value" },
	{ .name = "tag", .type = &type_tag, .help = "Tag value" },
	{ .name = "description", .type = &type_description, .help = "Description of the route" },
};

const struct table model_ipv6_route_static = {
	.name = "ipv6_route_static",
	.label = "IPv6 static route",
	.columns = route6_columns,
	.n_columns = sizeof(route6_columns) / sizeof(route6_columns[0]),
	.n_key = 4,
	.order = "destination, length, nexthop, interface_name",
};
