/*
 * Secrets at rest: AES-256-GCM (NIST SP 800-38D) under the key file of the state directory, a random
 * 96-bit nonce each time. Sealed: fence, base64 of version, nonce, ciphertext and tag, fence. Refuses
 * to know whose secret it is: a rendered line may be typed again anywhere.
 */
#include "config.h"

#include "schema/seal.h"

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/secret.h"
#include "schema/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#define KEY_FILE "secret.key"

enum {
	SEAL_VERSION = 1,
	SEAL_KEY_LEN = 32,
	SEAL_NONCE_LEN = 12,
	SEAL_TAG_LEN = 16,
	SEAL_EXTRA_LEN = 1 + SEAL_NONCE_LEN + SEAL_TAG_LEN,
	SEAL_SECRET_MAX = 1024,
	SEAL_RAW_MAX = SEAL_SECRET_MAX + SEAL_EXTRA_LEN,
	SEAL_FENCE_LEN = sizeof SEAL_FENCE - 1,
	SEAL_PLAIN_LEN = sizeof SEAL_PLAIN - 1,
};

/* With the end mark. */
#define B64_LEN(len) (4 * ((len) / 3 + 1) + 1)

struct seal {
	struct secret *key;
	char path[1024];
};

/* --- the key file ------------------------------------------------------------------ */

static int
write_whole(int fd, const uint8_t *p, size_t len)
{
	ssize_t n;

	for (; len; p += n, len -= (size_t)n) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return -errno;
	}
	return 0;
}

/* A whole key appears under its name, or nothing does: it is written beside and linked. */
static int
make_key(const char *dir, const char *path)
{
	uint8_t key[SEAL_KEY_LEN];
	char tmp[1024 + 16];
	int fd;
	int r;

	snprintf(tmp, sizeof tmp, "%s.%ld", path, (long)getpid());
	unlink(tmp); /* of a process that was killed here */
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = RAND_priv_bytes(key, sizeof key) == 1 ? 0 : -EIO;
	if (r == 0)
		r = write_whole(fd, key, sizeof key);
	secret_wipe(key, sizeof key);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	close(fd);
	if (r == 0 && link(tmp, path) < 0 && errno != EEXIST)
		r = -errno;
	unlink(tmp);
	return r < 0 ? r : dir_sync(dir);
}

static int
read_key(struct seal *s, struct err *e)
{
	uint8_t key[SEAL_KEY_LEN + 1];
	struct stat st;
	ssize_t n = 0;
	int fd = open(s->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r = 0;

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0)
		return err_set(e, -errno, s->path, "Cannot open the key file %s: %s.", s->path,
			strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		r = err_set(e, -EINVAL, s->path, "The key file %s is not a file.", s->path);
	else if (st.st_mode & 077)
		r = err_set(e, -EPERM, s->path,
			"Others may read the key file %s; give it mode 0600 (and change the keys).",
			s->path);
	else if ((n = read(fd, key, sizeof key)) != SEAL_KEY_LEN)
		r = err_set(e, -EINVAL, s->path,
			"The key file %s does not hold %d bytes; bring the right one.", s->path,
			SEAL_KEY_LEN);
	close(fd);
	if (r == 0 && !(s->key = secret_new(key, SEAL_KEY_LEN)))
		r = err_set(e, -ENOMEM, s->path, "There is no memory left.");
	secret_wipe(key, sizeof key);
	return r;
}

int
seal_open(const char *dir, struct seal **out, struct err *e)
{
	struct seal *s = calloc(1, sizeof *s);
	int r;

	*out = NULL;
	if (!s)
		return err_set(e, -ENOMEM, dir, "There is no memory left.");
	if (snprintf(s->path, sizeof s->path, "%s/" KEY_FILE, dir) >= (int)sizeof s->path) {
		r = err_set(e, -ENAMETOOLONG, "state directory", "Its name is too long.");
		goto out;
	}
	r = read_key(s, e);
	if (r == -ENOENT) {
		r = make_key(dir, s->path);
		if (r < 0)
			err_set(e, r, s->path,
				"Cannot make the key file %s: %s; correct the owner, mode or space "
				"of its directory.",
				s->path, strerror(-r));
		else
			r = read_key(s, e);
	}
out:
	if (r < 0) {
		seal_free(s);
		return r;
	}
	*out = s;
	return 0;
}

void
seal_free(struct seal *s)
{
	if (!s)
		return;
	secret_free(s->key);
	free(s);
}

/* --- the form ---------------------------------------------------------------------- */

static bool
is_base64(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		c == '+' || c == '/' || c == '=';
}

bool
seal_is_sealed(const char *text)
{
	size_t len = strlen(text);

	if (len <= 2 * SEAL_FENCE_LEN || strncmp(text, SEAL_FENCE, SEAL_FENCE_LEN) ||
		strcmp(text + len - SEAL_FENCE_LEN, SEAL_FENCE))
		return false;
	for (size_t i = SEAL_FENCE_LEN; i < len - SEAL_FENCE_LEN; i++)
		if (!is_base64(text[i]))
			return false;
	return true;
}

/* The bytes between the fences; -EINVAL unless they are in the one form that we write. */
static int
decode(const char *sealed, uint8_t *raw, size_t *len)
{
	unsigned char again[B64_LEN(SEAL_RAW_MAX)];
	const char *b64 = sealed + SEAL_FENCE_LEN;
	size_t b64_len;
	int n;

	if (!seal_is_sealed(sealed))
		return -EINVAL;
	b64_len = strlen(sealed) - 2 * SEAL_FENCE_LEN;
	if (b64_len % 4 || b64_len / 4 * 3 > SEAL_RAW_MAX / 3 * 3)
		return -EINVAL;
	n = EVP_DecodeBlock(raw, (const unsigned char *)b64, (int)b64_len);
	if (n < 0)
		return -EINVAL;
	n -= (b64[b64_len - 1] == '=') + (b64[b64_len - 2] == '=');
	if (n <= SEAL_EXTRA_LEN || raw[0] != SEAL_VERSION)
		return -EINVAL;
	/* Unused bits of the last character would be a second spelling of one secret. */
	EVP_EncodeBlock(again, raw, n);
	if (memcmp(again, b64, b64_len))
		return -EINVAL;
	*len = (size_t)n;
	return 0;
}

/* --- the cipher -------------------------------------------------------------------- */

/* Lays version, nonce, ciphertext, tag into raw (plain_len + SEAL_EXTRA_LEN). The version is
 * authenticated too. */
static bool
encrypt(const struct seal *s, const uint8_t *plain, size_t plain_len, uint8_t *raw)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *nonce = raw + 1;
	uint8_t *text = nonce + SEAL_NONCE_LEN;
	int n;
	bool ok;

	raw[0] = SEAL_VERSION;
	ok = ctx && RAND_bytes(nonce, SEAL_NONCE_LEN) == 1 &&
		EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, s->key->data, nonce) == 1 &&
		EVP_EncryptUpdate(ctx, NULL, &n, raw, 1) == 1 &&
		EVP_EncryptUpdate(ctx, text, &n, plain, (int)plain_len) == 1 &&
		EVP_EncryptFinal_ex(ctx, text + n, &n) == 1 &&
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, SEAL_TAG_LEN, text + plain_len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static bool
decrypt(const struct seal *s, uint8_t *raw, size_t len, uint8_t *plain)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const uint8_t *nonce = raw + 1;
	const uint8_t *text = nonce + SEAL_NONCE_LEN;
	size_t plain_len = len - SEAL_EXTRA_LEN;
	int n;
	bool ok;

	ok = ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, s->key->data, nonce) == 1 &&
		EVP_DecryptUpdate(ctx, NULL, &n, raw, 1) == 1 &&
		EVP_DecryptUpdate(ctx, plain, &n, text, (int)plain_len) == 1 &&
		EVP_CIPHER_CTX_ctrl(
			ctx, EVP_CTRL_GCM_SET_TAG, SEAL_TAG_LEN, raw + len - SEAL_TAG_LEN) == 1 &&
		EVP_DecryptFinal_ex(ctx, plain + n, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

int
seal_reveal(const struct seal *s, const char *sealed, struct secret **out, struct err *e)
{
	uint8_t raw[SEAL_RAW_MAX + 3];
	uint8_t plain[SEAL_SECRET_MAX];
	size_t len;
	int r = 0;

	*out = NULL;
	if (decode(sealed, raw, &len) < 0)
		return err_set(e, -EINVAL, "key",
			"A sealed key is not whole; copy it with its fences (%s), or type the key "
			"again.",
			SEAL_FENCE);
	if (!decrypt(s, raw, len, plain))
		r = err_set(e, -EKEYREJECTED, "key",
			"A sealed key was made under another key file, or altered; bring that "
			"router's "
			"%s, or type the key again.",
			KEY_FILE);
	else if (!(*out = secret_new(plain, len - SEAL_EXTRA_LEN)))
		r = err_set(e, -ENOMEM, "key", "There is no memory left.");
	secret_wipe(plain, sizeof plain);
	return r;
}

/* Is the sealed text one that this key opens? */
static int
check_sealed(const struct seal *s, const char *text, struct err *e)
{
	struct secret *secret;
	int r = seal_reveal(s, text, &secret, e);

	secret_free(secret);
	return r;
}

int
seal_text(const struct seal *s, const char *text, struct arena *a, const char **out, struct err *e)
{
	uint8_t raw[SEAL_RAW_MAX];
	const char *plain = text + SEAL_PLAIN_LEN;
	unsigned char b64[B64_LEN(SEAL_RAW_MAX)];
	size_t len;

	*out = NULL;
	if (strncmp(text, SEAL_PLAIN, SEAL_PLAIN_LEN)) {
		int r = check_sealed(s, text, e);

		if (r == 0)
			*out = arena_strdup(a, text);
		return r;
	}
	len = strlen(plain);
	if (len == 0 || len > SEAL_SECRET_MAX)
		return err_set(e, -EINVAL, "key", "A key has 1 to %d characters.", SEAL_SECRET_MAX);
	if (!encrypt(s, (const uint8_t *)plain, len, raw))
		return err_set(e, -EIO, "key", "The key could not be encrypted; try again.");
	len += SEAL_EXTRA_LEN;
	EVP_EncodeBlock(b64, raw, (int)len);
	*out = arena_printf(a, "%s%s%s", SEAL_FENCE, b64, SEAL_FENCE);
	return 0;
}
