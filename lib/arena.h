#ifndef YD_LIB_ARENA_H
#define YD_LIB_ARENA_H

#include <stddef.h>

/* Memory that is given back all at once: configuration and compile scratch. */
struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);
/* Zeroes all that was carved: before arena_free, when an operator's line with a key passed through. */
void arena_wipe(struct arena *a);

/* Zeroed, aligned for any type; never NULL (aborts when the machine has no memory left). */
void *arena_alloc(struct arena *a, size_t len);
char *arena_strdup(struct arena *a, const char *s);
void *arena_memdup(struct arena *a, const void *p, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
