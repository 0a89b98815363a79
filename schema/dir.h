#ifndef YD_SCHEMA_DIR_H
#define YD_SCHEMA_DIR_H

#include <sys/types.h>

struct err;

/* The state directory: of this process's user and of the group that may look, where there is one. */
#define DIR_GROUP "yongdao"

/* Makes it with mode 0750; one that is there keeps its owner and mode, and must be writable. 0 or
 * -errno and err. */
int dir_make(const char *dir, struct err *e);
/* Its entries are on the disk when this returns 0. */
int dir_sync(const char *dir);
/* The group, or -1 when there is none or this process may not give files to it. */
gid_t dir_group(void);

#endif
