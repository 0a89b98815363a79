/*
 * Who may configure: root and one group.
 */
#include "config.h"

#include "daemon/access.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

static bool
is_member(uid_t uid, gid_t wanted)
{
	const struct passwd *pw = getpwuid(uid);
	gid_t some[64], *groups = some, *more;
	int n = sizeof(some) / sizeof(some[0]);
	bool found = false;

	if (pw == NULL)
		return false;
	if (getgrouplist(pw->pw_name, pw->pw_gid, groups, &n) < 0) {
		more = calloc((size_t)n, sizeof(*more));
		if (more == NULL)
			return false;
		groups = more;
		if (getgrouplist(pw->pw_name, pw->pw_gid, groups, &n) < 0)
			n = 0;
	}
	for (int i = 0; i < n && !found; i++)
		found = groups[i] == wanted;
	if (groups != some)
		free(groups);
	return found;
}

bool
access_may_configure(uid_t uid, gid_t gid)
{
	const struct group *g;
	gid_t wanted;

	if (uid == 0)
		return true;
	g = getgrnam(ACCESS_GROUP);
	if (g == NULL)
		return false;
	wanted = g->gr_gid;
	return gid == wanted || is_member(uid, wanted);
}

void
access_user(uid_t uid, char *out, size_t cap)
{
	const struct passwd *pw = getpwuid(uid);

	if (pw != NULL)
		snprintf(out, cap, "%s", pw->pw_name);
	else
		snprintf(out, cap, "uid %u", (unsigned int)uid);
}
