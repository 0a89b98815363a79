/*
 * The state directory. Refuses to know what is in it.
 */
#include "config.h"

#include "schema/dir.h"

#include "lib/err.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

gid_t
dir_group(void)
{
	const struct group *g = geteuid() == 0 ? getgrnam(DIR_GROUP) : NULL;

	return g ? g->gr_gid : (gid_t)-1;
}

int
dir_sync(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 || fsync(fd) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return r;
}

int
dir_make(const char *dir, struct err *e)
{
	char parent[PATH_MAX];
	gid_t gid = dir_group();
	struct stat st;

	if (mkdir(dir, 0750) == 0) {
		if (gid != (gid_t)-1 && chown(dir, (uid_t)-1, gid) < 0)
			return err_set(e, -errno, dir,
				"Cannot give the directory %s to group %s: %s.", dir, DIR_GROUP,
				strerror(errno));
		/* A parent that cannot be read cannot be synced either: best effort. */
		if (snprintf(parent, sizeof parent, "%s/..", dir) < (int)sizeof parent)
			dir_sync(parent);
		return 0;
	}
	if (errno != EEXIST)
		return err_set(e, -errno, dir,
			"Cannot make the state directory %s: %s; make it, or name another with -s.",
			dir, strerror(errno));
	if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode))
		return err_set(
			e, -ENOTDIR, dir, "%s is not a directory; name another with -s.", dir);
	if (faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) < 0)
		return err_set(e, -errno, dir,
			"Cannot write into the state directory %s: %s; correct its owner, its mode "
			"or the mount, or name another with -s.",
			dir, strerror(errno));
	return 0;
}
