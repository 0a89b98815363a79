/* Twin of schema/seal.c. */
#include "config.h"

#include "tests/unit/schema/fixture.h"
#include "tests/unit/schema/suites.h"

#include "lib/arena.h"
#include "lib/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *
sealed(struct fixture *f, const char *text)
{
	const char *out = NULL;

	CU_ASSERT_EQUAL_FATAL(seal_text(f->seal, text, f->arena, &out, &f->err), 0);
	return out;
}

static int
reveals(const struct seal *s, const char *text, const char *want)
{
	struct secret *secret = NULL;
	int r = seal_reveal(s, text, &secret, NULL);

	if (r == 0 && (secret->len != strlen(want) || memcmp(secret->data, want, secret->len)))
		r = -EINVAL;
	secret_free(secret);
	return r;
}

static void
test_round_trip(void)
{
	struct fixture f;
	char longest[1025];
	const char *text;

	fixture_init(&f);
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	for (size_t len = 1; len < sizeof longest; len += len < 70 ? 1 : 53) {
		char *plain = arena_printf(f.arena, "%.*s", (int)len, longest);

		text = sealed(&f, arena_printf(f.arena, SEAL_PLAIN "%s", plain));
		CU_ASSERT(seal_is_sealed(text));
		CU_ASSERT_EQUAL(reveals(f.seal, text, plain), 0);
	}
	text = sealed(&f, arena_printf(f.arena, SEAL_PLAIN "%s", longest));
	CU_ASSERT_EQUAL(reveals(f.seal, text, longest), 0);
	fixture_fini(&f);
}

static void
test_lengths(void)
{
	struct fixture f;
	char plain[sizeof SEAL_PLAIN + 1025];
	const char *out;

	fixture_init(&f);
	memset(plain, 'x', sizeof plain);
	memcpy(plain, SEAL_PLAIN, sizeof SEAL_PLAIN - 1);
	plain[sizeof plain - 1] = '\0';
	CU_ASSERT_EQUAL(seal_text(f.seal, plain, f.arena, &out, &f.err), -EINVAL);
	CU_ASSERT_EQUAL(seal_text(f.seal, SEAL_PLAIN, f.arena, &out, &f.err), -EINVAL);
	fixture_fini(&f);
}

static void
test_nonce(void)
{
	struct fixture f;

	fixture_init(&f);
	CU_ASSERT_STRING_NOT_EQUAL(sealed(&f, "plain:abc"), sealed(&f, "plain:abc"));
	fixture_fini(&f);
}

static void
test_sealed_stays(void)
{
	struct fixture f;
	const char *text;

	fixture_init(&f);
	text = sealed(&f, "plain:Huawei@123");
	CU_ASSERT_STRING_EQUAL(sealed(&f, text), text);
	fixture_fini(&f);
}

static void
test_tampered(void)
{
	static const char other[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=%#";
	struct fixture f;
	char *text;

	fixture_init(&f);
	/* 5, 6 and 7 characters: all three paddings. */
	for (int n = 5; n <= 7; n++) {
		text = arena_strdup(f.arena,
			sealed(&f, arena_printf(f.arena, SEAL_PLAIN "%.*s", n, "1234567")));
		for (size_t i = 0; text[i]; i++) {
			char was = text[i];

			for (const char *p = other; *p; p++) {
				int r;

				if (*p == was)
					continue;
				text[i] = *p;
				r = reveals(f.seal, text, "1234567");
				CU_ASSERT(r == -EINVAL || r == -EKEYREJECTED);
				r = seal_text(f.seal, text, f.arena, &(const char *){ NULL }, NULL);
				CU_ASSERT(r == -EINVAL || r == -EKEYREJECTED);
			}
			text[i] = was;
		}
	}
	fixture_fini(&f);
}

static void
test_truncated(void)
{
	struct fixture f;
	const char *text;
	size_t len;

	fixture_init(&f);
	text = sealed(&f, "plain:secret");
	len = strlen(text);
	for (size_t cut = 1; cut <= len; cut++) {
		char *inside = arena_printf(f.arena, "%.*s%s",
			(int)(len > cut + 4 ? len - 4 - cut : 0), text, SEAL_FENCE);

		CU_ASSERT(reveals(f.seal, arena_printf(f.arena, "%.*s", (int)(len - cut), text),
				  "secret") < 0);
		CU_ASSERT(reveals(f.seal, inside, "secret") < 0);
	}
	fixture_fini(&f);
}

static void
test_oversized(void)
{
	struct fixture f;
	char text[8192];

	fixture_init(&f);
	for (size_t n = 4; n < sizeof text - 16; n += 4) {
		memset(text, 'A', sizeof text);
		memcpy(text, SEAL_FENCE, 4);
		memcpy(text + 4 + n, SEAL_FENCE, 5);
		text[5] = 'Q';
		CU_ASSERT(reveals(f.seal, text, "") < 0);
		memcpy(text + 4, "AQ", 2); /* the right version */
		CU_ASSERT(reveals(f.seal, text, "") < 0);
	}
	fixture_fini(&f);
}

static void
test_other_key(void)
{
	struct fixture f;
	struct fixture g;
	const char *text;
	const char *out;

	fixture_init(&f);
	fixture_init(&g);
	text = sealed(&f, "plain:secret");
	CU_ASSERT_EQUAL(reveals(g.seal, text, "secret"), -EKEYREJECTED);
	CU_ASSERT_EQUAL(seal_text(g.seal, text, g.arena, &out, &g.err), -EKEYREJECTED);
	CU_ASSERT(strstr(g.err.text, "secret.key") != NULL);
	CU_ASSERT(strstr(g.err.text, "secret:") == NULL);
	fixture_fini(&f);
	fixture_fini(&g);
}

static void
test_same_file(void)
{
	struct fixture f;
	struct seal *again;
	const char *text;

	fixture_init(&f);
	text = sealed(&f, "plain:secret");
	CU_ASSERT_EQUAL(seal_open(f.dir, &again, &f.err), 0);
	CU_ASSERT_EQUAL(reveals(again, text, "secret"), 0);
	seal_free(again);
	fixture_fini(&f);
}

static void
test_key_file_mode(void)
{
	struct fixture f;
	struct seal *again;
	struct stat st;
	const char *path;

	fixture_init(&f);
	path = fixture_path(&f, "secret.key");
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	CU_ASSERT_EQUAL(st.st_size, 32);
	CU_ASSERT_EQUAL(chmod(path, 0640), 0);
	CU_ASSERT_EQUAL(seal_open(f.dir, &again, &f.err), -EPERM);
	CU_ASSERT_PTR_NULL(again);
	CU_ASSERT(strstr(f.err.text, "0600") != NULL);
	fixture_fini(&f);
}

static void
test_key_file_length(void)
{
	struct fixture f;
	struct seal *again;

	fixture_init(&f);
	CU_ASSERT_EQUAL(truncate(fixture_path(&f, "secret.key"), 31), 0);
	CU_ASSERT_EQUAL(seal_open(f.dir, &again, &f.err), -EINVAL);
	CU_ASSERT_EQUAL(truncate(fixture_path(&f, "secret.key"), 33), 0);
	CU_ASSERT_EQUAL(seal_open(f.dir, &again, &f.err), -EINVAL);
	fixture_fini(&f);
}

static void
test_key_file_link(void)
{
	struct fixture f;
	struct seal *again;
	const char *path;
	const char *moved;

	fixture_init(&f);
	path = fixture_path(&f, "secret.key");
	moved = fixture_path(&f, "elsewhere");
	CU_ASSERT_EQUAL(rename(path, moved), 0);
	CU_ASSERT_EQUAL(symlink(moved, path), 0);
	CU_ASSERT(seal_open(f.dir, &again, &f.err) < 0);
	fixture_fini(&f);
}

static void
test_no_directory(void)
{
	struct err e;
	struct seal *s;

	CU_ASSERT_EQUAL(seal_open("/nonexistent/yongdao", &s, &e), -ENOENT);
	CU_ASSERT_PTR_NULL(s);
	CU_ASSERT(strstr(e.text, "/nonexistent/yongdao/secret.key") != NULL);
}

static void
test_form(void)
{
	static const struct {
		const char *text;
		bool sealed;
	} rows[] = {
		{ "", false },
		{ "%^%#", false },
		{ "%^%#%^%#", false },
		{ "%^%#A%^%#", true },
		{ "%^%#A B%^%#", false },
		{ "%^%#A%^%# ", false },
		{ "x%^%#A%^%#", false },
		{ "plain:%^%#A%^%#", false },
		{ "%^%#%^%#%^%#", false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CU_ASSERT_EQUAL(seal_is_sealed(rows[i].text), rows[i].sealed);
	seal_free(NULL);
}

CU_TestInfo seal_tests[] = {
	{ "what is sealed is revealed, whatever its length", test_round_trip },
	{ "an empty or too long secret is refused", test_lengths },
	{ "the same secret sealed twice differs", test_nonce },
	{ "a sealed text is kept as it is", test_sealed_stays },
	{ "a sealed text with any one character changed is refused", test_tampered },
	{ "a sealed text cut at any length is refused", test_truncated },
	{ "a sealed text of any size is bounded", test_oversized },
	{ "another router's sealed text is refused", test_other_key },
	{ "the key file opened again opens the same secrets", test_same_file },
	{ "a key file that others may read is refused", test_key_file_mode },
	{ "a key file of the wrong length is refused", test_key_file_length },
	{ "a key file that is a symbolic link is refused", test_key_file_link },
	{ "a missing directory is named", test_no_directory },
	{ "the sealed form is told from other texts", test_form },
	CU_TEST_INFO_NULL,
};
