#ifndef YD_SHELL_BLAME_H
#define YD_SHELL_BLAME_H

#include <stddef.h>

#include "schema/model.h"

struct err;

/*
 * Which line of a batch is it that the router refuses? The router names an object and says what is wrong
 * with it; the batch remembers which line was typed for which object.
 */
struct blame;

struct blame *blame_new(void);
void blame_free(struct blame *b);

/* A line that was accepted, and the row that it configures or that its view is of (t NULL: none). */
void blame_note(struct blame *b, unsigned int line, const char *text, const struct table *t,
	const struct value *key);
/* The number of the likeliest line, 0 when none is likely; *column is where its first word begins. */
unsigned int blame_find(const struct blame *b, const struct err *e, size_t *column);

#endif
