#ifndef YD_IKE_CRYPT_PRIVATE_H
#define YD_IKE_CRYPT_PRIVATE_H

#include "daemon/ike/crypt.h"

/* Between the crypt_*.c files, and for the fuzz targets. */
struct ossl_lib_ctx_st;

/* The library's context of c: ours alone. */
struct ossl_lib_ctx_st *crypt_lib(const struct crypt *c);
/* Another source of random numbers: for those who use one crypt after the other, since to make one takes its time. */
void crypt_random_from(struct crypt *c, crypt_random_fn *random, void *arg);
/* Can the group's values be made at all? */
bool crypt_dh_exists(struct ossl_lib_ctx_st *lib, enum alg_dh group);

#endif
