/*
 * Interfaces of all kinds and their addresses.
 */
#include "config.h"

#include "schema/model.h"
#include "schema/type.h"

static const struct type type_position = TYPE_INTEGER("position", 0, 4294967295);
static const struct type type_mtu = TYPE_INTEGER("mtu", 128, 9600);
static const struct type type_gre_key = TYPE_INTEGER("gre-key", 0, 4294967295);
static const struct type type_period = TYPE_INTEGER("period", 1, 32767);
static const struct type type_retries = TYPE_INTEGER("retries", 1, 255);
static const struct type type_mss = TYPE_INTEGER("mss", 128, 2048);

static const struct choice tunnel_protocols[] = {
	{ "gre", "Generic Routing Encapsulation", { VALUE_TEXT, .s = "gre" } },
	{ "ipsec", "IPSec Encapsulation", { VALUE_TEXT, .s = "ipsec" } },
	{ "none", "No tunnel protocol", { VALUE_TEXT, .s = "none" } },
	{ 0 },
};
static const struct type type_tunnel_protocol = TYPE_CHOICE("tunnel-protocol", tunnel_protocols);

static const struct column interface_columns[] = {
	{ .name = "name",
		.type = &type_interface,
		.help = "Interface name",
		.ref = &model_interface },
	{ .name = "kind", .type = &type_word },
	{ .name = "position", .type = &type_position },
	{ .name = "device", .type = &type_device, .help = "Network device of the host" },
	{ .name = "description",
		.type = &type_description,
		.help = "Description of the interface" },
	{ .name = "mtu", .type = &type_mtu, .help = "MTU in bytes" },
	{ .name = "shutdown", .type = &type_on },
	{ .name = "tunnel_protocol", .type = &type_tunnel_protocol },
	{ .name = "source_address", .type = &type_ip_host, .help = "IP address of the source" },
	{ .name = "source_interface",
		.type = &type_interface,
		.help = "Source interface",
		.ref = &model_interface },
	{ .name = "destination", .type = &type_ip_host, .help = "IP address of the destination" },
	{ .name = "gre_key", .type = &type_gre_key, .help = "Key of the tunnel" },
	{ .name = "gre_checksum", .type = &type_on },
	{ .name = "keepalive", .type = &type_on },
	{ .name = "keepalive_period", .type = &type_period, .help = "Period in seconds" },
	{ .name = "keepalive_retries", .type = &type_retries, .help = "Number of retries" },
	{ .name = "ipsec_policy",
		.type = &type_name15,
		.help = "IPSec policy name, up to 15 characters",
		.ref = &model_ipsec_policy_group },
	{ .name = "ipv6_enable", .type = &type_on },
	{ .name = "tcp_mss", .type = &type_mss, .help = "TCP MSS in bytes" },
	{ .name = "gre_sequence", .type = &type_on },
	{ .name = "ipsec_profile",
		.type = &type_name15,
		.help = "IPSec profile name, up to 15 characters",
		.ref = &model_ipsec_profile },
};

const struct table model_interface = {
	.name = "interface",
	.label = "interface",
	.columns = interface_columns,
	.n_columns = sizeof(interface_columns) / sizeof(interface_columns[0]),
	.n_key = 1,
	.order = "kind, position",
};

static const struct column address_columns[] = {
	{ .name = "interface", .type = &type_interface, .ref = &model_interface },
	{ .name = "address", .type = &type_ipv4_host, .help = "IP address" },
	{ .name = "length", .type = &type_mask, .help = "IP address mask" },
	{ .name = "sub", .type = &type_on },
};

const struct table model_ip_address = {
	.name = "ip_address",
	.label = "IP address",
	.columns = address_columns,
	.n_columns = sizeof(address_columns) / sizeof(address_columns[0]),
	.n_key = 2,
	.order = "interface, sub, address",
	.part_of = &model_interface,
};

static const struct column address6_columns[] = {
	{ .name = "interface", .type = &type_interface, .ref = &model_interface },
	{ .name = "address", .type = &type_ipv6_host, .help = "IPv6 address" },
	{ .name = "length", .type = &type_ipv6_length, .help = "IPv6 prefix length" },
};

const struct table model_ipv6_address = {
	.name = "ipv6_address",
	.label = "IPv6 address",
	.columns = address6_columns,
	.n_columns = sizeof(address6_columns) / sizeof(address6_columns[0]),
	.n_key = 2,
	.order = "interface, address",
	.part_of = &model_interface,
};
