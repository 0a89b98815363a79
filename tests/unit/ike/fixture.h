#ifndef YD_TESTS_IKE_FIXTURE_H
#define YD_TESTS_IKE_FIXTURE_H

#include "daemon/ike/crypt.h"
#include "daemon/ike/keys.h"
#include "daemon/ike/wire.h"

/* Random numbers of a test: the script's, then a counter. */
struct fix_random {
	struct span script;
	uint8_t next;
};

/* Bytes of hexadecimal digits (blanks are skipped); good for the next 31 calls. */
struct span fix_hex(const char *digits);
struct span fix_text(const char *s);
bool fix_is(struct span s, const char *digits);
/* A crypt whose random numbers come from r (NULL: a counter of its own). Fatal when there is none. */
struct crypt *fix_crypt(struct fix_random *r);
/* Keys of an IKE SA that need no negotiation, for both ends: what one seals the other opens. */
void fix_keys(struct crypt *c, enum alg_cipher cipher, enum alg_auth auth, struct keys *initiator,
	struct keys *responder);

#endif
