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
	{ RULE "{ tcp{Transmission Control Protocol (6)}=protocol:6 " OPTIONS_PORTS(
		  "tcp-port") "| udp{User Datagram Protocol "
			      "(17)}=protocol:17 " OPTIONS_PORTS("udp-port") "| "
									     "icmp{"
									     "Internet "
									     "Control "
									     "Message "
									     "Protocol(1)}="
									     "protocol:1 "
									     "( " SOURCE "|"
									     " " DESTINATION
									     "| " ICMP ") "
									     "| <protocol> "
									     "( " SOURCE "|"
									     " " DESTINATION ") }",
		.undo = "rule{Specify a rule} <id>", .table = &model_acl_rule, .unique = true,
		.bind = vrp_rule_bind, .render = vrp_rule_render },
	{ "rule{Specify a rule} <id> description{Specify rule description} <description>",
		.undo = "rule{Specify a rule} <id> description{Specify rule description}",
		.table = &model_acl_rule, .existing = true },
	{ 0 },
};

static const struct line *const basic_lines[] = { settings, basic, NULL };
static const struct line *const advanced_lines[] = { settings, advanced, NULL };

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
