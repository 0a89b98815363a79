/*
 * The journal of how the kernel was found.
 */
#include "config.h"

#include "tests/unit/daemon/oscfg/suites.h"

#include "daemon/oscfg/os_found.h"
#include "lib/err.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
	char dir[64], path[96];
	struct os_found *f;
	struct err err;
};

static void
open_place(struct place *p)
{
	snprintf(p->dir, sizeof p->dir, "/tmp/found-test.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(p->dir));
	snprintf(p->path, sizeof p->path, "%s/kernel.found", p->dir);
	CU_ASSERT_EQUAL_FATAL(os_found_open(p->dir, &p->f, &p->err), 0);
}

static void
again(struct place *p)
{
	os_found_close(p->f);
	CU_ASSERT_EQUAL_FATAL(os_found_open(p->dir, &p->f, &p->err), 0);
}

static void
close_place(struct place *p)
{
	os_found_close(p->f);
	unlink(p->path);
	rmdir(p->dir);
}

static void
tail(struct place *p, const char *text, bool truncate)
{
	int fd = open(p->path, O_WRONLY | O_APPEND | (truncate ? O_TRUNC : 0));

	CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static bool
holds(struct place *p, const char *kind, const char *name, const char *value)
{
	const char *got = os_found_get(p->f, kind, name);

	return got != NULL && strcmp(got, value) == 0;
}

static void
entries_live_on_in_the_next_daemon(void)
{
	struct place p;

	open_place(&p);
	CU_ASSERT_EQUAL(os_found_put(p.f, "sysctl", "net/x", "1 2", &p.err), 0);
	CU_ASSERT_EQUAL(os_found_put(p.f, "made", "net/x", "tunnel", &p.err), 0);
	CU_ASSERT_EQUAL(os_found_put(p.f, "made", "gone", "dummy", &p.err), 0);
	CU_ASSERT_EQUAL(os_found_put(p.f, "sysctl", "empty", "", &p.err), 0);
	CU_ASSERT_EQUAL(os_found_put(p.f, "sysctl", "net/x", "3", &p.err), 0);
	os_found_drop(p.f, "made", "gone");
	os_found_drop(p.f, "made", "never");
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_TRUE(holds(&p, "sysctl", "net/x", "3"));
		CU_ASSERT_TRUE(holds(&p, "sysctl", "empty", ""));
		CU_ASSERT_TRUE(holds(&p, "made", "net/x", "tunnel"));
		CU_ASSERT_PTR_NULL(os_found_get(p.f, "made", "gone"));
		again(&p);
	}
	os_found_drop_kind(p.f, "sysctl");
	again(&p);
	CU_ASSERT_PTR_NULL(os_found_get(p.f, "sysctl", "net/x"));
	CU_ASSERT_TRUE(holds(&p, "made", "net/x", "tunnel"));
	close_place(&p);
}

static void
a_torn_line_and_garbage_are_passed_over(void)
{
	struct place p;

	open_place(&p);
	CU_ASSERT_EQUAL(os_found_put(p.f, "sysctl", "net/x", "1", &p.err), 0);
	tail(&p, "what\n\n+\n+ sysctl\n? sysctl net/x 9\n- sysctl\n", false);
	tail(&p, "+ sysctl net/y 1", false); /* the kernel was not yet touched */
	again(&p);
	CU_ASSERT_TRUE(holds(&p, "sysctl", "net/x", "1"));
	CU_ASSERT_PTR_NULL(os_found_get(p.f, "sysctl", "net/y"));
	close_place(&p);
}

static void
another_boots_journal_is_void(void)
{
	struct place p;

	open_place(&p);
	tail(&p, "found 1 some-other-boot 1\n+ sysctl net/x 1\n", true);
	again(&p);
	CU_ASSERT_PTR_NULL(os_found_get(p.f, "sysctl", "net/x"));
	close_place(&p);
}

static void
what_would_break_the_lines_is_refused(void)
{
	char big[600];
	struct place p;

	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	open_place(&p);
	CU_ASSERT_EQUAL(os_found_put(p.f, "made", "a b", "1", &p.err), -EINVAL);
	CU_ASSERT_EQUAL(os_found_put(p.f, "made", "a\nb", "1", &p.err), -EINVAL);
	CU_ASSERT_EQUAL(os_found_put(p.f, "made", "a", "1\n2", &p.err), -EINVAL);
	CU_ASSERT_TRUE(os_found_put(p.f, "made", "a", big, &p.err) < 0);
	CU_ASSERT_PTR_NULL(os_found_get(p.f, "made", "a"));
	close_place(&p);
}

static void
a_directory_that_is_not_there_is_named(void)
{
	struct os_found *f;
	struct err e = { "", "" };

	CU_ASSERT_EQUAL(os_found_open("/nonexistent/yongdao", &f, &e), -ENOENT);
	CU_ASSERT_PTR_NULL(f);
	CU_ASSERT_STRING_EQUAL(e.object, "/nonexistent/yongdao/kernel.found");
}

static int
collect(void *arg, const char *name, const char *value)
{
	strncat(arg, name, 16);
	strncat(arg, value, 16);
	return strcmp(name, "c") == 0 ? -EINTR : 0;
}

static void
a_walk_is_in_order_and_ends_when_told(void)
{
	char text[128] = "";
	struct place p;

	open_place(&p);
	os_found_put(p.f, "k", "d", "4", &p.err);
	os_found_put(p.f, "k", "b", "2", &p.err);
	os_found_put(p.f, "j", "a", "1", &p.err);
	os_found_put(p.f, "k", "c", "3", &p.err);
	CU_ASSERT_EQUAL(os_found_each(p.f, "k", collect, text), -EINTR);
	CU_ASSERT_STRING_EQUAL(text, "b2c3");
	close_place(&p);
}

CU_TestInfo os_found_tests[] = {
	{ "entries live on in the next daemon", entries_live_on_in_the_next_daemon },
	{ "a torn line and garbage are passed over", a_torn_line_and_garbage_are_passed_over },
	{ "another boot's journal is void", another_boots_journal_is_void },
	{ "what would break the lines is refused", what_would_break_the_lines_is_refused },
	{ "a directory that is not there is named", a_directory_that_is_not_there_is_named },
	{ "a walk is in order and ends when told", a_walk_is_in_order_and_ends_when_told },
	CU_TEST_INFO_NULL,
};
