#ifndef YD_IKE_COOKIE_H
#define YD_IKE_COOKIE_H

#include <stdbool.h>

#include "daemon/ike/crypt.h"
#include "lib/addr.h"

/*
 * Cookies against senders of forged addresses (RFC 7296 2.6): a version, and an HMAC over nonce, address,
 * port and SPI under a secret that changes; nothing is kept for a cookie. The previous secret stays good for
 * one period.
 */
enum { COOKIE_LEN = 33, COOKIE_PERIOD_MS = 60000 };

struct cookie_jar {
	struct crypt *crypt; /* borrowed */
	uint8_t version;     /* of the newer secret */
	bool has_old;
	uint64_t made_ms;
	uint8_t secrets[2][32]; /* of odd and even versions */
};

/* Who asks: what a cookie is bound to. */
struct cookie_subject {
	struct span nonce; /* body of the Ni payload */
	struct addr remote;
	uint16_t port;
	uint64_t spi_i;
};

void cookie_init(struct cookie_jar *j, struct crypt *c, uint64_t now_ms);
/* Wipes. */
void cookie_fini(struct cookie_jar *j);
/* 0 or -EIO. */
int cookie_make(struct cookie_jar *j, const struct cookie_subject *s, uint64_t now_ms,
	uint8_t out[COOKIE_LEN]);
/* Is it one of ours for this subject, two periods old at most? */
bool cookie_check(
	struct cookie_jar *j, const struct cookie_subject *s, uint64_t now_ms, struct span cookie);

#endif
