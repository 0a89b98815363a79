/*
 * The engine's cryptography in yongike's sandbox: whatever is asked for, nothing has to be opened any more.
 */
#include "config.h"

#include "daemon/ike/crypt.h"
#include "lib/err.h"
#include "lib/priv.h"
#include "lib/secret.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/ike/fixture.h"
#include "tests/unit/ike/suites.h"

enum { NOT_DROPPED = 99 };

static void
random_fill(void *arg, void *p, size_t len)
{
	if (getrandom(p, len, 0) != (ssize_t)len)
		abort();
}

static bool
group_works(struct crypt *c, enum alg_dh group)
{
	struct crypt_dh *a = crypt_dh_new(c, group), *b = crypt_dh_new(c, group);
	struct secret *one = NULL, *other = NULL;
	bool ok = a != NULL && b != NULL && crypt_dh_shared(a, crypt_dh_public(b), &one) == 0 &&
		crypt_dh_shared(b, crypt_dh_public(a), &other) == 0 &&
		secret_eq(one->data, other->data, one->len);

	secret_free(one);
	secret_free(other);
	crypt_dh_free(a);
	crypt_dh_free(b);
	return ok;
}

static bool
cipher_works(struct crypt *c, enum alg_cipher cipher)
{
	static const uint8_t key[64];
	enum alg_auth auth = alg_cipher(cipher)->icv_len > 0 ? ALG_AUTH_NONE : ALG_AUTH_hmac_md5_96;
	const struct span k = { key, alg_cipher_keymat(alg_cipher(cipher)) };
	const struct span ak = { key, alg_auth_keymat(alg_auth(auth)) };
	struct crypt_box *seal = crypt_box_new(c, cipher, auth, k, ak, true);
	struct crypt_box *open = crypt_box_new(c, cipher, auth, k, ak, false);
	uint8_t p[128] = { 0 };
	bool ok = seal != NULL && open != NULL && crypt_box_seal(seal, p, 8, 32) == 0 &&
		crypt_box_open(open, p, 8, 32) == 0;

	crypt_box_free(seal);
	crypt_box_free(open);
	return ok;
}

/* How much does not work. */
static int
failures(struct crypt *c)
{
	const struct span key = fix_text("key");
	uint8_t out[CRYPT_PRF_MAX];
	int failed = open("/etc/passwd", O_RDONLY) >= 0;

	for (unsigned int i = 1; i < ALG_DH_N; i++)
		failed += !group_works(c, (enum alg_dh)i);
	for (unsigned int i = 1; i < ALG_CIPHER_N; i++)
		failed += crypt_has_cipher(c, (enum alg_cipher)i) &&
			!cipher_works(c, (enum alg_cipher)i);
	for (unsigned int i = 1; i < ALG_PRF_N; i++)
		failed += crypt_prf(c, (enum alg_prf)i, key, &key, 1, out) != 0;
	failed += crypt_sha1(c, &key, 1, out) != 0;
	return failed;
}

static bool
filtered(void)
{
#ifdef YD_SANITIZED
	return false;
#else
	const char *preload = getenv("LD_PRELOAD");

	return preload == NULL || strstr(preload, "vgpreload") == NULL;
#endif
}

static void
everything_works_in_the_sandbox(void)
{
	struct err e;
	int status;
	pid_t pid;

	if (!filtered())
		return;
	pid = fork();
	if (pid == 0) {
		struct crypt *c = crypt_new(random_fill, NULL, NULL);

		if (geteuid() == 0 && setresuid(65534, 65534, 65534))
			_exit(NOT_DROPPED);
		_exit(c == NULL || priv_drop(PRIV_IKE, &e) ? NOT_DROPPED : failures(c));
	}
	CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT(WIFEXITED(status));
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

CU_TestInfo sandbox_tests[] = {
	{ "everything works in the sandbox", everything_works_in_the_sandbox },
	CU_TEST_INFO_NULL,
};
