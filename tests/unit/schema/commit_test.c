/* Twin of schema/commit.c and history.c. */
#include "config.h"

#include "tests/unit/schema/fixture.h"
#include "tests/unit/schema/suites.h"

#include "lib/arena.h"
#include "lib/secret.h"
#include "schema/history.h"
#include "schema/row.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INT(n) VALUE_OF_INT(n)
#define TEXT(s) VALUE_OF_TEXT(s)
#define PASSWORD "Kj7-never-on-disk-Qx"

static const struct commit_info info = {
	.schema = STORE_SCHEMA, .user = "root", .terminal = "vty0", .text = "acl number 3000"
};

static void
test_log(void)
{
	struct fixture f;
	struct store *c;

	fixture_init(&f);
	c = fixture_candidate(&f);
	put_acl(c, 3000);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	put_acl(c, 3001);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	fixture_reopen(&f);
	CU_ASSERT_EQUAL(store_revision(f.store), 2);
	CU_ASSERT_EQUAL(sql_int(f.store,
				"SELECT count(*) FROM commit_log WHERE user = 'root' AND "
				"terminal = 'vty0' AND text = 'a test' AND "
				"revision IN (1, 2) AND time > 1700000000"),
		2);
	CU_ASSERT_EQUAL(row_count(f.store, &model_acl, NULL, 0), 2);
	store_close(c);
	fixture_fini(&f);
}

/* The commits first … last of before, with changesets of so many bytes. */
static void
long_history(struct fixture *f, int first, int last, int bytes)
{
	char sql[512];

	snprintf(sql, sizeof(sql),
		"WITH RECURSIVE c (i) AS (VALUES (%d) UNION ALL SELECT i + 1 FROM c WHERE i < %d) "
		"INSERT INTO commit_log SELECT i, %d, i, 'root', 'vty0', '', zeroblob(%d) FROM c; "
		"UPDATE meta SET revision = %d",
		first, last, STORE_SCHEMA, bytes, last);
	CU_ASSERT_EQUAL(sql_run(f->store, sql), 0);
}

static int64_t
n_kept(struct fixture *f)
{
	return sql_int(f->store, "SELECT count(*) FROM commit_log");
}

static int
refuse(void *arg, struct store *s, const struct change *changes, size_t n, struct err *e)
{
	return -EINVAL;
}

static void
commit_acl(struct fixture *f, int number, const struct commit_ops *ops, int expect)
{
	struct store *c = fixture_candidate(f);
	uint64_t revision;
	void *cs;
	size_t len;

	put_acl(c, number);
	CU_ASSERT_EQUAL(changes_take(c, &cs, &len), 0);
	CU_ASSERT_EQUAL(
		commit_run(f->store, f->seal, &info, cs, len, ops, &revision, &f->err), expect);
	free(cs);
	store_close(c);
}

static void
test_pruned(void)
{
	const struct commit_ops refusing = { .check = refuse };
	struct fixture f;
	void *cs;
	size_t len;

	fixture_init(&f);
	long_history(&f, 1, HISTORY_KEPT + 20, 0);
	commit_acl(&f, 3000, &refusing, -EINVAL);
	CU_ASSERT_EQUAL(n_kept(&f), HISTORY_KEPT + 20);
	/* a few at a time */
	commit_acl(&f, 3000, NULL, 0);
	CU_ASSERT_EQUAL(n_kept(&f), HISTORY_KEPT + 21 - HISTORY_STEP);
	commit_acl(&f, 3001, NULL, 0);
	CU_ASSERT_EQUAL(n_kept(&f), HISTORY_KEPT);
	commit_acl(&f, 3002, NULL, 0);
	fixture_reopen(&f);
	CU_ASSERT_EQUAL(n_kept(&f), HISTORY_KEPT);
	CU_ASSERT_EQUAL(sql_int(f.store, "SELECT min(revision) FROM commit_log"), 24);
	CU_ASSERT_EQUAL(store_changes_since(f.store, HISTORY_KEPT + 20, &cs, &len), 0);
	CU_ASSERT_TRUE(len > 0);
	free(cs);
	CU_ASSERT_EQUAL(store_changes_since(f.store, 22, &cs, &len), -ESTALE);
	CU_ASSERT_EQUAL(row_count(f.store, &model_acl, NULL, 0), 3);
	fixture_fini(&f);
}

/* Three of these are too many together; what is left are two, and the new one. */
static void
test_pruned_by_size(void)
{
	struct fixture f;

	fixture_init(&f);
	long_history(&f, HISTORY_STEP - 5, HISTORY_STEP - 1, HISTORY_BYTES / 3 + 1);
	commit_acl(&f, 3000, NULL, 0);
	CU_ASSERT_EQUAL(n_kept(&f), 3);
	CU_ASSERT_EQUAL(sql_int(f.store, "SELECT min(revision) FROM commit_log"), HISTORY_STEP - 2);
	commit_acl(&f, 3001, NULL, 0);
	CU_ASSERT_EQUAL(n_kept(&f), 4);
	fixture_fini(&f);
}

static void
test_no_change(void)
{
	struct fixture f;
	struct store *c;
	struct store *d;
	uint64_t revision = 99;

	fixture_init(&f);
	CU_ASSERT_EQUAL(commit_run(f.store, f.seal, &info, NULL, 0, NULL, &revision, &f.err), 0);
	CU_ASSERT_EQUAL(revision, 0);
	c = fixture_candidate(&f);
	d = fixture_candidate(&f);
	put_acl(c, 3000);
	put_acl(d, 3000);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	CU_ASSERT_EQUAL(fixture_commit(&f, d, NULL, NULL), 0); /* it is so already */
	CU_ASSERT_EQUAL(store_revision(f.store), 1);
	store_close(c);
	store_close(d);
	fixture_fini(&f);
}

static void
test_other_schema(void)
{
	struct commit_info other = info;
	struct fixture f;
	struct store *c;
	uint64_t revision;
	void *cs;
	size_t len;

	fixture_init(&f);
	c = fixture_candidate(&f);
	put_acl(c, 3000);
	changes_take(c, &cs, &len);
	for (int i = -1; i <= 1; i += 2) {
		other.schema = (uint32_t)(STORE_SCHEMA + i);
		CU_ASSERT_EQUAL(
			commit_run(f.store, f.seal, &other, cs, len, NULL, &revision, &f.err),
			-EPROTO);
		CU_ASSERT_PTR_NOT_NULL(strstr(f.err.text, "release"));
	}
	CU_ASSERT_EQUAL(store_revision(f.store), 0);
	CU_ASSERT_EQUAL(commit_run(c, f.seal, &info, cs, len, NULL, &revision, &f.err), -EINVAL);
	free(cs);
	store_close(c);
	fixture_fini(&f);
}

static void
test_garbage(void)
{
	static const char garbage[] = "this is no changeset";
	struct fixture f;
	uint64_t revision;

	fixture_init(&f);
	CU_ASSERT_EQUAL(commit_run(f.store, f.seal, &info, garbage, sizeof garbage, NULL, &revision,
				&f.err),
		-EBADMSG);
	CU_ASSERT(strlen(f.err.text) > 0);
	fixture_fini(&f);
}

/* --- the check --------------------------------------------------------------------- */

struct checked {
	int answer;
	size_t n;
	bool saw_row;
	bool saw_plain;
	unsigned int steps;
};

static int
on_check(void *arg, struct store *s, const struct change *changes, size_t n, struct err *e)
{
	struct checked *c = arg;
	struct arena *a = arena_new();
	const struct value key[] = { TEXT("P1"), INT(10) };
	struct row row;

	c->n = n;
	c->saw_row = row_get(s, &model_ipsec_policy, key, a, &row) == 0;
	for (unsigned int i = 0; c->saw_row && i < model_ipsec_policy.n_columns; i++)
		if (row.v[i].kind == VALUE_TEXT && !strncmp(row.v[i].s, "plain:", 6))
			c->saw_plain = true;
	arena_free(a);
	return c->answer ? err_set(e, c->answer, "P1", "no") : 0;
}

static void
on_step(void *arg, enum commit_step step)
{
	struct checked *c = arg;

	CU_ASSERT_EQUAL(c->steps, step); /* in order, each once */
	c->steps++;
}

static void
test_check(void)
{
	static const struct {
		int answer;
		int result;
		unsigned int steps;
	} rows[] = { { -EINVAL, -EINVAL, 3 }, { -ENOMEM, -ENOMEM, 3 }, { 0, 0, 6 } };
	struct fixture f;
	struct store *c;
	void *cs;
	size_t len;

	fixture_init(&f);
	c = fixture_candidate(&f);
	put_policy(c, "P1", 10, 0, NULL);
	put_secret(c, "P1", 10, "in_esp_string_key", "plain:" PASSWORD);
	changes_take(c, &cs, &len);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct checked checked = { .answer = rows[i].answer };
		const struct commit_ops ops = {
			.check = on_check, .step = on_step, .arg = &checked
		};
		uint64_t revision = 0;

		CU_ASSERT_EQUAL(
			commit_run(f.store, f.seal, &info, cs, len, &ops, &revision, &f.err),
			rows[i].result);
		CU_ASSERT_EQUAL(checked.n, 2); /* the policy and its group */
		CU_ASSERT(checked.saw_row);
		CU_ASSERT_FALSE(checked.saw_plain);
		CU_ASSERT_EQUAL(checked.steps, rows[i].steps);
		CU_ASSERT_EQUAL(store_revision(f.store), rows[i].result == 0);
		CU_ASSERT_EQUAL(
			row_count(f.store, &model_ipsec_policy, NULL, 0), rows[i].result == 0);
	}
	free(cs);
	store_close(c);
	fixture_fini(&f);
}

/* --- secrets ----------------------------------------------------------------------- */

static const struct value p1[] = { { VALUE_TEXT, .s = "P1" }, { VALUE_INT, .i = 10 } };

static const char *
stored_key(struct fixture *f, struct store *s)
{
	struct value v = get_value(f, s, &model_ipsec_policy, p1, "in_esp_string_key");

	return v.kind == VALUE_TEXT ? v.s : "";
}

static void
test_secret(void)
{
	struct fixture f;
	struct store *c;
	struct secret *secret = NULL;

	fixture_init(&f);
	c = fixture_candidate(&f);
	put_policy(c, "P1", 10, 0, NULL);
	put_secret(c, "P1", 10, "in_esp_string_key", "plain:" PASSWORD);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	CU_ASSERT(seal_is_sealed(stored_key(&f, f.store)));
	CU_ASSERT_EQUAL_FATAL(seal_reveal(f.seal, stored_key(&f, f.store), &secret, &f.err), 0);
	CU_ASSERT_EQUAL(secret->len, strlen(PASSWORD));
	CU_ASSERT_EQUAL(memcmp(secret->data, PASSWORD, secret->len), 0);
	secret_free(secret);
	CU_ASSERT(files_contain(&f, SEAL_FENCE)); /* the search works */
	CU_ASSERT_FALSE(files_contain(&f, PASSWORD));
	CU_ASSERT_FALSE(files_contain(&f, SEAL_PLAIN));
	fixture_reopen(&f);
	CU_ASSERT_FALSE(files_contain(&f, PASSWORD));
	store_close(c);
	fixture_fini(&f);
}

/* With keys of all lengths, so that freed cells of every size are written over. */
static void
test_profile_secret(void)
{
	const struct value key = VALUE_OF_TEXT("prof");
	struct fixture f;
	struct store *c;
	struct value v;

	fixture_init(&f);
	c = fixture_candidate(&f);
	CU_ASSERT_EQUAL(row_insert(c, &model_ipsec_profile, &key), 0);
	CU_ASSERT_EQUAL(set_text(c, &model_ipsec_profile, &key, "in_ah_authentication_key",
				"plain:" PASSWORD),
		0);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	v = get_value(&f, f.store, &model_ipsec_profile, &key, "in_ah_authentication_key");
	CU_ASSERT_EQUAL(v.kind, VALUE_TEXT);
	CU_ASSERT(v.kind == VALUE_TEXT && seal_is_sealed(v.s));
	CU_ASSERT_FALSE(files_contain(&f, PASSWORD));
	store_close(c);
	fixture_fini(&f);
}

static void
test_secrets_in_pages(void)
{
	struct fixture f;
	struct store *c;
	char text[512];

	fixture_init(&f);
	c = fixture_candidate(&f);
	for (int i = 1; i <= 120; i++) {
		put_policy(c, "P1", i, 0, NULL);
		memset(text, 0, sizeof text);
		strcpy(text, SEAL_PLAIN);
		for (int n = 0; n < i; n += 20)
			strcat(text, PASSWORD);
		put_secret(c, "P1", i, "in_esp_string_key", text);
		put_secret(c, "P1", i, "out_esp_string_key", text);
		if (i % 10 == 0)
			CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
		if (i % 10 == 0)
			CU_ASSERT_FALSE(files_contain(&f, PASSWORD));
		if (i % 10 == 0) {
			store_close(c);
			c = fixture_candidate(&f);
		}
	}
	fixture_reopen(&f);
	CU_ASSERT_FALSE(files_contain(&f, PASSWORD));
	store_close(c);
	fixture_fini(&f);
}

static void
test_secret_catch_up(void)
{
	struct fixture f;
	struct store *c;
	struct store *d;
	void *cs;
	size_t len;
	char *want;
	char *is;

	fixture_init(&f);
	c = fixture_candidate(&f);
	d = fixture_candidate(&f);
	put_policy(c, "P1", 10, 0, NULL);
	put_secret(c, "P1", 10, "in_esp_string_key", "plain:" PASSWORD);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, &cs, &len), 0);
	CU_ASSERT_EQUAL(fixture_catch_up(&f, c, cs, len, 0), 0);
	CU_ASSERT_STRING_EQUAL(stored_key(&f, c), stored_key(&f, f.store));
	free(cs);
	put_secret(c, "P1", 10, "in_esp_string_key", "plain:another"); /* an update this time */
	set_int(c, &model_ipsec_policy, p1, "in_esp_spi", 300);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, &cs, &len), 0);
	CU_ASSERT_EQUAL(fixture_catch_up(&f, c, cs, len, 1), 0);
	free(cs);
	CU_ASSERT_EQUAL(fixture_catch_up(&f, d, NULL, 0, 0), 0);
	want = dump(f.store);
	is = dump(c);
	CU_ASSERT_STRING_EQUAL(is, want);
	free(is);
	is = dump(d);
	CU_ASSERT_STRING_EQUAL(is, want);
	free(is);
	free(want);
	set_int(c, &model_ipsec_policy, p1, "in_esp_spi", 301); /* and it is a base to go on from */
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	store_close(c);
	store_close(d);
	fixture_fini(&f);
}

static void
test_sealed_typed(void)
{
	struct fixture f;
	struct fixture g;
	struct store *c;
	const char *ours;
	const char *theirs;

	fixture_init(&f);
	fixture_init(&g);
	CU_ASSERT_EQUAL(seal_text(f.seal, "plain:a", f.arena, &ours, &f.err), 0);
	CU_ASSERT_EQUAL(seal_text(g.seal, "plain:a", g.arena, &theirs, &g.err), 0);
	c = fixture_candidate(&f);
	put_policy(c, "P1", 10, 0, NULL);
	put_secret(c, "P1", 10, "in_esp_string_key", ours);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	CU_ASSERT_STRING_EQUAL(stored_key(&f, f.store), ours);
	put_secret(c, "P1", 10, "in_esp_string_key", theirs);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), -EKEYREJECTED);
	CU_ASSERT_STRING_EQUAL(stored_key(&f, f.store), ours);
	put_secret(c, "P1", 10, "in_esp_string_key", "neither");
	changes_record(c);
	put_secret(c, "P1", 10, "out_esp_string_key", "neither");
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), -EINVAL);
	CU_ASSERT_EQUAL(store_revision(f.store), 1);
	store_close(c);
	fixture_fini(&f);
	fixture_fini(&g);
}

/* A lost key file must not keep an operator from changing what has nothing to do with it. */
static void
test_key_replaced(void)
{
	struct fixture f;
	struct fixture g;
	struct store *c;
	struct seal *own;

	fixture_init(&f);
	fixture_init(&g);
	c = fixture_candidate(&f);
	put_policy(c, "P1", 10, 0, NULL);
	put_secret(c, "P1", 10, "in_esp_string_key", "plain:a");
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	store_close(c);
	own = f.seal;
	f.seal = g.seal;
	c = fixture_candidate(&f);
	set_int(c, &model_ipsec_policy, p1, "in_esp_spi", 300);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	put_secret(c, "P1", 10, "in_esp_string_key", NULL);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	CU_ASSERT_STRING_EQUAL(stored_key(&f, f.store), "");
	f.seal = NULL; /* no key file at all */
	set_int(c, &model_ipsec_policy, p1, "in_esp_spi", 301);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	put_secret(c, "P1", 10, "in_esp_string_key", "plain:b");
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), -EKEYREJECTED);
	f.seal = own;
	store_close(c);
	fixture_fini(&f);
	fixture_fini(&g);
}

/* Another process holds the store for longer than we wait. */
static void
test_busy(void)
{
	struct fixture f;
	struct store *c;
	struct store *other;

	fixture_init(&f);
	c = fixture_candidate(&f);
	put_acl(c, 3000);
	CU_ASSERT_EQUAL_FATAL(store_open(f.dir, &other, &f.err), 0);
	CU_ASSERT_EQUAL(sql_run(other, "BEGIN IMMEDIATE"), 0);
	CU_ASSERT_EQUAL(sql_run(f.store, "PRAGMA busy_timeout = 0"), 0);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), -EBUSY);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.err.text, "another process"));
	store_close(other);
	put_acl(c, 3001);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	store_close(c);
	fixture_fini(&f);
}

CU_TestInfo commit_tests[] = {
	{ "a commit is logged with who, where and what", test_log },
	{ "the history is bounded, a few commits at a time", test_pruned },
	{ "and so is its size", test_pruned_by_size },
	{ "a commit that changes nothing makes no revision", test_no_change },
	{ "a changeset of another schema is refused", test_other_schema },
	{ "what is no changeset is refused", test_garbage },
	{ "the check sees the result, sealed, and can refuse it", test_check },
	{ "a secret is sealed and never reaches the disk plain", test_secret },
	{ "the keys of a profile are sealed, too", test_profile_secret },
	{ "secrets of all lengths leave no trace in any page", test_secrets_in_pages },
	{ "a shell catches up with what its secrets became", test_secret_catch_up },
	{ "a sealed secret is accepted under its own key only", test_sealed_typed },
	{ "a replaced key file hinders no other change", test_key_replaced },
	{ "a store held by another process says so", test_busy },
	CU_TEST_INFO_NULL,
};
