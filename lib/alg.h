#ifndef YD_LIB_ALG_H
#define YD_LIB_ALG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The algorithm table of alg.def. Algorithm facts live there and nowhere else. */

enum alg_cipher {
	ALG_CIPHER_NONE,
#define ALG_CIPHER(id, ...) ALG_CIPHER_##id,
#include "lib/alg.def"
#undef ALG_CIPHER
	ALG_CIPHER_N
};

enum alg_auth {
	ALG_AUTH_NONE,
#define ALG_AUTH(id, ...) ALG_AUTH_##id,
#include "lib/alg.def"
#undef ALG_AUTH
	ALG_AUTH_N
};

struct alg_cipher_info {
	const char *keyword; /* VRP */
	const char *display;
	uint16_t iana;
	uint8_t key_len; /* bytes */
	uint8_t block;	 /* padding unit, bytes */
	uint8_t iv_len;	 /* bytes on the wire */
	const char *openssl;
	bool weak;
};

struct alg_auth_info {
	const char *keyword;
	const char *display;
	uint16_t iana;
	uint8_t key_len; /* bytes */
	uint8_t icv_len; /* bytes on the wire */
	const char *openssl;
	bool weak;
};

/* NULL for NONE and beyond N. */
const struct alg_cipher_info *alg_cipher(unsigned int id);
const struct alg_auth_info *alg_auth(unsigned int id);
/* By VRP keyword; NONE when unknown. */
enum alg_cipher alg_cipher_find(const char *keyword);
enum alg_auth alg_auth_find(const char *keyword);

#endif
