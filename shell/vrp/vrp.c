/*
 * The Huawei dialect: the parts of a configuration in the order in which an AR router renders them.
 */
#include "config.h"

#include "shell/vrp/vrp.h"

static const struct section sections[] = {
	{ .name = "system", .lines = vrp_system_lines },
	{ .name = "ipv6", .lines = vrp_ipv6_lines },
	{ .name = "ipsec", .lines = vrp_ipsec_lines, .table = &model_ipsec_global },
	{ .name = "ike", .lines = vrp_ike_lines, .table = &model_ike_global },
	{ .name = "acl",
		.enter = "acl{Specify ACL configuration information} "
			 "[ number{Specify a numbered ACL}! ] <number>",
		.table = &model_acl,
		.views = vrp_acl_views },
	{ .name = "acl-ipv6",
		.enter = "acl{Specify ACL configuration information} "
			 "ipv6{Specify IPv6 ACL} [ number{Specify a numbered ACL}! ] <number>",
		.table = &model_acl6,
		.views = vrp_acl6_views },
	{ .name = "ipsec-proposal",
		.enter = "ipsec{Specify IPSec(IP Security) configuration information} "
			 "proposal{Configure IPSec proposal} <name>",
		.table = &model_ipsec_proposal,
		.views = vrp_proposal_views },
	{ .name = "ike-proposal",
		.enter = "ike{Specify IKE(Internet Key Exchange) configuration information} "
			 "proposal{Configure IKE proposal} <number>",
		.table = &model_ike_proposal,
		.views = vrp_ike_proposal_views },
	{ .name = "ike-peer",
		.enter = "ike{Specify IKE(Internet Key Exchange) configuration information} "
			 "peer{Configure IKE peer} <name> "
			 "[ v1{Only IKEv1} | v2{Only IKEv2} ]",
		.table = &model_ike_peer,
		.views = vrp_ike_peer_views,
		.bind = vrp_ike_peer_bind,
		.check = vrp_ike_peer_check },
	{ .name = "ipsec-policy",
		.enter = "ipsec{Specify IPSec(IP Security) configuration information} "
			 "policy{Configure IPSec policy} <name> <sequence> [ <mode> ]",
		.table = &model_ipsec_policy,
		.views = vrp_policy_views,
		.check = vrp_policy_check },
	{ .name = "ipsec-profile",
		.enter = "ipsec{Specify IPSec(IP Security) configuration information} "
			 "profile{Configure IPSec profile} <name>",
		.table = &model_ipsec_profile,
		.views = vrp_profile_views },
	{ .name = "interface",
		.enter = "interface{Specify the interface configuration view} <name>",
		.table = &model_interface,
		.views = vrp_interface_views,
		.bind = vrp_interface_bind,
		.check = vrp_interface_check },
	{ .name = "route-static", .lines = vrp_route_lines },
	{ .name = "ipv6-route-static", .lines = vrp_route6_lines },
	{ 0 },
};

const struct dialect vrp_dialect = { .name = "vrp", .sections = sections };
