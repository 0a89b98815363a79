#ifndef YD_SHELL_RECALL_H
#define YD_SHELL_RECALL_H

#include <stddef.h>

/* The last commands as they were typed, secrets masked; a command typed again right away is kept once. */
enum { RECALL_DEFAULT = 10, RECALL_MAX = 256 };

struct recall {
	char *line[RECALL_MAX];
	size_t n;
	size_t max;
};

void recall_init(struct recall *h);
void recall_fini(struct recall *h);
void recall_add(struct recall *h, const char *line);
/* Writes ****** for words that follow `simple` and `cipher`, whether the line is a command or not. */
void recall_mask(const char *line, char *out, size_t cap);

#endif
