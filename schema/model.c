/*
 * The list of tables. What their columns are is in model_*.c, one file per feature.
 */
#include "config.h"

#include "schema/model.h"

#include <string.h>

const struct table *const model_tables[] = { &model_system, &model_interface, &model_ip_address,
	&model_ipv6_address, &model_route_static, &model_ipv6_route_static, &model_acl,
	&model_acl_rule, &model_acl6, &model_acl6_rule, &model_ike_global, &model_ike_proposal,
	&model_ike_peer, &model_ike_peer_address, &model_ipsec_global, &model_ipsec_proposal,
	&model_ipsec_policy_group, &model_ipsec_policy, &model_ipsec_policy_proposal,
	&model_ipsec_profile, &model_ipsec_profile_proposal, NULL };

const struct table *
model_table(const char *name)
{
	for (size_t i = 0; model_tables[i]; i++)
		if (!strcmp(model_tables[i]->name, name))
			return model_tables[i];
	return NULL;
}

int
model_column(const struct table *t, const char *name)
{
	for (unsigned int i = 0; i < t->n_columns; i++)
		if (!strcmp(t->columns[i].name, name))
			return (int)i;
	return -1;
}
