/*
 * Access control lists of both families. Protocol 0 is any (ip, ipv6); absent addresses, ports and
 * ICMP types match all.
 */
#include "config.h"

#include "schema/model.h"
#include "schema/type.h"

#include <errno.h>

/* Basic and advanced ones, and those behind the numbers that VRP gives to named (advanced) ones: of the
 * others there are a thousand only. */
static int
acl_number_parse(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	int rc = type_parse_integer(t, text, a, out);

	return rc == 0 && out->i > 3999 && out->i < 42768 ? -EINVAL : rc;
}

const struct type type_acl_number = {
	.name = "acl-number",
	.help_form = "INTEGER<2000-3999,42768-75535>",
	.min = 2000,
	.max = 75535,
	.parse = acl_number_parse,
	.render = type_render_integer,
};
static const struct type type_step = TYPE_INTEGER("step", 1, 20);
static const struct type type_rule_id = TYPE_INTEGER("rule-id", 0, 4294967294);
static const struct type type_port = TYPE_INTEGER("port", 0, 65535);
static const struct type type_icmp = TYPE_INTEGER("icmp", 0, 255);
static const struct type type_acl_text = TYPE_TEXT("acl-description", 1, 127);

static const struct choice actions[] = {
	{ "deny", "Specify matched packet deny", { VALUE_TEXT, .s = "deny" } },
	{ "permit", "Specify matched packet permit", { VALUE_TEXT, .s = "permit" } },
	{ 0 },
};
static const struct type type_action = TYPE_CHOICE("action", actions);

static const struct choice protocols[] = {
	{ "gre", "GRE tunneling(47)", { VALUE_INT, .i = 47 } },
	{ "icmp", "Internet Control Message Protocol(1)", { VALUE_INT, .i = 1 } },
	{ "igmp", "Internet Group Management Protocol(2)", { VALUE_INT, .i = 2 } },
	{ "ip", "Any IP protocol", { VALUE_INT, .i = 0 } },
	{ "ipinip", "IP in IP tunneling(4)", { VALUE_INT, .i = 4 } },
	{ "ospf", "OSPF routing protocol(89)", { VALUE_INT, .i = 89 } },
	{ "tcp", "Transmission Control Protocol (6)", { VALUE_INT, .i = 6 } },
	{ "udp", "User Datagram Protocol (17)", { VALUE_INT, .i = 17 } },
	{ 0 },
};
static const struct type type_protocol = {
	.name = "protocol",
	.help_form = "<1-255>",
	.choices = protocols,
	.min = 1,
	.max = 255,
	.parse = type_parse_choice,
	.render = type_render_choice,
};

static const struct column acl_columns[] = {
	{ .name = "number", .type = &type_acl_number, .help = "ACL number", .ref = &model_acl },
	{ .name = "description", .type = &type_acl_text, .help = "Text of the description" },
	{ .name = "step", .type = &type_step, .help = "Value of the step" },
};

const struct table model_acl = {
	.name = "acl",
	.label = "ACL",
	.columns = acl_columns,
	.n_columns = sizeof(acl_columns) / sizeof(acl_columns[0]),
	.n_key = 1,
	.order = "number",
};

static const struct column rule_columns[] = {
	{ .name = "acl", .type = &type_acl_number, .ref = &model_acl },
	{ .name = "id", .type = &type_rule_id, .help = "ID of ACL rule" },
	{ .name = "action", .type = &type_action },
	{ .name = "protocol", .type = &type_protocol, .help = "Protocol number" },
	{ .name = "source", .type = &type_ipv4, .help = "Address of source" },
	{ .name = "source_wildcard", .type = &type_wildcard, .help = "Wildcard of source" },
	{ .name = "source_port_low", .type = &type_port, .help = "Port number" },
	{ .name = "source_port_high", .type = &type_port, .help = "Port number" },
	{ .name = "destination", .type = &type_ipv4, .help = "Address of destination" },
	{ .name = "destination_wildcard",
		.type = &type_wildcard,
		.help = "Wildcard of destination" },
	{ .name = "destination_port_low", .type = &type_port, .help = "Port number" },
	{ .name = "destination_port_high", .type = &type_port, .help = "Port number" },
	{ .name = "icmp_type", .type = &type_icmp, .help = "ICMP type" },
	{ .name = "icmp_code", .type = &type_icmp, .help = "ICMP code" },
	{ .name = "description", .type = &type_acl_text, .help = "Text of the description" },
};

const struct table model_acl_rule = {
	.name = "acl_rule",
	.label = "rule",
	.columns = rule_columns,
	.n_columns = sizeof(rule_columns) / sizeof(rule_columns[0]),
	.n_key = 2,
	.order = "acl, id",
	.part_of = &model_acl,
};

/* --- IPv6 ----------------------------------------------------------------------------- */

static const struct choice protocols6[] = {
	{ "gre", "GRE tunneling(47)", { VALUE_INT, .i = 47 } },
	{ "icmpv6", "Internet Control Message Protocol for IPv6(58)", { VALUE_INT, .i = 58 } },
	{ "ipv6", "Any IPv6 protocol", { VALUE_INT, .i = 0 } },
	{ "ipv6-ah", "Authentication Header(51)", { VALUE_INT, .i = 51 } },
	{ "ipv6-esp", "Encapsulating Security Payload(50)", { VALUE_INT, .i = 50 } },
	{ "ospf", "OSPF routing protocol(89)", { VALUE_INT, .i = 89 } },
	{ "tcp", "Transmission Control Protocol (6)", { VALUE_INT, .i = 6 } },
	{ "udp", "User Datagram Protocol (17)", { VALUE_INT, .i = 17 } },
	{ 0 },
};
static const struct type type_protocol6 = {
	.name = "protocol6",
	.help_form = "<1-255>",
	.choices = protocols6,
	.min = 1,
	.max = 255,
	.parse = type_parse_choice,
	.render = type_render_choice,
};

static const struct column acl6_columns[] = {
	{ .name = "number", .type = &type_acl_number, .help = "ACL number", .ref = &model_acl6 },
	{ .name = "description", .type = &type_acl_text, .help = "Text of the description" },
	{ .name = "step", .type = &type_step, .help = "Value of the step" },
};

const struct table model_acl6 = {
	.name = "acl6",
	.label = "ACL IPv6",
	.columns = acl6_columns,
	.n_columns = sizeof(acl6_columns) / sizeof(acl6_columns[0]),
	.n_key = 1,
	.order = "number",
};

static const struct column rule6_columns[] = {
	{ .name = "acl", .type = &type_acl_number, .ref = &model_acl6 },
	{ .name = "id", .type = &type_rule_id, .help = "ID of ACL rule" },
	{ .name = "action", .type = &type_action },
	{ .name = "protocol", .type = &type_protocol6, .help = "Protocol number" },
	{ .name = "source", .type = &type_ipv6, .help = "Address of source" },
	{ .name = "source_length", .type = &type_ipv6_length, .help = "Prefix length of source" },
	{ .name = "source_port_low", .type = &type_port, .help = "Port number" },
	{ .name = "source_port_high", .type = &type_port, .help = "Port number" },
	{ .name = "destination", .type = &type_ipv6, .help = "Address of destination" },
	{ .name = "destination_length",
		.type = &type_ipv6_length,
		.help = "Prefix length of destination" },
	{ .name = "destination_port_low", .type = &type_port, .help = "Port number" },
	{ .name = "destination_port_high", .type = &type_port, .help = "Port number" },
	{ .name = "icmp_type", .type = &type_icmp, .help = "ICMPv6 type" },
	{ .name = "icmp_code", .type = &type_icmp, .help = "ICMPv6 code" },
	{ .name = "description", .type = &type_acl_text, .help = "Text of the description" },
};

const struct table model_acl6_rule = {
	.name = "acl6_rule",
	.label = "rule",
	.columns = rule6_columns,
	.n_columns = sizeof(rule6_columns) / sizeof(rule6_columns[0]),
	.n_key = 2,
	.order = "acl, id",
	.part_of = &model_acl6,
};
