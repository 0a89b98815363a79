/*
 * Capture files: their names, their folder, who may read them. Knows nothing of captures that run.
 */
#include "config.h"

#include "daemon/capture_file.h"

#include "daemon/access.h"
#include "lib/err.h"
#include "lib/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FOLDER "captures"
#define SUFFIX ".pcap"

enum { TYPED_MAX = 64, SUFFIX_LEN = sizeof(SUFFIX) - 1 };

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

static bool
has_suffix(const char *name)
{
	size_t len = strlen(name);

	return len > SUFFIX_LEN && strcmp(name + len - SUFFIX_LEN, SUFFIX) == 0;
}

int
capture_file_name(const char *typed, time_t now, char out[CAPTURE_NAME_MAX], struct err *e)
{
	size_t len = strlen(typed);
	struct tm tm;

	if (len == 0) {
		localtime_r(&now, &tm);
		strftime(out, CAPTURE_NAME_MAX, "capture-%Y%m%d-%H%M%S" SUFFIX, &tm);
		return 0;
	}
	if (len > TYPED_MAX || typed[0] == '.' || strspn(typed, letters) != len)
		return err_set(e, -EINVAL, typed,
			"The name of a file has 1 to 64 letters, digits, '.', '_' and '-'.");
	snprintf(out, CAPTURE_NAME_MAX, "%s%s", typed, has_suffix(typed) ? "" : SUFFIX);
	return 0;
}

/* Files and folder are root's, and the operators' to read. */
static void
give_to_operators(int fd)
{
	const struct group *g = getgrnam(ACCESS_GROUP);

	if (g != NULL && fchown(fd, (uid_t)-1, g->gr_gid) != 0)
		return; /* then they are root's alone */
}

/* fd or -errno */
static int
folder_open(const char *state_dir)
{
	char path[4096];
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/" FOLDER, state_dir) >= sizeof(path))
		return -ENAMETOOLONG;
	if (mkdir(path, 0750) != 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	give_to_operators(fd);
	return fd;
}

static int
check_space(int dir, uint64_t bytes)
{
	struct statvfs s;

	if (fstatvfs(dir, &s) != 0)
		return -errno;
	return (uint64_t)s.f_bavail * s.f_frsize < 2 * bytes ? -ENOSPC : 0;
}

/* fd or -errno */
static int
file_make(int dir, const char *name)
{
	int fd = openat(dir, name,
		O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);

	if (fd < 0)
		return -errno;
	give_to_operators(fd);
	return fd;
}

int
capture_file_open(const char *state_dir, const char *name, uint64_t bytes, struct err *e)
{
	int dir = folder_open(state_dir);
	int rc = dir < 0 ? dir : check_space(dir, bytes);

	if (rc == 0)
		rc = file_make(dir, name);
	if (dir >= 0)
		close(dir);
	return rc >= 0 ? rc : err_set(e, rc, name, "The file cannot be made: %s.", strerror(-rc));
}

void
capture_file_remove(const char *state_dir, const char *name)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof(path), "%s/" FOLDER "/%s", state_dir, name) <
		sizeof(path))
		unlink(path);
}

int
capture_file_each(const char *state_dir, void (*fn)(void *arg, struct st_capture *st), void *arg)
{
	struct dirent **names = NULL;
	char path[4096];
	struct stat s;
	int n, dir;

	if ((size_t)snprintf(path, sizeof(path), "%s/" FOLDER, state_dir) >= sizeof(path))
		return -ENAMETOOLONG;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? 0 : -errno;
	n = scandirat(dir, ".", &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		struct st_capture st = { 0 };

		if (has_suffix(names[i]->d_name) &&
			strlcpy(st.file, names[i]->d_name, sizeof(st.file)) < sizeof(st.file) &&
			fstatat(dir, st.file, &s, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(s.st_mode)) {
			st.bytes = (uint64_t)s.st_size;
			st.time = (uint64_t)s.st_mtime;
			fn(arg, &st);
		}
		free(names[i]);
	}
	free(names);
	close(dir);
	return n < 0 ? -EIO : 0;
}
