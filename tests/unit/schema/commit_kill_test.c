/*
 * Second twin of schema/commit.c: a child commits and kills itself at one step of one commit; what it
 * had acknowledged must be there, and the store whole. (A killed process, not a lost power supply.)
 */
#include "config.h"

#include "tests/unit/schema/fixture.h"
#include "tests/unit/schema/suites.h"

#include "schema/row.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N_STEPS = COMMIT_DONE + 1, ROWS_PER_COMMIT = 40 };

struct victim {
	uint64_t commit;       /* now running, from 1 */
	uint64_t fatal_commit; /* dies in this one */
	enum commit_step fatal_step;
};

static void
on_step(void *arg, enum commit_step step)
{
	const struct victim *v = arg;

	if (v->commit == v->fatal_commit && step == v->fatal_step)
		kill(getpid(), SIGKILL);
}

/* Commit n: ACL 2000+n with its rules, a policy with a secret, the revision as the router's name. */
static void
edit(struct store *c, uint64_t n)
{
	const struct value one = VALUE_OF_INT(1);
	char name[16];

	snprintf(name, sizeof name, "R%llu", (unsigned long long)n);
	set_text(c, &model_system, &one, "sysname", name);
	put_acl(c, 2000 + (int)n);
	for (int i = 0; i < ROWS_PER_COMMIT; i++)
		put_rule(c, 2000 + (int)n, i, "10.0.0.0");
	put_policy(c, "P1", (int)n, 2000 + (int)n, NULL);
	put_secret(c, "P1", (int)n, "in_esp_string_key", "plain:secret");
}

static void
child(const char *dir, const struct seal *seal, struct victim *v, int ack)
{
	const struct commit_info info = { .schema = STORE_SCHEMA, .user = "root" };
	const struct commit_ops ops = { .step = on_step, .arg = v };
	struct store *s = NULL;
	struct store *c = NULL;
	struct err e;

	if (store_open(dir, &s, &e) < 0 || store_new_memory(&c, &e) < 0 || changes_record(c) < 0)
		_exit(1);
	for (v->commit = 1;; v->commit++) {
		uint64_t revision;
		void *cs;
		size_t len;

		edit(c, v->commit);
		if (changes_take(c, &cs, &len) < 0 ||
			commit_run(s, seal, &info, cs, len, &ops, &revision, &e) < 0)
			_exit(2);
		free(cs);
		if (write(ack, &revision, sizeof revision) != sizeof revision)
			_exit(3);
	}
}

/* Runs a victim to its death; the last revision that it acknowledged. */
static uint64_t
run(struct fixture *f, struct victim *v)
{
	uint64_t acknowledged = 0;
	int status = 0;
	int fd[2];
	pid_t pid;

	CU_ASSERT_EQUAL_FATAL(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		close(fd[0]);
		child(f->dir, f->seal, v, fd[1]);
	}
	close(fd[1]);
	CU_ASSERT_FATAL(pid > 0);
	while (read(fd[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged)
		;
	close(fd[0]);
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return acknowledged;
}

static bool
whole(struct fixture *f, uint64_t revision)
{
	const struct value one = VALUE_OF_INT(1);
	struct value v = get_value(f, f->store, &model_system, &one, "sysname");
	char name[16];

	snprintf(name, sizeof name, "R%llu", (unsigned long long)revision);
	return (revision == 0 || !strcmp(v.s, name)) &&
		row_count(f->store, &model_acl, NULL, 0) == (int64_t)revision &&
		row_count(f->store, &model_acl_rule, NULL, 0) ==
		(int64_t)revision * ROWS_PER_COMMIT &&
		row_count(f->store, &model_ipsec_policy, NULL, 0) == (int64_t)revision &&
		sql_int(f->store,
			"SELECT count(*) FROM pragma_integrity_check WHERE "
			"integrity_check <> 'ok'") == 0 &&
		sql_int(f->store, "SELECT count(*) FROM pragma_foreign_key_check") == 0;
}

/* The history, applied to an empty configuration, gives the store. */
static bool
history_fits(struct fixture *f, uint64_t revision)
{
	struct store *c = NULL;
	void *cs = NULL;
	size_t len = 0;
	char *want = dump(f->store);
	char *is;
	bool fits;

	fits = sql_int(f->store, "SELECT count(*) FROM commit_log") == (int64_t)revision &&
		store_new_memory(&c, NULL) == 0 &&
		store_changes_since(f->store, 0, &cs, &len) == 0 &&
		changes_apply(c, cs, len, NULL) == 0;
	is = c ? dump(c) : NULL;
	fits = fits && !strcmp(is, want);
	free(want);
	free(is);
	free(cs);
	store_close(c);
	return fits;
}

static void
test_killed(void)
{
	for (uint64_t commit = 1; commit <= 4; commit++)
		for (int step = 0; step < N_STEPS; step++) {
			struct victim v = { .fatal_commit = commit,
				.fatal_step = (enum commit_step)step };
			struct fixture f;
			uint64_t acknowledged;
			uint64_t revision;
			struct store *c;

			fixture_init(&f);
			store_close(f.store);
			f.store = NULL;
			acknowledged = run(&f, &v);
			CU_ASSERT_EQUAL(acknowledged, commit - 1);
			CU_ASSERT_EQUAL_FATAL(store_open(f.dir, &f.store, &f.err), 0);
			revision = store_revision(f.store);
			CU_ASSERT_EQUAL(revision, step == COMMIT_DONE ? commit : commit - 1);
			CU_ASSERT(whole(&f, revision));
			CU_ASSERT(history_fits(&f, revision));
			CU_ASSERT_FALSE(files_contain(&f, "plain:secret"));

			c = fixture_candidate(&f); /* and it goes on */
			edit(c, revision + 1);
			CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
			CU_ASSERT(whole(&f, revision + 1));
			store_close(c);
			fixture_fini(&f);
		}
}

/* Again and again in one store, without the clean end that the first test has between. */
static void
test_killed_often(void)
{
	struct fixture f;
	struct store *c;
	uint64_t revision = 0;

	fixture_init(&f);
	for (int step = 0; step < 2 * N_STEPS; step++) {
		struct victim v = { .fatal_step = (enum commit_step)(step % N_STEPS) };
		uint64_t acknowledged = 0;
		int status = 0;
		int fd[2];
		pid_t pid;

		store_close(f.store);
		f.store = NULL;
		CU_ASSERT_EQUAL_FATAL(pipe(fd), 0);
		pid = fork();
		if (pid == 0) {
			const struct commit_info info = { .schema = STORE_SCHEMA };
			const struct commit_ops ops = { .step = on_step, .arg = &v };
			uint64_t made;
			void *cs;
			size_t len;

			CU_ASSERT_EQUAL(store_open(f.dir, &f.store, &f.err), 0);
			c = fixture_candidate(&f);
			edit(c, revision + 1);
			changes_take(c, &cs, &len);
			commit_run(f.store, f.seal, &info, cs, len, &ops, &made, &f.err);
			_exit(1);
		}
		close(fd[1]);
		CU_ASSERT_FATAL(pid > 0);
		CU_ASSERT_EQUAL(read(fd[0], &acknowledged, sizeof acknowledged), 0);
		close(fd[0]);
		CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
		CU_ASSERT(WIFSIGNALED(status));
		CU_ASSERT_EQUAL_FATAL(store_open(f.dir, &f.store, &f.err), 0);
		revision = store_revision(f.store);
		CU_ASSERT(whole(&f, revision));
		CU_ASSERT(history_fits(&f, revision));
	}
	CU_ASSERT_EQUAL(revision, 2); /* only COMMIT_DONE leaves one */
	fixture_fini(&f);
}

/* A reader that looks while the log is still there, after a kill. */
static void
test_readonly_after_kill(void)
{
	struct victim v = { .fatal_commit = 3, .fatal_step = COMMIT_LOGGED };
	struct fixture f;
	struct store *s;

	fixture_init(&f);
	store_close(f.store);
	f.store = NULL;
	CU_ASSERT_EQUAL(run(&f, &v), 2);
	CU_ASSERT_EQUAL_FATAL(store_open_readonly(f.dir, &s, &f.err), 0);
	CU_ASSERT_EQUAL(store_revision(s), 2);
	store_close(s);
	fixture_reopen(&f);
	CU_ASSERT(whole(&f, 2));
	fixture_fini(&f);
}

CU_TestInfo commit_kill_tests[] = {
	{ "a kill at any step loses no acknowledged commit", test_killed },
	{ "kills in a row leave the store whole", test_killed_often },
	{ "a reader sees the last commit after a kill", test_readonly_after_kill },
	CU_TEST_INFO_NULL,
};
