#ifndef YD_DAEMON_COMPILE_KEYS_H
#define YD_DAEMON_COMPILE_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/alg.h"
#include "lib/msg.h"

struct err;
struct secret;

/*
 * Keys of manual SAs.
 *
 * A hex key is taken as it is typed and must have exactly the length of its algorithm.
 *
 * A string key is stretched, so that both ends need the same string, SPI and algorithms only:
 *
 *   PBKDF2-HMAC-SHA256 (RFC 8018), 20,000 iterations,
 *   password = the string as typed, salt = "yongdao string-key" || protocol (1 byte) || SPI (4 bytes,
 *   big endian), output = cipher key || authentication key, each of the length of its algorithm.
 *
 * In Python: hashlib.pbkdf2_hmac("sha256", b"huawei", b"yongdao string-key\x32" +
 * (54321).to_bytes(4, "big"), 20000, cipher_len + auth_len).
 */
#define KEYS_ITERATIONS 20000
#define KEYS_SALT "yongdao string-key"

/* Derived keys of this run, so that a commit pays for the string keys it changes and no others. */
struct keys;

struct keys *keys_new(void);
void keys_free(struct keys *k);

/* Fills cipher_key and auth_key of sa, whose protocol, spi, cipher and auth are set. */
int keys_from_string(struct keys *k, const struct secret *string, struct msg_dp_sa *sa);
/* hex may be NULL where the algorithm takes no key. -EINVAL with err: not hex, wrong length, or
 * (3DES) parts that are equal, which RFC 2451 2.3 refuses. */
int keys_cipher_from_hex(const struct secret *hex, struct msg_dp_sa *sa, struct err *e);
int keys_auth_from_hex(const struct secret *hex, struct msg_dp_sa *sa, struct err *e);

/* What makes an SA cryptographically the same, whatever it is called: its sequence numbers must never
 * repeat (SHA-256 over direction, protocol, SPI, destination, algorithms and keys). */
#define KEYS_IDENTITY_LEN 32
void keys_identity(const struct msg_dp_sa *sa, uint8_t out[KEYS_IDENTITY_LEN]);
/* The same for the names of objects in this process: keyed with a random number of this run, so that
 * it tells nothing about the key. */
uint64_t keys_fingerprint(const struct keys *k, const struct msg_dp_sa *sa);

#endif
