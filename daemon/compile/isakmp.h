#ifndef YD_DAEMON_COMPILE_ISAKMP_H
#define YD_DAEMON_COMPILE_ISAKMP_H

#include "daemon/compile/owner.h"

enum { ISAKMP_PROPOSALS_MOST = 16, ISAKMP_REMOTES_MOST = 16 };

/* What SAs are negotiated from: a policy (mode isakmp) or a profile with a peer, and what it refers to. */
struct isakmp {
	const struct cfg_negotiation *negotiation;
	const struct cfg_keying *keying;
	const char *label;	 /* "IPSec policy P1 10" */
	const char *name;	 /* "P1-10", for displays */
	const char *interface;	 /* it is applied to */
	const char *device;	 /* the TUN that the protected packets come from */
	struct addr local;	 /* af 0: as the kernel routes */
	struct addr destination; /* the peer's address when it has none; af 0: it only answers */
	bool automatic;		 /* set up before there is anything to send */
	/* by isakmp_read */
	struct cfg_ipsec_global global;
	struct cfg_ipsec_proposal proposals[ISAKMP_PROPOSALS_MOST];
	size_t n_proposals;
	struct cfg_ike_peer peer;
	struct addr remotes[ISAKMP_REMOTES_MOST];
	size_t n_remotes;
	/* by isakmp_compile */
	const char *peer_key;
	const struct msg_ike_child_proposal *child_proposals;
	uint32_t
		path_mtu; /* of the path to the peer, the least of its addresses', bytes; 0 = not known */
};

/* Reads the proposals, the peer, and what holds for all. shape, key: the rows that name the proposals.
 * 0 or -errno. */
int isakmp_read(struct compile_job *j, struct isakmp *m, const struct cfg_shape *shape,
	const struct value *key, unsigned int n_key);
/* What is lacking for a negotiation, or NULL. */
const char *isakmp_lacks(struct compile_job *j, const struct isakmp *m);
/* Wants the peer and what it needs of the router; only when nothing is lacking. -EINVAL with err: ends of
 * two families, a key that is too long. */
int isakmp_compile(struct compile_job *j, struct isakmp *m, struct err *e);
/* Wants what protects the packets that a rule selects; the key that rules name it by. NULL: IKE cannot say
 * what the rule does, and *why becomes the reason. */
const char *isakmp_child(struct compile_job *j, const struct isakmp *m,
	const struct msg_dp_spd_rule *rule, const char **why);

/* Largest packet that fits a path whichever proposal is chosen, bytes. */
uint32_t isakmp_inner_mtu(const struct isakmp *m, uint32_t path_mtu);

#endif
