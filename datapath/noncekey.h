#ifndef YD_DATAPATH_NONCEKEY_H
#define YD_DATAPATH_NONCEKEY_H

#include <stdint.h>

struct crypto_engine;
struct msg_dp_sa;
struct sa;

/*
 * The keys of outbound SAs whose nonces are the packets' numbers: counter modes, AEADs and GMAC. One such
 * key counts once, whatever else is different: two packets with one nonce show their contents and
 * the means to forge others (RFC 3686 2.1, RFC 4106 2).
 */
struct noncekeys;

/* The engine is borrowed. NULL when memory is short. */
struct noncekeys *noncekeys_new(struct crypto_engine *e);
void noncekeys_free(struct noncekeys *t);
/* The SA that counts under the key of this message already; NULL: none, or the key is none of these. */
struct sa *noncekeys_find(struct noncekeys *t, const struct msg_dp_sa *m);
/* The last number sent under that key, also by SAs that are gone (a thousand of them are remembered). */
uint64_t noncekeys_last(struct noncekeys *t, const struct msg_dp_sa *m);
/* Of an SA that has its keys. Others than those above are passed over. */
void noncekeys_add(struct noncekeys *t, struct sa *sa);
void noncekeys_remove(struct noncekeys *t, struct sa *sa);

#endif
