/* Twin of schema/store.c, and the rules that the tables keep. */
#include "config.h"

#include "tests/unit/schema/fixture.h"
#include "tests/unit/schema/suites.h"

#include "schema/row.h"
#include "schema/store_sql.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- the rules of the tables ------------------------------------------------------- */

#define TABLES                                                                          \
	"FROM pragma_table_list AS t WHERE t.schema = 'main' AND t.type = 'table' AND " \
	"t.name NOT LIKE 'sqlite_%'"

static void
test_table_rules(void)
{
	static const struct {
		const char *rule;
		const char *offenders;
	} rows[] = {
		{ "every table is STRICT", "SELECT count(*) " TABLES " AND NOT t.strict" },
		{ "every table has a primary key",
			"SELECT count(*) " TABLES " AND NOT EXISTS (SELECT 1 FROM "
			"pragma_table_info(t.name) WHERE pk)" },
		{ "primary keys are NOT NULL",
			"SELECT count(*) " TABLES " AND EXISTS (SELECT 1 FROM "
			"pragma_table_info(t.name) WHERE pk AND NOT \"notnull\")" },
		{ "a column without NOT NULL has no default",
			"SELECT count(*) " TABLES " AND EXISTS (SELECT 1 FROM "
			"pragma_table_info(t.name) WHERE NOT \"notnull\" AND dflt_value IS NOT "
			"NULL)" },
		{ "rows can be found by rowid", "SELECT count(*) " TABLES " AND t.wr" },
		{ "there are no triggers and views",
			"SELECT count(*) FROM sqlite_schema WHERE type IN ('trigger', 'view')" },
		{ "no foreign key acts on its own",
			"SELECT count(*) FROM pragma_table_list AS t, "
			"pragma_foreign_key_list(t.name) AS f WHERE f.on_delete <> 'NO ACTION' OR "
			"f.on_update <> 'NO ACTION'" },
		{ "a foreign key has one column",
			"SELECT count(*) FROM pragma_table_list AS t, "
			"pragma_foreign_key_list(t.name) AS f WHERE f.seq > 0" },
		{ "a foreign key refers to a whole primary key",
			"SELECT count(*) FROM pragma_table_list AS t, "
			"pragma_foreign_key_list(t.name) AS f WHERE NOT EXISTS (SELECT 1 FROM "
			"pragma_table_info(f.\"table\") WHERE pk = 1 AND name = f.\"to\") OR "
			"EXISTS "
			"(SELECT 1 FROM pragma_table_info(f.\"table\") WHERE pk > 1)" },
		{ "a foreign key is the first column of an index",
			"SELECT count(*) FROM pragma_table_list AS t, "
			"pragma_foreign_key_list(t.name) AS f WHERE NOT EXISTS (SELECT 1 FROM "
			"pragma_index_list(t.name) AS i, pragma_index_info(i.name) AS c "
			"WHERE c.seqno = 0 AND c.name = f.\"from\")" },
		{ "foreign keys are deferred",
			"SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND "
			"(length(sql) - length(replace(sql, ' REFERENCES ', ''))) / 12 <> "
			"(length(sql) - length(replace(sql, ' DEFERRABLE INITIALLY DEFERRED', "
			"''))) "
			"/ 30" },
	};
	struct fixture f;

	fixture_init(&f);
	CU_ASSERT(sql_int(f.store, "SELECT count(*) " TABLES) > 8);
	CU_ASSERT(sql_int(f.store,
			  "SELECT count(*) FROM pragma_table_list AS t, "
			  "pragma_foreign_key_list(t.name)") > 5);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t n = sql_int(f.store, rows[i].offenders);

		if (n)
			fprintf(stderr, "broken (%lld): %s\n", (long long)n, rows[i].rule);
		CU_ASSERT_EQUAL(n, 0);
	}
	fixture_fini(&f);
}

static int64_t
ask(struct store *s, const char *fmt, const char *table, const char *column, unsigned int i)
{
	char sql[512];

	snprintf(sql, sizeof sql, fmt, table, column, i);
	return sql_int(s, sql);
}

static void
test_model_fits(void)
{
	struct store *s;
	int64_t n_tables = 0;

	CU_ASSERT_EQUAL_FATAL(store_new_memory(&s, NULL), 0);
	for (; model_tables[n_tables]; n_tables++) {
		const struct table *t = model_tables[n_tables];

		CU_ASSERT_EQUAL(
			ask(s, "SELECT count(*) FROM pragma_table_info('%s')", t->name, "", 0),
			t->n_columns);
		CU_ASSERT_EQUAL(ask(s, "SELECT count(*) FROM pragma_table_info('%s') WHERE pk",
					t->name, "", 0),
			t->n_key);
		CU_ASSERT_PTR_NOT_NULL(t->label);
		for (unsigned int i = 0; i < t->n_columns; i++) {
			const struct column *c = &t->columns[i];
			const char *rule = i < t->n_key
				? "SELECT count(*) FROM pragma_table_info('%s') WHERE name = '%s' "
				  "AND "
				  "cid = %u AND pk = cid + 1"
				: "SELECT count(*) FROM pragma_table_info('%s') WHERE name = '%s' "
				  "AND "
				  "cid = %u AND pk = 0";

			CU_ASSERT_EQUAL(ask(s, rule, t->name, c->name, i), 1);
			CU_ASSERT_PTR_NOT_NULL(c->type);
			CU_ASSERT_EQUAL(model_column(t, c->name), (int)i);
			/* Only a text can be sealed. */
			if (c->type && c->type->secret)
				CU_ASSERT_EQUAL(
					ask(s,
						"SELECT count(*) FROM pragma_table_info('%s') "
						"WHERE name = '%s' AND type = 'TEXT'",
						t->name, c->name, 0),
					1);
		}
		CU_ASSERT_PTR_EQUAL(model_table(t->name), t);
	}
	CU_ASSERT_EQUAL(sql_int(s, "SELECT count(*) " TABLES), n_tables);
	CU_ASSERT_PTR_NULL(model_table("commit_log"));
	CU_ASSERT_PTR_NULL(model_table("sqlite_schema"));
	store_close(s);
}

/* --- opening ----------------------------------------------------------------------- */

static void
test_version(void)
{
	struct store *s;

	CU_ASSERT_EQUAL(store_sql_n, STORE_SCHEMA);
	CU_ASSERT_EQUAL(store_new_memory(&s, NULL), 0);
	CU_ASSERT_EQUAL(sql_int(s, "PRAGMA user_version"), STORE_SCHEMA);
	store_close(s);
}

/* A store of an older version with a row in each table that a later version alters. */
static const char version_1_rows[] =
	"UPDATE system SET sysname = 'RTA';"
	"INSERT INTO acl (number) VALUES (3000);"
	"INSERT INTO ipsec_proposal (name) VALUES ('p');"
	"INSERT INTO ipsec_policy_group (name) VALUES ('P');"
	"INSERT INTO ipsec_policy (name, sequence, mode, acl, proposal, in_esp_spi) "
	"VALUES ('P', 10, 'manual', 3000, 'p', 300);"
	"INSERT INTO interface (name, kind, position, mtu, ipsec_policy) "
	"VALUES ('GigabitEthernet0/0/0', 'GigabitEthernet', 0, 1400, 'P');"
	"INSERT INTO ip_address (interface, address, length) "
	"VALUES ('GigabitEthernet0/0/0', '10.0.0.1', 24);"
	"UPDATE meta SET revision = 7, saved_revision = 6;"
	"INSERT INTO commit_log VALUES (7, 1, 0, 'root', 'vty0', 'a line', x'00');";

static const char version_2_rows[] =
	"UPDATE ipsec_global SET df_bit = 'set';"
	"INSERT INTO ipsec_policy (name, sequence, mode) VALUES ('P', 20, 'manual');"
	"UPDATE ipsec_policy SET anti_replay_window = 64, in_esp_string_key = 'sealed', "
	"tunnel_local = '198.51.100.1' WHERE sequence = 10;"
	"INSERT INTO ipsec_profile (name, proposal, out_esp_spi) VALUES ('roads', 'p', 301);"
	"INSERT INTO ipsec_profile (name) VALUES ('bare');"
	"INSERT INTO interface (name, kind, position, ipsec_profile) "
	"VALUES ('Tunnel0/0/1', 'Tunnel', 1, 'roads');";

static void
make_version(struct fixture *f, unsigned int version)
{
	char pragmas[64];

	CU_ASSERT_EQUAL(
		sql_run(f->store, "PRAGMA writable_schema = ON; PRAGMA foreign_keys = OFF; BEGIN"),
		0);
	for (int i = 0; model_tables[i]; i++) {
		char sql[128];

		snprintf(sql, sizeof sql, "DROP TABLE \"%s\"", model_tables[i]->name);
		CU_ASSERT_EQUAL(sql_run(f->store, sql), 0);
	}
	CU_ASSERT_EQUAL(sql_run(f->store, "DROP TABLE meta; DROP TABLE commit_log"), 0);
	for (unsigned int i = 0; i < version; i++) {
		static const char *const rows[] = { version_1_rows, version_2_rows };

		CU_ASSERT_EQUAL(sql_run(f->store, store_sql_base[i]), 0);
		CU_ASSERT_EQUAL(sql_run(f->store, store_sql_live[i]), 0);
		CU_ASSERT_EQUAL(sql_run(f->store, rows[i]), 0);
	}
	snprintf(pragmas, sizeof pragmas, "PRAGMA user_version = %u; COMMIT", version);
	CU_ASSERT_EQUAL(sql_run(f->store, pragmas), 0);
}

static void
test_migrates(void)
{
	static const struct {
		const char *sql;
		int64_t value;
	} rows[] = {
		{ "PRAGMA user_version", STORE_SCHEMA },
		{ "SELECT sysname = 'RTA' AND ipv6 = 0 FROM system", 1 },
		{ "SELECT mtu FROM interface WHERE ipsec_policy = 'P' AND ipsec_profile IS NULL "
		  "AND "
		  "ipv6_enable = 0 AND tcp_mss IS NULL AND gre_sequence = 0",
			1400 },
		{ "SELECT in_esp_spi FROM ipsec_policy WHERE acl = 3000 AND acl6 IS NULL AND "
		  "anti_replay_window IS NULL",
			300 },
		{ "SELECT length FROM ip_address", 24 },
		{ "SELECT anti_replay_window FROM ipsec_global WHERE anti_replay AND df_bit = "
		  "'copy'",
			1024 },
		{ "SELECT count(*) FROM commit_log", 1 },
	};
	struct fixture f;
	struct store *c;
	void *changeset;
	size_t len;

	fixture_init(&f);
	make_version(&f, 1);
	fixture_reopen(&f);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CU_ASSERT_EQUAL(sql_int(f.store, rows[i].sql), rows[i].value);
	CU_ASSERT_EQUAL(store_revision(f.store), 7);
	CU_ASSERT_EQUAL(store_saved_revision(f.store), 6);
	/* What version 1 logged is not this version's to replay; what comes now is. */
	CU_ASSERT_EQUAL(store_changes_since(f.store, 6, &changeset, &len), -ESTALE);
	c = fixture_candidate(&f);
	CU_ASSERT_EQUAL(set_int(c, &model_interface, &VALUE_OF_TEXT("GigabitEthernet0/0/0"),
				"ipv6_enable", 1),
		0);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	CU_ASSERT_EQUAL(store_changes_since(f.store, 7, &changeset, &len), 0);
	CU_ASSERT(len > 0);
	free(changeset);
	store_close(c);
	fixture_fini(&f);
}

static void
test_migrates_from_2(void)
{
	static const struct {
		const char *sql;
		int64_t value;
	} rows[] = {
		{ "PRAGMA user_version", STORE_SCHEMA },
		{ "SELECT count(*) FROM pragma_foreign_key_check", 0 },
		{ "SELECT in_esp_spi FROM ipsec_policy WHERE sequence = 10 AND mode = 'manual' AND "
		  "acl = 3000 AND acl6 IS NULL AND anti_replay_window = 64 AND in_esp_string_key = "
		  "'sealed' AND tunnel_local = '198.51.100.1' AND ike_peer IS NULL AND pfs IS NULL "
		  "AND sa_trigger_mode = 'auto' AND enabled",
			300 },
		{ "SELECT count(*) FROM ipsec_policy", 2 },
		{ "SELECT sequence FROM ipsec_policy_proposal WHERE name = 'P' AND position = 1 "
		  "AND proposal = 'p'",
			10 },
		{ "SELECT count(*) FROM ipsec_policy_proposal", 1 },
		{ "SELECT out_esp_spi FROM ipsec_profile WHERE name = 'roads' AND ike_peer IS NULL",
			301 },
		{ "SELECT count(*) FROM ipsec_profile", 2 },
		{ "SELECT position FROM ipsec_profile_proposal WHERE profile = 'roads' AND "
		  "proposal = 'p'",
			1 },
		{ "SELECT count(*) FROM ipsec_profile_proposal", 1 },
		{ "SELECT count(*) FROM interface WHERE ipsec_profile = 'roads'", 1 },
		{ "SELECT sa_duration_time FROM ipsec_global WHERE df_bit = 'set' AND "
		  "sa_duration_traffic = 1843200",
			3600 },
		{ "SELECT esn FROM ipsec_proposal WHERE name = 'p'", 0 },
		{ "SELECT dpd_idle FROM ike_global WHERE dpd_type IS NULL", 30 },
		{ "SELECT count(*) FROM sqlite_temp_schema", 0 },
	};
	struct fixture f;
	struct store *c;

	fixture_init(&f);
	make_version(&f, 2);
	fixture_reopen(&f);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CU_ASSERT_EQUAL(sql_int(f.store, rows[i].sql), rows[i].value);
	/* Old rows are as good as new ones for a changeset, and what refers to them still does. */
	c = fixture_candidate(&f);
	CU_ASSERT_EQUAL(set_int(c, &model_ipsec_proposal, &VALUE_OF_TEXT("p"), "esn", 1), 0);
	CU_ASSERT_EQUAL(
		set_text(c, &model_ipsec_profile, &VALUE_OF_TEXT("roads"), "pfs", "group14"), 0);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	row_delete(c, &model_ipsec_profile, &VALUE_OF_TEXT("roads"));
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), -EINVAL);
	store_close(c);
	fixture_fini(&f);
}

static void
test_new(void)
{
	struct fixture f;
	struct stat st;

	fixture_init(&f);
	CU_ASSERT_EQUAL(store_revision(f.store), 0);
	CU_ASSERT_EQUAL(store_saved_revision(f.store), 0);
	CU_ASSERT_EQUAL(stat(fixture_path(&f, "config.db"), &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0640);
	CU_ASSERT_EQUAL(sql_int(f.store, "PRAGMA synchronous"), 2);
	CU_ASSERT_EQUAL(sql_int(f.store, "PRAGMA foreign_keys"), 1);
	CU_ASSERT_EQUAL(row_count(f.store, &model_system, NULL, 0), 1);
	CU_ASSERT_EQUAL(row_count(f.store, &model_interface, NULL, 0), 0);
	fixture_fini(&f);
}

static void
test_makes_directory(void)
{
	struct fixture f;
	struct store *s;
	struct stat st;
	const char *dir;

	fixture_init(&f);
	dir = fixture_path(&f, "new");
	CU_ASSERT_EQUAL(store_open(dir, &s, &f.err), 0);
	store_close(s);
	CU_ASSERT_EQUAL(stat(dir, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0750);
	CU_ASSERT_EQUAL(unlink(fixture_path(&f, "new/config.db")), 0);
	CU_ASSERT_EQUAL(rmdir(dir), 0);
	fixture_fini(&f);
}

static void
test_saved_revision(void)
{
	struct fixture f;
	struct store *c;

	fixture_init(&f);
	CU_ASSERT_EQUAL(store_set_saved_revision(f.store, 41), 0);
	fixture_reopen(&f);
	CU_ASSERT_EQUAL(store_saved_revision(f.store), 41);
	c = fixture_candidate(&f);
	CU_ASSERT_EQUAL(store_set_saved_revision(c, 1), -EINVAL);
	CU_ASSERT_EQUAL(store_saved_revision(c), 0);
	store_close(c);
	fixture_fini(&f);
}

/* Refused, with an errno and a text that names the file and says what to do. */
static void
refused(struct fixture *f, int code, const char *word)
{
	struct store *s;

	store_close(f->store);
	f->store = NULL;
	err_clear(&f->err);
	CU_ASSERT_EQUAL(store_open(f->dir, &s, &f->err), code);
	CU_ASSERT_PTR_NULL(s);
	if (!strstr(f->err.text, word) || !strstr(f->err.text, f->dir))
		fprintf(stderr, "not said \"%s\": %s\n", word, f->err.text);
	CU_ASSERT_PTR_NOT_NULL(strstr(f->err.text, word));
	CU_ASSERT_PTR_NOT_NULL(strstr(f->err.text, f->dir));
}

static void
test_newer(void)
{
	struct fixture f;

	fixture_init(&f);
	CU_ASSERT_EQUAL(sql_run(f.store, "PRAGMA user_version = 99"), 0);
	refused(&f, -EPROTO, "newer release");
	fixture_fini(&f);
}

static void
test_foreign(void)
{
	struct fixture f;

	fixture_init(&f);
	CU_ASSERT_EQUAL(sql_run(f.store, "PRAGMA application_id = 1"), 0);
	refused(&f, -EUCLEAN, "no configuration store");
	fixture_fini(&f);
}

static void
write_at(struct fixture *f, off_t at, const char *bytes)
{
	int fd = open(fixture_path(f, "config.db"), O_WRONLY | O_CLOEXEC);

	store_close(f->store);
	f->store = NULL;
	CU_ASSERT_EQUAL(pwrite(fd, bytes, strlen(bytes), at), (ssize_t)strlen(bytes));
	close(fd);
}

static void
test_no_database(void)
{
	struct fixture f;

	fixture_init(&f);
	write_at(&f, 0, "this is a text, not a database");
	refused(&f, -EUCLEAN, "no configuration store");
	fixture_fini(&f);
}

static void
test_damaged(void)
{
	struct fixture f;
	char junk[4096];

	fixture_init(&f);
	memset(junk, 'x', sizeof junk - 1);
	junk[sizeof junk - 1] = '\0';
	write_at(&f, 4096, junk);
	refused(&f, -EUCLEAN, "damaged");
	fixture_fini(&f);
}

static void
test_dangling(void)
{
	struct fixture f;

	fixture_init(&f);
	sql_run(f.store,
		"PRAGMA foreign_keys = OFF; INSERT INTO acl_rule (acl, id, action) "
		"VALUES (3000, 5, 'permit')");
	refused(&f, -EUCLEAN, "dangling");
	fixture_fini(&f);
}

static void
test_no_directory(void)
{
	static const char *const dirs[] = { "/nonexistent/yongdao", "/dev/null", "/dev/null/x" };

	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
		struct store *s;
		struct err e = { 0 };

		CU_ASSERT(store_open(dirs[i], &s, &e) < 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(e.text, dirs[i]));
		CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "-s"));
		CU_ASSERT(store_open_readonly(dirs[i], &s, &e) < 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(e.text, dirs[i]));
	}
}

static void
test_long_name(void)
{
	char dir[2000];
	struct store *s;
	struct err e;

	memset(dir, 'x', sizeof dir - 1);
	dir[sizeof dir - 1] = '\0';
	CU_ASSERT_EQUAL(store_open(dir, &s, &e), -ENAMETOOLONG);
	CU_ASSERT_EQUAL(store_open_readonly(dir, &s, &e), -ENAMETOOLONG);
}

static void
test_readonly(void)
{
	struct fixture f;
	struct store *c;
	struct store *s;
	struct store *copy;
	void *image;
	size_t len;

	fixture_init(&f);
	c = fixture_candidate(&f);
	put_acl(c, 3000);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	store_close(c);
	for (int closed = 0; closed < 2; closed++) { /* while the writer runs, and after */
		CU_ASSERT_EQUAL_FATAL(store_open_readonly(f.dir, &s, &f.err), 0);
		CU_ASSERT_EQUAL(store_revision(s), 1);
		CU_ASSERT_EQUAL(row_count(s, &model_acl, NULL, 0), 1);
		CU_ASSERT_EQUAL(put_acl(s, 3001), -EROFS);
		CU_ASSERT_EQUAL(store_image(s, &image, &len), 0);
		CU_ASSERT_EQUAL(store_from_image(image, len, &copy, &f.err), 0);
		CU_ASSERT_EQUAL(row_count(copy, &model_acl, NULL, 0), 1);
		free(image);
		store_close(copy);
		store_close(s);
		store_close(f.store);
		f.store = NULL;
	}
	fixture_fini(&f);
}

/* What an unprivileged reader meets: no log, and a directory it may not write to. */
static void
test_readonly_unprivileged(void)
{
	struct fixture f;
	struct store *s = NULL;
	uid_t me = geteuid();

	fixture_init(&f);
	store_close(f.store);
	f.store = NULL;
	CU_ASSERT_EQUAL(chmod(fixture_path(&f, "config.db"), 0644), 0);
	CU_ASSERT_EQUAL(chmod(f.dir, 0555), 0);
	if (me == 0)
		CU_ASSERT_EQUAL(seteuid(65534), 0);
	CU_ASSERT_EQUAL(store_open_readonly(f.dir, &s, &f.err), 0);
	CU_ASSERT_EQUAL(s ? store_revision(s) : 1, 0);
	store_close(s);
	if (me == 0)
		CU_ASSERT_EQUAL(seteuid(me), 0);
	CU_ASSERT_EQUAL(chmod(f.dir, 0755), 0);
	fixture_fini(&f);
}

static void
test_disk_full(void)
{
	struct fixture f;
	struct store *c;
	char *was;
	char *is;

	fixture_init(&f);
	was = dump(f.store);
	CU_ASSERT_EQUAL(sql_run(f.store, "PRAGMA max_page_count = 1"), 0);
	c = fixture_candidate(&f);
	for (int i = 0; i < 1000; i++)
		put_rule(c, 3000, i, "10.0.0.0");
	put_acl(c, 3000);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), -ENOSPC);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.err.text, "no space left"));
	CU_ASSERT_EQUAL(store_revision(f.store), 0);
	is = dump(f.store);
	CU_ASSERT_STRING_EQUAL(is, was);
	free(is);
	CU_ASSERT_EQUAL(sql_run(f.store, "PRAGMA max_page_count = 100000"), 0);
	put_acl(c, 3001);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	free(was);
	store_close(c);
	fixture_fini(&f);
}

static void
test_not_writable(void)
{
	struct fixture f;
	struct store *s;
	uid_t me = geteuid();

	fixture_init(&f);
	CU_ASSERT_EQUAL(chmod(f.dir, 0555), 0);
	if (me == 0)
		CU_ASSERT_EQUAL(seteuid(65534), 0);
	CU_ASSERT_EQUAL(store_open(f.dir, &s, &f.err), -EACCES);
	if (me == 0)
		CU_ASSERT_EQUAL(seteuid(me), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.err.text, "correct its owner"));
	CU_ASSERT_EQUAL(chmod(f.dir, 0755), 0);
	fixture_fini(&f);
}

/* The disk refuses while the commit is being written. */
static void
test_write_error(void)
{
	struct rlimit was;
	struct rlimit small;
	struct fixture f;
	struct store *c;
	char *before;
	char *after;

	fixture_init(&f);
	c = fixture_candidate(&f);
	put_acl(c, 3000);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	before = dump(f.store);
	getrlimit(RLIMIT_FSIZE, &was);
	small = was;
	small.rlim_cur = 64 * 1024;
	signal(SIGXFSZ, SIG_IGN);
	for (int i = 0; i < 2000; i++)
		put_rule(c, 3000, i, "10.0.0.0");
	setrlimit(RLIMIT_FSIZE, &small);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), -EIO);
	setrlimit(RLIMIT_FSIZE, &was);
	signal(SIGXFSZ, SIG_DFL);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.err.text, "kernel's log"));
	CU_ASSERT_EQUAL(store_revision(f.store), 1);
	after = dump(f.store);
	CU_ASSERT_STRING_EQUAL(after, before);
	put_acl(c, 3001);
	CU_ASSERT_EQUAL(fixture_commit(&f, c, NULL, NULL), 0);
	fixture_reopen(&f);
	CU_ASSERT_EQUAL(store_revision(f.store), 2);
	CU_ASSERT_EQUAL(row_count(f.store, &model_acl, NULL, 0), 2);
	CU_ASSERT_EQUAL(row_count(f.store, &model_acl_rule, NULL, 0), 0);
	free(before);
	free(after);
	store_close(c);
	fixture_fini(&f);
}

CU_TestInfo store_tests[] = {
	{ "the tables keep the rules that changesets need", test_table_rules },
	{ "the model has the tables' columns, in order", test_model_fits },
	{ "the SQL makes the version that the program names", test_version },
	{ "a store of version 1 keeps its rows and its history", test_migrates },
	{ "a store of version 2 keeps its rows and who refers to them", test_migrates_from_2 },
	{ "a new store is empty and durable", test_new },
	{ "the directory is made if it is missing", test_makes_directory },
	{ "the saved revision is kept", test_saved_revision },
	{ "a store of a newer release is refused", test_newer },
	{ "another program's database is refused", test_foreign },
	{ "a file that is no database is refused", test_no_database },
	{ "a damaged store is refused", test_damaged },
	{ "a store with dangling references is refused", test_dangling },
	{ "a directory that cannot be made is named", test_no_directory },
	{ "a name that is too long is refused", test_long_name },
	{ "a store is read with and without its writer", test_readonly },
	{ "a closed store is read by who may not write", test_readonly_unprivileged },
	{ "a full disk refuses a commit and loses nothing", test_disk_full },
	{ "a directory that may not be written is named", test_not_writable },
	{ "a failing disk refuses a commit and loses nothing", test_write_error },
	CU_TEST_INFO_NULL,
};
