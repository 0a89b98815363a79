#ifndef YD_IKE_SUITE_H
#define YD_IKE_SUITE_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/ike/proposal.h"

struct child;
struct ike;
struct peer;

/* Configured algorithms as proposals. What this system cannot do is left out. */

/* out has PROPOSAL_CONFIG_MAX places, one for each proposal of the configuration; returns how many. */
unsigned int suite_ike_config(
	const struct ike *ike, const struct peer *p, struct proposal_config *out);
unsigned int suite_child_config(const struct child *c, struct proposal_config *out);
/* Whether the configuration would have agreed to it. */
bool suite_ike_allows(
	const struct ike *ike, const struct peer *p, const struct proposal_choice *suite);
bool suite_child_allows(const struct child *c, const struct proposal_choice *suite);
/* All that is offered of it, for explanations. Returns out. */
const char *suite_ike_format(
	const struct ike *ike, const struct peer *p, char out[PROPOSAL_TEXT_MAX]);
const char *suite_child_format(const struct child *c, bool with_dh, char out[PROPOSAL_TEXT_MAX]);
/* The group to try first (enum alg_dh); NONE: no Diffie-Hellman. */
uint8_t suite_first_group(const struct proposal_config *config, unsigned int n);

#endif
