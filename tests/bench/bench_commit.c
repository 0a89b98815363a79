/*
 * What one more line costs in a configuration of 1,000, 10,000 and 100,000 lines: the commit itself, and
 * what surrounds it. Milliseconds; the median of many, and the worst.
 */
#include "config.h"

#include "lib/arena.h"
#include "lib/err.h"
#include "schema/changes.h"
#include "schema/commit.h"
#include "schema/row.h"
#include "schema/seal.h"
#include "schema/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 50, RULES_PER_ACL = 1000 };

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
must(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(-r));
	exit(1);
}

static int
compare(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

static void
report(int n_rows, const char *what, double *ms, int n)
{
	qsort(ms, (size_t)n, sizeof *ms, compare);
	printf("%7d rules  %-34s median %8.3f  worst %8.3f ms\n", n_rows, what, ms[n / 2],
		ms[n - 1]);
}

static void
add_rule(struct store *s, int64_t n)
{
	struct value v[32] = { 0 };
	char source[32];

	snprintf(source, sizeof source, "10.%d.%d.0", (int)(n / 256 % 256), (int)(n % 256));
	v[0] = VALUE_OF_INT(2000 + n / RULES_PER_ACL);
	v[1] = VALUE_OF_INT(n % RULES_PER_ACL);
	v[model_column(&model_acl_rule, "action")] = VALUE_OF_TEXT("permit");
	v[model_column(&model_acl_rule, "source")] = VALUE_OF_TEXT(source);
	v[model_column(&model_acl_rule, "source_wildcard")] = VALUE_OF_TEXT("0.0.0.255");
	if (n % RULES_PER_ACL == 0)
		must(row_insert(s, &model_acl, v), "acl");
	must(row_put(s, &model_acl_rule, v), "rule");
}

static void
commit(struct store *s, struct store *candidate, void **changeset, size_t *len)
{
	const struct commit_info info = { .schema = STORE_SCHEMA, .user = "bench" };
	struct err e = { 0 };
	uint64_t revision;

	must(changes_take(candidate, changeset, len), "take");
	if (commit_run(s, NULL, &info, *changeset, *len, NULL, &revision, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
}

static int
count_row(void *arg, const struct row *row)
{
	++*(int *)arg;
	return 0;
}

static void
one_more(struct store *s, struct store *c, int n_rows)
{
	double typed[ROUNDS], committed[ROUNDS], caught_up[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t since = store_revision(s);
		void *own, *inverse, *news;
		size_t own_len, inverse_len, news_len;
		double t = now_ms();

		add_rule(c, n_rows + i);
		typed[i] = now_ms() - t;
		t = now_ms();
		commit(s, c, &own, &own_len);
		committed[i] = now_ms() - t;
		t = now_ms();
		must(changes_invert(own, own_len, &inverse, &inverse_len), "invert");
		must(changes_apply(c, inverse, inverse_len, NULL), "undo");
		must(store_changes_since(s, since, &news, &news_len), "since");
		must(changes_apply(c, news, news_len, NULL), "catch up");
		must(changes_record(c), "record");
		caught_up[i] = now_ms() - t;
		free(own);
		free(inverse);
		free(news);
	}
	report(n_rows, "one more rule: typed", typed, ROUNDS);
	report(n_rows, "one more rule: committed", committed, ROUNDS);
	report(n_rows, "one more rule: candidate catches up", caught_up, ROUNDS);
}

static void
bench(const char *dir, int n_rows)
{
	struct arena *a = arena_new();
	struct store *s;
	struct store *c;
	struct err e;
	void *blob;
	size_t len;
	double ms[1];
	double t;
	int n = 0;

	must(store_open(dir, &s, &e), "open");
	must(store_new_memory(&c, &e), "candidate");
	must(changes_record(c), "record");
	t = now_ms();
	for (int i = 0; i < n_rows; i++)
		add_rule(c, i);
	ms[0] = now_ms() - t;
	report(n_rows, "all rules: typed", ms, 1);
	t = now_ms();
	commit(s, c, &blob, &len);
	ms[0] = now_ms() - t;
	report(n_rows, "all rules: committed at once", ms, 1);
	free(blob);
	one_more(s, c, n_rows);
	store_close(c);
	t = now_ms();
	must(store_image(s, &blob, &len), "image");
	ms[0] = now_ms() - t;
	report(n_rows, "first image", ms, 1);
	free(blob);
	t = now_ms();
	must(store_image(s, &blob, &len), "image");
	ms[0] = now_ms() - t;
	report(n_rows, "another image", ms, 1);
	t = now_ms();
	must(store_from_image(blob, len, &c, &e), "from image");
	ms[0] = now_ms() - t;
	report(n_rows, "candidate from image", ms, 1);
	free(blob);
	t = now_ms();
	must(row_each(c, &model_acl_rule, NULL, 0, a, count_row, &n), "each");
	ms[0] = now_ms() - t;
	report(n_rows, "all rules: read", ms, 1);
	store_close(c);
	store_close(s);
	t = now_ms();
	must(store_open(dir, &s, &e), "open");
	ms[0] = now_ms() - t;
	report(n_rows, "store opened and checked", ms, 1);
	store_close(s);
	arena_free(a);
}

int
main(void)
{
	static const int sizes[] = { 1000, 10000, 100000 };
	const char *tmp = getenv("TMPDIR");

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		char dir[256];
		char file[300];

		snprintf(dir, sizeof dir, "%s/yd-bench-XXXXXX", tmp && *tmp ? tmp : "/tmp");
		if (!mkdtemp(dir)) {
			perror(dir);
			return 1;
		}
		bench(dir, sizes[i]);
		snprintf(file, sizeof file, "%s/config.db", dir);
		unlink(file);
		rmdir(dir);
	}
	return 0;
}
