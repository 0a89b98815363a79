#ifndef YD_DATAPATH_NATT_H
#define YD_DATAPATH_NATT_H

#include <stdint.h>

#include "datapath/dp.h"
#include "lib/addr.h"

struct sa;

/*
 * What NAT asks of SAs in UDP (RFC 3948): a keepalive every 20 seconds in which nothing else was sent, and
 * going on when the peer shows up with another address or port.
 */
enum { NATT_KEEPALIVE_MS = 20000 };

struct natt;

struct natt *natt_new(struct dp *dp);
void natt_free(struct natt *n);
/* fn is called when an outbound SA goes to another place now (dp_sa_path). */
void natt_on_moved(struct natt *n,
	void (*fn)(void *arg, uint32_t sa, const struct addr *destination, uint16_t port),
	void *arg);
/* What sadb_on_moved calls, arg being the struct natt: an authentic packet, the newest of its SA, came from
 * elsewhere. This SA expects it there from now on, and the outbound SAs of its port that went to the old
 * place follow. */
void natt_moved(void *arg, struct sa *sa, const struct addr *source, uint16_t port);

#endif
