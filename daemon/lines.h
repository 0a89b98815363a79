#ifndef YD_DAEMON_LINES_H
#define YD_DAEMON_LINES_H

#include <stdbool.h>
#include <stdint.h>

/* Since when the line protocol of each interface has been up. */
struct lines;

struct lines *lines_new(void);
void lines_free(struct lines *l);

/* The interface is seen up or down now (seconds since the epoch). */
void lines_see(struct lines *l, const char *interface, bool up, uint64_t now_s);
/* When it last came up; 0 = never seen up. */
uint64_t lines_last_up(const struct lines *l, const char *interface);

#endif
