#ifndef YD_DAEMON_COMPILE_TRANSFORM_H
#define YD_DAEMON_COMPILE_TRANSFORM_H

#include "daemon/cfg.h"
#include "lib/alg.h"
#include "lib/msg.h"

/* What an `ipsec proposal` does to packets, whoever keys it. */

/* One protocol of a proposal with its algorithms. */
struct transform {
	uint8_t protocol; /* 50 ESP, 51 AH */
	const char *name;
	enum alg_cipher cipher;
	enum alg_auth auth;
};

enum { TRANSFORMS_MOST = 2 };

/* The protocols of a proposal, the outermost first; g says which form of SHA-2. Returns how many. */
unsigned int transform_of(const struct cfg_ipsec_proposal *p, const struct cfg_ipsec_global *g,
	struct transform out[TRANSFORMS_MOST]);
/* Are its algorithms known here? */
bool transform_runs(const struct transform *t);
bool transform_is_tunnel(const struct cfg_ipsec_proposal *p);

/* Largest packet that fits a path, outside in this family, once it is protected (RFC 4302 2, 4303 2.4,
 * 3.1.2), bytes. */
uint32_t transform_inner_mtu(const struct cfg_ipsec_proposal *p, const struct cfg_ipsec_global *g,
	uint8_t af, uint32_t path_mtu);

/* The replay window of inbound SAs, packets; 0 = off. */
uint32_t transform_window(const struct cfg_ipsec_global *g, const struct cfg_keying *keying);
enum msg_df transform_df(const struct cfg_ipsec_global *g);

#endif
