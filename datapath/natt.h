#ifndef YD_DATAPATH_NATT_H
#define YD_DATAPATH_NATT_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/dp.h"
#include "lib/addr.h"

struct sa;

/* What NAT asks of SAs in UDP (RFC 3948): going on when the peer shows up with another address or port. */
struct natt;

struct natt *natt_new(struct dp *dp);
void natt_free(struct natt *n);
/* Tells that the packets of an inbound SA come from there now (dp_sa_path). false: it cannot be told now, and
 * the move is not made; the next packet says so again. */
typedef bool natt_moved_fn(void *arg, uint32_t sa, const struct addr *source, uint16_t port);
void natt_on_moved(struct natt *n, natt_moved_fn *fn, void *arg);
/* What sadb_on_moved calls, arg being the struct natt: an authentic packet, the newest of its SA, came from
 * elsewhere. This SA expects it there from now on, and the outbound SA of its group follows; the peer's other
 * groups are the IKE speaker's to move. Twice a second and SA at most. */
void natt_moved(void *arg, struct sa *sa, const struct addr *source, uint16_t port);

#endif
