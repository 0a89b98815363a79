#ifndef YD_DAEMON_CAPTURE_FILE_H
#define YD_DAEMON_CAPTURE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct err;
struct st_capture;

/* The files in DIR/captures. What an operator names is a name, never a path. */
enum { CAPTURE_NAME_MAX = 72 };

/* The name of the file for what was typed, with ".pcap" at its end; for "" one made of the time. -EINVAL:
 * other than 1 to 64 letters, digits, '.', '_' and '-', or a '.' first. */
int capture_file_name(const char *typed, time_t now, char out[CAPTURE_NAME_MAX], struct err *e);
/* The file, empty, for root to write and the group of the operators to read. Refused with -ENOSPC when
 * twice `bytes` would not fit. Descriptor or -errno with err. */
int capture_file_open(const char *state_dir, const char *name, uint64_t bytes, struct err *e);
void capture_file_remove(const char *state_dir, const char *name);
/* Calls fn for each file, in the order of names: file, bytes and time are filled. 0 or -errno. */
int capture_file_each(
	const char *state_dir, void (*fn)(void *arg, struct st_capture *st), void *arg);

#endif
