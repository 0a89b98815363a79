/* Twin of schema/image.c. */
#include "config.h"

#include "tests/unit/schema/fixture.h"
#include "tests/unit/schema/suites.h"

#include "schema/row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void
fill(struct fixture *f)
{
	struct store *c = fixture_candidate(f);

	for (int i = 0; i < 300; i++) {
		put_acl(c, 3000 + i);
		put_rule(c, 3000 + i, 5, i % 2 ? "10.1.0.0" : NULL);
	}
	put_policy(c, "P1", 10, 3001, NULL);
	put_secret(c, "P1", 10, "in_esp_string_key", "plain:abc");
	CU_ASSERT_EQUAL_FATAL(fixture_commit(f, c, NULL, NULL), 0);
	store_close(c);
}

static void
test_round_trip(void)
{
	struct fixture f;
	struct store *c;
	char *was;
	char *is;

	fixture_init(&f);
	fill(&f);
	c = fixture_candidate(&f);
	was = dump(f.store);
	is = dump(c);
	CU_ASSERT_STRING_EQUAL(is, was);
	CU_ASSERT_EQUAL(sql_int(c, "PRAGMA integrity_check") /* "ok" as a number */, 0);
	CU_ASSERT_EQUAL(sql_int(c, "SELECT count(*) FROM sqlite_schema WHERE type = 'index'"),
		sql_int(f.store,
			"SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND "
			"tbl_name NOT IN ('meta', 'commit_log')"));
	CU_ASSERT_EQUAL(sql_int(f.store, "PRAGMA foreign_keys"), 1);
	free(was);
	free(is);
	store_close(c);
	fixture_fini(&f);
}

static void
test_of_image(void)
{
	struct fixture f;
	struct store *c;
	struct store *d;
	void *image;
	size_t len;
	char *was;
	char *is;

	fixture_init(&f);
	fill(&f);
	c = fixture_candidate(&f);
	put_acl(c, 2000);
	CU_ASSERT_EQUAL(store_image(c, &image, &len), 0);
	CU_ASSERT(changes_pending(c));
	CU_ASSERT_EQUAL(store_from_image(image, len, &d, &f.err), 0);
	was = dump(c);
	is = dump(d);
	CU_ASSERT_STRING_EQUAL(is, was);
	free(was);
	free(is);
	free(image);
	store_close(c);
	store_close(d);
	fixture_fini(&f);
}

static void
test_no_history(void)
{
	struct fixture f;
	struct store *c;
	void *image;
	size_t len;

	fixture_init(&f);
	fill(&f);
	CU_ASSERT_EQUAL(store_image(f.store, &image, &len), 0);
	CU_ASSERT_PTR_NULL(memmem(image, len, "commit_log", 10));
	CU_ASSERT_PTR_NULL(memmem(image, len, "a test", 6));
	CU_ASSERT_PTR_NULL(memmem(image, len, "saved_revision", 14));
	CU_ASSERT_PTR_NULL(memmem(image, len, SEAL_PLAIN, strlen(SEAL_PLAIN)));
	CU_ASSERT_EQUAL(store_from_image(image, len, &c, &f.err), 0);
	CU_ASSERT_EQUAL(store_revision(c), 0);
	CU_ASSERT_EQUAL(sql_int(c, "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'"), 0);
	store_close(c);
	free(image);
	fixture_fini(&f);
}

static void
test_grows(void)
{
	struct fixture f;
	struct store *c;

	fixture_init(&f);
	c = fixture_candidate(&f);
	for (int i = 0; i < 5000; i++)
		CU_ASSERT_EQUAL(put_rule(c, 3000, i, "10.0.0.0"), 0);
	CU_ASSERT_EQUAL(row_count(c, &model_acl_rule, NULL, 0), 5000);
	store_close(c);
	fixture_fini(&f);
}

static void
test_refused(void)
{
	struct fixture f;
	struct store *c;
	void *image;
	char *bad;
	size_t len;

	fixture_init(&f);
	fill(&f);
	CU_ASSERT_EQUAL(store_image(f.store, &image, &len), 0);
	CU_ASSERT_EQUAL(store_from_image(image, 0, &c, &f.err), -EBADMSG);
	CU_ASSERT_EQUAL(store_from_image(image, 511, &c, &f.err), -EBADMSG);
	bad = malloc(len);
	memset(bad, 'x', len);
	CU_ASSERT_EQUAL(store_from_image(bad, len, &c, &f.err), -EBADMSG);
	memcpy(bad, image, len);
	bad[63] = 99; /* user_version, big-endian at 60 */
	CU_ASSERT_EQUAL(store_from_image(bad, len, &c, &f.err), -EPROTO);
	CU_ASSERT_PTR_NULL(c);
	/* Cut short: an error now or when it is read, never a crash. */
	for (size_t n = 512; n < len; n += len / 50)
		if (store_from_image(image, n, &c, &f.err) == 0) {
			row_count(c, &model_acl_rule, NULL, 0);
			store_close(c);
		}
	free(bad);
	free(image);
	fixture_fini(&f);
}

static int
image_inside(void *arg, struct store *s, const struct change *changes, size_t n, struct err *e)
{
	void *image;
	size_t len;

	*(int *)arg = store_image(s, &image, &len);
	free(image);
	return 0;
}

static void
test_inside_commit(void)
{
	const struct commit_info info = { .schema = STORE_SCHEMA };
	int result = 0;
	const struct commit_ops ops = { .check = image_inside, .arg = &result };
	struct fixture f;
	struct store *c;
	uint64_t revision;
	void *cs;
	size_t len;

	fixture_init(&f);
	c = fixture_candidate(&f);
	put_acl(c, 3000);
	changes_take(c, &cs, &len);
	CU_ASSERT_EQUAL(commit_run(f.store, f.seal, &info, cs, len, &ops, &revision, &f.err), 0);
	CU_ASSERT_EQUAL(result, -EBUSY);
	free(cs);
	store_close(c);
	fixture_fini(&f);
}

/* Images follow commits, also when the history does not reach back to the last image. */
static void
test_follows(void)
{
	struct fixture f;

	fixture_init(&f);
	for (int i = 0; i < 12; i++) {
		struct store *c = fixture_candidate(&f);
		char *want = dump(f.store);
		char *is = dump(c);

		CU_ASSERT_STRING_EQUAL(is, want);
		free(want);
		free(is);
		put_acl(c, 3000 + i);
		put_policy(c, "P1", 1 + i, 3000 + i, NULL);
		put_secret(c, "P1", 1 + i, "in_esp_string_key", "plain:abc");
		if (i > 2)
			row_delete(c, &model_acl, &VALUE_OF_INT(3000 + i));
		CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), i > 2 ? -EINVAL : 0);
		if (i == 6)
			sql_run(f.store, "DELETE FROM commit_log");
		if (i == 8)
			fixture_reopen(&f);
		store_close(c);
	}
	fixture_fini(&f);
}

CU_TestInfo image_tests[] = {
	{ "a candidate made from an image equals the store", test_round_trip },
	{ "each image follows the commits since the last", test_follows },
	{ "a candidate has images too", test_of_image },
	{ "an image holds no history and no plain secret", test_no_history },
	{ "a candidate can outgrow its image", test_grows },
	{ "what is no image, or of another release, is refused", test_refused },
	{ "there is no image of a half-made commit", test_inside_commit },
	CU_TEST_INFO_NULL,
};
