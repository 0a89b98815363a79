/*
 * Twin of lib/log.c: what reaches stderr.
 */
#include "config.h"

#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/lib/suites.h"

/* Calls fn with stderr going into a pipe; what came through is in out. */
static void
captured(void (*fn)(void), char *out, size_t cap)
{
	int fds[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	fn();
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = read(fds[0], out, cap - 1);
	out[n < 0 ? 0 : n] = '\0';
	close(fds[0]);
}

static void
one_of_each(void)
{
	log_error("e");
	log_warn("w");
	log_info("i");
	log_debug("d");
}

static void
levels_beyond_the_most_are_silent(void)
{
	char text[256];

	log_init("unit", 1, LOG_LV_WARN);
	captured(one_of_each, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "unit: error: e\nunit: warning: w\n");
	log_init("unit", 1, LOG_LV_DEBUG);
	captured(one_of_each, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(
		text, "unit: error: e\nunit: warning: w\nunit: info: i\nunit: debug: d\n");
	log_init("test_lib", 1, LOG_LV_ERROR);
}

static void
forged(void)
{
	errno = EPERM;
	log_error("a\nunit: error: b\033[0m");
}

static void
a_message_stays_one_line_and_errno_stays(void)
{
	char text[256];

	captured(forged, text, sizeof(text));
	CU_ASSERT_EQUAL(errno, EPERM);
	CU_ASSERT_STRING_EQUAL(text, "test_lib: error: a?unit: error: b?[0m\n");
}

CU_TestInfo log_tests[] = {
	{ "levels beyond the most are silent", levels_beyond_the_most_are_silent },
	{ "a message stays one line and errno stays", a_message_stays_one_line_and_errno_stays },
	CU_TEST_INFO_NULL,
};
