#ifndef YD_DAEMON_ACCESS_H
#define YD_DAEMON_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Members of this group may configure, as root may; all others only look. */
#define ACCESS_GROUP "yongdao"

/* May the user at the other end of a socket configure? Decided by the kernel's credentials and the
 * user database, never by what the shell says. */
bool access_may_configure(uid_t uid, gid_t gid);
/* The login name, or the number when there is none. */
void access_user(uid_t uid, char *out, size_t cap);

#endif
