#ifndef YD_IKE_NATD_H
#define YD_IKE_NATD_H

#include <stdbool.h>

#include "daemon/ike/crypt.h"
#include "daemon/ike/message.h"
#include "lib/addr.h"

/*
 * NAT detection (RFC 7296 2.23): SHA-1 over both SPIs as in the header of the message it stands in, address
 * and port.
 */
enum { NATD_LEN = CRYPT_SHA1_LEN };

/* 0 or -EIO. */
int natd_hash(struct crypt *c, uint64_t spi_i, uint64_t spi_r, const struct addr *a, uint16_t port,
	uint8_t out[NATD_LEN]);

struct natd_verdict {
	bool supported; /* both notifications are there */
	bool local;  /* we are behind a NAT: no DESTINATION_IP hash is that of where it came to */
	bool remote; /* the peer is: no SOURCE_IP hash is that of where it came from */
};

/* What a message of IKE_SA_INIT says. A local address that is not known (af 0) gives local false. */
int natd_check(struct crypt *c, const struct message *m, const struct addr *local,
	uint16_t local_port, const struct addr *remote, uint16_t remote_port,
	struct natd_verdict *out);

#endif
