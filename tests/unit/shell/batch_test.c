/*
 * Batches: all or nothing, and where the error is.
 */
#include "config.h"

#include "shell/batch.h"

#include "shell/client.h"
#include "shell/shell.h"
#include "tests/unit/shell/shell_fixture.h"
#include "tests/unit/shell/suites.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Runs a text as a batch; rc of it. What was said is in f->error_text, with FILE for the file's name. */
static int
run(struct shell_fixture *f, const char *text, size_t len)
{
	char path[128], *at;
	FILE *out;
	int rc;

	snprintf(path, sizeof(path), "%s/batch", f->router.dir);
	out = fopen(path, "we");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	fwrite(text, 1, len, out);
	fclose(out);
	fixture_rewind(f);
	rc = batch_run(f->sh, path);
	fflush(f->errors);
	f->error_text[f->error_len] = '\0';
	at = strstr(f->error_text, path);
	if (at) {
		memcpy(at, "FILE", 4);
		memmove(at + 4, at + strlen(path), strlen(at + strlen(path)) + 1);
	}
	f->sh->file = "test";
	return rc;
}

static void
test_warning(void)
{
	static const char text[] =
		"ipsec proposal p\n esp encryption-algorithm des\n transform esp\n";
	struct shell_fixture f;

	shell_fixture_init_batch(&f);
	CU_ASSERT_EQUAL(run(&f, text, strlen(text)), 0);
	CU_ASSERT_STRING_EQUAL(f.error_text,
		"FILE:2:1: Warning: The algorithm is not secure; use a stronger one.\n");
	shell_fixture_fini(&f);
}

static void
test_errors(void)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "sysname A\nnonsense\n",
			"FILE:2:1: Error: Unrecognized command found at '^' position.\n" },
		{ "sysname A\n  ip route-static 10.0.0.0 24 10.1.1.256\n",
			"FILE:2:31: Error: Wrong parameter found at '^' position.\n" },
		{ "\n\n#\nip route-static\r\n",
			"FILE:4:17: Error: Incomplete command found at '^' position.\n" },
		{ "sysname A\ndisplay version\n",
			"FILE:2:1: Error: Unrecognized command found at '^' position.\n" },
		{ "sysname A\nsave\n",
			"FILE:2:1: Error: Unrecognized command found at '^' position.\n" },
		{ "sysname A\nsysname B C\n",
			"FILE:2:11: Error: Too many parameters found at '^' position.\n" },
		{ "sysname Refused\n", "FILE: Error: The name is refused.\n" },
		{ "ipsec policy P1 10 manual\n proposal none\n tunnel local 10.1.1.1\n",
			"FILE:2:2: Error: The IPSec proposal none does not exist; IPSec policy P1 "
			"10 "
			"refers to it.\n" },
		{ "sysname Failing\n", "FILE: Error: Tunnel0/0/1: The kernel does not want it.\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct shell_fixture f;

		shell_fixture_init_batch(&f);
		CU_ASSERT_TRUE(run(&f, cases[i].text, strlen(cases[i].text)) < 0);
		CU_ASSERT_STRING_EQUAL(f.error_text, cases[i].error);
		shell_fixture_fini(&f);
	}
}

static void
test_nul(void)
{
	static const char text[] = "sysname A\nsys\0name B\n";
	struct shell_fixture f;

	shell_fixture_init_batch(&f);
	CU_ASSERT_EQUAL(run(&f, text, sizeof(text) - 1), -EINVAL);
	CU_ASSERT_STRING_EQUAL(f.error_text, "FILE:2:4: Error: There is a NUL in this line.\n");
	shell_fixture_fini(&f);
}

/* Thirty-nine good lines and a bad one. */
static void
test_all_or_nothing(void)
{
	struct shell_fixture f;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	uint64_t before;

	for (int i = 0; i < 39; i++)
		fprintf(out, "ip route-static 10.%d.0.0 16 192.0.2.1\n", i);
	fprintf(out, "ip route-static 10.39.0.0 16 nowhere\n");
	fclose(out);
	shell_fixture_init_batch(&f);
	before = client_revision(f.sh->client);
	CU_ASSERT_EQUAL(run(&f, text, len), -EINVAL);
	CU_ASSERT_NSTRING_EQUAL(f.error_text, "FILE:40:30: Error: ", 19);
	CU_ASSERT_EQUAL(client_revision(f.sh->client), before);
	free(text);
	shell_fixture_fini(&f);
}

static void
test_one_commit(void)
{
	static const char *const paths[] = { EXAMPLES "/1-gre/RTA.cfg", EXAMPLES "/1-gre/RTB.cfg",
		EXAMPLES "/2-ipsec-manual/RTA.cfg", EXAMPLES "/2-ipsec-manual/RTB.cfg" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct shell_fixture f;
		uint64_t before;

		shell_fixture_init_batch(&f);
		before = client_revision(f.sh->client);
		CU_ASSERT_EQUAL(batch_run(f.sh, paths[i]), 0);
		CU_ASSERT_EQUAL(client_revision(f.sh->client), before + 1);
		f.sh->file = "test";
		shell_fixture_fini(&f);
	}
}

static void
test_no_file(void)
{
	struct shell_fixture f;

	shell_fixture_init_batch(&f);
	CU_ASSERT_EQUAL(batch_run(f.sh, "/nonexistent"), -ENOENT);
	fflush(f.errors);
	CU_ASSERT_NSTRING_EQUAL(f.error_text, "/nonexistent: Error: The file cannot be read: ", 44);
	shell_fixture_fini(&f);
}

CU_TestInfo batch_tests[] = {
	{ "an error names its file, line and column", test_errors },
	{ "a NUL is an error, not an end", test_nul },
	{ "an error in the fortieth line changes nothing", test_all_or_nothing },
	{ "the examples load, each as one commit", test_one_commit },
	{ "a file that cannot be read is told", test_no_file },
	{ "a weak algorithm is loaded with a warning", test_warning },
	CU_TEST_INFO_NULL,
};
