#ifndef YD_SHELL_BATCH_H
#define YD_SHELL_BATCH_H

struct shell;

/*
 * A file of configuration lines as one transaction: all of it takes effect, or none. Errors are said with
 * FILE:LINE:COLUMN. 0 when the router has applied it, or -errno.
 */
int batch_run(struct shell *sh, const char *path);

#endif
