#ifndef YD_DAEMON_COMPILE_MANUAL_H
#define YD_DAEMON_COMPILE_MANUAL_H

#include "daemon/compile/owner.h"

/* A manual policy with what it refers to. */
struct manual {
	const struct cfg_ipsec_policy *policy;
	struct cfg_ipsec_proposal proposal; /* when policy->proposal */
	const char *label;		    /* "IPSec policy P1 10" */
	const char *device;		    /* the protected TUN */
};

/* What the policy lacks for its SAs, or NULL. */
const char *manual_lacks(const struct manual *m);

/* Adds the pair of SAs; *key_out, *key_in become their keys. Only when nothing is lacking.
 * -EINVAL with err: a key of the wrong length, string and hex keys together. */
int manual_compile(struct compile_job *j, const struct manual *m, const char **key_out,
	const char **key_in, struct err *e);

/* Largest inner packet that fits a path after encapsulation (RFC 4303 2.4, 3.1.2), bytes. */
uint32_t manual_inner_mtu(const struct cfg_ipsec_proposal *p, uint32_t path_mtu);

#endif
