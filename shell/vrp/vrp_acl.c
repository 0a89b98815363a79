/*
 * Views of ACLs. Which options a rule takes depends on its protocol; the syntax says so, vrp_rule.c does
 * the rest.
 */
#include "config.h"

#include "shell/vrp/vrp.h"

#define RULE "rule{Specify a rule} [ <id> ] <action> "
#define ANY "any{Any address}"
#define SOURCE "source{Specify source address} { " ANY " | <source> <source_wildcard> } "
#define DESTINATION                                       \
	"destination{Specify destination address} { " ANY \
	" | <destination> <destination_wildcard> } "
#define PORTS(KEYWORD, HELP, P, TYPE)                                                        \
	KEYWORD "{" HELP "} { eq{Equal to given port number} <" P "_eq:" TYPE                \
		"> | gt{Greater than given port number} <" P "_gt:" TYPE                     \
		"> | lt{Less than given port number} <" P "_lt:" TYPE                        \
		"> | range{Between two port numbers} <" P "_low:" TYPE "> <" P "_high:" TYPE \
		"> } "
#define OPTIONS_PORTS(TYPE)                                                               \
	"( " SOURCE "| " DESTINATION                                                      \
	"| " PORTS("source-port", "Specify source port", "source_port", TYPE) "| " PORTS( \
		"destination-port", "Specify destination port", "destination_port", TYPE) ") "
#define ICMP "icmp-type{Specify ICMP message} { <icmp:icmp-name> | <icmp_type> [ <icmp_code> ] } "

#define SOURCE6                                                               \
	"source{Specify source address} { " ANY                               \
	" | <source_prefix:ipv6-prefix>{Address and prefix length of source}" \
	" | <source> <source_length> } "
#define DESTINATION6                                                                    \
	"destination{Specify destination address} { " ANY                               \
	" | <destination_prefix:ipv6-prefix>{Address and prefix length of destination}" \
	" | <destination> <destination_length> } "
#define OPTIONS_PORTS6(TYPE)                                                              \
	"( " SOURCE6 "| " DESTINATION6                                                    \
	"| " PORTS("source-port", "Specify source port", "source_port", TYPE) "| " PORTS( \
		"destination-port", "Specify destination port", "destination_port", TYPE) ") "
#define ICMP6                                                                                 \
	"icmp6-type{Specify ICMPv6 message} { <icmp:icmp6-name> | <icmp_type> [ <icmp_code> " \
	"] } "

#define TCP "tcp{Transmission Control Protocol (6)}=protocol:6 "
#define UDP "udp{User Datagram Protocol (17)}=protocol:17 "
#define ICMP_PROTOCOL "icmp{Internet Control Message Protocol(1)}=protocol:1 "

static const struct line settings[] = {
	{ "description{Specify ACL description} <description>" },
	{ "step{Specify step of ACL sub rule ID} <step>" },
	{ 0 },
};

static const struct line basic[] = {
	{ RULE "[ " SOURCE "]", .undo = "rule{Specify a rule} <id>", .table = &model_acl_rule,
		.unique = true, .bind = vrp_rule_bind, .render = vrp_rule_render },
	{ "rule{Specify a rule} <id> description{Specify rule description} <description>",
		.undo = "rule{Specify a rule} <id> description{Specify rule description}",
		.table = &model_acl_rule, .existing = true },
	{ 0 },
};

static const struct line advanced[] = {
	{ RULE "{ " TCP OPTIONS_PORTS("tcp-port") "| " UDP OPTIONS_PORTS(
		  "udp-port") "| " ICMP_PROTOCOL "( " SOURCE "| " DESTINATION "| " ICMP ") "
			      "| <protocol> ( " SOURCE "| " DESTINATION ") }",
		.undo = "rule{Specify a rule} <id>", .table = &model_acl_rule, .unique = true,
		.bind = vrp_rule_bind, .render = vrp_rule_render },
	{ "rule{Specify a rule} <id> description{Specify rule description} <description>",
		.undo = "rule{Specify a rule} <id> description{Specify rule description}",
		.table = &model_acl_rule, .existing = true },
	{ 0 },
};

static const struct line basic6[] = {
	{ RULE "[ " SOURCE6 "]", .undo = "rule{Specify a rule} <id>", .table = &model_acl6_rule,
		.unique = true, .bind = vrp_rule_bind, .render = vrp_rule_render },
	{ "rule{Specify a rule} <id> description{Specify rule description} <description>",
		.undo = "rule{Specify a rule} <id> description{Specify rule description}",
		.table = &model_acl6_rule, .existing = true },
	{ 0 },
};

#define ICMPV6 "icmpv6{Internet Control Message Protocol for IPv6(58)}=protocol:58 "

static const struct line advanced6[] = {
	{ RULE "{ " TCP OPTIONS_PORTS6("tcp-port") "| " UDP OPTIONS_PORTS6(
		  "udp-port") "| " ICMPV6 "( " SOURCE6 "| " DESTINATION6 "| " ICMP6 ") "
			      "| <protocol> ( " SOURCE6 "| " DESTINATION6 ") }",
		.undo = "rule{Specify a rule} <id>", .table = &model_acl6_rule, .unique = true,
		.bind = vrp_rule_bind, .render = vrp_rule_render },
	{ "rule{Specify a rule} <id> description{Specify rule description} <description>",
		.undo = "rule{Specify a rule} <id> description{Specify rule description}",
		.table = &model_acl6_rule, .existing = true },
	{ 0 },
};

static const struct line *const basic_lines[] = { settings, basic, NULL };
static const struct line *const advanced_lines[] = { settings, advanced, NULL };
static const struct line *const basic6_lines[] = { settings, basic6, NULL };
static const struct line *const advanced6_lines[] = { settings, advanced6, NULL };

static bool
is_basic(const struct row *r)
{
	return r->v[0].i < 3000;
}

const struct view vrp_acl_views[] = {
	{ "acl-basic-<number>", "Acl-basic view commands:", is_basic, basic_lines },
	{ "acl-adv-<number>", "Acl-adv view commands:", NULL, advanced_lines },
	{ 0 },
};

const struct view vrp_acl6_views[] = {
	{ "acl6-basic-<number>", "Acl6-basic view commands:", is_basic, basic6_lines },
	{ "acl6-adv-<number>", "Acl6-adv view commands:", NULL, advanced6_lines },
	{ 0 },
};
