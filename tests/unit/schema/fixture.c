/*
 * What the tests of the schema room share: a state directory of their own, rows to play with, the
 * shell's side of a commit, and a look behind the room's interface.
 */
#include "config.h"

#include "tests/unit/schema/fixture.h"

#include "lib/arena.h"
#include "schema/row.h"
#include "schema/store_db.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
fixture_init(struct fixture *f)
{
	const char *tmp = getenv("TMPDIR");

	*f = (struct fixture){ 0 };
	f->arena = arena_new();
	snprintf(f->dir, sizeof f->dir, "%s/yd-schema-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(f->dir));
	CU_ASSERT_EQUAL_FATAL(store_open(f->dir, &f->store, &f->err), 0);
	CU_ASSERT_EQUAL_FATAL(seal_open(f->dir, &f->seal, &f->err), 0);
}

void
fixture_fini(struct fixture *f)
{
	DIR *d;

	store_close(f->store);
	seal_free(f->seal);
	arena_free(f->arena);
	d = opendir(f->dir);
	for (struct dirent *de; d && (de = readdir(d));)
		if (de->d_name[0] != '.')
			unlinkat(dirfd(d), de->d_name, 0);
	if (d)
		closedir(d);
	CU_ASSERT_EQUAL(rmdir(f->dir), 0);
}

void
fixture_reopen(struct fixture *f)
{
	store_close(f->store);
	f->store = NULL;
	CU_ASSERT_EQUAL_FATAL(store_open(f->dir, &f->store, &f->err), 0);
}

const char *
fixture_path(struct fixture *f, const char *name)
{
	return arena_printf(f->arena, "%s/%s", f->dir, name);
}

struct store *
fixture_candidate(struct fixture *f)
{
	struct store *c = NULL;
	void *image;
	size_t len;

	CU_ASSERT_EQUAL_FATAL(store_image(f->store, &image, &len), 0);
	CU_ASSERT_EQUAL_FATAL(store_from_image(image, len, &c, &f->err), 0);
	CU_ASSERT_EQUAL_FATAL(changes_record(c), 0);
	free(image);
	return c;
}

int
fixture_commit(struct fixture *f, struct store *candidate, void **changeset, size_t *len)
{
	const struct commit_info info = {
		.schema = STORE_SCHEMA, .user = "root", .terminal = "vty0", .text = "a test"
	};
	uint64_t revision = 0;
	void *cs;
	size_t n;
	int r;

	CU_ASSERT_EQUAL_FATAL(changes_take(candidate, &cs, &n), 0);
	err_clear(&f->err);
	r = commit_run(f->store, f->seal, &info, cs, n, NULL, &revision, &f->err);
	if (r == 0)
		CU_ASSERT_EQUAL(revision, store_revision(f->store));
	if (changeset) {
		*changeset = cs;
		*len = n;
	} else {
		free(cs);
	}
	return r;
}

int
fixture_catch_up(
	struct fixture *f, struct store *candidate, const void *own, size_t own_len, uint64_t since)
{
	void *inverse = NULL;
	void *news = NULL;
	size_t inverse_len;
	size_t news_len;
	int r = changes_invert(own, own_len, &inverse, &inverse_len);

	if (r == 0)
		r = changes_apply(candidate, inverse, inverse_len, &f->err);
	if (r == 0)
		r = store_changes_since(f->store, since, &news, &news_len);
	if (r == 0)
		r = changes_apply(candidate, news, news_len, &f->err);
	if (r == 0)
		r = changes_record(candidate);
	free(inverse);
	free(news);
	return r;
}

/* --- rows -------------------------------------------------------------------------- */

int
put_acl(struct store *s, int number)
{
	return row_insert(s, &model_acl, &VALUE_OF_INT(number));
}

int
put_rule(struct store *s, int acl, int64_t id, const char *source)
{
	struct value v[32] = { 0 };

	v[0] = VALUE_OF_INT(acl);
	v[1] = VALUE_OF_INT(id);
	v[model_column(&model_acl_rule, "action")] = VALUE_OF_TEXT("permit");
	if (source) {
		v[model_column(&model_acl_rule, "source")] = VALUE_OF_TEXT(source);
		v[model_column(&model_acl_rule, "source_wildcard")] = VALUE_OF_TEXT("0.0.0.255");
	}
	return row_put(s, &model_acl_rule, v);
}

int
put_policy(struct store *s, const char *name, int sequence, int acl, const char *proposal)
{
	struct value v[32] = { 0 };

	row_insert(s, &model_ipsec_policy_group, &VALUE_OF_TEXT(name));
	v[0] = VALUE_OF_TEXT(name);
	v[1] = VALUE_OF_INT(sequence);
	v[model_column(&model_ipsec_policy, "mode")] = VALUE_OF_TEXT("manual");
	if (acl)
		v[model_column(&model_ipsec_policy, "acl")] = VALUE_OF_INT(acl);
	if (proposal) {
		const struct value row[] = { v[0], v[1], VALUE_OF_INT(1), VALUE_OF_TEXT(proposal) };

		row_put(s, &model_ipsec_policy_proposal, row);
	}
	return row_put(s, &model_ipsec_policy, v);
}

int
put_secret(struct store *s, const char *name, int sequence, const char *column, const char *text)
{
	const struct value key[] = { VALUE_OF_TEXT(name), VALUE_OF_INT(sequence) };

	return set_text(s, &model_ipsec_policy, key, column, text);
}

int
set_text(struct store *s, const struct table *t, const struct value *key, const char *column,
	const char *text)
{
	struct value v = text ? VALUE_OF_TEXT(text) : (struct value){ .kind = VALUE_NULL };

	return row_set(s, t, key, (unsigned int)model_column(t, column), &v);
}

int
set_int(struct store *s, const struct table *t, const struct value *key, const char *column,
	int64_t n)
{
	return row_set(s, t, key, (unsigned int)model_column(t, column), &VALUE_OF_INT(n));
}

struct value
get_value(struct fixture *f, struct store *s, const struct table *t, const struct value *key,
	const char *column)
{
	struct row row;

	if (row_get(s, t, key, f->arena, &row) < 0)
		return (struct value){ .kind = VALUE_NULL };
	return row.v[model_column(t, column)];
}

static int
dump_row(void *arg, const struct row *row)
{
	FILE *out = arg;

	fprintf(out, "%s", row->table->name);
	for (unsigned int i = 0; i < row->table->n_columns; i++) {
		const struct value *v = &row->v[i];

		if (v->kind == VALUE_INT)
			fprintf(out, "|%lld", (long long)v->i);
		else
			fprintf(out, "|%s", v->kind == VALUE_TEXT ? v->s : "<null>");
	}
	fprintf(out, "\n");
	return 0;
}

char *
dump(struct store *s)
{
	struct arena *a = arena_new();
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	for (size_t i = 0; model_tables[i]; i++)
		CU_ASSERT_EQUAL(row_each(s, model_tables[i], NULL, 0, a, dump_row, out), 0);
	fclose(out);
	arena_free(a);
	return text;
}

/* --- behind the interface ---------------------------------------------------------- */

int64_t
sql_int(struct store *s, const char *sql)
{
	return store_query_int(s, sql, -1);
}

int
sql_run(struct store *s, const char *sql)
{
	return store_exec(s, sql);
}

static bool
file_contains(int dir, const char *name, const char *needle)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	off_t len = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	char *p = len > 0 ? malloc((size_t)len) : NULL;
	bool found = p && pread(fd, p, (size_t)len, 0) == len &&
		memmem(p, (size_t)len, needle, strlen(needle));

	free(p);
	if (fd >= 0)
		close(fd);
	return found;
}

bool
files_contain(struct fixture *f, const char *needle)
{
	DIR *d = opendir(f->dir);
	bool found = false;

	for (struct dirent *de; d && (de = readdir(d));)
		if (de->d_name[0] != '.')
			found = found || file_contains(dirfd(d), de->d_name, needle);
	if (d)
		closedir(d);
	return found;
}
