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
