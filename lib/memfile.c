/*
 * Memory files handed from process to process: memfd with seals. Knows nothing about what is
 * in them. A receiver trusts the seals, never the sender.
 */
#include "config.h"

#include "lib/memfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIXED = F_SEAL_SHRINK | F_SEAL_GROW, SEALED = FIXED | F_SEAL_WRITE };

static int
write_all(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A file of len bytes with those seals and no further ones; data NULL = zeroes. */
static int
memfile_new(const char *name, const void *data, size_t len, int seals)
{
	int rc, fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	if (data)
		rc = write_all(fd, data, len);
	else
		rc = ftruncate(fd, (off_t)len) ? -errno : 0;
	if (!rc && fcntl(fd, F_ADD_SEALS, seals | F_SEAL_SEAL))
		rc = -errno;
	if (rc) {
		close(fd);
		return rc;
	}
	return fd;
}

int
memfile_sealed(const char *name, const void *data, size_t len)
{
	return memfile_new(name, len ? data : NULL, len, SEALED);
}

int
memfile_shared(const char *name, size_t len)
{
	return memfile_new(name, NULL, len, FIXED);
}

static int
check(int fd, int seals, size_t *len)
{
	struct stat st;
	int have = fcntl(fd, F_GET_SEALS);

	if (have < 0 || (have & seals) != seals)
		return -EPERM;
	if (fstat(fd, &st))
		return -errno;
	if (st.st_size < 0 || (uintmax_t)st.st_size > SIZE_MAX)
		return -EMSGSIZE;
	*len = (size_t)st.st_size;
	return 0;
}

static int
map(int fd, size_t len, int prot, int flags, void **data)
{
	static const char nothing[1];

	*data = (void *)(uintptr_t)nothing;
	if (!len)
		return 0;
	*data = mmap(NULL, len, prot, flags, fd, 0);
	if (*data != MAP_FAILED)
		return 0;
	*data = NULL;
	return -errno;
}

int
memfile_map_sealed(int fd, size_t max, const void **data, size_t *len)
{
	void *p = NULL;
	int rc = check(fd, SEALED, len);

	*data = NULL;
	if (!rc && *len > max)
		rc = -EMSGSIZE;
	if (!rc)
		rc = map(fd, *len, PROT_READ, MAP_PRIVATE, &p);
	if (rc)
		*len = 0;
	else
		*data = p;
	return rc;
}

/* A file on disk that is its owner's alone: it must outlive processes, and cannot be sealed. */
static int
check_private(int fd, size_t *len)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_nlink == 0 || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return -EPERM;
	*len = (size_t)st.st_size;
	return 0;
}

int
memfile_map_shared(int fd, size_t len, void **data)
{
	size_t have;
	int rc = check(fd, F_SEAL_SHRINK, &have);

	if (rc == -EPERM)
		rc = check_private(fd, &have);

	*data = NULL;
	if (rc)
		return rc;
	if (have < len)
		return -EMSGSIZE;
	return map(fd, len, PROT_READ | PROT_WRITE, MAP_SHARED, data);
}

void
memfile_unmap(const void *data, size_t len)
{
	if (data && len)
		munmap((void *)(uintptr_t)data, len);
}
