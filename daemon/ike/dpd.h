#ifndef YD_IKE_DPD_H
#define YD_IKE_DPD_H

struct ike_sa;

/* Whether the peer is alive (RFC 7296 2.4), as the peer's `dpd` configuration says. */
void dpd_start(struct ike_sa *sa);
/* Somebody (unauthenticated) says that the peer knows nothing of it: ask. */
void dpd_suspect(struct ike_sa *sa);

#endif
