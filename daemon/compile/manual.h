#ifndef YD_DAEMON_COMPILE_MANUAL_H
#define YD_DAEMON_COMPILE_MANUAL_H

#include "daemon/compile/owner.h"

/* What manual SAs are made of: a policy or a profile, with what it refers to. */
struct manual {
	const struct cfg_keying *keying;
	unsigned int n_proposals;
	struct cfg_ipsec_proposal proposal; /* the first of them */
	struct cfg_ipsec_global global;
	struct addr local, remote;
	const char *label;  /* "IPSec policy P1 10" */
	const char *policy; /* "P1-10", for displays */
	const char *device; /* the TUN that the protected packets come from */
};

/* Reads its proposal, and what holds for all. shape, key: the rows that name its proposals. 0 or -errno. */
int manual_read(struct compile_job *j, struct manual *m, const struct cfg_shape *shape,
	const struct value *key, unsigned int n_key);
/* What is lacking for the SAs, or NULL. */
const char *manual_lacks(struct compile_job *j, const struct manual *m);

/* Adds the SAs of both directions; *key_out, *key_in become the keys of the innermost ones. Only when
 * nothing is lacking. -EINVAL with err: a key of the wrong length, string and hex keys together, ends of
 * two families, an algorithm that needs keys which change. */
int manual_compile(struct compile_job *j, const struct manual *m, const char **key_out,
	const char **key_in, struct err *e);

/* Largest packet that fits a path once it is protected (RFC 4302 2, 4303 2.4, 3.1.2), bytes. */
uint32_t manual_inner_mtu(const struct manual *m, uint32_t path_mtu);

#endif
