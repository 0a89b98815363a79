/*
 * The disk of disk.h: pwrite and fdatasync of the test program (--wrap). Knows units of 64 bytes, of which each
 * write has some.
 */
#include "config.h"

#include "tests/unit/daemon/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { UNIT = 64, N_UNITS = 4096 };

static struct disk {
	int fd; /* -1: there is none */
	ino_t inode;
	uint64_t random;
	unsigned int percent;
	unsigned int n_waits;
	struct unit {
		uint8_t safe[UNIT]; /* what certainly was on disk */
		bool pending, lost; /* something else is written; a wait for it has failed */
	} units[N_UNITS];
} disk = { .fd = -1 };

ssize_t __real_pwrite(int fd, const void *p, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *p, size_t len, off_t at);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

uint32_t
disk_random(uint32_t below)
{
	disk.random = disk.random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(disk.random >> 33) % below;
}

static bool
is_ours(int fd)
{
	struct stat st;

	return disk.fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == disk.inode;
}

void
disk_begin(const char *path, uint64_t seed, unsigned int percent)
{
	struct stat st;

	memset(&disk, 0, sizeof(disk));
	disk.random = seed;
	disk.percent = percent;
	disk.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (disk.fd < 0 || fstat(disk.fd, &st) != 0)
		abort();
	disk.inode = st.st_ino;
	for (off_t i = 0; i < N_UNITS; i++)
		(void)!pread(disk.fd, disk.units[i].safe, UNIT, i * UNIT);
}

void
disk_fail(unsigned int percent)
{
	disk.percent = percent;
}

void
disk_end(void)
{
	close(disk.fd);
	disk.fd = -1;
}

unsigned int
disk_n_waits(void)
{
	return disk.n_waits;
}

ssize_t
__wrap_pwrite(int fd, const void *p, size_t len, off_t at)
{
	if (!is_ours(fd))
		return __real_pwrite(fd, p, len, at);
	if (at % UNIT != 0 || (at + (off_t)len) / UNIT >= N_UNITS)
		abort();
	for (off_t i = at / UNIT; i < (at + (off_t)len + UNIT - 1) / UNIT; i++) {
		disk.units[i].pending = true;
		disk.units[i].lost = false;
	}
	if (len == 0 || disk_random(100) >= disk.percent)
		return __real_pwrite(fd, p, len, at);
	(void)!__real_pwrite(fd, p, disk_random((uint32_t)len), at);
	errno = ENOSPC;
	return -1;
}

int
__wrap_fdatasync(int fd)
{
	bool fails = disk_random(100) < disk.percent;

	if (!is_ours(fd))
		return __real_fdatasync(fd);
	disk.n_waits++;
	for (off_t i = 0; i < N_UNITS; i++) {
		struct unit *u = &disk.units[i];

		if (!u->pending)
			continue;
		u->pending = false;
		u->lost = fails;
		if (!fails)
			(void)!pread(disk.fd, u->safe, UNIT, i * UNIT);
	}
	if (!fails)
		return 0;
	errno = EIO;
	return -1;
}

void
disk_lose_power(void)
{
	for (off_t i = 0; i < N_UNITS; i++) {
		struct unit *u = &disk.units[i];
		uint8_t now[UNIT] = { 0 };
		uint32_t upto = disk_random(3) * UNIT / 2; /* nothing, half of it, all */

		if (!u->pending && !u->lost)
			continue;
		(void)!pread(disk.fd, now, UNIT, i * UNIT);
		memcpy(u->safe, now, upto);
		(void)!__real_pwrite(disk.fd, u->safe, UNIT, i * UNIT);
		u->pending = u->lost = false;
	}
}
