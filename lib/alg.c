/*
 * The algorithm tables, read from alg.def. Knows no cryptography: only names and lengths.
 * Numbers are those of the IANA registry "Internet Key Exchange Version 2 (IKEv2) Parameters".
 */
#include "config.h"

#include "lib/alg.h"

#include <string.h>

static const struct alg_cipher_info ciphers[ALG_CIPHER_N] = {
#define ALG_CIPHER(                                                                         \
	id, IANA, KEYWORD, DISPLAY, WEAK, MANUAL, KIND, KEY, SALT, BLOCK, IV, ICV, OPENSSL) \
	[ALG_CIPHER_##id] = { .keyword = (KEYWORD),                                         \
		.display = (DISPLAY),                                                       \
		.iana = (IANA),                                                             \
		.kind = ALG_KIND_##KIND,                                                    \
		.key_len = (KEY),                                                           \
		.salt_len = (SALT),                                                         \
		.block = (BLOCK),                                                           \
		.iv_len = (IV),                                                             \
		.icv_len = (ICV),                                                           \
		.openssl = (OPENSSL),                                                       \
		.weak = (WEAK),                                                             \
		.manual = (MANUAL) },
#include "lib/alg.def"
#undef ALG_CIPHER
};

static const struct alg_auth_info auths[ALG_AUTH_N] = {
#define ALG_AUTH(                                                                             \
	id, IANA, KEYWORD, DISPLAY, WEAK, MANUAL, OFFERED, KIND, KEY, SALT, IV, ICV, OPENSSL) \
	[ALG_AUTH_##id] = { .keyword = (KEYWORD),                                             \
		.display = (DISPLAY),                                                         \
		.iana = (IANA),                                                               \
		.kind = ALG_KIND_##KIND,                                                      \
		.offered = ALG_OFFERED_##OFFERED,                                             \
		.key_len = (KEY),                                                             \
		.salt_len = (SALT),                                                           \
		.iv_len = (IV),                                                               \
		.icv_len = (ICV),                                                             \
		.openssl = (OPENSSL),                                                         \
		.weak = (WEAK),                                                               \
		.manual = (MANUAL) },
#include "lib/alg.def"
#undef ALG_AUTH
};

static const struct alg_prf_info prfs[ALG_PRF_N] = {
#define ALG_PRF(id, IANA, KEYWORD, DISPLAY, WEAK, KEY, OPENSSL) \
	[ALG_PRF_##id] = { .keyword = (KEYWORD),                \
		.display = (DISPLAY),                           \
		.iana = (IANA),                                 \
		.key_len = (KEY),                               \
		.openssl = (OPENSSL),                           \
		.weak = (WEAK) },
#include "lib/alg.def"
#undef ALG_PRF
};

static const struct alg_dh_info groups[ALG_DH_N] = {
#define ALG_DH(id, IANA, KEYWORD, DISPLAY, WEAK, KIND, PUBLIC, SHARED, COST, OPENSSL) \
	[ALG_DH_##id] = { .keyword = (KEYWORD),                                       \
		.display = (DISPLAY),                                                 \
		.iana = (IANA),                                                       \
		.kind = ALG_DH_KIND_##KIND,                                           \
		.public_len = (PUBLIC),                                               \
		.shared_len = (SHARED),                                               \
		.cost = (COST),                                                       \
		.openssl = (OPENSSL),                                                 \
		.weak = (WEAK) },
#include "lib/alg.def"
#undef ALG_DH
};

const struct alg_cipher_info *
alg_cipher(unsigned int id)
{
	return id > ALG_CIPHER_NONE && id < ALG_CIPHER_N ? &ciphers[id] : NULL;
}

const struct alg_auth_info *
alg_auth(unsigned int id)
{
	return id > ALG_AUTH_NONE && id < ALG_AUTH_N ? &auths[id] : NULL;
}

enum alg_cipher
alg_cipher_find(const char *keyword)
{
	for (unsigned int i = ALG_CIPHER_NONE + 1; i < ALG_CIPHER_N; i++)
		if (strcmp(ciphers[i].keyword, keyword) == 0)
			return i;
	return ALG_CIPHER_NONE;
}

enum alg_auth
alg_auth_find(const char *keyword)
{
	for (unsigned int i = ALG_AUTH_NONE + 1; i < ALG_AUTH_N; i++)
		if (strcmp(auths[i].keyword, keyword) == 0)
			return i;
	return ALG_AUTH_NONE;
}

enum alg_auth
alg_auth_compatible(enum alg_auth id)
{
	const struct alg_auth_info *a = alg_auth(id);

	for (unsigned int i = ALG_AUTH_NONE + 1; a != NULL && i < ALG_AUTH_N; i++) {
		if (auths[i].offered == ALG_OFFERED_no && auths[i].iana == a->iana)
			return i;
	}
	return id;
}

const struct alg_prf_info *
alg_prf(unsigned int id)
{
	return id > ALG_PRF_NONE && id < ALG_PRF_N ? &prfs[id] : NULL;
}

const struct alg_dh_info *
alg_dh(unsigned int id)
{
	return id > ALG_DH_NONE && id < ALG_DH_N ? &groups[id] : NULL;
}

enum alg_prf
alg_prf_find(const char *keyword)
{
	for (unsigned int i = ALG_PRF_NONE + 1; i < ALG_PRF_N; i++) {
		if (strcmp(prfs[i].keyword, keyword) == 0)
			return (enum alg_prf)i;
	}
	return ALG_PRF_NONE;
}

enum alg_dh
alg_dh_find(const char *keyword)
{
	for (unsigned int i = ALG_DH_NONE + 1; i < ALG_DH_N; i++) {
		if (strcmp(groups[i].keyword, keyword) == 0)
			return (enum alg_dh)i;
	}
	return ALG_DH_NONE;
}
