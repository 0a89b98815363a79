#ifndef YD_SHELL_VRP_VRP_H
#define YD_SHELL_VRP_VRP_H

#include "shell/cli/dialect.h"

/* The parts of the Huawei dialect; vrp.c puts them in order. Groups end with a NULL syntax, lists of
 * views with a NULL prompt. */
extern const struct line vrp_system_lines[], vrp_ipv6_lines[], vrp_route_lines[],
	vrp_route6_lines[];

extern const struct view vrp_interface_views[];
/* <prefix> to <address> and <length>. */
int vrp_prefix_bind(struct typed *ty);
int vrp_interface_bind(struct typed *ty);
int vrp_interface_check(struct typed *ty);

extern const struct view vrp_acl_views[], vrp_acl6_views[];
/* Basic ACLs (2000–2999) match sources only. Both families. */
int vrp_rule_bind(struct typed *ty);
size_t vrp_rule_render(const struct row *r, char *out, size_t cap);

extern const struct line vrp_ipsec_lines[];
extern const struct view vrp_proposal_views[], vrp_policy_views[], vrp_profile_views[];
int vrp_policy_check(struct typed *ty);

extern const struct line vrp_ike_lines[];
extern const struct view vrp_ike_proposal_views[], vrp_ike_peer_views[];
/* `ike peer NAME v2` */
int vrp_ike_peer_bind(struct typed *ty);
int vrp_ike_peer_check(struct typed *ty);

/* Of rows in order, whose key ends with their place and whose only other column is what stands there: it
 * keeps its place when it is there, and stands behind the others when it is new. */
int vrp_place_bind(struct typed *ty);
/* There is one, which is replaced. */
int vrp_only_bind(struct typed *ty);

#endif
