/*
 * Twin of daemon/capture_file.c: names by table, files in a folder of their own.
 */
#include "config.h"

#include "daemon/capture_file.h"

#include "lib/err.h"
#include "lib/state.h"
#include "tests/unit/daemon/suites.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16

static void
names_are_letters_digits_and_little_else(void)
{
	static const struct {
		const char *typed;
		const char *name; /* NULL: refused */
	} rows[] = {
		{ "a", "a.pcap" },
		{ "wan-1_b.2", "wan-1_b.2.pcap" },
		{ "x.pcap", "x.pcap" },
		{ "x.pcap.pcap", "x.pcap.pcap" },
		{ "pcap", "pcap.pcap" },
		{ X64, X64 ".pcap" },
		{ X64 "x", NULL },
		{ ".pcap", NULL },
		{ "..", NULL },
		{ ".hidden", NULL },
		{ "../x", NULL },
		{ "a/b", NULL },
		{ "a b", NULL },
		{ "a\n", NULL },
		{ "ä", NULL },
		{ "%s", NULL },
	};
	char out[CAPTURE_NAME_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int rc = capture_file_name(rows[i].typed, 0, out, NULL);

		CU_ASSERT_EQUAL(rc, rows[i].name ? 0 : -EINVAL);
		if (rows[i].name && !rc)
			CU_ASSERT_STRING_EQUAL(out, rows[i].name);
	}
}

static void
a_name_is_made_of_the_time(void)
{
	char out[CAPTURE_NAME_MAX], again[CAPTURE_NAME_MAX];

	CU_ASSERT_EQUAL(capture_file_name("", 1700000000, out, NULL), 0);
	CU_ASSERT_EQUAL(strncmp(out, "capture-2023", 12), 0);
	CU_ASSERT_EQUAL(capture_file_name(out, 0, again, NULL), 0);
	CU_ASSERT_STRING_EQUAL(out, again);
}

static void
make_dir(char dir[32])
{
	strlcpy(dir, "/tmp/capture-test-XXXXXX", 32);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
}

static void
remove_dir(const char *dir)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/captures", dir);
	rmdir(path);
	CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static void
a_file_is_made_empty_and_for_few_to_read(void)
{
	struct stat st;
	char dir[32], byte = 1;
	int fd;

	make_dir(dir);
	fd = capture_file_open(dir, "x.pcap", 1, NULL);
	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(fstat(fd, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0640);
	CU_ASSERT_EQUAL(write(fd, &byte, 1), 1);
	close(fd);
	fd = capture_file_open(dir, "x.pcap", 1, NULL);
	CU_ASSERT_EQUAL(fstat(fd, &st), 0);
	CU_ASSERT_EQUAL(st.st_size, 0);
	close(fd);
	capture_file_remove(dir, "x.pcap");
	remove_dir(dir);
}

static void
a_link_is_not_followed(void)
{
	char dir[32], path[64];
	int fd;

	make_dir(dir);
	fd = capture_file_open(dir, "x.pcap", 1, NULL);
	close(fd);
	capture_file_remove(dir, "x.pcap");
	snprintf(path, sizeof(path), "%s/captures/x.pcap", dir);
	CU_ASSERT_EQUAL(symlink("/tmp/somewhere-else", path), 0);
	CU_ASSERT_EQUAL(capture_file_open(dir, "x.pcap", 1, NULL), -ELOOP);
	capture_file_remove(dir, "x.pcap");
	remove_dir(dir);
}

static void
a_full_disk_is_refused(void)
{
	struct err e;
	char dir[32];

	make_dir(dir);
	CU_ASSERT_EQUAL(capture_file_open(dir, "x.pcap", UINT64_MAX / 4, &e), -ENOSPC);
	CU_ASSERT_STRING_EQUAL(e.object, "x.pcap");
	remove_dir(dir);
}

static void
on_file(void *arg, struct st_capture *st)
{
	char *all = arg;

	CU_ASSERT_TRUE(st->time > 0 && !st->running);
	strlcat(all, st->file, 256);
	strlcat(all, " ", 256);
}

static void
the_list_has_captures_by_name_and_nothing_else(void)
{
	static const char *const names[] = { "b.pcap", "a.pcap", "note.txt" };
	char dir[32], all[256] = "";

	make_dir(dir);
	CU_ASSERT_EQUAL(capture_file_each(dir, on_file, all), 0); /* no folder yet */
	for (int i = 0; i < 3; i++)
		close(capture_file_open(dir, names[i], 1, NULL));
	CU_ASSERT_EQUAL(capture_file_each(dir, on_file, all), 0);
	CU_ASSERT_STRING_EQUAL(all, "a.pcap b.pcap ");
	for (int i = 0; i < 3; i++)
		capture_file_remove(dir, names[i]);
	remove_dir(dir);
}

CU_TestInfo capture_file_tests[] = {
	{ "names are letters, digits and little else", names_are_letters_digits_and_little_else },
	{ "a name is made of the time", a_name_is_made_of_the_time },
	{ "a file is made empty and for few to read", a_file_is_made_empty_and_for_few_to_read },
	{ "a link is not followed", a_link_is_not_followed },
	{ "a full disk is refused", a_full_disk_is_refused },
	{ "the list has captures by name and nothing else",
		the_list_has_captures_by_name_and_nothing_else },
	CU_TEST_INFO_NULL,
};
