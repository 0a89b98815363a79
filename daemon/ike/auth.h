#ifndef YD_IKE_AUTH_H
#define YD_IKE_AUTH_H

#include "daemon/ike/wire.h"

struct ike_sa;

/*
 * Proof of identity (RFC 7296 2.15) as two questions whose answers come as messages of exchange.def, at once or
 * later: auth_sign → `signed`, auth_verify → `verified`. One method so far.
 */

/* Makes our AUTH. */
void auth_sign(struct ike_sa *sa);
/* Verifies the peer's; id_body: of its ID payload, as in struct message. */
void auth_verify(struct ike_sa *sa, uint8_t method, struct span data, struct span id_body);
/* enum wire_auth_method of what auth_sign makes. */
uint8_t auth_method(const struct ike_sa *sa);

#endif
