/*
 * Twin of lib/memfile.c.
 */
#include "config.h"

#include "lib/memfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/lib/suites.h"

static void
a_sealed_file_is_read_as_it_was_written(void)
{
	int fd = memfile_sealed("unit", "configuration", 13);
	const void *data;
	size_t len;

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CU_ASSERT_EQUAL(memfile_map_sealed(fd, 13, &data, &len), 0);
	CU_ASSERT_EQUAL(len, 13);
	CU_ASSERT_EQUAL(memcmp(data, "configuration", 13), 0);
	memfile_unmap(data, len);
	close(fd);
}

static void
a_sealed_file_cannot_be_changed_by_anyone(void)
{
	int fd = memfile_sealed("unit", "abc", 3);

	CU_ASSERT_EQUAL(pwrite(fd, "x", 1, 0), -1);
	CU_ASSERT_EQUAL(ftruncate(fd, 0), -1);
	CU_ASSERT_EQUAL(ftruncate(fd, 4), -1);
	CU_ASSERT_PTR_EQUAL(mmap(NULL, 3, PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	close(fd);
}

static void
an_empty_file_is_legal(void)
{
	int fd = memfile_sealed("unit", NULL, 0), shared = memfile_shared("unit", 0);
	const void *data;
	void *rw;
	size_t len = 1;

	CU_ASSERT_EQUAL(memfile_map_sealed(fd, 0, &data, &len), 0);
	CU_ASSERT_EQUAL(len, 0);
	CU_ASSERT_PTR_NOT_NULL(data);
	memfile_unmap(data, len);
	CU_ASSERT_EQUAL(memfile_map_shared(shared, 0, &rw), 0);
	memfile_unmap(rw, 0);
	close(fd);
	close(shared);
}

static void
what_could_still_change_is_not_mapped(void)
{
	int seals[] = { 0, F_SEAL_WRITE, F_SEAL_WRITE | F_SEAL_SHRINK, F_SEAL_SHRINK | F_SEAL_GROW,
		F_SEAL_WRITE | F_SEAL_GROW };
	const void *data;
	size_t len;
	FILE *f = tmpfile();

	for (size_t i = 0; i < sizeof(seals) / sizeof(seals[0]); i++) {
		int fd = memfd_create("unit", MFD_ALLOW_SEALING);

		CU_ASSERT_EQUAL(ftruncate(fd, 4096), 0);
		CU_ASSERT_EQUAL(fcntl(fd, F_ADD_SEALS, seals[i]), 0);
		CU_ASSERT_EQUAL(memfile_map_sealed(fd, 1 << 20, &data, &len), -EPERM);
		CU_ASSERT_PTR_NULL(data);
		close(fd);
	}
	CU_ASSERT_EQUAL(memfile_map_sealed(fileno(f), 1 << 20, &data, &len), -EPERM);
	CU_ASSERT_EQUAL(memfile_map_sealed(-1, 1 << 20, &data, &len), -EPERM);
	fclose(f);
}

static void
a_file_that_is_too_long_is_not_mapped(void)
{
	int fd = memfile_sealed("unit", "abcd", 4);
	const void *data;
	size_t len;

	CU_ASSERT_EQUAL(memfile_map_sealed(fd, 3, &data, &len), -EMSGSIZE);
	CU_ASSERT_EQUAL(len, 0);
	CU_ASSERT_EQUAL(memfile_map_sealed(fd, 4, &data, &len), 0);
	memfile_unmap(data, len);
	close(fd);
}

static void
a_shared_file_is_one_memory_for_all(void)
{
	int fd = memfile_shared("unit", 8192);
	void *a, *b;

	CU_ASSERT_EQUAL(memfile_map_shared(fd, 8193, &a), -EMSGSIZE);
	CU_ASSERT_EQUAL(memfile_map_shared(fd, 8192, &a), 0);
	CU_ASSERT_EQUAL(memfile_map_shared(fd, 8192, &b), 0);
	((char *)a)[8191] = 7;
	CU_ASSERT_EQUAL(((char *)b)[8191], 7);
	CU_ASSERT_EQUAL(((char *)b)[0], 0);
	CU_ASSERT_EQUAL(ftruncate(fd, 0), -1);
	CU_ASSERT_EQUAL(ftruncate(fd, 9000), -1);
	memfile_unmap(a, 8192);
	memfile_unmap(b, 8192);
	close(fd);
}

CU_TestInfo memfile_tests[] = {
	{ "a sealed file is read as it was written", a_sealed_file_is_read_as_it_was_written },
	{ "a sealed file cannot be changed by anyone", a_sealed_file_cannot_be_changed_by_anyone },
	{ "an empty file is legal", an_empty_file_is_legal },
	{ "what could still change is not mapped", what_could_still_change_is_not_mapped },
	{ "a file that is too long is not mapped", a_file_that_is_too_long_is_not_mapped },
	{ "a shared file is one memory for all", a_shared_file_is_one_memory_for_all },
	CU_TEST_INFO_NULL,
};
