/* Twin of schema/changes.c and refer.c. */
#include "config.h"

#include "tests/unit/schema/fixture.h"
#include "tests/unit/schema/suites.h"

#include "lib/arena.h"
#include "schema/refer.h"
#include "schema/row.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INT(n) VALUE_OF_INT(n)
#define TEXT(s) VALUE_OF_TEXT(s)

static struct store *
memory(void)
{
	struct store *s = NULL;

	CU_ASSERT_EQUAL_FATAL(store_new_memory(&s, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(changes_record(s), 0);
	return s;
}

static void
test_record(void)
{
	struct store *s = memory();
	struct arena *a = arena_new();
	struct change *list;
	void *cs;
	size_t len;
	size_t n;

	CU_ASSERT_FALSE(changes_pending(s));
	CU_ASSERT_EQUAL(changes_take(s, &cs, &len), 0);
	CU_ASSERT_PTR_NULL(cs);
	CU_ASSERT_EQUAL(len, 0);
	put_acl(s, 3000);
	put_rule(s, 3000, 5, NULL);
	set_int(s, &model_acl, &INT(3000), "step", 10);
	set_text(s, &model_system, &INT(1), "sysname", "R1");
	CU_ASSERT(changes_pending(s));
	CU_ASSERT_EQUAL(changes_take(s, &cs, &len), 0);
	CU_ASSERT_FALSE(changes_pending(s));
	CU_ASSERT_EQUAL(changes_list(cs, len, a, &list, &n), 0);
	CU_ASSERT_EQUAL_FATAL(n, 3);
	for (size_t i = 0; i < n; i++) {
		if (list[i].table == &model_system) {
			CU_ASSERT_EQUAL(list[i].op, CHANGE_UPDATE);
			CU_ASSERT_EQUAL(list[i].columns, 2);
			CU_ASSERT_EQUAL(list[i].key[0].i, 1);
		} else if (list[i].table == &model_acl_rule) {
			CU_ASSERT_EQUAL(list[i].op, CHANGE_INSERT);
			CU_ASSERT_EQUAL(list[i].columns, (1 << model_acl_rule.n_columns) - 1);
			CU_ASSERT_EQUAL(list[i].key[1].i, 5);
		} else {
			CU_ASSERT_PTR_EQUAL(list[i].table, &model_acl);
		}
	}
	free(cs);
	arena_free(a);
	store_close(s);
}

static void
test_nothing(void)
{
	struct store *s = memory();
	void *cs;
	size_t len;

	put_acl(s, 3000);
	row_delete(s, &model_acl, &INT(3000));
	CU_ASSERT_EQUAL(changes_take(s, &cs, &len), 0);
	CU_ASSERT_EQUAL(len, 0);
	CU_ASSERT_EQUAL(changes_apply(s, NULL, 0, NULL), 0);
	CU_ASSERT_EQUAL(changes_invert(NULL, 0, &cs, &len), 0);
	CU_ASSERT_PTR_NULL(cs);
	store_close(s);
}

static void
test_not_recording(void)
{
	struct store *s;
	void *cs;
	size_t len;

	CU_ASSERT_EQUAL_FATAL(store_new_memory(&s, NULL), 0);
	CU_ASSERT_FALSE(changes_pending(s));
	CU_ASSERT_EQUAL(changes_take(s, &cs, &len), -EINVAL);
	store_close(s);
}

/* Each conflict: what one does, what the other does meanwhile, and what the other is told. */
static void
one_acl(struct store *s)
{
	put_acl(s, 3000);
}
static void
no_acl(struct store *s)
{
	row_delete(s, &model_acl, &INT(3000));
}
static void
step_10(struct store *s)
{
	set_int(s, &model_acl, &INT(3000), "step", 10);
}
static void
step_15(struct store *s)
{
	set_int(s, &model_acl, &INT(3000), "step", 15);
}
static void
describe(struct store *s)
{
	set_text(s, &model_acl, &INT(3000), "description", "lab");
}
static void
step_and_text(struct store *s)
{
	step_15(s);
	describe(s);
}
static void
step_and_other_text(struct store *s)
{
	step_10(s);
	set_text(s, &model_acl, &INT(3000), "description", "office");
}
static void
acl_with_step(struct store *s)
{
	one_acl(s);
	step_10(s);
}
static void
nothing(struct store *s)
{
}

static void
test_conflicts(void)
{
	static const struct {
		void (*before)(struct store *s);
		void (*theirs)(struct store *s);
		void (*ours)(struct store *s);
		const char *told; /* NULL: both succeed */
	} rows[] = {
		{ one_acl, step_10, step_15, "Another operator changed ACL 3000 (step)." },
		{ one_acl, step_and_other_text, step_and_text,
			"Another operator changed ACL 3000 (description, step)." },
		{ one_acl, step_10, step_10, NULL },
		{ one_acl, step_10, describe, NULL },
		{ one_acl, no_acl, step_10, "Another operator deleted ACL 3000." },
		{ one_acl, no_acl, no_acl, NULL },
		{ one_acl, step_10, no_acl, "Another operator changed ACL 3000 (step)." },
		{ nothing, one_acl, one_acl, NULL },
		{ nothing, acl_with_step, one_acl, "Another operator made ACL 3000." },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fixture f;
		struct store *c;
		struct store *d;

		fixture_init(&f);
		c = fixture_candidate(&f);
		rows[i].before(c);
		CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
		d = fixture_candidate(&f);
		rows[i].theirs(d);
		rows[i].ours(c);
		CU_ASSERT_EQUAL(fixture_commit(&f, d, NULL, NULL), 0);
		CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), rows[i].told ? -EBUSY : 0);
		CU_ASSERT_STRING_EQUAL(f.err.text, rows[i].told ? rows[i].told : "");
		store_close(c);
		store_close(d);
		fixture_fini(&f);
	}
}

static void
test_many_conflicts(void)
{
	struct fixture f;
	struct store *c;
	struct store *d;
	char *was;
	char *is;

	fixture_init(&f);
	c = fixture_candidate(&f);
	for (int i = 0; i < 10; i++)
		put_acl(c, 3000 + i);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	d = fixture_candidate(&f);
	for (int i = 0; i < 10; i++) {
		set_int(c, &model_acl, &INT(3000 + i), "step", 6);
		set_int(d, &model_acl, &INT(3000 + i), "step", 7);
	}
	CU_ASSERT_EQUAL(fixture_commit(&f, d, NULL, NULL), 0);
	was = dump(f.store);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), -EBUSY);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.err.text, " and 7 more."));
	is = dump(f.store);
	CU_ASSERT_STRING_EQUAL(is, was);
	CU_ASSERT_EQUAL(store_revision(f.store), 2);
	free(was);
	free(is);
	store_close(c);
	store_close(d);
	fixture_fini(&f);
}

static void
test_long_names(void)
{
	struct fixture f;
	struct store *c;
	struct store *d;
	char name[2][300];

	fixture_init(&f);
	c = fixture_candidate(&f);
	for (int i = 0; i < 2; i++) {
		memset(name[i], 'a' + i, sizeof name[i] - 1);
		name[i][sizeof name[i] - 1] = '\0';
		row_insert(c, &model_ipsec_proposal, &TEXT(name[i]));
	}
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	d = fixture_candidate(&f);
	for (int i = 0; i < 2; i++) {
		set_text(c, &model_ipsec_proposal, &TEXT(name[i]), "transform", "ah");
		set_text(d, &model_ipsec_proposal, &TEXT(name[i]), "transform", "ah-esp");
	}
	CU_ASSERT_EQUAL(fixture_commit(&f, d, NULL, NULL), 0);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), -EBUSY);
	CU_ASSERT(strlen(f.err.text) < sizeof f.err.text);
	store_close(c);
	store_close(d);
	fixture_fini(&f);
}

static void
test_dangling(void)
{
	struct fixture f;
	struct store *c;

	fixture_init(&f);
	c = fixture_candidate(&f);
	put_acl(c, 3001);
	row_insert(c, &model_ipsec_proposal, &TEXT("prop"));
	put_policy(c, "P1", 10, 3001, "prop");
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);

	row_delete(c, &model_acl, &INT(3001));
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), -EINVAL);
	CU_ASSERT_STRING_EQUAL(f.err.text, "The ACL 3001 is referenced by IPSec policy P1 10.");
	CU_ASSERT_STRING_EQUAL(f.err.object, "ACL 3001");
	store_close(c);

	c = fixture_candidate(&f);
	row_delete(c, &model_ipsec_proposal, &TEXT("prop"));
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), -EINVAL);
	CU_ASSERT_STRING_EQUAL(
		f.err.text, "The IPSec proposal prop is referenced by IPSec policy P1 10.");
	store_close(c);

	c = fixture_candidate(&f);
	put_policy(c, "P1", 20, 3999, NULL);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), -EINVAL);
	CU_ASSERT_STRING_EQUAL(
		f.err.text, "The ACL 3999 does not exist; IPSec policy P1 20 refers to it.");
	store_close(c);

	c = fixture_candidate(&f); /* both at once, in the awkward order */
	row_delete(c, &model_acl, &INT(3001));
	row_delete(c, &model_ipsec_policy, (const struct value[]){ TEXT("P1"), INT(10) });
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	CU_ASSERT_EQUAL(store_revision(f.store), 2);
	store_close(c);
	fixture_fini(&f);
}

static void
test_invalid_value(void)
{
	struct fixture f;
	struct store *c;

	fixture_init(&f);
	c = fixture_candidate(&f);
	CU_ASSERT_EQUAL(sql_run(c,
				"PRAGMA ignore_check_constraints = ON; INSERT INTO acl "
				"(number) VALUES (3000); INSERT INTO acl_rule (acl, id, action) "
				"VALUES (3000, 5, 'perhaps')"),
		0);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.err.text, "rule 3000 5"));
	CU_ASSERT_EQUAL(row_count(f.store, &model_acl, NULL, 0), 0);
	store_close(c);
	fixture_fini(&f);
}

static void
test_control_characters(void)
{
	static const char *const texts[] = { "two\nlines", "\x1b[2J", "tab\there", "\x7f" };

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct fixture f;
		struct store *c;

		fixture_init(&f);
		c = fixture_candidate(&f);
		set_text(c, &model_system, &INT(1), "sysname", texts[i]);
		CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), -EBADMSG);
		set_text(c, &model_system, &INT(1), "sysname", "甬道");
		changes_record(c);
		store_close(c);
		fixture_fini(&f);
	}
}

/* A changeset over tables that are none of the model's, or with other columns. */
static void
test_foreign_tables(void)
{
	static const char *const sql[] = {
		"CREATE TABLE meta (id INTEGER NOT NULL PRIMARY KEY, revision INTEGER); "
		"INSERT INTO meta VALUES (1, 99)",
		"CREATE TABLE other (id INTEGER NOT NULL PRIMARY KEY); INSERT INTO other VALUES "
		"(1)",
		"ALTER TABLE acl ADD COLUMN x INTEGER; INSERT INTO acl (number, x) VALUES (3000, "
		"1)",
		"DROP TABLE acl; CREATE TABLE acl (number INTEGER, description TEXT NOT NULL "
		"PRIMARY "
		"KEY, step INTEGER); INSERT INTO acl VALUES (3000, 'x', 5)",
		"DROP TABLE acl; CREATE TABLE acl (number INTEGER NOT NULL PRIMARY KEY, "
		"description, "
		"step); INSERT INTO acl VALUES (3000, x'00', 5)",
		"DROP TABLE acl; CREATE TABLE acl (number INTEGER NOT NULL PRIMARY KEY, "
		"description, "
		"step); INSERT INTO acl VALUES (3000, NULL, 0.5)",
	};

	for (size_t i = 0; i < sizeof sql / sizeof sql[0]; i++) {
		struct fixture f;
		struct store *c;
		struct store *d;
		void *cs;
		size_t len;

		fixture_init(&f);
		c = fixture_candidate(&f);
		CU_ASSERT_EQUAL_FATAL(sql_run(c, sql[i]), 0);
		d = fixture_candidate(&f);
		CU_ASSERT_EQUAL(changes_take(c, &cs, &len), 0);
		CU_ASSERT_EQUAL(len == 0, i == 0); /* meta is never recorded */
		if (len) {
			CU_ASSERT_EQUAL(changes_apply(d, cs, len, &f.err), -EBADMSG);
		}
		free(cs);
		store_close(c);
		store_close(d);
		fixture_fini(&f);
	}
}

static void
test_names(void)
{
	static const struct {
		const struct table *table;
		struct value key[4];
		const char *name;
	} rows[] = {
		{ &model_system, { { VALUE_INT, .i = 1 } }, "system" },
		{ &model_acl, { { VALUE_INT, .i = 3001 } }, "ACL 3001" },
		{ &model_ipsec_policy, { { VALUE_TEXT, .s = "P1" }, { VALUE_INT, .i = 10 } },
			"IPSec policy P1 10" },
		{ &model_route_static,
			{ { VALUE_TEXT, .s = "0.0.0.0" }, { VALUE_INT, .i = 0 },
				{ VALUE_TEXT, .s = "192.0.2.1" }, { VALUE_TEXT, .s = "" } },
			"static route 0.0.0.0 0 192.0.2.1" },
	};
	char name[96];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		refer_name(rows[i].table, rows[i].key, name, sizeof name);
		CU_ASSERT_STRING_EQUAL(name, rows[i].name);
		for (size_t cap = 1; cap < sizeof name; cap++) {
			refer_name(rows[i].table, rows[i].key, name, cap);
			CU_ASSERT(strlen(name) < cap);
			CU_ASSERT(!strncmp(name, rows[i].name, strlen(name)));
		}
	}
}

/* --- properties over random edits --------------------------------------------------- */

struct dice {
	uint32_t state;
};

static uint32_t
roll(struct dice *d, uint32_t n)
{
	d->state = d->state * 1664525u + 1013904223u;
	return (d->state >> 8) % n;
}

/* One random edit among the ACLs 3000 + lo … 3000 + lo + n - 1; what fails does not matter. */
static void
edit(struct store *s, struct dice *d, int lo, uint32_t n)
{
	int acl = 3000 + lo + (int)roll(d, n);
	const struct value rule[] = { INT(acl), INT(roll(d, 4)) };
	char text[16];

	snprintf(text, sizeof text, "t%u", roll(d, 3));
	switch (roll(d, 7)) {
	case 0: put_acl(s, acl); break;
	case 1: set_int(s, &model_acl, &INT(acl), "step", 1 + roll(d, 3)); break;
	case 2: set_text(s, &model_acl, &INT(acl), "description", text); break;
	case 3:
		if (row_count(s, &model_acl_rule, rule, 1) == 0)
			row_delete(s, &model_acl, &INT(acl));
		break;
	case 4:
		if (row_count(s, &model_acl, rule, 1) == 1)
			put_rule(s, acl, rule[1].i, "10.0.0.0");
		break;
	case 5: set_text(s, &model_acl_rule, rule, "action", roll(d, 2) ? "permit" : "deny"); break;
	case 6: row_delete(s, &model_acl_rule, rule); break;
	}
}

static void
test_disjoint(void)
{
	struct dice d = { 1 };
	struct fixture f;

	fixture_init(&f);
	for (int round = 0; round < 60; round++) {
		struct store *a = fixture_candidate(&f);
		struct store *b = fixture_candidate(&f);
		struct store *both = fixture_candidate(&f);
		struct dice again;
		char *want;
		char *is;

		again = d;
		for (int i = 0; i < 12; i++) {
			edit(a, &d, 0, 4);
			edit(b, &d, 4, 4);
		}
		for (int i = 0; i < 12; i++) {
			edit(both, &again, 0, 4);
			edit(both, &again, 4, 4);
		}
		CU_ASSERT_EQUAL(fixture_commit(&f, a, NULL, NULL), 0);
		CU_ASSERT_EQUAL(fixture_commit(&f, b, NULL, NULL), 0);
		want = dump(both);
		is = dump(f.store);
		CU_ASSERT_STRING_EQUAL(is, want);
		free(want);
		free(is);
		store_close(a);
		store_close(b);
		store_close(both);
	}
	fixture_fini(&f);
}

/* Whatever the two do to the same rows: either the second is refused by name and changes nothing, or
 * the result has all that both wanted. */
static void
test_overlapping(void)
{
	struct dice d = { 2 };
	struct fixture f;
	unsigned int n_refused = 0;
	unsigned int n_merged = 0;

	fixture_init(&f);
	for (int round = 0; round < 200; round++) {
		struct store *a = fixture_candidate(&f);
		struct store *b = fixture_candidate(&f);
		char *before;
		char *after;
		int r;

		for (int i = 0; i < 6; i++) {
			edit(a, &d, 0, 3);
			edit(b, &d, 0, 3);
		}
		CU_ASSERT_EQUAL(fixture_commit(&f, a, NULL, NULL), 0);
		before = dump(f.store);
		r = fixture_commit(&f, b, NULL, NULL);
		after = dump(f.store);
		if (r == -EBUSY) {
			n_refused++;
			CU_ASSERT_PTR_NOT_NULL(strstr(f.err.text, "Another operator "));
			CU_ASSERT(strstr(f.err.text, "ACL 300") || strstr(f.err.text, "rule 300"));
			CU_ASSERT_STRING_EQUAL(after, before);
		} else if (r == -EINVAL) { /* one deleted an ACL, the other gave it a rule */
			n_refused++;
			CU_ASSERT(strstr(f.err.text, "referenced by") ||
				strstr(f.err.text, "does not exist"));
			CU_ASSERT_STRING_EQUAL(after, before);
		} else {
			n_merged++;
			CU_ASSERT_EQUAL(r, 0);
		}
		CU_ASSERT_EQUAL(
			sql_int(f.store, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
		free(before);
		free(after);
		store_close(a);
		store_close(b);
	}
	CU_ASSERT(n_refused > 20);
	CU_ASSERT(n_merged > 20);
	fixture_fini(&f);
}

static void
test_invert(void)
{
	struct dice d = { 3 };
	struct store *s = memory();

	for (int round = 0; round < 200; round++) {
		char *before = dump(s);
		char *after;
		char *is;
		void *cs;
		void *inverse;
		size_t len;
		size_t inverse_len;

		changes_record(s);
		for (int i = 0; i < 10; i++)
			edit(s, &d, 0, 5);
		after = dump(s);
		CU_ASSERT_EQUAL(changes_take(s, &cs, &len), 0);
		CU_ASSERT_EQUAL(changes_invert(cs, len, &inverse, &inverse_len), 0);
		CU_ASSERT_EQUAL(changes_apply(s, inverse, inverse_len, NULL), 0);
		is = dump(s);
		CU_ASSERT_STRING_EQUAL(is, before);
		free(is);
		CU_ASSERT_EQUAL(changes_apply(s, cs, len, NULL), 0);
		is = dump(s);
		CU_ASSERT_STRING_EQUAL(is, after);
		free(is);
		free(before);
		free(after);
		free(cs);
		free(inverse);
	}
	store_close(s);
}

/* Two shells that commit in turn and catch up by changesets stay equal to the store. */
static void
test_since(void)
{
	struct dice d = { 4 };
	struct fixture f;
	struct store *c[2];
	uint64_t at[2] = { 0, 0 };

	fixture_init(&f);
	c[0] = fixture_candidate(&f);
	c[1] = fixture_candidate(&f);
	for (int round = 0; round < 60; round++) {
		unsigned int who = roll(&d, 2);
		void *cs;
		size_t len;
		char *want;
		char *is;

		CU_ASSERT_EQUAL(fixture_catch_up(&f, c[who], NULL, 0, at[who]), 0);
		at[who] = store_revision(f.store);
		for (int i = 0; i < 5; i++)
			edit(c[who], &d, 0, 4);
		CU_ASSERT_EQUAL(fixture_commit(&f, c[who], &cs, &len), 0);
		CU_ASSERT_EQUAL(fixture_catch_up(&f, c[who], cs, len, at[who]), 0);
		at[who] = store_revision(f.store);
		want = dump(f.store);
		is = dump(c[who]);
		CU_ASSERT_STRING_EQUAL(is, want);
		free(want);
		free(is);
		free(cs);
	}
	store_close(c[0]);
	store_close(c[1]);
	fixture_fini(&f);
}

static void
test_since_bounds(void)
{
	struct fixture f;
	struct store *c;
	void *cs;
	size_t len;

	fixture_init(&f);
	c = fixture_candidate(&f);
	for (int i = 0; i < 3; i++) {
		put_acl(c, 3000 + i);
		CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	}
	CU_ASSERT_EQUAL(store_changes_since(f.store, 3, &cs, &len), 0);
	CU_ASSERT_PTR_NULL(cs);
	CU_ASSERT_EQUAL(store_changes_since(f.store, 4, &cs, &len), -ESTALE);
	CU_ASSERT_EQUAL(store_changes_since(c, 0, &cs, &len), -ESTALE);
	CU_ASSERT_EQUAL(store_changes_since(f.store, 0, &cs, &len), 0);
	CU_ASSERT(len > 0);
	free(cs);
	sql_run(f.store, "DELETE FROM commit_log WHERE revision = 1");
	CU_ASSERT_EQUAL(store_changes_since(f.store, 0, &cs, &len), -ESTALE);
	CU_ASSERT_EQUAL(store_changes_since(f.store, 1, &cs, &len), 0);
	free(cs);
	sql_run(f.store, "UPDATE commit_log SET schema = 0 WHERE revision = 2");
	CU_ASSERT_EQUAL(store_changes_since(f.store, 1, &cs, &len), -ESTALE);
	CU_ASSERT_EQUAL(store_changes_since(f.store, 2, &cs, &len), 0);
	free(cs);
	store_close(c);
	fixture_fini(&f);
}

CU_TestInfo changes_tests[] = {
	{ "what is typed is recorded as rows and columns", test_record },
	{ "what was taken back is no change", test_nothing },
	{ "nothing is taken that was not recorded", test_not_recording },
	{ "two operators are told of each other only when they differ", test_conflicts },
	{ "of many conflicts some are named and the rest counted", test_many_conflicts },
	{ "long names are cut in errors", test_long_names },
	{ "a dangling reference names who refers", test_dangling },
	{ "a value the tables do not allow is refused", test_invalid_value },
	{ "control characters are refused in texts", test_control_characters },
	{ "a changeset over other tables is refused", test_foreign_tables },
	{ "rows have the names that operators use", test_names },
	{ "commits that do not overlap both succeed", test_disjoint },
	{ "commits that overlap are refused by name or merge", test_overlapping },
	{ "the inverse of a changeset takes it back", test_invert },
	{ "candidates that catch up equal the store", test_since },
	{ "history that does not reach back says so", test_since_bounds },
	CU_TEST_INFO_NULL,
};
