#ifndef YD_LIB_SECRET_H
#define YD_LIB_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that must not outlive their use: locked where the system allows, wiped by free. */
struct secret {
	size_t len;
	uint8_t *data;
};

/* Copies len bytes (p may be NULL: zeroes). NULL when memory is short. */
struct secret *secret_new(const void *p, size_t len);
void secret_free(struct secret *s);

/* Not removed by the compiler. */
void secret_wipe(void *p, size_t len);
/* Constant time. */
bool secret_eq(const void *a, const void *b, size_t len);

#endif
