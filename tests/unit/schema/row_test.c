/* Twin of schema/row.c. */
#include "config.h"

#include "tests/unit/schema/fixture.h"
#include "tests/unit/schema/suites.h"

#include "lib/arena.h"
#include "schema/row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INT(n) VALUE_OF_INT(n)
#define TEXT(s) VALUE_OF_TEXT(s)

static struct store *
memory(void)
{
	struct store *s = NULL;

	CU_ASSERT_EQUAL_FATAL(store_new_memory(&s, NULL), 0);
	return s;
}

static void
test_insert(void)
{
	struct store *s = memory();
	struct arena *a = arena_new();
	struct row row;

	CU_ASSERT_EQUAL(row_insert(s, &model_acl, &INT(3000)), 0);
	CU_ASSERT_EQUAL(row_insert(s, &model_acl, &INT(3000)), -EEXIST);
	CU_ASSERT_EQUAL(row_get(s, &model_acl, &INT(3000), a, &row), 0);
	CU_ASSERT_PTR_EQUAL(row.table, &model_acl);
	CU_ASSERT_EQUAL(row.v[0].i, 3000);
	CU_ASSERT_EQUAL(row.v[1].kind, VALUE_NULL);
	CU_ASSERT_EQUAL(row.v[2].i, 5);
	CU_ASSERT_EQUAL(row_get(s, &model_acl, &INT(3001), a, &row), -ENOENT);
	arena_free(a);
	store_close(s);
}

static void
test_put(void)
{
	struct store *s = memory();
	struct arena *a = arena_new();
	const struct value key[] = { INT(3000), INT(5) };
	struct value v[32] = { key[0], key[1] };
	struct row row;

	CU_ASSERT_EQUAL(row_put(s, &model_acl_rule, v), -EINVAL); /* no action */
	CU_ASSERT_EQUAL(row_insert(s, &model_acl_rule, key), -EINVAL);
	v[2] = TEXT("perhaps");
	CU_ASSERT_EQUAL(row_put(s, &model_acl_rule, v), -EINVAL); /* no such action */
	v[2] = TEXT("deny");
	CU_ASSERT_EQUAL(row_put(s, &model_acl_rule, v), 0);
	CU_ASSERT_EQUAL(row_put(s, &model_acl_rule, v), -EEXIST);
	CU_ASSERT_EQUAL(row_get(s, &model_acl_rule, key, a, &row), 0);
	CU_ASSERT_STRING_EQUAL(row.v[2].s, "deny");
	CU_ASSERT_EQUAL(row.v[3].kind, VALUE_INT);
	CU_ASSERT_EQUAL(row.v[3].i, 0); /* protocol: its default */
	CU_ASSERT_EQUAL(row.v[4].kind, VALUE_NULL);
	v[1] = (struct value){ .kind = VALUE_NULL };
	CU_ASSERT_EQUAL(row_put(s, &model_acl_rule, v), -EINVAL); /* no key */
	arena_free(a);
	store_close(s);
}

static void
test_set(void)
{
	struct store *s = memory();
	struct arena *a = arena_new();
	const struct value null = { .kind = VALUE_NULL };
	struct row row;

	put_acl(s, 3000);
	CU_ASSERT_EQUAL(row_set(s, &model_acl, &INT(3000), 2, &INT(10)), 0);
	CU_ASSERT_EQUAL(row_set(s, &model_acl, &INT(3000), 1, &TEXT("it's \"quoted\"; --")), 0);
	CU_ASSERT_EQUAL(row_get(s, &model_acl, &INT(3000), a, &row), 0);
	CU_ASSERT_EQUAL(row.v[2].i, 10);
	CU_ASSERT_STRING_EQUAL(row.v[1].s, "it's \"quoted\"; --");
	CU_ASSERT_EQUAL(row_set(s, &model_acl, &INT(3000), 2, &null), 0); /* its default */
	CU_ASSERT_EQUAL(row_set(s, &model_acl, &INT(3000), 1, &null), 0); /* nothing */
	CU_ASSERT_EQUAL(row_get(s, &model_acl, &INT(3000), a, &row), 0);
	CU_ASSERT_EQUAL(row.v[2].i, 5);
	CU_ASSERT_EQUAL(row.v[1].kind, VALUE_NULL);
	CU_ASSERT_EQUAL(row_set(s, &model_acl, &INT(3001), 2, &INT(10)), -ENOENT);
	CU_ASSERT_EQUAL(row_set(s, &model_acl, &INT(3000), 2, &TEXT("ten")), -EINVAL);
	CU_ASSERT_EQUAL(row_set(s, &model_acl, &INT(3000), 3, &INT(1)), -EINVAL);
	CU_ASSERT_EQUAL(row_set(s, &model_acl, &INT(3000), UINT32_MAX, &INT(1)), -EINVAL);
	arena_free(a);
	store_close(s);
}

static void
test_extremes(void)
{
	static const int64_t numbers[] = { INT64_MIN, -1, 0, 1, 4294967295, INT64_MAX };
	struct store *s = memory();
	struct arena *a = arena_new();
	char *text = malloc(1 << 20);
	struct row row;

	put_acl(s, 3000);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		CU_ASSERT_EQUAL(row_set(s, &model_acl, &INT(3000), 2, &INT(numbers[i])), 0);
		CU_ASSERT_EQUAL(row_get(s, &model_acl, &INT(3000), a, &row), 0);
		CU_ASSERT_EQUAL(row.v[2].i, numbers[i]);
	}
	memset(text, 'x', 1 << 20);
	text[(1 << 20) - 1] = '\0';
	CU_ASSERT_EQUAL(row_set(s, &model_acl, &INT(3000), 1, &TEXT(text)), 0);
	CU_ASSERT_EQUAL(row_get(s, &model_acl, &INT(3000), a, &row), 0);
	CU_ASSERT_STRING_EQUAL(row.v[1].s, text);
	CU_ASSERT_EQUAL(row_set(s, &model_acl, &INT(3000), 1, &TEXT("")), 0);
	CU_ASSERT_EQUAL(row_get(s, &model_acl, &INT(3000), a, &row), 0);
	CU_ASSERT_EQUAL(row.v[1].kind, VALUE_TEXT);
	CU_ASSERT_STRING_EQUAL(row.v[1].s, "");
	free(text);
	arena_free(a);
	store_close(s);
}

static void
test_delete(void)
{
	struct store *s = memory();

	put_acl(s, 3000);
	CU_ASSERT_EQUAL(row_delete(s, &model_acl, &INT(3000)), 0);
	CU_ASSERT_EQUAL(row_delete(s, &model_acl, &INT(3000)), -ENOENT);
	store_close(s);
}

static void
test_default(void)
{
	struct store *s = memory();
	struct arena *a = arena_new();
	struct value v;

	CU_ASSERT_EQUAL(row_default(s, &model_acl, 2, a, &v), 0);
	CU_ASSERT_EQUAL(v.i, 5);
	CU_ASSERT_EQUAL(row_default(s, &model_acl, 1, a, &v), 0);
	CU_ASSERT_EQUAL(v.kind, VALUE_NULL);
	CU_ASSERT_EQUAL(row_default(s, &model_system, 1, a, &v), 0);
	CU_ASSERT_STRING_EQUAL(v.s, "Huawei");
	CU_ASSERT_EQUAL(row_default(s, &model_acl_rule, 2, a, &v), 0);
	CU_ASSERT_EQUAL(v.kind, VALUE_NULL); /* NOT NULL, but nothing to fall back on */
	CU_ASSERT_EQUAL(row_default(s, &model_acl, 3, a, &v), -EINVAL);
	arena_free(a);
	store_close(s);
}

/* Collects what was visited as "acl/id acl/id …"; stops at a rule with the id `stop`. */
struct visited {
	char text[256];
	int64_t stop;
	struct store *store;
	struct arena *arena;
	int depth;
};

static int
visit(void *arg, const struct row *r)
{
	struct visited *v = arg;
	char *end = strchr(v->text, '\0');

	snprintf(end, sizeof v->text - (size_t)(end - v->text), "%s%lld/%lld",
		end > v->text ? " " : "", (long long)r->v[0].i, (long long)r->v[1].i);
	return r->v[1].i == v->stop ? 7 : 0;
}

static void
fill(struct store *s)
{
	put_rule(s, 3001, 10, NULL);
	put_rule(s, 3000, 15, "10.0.0.0");
	put_rule(s, 3000, 5, NULL);
	put_rule(s, 3000, 10, "10.0.0.0");
}

static void
test_each(void)
{
	const struct value key[] = { INT(3000), INT(10) };
	static const struct {
		unsigned int n_prefix;
		int64_t stop;
		int result;
		const char *visited;
	} rows[] = {
		{ 0, -1, 0, "3000/5 3000/10 3000/15 3001/10" },
		{ 1, -1, 0, "3000/5 3000/10 3000/15" },
		{ 2, -1, 0, "3000/10" },
		{ 1, 10, 7, "3000/5 3000/10" },
		{ 3, -1, -EINVAL, "" },
	};
	struct store *s = memory();
	struct arena *a = arena_new();

	fill(s);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct visited v = { .stop = rows[i].stop };

		CU_ASSERT_EQUAL(row_each(s, &model_acl_rule, key, rows[i].n_prefix, a, visit, &v),
			rows[i].result);
		CU_ASSERT_STRING_EQUAL(v.text, rows[i].visited);
	}
	arena_free(a);
	store_close(s);
}

static void
test_each_where(void)
{
	struct store *s = memory();
	struct arena *a = arena_new();
	unsigned int source = (unsigned int)model_column(&model_acl_rule, "source");
	const struct value null = { .kind = VALUE_NULL };
	struct visited v = { .stop = -1 };
	struct visited w = { .stop = -1 };

	fill(s);
	CU_ASSERT_EQUAL(
		row_each_where(s, &model_acl_rule, source, &TEXT("10.0.0.0"), a, visit, &v), 0);
	CU_ASSERT_STRING_EQUAL(v.text, "3000/10 3000/15");
	CU_ASSERT_EQUAL(row_each_where(s, &model_acl_rule, source, &null, a, visit, &w), 0);
	CU_ASSERT_STRING_EQUAL(w.text, "3000/5 3001/10");
	CU_ASSERT_EQUAL(row_each_where(s, &model_acl_rule, 99, &null, a, visit, &w), -EINVAL);
	arena_free(a);
	store_close(s);
}

static int
visit_nested(void *arg, const struct row *r)
{
	struct visited *v = arg;
	int err = 0;

	visit(v, r);
	if (v->depth++ == 0)
		err = row_each(v->store, r->table, NULL, 0, v->arena, visit_nested, v);
	return err;
}

static void
test_nested(void)
{
	struct store *s = memory();
	struct visited v = { .stop = -1, .store = s, .arena = arena_new() };

	put_rule(s, 3000, 5, NULL);
	put_rule(s, 3000, 6, NULL);
	CU_ASSERT_EQUAL(row_each(s, &model_acl_rule, NULL, 0, v.arena, visit_nested, &v), 0);
	CU_ASSERT_STRING_EQUAL(v.text, "3000/5 3000/5 3000/6 3000/6");
	arena_free(v.arena);
	store_close(s);
}

static int
delete_visited(void *arg, const struct row *r)
{
	return row_delete(arg, r->table, r->v);
}

static void
test_delete_while_visiting(void)
{
	struct store *s = memory();
	struct arena *a = arena_new();

	for (int i = 0; i < 1000; i++)
		put_rule(s, 3000, i, NULL);
	put_rule(s, 3001, 1, NULL);
	CU_ASSERT_EQUAL(row_each(s, &model_acl_rule, &INT(3000), 1, a, delete_visited, s), 0);
	CU_ASSERT_EQUAL(row_count(s, &model_acl_rule, NULL, 0), 1);
	arena_free(a);
	store_close(s);
}

static void
test_count_and_max(void)
{
	struct store *s = memory();
	const struct value key[] = { INT(3000), INT(10) };

	CU_ASSERT_EQUAL(row_count(s, &model_acl_rule, NULL, 0), 0);
	CU_ASSERT_EQUAL(row_max_key(s, &model_acl_rule, key, 1), -1);
	fill(s);
	CU_ASSERT_EQUAL(row_count(s, &model_acl_rule, NULL, 0), 4);
	CU_ASSERT_EQUAL(row_count(s, &model_acl_rule, key, 1), 3);
	CU_ASSERT_EQUAL(row_count(s, &model_acl_rule, key, 2), 1);
	CU_ASSERT_EQUAL(row_count(s, &model_acl_rule, key, 3), -EINVAL);
	CU_ASSERT_EQUAL(row_max_key(s, &model_acl_rule, key, 0), 3001);
	CU_ASSERT_EQUAL(row_max_key(s, &model_acl_rule, key, 1), 15);
	CU_ASSERT_EQUAL(row_max_key(s, &model_acl_rule, key, 2), -EINVAL);
	put_rule(s, 3000, 4294967294, NULL);
	CU_ASSERT_EQUAL(row_max_key(s, &model_acl_rule, key, 1), 4294967294);
	store_close(s);
}

static void
test_unknown_table(void)
{
	static const struct column columns[] = { { .name = "x" } };
	static const struct table t = {
		.name = "nothing", .label = "?", .columns = columns, .n_columns = 1, .n_key = 1
	};
	struct store *s = memory();
	struct arena *a = arena_new();
	struct row row;

	CU_ASSERT_EQUAL(row_get(s, &t, &INT(1), a, &row), -EPROTO);
	CU_ASSERT_EQUAL(row_insert(s, &t, &INT(1)), -EPROTO);
	CU_ASSERT_EQUAL(row_default(s, &t, 0, a, &(struct value){ 0 }), -EPROTO);
	arena_free(a);
	store_close(s);
}

/* More variants than are kept: every subset of nine columns, twice. */
static void
test_many_statements(void)
{
	struct store *s = memory();
	struct value v[32] = { INT(3000), INT(0), TEXT("permit") };

	for (unsigned int i = 0; i < 2048; i++) {
		v[1] = INT(i);
		for (unsigned int j = 0; j < 9; j++)
			v[4 + j] = i & 1u << j
				? (j == 0 || j == 1 || j == 4 || j == 5 ? TEXT("1.1.1.1") : INT(1))
				: (struct value){ .kind = VALUE_NULL };
		CU_ASSERT_EQUAL(row_put(s, &model_acl_rule, v), 0);
	}
	CU_ASSERT_EQUAL(row_count(s, &model_acl_rule, NULL, 0), 2048);
	store_close(s);
}

static void
test_live(void)
{
	struct fixture f;

	fixture_init(&f);
	CU_ASSERT_EQUAL(put_acl(f.store, 3000), -EROFS);
	CU_ASSERT_EQUAL(set_text(f.store, &model_system, &INT(1), "sysname", "R1"), -EROFS);
	CU_ASSERT_EQUAL(row_delete(f.store, &model_system, &INT(1)), -EROFS);
	fixture_fini(&f);
}

CU_TestInfo row_tests[] = {
	{ "an inserted row has its defaults, and is there once", test_insert },
	{ "a row put whole keeps what is given and defaults the rest", test_put },
	{ "a column is set, and NULL means its default", test_set },
	{ "values at the ends of their range come back", test_extremes },
	{ "a deleted row is gone", test_delete },
	{ "defaults come from the tables", test_default },
	{ "rows are visited in order, by prefix, until told to stop", test_each },
	{ "rows are found by any column, also by its absence", test_each_where },
	{ "a visit may visit the same rows", test_nested },
	{ "a visit may delete the row it is at", test_delete_while_visiting },
	{ "rows are counted and the biggest key found", test_count_and_max },
	{ "a table that the store has not is an error", test_unknown_table },
	{ "more statements than are kept still work", test_many_statements },
	{ "rows of the live store are changed by commits only", test_live },
	CU_TEST_INFO_NULL,
};
